/** An account with thousands of target groups: what it costs to find those with the tag, and how soon a new one is in step. */
import { describe, expect, it } from 'vitest';
import { environmentBytes, policyCharacters } from './deployed.ts';
import { runTagged } from './tagged.ts';

const ACCOUNT = { groups: 3_000, tagged: 100 } as const;

describe('a stack without a parameter, in an account of 3,000 groups of which 100 are tagged', () => {
  it('makes 7 calls a minute to find them, and as many in a small account with as many tagged ones', async () => {
    for (const groups of [105, ACCOUNT.groups]) {
      const { callsPerMinute, inStepMs } = await runTagged({ ...ACCOUNT, groups, events: 'delivered', indexLagMs: 0 });
      // GetResources finds groups once and tasks on hold once; 20 groups go into one DescribeTags.
      expect([callsPerMinute.get('GetResources'), callsPerMinute.get('DescribeTags')]).toEqual([2, 5]);
      expect(callsPerMinute.get('DescribeTargetGroups')).toBeUndefined();
      expect([...callsPerMinute.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(220);
      expect(Math.max(...inStepMs)).toBeLessThanOrEqual(5_000);
    }
  });

  it.each([
    [0, 75_000],
    [30_000, 105_000],
  ])(
    'has a newly tagged group in step within two minutes where its event is lost, with an index %i ms behind',
    async (indexLagMs, withinMs) => {
      const { inStepMs } = await runTagged({ ...ACCOUNT, events: 'lost', indexLagMs });
      expect(inStepMs).toHaveLength(5);
      expect(Math.max(...inStepMs)).toBeLessThanOrEqual(withinMs);
    },
  );

  it('is nowhere near the limits of environment and policies, which do not know of groups', () => {
    expect(environmentBytes()).toBeLessThan(512);
    expect(policyCharacters()).toBeLessThan(2_500);
  });
});
