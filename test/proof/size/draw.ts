/** What a seed plays at size: how many groups and tasks, what changes, and what befalls the first of the groups. */
import { Random } from '../../../scripts/simulator/random.ts';
import type { SizeOptions, SizeResult } from './scene.ts';

export function drawSize(seed: number): SizeOptions {
  const random = new Random(seed);
  const groups = random.whole(5, 30);
  const tasks = random.pick([20, 20, 20, 100, 100, 300, 1_000]);
  const events = random.pick(['delivered', 'delivered', 'lost'] as const);
  const refusedTargets = random.chance(0.3) ? random.whole(1, 60) : 0;
  // Others' targets in a group keep late removals there: they are left to a person, and no story waits for them.
  const stoppedTasks = events === 'delivered' && random.chance(0.2) ? 10_000 : undefined;
  return {
    groups,
    tasks,
    events,
    replaced: Math.min(tasks, random.pick([1, 4, 10])),
    stopsAfterMs: random.pick([0, 10_000, 40_000]),
    scheduleAfterMs: random.whole(5, 59) * 1_000,
    hardship: { refusedTargets, crashes: random.chance(0.3), ...(stoppedTasks === undefined ? {} : { stoppedTasks }) },
  };
}

/** What the seed has broken: a write that was wrong in truth, a change that was never made, a failure or a message that was given up. */
export function brokenBy(result: SizeResult): string[] {
  const open = [...result.registerMs, ...result.deregisterMs].filter((ms) => !Number.isFinite(ms)).length;
  const never = open - result.leftReported;
  return [
    ...result.violations.map(({ invariant, detail }) => `${invariant}: ${detail}`),
    ...(never > 0 ? [`${never} changes were never made`] : []),
    ...(result.deadLetters > 0 ? [`${result.deadLetters} dead letters`] : []),
    ...(result.failedInvocations > 0 ? [`${result.failedInvocations} invocations failed`] : []),
  ];
}
