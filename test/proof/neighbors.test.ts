/** A share of the stories that `npm run neighbors` plays by the thousand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { shareOf } from '../support/share.ts';
import { playNeighbor, WORLDS } from './neighbors.ts';

/** However busy the machine is: nothing here is about how long it takes. */
vi.setConfig({ testTimeout: 900_000 });

const PAGE = readFileSync(new URL('../../docs/proof.md', import.meta.url), 'utf8');

describe('stories beside another writer', () => {
  it.each(WORLDS.map(({ name }) => [name]))('break no promise: %s', async (name) => {
    for (const seed of shareOf([1, 2, 3], 3)) {
      const { violations, liveRemovals } = await playNeighbor(name, seed);
      expect({ seed, violations, liveRemovals }).toEqual({ seed, violations: [], liveRemovals: 0 });
    }
  });

  it.each(WORLDS.map(({ name }) => [name]))('stand in docs/proof.md: %s', (name) => {
    expect(PAGE, 'run `npm run neighbors -- --seeds 10000`').toContain(`\n| ${name} | `);
  });

  it('have a name that is known', () => {
    expect(() => playNeighbor('nobody', 1)).toThrow('There is no world "nobody"');
  });
});
