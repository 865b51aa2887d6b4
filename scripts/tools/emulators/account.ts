/** The simulated account on the machine's own time, for programs that cannot be put on virtual time. */
import type { JsonObject } from '../../../functions/core/json.ts';
import { Account, cloudMapServiceArn, clusterArn, targetGroupArn } from '../../simulator/account.ts';
import { Service } from '../../simulator/api.ts';
import { VirtualClock } from '../../simulator/clock.ts';
import { present, type TaskRecord } from '../../simulator/ecs.ts';
import type { GroupRecord } from '../../simulator/elb.ts';
import { type EventEnvelope, passesRule, type StateChangeEvent } from '../../simulator/events.ts';
import type { FaultPlan } from '../../simulator/faults.ts';
import { HttpDoor } from '../../simulator/http.ts';

export const ACCOUNT_ID = '111122223333';
export const REGION = 'eu-west-1';
export const CLUSTER = clusterArn('prod');
export const GROUP = targetGroupArn('web');
export const CLOUD_MAP = cloudMapServiceArn('app');
/** An instance in Cloud Map whose task ECS does not know any more. */
export const STALE = 'f'.repeat(32);
export const BINDINGS = 'target-group=web service=app port=8080';

const TICK_MS = 2;
/** A task is running, or gone, a moment after it was told to. */
const QUICK = { provisioningMs: 5, pendingMs: 5, stoppingMs: 300, deprovisioningMs: 300 } as const;

export class LiveAccount {
  readonly #clock = new VirtualClock(Date.now());
  readonly #account = new Account(this.#clock);
  readonly #service = new Service(this.#account);
  readonly #group: GroupRecord;
  readonly #door = new HttpDoor(this.#service);
  readonly #ticking: NodeJS.Timeout;
  /** Where it speaks HTTP; empty before `open`. */
  endpoint = '';
  #sent: (event: StateChangeEvent) => void = () => undefined;
  #tagged: EventEnvelope<JsonObject> | undefined;

  constructor() {
    // Keys are those of the emulator that hosts the function: its IAM knows them, and this account does not.
    this.#account.sts.callerOf = () => undefined;
    this.#account.ecs.addService(CLUSTER, 'app');
    // Addresses are not used again, so that each stands for one task.
    this.#account.ecs.reuseAfterMs = Number.POSITIVE_INFINITY;
    this.#group = this.#account.elb.addGroup({ arn: GROUP, deregistrationDelaySeconds: 1 });
    const instances = this.#account.cloudMap.addService(CLOUD_MAP, 'app');
    instances.tags.set('alb-target-sync', 'service=app');
    this.#account.keepInstances('service:app', instances);
    this.#account.cloudMap.register(instances, STALE, {
      AWS_INSTANCE_IPV4: '10.0.99.9',
      ECS_CLUSTER_NAME: 'prod',
      ECS_SERVICE_NAME: 'app',
    });
    this.#account.onEvent((event) => {
      if (passesRule(event)) this.#sent(event);
    });
    this.#account.onTagEvent((event) => {
      this.#tagged = event;
    });
    this.#ticking = setInterval(() => this.#catchUp(), TICK_MS);
  }

  async open(): Promise<this> {
    this.endpoint = await this.#door.open();
    return this;
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    await this.#door.close();
  }

  set faults(plan: FaultPlan) {
    this.#service.faults = plan;
  }

  /** Calls that reached the account. */
  get calls(): number {
    return this.#account.callCount;
  }

  /** `ip:port` of what takes traffic. */
  get registered(): readonly string[] {
    return this.#account.elb.registered(this.#group);
  }

  registeredIn(group: string): readonly string[] {
    return this.#account.elb.registered(this.#groupOf(group));
  }

  addGroup(arn: string): void {
    this.#account.elb.addGroup({ arn, deregistrationDelaySeconds: 1 });
  }

  /** Writes the tag of the group, or takes it off, and answers with the event that tells of it. */
  tag(group: string, line?: string): EventEnvelope<JsonObject> {
    this.#account.changeTag(this.#groupOf(group), 'alb-target-sync', line);
    if (this.#tagged === undefined) throw new Error('The account tells of no changed tag.');
    return this.#tagged;
  }

  /** `ip:port` of every task that runs and is wanted. */
  get serving(): readonly string[] {
    const states = [...this.#account.ecs.tasks.values()].map(present);
    const serving = states.filter(({ last, desired }) => last === 'RUNNING' && desired === 'RUNNING');
    return serving.map(({ ipv4 }) => `${ipv4}:8080`).sort();
  }

  /** Starts tasks of the service and answers with the events that tell they run. */
  async start(count: number): Promise<StateChangeEvent[]> {
    return await this.#eventsOf('RUNNING', count, () => {
      const spec = { clusterArn: CLUSTER, group: 'service:app', definition: 'app:1', timing: QUICK };
      for (let started = 0; started < count; started += 1) this.#account.ecs.start(spec);
    });
  }

  /** Tells the task of an event to stop and answers with the event that tells of it. */
  async stop({ detail }: StateChangeEvent): Promise<StateChangeEvent[]> {
    return await this.#eventsOf('STOPPED', 1, () => this.#account.ecs.stop(this.#task(detail.taskArn)));
  }

  /** Address and port that the task of the event listens on. */
  addressOf({ detail }: StateChangeEvent): string {
    return `${this.#task(detail.taskArn).history.at(-1)?.ipv4}:8080`;
  }

  #groupOf(arn: string): GroupRecord {
    const group = this.#account.elb.groups.get(arn);
    if (group === undefined) throw new Error(`The account has no target group ${arn}.`);
    return group;
  }

  #task(arn: string): TaskRecord {
    const task = [...this.#account.ecs.tasks.values()].find((each) => each.arn === arn);
    if (task === undefined) throw new Error(`The account has no task ${arn}.`);
    return task;
  }

  #eventsOf(desired: string, count: number, happen: () => void): Promise<StateChangeEvent[]> {
    return new Promise((resolve) => {
      const events: StateChangeEvent[] = [];
      this.#sent = (event) => {
        if (event.detail.desiredStatus !== desired || events.length === count) return;
        events.push(event);
        if (events.length === count) resolve(events);
      };
      happen();
    });
  }

  #catchUp(): void {
    const nowMs = Date.now();
    while (this.#clock.step(nowMs));
    this.#clock.jump(nowMs);
  }
}
