/** How old the oldest difference of a group is, while it can be read and while it cannot. */
import { describe, expect, it } from 'vitest';
import { GroupCache } from '../../functions/app/group-cache.ts';
import { START_MS } from '../support/ports.ts';
import { at } from '../support/values.ts';

/** Full runs of one environment that take turns with another's are up to this far apart. */
const APART_MS = 300_000;

/** A group that was last read whole, and last looked at, so long before the full run of START_MS. */
function groupRead({ wholeAgoMs, lookedAgoMs }: { readonly wholeAgoMs?: number; readonly lookedAgoMs?: number }): GroupCache {
  const group = new GroupCache();
  if (wholeAgoMs !== undefined) group.wholeAtMs = START_MS - wholeAgoMs;
  if (lookedAgoMs !== undefined) group.lookedAtMs = START_MS - lookedAgoMs;
  return group;
}

describe('the oldest difference', () => {
  it('is none where nothing is open, and else the oldest of all, never one of the future', () => {
    const group = new GroupCache();
    expect(group.driftAgeMs(START_MS)).toBe(0);
    group.open = new Map([
      ['young', START_MS - 5],
      ['old', START_MS - 9],
    ]);
    expect(group.driftAgeMs(START_MS)).toBe(9);
    group.open = new Map([['to come', START_MS + 5]]);
    expect(group.driftAgeMs(START_MS)).toBe(0);
  });

  it('is the time since which a group cannot be read, if that is longer', () => {
    const group = groupRead({ lookedAgoMs: 0 });
    group.noteFullRun(START_MS);
    group.open = new Map([['young', START_MS + 5]]);
    expect(group.driftAgeMs(START_MS + 9)).toBe(9);
    group.open = new Map([['old', START_MS - 1]]);
    expect(group.driftAgeMs(START_MS + 9)).toBe(10);
  });
});

describe('a full run', () => {
  it.each([
    [0, undefined],
    [-1, undefined],
    [1, { sinceMs: START_MS, lastMs: START_MS }],
    [undefined, { sinceMs: START_MS, lastMs: START_MS }],
  ])('that read the group whole %s ms before it began leaves it as %j', (wholeAgoMs, unread) => {
    const group = groupRead(wholeAgoMs === undefined ? {} : { wholeAgoMs });
    group.noteFullRun(START_MS);
    expect(group.unread).toEqual(unread);
  });

  it('that reads the group whole forgets that others could not', () => {
    const group = new GroupCache();
    group.noteFullRun(START_MS);
    group.wholeAtMs = START_MS + 60_000;
    group.noteFullRun(START_MS + 60_000);
    expect([group.unread, group.driftAgeMs(START_MS + 70_000)]).toEqual([undefined, 0]);
  });

  it.each([
    [APART_MS, START_MS],
    [APART_MS + 1, START_MS + APART_MS + 1],
  ])('that cannot read the group %i ms after one that could not either counts from %i', (ms, sinceMs) => {
    const group = new GroupCache();
    group.noteFullRun(START_MS);
    group.noteFullRun(START_MS + ms);
    expect(group.unread).toEqual({ sinceMs, lastMs: START_MS + ms });
  });

  it.each([
    // Nobody of this environment has looked for so long that another may have settled what was open.
    [{}, 0],
    [{ lookedAgoMs: APART_MS + 1 }, 0],
    [{ lookedAgoMs: APART_MS }, 1],
    [{ lookedAgoMs: 0 }, 1],
  ])('that cannot read a group of which is known %j keeps so many open changes: %i', (words, count) => {
    const group = groupRead(words);
    group.open = new Map([['register', START_MS - 40_000]]);
    group.noteFullRun(START_MS);
    expect(group.open.size).toBe(count);
  });

  it('that goes on to fail keeps what is open, however long ago the last look was', () => {
    const group = groupRead({ lookedAgoMs: 0 });
    group.open = new Map([['register', START_MS - 40_000]]);
    for (let ms = 0; ms <= 2 * APART_MS; ms += APART_MS) group.noteFullRun(START_MS + ms);
    expect(group.open.size).toBe(1);
    expect(group.driftAgeMs(START_MS + 2 * APART_MS)).toBe(2 * APART_MS + 40_000);
  });
});

it('a target that no task explains is noted when it is first seen so', () => {
  const group = new GroupCache();
  group.noteUnexplained([at('10.0.0.1')], START_MS);
  group.noteUnexplained([at('10.0.0.1'), at('10.0.0.2')], START_MS + 5);
  expect(group.unexplained).toEqual(
    new Map([
      [at('10.0.0.1'), START_MS],
      [at('10.0.0.2'), START_MS + 5],
    ]),
  );
});
