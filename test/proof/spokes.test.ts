/** A share of the stories that `npm run spokes` plays by the thousand. */
import { describe, expect, it, vi } from 'vitest';
import { playSpokes, TROUBLES } from './spokes.ts';

/** However busy the machine is: nothing here is about how long it takes. */
vi.setConfig({ testTimeout: 900_000 });

describe('stories of a hub and two spokes', () => {
  it('break no promise in 10 seeds, or 40 where all is played, which have every trouble', async () => {
    const seen = new Set<string>();
    const seeds = process.env['PLAY_ALL'] === undefined ? 10 : 40;
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { violations, liveRemovals, outOfStepMs, troubles } = await playSpokes(seed);
      for (const trouble of troubles) seen.add(trouble);
      expect({ seed, violations, liveRemovals }).toEqual({ seed, violations: [], liveRemovals: 0 });
      expect(outOfStepMs).toBeLessThanOrEqual(75_000);
    }
    expect([...seen].sort()).toEqual([...TROUBLES].sort());
  });

  it('are the same for the same seed, to the byte, and others for another', async () => {
    const lines: string[][] = [[], []];
    const hashes = [];
    for (const kept of lines) hashes.push((await playSpokes(7, (line) => kept.push(line))).hash);
    expect(lines[0]?.length).toBeGreaterThan(100);
    expect(lines[1]).toEqual(lines[0]);
    expect(hashes[1]).toBe(hashes[0]);
    expect((await playSpokes(8)).hash).not.toBe(hashes[0]);
  });
});
