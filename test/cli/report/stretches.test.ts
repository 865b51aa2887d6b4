/** The stretches of a lane: who held an address, and what its target was then. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lifeStretches,
  missingStretches,
  SLOW_MS,
  type Stretch,
  spanStretches,
} from '../../../scripts/cli/report/stretches.ts';
import { lifeOf, tenuresOf } from '../../../scripts/cli/report/tenure.ts';
import type { ChangeMark, TargetSpan, TaskLane } from '../../../scripts/cli/report/timeline.ts';
import { anyTimeline } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';

const A: TaskLane = taskOf('a', 'service:web', 0);
const B: TaskLane = taskOf('b', 'service:web', 1_000);
const SPAN: TargetSpan = { targetGroup: 'web', ip: '10.0.0.4', port: 80, fromMs: 300, deregisteredMs: 500, goneMs: 700 };

/** Placed at 100, RUNNING at 200, told to stop at 500, over at 600, each from the start. */
function taskOf(arn: string, group: string, startMs: number): TaskLane {
  const at = (ms: number, last: string, desired: string) => ({ atMs: startMs + ms, last, desired });
  const begin = [at(0, 'PROVISIONING', 'RUNNING'), at(100, 'PENDING', 'RUNNING'), at(200, 'RUNNING', 'RUNNING')];
  return { arn, group, ip: '10.0.0.4', states: [...begin, at(500, 'RUNNING', 'STOPPED'), at(600, 'STOPPED', 'STOPPED')] };
}

function cut(
  span: TargetSpan,
  tasks: readonly TaskLane[],
  registered?: Partial<ChangeMark>,
): (readonly [string, number, number, string | undefined])[] {
  const { ip, port, targetGroup, fromMs: atMs } = span;
  const change: ChangeMark = { kind: 'register', ip, port, targetGroup, atMs, because: 'it runs', taskArn: 'a', ...registered };
  const told = { span, registered: registered && change, deregistered: undefined };
  const groupOf = (arn: string): string | undefined => tasks.find((task) => task.arn === arn)?.group;
  const held = spanStretches(told, tenuresOf(tasks).get(span.ip) ?? [], groupOf);
  return held.map(({ stretch: { kind, fromMs, toMs }, holder }) => [kind, fromMs, toMs, holder?.task.arn] as const);
}

describe('the stretches of a target', () => {
  it('are registered, then draining, for the task that holds the address', () => {
    expect(cut(SPAN, [A])).toEqual([
      ['registered', 300, 500, 'a'],
      ['draining', 500, 700, 'a'],
    ]);
  });

  it('are stale from the end of the task on, to the millisecond', () => {
    expect(cut({ ...SPAN, deregisteredMs: 600 }, [A])).toEqual([
      ['registered', 300, 600, 'a'],
      ['draining', 600, 700, 'a'],
    ]);
    expect(cut({ ...SPAN, deregisteredMs: 601 }, [A])).toEqual([
      ['registered', 300, 600, 'a'],
      ['stale', 600, 601, 'a'],
      ['draining', 601, 700, 'a'],
    ]);
  });

  it('pass on with the address to the next task, which gets it when it is placed', () => {
    const still = { ...SPAN, deregisteredMs: undefined, goneMs: undefined };
    expect(cut(still, [B, A])).toEqual([
      ['registered', 300, 600, 'a'],
      ['stale', 600, 1_100, 'a'],
      ['registered', 1_100, 1_600, 'b'],
      ['stale', 1_600, Number.POSITIVE_INFINITY, 'b'],
    ]);
  });

  it('are wrong where the address has gone to a task of another group than it was registered for', () => {
    const other = taskOf('b', 'service:api', 1_000);
    const late = { ...SPAN, fromMs: 1_150, deregisteredMs: 1_300, goneMs: 1_400 };
    expect(cut(late, [A, other], { taskArn: 'a' })).toEqual([
      ['stale', 1_150, 1_300, 'b'],
      ['draining', 1_300, 1_400, 'b'],
    ]);
    expect(cut(late, [A, B], { taskArn: 'a' })).toEqual([
      ['registered', 1_150, 1_300, 'b'],
      ['draining', 1_300, 1_400, 'b'],
    ]);
  });

  it('are nobody’s before the first task that is known', () => {
    const early = { ...SPAN, fromMs: 50, deregisteredMs: 300, goneMs: 400 };
    expect(cut(early, [A])).toEqual([
      ['registered', 50, 100, undefined],
      ['registered', 100, 300, 'a'],
      ['draining', 300, 400, 'a'],
    ]);
  });

  it('cover the span once and leave no gap, whatever the account was like', () => {
    holds(
      fc.property(anyTimeline, ({ tasks, targets }) => {
        for (const span of targets) {
          const pieces = spanStretches(
            { span, registered: undefined, deregistered: undefined },
            tenuresOf(tasks).get(span.ip) ?? [],
            () => undefined,
          ).map(({ stretch }) => stretch);
          const endMs =
            span.deregisteredMs === undefined ? Number.POSITIVE_INFINITY : (span.goneMs ?? Number.POSITIVE_INFINITY);
          expectCover(pieces, span.fromMs, endMs);
        }
      }),
    );
  });
});

describe('the stretches of a life', () => {
  it('are pending, running and stopping', () => {
    expect(lifeStretches(lifeOf(A)).map(({ kind, fromMs, toMs }) => [kind, fromMs, toMs])).toEqual([
      ['pending', 0, 200],
      ['running', 200, 500],
      ['stopping', 500, 600],
    ]);
  });

  it('never show a task as running that was told to stop while it started', () => {
    const states = [
      { atMs: 0, last: 'PENDING', desired: 'STOPPED' },
      { atMs: 10, last: 'RUNNING', desired: 'STOPPED' },
      { atMs: 20, last: 'STOPPED', desired: 'STOPPED' },
    ];
    expect(lifeStretches(lifeOf({ ...A, states })).map(({ kind }) => kind)).toEqual(['stopping']);
  });

  it('end their running when the task leaves, whatever is desired of it', () => {
    for (const last of ['DEACTIVATING', 'STOPPING', 'DEPROVISIONING']) {
      const states = [...A.states.slice(0, 3), { atMs: 300, last, desired: 'RUNNING' }];
      expect(lifeStretches(lifeOf({ ...A, states })).map(({ kind, toMs }) => [kind, toMs])).toEqual([
        ['pending', 200],
        ['running', 300],
        ['stopping', Number.POSITIVE_INFINITY],
      ]);
    }
  });

  it('cover the life once and leave no gap', () => {
    holds(
      fc.property(anyTimeline, ({ tasks }) => {
        for (const task of tasks) {
          const life = lifeOf(task);
          if (life.startMs === Number.POSITIVE_INFINITY) expect(lifeStretches(life)).toEqual([]);
          else expectCover(lifeStretches(life), life.startMs, life.endMs);
        }
      }),
    );
  });
});

describe('the stretches of a running task that is no target', () => {
  const registered = (fromMs: number, toMs: number): Stretch => ({
    kind: 'registered',
    fromMs,
    toMs,
    targetGroup: 'web',
    told: undefined,
  });
  const missing = (...stretches: Stretch[]) =>
    missingStretches(lifeOf(A), 'web', { registered: stretches, knownMs: 10_000 }).map(({ fromMs, toMs }) => [fromMs, toMs]);

  it('are what registration leaves of the time in which it should serve', () => {
    expect(missing()).toEqual([[200, 500]]);
    expect(missing(registered(300, 500))).toEqual([[200, 300]]);
    expect(missing(registered(200, 600))).toEqual([]);
    expect(missing(registered(350, 400), registered(250, 300))).toEqual([
      [200, 250],
      [300, 350],
      [400, 500],
    ]);
  });

  it('are not reckoned from the shorter one of two that overlap', () => {
    expect(missing(registered(250, 450), registered(300, 350))).toEqual([
      [200, 250],
      [450, 500],
    ]);
  });

  it('do not count the membership in another group', () => {
    expect(missing({ ...registered(200, 500), targetGroup: 'api' })).toEqual([[200, 500]]);
  });

  it('are a wait at first, up to 5 s, and a fault when longer, when known so long only, or once more', () => {
    const life = { ...lifeOf(A), runningMs: 0, stoppingMs: 60_000, endMs: 70_000 };
    const kinds = (registrations: Stretch[], knownMs = 60_000) =>
      missingStretches(life, 'web', { registered: registrations, knownMs }).map(({ kind }) => kind);
    expect(kinds([registered(SLOW_MS, 60_000)])).toEqual(['waiting']);
    expect(kinds([registered(SLOW_MS + 1, 60_000)])).toEqual(['missing']);
    expect(kinds([registered(100, 200), registered(300, 60_000)])).toEqual(['waiting', 'missing']);
    expect(kinds([], SLOW_MS)).toEqual(['waiting']);
    expect(kinds([], SLOW_MS + 1)).toEqual(['missing']);
  });

  it('do not count draining as membership', () => {
    expect(missing({ ...registered(300, 500), kind: 'draining' })).toEqual([[200, 500]]);
  });
});

/** One stretch after the other, from the beginning to the end. */
function expectCover(stretches: readonly Stretch[], fromMs: number, toMs: number): void {
  const inOrder = stretches.toSorted((one, other) => one.fromMs - other.fromMs);
  let atMs = fromMs;
  for (const stretch of inOrder) {
    expect(stretch.fromMs).toBe(atMs);
    expect(stretch.toMs).toBeGreaterThan(stretch.fromMs);
    atMs = stretch.toMs;
  }
  expect(atMs).toBe(toMs);
}
