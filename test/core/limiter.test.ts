import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bucket, FULL, RATES, type Rate, reserve, SLOWED_FOR_MS, slowDown } from '../../functions/core/limiter.ts';
import { holds } from '../support/arbitraries.ts';

const RATE: Rate = { perSecond: 2, burst: 3 };

/** When the calls leave that are asked for at the given times, one after the other. */
function departures(askedAtMs: readonly number[], rate = RATE, start: Bucket = FULL): number[] {
  let bucket = start;
  return askedAtMs.map((nowMs) => {
    const taken = reserve(bucket, rate, nowMs);
    bucket = taken.bucket;
    return nowMs + taken.waitMs;
  });
}

describe('the shares of AWS limits', () => {
  it('are those of the design', () => {
    expect(RATES).toEqual({
      'ecs-read': { perSecond: 6, burst: 30 },
      'elb-read': { perSecond: 3, burst: 12 },
      'elb-write': { perSecond: 1, burst: 6 },
      'other-read': { perSecond: 5, burst: 20 },
    });
    expect(SLOWED_FOR_MS).toBe(10_000);
    expect(FULL).toEqual({ fullAtMs: 0, slowUntilMs: 0 });
  });
});

describe('a bucket', () => {
  it('lets a burst leave at once, and what is more at its rate', () => {
    expect(departures([0, 0, 0, 0, 0])).toEqual([0, 0, 0, 500, 1_000]);
  });

  it('fills up again at its rate, and not beyond its burst', () => {
    expect(departures([0, 0, 0, 500, 500])).toEqual([0, 0, 0, 500, 1_000]);
    expect(departures([0, 0, 0, 1_499, 1_499, 1_499])).toEqual([0, 0, 0, 1_499, 1_499, 1_500]);
    expect(departures([0, 9_000, 9_000, 9_000, 9_000])).toEqual([0, 9_000, 9_000, 9_000, 9_500]);
  });

  it('is what is left after the token was taken', () => {
    expect(reserve(FULL, RATE, 1_000)).toEqual({ bucket: { fullAtMs: 1_500, slowUntilMs: 0 }, waitMs: 0 });
    expect(reserve({ fullAtMs: 2_500, slowUntilMs: 7 }, RATE, 1_000)).toEqual({
      bucket: { fullAtMs: 3_000, slowUntilMs: 7 },
      waitMs: 500,
    });
  });
});

describe('after a throttled answer', () => {
  it('the rate is halved for ten seconds, and then no more', () => {
    const slowed = slowDown(FULL, 1_000);
    expect(slowed).toEqual({ fullAtMs: 0, slowUntilMs: 11_000 });
    const cost = (nowMs: number): number => reserve(slowed, RATE, nowMs).bucket.fullAtMs - nowMs;
    expect([10_999, 11_000, 11_001].map(cost)).toEqual([1_000, 500, 500]);
  });

  it('a bucket that is slowed already keeps its end, so that a storm cannot slow us for ever', () => {
    const slowed = slowDown(FULL, 1_000);
    expect(slowDown(slowed, 10_999)).toBe(slowed);
    expect(slowDown(slowed, 11_000)).toEqual({ fullAtMs: 0, slowUntilMs: 21_000 });
    expect(slowDown({ fullAtMs: 9, slowUntilMs: 0 }, 5)).toEqual({ fullAtMs: 9, slowUntilMs: 10_005 });
  });
});

/** Pauses between calls, mostly none, so that the buckets run empty; and which of the answers says that AWS throttles. */
const pauseMs = fc.oneof({ weight: 9, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: fc.nat(12_000) });
const isThrottled = fc.nat(9).map((number) => number === 0);
const calls = fc.array(fc.record({ pauseMs, isThrottled }), { minLength: 10, maxLength: 80, size: 'max' });
const rates = fc.constantFrom(RATE, ...Object.values(RATES));

/** Whether any span of time holds more departures than a burst and what the rate gives in it. */
function isWithin(leftAtMs: readonly number[], { perSecond, burst }: Rate): boolean {
  const sorted = leftAtMs.toSorted((one, other) => one - other);
  return sorted.every((fromMs, first) =>
    sorted.slice(first).every((toMs, count) => count + 1 <= burst + ((toMs - fromMs) * perSecond) / 1_000 + 1e-6),
  );
}

describe('whenever calls are asked for', () => {
  it('never do more leave than a burst and the rate allow', () => {
    holds(
      fc.property(calls, rates, (list, rate) => {
        let nowMs = 0;
        const askedAtMs = list.map(({ pauseMs }) => (nowMs += pauseMs));
        expect(isWithin(departures(askedAtMs, rate), rate)).toBe(true);
      }),
    );
  });

  it('none waits while the bucket has a token, and none leaves before it was asked for', () => {
    holds(
      fc.property(calls, rates, (list, rate) => {
        let nowMs = 0;
        const askedAtMs = list.map(({ pauseMs }) => (nowMs += pauseMs));
        const leftAtMs = departures(askedAtMs, rate);
        for (const [index, leftMs] of leftAtMs.entries()) {
          expect(leftMs).toBeGreaterThanOrEqual(askedAtMs[index] ?? 0);
          if (index < rate.burst) expect(leftMs).toBe(askedAtMs[index]);
        }
      }),
    );
  });
});

describe('when some of the calls are throttled', () => {
  /** The calls of a list, in the order in which they are asked for; each throttled answer comes at once. */
  function throttledDepartures(
    list: readonly { readonly pauseMs: number; readonly isThrottled: boolean }[],
    rate: Rate,
  ): number[] {
    let nowMs = 0;
    let bucket = FULL;
    return list.map(({ pauseMs, isThrottled }) => {
      nowMs += pauseMs;
      const taken = reserve(bucket, rate, nowMs);
      bucket = isThrottled ? slowDown(taken.bucket, nowMs) : taken.bucket;
      return nowMs + taken.waitMs;
    });
  }

  it('an empty bucket stays empty, and gives at half its rate', () => {
    const { bucket } = reserve({ fullAtMs: 1_000, slowUntilMs: 0 }, RATE, 0);
    expect(departures([0, 0], RATE, slowDown(bucket, 0))).toEqual([1_000, 2_000]);
  });

  it('even then never do more leave than a burst and the rate allow', () => {
    holds(
      fc.property(calls, rates, (list, rate) => {
        expect(isWithin(throttledDepartures(list, rate), rate)).toBe(true);
      }),
    );
  });
});
