/** The metric `DriftAge` by the minute, as the objective looks at it. */
import { PERIOD_MS, statistic } from '../../../scripts/simulator/cloudwatch.ts';
import { NAMES } from '../../../scripts/tools/template/alarms.ts';
import type { World } from './world.ts';

const DRIFT_AGE = { namespace: 'AlbTargetSync', name: 'DriftAge', dimensions: { service: NAMES.stack } };
/** The objective: a minute is good while the drift age is below. */
export const GOOD_BELOW_SECONDS = 60;

/** The greatest drift age in seconds of each of the last minutes; undefined where no scheduled pass told one. */
export function driftAges({ watched, nowMs }: World, minutes: number): (number | undefined)[] {
  const end = Math.floor(nowMs / PERIOD_MS);
  return Array.from({ length: minutes }, (_, index) =>
    statistic(watched.cloudWatch.values(DRIFT_AGE, end - minutes + index), 'Maximum'),
  );
}

/** A minute of which nobody knows the drift age is none of the good ones. */
export function isGood(seconds: number | undefined): boolean {
  return seconds !== undefined && seconds < GOOD_BELOW_SECONDS;
}
