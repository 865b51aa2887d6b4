/** How long a group has been out of step: what the objective and its alarm are measured by. */
import { changeKey, type Held, isFinalHold } from './guard.ts';
import type { Change } from './plan.ts';

/**
 * Since when the oldest change is due that was planned and not made; undefined where there is none. What the stack is told not to do is no
 * difference. A change is not older than the binding that asks for it, where its age is known.
 */
export function openSinceMs(
  planned: readonly Change[],
  done: readonly Change[],
  held: readonly Held[],
  boundAtMs: number,
  nowMs: number,
): number | undefined {
  // By key: what was made may name another zone than what was planned.
  const settled = new Set([...done, ...held.filter(isFinalHold).map(({ change }) => change)].map(changeKey));
  const open = planned.filter((change) => !settled.has(changeKey(change)));
  if (open.length === 0) return undefined;
  return Math.min(nowMs, ...open.map(({ sinceMs = nowMs }) => Math.max(sinceMs, boundAtMs)));
}

/** A start so long ago is not what a registration was waiting for: somebody has bound the group in the meantime. */
const LATENCY_MAX_MS = 900_000;

/** From the start of each registered task to its registration, in milliseconds. */
export function registerLatenciesMs(done: readonly Change[], nowMs: number): number[] {
  const latencies = done.flatMap(({ kind, sinceMs }) =>
    kind === 'register' && sinceMs !== undefined ? [nowMs - sinceMs] : [],
  );
  return latencies.filter((ms) => ms >= 0 && ms <= LATENCY_MAX_MS);
}
