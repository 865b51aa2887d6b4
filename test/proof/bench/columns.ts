/** What a bench counts: the commonest days, and the fewest calls that keep the rules. */
import { type DeploymentOptions, QUICK } from '../../../scripts/simulator/deployment.ts';
import { replaceTenByTen } from '../../end-to-end/checks.ts';
import type { Contender } from './contenders.ts';
import { type Outcome, Stand, type StandOptions } from './stand.ts';

export interface Column {
  readonly what: string;
  readonly short: string;
  /** What was asked of ours. */
  readonly asked?: number;
  /** Nothing was asked: how far ours is from the fewest is told, and fails nobody. */
  readonly isToldOnly?: boolean;
  /** docs/performance.md derives it. */
  readonly fewest: number;
  readonly options?: StandOptions;
  play(stand: Stand): Promise<Outcome>;
}

/** A batch waits until it is full: the world goes on between batches, as it does when events come one by one. */
const FULL_BATCHES = { windowMs: 20_000 };
const ROLLING: DeploymentOptions = { unfiltered: true, lambda: FULL_BATCHES };

export const COLUMNS: readonly Column[] = [
  {
    what: 'rolling replacement 40 by 40, batches of 10',
    short: 'rolling 40 by 40, batches of 10',
    asked: 45,
    fewest: 31,
    options: { deployment: ROLLING },
    play: rolling,
  },
  {
    what: 'the same, batches of 50',
    short: 'batches of 50',
    asked: 30,
    fewest: 29,
    options: { deployment: { ...ROLLING, lambda: { ...FULL_BATCHES, batchSize: 50 } } },
    play: rolling,
  },
  {
    what: '100 tasks start at once',
    short: '100 starts',
    isToldOnly: true,
    fewest: fewestOfStarts(100),
    play: (stand) => burst(stand, 100),
  },
  {
    what: '1,000 tasks start at once',
    short: '1,000 starts',
    asked: 45,
    fewest: fewestOfStarts(1_000),
    play: (stand) => burst(stand, 1_000),
  },
  {
    what: '5,000 tasks start at once',
    short: '5,000 starts',
    isToldOnly: true,
    fewest: fewestOfStarts(5_000),
    play: (stand) => burst(stand, 5_000),
  },
  {
    what: '4 of 8 tasks replaced in each of 30 groups at once',
    short: '30 groups x 4 replaced',
    isToldOnly: true,
    fewest: 94,
    options: { groups: 30 },
    play: (stand) => replaceAtOnce(stand, 4),
  },
  {
    what: 'every event of 20 starts twice more',
    short: 'events three times: more',
    asked: 0,
    fewest: 0,
    play: (stand) => eventsAgain(stand, 0),
  },
  {
    what: 'the same, with a stop among them',
    short: 'with a stop: more',
    asked: 0,
    fewest: 1,
    play: (stand) => eventsAgain(stand, 1),
  },
  {
    what: 'an idle minute of a group of 1,000 tasks',
    short: 'idle minute, 1,000 tasks',
    fewest: 14,
    play: (stand) => idleMinute(stand, 1_000),
  },
];

/** As docs/performance.md derives it; of a hundred tasks and more. */
function fewestOfStarts(tasks: number): number {
  const pages = Math.ceil(tasks / 100);
  const rest = tasks - 20;
  return 2 * (3 + 3) + 1 + pages + Math.ceil(rest / 100) + Math.ceil(rest / 200) + 1;
}

export async function playColumn(contender: Contender, column: Column): Promise<Outcome> {
  const stand = await Stand.open(contender, column.options);
  try {
    return await column.play(stand);
  } finally {
    await stand.close();
  }
}

async function rolling(stand: Stand): Promise<Outcome> {
  if (stand.contender.trigger === 'schedule') stand.deployment.lambda.startSchedule(30_000);
  await replaceTenByTen(stand.deployment);
  return stand.outcome(0, Number.NaN);
}

export async function burst(stand: Stand, tasks: number): Promise<Outcome> {
  for (const place of stand.places) stand.start(place, tasks);
  return stand.watch(0);
}

/** Of the tasks of each group, as many are told to stop as have just begun to run, all at one moment. */
async function replaceAtOnce(stand: Stand, count: number): Promise<Outcome> {
  const old = await stand.inStep(count * 2);
  const { account, calls: before } = stand.deployment;
  for (const place of stand.places) {
    stand.start(place, count);
    const leaving = old.filter(({ group }) => group === `service:${place.service}`).slice(0, count);
    stand.deployment.clock.after(QUICK.provisioningMs + QUICK.pendingMs, () => {
      for (const task of leaving) account.ecs.stop(task);
    });
  }
  return stand.watch(before);
}

async function idleMinute(stand: Stand, tasks: number): Promise<Outcome> {
  await stand.inStep(tasks);
  await stand.minute();
  const before = stand.deployment.calls;
  await stand.minute();
  return stand.outcome(before, Number.NaN);
}

async function eventsAgain(stand: Stand, stops: number): Promise<Outcome> {
  const { deployment } = stand;
  const bodies: string[] = [];
  const { deliver } = deployment;
  deployment.deliver = (event) => {
    bodies.push(JSON.stringify(event));
    deliver(event);
  };
  const tasks = deployment.start(20);
  await deployment.pass(5_000);
  for (const task of tasks.slice(0, stops)) deployment.account.ecs.stop(task);
  await deployment.pass(20_000);
  if (stand.contender.trigger === 'schedule') await deployment.schedule();
  const before = deployment.calls;
  for (const body of [...bodies, ...bodies]) deployment.queue.send(body);
  await deployment.pass(20_000);
  return stand.outcome(before, Number.NaN);
}
