/** The simulated ECS: tasks with their whole history, so that reads can be behind, and addresses that are used again. */

import type { JsonObject } from '../../functions/core/json.ts';
import type { VirtualClock } from './clock.ts';
import {
  type Counts,
  countedBy,
  type DeploymentRecord,
  EcsServices,
  type ServiceRecord,
  type TaskSetRecord,
  type TaskSetSpec,
} from './ecs-services.ts';
import { Tags } from './tags.ts';
import { familyOf, stateAt, TaskIndex, type Wanted } from './task-index.ts';

/** What the containers' own health checks say (ECS guide, "Container health check"); UNKNOWN where there is none. */
export type HealthStatus = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';

/** A task at one moment of its life; every change adds one of these. */
export interface TaskState {
  readonly atMs: number;
  readonly version: number;
  readonly last: string;
  readonly desired: 'RUNNING' | 'STOPPED';
  readonly interface: string;
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
  readonly startedAtMs: number | undefined;
  readonly stoppingAtMs: number | undefined;
  readonly stoppedAtMs: number | undefined;
  /**
   * When the containers ended, where ECS heard of it only later: the agent of their instance had been disconnected
   * (aws/amazon-ecs-agent#818). Without it they ended when the task became DEPROVISIONING.
   */
  readonly executionStoppedAtMs?: number | undefined;
  readonly health?: HealthStatus | undefined;
  /** The task as somebody else described it: then a description repeats these words instead of making its own. */
  readonly told?: JsonObject | undefined;
}

export interface TaskRecord {
  readonly id: string;
  readonly arn: string;
  readonly clusterArn: string;
  readonly group: string;
  readonly definition: string;
  readonly createdAtMs: number;
  readonly startedBy: string | undefined;
  readonly zone: string;
  readonly timing: TaskTiming;
  readonly history: TaskState[];
  /** Told by DescribeTasks to whoever asks for TAGS. */
  readonly tags: Tags;
  readonly containerInstance?: string | undefined;
}

/** An EC2 instance of a cluster. */
export interface ContainerInstanceRecord {
  readonly arn: string;
  readonly type: string;
  readonly hasTrunk: boolean;
}

export interface ContainerRecord {
  readonly name: string;
  /** Seconds between SIGTERM and SIGKILL, where the container names any. */
  readonly stopTimeout?: number | undefined;
  readonly portMappings: readonly PortMapping[];
}

interface PortMapping {
  readonly name?: string | undefined;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** A definition that nobody has described has one container with one port. */
const USUAL_CONTAINERS: readonly ContainerRecord[] = [
  { name: 'app', portMappings: [{ containerPort: 8_080, protocol: 'tcp' }] },
];

/** Milliseconds that a task spends in each state; a state with 0 still makes its own version and event. */
export interface TaskTiming {
  readonly provisioningMs: number;
  readonly pendingMs: number;
  /** undefined: the task goes from PENDING to RUNNING, as it does without Cloud Map or load balancer. */
  readonly activatingMs: number | undefined;
  /** From the order to stop to SIGTERM; undefined: no DEACTIVATING state. */
  readonly deactivatingMs: number | undefined;
  readonly stoppingMs: number;
  readonly deprovisioningMs: number;
}

/** As seen in captured events of Fargate tasks: address after 9 s, RUNNING after 35 s, 35 s from the order to stop to STOPPED. */
const USUAL_TIMING: TaskTiming = {
  provisioningMs: 9_000,
  pendingMs: 26_000,
  activatingMs: undefined,
  deactivatingMs: undefined,
  stoppingMs: 12_000,
  deprovisioningMs: 23_000,
};

export interface TaskSpec {
  readonly clusterArn: string;
  readonly group: string;
  readonly definition: string;
  /** For a task of a service, the deployment that starts it unless another is named. */
  readonly startedBy?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly timing?: Partial<TaskTiming> | undefined;
  /** Of the caller's choice instead of one zone after the other. */
  readonly zone?: string | undefined;
  /** An address of the caller's choice instead of the next free one. */
  readonly ipv4?: string | undefined;
  readonly ipv6?: string | undefined;
  /** Bridge and host mode: the task gets no interface of its own. */
  readonly withoutInterface?: boolean | undefined;
  /** ARN of the instance that the task is placed on; none on Fargate. */
  readonly containerInstance?: string | undefined;
}

export class Ecs {
  readonly clusters = new Set<string>();
  readonly tasks = new Map<string, TaskRecord>();
  readonly containerInstances = new Map<string, ContainerInstanceRecord>();
  /** How far behind the present the next list or description of tasks is, in milliseconds. */
  lagMs: () => number = () => 0;
  /** The same for lists alone: they may be minutes behind while descriptions are up to date. */
  listLagMs: () => number = () => this.lagMs();
  /** The same for descriptions of tasks alone. */
  describeLagMs: () => number = () => this.lagMs();
  /** How far behind the next description of services is. */
  serviceLagMs: () => number = () => 0;
  /** How long after its release an address goes to a new task. */
  reuseAfterMs = 5_000;
  /** How the addresses of its tasks begin: networks with a route between them have none in common. */
  network = '10.0';
  /** How many tasks a page of a list has. AWS names a maximum, and may give less. */
  pageMax = 100;

  readonly #clock: VirtualClock;
  readonly #services: EcsServices;
  /** Clusters that were deleted, and until when they can be asked for. */
  readonly #inactive = new Map<string, number>();
  readonly #index = new TaskIndex<TaskRecord>();
  /** Containers by `family:revision`. */
  readonly #definitions = new Map<string, readonly ContainerRecord[]>();
  readonly #changed: (task: TaskRecord, state: TaskState) => void;
  readonly #released: { readonly ip: string; readonly freeAtMs: number }[] = [];
  /** Tasks that are wanted to run, by their address: every read of a group asks who holds each of its addresses. */
  readonly #holders = new Map<string, Set<TaskRecord>>();
  /** Addresses that were asked for by name. A task may have been promised one long before it holds it. */
  readonly #named = new Set<string>();
  #taskCount = 0;
  #ipCount = 0;

  constructor(clock: VirtualClock, changed: (task: TaskRecord, state: TaskState) => void) {
    this.#clock = clock;
    this.#services = new EcsServices(clock);
    this.#changed = changed;
  }

  get now(): number {
    return this.#clock.now();
  }

  /** Services by cluster ARN, a space, and name. */
  get services(): ReadonlyMap<string, ServiceRecord> {
    return this.#services.records;
  }

  addService(clusterArn: string, name: string, loadBalancers: readonly string[] = []): ServiceRecord {
    this.clusters.add(clusterArn);
    return this.#services.add(clusterArn, name, loadBalancers);
  }

  /** Begins a deployment of the service: tasks that start from now on carry its ID. What starts and stops is the caller's to say. */
  redeploy(service: ServiceRecord, definition?: string): DeploymentRecord {
    return this.#services.deploy(service, definition);
  }

  addTaskSet(service: ServiceRecord, spec: TaskSetSpec): TaskSetRecord {
    return this.#services.addTaskSet(service, spec);
  }

  /**
   * Deletes the cluster: from then on no call finds it. For so long as `staysMs` says it is INACTIVE first, which AWS promises
   * neither to do nor to leave out (ECS API reference, DeleteCluster): then it can be asked for, and has no task to list.
   */
  deleteCluster(clusterArn: string, staysMs = 0): void {
    this.clusters.delete(clusterArn);
    this.#inactive.set(clusterArn, this.#clock.now() + staysMs);
    for (const service of this.services.values()) if (service.clusterArn === clusterArn) service.status = 'INACTIVE';
  }

  isInactive(clusterArn: string): boolean {
    return !this.clusters.has(clusterArn) && this.#clock.now() < (this.#inactive.get(clusterArn) ?? 0);
  }

  /** Says what the task definition `family:revision` is made of. */
  define(definition: string, containers: readonly ContainerRecord[]): void {
    this.#definitions.set(definition, containers);
  }

  /** The containers of a definition that was defined or that a task has; of a family alone, those of its newest revision. */
  definition(name: string): { readonly definition: string; readonly containers: readonly ContainerRecord[] } | undefined {
    const isWhole = name.includes(':');
    const known = [...this.#definitions].filter(([each]) => (isWhole ? each === name : familyOf(each) === name));
    const [newest] = known.sort(([one], [other]) => revisionOf(other) - revisionOf(one));
    return newest === undefined ? undefined : { definition: newest[0], containers: newest[1] };
  }

  /** Tasks as a list tells them that is `behindMs` behind, in the order in which they were made. */
  listed(wanted: Wanted, desired: TaskState['desired'], behindMs: number): readonly TaskRecord[] {
    return this.#index.list(wanted, desired, this.#clock.now() - behindMs, this.tasks);
  }

  /** Counts of the service's tasks by who started them, as a description tells them that is `behindMs` behind. */
  countsOf(service: ServiceRecord, behindMs: number): ReadonlyMap<string, Counts> {
    if (behindMs === 0) return service.counts;
    const atMs = this.#clock.now() - behindMs;
    const members = this.#index.members({ clusterArn: service.clusterArn, group: `service:${service.name}` });
    const states = members.flatMap((task) => {
      const state = stateAt(task, atMs);
      return state === undefined ? [] : [{ startedBy: task.startedBy, state }];
    });
    return countedBy(states);
  }

  /** Starts a task; it lives through its states by itself until it is told to stop. */
  start(spec: TaskSpec): TaskRecord {
    this.clusters.add(spec.clusterArn);
    this.#taskCount += 1;
    const id = this.#taskCount.toString(16).padStart(32, '0');
    const timing = { ...USUAL_TIMING, ...spec.timing };
    const task: TaskRecord = {
      id,
      arn: `${spec.clusterArn.replace(':cluster/', ':task/')}/${id}`,
      clusterArn: spec.clusterArn,
      group: spec.group,
      definition: spec.definition,
      createdAtMs: this.#clock.now(),
      startedBy: spec.startedBy ?? this.#services.starterOf(spec.clusterArn, spec.group, spec.definition),
      zone: spec.zone ?? `${spec.clusterArn.split(':')[3]}${this.#taskCount % 2 === 0 ? 'a' : 'b'}`,
      timing,
      history: [],
      tags: tagsOf(this.#clock, spec.tags),
      containerInstance: spec.containerInstance,
    };
    this.tasks.set(task.arn, task);
    if (spec.ipv4 !== undefined) this.#named.add(spec.ipv4);
    const created = { version: 0, last: 'PROVISIONING', desired: 'RUNNING' as const, interface: 'PRECREATED' };
    const nothing = {
      ipv4: undefined,
      ipv6: undefined,
      startedAtMs: undefined,
      stoppingAtMs: undefined,
      stoppedAtMs: undefined,
    };
    this.#push(task, { ...created, ...nothing, interface: spec.withoutInterface ? 'NONE' : 'PRECREATED' });
    this.#goOnStarting(task, spec);
    return task;
  }

  /** Takes over a task that somebody else has described, as it is told now; its later states are told the same way. */
  adopt(record: Omit<TaskRecord, 'history' | 'timing' | 'tags'>, state: Omit<TaskState, 'atMs'>): TaskRecord {
    this.clusters.add(record.clusterArn);
    const known = this.tasks.get(record.arn);
    const task: TaskRecord = known ?? { ...record, timing: USUAL_TIMING, history: [], tags: new Tags(this.#clock) };
    this.tasks.set(task.arn, task);
    this.#services.adopt(task);
    this.#enter(task, { ...state, atMs: this.#clock.now() });
    return task;
  }

  /** Orders the task to stop: desiredStatus STOPPED at once, the rest of its life by its timing. */
  stop(task: TaskRecord): void {
    const state = present(task);
    if (state.desired === 'STOPPED') return;
    const { deactivatingMs, stoppingMs, deprovisioningMs } = task.timing;
    const nowMs = this.#clock.now();
    const deactivates = deactivatingMs !== undefined && state.last === 'RUNNING';
    this.change(task, { desired: 'STOPPED', stoppingAtMs: nowMs });
    this.#services.noteOrder(task);
    const stopAtMs = nowMs + (deactivates ? deactivatingMs : 0);
    if (deactivates) {
      this.#clock.at(nowMs, () => this.change(task, { last: 'DEACTIVATING' }));
      this.#clock.at(stopAtMs, () => this.change(task, { last: 'STOPPING' }));
    }
    this.#endAt(task, stopAtMs + stoppingMs, deprovisioningMs);
  }

  /**
   * The task's container dies on its own: the first that ECS tells is DEPROVISIONING. It may have died a while ago, while the
   * agent of its instance was disconnected.
   */
  crash(task: TaskRecord, diedAtMs?: number): void {
    if (present(task).desired === 'STOPPED') return;
    const nowMs = this.#clock.now();
    this.change(task, { desired: 'STOPPED', stoppingAtMs: nowMs, executionStoppedAtMs: diedAtMs });
    this.#endAt(task, nowMs, task.timing.deprovisioningMs);
  }

  /** Lets go of tasks that had stopped by then, which ECS has long forgotten: a replay of days would hold them all. */
  forgetStoppedBy(atMs: number): readonly TaskRecord[] {
    const forgotten = [...this.tasks.values()].filter(
      (task) => (present(task).stoppedAtMs ?? Number.POSITIVE_INFINITY) <= atMs,
    );
    for (const { arn } of forgotten) this.tasks.delete(arn);
    this.#index.remove(new Set(forgotten));
    return forgotten;
  }

  /** What the container health checks say now. It makes no event and no version (containers-roadmap#1515). */
  setHealth(task: TaskRecord, health: HealthStatus): void {
    this.#enter(task, { ...present(task), atMs: this.#clock.now(), health });
  }

  /** Adds one state to the task's history, with the next version. */
  change(task: TaskRecord, fields: Partial<TaskState>): void {
    this.#push(task, { ...present(task), ...fields });
  }

  /** The task as a read sees it that is `behindMs` behind; undefined before it existed and after ECS has forgotten it. */
  seen(task: TaskRecord, behindMs: number): TaskState | undefined {
    return stateAt(task, this.#clock.now() - behindMs);
  }

  /** Live tasks that hold the address now. */
  holdersOf(ip: string): TaskRecord[] {
    return [...(this.#holders.get(ip) ?? [])];
  }

  #goOnStarting(task: TaskRecord, spec: TaskSpec): void {
    const { provisioningMs, pendingMs, activatingMs } = task.timing;
    const nowMs = this.#clock.now();
    const ifWanted = (run: () => void) => () => {
      if (present(task).desired === 'RUNNING') run();
    };
    const attached = ifWanted(() => {
      const ipv4 = spec.ipv4 ?? (spec.ipv6 === undefined ? this.#allocate() : undefined);
      const address = spec.withoutInterface ? {} : { ipv4, ipv6: spec.ipv6, interface: 'ATTACHED' };
      this.change(task, { last: 'PENDING', ...address });
    });
    this.#clock.at(nowMs + provisioningMs, attached);
    const readyAtMs = nowMs + provisioningMs + pendingMs;
    const activate = ifWanted(() => this.change(task, { last: 'ACTIVATING' }));
    if (activatingMs !== undefined) this.#clock.at(readyAtMs, activate);
    const run = ifWanted(() => this.change(task, { last: 'RUNNING', startedAtMs: this.#clock.now() }));
    this.#clock.at(readyAtMs + (activatingMs ?? 0), run);
  }

  #endAt(task: TaskRecord, atMs: number, deprovisioningMs: number): void {
    this.#clock.at(atMs, () => this.change(task, { last: 'DEPROVISIONING' }));
    this.#clock.at(atMs + deprovisioningMs, () => {
      const { ipv4 } = present(task);
      const isAttached = present(task).interface === 'ATTACHED';
      const released = { last: 'STOPPED', stoppedAtMs: this.#clock.now() };
      this.change(task, isAttached ? { ...released, interface: 'DELETED' } : released);
      if (ipv4 !== undefined) this.#released.push({ ip: ipv4, freeAtMs: this.#clock.now() + this.reuseAfterMs });
    });
  }

  /** The address that was released first and is free again, else a new one: as hostile as a small subnet. */
  #allocate(): string {
    // No network has an address twice.
    const isFree = ({ ip, freeAtMs }: { readonly ip: string; readonly freeAtMs: number }): boolean =>
      freeAtMs <= this.#clock.now() && !this.#named.has(ip);
    const index = this.#released.findIndex(isFree);
    const [released] = index < 0 ? [] : this.#released.splice(index, 1);
    if (released !== undefined) return released.ip;
    this.#ipCount += 1;
    return `${this.network}.${Math.floor(this.#ipCount / 250)}.${(this.#ipCount % 250) + 4}`;
  }

  #push(task: TaskRecord, fields: Omit<TaskState, 'atMs'>): void {
    const state: TaskState = { ...fields, atMs: this.#clock.now(), version: fields.version + 1 };
    this.#enter(task, state);
    this.#changed(task, state);
  }

  #enter(task: TaskRecord, state: TaskState): void {
    const held = task.history.at(-1);
    task.history.push(state);
    if (!this.#definitions.has(task.definition)) this.#definitions.set(task.definition, USUAL_CONTAINERS);
    // Whoever changes a task may hold a copy of its record.
    const own = this.tasks.get(task.arn) ?? task;
    this.#index.note(own, held, state);
    this.#services.note(own, held, state);
    for (const ip of [held?.ipv4, held?.ipv6]) if (ip !== undefined) this.#holders.get(ip)?.delete(task);
    if (state.desired !== 'RUNNING') return;
    for (const ip of [state.ipv4, state.ipv6]) {
      if (ip !== undefined) this.#holders.set(ip, (this.#holders.get(ip) ?? new Set()).add(task));
    }
  }
}

function revisionOf(definition: string): number {
  return Number(definition.slice(definition.indexOf(':') + 1));
}

/** The task as it is now. */
export function present(task: TaskRecord): TaskState {
  const state = task.history.at(-1);
  if (state === undefined) throw new Error(`Task ${task.arn} has no state; every task is made with one.`);
  return state;
}

function tagsOf(clock: VirtualClock, texts: Readonly<Record<string, string>> = {}): Tags {
  const tags = new Tags(clock);
  for (const [key, value] of Object.entries(texts)) tags.set(key, value);
  return tags;
}
