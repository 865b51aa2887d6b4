/** One simulated account in one region: ECS, load balancing, Cloud Map, the events that ECS sends, and AWS's token buckets. */
import { TokenBuckets } from './buckets.ts';
import type { VirtualClock } from './clock.ts';
import { CloudMap, type CloudMapServiceRecord } from './cloud-map.ts';
import { Ecs, present, type TaskRecord, type TaskState } from './ecs.ts';
import { Elb } from './elb.ts';
import { type StateChangeEvent, stateChangeEvent } from './events.ts';
import { Logs } from './logs.ts';
import { keepInstance, type Registrar } from './registrar.ts';

const REGION = 'eu-west-1';
const ACCOUNT_ID = '111122223333';

export function clusterArn(name: string): string {
  return `arn:aws:ecs:${REGION}:${ACCOUNT_ID}:cluster/${name}`;
}

export function targetGroupArn(name: string): string {
  return `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT_ID}:targetgroup/${name}/0123456789abcdef`;
}

export function cloudMapServiceArn(name: string): string {
  return `arn:aws:servicediscovery:${REGION}:${ACCOUNT_ID}:service/srv-${name}`;
}

export class Account {
  readonly clock: VirtualClock;
  readonly ecs: Ecs;
  readonly elb: Elb;
  readonly cloudMap: CloudMap;
  readonly logs: Logs;
  readonly buckets: TokenBuckets;
  /** Calls that reached the account, by operation; throttled ones too. */
  readonly calls = new Map<string, number>();
  /** Ports that no task answers on, for groups whose health checks must fail. */
  readonly deafPorts = new Set<number>();
  readonly #listeners: ((event: StateChangeEvent) => void)[] = [];
  readonly #registrars = new Map<string, Registrar[]>();
  #eventCount = 0;

  constructor(clock: VirtualClock) {
    this.clock = clock;
    this.ecs = new Ecs(clock, (task, state) => this.#taskChanged(task, state));
    this.elb = new Elb(clock);
    this.elb.answers = (ip, port) => !this.deafPorts.has(port) && this.#isServedAt(ip);
    this.cloudMap = new CloudMap(clock);
    this.logs = new Logs(clock);
    this.buckets = new TokenBuckets(clock);
  }

  /** Calls back with every "ECS Task State Change" event, at the moment ECS makes it. */
  onEvent(listener: (event: StateChangeEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** ECS keeps an instance per running task of the group (`service:NAME`) in the Cloud Map service. */
  keepInstances(group: string, service: CloudMapServiceRecord, how: Omit<Registrar, 'service'> = {}): void {
    this.#registrars.set(group, [...(this.#registrars.get(group) ?? []), { ...how, service }]);
  }

  get callCount(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0);
  }

  #isServedAt(ip: string): boolean {
    return this.ecs.holdersOf(ip).some((task) => present(task).last === 'RUNNING');
  }

  #taskChanged(task: TaskRecord, state: TaskState): void {
    for (const registrar of this.#registrars.get(task.group) ?? []) {
      keepInstance(this.clock, this.cloudMap, registrar, task, state);
    }
    this.#eventCount += 1;
    // Nobody listens in the worlds that are made by the thousand to try every order.
    if (this.#listeners.length === 0) return;
    const event = stateChangeEvent(task, state, this.#eventCount);
    for (const listener of this.#listeners) listener(event);
  }
}
