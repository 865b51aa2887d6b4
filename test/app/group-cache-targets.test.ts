/** What is remembered of registered targets: their owners, their health, and since when they are there. */
import { describe, expect, it } from 'vitest';
import { GroupCache } from '../../functions/app/group-cache.ts';
import { membersOf } from '../../functions/core/snapshot.ts';
import type { Target } from '../../functions/core/target.ts';
import type { Task } from '../../functions/core/task.ts';
import { START_MS } from '../support/ports.ts';
import { aSnapshot, at, runningTask, stoppedTask, target } from '../support/values.ts';

/** A read of targets that took no time. */
function see(group: GroupCache, targets: readonly Target[], nowMs: number): void {
  group.noteTargets(targets, nowMs, nowMs);
}

describe('targets', () => {
  it('are kept as the last read saw them, with the time when it began', () => {
    const group = new GroupCache();
    group.noteTargets([target('10.0.0.1'), target('10.0.0.2', 'draining')], START_MS, START_MS + 70);
    expect(group.targetsRead).toEqual({ beganAtMs: START_MS, registered: new Set([at('10.0.0.1')]) });
    expect([group.lookedAtMs, group.firstSeenMs.get(at('10.0.0.1'))]).toEqual([START_MS + 70, START_MS + 70]);
    group.noteTargets([], START_MS + 90, START_MS + 95);
    expect(group.targetsRead).toEqual({ beganAtMs: START_MS + 90, registered: new Set() });
  });

  it('keep their first observation and their health for as long as they are registered', () => {
    const group = new GroupCache();
    const search = { atMs: 1, times: 1 };
    group.searches = new Map([
      [at('10.0.0.1'), search],
      [at('10.0.0.3'), search],
    ]);
    see(group, [target('10.0.0.1'), target('10.0.0.2', 'initial'), target('10.0.0.9', 'draining')], START_MS);
    expect(group.firstSeenMs).toEqual(
      new Map([
        [at('10.0.0.1'), START_MS],
        [at('10.0.0.2'), START_MS],
      ]),
    );
    expect(group.seenHealthy).toEqual(new Set([at('10.0.0.1')]));
    expect(group.searches).toEqual(new Map([[at('10.0.0.1'), search]]));
    see(group, [target('10.0.0.1', 'unhealthy'), target('10.0.0.4')], START_MS + 5);
    expect(group.firstSeenMs).toEqual(
      new Map([
        [at('10.0.0.1'), START_MS],
        [at('10.0.0.4'), START_MS + 5],
      ]),
    );
    expect(group.seenHealthy).toEqual(new Set([at('10.0.0.1'), at('10.0.0.4')]));
    see(group, [target('10.0.0.1', 'draining')], START_MS + 9);
    expect([group.firstSeenMs.size, group.seenHealthy.size, group.searches.size]).toEqual([0, 0, 0]);
  });

  it('are watched as long as each look follows the one before it within five minutes', () => {
    const group = new GroupCache();
    const watchedSinceMs = (nowMs: number): number => {
      see(group, [target('10.0.0.1', 'initial')], nowMs);
      return group.watchedSinceMs;
    };
    expect(watchedSinceMs(START_MS)).toBe(START_MS);
    expect(watchedSinceMs(START_MS + 300_000)).toBe(START_MS);
    expect(watchedSinceMs(START_MS + 600_001)).toBe(START_MS + 600_001);
    expect(group.firstSeenMs.get(at('10.0.0.1'))).toBe(START_MS);
  });
});

describe('when a registered target was last seen to fail its checks', () => {
  it('is when that look began, for as long as it is registered, whatever its state is later', () => {
    const group = new GroupCache();
    group.noteTargets([target('10.0.0.1', 'unhealthy'), target('10.0.0.2', 'initial')], START_MS, START_MS + 70);
    expect(group.failingAtMs).toEqual(new Map([[at('10.0.0.1'), START_MS]]));
    see(group, [target('10.0.0.1'), target('10.0.0.2', 'unhealthy')], START_MS + 1_000);
    expect(group.failingAtMs).toEqual(
      new Map([
        [at('10.0.0.1'), START_MS],
        [at('10.0.0.2'), START_MS + 1_000],
      ]),
    );
    see(group, [target('10.0.0.1', 'unhealthy'), target('10.0.0.2', 'draining')], START_MS + 2_000);
    expect(group.failingAtMs).toEqual(new Map([[at('10.0.0.1'), START_MS + 2_000]]));
  });
});

describe('when a registered address was last seen unregistered', () => {
  const one = target('10.0.0.1');
  const other = target('10.0.0.2');

  /** What is known after looks a second apart, each of which saw these targets. */
  function knownAfter(...looks: (typeof one)[][]) {
    const group = new GroupCache();
    for (const [second, targets] of looks.entries()) see(group, targets, START_MS + second * 1_000);
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

  it('is when the look began, however late its answer was read', () => {
    const group = new GroupCache();
    group.noteTargets([], START_MS, START_MS + 9_000);
    see(group, [one], START_MS + 9_500);
    expect(group.absentAtMs).toEqual(new Map([[one.address, START_MS]]));
  });

  it('is the last time where it comes and goes, or drains in between', () => {
    expect(knownAfter([], [one], [], [one])).toEqual(new Map([[one.address, START_MS + 2_000]]));
    expect(knownAfter([one], [target('10.0.0.1', 'draining')], [one])).toEqual(new Map([[one.address, START_MS + 1_000]]));
    expect(knownAfter([], [one], [])).toEqual(new Map());
  });
});

describe('the owners of targets', () => {
  const members = (...tasks: readonly Task[]) => membersOf(aSnapshot({ tasks }));
  const registered = new Set([at('10.0.0.1'), at('10.0.0.2')]);

  it('are the tasks that serve where a target is registered, and when that was last seen', () => {
    const group = new GroupCache();
    const [one, pending] = [runningTask('t1', '10.0.0.1'), runningTask('t2', '10.0.0.2', { last: 'PENDING' })];
    group.noteOwners(registered, members(one, pending, runningTask('t3', '10.0.0.3')), START_MS);
    expect(group.owners).toEqual(new Map([[at('10.0.0.1'), { task: one.arn, atMs: START_MS }]]));
    // When the task stops the target is still known for its own, until another task has the address or the target leaves.
    group.noteOwners(registered, members(stoppedTask('t1', '10.0.0.1')), START_MS + 5);
    expect(group.owners.get(at('10.0.0.1'))).toEqual({ task: one.arn, atMs: START_MS });
    const heir = runningTask('heir', '10.0.0.1');
    group.noteOwners(registered, members(heir), START_MS + 9);
    expect(group.owners.get(at('10.0.0.1'))).toEqual({ task: heir.arn, atMs: START_MS + 9 });
    group.noteOwners(new Set(), members(heir), START_MS + 12);
    expect(group.owners).toEqual(new Map());
  });
});
