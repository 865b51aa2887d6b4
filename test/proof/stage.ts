/**
 * A small account for one act: what the churn of a scenario does not have, such as two clusters, ports, zones, holds, a pause, a crowd,
 * a rival and neighbors of a group. One act is about one thing, so that a wrong algorithm shows as soon as it is played.
 */
import { Account, clusterArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import { Service } from '../../scripts/simulator/api.ts';
import { EPOCH_MS, runClock, settleOnce, VirtualClock } from '../../scripts/simulator/clock.ts';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord, type TaskTiming } from '../../scripts/simulator/ecs.ts';
import { type GroupRecord, type GroupSpec, keyOf } from '../../scripts/simulator/elb.ts';
import type { Fault } from '../../scripts/simulator/faults.ts';
import { Random } from '../../scripts/simulator/random.ts';
import { drawFaultMix } from './fault-mix.ts';
import type { Judge, Violation } from './judge.ts';
import { MannersJudge } from './manners.ts';
import { PromiseJudge } from './promises.ts';
import { Stack } from './stack.ts';
import { Trace } from './trace.ts';
import { isMeantBy, type TrueLine, TruthJudge } from './truth.ts';

export const PROD = clusterArn('prod');
export const TWIN = clusterArn('twin');
/** The schedule comes within a minute, and its run may take 15 s. */
const CONVERGED_WITHIN_MS = 75_000;
/** The first schedule finds everything cold. */
const STARTED_MS = 70_000;
/** A schedule beside the queue would start an environment of its own. */
const ALONE_SCHEDULE_MS = 3_600_000;
const STACK = 'acts';
const LOG_GROUP = `/aws/lambda/${STACK}`;

/** What an act is given to begin with. */
export interface Act {
  readonly name: string;
  readonly seconds: number;
  /** The parameter Bindings, and what its author meant by it, by group. */
  readonly binding?: string;
  readonly lines: Readonly<Record<string, readonly TrueLine[]>>;
  /** The share of the events that never arrives. */
  readonly lossP?: number;
  /** One environment does everything: what two of them do not know of each other is not what the act is about. */
  readonly isAlone?: boolean;
  /** In place of a minute and a quarter. */
  readonly convergedWithinMs?: number;
  play(stage: Stage): void;
}

interface StartOptions {
  readonly cluster?: string;
  readonly definition?: string;
  readonly timing?: Partial<TaskTiming>;
  readonly startedBy?: string;
  readonly ipv4?: string;
}

/** A service whose tasks somebody else keeps in a group: ECS itself, or a stack of which nothing else is to be seen. */
interface Neighbor {
  readonly group: GroupRecord;
  readonly service: string;
  readonly by: 'ECS' | 'another stack';
}

export class Stage {
  readonly clock = new VirtualClock();
  readonly account = new Account(this.clock);
  readonly random: Random;
  readonly stack: Stack;
  /** Targets that may stay or be missing, by `GROUP ADDRESS`: what nobody can prove, and what is fought over. */
  readonly excused = new Set<string>();
  /** What happens to a call; undefined lets it through. */
  faults: (operation: string) => Fault | undefined = () => undefined;
  readonly #act: Act;
  readonly #promises: PromiseJudge;
  readonly #neighbors: Neighbor[] = [];
  readonly #late: Violation[] = [];
  readonly #wrongSinceMs = new Map<string, number>();
  readonly #judges: readonly Judge[];
  /** Whether events are lost. */
  loses = false;
  /** No call succeeds and no event arrives. */
  #isOut = false;
  /** Nobody expects anything: an outage or a pause, and what follows has its time again. */
  #isIdle = false;

  constructor(act: Act, seed: number) {
    this.#act = act;
    this.random = new Random(seed ^ 0xac7);
    const mix = drawFaultMix(seed, { allowed: new Set(), fixed: { lossP: act.lossP ?? 0 } });
    const service = new Service(this.account);
    service.faults = (operation) =>
      this.#isOut ? { kind: 'error', code: 'InternalFailure', status: 500 } : this.faults(operation);
    const groups = Object.keys(act.lines);
    for (const name of groups) this.account.elb.addGroup({ arn: targetGroupArn(name), deregistrationDelaySeconds: 0 });
    const linesOf = (group: string): readonly TrueLine[] => this.linesOf(group);
    this.#promises = new PromiseJudge(this.account, {
      logGroup: LOG_GROUP,
      linesOf,
      isSingleGroup: groups.length === 1,
      isBoundByTags: act.binding === undefined,
    });
    const writersOf = (group: string, port: number, task: TaskRecord) => this.#writersOf(group, port, task);
    this.#judges = [
      new TruthJudge(this.account, { linesOf, writersOf, lagMaxMs: 3_000 }),
      new MannersJudge(this.account, linesOf),
      this.#promises,
    ];
    this.stack = new Stack({
      name: STACK,
      account: this.account,
      service,
      mix,
      random: this.random.fork(),
      faultsEndMs: Number.POSITIVE_INFINITY,
      isOut: () => this.#isOut || this.loses,
      settings: settingsOf(act),
      judges: this.#judges,
      trace: new Trace(this.clock, undefined),
      lambda: act.isAlone ? { concurrencyMax: 1, scheduleMs: ALONE_SCHEDULE_MS } : undefined,
      wrote: () => undefined,
    });
    this.account.onTagEvent((event) => this.stack.pipeline.inject(JSON.stringify(event)));
    this.account.onEvent(({ detail }) => {
      const task = this.account.ecs.tasks.get(detail.taskArn);
      if (task !== undefined) for (const neighbor of this.#neighbors) keep(this.account, neighbor, task);
    });
  }

  async run(): Promise<readonly Violation[]> {
    this.#act.play(this);
    this.at(STARTED_MS / 1_000, () => this.#tick());
    await runClock(this.clock, settleOnce, EPOCH_MS + this.#act.seconds * 1_000);
    return [...this.stack.violations, ...this.#late];
  }

  /** Something that happens so many seconds after the beginning. */
  at(seconds: number, run: () => void): void {
    this.clock.at(EPOCH_MS + seconds * 1_000, run);
  }

  get secondsNow(): number {
    return (this.clock.now() - EPOCH_MS) / 1_000;
  }

  every(seconds: number, fromSeconds: number, toSeconds: number, run: () => void): void {
    for (let at = fromSeconds; at < toSeconds; at += seconds) this.at(at, run);
  }

  group(name: string, changes: Partial<Omit<GroupSpec, 'arn'>> = {}): GroupRecord {
    const group = this.account.elb.groups.get(targetGroupArn(name));
    if (group === undefined) throw new Error(`The act has no lines for a group "${name}".`);
    return Object.assign(group, changes);
  }

  service(name: string, cluster = PROD): void {
    this.account.ecs.addService(cluster, name);
  }

  /** A task that is quick in everything but in stopping. */
  start(group: string, how: StartOptions = {}): TaskRecord {
    const { cluster = PROD, definition = `${group.split(':')[1]}:1`, timing, ...more } = how;
    const usual = {
      provisioningMs: 1_000,
      pendingMs: this.random.whole(1_000, 2_000),
      stoppingMs: 5_000,
      deprovisioningMs: 1_000,
    };
    return this.account.ecs.start({ clusterArn: cluster, group, definition, timing: { ...usual, ...timing }, ...more });
  }

  register(group: GroupRecord, key: string): void {
    const [id = '', port] = key.split(':');
    this.account.elb.register(group, [{ id, port: Number(port), zone: undefined }]);
  }

  deregister(group: GroupRecord, key: string): void {
    const [id = '', port] = key.split(':');
    this.account.elb.deregister(group, [{ id, port: Number(port), zone: undefined }]);
  }

  keep(group: GroupRecord, service: string, by: Neighbor['by'] = 'ECS'): void {
    this.account.ecs.addService(PROD, service, by === 'ECS' ? [group.arn] : []);
    this.#neighbors.push({ group, service, by });
  }

  outage(fromSeconds: number, toSeconds: number): void {
    this.at(fromSeconds, () => {
      this.#isOut = true;
      this.#isIdle = true;
    });
    this.at(toSeconds, () => {
      this.#isOut = false;
      this.#isIdle = false;
    });
  }

  pause(fromSeconds: number, toSeconds: number): void {
    const tags = this.account.logs.tagsOf(LOG_GROUP);
    this.at(fromSeconds, () => {
      tags.set('alb-target-sync', 'paused');
      this.#promises.paused();
      this.#isIdle = true;
    });
    this.at(toSeconds, () => {
      tags.delete('alb-target-sync');
      this.#isIdle = false;
    });
  }

  linesOf(group: string): readonly TrueLine[] {
    return this.#act.lines[group.split('/')[1] ?? ''] ?? [];
  }

  #writersOf(arn: string, port: number, task: TaskRecord): readonly string[] {
    const isOurs = this.linesOf(arn).some((line) => line.mode !== 'drain' && line.port === port && isMeantBy(line, task));
    const isHeld = task.tags.get('alb-target-sync') === 'hold';
    const neighbor = this.#neighbors.find(({ group, service }) => group.arn === arn && task.group === `service:${service}`);
    return [...(isOurs && !isHeld ? ['the stack'] : []), ...(neighbor !== undefined && port === 8080 ? [neighbor.by] : [])];
  }

  /** L3, once a second: how long has any one address been wrong? */
  #tick(): void {
    const nowMs = this.clock.now();
    const wrong = new Set(this.#isIdle ? [] : this.#wrongAddresses());
    for (const each of this.#wrongSinceMs.keys()) if (!wrong.has(each)) this.#wrongSinceMs.delete(each);
    for (const each of wrong) {
      const sinceMs = this.#wrongSinceMs.get(each) ?? nowMs;
      this.#wrongSinceMs.set(each, sinceMs);
      if (nowMs - sinceMs > (this.#act.convergedWithinMs ?? CONVERGED_WITHIN_MS) && this.#late.length === 0) {
        this.#late.push({ invariant: 'L3', atMs: nowMs, environment: 0, detail: `${each} for ${nowMs - sinceMs} ms` });
      }
    }
    this.clock.after(1_000, () => this.#tick());
  }

  #wrongAddresses(): string[] {
    const tasks = [...this.account.ecs.tasks.values()];
    return [...this.account.elb.groups.values()].flatMap((group) => {
      const lines = this.linesOf(group.arn);
      const keysOf = (isIt: (task: TaskRecord, line: TrueLine) => boolean): Set<string> =>
        new Set(
          tasks.flatMap((task) =>
            lines
              .filter((line) => isMeantBy(line, task) && isIt(task, line))
              .flatMap(({ port }) => (present(task).ipv4 === undefined ? [] : [`${present(task).ipv4}:${port}`])),
          ),
        );
      const registered = new Set([...group.targets.values()].filter((each) => each.drainsUntilMs === undefined).map(keyOf));
      const due = keysOf(isDue);
      const live = keysOf((task) => present(task).desired === 'RUNNING' && !isOnHold(task));
      const dead = keysOf(
        (task, { mode }) => mode !== 'register-only' && (present(task).desired === 'STOPPED' || isOnHold(task)),
      );
      const isOthers = (task: TaskRecord): boolean => this.#writersOf(group.arn, 8080, task).some((by) => by !== 'the stack');
      const others = new Set(tasks.filter(isOthers).map(addressOf));
      const missing = [...due].filter((key) => !registered.has(key)).map((key) => `missing ${key}`);
      const left = [...registered].filter((key) => dead.has(key) && !live.has(key) && !others.has(key));
      const isExcused = (text: string): boolean => this.excused.has(`${group.name} ${text.split(' ').at(-1)}`);
      return [...missing, ...left.map((key) => `left behind ${key}`)].filter((text) => !isExcused(text));
    });
  }
}

/** `GROUP ADDRESS` of a task's target, for what is excused. */
export function addressOf(task: TaskRecord): string {
  return `${present(task).ipv4}:8080`;
}

function isOnHold(task: TaskRecord): boolean {
  return task.tags.get('alb-target-sync') === 'hold';
}

function isDue(task: TaskRecord, { mode, ready }: TrueLine): boolean {
  const { desired, last, interface: attached, health } = present(task);
  const serves = desired === 'RUNNING' && last === 'RUNNING' && attached === 'ATTACHED' && !isOnHold(task);
  return serves && (mode === 'enforce' || mode === 'register-only') && (ready !== true || health === 'HEALTHY');
}

/** The neighbor registers a running task of the service, and takes it out when it is told to stop. */
function keep({ elb }: Account, { group, service }: Neighbor, task: TaskRecord): void {
  const { desired, last, ipv4 } = present(task);
  if (task.group !== `service:${service}` || ipv4 === undefined) return;
  const request = [{ id: ipv4, port: 8080, zone: undefined }];
  if (desired === 'STOPPED') elb.deregister(group, request);
  else if (last === 'RUNNING') elb.register(group, request);
}

function settingsOf({ binding = '', lines }: Act): SettingsText {
  const targetGroups = Object.keys(lines).map((name) => targetGroupArn(name));
  return { clusters: [PROD, TWIN], targetGroups, cloudMapServices: [], binding, mode: 'enforce' };
}
