/** Amazon ECS as an API: what each call answers, in AWS's shapes (ECS API reference). */
import type { Account } from './account.ts';
import { describeServices, listServices } from './api-ecs-services.ts';
import { ApiError } from './api-error.ts';
import { type Input, nameIn, pageOf, text, texts, whole } from './api-input.ts';
import { type Ecs, type HealthStatus, present, type TaskRecord, type TaskState } from './ecs.ts';
import { interfaceDetails } from './events.ts';
import { dateOf, describeAsTold, type TaskDescription } from './task-description.ts';
import { familyOf } from './task-index.ts';

const DESCRIBE_TASKS_MAX = 100;
const CLUSTERS_PAGE_MAX = 100;

export function ecsApi({ ecs }: Account) {
  const inCluster =
    <Output>(answer: (ecs: Ecs, cluster: string, input: Input) => Output) =>
    (input: Input): Output =>
      answer(ecs, clusterOf(ecs, input), input);
  return {
    ListClusters: (input: Input) => listClusters(ecs, input),
    ListTasks: inCluster(listTasks),
    DescribeTasks: inCluster(describeTasks),
    'ecs.ListServices': inCluster(listServices),
    DescribeServices: inCluster(describeServices),
    DescribeTaskDefinition: (input: Input) => describeTaskDefinition(ecs, input),
    DescribeContainerInstances: inCluster(describeContainerInstances),
    StopTask: inCluster(stopTask),
  };
}

function listClusters(ecs: Ecs, input: Input) {
  const page = pageOf([...ecs.clusters].sort(), text(input, 'nextToken'), CLUSTERS_PAGE_MAX, whole(input, 'maxResults'));
  return { clusterArns: page.items, nextToken: page.nextToken };
}

function listTasks(ecs: Ecs, cluster: string, input: Input) {
  const service = text(input, 'serviceName');
  const family = text(input, 'family');
  const desired = text(input, 'desiredStatus') ?? 'RUNNING';
  if (service !== undefined && ecs.services.get(`${cluster} ${nameIn(service)}`)?.status !== 'ACTIVE') {
    throw new ApiError('ServiceNotFoundException', 'Service not found.');
  }
  const place = text(input, 'containerInstance');
  const starter = text(input, 'startedBy');
  const behindMs = ecs.listLagMs();
  const wanted = { clusterArn: cluster, group: service === undefined ? undefined : `service:${nameIn(service)}`, family };
  // PENDING is a status that ECS never wants a task to have: it lists nothing (ECS API reference, ListTasks, desiredStatus).
  const isListed = (desired === 'RUNNING' || desired === 'STOPPED') && !ecs.isInactive(cluster);
  const listed = isListed ? ecs.listed(wanted, desired, behindMs) : [];
  const isWhole = (wanted.group === undefined || family === undefined) && place === undefined && starter === undefined;
  const tasks = isWhole
    ? listed
    : listed.filter(
        (task) =>
          (family === undefined || familyOf(task.definition) === family) &&
          (place === undefined || task.containerInstance === place) &&
          (starter === undefined || task.startedBy === starter),
      );
  const page = pageOf(tasks, text(input, 'nextToken'), ecs.pageMax, whole(input, 'maxResults'));
  return { taskArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
}

function describeTasks(ecs: Ecs, cluster: string, input: Input) {
  const ids = texts(input, 'tasks');
  if (ids.length === 0) throw new ApiError('InvalidParameterException', 'Tasks cannot be empty.');
  if (ids.length > DESCRIBE_TASKS_MAX) {
    throw new ApiError('InvalidParameterException', 'Number of task IDs cannot be more than 100.');
  }
  const behindMs = ecs.describeLagMs();
  const withTags = texts(input, 'include').includes('TAGS');
  const found = ids.map((id) => {
    const arn = id.startsWith('arn:') ? id : `${cluster.replace(':cluster/', ':task/')}/${id}`;
    const task = ecs.tasks.get(arn);
    const state = task === undefined || task.clusterArn !== cluster ? undefined : ecs.seen(task, behindMs);
    return task === undefined || state === undefined ? { missing: arn } : { task: describe(task, state, withTags) };
  });
  return {
    tasks: found.flatMap((each) => each.task ?? []),
    failures: found.flatMap((each) => (each.missing === undefined ? [] : [{ arn: each.missing, reason: 'MISSING' }])),
  };
}

function describeTaskDefinition(ecs: Ecs, input: Input) {
  const found = ecs.definition(nameIn(text(input, 'taskDefinition') ?? ''));
  if (found === undefined) throw new ApiError('ClientException', 'Unable to describe task definition.');
  const [family = '', revision = '1'] = found.definition.split(':');
  return {
    taskDefinition: {
      family,
      revision: Number(revision),
      status: 'ACTIVE' as const,
      networkMode: 'awsvpc' as const,
      containerDefinitions: found.containers.map(({ name, stopTimeout, portMappings }) => ({
        name,
        stopTimeout,
        // In awsvpc mode the host port is the container's (ECS API reference, PortMapping).
        portMappings: portMappings.map((mapping) => ({ ...mapping, hostPort: mapping.containerPort })),
      })),
    },
  };
}

function describeContainerInstances(ecs: Ecs, _cluster: string, input: Input) {
  const known = texts(input, 'containerInstances').flatMap((arn) => ecs.containerInstances.get(arn) ?? []);
  return {
    containerInstances: known.map(({ arn, type, hasTrunk }) => ({
      containerInstanceArn: arn,
      attributes: [
        { name: 'ecs.instance-type', value: type },
        ...(hasTrunk ? [{ name: 'ecs.awsvpc-trunk-id', value: `eni-trunk-${arn.slice(-4)}` }] : []),
      ],
    })),
    failures: [],
  };
}

function stopTask(ecs: Ecs, cluster: string, input: Input) {
  const id = text(input, 'task') ?? '';
  const task = ecs.tasks.get(id.startsWith('arn:') ? id : `${cluster.replace(':cluster/', ':task/')}/${id}`);
  if (task === undefined || task.clusterArn !== cluster) {
    throw new ApiError('InvalidParameterException', 'The referenced task was not found.');
  }
  ecs.stop(task);
  return { task: describe(task, present(task), false) };
}

/** A task with what DescribeTasks alone tells: events have neither health nor tags. */
interface DescribedTask extends TaskDescription {
  readonly healthStatus: HealthStatus | undefined;
  readonly tags: { readonly key: string; readonly value: string }[] | undefined;
}

function describe(task: TaskRecord, state: TaskState, withTags: boolean): DescribedTask {
  const tags = withTags ? [...task.tags].map(([key, value]) => ({ key, value })) : undefined;
  if (state.told === undefined) return describeAsMade(task, state, tags);
  const healthStatus = state.health ?? healthIn(text(state.told, 'healthStatus'));
  return { ...describeAsTold(state.told, task, state), healthStatus, tags };
}

function healthIn(told: string | undefined): HealthStatus {
  return told === 'HEALTHY' || told === 'UNHEALTHY' ? told : 'UNKNOWN';
}

function describeAsMade(task: TaskRecord, state: TaskState, tags: DescribedTask['tags']): DescribedTask {
  const attachment = {
    id: `eni-attachment-${task.id}`,
    type: 'ElasticNetworkInterface',
    status: state.interface,
    details: interfaceDetails(task, state),
  };
  return {
    attachments: state.interface === 'NONE' ? [] : [attachment],
    availabilityZone: task.zone,
    clusterArn: task.clusterArn,
    containerInstanceArn: task.containerInstance,
    containers: [
      {
        containerArn: `${task.arn.replace(':task/', ':container/')}/c0`,
        taskArn: task.arn,
        name: 'app',
        lastStatus: state.last,
        networkInterfaces:
          state.ipv4 === undefined
            ? []
            : [{ attachmentId: attachment.id, privateIpv4Address: state.ipv4, ipv6Address: state.ipv6 }],
      },
    ],
    createdAt: dateOf(task.createdAtMs),
    desiredStatus: state.desired,
    group: task.group,
    healthStatus: state.health ?? 'UNKNOWN',
    lastStatus: state.last,
    startedAt: dateOf(state.startedAtMs),
    startedBy: task.startedBy,
    stoppingAt: dateOf(state.stoppingAtMs),
    stoppedAt: dateOf(state.stoppedAtMs),
    tags,
    executionStoppedAt: dateOf(state.executionStoppedAtMs ?? endOfContainers(task, state)),
    taskArn: task.arn,
    taskDefinitionArn: task.clusterArn.replace(/:cluster\/.*/, `:task-definition/${task.definition}`),
    version: state.version,
  };
}

function endOfContainers(task: TaskRecord, state: TaskState): number | undefined {
  return task.history.find(({ last, atMs }) => last === 'DEPROVISIONING' && atMs <= state.atMs)?.atMs;
}

/** Names the cluster by its ARN. */
function clusterOf(ecs: Ecs, input: Input): string {
  const asked = text(input, 'cluster') ?? 'default';
  if (ecs.clusters.has(asked) || ecs.isInactive(asked)) return asked;
  const cluster = [...ecs.clusters].find((arn) => arn.endsWith(`:cluster/${asked}`));
  if (cluster === undefined) throw new ApiError('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
}
