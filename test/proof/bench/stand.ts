/** A contender on an account of its own, with what invokes it, and what became of the targets. */
import { targetGroupArn } from '../../../scripts/simulator/account.ts';
import { objects, text } from '../../../scripts/simulator/api-input.ts';
import { bundleOverHttp } from '../../../scripts/simulator/backends.ts';
import { CLUSTER, Deployment, type DeploymentOptions, GROUP, QUICK } from '../../../scripts/simulator/deployment.ts';
import { present, type TaskRecord, type TaskTiming } from '../../../scripts/simulator/ecs.ts';
import { type GroupRecord, keyOf } from '../../../scripts/simulator/elb.ts';
import type { Contender, Place } from './contenders.ts';
import { handlerOverHttp } from './handler-backend.ts';

export interface Outcome {
  readonly calls: number;
  /** Targets that are missing or too many in the end. */
  readonly wrong: number;
  /** Targets of running tasks that were deregistered. */
  readonly liveRemovals: number;
  /** From the last change of the world until the targets were right for good; Infinity if they never were. */
  readonly inStepS: number;
}

export interface StandOptions {
  readonly deployment?: DeploymentOptions;
  /** So many groups with a service each, instead of one. */
  readonly groups?: number;
}

/** As seen in captured events of Fargate tasks. */
const STOPPING = { stoppingMs: 12_000, deprovisioningMs: 23_000 } as const;
/** Lambda runs so many environments of an account at once, unless it is asked for more (Lambda guide, "Lambda quotas"). */
const CONCURRENCY_MAX = 1_000;
/** Before the second and the third attempt (Lambda guide, "How Lambda handles errors and retries with asynchronous invocation"). */
const AGAIN_AFTER_MS = [60_000, 120_000] as const;
/** The schedule, from the moment a scene says that its changes are made. */
const FIRST_RUN_S = 30;
const RUN_EVERY_S = 60;
/** How long it is watched after it is in step, for calls that come late. */
const TAIL_S = 12;
/** No scene goes on for longer: Lambda's last attempt begins three minutes after the first. */
const LIMIT_S = 300;

export class Stand {
  readonly contender: Contender;
  readonly deployment: Deployment;
  readonly places: readonly Place[];
  liveRemovals = 0;
  wrongS = 0;
  /** Targets that somebody else registered, and that have to stay. */
  readonly others = new Set<string>();
  readonly #events: { readonly body: string; readonly attempt: number }[] = [];
  #running = 0;

  private constructor(contender: Contender, { deployment = {}, groups = 0 }: StandOptions) {
    this.contender = contender;
    const byTag = { settings: { clusters: [], targetGroups: [], binding: '' } };
    this.deployment = new Deployment(groups === 0 ? deployment : { ...deployment, ...byTag });
    this.places =
      groups === 0
        ? [{ service: 'app', targetGroup: GROUP }]
        : Array.from({ length: groups }, (_, index) => this.#addPlace(index));
    for (const { targetGroup } of this.places) this.#record(targetGroup).quota = 5_000;
    const { service } = this.deployment;
    const perform = service.perform.bind(service);
    service.perform = (name, input, accessKeyId) => {
      const live = name === 'DeregisterTargets' ? this.#liveOf(input) : 0;
      const output = perform(name, input, accessKeyId);
      this.liveRemovals += live;
      return output;
    };
  }

  static async open(contender: Contender, options: StandOptions = {}): Promise<Stand> {
    const stand = new Stand(contender, options);
    const { deployment, places } = stand;
    const isOurs = contender.variables === undefined;
    deployment.use(
      isOurs ? await bundleOverHttp(contender.file, deployment) : await handlerOverHttp(contender, deployment, places),
    );
    if (contender.trigger !== 'queue') deployment.queue.send = (body) => stand.#receive(body);
    return stand;
  }

  async close(): Promise<void> {
    await this.deployment.backend.close();
  }

  /** Starts tasks of the service of a place. */
  start({ service }: Place, count: number, timing: Partial<TaskTiming> = QUICK): TaskRecord[] {
    return this.deployment.start(count, { group: `service:${service}`, definition: `${service}:1`, timing });
  }

  /** Tasks that run, with their targets, and of which nobody was told; seen by the schedule, where there is one. */
  async inStep(count: number): Promise<TaskRecord[]> {
    const { deployment } = this;
    const { deliver } = deployment;
    deployment.deliver = () => undefined;
    const tasks = this.places.flatMap((place) => this.start(place, count, { ...QUICK, ...STOPPING }));
    await deployment.pass(1_000);
    for (const place of this.places) {
      const addresses = [...this.#serving(place)].map((key) => ({ id: key.split(':')[0] ?? '', port: 8080, zone: undefined }));
      deployment.account.elb.register(this.#record(place.targetGroup), addresses);
    }
    deployment.deliver = deliver;
    if (this.contender.isScheduled) {
      this.#runSchedule();
      await deployment.pass(40_000);
    }
    return tasks;
  }

  /** The first of its tasks that is wanted to run. */
  oldestOf({ service }: Place): TaskRecord | undefined {
    const tasks = [...this.deployment.account.ecs.tasks.values()];
    return tasks.find((task) => task.group === `service:${service}` && present(task).desired === 'RUNNING');
  }

  /** A minute, with a run of the schedule half way, if there is one. */
  async minute(): Promise<void> {
    const { deployment } = this;
    await deployment.pass(30_000);
    if (this.contender.isScheduled) this.#runSchedule();
    await deployment.pass(30_001);
  }

  /**
   * Watches until the targets are right and stay so, or for five minutes. With `isScheduled`, runs of the schedule come meanwhile, until one
   * has brought everything in step.
   */
  async watch(callsBefore: number, isScheduled = this.contender.trigger === 'schedule'): Promise<Outcome> {
    const { deployment } = this;
    let rightSinceS = Number.POSITIVE_INFINITY;
    for (let atS = 0; atS < LIMIT_S && atS < rightSinceS + TAIL_S; atS += 1) {
      const isRun = atS >= FIRST_RUN_S && (atS - FIRST_RUN_S) % RUN_EVERY_S === 0;
      if (isRun && isScheduled && rightSinceS === Number.POSITIVE_INFINITY) {
        this.#runSchedule();
      }
      await deployment.pass(1_000);
      if (this.wrong > 0) rightSinceS = Number.POSITIVE_INFINITY;
      else rightSinceS = Math.min(rightSinceS, atS + 1);
    }
    return this.outcome(callsBefore, rightSinceS);
  }

  /** Counts from now on the seconds in which a target is missing or too many. */
  count(): void {
    if (this.wrong > 0) this.wrongS += 1;
    this.deployment.clock.after(1_000, () => this.count());
  }

  outcome(callsBefore: number, inStepS: number): Outcome {
    return { calls: this.deployment.calls - callsBefore, wrong: this.wrong, liveRemovals: this.liveRemovals, inStepS };
  }

  /** Targets that are missing or too many now. */
  get wrong(): number {
    return this.places.reduce((sum, place) => {
      const wanted = new Set([...this.#serving(place), ...this.others]);
      const registered = new Set(this.deployment.account.elb.registered(this.#record(place.targetGroup)));
      const missing = [...wanted].filter((key) => !registered.has(key));
      const surplus = [...registered].filter((key) => !wanted.has(key));
      return sum + missing.length + surplus.length;
    }, 0);
  }

  #runSchedule(): void {
    this.deployment.lambda.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  }

  #addPlace(index: number): Place {
    const service = `g${String(index).padStart(2, '0')}`;
    const { account } = this.deployment;
    const record = account.elb.addGroup({ arn: targetGroupArn(service) });
    record.tags.set('alb-target-sync', `service=${service} port=8080`);
    account.ecs.addService(CLUSTER, service);
    return { service, targetGroup: record.arn };
  }

  #record(arn: string): GroupRecord {
    return this.deployment.account.elb.group(arn);
  }

  /** `ip:port` of each task that runs and is wanted. */
  #serving({ service }: Place): Set<string> {
    const tasks = [...this.deployment.account.ecs.tasks.values()].filter(({ group }) => group === `service:${service}`);
    const serving = tasks.map(present).filter(({ last, desired }) => last === 'RUNNING' && desired === 'RUNNING');
    return new Set(serving.flatMap(({ ipv4 }) => (ipv4 === undefined ? [] : [keyOf({ id: ipv4, port: 8080 })])));
  }

  /** How many of the targets that the call takes out are of running tasks. */
  #liveOf(input: Readonly<Record<string, unknown>>): number {
    const place = this.places.find(({ targetGroup }) => targetGroup === text(input, 'TargetGroupArn'));
    if (place === undefined) return 0;
    const registered = new Set(this.deployment.account.elb.registered(this.#record(place.targetGroup)));
    const serving = this.#serving(place);
    const removed = objects(input, 'Targets').map((target) => keyOf({ id: text(target, 'Id') ?? '', port: 8080 }));
    return removed.filter((key) => serving.has(key) && registered.has(key)).length;
  }

  /** EventBridge invokes without waiting: an invocation that fails is made twice more, and one too many waits its turn. */
  #receive(body: string, attempt = 0): void {
    if (this.contender.trigger !== 'events') return;
    this.#events.push({ body, attempt });
    this.#begin();
  }

  #begin(): void {
    const { clock, lambda } = this.deployment;
    while (this.#running < CONCURRENCY_MAX) {
      const next = this.#events.shift();
      if (next === undefined) return;
      this.#running += 1;
      lambda.invoke(JSON.parse(next.body), ({ outcome }) => {
        this.#running -= 1;
        const againAfterMs = AGAIN_AFTER_MS[next.attempt];
        if (outcome !== 'done' && againAfterMs !== undefined) {
          clock.after(againAfterMs, () => this.#receive(next.body, next.attempt + 1));
        }
        this.#begin();
      });
    }
  }
}
