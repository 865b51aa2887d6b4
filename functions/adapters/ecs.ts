/** Amazon ECS: one method per call, in our words. */
import {
  type Attachment,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  type Task as SdkTask,
  type Service,
} from '@aws-sdk/client-ecs';
import type { AwsApi } from '../app/ports.ts';
import type { DescribedService } from '../core/configuration.ts';
import { definitionOf } from '../core/event.ts';
import { parseDesiredStatus, parseInterfaceStatus, parseLastStatus, type Task } from '../core/task.ts';
import { familyOf, type IpAddress, type IpFamily, parseClusterArn, parseIpAddress, parseTaskArn } from '../core/values.ts';
import { outcomeOf, required, UnreadableAnswer } from './outcome.ts';

export type EcsApi = Pick<AwsApi, 'ListTasks' | 'DescribeTasks' | 'DescribeServices' | 'DescribeTaskDefinition'>;

/** What ECS waits between SIGTERM and SIGKILL when a container names nothing (ECS guide, "Container timeouts"). */
const STOP_TIMEOUT_DEFAULT_SECONDS = 30;

export function createEcsApi(client: ECSClient): EcsApi {
  return {
    ListTasks: ({ selector, desired, nextToken }) =>
      outcomeOf(async (abortSignal) => {
        const filter = selector.kind === 'service' ? { serviceName: selector.name } : { family: selector.name };
        const command = new ListTasksCommand({ cluster: selector.cluster, desiredStatus: desired, ...filter, nextToken });
        const answer = await client.send(command, { abortSignal });
        const items = required(answer.taskArns, 'taskArns').map((arn) => {
          const parsed = parseTaskArn(arn);
          if (!parsed.ok) throw new UnreadableAnswer(`a taskArn is ${arn}; expected ${parsed.problem}`);
          return parsed.value;
        });
        return { items, nextToken: answer.nextToken };
      }),

    DescribeTasks: ({ cluster, tasks }) =>
      outcomeOf(async (abortSignal) => {
        const answer = await client.send(new DescribeTasksCommand({ cluster, tasks: [...tasks] }), { abortSignal });
        // `failures` names the tasks that ECS does not know (MISSING). They are left out here: unknown, not stopped.
        return required(answer.tasks, 'tasks').map(taskFrom);
      }),

    DescribeServices: ({ cluster, names }) =>
      outcomeOf(async (abortSignal) => {
        const answer = await client.send(new DescribeServicesCommand({ cluster, services: [...names] }), { abortSignal });
        return required(answer.services, 'services').map(serviceFrom);
      }),

    DescribeTaskDefinition: ({ definition }) =>
      outcomeOf(async (abortSignal) => {
        const answer = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: definition }), { abortSignal });
        const containers = required(answer.taskDefinition?.containerDefinitions, 'containerDefinitions');
        const seconds = containers.map(({ stopTimeout }) => stopTimeout ?? STOP_TIMEOUT_DEFAULT_SECONDS);
        return { stopTimeoutSeconds: seconds.length === 0 ? STOP_TIMEOUT_DEFAULT_SECONDS : Math.min(...seconds) };
      }),
  };
}

/** A task as DescribeTasks gives it. */
export function taskFrom(described: SdkTask): Task {
  const arn = parseTaskArn(described.taskArn);
  if (!arn.ok) throw new UnreadableAnswer(`a taskArn is ${described.taskArn}; expected ${arn.problem}`);
  const cluster = parseClusterArn(described.clusterArn);
  if (!cluster.ok) throw new UnreadableAnswer(`a clusterArn is ${described.clusterArn}; expected ${cluster.problem}`);
  const attachment = described.attachments?.find(isNetworkInterface);
  return {
    arn: arn.value,
    cluster: cluster.value,
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
    deployments: [...(described.deployments ?? []), ...(described.taskSets ?? [])].flatMap(({ id }) => id ?? []),
    targetGroups: loadBalancers.flatMap(({ targetGroupArn, advancedConfiguration }) =>
      [targetGroupArn, advancedConfiguration?.alternateTargetGroupArn].filter((arn) => arn !== undefined),
    ),
  };
}
