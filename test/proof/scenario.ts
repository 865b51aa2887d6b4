/** One seed, told from beginning to end: churn under the seed's faults, then quiet, then a look at where the world has ended. */
import { Account } from '../../scripts/simulator/account.ts';
import { Service } from '../../scripts/simulator/api.ts';
import { EPOCH_MS, runClock, settleOnce, VirtualClock } from '../../scripts/simulator/clock.ts';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { type GroupRecord, keyOf } from '../../scripts/simulator/elb.ts';
import { Exposure, type ExposureSums } from '../../scripts/simulator/exposure.ts';
import type { LambdaSettings } from '../../scripts/simulator/lambda.ts';
import { Random } from '../../scripts/simulator/random.ts';
import { countWrites, type WriteCounts } from './bench/repeated-writes.ts';
import { drawFault } from './fault-draw.ts';
import { drawFaultMix, type FaultClass, type FaultMix, type FaultMixOptions } from './fault-mix.ts';
import { forgedMessage, forgedVersion, mangledMessage } from './forgery.ts';
import type { Violation } from './judge.ts';
import { cameLate } from './late-starts.ts';
import { CLUSTER_ARN, type Kind, Operators } from './operators.ts';
import { liveIn, Oracle, type Rules, type WantedLine } from './oracle.ts';
import { ADMIN, API, APP, CLOUD_MAP, JOB, TAG_TEXTS, TEXTS_OF_APP, WEB } from './scenario-bindings.ts';
import { Stack } from './stack.ts';
import { Trace } from './trace.ts';
import { isMeantBy, type TrueLine, TruthJudge } from './truth.ts';

export interface ScenarioResult {
  readonly mix: FaultMix;
  readonly violations: readonly Violation[];
  /** Interesting states that the run has reached. */
  readonly marks: ReadonlySet<string>;
  /** Serving tasks that lost their target to us, in the true world. */
  readonly liveRemovals: number;
  /** Live targets of other writers that we took for our own leftovers, and that nothing told apart from them (shown.ts). */
  readonly unseenRemovals: number;
  /** The longest that one address was wrong after the faults had ended, in milliseconds. */
  readonly outOfStepMs: number;
  /** Targets of ours without a task after the faults: those that left, and those that a finding names in the end. */
  readonly leftovers: { readonly removed: number; readonly reported: number };
  readonly exposure: ExposureSums;
  readonly calls: number;
  /** Targets that anybody's calls wrote, and how many of them were so already. */
  readonly writes: WriteCounts;
  /** A digest of everything that happened, in order: equal for equal runs. */
  readonly hash: string;
}

export interface ScenarioOptions extends FaultMixOptions {
  readonly trace?: ((line: string) => void) | undefined;
  /** Another way of taking from the queue than template.yaml's. */
  readonly lambda?: Partial<LambdaSettings> | undefined;
}

/** A lost event is made up for by the schedule within a minute, and its pass may take 15 s. */
const CONVERGED_WITHIN_MS = 75_000;
/** The slowest task takes so long from its order to stop to its end. */
const SETTLED_WITHIN_MS = 65_000;

/** The farthest that a read is behind. */
const LAG_MAX_MS = 3_000;
/** So long after the faults nothing of them is under way any more: invocations and their confirmations have ended. */
const QUIET_AFTER_MS = 35_000;
/** Who was denied something may ask for it again a minute later. */
const QUIET_AFTER_DENIAL_MS = 65_000;
/** Delivery, a confirmation's five seconds, and the calls around them. */
const QUICK_MS = 12_000;
/**
 * The same while ELB refuses some of our targets. Each is looked for by halving, in each environment and group, and once the burst
 * is used up an environment makes one write a second: five such targets in two groups keep it busy for some ten seconds.
 */
const QUICK_BESIDE_REFUSALS_MS = 25_000;

/** With these, others write to the group. */
const SHARED: readonly FaultClass[] = ['person', 'second stack', 'native writer', 'native neighbor', 'hand-registered'];
/**
 * Under these a start may take longer than usual. A full group and a target that drains have promises of their own. Of two
 * stacks, the one whose dead task held the address may take it from the other's live one, which puts it back within a minute.
 */
const HELD_UP: readonly FaultClass[] = ['small quota', 'refused while draining', 'second stack'];

/** Every line that a stack ever has, in its parameter or in a tag. */
const EVERY_LINE: Readonly<Record<string, readonly TrueLine[]>> = {
  A: [APP, { ...APP, mode: 'drain' as const }, JOB, { ...APP, port: 9090 }].map((line) => ({ ...line, cluster: CLUSTER_ARN })),
  B: [{ ...API, cluster: CLUSTER_ARN }],
};

/** How old a copy of the tags may be. */
const TAGS_COPIED_MS = 61_000;

export function runScenario(seed: number, options: ScenarioOptions = {}): Promise<ScenarioResult> {
  return new Scenario(drawFaultMix(seed, options), options).run();
}

class Scenario {
  readonly #mix: FaultMix;
  readonly #lambda: Partial<LambdaSettings> | undefined;
  readonly #clock = new VirtualClock();
  readonly #account = new Account(this.#clock);
  readonly #service = new Service(this.#account);
  readonly #writes = countWrites(this.#service);
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #faultsEndMs: number;
  readonly #web: GroupRecord;
  readonly #operators: Operators;
  readonly #exposure: Exposure;
  readonly #stacks: Stack[] = [];
  readonly #truths: TruthJudge[] = [];
  /** By stack: the lines that hold for a group. */
  readonly #lines = new Map<string, (group: string) => readonly WantedLine[]>();
  /** Addresses that are wrong now, and since when. */
  readonly #wrongSinceMs = new Map<string, number>();
  readonly #late: Violation[] = [];
  /** When the app's line last stopped to say drain. */
  #drainedAtMs = Number.NEGATIVE_INFINITY;
  #outOfStepMs = 0;
  /** Whatever was left behind at some time after the faults had ended. */
  readonly #left = new Set<string>();
  #isGone = false;

  constructor(mix: FaultMix, { trace, lambda }: ScenarioOptions) {
    this.#mix = mix;
    this.#lambda = lambda;
    this.#random = new Random(mix.seed ^ 0x5eed);
    this.#trace = new Trace(this.#clock, trace);
    this.#faultsEndMs = this.#clock.now() + mix.churnMs;
    this.#web = this.#account.elb.addGroup({
      arn: WEB,
      quota: mix.quota,
      deregistrationDelaySeconds: mix.drainDelaySeconds,
      whileDraining: mix.classes.has('refused while draining') ? 'refused' : 'accepted',
    });
    this.#operators = new Operators(this.#account, this.#web, mix, this.#random.fork());
    this.#exposure = new Exposure(this.#clock, this.#account.elb, this.#web);
    this.#operators.wrote = () => this.#exposure.note();
    this.#setUpAccount(this.#random.fork());
    this.#setUpStacks(this.#random.fork());
    this.#setUpOthers(this.#random.fork());
  }

  async run(): Promise<ScenarioResult> {
    const drainMs = this.#mix.classes.has('refused while draining') ? this.#mix.drainDelaySeconds * 1_000 : 0;
    const endMs = this.#faultsEndMs + SETTLED_WITHIN_MS + CONVERGED_WITHIN_MS + drainMs + 5_000;
    this.#clock.at(this.#faultsEndMs - TAGS_COPIED_MS, () => {
      if (this.#mix.boundBy === 'tags') this.#tagGroup('service=app port=8080');
    });
    this.#clock.at(this.#faultsEndMs, () => this.#tick(CONVERGED_WITHIN_MS + drainMs));
    this.#clock.at(this.#faultsEndMs + this.#quietAfterMs, () => this.#changeQuietly());
    await runClock(this.#clock, settleOnce, endMs);
    const tasks = [...this.#account.ecs.tasks.values()];
    const app = tasks.filter((task) => task.group === 'service:app');
    return {
      mix: this.#mix,
      violations: [...this.#stacks.flatMap((stack) => stack.violations), ...this.#late],
      marks: new Set(this.#stacks.flatMap((stack) => [...stack.collectMarks()])),
      liveRemovals: this.#truths.reduce((sum, truth) => sum + truth.liveCount, 0),
      unseenRemovals: this.#truths.reduce((sum, truth) => sum + truth.unseenRemovals, 0),
      outOfStepMs: this.#outOfStepMs,
      leftovers: this.#leftovers(),
      exposure: this.#exposure.sum(app, 8080, endMs, tasks, this.#faultsEndMs),
      calls: this.#account.callCount,
      writes: this.#writes,
      hash: this.#trace.hash,
    };
  }

  /** In an outage addresses pass from hand to hand unseen; after it, everything starts cold. */
  get #isOut(): boolean {
    const { fromMs, toMs } = this.#mix.outage;
    const sinceMs = this.#clock.now() - EPOCH_MS;
    return this.#isFaulty && sinceMs >= fromMs && sinceMs < toMs;
  }

  get #isFaulty(): boolean {
    return this.#clock.now() < this.#faultsEndMs;
  }

  get #quietAfterMs(): number {
    return this.#has('unreadable tags') ? QUIET_AFTER_DENIAL_MS : QUIET_AFTER_MS;
  }

  #has(name: FaultClass): boolean {
    return this.#mix.classes.has(name);
  }

  #setUpAccount(random: Random): void {
    const { ecs, elb } = this.#account;
    const app = ecs.addService(CLUSTER_ARN, 'app');
    const other = ecs.addService(CLUSTER_ARN, 'other');
    ecs.addService(CLUSTER_ARN, 'api');
    if (this.#has('native writer')) app.loadBalancers = [WEB];
    if (this.#has('native neighbor')) other.loadBalancers = [WEB];
    ecs.reuseAfterMs = this.#mix.reuseAfterMs;
    ecs.pageMax = this.#mix.pageMax;
    const { answers } = elb;
    // Health checks fail at every third address, whatever runs there: health must not decide who is registered.
    if (this.#has('sick tasks')) elb.answers = (ip, port) => Number(ip.split('.')[3]) % 3 !== 0 && answers(ip, port);
    const lag = random.fork();
    // Torn reads are either up to date or as far behind as may be: one after the other tells of two times.
    const torn = this.#has('torn reads') ? new Random(this.#mix.seed ^ 0x70e2) : undefined;
    ecs.lagMs = () => {
      if (!this.#isFaulty) return 0;
      const lagMs = lag.whole(0, this.#mix.lagMaxMs);
      return torn === undefined ? lagMs : torn.pick([0, LAG_MAX_MS]);
    };
    if (this.#mix.withSecondGroup) elb.addGroup({ arn: ADMIN, port: 9090 });
    if (this.#has('cloud map')) this.#setUpCloudMap(new Random(this.#mix.seed ^ 0xc10d));
    if (this.#mix.boundBy === 'tags') this.#tagGroup('service=app port=8080');
    const faultRandom = random.fork();
    this.#service.faults = (operation) => {
      const fault = drawFault(this.#mix, faultRandom, operation);
      if (this.#isOut) return { kind: 'error', code: 'InternalFailure', status: 500 };
      return this.#isFaulty ? fault : undefined;
    };
  }

  /** A service whose instances ECS keeps late and with gaps: looking at them must not lead the passes astray. */
  #setUpCloudMap(random: Random): void {
    const service = this.#account.cloudMap.addService(CLOUD_MAP, 'app');
    service.tags.set('alb-target-sync', 'service=app');
    const delayMs = (): number => random.whole(0, 10_000);
    this.#account.keepInstances('service:app', service, { delayMs, omits: () => random.chance(0.2) });
  }

  #tagGroup(line: string | undefined): void {
    if (this.#web.tags.get('alb-target-sync')?.includes('drain')) this.#drainedAtMs = this.#clock.now();
    this.#web.tags.clear();
    if (line !== undefined) this.#web.tags.set('alb-target-sync', line);
    if (this.#mix.withFamily) this.#web.tags.set('alb-target-sync:job', 'family=job port=8080');
  }

  #setUpStacks(random: Random): void {
    const { withFamily, withSecondGroup, boundBy } = this.#mix;
    const webLines = withFamily ? [APP, JOB] : [APP];
    const texts = [
      ...(boundBy === 'parameter' ? webLines.map((line) => `target-group=web ${line.kind}=${line.name} port=8080`) : []),
      ...(withSecondGroup ? ['target-group=admin service=app port=9090'] : []),
    ];
    const parameterLines = new Map<string, readonly WantedLine[]>([
      ...(boundBy === 'parameter' ? [[WEB, webLines] as const] : []),
      ...(withSecondGroup ? [[ADMIN, [{ ...APP, port: 9090 }]] as const] : []),
    ]);
    const targetGroups = withSecondGroup ? [WEB, ADMIN] : [WEB];
    this.#addStack('A', random.fork(), { targetGroups, binding: texts.join('; ') }, parameterLines);
    const second = random.fork();
    if (!this.#has('second stack')) return;
    const binding = 'target-group=web service=api port=8080';
    this.#addStack('B', second, { targetGroups: [WEB], binding }, new Map([[WEB, [API]]]));
  }

  #addStack(
    name: string,
    random: Random,
    settings: Pick<SettingsText, 'targetGroups' | 'binding'>,
    parameterLines: Rules['parameterLines'],
  ): void {
    const nativeServices = new Set(this.#has('native writer') ? [`${WEB} app`] : []);
    const cloudMapServices = name === 'A' && this.#has('cloud map') ? [CLOUD_MAP] : [];
    const areReadsShared = cloudMapServices.length > 0;
    const isSingleGroup = settings.targetGroups.length === 1 && !areReadsShared;
    this.#stacks.push(
      new Stack({
        name,
        random,
        account: this.#account,
        service: this.#service,
        mix: this.#mix,
        faultsEndMs: this.#faultsEndMs,
        isOut: () => this.#isOut,
        trace: this.#trace,
        lambda: this.#lambda,
        settings: { clusters: [CLUSTER_ARN], cloudMapServices, mode: 'enforce', ...settings },
        judges: [
          new Oracle(this.#clock, {
            parameterLines,
            linesOfTag: TAG_TEXTS,
            nativeServices,
            isSingleGroup,
            areReadsShared,
            isLive: liveIn(this.#account),
          }),
          this.#truthOf(name, parameterLines),
        ],
        wrote: () => this.#exposure.note(),
      }),
    );
  }

  /** A group's targets belong to whoever wants them: the other stack's are as safe as our own. */
  #truthOf(name: string, parameterLines: Rules['parameterLines']): TruthJudge {
    const lines = (group: string): readonly WantedLine[] => {
      const own = [...(parameterLines.get(group) ?? []), ...(name === 'A' && group === WEB ? this.#taggedLines() : [])];
      return own.filter(({ mode }) => mode !== 'drain');
    };
    const truth = new TruthJudge(this.#account, {
      lagMaxMs: Math.max(LAG_MAX_MS, this.#mix.lagMaxMs),
      // Which lines a stack may act on is the oracle's to say: it knows what the environment has read of them.
      linesOf: () => EVERY_LINE[name] ?? [],
      writersOf: (group, port, task) => {
        this.#lines.set(name, lines);
        const stacks = [...this.#lines].filter(([, of]) =>
          of(group).some((line) => line.port === port && isMeantBy({ ...line, cluster: CLUSTER_ARN }, task)),
        );
        const others = group === WEB && port === 8080 ? this.#othersOf(task) : [];
        return [...stacks.map(([stack]) => `stack ${stack}`), ...others];
      },
    });
    this.#lines.set(name, lines);
    this.#truths.push(truth);
    return truth;
  }

  /** Who else wants the task's target in the group. */
  #othersOf(task: TaskRecord): readonly string[] {
    const isNative =
      (this.#has('native writer') && task.group === 'service:app') ||
      (this.#has('native neighbor') && task.group === 'service:other');
    const isByHand = [...this.#operators.kept.values()].includes(task);
    return [...(isNative ? ['ECS'] : []), ...(isByHand ? ['a person'] : [])];
  }

  /** The lines in the tags now. One that was draining a moment ago may still be acted on: a copy of the tags may be a minute old. */
  #taggedLines(): readonly WantedLine[] {
    const isCopied = this.#clock.now() - this.#drainedAtMs <= TAGS_COPIED_MS + CONVERGED_WITHIN_MS;
    const lines = [...this.#web.tags.values()].flatMap((value) => TAG_TEXTS.get(value) ?? []);
    return isCopied ? lines.filter(({ name }) => name !== 'app') : lines;
  }

  #setUpOthers(random: Random): void {
    for (let count = this.#mix.initialTasks; count > 0; count -= 1) this.#operators.start('app');
    const { boundBy } = this.#mix;
    this.#often(random.fork(), 1_000, 12_000, () => this.#operators.churn());
    this.#often(random.fork(), 20_000, 90_000, () => this.#operators.replaceAll('app'));
    this.#oftenIf('person', random.fork(), 5_000, 40_000, () => this.#operators.meddle());
    this.#oftenIf('hand-registered', new Random(this.#mix.seed ^ 0x4a9d), 5_000, 30_000, () => this.#operators.keepByHand());
    this.#oftenIf('sole owner', random.fork(), 10_000, 40_000, () => this.#operators.takeOver());
    this.#oftenIf('second stack', random.fork(), 5_000, 20_000, (own) => this.#operators.balance('api', own.whole(0, 3)));
    this.#oftenIf('forged hints', random.fork(), 1_000, 15_000, (own) => this.#inject(forgedMessage(this.#account, own)));
    this.#oftenIf('mangled messages', random.fork(), 1_000, 15_000, (own) => this.#inject(mangledMessage(own)));
    this.#oftenIf('cold starts', random.fork(), 5_000, 30_000, () => this.#coolDown());
    if (this.#has('outage')) this.#setUpOutage(new Random(this.#mix.seed ^ 0x007a6e));
    this.#oftenIf('forged versions', new Random(this.#mix.seed ^ 0x9e15), 3_000, 15_000, (own) => {
      const live = own.pick(this.#operators.liveTasks('app'));
      if (live !== undefined) this.#inject(forgedVersion(live, own));
    });
    // A copy of the tags may be a minute old, so the last word has to be written a minute before the promise begins.
    const rebind = (own: Random): void => {
      const text = own.pick([...TEXTS_OF_APP, undefined]);
      if (this.#clock.now() < this.#faultsEndMs - TAGS_COPIED_MS) this.#tagGroup(text);
    };
    if (boundBy === 'tags') this.#oftenIf('rebinding', random.fork(), 10_000, 60_000, rebind);
    const ending = random.fork();
    if (this.#has('service gone')) this.#clock.after(ending.whole(30_000, this.#mix.churnMs), () => this.#deleteService());
    this.#account.onEvent(({ detail }) => {
      this.#trace.note(`task ${detail.taskArn.slice(-4)} v${detail.version} ${detail.lastStatus}/${detail.desiredStatus}`);
      const task = this.#account.ecs.tasks.get(detail.taskArn);
      if (this.#has('native writer') && task !== undefined) this.#operators.keepNatively('app', task);
      if (this.#has('native neighbor') && task !== undefined) this.#operators.keepNatively('other', task);
    });
  }

  /** A deployment that nobody sees: the new tasks get the addresses of the old ones. Then warm memory is as good as none, or worse. */
  #setUpOutage(random: Random): void {
    const { fromMs, toMs } = this.#mix.outage;
    this.#clock.at(EPOCH_MS + fromMs + 1_000, () => {
      if (this.#isFaulty && !this.#isGone) this.#operators.replaceAll('app');
    });
    this.#clock.at(EPOCH_MS + fromMs + 25_000, () => {
      if (!this.#isFaulty || this.#isGone) return;
      for (const kind of ['app', 'other', 'app', 'other', 'app'] as const) this.#operators.start(kind);
    });
    if (random.chance(0.5)) return;
    this.#clock.at(EPOCH_MS + toMs, () => {
      for (const { lambda } of this.#stacks) lambda.replaceEnvironments();
    });
  }

  #often(random: Random, fromMs: number, toMs: number, turn: (own: Random) => void): void {
    this.#clock.after(random.whole(fromMs, toMs), () => {
      if (!this.#isFaulty) return;
      if (!this.#isGone) turn(random);
      this.#often(random, fromMs, toMs, turn);
    });
  }

  #oftenIf(name: FaultClass, random: Random, fromMs: number, toMs: number, turn: (own: Random) => void): void {
    if (this.#has(name)) this.#often(random, fromMs, toMs, turn);
  }

  #inject(body: string): void {
    for (const { pipeline } of this.#stacks) pipeline.inject(body);
  }

  #coolDown(): void {
    for (const { lambda } of this.#stacks) lambda.coolDown();
  }

  /** Tasks go and others come once all faults have ended: memory that they have spoiled would show here. */
  #changeQuietly(): void {
    if (this.#isGone) return;
    const quiet = new Operators(this.#account, this.#web, { ...this.#mix, poisonP: 0 }, new Random(this.#mix.seed ^ 0x9e7));
    const running = this.#operators.liveTasks('app').filter((task) => present(task).last === 'RUNNING');
    for (const task of running.slice(0, 5)) this.#account.ecs.stop(task);
    for (let count = 2; count > 0; count -= 1) quiet.start('app');
  }

  /** Deleting a service stops its tasks; ECS then says that it does not know it. */
  #deleteService(): void {
    this.#isGone = true;
    const service = this.#account.ecs.services.get(`${CLUSTER_ARN} app`);
    if (service !== undefined) service.status = 'INACTIVE';
    for (const task of this.#operators.liveTasks('app')) this.#account.ecs.stop(task);
  }

  /** Once a second after the faults have ended: how long has any one address been wrong? */
  #tick(allowedMs: number): void {
    const nowMs = this.#clock.now();
    const wrong = new Set(this.#wrongAddresses());
    for (const key of this.#wrongSinceMs.keys()) if (!wrong.has(key)) this.#wrongSinceMs.delete(key);
    for (const key of wrong) {
      const sinceMs = this.#wrongSinceMs.get(key) ?? nowMs;
      this.#wrongSinceMs.set(key, sinceMs);
      this.#outOfStepMs = Math.max(this.#outOfStepMs, nowMs - sinceMs);
      const broken = this.#promiseBroken(key, sinceMs, nowMs, allowedMs);
      if (broken !== undefined && this.#late.length === 0) {
        this.#late.push({ invariant: broken, atMs: nowMs, environment: 0, detail: `${key} for ${nowMs - sinceMs} ms` });
      }
    }
    this.#clock.after(1_000, () => this.#tick(allowedMs));
  }

  /** L3 whatever went before; L1 and L2 for what happens when the faults are long over and every event arrives. */
  #promiseBroken(key: string, sinceMs: number, nowMs: number, allowedMs: number): string | undefined {
    if (nowMs - sinceMs > allowedMs) return 'L3';
    const isQuiet = sinceMs >= this.#faultsEndMs + this.#quietAfterMs;
    const quickMs = this.#has('poison targets') ? QUICK_BESIDE_REFUSALS_MS : QUICK_MS;
    if (!isQuiet || nowMs - sinceMs <= quickMs) return undefined;
    const isHeldUp = HELD_UP.some((each) => this.#has(each));
    if (key.startsWith('missing')) return isHeldUp ? undefined : 'L1';
    return key.startsWith('left behind') && !cameLate(this.#account.ecs, this.#web, key) ? 'L2' : undefined;
  }

  #wrongAddresses(): string[] {
    const registered = new Set(this.#account.elb.registered(this.#web));
    const wanted = new Set(this.#wantedKinds().flatMap((kind) => this.#keysOf(kind, (last) => last === 'RUNNING')));
    const isFull = this.#web.targets.size >= this.#web.quota;
    const missing = isFull ? [] : [...wanted].filter((key) => !registered.has(key) && key.startsWith('10.0.'));
    const byHand = [...this.#operators.byHand].filter((key) => !registered.has(key));
    // At the address of a task of ours that starts, nothing is removed, whoever had it before.
    const awaited = new Set(this.#wantedKinds().flatMap((kind) => this.#keysOf(kind, (last) => last !== 'RUNNING')));
    const { kept } = this.#operators;
    const isOthers = (key: string): boolean => this.#operators.byHand.has(key) || kept.has(key) || this.#isNative(key);
    const extra = [...registered].filter((key) => !wanted.has(key) && !awaited.has(key) && !isOthers(key));
    const isExcused = this.#isGone || this.#has('native writer');
    const reported = this.#reportedAddresses();
    if (!isExcused) for (const key of extra) this.#left.add(key);
    return [
      ...missing.map((key) => `missing ${key}`),
      ...byHand.map((key) => `taken from a person ${key}`),
      ...(isExcused ? [] : extra.filter((key) => !reported.has(key)).map((key) => `left behind ${key}`)),
    ];
  }

  #leftovers(): ScenarioResult['leftovers'] {
    const registered = new Set(this.#account.elb.registered(this.#web));
    const reported = this.#reportedAddresses();
    const still = [...this.#left].filter((key) => registered.has(key) && reported.has(key));
    const gone = [...this.#left].filter((key) => !registered.has(key));
    return { removed: gone.length, reported: still.length };
  }

  /** Whether ECS itself has the target in the group, for a service that nobody binds. */
  #isNative(key: string): boolean {
    return this.#has('native neighbor') && this.#keysOf('other', (last) => last === 'RUNNING').includes(key);
  }

  /** Where others write to the group, or a task of anybody's answers, a target that cannot be proved dead may stay, while a finding names it. */
  #reportedAddresses(): Set<string> {
    const isShared = SHARED.some((each) => this.#has(each));
    const isAnswered = (key: string): boolean => this.#account.elb.answers(key.slice(0, key.lastIndexOf(':')), 8080);
    const findings = this.#stacks
      .flatMap(({ standing }) => standing)
      .filter(({ kind }) => kind === 'unproven' || kind === 'foreign');
    return new Set(findings.map(({ subject }) => subject).filter((key) => isShared || isAnswered(key)));
  }

  #wantedKinds(): Kind[] {
    return [
      ...(this.#has('native writer') ? [] : (['app'] as const)),
      ...(this.#mix.withFamily ? (['job'] as const) : []),
      ...(this.#has('second stack') ? (['api'] as const) : []),
    ];
  }

  #keysOf(kind: Kind, isMeant: (last: string) => boolean): string[] {
    const meant = this.#operators
      .liveTasks(kind)
      .map(present)
      .filter(({ last }) => isMeant(last));
    return meant.flatMap(({ ipv4 }) => (ipv4 === undefined ? [] : [keyOf({ id: ipv4, port: 8080 })]));
  }
}
