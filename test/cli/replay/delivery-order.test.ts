/** When events become true and when they are heard of: by time, as they stood, shuffled, twice, late, or never. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeliveryOptions, type Timed, timeEvents } from '../../../scripts/cli/replay/delivery-order.ts';

const FROM_MS = Date.parse('2026-03-02T10:00:00Z');
const PLAIN: DeliveryOptions = { order: { kind: 'time' }, duplicateP: 0, loseP: 0, delayMs: 0, seed: 1 };

interface Told {
  readonly value: number;
  readonly event: unknown;
}

/** An event at so many milliseconds. */
function at(value: number, atMs: number, version = 0): Told {
  return { value, event: { detail: { updatedAt: new Date(FROM_MS + atMs).toISOString(), version } } };
}

const CAPTURE = fc
  .array(fc.record({ atMs: fc.integer({ min: 0, max: 60_000 }), version: fc.integer({ min: 0, max: 9 }) }), { maxLength: 30 })
  .map((events) => events.map(({ atMs, version }, index) => at(index, atMs, version)));
const ORDER: fc.Arbitrary<DeliveryOptions['order']> = fc.oneof(
  fc.constant({ kind: 'time' } as const),
  fc.constant({ kind: 'as-is' } as const),
  fc.nat().map((seed) => ({ kind: 'shuffle', seed }) as const),
);

function heard(timed: readonly Timed<number>[]): number[] {
  const all = timed.flatMap(({ value, deliveredAtMs }) => deliveredAtMs.map((atMs) => ({ value, atMs })));
  return all.sort((one, other) => one.atMs - other.atMs).map(({ value }) => value);
}

describe('deliveries', () => {
  it('never come before they are true, and are each one where nothing is lost or doubled', () => {
    const property = fc.property(CAPTURE, ORDER, fc.integer({ min: 0, max: 9_000 }), (events, order, delayMs) => {
      const timed = timeEvents(events, { ...PLAIN, order, delayMs });
      expect(timed.map(({ value }) => value).sort((a, b) => a - b)).toEqual(events.map(({ value }) => value));
      for (const { trueAtMs, deliveredAtMs } of timed) {
        expect(deliveredAtMs).toHaveLength(1);
        expect(deliveredAtMs[0]).toBeGreaterThanOrEqual(trueAtMs + delayMs);
      }
    });
    fc.assert(property);
  });

  it('make the same things true at the same time in any order of delivery', () => {
    const property = fc.property(CAPTURE, ORDER, (events, order) => {
      const truth = (timed: readonly Timed<number>[]) => timed.map(({ value, trueAtMs }) => [value, trueAtMs]);
      expect(truth(timeEvents(events, { ...PLAIN, order }))).toEqual(truth(timeEvents(events, PLAIN)));
    });
    fc.assert(property);
  });

  it('by time follow the time that the events tell, and of one time the version', () => {
    const events = [at(0, 5_000), at(1, 1_000, 7), at(2, 1_000, 6), at(3, 0)];
    expect(heard(timeEvents(events, PLAIN))).toEqual([3, 2, 1, 0]);
  });

  it('as they stood follow the file, later ones waiting for those before them', () => {
    const events = [at(0, 5_000), at(1, 1_000), at(2, 9_000)];
    const timed = timeEvents(events, { ...PLAIN, order: { kind: 'as-is' } });
    expect(heard(timed)).toEqual([0, 1, 2]);
    expect(timed.map(({ value, deliveredAtMs }) => [value, ...deliveredAtMs.map((atMs) => atMs - FROM_MS)])).toEqual([
      [1, 5_001],
      [0, 5_000],
      [2, 9_000],
    ]);
  });

  it('are shuffled by the seed, and only by the seed', () => {
    const events = Array.from({ length: 20 }, (_, index) => at(index, index * 10));
    const shuffled = (seed: number) =>
      heard(timeEvents(events, { ...PLAIN, order: { kind: 'shuffle', seed }, delayMs: 1_000 }));
    expect(shuffled(1)).toEqual(shuffled(1));
    expect(shuffled(1)).not.toEqual(shuffled(2));
    expect(shuffled(1)).not.toEqual(events.map(({ value }) => value));
  });

  it('are lost and doubled about as often as asked', () => {
    const events = Array.from({ length: 2_000 }, (_, index) => at(index, index));
    const timed = timeEvents(events, { ...PLAIN, loseP: 0.1, duplicateP: 0.5 });
    const count = (length: number) => timed.filter(({ deliveredAtMs }) => deliveredAtMs.length === length).length;
    expect(count(0)).toBeGreaterThan(140);
    expect(count(0)).toBeLessThan(260);
    expect(count(2)).toBeGreaterThan(800);
    expect(count(2)).toBeLessThan(1_000);
    expect(timeEvents(events, { ...PLAIN, loseP: 1 }).every(({ deliveredAtMs }) => deliveredAtMs.length === 0)).toBe(true);
  });

  it('take the time of the envelope where the detail has none, and a place after the one before where neither has', () => {
    const events = [
      { value: 0, event: { time: '2026-03-02T10:00:07Z', detail: {} } },
      { value: 1, event: { detail: {} } },
      { value: 2, event: 'no object' },
      { value: 3, event: { time: 'never', detail: { updatedAt: 12 } } },
    ];
    expect(timeEvents(events, PLAIN).map(({ value, trueAtMs }) => [value, trueAtMs - FROM_MS])).toEqual([
      [0, 7_000],
      [1, 8_000],
      [2, 9_000],
      [3, 10_000],
    ]);
  });

  it('of events before the first time begin with it, not in 1970', () => {
    const [first, second] = timeEvents([{ value: 0, event: {} }, at(1, 5_000)], PLAIN);
    expect([first?.value, second?.value]).toEqual([0, 1]);
    expect(first?.trueAtMs).toBeGreaterThan(FROM_MS);
  });
});
