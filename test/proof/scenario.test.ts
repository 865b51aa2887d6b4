/** A share of the seeds that `npm run simulate` plays by the thousand. */
import { describe, expect, it, vi } from 'vitest';
import { shareOf } from '../support/share.ts';
import { runSeed } from './campaign.ts';
import { drawFaultMix, FIRST_CLASSES } from './fault-mix.ts';
import { runScenario } from './scenario.ts';

/** Seeds that found a mistake once. Each is kept, with what it was. */
const FOUND: readonly (readonly [number, string])[] = [
  [47, 'the stopped list was not searched again after the binding had changed'],
  [1025, 'a task that another environment saw serving long ago'],
  [1246, 'a pass wrote on less than the pass of another group had read'],
  [2800, 'a description was learned only when the whole lot had arrived'],
  [12_288, 'a registration that the quota refused was left alone past the next scheduled pass'],
  [14_132, 'a confirmation began less than 5 s after the proof'],
];

/** However busy the machine is: nothing here is about how long it takes. */
vi.setConfig({ testTimeout: 900_000 });

describe('scenarios of the simulated account', () => {
  it.each(FOUND)('seed %i: %s', async (seed) => {
    // With the faults that there were then: later ones would make another scenario of it.
    expect((await runSeed(seed, { allowed: new Set(FIRST_CLASSES) })).violations).toEqual([]);
  });

  it('seed 200635: an address that our stopped task had left was taken from the task that ECS had registered there since', async () => {
    expect(await runSeed(200_635)).toMatchObject({ violations: [], liveRemovals: 0 });
  });

  it.each([
    [11_526, "another stack's task that fails its checks, registered anew where ours had been"],
    [29_111, "a person's, registered anew after an outage"],
    [11_587, 'an old answer, read late, that showed a target of ours gone before it was registered'],
    [26_236, "a target that failed its checks after the end of our task, and that another stack's task answers"],
    [2_459, 'a read that failed while a registration waited, and a removal behind it'],
    [29_673, 'a registration that ELB took from one environment and refused to another'],
  ])('seed %i: %s', async (seed) => {
    expect(await runSeed(seed)).toMatchObject({ violations: [], unseenRemovals: 0 });
  });

  it("seed 13235: tells a live target that nothing showed to be a person's apart from one that something did", async () => {
    expect(await runSeed(13_235)).toMatchObject({ violations: [], liveRemovals: 0, unseenRemovals: 1 });
  });

  it('breaks no invariant in a share of 100 seeds that has every class of faults', async () => {
    const seeds = Array.from({ length: 100 }, (_, index) => 100_000 + index);
    for (const seed of shareOf(seeds, 6, (each) => drawFaultMix(each).classes)) {
      const report = await runSeed(seed);
      expect(report).toMatchObject({ seed, violations: [] });
    }
  });

  it('tells the same scenario for the same seed, to the byte', async () => {
    const lines: string[][] = [[], []];
    const hashes = [];
    for (const kept of lines) hashes.push((await runScenario(7, { trace: (line) => kept.push(line) })).hash);
    expect(lines[0]?.length).toBeGreaterThan(100);
    expect(lines[1]).toEqual(lines[0]);
    expect(hashes[1]).toBe(hashes[0]);
  });

  it('tells another scenario for another seed', async () => {
    expect((await runScenario(7)).hash).not.toBe((await runScenario(8)).hash);
  });
});
