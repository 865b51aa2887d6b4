import { describe, expect, it } from 'vitest';
import { GroupCache } from '../../functions/app/group-cache.ts';
import { START_MS } from '../support/ports.ts';
import { aHint, at, runningTask, stoppedTask, taskArn } from '../support/values.ts';

describe('what is remembered of a group', () => {
  it('is nothing at first, and was never passed over', () => {
    expect(new GroupCache()).toEqual({
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

  it('is forgotten under another binding, as far as it rests on the binding', () => {
    const group = new GroupCache();
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
    const group = new GroupCache();
    const boundAfter = (binding: string, ms: number): number => {
      group.noteBindings(binding, START_MS + ms);
      return group.boundAtMs - START_MS;
    };
    expect([boundAfter('one', 1), boundAfter('one', 2)]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect([boundAfter('two', 3), boundAfter('two', 4), boundAfter('one', 5)]).toEqual([3, 3, 5]);
  });
});

describe('what a complete pass has dealt with', () => {
  it('is each task at its version, and one known stopped at any', () => {
    const [live, stopped, open] = [runningTask('t1', '10.0.0.1'), stoppedTask('t2', '10.0.0.2'), runningTask('t3', '10.0.0.3')];
    const tasks = new Map([live, stopped, open].map((task) => [task.arn, task]));
    const group = new GroupCache();
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
    const group = new GroupCache();
    group.covered = new Map([[taskArn('t1'), 3]]);
    expect(group.isCovered(aHint(taskArn('t1'), version))).toBe(covered);
  });

  it('covers no hint at changed tags: a version does not tell of them', () => {
    const group = new GroupCache();
    group.covered = new Map([[taskArn('t1'), Number.POSITIVE_INFINITY]]);
    expect(group.isCovered(aHint(taskArn('t1'), 0, { isTagged: true }))).toBe(false);
    expect(group.isCovered(aHint(taskArn('t1'), 0, { isTagged: false }))).toBe(true);
  });

  it('covers no hint at a task that it did not see, at version 0 either', () => {
    expect(new GroupCache().isCovered(aHint(taskArn('t1'), 0))).toBe(false);
  });
});

describe('passes', () => {
  it('are a burst when so many began within five seconds', () => {
    const group = new GroupCache();
    for (const ms of [0, 1_000, 2_000]) group.notePass(START_MS + ms);
    expect([2, 3, 4].map((passes) => group.isBurst(passes, START_MS + 4_999))).toEqual([true, true, false]);
    expect([2, 3].map((passes) => group.isBurst(passes, START_MS + 5_000))).toEqual([true, false]);
    expect(group.lastPassAtMs).toBe(START_MS + 2_000);
    group.notePass(START_MS + 6_000);
    expect(group.passesAtMs).toEqual([START_MS + 6_000, START_MS + 2_000]);
  });

  it('began their burst with the first one of it, or now where there is none', () => {
    const group = new GroupCache();
    for (const ms of [0, 1_000]) group.notePass(START_MS + ms);
    expect([4_999, 5_000, 6_000].map((ms) => group.burstBeganMs(START_MS + ms) - START_MS)).toEqual([0, 1_000, 6_000]);
    expect(new GroupCache().burstBeganMs(START_MS)).toBe(START_MS);
  });
});
