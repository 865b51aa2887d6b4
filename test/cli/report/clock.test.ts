import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, durationOf, HOUR, MINUTE, SECOND, stampFor } from '../../../scripts/cli/report/clock.ts';
import { holds } from '../../support/arbitraries.ts';

const NOON = Date.UTC(2026, 2, 1, 12);

describe('durationOf', () => {
  it('says as much as one takes in at a glance, on both sides of every unit', () => {
    const told = [
      0,
      999,
      SECOND,
      3_250,
      MINUTE - 1,
      MINUTE,
      65_000,
      HOUR - 1,
      HOUR,
      HOUR + 3 * MINUTE,
      DAY - 1,
      DAY,
      DAY + HOUR,
    ];
    expect(told.map(durationOf)).toEqual([
      ...['0 ms', '999 ms', '1 s', '3.2 s', '59.9 s', '1 min', '1 min 5 s', '59 min 59 s'],
      ...['1 h', '1 h 3 min', '23 h 59 min', '1 d', '1 d 1 h'],
    ]);
  });

  it('never says more than it was', () => {
    const units: Readonly<Record<string, number>> = { ms: 1, s: SECOND, min: MINUTE, h: HOUR, d: DAY };
    holds(
      fc.property(fc.integer({ min: 0, max: 400 * DAY }), (ms) => {
        const parts = [...durationOf(ms).matchAll(/([\d.]+) (\w+)/g)].map(
          ([, number, unit = '']) => Number(number) * (units[unit] ?? 0),
        );
        const said = parts.reduce((sum, part) => sum + part, 0);
        expect(said).toBeLessThanOrEqual(ms);
        expect(said).toBeGreaterThan(ms * 0.95 - 1);
      }),
    );
  });
});

describe('stampFor', () => {
  it('writes the date only where the page spans midnight', () => {
    expect(stampFor({ fromMs: NOON, toMs: NOON + 11 * HOUR })(NOON)).toBe('12:00:00.000');
    expect(stampFor({ fromMs: NOON, toMs: NOON + 12 * HOUR })(NOON)).toBe('2026-03-01 12:00:00.000');
  });
});
