/** How long a group has been out of step: what the objective and its alarm are measured by. */
import { changeKey, isFinalHold } from './guard.ts';
import type { Change } from './plan.ts';
import type { Pass } from './report.ts';

/** What is known of a group's differences before a pass. */
export interface ComparedBefore {
  /** When the bindings changed under this environment's eyes. */
  readonly boundAtMs: number;
  /** When the last pass began that compared every task and target. */
  readonly comparedAtMs: number;
  /** Since when the changes are due that the last pass has left open, by `changeKey`. */
  readonly open: ReadonlyMap<string, number>;
}

/**
 * Since when each change is due that was planned and not made, by `changeKey`. What the stack is told not to do is no difference. A
 * change is not older than the binding that asks for it, nor than a comparison that did not find it due: a target that somebody takes out
 * of the group, or a task that comes back from a hold, has differed for a minute, and not since the task has started.
 */
export function openChanges(
  { planned, written, held, endedAtMs }: Pick<Pass, 'planned' | 'written' | 'held' | 'endedAtMs'>,
  { boundAtMs, comparedAtMs, open }: ComparedBefore,
): Map<string, number> {
  // By key: what was made may name another zone than what was planned.
  const settled = new Set([...written.done, ...held.filter(isFinalHold).map(({ change }) => change)].map(changeKey));
  const left = planned.filter((change) => !settled.has(changeKey(change)));
  return new Map(
    left.map((change) => {
      const key = changeKey(change);
      const sinceMs = open.get(key) ?? Math.max(change.sinceMs ?? endedAtMs, boundAtMs, comparedAtMs);
      return [key, Math.min(endedAtMs, sinceMs)];
    }),
  );
}

/** A start so long ago is not what a registration was waiting for: somebody has bound the group in the meantime. */
const LATENCY_MAX_MS = 900_000;

/** From the start of each registered task to its registration, in milliseconds. */
export function registerLatenciesMs(done: readonly Change[], nowMs: number): number[] {
  const registered = done.filter(({ kind }) => kind === 'register');
  const latencies = registered.map(({ sinceMs = Number.NEGATIVE_INFINITY }) => nowMs - sinceMs);
  return latencies.filter((ms) => ms >= 0 && ms <= LATENCY_MAX_MS);
}
