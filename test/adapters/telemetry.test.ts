/** What the function tells CloudWatch in its log: one line of JSON for each pass, change, check and record that says something new. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Telemetry } from '../../functions/adapters/telemetry.ts';
import type { Finding } from '../../functions/core/finding.ts';
import type { Held } from '../../functions/core/guard.ts';
import { NOTHING_WRITTEN, type Pass } from '../../functions/core/report.ts';
import { readTrigger } from '../../functions/core/trigger.ts';
import { addressOf } from '../../functions/core/values.ts';
import { BOUND, BUSY, change, FOREIGN, failure, NOTHING, NOW_MS, reading, STALE, useLines } from '../support/reported.ts';
import { GROUP, OTHER_GROUP, SERVICE, taskArn } from '../support/sdk.ts';

let telemetry: Telemetry;
const { lines, records, metrics } = useLines();

beforeEach(() => {
  telemetry = new Telemetry(() => NOW_MS);
});

describe('a pass', () => {
  it('in which nothing happened is one line', () => {
    telemetry.passed(NOTHING);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'INFO',
      message: 'pass',
      targetGroup: 'web',
      targetGroupArn: GROUP,
      trigger: 'messages',
      tookMs: 400,
      hints: 3,
    });
  });

  it('is one line, and one more for each change, with its proof', () => {
    telemetry.passed(BUSY);
    expect(lines.map(({ message }) => message)).toEqual(['change', 'change', 'change', 'pass']);
    expect(records('change').map(({ kind, ip }) => [kind, ip])).toEqual([
      ['register', '10.0.1.1'],
      ['register', '10.0.1.2'],
      ['deregister', '10.0.1.3'],
    ]);
    expect(records('change')[2]).toMatchObject({
      level: 'INFO',
      targetGroup: 'web',
      port: 8080,
      because: 'task is stopping',
      taskArn: taskArn(3),
      version: 4,
      desiredStatus: 'STOPPED',
      proofAgeMs: 250,
    });
  });

  it('tells what was held, found and failed in its own line', () => {
    telemetry.passed(BUSY);
    const [pass] = records('pass');
    expect(pass).toMatchObject({ registered: 2, deregistered: 1, heldCount: 2, findingCount: 1 });
    expect(pass).toMatchObject({ held: [{ held: 'a read failed' }, { held: 'contested' }], findings: [{ ageSeconds: 90 }] });
    expect(pass).toMatchObject({ failures: [{ explained: expect.stringMatching(/^ListTasks on service=app failed/) }] });
  });

  it.each([
    { told: 'a mistake', pass: { ...NOTHING, findings: [STALE] }, level: 'WARN' },
    { told: 'a notice', pass: { ...NOTHING, findings: [FOREIGN] }, level: 'INFO' },
    { told: 'a failure', pass: { ...NOTHING, failures: [failure('denied')] }, level: 'WARN' },
    { told: 'a change alone', pass: { ...NOTHING, written: BUSY.written }, level: 'INFO' },
  ])('with $told is told at level $level', ({ pass, level }) => {
    telemetry.passed(pass);
    expect(records('pass')).toMatchObject([{ level }]);
  });
});

describe('a scheduled pass', () => {
  const SCHEDULED: Pass = { ...NOTHING, trigger: 'schedule' };
  const HELD: Held = { change: change('deregister', 5), because: 'a read failed' };
  const FINAL: Held = { change: change('deregister', 5), because: 'observe' };

  it('in which nothing happens is told once, and not each minute', () => {
    for (const _ of [1, 2, 3]) telemetry.passed(SCHEDULED);
    expect(records('pass')).toHaveLength(1);
  });

  it.each([
    { told: 'a message asked for it', pass: NOTHING },
    { told: 'something was changed', pass: { ...SCHEDULED, written: { ...NOTHING_WRITTEN, done: [change('register', 1)] } } },
    { told: 'something was refused', pass: { ...SCHEDULED, written: { ...NOTHING_WRITTEN, refused: BUSY.written.refused } } },
    { told: 'something grew old', pass: { ...SCHEDULED, written: { ...NOTHING_WRITTEN, aged: [change('register', 1)] } } },
    { told: 'something waits', pass: { ...SCHEDULED, held: [HELD, FINAL] } },
    { told: 'something failed', pass: { ...SCHEDULED, failures: [failure('denied')] } },
  ])('is told each time where $told', ({ pass }) => {
    telemetry.passed(SCHEDULED);
    for (const _ of [1, 2]) telemetry.passed(pass);
    expect(records('pass')).toHaveLength(3);
  });

  it('is told where other changes are held for good, as in observe mode, and not again while they are the same', () => {
    telemetry.passed(SCHEDULED);
    for (const _ of [1, 2]) telemetry.passed({ ...SCHEDULED, held: [FINAL] });
    expect(records('pass')).toHaveLength(2);
    for (const _ of [1, 2]) telemetry.passed(SCHEDULED);
    expect(records('pass')).toHaveLength(3);
  });

  it('is told where its findings are others, whatever was told of another group', () => {
    telemetry.passed({ ...SCHEDULED, findings: [FOREIGN] });
    telemetry.passed({ ...SCHEDULED, findings: [{ ...FOREIGN, message: 'Still there.' }] });
    expect(records('pass')).toHaveLength(1);
    telemetry.passed({ ...SCHEDULED, group: { ...BOUND.group, arn: OTHER_GROUP, name: 'api' }, findings: [] });
    expect(records('pass')).toHaveLength(2);
    telemetry.passed({ ...SCHEDULED, findings: [STALE] });
    telemetry.passed({ ...SCHEDULED, findings: [] });
    expect(records('pass')).toHaveLength(4);
  });
});

describe('a reading of the configuration', () => {
  it('is one line with the groups that it came to', () => {
    telemetry.configured(reading([], []));
    expect(lines).toMatchObject([{ level: 'INFO', message: 'configuration', targetGroups: ['web'], unread: [GROUP] }]);
  });

  it('tells of wrong lines at once, and counts failures alone as errors', () => {
    const mistake: Finding = { kind: 'wrong-line', subject: 'tag', message: 'cannot be used' };
    const native: Finding = { kind: 'ecs-managed', subject: 'web', message: 'is only observed' };
    telemetry.configured(reading([mistake, native, mistake], [failure('denied')]));
    telemetry.publish();
    expect(records('configuration')).toMatchObject([{ level: 'WARN', findings: [native, mistake, mistake], findingCount: 3 }]);
    expect(metrics()).toMatchObject([{ Errors: 1 }]);
    expect(metrics()[0]).not.toHaveProperty('Mistakes');
  });

  it('that says nothing new is no line, and one that fails always is', () => {
    for (const _ of [1, 2]) telemetry.configured(reading([FOREIGN], []));
    expect(records('configuration')).toHaveLength(1);
    for (const _ of [1, 2]) telemetry.configured(reading([FOREIGN], [failure('denied')]));
    expect(records('configuration')).toHaveLength(3);
  });
});

describe('a check of a Cloud Map service', () => {
  it('is one line with its subject, findings and their age', () => {
    telemetry.checked({ subject: 'srv-1', findings: [STALE], failures: [] });
    expect(lines).toMatchObject([{ level: 'WARN', message: 'check', subject: 'srv-1', findings: [{ ageSeconds: 90 }] }]);
    telemetry.checked({ subject: 'srv-1', findings: [], failures: [] });
    expect(lines[1]).toMatchObject({ level: 'INFO', message: 'check', findings: [], failures: [] });
  });

  it('is told again only where it says something else of its subject', () => {
    const check = (subject: string, findings: readonly Finding[]) => telemetry.checked({ subject, findings, failures: [] });
    check('srv-1', [STALE]);
    check('srv-1', [{ ...STALE, message: 'For two minutes now.' }]);
    expect(lines).toHaveLength(1);
    check('srv-2', [STALE]);
    expect(lines).toHaveLength(2);
    check('srv-1', [STALE, FOREIGN]);
    check('srv-1', [FOREIGN, STALE]);
    expect(lines).toHaveLength(3);
    check('srv-1', []);
    check('srv-1', [STALE]);
    expect(lines).toHaveLength(5);
  });

  it('lists fifty findings and counts all of them', () => {
    const findings = Array.from({ length: 60 }, (_, each) => ({ ...FOREIGN, subject: `i-${each}` }));
    telemetry.checked({ subject: 'srv-1', findings, failures: [], read: { instances: [], tasks: [], isOpen: false } });
    expect(records('check')).toMatchObject([{ findingCount: 60, instances: 0 }]);
    expect(records('check')[0]?.['findings']).toHaveLength(50);
  });
});

describe('the record of writes', () => {
  it('is a line of our own log, which names the group, and every target with its task', () => {
    telemetry.recorded('register', GROUP, [{ address: addressOf('10.0.1.1', 8080), task: taskArn(1) }]);
    expect(lines).toMatchObject([
      { level: 'INFO', message: 'record', kind: 'register', targetGroupArn: GROUP, targets: [`10.0.1.1:8080 ${taskArn(1)}`] },
    ]);
  });

  it.each([
    [500, [500]],
    [501, [500, 1]],
  ])('of %i targets has lines of %j, none of which the log service cuts', (count, sizes) => {
    const target = { address: addressOf('10.0.1.1', 8080), task: taskArn(1) };
    telemetry.recorded(
      'deregister',
      GROUP,
      Array.from({ length: count }, () => target),
    );
    expect(lines.map(({ targets }) => (Array.isArray(targets) ? targets.length : 0))).toEqual(sizes);
  });
});

/** What stands in every line of the logger. */
const OF_THE_LOGGER = ['level', 'message', 'timestamp', 'service', 'sampling_rate', 'xray_trace_id'];

const WITH_SECRET = {
  lastStatus: 'RUNNING',
  taskArn: taskArn(1),
  overrides: { environment: [{ name: 'PASSWORD', value: 'hunter2' }] },
};
const ENVELOPE = { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail: WITH_SECRET };

const SECRETIVE = [
  { told: 'a text that is not JSON', body: 'PASSWORD=hunter2' },
  { told: 'JSON that ends too soon', body: '{"password":"hunter2",' },
  { told: 'a JSON text', body: '"hunter2"' },
  { told: 'an event of another source', body: JSON.stringify({ ...ENVELOPE, source: 'aws.ecr' }) },
  { told: 'an event without cluster', body: JSON.stringify(ENVELOPE) },
];

describe('a message that is no hint', () => {
  const hint = {
    task: taskArn(1),
    cluster: SERVICE.cluster,
    version: 1,
    group: 'service:app',
    definition: undefined,
  };

  it('is told by its id and the reason, and by nothing else of it', () => {
    telemetry.setAside([{ id: 'message-1', reading: { kind: 'unreadable', because: 'the body (17 characters) is not JSON' } }]);
    const [line] = lines;
    expect(line).toMatchObject({ level: 'WARN', message: 'message unreadable', messageId: 'message-1' });
    const own = Object.keys(line ?? {}).filter((key) => !OF_THE_LOGGER.includes(key));
    expect(own).toEqual(['messageId', 'because']);
  });

  it.each(SECRETIVE)('keeps to itself what it holds: $told', ({ body }) => {
    const trigger = readTrigger({ Records: [{ messageId: 'message-1', body }] });
    telemetry.setAside(trigger.kind === 'messages' ? trigger.messages : []);
    expect(lines).toMatchObject([{ messageId: 'message-1' }]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('counts as an error where it is unreadable, and not where it is ignored', () => {
    telemetry.setAside([
      { id: '1', reading: { kind: 'unreadable', because: 'it has no detail' } },
      { id: '2', reading: { kind: 'ignored', because: 'its cluster is another' } },
      { id: '3', reading: { kind: 'unreadable', because: 'it has no detail' } },
    ]);
    telemetry.publish();
    expect(metrics()).toMatchObject([{ Errors: 2 }]);
    expect(records('message ignored')).toMatchObject([{ level: 'INFO', messageId: '2', because: 'its cluster is another' }]);
  });

  it('is not told where it is a hint, or tells of tags', () => {
    telemetry.setAside([
      { id: '1', reading: { kind: 'hint', hint } },
      { id: '2', reading: { kind: 'tags' } },
    ]);
    telemetry.publish();
    expect(lines).toEqual([]);
  });

  it('is no failed call', () => {
    telemetry.setAside([{ id: '1', reading: { kind: 'unreadable', because: 'it has no detail' } }]);
    expect(telemetry.errors).toEqual([]);
  });
});
