/** The worlds in which somebody else writes to the group: each neighbor certain, beside the faults that a seed draws. */
import { runSeed, type SeedReport, shrink } from './campaign.ts';
import type { FaultClass, FaultMixOptions } from './fault-mix.ts';

interface World {
  readonly name: string;
  readonly also: readonly FaultClass[];
  /** How soon an address is handed on. */
  readonly reuseMs: (seed: number) => number;
  readonly lagMaxMs: number;
}

const NEIGHBORS: readonly { readonly name: string; readonly also: readonly FaultClass[] }[] = [
  { name: 'another stack', also: ['second stack'] },
  { name: 'a service that ECS attaches itself', also: ['native neighbor'] },
  { name: 'a person', also: ['person', 'hand-registered'] },
  { name: 'a controller that takes the group for its own', also: ['sole owner'] },
];

/** What is promised, and what is only published: AWS may hand an address on within a second or three. */
export const WORLDS: readonly World[] = [
  ...NEIGHBORS.map((each) => ({ ...each, reuseMs: (seed: number) => (seed % 2 === 0 ? 5_000 : 30_000), lagMaxMs: 3_000 })),
  ...NEIGHBORS.map((each) => ({
    name: `${each.name}; addresses re-used after 1 to 3 s, reads up to 10 s behind`,
    also: each.also,
    reuseMs: (seed: number) => 1_000 + ((seed * 997) % 2_001),
    lagMaxMs: 10_000,
  })),
];

function optionsOf({ also, reuseMs, lagMaxMs }: World, seed: number): FaultMixOptions {
  return { also: [...also, 'cold starts'], fixed: { reuseAfterMs: reuseMs(seed), lagMaxMs, coldStartP: 0.3 } };
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
