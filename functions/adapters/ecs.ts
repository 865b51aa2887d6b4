/** Amazon ECS: one method per call, in our words. */
import {
  type Attachment,
  type ContainerDefinition,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListClustersCommand,
  ListServicesCommand,
  ListTasksCommand,
  type Task as SdkTask,
  type Service,
} from '@aws-sdk/client-ecs';
import type { AwsApi } from '../app/ports.ts';
import { LIST_SERVICES_MAX } from '../core/batches.ts';
import { HOLD, TAG } from '../core/binding-sources.ts';
import type { DescribedService } from '../core/configuration.ts';
import { definitionOf } from '../core/event.ts';
import {
  type Definition,
  type DescribedTask,
  parseDesiredStatus,
  parseHealthStatus,
  parseInterfaceStatus,
  parseLastStatus,
} from '../core/task.ts';
import {
  type ClusterArn,
  familyOf,
  type IpAddress,
  type IpFamily,
  parseClusterArn,
  parseIpAddress,
  parsePort,
  parseTaskArn,
} from '../core/values.ts';
import { outcomeOf, required, UnreadableAnswer } from './outcome.ts';
import type { ClientFor } from './places.ts';

export type EcsApi = Pick<
  AwsApi,
  'ListTasks' | 'DescribeTasks' | 'DescribeServices' | 'DescribeTaskDefinition' | 'ListClusters' | 'ListServices'
>;

/** What ECS waits between SIGTERM and SIGKILL when a container names nothing (ECS guide, "Container timeouts"). */
const STOP_TIMEOUT_DEFAULT_SECONDS = 30;

export function createEcsApi(clientFor: ClientFor<ECSClient>): EcsApi {
  return {
    ListTasks: ({ selector, desired, nextToken }) =>
      outcomeOf(async (abortSignal) => {
        const filter = selector.kind === 'service' ? { serviceName: selector.name } : { family: selector.name };
        const command = new ListTasksCommand({ cluster: selector.cluster, desiredStatus: desired, ...filter, nextToken });
        const answer = await clientFor(selector.cluster).send(command, { abortSignal });
        const items = required(answer.taskArns, 'taskArns').map((arn) => {
          const parsed = parseTaskArn(arn);
          if (!parsed.ok) throw new UnreadableAnswer(`a taskArn is ${arn}; expected ${parsed.problem}`);
          return parsed.value;
        });
        return { items, nextToken: answer.nextToken };
      }),

    DescribeTasks: ({ cluster, tasks }) =>
      outcomeOf(async (abortSignal) => {
        const command = new DescribeTasksCommand({ cluster, tasks: [...tasks], include: ['TAGS'] });
        const answer = await clientFor(cluster).send(command, { abortSignal });
        // `failures` names the tasks that ECS does not know (MISSING). They are left out here: unknown, not stopped.
        return required(answer.tasks, 'tasks').map(taskFrom);
      }),

    DescribeServices: ({ cluster, names }) =>
      outcomeOf(async (abortSignal) => {
        const command = new DescribeServicesCommand({ cluster, services: [...names] });
        const answer = await clientFor(cluster).send(command, { abortSignal });
        return required(answer.services, 'services').map(serviceFrom);
      }),

    DescribeTaskDefinition: ({ cluster, definition }) =>
      outcomeOf(async (abortSignal) => {
        const command = new DescribeTaskDefinitionCommand({ taskDefinition: definition });
        const answer = await clientFor(cluster).send(command, { abortSignal });
        return definitionFrom(required(answer.taskDefinition?.containerDefinitions, 'containerDefinitions'));
      }),

    ListClusters: ({ nextToken }) =>
      outcomeOf(async (abortSignal) => {
        const answer = await clientFor().send(new ListClustersCommand({ nextToken }), { abortSignal });
        return { items: required(answer.clusterArns, 'clusterArns').map(clusterFrom), nextToken: answer.nextToken };
      }),

    ListServices: ({ cluster, nextToken }) =>
      outcomeOf(async (abortSignal) => {
        const command = new ListServicesCommand({ cluster, nextToken, maxResults: LIST_SERVICES_MAX });
        const answer = await clientFor(cluster).send(command, { abortSignal });
        const names = required(answer.serviceArns, 'serviceArns').map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
        return { items: names, nextToken: answer.nextToken };
      }),
  };
}

export function definitionFrom(containers: readonly ContainerDefinition[]): Definition {
  const seconds = containers.map(({ stopTimeout }) => stopTimeout ?? STOP_TIMEOUT_DEFAULT_SECONDS);
  const mappings = containers.flatMap(({ portMappings }) => portMappings ?? []);
  return {
    stopTimeoutSeconds: seconds.length === 0 ? STOP_TIMEOUT_DEFAULT_SECONDS : Math.min(...seconds),
    ports: mappings.flatMap(({ name, containerPort }) => {
      const port = parsePort(containerPort);
      return port.ok ? [{ name, port: port.value }] : [];
    }),
  };
}

function clusterFrom(text: string | undefined): ClusterArn {
  const cluster = parseClusterArn(text);
  if (!cluster.ok) throw new UnreadableAnswer(`a clusterArn is ${text}; expected ${cluster.problem}`);
  return cluster.value;
}

/** A task as DescribeTasks gives it. */
export function taskFrom(described: SdkTask): DescribedTask {
  const arn = parseTaskArn(described.taskArn);
  if (!arn.ok) throw new UnreadableAnswer(`a taskArn is ${described.taskArn}; expected ${arn.problem}`);
  const attachment = described.attachments?.find(isNetworkInterface);
  return {
    arn: arn.value,
    cluster: clusterFrom(described.clusterArn),
    version: described.version ?? 0,
    desired: parseDesiredStatus(described.desiredStatus),
    last: parseLastStatus(described.lastStatus),
    group: described.group ?? '',
    startedBy: described.startedBy ?? '',
    definition: definitionOf(described.taskDefinitionArn) ?? '',
    interface: parseInterfaceStatus(attachment?.status),
    ipv4: addressFrom(described, attachment, 'ipv4'),
    ipv6: addressFrom(described, attachment, 'ipv6'),
    startedAtMs: described.startedAt?.getTime(),
    stoppingAtMs: described.stoppingAt?.getTime(),
    stoppedAtMs: (described.executionStoppedAt ?? described.stoppedAt)?.getTime(),
    zone: described.availabilityZone,
    health: parseHealthStatus(described.healthStatus),
    isHeld: (described.tags ?? []).some(({ key, value }) => key === TAG && value === HOLD),
  };
}

/**
 * The interface is found by its type, wherever it stands: in most captured tasks another attachment comes first.
 * DescribeTasks spells the type `ElasticNetworkInterface`; events, and some emulators, spell it `eni`.
 */
function isNetworkInterface({ type }: Attachment): boolean {
  return type === 'ElasticNetworkInterface' || type === 'eni';
}

/**
 * The interface's address of the family. It stands in the attachment's details and once more at each container; where the
 * two disagree, the answer has been edited, and no address is better than a wrong one.
 */
function addressFrom(described: SdkTask, attachment: Attachment | undefined, family: IpFamily): IpAddress | undefined {
  if (attachment === undefined) return undefined;
  const details = (attachment.details ?? []).filter(({ name }) => /address$/i.test(name ?? '')).map(({ value }) => value);
  const interfaces = (described.containers ?? []).flatMap(({ networkInterfaces }) => networkInterfaces ?? []);
  const ofContainers = interfaces
    .filter(({ attachmentId }) => attachmentId === undefined || attachmentId === attachment.id)
    .flatMap(({ privateIpv4Address, ipv6Address }) => [privateIpv4Address, ipv6Address]);
  const found = [...details, ...ofContainers].flatMap((text) => {
    const ip = parseIpAddress(text);
    return ip.ok && familyOf(ip.value) === family ? [ip.value] : [];
  });
  const distinct = [...new Set(found)];
  return distinct.length === 1 ? distinct[0] : undefined;
}

export function serviceFrom(described: Service): DescribedService {
  const loadBalancers = [
    ...(described.loadBalancers ?? []),
    ...(described.taskSets ?? []).flatMap((taskSet) => taskSet.loadBalancers ?? []),
  ];
  return {
    name: required(described.serviceName, 'serviceName'),
    isActive: described.status !== 'INACTIVE',
    deployments: [...(described.deployments ?? []), ...(described.taskSets ?? [])].flatMap(({ id }) => id ?? []),
    targetGroups: loadBalancers.flatMap(({ targetGroupArn, advancedConfiguration }) =>
      [targetGroupArn, advancedConfiguration?.alternateTargetGroupArn].filter((arn) => arn !== undefined),
    ),
  };
}
