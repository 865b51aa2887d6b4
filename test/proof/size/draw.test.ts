import { describe, expect, it } from 'vitest';
import { brokenBy, drawSize } from './draw.ts';
import { runSize, type SizeResult } from './scene.ts';

const FINE: SizeResult = {
  registerMs: [400],
  deregisterMs: [500],
  calls: new Map(),
  violations: [],
  deadLetters: 0,
  failedInvocations: 0,
  unfinishedRuns: 0,
  leftReported: 0,
  foreignLeft: 0,
  refusedRegistered: 0,
};

describe('stories at size', () => {
  it('are drawn with every size that is promised, and the same for the same seed', () => {
    const drawn = Array.from({ length: 200 }, (_, seed) => drawSize(seed));
    expect(drawn).toEqual(drawn.map((_, seed) => drawSize(seed)));
    expect([Math.min(...drawn.map(({ groups }) => groups)), Math.max(...drawn.map(({ groups }) => groups))]).toEqual([5, 30]);
    expect(drawn.some(({ tasks }) => tasks === 1_000)).toBe(true);
    expect(drawn.some(({ hardship }) => hardship?.stoppedTasks === 10_000)).toBe(true);
    expect(drawn.some(({ hardship }) => (hardship?.refusedTargets ?? 0) > 30)).toBe(true);
  });

  it('are broken by a wrong write, a change that is never made, a dead letter and a failed invocation', () => {
    expect(brokenBy(FINE)).toEqual([]);
    const wrong = { invariant: 'LIVE', atMs: 0, environment: 0, detail: 'removes 10.0.0.5:8080' };
    expect(brokenBy({ ...FINE, violations: [wrong] })).toEqual(['LIVE: removes 10.0.0.5:8080']);
    expect(brokenBy({ ...FINE, deregisterMs: [Number.POSITIVE_INFINITY] })).toEqual(['1 changes were never made']);
    expect(brokenBy({ ...FINE, deregisterMs: [Number.POSITIVE_INFINITY], leftReported: 1 })).toEqual([]);
    expect(brokenBy({ ...FINE, unfinishedRuns: 2 })).toEqual([]);
    expect(brokenBy({ ...FINE, deadLetters: 1, failedInvocations: 2 })).toEqual(['1 dead letters', '2 invocations failed']);
  });

  it('hold for a small one of them', async () => {
    expect(brokenBy(await runSize({ ...drawSize(1), groups: 8, tasks: 20 }))).toEqual([]);
  });
});
