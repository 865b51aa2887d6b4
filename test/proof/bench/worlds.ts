/** The commonest days of a stack on the built bundle: how many calls each takes, and the fewest that keep the rules. */

import { Post } from '../../../scripts/cli/demo/post.ts';
import { chaptersOf } from '../../../scripts/cli/demo/scenario.ts';
import { cloudMapServiceArn } from '../../../scripts/simulator/account.ts';
import { type BundleBackend, bundleOverHttp } from '../../../scripts/simulator/backends.ts';
import { Deployment, type DeploymentOptions } from '../../../scripts/simulator/deployment.ts';
import { rollingReplacement } from '../../end-to-end/checks.ts';
import { countWrites, type WriteCounts } from './repeated-writes.ts';

export interface BenchRow {
  readonly what: string;
  readonly asked: number | undefined;
  /** docs/performance.md derives it. */
  readonly fewest: number;
  readonly options?: DeploymentOptions;
  /** Gives the number of calls. */
  run(deployment: Deployment): Promise<number>;
}

/** A batch waits until it is full: the world goes on between batches, as it does when events come one by one. */
const FULL_BATCHES = { windowMs: 20_000 };
/** The seed of `npm start`. */
const STORY_SEED = 20_260_301;

export const BENCH: readonly BenchRow[] = [
  {
    what: 'rolling replacement 40 by 40, batches of 10',
    asked: 45,
    fewest: 31,
    options: { unfiltered: true, lambda: FULL_BATCHES },
    run: rolling,
  },
  {
    what: 'the same, batches of 50',
    asked: 30,
    fewest: 29,
    options: { unfiltered: true, lambda: { ...FULL_BATCHES, batchSize: 50 } },
    run: rolling,
  },
  {
    what: '1,000 tasks start at once',
    asked: 45,
    fewest: 39,
    run: async (deployment) => {
      deployment.start(1_000);
      await deployment.pass(30_000);
      return deployment.calls;
    },
  },
  { what: 'an idle minute of a group of 1,000 tasks', asked: undefined, fewest: 14, run: idleMinute },
  { what: 'every event of 20 starts twice more', asked: 0, fewest: 0, run: (deployment) => eventsAgain(deployment, 0) },
  { what: 'the same, with a stop among them', asked: 0, fewest: 1, run: (deployment) => eventsAgain(deployment, 1) },
];

async function rolling(deployment: Deployment): Promise<number> {
  await rollingReplacement(deployment);
  return deployment.calls;
}

async function idleMinute(deployment: Deployment): Promise<number> {
  deployment.start(1_000);
  await deployment.pass(30_000);
  await deployment.schedule();
  const before = deployment.calls;
  await deployment.pass(60_001);
  await deployment.schedule();
  return deployment.calls - before;
}

async function eventsAgain(deployment: Deployment, stops: number): Promise<number> {
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
  const before = deployment.calls;
  for (const body of [...bodies, ...bodies]) deployment.queue.send(body);
  await deployment.pass(20_000);
  return deployment.calls - before;
}

/** A new deployment with the bundle on it. */
export async function onBundle<Value>(
  file: string,
  options: DeploymentOptions,
  use: (deployment: Deployment) => Promise<Value>,
): Promise<Value> {
  const deployment = new Deployment(options);
  const backend: BundleBackend = await bundleOverHttp(file, deployment);
  deployment.use(backend);
  try {
    return await use(deployment);
  } finally {
    await backend.close();
  }
}

/** The story of `npm start`: the same days, with events late, twice and lost. */
export function playStory(file: string): Promise<WriteCounts> {
  const service = cloudMapServiceArn('app');
  return onBundle(file, { settings: { cloudMapServices: [service] } }, async (deployment) => {
    deployment.group.deregistrationDelaySeconds = 30;
    deployment.account.ecs.reuseAfterMs = 5_000;
    const cloudMap = deployment.account.cloudMap.addService(service, 'app');
    cloudMap.tags.set('alb-target-sync', 'service=app');
    deployment.account.keepInstances('service:app', cloudMap);
    const counts = countWrites(deployment.service);
    const post = new Post(deployment, STORY_SEED, () => undefined);
    deployment.lambda.startSchedule(20_000);
    for (const { happen, lastsMs } of chaptersOf(deployment, cloudMap, post, STORY_SEED)) {
      happen();
      await deployment.pass(lastsMs);
    }
    return counts;
  });
}
