/** One simulated account in one region: its services, the events that they send, and AWS's token buckets. */
import type { JsonObject } from '../../functions/core/json.ts';
import { TokenBuckets } from './buckets.ts';
import type { VirtualClock } from './clock.ts';
import { CloudMap, type CloudMapServiceRecord } from './cloud-map.ts';
import { Ecs, present, type TaskRecord, type TaskState } from './ecs.ts';
import { Elb } from './elb.ts';
import { EventBus } from './event-bus.ts';
import { type EventEnvelope, eventIdOf, type StateChangeEvent, stateChangeEvent, tagChangeEvent } from './events.ts';
import { HOME, type Home } from './home.ts';
import { Logs } from './logs.ts';
import { keepInstance, type Registrar } from './registrar.ts';
import { type Caller, Sts } from './sts.ts';
import { Tagging } from './tagging.ts';

export function clusterArn(name: string, { id, region }: Home = HOME): string {
  return `arn:aws:ecs:${region}:${id}:cluster/${name}`;
}

export function targetGroupArn(name: string, { id, region }: Home = HOME): string {
  return `arn:aws:elasticloadbalancing:${region}:${id}:targetgroup/${name}/0123456789abcdef`;
}

export function cloudMapServiceArn(name: string, { id, region }: Home = HOME): string {
  return `arn:aws:servicediscovery:${region}:${id}:service/srv-${name}`;
}

export class Account {
  readonly clock: VirtualClock;
  readonly home: Home;
  readonly ecs: Ecs;
  readonly elb: Elb;
  readonly cloudMap: CloudMap;
  readonly tagging = new Tagging();
  readonly logs: Logs;
  readonly sts: Sts;
  /** The default bus, which AWS's own events come to. */
  readonly bus: EventBus;
  readonly buses: Map<string, EventBus>;
  readonly buckets: TokenBuckets;
  /** Of each queue by its URL: how many messages could be received. */
  readonly queues = new Map<string, () => number>();
  /** As whom a call is made that is signed with no key of STS: the role of the function. */
  readonly caller: Caller;
  /** Calls that reached the account, by operation; throttled ones too. */
  readonly calls = new Map<string, number>();
  /** Ports that no task answers on, for groups whose health checks must fail. */
  readonly deafPorts = new Set<number>();
  readonly #listeners: ((event: StateChangeEvent) => void)[] = [];
  readonly #tagListeners: ((event: EventEnvelope<JsonObject>) => void)[] = [];
  readonly #registrars = new Map<string, Registrar[]>();
  #eventCount = 0;

  /** Accounts that know each other have one STS. */
  constructor(clock: VirtualClock, home: Home = HOME, sts = new Sts(clock)) {
    this.clock = clock;
    this.home = home;
    this.sts = sts;
    this.caller = { arn: `arn:aws:sts::${home.id}:assumed-role/sync/sync`, accountId: home.id };
    this.ecs = new Ecs(clock, (task, state) => this.#taskChanged(task, state));
    this.elb = new Elb(clock, home);
    this.elb.answers = (ip, port) => !this.deafPorts.has(port) && this.#isServedAt(ip);
    this.cloudMap = new CloudMap(clock);
    this.logs = new Logs(clock, home);
    this.buses = new Map();
    this.bus = this.addBus('default');
    this.buckets = new TokenBuckets(clock);
  }

  addBus(name: string): EventBus {
    const bus = new EventBus(this.clock, `arn:aws:events:${this.home.region}:${this.home.id}:event-bus/${name}`);
    this.buses.set(name, bus);
    return bus;
  }

  nextEventId(): string {
    this.#eventCount += 1;
    return eventIdOf(this.#eventCount);
  }

  /** Calls back with every "ECS Task State Change" event, at the moment ECS makes it. */
  onEvent(listener: (event: StateChangeEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** ECS keeps an instance per running task of the group (`service:NAME`) in the Cloud Map service. */
  keepInstances(group: string, service: CloudMapServiceRecord, how: Omit<Registrar, 'service'> = {}): void {
    this.#registrars.set(group, [...(this.#registrars.get(group) ?? []), { ...how, service }]);
  }

  /** Calls back with every "Tag Change on Resource" event, at the moment the tag is changed. */
  onTagEvent(listener: (event: EventEnvelope<JsonObject>) => void): void {
    this.#tagListeners.push(listener);
  }

  /** Writes a tag of a resource, or takes it off. */
  changeTag(resource: { readonly arn: string; readonly tags: Map<string, string> }, key: string, value?: string): void {
    if (value === undefined) resource.tags.delete(key);
    else resource.tags.set(key, value);
    const event = tagChangeEvent(resource, [key], this.nextEventId(), this.clock.now());
    for (const listener of this.#tagListeners) listener(event);
    this.bus.put(event);
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
    if (this.#listeners.length === 0 && this.bus.rules.length === 0) return;
    const event = stateChangeEvent(task, state, this.#eventCount);
    for (const listener of this.#listeners) listener(event);
    this.bus.put(event);
  }
}
