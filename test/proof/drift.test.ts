/** Generated histories against the check of Cloud Map services; `npm run simulate:drift` plays more of them. */
import { describe, expect, it } from 'vitest';
import { shareOf } from '../support/share.ts';
import { tellDriftRun } from './drift/run.ts';
import { PLANTS } from './drift/seeded-bugs.ts';

const HISTORIES = 400;
/** A wrong check has to be caught in fewer than these. */
const CAUGHT_WITHIN = 60;

describe('generated histories of tasks and instances', () => {
  it(`are told truly, wholly and with the right ages: a share of ${HISTORIES}`, async () => {
    const seeds = shareOf(
      Array.from({ length: HISTORIES }, (_, index) => index + 1),
      3,
    );
    const sums = { due: 0, found: 0, findings: 0 };
    const kinds = new Set<string>();
    for (const seed of seeds) {
      const scenario = await tellDriftRun(seed);
      expect({ seed, mistakes: scenario.mistakes }).toEqual({ seed, mistakes: [] });
      sums.due += scenario.due;
      sums.found += scenario.found;
      sums.findings += scenario.findings;
      for (const kind of [...scenario.foundAfterMs.keys(), ...scenario.ageErrorMs.keys()]) kinds.add(kind.split(',')[0] ?? '');
    }
    expect(sums.found).toBe(sums.due);
    // Enough has to come up for the sentence above to mean something.
    expect(sums.due).toBeGreaterThan(seeds.length);
    expect([...kinds].sort()).toEqual(['draining', 'foreign', 'mismatched', 'missing', 'stale']);
  });

  it('are the same for the same seed', async () => {
    expect(await tellDriftRun(7)).toEqual(await tellDriftRun(7));
  });

  it.each(PLANTS)('notice a check that $name', async (plant) => {
    for (let seed = 1; seed < CAUGHT_WITHIN; seed += 1) {
      const { mistakes } = await tellDriftRun(seed, plant);
      if (mistakes.length > 0) return;
    }
    expect.unreachable(`${CAUGHT_WITHIN} histories have not noticed it.`);
  });
});
