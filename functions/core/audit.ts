/** Looks at a group for what a person should know: foreign targets, targets that never became healthy, settings that cannot work. */

import { describeSelector } from './binding.ts';
import type { Finding } from './finding.ts';
import { type Member, membersOf, registeredAddresses, type Snapshot, wantedAddresses } from './snapshot.ts';
import { isDraining, type Target, type TargetGroup } from './target.ts';
import { ipOf, isLive, isServing } from './task.ts';
import type { Address } from './values.ts';

/** A target that is not healthy this long after we first saw it has a cause that waiting does not cure. */
export const NEVER_HEALTHY_AFTER_MS = 180_000;

/** What the environment remembers of the group's targets from earlier passes. */
export interface TargetHistory {
  readonly firstSeenMs: ReadonlyMap<Address, number>;
  readonly seenHealthy: ReadonlySet<Address>;
  /** Addresses for which the stopped list was read and did not explain them. */
  readonly searched: ReadonlySet<Address>;
}

/** Seconds that a target drains, and that ECS waits between SIGTERM and SIGKILL, where they were read. */
export interface DrainSettings {
  readonly deregistrationDelaySeconds: number;
  readonly stopTimeouts: readonly { readonly definition: string; readonly seconds: number }[];
}

export function auditTargets(snapshot: Snapshot, history: TargetHistory, nowMs: number): Finding[] {
  const members = membersOf(snapshot);
  return [
    ...findUnexplained(snapshot, members, history),
    ...findNeverHealthy(snapshot, members, history, nowMs),
    ...findUnused(snapshot),
    ...findWithoutAddress(snapshot),
    ...findEmptyLists(snapshot, members),
    ...findGone(snapshot),
  ];
}

/** A drain that outlasts the task is cut short: SIGKILL comes while the load balancer still lets requests finish. */
export function auditDrainTime(group: TargetGroup, settings: DrainSettings): Finding[] {
  return settings.stopTimeouts
    .filter(({ seconds }) => seconds < settings.deregistrationDelaySeconds)
    .map(({ definition, seconds }) => ({
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

/** The command that removes a target, with exactly the id, port and zone under which ELB knows it. */
export function deregisterCommand(group: TargetGroup, { descriptor }: Target): string {
  const zone = descriptor.zone === undefined ? '' : `,AvailabilityZone=${descriptor.zone}`;
  return (
    `aws elbv2 deregister-targets --target-group-arn ${group.arn} ` +
    `--targets Id=${descriptor.id},Port=${descriptor.port}${zone}`
  );
}

function findUnexplained(snapshot: Snapshot, members: readonly Member[], history: TargetHistory): Finding[] {
  const owners = Map.groupBy(members, (member) => member.address);
  const wanted = wantedAddresses(members);
  return snapshot.targets.flatMap((target): Finding[] => {
    if (isDraining(target) || wanted.has(target.address)) return [];
    const owned = owners.get(target.address) ?? [];
    if (owned.some(({ task }) => isLive(task) || snapshot.describedAtMs.has(task.arn))) return [];
    const sinceMs = history.firstSeenMs.get(target.address);
    const command = deregisterCommand(snapshot.group, target);
    const [first] = owned;
    if (first !== undefined) {
      const message =
        `The target belongs to task ${first.task.arn}, which was seen stopped, but ECS no longer describes that task. Nothing is ` +
        'removed without its description; remove the target by hand if nothing else uses the address.';
      return [{ kind: 'unproven', subject: target.address, message, sinceMs, command }];
    }
    if (!history.searched.has(target.address)) return [];
    const message =
      `The target is ${target.state}, and no task of the group's bindings has this address and port, running or stopped within ` +
      'the hour. It is left alone. If it is a leftover, remove it.';
    return [{ kind: 'foreign', subject: target.address, message, sinceMs, command }];
  });
}

function findNeverHealthy(snapshot: Snapshot, members: readonly Member[], history: TargetHistory, nowMs: number): Finding[] {
  const serving = new Map(members.filter(({ task }) => isServing(task)).map((member) => [member.address, member]));
  return snapshot.targets.flatMap((target): Finding[] => {
    const owner = serving.get(target.address);
    const sinceMs = history.firstSeenMs.get(target.address);
    const isWaiting = target.state === 'unhealthy' || target.state === 'initial';
    if (owner === undefined || sinceMs === undefined || !isWaiting || history.seenHealthy.has(target.address)) return [];
    const youngestMs = Math.max(sinceMs, owner.task.startedAtMs ?? sinceMs);
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

function findUnused(snapshot: Snapshot): Finding[] {
  const unused = snapshot.targets.filter((target) => target.reason === 'Target.NotInUse');
  const [first] = unused;
  if (first === undefined) return [];
  const message =
    `${unused.length} of ${snapshot.targets.length} targets get no traffic (${first.address} and others: Target.NotInUse): no ` +
    "listener forwards to the group, or a target's zone is not enabled on the load balancer.";
  return [{ kind: 'unused', subject: snapshot.group.name, message }];
}

function findWithoutAddress(snapshot: Snapshot): Finding[] {
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

/** Nothing is removed because a list is empty; but somebody should look, since the list or the binding may be wrong. */
function findEmptyLists(snapshot: Snapshot, members: readonly Member[]): Finding[] {
  const { bindings, group } = snapshot;
  if (bindings.length === 0 || bindings.some((binding) => binding.list === 'failed' || binding.listed.size > 0)) return [];
  const stopped = new Set(members.filter(({ task }) => !isLive(task)).map(({ address }) => address));
  const left = [...registeredAddresses(snapshot.targets)].filter((address) => !stopped.has(address)).length;
  if (left === 0) return [];
  const selectors = bindings.map((binding) => describeSelector(binding.selector)).join(', ');
  const message =
    `ECS lists no running task for ${selectors}, and the group still has targets (${left}) whose tasks are not known to have ` +
    'stopped. Nothing is removed for being absent from a list. Check that the binding names the right service.';
  return [{ kind: 'empty-list', subject: group.name, message }];
}

function findGone(snapshot: Snapshot): Finding[] {
  return snapshot.bindings
    .filter((binding) => binding.list === 'gone')
    .map((binding) => ({
      kind: 'unusable',
      subject: describeSelector(binding.selector),
      message:
        `ECS does not know ${describeSelector(binding.selector)}, which ${binding.source} names. Correct the line, or remove it; ` +
        'its targets stay until their tasks are proved stopped.',
    }));
}
