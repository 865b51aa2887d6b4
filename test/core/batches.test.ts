import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chunks,
  DESCRIBE_GROUPS_MAX,
  DESCRIBE_SERVICES_MAX,
  DESCRIBE_TAGS_MAX,
  DESCRIBE_TASKS_MAX,
  halves,
  LIST_SERVICES_MAX,
  LIST_TASKS_MAX,
  WRITE_TARGETS_MAX,
} from '../../functions/core/batches.ts';
import { holds } from '../support/arbitraries.ts';

describe('the sizes of a call', () => {
  it('are those that AWS takes', () => {
    expect([LIST_TASKS_MAX, LIST_SERVICES_MAX]).toEqual([100, 100]);
    expect(DESCRIBE_GROUPS_MAX).toBe(20);
    expect(DESCRIBE_TASKS_MAX).toBe(100);
    expect(DESCRIBE_SERVICES_MAX).toBe(10);
    expect(DESCRIBE_TAGS_MAX).toBe(20);
    expect(WRITE_TARGETS_MAX).toBe(200);
  });
});

describe('chunks', () => {
  it('are none for no items', () => {
    expect(chunks([], 3)).toEqual([]);
  });

  it.each([
    { count: 2, sizes: [2] },
    { count: 3, sizes: [3] },
    { count: 4, sizes: [3, 1] },
    { count: 6, sizes: [3, 3] },
    { count: 7, sizes: [3, 3, 1] },
  ])('of at most 3 for $count items have the sizes $sizes', ({ count, sizes }) => {
    expect(chunks(Array.from({ length: count }), 3).map((chunk) => chunk.length)).toEqual(sizes);
  });

  it('lose nothing, keep the order and are as few as can be', () => {
    holds(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), (items, sizeMax) => {
        const pieces = chunks(items, sizeMax);
        expect(pieces.flat()).toEqual(items);
        expect(pieces).toHaveLength(Math.ceil(items.length / sizeMax));
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(sizeMax);
      }),
    );
  });
});

describe('halves', () => {
  it.each([
    { items: [1, 2], both: [[1], [2]] },
    { items: [1, 2, 3], both: [[1, 2], [3]] },
    { items: [1], both: [[1], []] },
    { items: [], both: [[], []] },
  ])('of $items are $both', ({ items, both }) => {
    expect(halves(items)).toEqual(both);
  });

  it('lose nothing and are both shorter than the whole, so that halving ends', () => {
    holds(
      fc.property(fc.array(fc.integer(), { minLength: 2 }), (items) => {
        const [first, second] = halves(items);
        expect([...first, ...second]).toEqual(items);
        expect(first.length).toBeLessThan(items.length);
        expect(second.length).toBeLessThan(items.length);
      }),
    );
  });
});
