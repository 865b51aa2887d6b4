/** Healthy hours by the seed, in a stack that begins fresh: which alarms ring although nothing is wrong. */
import { Random } from '../../../scripts/simulator/random.ts';
import { Life } from './life.ts';
import { driftAges, isGood } from './minutes.ts';
import { MINUTE_MS, World } from './world.ts';

const SLICE_MINUTES = 10;

export interface HealthyHours {
  readonly falseAlarms: readonly string[];
  readonly deployments: number;
  readonly crashes: number;
  readonly lostEvents: number;
  readonly minutes: number;
  readonly goodMinutes: number;
}

export async function playHours(seed: number, hours: number): Promise<HealthyHours> {
  const world = new World({}, true);
  const { watched } = world;
  const life = new Life(world, new Random(seed));
  const ages: (number | undefined)[] = [];
  for (let minute = 0; minute < hours * 60; minute += SLICE_MINUTES) {
    await watched.pass(SLICE_MINUTES * MINUTE_MS);
    ages.push(...driftAges(world, SLICE_MINUTES));
  }
  const rung = watched.alarms.transitions.filter(({ rings }) => rings);
  const falseAlarms = rung.map(
    ({ alarm, atMs }) => `seed ${seed}, minute ${Math.floor((atMs - world.startedAtMs) / MINUTE_MS)}: ${alarm}`,
  );
  return { ...life.counts, falseAlarms, minutes: ages.length, goodMinutes: ages.filter(isGood).length };
}
