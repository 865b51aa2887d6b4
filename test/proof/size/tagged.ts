/** An account full of target groups, some of which have the tag: what finding them costs, and how soon a newly tagged one is in step. */
import { targetGroupArn } from '../../../scripts/simulator/account.ts';
import { inProcess } from '../../../scripts/simulator/backends.ts';
import { CLUSTER, Deployment, QUICK } from '../../../scripts/simulator/deployment.ts';
import type { GroupRecord } from '../../../scripts/simulator/elb.ts';

export interface TaggedOptions {
  readonly groups: number;
  readonly tagged: number;
  /** Of the changed tags. */
  readonly events: 'delivered' | 'lost';
  /** How far the index of tags is behind. */
  readonly indexLagMs: number;
}

export interface TaggedResult {
  /** In a minute in which nothing happens, by operation. */
  readonly callsPerMinute: ReadonlyMap<string, number>;
  /** From the tag to the last registration, for each newly tagged group. */
  readonly inStepMs: readonly number[];
}

const NEWLY_TAGGED = 5;
const TASKS = 2;
const MINUTES = 10;
const PATIENCE_MS = 300_000;

export async function runTagged({ groups, tagged, events, indexLagMs }: TaggedOptions): Promise<TaggedResult> {
  const deployment = new Deployment({ settings: { clusters: [], targetGroups: [], binding: '' } });
  const { account, lambda } = deployment;
  // Others use half of what AWS lets through.
  account.buckets.othersUse = 0.5;
  account.tagging.lagMs = () => indexLagMs;
  if (events === 'lost') deployment.deliverTag = () => undefined;
  const records = Array.from({ length: groups }, (_, index) => account.elb.addGroup({ arn: targetGroupArn(`g${index}`) }));
  // Most groups of an account have tags, and other ones than ours.
  for (const record of records) record.tags.set('team', record.name);
  const ours = records.slice(0, tagged + NEWLY_TAGGED);
  for (const { name } of ours) {
    account.ecs.addService(CLUSTER, name);
    deployment.start(TASKS, { group: `service:${name}`, definition: `${name}:1`, timing: QUICK });
  }
  const bind = (record: GroupRecord): void => account.changeTag(record, 'alb-target-sync', `service=${record.name} port=8080`);
  for (const record of ours.slice(0, tagged)) bind(record);
  deployment.use(inProcess());
  lambda.startSchedule(60_000);
  await deployment.pass(5 * 60_000);
  account.calls.clear();
  await deployment.pass(MINUTES * 60_000);
  const callsPerMinute = new Map([...account.calls].map(([name, count]) => [name, count / MINUTES]));
  const fresh = ours.slice(tagged);
  // At the worst moment: the next schedule just misses it, however far the index is behind.
  await deployment.pass((60_000 - indexLagMs + 1_000) % 60_000);
  const taggedAtMs = deployment.clock.now();
  for (const record of fresh) bind(record);
  const settledMs = new Map<string, number>();
  const isLate = (): boolean => deployment.clock.now() - taggedAtMs > PATIENCE_MS;
  while (settledMs.size < fresh.length && !isLate()) {
    await deployment.pass(100);
    for (const record of fresh) {
      const isIn = account.elb.registered(record).length === TASKS;
      if (isIn && !settledMs.has(record.arn)) settledMs.set(record.arn, deployment.clock.now() - taggedAtMs);
    }
  }
  return { callsPerMinute, inStepMs: fresh.map(({ arn }) => settledMs.get(arn) ?? Number.POSITIVE_INFINITY) };
}
