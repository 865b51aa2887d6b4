/**
 * Watches every call and judges it by the invariants of docs/invariants.md. It knows what each environment has read, and what
 * is true; it shares no code with the rules that it judges.
 */

import { isObject } from '../../functions/core/json.ts';
import type { Account } from '../../scripts/simulator/account.ts';
import type { ApiName } from '../../scripts/simulator/api.ts';
import type { Input } from '../../scripts/simulator/api-input.ts';
import { objects, text, texts, whole } from '../../scripts/simulator/api-input.ts';
import type { VirtualClock } from '../../scripts/simulator/clock.ts';
import { FORGED_ADDRESS } from './forgery.ts';
import type { Judge, Violation } from './judge.ts';
import { isStopping, Knowledge, type KnownTask } from './knowledge.ts';
import { isRunningList, selectorOf as selectorOfList, TemporalChecks, targetsOf } from './temporal-checks.ts';

/** One line of binding as the scenario's author meant it. */
export interface WantedLine {
  readonly kind: 'service' | 'family';
  readonly name: string;
  readonly port: number;
  readonly mode: 'enforce' | 'observe' | 'drain';
  /** ECS itself keeps the group for this service. */
  readonly isNative?: boolean;
}

/** What the oracle is told about the scenario before it begins. */
export interface Rules {
  /** The lines that a group has by the parameter; undefined where they stand in its tags. */
  readonly parameterLines: ReadonlyMap<string, readonly WantedLine[]>;
  /** The lines that a text in a tag stands for. */
  readonly linesOfTag: ReadonlyMap<string, readonly WantedLine[]>;
  /** `group service` pairs that ECS itself connects: their lines may only observe. */
  readonly nativeServices: ReadonlySet<string>;
  /** Whether the environments look at nothing but one group: then every read is one of its passes. */
  readonly isSingleGroup: boolean;
  /** Lists and descriptions may be asked for an instance in Cloud Map, or of a namesake in another cluster: they cannot be told apart by group. */
  readonly areReadsShared: boolean;
  /** Whether the task is in truth still meant to run. What one environment read may be over when another acts. */
  readonly isLive: (arn: string) => boolean;
}

export const PROOF_AGE_MS = 4_000;
const CONFIRMATION_MS = 5_000;
const WIRING_AGE_MS = 60_000;
/** A pass that is frozen again and again still ends within its invocation. */
const LISTED_MS = 30_000;
/** What another environment read counts for so long: without a store of its own, an environment cannot know of older observations. */
const SEEN_ELSEWHERE_MS = 5_000;
const READS = new Set(['ListTasks', 'DescribeTasks']);
const ALLOWED = new Set([
  'DescribeTargetGroups',
  'DescribeTags',
  'DescribeTargetGroupAttributes',
  'DescribeTargetHealth',
  'FilterLogEvents',
  'logs.ListTagsForResource',
  'GetResources',
  'ListClusters',
  'ecs.ListServices',
  'RegisterTargets',
  'DeregisterTargets',
  'ListTasks',
  'DescribeTasks',
  'DescribeServices',
  'DescribeTaskDefinition',
  'ListTagsForResource',
  'ListInstances',
]);

/** Errors that tell something: ECS does not know the service, or will not take the id. */
const ANSWERS = new Set(['ServiceNotFoundException', 'InvalidParameterException']);

/** What ELB says to a registration that it will not take. */
const REFUSALS = new Set(['TooManyTargets', 'InvalidTarget', 'ValidationError']);

interface SeenTarget {
  readonly zone: string | undefined;
  readonly state: string;
}

/** What the present pass over a group has asked for, and done. */
interface GroupPass {
  /** Reads that succeeded in it: that another group's pass makes one of them once more, and fails, takes nothing away. */
  readonly read: Set<string>;
  readonly failed: Set<string>;
  hasDeregistered: boolean;
  isQuotaHit: boolean;
}

/** What one environment has read, and what its present passes have done. */
interface Eyes {
  readonly knowledge: Knowledge;
  /** By selector: when each task was last listed, and when any list of it last arrived. */
  readonly lists: Map<string, { readonly arns: Map<string, number>; readonly atMs: number }>;
  readonly targets: Map<string, Map<string, SeenTarget>>;
  readonly tags: Map<string, { readonly lines: readonly WantedLine[]; readonly atMs: number }>;
  readonly firstStopped: Map<string, number>;
  /** By service: the deployments that an answer named. */
  readonly deployments: Map<string, Set<string>>;
  /** The present pass of each group. */
  readonly passes: Map<string, GroupPass>;
  /** Targets, with their group, in registrations that ELB refused, until one with them is accepted: they need not keep removals waiting. */
  readonly refused: Set<string>;
}

export class Oracle implements Judge {
  readonly violations: Violation[] = [];
  readonly #clock: VirtualClock;
  readonly #rules: Rules;
  readonly #eyes = new Map<number, Eyes>();
  /** What any environment has read. */
  readonly #all = new Knowledge();
  readonly #temporal: TemporalChecks;

  constructor(clock: VirtualClock, rules: Rules) {
    this.#clock = clock;
    this.#rules = rules;
    this.#temporal = new TemporalChecks(
      clock,
      (group) => !rules.parameterLines.has(group),
      // How many targets a group has from which somebody took the tag away is asked once, and nobody waits for it.
      (environment, group) => this.#eyesOf(environment).tags.get(group)?.lines.length === 0,
      (environment, name, input) => this.#groupOfRead(this.#eyesOf(environment), name, input),
      (invariant, environment, detail) => this.#report(invariant, environment, detail),
    );
  }

  /** A new invocation begins in the environment. */
  invoked(environment: number, input: unknown): void {
    this.#temporal.invoked(environment, input);
  }

  /** The invocation has come to its end by itself. */
  ended(environment: number, input: unknown, answer: unknown): void {
    this.#temporal.ended(environment, input, answer);
  }

  sent(environment: number, name: ApiName, input: Input): void {
    const eyes = this.#eyesOf(environment);
    if (!ALLOWED.has(name)) this.#report('S22', environment, `${name} was called`);
    if (name === 'DescribeTargetHealth') eyes.passes.set(text(input, 'TargetGroupArn') ?? '', newPass());
    // What has been asked for and not been answered has failed as well. Of several groups, another one may have asked.
    if (this.#rules.isSingleGroup) this.#noteRead(eyes, name, input, false);
    this.#temporal.sent(environment, name, input);
    if (name === 'RegisterTargets') this.#judgeRegistration(environment, eyes, input);
    if (name === 'DeregisterTargets') this.#judgeDeregistration(environment, eyes, input);
  }

  answered(environment: number, name: ApiName, input: Input, output: unknown, code: string): void {
    const eyes = this.#eyesOf(environment);
    const isAnswer = output !== undefined || ANSWERS.has(code);
    this.#noteRead(eyes, name, input, isAnswer);
    if (code === 'TooManyTargets') passOf(eyes, input).isQuotaHit = true;
    if (name === 'RegisterTargets') noteRefused(eyes, input, output !== undefined, code);
    const nowMs = this.#clock.now();
    // That a service does not exist is an answer as well: nothing of it runs.
    this.#temporal.answered(environment, name, input, output, code);
    const isList = isRunningList(name, input);
    if (isList && ANSWERS.has(code)) learnList(eyes, input, [], nowMs);
    if (!isObject(output)) return;
    if (name === 'DescribeTasks') this.#learnTasks(eyes, output, nowMs);
    if (isList) learnList(eyes, input, texts(output, 'taskArns'), nowMs);
    if (name === 'DescribeTargetHealth') learnTargets(eyes, input, objects(output, 'TargetHealthDescriptions'));
    if (name === 'RegisterTargets') this.#noteRegistered(environment, eyes, input);
    if (name === 'DescribeServices') learnDeployments(eyes, output);
    if (name === 'DescribeTags') this.#learnTags(eyes, objects(output, 'TagDescriptions'), nowMs);
  }

  /** The search among stopped tasks is optional: removals do not wait for it. */
  #noteRead(eyes: Eyes, name: ApiName, input: Input, isAnswer: boolean): void {
    if (!READS.has(name) || (name === 'ListTasks' && !isRunningList(name, input))) return;
    const pass = eyes.passes.get(this.#groupOfRead(eyes, name, input) ?? '');
    const key = keyOfRead(name, input);
    if (isAnswer) pass?.failed.delete(key);
    if (isAnswer) pass?.read.add(key);
    else if (pass?.read.has(key) === false || this.#rules.isSingleGroup) pass?.failed.add(key);
  }

  /** The only group that a list or description of tasks can have been asked for; undefined where there are several, or none. */
  #groupOfRead(eyes: Eyes, name: ApiName, input: Input): string | undefined {
    if (this.#rules.areReadsShared) return undefined;
    const groups = new Map([
      ...[...eyes.tags].map(([group, { lines }]) => [group, lines] as const),
      ...this.#rules.parameterLines,
    ]);
    const isFor = (lines: readonly WantedLine[]): boolean => {
      if (name === 'ListTasks') return lines.some((line) => selectorOf(line) === selectorOfList(input));
      return texts(input, 'tasks').some((arn) => lines.some((line) => maySelect(eyes, line, arn)));
    };
    const [only, another] = this.#rules.isSingleGroup
      ? [...groups.keys()]
      : [...groups].filter(([, lines]) => isFor(lines)).map(([group]) => group);
    return another === undefined ? only : undefined;
  }

  #learnTasks(eyes: Eyes, output: Input, nowMs: number): void {
    for (const description of objects(output, 'tasks')) {
      this.#all.learn(description, nowMs);
      const task = eyes.knowledge.learn(description, nowMs);
      if (task?.stopped && task.ip !== undefined && !eyes.firstStopped.has(task.arn)) eyes.firstStopped.set(task.arn, nowMs);
    }
  }

  #learnTags(eyes: Eyes, descriptions: readonly Input[], nowMs: number): void {
    for (const description of descriptions) {
      const values = objects(description, 'Tags').map((tag) => text(tag, 'Value') ?? '');
      const lines = values.flatMap((value) => this.#rules.linesOfTag.get(value) ?? []);
      eyes.tags.set(text(description, 'ResourceArn') ?? '', { lines, atMs: nowMs });
    }
  }

  #noteRegistered(environment: number, eyes: Eyes, input: Input): void {
    for (const { ip, key } of targetsOf(input)) {
      for (const { arn } of servingAt(eyes, ip, this.#clock.now())) this.#temporal.noteRegistered(environment, key, arn);
    }
  }

  #judgeRegistration(environment: number, eyes: Eyes, input: Input): void {
    const group = text(input, 'TargetGroupArn') ?? '';
    const lines = this.#linesOf(environment, eyes, group, 'RegisterTargets');
    const isForged = targetsOf(input).some(({ ip }) => ip === FORGED_ADDRESS);
    if (isForged) this.#report('S24', environment, `registers ${FORGED_ADDRESS}, which only a forged event names`);
    const isNew = targetsOf(input).some(({ key }) => !eyes.refused.has(`${group} ${key}`));
    const { hasDeregistered, isQuotaHit } = passOf(eyes, input);
    if (hasDeregistered && !isQuotaHit && isNew)
      this.#report('S9', environment, 'registers after it has deregistered in the same pass');
    for (const { ip, port, key } of targetsOf(input)) {
      const seen = eyes.targets.get(group)?.get(key);
      if (seen !== undefined && seen.state !== 'draining') this.#report('S15', environment, `${key} is registered already`);
      for (const { arn } of servingAt(eyes, ip, this.#clock.now())) this.#temporal.judgeRepeat(environment, key, arn);
      const candidates = eyes.knowledge
        .at(ip)
        .filter((task) => lines.some((line) => isMeant(line, task) && line.port === port));
      const reason = this.#reasonNotToRegister(eyes, lines, candidates, port);
      if (reason !== undefined) this.#report(reason.invariant, environment, `registers ${key}: ${reason.detail}`);
    }
  }

  #reasonNotToRegister(
    eyes: Eyes,
    lines: readonly WantedLine[],
    candidates: readonly KnownTask[],
    port: number,
  ): { readonly invariant: string; readonly detail: string } | undefined {
    const nowMs = this.#clock.now();
    if (candidates.length === 0) return { invariant: 'S4', detail: 'no task of the binding has this address' };
    const serving = candidates.filter((task) => !task.stopped && task.last === 'RUNNING' && task.attached);
    if (serving.length === 0) return { invariant: 'S5', detail: `its task is not running (${candidates[0]?.last})` };
    const described = serving.filter((task) => nowMs - task.describedAtMs <= PROOF_AGE_MS);
    if (described.length === 0) return { invariant: 'S11', detail: 'its task was not described within 4 s' };
    const kept = described.filter((task) =>
      lines.some(
        (line) =>
          isMeant(line, task) &&
          line.port === port &&
          line.mode === 'enforce' &&
          mayWrite(line) &&
          (isListed(eyes, line, task, nowMs) || isOfDeployment(eyes, line, task)),
      ),
    );
    return kept.length === 0
      ? { invariant: 'S4', detail: 'no enforcing line lists its task, nor names its deployment' }
      : undefined;
  }

  #judgeDeregistration(environment: number, eyes: Eyes, input: Input): void {
    const group = text(input, 'TargetGroupArn') ?? '';
    const lines = this.#linesOf(environment, eyes, group, 'DeregisterTargets');
    const pass = passOf(eyes, input);
    pass.hasDeregistered = true;
    if (pass.failed.size > 0) this.#report('S8', environment, `deregisters although ${[...pass.failed].join(', ')} failed`);
    for (const { ip, port, zone, key } of targetsOf(input)) {
      const seen = eyes.targets.get(group)?.get(key);
      if (seen === undefined || seen.zone !== zone)
        this.#report('S12', environment, `${key} zone ${zone} is not what was read`);
      if (seen?.state === 'draining') this.#report('S13', environment, `${key} drains already`);
      this.#judgeRemoval(environment, eyes, group, lines, { ip, port, key });
    }
  }

  #judgeRemoval(
    environment: number,
    eyes: Eyes,
    group: string,
    lines: readonly WantedLine[],
    { ip, port, key }: { readonly ip: string; readonly port: number; readonly key: string },
  ): void {
    const nowMs = this.#clock.now();
    const atPort = lines.filter((line) => line.port === port);
    const wants = (task: KnownTask): boolean => atPort.some((line) => line.mode !== 'drain' && isMeant(line, task));
    const own = eyes.knowledge.at(ip);
    const live = own.find((task) => !task.stopped && wants(task));
    if (live !== undefined) this.#report('S1', environment, `${key} is held by ${live.arn} (${live.last})`);
    const isFresh = (task: KnownTask): boolean => nowMs - task.describedAtMs <= SEEN_ELSEWHERE_MS;
    const seenElsewhere = this.#all
      .at(ip)
      .find((task) => !task.stopped && task.last === 'RUNNING' && wants(task) && isFresh(task) && this.#rules.isLive(task.arn));
    if (seenElsewhere !== undefined) this.#report('S1', environment, `${key} was seen serving: ${seenElsewhere.arn}`);
    const owners = own.filter((task) => atPort.some((line) => isMeant(line, task)));
    if (owners.length === 0) this.#report('S3', environment, `${key} is not ours`);
    const drained = (task: KnownTask): boolean => atPort.some((line) => line.mode === 'drain' && isMeant(line, task));
    const proofs = owners.filter((task) => task.stopped || drained(task));
    if (proofs.length === 0) this.#report('S2', environment, `${key} has no task that was described as stopped`);
    const isRemovable = (task: KnownTask): boolean => atPort.some((line) => mayWrite(line) && isMeant(line, task));
    if (proofs.length > 0 && !proofs.some(isRemovable)) this.#report('S18', environment, `${key}: its line only observes`);
    const fresh = proofs.filter((task) => nowMs - task.describedAtMs <= PROOF_AGE_MS);
    if (proofs.length > 0 && fresh.length === 0) this.#report('S11', environment, `${key}: the proof is older than 4 s`);
    const isReleased = fresh.length > 0 && !fresh.some((task) => isStopping(task, nowMs) || (!task.stopped && drained(task)));
    if (isReleased) this.#temporal.judgeOrder(environment, group, atPort.map(selectorOf));
    if (isReleased && !this.#hasLookedTwice(eyes, atPort, fresh)) {
      this.#report('S7', environment, `${key} is removed without a confirmation`);
    }
  }

  /** A confirmation: the running lists read 5 s or more after the task was known to have ended, or ECS says that it did. */
  #hasLookedTwice(eyes: Eyes, lines: readonly WantedLine[], owners: readonly KnownTask[]): boolean {
    const nowMs = this.#clock.now();
    const firsts = owners.flatMap((task) => Math.min(eyes.firstStopped.get(task.arn) ?? nowMs, task.endedAtMs));
    const firstMs = Math.min(...firsts);
    const areListed = lines.every((line) => (eyes.lists.get(selectorOf(line))?.atMs ?? 0) >= firstMs + CONFIRMATION_MS);
    return nowMs - firstMs >= CONFIRMATION_MS && areListed;
  }

  /** The lines that the environment may act on for the group; the binding's own invariants are judged here. */
  #linesOf(environment: number, eyes: Eyes, group: string, call: string): readonly WantedLine[] {
    const parameter = this.#rules.parameterLines.get(group);
    const tagged = eyes.tags.get(group);
    if (parameter === undefined && tagged === undefined)
      this.#report('S21', environment, `${call} before any binding was read`);
    if (parameter === undefined && tagged !== undefined && this.#clock.now() - tagged.atMs > WIRING_AGE_MS) {
      this.#report('S21', environment, `${call} on binding older than a minute`);
    }
    const lines = (parameter ?? tagged?.lines ?? []).map((line) =>
      this.#rules.nativeServices.has(`${group} ${line.name}`) ? { ...line, isNative: true } : line,
    );
    const isNative = lines.some((line) => line.isNative);
    if (!lines.some(mayWrite))
      this.#report(isNative ? 'S20' : 'S18', environment, `${call} on a group that no line lets it write`);
    return lines;
  }

  #eyesOf(environment: number): Eyes {
    const known = this.#eyes.get(environment);
    if (known !== undefined) return known;
    const fresh: Eyes = {
      knowledge: new Knowledge(),
      lists: new Map(),
      targets: new Map(),
      tags: new Map(),
      firstStopped: new Map(),
      deployments: new Map(),
      passes: new Map(),
      refused: new Set(),
    };
    this.#eyes.set(environment, fresh);
    return fresh;
  }

  #report(invariant: string, environment: number, detail: string): void {
    this.violations.push({ invariant, atMs: this.#clock.now(), environment, detail });
  }
}

/** Whether a task is in truth still meant to run, by the accounts that have it. */
export function liveIn(...accounts: readonly Account[]): Rules['isLive'] {
  return (arn) => accounts.some(({ ecs }) => ecs.tasks.get(arn)?.history.at(-1)?.desired === 'RUNNING');
}

function isMeant(line: Pick<WantedLine, 'kind' | 'name'>, task: Pick<KnownTask, 'group' | 'family'>): boolean {
  if (line.kind === 'service') return task.group === `service:${line.name}`;
  return task.family === line.name && !task.group.startsWith('service:');
}

/** The tasks that by what was just read serve at the address: one, unless reads are behind. */
function servingAt(eyes: Eyes, ip: string, nowMs: number): KnownTask[] {
  const isFresh = (task: KnownTask): boolean => nowMs - task.describedAtMs <= PROOF_AGE_MS;
  return eyes.knowledge.at(ip).filter((task) => !task.stopped && task.last === 'RUNNING' && isFresh(task));
}

function mayWrite(line: WantedLine): boolean {
  return line.mode !== 'observe' && line.isNative !== true;
}

/** Listed by the pass that writes: passes of other groups may have read a list since that is behind. */
function isListed(eyes: Eyes, line: WantedLine, task: KnownTask, nowMs: number): boolean {
  const listedMs = eyes.lists.get(selectorOf(line))?.arns.get(task.arn);
  return listedMs !== undefined && nowMs - listedMs <= LISTED_MS;
}

function selectorOf(line: Pick<WantedLine, 'kind' | 'name'>): string {
  return `${line.kind}=${line.name}`;
}

function learnList(eyes: Eyes, input: Input, arns: readonly string[], atMs: number): void {
  const key = selectorOfList(input);
  const listed = eyes.lists.get(key)?.arns ?? new Map<string, number>();
  for (const arn of arns) listed.set(arn, atMs);
  eyes.lists.set(key, { arns: listed, atMs });
}

function learnDeployments(eyes: Eyes, output: Input): void {
  for (const service of objects(output, 'services')) {
    const name = text(service, 'serviceName') ?? '';
    const known = eyes.deployments.get(name) ?? new Set();
    for (const kind of ['deployments', 'taskSets']) for (const { id } of objects(service, kind)) known.add(String(id));
    eyes.deployments.set(name, known);
  }
}

/** A task that carries the id of a deployment of the service is the service's own. A family says itself what it selects. */
function isOfDeployment(eyes: Eyes, line: WantedLine, task: KnownTask): boolean {
  return line.kind === 'family' || eyes.deployments.get(line.name)?.has(task.startedBy) === true;
}

function noteRefused(eyes: Eyes, input: Input, isAccepted: boolean, code: string): void {
  for (const target of targetsOf(input)) {
    const key = `${text(input, 'TargetGroupArn')} ${target.key}`;
    if (isAccepted) eyes.refused.delete(key);
    else if (REFUSALS.has(code)) eyes.refused.add(key);
  }
}

/** Whether the line selects the task, by what was listed or described: before the first answer, nobody knows. */
function maySelect(eyes: Eyes, line: WantedLine, arn: string): boolean {
  const task = eyes.knowledge.get(arn);
  return task === undefined ? eyes.lists.get(selectorOf(line))?.arns.has(arn) === true : isMeant(line, task);
}

/** The pass of the group that a write is of. */
function passOf(eyes: Eyes, input: Input): GroupPass {
  return eyes.passes.get(text(input, 'TargetGroupArn') ?? '') ?? newPass();
}

function newPass(): GroupPass {
  return { read: new Set(), failed: new Set(), hasDeregistered: false, isQuotaHit: false };
}

function learnTargets(eyes: Eyes, input: Input, descriptions: readonly Input[]): void {
  const seen = new Map<string, SeenTarget>();
  for (const { Target, TargetHealth } of descriptions) {
    if (!isObject(Target) || !isObject(TargetHealth)) continue;
    const key = `${text(Target, 'Id')}:${whole(Target, 'Port')}`;
    seen.set(key, { zone: text(Target, 'AvailabilityZone'), state: text(TargetHealth, 'State') ?? '' });
  }
  eyes.targets.set(text(input, 'TargetGroupArn') ?? '', seen);
}

function keyOfRead(name: string, input: Input): string {
  return `${name} ${JSON.stringify(input)}`;
}
