import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cache } from '../../functions/app/cache.ts';
import { GroupCache } from '../../functions/app/group-cache.ts';
import type { BoundGroup } from '../../functions/core/configuration.ts';
import type { Hint } from '../../functions/core/event.ts';
import { type DescribedTask, joinTask, type Task } from '../../functions/core/task.ts';
import { anyReading, holds } from '../support/arbitraries.ts';
import { boundGroup } from '../support/passes.ts';
import { FakeClock, START_MS } from '../support/ports.ts';
import { aHint, at, groupArn, ip, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

const HOUR_MS = 3_600_000;

const anyDescribed: fc.Arbitrary<DescribedTask> = fc
  .tuple(anyReading, fc.boolean())
  .map(([reading, isHeld]) => ({ ...reading, isHeld }));

/** The cache of one group, fresh. */
function fresh() {
  return new GroupCache();
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
      watchedSinceMs: 0,
      targetsRead: undefined,
      unexplained: new Map(),
      seenHealthy: new Set(),
      failingAtMs: new Map(),
      searches: new Map(),
      searching: new Map(),
      settingsAuditedAtMs: Number.NEGATIVE_INFINITY,
      refused: new Map(),
      zoneForms: new Map(),
      shares: new Map(),
      writtenAtMs: new Map(),
      provedAtMs: new Map(),
      ended: new Map(),
      drainingSinceMs: new Map(),
      deregistrationDelayMs: undefined,
      budget: undefined,
      owners: new Map(),
      listedTasks: 0,
      deferrals: 0,
      wholeAtMs: undefined,
      boundAtMs: Number.NEGATIVE_INFINITY,
      comparedAtMs: Number.NEGATIVE_INFINITY,
      open: new Map(),
      unread: undefined,
      findings: [],
      audited: [],
      settingsFindings: [],
      origins: new Map(),
      strangers: new Map(),
      recordReadAtMs: Number.NEGATIVE_INFINITY,
      recorded: new Map(),
    });
  });

  it('is the same at every question, and another one for another group', () => {
    const cache = new Cache();
    const group = cache.group(groupArn());
    expect(cache.group(groupArn())).toBe(group);
    expect(cache.group(groupArn('api'))).not.toBe(group);
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
    group.zoneForms.set('10.0.0', 'all');
    group.noteBindings('one', START_MS);
    expect(group).toMatchObject(learned);
    expect([group.refused.size, group.shares.size]).toEqual([1, 1]);
    group.noteBindings('two', START_MS);
    const nothing = Object.fromEntries(
      ['covered', 'searches', 'searching', 'refused', 'shares'].map((name) => [name, new Map()]),
    );
    expect(group).toMatchObject({ binding: 'two', ...nothing });
    expect(group.firstSeenMs).toEqual(learned.firstSeenMs);
    // Where an address lies does not depend on who feeds the group.
    expect(group.zoneForms).toEqual(new Map([['10.0.0', 'all']]));
  });

  it('says when its bindings changed: the first ones that an environment reads are no change', () => {
    const group = fresh();
    const boundAfter = (binding: string, ms: number): number => {
      group.noteBindings(binding, START_MS + ms);
      return group.boundAtMs - START_MS;
    };
    expect([boundAfter('one', 1), boundAfter('one', 2)]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect([boundAfter('two', 3), boundAfter('two', 4), boundAfter('one', 5)]).toEqual([3, 3, 5]);
  });
});

describe('facts', () => {
  it('only move forward, in whatever order readings arrive', () => {
    holds(
      fc.property(fc.array(anyDescribed, { minLength: 1 }), (readings) => {
        const cache = new Cache();
        const last = readings.map((reading) => cache.learn(reading, START_MS)).at(-1);
        const joined = readings.map(({ isHeld: _, ...reading }): Task => reading).reduce(joinTask);
        expect(last).toMatchObject(joined);
        const stoppedAtMs = joined.desired === 'STOPPED' ? START_MS : undefined;
        // A tag may go again, and then only the last answer counts.
        const isHeld = readings.at(-1)?.isHeld;
        expect(cache.tasks.get(joined.arn)).toEqual({ task: last, seenAtMs: START_MS, stoppedAtMs, isHeld });
        expect(cache.tasks.size).toBe(1);
      }),
    );
  });

  it('keep when this environment first knew that their task had stopped, by its own clock', () => {
    const cache = new Cache();
    const [running, stopped] = [runningTask('t1', '10.0.0.1'), stoppedTask('t1', '10.0.0.1', { stoppedAtMs: 1 })];
    const knownAt = (task: DescribedTask, ms: number): number | undefined => {
      cache.learn(task, START_MS + ms);
      return cache.tasks.get(task.arn)?.stoppedAtMs;
    };
    expect([knownAt(running, 0), knownAt(stopped, 5), knownAt(stopped, 9), knownAt(running, 12)]).toEqual(
      [undefined, 5, 5, 5].map((ms) => ms && START_MS + ms),
    );
  });

  it('are kept for an hour after ECS last described or listed the task, and not longer', () => {
    const cache = new Cache();
    const [listed, described] = [runningTask('t1', '10.0.0.1'), runningTask('t2', '10.0.0.2')];
    for (const task of [listed, described]) cache.learn(task, START_MS);
    cache.noteListed([listed.arn, taskArn('unknown')], START_MS + 1_000);
    cache.forgetOldTasks(START_MS + HOUR_MS);
    expect([...cache.tasks.keys()]).toEqual([listed.arn, described.arn]);
    cache.forgetOldTasks(START_MS + HOUR_MS + 1);
    expect(cache.tasks).toEqual(
      new Map([[listed.arn, { task: listed, seenAtMs: START_MS + 1_000, stoppedAtMs: undefined, isHeld: false }]]),
    );
    cache.forgetOldTasks(START_MS + HOUR_MS + 1_001);
    expect(cache.tasks.size).toBe(0);
  });

  it('say that a task is not held, whatever the index of tags says, which may be behind', () => {
    const cache = new Cache();
    const [held, freed] = [runningTask('t1', '10.0.0.1', { isHeld: true }), runningTask('t2', '10.0.0.2')];
    cache.holds = new Set([held.arn, freed.arn, taskArn('t3')]);
    for (const task of [held, freed]) cache.learn(task, START_MS);
    expect(cache.holds).toEqual(new Set([held.arn, taskArn('t3')]));
  });

  it.each([
    [runningTask('t1', '10.0.0.1'), true],
    [runningTask('t1', '10.0.0.1', { last: 'PENDING' }), true],
    [stoppingTask('t1', '10.0.0.1'), false],
    [runningTask('t2', '10.0.0.2'), false],
  ])('of %j make task t1 a known live one: %s', (task, isLive) => {
    const cache = new Cache();
    cache.learn(task, START_MS);
    expect([cache.isKnownLive(taskArn('t1')), cache.isKnownLive(undefined)]).toEqual([isLive, false]);
  });
});

describe('what a complete pass has dealt with', () => {
  it('is each task at its version, and one known stopped at any', () => {
    const [live, stopped, open] = [runningTask('t1', '10.0.0.1'), stoppedTask('t2', '10.0.0.2'), runningTask('t3', '10.0.0.3')];
    const tasks = new Map([live, stopped, open].map((task) => [task.arn, task]));
    const group = fresh();
    group.noteCovered(tasks, new Set([open.arn]));
    expect(group.covered).toEqual(
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
    expect(group.isCovered(aHint(taskArn('t1'), version))).toBe(covered);
  });

  it('covers no hint at changed tags: a version does not tell of them', () => {
    const group = fresh();
    group.covered = new Map([[taskArn('t1'), Number.POSITIVE_INFINITY]]);
    expect(group.isCovered(aHint(taskArn('t1'), 0, { isTagged: true }))).toBe(false);
    expect(group.isCovered(aHint(taskArn('t1'), 0, { isTagged: false }))).toBe(true);
  });

  it('covers no hint at a task that it did not see, at version 0 either', () => {
    expect(fresh().isCovered(aHint(taskArn('t1'), 0))).toBe(false);
  });
});

describe('the hints that a pass has to settle', () => {
  const APP = boundGroup('service=app port=8080');
  const NEWS = aHint(taskArn('t1'), 4);

  /** Who hears of a hint, in an environment that leaves changes for two seconds to the messages that tell of them. */
  function hearer() {
    const cache = new Cache();
    return { cache, known: cache.group(groupArn()), clock: new FakeClock() };
  }

  function hintsHeard({ cache, clock }: ReturnType<typeof hearer>, bound: BoundGroup, hints: readonly Hint[]): Hint[] {
    return cache.hintsFor(bound, hints, { nowMs: clock.now(), eventAgeMs: 2_000 });
  }

  it('are those that its bindings mean and that are newer', () => {
    const hears = hearer();
    hears.known.covered = new Map([[taskArn('t1'), 3]]);
    const elsewhere = aHint(taskArn('t2'), 1, { group: 'service:other' });
    expect(hintsHeard(hears, APP, [aHint(taskArn('t1'), 3), elsewhere, NEWS])).toEqual([NEWS]);
  });

  it.each([
    [-2_000, true, true, 1],
    [-1_999, true, true, 0],
    [0, true, true, 0],
    [-1_999, false, true, 1],
    [-1_999, true, false, 1],
  ])('repeat no order to stop of a moment ago (%i ms, a repetition: %s, a stop: %s): %i', (ms, isFollowUp, isStop, count) => {
    const claim = { addresses: [ip('10.0.0.1')], isStop, atMs: START_MS + ms };
    expect(hintsHeard(hearer(), APP, [{ ...NEWS, isFollowUp, claim }])).toHaveLength(count);
  });

  it('are those that repeat what nobody can date', () => {
    expect(hintsHeard(hearer(), APP, [{ ...NEWS, isFollowUp: true }])).toHaveLength(1);
  });

  it.each([
    [true, 'healthy', 1],
    [true, 'draining', 0],
    [false, 'healthy', 0],
    [false, 'draining', 1],
  ])('claim something that is not the case yet: a stop (%s) of a target that is %s makes %i', (isStop, state, count) => {
    const hears = hearer();
    hears.known.noteTargets([target('10.0.0.1', state)], START_MS, START_MS + 50);
    const claimed = (atMs: number): Hint => ({ ...NEWS, claim: { addresses: [ip('10.0.0.1')], isStop, atMs } });
    expect(hintsHeard(hears, APP, [claimed(START_MS)])).toHaveLength(count);
    // Targets that were read before the event prove nothing, be it that their answer came after it.
    expect(hintsHeard(hears, APP, [claimed(START_MS + 1)])).toHaveLength(1);
  });

  it.each([
    [-300_001, false, 1],
    [-300_000, false, 0],
    [300_000, true, 0],
    [300_001, true, 1],
  ])('claim what is %i ms from now, which a wrong clock may have written (a repetition: %s): %i', (ms, isFollowUp, count) => {
    const hears = hearer();
    hears.known.noteTargets([], START_MS, START_MS + 50);
    const claim = { addresses: [ip('10.0.0.1')], isStop: true, atMs: START_MS + ms };
    expect(hintsHeard(hears, APP, [{ ...NEWS, isFollowUp, claim }])).toHaveLength(count);
  });
});

describe('passes', () => {
  it('are a burst when so many began within five seconds', () => {
    const group = fresh();
    for (const ms of [0, 1_000, 2_000]) group.notePass(START_MS + ms);
    expect([2, 3, 4].map((passes) => group.isBurst(passes, START_MS + 4_999))).toEqual([true, true, false]);
    expect([2, 3].map((passes) => group.isBurst(passes, START_MS + 5_000))).toEqual([true, false]);
    expect(group.lastPassAtMs).toBe(START_MS + 2_000);
    group.notePass(START_MS + 6_000);
    expect(group.passesAtMs).toEqual([START_MS + 6_000, START_MS + 2_000]);
  });

  it('began their burst with the first one of it, or now where there is none', () => {
    const group = fresh();
    for (const ms of [0, 1_000]) group.notePass(START_MS + ms);
    expect([4_999, 5_000, 6_000].map((ms) => group.burstBeganMs(START_MS + ms) - START_MS)).toEqual([0, 1_000, 6_000]);
    expect(fresh().burstBeganMs(START_MS)).toBe(START_MS);
  });
});
