/** Lets a plan through or holds parts of it. Every rule that says "not now" is in the list below, in the order it is asked. */
import type { Finding } from './finding.ts';
import type { Change } from './plan.ts';
import { membersOf, type Snapshot, wantedAddresses } from './snapshot.ts';
import { isServing, phaseOf } from './task.ts';
import type { Address } from './values.ts';

/** A write leaves within this time of the DescribeTasks answer that proves it, or it is planned again. */
export const PROOF_AGE_MAX_MS = 4_000;
/** Between the proof that a task has stopped and the confirmation that lets its target go. */
export const CONFIRM_AFTER_MS = 5_000;
/** No write rests on an older copy of the bindings. */
export const BINDINGS_AGE_MAX_MS = 60_000;
/** A writer that undoes our changes is answered by the schedule, once a minute, and not at every event. */
export const CONTEST_PAUSE_MS = 60_000;
/** Keeps the passes of one scheduled invocation from answering each other. */
export const SCHEDULED_CONTEST_PAUSE_MS = 10_000;

export type HoldReason = (typeof RULES)[number]['reason'];

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
  /** A list or description of tasks could not be read in this pass. */
  readonly readsFailed: boolean;
  /** When each removal was first proved in this invocation, by `changeKey`. */
  readonly firstProofMs: ReadonlyMap<string, number>;
  /** When this pass began to list the running tasks again, right before its writes; undefined if it did not. */
  readonly confirmedAtMs: number | undefined;
  /** Registrations that ELB refused, and until when they are left alone. */
  readonly refusedUntilMs: ReadonlyMap<Address, number>;
  /** When this environment last made the same change, by `changeKey`. */
  readonly writtenAtMs: ReadonlyMap<string, number>;
}

export interface Guarded {
  readonly allowed: readonly Change[];
  readonly held: readonly Held[];
  /** When the plan was guarded: a removal held for confirmation counts as proved from this time on. */
  readonly atMs: number;
}

interface GuardRule {
  readonly reason: string;
  holds(change: Change, input: GuardInput): boolean;
}

const RULES = [
  { reason: 'observe', holds: ({ binding }) => !binding.writes },
  { reason: 'ECS manages this group', holds: ({ binding }) => binding.native },
  { reason: 'bindings are older than a minute', holds: (_, { nowMs, bindingsReadAtMs }) => areOld(bindingsReadAtMs, nowMs) },
  {
    reason: 'refused before',
    holds: ({ kind, address }, { nowMs, refusedUntilMs }) =>
      kind === 'register' && nowMs < (refusedUntilMs.get(address) ?? Number.NEGATIVE_INFINITY),
  },
  {
    // What could not be read may name a live task at this address. Absence of an answer is not an answer.
    reason: 'a read failed',
    holds: ({ kind }, { readsFailed }) => kind === 'deregister' && readsFailed,
  },
  {
    // The interface is gone, so the address may belong to a task that started a moment ago and that lagging reads do not show
    // yet. Time has to pass, and the lists have to be read again after it.
    reason: 'waits for confirmation',
    holds: (change, input) => change.because.rule === 'task has stopped' && !isConfirmed(change, input),
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
  const judged = plan.map((change) => ({ change, because: RULES.find((rule) => rule.holds(change, input))?.reason }));
  return {
    allowed: judged.flatMap(({ change, because }) => (because === undefined ? [change] : [])),
    held: judged.flatMap(({ change, because }) => (because === undefined ? [] : [{ change, because }])),
    atMs: input.nowMs,
  };
}

/** Identifies a change together with its task: an address that a new task takes over is a change of its own, not a contest. */
export function changeKey({ kind, address, because }: Change): string {
  return `${kind} ${address} ${because.task}`;
}

/**
 * Whether changes that were planned may leave now. Asked right before the call: it may have waited for its turn, and another pass
 * of the environment may have learned in the meantime that a task has stopped or that a live one holds the address.
 */
export function mayStillLeave(
  changes: readonly Change[],
  known: Pick<Snapshot, 'group' | 'bindings' | 'tasks'>,
  bindingsReadAtMs: number | undefined,
  nowMs: number,
): boolean {
  if (areOld(bindingsReadAtMs, nowMs) || changes.some(({ because }) => isOld(because, nowMs))) return false;
  const { group, bindings, tasks } = known;
  const wanted = wantedAddresses(membersOf({ group, bindings, tasks }));
  return changes.every(({ kind, address, because }) => {
    const task = tasks.get(because.task);
    if (kind === 'register') return task === undefined || isServing(task);
    const isReleased = because.rule === 'task is stopping' && task !== undefined && phaseOf(task) === 'released';
    return !isReleased && !wanted.has(address);
  });
}

/** Whether a removal of an earlier pass has waited long enough to be confirmed. */
export function isConfirmationDue(firstProofMs: ReadonlyMap<string, number>, nowMs: number): boolean {
  return [...firstProofMs.values()].some((provedMs) => nowMs - provedMs >= CONFIRM_AFTER_MS);
}

/**
 * Removals that wait for confirmation, or that another rule kept from it, with their first proof. The key names the task: with the
 * address alone, a later owner that stopped unseen would be removed on the waiting time of the one before.
 */
export function unconfirmedRemovals({ held, atMs }: Guarded, firstProofMs: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    held.flatMap(({ change, because }) => {
      const key = changeKey(change);
      const isWaiting = because === 'waits for confirmation';
      const provedMs = firstProofMs.get(key) ?? (isWaiting ? atMs : undefined);
      const isKept = isWaiting || because === 'a read failed' || isOutdated({ because });
      return isKept && provedMs !== undefined ? [[key, provedMs] as const] : [];
    }),
  );
}

/** Whether the change was held because something it rests on is old: the pass is run again. */
export function isOutdated({ because }: Pick<Held, 'because'>): boolean {
  return because === 'proof is too old' || because === 'bindings are older than a minute';
}

/** Whether no later pass would do it either, as long as the configuration stays. */
export function isFinalHold({ because }: Held): boolean {
  return because === 'observe' || because === 'ECS manages this group';
}

/** A hold that a person should hear about. */
export function findingOfHeld({ change, because }: Held): Finding[] {
  if (because !== 'contested') return [];
  const undone = change.kind === 'register' ? 'registered here and disappeared' : 'deregistered here and is back';
  const message =
    `The target of task ${change.because.task} was ${undone} within a minute. Something else writes to this group: a person, ` +
    'another stack, or a controller that takes the group for its own. It is written again by the schedule, once a minute.';
  return [{ kind: 'contested', subject: change.address, message }];
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

function isConfirmed(change: Change, { firstProofMs, confirmedAtMs }: GuardInput): boolean {
  const provedAtMs = firstProofMs.get(changeKey(change)) ?? Number.POSITIVE_INFINITY;
  return (confirmedAtMs ?? Number.NEGATIVE_INFINITY) - provedAtMs >= CONFIRM_AFTER_MS;
}

function isOld({ describedAtMs }: Change['because'], nowMs: number): boolean {
  return nowMs - describedAtMs > PROOF_AGE_MAX_MS;
}

function areOld(bindingsReadAtMs: number | undefined, nowMs: number): boolean {
  return bindingsReadAtMs !== undefined && nowMs - bindingsReadAtMs > BINDINGS_AGE_MAX_MS;
}
