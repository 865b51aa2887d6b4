/** The services of Amazon ECS as an API (ECS API reference, ListServices and DescribeServices). */
import { ApiError } from './api-error.ts';
import { type Input, nameIn, pageOf, text, texts, whole } from './api-input.ts';
import type { Ecs } from './ecs.ts';
import { type Counts, deploymentsAt, eventsAt, type ServiceRecord, type TaskSetRecord, totalOf } from './ecs-services.ts';

const DESCRIBE_MAX = 10;
/** ListServices gives ten services a page unless told otherwise, and a hundred at most. */
const PAGE_DEFAULT = 10;
const PAGE_MAX = 100;
const NONE: Counts = { desired: 0, pending: 0, running: 0 };

export function listServices(ecs: Ecs, cluster: string, input: Input) {
  const active = [...ecs.services.values()].filter(({ clusterArn, status }) => clusterArn === cluster && status === 'ACTIVE');
  const page = pageOf(active.map(arnOf), text(input, 'nextToken'), PAGE_MAX, whole(input, 'maxResults') ?? PAGE_DEFAULT);
  return { serviceArns: page.items, nextToken: page.nextToken };
}

export function describeServices(ecs: Ecs, cluster: string, input: Input) {
  const names = texts(input, 'services').map(nameIn);
  if (names.length === 0) throw new ApiError('InvalidParameterException', 'Services cannot be empty.');
  if (names.length > DESCRIBE_MAX) {
    throw new ApiError('InvalidParameterException', 'Services cannot have more than 10 elements.');
  }
  const behindMs = ecs.serviceLagMs();
  const known = names.flatMap((name) => ecs.services.get(`${cluster} ${name}`) ?? []);
  return {
    services: known.map((service) => describe(ecs, service, behindMs)),
    failures: names
      .filter((name) => !known.some((service) => service.name === name))
      .map((name) => ({ arn: `${cluster.replace(':cluster/', ':service/')}/${name}`, reason: 'MISSING' })),
  };
}

function describe(ecs: Ecs, service: ServiceRecord, behindMs: number) {
  const { name, clusterArn, status, loadBalancers, taskSets, createdAtMs, desiredCount } = service;
  const atMs = ecs.now - behindMs;
  const counts = ecs.countsOf(service, behindMs);
  const total = totalOf(counts);
  const deployments = deploymentsAt(service, atMs);
  const [primary] = deployments;
  return {
    serviceName: name,
    serviceArn: arnOf(service),
    clusterArn,
    status,
    desiredCount: desiredCount ?? total.desired,
    runningCount: total.running,
    pendingCount: total.pending,
    launchType: 'FARGATE' as const,
    schedulingStrategy: 'REPLICA' as const,
    taskDefinition: definitionArn(clusterArn, primary?.definition ?? `${name}:1`),
    createdAt: new Date(createdAtMs),
    loadBalancers: loadBalancers.map(loadBalancerOf),
    deployments: deployments.map(({ id, definition, createdAtMs: beganAtMs, completedAtMs }, index) => {
      const { desired, pending, running } = counts.get(id) ?? NONE;
      const isCompleted = completedAtMs !== undefined && completedAtMs <= atMs;
      return {
        id,
        status: index === 0 ? 'PRIMARY' : 'ACTIVE',
        taskDefinition: definitionArn(clusterArn, definition ?? `${name}:1`),
        desiredCount: index === 0 ? (desiredCount ?? desired) : desired,
        pendingCount: pending,
        runningCount: running,
        failedTasks: 0,
        createdAt: new Date(beganAtMs),
        // When the deployment itself was updated: that a task of it was replaced is not told by this.
        updatedAt: new Date(isCompleted ? completedAtMs : beganAtMs),
        launchType: 'FARGATE' as const,
        rolloutState: isCompleted ? ('COMPLETED' as const) : ('IN_PROGRESS' as const),
      };
    }),
    taskSets: taskSets.map((taskSet) => describeTaskSet(service, taskSet, counts.get(taskSet.id) ?? NONE)),
    events: eventsAt(service, atMs).map(({ id, atMs: toldAtMs, message }) => ({ id, createdAt: new Date(toldAtMs), message })),
  };
}

function describeTaskSet({ name, clusterArn }: ServiceRecord, taskSet: TaskSetRecord, { desired, pending, running }: Counts) {
  const { id, externalId, definition, loadBalancers, createdAtMs, status } = taskSet;
  return {
    id,
    taskSetArn: `${clusterArn.replace(':cluster/', ':task-set/')}/${name}/${id}`,
    clusterArn,
    externalId,
    status,
    taskDefinition: definitionArn(clusterArn, definition),
    computedDesiredCount: desired,
    pendingCount: pending,
    runningCount: running,
    createdAt: new Date(createdAtMs),
    updatedAt: new Date(createdAtMs),
    loadBalancers: loadBalancers.map(loadBalancerOf),
  };
}

function loadBalancerOf(targetGroupArn: string) {
  return { targetGroupArn, containerName: 'app', containerPort: 8080 };
}

function arnOf({ clusterArn, name }: ServiceRecord): string {
  return `${clusterArn.replace(':cluster/', ':service/')}/${name}`;
}

function definitionArn(clusterArn: string, definition: string): string {
  return clusterArn.replace(/:cluster\/.*/, `:task-definition/${definition}`);
}
