/** A task in the words of a captured event or of somebody's `describe-tasks`, as DescribeTasks would answer it. */
import { isObject } from '../../functions/core/json.ts';
import { type Input, objects, text } from './api-input.ts';
import type { TaskRecord, TaskState } from './ecs.ts';

export interface TaskDescription {
  readonly attachments: Attachment[];
  readonly availabilityZone: string | undefined;
  readonly clusterArn: string;
  readonly containerInstanceArn: string | undefined;
  readonly containers: Container[];
  readonly createdAt: Date | undefined;
  readonly desiredStatus: string;
  readonly group: string | undefined;
  readonly lastStatus: string;
  readonly startedAt: Date | undefined;
  readonly startedBy: string | undefined;
  readonly stoppingAt: Date | undefined;
  readonly stoppedAt: Date | undefined;
  readonly executionStoppedAt: Date | undefined;
  readonly taskArn: string;
  readonly taskDefinitionArn: string | undefined;
  readonly version: number;
}

interface Attachment {
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly status: string | undefined;
  readonly details: { readonly name: string | undefined; readonly value: string | undefined }[];
}

interface Container {
  readonly containerArn: string | undefined;
  readonly taskArn: string;
  readonly name: string | undefined;
  readonly lastStatus: string | undefined;
  readonly networkInterfaces: {
    readonly attachmentId: string | undefined;
    readonly privateIpv4Address: string | undefined;
    readonly ipv6Address: string | undefined;
  }[];
}

/** Events write short types where DescribeTasks writes long ones. */
const LONG_TYPES: Readonly<Record<string, string>> = { eni: 'ElasticNetworkInterface' };

/** What the teller left out is left out; where events and DescribeTasks spell differently, it is as DescribeTasks spells it. */
export function describeAsTold(told: Input, task: TaskRecord, state: TaskState): TaskDescription {
  return {
    attachments: objects(told, 'attachments').map(attachmentOf),
    availabilityZone: text(told, 'availabilityZone'),
    clusterArn: task.clusterArn,
    containerInstanceArn: text(told, 'containerInstanceArn'),
    containers: objects(told, 'containers').map((container) => containerOf(container, task.arn)),
    createdAt: dateOf(told['createdAt']),
    desiredStatus: state.desired,
    group: text(told, 'group'),
    lastStatus: state.last,
    startedAt: dateOf(told['startedAt']),
    startedBy: text(told, 'startedBy'),
    stoppingAt: dateOf(told['stoppingAt']),
    stoppedAt: dateOf(told['stoppedAt']),
    executionStoppedAt: dateOf(told['executionStoppedAt']),
    taskArn: task.arn,
    taskDefinitionArn: text(told, 'taskDefinitionArn'),
    version: state.version,
  };
}

/** A time as events write it, or as a client library has made of it. */
export function dateOf(value: unknown): Date | undefined {
  const date = typeof value === 'string' || typeof value === 'number' ? new Date(value) : value;
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date : undefined;
}

function attachmentOf(attachment: Input): Attachment {
  const type = text(attachment, 'type');
  return {
    id: text(attachment, 'id'),
    type: type === undefined ? undefined : (LONG_TYPES[type] ?? type),
    status: text(attachment, 'status'),
    details: objects(attachment, 'details').map((detail) => ({ name: text(detail, 'name'), value: text(detail, 'value') })),
  };
}

function containerOf(container: Input, taskArn: string): Container {
  return {
    containerArn: text(container, 'containerArn'),
    taskArn,
    name: text(container, 'name'),
    lastStatus: text(container, 'lastStatus'),
    networkInterfaces: objects(container, 'networkInterfaces').map((each) => ({
      attachmentId: text(each, 'attachmentId'),
      privateIpv4Address: text(each, 'privateIpv4Address'),
      ipv6Address: text(each, 'ipv6Address'),
    })),
  };
}

/** Whether a value is a task event's detail that names its task and cluster: only such a one can be adopted. */
export function isTaskDetail(value: unknown): value is Input & { readonly taskArn: string; readonly clusterArn: string } {
  return isObject(value) && typeof value['taskArn'] === 'string' && typeof value['clusterArn'] === 'string';
}
