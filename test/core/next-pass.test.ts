import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Attempts,
  BEHIND_RETRIES_MAX,
  BEHIND_RETRY_AFTER_MS,
  type NextStep,
  nextPass,
  type OpenEnds,
  PASS_INTERVAL_MS,
  PASS_TIME_MS,
} from '../../functions/core/next-pass.ts';
import { holds } from '../support/arbitraries.ts';

const NOW_MS = 100_000;
const DONE: NextStep = { kind: 'done' };

function stepAfter(open: Partial<OpenEnds>, attempts: Partial<Attempts> = {}): NextStep {
  return nextPass(
    { failed: false, behind: false, firstProofMs: undefined, ...open },
    { failedPasses: 0, behindRetries: 0, nowMs: NOW_MS, deadlineMs: NOW_MS + 30_000, ...attempts },
  );
}

describe('the pauses between passes', () => {
  it('are those of the design', () => {
    expect(BEHIND_RETRY_AFTER_MS).toBe(1_000);
    expect(BEHIND_RETRIES_MAX).toBe(2);
    expect(PASS_INTERVAL_MS).toBe(1_000);
    expect(PASS_TIME_MS).toBe(4_000);
  });
});

describe('a pass that leaves nothing open', () => {
  it('is the last one', () => {
    expect(stepAfter({})).toEqual(DONE);
  });
});

describe('a failed pass', () => {
  it.each([
    { failedPasses: 0, pauseMs: 1_000 },
    { failedPasses: 1, pauseMs: 1_000 },
    { failedPasses: 2, pauseMs: 1_000 },
    { failedPasses: 3, pauseMs: 2_000 },
    { failedPasses: 4, pauseMs: 4_000 },
    { failedPasses: 5, pauseMs: 4_000 },
    { failedPasses: 50, pauseMs: 4_000 },
  ])('is tried again after $pauseMs ms when $failedPasses have failed', ({ failedPasses, pauseMs }) => {
    expect(stepAfter({ failed: true }, { failedPasses })).toEqual({ kind: 'again', atMs: NOW_MS + pauseMs, because: 'failed' });
  });

  it('is tried three times within eight seconds, each try taking up to three', () => {
    const trySeconds = 3_000;
    let nowMs = 0;
    for (const failedPasses of [1, 2]) {
      const step = stepAfter({ failed: true }, { failedPasses, nowMs: nowMs + trySeconds, deadlineMs: 30_000 });
      if (step.kind === 'done') throw new Error('The test expects another try.');
      nowMs = step.atMs;
    }
    expect(nowMs).toBeLessThanOrEqual(8_000);
  });
});

describe('a pass that is behind a hint', () => {
  it.each([0, 1])('looks again a second later, after %d looks', (behindRetries) => {
    expect(stepAfter({ behind: true }, { behindRetries })).toEqual({ kind: 'again', atMs: NOW_MS + 1_000, because: 'behind' });
  });

  it.each([2, 3])(
    'leaves the hint to the schedule after %d looks: a forged version must not keep a function busy',
    (behindRetries) => {
      expect(stepAfter({ behind: true }, { behindRetries })).toEqual(DONE);
    },
  );
});

describe('a second look', () => {
  it('comes five seconds after the proof', () => {
    expect(stepAfter({ firstProofMs: NOW_MS })).toEqual({ kind: 'again', atMs: NOW_MS + 5_000, because: 'second look' });
    expect(stepAfter({ firstProofMs: NOW_MS - 1_500 })).toMatchObject({ atMs: NOW_MS + 3_500 });
  });

  it('comes at least a second after the pass, be the proof ever so old', () => {
    expect(stepAfter({ firstProofMs: NOW_MS - 3_999 })).toMatchObject({ atMs: NOW_MS + 1_001 });
    expect(stepAfter({ firstProofMs: NOW_MS - 4_000 })).toMatchObject({ atMs: NOW_MS + 1_000 });
    expect(stepAfter({ firstProofMs: NOW_MS - 4_001 })).toMatchObject({ atMs: NOW_MS + 1_000 });
    expect(stepAfter({ firstProofMs: 0 })).toMatchObject({ atMs: NOW_MS + 1_000 });
  });
});

describe('of several open ends', () => {
  it('the earliest is seen to first', () => {
    const all = { failed: true, behind: true, firstProofMs: NOW_MS };
    expect(stepAfter(all, { failedPasses: 3 })).toMatchObject({ atMs: NOW_MS + 1_000, because: 'behind' });
    expect(stepAfter(all, { failedPasses: 3, behindRetries: 2 })).toMatchObject({ atMs: NOW_MS + 2_000, because: 'failed' });
    expect(stepAfter({ ...all, firstProofMs: NOW_MS - 3_500 }, { failedPasses: 4, behindRetries: 2 })).toMatchObject({
      atMs: NOW_MS + 1_500,
      because: 'second look',
    });
  });
});

describe('the time left', () => {
  it.each([
    { leftMs: 4_999, step: DONE },
    { leftMs: 5_000, step: { kind: 'again', atMs: NOW_MS + 1_000, because: 'behind' } },
    { leftMs: 5_001, step: { kind: 'again', atMs: NOW_MS + 1_000, because: 'behind' } },
  ])('has to carry the pause and a pass: $leftMs ms', ({ leftMs, step }) => {
    expect(stepAfter({ behind: true }, { deadlineMs: NOW_MS + leftMs })).toEqual(step);
  });
});

describe('every step', () => {
  it('lies ahead, at least a second away, and ends before the deadline', () => {
    const open = fc.record({
      failed: fc.boolean(),
      behind: fc.boolean(),
      firstProofMs: fc.option(fc.nat(NOW_MS), { nil: undefined }),
    });
    const attempts = fc.record({
      failedPasses: fc.nat(9),
      behindRetries: fc.nat(4),
      deadlineMs: fc.integer({ min: NOW_MS, max: 2 * NOW_MS }),
    });
    holds(
      fc.property(open, attempts, (ends, tried) => {
        const step = stepAfter(ends, tried);
        if (step.kind === 'done') return;
        expect(step.atMs).toBeGreaterThanOrEqual(NOW_MS + 1_000);
        expect(step.atMs + 4_000).toBeLessThanOrEqual(tried.deadlineMs);
      }),
    );
  });
});
