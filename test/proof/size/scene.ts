/** One stack at a chosen size: groups of tasks in step, then one change, and how long until every group is in step again. */
import { type Account, targetGroupArn } from '../../../scripts/simulator/account.ts';
import { type InProcessBackend, inProcess } from '../../../scripts/simulator/backends.ts';
import { CLUSTER, Deployment, QUICK } from '../../../scripts/simulator/deployment.ts';
import { present, type TaskRecord, type TaskSpec } from '../../../scripts/simulator/ecs.ts';
import { type GroupRecord, keyOf } from '../../../scripts/simulator/elb.ts';
import type { Invocation } from '../../../scripts/simulator/lambda.ts';
import type { Violation } from '../judge.ts';
import { liveIn, Oracle, type WantedLine } from '../oracle.ts';
import { isMeantBy, type TrueLine, TruthJudge } from '../truth.ts';

export interface SizeOptions {
  readonly groups: number;
  readonly tasks: number;
  readonly events: 'delivered' | 'lost';
  /** Tasks of each group that start, all at one moment, and as many that stop. */
  readonly replaced: number;
  /** From the start of the new tasks to the order to stop of the old ones. */
  readonly stopsAfterMs?: number;
  /** Between the change and the next scheduled pass. */
  readonly scheduleAfterMs?: number;
  /** The share of AWS's rates that others use. */
  readonly othersUse?: number;
  readonly limitMs?: number;
  /** What befalls the first group beside the change. */
  readonly hardship?: Hardship;
}

export interface Hardship {
  /**
   * So many tasks of its service have stopped within the hour, and a moment before the last scheduled run before the change, somebody
   * registers a target that is nobody's: whose it is has to be searched for among them, while the change has to be made.
   */
  readonly stoppedTasks?: number;
  /** The old tasks of every group die by themselves instead of being told to stop: their removals need a confirmation. */
  readonly crashes?: boolean;
  /** So many of its targets drain for an hour, and ELB refuses the new tasks that have got their addresses. */
  readonly refusedTargets?: number;
  /** How long the stack is watched after the change, in step or not. */
  readonly watchMs?: number;
}

export interface SizeResult {
  /** From RUNNING to registered, one per started task, in the order of the groups; Infinity if it never was. */
  readonly registerMs: readonly number[];
  /** From the order to stop to deregistered. */
  readonly deregisterMs: readonly number[];
  /** Targets of stopped tasks that are left in the group with somebody else's target, and that a finding names there. */
  readonly leftReported: number;
  readonly calls: ReadonlyMap<string, number>;
  readonly deadLetters: number;
  /** What was wrong in the true world at the moment that a write took effect. */
  readonly violations: readonly Violation[];
  readonly failedInvocations: number;
  /** Scheduled runs that ended without some calls, which AWS throttled each time, or without some groups, for want of time. The next run goes on there. */
  readonly unfinishedRuns: number;
  /** Targets of the first group that a hardship keeps, and how many of them are registered in the end. */
  readonly foreignLeft: number;
  readonly refusedRegistered: number;
}

/** As seen in captured events of Fargate tasks. */
const TIMING = { provisioningMs: 9_000, pendingMs: 26_000, stoppingMs: 12_000, deprovisioningMs: 23_000 } as const;

const STARTED_MS = TIMING.provisioningMs + TIMING.pendingMs + 1_000;
/** From the change to the scheduled run that finds it. */
export const SCHEDULE_AFTER_MS = 59_000;
const HOUR_S = 3_600;
/** The scheduled run before the change begins two seconds before it. */
const FOREIGN_BEFORE_MS = 3_000;
const FOREIGN = { id: '10.0.250.99', port: 8080, zone: undefined } as const;

export function runSize(options: SizeOptions): Promise<SizeResult> {
  return new Scene(options).run();
}

class Scene {
  readonly #options: SizeOptions;
  readonly #deployment: Deployment;
  readonly #records: readonly GroupRecord[];
  /** How long after its cause each task's target was as it should be. */
  readonly #settledMs = new Map<string, number>();
  readonly #truth: TruthJudge;
  readonly #oracle: Oracle;
  readonly #backend: InProcessBackend;
  #isLost = true;

  constructor(options: SizeOptions) {
    this.#options = options;
    // As deployed without a parameter: groups are found by their tag. Named one by one, so many do not fit into the environment.
    this.#deployment = new Deployment({ settings: { clusters: [], targetGroups: [], binding: '' } });
    const { account } = this.#deployment;
    account.buckets.othersUse = options.othersUse ?? 0.5;
    const names = Array.from({ length: options.groups }, (_, index) => `g${String(index).padStart(2, '0')}`);
    this.#records = names.map((name) => account.elb.addGroup({ arn: targetGroupArn(name), quota: 5_000 }));
    for (const record of this.#records) record.tags.set('alb-target-sync', `service=${record.name} port=8080`);
    for (const name of names) account.ecs.addService(CLUSTER, name);
    this.#truth = truthOf(account);
    this.#deployment.service.performed = (name, input) => this.#truth.effected(0, name, input);
    this.#oracle = oracleOf(account, names);
    this.#backend = inProcess([this.#oracle]);
    this.#deployment.use(this.#backend);
    this.#dropLostEvents();
  }

  async run(): Promise<SizeResult> {
    const { replaced, stopsAfterMs = 0, limitMs = 480_000, hardship = {} } = this.#options;
    const { account, clock } = this.#deployment;
    await this.#bringInStep();
    const fresh = this.#records.flatMap((record) => this.#start(record, replaced));
    const refused = this.#startRefused();
    await this.#deployment.pass(STARTED_MS - 1_001 - FOREIGN_BEFORE_MS);
    this.#registerForeign();
    await this.#deployment.pass(FOREIGN_BEFORE_MS);
    this.#isLost = this.#options.events === 'lost';
    account.calls.clear();
    const runningMs = clock.now() + 1;
    let watched = (): void => this.#watch(fresh, true, runningMs);
    this.#deployment.service.performed = (name, input) => {
      this.#truth.effected(0, name, input);
      if (name === 'RegisterTargets' || name === 'DeregisterTargets') clock.after(0, () => watched());
    };
    await this.#deployment.pass(stopsAfterMs);
    const stoppedMs = clock.now() + 1;
    const stopped = this.#records.flatMap((record) => this.#runningOf(record, fresh).slice(0, replaced));
    watched = () => {
      this.#watch(fresh, true, runningMs);
      this.#watch(stopped, false, stoppedMs);
    };
    for (const task of stopped) hardship.crashes ? account.ecs.crash(task) : account.ecs.stop(task);
    const isDone = (passedMs: number): boolean =>
      passedMs >= (hardship.watchMs ?? 0) && this.#settledMs.size >= fresh.length + stopped.length;
    for (let passedMs = 0; passedMs < limitMs && !isDone(passedMs); passedMs += 1_000) await this.#deployment.pass(1_000);
    return this.#resultOf(fresh, stopped, refused);
  }

  #resultOf(fresh: readonly TaskRecord[], stopped: readonly TaskRecord[], refused: readonly TaskRecord[]): SizeResult {
    const { account, queue, lambda } = this.#deployment;
    const ended = lambda.invocations.map(endOf);
    const settled = ({ arn }: TaskRecord): number => this.#settledMs.get(arn) ?? Number.POSITIVE_INFINITY;
    const [first] = this.#records;
    const targets = new Set(first === undefined ? [] : account.elb.registered(first));
    return {
      registerMs: fresh.map(settled),
      deregisterMs: stopped.map(settled),
      leftReported: stopped.filter((task) => !this.#settledMs.has(task.arn) && this.#isReported(task)).length,
      calls: new Map(account.calls),
      violations: [...this.#truth.violations, ...this.#oracle.violations],
      deadLetters: queue.deadLetters.length,
      failedInvocations: ended.filter((each) => each !== 'done' && each !== 'unfinished').length,
      unfinishedRuns: ended.filter((each) => each === 'unfinished').length,
      foreignLeft: targets.has(keyOf(FOREIGN)) ? 1 : 0,
      refusedRegistered: refused.filter((task) => targets.has(keyOfTask(task))).length,
    };
  }

  /** Where somebody else has a target in the group, what cannot be proved to be ours stays, and is told. */
  #isReported(task: TaskRecord): boolean {
    const isShared = this.#options.hardship?.stoppedTasks !== undefined && task.group === `service:${this.#records[0]?.name}`;
    const findings = this.#backend.runtimes.flatMap(({ reports }) => reports.findings);
    return isShared && findings.some(({ kind, subject }) => kind === 'unproven' && subject === keyOfTask(task));
  }

  #dropLostEvents(): void {
    const { clock, deliver } = this.#deployment;
    this.#deployment.deliver = (event) => {
      if (!this.#isLost) clock.after(300, () => deliver(event));
    };
  }

  /** Every task registered, and seven scheduled runs over groups in step, which warm the environment; the next is the first after the change. */
  async #bringInStep(): Promise<void> {
    const { tasks, scheduleAfterMs = SCHEDULE_AFTER_MS } = this.#options;
    const { account, lambda } = this.#deployment;
    await this.#letManyStop();
    for (const record of this.#records) this.#start(record, tasks);
    await this.#deployment.pass(STARTED_MS);
    for (const record of this.#records) {
      const running = this.#runningOf(record).map((task) => requestFor(present(task).ipv4));
      account.elb.register(record, running);
    }
    this.#drainRefused();
    lambda.startSchedule(60_000);
    await this.#deployment.pass(8 * 60_000 - scheduleAfterMs - STARTED_MS + 1_000);
  }

  /** In portions, as an hour of crashes would have them. */
  async #letManyStop(): Promise<void> {
    const { stoppedTasks = 0 } = this.#options.hardship ?? {};
    const [first] = this.#records;
    if (first === undefined || stoppedTasks === 0) return;
    const { account } = this.#deployment;
    for (let left = stoppedTasks; left > 0; left -= 500) {
      const portion = this.#start(first, Math.min(left, 500), { timing: QUICK });
      await this.#deployment.pass(1_000);
      for (const task of portion) account.ecs.stop(task);
      await this.#deployment.pass(10_000);
    }
  }

  #registerForeign(): void {
    const { stoppedTasks } = this.#options.hardship ?? {};
    const [first] = this.#records;
    if (first !== undefined && stoppedTasks !== undefined) this.#deployment.account.elb.register(first, [FOREIGN]);
  }

  /** Targets without a task, so that the group is in step and they drain. */
  #drainRefused(): void {
    const [first] = this.#records;
    if (first === undefined) return;
    first.deregistrationDelaySeconds = HOUR_S;
    first.whileDraining = 'refused';
    const requests = this.#refusedAddresses().map(requestFor);
    this.#deployment.account.elb.register(first, requests);
    this.#deployment.account.elb.deregister(first, requests);
  }

  #startRefused(): TaskRecord[] {
    return this.#records
      .slice(0, 1)
      .flatMap((first) => this.#refusedAddresses().flatMap((ipv4) => this.#start(first, 1, { ipv4 })));
  }

  #refusedAddresses(): string[] {
    const { refusedTargets = 0 } = this.#options.hardship ?? {};
    return Array.from({ length: refusedTargets }, (_, index) => `10.0.251.${index + 1}`);
  }

  #start({ name }: GroupRecord, count: number, spec: Partial<TaskSpec> = {}): TaskRecord[] {
    const task = { clusterArn: CLUSTER, group: `service:${name}`, definition: `${name}:1`, timing: TIMING, ...spec };
    return Array.from({ length: count }, () => this.#deployment.account.ecs.start(task));
  }

  #runningOf({ name }: GroupRecord, except: readonly TaskRecord[] = []): TaskRecord[] {
    const tasks = [...this.#deployment.account.ecs.tasks.values()].filter(({ group }) => group === `service:${name}`);
    return tasks.filter((task) => present(task).last === 'RUNNING' && !except.includes(task));
  }

  #watch(tasks: readonly TaskRecord[], isRegistered: boolean, sinceMs: number): void {
    const { account, clock } = this.#deployment;
    for (const record of this.#records) {
      const targets = new Set(account.elb.registered(record));
      for (const task of tasks) {
        if (task.group !== `service:${record.name}` || this.#settledMs.has(task.arn)) continue;
        if (targets.has(keyOfTask(task)) === isRegistered) this.#settledMs.set(task.arn, clock.now() - sinceMs);
      }
    }
  }
}

function endOf({ outcome, error }: Pick<Invocation, 'outcome' | 'error'>): 'done' | 'unfinished' | 'failed' {
  if (outcome === 'done' || outcome === 'running') return 'done';
  if (String(error).includes('could not be dealt with in the time given')) return 'unfinished';
  const causes = [...String(error).matchAll(/ failed \(([^:]+): /g)].map(([, cause]) => cause ?? '');
  return causes.length > 0 && causes.every((cause) => cause.startsWith('Throttling')) ? 'unfinished' : 'failed';
}

function keyOfTask(task: TaskRecord): string {
  return keyOf(requestFor(present(task).ipv4));
}

function requestFor(id = '') {
  return { id, port: 8080, zone: undefined };
}

/** Each group's tag feeds it from the service of its name. */
function oracleOf(account: Account, names: readonly string[]): Oracle {
  const lineOf = (name: string): WantedLine => ({ kind: 'service', name, port: 8080, mode: 'enforce' });
  return new Oracle(account.clock, {
    parameterLines: new Map(),
    linesOfTag: new Map(names.map((name) => [`service=${name} port=8080`, [lineOf(name)]])),
    nativeServices: new Set(),
    isSingleGroup: false,
    areReadsShared: false,
    isLive: liveIn(account),
  });
}

/** Each group is of the service of its name. */
function truthOf(account: Account): TruthJudge {
  const lineOf = (group: string): TrueLine => {
    const name = group.split('/')[1] ?? '';
    return { cluster: CLUSTER, kind: 'service', name, port: 8080, mode: 'enforce' };
  };
  return new TruthJudge(account, {
    lagMaxMs: 0,
    linesOf: (group) => [lineOf(group)],
    writersOf: (group, _, task) => (isMeantBy(lineOf(group), task) ? ['the stack'] : []),
  });
}
