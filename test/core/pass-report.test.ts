import { describe, expect, it } from 'vitest';
import type { Pass } from '../../functions/app/pass.ts';
import type { Held } from '../../functions/core/guard.ts';
import { planChanges } from '../../functions/core/plan.ts';
import { recordOfPass, recordsOfChanges, recordsOfPlan } from '../../functions/core/report.ts';
import { START_MS } from '../support/ports.ts';
import { aGroup, aHint, aSnapshot, binding, runningTask, stoppingTask, target, taskArn } from '../support/values.ts';

const RUNNING = runningTask('t1', '10.0.0.1');
const STOPPING = stoppingTask('t2', '10.0.0.2');
const SNAPSHOT = aSnapshot({
  tasks: [RUNNING, STOPPING],
  targets: [target('10.0.0.2'), target('10.0.0.3', 'draining')],
  bindings: [
    binding('service=app port=8080', { listed: [RUNNING] }),
    binding('service=app port=9090', { listed: [RUNNING, STOPPING] }),
  ],
  describedAtMs: START_MS,
});
const PLANNED = planChanges(SNAPSHOT);
const WIRED = { group: aGroup(), bindings: [], bindingsReadAtMs: undefined };
const FAILURE = { kind: 'denied', operation: 'ListTasks', resource: 'app', message: 'no' } as const;

function held(because: Held['because']): Held[] {
  return PLANNED.map((change) => ({ change, because }));
}

const PASS: Pass = {
  snapshot: SNAPSHOT,
  planned: PLANNED,
  written: { done: PLANNED, refused: [], failures: [], aged: [] },
  held: held('observe').slice(0, 1),
  findings: [{ kind: 'foreign', subject: '10.0.0.9:8080', message: 'foreign' }],
  failures: [FAILURE],
  behind: [aHint(taskArn('t1'), 9)],
  unconfirmed: new Map(),
  isUnfinished: false,
};

const DETAILS = {
  startedAtMs: START_MS,
  endedAtMs: START_MS + 250,
  trigger: 'schedule',
  hints: 4,
  calls: new Map([
    ['ListTasks', 2],
    ['DescribeTargetHealth', 1],
  ]),
} as const;

describe('the record of a pass', () => {
  it('tells everything, each task listed once', () => {
    const record = recordOfPass(WIRED, PASS, DETAILS);
    expect(record).toMatchObject({
      targetGroup: 'web',
      trigger: 'schedule',
      tookMs: 250,
      hints: 4,
      behind: 1,
      targets: { draining: 1, healthy: 1 },
      listedTasks: 2,
      registered: 2,
      deregistered: 1,
      heldCount: 1,
      findingCount: 1,
      failures: [expect.objectContaining(FAILURE)],
    });
    expect(JSON.stringify(record['calls'])).toBe('{"DescribeTargetHealth":1,"ListTasks":2}');
  });

  it('is whole where not even the targets were read', () => {
    const record = recordOfPass(WIRED, { ...PASS, snapshot: undefined, behind: [] }, DETAILS);
    expect(record).toMatchObject({ listedTasks: 0, behind: 0 });
    expect(record['targets']).toEqual({});
  });
});

describe('the records of changes', () => {
  it('are one for each that was made, with its age', () => {
    const records = recordsOfChanges(WIRED, PASS, START_MS + 90);
    expect(records.map(({ kind, ip, port, proofAgeMs }) => [kind, ip, port, proofAgeMs])).toEqual([
      ['register', '10.0.0.1', 8080, 90],
      ['register', '10.0.0.1', 9090, 90],
      ['deregister', '10.0.0.2', 8080, 90],
    ]);
  });

  it('of a plan are those that only a check has withheld', () => {
    const withheld = [...held('check only').slice(0, 1), ...held('observe').slice(1)];
    const records = recordsOfPlan(WIRED, { ...PASS, held: withheld }, START_MS + 90);
    expect(records).toEqual([expect.objectContaining({ kind: 'register', targetGroup: 'web', proofAgeMs: 90 })]);
  });
});
