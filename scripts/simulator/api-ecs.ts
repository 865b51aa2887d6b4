/** Amazon ECS as an API: what each call answers, in AWS's shapes (ECS API reference). */
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { type Input, pageOf, text, texts, whole } from './api-input.ts';
import { deploymentOf, present, type TaskRecord, type TaskState } from './ecs.ts';
import { interfaceDetails } from './events.ts';
import { dateOf, describeAsTold, type TaskDescription } from './task-description.ts';

const DESCRIBE_TASKS_MAX = 100;
const DESCRIBE_SERVICES_MAX = 10;
const CLUSTERS_PAGE_MAX = 100;

export function ecsApi(account: Account) {
  return {
    ListClusters: (input: Input) => listClusters(account, input),
    ListTasks: (input: Input) => listTasks(account, input),
    DescribeTasks: (input: Input) => describeTasks(account, input),
    DescribeServices: (input: Input) => describeServices(account, input),
    DescribeTaskDefinition: (input: Input) => describeTaskDefinition(account, input),
    DescribeContainerInstances: (input: Input) => describeContainerInstances(account, input),
    StopTask: (input: Input) => stopTask(account, input),
  };
}

function listClusters({ ecs }: Account, input: Input) {
  const page = pageOf([...ecs.clusters].sort(), text(input, 'nextToken'), CLUSTERS_PAGE_MAX, whole(input, 'maxResults'));
  return { clusterArns: page.items, nextToken: page.nextToken };
}

function listTasks({ ecs }: Account, input: Input) {
  const cluster = clusterOf({ ecs }, input);
  const service = text(input, 'serviceName');
  const family = text(input, 'family');
  const desired = text(input, 'desiredStatus') ?? 'RUNNING';
  if (service !== undefined && !isActive({ ecs }, cluster, nameOf(service))) {
    throw new ApiError('ServiceNotFoundException', 'Service not found.');
  }
  const place = text(input, 'containerInstance');
  const behindMs = ecs.lagMs();
  const group = service === undefined ? undefined : `service:${nameOf(service)}`;
  const arns = [...ecs.tasks.values()]
    .filter((task) => task.clusterArn === cluster && (group === undefined || task.group === group))
    .filter((task) => family === undefined || task.definition.split(':')[0] === family)
    .filter((task) => place === undefined || task.containerInstance === place)
    .filter((task) => ecs.seen(task, behindMs)?.desired === desired)
    .map((task) => task.arn);
  const page = pageOf(arns, text(input, 'nextToken'), ecs.pageMax, whole(input, 'maxResults'));
  return { taskArns: page.items, nextToken: page.nextToken };
}

function describeTasks({ ecs }: Account, input: Input) {
  const cluster = clusterOf({ ecs }, input);
  const ids = texts(input, 'tasks');
  if (ids.length > DESCRIBE_TASKS_MAX) {
    throw new ApiError('InvalidParameterException', 'Number of task IDs cannot be more than 100.');
  }
  const behindMs = ecs.lagMs();
  const found = ids.map((id) => {
    const arn = id.startsWith('arn:') ? id : `${cluster.replace(':cluster/', ':task/')}/${id}`;
    const task = ecs.tasks.get(arn);
    const state = task === undefined || task.clusterArn !== cluster ? undefined : ecs.seen(task, behindMs);
    return task === undefined || state === undefined ? { missing: arn } : { task: describe(task, state) };
  });
  return {
    tasks: found.flatMap((each) => each.task ?? []),
    failures: found.flatMap((each) => (each.missing === undefined ? [] : [{ arn: each.missing, reason: 'MISSING' }])),
  };
}

function describeServices({ ecs }: Account, input: Input) {
  const cluster = clusterOf({ ecs }, input);
  const names = texts(input, 'services').map(nameOf);
  if (names.length > DESCRIBE_SERVICES_MAX) {
    throw new ApiError('InvalidParameterException', 'Services cannot have more than 10 elements.');
  }
  const known = names.flatMap((name) => ecs.services.get(`${cluster} ${name}`) ?? []);
  return {
    services: known.map(({ name, clusterArn, status, loadBalancers }) => ({
      serviceName: name,
      serviceArn: `${clusterArn.replace(':cluster/', ':service/')}/${name}`,
      clusterArn,
      status,
      deployments: [{ id: deploymentOf(`service:${name}`), status: 'PRIMARY' }],
      loadBalancers: loadBalancers.map((targetGroupArn) => ({ targetGroupArn, containerName: 'app', containerPort: 8080 })),
    })),
    failures: names
      .filter((name) => !known.some((service) => service.name === name))
      .map((name) => ({ arn: `${cluster.replace(':cluster/', ':service/')}/${name}`, reason: 'MISSING' })),
  };
}

function describeTaskDefinition({ ecs }: Account, input: Input) {
  const name = text(input, 'taskDefinition') ?? '';
  const definition = name.slice(name.lastIndexOf('/') + 1);
  const isKnown = [...ecs.tasks.values()].some((task) => task.definition === definition) || ecs.stopTimeouts.has(definition);
  if (!isKnown) throw new ApiError('ClientException', 'Unable to describe task definition.');
  const [family = '', revision = '1'] = definition.split(':');
  const container = { name: 'app', stopTimeout: ecs.stopTimeouts.get(definition) };
  return { taskDefinition: { family, revision: Number(revision), containerDefinitions: [container] } };
}

function describeContainerInstances({ ecs }: Account, input: Input) {
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

function stopTask({ ecs }: Account, input: Input) {
  const cluster = clusterOf({ ecs }, input);
  const id = text(input, 'task') ?? '';
  const task = [...ecs.tasks.values()].find((each) => each.clusterArn === cluster && (each.arn === id || each.id === id));
  if (task === undefined) throw new ApiError('InvalidParameterException', 'The referenced task was not found.');
  ecs.stop(task);
  return { task: describe(task, present(task)) };
}

function describe(task: TaskRecord, state: TaskState): TaskDescription {
  if (state.told !== undefined) return describeAsTold(state.told, task, state);
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
    lastStatus: state.last,
    startedAt: dateOf(state.startedAtMs),
    startedBy: task.startedBy,
    stoppingAt: dateOf(state.stoppingAtMs),
    stoppedAt: dateOf(state.stoppedAtMs),
    executionStoppedAt: dateOf(task.history.find(({ last, atMs }) => last === 'DEPROVISIONING' && atMs <= state.atMs)?.atMs),
    taskArn: task.arn,
    taskDefinitionArn: task.clusterArn.replace(/:cluster\/.*/, `:task-definition/${task.definition}`),
    version: state.version,
  };
}

function clusterOf({ ecs }: Pick<Account, 'ecs'>, input: Input): string {
  const asked = text(input, 'cluster') ?? 'default';
  const cluster = [...ecs.clusters].find((arn) => arn === asked || arn.endsWith(`:cluster/${asked}`));
  if (cluster === undefined) throw new ApiError('ClusterNotFoundException', 'Cluster not found.');
  return cluster;
}

function isActive({ ecs }: Pick<Account, 'ecs'>, cluster: string, service: string): boolean {
  return ecs.services.get(`${cluster} ${service}`)?.status === 'ACTIVE';
}

/** A service may be named by its ARN. */
function nameOf(service: string): string {
  return service.slice(service.lastIndexOf('/') + 1);
}
