/** The story of `npm start` on the built bundle, for what it writes. */

import { Post } from '../../../scripts/cli/demo/post.ts';
import { chaptersOf } from '../../../scripts/cli/demo/scenario.ts';
import { cloudMapServiceArn } from '../../../scripts/simulator/account.ts';
import { bundleOverHttp } from '../../../scripts/simulator/backends.ts';
import { Deployment } from '../../../scripts/simulator/deployment.ts';
import { countWrites, type WriteCounts } from './repeated-writes.ts';

/** The seed of `npm start`. */
const STORY_SEED = 20_260_301;

/** The story of `npm start`: the same days, with events late, twice and lost. */
export async function playStory(file: string): Promise<WriteCounts> {
  const service = cloudMapServiceArn('app');
  const deployment = new Deployment({ settings: { cloudMapServices: [service] } });
  const backend = await bundleOverHttp(file, deployment);
  deployment.use(backend);
  try {
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
  } finally {
    await backend.close();
  }
}
