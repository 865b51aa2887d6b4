/** The worlds in which somebody else writes to the group: each neighbor certain, beside the faults that a seed draws. */
import { runSeed, type SeedReport, shrink } from './campaign.ts';
import type { FaultClass, FaultMix, FaultMixOptions } from './fault-mix.ts';

interface World {
  readonly name: string;
  readonly also: readonly FaultClass[];
  readonly fixed: (seed: number) => Partial<FaultMix>;
  /** Whether each seed draws faults beside these, as in `npm run simulate`. */
  readonly withDrawnFaults: boolean;
  /** The share of the stories that is played of this world. */
  readonly share: number;
}

const NEIGHBORS: readonly { readonly name: string; readonly also: readonly FaultClass[] }[] = [
  { name: 'another stack', also: ['second stack'] },
  { name: 'a service that ECS attaches itself', also: ['native neighbor'] },
  { name: 'a person', also: ['person', 'hand-registered'] },
  { name: 'a controller that takes the group for its own', also: ['sole owner'] },
];

/** New environments all the time, reads up to 3 s behind, and one event of twenty lost: what makes removals come late. */
const HARDSHIP: Partial<FaultMix> = { coldStartP: 0.3, lagMaxMs: 3_000, lossP: 0.05 };
/** Every other story has a subnet that hands addresses on soon. */
const promised = (seed: number): Partial<FaultMix> => ({ ...HARDSHIP, reuseAfterMs: seed % 2 === 0 ? 5_000 : 30_000 });

/** First what is promised, and then what is only published: anything else may go wrong as well, or addresses be handed on faster. */
export const WORLDS: readonly World[] = [
  ...NEIGHBORS.map((each) => ({
    ...each,
    fixed: promised,
    withDrawnFaults: false,
    share: 1,
  })),
  ...NEIGHBORS.map((each) => ({
    ...each,
    name: `${each.name}; and every fault of the random scenarios`,
    fixed: promised,
    withDrawnFaults: true,
    share: 0.1,
  })),
  ...NEIGHBORS.map((each) => ({
    ...each,
    name: `${each.name}; addresses re-used after 1 to 3 s, reads up to 10 s behind`,
    fixed: (seed: number) => ({ ...HARDSHIP, reuseAfterMs: 1_000 + ((seed * 997) % 2_001), lagMaxMs: 10_000 }),
    withDrawnFaults: false,
    share: 0.1,
  })),
];

function optionsOf({ also, fixed, withDrawnFaults }: World, seed: number): FaultMixOptions {
  const drawn = withDrawnFaults ? {} : { allowed: new Set<FaultClass>() };
  return { ...drawn, also: [...also, 'cold starts', 'losses'], fixed: fixed(seed) };
}

export function playNeighbor(name: string, seed: number): Promise<SeedReport> {
  return runSeed(seed, optionsOf(worldOf(name), seed));
}

/** The smallest mix in which the seed still fails beside this neighbor. */
export function shrinkNeighbor(name: string, seed: number): ReturnType<typeof shrink> {
  return shrink(seed, optionsOf(worldOf(name), seed));
}

function worldOf(name: string): World {
  const world = WORLDS.find((each) => each.name === name);
  if (world === undefined)
    throw new Error(`There is no world "${name}"; there are: ${WORLDS.map((each) => each.name).join('; ')}.`);
  return world;
}
