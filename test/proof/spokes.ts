/**
 * A hub and two spokes, each in an account of its own and one of them in another region: tasks come and go in all three, calls and events fail
 * as in any scenario, and each spoke may have a trouble of its own, such as a role that is gone. What goes wrong in one must not be felt in
 * another, and all are in step soon after the last trouble is over.
 */
import { type Account, clusterArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import { Accounts } from '../../scripts/simulator/accounts.ts';
import type { Service } from '../../scripts/simulator/api.ts';
import { EPOCH_MS, runClock, settleOnce, VirtualClock } from '../../scripts/simulator/clock.ts';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord, type TaskTiming } from '../../scripts/simulator/ecs.ts';
import { keyOf } from '../../scripts/simulator/elb.ts';
import { HOME, type Home } from '../../scripts/simulator/home.ts';
import { createHubAws } from '../../scripts/simulator/hub.ts';
import { Random } from '../../scripts/simulator/random.ts';
import { drawFault } from './fault-draw.ts';
import { drawFaultMix, type FaultClass, type FaultMix } from './fault-mix.ts';
import { mangledMessage } from './forgery.ts';
import type { Violation } from './judge.ts';
import { liveIn, Oracle, type WantedLine } from './oracle.ts';
import { Stack } from './stack.ts';
import { Trace } from './trace.ts';
import { isMeantBy, type TrueLine, TruthJudge } from './truth.ts';

/** What may befall a spoke as a whole, and nobody else. */
export const TROUBLES = [
  'none',
  'role deleted',
  'role not trusted',
  'another external ID',
  'reads denied',
  'unreachable',
  'throttled',
  'no events',
] as const;
type Trouble = (typeof TROUBLES)[number];

export interface SpokesResult {
  readonly mix: FaultMix;
  /** Of the first spoke and of the second. */
  readonly troubles: readonly [Trouble, Trouble];
  readonly violations: readonly Violation[];
  readonly liveRemovals: number;
  /** The longest that one address was wrong after everything was over. */
  readonly outOfStepMs: number;
  /** The longest that a running task of an account without trouble was out while another account had one; only where calls do not fail. */
  readonly unharmedMs: number | undefined;
  /** Dead targets that were left and reported, at some time. */
  readonly reported: number;
  /** How often a role was assumed. */
  readonly sessions: number;
  readonly hash: string;
}

interface Site {
  readonly name: string;
  readonly home: Home;
  /** Networks with a route between them have no address in common. */
  readonly network: string;
  readonly cluster: string;
  readonly service: string;
}

function siteOf(name: string, home: Home, network: string): Site {
  return { name, home, network, cluster: clusterArn('prod', home), service: `app-${name}` };
}

const HUB = siteOf('hub', HOME, '10.0');
const SPOKES = [
  siteOf('near', { id: '222233334444', region: 'eu-west-1' }, '10.1'),
  siteOf('far', { id: '333344445555', region: 'us-east-2' }, '10.2'),
] as const;
const SITES: readonly Site[] = [HUB, ...SPOKES];
const ROLE = { name: 'alb-target-sync-spoke', externalId: 'between-us' } as const;
/** One group that all three feed, and one of a Network Load Balancer that the far spoke alone does. */
const WEB = targetGroupArn('web');
const FAR = targetGroupArn('far');
const FED: ReadonlyMap<string, { readonly sites: readonly Site[]; readonly port: number }> = new Map([
  [WEB, { sites: SITES, port: 8080 }],
  [FAR, { sites: [SPOKES[1]], port: 9090 }],
]);
/** Those of an account that has nobody else in it. */
const CLASSES: ReadonlySet<FaultClass> = new Set([
  ...(['duplicates', 'delays', 'losses', 'lag', 'throttling', 'errors', 'hangs', 'lost answers', 'kills', 'freezes'] as const),
  ...(['cold starts', 'crashes', 'quick re-use', 'mangled messages', 'short pages', 'torn reads'] as const),
]);

const LAG_MAX_MS = 3_000;
const STARTED_MS = 80_000;
/** A lost event is made up for by the schedule within a minute, and its pass may take 15 s. */
const CONVERGED_WITHIN_MS = 75_000;
/** The slowest task takes so long from its order to stop to its end. */
const SETTLED_WITHIN_MS = 65_000;
const TASKS_MAX = 6;

/** Plays the story of the seed. */
export function playSpokes(seed: number, trace?: (line: string) => void): Promise<SpokesResult> {
  return new SpokesStory(seed, trace).run();
}

class SpokesStory {
  readonly #clock = new VirtualClock();
  readonly #accounts = new Accounts(this.#clock);
  readonly #hub: Account = this.#accounts.in(HOME).account;
  readonly #random: Random;
  readonly #mix: FaultMix;
  readonly #trace: Trace;
  readonly #faultsEndMs: number;
  readonly #troubles: readonly [Trouble, Trouble];
  readonly #window: { readonly fromMs: number; readonly toMs: number };
  readonly #stack: Stack;
  readonly #truth: TruthJudge;
  readonly #late: Violation[] = [];
  readonly #wrongSinceMs = new Map<string, number>();
  #outOfStepMs = 0;
  #unharmedMs = 0;
  #reported: ReadonlySet<string> = new Set();

  constructor(seed: number, trace: ((line: string) => void) | undefined) {
    this.#mix = drawFaultMix(seed, { allowed: CLASSES });
    this.#random = new Random(seed ^ 0x5b0e5);
    this.#trace = new Trace(this.#clock, trace);
    this.#faultsEndMs = this.#clock.now() + this.#mix.churnMs;
    const own = this.#random.fork();
    this.#troubles = [own.pick(TROUBLES), own.pick(TROUBLES)];
    // Long enough for whoever may ask again only once a minute to do so.
    const fromMs = own.whole(STARTED_MS, STARTED_MS + 10_000);
    this.#window = { fromMs: EPOCH_MS + fromMs, toMs: EPOCH_MS + own.whole(fromMs + 30_000, this.#mix.churnMs) };
    this.#setUpAccounts(this.#random.fork());
    this.#truth = this.#judgeTruth();
    this.#stack = this.#addStack(this.#random.fork());
    this.#setUpEvents(this.#random.fork());
    for (const site of SITES) this.#setUpTasks(site, this.#random.fork());
  }

  async run(): Promise<SpokesResult> {
    this.#clock.at(EPOCH_MS + STARTED_MS, () => this.#tick());
    await runClock(this.#clock, settleOnce, this.#faultsEndMs + SETTLED_WITHIN_MS + CONVERGED_WITHIN_MS + 5_000);
    return {
      mix: this.#mix,
      troubles: this.#troubles,
      violations: [...this.#stack.violations, ...this.#late],
      liveRemovals: this.#truth.liveCount,
      outOfStepMs: this.#outOfStepMs,
      unharmedMs: this.#isCalm ? this.#unharmedMs : undefined,
      reported: this.#reported.size,
      sessions: this.#hub.calls.get('AssumeRole') ?? 0,
      hash: this.#trace.hash,
    };
  }

  get #isFaulty(): boolean {
    return this.#clock.now() < this.#faultsEndMs;
  }

  /** Nothing fails but what is the trouble of one account. */
  get #isCalm(): boolean {
    return this.#mix.classes.size === 0;
  }

  #troubleAt(site: Site): Trouble {
    const nowMs = this.#clock.now();
    const isNow = nowMs >= this.#window.fromMs && nowMs < this.#window.toMs;
    const index = SPOKES.findIndex((each) => each === site);
    return (isNow ? this.#troubles[index] : undefined) ?? 'none';
  }

  #serviceOf(site: Site): Service {
    return this.#accounts.in(site.home);
  }

  #setUpAccounts(random: Random): void {
    for (const site of SITES) {
      const service = this.#serviceOf(site);
      const { ecs } = service.account;
      ecs.network = site.network;
      ecs.reuseAfterMs = this.#mix.reuseAfterMs;
      ecs.pageMax = this.#mix.pageMax;
      // Each has services of the others' names: only the cluster says which of them is meant.
      for (const each of SITES) ecs.addService(site.cluster, each.service);
      const lag = random.fork();
      const torn = this.#mix.classes.has('torn reads');
      ecs.lagMs = () => {
        const lagMs = torn ? lag.pick([0, LAG_MAX_MS]) : lag.whole(0, this.#mix.lagMaxMs);
        return this.#isFaulty ? lagMs : 0;
      };
      this.#setUpFaults(site, service, random.fork());
    }
    for (const [arn] of FED)
      this.#hub.elb.addGroup({ arn, protocol: arn === FAR ? 'TCP' : 'HTTP', deregistrationDelaySeconds: 5 });
    const all = SITES.map((site) => this.#serviceOf(site).account);
    this.#hub.elb.answers = (ip) => all.some(({ ecs }) => ecs.holdersOf(ip).some((task) => present(task).last === 'RUNNING'));
    for (const spoke of SPOKES) this.#giveRole(spoke);
    this.#setUpTroubles();
  }

  #setUpFaults(site: Site, service: Service, random: Random): void {
    service.faults = (operation) => {
      const fault = drawFault(this.#mix, random, operation);
      const trouble = this.#troubleAt(site);
      if (trouble === 'unreachable') return { kind: 'error', code: 'InternalFailure', status: 500 };
      if (trouble === 'throttled') return { kind: 'throttled' };
      return this.#isFaulty ? fault : undefined;
    };
    service.allows = () => this.#troubleAt(site) !== 'reads denied';
  }

  #giveRole(spoke: Site): void {
    this.#accounts.sts.addRole({
      arn: roleOf(spoke),
      externalId: ROLE.externalId,
      trusts: ({ accountId }) => accountId === HOME.id && this.#troubleAt(spoke) !== 'role not trusted',
    });
  }

  #setUpTroubles(): void {
    const { roles } = this.#accounts.sts;
    for (const [index, spoke] of SPOKES.entries()) {
      const trouble = this.#troubles[index];
      this.#clock.at(this.#window.fromMs, () => {
        const role = roles.get(roleOf(spoke));
        if (trouble === 'role deleted') roles.delete(roleOf(spoke));
        if (trouble === 'another external ID' && role !== undefined) role.externalId = 'another';
      });
      this.#clock.at(this.#window.toMs, () => {
        if (trouble === 'role deleted' || trouble === 'another external ID') this.#giveRole(spoke);
      });
    }
    // Who has a session keeps it, whoever is trusted by now: so the environments are new ones.
    this.#clock.at(this.#window.fromMs + 1_000, () => {
      if (this.#troubles.some((each) => each === 'role not trusted' || each === 'another external ID'))
        this.#stack.lambda.replaceEnvironments();
    });
  }

  #setUpEvents(random: Random): void {
    for (const spoke of SPOKES) {
      const own = random.fork();
      const { bus } = this.#hub;
      this.#accounts.forward(spoke.home, HOME, () => true);
      this.#serviceOf(spoke).account.onEvent((event) => {
        if (this.#troubleAt(spoke) === 'no events' || !bus.accepts(spoke.home.id)) return;
        // From bus to bus, before the way that every event goes.
        this.#clock.after(own.whole(50, 300), () => this.#stack.take(event));
      });
    }
    this.#hub.onTagEvent((event) => this.#stack.pipeline.inject(JSON.stringify(event)));
    if (this.#mix.classes.has('mangled messages')) {
      const own = random.fork();
      this.#often(own, 1_000, 15_000, () => this.#stack.pipeline.inject(mangledMessage(own)));
    }
    if (this.#mix.classes.has('cold starts')) this.#often(random.fork(), 5_000, 30_000, () => this.#stack.lambda.coolDown());
  }

  #setUpTasks(site: Site, random: Random): void {
    for (let count = random.whole(1, 4); count > 0; count -= 1) this.#start(site, random);
    this.#often(random, 1_000, 12_000, () => {
      const live = this.#tasksOf(site).filter((task) => present(task).desired === 'RUNNING');
      const old = random.pick(live);
      if (old !== undefined && (live.length >= TASKS_MAX || random.chance(0.5))) this.#end(site, old, random);
      else this.#start(site, random);
    });
    // A deployment, and a stranger of a name that means something in another account.
    this.#often(random.fork(), 20_000, 90_000, (own) => {
      const old = this.#tasksOf(site).filter((task) => present(task).desired === 'RUNNING');
      for (let count = own.whole(1, 3); count > 0; count -= 1) this.#start(site, own);
      for (const task of old) this.#end(site, task, own);
      const namesake = own.pick(SITES.filter((each) => each !== site));
      if (namesake !== undefined) this.#start(site, own, namesake.service);
    });
  }

  #start(site: Site, random: Random, service = site.service): void {
    const timing: TaskTiming = {
      provisioningMs: random.whole(4_000, 9_000),
      pendingMs: random.whole(8_000, 25_000),
      activatingMs: undefined,
      deactivatingMs: random.chance(0.3) ? random.whole(0, 5_000) : undefined,
      stoppingMs: random.pick([200, 2_000, 12_000, 30_000]) ?? 200,
      deprovisioningMs: random.whole(1_000, 25_000),
    };
    const task = { clusterArn: site.cluster, group: `service:${service}`, definition: `${service}:1`, timing };
    this.#serviceOf(site).account.ecs.start(task);
  }

  #end(site: Site, task: TaskRecord, random: Random): void {
    const { ecs } = this.#serviceOf(site).account;
    if (random.chance(this.#mix.crashP)) ecs.crash(task);
    else ecs.stop(task);
  }

  #often(random: Random, fromMs: number, toMs: number, turn: (own: Random) => void): void {
    this.#clock.after(random.whole(fromMs, toMs), () => {
      if (!this.#isFaulty) return;
      turn(random);
      this.#often(random, fromMs, toMs, turn);
    });
  }

  #tasksOf(site: Site): TaskRecord[] {
    return [...this.#serviceOf(site).account.ecs.tasks.values()].filter((task) => task.group === `service:${site.service}`);
  }

  #judgeTruth(): TruthJudge {
    const linesOf = (group: string): TrueLine[] => linesOfGroup(group).map(({ cluster, line }) => ({ ...line, cluster }));
    const writersOf = (group: string, port: number, task: TaskRecord): string[] =>
      linesOf(group).some((line) => line.port === port && isMeantBy(line, task)) ? ['the stack'] : [];
    const others = SPOKES.map((site) => this.#serviceOf(site).account);
    return new TruthJudge(this.#hub, { linesOf, writersOf, lagMaxMs: LAG_MAX_MS }, others);
  }

  /** As deployed without a parameter, its lines in tags; or with every cluster, group and line named. */
  #addStack(random: Random): Stack {
    const isByTags = this.#mix.boundBy === 'tags';
    const named: Pick<SettingsText, 'clusters' | 'targetGroups' | 'binding'> = {
      clusters: SITES.map(({ cluster }) => cluster),
      targetGroups: [...FED.keys()],
      binding: [...FED.keys()]
        .flatMap((arn) => linesOfGroup(arn).map(({ text }) => `target-group=${nameOf(arn)} ${text}`))
        .join('; '),
    };
    const wanted = new Map([...FED.keys()].map((arn) => [arn, linesOfGroup(arn).map(({ line }) => line)]));
    if (isByTags) this.#tagGroups();
    return new Stack({
      name: 'hub',
      random,
      account: this.#hub,
      service: this.#accounts.in(HOME),
      door: (lineTo, logGroup) => createHubAws({ accounts: this.#accounts, home: HOME, role: ROLE, lineTo, logGroup }),
      mix: this.#mix,
      faultsEndMs: this.#faultsEndMs,
      isOut: () => false,
      trace: this.#trace,
      lambda: undefined,
      settings: {
        ...(isByTags ? { clusters: [], targetGroups: [], binding: '' } : named),
        cloudMapServices: [],
        mode: 'enforce',
        spokeRole: ROLE,
      },
      judges: [
        new Oracle(this.#clock, {
          parameterLines: isByTags ? new Map() : wanted,
          linesOfTag: new Map([...FED.keys()].flatMap(linesOfGroup).map(({ text, line }) => [text, [line]])),
          nativeServices: new Set(),
          isSingleGroup: false,
          areReadsShared: true,
          isLive: liveIn(...SITES.map((site) => this.#serviceOf(site).account)),
        }),
        this.#truth,
      ],
      wrote: () => undefined,
    });
  }

  #tagGroups(): void {
    for (const arn of FED.keys()) {
      const tags = this.#hub.elb.groups.get(arn)?.tags;
      // The first has the plain key: by it the group is found.
      for (const [index, { text }] of linesOfGroup(arn).entries())
        tags?.set(`alb-target-sync${index === 0 ? '' : `:${index}`}`, text);
    }
  }

  /** Once a second: how long has any one address been wrong? */
  #tick(): void {
    const nowMs = this.#clock.now();
    const wrong = SITES.flatMap((site) => this.#wrongOf(site).map((text) => ({ site, text })));
    const texts = new Set(wrong.map(({ text }) => text));
    for (const known of this.#wrongSinceMs.keys()) if (!texts.has(known)) this.#wrongSinceMs.delete(known);
    for (const { site, text } of wrong) {
      const sinceMs = this.#wrongSinceMs.get(text) ?? nowMs;
      this.#wrongSinceMs.set(text, sinceMs);
      this.#judgeAge(site, text, nowMs - sinceMs, nowMs - Math.max(sinceMs, this.#faultsEndMs));
    }
    this.#clock.after(1_000, () => this.#tick());
  }

  #judgeAge(site: Site, text: string, ageMs: number, afterMs: number): void {
    const isOver = afterMs > CONVERGED_WITHIN_MS;
    this.#outOfStepMs = Math.max(this.#outOfStepMs, afterMs);
    const index = SPOKES.findIndex((each) => each === site);
    const isUntroubled = index < 0 || this.#troubles[index] === 'none';
    const isHarmed = this.#isCalm && isUntroubled && text.includes(' missing ');
    if (isHarmed) this.#unharmedMs = Math.max(this.#unharmedMs, ageMs);
    const invariant = isOver ? 'L3' : 'UNHARMED';
    if (this.#late.length > 0 || !(isOver || (isHarmed && ageMs > CONVERGED_WITHIN_MS))) return;
    this.#late.push({ invariant, atMs: this.#clock.now(), environment: 0, detail: `${text} for ${ageMs} ms` });
  }

  #wrongOf(site: Site): string[] {
    const live = this.#tasksOf(site).filter((task) => present(task).desired === 'RUNNING');
    return [...this.#hub.elb.groups.values()]
      .filter(({ arn }) => FED.get(arn)?.sites.includes(site))
      .flatMap((group) => {
        const keysOf = (isIt: (last: string) => boolean): Set<string> => {
          const ids = live.filter((task) => isIt(present(task).last)).flatMap((task) => present(task).ipv4 ?? []);
          return new Set(ids.map((id) => keyOf({ id, port: FED.get(group.arn)?.port ?? 0 })));
        };
        const serving = keysOf((last) => last === 'RUNNING');
        const awaited = keysOf((last) => last !== 'RUNNING');
        const registered = this.#hub.elb.registered(group).filter((key) => key.startsWith(`${site.network}.`));
        const missing = [...serving].filter((key) => !registered.includes(key));
        const dead = registered.filter((key) => !serving.has(key) && !awaited.has(key));
        const extra = dead.filter((key) => !this.#isReported(key));
        this.#reported = new Set([...this.#reported, ...dead.filter((key) => !extra.includes(key))]);
        return [
          ...missing.map((key) => `${group.name} missing ${key}`),
          ...extra.map((key) => `${group.name} left behind ${key}`),
        ];
      });
  }

  /** What cannot be proved dead stays, while a finding names it. */
  #isReported(key: string): boolean {
    return this.#stack.standing.some(({ kind, subject }) => kind === 'unproven' && subject === key);
  }
}

function roleOf({ home }: Site): string {
  return `arn:aws:iam::${home.id}:role/${ROLE.name}`;
}

function linesOfGroup(arn: string): { readonly cluster: string; readonly text: string; readonly line: WantedLine }[] {
  const { sites = [], port = 0 } = FED.get(arn) ?? {};
  return sites.map(({ cluster, service }) => ({
    cluster,
    text: `cluster=${cluster} service=${service} port=${port}`,
    line: { kind: 'service', name: service, port, mode: 'enforce' },
  }));
}

function nameOf(arn: string): string {
  return arn.split('/')[1] ?? arn;
}
