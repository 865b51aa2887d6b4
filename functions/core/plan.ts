/** Decides from one snapshot what has to change. It says what the world implies; whether it may be done is the guard's to say. */

import { describeBinding } from './binding.ts';
import { distinctBy, sortedBy } from './order.ts';
import {
  isMember,
  isReady,
  type ListedBinding,
  type Member,
  membersOf,
  registeredAddresses,
  type Snapshot,
  wantedAddresses,
} from './snapshot.ts';
import { descriptorFor, isDraining, type Target, type TargetDescriptor } from './target.ts';
import { phaseOf } from './task.ts';
import type { Address, TaskArn } from './values.ts';
import { zoneFor } from './zone.ts';

/** The closed list of reasons for which a target is registered or removed. */
type Rule =
  /** ECS lists the task, or names its deployment, and describes it as running, with this address. */
  | 'task is running'
  /** ECS describes the task as ordered to stop; it still holds its interface, so the address cannot be anyone else's. */
  | 'task is stopping'
  /** ECS describes the task as stopped; its address may have a new owner, so its removal waits for a confirmation. */
  | 'task has stopped'
  /** The operator wrote mode=drain, and the address is proved to be one of the binding's tasks. */
  | 'binding drains'
  /** ECS describes the task with the tag that takes it out of rotation, and with this address. */
  | 'task is on hold';

/** Why a change is made: the task that ECS described, and what it said. No change can be made without one. */
export interface Proof {
  readonly rule: Rule;
  readonly task: TaskArn;
  readonly version: number;
  readonly last: string;
  readonly desired: string;
  /** When the DescribeTasks call that proves it was made: what happened after that may be missing from its answer. */
  readonly describedAtMs: number;
  /** The binding that asks for it. */
  readonly binding: string;
}

interface ChangeBase {
  readonly address: Address;
  readonly descriptor: TargetDescriptor;
  readonly because: Proof;
  readonly binding: ListedBinding;
  /** When its cause came about, by ECS's clock: the start of the task, or the order to stop it. */
  readonly sinceMs: number | undefined;
}

export interface Registration extends ChangeBase {
  readonly kind: 'register';
  /** The target is still draining from an earlier deregistration, and AWS may refuse it until that ends. */
  readonly draining: boolean;
  /** The availability zone that the task is in. */
  readonly taskZone: string | undefined;
  /** A task that runs has not ended. */
  readonly endedAtMs?: undefined;
}

export interface Deregistration extends ChangeBase {
  readonly kind: 'deregister';
  /** When the containers of the task ended, by ECS's clock. */
  readonly endedAtMs: number | undefined;
  /** ELB's state of the target. */
  readonly state: string;
  /** What drains has left already. */
  readonly draining?: undefined;
}

export type Change = Registration | Deregistration;

/** The changes that bring the group in step with its tasks, in the order of their addresses. */
export function planChanges(snapshot: Snapshot): Change[] {
  const members = membersOf(snapshot);
  const changes = [...planRegistrations(snapshot, members), ...planDeregistrations(snapshot, members)];
  return sortedBy(changes, ({ address }) => address);
}

function planRegistrations(snapshot: Snapshot, members: readonly Member[]): Registration[] {
  const registered = registeredAddresses(snapshot.targets);
  const present = new Set(snapshot.targets.map((target) => target.address));
  const asked = members
    .filter(({ address }) => !registered.has(address))
    .flatMap((member) => registrationOf(snapshot, member, present) ?? []);
  // Of several that ask for one address: a binding that may write it, then the first by name, whatever order they came in.
  const ranked = sortedBy(asked, nameOf).sort((one, other) => strength(one) - strength(other));
  return distinctBy(ranked.toReversed(), ({ address }) => address);
}

function registrationOf(snapshot: Snapshot, member: Member, present: ReadonlySet<Address>): Registration | undefined {
  const { binding, task, ip, port, address } = member;
  const describedAtMs = snapshot.describedAtMs.get(task.arn);
  if (binding.drain || describedAtMs === undefined) return undefined;
  if (!isMember(binding, task) || !isReady(member)) return undefined;
  return {
    kind: 'register',
    address,
    descriptor: descriptorFor(ip, port, zoneFor(member, snapshot)),
    because: proofOf('task is running', member, describedAtMs),
    binding,
    // What is there and asks to be registered is draining: what is registered asks for nothing.
    draining: present.has(address),
    sinceMs: task.startedAtMs,
    taskZone: task.zone,
  };
}

function nameOf({ because }: { readonly because: Proof }): string {
  return `${because.binding} ${because.task}`;
}

function mayWrite(binding: ListedBinding): boolean {
  return binding.writes && !binding.native;
}

function planDeregistrations(snapshot: Snapshot, members: readonly Member[]): Deregistration[] {
  const wanted = wantedAddresses(members);
  const owners = Map.groupBy(members, (member) => member.address);
  return snapshot.targets.flatMap((target) => {
    // A task that this group wants there vetoes, at every deployment and started or not. A task of somebody else does not:
    // it is the reason to hurry, because its traffic would be mixed with ours.
    if (isDraining(target) || wanted.has(target.address)) return [];
    const change = deregistrationOf(snapshot, target, owners.get(target.address) ?? []);
    return change === undefined ? [] : [change];
  });
}

function deregistrationOf(snapshot: Snapshot, target: Target, owners: readonly Member[]): Deregistration | undefined {
  const proofs = owners.flatMap((member) => {
    const { binding, task } = member;
    const rule = removalRule(member);
    const describedAtMs = snapshot.describedAtMs.get(task.arn);
    // Stryker disable next-line ConditionalExpression, ArrayDeclaration: who has no reason to go is wanted, and is not asked about: a second lock.
    if (rule === undefined) return [];
    // Without a description from this pass there is no proof, only what an earlier pass saw.
    if (describedAtMs === undefined) return [];
    return [{ binding, task, because: proofOf(rule, member, describedAtMs) }];
  });
  // Of several tasks that had the address, the last one is meant. If an earlier one were named, whose target this environment
  // removed a moment ago, the removal of this one would look contested and wait.
  const [best] = sortedBy(proofs, nameOf).sort(
    (one, other) => strength(one) - strength(other) || (other.task.startedAtMs ?? 0) - (one.task.startedAtMs ?? 0),
  );
  if (best === undefined) return undefined;
  const { binding, because, task } = best;
  const { address, descriptor, state } = target;
  const times = { sinceMs: task.stoppingAtMs ?? task.stoppedAtMs, endedAtMs: task.stoppedAtMs };
  return { kind: 'deregister', address, descriptor, state, because, binding, ...times };
}

function removalRule({ binding, task, isHeld }: Member): Rule | undefined {
  const phase = phaseOf(task);
  if (phase === 'stopping') return 'task is stopping';
  if (phase === 'released') return 'task has stopped';
  if (binding.drain) return 'binding drains';
  return isHeld ? 'task is on hold' : undefined;
}

/** The proof that needs the least care goes first, and one of a binding that may act on it before one that may not. */
function strength({ binding, because }: { readonly binding: ListedBinding; readonly because: Proof }): number {
  return (mayWrite(binding) ? 0 : 2) + (because.rule === 'task has stopped' ? 1 : 0);
}

function proofOf(rule: Rule, { binding, task }: Member, describedAtMs: number): Proof {
  return {
    rule,
    task: task.arn,
    version: task.version,
    last: task.last,
    desired: task.desired,
    describedAtMs,
    binding: describeBinding(binding),
  };
}
