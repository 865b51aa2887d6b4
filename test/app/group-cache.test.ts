import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupCache } from '../../functions/app/group-cache.ts';
import { CONTEST_SEEN_MS, changeKey, refusalPauseMs } from '../../functions/core/guard.ts';
import { type Change, planChanges } from '../../functions/core/plan.ts';
import type { refusalOf } from '../../functions/core/report.ts';
import { membersOf } from '../../functions/core/snapshot.ts';
import type { Target } from '../../functions/core/target.ts';
import type { Task } from '../../functions/core/task.ts';
import type { Address } from '../../functions/core/values.ts';
import { holds } from '../support/arbitraries.ts';
import { START_MS } from '../support/ports.ts';
import { aHint, aSnapshot, at, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

/** A read of targets that took no time. */
function see(group: GroupCache, targets: readonly Target[], nowMs: number): void {
  group.noteTargets(targets, nowMs, nowMs);
}

/** The cache of one group, fresh. */
function fresh() {
  return new GroupCache();
}

const [ADD, STOPPING] = planChanges(
  aSnapshot({
    tasks: [runningTask('t1', '10.0.0.1'), stoppingTask('t2', '10.0.0.2')],
    targets: [target('10.0.0.2')],
  }),
);

function write(group: GroupCache, change: Change, nowMs: number): void {
  group.noteWritten({ done: [change], refused: [] }, nowMs);
}

function remove(group: GroupCache, count: number): void {
  const done = Array.from({ length: count }, () => STOPPING).filter((change) => change !== undefined);
  group.noteWritten({ done, refused: [] }, START_MS);
}

/** ELB refuses the registration of this address. */
function refuse(group: GroupCache, address: Address, why: ReturnType<typeof refusalOf>, nowMs: number): void {
  if (ADD?.kind !== 'register') throw new Error('The test expects a registration.');
  const change = { ...ADD, address, draining: why === 'draining' };
  const kind = why === 'quota' ? 'quota' : 'refused';
  const failure = { kind, operation: 'RegisterTargets', resource: 'web', message: 'no' } as const;
  group.noteWritten({ done: [], refused: [{ change, failure }] }, nowMs);
}

describe('removals', () => {
  const [add, stopping] = [ADD, STOPPING];
  if (add === undefined || stopping === undefined) throw new Error('The test expects a registration and a removal.');

  it('keep since when their tasks are known to have ended, for as long as they are planned, and others keep nothing', () => {
    const group = fresh();
    const ended = { ...stopping, because: { ...stopping.because, rule: 'task has stopped' as const } };
    const other = { ...ended, address: at('10.0.0.3') };
    // A target is planned to leave because its task stops or a line drains long before its task ends.
    group.noteProofs([add, stopping], START_MS - 5);
    expect(group.provedAtMs).toEqual(new Map());
    group.noteProofs([add, ended], START_MS);
    group.noteProofs([other, ended], START_MS + 5);
    expect(group.provedAtMs).toEqual(
      new Map([
        [changeKey(other), START_MS + 5],
        [changeKey(ended), START_MS],
      ]),
    );
    expect(group.ended).toEqual(
      new Map([
        [other.address, { task: other.because.task }],
        [ended.address, { task: ended.because.task }],
      ]),
    );
    group.noteProofs([], START_MS + 9);
    expect([group.provedAtMs, group.ended]).toEqual([new Map(), new Map()]);
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
    expect(fresh().removalsLeft(registered, percent, START_MS)).toBe(expected);
  });

  it('are measured by the most targets of the minute, and a new minute begins anew', () => {
    const group = fresh();
    const left = (registered: number, ms: number): number => group.removalsLeft(registered, 75, START_MS + ms);
    expect([left(60, 0), left(100, 1_000)]).toEqual([45, 75]);
    remove(group, 75);
    expect([left(25, 2_000), left(40, 3_000), left(40, 59_999)]).toEqual([0, 15, 15]);
    remove(group, 15);
    expect([left(25, 59_999), left(25, 60_000)]).toEqual([0, 20]);
  });

  it('never leave less of a group than its share, but for the first twenty of a minute', () => {
    const step = fc.record({ joins: fc.nat(40), asks: fc.nat(200), pauseMs: fc.nat(20_000) });
    holds(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 100 }), fc.array(step), (size, percent, steps) => {
        const group = fresh();
        let [nowMs, registered, peak, removed, sinceMs] = [START_MS, size, size, 0, START_MS];
        group.removalsLeft(registered, percent, nowMs);
        for (const { joins, asks, pauseMs } of steps) {
          nowMs += pauseMs;
          registered += joins;
          if (nowMs - sinceMs >= 60_000) [sinceMs, peak, removed] = [nowMs, 0, 0];
          peak = Math.max(peak, registered);
          const leaving = Math.min(registered, asks, Math.max(0, group.removalsLeft(registered, percent, nowMs)));
          remove(group, leaving);
          registered -= leaving;
          removed += leaving;
          if (leaving > 0 && removed > 20) expect(registered).toBeGreaterThanOrEqual((peak * (100 - percent)) / 100);
        }
      }),
    );
  });

  it('are counted alone: what is registered spends nothing of the budget', () => {
    const group = fresh();
    group.removalsLeft(100, 75, START_MS);
    write(group, add, START_MS);
    expect(group.budget?.removed).toBe(0);
    write(group, stopping, START_MS);
    expect(group.budget?.removed).toBe(1);
  });

  it('are counted for nobody before a pass has asked for the budget', () => {
    const group = fresh();
    remove(group, 3);
    expect(group.budget).toBeUndefined();
  });
});

describe('the owners of targets', () => {
  const members = (...tasks: readonly Task[]) => membersOf(aSnapshot({ tasks }));
  const registered = new Set([at('10.0.0.1'), at('10.0.0.2')]);

  it('are the tasks that serve where a target is registered, and when that was last seen', () => {
    const group = fresh();
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

describe('writes', () => {
  const IPS: Readonly<Record<string, string>> = { a: '10.0.0.1', b: '10.0.0.2', c: '10.0.0.3' };
  /** The change of one of three tasks, each with an address of its own. */
  const change = (kind: Change['kind'], id: string): Change => {
    const ip = IPS[id] ?? '';
    const task = kind === 'register' ? runningTask(id, ip) : stoppingTask(id, ip);
    const [planned] = planChanges(aSnapshot({ tasks: [task], targets: kind === 'register' ? [] : [target(ip)] }));
    if (planned?.kind !== kind) throw new Error(`no plan to ${kind} ${id}`);
    return planned;
  };
  const key = (kind: Change['kind'], id: string): string => changeKey(change(kind, id));

  it('are remembered for as long as a rule asks for them', () => {
    const group = fresh();
    write(group, change('register', 'a'), START_MS);
    write(group, change('register', 'b'), START_MS + CONTEST_SEEN_MS);
    expect([...group.writtenAtMs.keys()]).toEqual([key('register', 'a'), key('register', 'b')]);
    write(group, change('register', 'c'), START_MS + CONTEST_SEEN_MS + 1);
    expect(group.writtenAtMs).toEqual(
      new Map([
        [key('register', 'b'), START_MS + CONTEST_SEEN_MS],
        [key('register', 'c'), START_MS + CONTEST_SEEN_MS + 1],
      ]),
    );
  });

  it('are forgotten where we undo them ourselves: nobody else has', () => {
    const group = fresh();
    const keys = (): string[] => [...group.writtenAtMs.keys()];
    write(group, change('register', 'a'), START_MS);
    write(group, change('deregister', 'b'), START_MS);
    write(group, change('deregister', 'a'), START_MS);
    expect(keys()).toEqual([key('deregister', 'b'), key('deregister', 'a')]);
    write(group, change('register', 'b'), START_MS);
    expect(keys()).toEqual([key('deregister', 'a'), key('register', 'b')]);
  });

  it('end what was remembered of refusals at their address, and at no other', () => {
    const group = fresh();
    refuse(group, at('10.0.0.1'), 'refused', START_MS);
    refuse(group, at('10.0.0.2'), 'refused', START_MS);
    for (const address of [at('10.0.0.1'), at('10.0.0.2')]) group.shares.set(address, 1);
    write(group, change('register', 'a'), START_MS);
    expect([...group.refused.keys()]).toEqual([at('10.0.0.2')]);
    expect([...group.shares.keys()]).toEqual([at('10.0.0.2')]);
  });

  it('that were refused are forgotten where nobody asks for the address any more', () => {
    const group = fresh();
    for (const address of [at('10.0.0.1'), at('10.0.0.2')]) {
      refuse(group, address, 'refused', START_MS);
      group.shares.set(address, 1);
    }
    group.keepRefusals(new Set([at('10.0.0.2'), at('10.0.0.3')]));
    expect([...group.refused.keys()]).toEqual([at('10.0.0.2')]);
    expect([...group.shares.keys()]).toEqual([at('10.0.0.2')]);
  });

  it('that are refused are left alone for longer each time', () => {
    const group = fresh();
    for (let times = 1; times <= 4; times += 1) {
      refuse(group, at('10.0.0.1'), 'refused', START_MS);
      const untilMs = START_MS + refusalPauseMs('refused', times);
      expect(group.refused.get(at('10.0.0.1'))).toEqual({ times, untilMs });
    }
    refuse(group, at('10.0.0.2'), 'quota', START_MS);
    expect(group.refused.get(at('10.0.0.2'))).toEqual({ times: 1, untilMs: START_MS + refusalPauseMs('quota', 1) });
  });

  it('that are refused since the target drains are left alone until it can have drained', () => {
    const group = fresh();
    const untilMs = (ms: number, why: 'draining' | 'refused' = 'draining'): number => {
      refuse(group, at('10.0.0.1'), why, START_MS + ms);
      return (group.refused.get(at('10.0.0.1'))?.untilMs ?? 0) - START_MS;
    };
    expect(untilMs(0)).toBe(10_000);
    group.deregistrationDelayMs = 30_000;
    expect(untilMs(0)).toBe(30_000);
    see(group, [target('10.0.0.1', 'draining')], START_MS);
    see(group, [target('10.0.0.1', 'draining')], START_MS + 5_000);
    expect([untilMs(5_000), untilMs(19_999), untilMs(20_001), untilMs(0, 'refused')]).toEqual([
      30_000,
      30_000,
      30_001,
      refusalPauseMs('refused', 6),
    ]);
    see(group, [], START_MS + 6_000);
    see(group, [target('10.0.0.1', 'draining')], START_MS + 7_000);
    expect(untilMs(7_000)).toBe(37_000);
    // It drains since it was told to, and not since it was first seen.
    see(group, [target('10.0.0.1', 'healthy')], START_MS + 8_000);
    see(group, [target('10.0.0.1', 'draining')], START_MS + 9_000);
    expect(untilMs(9_000)).toBe(39_000);
  });
});

describe('targets', () => {
  it('are kept as the last read saw them, with the time when it began', () => {
    const group = fresh();
    group.noteTargets([target('10.0.0.1'), target('10.0.0.2', 'draining')], START_MS, START_MS + 70);
    expect(group.targetsRead).toEqual({ beganAtMs: START_MS, registered: new Set([at('10.0.0.1')]) });
    expect([group.lookedAtMs, group.firstSeenMs.get(at('10.0.0.1'))]).toEqual([START_MS + 70, START_MS + 70]);
    group.noteTargets([], START_MS + 90, START_MS + 95);
    expect(group.targetsRead).toEqual({ beganAtMs: START_MS + 90, registered: new Set() });
  });

  it('keep their first observation and their health for as long as they are registered', () => {
    const group = fresh();
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
    const group = fresh();
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
    const group = fresh();
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
    const group = fresh();
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
    const group = fresh();
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
