import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinctBy, sortedBy } from '../../functions/core/order.ts';
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

describe('a list of each text once', () => {
  it('has the last of those of one text, where the first one stood', () => {
    const items = ['b1', 'a1', 'b2', 'c1', 'a2'];
    expect(distinctBy(items, ([letter = '']) => letter)).toEqual(['b2', 'a2', 'c1']);
    expect(distinctBy([], () => '')).toEqual([]);
  });

  it('asks for the text of each item once, as the order does', () => {
    for (const list of [sortedBy, distinctBy]) {
      const asked: string[] = [];
      const items = Array.from({ length: 50 }, (_, index) => `${(index * 7) % 50}`);
      list(items, (text) => {
        asked.push(text);
        return text;
      });
      expect(asked).toEqual(items);
    }
  });
});
