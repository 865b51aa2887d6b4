/** The "ECS Task State Change" event of a task's state, in the shape that EventBridge delivers. */
import type { JsonObject } from '../../functions/core/json.ts';
import type { TaskRecord, TaskState } from './ecs.ts';

/** What EventBridge puts around every event. */
export interface EventEnvelope<Detail> {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Detail;
}

export type StateChangeEvent = EventEnvelope<StateChangeDetail>;

interface StateChangeDetail extends Readonly<Record<string, unknown>> {
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly version: number;
  readonly group: string;
}

export function stateChangeEvent(task: TaskRecord, state: TaskState, count: number): StateChangeEvent {
  const [, , , region = '', account = ''] = task.clusterArn.split(':');
  return {
    version: '0',
    id: eventIdOf(count),
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account,
    time: `${iso(state.atMs).slice(0, 19)}Z`,
    region,
    resources: [task.arn],
    detail: detailOf(task, state),
  };
}

/** The event of a changed tag, whichever service's API changed it (Tag Editor guide, "Monitor tag changes"). */
export function tagChangeEvent(
  resource: { readonly arn: string; readonly tags: ReadonlyMap<string, string> },
  changed: readonly string[],
  id: string,
  atMs: number,
): EventEnvelope<JsonObject> {
  const [, , service = '', region = '', account = '', name = ''] = resource.arn.split(':');
  const type = name.slice(0, name.indexOf('/'));
  return {
    version: '0',
    id,
    'detail-type': 'Tag Change on Resource',
    source: 'aws.tag',
    account,
    time: `${iso(atMs).slice(0, 19)}Z`,
    region,
    resources: [resource.arn],
    detail: {
      'changed-tag-keys': changed,
      tags: Object.fromEntries(resource.tags),
      service,
      'resource-type': type,
      version: 1,
    },
  };
}

export function eventIdOf(count: number): string {
  return `5e000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;
}

/** Which events pass the rule of template.yaml: a running task, or one that is to stop. */
export function passesRule({ detail }: StateChangeEvent): boolean {
  return detail.lastStatus === 'RUNNING' || detail.desiredStatus === 'STOPPED';
}

function detailOf(task: TaskRecord, state: TaskState): StateChangeDetail {
  const taskDefinition = task.clusterArn.replace(/:cluster\/.*/, `:task-definition/${task.definition}`);
  return {
    attachments: state.interface === 'NONE' ? [] : [attachmentOf(task, state)],
    availabilityZone: task.zone,
    clusterArn: task.clusterArn,
    containers: [
      {
        containerArn: `${task.arn.replace(':task/', ':container/')}/c0`,
        lastStatus: state.last === 'RUNNING' ? 'RUNNING' : 'PENDING',
        name: 'app',
        taskArn: task.arn,
        networkInterfaces:
          state.ipv4 === undefined ? [] : [{ attachmentId: `eni-attachment-${task.id}`, privateIpv4Address: state.ipv4 }],
      },
    ],
    createdAt: iso(task.createdAtMs),
    cpu: '256',
    desiredStatus: state.desired,
    group: task.group,
    lastStatus: state.last,
    launchType: 'FARGATE',
    memory: '512',
    overrides: { containerOverrides: [{ name: 'app' }] },
    ...(state.startedAtMs === undefined ? {} : { startedAt: iso(state.startedAtMs) }),
    ...(task.startedBy === undefined ? {} : { startedBy: task.startedBy }),
    ...(state.stoppingAtMs === undefined ? {} : { stoppingAt: iso(state.stoppingAtMs) }),
    ...(state.stoppedAtMs === undefined ? {} : { stoppedAt: iso(state.stoppedAtMs) }),
    taskArn: task.arn,
    taskDefinitionArn: taskDefinition,
    updatedAt: iso(state.atMs),
    version: state.version,
  };
}

/** Events write `eni` where DescribeTasks writes `ElasticNetworkInterface`. */
function attachmentOf(task: TaskRecord, state: TaskState): Readonly<Record<string, unknown>> {
  return { id: `eni-attachment-${task.id}`, type: 'eni', status: state.interface, details: interfaceDetails(task, state) };
}

export function interfaceDetails(task: TaskRecord, state: TaskState): { readonly name: string; readonly value: string }[] {
  const subnet = { name: 'subnetId', value: 'subnet-0123456789abcdef0' };
  if (state.ipv4 === undefined && state.ipv6 === undefined) return [subnet];
  return [
    subnet,
    { name: 'networkInterfaceId', value: `eni-${task.id.slice(-17)}` },
    { name: 'macAddress', value: '0a:00:00:00:00:01' },
    ...(state.ipv4 === undefined ? [] : [{ name: 'privateIPv4Address', value: state.ipv4 }]),
    ...(state.ipv6 === undefined ? [] : [{ name: 'privateIPv6Address', value: state.ipv6 }]),
  ];
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
