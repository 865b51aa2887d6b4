/** Everybody else who acts on the account: the services that scale, a person at the console, ECS itself, another controller. */
import { type Account, clusterArn } from '../../scripts/simulator/account.ts';
import { present, type TaskRecord, type TaskTiming } from '../../scripts/simulator/ecs.ts';
import { type GroupRecord, keyOf } from '../../scripts/simulator/elb.ts';
import type { Random } from '../../scripts/simulator/random.ts';
import type { FaultMix } from './fault-mix.ts';

export const CLUSTER_ARN = clusterArn('prod');

/** What runs in the cluster: the bound service and family, and a service that nobody binds but that shares the subnet. */
const KINDS = {
  app: { group: 'service:app', definition: 'app:1' },
  job: { group: 'family:job', definition: 'job:3' },
  api: { group: 'service:api', definition: 'api:1' },
  other: { group: 'service:other', definition: 'other:7' },
} as const;
export type Kind = keyof typeof KINDS;

export class Operators {
  readonly #account: Account;
  readonly #group: GroupRecord;
  readonly #mix: FaultMix;
  readonly #random: Random;
  /** Addresses that a person has put into the group: they stay, whatever happens. */
  readonly byHand = new Set<string>();
  /** The tasks of a service that nobody binds whose targets a person keeps in the group, by target. */
  readonly kept = new Map<string, TaskRecord>();
  /** Who was last given each address of another VPC: it has it from its start on, and holds it once it is attached. */
  readonly #elsewhere = new Map<string, TaskRecord>();
  /** Told after every write to the group. */
  wrote: () => void = () => undefined;

  constructor(account: Account, group: GroupRecord, mix: FaultMix, random: Random) {
    this.#account = account;
    this.#group = group;
    this.#mix = mix;
    this.#random = random;
  }

  start(kind: Kind, timing: Partial<TaskTiming> = this.#drawTiming()): TaskRecord {
    const isPoison = kind === 'app' && this.#random.chance(this.#mix.poisonP);
    const ipv4 = isPoison ? this.#addressElsewhere() : undefined;
    const task = this.#account.ecs.start({ clusterArn: CLUSTER_ARN, ...KINDS[kind], timing, ipv4 });
    if (ipv4 !== undefined) this.#elsewhere.set(ipv4, task);
    return task;
  }

  /** One of another VPC that no task has now: networks with a route between them have no address in common. */
  #addressElsewhere(): string {
    const first = this.#random.whole(4, 250);
    const all = Array.from({ length: 247 }, (_, index) => `172.31.0.${4 + ((first + index) % 247)}`);
    const isFree = (ip: string): boolean => {
      const last = this.#elsewhere.get(ip);
      return this.#account.ecs.holdersOf(ip).length === 0 && (last === undefined || present(last).last === 'STOPPED');
    };
    return all.find(isFree) ?? '172.31.1.4';
  }

  /** One turn of the churn: something starts, stops or dies. */
  churn(): void {
    const kinds: readonly [Kind, ...Kind[]] = this.#mix.withFamily
      ? ['app', 'app', 'app', 'job', 'other']
      : ['app', 'app', 'app', 'other'];
    const kind = this.#random.pick(kinds);
    const live = this.liveTasks(kind);
    const isFull = live.length > 8;
    if (live.length > 0 && (isFull || this.#random.chance(0.5))) this.#end(this.#random.pick(live));
    else this.start(kind);
  }

  /** Every task of the service at once, as a deployment or a scale to zero does. */
  replaceAll(kind: Kind): void {
    for (const task of this.liveTasks(kind)) this.#end(task);
    if (this.#random.chance(0.7)) for (let count = this.#random.whole(1, 5); count > 0; count -= 1) this.start(kind);
  }

  /** Starts or stops one task towards the wanted number. */
  balance(kind: Kind, wanted: number): void {
    const live = this.liveTasks(kind);
    if (live.length < wanted) this.start(kind);
    else if (live.length > wanted) this.#end(live[0]);
  }

  liveTasks(kind: Kind): TaskRecord[] {
    const { group } = KINDS[kind];
    return [...this.#account.ecs.tasks.values()].filter((task) => task.group === group && present(task).desired === 'RUNNING');
  }

  /** A person registers an address of their own, or takes a target out by hand. */
  meddle(): void {
    if (this.#random.chance(0.5)) {
      const id = `10.0.99.${this.#random.whole(1, 9)}`;
      if (this.#group.targets.size >= this.#group.quota || this.#group.targets.has(`${id}:8080`)) return;
      this.#account.elb.register(this.#group, [{ id, port: 8080, zone: undefined }]);
      this.byHand.add(`${id}:8080`);
    } else {
      const ours = this.#account.elb.registered(this.#group).filter((key) => !this.byHand.has(key));
      const key = this.#random.pick(ours);
      if (key !== undefined) this.#deregister([key]);
    }
    this.wrote();
  }

  /** A person registers a live task of a service that nobody binds, or takes out one that is gone: often late, or never. */
  keepByHand(): void {
    for (const [key, task] of this.kept) {
      if (present(task).last !== 'STOPPED' || !this.#random.chance(0.3)) continue;
      // By now it may be another task's: a person looks before they remove it.
      if (this.#account.ecs.holdersOf(key.replace(/:\d+$/, '')).length === 0) this.#deregister([key]);
      this.kept.delete(key);
    }
    const task = this.#random.pick(this.liveTasks('other').filter((each) => present(each).last === 'RUNNING'));
    const { ipv4 } = task === undefined ? {} : present(task);
    if (task !== undefined && ipv4 !== undefined && this.#registerTask(ipv4))
      this.kept.set(keyOf({ id: ipv4, port: 8080 }), task);
    this.wrote();
  }

  /** A controller that takes the group for its own removes everything that it does not know. */
  takeOver(): void {
    this.#deregister(this.#account.elb.registered(this.#group).filter((key) => !this.byHand.has(key)));
    this.wrote();
  }

  /** ECS keeps the group of a natively attached service itself. */
  keepNatively(kind: Kind, task: TaskRecord): void {
    const { last, desired, ipv4 } = present(task);
    if (task.group !== KINDS[kind].group || ipv4 === undefined) return;
    if (desired === 'STOPPED') this.#deregister([keyOf({ id: ipv4, port: 8080 })]);
    else if (last === 'RUNNING') this.#registerTask(ipv4);
    this.wrote();
  }

  /** Whether ELB took it: it takes a target that is there already once more, unless that one drains and is refused meanwhile. */
  #registerTask(ipv4: string): boolean {
    const there = this.#group.targets.get(keyOf({ id: ipv4, port: 8080 }));
    if (there?.drainsUntilMs !== undefined && this.#group.whileDraining === 'refused') return false;
    const isRoom = (there !== undefined || this.#group.targets.size < this.#group.quota) && ipv4.startsWith('10.0.');
    if (isRoom) this.#account.elb.register(this.#group, [{ id: ipv4, port: 8080, zone: undefined }]);
    return isRoom;
  }

  #deregister(keys: readonly string[]): void {
    const requests = keys.map((key) => ({
      id: key.replace(/:\d+$/, ''),
      port: Number(key.slice(key.lastIndexOf(':') + 1)),
      zone: undefined,
    }));
    this.#account.elb.deregister(this.#group, requests);
  }

  #end(task: TaskRecord | undefined): void {
    if (task === undefined) return;
    if (this.#random.chance(this.#mix.crashP)) this.#account.ecs.crash(task);
    else this.#account.ecs.stop(task);
  }

  /** Within what captured events of Fargate tasks show, but stops may be quicker. */
  #drawTiming(): TaskTiming {
    const random = this.#random;
    return {
      provisioningMs: random.whole(4_000, 9_000),
      pendingMs: random.whole(8_000, 25_000),
      activatingMs: random.chance(0.3) ? random.whole(100, 10_000) : undefined,
      deactivatingMs: random.chance(0.3) ? random.whole(0, 5_000) : undefined,
      stoppingMs: Math.max(this.#mix.stoppingMinMs, random.pick([200, 2_000, 12_000, 30_000])),
      deprovisioningMs: random.whole(1_000, 25_000),
    };
  }
}
