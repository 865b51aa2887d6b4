/** What DescribeTasks and DescribeContainerInstances tell beyond what the function reads of them. */
import {
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  type Task as SdkTask,
} from '@aws-sdk/client-ecs';
import { chunks } from '../../../functions/core/batches.ts';
import type { Task } from '../../../functions/core/task.ts';
import type { ContainerInstance } from './limits.ts';
import type { Looker } from './looker.ts';

export interface Interface {
  readonly id: string | undefined;
  readonly subnet: string | undefined;
  readonly containerInstance: string | undefined;
}

const TASKS_MAX = 100;
/** What ECS waits when a container names nothing, and the most that it can name on Fargate (ECS guide, "Container timeouts"). */
const STOP_TIMEOUT_DEFAULT_SECONDS = 30;

export async function readTasks(looker: Looker, ecs: ECSClient, tasks: readonly Task[]): Promise<SdkTask[]> {
  const clusters = Map.groupBy(tasks, ({ cluster }) => cluster);
  const pieces = [...clusters].flatMap(([cluster, members]) =>
    chunks(
      members.map(({ arn }) => arn),
      TASKS_MAX,
    ).map((arns) => ({ cluster, arns })),
  );
  const answers = pieces.map(({ cluster, arns }) =>
    looker.try(
      'DescribeTasks',
      `${arns.length} tasks of ${cluster}`,
      async () => (await ecs.send(new DescribeTasksCommand({ cluster, tasks: arns }))).tasks ?? [],
      [],
    ),
  );
  return (await Promise.all(answers)).flat();
}

export function interfaceOf({ attachments, containerInstanceArn }: SdkTask): Interface {
  const details = attachments?.find(({ type }) => type === 'ElasticNetworkInterface')?.details ?? [];
  const detail = (name: string): string | undefined => details.find((each) => each.name === name)?.value;
  return { id: detail('networkInterfaceId'), subnet: detail('subnetId'), containerInstance: containerInstanceArn };
}

export async function readStopTimeout(
  looker: Looker,
  ecs: ECSClient,
  definition: string,
): Promise<{ definition: string; seconds: number }[]> {
  return looker.try(
    'DescribeTaskDefinition',
    definition,
    async () => {
      const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: definition }));
      const seconds = (taskDefinition?.containerDefinitions ?? []).map(
        ({ stopTimeout }) => stopTimeout ?? STOP_TIMEOUT_DEFAULT_SECONDS,
      );
      return [{ definition, seconds: Math.min(STOP_TIMEOUT_DEFAULT_SECONDS * 4, ...seconds) }];
    },
    [],
  );
}

export async function readContainerInstances(
  looker: Looker,
  ecs: ECSClient,
  tasks: readonly SdkTask[],
): Promise<ContainerInstance[]> {
  const placed = tasks.filter(
    ({ containerInstanceArn, lastStatus }) => containerInstanceArn !== undefined && lastStatus !== 'STOPPED',
  );
  const clusters = Map.groupBy(placed, ({ clusterArn }) => clusterArn);
  const pieces = [...clusters].flatMap(([cluster, members]) =>
    chunks([...new Set(members.flatMap(({ containerInstanceArn }) => containerInstanceArn ?? []))], TASKS_MAX).map((arns) => ({
      cluster,
      arns,
    })),
  );
  const answers = pieces.map(({ cluster, arns }) =>
    looker.try(
      'DescribeContainerInstances',
      `${arns.length} container instances`,
      async () => {
        const answer = await ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances: arns }));
        return Promise.all(
          (answer.containerInstances ?? []).map(async ({ containerInstanceArn: arn = '', attributes = [] }) => ({
            arn,
            type: attributes.find(({ name }) => name === 'ecs.instance-type')?.value ?? '',
            hasTrunk: attributes.some(({ name }) => name === 'ecs.awsvpc-trunk-id'),
            tasks: await countInterfaces(ecs, cluster, arn),
          })),
        );
      },
      [],
    ),
  );
  return (await Promise.all(answers)).flat();
}

/** Tasks of anybody on the container instance that have an interface of their own. An instance takes at most 120 of them. */
async function countInterfaces(ecs: ECSClient, cluster: string | undefined, containerInstance: string): Promise<number> {
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, containerInstance, maxResults: TASKS_MAX }));
  if (taskArns.length === 0) return 0;
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  return tasks.filter((task) => interfaceOf(task).subnet !== undefined || interfaceOf(task).id !== undefined).length;
}
