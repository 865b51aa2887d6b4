/** Lets a plan through or holds parts of it. Every rule that says "not now" is in the list below, in the order it is asked. */
import type { Finding } from './finding.ts';
import type { Ownership } from './ownership.ts';
import type { Change, Deregistration, Proof } from './plan.ts';
import { type Membership, membersOf, wantedAddresses } from './snapshot.ts';
import { isServing, phaseOf } from './task.ts';
import { type Address, arnParts, type ClusterArn, isSamePlace, type TaskArn } from './values.ts';

/** A write leaves within this time of the DescribeTasks call that proves it, or it is planned again. */
export const PROOF_AGE_MAX_MS = 4_000;
/**
 * Between the end of a task and the list of running tasks that confirms that nobody of ours has its address. Well below ADDRESS_FREE_MS, or
 * every removal that is confirmed is late as well, and waits for the record.
 */
export const CONFIRM_AFTER_MS = 5_000;
/** No write rests on an older copy of the bindings. */
export const BINDINGS_AGE_MAX_MS = 60_000;
/**
 * This long after its containers ended, a task's address cannot have a new owner that serves: the interface has to be given back, the
 * address handed out again (AWS: a few seconds at the earliest), and a task has to start (captured events: 20 s and more on Fargate).
 */
export const ADDRESS_FREE_MS = 8_000;
/** A writer that undoes our changes is answered by the schedule, once a minute, and not at every event. */
export const CONTEST_PAUSE_MS = 60_000;
/** What the schedule writes again within this time was undone in between: it writes the same change no sooner than a minute later. */
export const CONTEST_SEEN_MS = 90_000;
/** Keeps the passes of one scheduled invocation from answering each other. */
export const SCHEDULED_CONTEST_PAUSE_MS = 10_000;

export type HoldReason = (typeof RULES)[number]['reason'] | 'removal budget is spent';

export interface Held {
  readonly change: Change;
  readonly because: HoldReason;
}

/** What the guard knows besides the plan. */
export interface GuardInput {
  readonly nowMs: number;
  readonly checkOnly: boolean;
  /** The schedule asked for the pass: it retries what events do not. */
  readonly scheduled: boolean;
  /** When the bindings were read from tags; undefined if they come from the parameter and cannot grow old. */
  readonly bindingsReadAtMs: number | undefined;
  /** Tasks that a message of this invocation names. */
  readonly hinted: ReadonlySet<TaskArn>;
  /** So long after its cause, the event of a change may still be with another environment. */
  readonly eventAgeMs: number;
  /** Clusters of which a list or description of tasks could not be read in this pass. */
  readonly unreadClusters: ReadonlySet<ClusterArn>;
  /** Whether the group has a registered target of a serving task that is not on hold. */
  readonly servesOtherwise: boolean;
  readonly isPaused: boolean;
  /** When this environment first knew that the task of a removal has ended, by `changeKey`. */
  readonly provedAtMs: ReadonlyMap<string, number>;
  /** When this pass began to list the running tasks; undefined if it did not. */
  readonly listedAtMs: number | undefined;
  /** Whose the target of a late removal is, by `changeKey`, as far as the record says. */
  readonly ownership: ReadonlyMap<string, Ownership>;
  /** Whether others register targets in this group too. */
  readonly isShared: boolean;
  /** Whether the group has targets that nothing explains, and whose owner has not been searched for yet. */
  readonly hasUnsearched: boolean;
  /** So long the group's health checks need to find a target unhealthy that no longer answers. */
  readonly unhealthyAfterMs: number;
  /** When a registered target was last seen to fail its health checks. */
  readonly failingAtMs: ReadonlyMap<Address, number>;
  /** How many more targets this environment may remove from the group within the minute. */
  readonly removalsLeft: number;
  /** Registrations that ELB refused, and until when they are left alone. */
  readonly refusedUntilMs: ReadonlyMap<Address, number>;
  /** When this environment last made the same change, by `changeKey`. */
  readonly writtenAtMs: ReadonlyMap<string, number>;
}

export interface Guarded {
  readonly allowed: readonly Change[];
  readonly held: readonly Held[];
}

/** Nothing changes these as long as bindings and targets stay: a hint about such a task needs no pass. */
const FINAL: ReadonlySet<HoldReason> = new Set([
  'observe',
  'paused',
  'last serving target',
  'ECS manages this group',
  'register only',
  'drain is not confirmed',
  'was let go before',
  'ownership is unknown',
  "may be another writer's",
  'still passes its health checks',
]);

interface GuardRule {
  readonly reason: string;
  holds(change: Change, input: GuardInput): boolean;
}

const RULES = [
  { reason: 'observe', holds: ({ binding }) => !binding.writes },
  { reason: 'ECS manages this group', holds: ({ binding }) => binding.native },
  { reason: 'paused', holds: (_, { isPaused }) => isPaused },
  { reason: 'bindings are older than a minute', holds: (_, input) => areBindingsOld(input) },
  {
    reason: 'refused before',
    holds: ({ kind, address }, { nowMs, refusedUntilMs }) =>
      kind === 'register' && nowMs < (refusedUntilMs.get(address) ?? Number.NEGATIVE_INFINITY),
  },
  { reason: 'register only', holds: ({ kind, binding }) => kind === 'deregister' && !binding.removes },
  {
    // One word in a tag would empty a group in use.
    reason: 'drain is not confirmed',
    holds: ({ because, binding }) => because.rule === 'binding drains' && binding.lacksConfirmation,
  },
  {
    // A hold that somebody set for a heap dump must not become an outage.
    reason: 'last serving target',
    holds: ({ because }, { servesOtherwise }) => because.rule === 'task is on hold' && !servesOtherwise,
  },
  {
    // Two environments read the same burst. Each writes what its own messages name; the rest has a message of its own.
    reason: 'its event is on the way',
    holds: ({ because, sinceMs }, { hinted, nowMs, eventAgeMs }) =>
      sinceMs !== undefined && nowMs >= sinceMs && nowMs - sinceMs < eventAgeMs && !hinted.has(because.task),
  },
  {
    // What could not be read may name a live task at this address. Absence of an answer is not an answer.
    reason: 'a read failed',
    holds: (change, { unreadClusters }) => change.kind === 'deregister' && lacksRead(change, unreadClusters),
  },
  {
    // The interface is gone, so the address may belong to a task of ours that started a moment ago and that lagging reads do not
    // show yet. Time has to pass, and the running tasks have to be listed after it.
    reason: 'waits for confirmation',
    holds: (change, input) => change.because.rule === 'task has stopped' && !isConfirmed(change, input),
  },
  {
    // A target that ELB is still checking was registered a moment ago: by another writer, for a task that has the address now.
    reason: 'registered a moment ago',
    holds: (change, { nowMs }) => isLate(change, nowMs) && change.state === 'initial',
  },
  {
    // Another environment removed this target already. Who registered it again did so for somebody else.
    reason: 'was let go before',
    holds: (change, { ownership }) => ownership.get(changeKey(change)) === 'let go',
  },
  {
    reason: 'ownership is unknown',
    holds: (change, { nowMs, ownership }) => isLate(change, nowMs) && ownership.get(changeKey(change)) !== 'ours',
  },
  {
    // ELB has one target for one address, whoever registered it first: the record says that it was ours, and another writer's live task
    // may have come to the address since. In a group of our own nobody wants it there.
    reason: "may be another writer's",
    holds: (change, { nowMs, isShared }) => isShared && isLate(change, nowMs),
  },
  {
    // After an outage, another stack's first targets may have come back a moment before this pass: they show that the group is shared.
    reason: 'targets are still unexplained',
    holds: (change, { nowMs, hasUnsearched }) => hasUnsearched && isLate(change, nowMs),
  },
  {
    // Its task ended so long ago that it would be unhealthy, or it was since. What answers is another task, which somebody may have meant
    // to have here.
    reason: 'still passes its health checks',
    holds: (change, { nowMs, unhealthyAfterMs, failingAtMs }) => {
      if (!isLate(change, nowMs) || change.state !== 'healthy') return false;
      const { address, endedAtMs = nowMs } = change;
      return nowMs - endedAtMs > unhealthyAfterMs || (failingAtMs.get(address) ?? endedAtMs) > endedAtMs;
    },
  },
  {
    // A writer that undoes us at once would otherwise be answered at every event.
    reason: 'contested',
    holds: (change, { nowMs, scheduled, writtenAtMs }) =>
      nowMs - (writtenAtMs.get(changeKey(change)) ?? Number.NEGATIVE_INFINITY) <
      (scheduled ? SCHEDULED_CONTEST_PAUSE_MS : CONTEST_PAUSE_MS),
  },
  { reason: 'proof is too old', holds: ({ because }, { nowMs }) => isOld(because, nowMs) },
  { reason: 'check only', holds: (_, { checkOnly }) => checkOnly },
] as const satisfies readonly GuardRule[];

/** Splits a plan into what may be done now and what is held, each with the first rule that holds it. */
export function guardPlan(plan: readonly Change[], input: GuardInput): Guarded {
  const allowed: Change[] = [];
  const held: Held[] = [];
  let { removalsLeft } = input;
  for (const change of plan) {
    const because = reasonToHold(change, input, removalsLeft);
    if (because === undefined) allowed.push(change);
    else held.push({ change, because });
    // A check spends what a pass would, so that it tells what would wait.
    if (change.kind === 'deregister' && wouldLeave(because)) removalsLeft -= 1;
  }
  return { allowed, held };
}

function reasonToHold(change: Change, input: GuardInput, removalsLeft: number): HoldReason | undefined {
  const because = RULES.find((rule) => rule.holds(change, input))?.reason;
  // A mistake of ours, or a broken answer of AWS, must not be able to empty a group at once.
  const isOverBudget = change.kind === 'deregister' && removalsLeft <= 0;
  return isOverBudget && wouldLeave(because) ? 'removal budget is spent' : because;
}

function wouldLeave(because: HoldReason | undefined): boolean {
  return because === undefined || because === 'check only';
}

/** Removals that come so late after the end of their task that the target may be another writer's by now. */
export function isLate(change: Change, nowMs: number): change is Deregistration {
  if (change.because.rule !== 'task has stopped') return false;
  const endedMs = change.endedAtMs;
  return endedMs === undefined || nowMs < endedMs || nowMs - endedMs > ADDRESS_FREE_MS;
}

/** Identifies a change together with its task: an address that a new task takes over is a change of its own, not a contest. */
export function changeKey(change: Change): string {
  return keyOf(change.kind, change);
}

/** The key that a change of the same target for the same task has. */
export function keyOf(
  kind: Change['kind'],
  { address, because }: { readonly address: Address; readonly because: Pick<Proof, 'task'> },
): string {
  return `${kind} ${address} ${because.task}`;
}

/**
 * Whether changes that were planned may leave now. Asked right before the call: it may have waited for its turn, and another pass
 * of the environment may have learned in the meantime that a task has stopped or that a live one holds the address.
 */
export function mayStillLeave(
  changes: readonly Change[],
  known: Membership,
  times: Pick<GuardInput, 'nowMs' | 'bindingsReadAtMs'>,
): boolean {
  const isYoung = !areBindingsOld(times) && !changes.some(({ because }) => isOld(because, times.nowMs));
  return isYoung && areStillMeant(changes, known);
}

/** Whether what the environment knows by now still asks for the changes, however old their proofs are. */
export function areStillMeant(changes: readonly Change[], known: Membership): boolean {
  const { group, bindings, tasks, held, definitions } = known;
  const wanted = wantedAddresses(membersOf({ group, bindings, tasks, held, definitions }));
  return changes.every(({ kind, address, because }) => {
    const task = tasks.get(because.task);
    if (kind === 'register') return task === undefined || (isServing(task) && !held?.has(because.task));
    const isReleased = because.rule === 'task is stopping' && task !== undefined && phaseOf(task) === 'released';
    return !isReleased && !wanted.has(address);
  });
}

/**
 * Whether a new description is all that an old change lacks. While a task runs, or has been told to stop and holds its interface, nobody else
 * has its address, however long ago targets and lists were read. Once it is gone, all of that has to be read again.
 */
export function mayBeRenewed({ because }: Change): boolean {
  return because.rule === 'task is running' || because.rule === 'task is stopping';
}

/** Until when changes may wait for their turn; undefined where their proofs may be renewed then. */
export function leaveByMs(changes: readonly Change[]): number | undefined {
  const fixed = changes.filter((change) => !mayBeRenewed(change)).map(({ because }) => because.describedAtMs);
  return fixed.length === 0 ? undefined : Math.min(...fixed) + PROOF_AGE_MAX_MS;
}

/** When changes that were left to their events are due after all. */
export function eventsDueMs({ held }: Guarded, { nowMs, eventAgeMs }: GuardInput): number[] {
  return held
    .filter(({ because }) => because === 'its event is on the way')
    .map(({ change }) => (change.sinceMs ?? nowMs) + eventAgeMs);
}

/** When each removal that waits for its confirmation may have it: the running tasks are listed then. */
export function confirmationsDueMs({ held }: Guarded, { nowMs, provedAtMs }: GuardInput): number[] {
  return held
    .filter(({ because }) => because === 'waits for confirmation')
    .map(({ change }) => endKnownMs(change, nowMs, provedAtMs) + CONFIRM_AFTER_MS);
}

/** Whether the change waits for nothing but the search that ends this pass. */
export function waitsForSearch({ because }: Held): boolean {
  return because === 'targets are still unexplained';
}

/** Whether the change was held because something it rests on is old: the pass is run again. */
export function isOutdated({ because }: Pick<Held, 'because'>): boolean {
  return because === 'proof is too old' || because === 'bindings are older than a minute';
}

/** Whether no later pass would do it either, as long as the configuration stays. */
export function isFinalHold({ because }: Held): boolean {
  return FINAL.has(because);
}

const WHY_UNPROVED = {
  'was let go before': 'This stack has removed its target before',
  'ownership is unknown': 'This stack has no record of its target',
  "may be another writer's": 'Others write to this group as well',
  'still passes its health checks': 'Yet it passes its health checks',
} as const;

/** Changes of this pass that were made a moment ago already, and were undone by somebody: no hold tells of them. */
export function findContests(done: readonly Change[], writtenAtMs: ReadonlyMap<string, number>, nowMs: number): Finding[] {
  const sinceMs = nowMs - CONTEST_SEEN_MS;
  const again = done.filter((change) => (writtenAtMs.get(changeKey(change)) ?? sinceMs) > sinceMs);
  return again.map(findingOfContest);
}

function findingOfContest(change: Change): Finding {
  const undone = change.kind === 'register' ? 'registered here and disappeared' : 'deregistered here and is back';
  const message =
    `The target of task ${change.because.task} was ${undone} within a minute. Something else writes to this group: a person, another ` +
    'stack, or a controller that takes the group for its own. It is written again by the schedule, once a minute.';
  return { kind: 'contested', subject: change.address, message };
}

/** A hold that a person should hear about. */
export function findingOfHeld(held: Held): Finding[] {
  const { change, because } = held;
  const { address: subject } = change;
  const owner = `task ${change.because.task}`;
  switch (because) {
    case 'contested':
      return [findingOfContest(change)];
    case 'was let go before':
    case "may be another writer's":
    case 'still passes its health checks':
    case 'ownership is unknown': {
      const record = WHY_UNPROVED[because];
      const message =
        `The target has the address of ${owner}, which has stopped. ${record}, so it may be another writer's, for a task that has the ` +
        'address now. It is left alone. Remove it if nothing needs it.';
      return [{ kind: because === 'was let go before' ? 'foreign' : 'unproven', subject, message }];
    }
    case 'drain is not confirmed': {
      const message =
        `${owner} serves, and mode=drain would take the last tasks out of the group. Write confirm=empty into ` +
        `${change.binding.source} as well to let it, or mode=enforce to keep them.`;
      return [{ kind: 'drain-unconfirmed', subject, message }];
    }
    case 'last serving target': {
      const message =
        `${owner} is to be held by its tag, and is the last one that serves this group. It stays in: start another task first, or ` +
        'remove the tag.';
      return [{ kind: 'held-last', subject, message }];
    }
    case 'removal budget is spent': {
      const message = `The target of ${owner} is to be removed, but too many were within this minute. It waits for the next.`;
      return [{ kind: 'removal-budget', subject, message }];
    }
    default:
      return [];
  }
}

/**
 * How long a refused registration is left alone. A draining target becomes free within the deregistration delay, and a full group
 * when something leaves: both are retried soon. So is the first refusal without a reason, since the target may have begun to drain
 * after it was read. Later refusals are mistakes that a person has to correct, so the pauses grow; the first of them ends before
 * the next scheduled pass.
 */
export function refusalPauseMs(why: 'draining' | 'quota' | 'refused', times: number): number {
  // Shorter than the wait for confirmation: the pass that makes room also fills it.
  if (why === 'quota') return CONFIRM_AFTER_MS - 1_000;
  return why === 'refused' && times > 1 ? Math.min(55_000 * 2 ** (times - 2), 900_000) : 10_000;
}

/**
 * A task that still holds its interface is nobody else's neighbour: what could not be read of another account holds up only removals of
 * addresses that may have moved on.
 */
function lacksRead({ because, binding }: Deregistration, unread: ReadonlySet<ClusterArn>): boolean {
  if (because.rule === 'task has stopped') return unread.size > 0;
  return [...unread].some((cluster) => isSamePlace(arnParts(cluster), arnParts(binding.selector.cluster)));
}

/** A list that began late enough after the end of the task: what it lacks has not got the task's address. */
function isConfirmed(change: Change, { nowMs, provedAtMs, listedAtMs }: GuardInput): boolean {
  return (listedAtMs ?? Number.NEGATIVE_INFINITY) - endKnownMs(change, nowMs, provedAtMs) >= CONFIRM_AFTER_MS;
}

/** Since when the task is known to have ended: by ECS's clock if it says so, and at the latest since we know it. */
function endKnownMs(change: Change, nowMs: number, provedAtMs: ReadonlyMap<string, number>): number {
  const provedMs = provedAtMs.get(changeKey(change)) ?? nowMs;
  return Math.min(provedMs, change.endedAtMs ?? provedMs);
}

function isOld({ describedAtMs }: Change['because'], nowMs: number): boolean {
  return nowMs - describedAtMs > PROOF_AGE_MAX_MS;
}

function areBindingsOld({ nowMs, bindingsReadAtMs }: Pick<GuardInput, 'nowMs' | 'bindingsReadAtMs'>): boolean {
  return nowMs - (bindingsReadAtMs ?? nowMs) > BINDINGS_AGE_MAX_MS;
}
