/** The services of the simulated ECS: deployments, counts of tasks and events, as DescribeServices tells them. */
import type { VirtualClock } from './clock.ts';
import type { ListedState } from './task-index.ts';

/** What of a task says whose it is. */
interface StartedTask {
  readonly id: string;
  readonly clusterArn: string;
  readonly group: string;
  readonly definition: string;
  readonly startedBy: string | undefined;
}

export interface DeploymentRecord {
  /** `ecs-svc/` and 19 digits: its tasks carry it as startedBy. */
  readonly id: string;
  /** `family:revision`; undefined until its first task starts, unless it was named. */
  definition: string | undefined;
  readonly createdAtMs: number;
  completedAtMs: number | undefined;
  /** When its last task was gone after another deployment had taken over. */
  endedAtMs: number | undefined;
}

/** What CodeDeploy or another controller has made of a service (deployment controllers CODE_DEPLOY and EXTERNAL). */
export interface TaskSetRecord {
  /** Also `ecs-svc/` and digits: its tasks carry it as startedBy. */
  readonly id: string;
  readonly externalId: string;
  readonly definition: string;
  readonly loadBalancers: readonly string[];
  readonly createdAtMs: number;
  status: 'PRIMARY' | 'ACTIVE' | 'DRAINING';
}

export type TaskSetSpec = Pick<TaskSetRecord, 'externalId' | 'definition' | 'loadBalancers'>;

export interface ServiceEvent {
  readonly id: string;
  readonly atMs: number;
  readonly message: string;
}

export interface ServiceRecord {
  readonly name: string;
  readonly clusterArn: string;
  readonly createdAtMs: number;
  status: 'ACTIVE' | 'INACTIVE';
  /** Target groups in the service's own `loadBalancers`. */
  loadBalancers: readonly string[];
  /** What the service was told to keep running; undefined: as many as are wanted at the moment, since nothing scales by itself here. */
  desiredCount: number | undefined;
  /** The newest last. */
  readonly deployments: DeploymentRecord[];
  readonly taskSets: TaskSetRecord[];
  /** The newest last. */
  readonly events: ServiceEvent[];
  /** By startedBy. */
  readonly counts: Map<string, Counts>;
  isSteady: boolean;
}

export interface Counts {
  /** Tasks with desiredStatus RUNNING. */
  readonly desired: number;
  readonly pending: number;
  /** Tasks with lastStatus RUNNING, whatever is wanted of them. */
  readonly running: number;
}

const NONE: Counts = { desired: 0, pending: 0, running: 0 };
/** DescribeServices tells the 100 newest (ECS API reference, Service, events). */
const EVENTS_MAX = 100;
const STARTING: ReadonlySet<string> = new Set(['PROVISIONING', 'PENDING', 'ACTIVATING']);

export class EcsServices {
  readonly records = new Map<string, ServiceRecord>();
  readonly #clock: VirtualClock;
  #ids = 0;
  #events = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** The service with these load balancers. One that was deleted comes back as another service of the same name. */
  add(clusterArn: string, name: string, loadBalancers: readonly string[]): ServiceRecord {
    const known = this.records.get(`${clusterArn} ${name}`);
    if (known?.status === 'ACTIVE') {
      known.loadBalancers = loadBalancers;
      return known;
    }
    const service: ServiceRecord = {
      name,
      clusterArn,
      createdAtMs: this.#clock.now(),
      status: 'ACTIVE',
      loadBalancers,
      desiredCount: undefined,
      deployments: [],
      taskSets: [],
      events: [],
      counts: new Map(),
      isSteady: true,
    };
    this.deploy(service, undefined);
    this.records.set(`${clusterArn} ${name}`, service);
    return service;
  }

  /** Begins a deployment, as UpdateService does: tasks that start from now on are its own. */
  deploy(service: ServiceRecord, definition: string | undefined, id = this.#newId()): DeploymentRecord {
    const nowMs = this.#clock.now();
    const isFirst = service.deployments.length === 0;
    const completedAtMs = isFirst ? nowMs : undefined;
    const deployment: DeploymentRecord = { id, definition, createdAtMs: nowMs, completedAtMs, endedAtMs: undefined };
    service.deployments.push(deployment);
    this.#settle(service);
    return deployment;
  }

  addTaskSet(service: ServiceRecord, spec: TaskSetSpec): TaskSetRecord {
    const isFirst = service.taskSets.length === 0;
    const taskSet: TaskSetRecord = {
      ...spec,
      id: this.#newId(),
      createdAtMs: this.#clock.now(),
      status: isFirst ? 'PRIMARY' : 'ACTIVE',
    };
    service.taskSets.push(taskSet);
    return taskSet;
  }

  /** Who starts a task of the group with this definition; undefined for tasks of no service. */
  starterOf(clusterArn: string, group: string, definition: string): string | undefined {
    const service = this.#serviceOf(clusterArn, group);
    if (service === undefined) return undefined;
    const current = service.deployments.filter(({ endedAtMs }) => endedAtMs === undefined);
    const own = current.findLast((each) => each.definition === definition || each.definition === undefined);
    // A service has tasks of no definition but those of its deployments: a new definition is a new deployment.
    const deployment = own ?? this.deploy(service, definition);
    deployment.definition ??= definition;
    return deployment.id;
  }

  /** A task that somebody else has described may be of a deployment that nobody here began. */
  adopt({ clusterArn, group, definition, startedBy = '' }: StartedTask): void {
    const service = startedBy.startsWith('ecs-svc/') ? this.#serviceOf(clusterArn, group) : undefined;
    if (service === undefined || service.deployments.some(({ id }) => id === startedBy)) return;
    this.deploy(service, definition, startedBy);
  }

  /** Takes up a new state of a task; `held` is the one before. */
  note(task: StartedTask, held: ListedState | undefined, state: ListedState): void {
    const service = this.#serviceOf(task.clusterArn, task.group);
    if (service === undefined) return;
    const [before, after] = [countsOf(held), countsOf(state)];
    const { desired, pending, running } = service.counts.get(task.startedBy ?? '') ?? NONE;
    service.counts.set(task.startedBy ?? '', {
      desired: desired + after.desired - before.desired,
      pending: pending + after.pending - before.pending,
      running: running + after.running - before.running,
    });
    if (held === undefined) this.tell(service, `has started 1 tasks: (task ${task.id}).`);
    this.#settle(service);
  }

  /** ECS itself has stopped a task of a service; of one that has died on its own it tells nothing. */
  noteOrder(task: StartedTask): void {
    const service = this.#serviceOf(task.clusterArn, task.group);
    if (service !== undefined) this.tell(service, `has stopped 1 running tasks: (task ${task.id}).`);
  }

  /** Adds an event of the service. */
  tell(service: ServiceRecord, what: string): void {
    this.#events += 1;
    const id = `5e000000-0000-4000-9000-${this.#events.toString(16).padStart(12, '0')}`;
    service.events.push({ id, atMs: this.#clock.now(), message: `(service ${service.name}) ${what}` });
    if (service.events.length >= 2 * EVENTS_MAX) service.events.splice(0, EVENTS_MAX);
  }

  /** Ends deployments that have no task left, and says when nothing is left to do. */
  #settle(service: ServiceRecord): void {
    const newest = service.deployments.at(-1);
    if (newest === undefined) return;
    const isSole = service.counts.size === 1 && service.counts.has(newest.id);
    if (!isSole) this.#endOthers(service, newest);
    const own = service.counts.get(newest.id) ?? NONE;
    const others = service.counts.size - Number(service.counts.has(newest.id));
    const isSteady = others === 0 && own.running === own.desired && own.pending === 0;
    const isNews = isSteady && (!service.isSteady || newest.completedAtMs === undefined);
    service.isSteady = isSteady;
    if (!isNews) return;
    if (newest.completedAtMs === undefined) {
      newest.completedAtMs = this.#clock.now();
      this.tell(service, `(deployment ${newest.id}) deployment completed.`);
    }
    this.tell(service, 'has reached a steady state.');
  }

  #endOthers(service: ServiceRecord, newest: DeploymentRecord): void {
    for (const [starter, counts] of service.counts) {
      if (starter !== newest.id && isNone(counts)) service.counts.delete(starter);
    }
    for (const each of service.deployments) {
      if (each === newest || each.endedAtMs !== undefined || service.counts.has(each.id)) continue;
      each.endedAtMs = this.#clock.now();
    }
  }

  #serviceOf(clusterArn: string, group: string): ServiceRecord | undefined {
    if (!group.startsWith('service:')) return undefined;
    return this.records.get(`${clusterArn} ${group.slice('service:'.length)}`);
  }

  #newId(): string {
    this.#ids += 1;
    return `ecs-svc/${String(this.#ids).padStart(18, '0').padStart(19, '4')}`;
  }
}

/** Events at the given time, the newest first. */
export function eventsAt({ events }: ServiceRecord, atMs: number): readonly ServiceEvent[] {
  return events
    .filter((each) => each.atMs <= atMs)
    .slice(-EVENTS_MAX)
    .reverse();
}

/** Deployments that had not ended at the given time, the newest first: that one is PRIMARY. */
export function deploymentsAt({ deployments }: ServiceRecord, atMs: number): readonly DeploymentRecord[] {
  const isThere = ({ createdAtMs, endedAtMs = Number.POSITIVE_INFINITY }: DeploymentRecord): boolean =>
    createdAtMs <= atMs && atMs < endedAtMs;
  return deployments.filter(isThere).reverse();
}

/** The counts of all starters together. */
export function totalOf(counts: ReadonlyMap<string, Counts>): Counts {
  return [...counts.values()].reduce(sumOf, NONE);
}

/** Counts of the tasks in these states, by who started them. */
export function countedBy(
  tasks: readonly { readonly startedBy: string | undefined; readonly state: ListedState }[],
): Map<string, Counts> {
  const counts = new Map<string, Counts>();
  for (const { startedBy = '', state } of tasks) counts.set(startedBy, sumOf(counts.get(startedBy) ?? NONE, countsOf(state)));
  return counts;
}

function countsOf(state: ListedState | undefined): Counts {
  if (state === undefined) return NONE;
  const isWanted = state.desired === 'RUNNING';
  return {
    desired: Number(isWanted),
    pending: Number(isWanted && STARTING.has(state.last)),
    running: Number(state.last === 'RUNNING'),
  };
}

function sumOf(one: Counts, other: Counts): Counts {
  return { desired: one.desired + other.desired, pending: one.pending + other.pending, running: one.running + other.running };
}

function isNone(counts: Counts): boolean {
  return counts.desired + counts.pending + counts.running === 0;
}
