/** How fast calls may leave: a token bucket per kind of call, as arithmetic on times. */

export type CallClass = 'ecs-read' | 'elb-read' | 'elb-write' | 'other-read';

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Shares of AWS's buckets for one environment of the function. There can be three (two for the queue, one for the schedule),
 * and the account's other tools draw on the same buckets: ECS task reads 20/s with a burst of 100 (ECS guide, "Request
 * throttling"), Register and Deregister together 4/s with a burst of 20, ELB reads 10/s with a burst of 40 (ELB guide,
 * "Request throttling for the ELB API"). Cloud Map does not publish its own.
 */
export const RATES: Readonly<Record<CallClass, Rate>> = {
  'ecs-read': { perSecond: 6, burst: 30 },
  'elb-read': { perSecond: 3, burst: 12 },
  'elb-write': { perSecond: 1, burst: 6 },
  'other-read': { perSecond: 5, burst: 20 },
};

/** After a throttled answer the rate is halved for this long. */
export const SLOWED_FOR_MS = 10_000;

export interface Bucket {
  /** When the bucket is full again, if nothing more is taken. */
  readonly fullAtMs: number;
  readonly slowUntilMs: number;
}

export const FULL: Bucket = { fullAtMs: 0, slowUntilMs: 0 };

/** Takes one token: the bucket afterwards, and how long the call has to wait before it leaves. */
export function reserve(bucket: Bucket, rate: Rate, nowMs: number): { readonly bucket: Bucket; readonly waitMs: number } {
  const intervalMs = 1_000 / rate.perSecond;
  // Slowed, a call costs two tokens; the bucket itself stays as large as it was. Were it measured in the longer intervals too,
  // an empty bucket would become half full at the very moment in which AWS asks for fewer calls.
  const costMs = nowMs < bucket.slowUntilMs ? 2 * intervalMs : intervalMs;
  const fullAtMs = Math.max(bucket.fullAtMs, nowMs) + costMs;
  const waitMs = Math.max(0, fullAtMs - nowMs - rate.burst * intervalMs);
  return { bucket: { ...bucket, fullAtMs }, waitMs };
}

/** Halves the rate after a throttled answer. A bucket that is slowed already keeps its end, so that a storm cannot slow us for ever. */
export function slowDown(bucket: Bucket, nowMs: number): Bucket {
  return nowMs < bucket.slowUntilMs ? bucket : { ...bucket, slowUntilMs: nowMs + SLOWED_FOR_MS };
}
