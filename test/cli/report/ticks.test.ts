import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepFor, ticksOf } from '../../../scripts/cli/report/ticks.ts';
import { holds } from '../../support/arbitraries.ts';
import { START_MS } from '../../support/timelines.ts';

const DAY = 86_400_000;
const view = fc
  .record({
    fromMs: fc.integer({ min: 0, max: START_MS }),
    spanMs: fc.oneof(fc.integer({ min: 5, max: 10_000 }), fc.integer({ min: 10_000, max: 2_000 * DAY })),
    width: fc.integer({ min: 200, max: 3_000 }),
  })
  .map(({ fromMs, spanMs, width }) => ({ fromMs, toMs: fromMs + spanMs, width }));

describe('the ticks of the time axis', () => {
  it('lie in the view, a step apart, and leave room for their labels', () => {
    holds(
      fc.property(view, (given) => {
        const ticks = ticksOf(given);
        const step = stepFor(given.toMs - given.fromMs, Math.floor(given.width / 105));
        for (const [index, { atMs }] of ticks.entries()) {
          expect(atMs).toBeGreaterThanOrEqual(given.fromMs);
          expect(atMs).toBeLessThanOrEqual(given.toMs);
          expect(atMs % step).toBe(0);
          if (index > 0) expect(atMs - (ticks[index - 1]?.atMs ?? 0)).toBe(step);
        }
        expect((step / (given.toMs - given.fromMs)) * given.width).toBeGreaterThanOrEqual(104.9);
      }),
    );
  });

  it('have labels that tell them apart', () => {
    holds(
      fc.property(view, (given) => {
        const labels = ticksOf(given).map(({ label }) => label);
        // A label has the time of day or the date, not both: beyond a day, noon comes again.
        fc.pre(given.toMs - given.fromMs < DAY);
        expect(new Set(labels).size).toBe(labels.length);
      }),
    );
  });

  it('are counted as a person counts', () => {
    const labels = (spanMs: number) =>
      ticksOf({ fromMs: START_MS, toMs: START_MS + spanMs, width: 450 }).map(({ label }) => label);
    expect(labels(20)).toEqual(['12:00:00.000', '12:00:00.005', '12:00:00.010', '12:00:00.015', '12:00:00.020']);
    expect(labels(60_000)).toEqual(['12:00:00', '12:00:15', '12:00:30', '12:00:45', '12:01:00']);
    expect(labels(8 * 3_600_000)).toEqual(['12:00', '14:00', '16:00', '18:00', '20:00']);
    expect(labels(2 * DAY)).toEqual(['12:00', '2 Mar', '12:00', '3 Mar', '12:00']);
  });

  it('name the year at its first day', () => {
    const fromMs = Date.UTC(2025, 11, 31, 12);
    expect(ticksOf({ fromMs, toMs: fromMs + DAY, width: 250 }).map(({ label }) => label)).toEqual([
      '12:00',
      '1 Jan 2026',
      '12:00',
    ]);
  });
});

describe('stepFor', () => {
  it('cuts into no more parts than asked for, be the time as long as it likes', () => {
    expect(stepFor(100, 10)).toBe(10);
    expect(stepFor(101, 10)).toBe(20);
    expect(stepFor(99, 10)).toBe(10);
    expect(stepFor(1e15, 2)).toBe(5e14);
  });
});
