import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coveredBy,
  createCache,
  forgetOldTasks,
  groupCache,
  isCovered,
  keepRefusals,
  learn,
  noteBinding,
  noteListed,
  noteRefusal,
  noteTargets,
  noteWrite,
} from '../../functions/app/cache.ts';
import { CONTEST_PAUSE_MS, refusalPauseMs } from '../../functions/core/guard.ts';
import { joinTask } from '../../functions/core/task.ts';
import { anyReading, holds } from '../support/arbitraries.ts';
import { START_MS } from '../support/ports.ts';
import { aHint, at, groupArn, runningTask, stoppedTask, target, taskArn } from '../support/values.ts';

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
      firstSeenMs: new Map(),
      absentAtMs: new Map(),
      lookedAtMs: undefined,
      seenHealthy: new Set(),
      searches: new Map(),
      drainAuditedAtMs: Number.NEGATIVE_INFINITY,
      refused: new Map(),
      shares: new Map(),
      writtenAtMs: new Map(),
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
      firstSeenMs: new Map([[at('10.0.0.1'), 1]]),
    };
    Object.assign(group, learned, { binding: 'one' });
    group.refused.set(at('10.0.0.1'), { untilMs: 1, times: 1 });
    group.shares.set(at('10.0.0.1'), 1);
    noteBindings(group, 'one');
    expect(group).toMatchObject(learned);
    expect([group.refused.size, group.shares.size]).toEqual([1, 1]);
    noteBindings(group, 'two');
    const nothing = { covered: new Map(), searches: new Map(), refused: new Map(), shares: new Map() };
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
        expect(cache.tasks.get(joined.arn)).toEqual({ task: joined, seenAtMs: START_MS });
        expect(cache.tasks.size).toBe(1);
      }),
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
    expect(cache.tasks).toEqual(new Map([[listed.arn, { task: listed, seenAtMs: START_MS + 1_000 }]]));
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

  it('covers no hint at a task that it did not see, at version 0 either', () => {
    expect(isCovered(fresh(), aHint(taskArn('t1'), 0))).toBe(false);
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
