/** Which tasks have an address now, of whatever service or family: all running ones of every cluster that can be read. */
import { DescribeTasksCommand, ECSClient, ListClustersCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import type { ClientOptions } from '../../../functions/adapters/aws.ts';
import { kindOf } from '../../../functions/adapters/outcome.ts';
import { chunks, DESCRIBE_TASKS_MAX } from '../../../functions/core/batches.ts';
import { valuesOf } from '../../../functions/core/result.ts';
import { arnParts, type ClusterArn, isSamePlace, type Place, parseClusterArn } from '../../../functions/core/values.ts';
import type { Resource } from '../answer.ts';
import type { Looker } from '../drift/looker.ts';

/** A running task, or one that is about to run, at an address. */
export interface Holder {
  readonly taskArn: string;
  /** `service:NAME` or `family:NAME`, as ECS has it. */
  readonly group: string;
  readonly cluster: string;
  readonly status: string;
}

interface Holders {
  /** By IP address. */
  readonly at: ReadonlyMap<string, readonly Holder[]>;
  readonly clusters: readonly Resource[];
}

/** `here` is the place whose clusters are searched for; `named` are those that the settings and lines name, wherever they are. */
export async function readHolders(
  looker: Looker,
  options: ClientOptions,
  here: Place | undefined,
  named: readonly ClusterArn[],
): Promise<Holders> {
  const ecs = looker.watch(new ECSClient(options));
  const found = await looker.try('ListClusters', 'all clusters', () => clustersOf(ecs), undefined);
  const at = new Map<string, Holder[]>();
  const clusters: Resource[] =
    found === undefined
      ? [{ type: 'cluster', name: 'clusters that no line names', isRead: false, why: 'they could not be listed' }]
      : [];
  for (const cluster of [...new Set([...named, ...(found ?? [])])].sort()) {
    const { name } = arnParts(cluster);
    // Their roles let the function in, and nobody else.
    const isElsewhere = here !== undefined && !isSamePlace(arnParts(cluster), here);
    const tasks = isElsewhere ? undefined : await looker.try('ListTasks', name, () => tasksOf(ecs, cluster), undefined);
    const why = isElsewhere ? 'it is in another account or region' : 'it could not be read';
    clusters.push({ type: 'cluster', name, isRead: tasks !== undefined, why: tasks === undefined ? why : null });
    for (const task of tasks ?? []) {
      for (const ip of addressesOf(task)) at.set(ip, [...(at.get(ip) ?? []), holderOf(task, name)]);
    }
  }
  return { at, clusters };
}

async function clustersOf(ecs: ECSClient): Promise<ClusterArn[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await ecs.send(new ListClustersCommand({ nextToken }));
    arns.push(...(answer.clusterArns ?? []));
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
  return valuesOf(arns.map(parseClusterArn));
}

/** A cluster that is gone has no tasks. */
async function tasksOf(ecs: ECSClient, cluster: ClusterArn): Promise<Task[]> {
  try {
    return await runningTasks(ecs, cluster);
  } catch (error) {
    if (kindOf(error) === 'gone') return [];
    throw error;
  }
}

async function runningTasks(ecs: ECSClient, cluster: ClusterArn): Promise<Task[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await ecs.send(new ListTasksCommand({ cluster, desiredStatus: 'RUNNING', nextToken }));
    arns.push(...(answer.taskArns ?? []));
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
  const tasks: Task[] = [];
  // One after the other: a person can wait, and the function needs the same rates.
  for (const chunk of chunks(arns, DESCRIBE_TASKS_MAX)) {
    tasks.push(...((await ecs.send(new DescribeTasksCommand({ cluster, tasks: chunk }))).tasks ?? []));
  }
  return tasks;
}

function addressesOf({ attachments = [] }: Task): string[] {
  const details = attachments
    .filter(({ type, status }) => type === 'ElasticNetworkInterface' && status !== 'DELETED')
    .flatMap((attachment) => attachment.details ?? []);
  return details.flatMap(({ name, value }) => (/^(privateIPv4Address|ipv6Address)$/.test(name ?? '') && value ? [value] : []));
}

function holderOf({ taskArn = '', group = '', lastStatus = 'UNKNOWN' }: Task, cluster: string): Holder {
  return { taskArn, group, cluster, status: lastStatus };
}
