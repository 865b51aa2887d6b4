import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADDRESS_FREE_MS,
  areStillMeant,
  BINDINGS_AGE_MAX_MS,
  CONFIRM_AFTER_MS,
  CONTEST_PAUSE_MS,
  CONTEST_SEEN_MS,
  changeKey,
  confirmationsDueMs,
  eventsDueMs,
  findContests,
  findingOfHeld,
  type GuardInput,
  guardPlan,
  type HoldReason,
  isFinalHold,
  isLate,
  isOutdated,
  leaveByMs,
  mayBeRenewed,
  mayStillLeave,
  PROOF_AGE_MAX_MS,
  refusalPauseMs,
  SCHEDULED_CONTEST_PAUSE_MS,
  waitsForSearch,
} from '../../functions/core/guard.ts';
import { type Change, planChanges } from '../../functions/core/plan.ts';
import type { ListedBinding } from '../../functions/core/snapshot.ts';
import type { DescribedTask, Task } from '../../functions/core/task.ts';
import { type ClusterArn, parseClusterArn } from '../../functions/core/values.ts';
import { DESCRIBED_AT_MS, holds, world } from '../support/arbitraries.ts';
import {
  aSnapshot,
  at,
  binding,
  clusterArn,
  runningTask,
  stoppedTask,
  stoppingTask,
  target,
  taskArn,
  unwrap,
} from '../support/values.ts';

const NOW_MS = 1_000_000;
const EVENT_AGE_MS = 3_000;
const UNHEALTHY_MS = 95_000;
const ADDRESS = at('10.0.0.1');
const LINE = 'service=app port=8080';

/** Nothing that would hold anything: everything was read just now, and nobody has written before. */
function input(words: Partial<GuardInput> = {}): GuardInput {
  return {
    nowMs: NOW_MS,
    checkOnly: false,
    scheduled: false,
    bindingsReadAtMs: undefined,
    hinted: new Set(),
    eventAgeMs: EVENT_AGE_MS,
    unreadClusters: new Set(),
    servesOtherwise: true,
    isPaused: false,
    provedAtMs: new Map(),
    listedAtMs: NOW_MS,
    ownership: new Map(),
    isShared: false,
    hasUnsearched: false,
    unhealthyAfterMs: UNHEALTHY_MS,
    failingAtMs: new Map(),
    removalsLeft: 1_000,
    refusedUntilMs: new Map(),
    writtenAtMs: new Map(),
    ...words,
  };
}

interface ChangeWords {
  readonly by?: ListedBinding;
  readonly state?: string;
  readonly sinceMs?: number;
}

/** The one change that the task at 10.0.0.1 calls for: it is registered if it serves, and leaves otherwise. */
function changeFor(task: DescribedTask, { by = binding(LINE), state = 'healthy', sinceMs }: ChangeWords = {}): Change {
  const isLeaving = task.desired === 'STOPPED' || by.drain || task.isHeld;
  const bindings = [{ ...by, listed: new Set(isLeaving ? [] : [task.arn]) }];
  const targets = isLeaving ? [target('10.0.0.1', state)] : [];
  const [change] = planChanges(aSnapshot({ tasks: [task], targets, describedAtMs: NOW_MS, bindings }));
  if (change === undefined) throw new Error('The test expects the plan to have a change.');
  return sinceMs === undefined ? change : { ...change, sinceMs };
}

function stopped(endedAgoMs: number | undefined, words: ChangeWords = {}): Change {
  const stoppedAtMs = endedAgoMs === undefined ? undefined : NOW_MS - endedAgoMs;
  return changeFor(stoppedTask('t1', '10.0.0.1', { stoppedAtMs }), { state: 'unhealthy', ...words });
}

const stillHealthy = (endedAgoMs: number | undefined): Change => stopped(endedAgoMs, { state: 'healthy' });

const RUNNING = runningTask('t1', '10.0.0.1');
const STOPPING = stoppingTask('t1', '10.0.0.1');
const ADD = changeFor(RUNNING);
const REMOVE = changeFor(STOPPING);
const DRAIN = changeFor(RUNNING, { by: binding(`${LINE} mode=drain`) });
const HOLD = changeFor(runningTask('t1', '10.0.0.1', { isHeld: true }));
const ELSEWHERE = unwrap(parseClusterArn('arn:aws:ecs:eu-west-1:222233334444:cluster/prod'));
/** Long enough ago for its confirmation, and not so long that the address could be another writer's. */
const REMOVE_SOON = stopped(CONFIRM_AFTER_MS);
const REMOVE_LATE = stopped(ADDRESS_FREE_MS + 1);

function heldFor(change: Change, words: Partial<GuardInput> = {}): HoldReason | undefined {
  const { allowed, held } = guardPlan([change], input(words));
  expect([...allowed, ...held.map((each) => each.change)]).toEqual([change]);
  return held[0]?.because;
}

const of = <Value>(change: Change, value: Value): ReadonlyMap<string, Value> => new Map([[changeKey(change), value]]);
const refused = (untilMs: number, address = ADDRESS) => ({ refusedUntilMs: new Map([[address, untilMs]]) });
const written = (change: Change, agoMs: number) => ({ writtenAtMs: of(change, NOW_MS - agoMs) });
const ours = (change: Change) => ({ ownership: of(change, 'ours' as const) });
/** A removal that has its confirmation and its record, whenever its task ended. */
const provedLongAgo = (endedAgoMs: number | undefined) => ({
  ...ours(stopped(endedAgoMs)),
  provedAtMs: of(stopped(endedAgoMs), NOW_MS - CONFIRM_AFTER_MS),
});
/** The target failed its checks so long ago. */
const failing = (agoMs: number) => ({ failingAtMs: new Map([[REMOVE_LATE.address, NOW_MS - agoMs]]) });
const observing = binding(`${LINE} mode=observe`);
const registerOnly = binding(`${LINE} mode=register-only`);
const unconfirmed = binding(`${LINE} mode=drain`, { lacksConfirmation: true });

type Case = readonly [Change, Partial<GuardInput>];

/** Of every rule: what only this rule holds, and the same on the other side of its border. The compiler asks for a rule without cases. */
const CASES: Readonly<Record<HoldReason, { readonly held: readonly Case[]; readonly free: readonly Case[] }>> = {
  observe: {
    held: [
      [changeFor(RUNNING, { by: observing }), {}],
      [changeFor(STOPPING, { by: observing }), {}],
      [changeFor(STOPPING, { by: binding(LINE, { stackMode: 'observe' }) }), {}],
      [changeFor(RUNNING, { by: binding(`${LINE} mode=drain`, { stackMode: 'observe' }) }), {}],
    ],
    free: [
      [ADD, {}],
      [REMOVE, {}],
      [DRAIN, {}],
    ],
  },
  'ECS manages this group': {
    held: [
      [changeFor(RUNNING, { by: binding(LINE, { native: true }) }), {}],
      [changeFor(STOPPING, { by: binding(LINE, { native: true }) }), {}],
    ],
    free: [[ADD, {}]],
  },
  paused: { held: [ADD, REMOVE, DRAIN].map((change) => [change, { isPaused: true }]), free: [[ADD, {}]] },
  'bindings are older than a minute': {
    held: [ADD, REMOVE, DRAIN].map((change) => [change, { bindingsReadAtMs: NOW_MS - 60_001 }]),
    free: [NOW_MS - 60_000, NOW_MS, undefined].map((bindingsReadAtMs) => [ADD, { bindingsReadAtMs }]),
  },
  'refused before': {
    held: [[ADD, refused(NOW_MS + 1)]],
    free: [
      [ADD, refused(NOW_MS)],
      [ADD, refused(NOW_MS + 1, at('10.0.0.2'))],
      [REMOVE, refused(NOW_MS + 1)],
    ],
  },
  'register only': {
    held: [[changeFor(STOPPING, { by: registerOnly }), {}]],
    free: [[changeFor(RUNNING, { by: registerOnly }), {}]],
  },
  'drain is not confirmed': {
    held: [[changeFor(RUNNING, { by: unconfirmed }), {}]],
    free: [
      [DRAIN, {}],
      // A task that stops leaves by its own proof, drained or not.
      [changeFor(STOPPING, { by: unconfirmed }), {}],
    ],
  },
  'last serving target': {
    held: [[HOLD, { servesOtherwise: false }]],
    free: [
      [HOLD, { servesOtherwise: true }],
      ...[ADD, REMOVE, DRAIN].map((change): Case => [change, { servesOtherwise: false }]),
    ],
  },
  'its event is on the way': {
    held: [0, 1, EVENT_AGE_MS - 1].flatMap((agoMs): Case[] => [
      [changeFor(RUNNING, { sinceMs: NOW_MS - agoMs }), {}],
      [changeFor(STOPPING, { sinceMs: NOW_MS - agoMs }), { hinted: new Set([taskArn('t2')]) }],
    ]),
    free: [
      [changeFor(RUNNING, { sinceMs: NOW_MS - EVENT_AGE_MS }), {}],
      // A clock of ECS that is ahead of ours must not hold a change for ever.
      [changeFor(RUNNING, { sinceMs: NOW_MS + 1 }), {}],
      [changeFor(RUNNING, { sinceMs: NOW_MS }), { hinted: new Set([taskArn('t1')]) }],
      [changeFor(RUNNING, { sinceMs: NOW_MS }), { eventAgeMs: 0 }],
    ],
  },
  'a read failed': {
    held: [
      ...[REMOVE, REMOVE_SOON, DRAIN, HOLD].map((change): Case => [change, { unreadClusters: new Set([clusterArn()]) }]),
      [REMOVE, { unreadClusters: new Set([ELSEWHERE, clusterArn('other')]) }],
      // The address of a task that has stopped may have moved on to anybody.
      [REMOVE_SOON, { unreadClusters: new Set([ELSEWHERE]) }],
    ],
    free: [
      [ADD, { unreadClusters: new Set([clusterArn()]) }],
      // A task that still holds its interface is nobody's neighbor in another account.
      [REMOVE, { unreadClusters: new Set([ELSEWHERE]) }],
      [DRAIN, { unreadClusters: new Set([ELSEWHERE]) }],
    ],
  },
  'waits for confirmation': {
    held: [
      [REMOVE_SOON, { listedAtMs: undefined }],
      // Lists begin when their first call leaves, and not when they are read.
      [REMOVE_SOON, { listedAtMs: NOW_MS - 1 }],
      [stopped(CONFIRM_AFTER_MS - 1), {}],
      // ECS does not say when it ended: it counts from when this environment knew it.
      [stopped(undefined), {}],
      [stopped(undefined), { provedAtMs: of(stopped(undefined), NOW_MS - CONFIRM_AFTER_MS + 1) }],
      [stopped(0), { provedAtMs: of({ ...stopped(0), address: at('10.0.0.2') }, NOW_MS - CONFIRM_AFTER_MS), eventAgeMs: 0 }],
    ],
    free: [
      [REMOVE_SOON, {}],
      [REMOVE, { listedAtMs: undefined }],
      [DRAIN, { listedAtMs: undefined }],
      [stopped(0), { provedAtMs: of(stopped(0), NOW_MS - CONFIRM_AFTER_MS), eventAgeMs: 0 }],
    ],
  },
  'registered a moment ago': {
    held: [[stopped(ADDRESS_FREE_MS + 1, { state: 'initial' }), ours(REMOVE_LATE)]],
    free: [
      [REMOVE_LATE, ours(REMOVE_LATE)],
      [stopped(ADDRESS_FREE_MS, { state: 'initial' }), {}],
      [changeFor(STOPPING, { state: 'initial' }), {}],
    ],
  },
  'was let go before': {
    held: [REMOVE_LATE, REMOVE_SOON, REMOVE].map((change) => [change, { ownership: of(change, 'let go') }]),
    free: [
      [REMOVE_LATE, ours(REMOVE_LATE)],
      [REMOVE_SOON, { ownership: of({ ...REMOVE_SOON, address: at('10.0.0.2') }, 'let go') }],
    ],
  },
  'ownership is unknown': {
    held: [
      [REMOVE_LATE, {}],
      [REMOVE_LATE, { ownership: of(REMOVE_LATE, 'unknown') }],
      [REMOVE_LATE, ours({ ...REMOVE_LATE, because: { ...REMOVE_LATE.because, task: taskArn('t2') } })],
      [stopped(undefined), { provedAtMs: of(stopped(undefined), NOW_MS - CONFIRM_AFTER_MS) }],
      // It says that it ends in a moment: our clock or that of ECS is wrong.
      [stopped(-1), { provedAtMs: of(stopped(-1), NOW_MS - CONFIRM_AFTER_MS) }],
    ],
    free: [
      [REMOVE_LATE, ours(REMOVE_LATE)],
      [stopped(ADDRESS_FREE_MS), {}],
      [REMOVE, {}],
      [DRAIN, {}],
    ],
  },
  "may be another writer's": {
    held: [
      [REMOVE_LATE, { ...ours(REMOVE_LATE), isShared: true }],
      [stopped(undefined), { ...provedLongAgo(undefined), isShared: true }],
    ],
    free: [
      [REMOVE_LATE, ours(REMOVE_LATE)],
      // Nobody else can have come to these addresses yet.
      [stopped(ADDRESS_FREE_MS), { isShared: true }],
      [REMOVE, { isShared: true }],
      [DRAIN, { isShared: true }],
      [HOLD, { isShared: true }],
      [ADD, { isShared: true }],
    ],
  },
  'targets are still unexplained': {
    held: [
      [REMOVE_LATE, { ...ours(REMOVE_LATE), hasUnsearched: true }],
      [stopped(undefined), { ...provedLongAgo(undefined), hasUnsearched: true }],
    ],
    free: [
      [REMOVE_LATE, ours(REMOVE_LATE)],
      [stopped(ADDRESS_FREE_MS), { hasUnsearched: true }],
      [REMOVE, { hasUnsearched: true }],
      [DRAIN, { hasUnsearched: true }],
      [HOLD, { hasUnsearched: true }],
      [ADD, { hasUnsearched: true }],
    ],
  },
  'still passes its health checks': {
    held: [
      [stillHealthy(UNHEALTHY_MS + 1), provedLongAgo(UNHEALTHY_MS + 1)],
      // It has failed them since the end.
      [stillHealthy(ADDRESS_FREE_MS + 1), { ...ours(REMOVE_LATE), ...failing(ADDRESS_FREE_MS) }],
    ],
    free: [
      [stillHealthy(ADDRESS_FREE_MS + 1), { ...ours(REMOVE_LATE), ...failing(ADDRESS_FREE_MS + 1) }],
      [stopped(ADDRESS_FREE_MS + 1), { ...ours(REMOVE_LATE), ...failing(0) }],
      [stillHealthy(ADDRESS_FREE_MS), failing(0)],
      [stillHealthy(UNHEALTHY_MS), provedLongAgo(UNHEALTHY_MS)],
      [stopped(UNHEALTHY_MS + 1), provedLongAgo(UNHEALTHY_MS + 1)],
      // Nobody knows how long it has had to become unhealthy.
      [stillHealthy(undefined), provedLongAgo(undefined)],
      [REMOVE, {}],
    ],
  },
  contested: {
    held: [
      ...[ADD, REMOVE, DRAIN].flatMap((change): Case[] => [
        [change, written(change, 0)],
        [change, written(change, 59_999)],
      ]),
      [ADD, { ...written(ADD, 9_999), scheduled: true }],
    ],
    free: [
      [ADD, written(ADD, 60_000)],
      [ADD, { ...written(ADD, 10_000), scheduled: true }],
      [REMOVE, written(ADD, 0)],
      // A new task that takes the address over is no quarrel.
      [changeFor(runningTask('heir', '10.0.0.1')), written(ADD, 0)],
    ],
  },
  'proof is too old': {
    held: [ADD, REMOVE, DRAIN].map((change) => [change, { nowMs: NOW_MS + 4_001 }]),
    free: [ADD, REMOVE, DRAIN].map((change) => [change, { nowMs: NOW_MS + 4_000 }]),
  },
  'check only': { held: [ADD, REMOVE, DRAIN].map((change) => [change, { checkOnly: true }]), free: [[ADD, {}]] },
  'removal budget is spent': {
    held: [REMOVE, DRAIN].map((change) => [change, { removalsLeft: 0 }]),
    free: [
      [REMOVE, { removalsLeft: 1 }],
      [ADD, { removalsLeft: 0 }],
    ],
  },
};

describe('each rule holds what it is for, and nothing on the other side of its border', () => {
  it.each(Object.entries(CASES))('%s', (because, { held, free }) => {
    for (const [index, [change, words]] of held.entries()) expect(heldFor(change, words), `held, ${index}`).toBe(because);
    for (const [index, [change, words]] of free.entries()) expect(heldFor(change, words), `free, ${index}`).toBeUndefined();
  });

  it('the limits are those of the design', () => {
    expect([PROOF_AGE_MAX_MS, CONFIRM_AFTER_MS, BINDINGS_AGE_MAX_MS, ADDRESS_FREE_MS]).toEqual([4_000, 5_000, 60_000, 8_000]);
    expect([CONTEST_PAUSE_MS, SCHEDULED_CONTEST_PAUSE_MS]).toEqual([60_000, 10_000]);
  });
});

describe('of several rules', () => {
  it('the first one is named: what a person decided, then what was not read, then what time will settle', () => {
    const all = {
      checkOnly: true,
      nowMs: NOW_MS + 4_001,
      unreadClusters: new Set([clusterArn()]),
      listedAtMs: undefined,
      isShared: true,
    };
    const native = binding(`${LINE} mode=observe`, { native: true });
    expect(heldFor(changeFor(STOPPING, { by: native }), all)).toBe('observe');
    expect(heldFor(REMOVE_SOON, all)).toBe('a read failed');
    expect(heldFor(REMOVE_SOON, { ...all, unreadClusters: new Set() })).toBe('waits for confirmation');
    expect(heldFor(ADD, all)).toBe('proof is too old');
  });

  it('the record is asked before others that write to the group: who lacks a record is told so', () => {
    expect(heldFor(REMOVE_LATE, { isShared: true })).toBe('ownership is unknown');
    expect(heldFor(REMOVE_LATE, { isShared: true, ownership: of(REMOVE_LATE, 'let go') })).toBe('was let go before');
    expect(heldFor(REMOVE_LATE, { isShared: true, ...ours(REMOVE_LATE), ...written(REMOVE_LATE, 0) })).toBe(
      "may be another writer's",
    );
  });

  it('a plan is parted without changing its order, and the budget goes to the first removals', () => {
    const other = { ...REMOVE, address: at('10.0.0.2') };
    expect(guardPlan([ADD, REMOVE, other, DRAIN], input({ removalsLeft: 2 }))).toEqual({
      allowed: [ADD, REMOVE, other],
      held: [{ change: DRAIN, because: 'removal budget is spent' }],
    });
    // What another rule holds has not used the budget.
    expect(guardPlan([REMOVE, other], input({ removalsLeft: 1, ...written(REMOVE, 0) })).allowed).toEqual([other]);
  });

  it('a check tells what would wait for the budget: the rest would leave now', () => {
    const other = { ...REMOVE, address: at('10.0.0.2') };
    const reasonsWith = (removalsLeft: number) =>
      guardPlan([REMOVE, ADD, other], input({ checkOnly: true, removalsLeft })).held.map(({ because }) => because);
    expect(reasonsWith(2)).toEqual(['check only', 'check only', 'check only']);
    expect(reasonsWith(1)).toEqual(['check only', 'check only', 'removal budget is spent']);
    expect(reasonsWith(0)).toEqual(['removal budget is spent', 'check only', 'removal budget is spent']);
  });
});

describe('a removal is late', () => {
  it.each([
    [undefined, true],
    [-1, true],
    [0, false],
    [8_000, false],
    [8_001, true],
  ])('%j ms after its task has ended: %s', (endedAgoMs, late) => {
    expect(isLate(stopped(endedAgoMs), NOW_MS)).toBe(late);
  });

  it('never while its task holds its interface, nor where a line drains', () => {
    expect([ADD, REMOVE, DRAIN].map((change) => isLate(change, NOW_MS + 9_000))).toEqual([false, false, false]);
  });
});

/** A hold by each of the rules, made when a test asks: a guard that is broken fails that test, and not the loading of this file. */
const heldByEach = () =>
  Object.values(CASES).flatMap(({ held: [first] }) => (first === undefined ? [] : guardPlan([first[0]], input(first[1])).held));

describe('a hold', () => {
  it('is outdated where the pass only has to be made again', () => {
    expect(
      heldByEach()
        .filter(isOutdated)
        .map(({ because }) => because),
    ).toEqual(['bindings are older than a minute', 'proof is too old']);
  });

  it('waits for the search of this pass where that may show another writer', () => {
    expect(
      heldByEach()
        .filter(waitsForSearch)
        .map(({ because }) => because),
    ).toEqual(['targets are still unexplained']);
  });

  it('is final where no later pass would do it, as long as bindings and targets stay', () => {
    expect(
      heldByEach()
        .filter(isFinalHold)
        .map(({ because }) => because),
    ).toEqual([
      'observe',
      'ECS manages this group',
      'paused',
      'register only',
      'drain is not confirmed',
      'last serving target',
      'was let go before',
      'ownership is unknown',
      "may be another writer's",
      'still passes its health checks',
    ]);
  });

  it('by an event on its way is due when that must have come, and one without a time from now on', () => {
    const given = input();
    const hold = (sinceMs: number | undefined) => ({
      change: { ...ADD, sinceMs },
      because: 'its event is on the way' as const,
    });
    const held = [hold(NOW_MS - 1_000), hold(undefined), { change: ADD, because: 'observe' as const }];
    expect(eventsDueMs({ allowed: [], held }, given)).toEqual([NOW_MS + 2_000, NOW_MS + 3_000]);
  });

  it('for confirmation is due five seconds after the end of its task, or after that became known', () => {
    const changes = [stopped(1_000), stopped(undefined), { ...REMOVE, because: REMOVE_SOON.because }, REMOVE];
    const held = changes.map((change) => ({ change, because: 'waits for confirmation' as const }));
    const given = input({ provedAtMs: of(stopped(undefined), NOW_MS - 300) });
    expect(confirmationsDueMs({ allowed: [], held }, given)).toEqual([4_000, 4_700, 4_700, 4_700].map((ms) => NOW_MS + ms));
    expect(confirmationsDueMs({ allowed: [], held: [{ change: REMOVE_SOON, because: 'observe' }] }, given)).toEqual([]);
    // What ECS dates before we knew it counts from then, and never from later than we knew it.
    const late = input({ provedAtMs: of(REMOVE_SOON, NOW_MS - 9_000) });
    expect(
      confirmationsDueMs({ allowed: [], held: [{ change: REMOVE_SOON, because: 'waits for confirmation' }] }, late),
    ).toEqual([NOW_MS - 4_000]);
  });

  it('that a person should hear of is a finding with what is the case and what to do', () => {
    const found = heldByEach().flatMap((held) => findingOfHeld(held));
    const task = `task ${taskArn('t1')}`;
    const again =
      'within a minute. Something else writes to this group: a person, another stack, or a controller that takes the group for ' +
      'its own. It is written again by the schedule, once a minute.';
    const late =
      "so it may be another writer's, for a task that has the address now. It is left alone. Remove it if nothing needs it.";
    expect(found.map(({ kind, message }) => [kind, message])).toEqual([
      [
        'drain-unconfirmed',
        `${task} serves, and mode=drain would take the last tasks out of the group. Write confirm=empty into the tag as well to ` +
          'let it, or mode=enforce to keep them.',
      ],
      [
        'held-last',
        `${task} is to be held by its tag, and is the last one that serves this group. It stays in: start another task first, or ` +
          'remove the tag.',
      ],
      [
        'foreign',
        `The target has the address of ${task}, which has stopped. This stack has removed its target before, ${late}`,
      ],
      ['unproven', `The target has the address of ${task}, which has stopped. This stack has no record of its target, ${late}`],
      ['unproven', `The target has the address of ${task}, which has stopped. Others write to this group as well, ${late}`],
      ['unproven', `The target has the address of ${task}, which has stopped. Yet it passes its health checks, ${late}`],
      ['contested', `The target of ${task} was registered here and disappeared ${again}`],
      [
        'removal-budget',
        `The target of ${task} is to be removed, but too many were within this minute. It waits for the next.`,
      ],
    ]);
    expect(new Set(found.map(({ subject }) => subject))).toEqual(new Set([ADDRESS]));
    expect(findingOfHeld({ change: REMOVE, because: 'contested' })[0]?.message).toBe(
      `The target of ${task} was deregistered here and is back ${again}`,
    );
  });
});

describe('a change that is made again', () => {
  it('was undone by somebody in between, where we made it a moment ago', () => {
    const found = (agoMs: number, change = ADD) => findContests([change], of(ADD, NOW_MS - agoMs), NOW_MS);
    expect(found(CONTEST_SEEN_MS - 1)).toEqual(findingOfHeld({ change: ADD, because: 'contested' }));
    expect(found(CONTEST_SEEN_MS)).toEqual([]);
    expect(found(1, REMOVE)).toEqual([]);
    expect(findContests([ADD], new Map(), NOW_MS)).toEqual([]);
  });

  it('by the schedule is such a change: it comes once a minute', () => {
    expect(CONTEST_SEEN_MS).toBeGreaterThan(60_000 + CONFIRM_AFTER_MS);
    expect(CONTEST_SEEN_MS).toBeLessThan(120_000);
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

describe('right before the call, changes may still leave', () => {
  const may = (change: Change | readonly Change[], tasks: readonly Task[], words: { readonly by?: ListedBinding } = {}) =>
    mayStillLeave([change].flat(), aSnapshot({ tasks, bindings: [words.by ?? binding(LINE)] }), {
      nowMs: NOW_MS,
      bindingsReadAtMs: undefined,
    });
  const GONE = stoppedTask('t1', '10.0.0.1');

  it('where nothing new was learned, or nothing at all', () => {
    expect(may([], [RUNNING])).toBe(true);
    for (const change of [ADD, REMOVE, REMOVE_SOON]) expect(may(change, [])).toBe(true);
    expect([may(ADD, [RUNNING]), may(REMOVE, [STOPPING]), may(REMOVE_SOON, [GONE])]).toEqual([true, true, true]);
  });

  it('no registration of a task that does not serve any more', () => {
    expect(may(ADD, [STOPPING])).toBe(false);
    expect(may(ADD, [runningTask('t1', '10.0.0.1', { interface: 'DETACHING' })])).toBe(false);
    expect(may(ADD, [RUNNING, stoppedTask('t2', '10.0.0.1')])).toBe(true);
  });

  it('no registration of a task that is on hold by now', () => {
    const known = aSnapshot({ tasks: [runningTask('t1', '10.0.0.1', { isHeld: true })] });
    expect(mayStillLeave([ADD], known, { nowMs: NOW_MS, bindingsReadAtMs: undefined })).toBe(false);
    expect(mayStillLeave([HOLD], known, { nowMs: NOW_MS, bindingsReadAtMs: undefined })).toBe(true);
    const { held: _, ...untagged } = aSnapshot({ tasks: [RUNNING] });
    expect(mayStillLeave([ADD], untagged, { nowMs: NOW_MS, bindingsReadAtMs: undefined })).toBe(true);
  });

  it('no removal where a task that this group wants is live by now, started or not', () => {
    const heir = runningTask('heir', '10.0.0.1', { last: 'PENDING' });
    expect([may(REMOVE, [STOPPING, heir]), may(REMOVE_SOON, [GONE, heir])]).toEqual([false, false]);
    expect(may(REMOVE, [STOPPING, runningTask('other', '10.0.0.2')])).toBe(true);
  });

  it('no removal of a stopping task that has let go of its address by now: that needs its confirmation', () => {
    expect([may(REMOVE, [GONE]), may(REMOVE_SOON, [GONE])]).toEqual([false, true]);
    expect(may(DRAIN, [GONE], { by: binding(`${LINE} mode=drain`) })).toBe(true);
  });

  it('all of them or none', () => {
    const add = changeFor(runningTask('t2', '10.0.0.1'));
    const tasks = [RUNNING, stoppedTask('t2', '10.0.0.1')];
    expect([may([ADD, add], tasks), may([add, ADD], tasks)]).toEqual([false, false]);
  });

  it.each([
    [4_000, undefined, true],
    [4_001, undefined, false],
    [4_000, 60_000, true],
    [4_000, 60_001, false],
  ])('with proofs of %i ms and bindings of %j ms: %s', (proofMs, bindingsMs, expected) => {
    const nowMs = NOW_MS + proofMs;
    const readAtMs = bindingsMs === undefined ? undefined : nowMs - bindingsMs;
    expect(mayStillLeave([ADD], aSnapshot({ tasks: [RUNNING] }), { nowMs, bindingsReadAtMs: readAtMs })).toBe(expected);
  });
});

describe('a change that waits for its turn', () => {
  const at = (change: Change, describedAtMs: number): Change => ({ ...change, because: { ...change.because, describedAtMs } });

  it('may be renewed while its task holds its address, and has to leave while its proof is young otherwise', () => {
    const later = at(REMOVE_SOON, NOW_MS + 1);
    expect([ADD, REMOVE, REMOVE_SOON, DRAIN, HOLD].map(mayBeRenewed)).toEqual([true, true, false, false, false]);
    expect(leaveByMs([ADD, REMOVE])).toBeUndefined();
    expect(leaveByMs([ADD, later, at(REMOVE_SOON, NOW_MS)])).toBe(NOW_MS + PROOF_AGE_MAX_MS);
  });

  it('is still meant however old its proof is, and not where its task has gone on', () => {
    const old = at(ADD, 0);
    expect(areStillMeant([old], aSnapshot({ tasks: [RUNNING], bindings: [binding(LINE)] }))).toBe(true);
    expect(areStillMeant([old], aSnapshot({ tasks: [STOPPING], bindings: [binding(LINE)] }))).toBe(false);
  });
});

/** Input on both sides of every limit, in relation to the time at which generated worlds were described. */
const anyGuardInput = fc
  .record({
    agedMs: fc.constantFrom(0, 3_999, 4_000, 4_001, 60_000),
    checkOnly: fc.boolean(),
    scheduled: fc.boolean(),
    bindingAgeMs: fc.constantFrom(undefined, 0, 60_000, 60_001),
    unreadClusters: fc.constantFrom<ReadonlySet<ClusterArn>>(new Set(), new Set([clusterArn()]), new Set([ELSEWHERE])),
    servesOtherwise: fc.boolean(),
    isPaused: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    listedAgoMs: fc.constantFrom(undefined, 0, 1, 5_000),
    refusedForMs: fc.constantFrom(undefined, 0, 1),
    eventAgeMs: fc.constantFrom(0, 3_000, 9_000),
    removalsLeft: fc.nat(3),
    provedAgoMs: fc.constantFrom(undefined, 0, 4_999, 5_000, 5_001),
    ownership: fc.constantFrom(undefined, 'ours' as const, 'let go' as const, 'unknown' as const),
    isShared: fc.boolean(),
    addresses: fc.subarray(['10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1', '2001:db8::2']),
  })
  .map(({ agedMs, bindingAgeMs, listedAgoMs, refusedForMs, provedAgoMs, ownership, addresses, ...rest }) => {
    const nowMs = DESCRIBED_AT_MS + agedMs;
    const given = input({
      ...rest,
      nowMs,
      bindingsReadAtMs: bindingAgeMs === undefined ? undefined : nowMs - bindingAgeMs,
      listedAtMs: listedAgoMs === undefined ? undefined : nowMs - listedAgoMs,
      refusedUntilMs: new Map(refusedForMs === undefined ? [] : addresses.map((text) => [at(text), nowMs + refusedForMs])),
    });
    /** The input with what is known of each change of the plan. */
    return (plan: readonly Change[]): GuardInput => ({
      ...given,
      provedAtMs: new Map(provedAgoMs === undefined ? [] : plan.map((each) => [changeKey(each), nowMs - provedAgoMs])),
      ownership: new Map(ownership === undefined ? [] : plan.map((each) => [changeKey(each), ownership])),
    });
  });

describe('in every world and all input', () => {
  it('what is allowed and what is held are the plan, in its order, with no more removals than the budget', () => {
    holds(
      fc.property(world, anyGuardInput, (snapshot, inputFor) => {
        const plan = planChanges(snapshot);
        const given = inputFor(plan);
        const { allowed, held } = guardPlan(plan, given);
        expect(plan.filter((change) => allowed.includes(change))).toEqual(allowed);
        expect(plan.filter((change) => !allowed.includes(change))).toEqual(held.map(({ change }) => change));
        expect(allowed.filter(({ kind }) => kind === 'deregister').length).toBeLessThanOrEqual(given.removalsLeft);
      }),
    );
  });

  it('no removal is allowed that a failed read, an old proof, a person or the lack of a confirmation speaks against', () => {
    holds(
      fc.property(world, anyGuardInput, (snapshot, inputFor) => {
        const plan = planChanges(snapshot);
        const given = inputFor(plan);
        for (const change of guardPlan(plan, given).allowed) {
          const { binding: by, because, kind } = change;
          expect([by.writes, by.native, given.checkOnly, given.isPaused]).toEqual([true, false, false, false]);
          expect(given.nowMs - because.describedAtMs).toBeLessThanOrEqual(4_000);
          expect(given.nowMs - (given.bindingsReadAtMs ?? given.nowMs)).toBeLessThanOrEqual(60_000);
          if (kind === 'register') continue;
          expect([given.unreadClusters.has(clusterArn()), by.removes]).toEqual([false, true]);
          expect(because.rule === 'task is on hold' && !given.servesOtherwise).toBe(false);
          expect(because.rule === 'binding drains' && by.lacksConfirmation).toBe(false);
          if (because.rule !== 'task has stopped') continue;
          expect(given.unreadClusters.size).toBe(0);
          // The generated tasks do not say when they ended: every such removal is late.
          const listedMs = given.listedAtMs ?? Number.NEGATIVE_INFINITY;
          expect(listedMs - (given.provedAtMs.get(changeKey(change)) ?? given.nowMs)).toBeGreaterThanOrEqual(5_000);
          expect([given.ownership.get(changeKey(change)), change.state === 'initial']).toEqual(['ours', false]);
          expect(given.isShared).toBe(false);
        }
      }),
    );
  });

  it('a plan may leave as long as nothing but what it was made of is known', () => {
    holds(
      fc.property(world, (snapshot) => {
        expect(mayStillLeave(planChanges(snapshot), snapshot, { nowMs: DESCRIBED_AT_MS, bindingsReadAtMs: undefined })).toBe(
          true,
        );
      }),
    );
  });
});
