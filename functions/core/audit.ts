/** Looks at a group for what a person should know: foreign targets, targets that never became healthy, settings that cannot work. */
import { describeSelector, type GroupBinding, type Selector, selects } from './binding.ts';
import type { Finding } from './finding.ts';
import { distinctBy } from './order.ts';
import { isReady, type Member, membersOf, registeredAddresses, type Snapshot, wantedAddresses } from './snapshot.ts';
import { isDraining, type Target, type TargetGroup } from './target.ts';
import { definitionKey, ipOf, isLive, isServing } from './task.ts';
import type { Address, TaskArn } from './values.ts';

/** A target that is not healthy this long after we first saw it has a cause that waiting does not cure. */
export const NEVER_HEALTHY_AFTER_MS = 180_000;

/** A group takes so many targets unless the account's quota was raised (ELB guide, "Quotas"). */
const TARGETS_MAX = 1_000;
const NEARLY_FULL = 0.9;

/** What is known of the group's targets besides what this pass has read. */
export interface TargetHistory {
  readonly firstSeenMs: ReadonlyMap<Address, number>;
  readonly seenHealthy: ReadonlySet<Address>;
  /** Who has not looked before cannot say what was never so. */
  readonly watchedSinceMs: number;
  /** Addresses for which the stopped list was read and did not explain them. */
  readonly searched: ReadonlySet<Address>;
  /** Of targets that nothing explains: the task that this stack registered there, by its record. */
  readonly origins: ReadonlyMap<Address, Origin>;
  /** Services of the group's clusters whose tasks ECS itself registers here. */
  readonly natives: readonly Selector[];
}

export interface Origin {
  readonly task: TaskArn;
  /** It has not been told to stop: a line that meant it is gone. */
  readonly isLive: boolean;
}

/** Settings of the group and of its tasks' definitions, where they were read. */
export interface GroupSettings extends GroupAttributes {
  readonly stopTimeouts: readonly { readonly definition: string; readonly seconds: number }[];
}

export interface GroupAttributes {
  readonly deregistrationDelaySeconds: number;
  /** `load_balancing.cross_zone.enabled`: `true`, `false` or `use_load_balancer_configuration`. */
  readonly crossZone: string | undefined;
}

/** What the findings on a group's targets are drawn from. */
interface Audit {
  readonly snapshot: Snapshot;
  readonly members: readonly Member[];
  readonly history: TargetHistory;
  readonly nowMs: number;
}

export function auditTargets(snapshot: Snapshot, history: TargetHistory, nowMs: number): Finding[] {
  const audit = { snapshot, members: membersOf(snapshot), history, nowMs };
  return AUDITS.flatMap((find) => find(audit));
}

/** In the order in which their findings are told. */
const AUDITS: readonly ((audit: Audit) => Finding[])[] = [
  findUnexplained,
  findNeverHealthy,
  findUnused,
  findWithoutAddress,
  findWithoutPort,
  findNotReady,
  findHeld,
  findDrained,
  findNearlyFull,
  findEmptyLists,
  findGone,
];

/** What the settings of a group do to its targets, whoever registers them. */
export function auditSettings(group: TargetGroup, bindings: readonly GroupBinding[], settings: GroupSettings): Finding[] {
  return [...findShortStops(group, settings), ...findCrossZone(group, bindings, settings)];
}

/** A drain that outlasts the task is cut short: SIGKILL comes while the load balancer still lets requests finish. */
function findShortStops(group: TargetGroup, settings: GroupSettings): Finding[] {
  const short = settings.stopTimeouts.filter(({ seconds }) => seconds < settings.deregistrationDelaySeconds);
  // Definitions of two accounts may have one name: one sentence serves for both.
  return distinctBy(short, (each) => `${each.definition} ${each.seconds}`).map(({ definition, seconds }) => ({
    kind: 'drain-time',
    subject: group.name,
    message:
      `Targets drain for ${settings.deregistrationDelaySeconds} s, but a container of ${definition} is killed ${seconds} s ` +
      'after its SIGTERM: requests that take longer are cut. Lower deregistration_delay.timeout_seconds, or raise stopTimeout ' +
      '(at most 120 s on Fargate) and keep serving after SIGTERM.',
    command:
      `aws elbv2 modify-target-group-attributes --target-group-arn ${group.arn} ` +
      `--attributes Key=deregistration_delay.timeout_seconds,Value=${seconds}`,
  }));
}

/** With cross-zone load balancing off, an Application Load Balancer takes no target in `all` zones (ELB guide, "Cross-zone load balancing"). */
function findCrossZone(group: TargetGroup, bindings: readonly GroupBinding[], { crossZone }: GroupSettings): Finding[] {
  // A Network Load Balancer takes it all the same (docs/model.md): a finding there would ring for a group that is in order.
  const isOfApplication = group.protocol === 'HTTP' || group.protocol === 'HTTPS';
  if (crossZone !== 'false' || !isOfApplication) return [];
  return bindings
    .filter(({ zone }) => zone === 'all')
    .map(({ source }) => ({
      kind: 'cross-zone',
      subject: group.name,
      message:
        `Cross-zone load balancing is off for the group, and ${source} asks for zone=all. Write zone=task, or no zone at all, or ` +
        'turn cross-zone load balancing on.',
    }));
}

/** The command that removes a target, with exactly the id, port and zone under which ELB knows it. */
export function deregisterCommand(group: TargetGroup, { descriptor }: Target): string {
  const zone = descriptor.zone === undefined ? '' : `,AvailabilityZone=${descriptor.zone}`;
  return (
    `aws elbv2 deregister-targets --target-group-arn ${group.arn} ` +
    `--targets Id=${descriptor.id},Port=${descriptor.port}${zone}`
  );
}

function findUnexplained(audit: Audit): Finding[] {
  const { snapshot, members, history } = audit;
  const owners = Map.groupBy(members, (member) => member.address);
  const wanted = wantedAddresses(members);
  return snapshot.targets.flatMap((target): Finding[] => {
    if (isDraining(target) || wanted.has(target.address)) return [];
    const owned = owners.get(target.address) ?? [];
    if (owned.some(({ task }) => isLive(task) || snapshot.describedAtMs.has(task.arn))) return [];
    const [first] = owned;
    if (first === undefined && !history.searched.has(target.address)) return [];
    const origin = first === undefined ? history.origins.get(target.address) : { task: first.task.arn, isLive: false };
    const sinceMs = history.firstSeenMs.get(target.address);
    const finding = origin === undefined ? strange(target, audit) : ownRemains(target, origin);
    // Whoever pastes the command of every finding must not take out tasks that serve: their line was misspelt, as a rule.
    const command = finding.kind === 'unbound' ? undefined : deregisterCommand(snapshot.group, target);
    return [{ ...finding, subject: target.address, sinceMs, command }];
  });
}

/** A target that this stack has registered itself, and may not remove. */
function ownRemains({ state }: Target, { task, isLive: lives }: Origin): Pick<Finding, 'kind' | 'message'> {
  if (lives) {
    const message =
      `The target is ${state}. This stack registered it for task ${task}, which still runs, and no line binds that task and port any ` +
      'more. It stays until somebody decides: correct the line or write it again; if nothing needs it, let mode=drain take it out, or remove it.';
    return { kind: 'unbound', message };
  }
  const message =
    `The target is ${state}. This stack registered it for task ${task}, which ECS no longer describes: there is no proof that the ` +
    'address has no new owner. Remove it if nothing else uses the address.';
  return { kind: 'leftover', message };
}

/** A target that nothing of this stack explains. */
function strange({ state, address }: Target, { history, nowMs }: Audit): Pick<Finding, 'kind' | 'message'> {
  const { natives, firstSeenMs } = history;
  if (natives.length > 0) {
    const message =
      `The target is ${state}. ECS itself registers tasks of ${natives.map(describeSelector).join(', ')} in this group, so it is ` +
      'likely one of those. It is left alone.';
    return { kind: 'foreign', message };
  }
  const lasts = nowMs - (firstSeenMs.get(address) ?? nowMs) >= NEVER_HEALTHY_AFTER_MS;
  const message =
    `The target is ${state}, and no task of the group's bindings has this address and port, running or stopped within the hour. It ` +
    'is left alone. If it is a leftover, remove it.';
  return { kind: state === 'unhealthy' && lasts ? 'foreign-unhealthy' : 'foreign', message };
}

function findNeverHealthy({ snapshot, members, history, nowMs }: Audit): Finding[] {
  const serving = new Map(members.filter(({ task }) => isServing(task)).map((member) => [member.address, member]));
  return snapshot.targets.flatMap((target): Finding[] => {
    const owner = serving.get(target.address);
    const sinceMs = history.firstSeenMs.get(target.address);
    const isWaiting = target.state === 'unhealthy' || target.state === 'initial';
    if (owner === undefined || sinceMs === undefined || !isWaiting || history.seenHealthy.has(target.address)) return [];
    const youngestMs = Math.max(sinceMs, history.watchedSinceMs, owner.task.startedAtMs ?? sinceMs);
    if (nowMs - youngestMs < NEVER_HEALTHY_AFTER_MS) return [];
    const reason = target.reason ?? 'no reason given';
    const message =
      `Task ${owner.task.arn} has been registered for ${Math.floor((nowMs - youngestMs) / 1_000)} s and was never healthy. ` +
      `ELB says ${reason}. ${likelyCause(reason, target.descriptor.port)} It stays registered: health does not decide that.`;
    return [{ kind: 'never-healthy', subject: target.address, message, sinceMs: youngestMs }];
  });
}

/** What usually lies behind ELB's reason code (ELB guide, "Target health reason codes"). */
function likelyCause(reason: string, port: number): string {
  const causes: Readonly<Record<string, string>> = {
    'Target.Timeout': `Likely the task's security group does not let the load balancer in on port ${port}, or the answer is slow.`,
    'Target.FailedHealthChecks': `Likely nothing listens on port ${port}, or the connection is reset.`,
    'Target.ResponseCodeMismatch': "Likely the health check's path or its expected codes do not fit the application.",
    'Target.IpUnusable': 'The address is in use by a load balancer.',
    'Elb.InitialHealthChecking': 'The first checks still run: interval times threshold is longer than this.',
    'Elb.RegistrationInProgress': 'ELB has not finished the registration.',
    'Elb.InternalError': "The cause is on ELB's side.",
  };
  return causes[reason] ?? 'The reason code is described in the ELB guide under "Target health reason codes".';
}

function findUnused({ snapshot }: Audit): Finding[] {
  const unused = snapshot.targets.filter((target) => target.reason === 'Target.NotInUse');
  const [first] = unused;
  if (first === undefined) return [];
  const message =
    `${unused.length} of ${snapshot.targets.length} targets get no traffic (${first.address} and others: Target.NotInUse): no ` +
    "listener forwards to the group, or a target's zone is not enabled on the load balancer.";
  return [{ kind: 'unused', subject: snapshot.group.name, message }];
}

function findWithoutAddress({ snapshot }: Audit): Finding[] {
  const { family } = snapshot.group;
  return snapshot.bindings.flatMap((binding) =>
    [...binding.listed].flatMap((arn): Finding[] => {
      const task = snapshot.tasks.get(arn);
      if (task === undefined || !isLive(task) || task.last !== 'RUNNING' || ipOf(task, family) !== undefined) return [];
      const other = task.ipv4 ?? task.ipv6;
      const has = other === undefined ? `no readable address (its interface is ${task.interface})` : `only ${other}`;
      const message =
        `Task ${arn} is running with ${has}, and the group takes ${family} addresses. Only tasks in network mode awsvpc with an ` +
        `${family} address can be registered.`;
      return [{ kind: 'no-address', subject: arn, message }];
    }),
  );
}

/** Ports that lines name and definitions do not: told before health checks fail, and not where targets are healthy all the same. */
function findWithoutPort({ snapshot, members }: Audit): Finding[] {
  return snapshot.bindings.flatMap((binding): Finding[] => {
    const { port, selector, source } = binding;
    const serving = [...snapshot.tasks.values()].filter((task) => isServing(task) && selects(selector, task));
    const addresses = new Set(members.filter((member) => member.binding === binding).map(({ address }) => address));
    if (snapshot.targets.some(({ address, state }) => addresses.has(address) && state === 'healthy')) return [];
    const [without] = serving.flatMap((task) => {
      const ports = snapshot.definitions?.get(definitionKey(task))?.ports;
      const hasPort = ports === undefined || ports.some((each) => each.name === port || each.port === port);
      return hasPort ? [] : [{ definition: task.definition, ports }];
    });
    if (without === undefined) return [];
    const names = without.ports
      .map((each) => (each.name === undefined ? `${each.port}` : `${each.port} (${each.name})`))
      .join(', ');
    const message =
      `${source} names port ${port}, and task definition ${without.definition} maps ${names || 'no port'}. Correct the line or the ` +
      "definition's portMappings.";
    return [{ kind: 'port', subject: snapshot.group.name, message }];
  });
}

/** Tasks that a line with ready=healthy keeps out for longer than a start takes. */
function findNotReady({ snapshot, members, nowMs }: Audit): Finding[] {
  const registered = registeredAddresses(snapshot.targets);
  return members.flatMap((member): Finding[] => {
    const { task, binding, address } = member;
    const sinceMs = task.startedAtMs ?? nowMs;
    if (isReady(member) || !isServing(task) || !binding.ready || registered.has(address)) return [];
    if (nowMs - sinceMs < NEVER_HEALTHY_AFTER_MS) return [];
    const cause =
      task.health === 'UNHEALTHY'
        ? 'Its health check fails: read its log.'
        : 'Its task definition may have no health check, and then ECS never calls it healthy: add one, or leave out ready=healthy.';
    const message = `Task ${task.arn} runs, and is not registered: ECS says ${task.health} of its containers. ${cause}`;
    return [{ kind: 'not-ready', subject: task.arn, message, sinceMs }];
  });
}

function findHeld({ members }: Audit): Finding[] {
  const held = new Set(members.filter(({ task, isHeld }) => isHeld && isLive(task)).map(({ task }) => task));
  return [...held].map((task) => ({
    kind: 'held',
    subject: task.arn,
    message: `Task ${task.arn} is on hold: its tag alb-target-sync=hold keeps it out of the group until the tag is removed.`,
    command: `aws ecs untag-resource --resource-arn ${task.arn} --tag-keys alb-target-sync`,
  }));
}

/** A line that drains the group while no other line feeds it: it may be a slip, and it is an outage if it is. */
function findDrained({ snapshot: { group, bindings }, members }: Audit): Finding[] {
  if (bindings.some(({ drain, writes }) => !drain && writes)) return [];
  return bindings.flatMap((binding): Finding[] => {
    const serving = members.filter((member) => member.binding === binding && isServing(member.task)).length;
    if (!binding.drain || binding.lacksConfirmation || serving === 0) return [];
    const message =
      `${binding.source} says mode=drain, and no other line feeds the group: its ${serving} running tasks leave it, and it serves ` +
      'nobody. Remove the line when the group is to be deleted, or write mode=enforce.';
    return [{ kind: 'drained', subject: group.name, message }];
  });
}

function findNearlyFull({ snapshot: { group, targets } }: Audit): Finding[] {
  if (targets.length < TARGETS_MAX * NEARLY_FULL || targets.length > TARGETS_MAX) return [];
  const message =
    `The group has ${targets.length} targets, draining ones included, and takes ${TARGETS_MAX} unless the quota "Targets per Target ` +
    'Group per Region" was raised. In a deployment, old and new tasks are both in.';
  return [{ kind: 'limit', subject: group.name, message }];
}

/** Nothing is removed because a list is empty; but somebody should look, since the list or the binding may be wrong. */
function findEmptyLists({ snapshot, members }: Audit): Finding[] {
  const { bindings, group } = snapshot;
  const isEmpty = bindings.every(({ list, listed }) => (list === 'read' || list === 'gone') && listed.size === 0);
  if (bindings.length === 0 || !isEmpty) return [];
  const stopped = new Set(members.filter(({ task }) => !isLive(task)).map(({ address }) => address));
  const left = [...registeredAddresses(snapshot.targets)].filter((address) => !stopped.has(address)).length;
  if (left === 0) return [];
  const selectors = bindings.map((binding) => describeSelector(binding.selector)).join(', ');
  const message =
    `ECS lists no running task for ${selectors}, and the group still has targets (${left}) whose tasks are not known to have ` +
    'stopped. Nothing is removed for being absent from a list. Check that the binding names the right service.';
  return [{ kind: 'empty-list', subject: group.name, message }];
}

function findGone({ snapshot: { bindings } }: Audit): Finding[] {
  return bindings
    .filter((binding) => binding.list === 'gone')
    .map((binding) => ({
      kind: 'unusable',
      subject: describeSelector(binding.selector),
      message:
        `ECS does not know ${describeSelector(binding.selector)}, which ${binding.source} names. Correct the line, or remove it; ` +
        'its targets stay until their tasks are proved stopped.',
    }));
}
