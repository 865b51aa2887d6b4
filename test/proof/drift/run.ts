/**
 * One generated history of tasks and their Cloud Map instances, with the function's check on it: ECS registers late or not at
 * all, operators change instances, services are created anew, lists lag, calls fail, addresses are used again. Every finding is
 * compared with the truth, and every lasting difference has to be found.
 */
import { createEnvironment, type Environment, type Reporter } from '../../../functions/app/invocation.ts';
import type { AwsApi } from '../../../functions/app/ports.ts';
import { run } from '../../../functions/app/run.ts';
import { type Hint, readEvent } from '../../../functions/core/event.ts';
import type { Finding } from '../../../functions/core/finding.ts';
import { Account, cloudMapServiceArn, clusterArn, targetGroupArn } from '../../../scripts/simulator/account.ts';
import { Service } from '../../../scripts/simulator/api.ts';
import { createSimulatedAws } from '../../../scripts/simulator/aws-api.ts';
import { runClock, settleOnce, VirtualClock } from '../../../scripts/simulator/clock.ts';
import type { CloudMapServiceRecord } from '../../../scripts/simulator/cloud-map.ts';
import { parseSettings } from '../../../scripts/simulator/deployment.ts';
import { present } from '../../../scripts/simulator/ecs.ts';
import { passesRule, type StateChangeEvent } from '../../../scripts/simulator/events.ts';
import { Random } from '../../../scripts/simulator/random.ts';
import { DriftOperators } from './operators.ts';
import { DriftTruth, type Stretch } from './oracle.ts';
import { type DriftScenario, drawScenario, PORT } from './scenario.ts';
import type { Plant } from './seeded-bugs.ts';

const CLUSTER = clusterArn('prod');
const CLOUD_MAP = cloudMapServiceArn('app');
const INTERVAL_MS = 60_000;
const GRACE_MS = 60_000;
/** An invocation's time, without what the handler keeps back. */
const INVOCATION_MS = 28_500;
/** A finding may tell of what was true this long ago: the lag of the lists, and the time that a look takes. */
const HINDSIGHT_MS = 15_000;
/** Two looks lie 10 s apart and a list is at most 8 s behind: what they both saw has lasted for 2 s. */
const LASTED_MS = 2_000;

export interface DriftRun {
  readonly seed: number;
  readonly mistakes: readonly string[];
  /** Nothing lags and nothing fails. */
  readonly isCalm: boolean;
  /** Lasting differences, and how many of them were found in time. */
  readonly due: number;
  readonly found: number;
  readonly findings: number;
  /** By kind: the longest from the beginning of a lasting difference to its finding, and the largest error of an age. */
  readonly foundAfterMs: ReadonlyMap<string, number>;
  readonly ageErrorMs: ReadonlyMap<string, number>;
  readonly calls: ReadonlyMap<string, number>;
}

interface Told {
  readonly atMs: number;
  readonly key: string;
  readonly finding: Finding;
  /** When the environment that told it had looked before. */
  readonly looksMs: readonly number[];
}

interface Life {
  readonly environment: Environment;
  readonly looksMs: number[];
  isBusy: boolean;
}

export function tellDriftRun(seed: number, plant?: Plant): Promise<DriftRun> {
  return new History(seed, plant).run();
}

class History {
  readonly #seed: number;
  readonly #clock = new VirtualClock();
  readonly #account = new Account(this.#clock);
  readonly #calls = new Service(this.#account);
  readonly #random: Random;
  readonly #scenario: DriftScenario;
  readonly #truth: DriftTruth;
  readonly #world: AwsApi;
  readonly #plant: Plant | undefined;
  readonly #told: Told[] = [];
  #failedLooks = 0;
  #lives: Life[] = [];
  #endMs = 0;

  constructor(seed: number, plant: Plant | undefined) {
    this.#seed = seed;
    this.#plant = plant;
    this.#random = new Random(seed);
    this.#scenario = drawScenario(this.#random.fork());
    const service = this.#setUp();
    this.#truth = new DriftTruth(this.#account, service, 'service:app', this.#scenario.boundPort);
    const world = createSimulatedAws(this.#calls, { effectMs: () => 20, answerMs: () => 20 });
    this.#world = plant?.world?.(world, this.#account) ?? world;
  }

  async run(): Promise<DriftRun> {
    const beginMs = this.#clock.now();
    this.#endMs = beginMs + this.#scenario.lastsMs;
    const operators = new DriftOperators(this.#account, this.#truth, this.#scenario, this.#random.fork());
    operators.begin(() => this.#keep(this.#truth.service));
    const chance = this.#random.fork();
    this.#account.onEvent((event) => this.#deliver(event, chance));
    this.#clock.after(this.#random.whole(0, INTERVAL_MS), () => this.#schedule(chance));
    await runClock(this.#clock, settleOnce, this.#endMs);
    return this.#judge();
  }

  #setUp(): CloudMapServiceRecord {
    const { ecs, cloudMap } = this.#account;
    const { lagMaxMs, readLagMaxMs, effectMaxMs, faultP } = this.#scenario;
    const [lag, effect, fault] = [this.#random.fork(), this.#random.fork(), this.#random.fork()];
    ecs.addService(CLUSTER, 'app');
    ecs.reuseAfterMs = this.#scenario.reuseAfterMs;
    ecs.lagMs = () => lag.whole(0, readLagMaxMs);
    cloudMap.lagMs = () => lag.whole(0, lagMaxMs);
    cloudMap.effectMs = () => effect.whole(0, effectMaxMs);
    this.#account.elb.addGroup({ arn: targetGroupArn('web') });
    this.#calls.faults = () => (fault.chance(faultP) ? { kind: 'throttled' } : undefined);
    const service = cloudMap.addService(CLOUD_MAP, 'app', this.#scenario.spec);
    service.tags.set('alb-target-sync', this.#scenario.line);
    this.#keep(service);
    return service;
  }

  /** ECS keeps the service's instances, late at times, and at times not at all. */
  #keep(service: CloudMapServiceRecord): void {
    const random = this.#random.fork();
    const { shape, delayMaxMs, omitP } = this.#scenario;
    const how = { shape, port: PORT, delayMs: () => random.whole(0, delayMaxMs), omits: () => random.chance(omitP) };
    this.#account.keepInstances('service:app', service, how);
  }

  #schedule(chance: Random): void {
    if (chance.chance(this.#scenario.coldP)) this.#lives = this.#lives.filter(({ isBusy }) => isBusy);
    this.#clock.after(INTERVAL_MS, () => this.#schedule(chance));
    this.#invoke('schedule', []);
  }

  #deliver(event: StateChangeEvent, chance: Random): void {
    if (!passesRule(event) || !chance.chance(this.#scenario.eventP)) return;
    const reading = readEvent(event);
    if (reading.kind === 'hint') this.#clock.after(chance.whole(50, 500), () => this.#invoke('messages', [reading.hint]));
  }

  /** An environment serves one invocation at a time, and another one is made where all are busy. */
  #invoke(trigger: 'schedule' | 'messages', hints: readonly Hint[]): void {
    const idle = this.#lives.find(({ isBusy }) => !isBusy);
    const life = idle ?? { environment: this.#environment(), looksMs: [], isBusy: false };
    if (idle === undefined) this.#lives.push(life);
    life.isBusy = true;
    const request = { trigger, hints, deadlineMs: this.#clock.now() + INVOCATION_MS };
    run(life.environment, request, this.#reporter(life)).then(
      () => {
        life.isBusy = false;
      },
      (error: unknown) => {
        throw error;
      },
    );
  }

  #environment(): Environment {
    const settings = parseSettings({
      clusters: [CLUSTER],
      targetGroups: this.#scenario.withGroup ? [targetGroupArn('web')] : [],
      cloudMapServices: [CLOUD_MAP],
      binding: this.#scenario.withGroup ? 'target-group=web service=app port=8080' : '',
      mode: 'enforce',
    });
    const environment = createEnvironment({ settings, api: this.#world, clock: this.#clock });
    return this.#plant?.environment?.(environment) ?? environment;
  }

  #reporter(life: Life): Reporter {
    return {
      configured: () => undefined,
      passed: () => undefined,
      ended: () => undefined,
      recorded: () => undefined,
      checked: ({ findings, failures, read: report }) => {
        if (report === undefined) return;
        const atMs = this.#clock.now();
        // Where calls are throttled, a look may also come too late in its invocation for another one; and while a service is
        // made anew there is nothing to look at.
        const isGone = findings.some(({ kind }) => kind === 'unusable');
        if (failures.length > 0 || isGone || (report.isOpen && this.#scenario.faultP > 0)) this.#failedLooks += 1;
        for (const finding of findings) {
          if (finding.kind === 'unchecked' || finding.kind === 'unusable') continue;
          this.#told.push({ atMs, key: `${finding.kind} ${finding.subject}`, finding, looksMs: [...life.looksMs] });
        }
        if (failures.length === 0) life.looksMs.push(atMs);
      },
    };
  }

  #judge(): DriftRun {
    const due = this.#truth.stretches.filter((stretch) => this.#dueMs(stretch) <= Math.min(stretch.toMs, this.#endMs));
    const firsts = due.map((stretch) => ({ stretch, first: this.#firstOf(stretch) }));
    const missed = firsts.filter(({ stretch, first }) => first === undefined || first.atMs > this.#dueMs(stretch));
    const foundAfterMs = new Map<string, number>();
    for (const { stretch, first } of firsts) {
      if (first !== undefined) raise(foundAfterMs, stretch.kind, first.atMs - this.#baseMs(stretch));
    }
    const judged = this.#told.map((told) => ({ told, stretch: this.#stretchOf(told) }));
    const ageErrorMs = new Map<string, number>();
    const mistakes = missed.map(({ stretch, first }) => `missed: ${stretch.key} since ${stretch.fromMs}, found ${first?.atMs}`);
    for (const { told, stretch } of judged) {
      if (stretch === undefined) mistakes.push(`not true: ${told.key} at ${told.atMs}`);
      else mistakes.push(...this.#judgeAge(told, stretch, ageErrorMs));
    }
    return {
      seed: this.#seed,
      mistakes: [...mistakes, ...this.#writes()],
      isCalm: this.#scenario.isCalm,
      due: due.length,
      found: due.length - missed.length,
      findings: this.#told.length,
      foundAfterMs,
      ageErrorMs,
      calls: this.#account.calls,
    };
  }

  /** From when on a difference counts: a task has a minute to get its instance. */
  #baseMs({ kind, key, fromMs, shapedMs }: Stretch): number {
    if (kind !== 'missing') return shapedMs;
    const task = this.#account.ecs.tasks.get(key.slice('missing '.length));
    return Math.max(fromMs, (task === undefined ? 0 : (present(task).startedAtMs ?? 0)) + GRACE_MS);
  }

  /** One interval and one pass later it has to be found; a look that failed for AWS's sake costs another interval. */
  #dueMs(stretch: Stretch): number {
    return this.#baseMs(stretch) + INTERVAL_MS * (1 + this.#failedLooks) + INVOCATION_MS;
  }

  #firstOf(stretch: Stretch): Told | undefined {
    return this.#told.find((told) => told.key === stretch.key && told.atMs >= stretch.shapedMs);
  }

  /** What makes the finding true: the difference is there or was a moment ago, and has lasted from one look to the next. */
  #stretchOf({ atMs, key }: Told): Stretch | undefined {
    return this.#truth.stretches.find((stretch) => {
      if (stretch.key !== key || stretch.shapedMs > atMs || stretch.toMs < atMs - HINDSIGHT_MS) return false;
      const beganMs = chainOf(stretch, this.#truth.stretches).at(-1)?.fromMs ?? stretch.fromMs;
      return Math.min(atMs, stretch.toMs) - beganMs >= LASTED_MS && atMs >= this.#baseMs(stretch);
    });
  }

  /** An environment that has looked every minute dates a difference to the minute. What others say is told beside it. */
  #judgeAge(told: Told, stretch: Stretch, ageErrorMs: Map<string, number>): string[] {
    const errorMs = ageErrorOf(told, stretch, this.#truth.stretches);
    const isSteady = this.#failedLooks === 0 && hasLookedSteadily(told, stretch.fromMs);
    raise(ageErrorMs, isSteady ? stretch.kind : `${stretch.kind}, other environment`, Math.abs(errorMs));
    return isSteady && Math.abs(errorMs) > INTERVAL_MS ? [`age wrong by ${errorMs} ms: ${told.key} at ${told.atMs}`] : [];
  }

  /** S22: Cloud Map is only read. */
  #writes(): string[] {
    const written = ['RegisterInstance', 'DeregisterInstance', 'UpdateInstanceCustomHealthStatus'];
    return written.filter((name) => this.#account.calls.has(name)).map((name) => `S22: ${name} was called`);
  }
}

/** The stretch and those of its key before it that no look need have seen to end: what comes back within a minute was never seen to go. */
function chainOf(stretch: Stretch, stretches: readonly Stretch[]): Stretch[] {
  const joined = stretches.filter(({ key, fromMs }) => key === stretch.key && fromMs <= stretch.fromMs).reverse();
  const chain: Stretch[] = [];
  for (const each of joined) {
    const last = chain.at(-1);
    if (last !== undefined && last.shapedMs - each.toMs >= INTERVAL_MS + HINDSIGHT_MS) break;
    chain.push(each);
  }
  return chain;
}

/** How much older (negative) or younger the finding makes the difference. */
function ageErrorOf({ finding, atMs }: Told, stretch: Stretch, stretches: readonly Stretch[]): number {
  const sinceMs = finding.sinceMs ?? atMs;
  const errors = chainOf(stretch, stretches).map(({ fromMs }) => sinceMs - fromMs);
  return errors.reduce((least, each) => (Math.abs(each) < Math.abs(least) ? each : least), sinceMs - stretch.fromMs);
}

/** Whether the environment has looked every minute, from the minute before the difference came about to its finding. */
function hasLookedSteadily(told: Told, fromMs: number): boolean {
  const firstMs = told.looksMs.findLast((lookedMs) => lookedMs <= fromMs);
  if (firstMs === undefined) return false;
  const looks = [...told.looksMs.filter((lookedMs) => lookedMs >= firstMs), told.atMs];
  return looks.every((lookedMs, index) => lookedMs - (looks[index - 1] ?? lookedMs) <= INTERVAL_MS + HINDSIGHT_MS);
}

function raise(largest: Map<string, number>, kind: string, value: number): void {
  largest.set(kind, Math.max(largest.get(kind) ?? 0, value));
}
