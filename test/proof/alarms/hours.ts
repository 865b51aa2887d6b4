/** Healthy hours by the seed: fresh stacks, rolling deployments, scaling, crashes, cold starts, and an event lost now and then. */
import { PERIOD_MS, statistic } from '../../../scripts/simulator/cloudwatch.ts';
import { Random } from '../../../scripts/simulator/random.ts';
import { NAMES } from '../../../scripts/tools/template/alarms.ts';
import { LINE, MINUTE_MS, World } from './world.ts';

const DRIFT_AGE = { namespace: 'AlbTargetSync', name: 'DriftAge', dimensions: { service: NAMES.stack } };
/** The objective: a minute is good while the drift age is below. */
const GOOD_BELOW_SECONDS = 60;
const LOST_OF_EVENTS = 0.02;
/** As long as ECS waits before it stops the tasks that others replace. */
const REPLACED_AFTER_MS = 75_000;
const SLICE_MINUTES = 10;

export interface HealthyHours {
  readonly falseAlarms: readonly string[];
  readonly minutes: number;
  readonly goodMinutes: number;
  readonly deployments: number;
  readonly crashes: number;
  readonly lostEvents: number;
}

export async function playHours(seed: number, hours: number): Promise<HealthyHours> {
  const world = new World({}, true);
  const random = new Random(seed);
  const counts = { deployments: 0, crashes: 0, lostEvents: 0, minutes: 0, goodMinutes: 0 };
  const { deployment, watched, account } = world;
  deployment.deliver = (event) => {
    if (random.chance(LOST_OF_EVENTS)) counts.lostEvents += 1;
    else deployment.clock.after(random.whole(50, 300), () => deployment.queue.send(JSON.stringify(event)));
  };
  const replace = (count: number): void => {
    world.start(count);
    deployment.clock.after(REPLACED_AFTER_MS, () => {
      for (let each = 0; each < count && world.tasks.length > count; each += 1) world.stopOldest();
    });
  };
  const deploy = (): void => {
    counts.deployments += 1;
    const step = Math.max(1, Math.ceil(world.tasks.length / random.whole(1, 4)));
    const steps = Math.ceil(world.tasks.length / step);
    for (let each = 0; each < steps; each += 1) deployment.clock.after(each * 2 * MINUTE_MS, () => replace(step));
  };
  const crash = (): void => {
    const task = world.tasks.shift();
    if (task === undefined) return;
    counts.crashes += 1;
    account.ecs.crash(task);
    world.start(1);
  };
  const scale = (): void => {
    if (random.chance(0.5)) world.start(random.whole(1, 5));
    else for (let count = random.whole(1, 3); count > 0 && world.tasks.length > 2; count -= 1) world.stopOldest();
  };
  const often = (): void => {
    deployment.clock.after(random.whole(10, 120) * MINUTE_MS, () => {
      const dice = random.next();
      if (dice < 0.5) deploy();
      else if (dice < 0.7) scale();
      else if (dice < 0.85) crash();
      else deployment.lambda.replaceEnvironments();
      often();
    });
  };
  deployment.clock.after(random.whole(0, 120) * MINUTE_MS, () => {
    world.tag(LINE);
    world.start(random.whole(2, 20));
    often();
  });
  for (let minute = 0; minute < hours * 60; minute += SLICE_MINUTES) {
    await watched.pass(SLICE_MINUTES * MINUTE_MS);
    const end = Math.floor(world.nowMs / PERIOD_MS);
    for (let each = end - SLICE_MINUTES; each < end; each += 1) {
      const seconds = statistic(watched.cloudWatch.values(DRIFT_AGE, each), 'Maximum');
      counts.minutes += 1;
      if (seconds !== undefined && seconds < GOOD_BELOW_SECONDS) counts.goodMinutes += 1;
    }
  }
  const rung = watched.alarms.transitions.filter(({ rings }) => rings);
  const falseAlarms = rung.map(
    ({ alarm, atMs }) => `seed ${seed}, minute ${Math.floor((atMs - world.startedAtMs) / MINUTE_MS)}: ${alarm}`,
  );
  return { ...counts, falseAlarms };
}
