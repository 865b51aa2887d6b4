/** Decides whether a group is passed over once more within the same invocation, and when. */
import { SECOND_LOOK_AFTER_MS } from './guard.ts';

/** A read behind a hint is looked at again after this long, */
export const BEHIND_RETRY_AFTER_MS = 1_000;
/** at most this often, and then left to the schedule: a forged version must not keep a function busy. */
export const BEHIND_RETRIES_MAX = 2;
/** Passes on one group are at least this far apart in one environment. */
export const PASS_INTERVAL_MS = 1_000;
/** A pass is not begun with less time left than this: its first call could take three seconds. */
export const PASS_TIME_MS = 4_000;
/** Pauses after the first, second, ... failed pass; the last one repeats. Three tries fit into eight seconds even if each takes three. */
const PAUSES_MS = [1_000, 1_000, 2_000, 4_000] as const;

/** What the pass left open. */
export interface OpenEnds {
  /** It failed for a reason that may pass, or part of its plan grew too old to be carried out. */
  readonly failed: boolean;
  /** Hints with a newer version than ECS told. */
  readonly behind: boolean;
  /** When the earliest removal was proved that waits for its second look; undefined when none waits. */
  readonly firstProofMs: number | undefined;
}

export interface Attempts {
  readonly failedPasses: number;
  readonly behindRetries: number;
  readonly nowMs: number;
  readonly deadlineMs: number;
}

export type NextStep =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly atMs: number; readonly because: 'failed' | 'behind' | 'second look' };

/** The next pass over the group, or none: because nothing is open, or because the time left does not carry it. */
export function nextStep(open: OpenEnds, attempts: Attempts): NextStep {
  const { nowMs, deadlineMs } = attempts;
  const steps: Extract<NextStep, { kind: 'again' }>[] = [];
  if (open.failed) {
    const pauseMs = PAUSES_MS[Math.min(attempts.failedPasses, PAUSES_MS.length) - 1] ?? PAUSES_MS[0];
    steps.push({ kind: 'again', atMs: nowMs + pauseMs, because: 'failed' });
  }
  if (open.behind && attempts.behindRetries < BEHIND_RETRIES_MAX) {
    steps.push({ kind: 'again', atMs: nowMs + BEHIND_RETRY_AFTER_MS, because: 'behind' });
  }
  if (open.firstProofMs !== undefined) {
    const atMs = Math.max(open.firstProofMs + SECOND_LOOK_AFTER_MS, nowMs + BEHIND_RETRY_AFTER_MS);
    steps.push({ kind: 'again', atMs, because: 'second look' });
  }
  const [first] = steps.sort((one, other) => one.atMs - other.atMs);
  return first === undefined || first.atMs + PASS_TIME_MS > deadlineMs ? { kind: 'done' } : first;
}
