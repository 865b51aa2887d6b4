import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONFIRM_AFTER_MS,
  CONTEST_PAUSE_MS,
  changeKey,
  type GuardInput,
  guardPlan,
  type HoldReason,
  isContradicted,
  PROOF_AGE_MAX_MS,
  refusalPauseMs,
  SCHEDULED_CONTEST_PAUSE_MS,
  WIRING_AGE_MAX_MS,
} from '../../functions/core/guard.ts';
import { type Change, planChanges } from '../../functions/core/plan.ts';
import type { ListedBinding } from '../../functions/core/snapshot.ts';
import type { Task } from '../../functions/core/task.ts';
import { DESCRIBED_AT_MS, holds, world } from '../support/arbitraries.ts';
import { aSnapshot, at, binding, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

const NOW_MS = 1_000_000;
const ADDRESS = at('10.0.0.1');

function input(words: Partial<GuardInput> = {}): GuardInput {
  return {
    nowMs: NOW_MS,
    checkOnly: false,
    scheduled: false,
    bindingsReadAtMs: undefined,
    readsFailed: false,
    firstProofMs: new Map(),
    confirmedAtMs: undefined,
    refusedUntilMs: new Map(),
    writtenAtMs: new Map(),
    ...words,
  };
}

/** The one change that the task at 10.0.0.1 calls for: it is registered if it serves, and leaves otherwise. */
function changeFor(task: Task, words: { readonly binding?: ListedBinding; readonly describedAtMs?: number } = {}): Change {
  const [change] = planChanges(
    aSnapshot({
      tasks: [task],
      targets: task.desired === 'STOPPED' || words.binding?.binding.drain ? [target('10.0.0.1')] : [],
      describedAtMs: words.describedAtMs ?? NOW_MS,
      ...(words.binding === undefined ? {} : { bindings: [words.binding] }),
    }),
  );
  if (change === undefined) throw new Error('The test expects the plan to have a change.');
  return change;
}

const RUNNING = runningTask('t1', '10.0.0.1');
const ADD = changeFor(RUNNING);
const REMOVE = changeFor(stoppingTask('t1', '10.0.0.1'));
const REMOVE_LATE = changeFor(stoppedTask('t1', '10.0.0.1'));
const DRAIN = changeFor(RUNNING, { binding: binding('service=app port=8080 mode=drain') });
const ALL = [ADD, REMOVE, REMOVE_LATE, DRAIN];

function heldFor(change: Change, words: Partial<GuardInput> = {}): HoldReason | undefined {
  const { allowed, held } = guardPlan([change], input(words));
  expect([...allowed, ...held.map((each) => each.change)]).toEqual([change]);
  return held[0]?.because;
}

describe('the limits', () => {
  it('are those of the design', () => {
    expect(PROOF_AGE_MAX_MS).toBe(4_000);
    expect(CONFIRM_AFTER_MS).toBe(5_000);
    expect(WIRING_AGE_MAX_MS).toBe(60_000);
    expect(CONTEST_PAUSE_MS).toBe(60_000);
    expect(SCHEDULED_CONTEST_PAUSE_MS).toBe(10_000);
  });
});

describe('a fresh plan', () => {
  it('is let through: what a running task adds, what a stopping one or a draining line removes', () => {
    expect([ADD, REMOVE, DRAIN].map((change) => heldFor(change))).toEqual([undefined, undefined, undefined]);
    expect([ADD, REMOVE, DRAIN].map(({ kind }) => kind)).toEqual(['register', 'deregister', 'deregister']);
  });

  it('is parted without changing its order', () => {
    expect(guardPlan(ALL, input({ readsFailed: true }))).toEqual({
      allowed: [ADD],
      held: [REMOVE, REMOVE_LATE, DRAIN].map((change) => ({ change, because: 'a read failed' })),
      atMs: NOW_MS,
    });
    expect(guardPlan([ADD, DRAIN], input())).toEqual({ allowed: [ADD, DRAIN], held: [], atMs: NOW_MS });
  });
});

describe('holds everything', () => {
  it('of a line that observes, and of any line in a stack that observes', () => {
    const stopping = stoppingTask('t1', '10.0.0.1');
    const observing = [
      binding('service=app port=8080 mode=observe'),
      binding('service=app port=8080', { stackMode: 'observe' }),
      binding('service=app port=8080 mode=drain', { stackMode: 'observe' }),
    ];
    expect(observing.map((from) => heldFor(changeFor(stopping, { binding: from })))).toEqual(['observe', 'observe', 'observe']);
    const listing = binding('service=app port=8080 mode=observe', { listed: [RUNNING] });
    expect(heldFor(changeFor(RUNNING, { binding: listing }))).toBe('observe');
  });

  it('in a group that ECS keeps for the service itself', () => {
    const native = binding('service=app port=8080', { native: true, listed: [RUNNING] });
    expect(heldFor(changeFor(RUNNING, { binding: native }))).toBe('ECS manages this group');
    expect(heldFor(changeFor(stoppingTask('t1', '10.0.0.1'), { binding: native }))).toBe('ECS manages this group');
  });

  it('with the word of the operator first, where the line observes a group that ECS keeps', () => {
    const both = binding('service=app port=8080 mode=observe', { native: true, listed: [RUNNING] });
    expect(heldFor(changeFor(RUNNING, { binding: both }))).toBe('observe');
  });

  it('when the bindings are older than a minute, and not when it is a minute old', () => {
    for (const change of [ADD, REMOVE, DRAIN]) {
      expect(heldFor(change, { bindingsReadAtMs: NOW_MS - 60_001 })).toBe('bindings are older than a minute');
      expect(heldFor(change, { bindingsReadAtMs: NOW_MS - 60_000 })).toBeUndefined();
      expect(heldFor(change, { bindingsReadAtMs: NOW_MS - 59_999 })).toBeUndefined();
    }
  });

  it('never for the age of a binding that stands in the environment', () => {
    expect(heldFor(ADD, { bindingsReadAtMs: undefined, nowMs: NOW_MS + 4_000 })).toBeUndefined();
  });

  it.each([
    { agedMs: 3_999, because: undefined },
    { agedMs: 4_000, because: undefined },
    { agedMs: 4_001, because: 'proof is too old' },
  ])('whose proof is $agedMs ms old: $because', ({ agedMs, because }) => {
    for (const change of [ADD, REMOVE, DRAIN]) expect(heldFor(change, { nowMs: NOW_MS + agedMs })).toBe(because);
  });

  it('when it is only to be checked', () => {
    for (const change of [ADD, REMOVE, DRAIN]) expect(heldFor(change, { checkOnly: true })).toBe('check only');
  });

  it('with the reason that would still hold it, when it is only to be checked', () => {
    expect(heldFor(REMOVE_LATE, { checkOnly: true })).toBe('waits for confirmation');
    expect(heldFor(ADD, { checkOnly: true, nowMs: NOW_MS + 4_001 })).toBe('proof is too old');
  });
});

describe('a failed read', () => {
  it('holds removals, which it could have spoken against, and lets proven additions go on', () => {
    expect(ALL.map((change) => heldFor(change, { readsFailed: true }))).toEqual([
      undefined,
      'a read failed',
      'a read failed',
      'a read failed',
    ]);
  });
});

describe('the removal of a task that has stopped', () => {
  const proved = (agoMs: number): Partial<GuardInput> => ({
    firstProofMs: new Map([[changeKey(REMOVE_LATE), NOW_MS - agoMs]]),
  });

  it('waits for a second look', () => {
    expect(heldFor(REMOVE_LATE)).toBe('waits for confirmation');
    expect(heldFor(REMOVE_LATE, { confirmedAtMs: NOW_MS })).toBe('waits for confirmation');
    expect(heldFor(REMOVE_LATE, proved(9_000))).toBe('waits for confirmation');
  });

  it('needs lists that were read again five seconds after the proof', () => {
    const because = (agoMs: number) => heldFor(REMOVE_LATE, { ...proved(agoMs), confirmedAtMs: NOW_MS });
    expect([4_999, 5_000, 5_001].map(because)).toEqual(['waits for confirmation', undefined, undefined]);
  });

  it('counts the time at which those lists were asked for, and not the time that it took to read them', () => {
    const words = { ...proved(5_000), confirmedAtMs: NOW_MS - 1 };
    expect(heldFor(REMOVE_LATE, words)).toBe('waits for confirmation');
  });

  it('is not served by the proof of another address, nor by that of another task at the same', () => {
    const elsewhere = { ...REMOVE_LATE, address: at('10.0.0.2') };
    const earlier = { ...REMOVE_LATE, because: { ...REMOVE_LATE.because, task: taskArn('earlier') } };
    for (const other of [elsewhere, earlier]) {
      const firstProofMs = new Map([[changeKey(other), NOW_MS - 9_000]]);
      expect(heldFor(REMOVE_LATE, { firstProofMs, confirmedAtMs: NOW_MS })).toBe('waits for confirmation');
    }
  });

  it('counts as proved from the time of the decision on, before which all that it rests on was read', () => {
    expect(guardPlan([REMOVE_LATE], input({ nowMs: NOW_MS + 7 })).atMs).toBe(NOW_MS + 7);
  });

  it('needs a fresh proof as well', () => {
    const words = { ...proved(9_000), confirmedAtMs: NOW_MS, nowMs: NOW_MS + 4_001 };
    expect(heldFor(REMOVE_LATE, words)).toBe('proof is too old');
  });

  it('is the only one that waits', () => {
    const elsewhere = { ...ADD, address: at('10.0.0.2') };
    const plan = [elsewhere, REMOVE_LATE, REMOVE];
    const { held } = guardPlan(plan, input({ writtenAtMs: new Map([[changeKey(elsewhere), NOW_MS]]) }));
    expect(held.map(({ because }) => because)).toEqual(['contested', 'waits for confirmation']);
  });
});

describe('a registration that was refused', () => {
  const refused = (untilMs: number): Partial<GuardInput> => ({ refusedUntilMs: new Map([[ADDRESS, untilMs]]) });

  it('is left alone until its pause is over', () => {
    expect(heldFor(ADD, refused(NOW_MS + 1))).toBe('refused before');
    expect(heldFor(ADD, refused(NOW_MS))).toBeUndefined();
    expect(heldFor(ADD, refused(NOW_MS - 1))).toBeUndefined();
  });

  it('holds nothing else: no other address, and no removal', () => {
    expect(heldFor(ADD, { refusedUntilMs: new Map([[at('10.0.0.2'), NOW_MS + 1]]) })).toBeUndefined();
    expect(heldFor(REMOVE, refused(NOW_MS + 1))).toBeUndefined();
  });
});

describe('a change that somebody undid', () => {
  const written = (change: Change, agoMs: number): Partial<GuardInput> => ({
    writtenAtMs: new Map([[changeKey(change), NOW_MS - agoMs]]),
  });

  it.each([ADD, REMOVE, DRAIN])('is not fought over at every event: $kind, $because.rule', (change) => {
    expect(heldFor(change, written(change, 0))).toBe('contested');
    expect(heldFor(change, written(change, 59_999))).toBe('contested');
    expect(heldFor(change, written(change, 60_000))).toBeUndefined();
  });

  it('is written again by the schedule, once a minute', () => {
    expect(heldFor(ADD, { ...written(ADD, 9_999), scheduled: true })).toBe('contested');
    expect(heldFor(ADD, { ...written(ADD, 10_000), scheduled: true })).toBeUndefined();
  });

  it('is no quarrel where a new task takes the address over, or where the change was another one', () => {
    const heir = changeFor(runningTask('heir', '10.0.0.1'));
    expect(heldFor(heir, written(ADD, 0))).toBeUndefined();
    expect(heldFor(REMOVE, written(ADD, 0))).toBeUndefined();
  });

  it('is known by its kind, its address and its task', () => {
    expect(changeKey(ADD)).toBe(`register 10.0.0.1:8080 ${taskArn('t1')}`);
    expect(changeKey(REMOVE)).toBe(`deregister 10.0.0.1:8080 ${taskArn('t1')}`);
  });
});

describe('the pause after a refusal', () => {
  it('is short where the target becomes free by itself', () => {
    expect([1, 2, 9].map((times) => refusalPauseMs('draining', times))).toEqual([10_000, 10_000, 10_000]);
    expect([1, 2, 9].map((times) => refusalPauseMs('quota', times))).toEqual([4_000, 4_000, 4_000]);
    expect(refusalPauseMs('quota', 1)).toBeLessThan(CONFIRM_AFTER_MS);
  });

  it('is short the first time, and grows up to a quarter of an hour where a person has to mend it', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 60].map((times) => refusalPauseMs('refused', times))).toEqual([
      10_000, 55_000, 110_000, 220_000, 440_000, 880_000, 900_000, 900_000,
    ]);
  });
});

describe('what was learned since the plan', () => {
  const now = (...tasks: readonly Task[]) => aSnapshot({ tasks });

  it('may be nothing new, or nothing at all', () => {
    expect(isContradicted([ADD], now(RUNNING))).toBe(false);
    expect(isContradicted([REMOVE], now(stoppingTask('t1', '10.0.0.1')))).toBe(false);
    expect(isContradicted([REMOVE_LATE], now(stoppedTask('t1', '10.0.0.1')))).toBe(false);
    expect([ADD, REMOVE, REMOVE_LATE].map((change) => isContradicted([change], now()))).toEqual([false, false, false]);
    expect(isContradicted([], now(RUNNING))).toBe(false);
  });

  it('speaks against a registration whose task does not serve any more', () => {
    expect(isContradicted([ADD], now(stoppingTask('t1', '10.0.0.1')))).toBe(true);
    expect(isContradicted([ADD], now(runningTask('t1', '10.0.0.1', { interface: 'DETACHING' })))).toBe(true);
    expect(isContradicted([ADD], now(RUNNING, stoppedTask('t2', '10.0.0.1')))).toBe(false);
  });

  it('speaks against a removal where a wanted task is live by now', () => {
    const heir = runningTask('heir', '10.0.0.1', { last: 'PENDING' });
    for (const [change, dead] of [
      [REMOVE, stoppingTask('t1', '10.0.0.1')],
      [REMOVE_LATE, stoppedTask('t1', '10.0.0.1')],
    ] as const) {
      expect(isContradicted([change], now(dead, heir))).toBe(true);
      expect(isContradicted([change], now(dead, runningTask('other', '10.0.0.2')))).toBe(false);
    }
  });

  it('speaks against a removal at a glance, where the task has let go of its address: that needs a second look', () => {
    expect(isContradicted([REMOVE], now(stoppedTask('t1', '10.0.0.1')))).toBe(true);
  });

  it('does not speak against what a line drains, be its task stopped by now', () => {
    const known = { ...now(stoppedTask('t1', '10.0.0.1')), bindings: [binding('service=app port=8080 mode=drain')] };
    expect(isContradicted([DRAIN], known)).toBe(false);
  });

  it('counts for all the changes that leave together', () => {
    const add = changeFor(runningTask('t2', '10.0.0.1'));
    expect(isContradicted([ADD, add], now(RUNNING, stoppedTask('t2', '10.0.0.1')))).toBe(true);
    expect(isContradicted([add, ADD], now(RUNNING, stoppedTask('t2', '10.0.0.1')))).toBe(true);
  });
});

/** GuardInput on both sides of every limit, in relation to the time at which generated worlds were described. */
const anyGuardInput: fc.Arbitrary<GuardInput> = fc
  .record({
    agedMs: fc.constantFrom(0, 3_999, 4_000, 4_001, 60_000),
    checkOnly: fc.boolean(),
    scheduled: fc.boolean(),
    bindingAgeMs: fc.constantFrom(undefined, 0, 60_000, 60_001),
    readsFailed: fc.boolean(),
    firstProofAgoMs: fc.constantFrom(undefined, 4_999, 5_000, 5_001),
    confirmedAgoMs: fc.constantFrom(undefined, 0, 1),
    refusedForMs: fc.constantFrom(undefined, 0, 1),
    addresses: fc.subarray(['10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1', '2001:db8::2']),
  })
  .map(({ agedMs, bindingAgeMs, firstProofAgoMs, confirmedAgoMs, refusedForMs, addresses, ...rest }) => {
    const nowMs = DESCRIBED_AT_MS + agedMs;
    const each = (valueMs: number | undefined) =>
      new Map(valueMs === undefined ? [] : addresses.map((text) => [at(text), valueMs] as const));
    return {
      ...rest,
      nowMs,
      bindingsReadAtMs: bindingAgeMs === undefined ? undefined : nowMs - bindingAgeMs,
      confirmedAtMs: confirmedAgoMs === undefined ? undefined : nowMs - confirmedAgoMs,
      firstProofMs: each(firstProofAgoMs === undefined ? undefined : nowMs - firstProofAgoMs),
      refusedUntilMs: each(refusedForMs === undefined ? undefined : nowMs + refusedForMs),
      writtenAtMs: new Map(),
    };
  });

/** The first proofs, which are drawn for addresses, for the changes that the plan makes there. */
function proofsOf(plan: readonly Change[], { firstProofMs }: GuardInput): GuardInput['firstProofMs'] {
  return new Map(
    plan.flatMap((change) => {
      const provedMs = firstProofMs.get(change.address);
      return provedMs === undefined ? [] : [[changeKey(change), provedMs] as const];
    }),
  );
}

describe('in every world and all input', () => {
  it('what is allowed and what is held are the plan, in its order', () => {
    holds(
      fc.property(world, anyGuardInput, (snapshot, given) => {
        const plan = planChanges(snapshot);
        const { allowed, held } = guardPlan(plan, given);
        const heldChanges = held.map(({ change }) => change);
        expect(plan.filter((change) => allowed.includes(change))).toEqual(allowed);
        expect(plan.filter((change) => !allowed.includes(change))).toEqual(heldChanges);
      }),
    );
  });

  it('nothing is allowed that observes, that ECS keeps, that is too old, or that was only to be checked', () => {
    holds(
      fc.property(world, anyGuardInput, (snapshot, given) => {
        for (const { binding: from, because } of guardPlan(planChanges(snapshot), given).allowed) {
          expect([from.binding.writes, from.native, given.checkOnly]).toEqual([true, false, false]);
          expect(given.nowMs - because.describedAtMs).toBeLessThanOrEqual(4_000);
          expect(given.nowMs - (given.bindingsReadAtMs ?? given.nowMs)).toBeLessThanOrEqual(60_000);
        }
      }),
    );
  });

  it('no removal is allowed after a failed read, nor that of a task that has stopped before its second look', () => {
    holds(
      fc.property(world, anyGuardInput, (snapshot, drawn) => {
        const plan = planChanges(snapshot);
        const given = { ...drawn, firstProofMs: proofsOf(plan, drawn) };
        const { allowed } = guardPlan(plan, given);
        const confirmedMs = given.confirmedAtMs ?? Number.NEGATIVE_INFINITY;
        for (const change of allowed.filter(({ kind }) => kind === 'deregister')) {
          const { address, because } = change;
          expect(given.readsFailed).toBe(false);
          const provedMs = drawn.firstProofMs.get(address) ?? Number.POSITIVE_INFINITY;
          const isConfirmed = confirmedMs - provedMs >= 5_000;
          expect(because.rule === 'task has stopped' && !isConfirmed).toBe(false);
        }
      }),
    );
  });

  it('a plan is not contradicted by what it was made of', () => {
    holds(
      fc.property(world, (snapshot) => {
        expect(isContradicted(planChanges(snapshot), snapshot)).toBe(false);
      }),
    );
  });
});
