/** What is known of an ECS task, and how two readings of one task become one: facts only move forward. */
import { arnParts, type ClusterArn, type IpAddress, type IpFamily, type Port, placeKey, type TaskArn } from './values.ts';

/** Every lastStatus in the order of a task's life (ECS guide, "Amazon ECS task lifecycle"). */
const LIFE = [
  'UNKNOWN',
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
  'DELETED',
] as const;
export type LastStatus = (typeof LIFE)[number];

const DESIRED = ['UNKNOWN', 'PENDING', 'RUNNING', 'STOPPED'] as const;
export type DesiredStatus = (typeof DESIRED)[number];

/** States of a task's interface in the order in which they follow each other. */
const INTERFACE = [
  'NONE',
  'PRECREATED',
  'CREATED',
  'ATTACHING',
  'ATTACHED',
  'DETACHING',
  'DETACHED',
  'DELETED',
  'FAILED',
] as const;
export type InterfaceStatus = (typeof INTERFACE)[number];

/** Every healthStatus, from what says least to what says most (ECS API reference, Task). */
const HEALTH = ['UNKNOWN', 'UNHEALTHY', 'HEALTHY'] as const;
export type HealthStatus = (typeof HEALTH)[number];

export interface Task {
  readonly arn: TaskArn;
  readonly cluster: ClusterArn;
  /** Counts up with every change of the task; not dense, and not tied to a state. */
  readonly version: number;
  readonly desired: DesiredStatus;
  readonly last: LastStatus;
  /** `service:NAME`, `family:NAME` or what the caller of RunTask wrote; empty when ECS gave none. */
  readonly group: string;
  /** Id of the deployment or task set that started it, such as `ecs-svc/1234567890123456789`; else what the caller of RunTask wrote. */
  readonly startedBy: string;
  /** Family and revision of the task definition, such as `web:12`; empty when ECS gave none. */
  readonly definition: string;
  readonly interface: InterfaceStatus;
  readonly ipv4?: IpAddress | undefined;
  readonly ipv6?: IpAddress | undefined;
  readonly startedAtMs?: number | undefined;
  /** When it was told to stop. */
  readonly stoppingAtMs?: number | undefined;
  /** When its containers ended. */
  readonly stoppedAtMs?: number | undefined;
  readonly zone?: string | undefined;
  /** What the health checks of its containers say; UNKNOWN where they have none. Once healthy, it stays so here. */
  readonly health: HealthStatus;
}

/** A task as one answer of ECS describes it. */
export interface DescribedTask extends Task {
  /** Its own tag asks to take it out of rotation. Unlike the rest, a tag may go again: only the last answer counts. */
  readonly isHeld: boolean;
}

/** What matters of a revision of a task definition, which never changes. */
export interface Definition {
  /** The shortest time that ECS waits between SIGTERM and SIGKILL. */
  readonly stopTimeoutSeconds: number;
  readonly ports: readonly { readonly name: string | undefined; readonly port: Port }[];
}

/** The key of a task's definition: its name alone does not say which account's it is. Clusters of one account share it. */
export function definitionKey({ cluster, definition }: Pick<Task, 'cluster' | 'definition'>): string {
  return `${placeKey(arnParts(cluster))} ${definition}`;
}

/**
 * Where a task stands, as far as a target group cares.
 * `stopping` still holds its interface, so its address cannot be anybody else's; `released` may have lost it to a new owner.
 */
export type Phase = 'pending' | 'serving' | 'stopping' | 'released';

export function phaseOf(task: Task): Phase {
  if (task.desired !== 'STOPPED') {
    return task.desired === 'RUNNING' && task.last === 'RUNNING' ? 'serving' : 'pending';
  }
  // A status that we do not know may lie past STOPPING: it is treated as the later, more careful case.
  return task.last !== 'UNKNOWN' && rank(LIFE, task.last) <= rank(LIFE, 'STOPPING') ? 'stopping' : 'released';
}

/** Whether the task may still be wanted: a task that has not been told to stop, started or not. */
export function isLive(task: Task): boolean {
  return task.desired !== 'STOPPED';
}

/** Whether the task can take traffic: ordered to run, running, and its interface attached. */
export function isServing(task: Task): boolean {
  return phaseOf(task) === 'serving' && task.interface === 'ATTACHED';
}

export function ipOf(task: Task, family: IpFamily): IpAddress | undefined {
  return family === 'ipv4' ? task.ipv4 : task.ipv6;
}

export function parseLastStatus(text: unknown): LastStatus {
  return LIFE.find((status) => status === text) ?? 'UNKNOWN';
}

export function parseDesiredStatus(text: unknown): DesiredStatus {
  return DESIRED.find((status) => status === text) ?? 'UNKNOWN';
}

export function parseInterfaceStatus(text: unknown): InterfaceStatus {
  return INTERFACE.find((status) => status === text) ?? 'NONE';
}

export function parseHealthStatus(text: unknown): HealthStatus {
  return HEALTH.find((status) => status === text) ?? 'UNKNOWN';
}

/**
 * Two readings of one task as one: each field keeps the later of the two.
 *
 * Reads of ECS can be seconds behind each other. Without this, an old answer that still says RUNNING would bring a stopped
 * task back to life. desiredStatus STOPPED is final, lastStatus only advances, and an address, once known, never changes.
 * The join is commutative, associative and idempotent, so the order in which answers arrive cannot matter.
 */
export function joinTask(one: Task, other: Task): Task {
  return {
    arn: one.arn,
    cluster: one.cluster,
    version: Math.max(one.version, other.version),
    desired: later(DESIRED, one.desired, other.desired),
    last: later(LIFE, one.last, other.last),
    group: greater(one.group, other.group),
    startedBy: greater(one.startedBy, other.startedBy),
    definition: greater(one.definition, other.definition),
    interface: later(INTERFACE, one.interface, other.interface),
    ipv4: known(one.ipv4, other.ipv4),
    ipv6: known(one.ipv6, other.ipv6),
    startedAtMs: known(one.startedAtMs, other.startedAtMs),
    stoppingAtMs: known(one.stoppingAtMs, other.stoppingAtMs),
    stoppedAtMs: known(one.stoppedAtMs, other.stoppedAtMs),
    zone: known(one.zone, other.zone),
    health: later(HEALTH, one.health, other.health),
  };
}

function rank<Status>(order: readonly Status[], status: Status): number {
  return order.indexOf(status);
}

function later<Status>(order: readonly Status[], one: Status, other: Status): Status {
  return order.findLast((status) => status === one || status === other) ?? one;
}

function greater<Value extends string | number>(one: Value, other: Value): Value {
  // Stryker disable next-line EqualityOperator: of two equal values either is the greater.
  return one >= other ? one : other;
}

/** The known one of two values; of two different ones (which ECS never gives) the greater, so that the order of reading still cannot matter. */
function known<Value extends string | number>(one: Value | undefined, other: Value | undefined): Value | undefined {
  // Stryker disable next-line ConditionalExpression: the compiler asks; no comparison with undefined holds, so `greater` gives the other one too.
  if (one === undefined) return other;
  return other === undefined ? one : greater(one, other);
}
