import { describe, expect, it } from 'vitest';
import { explainFailure, type Failure } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import { planChanges } from '../../functions/core/plan.ts';
import {
  changeRecords,
  findingOfRefusal,
  findingRecord,
  findRefusals,
  NOTHING_WRITTEN,
  type Pass,
  passRecord,
  plannedRecords,
  type Refusal,
  refusalOf,
} from '../../functions/core/report.ts';
import { aGroup, aHint, aSnapshot, binding, groupArn, runningTask, stoppingTask, target, taskArn } from '../support/values.ts';

const RUNNING = runningTask('new', '10.0.0.1', { startedAtMs: 92_000 });
const STOPPING = stoppingTask('old', '10.0.0.2', { startedAtMs: 1_000, stoppingAtMs: 97_500 });
const SNAPSHOT = aSnapshot({
  tasks: [RUNNING, STOPPING],
  targets: [target('10.0.0.2', 'healthy', { zone: 'eu-west-1a' })],
  describedAtMs: 99_000,
});
const FOREIGN: Finding = { kind: 'foreign', subject: '10.0.0.9:8080', message: 'Somebody else.' };
const CHANGES = planChanges(SNAPSHOT);
const [ADD, REMOVE] = CHANGES;
if (ADD === undefined || REMOVE === undefined) throw new Error('The test expects two changes.');

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
  latencyMs: 8_500,
  binding: 'cluster=prod service=app port=8080',
};

const DEREGISTERED = {
  ...REGISTERED,
  kind: 'deregister',
  ip: '10.0.0.2',
  zone: 'eu-west-1a',
  because: 'task is stopping',
  taskArn: taskArn('old'),
  version: 5,
  lastStatus: 'DEACTIVATING',
  desiredStatus: 'STOPPED',
  latencyMs: 3_000,
};

/** A pass in which nothing happened, but for what the test says. */
function aPass(words: Partial<Pass> = {}): Pass {
  return {
    group: aGroup(),
    trigger: 'messages',
    startedAtMs: 98_000,
    endedAtMs: 100_500,
    hints: 0,
    snapshot: undefined,
    planned: [],
    written: NOTHING_WRITTEN,
    held: [],
    findings: [],
    failures: [],
    behind: [],
    open: NOTHING_OPEN,
    ...words,
  };
}

const written = (...done: Pass['written']['done']) => ({ written: { ...NOTHING_WRITTEN, done } });
const held = (because: Pass['held'][number]['because']) => CHANGES.map((change) => ({ change, because }));

describe('a pass that has written nothing', () => {
  it('has done nothing, was refused nothing, and leaves nothing behind', () => {
    expect(Object.values(NOTHING_WRITTEN).flat()).toEqual([]);
  });
});

describe('the record of a pass', () => {
  it('is whole when nothing happened, and not even the targets were read', () => {
    expect(passRecord(aPass())).toStrictEqual({
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
    });
  });

  it('counts what was done, by kind, and every listed task once', () => {
    const bindings = [
      binding('service=app port=8080', { listed: [RUNNING] }),
      binding('service=app port=9090', { listed: [RUNNING, STOPPING] }),
    ];
    const pass = aPass({
      ...written(ADD, REMOVE, ADD),
      hints: 3,
      behind: [aHint(RUNNING.arn, 9)],
      snapshot: { ...SNAPSHOT, bindings },
    });
    expect(passRecord(pass)).toMatchObject({ registered: 2, deregistered: 1, hints: 3, behind: 1, listedTasks: 2 });
  });

  it('counts targets by state, in the order of the states', () => {
    const states = ['unhealthy', 'healthy', 'draining', 'healthy', 'unhealthy.draining'];
    const targets = states.map((state, index) => target(`10.0.0.${index + 1}`, state));
    expect(JSON.stringify(passRecord(aPass({ snapshot: { ...SNAPSHOT, targets } }))['targets'])).toBe(
      '{"draining":1,"healthy":2,"unhealthy":1,"unhealthy.draining":1}',
    );
  });

  it('says of each held change what it was and why it is held', () => {
    expect(passRecord(aPass({ held: held('observe') }))).toMatchObject({
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
    for (const findings of [
      [one, other],
      [other, one],
    ]) {
      expect(passRecord(aPass({ findings }))).toMatchObject({ findings: expected, findingCount: 2 });
    }
  });

  it('explains each failure', () => {
    const failure: Failure = { kind: 'denied', operation: 'ListTasks', resource: 'prod', message: 'AccessDenied' };
    expect(passRecord(aPass({ failures: [failure] }))).toMatchObject({
      failures: [{ ...failure, explained: explainFailure(failure) }],
    });
  });

  it('cuts lists at 50, with their true length beside them', () => {
    const failure: Failure = { kind: 'gone', operation: 'ListTasks', resource: 'prod', message: '' };
    for (const count of [50, 51]) {
      const times = <Item>(item: Item): Item[] => Array.from({ length: count }, () => item);
      const record = passRecord(
        aPass({
          held: times({ change: ADD, because: 'observe' as const }),
          findings: times<Finding>({ kind: 'foreign', subject: 's', message: '' }),
          failures: times(failure),
        }),
      );
      expect(record).toMatchObject({ heldCount: count, findingCount: count });
      for (const list of ['held', 'findings', 'failures']) expect(record[list]).toHaveLength(50);
    }
  });
});

describe('the record of a change', () => {
  it('answers who was added or removed, and on what evidence', () => {
    expect(changeRecords(aPass(written(...CHANGES)))).toStrictEqual([REGISTERED, DEREGISTERED]);
  });

  it('has no latency where nobody knows since when it was due', () => {
    const { latencyMs: _, ...rest } = REGISTERED;
    expect(changeRecords(aPass(written({ ...ADD, sinceMs: undefined })))).toStrictEqual([rest]);
  });

  it.each(['check only', 'observe'] as const)(
    'of a plan is that of a change that is held for "%s", and no other',
    (because) => {
      const changes = [...held(because).slice(0, 1), ...held('waits for confirmation').slice(1)];
      expect(plannedRecords(aPass({ held: changes }))).toStrictEqual([REGISTERED]);
    },
  );
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

describe('what ELB refused', () => {
  const refusal = (kind: Failure['kind'], change = ADD, draining = false): Refusal => ({
    change: change.kind === 'register' ? { ...change, draining } : change,
    failure: { kind, operation: 'RegisterTargets', resource: 'web', message: 'no' },
  });
  const cases = [
    [refusal('refused'), 'refused', 'refused', `is refused. ${explainFailure(refusal('refused').failure)}`],
    [refusal('refused', REMOVE), 'refused', 'refused', `is refused. ${explainFailure(refusal('refused').failure)}`],
    [
      refusal('refused', ADD, true),
      'draining',
      'waiting',
      'is still draining from its earlier use. ELB accepts it when that has ended; it is retried soon.',
    ],
    [refusal('quota'), 'quota', 'full', `waits: the group is full. ${explainFailure(refusal('quota').failure)}`],
    [refusal('quota', ADD, true), 'quota', 'full', `waits: the group is full. ${explainFailure(refusal('quota').failure)}`],
  ] as const;

  it.each(cases)('%#: is a finding that says how it goes on', (refused, why, kind, words) => {
    const { address: subject, because } = refused.change;
    expect(refusalOf(refused)).toBe(why);
    expect(findingOfRefusal(refused)).toEqual({ kind, subject, message: `The target of task ${because.task} ${words}` });
  });

  it('stands until it is asked again: also while it is left alone, and in a check that writes nothing', () => {
    const before = [
      findingOfRefusal(refusal('quota')),
      findingOfRefusal(refusal('refused')),
      findingOfRefusal(refusal('refused', ADD, true)),
    ];
    expect(before.map(({ kind }) => kind)).toEqual(['full', 'refused', 'waiting']);
    const standing = (because: 'refused before' | 'check only' | 'paused', change = ADD) =>
      findRefusals([], [{ change, because }], before);
    expect(standing('refused before')).toEqual(before);
    expect(standing('check only')).toEqual(before);
    // Nobody wants it any more, or it is held for something else.
    expect(findRefusals([], [], before)).toEqual([]);
    expect(standing('paused')).toEqual([]);
    expect(standing('refused before', REMOVE)).toEqual([]);
    expect(findRefusals([], [{ change: ADD, because: 'refused before' }], [{ ...FOREIGN, subject: ADD.address }])).toEqual([]);
    expect(findRefusals([refusal('refused')], [], before)).toEqual([findingOfRefusal(refusal('refused'))]);
  });
});
