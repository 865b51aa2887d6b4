/** Lets a plan through or holds parts of it. Every rule that says "not now" is here, as a filter over changes. */
import type { Change, Deregistration } from './plan.ts';
import { membersOf, type Snapshot, wantedAddresses } from './snapshot.ts';
import { isServing, phaseOf } from './task.ts';
import type { Address } from './values.ts';

/** A write leaves within this time of the DescribeTasks answer that proves it, or it is planned again. */
export const PROOF_AGE_MAX_MS = 4_000;
/** Between the proof that a task has stopped and the look that confirms it. */
export const SECOND_LOOK_AFTER_MS = 5_000;
/** No write rests on an older copy of the binding. */
export const WIRING_AGE_MAX_MS = 60_000;
/** Somebody else who undoes what we write is answered by the schedule, once a minute, and not at every event. */
export const CONTEST_PAUSE_MS = 60_000;
/** Keeps the looks of one scheduled invocation from answering each other. */
export const SCHEDULED_CONTEST_PAUSE_MS = 10_000;

export type HoldReason =
  | 'check only'
  | 'observe'
  | 'ECS manages this group'
  | 'binding is older than a minute'
  | 'a read failed'
  | 'waits for confirmation'
  | 'proof is too old'
  | 'refused before'
  | 'contested';

export interface Held {
  readonly change: Change;
  readonly because: HoldReason;
}

/** What the guard knows beside the plan. */
export interface GuardInput {
  readonly nowMs: number;
  readonly checkOnly: boolean;
  /** A pass that the schedule asked for: it tries again what events do not. */
  readonly scheduled: boolean;
  /** When the binding that the plan rests on was read; undefined where it stands in the environment and cannot grow old. */
  readonly bindingReadAtMs: number | undefined;
  /** A list or description of tasks could not be read in this pass. */
  readonly readsFailed: boolean;
  /** Removals whose task was first known to have stopped at the given time, in this invocation, by `changeKey`. */
  readonly firstProofMs: ReadonlyMap<string, number>;
  /** When this look began to read the running lists once more, right before its writes; undefined where it did not. */
  readonly confirmedAtMs: number | undefined;
  /** Registrations that ELB refused, until when they are left alone. */
  readonly refusedUntilMs: ReadonlyMap<Address, number>;
  /** When this environment last made the same change, by `changeKey`. */
  readonly writtenAtMs: ReadonlyMap<string, number>;
}

export interface Guarded {
  readonly allowed: readonly Change[];
  readonly held: readonly Held[];
  /** A removal that is held for its second look counts as proved from this time on: what the proof rests on was read before it. */
  readonly atMs: number;
}

/** Parts a plan into what may be done now and what is held, each with its reason. */
export function guardPlan(plan: readonly Change[], input: GuardInput): Guarded {
  const allowed: Change[] = [];
  const held: Held[] = [];
  for (const change of plan) {
    const because = reasonToHold(change, input);
    if (because === undefined) allowed.push(change);
    else held.push({ change, because });
  }
  return { allowed, held, atMs: input.nowMs };
}

/** Names a change together with its task: an address that a new task takes over is a change of its own, not a quarrel. */
export function changeKey({ kind, address, because }: Change): string {
  return `${kind} ${address} ${because.task}`;
}

/**
 * Whether what is known by now speaks against one of the changes. Between plan and write another pass of the environment may
 * have read that a task has stopped, or that a live one holds the address: a plan is only as good as the last thing learned.
 */
export function isContradicted(changes: readonly Change[], known: Pick<Snapshot, 'group' | 'feeds' | 'tasks'>): boolean {
  const wanted = wantedAddresses(membersOf(known));
  return changes.some(({ kind, address, because }) => {
    const task = known.tasks.get(because.task);
    if (kind === 'register') return task !== undefined && !isServing(task);
    const hasLetGo = because.rule === 'task is stopping' && task !== undefined && phaseOf(task) === 'released';
    return hasLetGo || wanted.has(address);
  });
}

/**
 * How long a refused registration is left alone. A target that still drains becomes free within the deregistration delay, and
 * a full group when something leaves: both are tried again soon, so that the schedule passes over neither twice. So is the first
 * refusal without a reason: the target may have begun to drain after it was read. The next is a mistake that a person has to
 * mend, so the pauses grow; the first of those ends before the next scheduled pass.
 */
export function refusalPauseMs(why: 'draining' | 'quota' | 'refused', times: number): number {
  // Shorter than the wait for a second look: the pass that makes room by one also fills it.
  if (why === 'quota') return SECOND_LOOK_AFTER_MS - 1_000;
  return why === 'refused' && times > 1 ? Math.min(55_000 * 2 ** (times - 2), 900_000) : 10_000;
}

function reasonToHold(change: Change, input: GuardInput): HoldReason | undefined {
  const { nowMs, bindingReadAtMs } = input;
  if (!change.feed.binding.writes) return 'observe';
  if (change.feed.native) return 'ECS manages this group';
  if (nowMs - (bindingReadAtMs ?? nowMs) > WIRING_AGE_MAX_MS) return 'binding is older than a minute';
  const because = change.kind === 'register' ? reasonNotToAdd(change, input) : reasonNotToRemove(change, input);
  if (because !== undefined) return because;
  if (nowMs - change.because.describedAtMs > PROOF_AGE_MAX_MS) return 'proof is too old';
  return input.checkOnly ? 'check only' : undefined;
}

function reasonNotToAdd(change: Change, input: GuardInput): HoldReason | undefined {
  const refusedUntilMs = input.refusedUntilMs.get(change.address) ?? 0;
  return input.nowMs < refusedUntilMs ? 'refused before' : reasonContested(change, input);
}

function reasonNotToRemove(change: Deregistration, input: GuardInput): HoldReason | undefined {
  // What could not be read may name a live task at this address. Absence of an answer is not an answer.
  if (input.readsFailed) return 'a read failed';
  if (change.because.rule === 'task has stopped') {
    // The interface is gone, so the address may belong to a task that started a moment ago and that lagging reads do not
    // show yet. Time has to pass, and the lists have to be read again after it, before the address is removed.
    const provedAtMs = input.firstProofMs.get(changeKey(change)) ?? Number.POSITIVE_INFINITY;
    const confirmedAtMs = input.confirmedAtMs ?? Number.NEGATIVE_INFINITY;
    const isConfirmed = confirmedAtMs - provedAtMs >= SECOND_LOOK_AFTER_MS;
    if (!isConfirmed) return 'waits for confirmation';
  }
  return reasonContested(change, input);
}

function reasonContested(change: Change, { nowMs, scheduled, writtenAtMs }: GuardInput): HoldReason | undefined {
  const writtenMs = writtenAtMs.get(changeKey(change)) ?? Number.NEGATIVE_INFINITY;
  const pauseMs = scheduled ? SCHEDULED_CONTEST_PAUSE_MS : CONTEST_PAUSE_MS;
  return nowMs - writtenMs < pauseMs ? 'contested' : undefined;
}
