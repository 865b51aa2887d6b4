import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Attempts,
  BEHIND_RETRIES_MAX,
  type NextPass,
  NOTHING_OPEN,
  nextPass,
  type OpenEnds,
  PASS_INTERVAL_MS,
  PASS_TIME_MS,
} from '../../functions/core/next-pass.ts';
import { holds } from '../support/arbitraries.ts';

const NOW_MS = 100_000;

function nextAfter(open: Partial<OpenEnds>, attempts: Partial<Attempts> = {}): NextPass | undefined {
  return nextPass(
    { ...NOTHING_OPEN, ...open },
    { failedPasses: 0, behindRetries: 0, nowMs: NOW_MS, deadlineMs: NOW_MS + 30_000, ...attempts },
  );
}

describe('another pass', () => {
  it('is not made where nothing is open', () => {
    expect(nextAfter({})).toBeUndefined();
    expect([PASS_INTERVAL_MS, PASS_TIME_MS]).toEqual([1_000, 4_000]);
  });

  it.each([
    [0, 1_000],
    [1, 1_000],
    [2, 1_000],
    [3, 2_000],
    [4, 4_000],
    [5, 4_000],
    [50, 4_000],
  ])('follows %i that failed after %i ms', (failedPasses, pauseMs) => {
    expect(nextAfter({ failed: true }, { failedPasses })).toEqual({ atMs: NOW_MS + pauseMs, because: 'failed' });
  });

  it('makes three tries within eight seconds, each taking up to three', () => {
    let nowMs = 0;
    for (const failedPasses of [1, 2]) {
      const next = nextAfter({ failed: true }, { failedPasses, nowMs: nowMs + 3_000, deadlineMs: 30_000 });
      if (next === undefined) throw new Error('The test expects another try.');
      nowMs = next.atMs;
    }
    expect(nowMs).toBeLessThanOrEqual(8_000);
  });

  it('follows one that is behind a hint after a second, twice: a forged version must not keep a function busy', () => {
    for (const behindRetries of [0, BEHIND_RETRIES_MAX - 1]) {
      expect(nextAfter({ behind: true }, { behindRetries })).toEqual({ atMs: NOW_MS + 1_000, because: 'behind' });
    }
    expect(nextAfter({ behind: true }, { behindRetries: BEHIND_RETRIES_MAX })).toBeUndefined();
    expect(BEHIND_RETRIES_MAX).toBe(2);
  });

  it.each(['confirmationsMs', 'eventsMs'] as const)('comes when something is due (%s), and not within a second', (kind) => {
    const due = (...agoMs: readonly number[]) => nextAfter({ [kind]: agoMs.map((ms) => NOW_MS + ms) });
    expect(due(5_000)).toEqual({ atMs: NOW_MS + 5_000, because: 'due' });
    expect(due(9_000, 5_000, 7_000)).toMatchObject({ atMs: NOW_MS + 5_000 });
    expect([due(1_001), due(1_000), due(999), due(-90_000)].map((next) => next?.atMs)).toEqual(
      [1_001, 1_000, 1_000, 1_000].map((ms) => NOW_MS + ms),
    );
  });

  it('goes on with a search', () => {
    expect(nextAfter({ searching: true })).toEqual({ atMs: NOW_MS + 1_000, because: 'due' });
  });

  it('is made for the earliest of several open ends', () => {
    const all = { failed: true, behind: true, confirmationsMs: [NOW_MS + 5_000] };
    expect(nextAfter(all, { failedPasses: 3 })).toMatchObject({ atMs: NOW_MS + 1_000, because: 'behind' });
    expect(nextAfter(all, { failedPasses: 3, behindRetries: 2 })).toMatchObject({ atMs: NOW_MS + 2_000, because: 'failed' });
    const soon = { ...all, confirmationsMs: [NOW_MS + 1_500] };
    expect(nextAfter(soon, { failedPasses: 4, behindRetries: 2 })).toMatchObject({ atMs: NOW_MS + 1_500, because: 'due' });
  });

  it.each([
    [4_999, undefined],
    [5_000, { atMs: NOW_MS + 1_000, because: 'behind' }],
  ])('needs time for the pause and for itself: with %i ms left it is %j', (leftMs, next) => {
    expect(nextAfter({ behind: true }, { deadlineMs: NOW_MS + leftMs })).toEqual(next);
  });

  it('lies ahead, at least a second away, and ends before the deadline', () => {
    const times = fc.array(fc.integer({ min: NOW_MS - 9_000, max: NOW_MS + 9_000 }), { maxLength: 3 });
    const open = fc.record({
      failed: fc.boolean(),
      behind: fc.boolean(),
      confirmationsMs: times,
      eventsMs: times,
      searching: fc.boolean(),
    });
    const attempts = fc.record({
      failedPasses: fc.nat(9),
      behindRetries: fc.nat(4),
      deadlineMs: fc.integer({ min: NOW_MS, max: 2 * NOW_MS }),
    });
    holds(
      fc.property(open, attempts, (ends, tried) => {
        const next = nextAfter(ends, tried);
        if (next === undefined) return;
        expect(next.atMs).toBeGreaterThanOrEqual(NOW_MS + 1_000);
        expect(next.atMs + 4_000).toBeLessThanOrEqual(tried.deadlineMs);
        for (const dueMs of [...ends.confirmationsMs, ...ends.eventsMs]) {
          expect(next.atMs).toBeLessThanOrEqual(Math.max(dueMs, NOW_MS + 1_000));
        }
      }),
    );
  });
});
