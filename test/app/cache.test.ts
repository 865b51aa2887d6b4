import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coveredBy,
  createCache,
  forgetOldTasks,
  groupCache,
  hintsFor,
  isBurst,
  isCovered,
  keepRefusals,
  learn,
  noteBindings,
  noteListed,
  noteOwners,
  notePass,
  noteProofs,
  noteRefusal,
  noteRemovals,
  noteTargets,
  noteWrite,
  removalsLeft,
} from '../../functions/app/cache.ts';
import { CONTEST_PAUSE_MS, changeKey, refusalPauseMs } from '../../functions/core/guard.ts';
import { planChanges } from '../../functions/core/plan.ts';
import { membersOf } from '../../functions/core/snapshot.ts';
import { joinTask, type Task } from '../../functions/core/task.ts';
import { anyReading, holds } from '../support/arbitraries.ts';
import { boundGroup } from '../support/passes.ts';
import { START_MS } from '../support/ports.ts';
import { aHint, aSnapshot, at, groupArn, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

const HOUR_MS = 3_600_000;

/** The cache of one group, fresh. */
function fresh() {
  return groupCache(createCache(), groupArn());
}

describe('what is remembered of a group', () => {
  it('is nothing at first, and was never passed over', () => {
    expect(fresh()).toEqual({
      binding: '',
      covered: new Map(),
      lastPassAtMs: Number.NEGATIVE_INFINITY,
      passesAtMs: [],
      firstSeenMs: new Map(),
      absentAtMs: new Map(),
      lookedAtMs: undefined,
      seenHealthy: new Set(),
      searches: new Map(),
      searching: new Map(),
      drainAuditedAtMs: Number.NEGATIVE_INFINITY,
      refused: new Map(),
      shares: new Map(),
      writtenAtMs: new Map(),
      provedAtMs: new Map(),
      drainingSinceMs: new Map(),
      deregistrationDelayMs: undefined,
      budget: undefined,
      owners: new Map(),
      listedTasks: 0,
      deferrals: 0,
      recordedAtMs: Number.NEGATIVE_INFINITY,
    });
  });

  it('is the same at every question, and another one for another group', () => {
    const cache = createCache();
    const group = groupCache(cache, groupArn());
    expect(groupCache(cache, groupArn())).toBe(group);
    expect(groupCache(cache, groupArn('api'))).not.toBe(group);
    expect([...cache.groups.keys()]).toEqual([groupArn(), groupArn('api')]);
  });

  it('is forgotten under another binding, as far as it rests on the binding', () => {
    const group = fresh();
    const learned = {
      covered: new Map([[taskArn('t1'), 3]]),
      searches: new Map([[at('10.0.0.1'), { atMs: 1, times: 1 }]]),
      searching: new Map([['service=app', 'token']]),
      firstSeenMs: new Map([[at('10.0.0.1'), 1]]),
    };
    Object.assign(group, learned, { binding: 'one' });
    group.refused.set(at('10.0.0.1'), { untilMs: 1, times: 1 });
    group.shares.set(at('10.0.0.1'), 1);
    noteBindings(group, 'one');
    expect(group).toMatchObject(learned);
    expect([group.refused.size, group.shares.size]).toEqual([1, 1]);
    noteBindings(group, 'two');
    const nothing = Object.fromEntries(
      ['covered', 'searches', 'searching', 'refused', 'shares'].map((name) => [name, new Map()]),
    );
    expect(group).toMatchObject({ binding: 'two', ...nothing });
    expect(group.firstSeenMs).toEqual(learned.firstSeenMs);
  });
});

describe('facts', () => {
  it('only move forward, in whatever order readings arrive', () => {
    holds(
      fc.property(fc.array(anyReading, { minLength: 1 }), (readings) => {
        const cache = createCache();
        const last = readings.map((reading) => learn(cache, reading, START_MS)).at(-1);
        const joined = readings.reduce(joinTask);
        expect(last).toEqual(joined);
        const stoppedAtMs = joined.desired === 'STOPPED' ? START_MS : undefined;
        expect(cache.tasks.get(joined.arn)).toEqual({ task: joined, seenAtMs: START_MS, stoppedAtMs });
        expect(cache.tasks.size).toBe(1);
      }),
    );
  });

  it('keep when this environment first knew that their task had stopped, by its own clock', () => {
    const cache = createCache();
    const [running, stopped] = [runningTask('t1', '10.0.0.1'), stoppedTask('t1', '10.0.0.1', { stoppedAtMs: 1 })];
    const knownAt = (task: Task, ms: number): number | undefined => {
      learn(cache, task, START_MS + ms);
      return cache.tasks.get(task.arn)?.stoppedAtMs;
    };
    expect([knownAt(running, 0), knownAt(stopped, 5), knownAt(stopped, 9), knownAt(running, 12)]).toEqual(
      [undefined, 5, 5, 5].map((ms) => ms && START_MS + ms),
    );
  });

  it('are kept for an hour after ECS last described or listed the task, and not longer', () => {
    const cache = createCache();
    const [listed, described] = [runningTask('t1', '10.0.0.1'), runningTask('t2', '10.0.0.2')];
    for (const task of [listed, described]) learn(cache, task, START_MS);
    noteListed(cache, [listed.arn, taskArn('unknown')], START_MS + 1_000);
    forgetOldTasks(cache, START_MS + HOUR_MS);
    expect([...cache.tasks.keys()]).toEqual([listed.arn, described.arn]);
    forgetOldTasks(cache, START_MS + HOUR_MS + 1);
    expect(cache.tasks).toEqual(new Map([[listed.arn, { task: listed, seenAtMs: START_MS + 1_000, stoppedAtMs: undefined }]]));
    forgetOldTasks(cache, START_MS + HOUR_MS + 1_001);
    expect(cache.tasks.size).toBe(0);
  });
});

describe('what a complete pass has dealt with', () => {
  it('is each task at its version, and one known stopped at any', () => {
    const [live, stopped, open] = [runningTask('t1', '10.0.0.1'), stoppedTask('t2', '10.0.0.2'), runningTask('t3', '10.0.0.3')];
    const tasks = new Map([live, stopped, open].map((task) => [task.arn, task]));
    expect(coveredBy(tasks, new Set([open.arn]))).toEqual(
      new Map([
        [live.arn, live.version],
        [stopped.arn, Number.POSITIVE_INFINITY],
      ]),
    );
  });

  it.each([
    [2, true],
    [3, true],
    [4, false],
  ])('covers a hint at version %i of a task dealt with at version 3: %s', (version, covered) => {
    const group = fresh();
    group.covered = new Map([[taskArn('t1'), 3]]);
    expect(isCovered(group, aHint(taskArn('t1'), version))).toBe(covered);
  });

  it('leaves the hints that its bindings mean and that are newer', () => {
    const cache = createCache();
    groupCache(cache, groupArn()).covered = new Map([[taskArn('t1'), 3]]);
    const [known, news] = [aHint(taskArn('t1'), 3), aHint(taskArn('t1'), 4)];
    const elsewhere = aHint(taskArn('t2'), 1, { group: 'service:other' });
    expect(hintsFor(cache, boundGroup('service=app port=8080'), [known, elsewhere, news])).toEqual([news]);
  });

  it('covers no hint at a task that it did not see, at version 0 either', () => {
    expect(isCovered(fresh(), aHint(taskArn('t1'), 0))).toBe(false);
  });
});

describe('passes', () => {
  it('are a burst when so many began within five seconds', () => {
    const group = fresh();
    for (const ms of [0, 1_000, 2_000]) notePass(group, START_MS + ms);
    expect([2, 3, 4].map((passes) => isBurst(group, passes, START_MS + 4_999))).toEqual([true, true, false]);
    expect([2, 3].map((passes) => isBurst(group, passes, START_MS + 5_000))).toEqual([true, false]);
    expect(group.lastPassAtMs).toBe(START_MS + 2_000);
    notePass(group, START_MS + 6_000);
    expect(group.passesAtMs).toEqual([START_MS + 6_000, START_MS + 2_000]);
  });
});

describe('removals', () => {
  const [, remove] = planChanges(
    aSnapshot({ tasks: [runningTask('t1', '10.0.0.1'), stoppingTask('t2', '10.0.0.2')], targets: [target('10.0.0.2')] }),
  );
  if (remove === undefined) throw new Error('The test expects a removal.');

  it('keep when they were first planned, for as long as they are, and registrations keep nothing', () => {
    const group = fresh();
    const other = { ...remove, address: at('10.0.0.3') };
    noteProofs(group, [remove, { ...remove, kind: 'register', draining: false }], START_MS);
    noteProofs(group, [other, remove], START_MS + 5);
    expect(group.provedAtMs).toEqual(
      new Map([
        [changeKey(other), START_MS + 5],
        [changeKey(remove), START_MS],
      ]),
    );
    noteProofs(group, [], START_MS + 9);
    expect(group.provedAtMs).toEqual(new Map());
  });

  it.each([
    [100, 75, 75],
    [1_000, 75, 750],
    [1_000, 70, 700],
    [101, 75, 75],
    [102, 75, 76],
    [100, 100, 100],
    [100, 1, 20],
    [26, 75, 20],
    [10, 75, 20],
  ])('of a group of %i may be, at %i percent, %i within a minute', (registered, percent, expected) => {
    expect(removalsLeft(fresh(), registered, percent, START_MS)).toBe(expected);
  });

  it('are measured by the most targets of the minute, and a new minute begins anew', () => {
    const group = fresh();
    const left = (registered: number, ms: number): number => removalsLeft(group, registered, 75, START_MS + ms);
    expect([left(60, 0), left(100, 1_000)]).toEqual([45, 75]);
    noteRemovals(group, 75);
    expect([left(25, 2_000), left(40, 3_000), left(40, 59_999)]).toEqual([0, 15, 15]);
    noteRemovals(group, 15);
    expect([left(25, 59_999), left(25, 60_000)]).toEqual([0, 20]);
  });

  it('never leave less of a group than its share, but for the first twenty of a minute', () => {
    const step = fc.record({ joins: fc.nat(40), asks: fc.nat(200), pauseMs: fc.nat(20_000) });
    holds(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 100 }), fc.array(step), (size, percent, steps) => {
        const group = fresh();
        let [nowMs, registered, peak, removed, sinceMs] = [START_MS, size, size, 0, START_MS];
        removalsLeft(group, registered, percent, nowMs);
        for (const { joins, asks, pauseMs } of steps) {
          nowMs += pauseMs;
          registered += joins;
          if (nowMs - sinceMs >= 60_000) [sinceMs, peak, removed] = [nowMs, 0, 0];
          peak = Math.max(peak, registered);
          const leaving = Math.min(registered, asks, Math.max(0, removalsLeft(group, registered, percent, nowMs)));
          noteRemovals(group, leaving);
          registered -= leaving;
          removed += leaving;
          if (leaving > 0 && removed > 20) expect(registered).toBeGreaterThanOrEqual((peak * (100 - percent)) / 100);
        }
      }),
    );
  });

  it('are counted for nobody before a pass has asked for the budget', () => {
    const group = fresh();
    noteRemovals(group, 3);
    expect(group.budget).toBeUndefined();
  });
});

describe('the owners of targets', () => {
  const members = (...tasks: readonly Task[]) => membersOf(aSnapshot({ tasks }));
  const registered = new Set([at('10.0.0.1'), at('10.0.0.2')]);

  it('are the tasks that serve where a target is registered, and when that was last seen', () => {
    const group = fresh();
    const [one, pending] = [runningTask('t1', '10.0.0.1'), runningTask('t2', '10.0.0.2', { last: 'PENDING' })];
    noteOwners(group, registered, members(one, pending, runningTask('t3', '10.0.0.3')), START_MS);
    expect(group.owners).toEqual(new Map([[at('10.0.0.1'), { task: one.arn, atMs: START_MS }]]));
    // When the task stops the target is still known for its own, until another task has the address or the target leaves.
    noteOwners(group, registered, members(stoppedTask('t1', '10.0.0.1')), START_MS + 5);
    expect(group.owners.get(at('10.0.0.1'))).toEqual({ task: one.arn, atMs: START_MS });
    const heir = runningTask('heir', '10.0.0.1');
    noteOwners(group, registered, members(heir), START_MS + 9);
    expect(group.owners.get(at('10.0.0.1'))).toEqual({ task: heir.arn, atMs: START_MS + 9 });
    noteOwners(group, new Set(), members(heir), START_MS + 12);
    expect(group.owners).toEqual(new Map());
  });
});

describe('writes', () => {
  it('are remembered for as long as a rule asks for them', () => {
    const group = fresh();
    noteWrite(group, 'register a', at('10.0.0.1'), START_MS);
    noteWrite(group, 'register b', at('10.0.0.2'), START_MS + CONTEST_PAUSE_MS);
    expect([...group.writtenAtMs.keys()]).toEqual(['register a', 'register b']);
    noteWrite(group, 'register c', at('10.0.0.3'), START_MS + CONTEST_PAUSE_MS + 1);
    expect(group.writtenAtMs).toEqual(
      new Map([
        ['register b', START_MS + CONTEST_PAUSE_MS],
        ['register c', START_MS + CONTEST_PAUSE_MS + 1],
      ]),
    );
  });

  it('end what was remembered of refusals at their address, and at no other', () => {
    const group = fresh();
    noteRefusal(group, at('10.0.0.1'), 'refused', START_MS);
    noteRefusal(group, at('10.0.0.2'), 'refused', START_MS);
    for (const address of [at('10.0.0.1'), at('10.0.0.2')]) group.shares.set(address, 1);
    noteWrite(group, 'register a', at('10.0.0.1'), START_MS);
    expect([...group.refused.keys()]).toEqual([at('10.0.0.2')]);
    expect([...group.shares.keys()]).toEqual([at('10.0.0.2')]);
  });

  it('that were refused are forgotten where nobody asks for the address any more', () => {
    const group = fresh();
    for (const address of [at('10.0.0.1'), at('10.0.0.2')]) {
      noteRefusal(group, address, 'refused', START_MS);
      group.shares.set(address, 1);
    }
    keepRefusals(group, new Set([at('10.0.0.2'), at('10.0.0.3')]));
    expect([...group.refused.keys()]).toEqual([at('10.0.0.2')]);
    expect([...group.shares.keys()]).toEqual([at('10.0.0.2')]);
  });

  it('that are refused are left alone for longer each time', () => {
    const group = fresh();
    for (let times = 1; times <= 4; times += 1) {
      noteRefusal(group, at('10.0.0.1'), 'refused', START_MS);
      const untilMs = START_MS + refusalPauseMs('refused', times);
      expect(group.refused.get(at('10.0.0.1'))).toEqual({ times, untilMs });
    }
    noteRefusal(group, at('10.0.0.2'), 'quota', START_MS);
    expect(group.refused.get(at('10.0.0.2'))).toEqual({ times: 1, untilMs: START_MS + refusalPauseMs('quota', 1) });
  });

  it('that are refused since the target drains are left alone until it can have drained', () => {
    const group = fresh();
    const untilMs = (ms: number, why: 'draining' | 'refused' = 'draining'): number => {
      noteRefusal(group, at('10.0.0.1'), why, START_MS + ms);
      return (group.refused.get(at('10.0.0.1'))?.untilMs ?? 0) - START_MS;
    };
    expect(untilMs(0)).toBe(10_000);
    group.deregistrationDelayMs = 30_000;
    expect(untilMs(0)).toBe(30_000);
    noteTargets(group, [target('10.0.0.1', 'draining')], START_MS);
    noteTargets(group, [target('10.0.0.1', 'draining')], START_MS + 5_000);
    expect([untilMs(5_000), untilMs(19_999), untilMs(20_001), untilMs(0, 'refused')]).toEqual([
      30_000,
      30_000,
      30_001,
      refusalPauseMs('refused', 6),
    ]);
    noteTargets(group, [], START_MS + 6_000);
    noteTargets(group, [target('10.0.0.1', 'draining')], START_MS + 7_000);
    expect(untilMs(7_000)).toBe(37_000);
  });
});

describe('targets', () => {
  it('keep their first observation and their health for as long as they are registered', () => {
    const group = fresh();
    const search = { atMs: 1, times: 1 };
    group.searches = new Map([
      [at('10.0.0.1'), search],
      [at('10.0.0.3'), search],
    ]);
    noteTargets(group, [target('10.0.0.1'), target('10.0.0.2', 'initial'), target('10.0.0.9', 'draining')], START_MS);
    expect(group.firstSeenMs).toEqual(
      new Map([
        [at('10.0.0.1'), START_MS],
        [at('10.0.0.2'), START_MS],
      ]),
    );
    expect(group.seenHealthy).toEqual(new Set([at('10.0.0.1')]));
    expect(group.searches).toEqual(new Map([[at('10.0.0.1'), search]]));
    noteTargets(group, [target('10.0.0.1', 'unhealthy'), target('10.0.0.4')], START_MS + 5);
    expect(group.firstSeenMs).toEqual(
      new Map([
        [at('10.0.0.1'), START_MS],
        [at('10.0.0.4'), START_MS + 5],
      ]),
    );
    expect(group.seenHealthy).toEqual(new Set([at('10.0.0.1'), at('10.0.0.4')]));
    noteTargets(group, [target('10.0.0.1', 'draining')], START_MS + 9);
    expect([group.firstSeenMs.size, group.seenHealthy.size, group.searches.size]).toEqual([0, 0, 0]);
  });
});

describe('when a registered address was last seen unregistered', () => {
  const one = target('10.0.0.1');
  const other = target('10.0.0.2');

  /** What is known after looks a second apart, each of which saw these targets. */
  function knownAfter(...looks: (typeof one)[][]) {
    const group = fresh();
    for (const [second, targets] of looks.entries()) noteTargets(group, targets, START_MS + second * 1_000);
    return group.absentAtMs;
  }

  it('is not known of what the first look sees', () => {
    expect(knownAfter([one], [one])).toEqual(new Map());
  });

  it('is the look before the first one that sees it, for as long as it stays', () => {
    expect(knownAfter([], [one])).toEqual(new Map([[one.address, START_MS]]));
    expect(knownAfter([], [], [one], [one, other], [other, one])).toEqual(
      new Map([
        [one.address, START_MS + 1_000],
        [other.address, START_MS + 2_000],
      ]),
    );
  });

  it('is the last time where it comes and goes, or drains in between', () => {
    expect(knownAfter([], [one], [], [one])).toEqual(new Map([[one.address, START_MS + 2_000]]));
    expect(knownAfter([one], [target('10.0.0.1', 'draining')], [one])).toEqual(new Map([[one.address, START_MS + 1_000]]));
    expect(knownAfter([], [one], [])).toEqual(new Map());
  });
});
