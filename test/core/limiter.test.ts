import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bucket,
  currentRate,
  fullBucket,
  HALVED_ONCE_IN_MS,
  RATES,
  type Rate,
  reserve,
  slowDown,
} from '../../functions/core/limiter.ts';
import { holds } from '../support/arbitraries.ts';

/** A rate that rises by half a call per second, from 2 to 4. */
const RATE: Rate = { perSecond: 2, perSecondMax: 4, burst: 3 };
const START_MS = 1_000_000;

interface Call {
  /** Since the call before it. */
  readonly pauseMs: number;
  /** AWS answers at once that it throttles. */
  readonly isThrottled: boolean;
}

/** When each call leaves, and the bucket after it. */
function play(
  calls: readonly Call[],
  rate: Rate,
): { readonly leftMs: number; readonly bucket: Bucket; readonly nowMs: number }[] {
  let nowMs = START_MS;
  let bucket = fullBucket(rate, nowMs);
  return calls.map(({ pauseMs, isThrottled }) => {
    nowMs += pauseMs;
    const taken = reserve(bucket, nowMs);
    bucket = isThrottled ? slowDown(taken.bucket, nowMs) : taken.bucket;
    return { leftMs: nowMs + taken.waitMs, bucket, nowMs };
  });
}

const at = (...pausesMs: readonly number[]): Call[] => pausesMs.map((pauseMs) => ({ pauseMs, isThrottled: false }));
const leftAfterMs = (calls: readonly Call[]): number[] => play(calls, RATE).map(({ leftMs }) => leftMs - START_MS);
const emptied = (nowMs = START_MS): Bucket => ({ ...fullBucket(RATE, nowMs), tokens: 0 });

describe('the rates', () => {
  it('are shares of what AWS documents: a start for three environments, and a top at which two of them are throttled', () => {
    const aws = { 'ecs-read': 20, 'ecs-service-read': 20, 'elb-read': 10, 'elb-write': 4 };
    for (const [name, refill] of Object.entries(aws)) {
      const rate = new Map<string, Rate>(Object.entries(RATES)).get(name);
      expect((rate?.perSecond ?? 0) * 3, name).toBeLessThanOrEqual(refill * 1.2);
      expect(rate?.perSecondMax, name).toBeCloseTo(refill * 0.6);
    }
    expect(Object.values(RATES).map(({ burst }) => burst)).toEqual([30, 30, 15, 10, 10, 5, 5]);
    expect(
      [RATES['cloud-map-read'], RATES['logs-read'], RATES['tagging-read']].map(({ perSecondMax }) => perSecondMax),
    ).toEqual([5, 4, 4]);
  });
});

describe('a bucket', () => {
  it('lets a burst leave at once, and what is more at its rate', () => {
    expect(leftAfterMs(at(0, 0, 0, 0, 0))).toEqual([0, 0, 0, 500, 1_000]);
  });

  it('fills up again at its rate, and not beyond its burst', () => {
    // After 500 ms the rate is 2.25: 1.125 tokens have come, and the second call waits for the rest of its own.
    expect(leftAfterMs(at(0, 0, 0, 500, 0)).at(-1)).toBeCloseTo(500 + 875 / 2.25);
    expect(leftAfterMs(at(0, 0, 0, 60_000, 0, 0, 0)).slice(3)).toEqual([60_000, 60_000, 60_000, 60_250]);
  });

  it('lets those that may wait leave only with tokens to spare for the others', () => {
    expect(reserve(fullBucket(RATE, START_MS), START_MS, 2).waitMs).toBe(0);
    expect(reserve(fullBucket(RATE, START_MS), START_MS, 3).waitMs).toBe(500);
    expect(reserve(emptied(), START_MS, 2)).toEqual({ bucket: { ...emptied(), tokens: -1 }, waitMs: 1_500 });
  });

  it('keeps its level where the clock goes backwards', () => {
    const { bucket, waitMs } = reserve(emptied(), START_MS - 5_000);
    expect([bucket.tokens, waitMs]).toEqual([-1, 500]);
  });
});

describe('the rate', () => {
  it('rises by a quarter of its start each second up to its top, as long as nothing is throttled', () => {
    const rates = [-1_000, 0, 1_000, 3_999, 4_000, 60_000].map((ms) => currentRate(emptied(), START_MS + ms));
    expect(rates).toEqual([2, 2, 2.5, expect.closeTo(3.9995), 4, 4]);
  });

  it('is halved by a throttled answer, and rises again from there', () => {
    const slowed = slowDown(fullBucket(RATE, START_MS), START_MS + 2_000);
    expect([0, 2_000, 60_000].map((ms) => currentRate(slowed, START_MS + 2_000 + ms))).toEqual([1.5, 2.5, 4]);
  });

  it('is halved once by calls that were sent together, wherever it stood', () => {
    for (const risenMs of [0, 2_000, 60_000]) {
      const atMs = START_MS + risenMs;
      const once = slowDown(emptied(), atMs);
      const again = (ms: number): number => currentRate(slowDown(once, atMs + ms), atMs + ms);
      const unslowed = (ms: number): number => currentRate(once, atMs + ms);
      expect(again(0), `${risenMs}`).toBe(unslowed(0));
      expect(again(HALVED_ONCE_IN_MS - 1), `${risenMs}`).toBe(unslowed(HALVED_ONCE_IN_MS - 1));
      expect(again(HALVED_ONCE_IN_MS), `${risenMs}`).toBe(unslowed(HALVED_ONCE_IN_MS) / 2);
    }
  });

  it('never falls below a quarter of its start', () => {
    expect([1.1, 1, 0.9].map((perSecond) => slowDown({ ...emptied(), perSecond }, START_MS).perSecond)).toEqual([
      0.55, 0.5, 0.5,
    ]);
  });

  it('comes with an empty bucket after a throttled answer, and one in debt keeps its debt', () => {
    expect(slowDown(fullBucket(RATE, START_MS), START_MS)).toMatchObject({ tokens: 0, atMs: START_MS });
    expect(slowDown({ ...emptied(), tokens: -4 }, START_MS + 500)).toMatchObject({ tokens: -4 + 0.5 * 2.25 });
    const once = slowDown(emptied(), START_MS);
    expect(slowDown(once, START_MS + 800)).toMatchObject({ tokens: 0, atMs: START_MS + 800, sinceMs: START_MS });
  });
});

const calls = fc.array(
  fc.record({
    pauseMs: fc.oneof({ weight: 9, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: fc.nat(12_000) }),
    isThrottled: fc.nat(9).map((number) => number === 0),
  }),
  { minLength: 10, maxLength: 80, size: 'max' },
);
const rates = fc.constantFrom(RATE, ...Object.values(RATES));

describe('whenever calls are asked for, throttled or not', () => {
  it('never have more left than a burst and the top of the rate allow', () => {
    holds(
      fc.property(calls, rates, (list, rate) => {
        const left = play(list, rate).map(({ leftMs }) => leftMs - START_MS);
        for (const [count, toMs] of left.sort((one, other) => one - other).entries()) {
          expect(count + 1).toBeLessThanOrEqual(rate.burst + (toMs * rate.perSecondMax) / 1_000 + 1e-6);
        }
      }),
    );
  });

  it('the rate stays between a quarter of its start and its top, falls with a throttled answer only, and then by half at most', () => {
    holds(
      fc.property(calls, rates, (list, rate) => {
        let before = rate.perSecond;
        for (const [index, { bucket, nowMs }] of play(list, rate).entries()) {
          const now = currentRate(bucket, nowMs);
          expect(now).toBeGreaterThanOrEqual(rate.perSecond / 4);
          expect(now).toBeLessThanOrEqual(rate.perSecondMax);
          expect(now).toBeGreaterThanOrEqual(list[index]?.isThrottled ? before / 2 : before);
          before = now;
        }
      }),
    );
  });

  it('none waits while the bucket has a token, and none leaves before it was asked for', () => {
    holds(
      fc.property(calls, rates, (list, rate) => {
        let tokens = rate.burst;
        for (const { leftMs, bucket, nowMs } of play(list, rate)) {
          expect(leftMs).toBeGreaterThanOrEqual(nowMs);
          if (bucket.tokens >= 0 && tokens >= 1) expect(leftMs).toBe(nowMs);
          tokens = bucket.tokens;
        }
      }),
    );
  });
});
