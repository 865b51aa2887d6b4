/** How fast calls may leave: a token bucket per kind of call whose rate follows what AWS lets through. Arithmetic on times. */

export type CallClass =
  | 'ecs-read'
  | 'ecs-service-read'
  | 'elb-read'
  | 'elb-write'
  | 'cloud-map-read'
  | 'logs-read'
  | 'tagging-read';

export interface Rate {
  /** Where an environment begins, and what it never falls below a quarter of. */
  readonly perSecond: number;
  /** What it rises to while nothing is throttled. */
  readonly perSecondMax: number;
  readonly burst: number;
}

/**
 * Shares of AWS's buckets for one environment of the function. There can be three (two for the queue, one for the schedule), and
 * the account's other tools draw on the same buckets: ECS task reads 20/s with a burst of 100, and service reads the same (ECS
 * guide, "Request throttling"); Register and Deregister together 4/s with a burst of 20, ELB reads 10/s with a burst of 40 (ELB
 * guide, "Request throttling for the ELB API"). FilterLogEvents 5/s at the least (CloudWatch Logs quotas);
 * Cloud Map and the tagging API do not publish theirs. An environment begins with
 * less than a third, and may rise to three fifths of the refill: two of them at the top are throttled, and halve.
 */
export const RATES: Readonly<Record<CallClass, Rate>> = {
  'ecs-read': { perSecond: 6, perSecondMax: 12, burst: 30 },
  'ecs-service-read': { perSecond: 6, perSecondMax: 12, burst: 30 },
  'elb-read': { perSecond: 3, perSecondMax: 6, burst: 15 },
  'elb-write': { perSecond: 1.5, perSecondMax: 2.4, burst: 10 },
  'cloud-map-read': { perSecond: 3, perSecondMax: 5, burst: 10 },
  'logs-read': { perSecond: 2, perSecondMax: 4, burst: 5 },
  'tagging-read': { perSecond: 2, perSecondMax: 4, burst: 5 },
};

/** A quiet second raises the rate by this share of where it began. */
const RISE_PER_SECOND = 0.25;
/** Calls that were sent together are throttled together: that is one answer, and halves the rate once. */
export const HALVED_ONCE_IN_MS = 1_000;

export interface Bucket {
  readonly rate: Rate;
  /** Tokens left at `atMs`; below zero for calls that wait for their turn. */
  readonly tokens: number;
  readonly atMs: number;
  /** The rate that the last throttled answer left, or the first call found, and when that was. */
  readonly perSecond: number;
  readonly sinceMs: number;
  /** A throttled answer left it: the rate alone does not say so, since half of the top may be where it began. */
  readonly isHalved: boolean;
}

export function fullBucket(rate: Rate, nowMs: number): Bucket {
  return { rate, tokens: rate.burst, atMs: nowMs, perSecond: rate.perSecond, sinceMs: nowMs, isHalved: false };
}

/** Calls per second now: the rate rises by the second from where it was left. */
export function currentRate({ rate, perSecond, sinceMs }: Bucket, nowMs: number): number {
  const quietSeconds = Math.max(0, (nowMs - sinceMs) / 1_000);
  return Math.min(rate.perSecondMax, perSecond + quietSeconds * RISE_PER_SECOND * rate.perSecond);
}

/** Takes one token: the bucket afterwards, and how long the call has to wait. One that may wait leaves `spare` tokens to others. */
export function reserve(bucket: Bucket, nowMs: number, spare = 0): { readonly bucket: Bucket; readonly waitMs: number } {
  const perSecond = currentRate(bucket, nowMs);
  const tokens = levelOf(bucket, nowMs) - 1;
  return { bucket: { ...bucket, tokens, atMs: nowMs }, waitMs: (Math.max(0, spare - tokens) * 1_000) / perSecond };
}

/** Halves the rate after a throttled answer, and empties the bucket, as AWS's own is empty. */
export function slowDown(bucket: Bucket, nowMs: number): Bucket {
  const wasHalved = bucket.isHalved && nowMs - bucket.sinceMs < HALVED_ONCE_IN_MS;
  const tokens = Math.min(0, levelOf(bucket, nowMs));
  if (wasHalved) return { ...bucket, tokens, atMs: nowMs };
  const perSecond = Math.max(bucket.rate.perSecond / 4, currentRate(bucket, nowMs) / 2);
  return { ...bucket, tokens, atMs: nowMs, perSecond, sinceMs: nowMs, isHalved: true };
}

function levelOf(bucket: Bucket, nowMs: number): number {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  return Math.min(bucket.rate.burst, bucket.tokens + (passedMs / 1_000) * currentRate(bucket, nowMs));
}
