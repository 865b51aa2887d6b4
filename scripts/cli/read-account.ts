/** Reads an account as the function does, by an API that cannot write, and says of everything asked about whether it was read. */

import { createAwsApi, systemClock } from '../../functions/adapters/aws.ts';
import { createEnvironment, type Environment, type Reporter } from '../../functions/app/invocation.ts';
import type { AwsApi, Clock, Outcome } from '../../functions/app/ports.ts';
import { run } from '../../functions/app/run.ts';
import { describeSelector, selects } from '../../functions/core/binding.ts';
import { isDiscovering, linesOfParameter, type Scope, TAG } from '../../functions/core/binding-sources.ts';
import type { Instance, InstanceService } from '../../functions/core/cloud-map/instance.ts';
import { isTagged, NO_COPIES, scopeOf } from '../../functions/core/configuration.ts';
import type { Failure } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import type { Pass } from '../../functions/core/report.ts';
import { err, ok } from '../../functions/core/result.ts';
import type { Task } from '../../functions/core/task.ts';
import { arnParts, type CloudMapServiceArn, cloudMapServiceIdOf } from '../../functions/core/values.ts';
import { clientOptionsOf } from './account.ts';
import type { AnsweredTarget, Change, Resource } from './answer.ts';
import { type Discovered, discover } from './discover.ts';
import { errors } from './errors.ts';
import { findingInWordsOfOptions, mistakesIn, type Named, namedBy, type SettingsValues } from './settings.ts';

/** Somebody waits for this, and a group of a thousand targets takes a few seconds. */
const TIME_MS = 120_000;

/** Findings that say that something was not compared. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['wrong-line', 'unusable', 'failed', 'empty-list', 'no-address']);

/** What was read, and when. */
export interface AccountReading {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly resources: readonly Resource[];
  readonly passes: readonly Pass[];
  readonly tasks: readonly Task[];
  readonly services: readonly InstanceService[];
  /** By Cloud Map service. */
  readonly instances: ReadonlyMap<string, readonly Instance[]>;
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  /** Somebody has paused the stack, as far as its log group's tags were read. */
  readonly isPaused: boolean;
  readonly calls: Readonly<Record<string, number>>;
}

/** An account under one set of settings. It can be read again: what differs then is known since the first time. */
export interface OpenAccount {
  read(): Promise<AccountReading>;
}

/** The account that the options of `plan`, `status` and `leftovers` name, with what they name in it. */
export async function openNamed(values: SettingsValues & Parameters<typeof clientOptionsOf>[0]) {
  const named = namedBy(values);
  return { named, options: clientOptionsOf(values, named), account: await openAccount(named, values) };
}

/** Opens the account that the options name; what they do not name is discovered. */
export async function openAccount(named: Named, values: Parameters<typeof clientOptionsOf>[0]): Promise<OpenAccount> {
  const options = clientOptionsOf(values, named);
  refuseWrongLines(named);
  const discovered = await discover(named, options);
  refuseWrongLines({ ...named, ...discovered.settings });
  const { isDeployed, logGroup = '' } = named;
  return accountOf(discovered, createAwsApi(discovered.settings, { ...options, logGroup }), systemClock, {
    isDeployed,
    hasLog: logGroup !== '',
  });
}

/** A line can be judged only against the clusters and groups that it may mean. */
function refuseWrongLines(named: Named): void {
  if (named.isDeployed || named.clusters.length === 0 || named.targetGroups.length === 0) return;
  const mistakes = mistakesIn(linesOfParameter(scopeOf(named, NO_COPIES)));
  if (mistakes.length > 0) throw errors.badLines(mistakes);
}

/** What is known of the stack beside its settings. */
export interface Stack {
  readonly isDeployed: boolean;
  /** Its log group can be read. */
  readonly hasLog: boolean;
}

const NO_STACK: Stack = { isDeployed: false, hasLog: false };

export function accountOf(discovered: Discovered, api: AwsApi, clock: Clock, stack = NO_STACK): OpenAccount {
  const readable = stack.hasLog ? readOnly(api) : { ...readOnly(api), ...NO_LOG };
  const environment = createEnvironment({ settings: discovered.settings, api: readable, clock });
  return { read: () => readOnce(discovered, environment, stack) };
}

async function readOnce(
  discovered: Discovered,
  environment: Environment,
  { isDeployed, hasLog }: Stack,
): Promise<AccountReading> {
  const { clock, settings } = environment;
  const beganMs = clock.now();
  const hasClusters = settings.clusters.length > 0 || isDeployed;
  const request = { trigger: 'check' as const, hints: [], deadlineMs: beganMs + TIME_MS };
  const notes = new Notes();
  if (hasClusters && discovered.failures.length === 0) await run(environment, request, notes);
  // What a line leaves out may be known only now: which cluster has its service.
  const copies = environment.configuration?.copies ?? NO_COPIES;
  const found = scopeOf(settings, copies);
  // The index of tags may be behind: a service that has lost its tag is in it for a while.
  const isFound = (arn: CloudMapServiceArn): boolean => !isDiscovering(settings) || isTagged(copies.cloudMapTags.get(arn));
  const scope = { ...found, cloudMapServices: found.cloudMapServices.filter(isFound) };
  const mistakes = isDeployed ? [] : mistakesIn(linesOfParameter(scope));
  if (mistakes.length > 0) throw errors.badLines(mistakes);
  const findings = [...notes.ofSettings, ...notes.findings].map((each) => (isDeployed ? each : findingInWordsOfOptions(each)));
  const failures = [...discovered.failures, ...notes.ofConfiguration, ...notes.failures];
  const tasks = [...environment.cache.tasks.values()].map(({ task }) => task);
  return {
    beganMs,
    endedMs: clock.now(),
    resources: [
      ...accountResource(scope, hasClusters, [...discovered.failures, ...notes.ofConfiguration.filter(isOfSearch)]),
      ...resourcesOf(scope, notes, environment, findings),
    ],
    passes: notes.passes,
    tasks,
    services: environment.configuration?.configuration.cloudMapServices ?? [],
    instances: notes.instances,
    findings,
    failures,
    isPaused: copies.pausedSinceMs !== undefined,
    calls: sumOf([discovered.calls, notes.calls], hasLog ? [] : Object.keys(NO_LOG)),
  };
}

/** What one invocation reports. */
class Notes implements Reporter {
  ofSettings: readonly Finding[] = [];
  ofConfiguration: readonly Failure[] = [];
  calls: ReadonlyMap<string, number> = new Map();
  readonly passes: Pass[] = [];
  readonly findings: Finding[] = [];
  readonly failures: Failure[] = [];
  /** By Cloud Map service, if it was read. */
  readonly instances = new Map<string, readonly Instance[]>();

  // Read again, it is reported again.
  configured: Reporter['configured'] = ({ configuration, failures }) => {
    this.ofSettings = configuration.findings;
    this.ofConfiguration = failures;
  };

  passed: Reporter['passed'] = (pass) => {
    this.passes.push(pass);
    this.failures.push(...pass.failures);
    // Where tasks could not be read, a target that no task explains is not foreign: it is not known.
    if (pass.failures.length === 0) this.findings.push(...pass.findings);
  };

  checked: Reporter['checked'] = ({ subject, findings, failures, read }) => {
    if (read !== undefined && failures.length === 0) this.instances.set(subject, read.instances);
    this.findings.push(...findings);
    this.failures.push(...failures);
  };

  // A check writes nothing that a later pass would have to know of.
  recorded: Reporter['recorded'] = () => undefined;

  ended: Reporter['ended'] = ({ calls }) => {
    this.calls = calls;
  };
}

/** The search for resources with the tag, which the function makes with its configuration. */
function isOfSearch({ operation }: Failure): boolean {
  return operation === 'GetResources';
}

/** The account itself, where nothing was found in it or not everything could be. */
function accountResource(scope: Scope, hasClusters: boolean, unlisted: readonly Failure[]): Resource[] {
  const why = unlisted.length > 0 ? 'what it has could not be listed' : nothingIn(scope, hasClusters);
  return why === undefined ? [] : [{ type: 'account', name: 'what the account has', isRead: false, why }];
}

function nothingIn({ targetGroups, cloudMapServices }: Scope, hasClusters: boolean): string | undefined {
  if (!hasClusters) return 'there is no ECS cluster in this account and region. Check --profile and --region';
  if (targetGroups.length + cloudMapServices.length > 0) return undefined;
  return (
    `no target group and no Cloud Map service in this account and region has the tag ${TAG}. Tag one, or name one: ` +
    '--target-group ARN --bind "service=NAME port=8080"'
  );
}

function resourcesOf(
  { targetGroups, cloudMapServices }: Scope,
  notes: Notes,
  { configuration, cache }: Environment,
  findings: readonly Finding[],
): Resource[] {
  const tasks = [...cache.tasks.values()].map(({ task }) => task);
  const groups = targetGroups.map((arn): Resource => {
    const passes = notes.passes.filter(({ group }) => group.arn === arn);
    const isRead = passes.length > 0 && passes.every((pass) => pass.snapshot !== undefined && pass.failures.length === 0);
    const isUnbound = passes.length === 0 && configuration?.configuration.unread.includes(arn) === false;
    const why = isUnbound ? 'no usable line binds it' : 'it could not be read';
    return { type: 'target group', name: arnParts(arn).name, isRead, why: isRead ? null : why };
  });
  const services = cloudMapServices.map((arn): Resource => {
    const isRead = notes.instances.has(arn);
    return { type: 'Cloud Map service', name: cloudMapServiceIdOf(arn), isRead, why: isRead ? null : 'it could not be read' };
  });
  const all = [...groups, ...services];
  return [...all, ...uncompared(findings, all), ...linesWithoutTasks(notes.passes, tasks)].map((each) =>
    explained(each, findings),
  );
}

/** Lines, tasks and services that a finding says were left out, beside the groups that are named anyway. */
function uncompared(findings: readonly Finding[], named: readonly Resource[]): Resource[] {
  const left = findings.filter(
    ({ kind, subject }) => NOT_COMPARED.has(kind) && !named.some(({ name }) => isNamedBy(name, subject)),
  );
  return left.map(({ kind, subject }) => ({
    type: kind === 'no-address' ? 'task' : 'line',
    name: subject,
    isRead: false,
    why: `see the finding ${kind}`,
  }));
}

/** A group that a finding is about was read, and was not compared. */
function explained(resource: Resource, findings: readonly Finding[]): Resource {
  const finding = findings.find(({ kind, subject }) => NOT_COMPARED.has(kind) && isNamedBy(resource.name, subject));
  return finding === undefined ? resource : { ...resource, isRead: false, why: `see the finding ${finding.kind}` };
}

function isNamedBy(name: string, subject: string): boolean {
  return subject === name || subject.endsWith(`/${name}`);
}

/** A service without tasks is known to exist; a family is known by its tasks alone, so that a misspelt one looks like an idle one. */
function linesWithoutTasks(passes: readonly Pass[], tasks: readonly Task[]): Resource[] {
  return passes.flatMap(({ snapshot, group }) =>
    (snapshot?.bindings ?? [])
      .filter(
        ({ selector, list }) => list === 'read' && selector.kind === 'family' && !tasks.some((task) => selects(selector, task)),
      )
      .map(
        ({ selector }): Resource => ({
          type: 'line',
          name: `target-group=${group.name} ${describeSelector(selector)}`,
          isRead: false,
          why: 'it selects no task, running or stopped within the hour',
        }),
      ),
  );
}

export function changesOf({ passes }: AccountReading): Change[] {
  return passes.flatMap(({ group, held }) =>
    held.map(({ change, because }) => ({
      at: null,
      kind: change.kind,
      outcome: because === 'check only' ? 'due' : because === 'observe' ? 'observed' : 'held',
      held: because === 'check only' || because === 'observe' ? null : because,
      targetGroup: group.name,
      ip: change.descriptor.id,
      port: change.descriptor.port,
      because: change.because.rule,
      taskArn: change.because.task,
    })),
  );
}

export function targetsOf({ passes }: AccountReading): AnsweredTarget[] {
  return passes.flatMap(({ group, snapshot }) =>
    (snapshot?.targets ?? []).map(({ descriptor, state }) => ({
      targetGroup: group.name,
      ip: descriptor.id,
      port: descriptor.port,
      state,
    })),
  );
}

/** Writes never leave, whatever a plan says. */
function readOnly(api: AwsApi): AwsApi {
  const refuse = (): Promise<Outcome<null>> => Promise.resolve(err({ kind: 'refused', message: 'this command only reads' }));
  return { ...api, RegisterTargets: refuse, DeregisterTargets: refuse };
}

/** Without a stack there is no record of what its function has written, and nobody who has paused it: these calls never leave. */
const NO_LOG: Pick<AwsApi, 'FilterLogEvents' | 'ListLogGroupTags'> = {
  FilterLogEvents: () => Promise.resolve(ok({ items: [], nextToken: undefined })),
  ListLogGroupTags: () => Promise.resolve(ok([])),
};

function sumOf(all: readonly ReadonlyMap<string, number>[], unmade: readonly string[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  const made = all.flatMap((calls) => [...calls]).filter(([operation]) => !unmade.includes(operation));
  for (const [operation, count] of made) sums.set(operation, (sums.get(operation) ?? 0) + count);
  return Object.fromEntries([...sums].sort());
}
