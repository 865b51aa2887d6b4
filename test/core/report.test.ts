import { describe, expect, it } from 'vitest';
import { explainFailure, type Failure } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { planChanges } from '../../functions/core/plan.ts';
import { changeRecord, findingRecord, type PassFacts, passRecord } from '../../functions/core/report.ts';
import { aGroup, aSnapshot, binding, groupArn, runningTask, stoppingTask, target, taskArn } from '../support/values.ts';

const CHANGES = planChanges(
  aSnapshot({
    tasks: [runningTask('new', '10.0.0.1'), stoppingTask('old', '10.0.0.2')],
    targets: [target('10.0.0.2', 'healthy', { zone: 'eu-west-1a' })],
    describedAtMs: 99_000,
  }),
);

const REGISTERED = {
  kind: 'register',
  targetGroup: 'web',
  ip: '10.0.0.1',
  port: 8080,
  because: 'task is running',
  taskArn: taskArn('new'),
  version: 3,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  proofAgeMs: 1_500,
  binding: 'cluster=prod service=app port=8080',
};

const DEREGISTERED = {
  kind: 'deregister',
  targetGroup: 'web',
  ip: '10.0.0.2',
  port: 8080,
  zone: 'eu-west-1a',
  because: 'task is stopping',
  taskArn: taskArn('old'),
  version: 5,
  lastStatus: 'DEACTIVATING',
  desiredStatus: 'STOPPED',
  proofAgeMs: 1_500,
  binding: 'cluster=prod service=app port=8080',
};

function facts(words: Partial<PassFacts> = {}): PassFacts {
  return {
    group: aGroup(),
    trigger: 'messages',
    startedAtMs: 98_000,
    endedAtMs: 100_500,
    hints: 0,
    behind: 0,
    targets: [],
    listedTasks: 0,
    done: [],
    held: [],
    findings: [],
    failures: [],
    calls: {},
    ...words,
  };
}

describe('the record of a change', () => {
  it('answers who was added or removed, and on what evidence', () => {
    expect(CHANGES.map((change) => changeRecord(aGroup(), change, 100_500))).toStrictEqual([REGISTERED, DEREGISTERED]);
  });

  it('names the zone and the mode of the line', () => {
    const task = runningTask('new', '10.0.0.1');
    const bindings = [binding('service=app port=8080 zone=all', { listed: [task] })];
    const [change] = planChanges(aSnapshot({ tasks: [task], bindings }));
    if (change === undefined) throw new Error('The test expects a change.');
    expect(changeRecord(aGroup(), change, 0)).toMatchObject({ zone: 'all' });
  });
});

describe('the record of a finding', () => {
  const finding: Finding = { kind: 'foreign', subject: '10.0.0.9:80', message: 'It is foreign.' };

  it('tells its age in seconds, where it is known, and the command, where there is one', () => {
    expect(findingRecord(finding, 100_000)).toStrictEqual(finding);
    expect(findingRecord({ ...finding, sinceMs: 98_501, command: 'aws help' }, 100_000)).toStrictEqual({
      ...finding,
      ageSeconds: 1,
      command: 'aws help',
    });
    expect(findingRecord({ ...finding, sinceMs: 98_500 }, 100_000)).toStrictEqual({ ...finding, ageSeconds: 2 });
  });
});

describe('the record of a pass', () => {
  it('is whole when nothing happened', () => {
    expect(passRecord(facts())).toStrictEqual({
      targetGroup: 'web',
      targetGroupArn: groupArn(),
      trigger: 'messages',
      tookMs: 2_500,
      hints: 0,
      behind: 0,
      targets: {},
      listedTasks: 0,
      registered: 0,
      deregistered: 0,
      held: [],
      heldCount: 0,
      findings: [],
      findingCount: 0,
      failures: [],
      calls: {},
    });
  });

  it('counts what was done, by kind', () => {
    const done = [...CHANGES, ...CHANGES.slice(0, 1)];
    expect(passRecord(facts({ done, hints: 3, behind: 1, listedTasks: 7, calls: { ListTasks: 2 } }))).toMatchObject({
      registered: 2,
      deregistered: 1,
      hints: 3,
      behind: 1,
      listedTasks: 7,
      calls: { ListTasks: 2 },
    });
  });

  it('counts targets by state, in the order of the states', () => {
    const states = ['unhealthy', 'healthy', 'draining', 'healthy', 'unhealthy.draining'];
    const { targets } = passRecord(facts({ targets: states.map((state, index) => target(`10.0.0.${index + 1}`, state)) }));
    expect(JSON.stringify(targets)).toBe('{"draining":1,"healthy":2,"unhealthy":1,"unhealthy.draining":1}');
  });

  it('says of each held change what it was and why it is held', () => {
    const held = CHANGES.map((change) => ({ change, because: 'observe' as const }));
    expect(passRecord(facts({ held }))).toMatchObject({
      held: [
        { ...REGISTERED, held: 'observe' },
        { ...DEREGISTERED, held: 'observe' },
      ],
      heldCount: 2,
    });
  });

  it('names findings in a stable order, with their age', () => {
    const one: Finding = { kind: 'unused', subject: 'web', message: 'b' };
    const other: Finding = { kind: 'foreign', subject: '10.0.0.9:80', message: 'a', sinceMs: 90_500 };
    const expected = [{ kind: 'foreign', subject: '10.0.0.9:80', message: 'a', ageSeconds: 10 }, one];
    expect(passRecord(facts({ findings: [one, other] }))).toMatchObject({ findings: expected, findingCount: 2 });
    expect(passRecord(facts({ findings: [other, one] }))).toMatchObject({ findings: expected, findingCount: 2 });
  });

  it('explains each failure', () => {
    const failure: Failure = { kind: 'denied', operation: 'ListTasks', resource: 'prod', message: 'AccessDenied' };
    expect(passRecord(facts({ failures: [failure] }))).toMatchObject({
      failures: [{ ...failure, explained: explainFailure(failure) }],
    });
  });

  it('cuts lists at 50, with their true length beside them', () => {
    const [change] = CHANGES;
    if (change === undefined) throw new Error('The test expects a change.');
    const finding = (index: number): Finding => ({ kind: 'foreign', subject: `s${100 + index}`, message: '' });
    const failure: Failure = { kind: 'gone', operation: 'ListTasks', resource: 'prod', message: '' };
    for (const [count, listed] of [
      [50, 50],
      [51, 50],
    ] as const) {
      const record = passRecord(
        facts({
          held: Array.from({ length: count }, () => ({ change, because: 'observe' as const })),
          findings: Array.from({ length: count }, (_, index) => finding(index)),
          failures: Array.from({ length: count }, () => failure),
        }),
      );
      expect(record).toMatchObject({ heldCount: count, findingCount: count });
      for (const list of ['held', 'findings', 'failures']) expect(record[list]).toHaveLength(listed);
    }
  });
});
