/** Decides whether a group gets another pass within the same invocation, and when. */

/** When ECS answers with an older version than a hint names, the pass is repeated after this time. */
const BEHIND_RETRY_AFTER_MS = 1_000;
/** It is repeated this often at most and then left to the schedule: a forged version must not keep a function busy. */
export const BEHIND_RETRIES_MAX = 2;
/** Passes over one group are at least this far apart in one environment. */
export const PASS_INTERVAL_MS = 1_000;
/** A pass does not begin with less time left: its first call could take three seconds. */
export const PASS_TIME_MS = 4_000;
/** Pauses after the first, second, ... failed pass; the last one repeats. Three tries fit into eight seconds even if each takes three. */
const PAUSES_MS = [1_000, 1_000, 2_000, 4_000] as const;

/** What a pass left open. */
export interface OpenEnds {
  /** It failed for a reason that may pass, or part of its plan grew too old to be carried out. */
  readonly failed: boolean;
  /** A hint names a newer version of its task than ECS returned. */
  readonly behind: boolean;
  /** When removals that wait for their confirmation may have it. */
  readonly confirmationsMs: readonly number[];
  /** When changes that were left to their events are due after all. */
  readonly eventsMs: readonly number[];
  /** The search among stopped tasks has more to read, or has found an owner. */
  readonly searching: boolean;
}

export interface Attempts {
  readonly failedPasses: number;
  readonly behindRetries: number;
  readonly nowMs: number;
  readonly deadlineMs: number;
}

export interface NextPass {
  readonly atMs: number;
  readonly because: 'failed' | 'behind' | 'due';
}

export const NOTHING_OPEN: OpenEnds = { failed: false, behind: false, confirmationsMs: [], eventsMs: [], searching: false };

/** The earliest pass that something open asks for; undefined if nothing is open, or if the time left does not carry it. */
export function nextPass(open: OpenEnds, attempts: Attempts): NextPass | undefined {
  const { nowMs, deadlineMs } = attempts;
  const passes: NextPass[] = [];
  if (open.failed) {
    const pauseMs = PAUSES_MS[Math.min(attempts.failedPasses, PAUSES_MS.length) - 1] ?? PAUSES_MS[0];
    passes.push({ atMs: nowMs + pauseMs, because: 'failed' });
  }
  if (open.behind && attempts.behindRetries < BEHIND_RETRIES_MAX) {
    passes.push({ atMs: nowMs + BEHIND_RETRY_AFTER_MS, because: 'behind' });
  }
  for (const dueMs of [...open.confirmationsMs, ...open.eventsMs, ...(open.searching ? [nowMs] : [])]) {
    passes.push({ atMs: Math.max(dueMs, nowMs + PASS_INTERVAL_MS), because: 'due' });
  }
  const [first] = passes.sort((one, other) => one.atMs - other.atMs);
  return first === undefined || first.atMs + PASS_TIME_MS > deadlineMs ? undefined : first;
}
