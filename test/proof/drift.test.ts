/** Generated histories against the check of Cloud Map services; `npm run simulate:drift` plays more of them. */
import { describe, expect, it } from 'vitest';
import { tellDriftStory } from './drift/run.ts';
import { PLANTS } from './drift/seeded-bugs.ts';

const HISTORIES = 400;
/** A wrong check has to be caught in fewer than these. */
const CAUGHT_WITHIN = 60;

describe('generated histories of tasks and instances', () => {
  it(`are told truly, wholly and with the right ages: ${HISTORIES} of them`, async () => {
    const sums = { due: 0, found: 0, findings: 0 };
    const kinds = new Set<string>();
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const story = await tellDriftStory(seed);
      expect({ seed, mistakes: story.mistakes }).toEqual({ seed, mistakes: [] });
      sums.due += story.due;
      sums.found += story.found;
      sums.findings += story.findings;
      for (const kind of [...story.foundAfterMs.keys(), ...story.ageErrorMs.keys()]) kinds.add(kind.split(',')[0] ?? '');
    }
    expect(sums.found).toBe(sums.due);
    // Enough has to come up for the sentence above to mean something.
    expect(sums.due).toBeGreaterThan(HISTORIES);
    expect([...kinds].sort()).toEqual(['draining', 'foreign', 'mismatched', 'missing', 'stale']);
  });

  it('are the same for the same seed', async () => {
    expect(await tellDriftStory(7)).toEqual(await tellDriftStory(7));
  });

  it.each(PLANTS)('notice a check that $name', async (plant) => {
    for (let seed = 1; seed < CAUGHT_WITHIN; seed += 1) {
      const { mistakes } = await tellDriftStory(seed, plant);
      if (mistakes.length > 0) return;
    }
    expect.unreachable(`${CAUGHT_WITHIN} histories have not noticed it.`);
  });
});
