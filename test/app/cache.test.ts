import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cache } from '../../functions/app/cache.ts';
import type { BoundGroup } from '../../functions/core/configuration.ts';
import type { Hint } from '../../functions/core/event.ts';
import { type DescribedTask, joinTask, type Task } from '../../functions/core/task.ts';
import { anyReading, holds } from '../support/arbitraries.ts';
import { boundGroup } from '../support/passes.ts';
import { FakeClock, START_MS } from '../support/ports.ts';
import { aHint, groupArn, ip, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

const HOUR_MS = 3_600_000;

const anyDescribed: fc.Arbitrary<DescribedTask> = fc
  .tuple(anyReading, fc.boolean())
  .map(([reading, isHeld]) => ({ ...reading, isHeld }));

describe('what is remembered of a group', () => {
  it('is the same at every question, and another one for another group', () => {
    const cache = new Cache();
    const group = cache.group(groupArn());
    expect(cache.group(groupArn())).toBe(group);
    expect(cache.group(groupArn('api'))).not.toBe(group);
    expect([...cache.groups.keys()]).toEqual([groupArn(), groupArn('api')]);
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
    expect(cache.isKnownLive(taskArn('t1'))).toBe(isLive);
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
    ['register', 't1', 1],
    ['register', 't2', 0],
    ['register', 't11', 0],
    ['deregister', 't1', 0],
  ])(
    'are not settled by a read that may not show yet what this environment has written: %s of task %s makes %i',
    (kind, id, count) => {
      const hears = hearer();
      hears.known.noteTargets([], START_MS, START_MS);
      const claim = { addresses: [ip('10.0.0.1')], isStop: true, atMs: START_MS };
      expect(hintsHeard(hears, APP, [{ ...NEWS, claim }])).toEqual([]);
      hears.known.writtenAtMs.set(`${kind} 10.0.0.1:8080 ${taskArn(id)}`, START_MS);
      expect(hintsHeard(hears, APP, [{ ...NEWS, claim }])).toHaveLength(count);
    },
  );

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
