import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortedBy } from '../../functions/core/order.ts';
import { holds } from '../support/arbitraries.ts';

describe('a sorted list', () => {
  it('goes by text, and keeps the order of those that have the same', () => {
    const item = fc.record({ text: fc.constantFrom('a', 'a1', 'B', 'b', ''), index: fc.nat() });
    holds(
      fc.property(fc.array(item), (items) => {
        const indexed = items.map(({ text }, index) => ({ text, index }));
        const sorted = sortedBy(indexed, ({ text }) => text);
        expect(sorted.map(({ index }) => index).sort((one, other) => one - other)).toEqual([...indexed.keys()]);
        for (const [at, { text, index }] of sorted.slice(1).entries()) {
          const before = sorted[at];
          expect(before !== undefined && (before.text < text || (before.text === text && before.index < index))).toBe(true);
        }
      }),
    );
  });

  it('is a new one', () => {
    const items = ['b', 'a'];
    expect([sortedBy(items, (text) => text), items]).toEqual([
      ['a', 'b'],
      ['b', 'a'],
    ]);
  });
});
