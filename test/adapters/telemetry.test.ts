/** What the function tells CloudWatch: one line of JSON per pass and per change, and the metrics of each invocation. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Telemetry } from '../../functions/adapters/telemetry.ts';
import type { ReadConfiguration } from '../../functions/app/read-configuration.ts';
import { type BoundGroup, NO_COPIES } from '../../functions/core/configuration.ts';
import type { Failure } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import type { Change, Proof } from '../../functions/core/plan.ts';
import { NOTHING_WRITTEN, type Pass } from '../../functions/core/report.ts';
import { readTrigger } from '../../functions/core/trigger.ts';
import { addressOf } from '../../functions/core/values.ts';
import { GROUP, port, SERVICE, taskArn } from '../support/sdk.ts';
import { binding } from '../support/values.ts';

const NOW_MS = 1_772_366_400_000;

let lines: JsonObject[];
let telemetry: Telemetry;

beforeEach(() => {
  lines = [];
  const keep = (text: unknown): boolean => {
    // Each write has to be one whole line, or the log service would cut a record into pieces.
    expect(text).toMatch(/^[^\n]+\n$/);
    const line: unknown = JSON.parse(String(text));
    if (isObject(line)) lines.push(line);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  telemetry = new Telemetry(() => NOW_MS);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The metrics of the lines so far; the other lines are those of the log. */
function metrics(): JsonObject[] {
  return lines.filter((line) => '_aws' in line);
}

function records(message: string): JsonObject[] {
  return lines.filter((line) => line['message'] === message);
}

const BOUND: BoundGroup = {
  group: { arn: GROUP, name: 'web', family: 'ipv4' },
  bindings: [],
  bindingsReadAtMs: undefined,
};

function change(kind: Change['kind'], number: number): Change {
  const id = `10.0.1.${number}`;
  const because: Proof = {
    rule: kind === 'register' ? 'task is running' : 'task is stopping',
    task: taskArn(number),
    version: 4,
    last: 'RUNNING',
    desired: kind === 'register' ? 'RUNNING' : 'STOPPED',
    describedAtMs: NOW_MS - 250,
    binding: 'service=app port=8080',
  };
  const descriptor = { id, port: port(8080) };
  const base = {
    address: addressOf(id, 8080),
    descriptor,
    because,
    binding: binding('service=app port=8080'),
    sinceMs: undefined,
  };
  return kind === 'register' ? { ...base, kind, draining: false } : { ...base, kind, endedAtMs: undefined, state: 'healthy' };
}

const NOTHING: Pass = {
  group: BOUND.group,
  trigger: 'messages',
  startedAtMs: NOW_MS - 400,
  endedAtMs: NOW_MS,
  hints: 3,
  snapshot: undefined,
  planned: [],
  written: NOTHING_WRITTEN,
  held: [],
  findings: [],
  failures: [],
  behind: [],
  open: NOTHING_OPEN,
};

function failure(kind: Failure['kind']): Failure {
  return { kind, operation: 'ListTasks', resource: 'service=app', message: 'ThrottlingException: Rate exceeded' };
}

const FOREIGN: Finding = { kind: 'foreign', subject: '10.0.1.9:8080', message: 'Somebody else.', sinceMs: NOW_MS - 90_000 };

/** A pass in which everything happened at once. */
const BUSY: Pass = {
  ...NOTHING,
  written: {
    done: [change('register', 1), change('register', 2), change('deregister', 3)],
    refused: [{ change: change('register', 4), failure: failure('refused') }],
    failures: [],
    aged: [],
  },
  held: [
    { change: change('deregister', 5), because: 'a read failed' },
    { change: change('deregister', 6), because: 'contested' },
  ],
  findings: [FOREIGN],
  failures: [failure('throttled')],
};

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
    { told: 'a finding', pass: { ...NOTHING, findings: [FOREIGN] }, level: 'WARN' },
    { told: 'a failure', pass: { ...NOTHING, failures: [failure('denied')] }, level: 'WARN' },
    { told: 'a change alone', pass: { ...NOTHING, written: BUSY.written }, level: 'INFO' },
  ])('with $told is told at level $level', ({ pass, level }) => {
    telemetry.passed(pass);
    expect(records('pass')).toMatchObject([{ level }]);
  });
});

describe('the metrics of an invocation', () => {
  it('are one line in the embedded format, in our namespace, each a count', () => {
    telemetry.publish();
    const units = ['Registered', 'Deregistered', 'Held', 'Drift', 'Errors', 'Calls'].map((Name) => ({ Name, Unit: 'Count' }));
    expect(lines).toHaveLength(1);
    expect(metrics()).toMatchObject([{ _aws: { CloudWatchMetrics: [{ Namespace: 'AlbTargetSync', Metrics: units }] } }]);
  });

  it('are zero where nothing happened, so that an alarm sees the difference to no data', () => {
    telemetry.publish();
    expect(metrics()).toMatchObject([{ Registered: 0, Deregistered: 0, Held: 0, Drift: 0, Errors: 0, Calls: 0 }]);
  });

  it('count what was changed, held or refused, failed and called', () => {
    telemetry.passed(BUSY);
    telemetry.publish();
    expect(metrics()).toMatchObject([{ Registered: 2, Deregistered: 1, Held: 3, Drift: 0, Errors: 1, Calls: 0 }]);
  });

  it('are the sum of all passes and checks', () => {
    telemetry.passed(BUSY);
    telemetry.passed(BUSY);
    telemetry.checked({ subject: 'srv-1', findings: [FOREIGN], failures: [failure('denied')] });
    telemetry.called(
      new Map([
        ['ListInstances', 4],
        ['ListTasks', 6],
      ]),
    );
    telemetry.publish();
    expect(metrics()).toMatchObject([{ Registered: 4, Deregistered: 2, Held: 6, Drift: 0, Errors: 3, Calls: 10 }]);
  });

  it('begin at zero after they were published', () => {
    telemetry.passed(BUSY);
    telemetry.publish();
    telemetry.publish();
    expect(metrics()[1]).toMatchObject({ Registered: 0, Deregistered: 0, Held: 0, Drift: 0, Errors: 0, Calls: 0 });
  });
});

function reading(findings: readonly Finding[], failures: readonly Failure[]): ReadConfiguration {
  const configuration = { groups: [BOUND], unread: [GROUP], cloudMapServices: [], findings };
  return { configuration, failures, copies: NO_COPIES, readAtMs: NOW_MS };
}

describe('a reading of the configuration', () => {
  it('is one line with the groups that it came to', () => {
    telemetry.configured(reading([], []));
    expect(lines).toMatchObject([{ level: 'INFO', message: 'configuration', targetGroups: ['web'], unread: [GROUP] }]);
  });

  it('counts wrong lines and failures as errors, and not that ECS keeps a group', () => {
    const mistake: Finding = { kind: 'mistake', subject: 'tag', message: 'cannot be used' };
    const native: Finding = { kind: 'ecs-managed', subject: 'web', message: 'is only observed' };
    telemetry.configured(reading([mistake, native, mistake], [failure('denied')]));
    telemetry.publish();
    expect(records('configuration')).toMatchObject([{ level: 'WARN', findings: [native, mistake, mistake], findingCount: 3 }]);
    expect(metrics()).toMatchObject([{ Errors: 3 }]);
  });
});

describe('a check of a Cloud Map service', () => {
  it('is one line with its subject, findings and their age', () => {
    telemetry.checked({ subject: 'srv-1', findings: [FOREIGN], failures: [] });
    expect(lines).toMatchObject([{ level: 'WARN', message: 'check', subject: 'srv-1', findings: [{ ageSeconds: 90 }] }]);
    telemetry.checked({ subject: 'srv-1', findings: [], failures: [] });
    expect(lines[1]).toMatchObject({ level: 'INFO', message: 'check', findings: [], failures: [] });
  });

  it('lists fifty findings and counts all of them, in the record and as a metric', () => {
    const findings = Array.from({ length: 60 }, (_, each) => ({ ...FOREIGN, subject: `i-${each}` }));
    telemetry.checked({ subject: 'srv-1', findings, failures: [], read: { instances: [], tasks: [], isOpen: false } });
    telemetry.checked({ subject: 'web', findings: [FOREIGN], failures: [] });
    telemetry.publish();
    expect(records('check')).toMatchObject([{ findingCount: 60, instances: 0 }, { findingCount: 1 }]);
    expect(records('check')[0]?.['findings']).toHaveLength(50);
    expect(metrics()).toMatchObject([{ Drift: 60 }]);
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

describe('the calls of an invocation', () => {
  it('are one line in the order of their names, and a metric; none is none', () => {
    telemetry.called(new Map());
    expect(lines).toEqual([]);
    telemetry.called(
      new Map([
        ['ListTasks', 2],
        ['DescribeTasks', 1],
      ]),
    );
    expect(JSON.stringify(records('calls'))).toContain('"DescribeTasks":1,"ListTasks":2');
    telemetry.publish();
    expect(metrics()).toMatchObject([{ Calls: 3 }]);
  });
});

describe('the errors of an invocation', () => {
  it('are every failed call in words, in the order in which they were told', () => {
    telemetry.configured(reading([], [failure('denied')]));
    telemetry.passed(BUSY);
    telemetry.checked({
      subject: 'srv-1',
      findings: [],
      failures: [{ ...failure('unavailable'), operation: 'ListInstances' }],
    });
    expect(telemetry.errors.map((error) => error.slice(0, error.indexOf(' ')))).toEqual([
      'ListTasks',
      'ListTasks',
      'ListInstances',
    ]);
    expect(telemetry.errors[0]).toContain('(ThrottlingException: Rate exceeded)');
  });

  it('are cleared when the metrics are published', () => {
    telemetry.passed(BUSY);
    telemetry.publish();
    expect(telemetry.errors).toEqual([]);
  });

  it('that somebody holds are not cleared with them', () => {
    telemetry.passed(BUSY);
    const { errors } = telemetry;
    telemetry.publish();
    expect(errors).toHaveLength(1);
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

  it('is not told where it is a hint', () => {
    telemetry.setAside([{ id: '1', reading: { kind: 'hint', hint } }]);
    expect(lines).toEqual([]);
  });

  it('is no failed call', () => {
    telemetry.setAside([{ id: '1', reading: { kind: 'unreadable', because: 'it has no detail' } }]);
    expect(telemetry.errors).toEqual([]);
  });
});
