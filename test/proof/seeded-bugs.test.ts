/** The oracle, judged: each wrong algorithm still fits the sources, and is still noticed. `npm run oracle` does it from scratch. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { shareOf } from '../support/share.ts';
import { ACTS, playAct } from './acts.ts';
import { SEEDED_BUGS } from './seeded-bugs/all.ts';
import { hunt, patchedSources } from './seeded-bugs/plant.ts';

const PAGE = readFileSync(new URL('../../docs/proof.md', import.meta.url), 'utf8');

/** So many seeds after the one that caught it last: a change elsewhere may have moved the scenario a little. */
const SEEDS_MAX = 12;

/** The seed that caught the wrong algorithm when the table was written. */
function seedOf(name: string): number | undefined {
  const row = PAGE.split('\n').find((line) => line.startsWith(`| ${name} |`));
  const seeds = Number(row?.split('|').at(-2));
  return Number.isInteger(seeds) ? seeds : undefined;
}

/** However busy the machine is: nothing here is about how long it takes. */
vi.setConfig({ testTimeout: 900_000 });

describe('wrong algorithms', () => {
  it('are at least 80, each of its own name', () => {
    expect(SEEDED_BUGS.length).toBeGreaterThanOrEqual(80);
    expect(new Set(SEEDED_BUGS.map(({ name }) => name)).size).toBe(SEEDED_BUGS.length);
  });

  it.each(SEEDED_BUGS.map((bug) => [bug.name, bug] as const))('%s still fits the sources', (_name, bug) => {
    expect(patchedSources(bug).size).toBeGreaterThan(0);
  });

  it.each(SEEDED_BUGS.map(({ name }) => [name]))('%s stands in the kill table of docs/proof.md', (name) => {
    expect(seedOf(name), 'run `npm run oracle`').toBeDefined();
  });

  it.each(shareOf(SEEDED_BUGS, 4).map((bug) => [bug.name, bug] as const))('%s is caught', async (name, bug) => {
    const kill = await hunt(bug, seedOf(name) ?? 1, SEEDS_MAX);
    // A patch that no longer fits its surroundings throws: that is a broken program, and no wrong algorithm.
    expect(kill?.invariants).not.toContain('MISTAKE');
    expect(
      kill?.invariants.some((each) => bug.caughtBy.includes(each)),
      JSON.stringify(kill),
    ).toBe(true);
  });

  it.each(ACTS.map((act) => [act.name, act] as const))('the function itself breaks nothing in: %s', async (_name, act) => {
    for (const seed of [1, 2]) expect(await playAct(act, seed), `seed ${seed}`).toEqual([]);
  });
});
