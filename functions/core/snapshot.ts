/** What one pass has read of one target group and the tasks that its bindings mean, and what it still has to read. */

import { type GroupBinding, selects } from './binding.ts';
import type { Hint } from './event.ts';
import { sortedBy } from './order.ts';
import { isDraining, type Target, type TargetGroup } from './target.ts';
import { type Definition, definitionKey, ipOf, isLive, isServing, phaseOf, type Task } from './task.ts';
import { type Address, addressOf, type ClusterArn, type IpAddress, type Port, type TaskArn } from './values.ts';
import type { ZoneForms } from './zone.ts';

/** A binding with the list of its running tasks. */
export interface ListedBinding extends GroupBinding {
  /** `gone`: ECS says that the service does not exist, which is an answer; `failed`: there was none; `unread`: nobody asked. */
  readonly list: 'read' | 'gone' | 'failed' | 'unread';
  /** Tasks that ECS lists for the selector with desiredStatus RUNNING. */
  readonly listed: ReadonlySet<TaskArn>;
}

export interface Snapshot {
  readonly group: TargetGroup;
  readonly targets: readonly Target[];
  readonly bindings: readonly ListedBinding[];
  /** Everything known of the tasks that any binding may mean, this pass's answers joined with what the environment had read before. */
  readonly tasks: ReadonlyMap<TaskArn, Task>;
  /** When this pass asked DescribeTasks about the task. A task without an entry was not described in this pass. */
  readonly describedAtMs: ReadonlyMap<TaskArn, number>;
  /** Tasks whose own tag takes them out of rotation, as each was last described. */
  readonly held?: ReadonlySet<TaskArn> | undefined;
  /** By `definitionKey`: those that bindings with a named port need. */
  readonly definitions?: ReadonlyMap<string, Definition> | undefined;
  /** What ELB has asked for as the zone of an address. */
  readonly zoneForms?: ZoneForms | undefined;
  /** Of registered addresses: when a pass last saw them unregistered. None for those that were there in the first pass. */
  readonly absentAtMs?: ReadonlyMap<Address, number>;
  /** When this environment first knew of a task that it had stopped, by its own clock. */
  readonly knownStoppedAtMs?: ReadonlyMap<TaskArn, number>;
}

/** A task together with the binding that means it and the address that it would have in the group. */
export interface Member {
  readonly binding: ListedBinding;
  readonly task: Task;
  readonly ip: IpAddress;
  readonly port: Port;
  readonly address: Address;
  /** Its tag takes it out of rotation. */
  readonly isHeld: boolean;
}

/** What tells which tasks are meant, and at which addresses. */
export type Membership = Pick<
  Snapshot,
  'group' | 'bindings' | 'tasks' | 'held' | 'definitions' | 'absentAtMs' | 'knownStoppedAtMs'
>;

/** A task by the two names that DescribeTasks asks for. */
export interface TaskReference {
  readonly arn: TaskArn;
  readonly cluster: ClusterArn;
}

/** The tasks to describe: those that ECS listed or that were known before, and those known from a hint alone. */
export interface TasksToDescribe {
  readonly known: readonly TaskReference[];
  /** Apart, because one id that ECS refuses must not cost the answer on the others. */
  readonly hinted: readonly TaskReference[];
}

/**
 * No environment registers a task this long after it was known to have stopped: its proof would be older. A target that comes after
 * a pass has seen the address unregistered by then is somebody else's.
 */
const LET_GO_AFTER_MS = 8_000;

/**
 * Whether the task is proved to be one that the binding selects. `group` alone does not prove it: it is text that whoever calls
 * RunTask may write. ECS's own list does, and so does the id of a deployment that the service has: a list may be minutes behind a
 * rolling replacement while descriptions are current. A family says itself what it selects.
 */
export function isMember({ listed, deployments, selector }: ListedBinding, task: Task): boolean {
  return listed.has(task.arn) || deployments.has(task.startedBy) || selector.kind === 'family';
}

/** Every known task of every binding that has an address of the group's family, and did not leave it before its present target came. */
export function membersOf(snapshot: Membership): Member[] {
  const members: Member[] = [];
  for (const binding of snapshot.bindings) {
    // Thousands of tasks, several times a pass: no list of each.
    for (const task of snapshot.tasks.values()) {
      const ip = ipOf(task, snapshot.group.family);
      if (ip === undefined || !selects(binding.selector, task)) continue;
      const port = portOf(binding, task, snapshot.definitions);
      if (port === undefined) continue;
      const address = addressOf(ip, port);
      const isHeld = snapshot.held?.has(task.arn) === true;
      if (!hasLetGo(snapshot, task, address)) members.push({ binding, task, ip, port, address, isHeld });
    }
  }
  return members;
}

/** The port that the binding means at the task; undefined if its definition gives no port that name, or was not read. */
function portOf({ port }: Pick<GroupBinding, 'port'>, task: Task, definitions: Snapshot['definitions']): Port | undefined {
  if (typeof port === 'number') return port;
  return definitions?.get(definitionKey(task))?.ports.find(({ name }) => name === port)?.port;
}

/** Addresses where a task that this group's bindings want has not been told to stop, started or not. Nothing there is ever removed. */
export function wantedAddresses(members: readonly Member[]): Set<Address> {
  return new Set(members.filter(isWanted).map(({ address }) => address));
}

function isWanted({ binding, task, isHeld }: Member): boolean {
  return !binding.drain && isLive(task) && !isHeld;
}

/** Whether the member's task may be registered as far as the task goes. */
export function isReady({ binding, task, isHeld }: Pick<Member, 'binding' | 'task' | 'isHeld'>): boolean {
  return isServing(task) && !isHeld && (!binding.ready || task.health === 'HEALTHY');
}

/** Addresses that take or will take traffic: registered and not draining. */
export function registeredAddresses(targets: readonly Target[]): Set<Address> {
  return new Set(targets.filter((target) => !isDraining(target)).map((target) => target.address));
}

/**
 * Which tasks this pass must ask ECS about: those unknown, those that may have started, those hinted at with a version that
 * was not read yet, those known live but no longer listed, and the owners of addresses about to be written.
 * Everything else is known well enough, which is what keeps a quiet pass at two calls.
 */
export function tasksToDescribe(snapshot: Snapshot, hints: readonly Hint[]): TasksToDescribe {
  const members = membersOf(snapshot);
  const registered = registeredAddresses(snapshot.targets);
  const wanted = wantedAddresses(members);
  const known = new Map<TaskArn, ClusterArn>();
  for (const { listed, selector } of snapshot.bindings) {
    for (const arn of listed) if (needsReading(snapshot.tasks.get(arn))) known.set(arn, selector.cluster);
  }
  for (const member of members) {
    if (mayBeWritten(member, registered, wanted)) known.set(member.task.arn, member.task.cluster);
  }
  for (const task of doubtfulOwners(snapshot, members, registered)) known.set(task.arn, task.cluster);
  for (const task of snapshot.tasks.values()) {
    if (isLive(task) && isUnlisted(snapshot.bindings, task)) known.set(task.arn, task.cluster);
  }
  const hinted = new Map<TaskArn, ClusterArn>();
  for (const hint of hints) {
    if (known.has(hint.task) || !(hint.isTagged || isAhead(hint, snapshot.tasks.get(hint.task)))) continue;
    (snapshot.tasks.has(hint.task) ? known : hinted).set(hint.task, hint.cluster);
  }
  return { known: references(known), hinted: references(hinted) };
}

/**
 * Tasks that an earlier pass saw live at an address which this pass has read to be another task's, one that stops. Their own stop may have
 * come to another environment: until they are read again, they would keep a dead target in the group.
 */
export function doubtfulOwners(
  snapshot: Snapshot,
  members: readonly Member[] = membersOf(snapshot),
  registered: ReadonlySet<Address> = registeredAddresses(snapshot.targets),
): Task[] {
  const isRead = ({ task }: Member): boolean => snapshot.describedAtMs.has(task.arn);
  const left = new Set(members.filter((member) => isRead(member) && !isLive(member.task)).map(({ address }) => address));
  return members
    .filter((member) => isWanted(member) && !isRead(member) && registered.has(member.address) && left.has(member.address))
    .map(({ task }) => task);
}

/** Whether the hint tells of a version of the task that no read has shown yet. STOPPED in a read is final at any version. */
export function isAhead(hint: Hint, task: Task | undefined): boolean {
  return task === undefined || (isLive(task) && task.version < hint.version);
}

/**
 * The hints that this pass's reads are behind of: ECS answered with an older version of the task, or does not list yet a
 * task that it already describes as serving. A task that ECS does not know is not one of them: old messages tell of tasks
 * long forgotten, and looking again for each would hold up the young ones.
 */
export function hintsBehind(snapshot: Snapshot, hints: readonly Hint[]): Hint[] {
  return hints.filter((hint) => {
    const task = snapshot.tasks.get(hint.task);
    if (task === undefined) return false;
    return isAhead(hint, task) || (isServing(task) && isUnproved(snapshot.bindings, task));
  });
}

/** Registered addresses that no known task explains. Only they are worth a reading of the stopped list. */
export function unexplainedAddresses(snapshot: Snapshot, members: readonly Member[] = membersOf(snapshot)): Address[] {
  const explained = new Set(members.map(({ address }) => address));
  return [...registeredAddresses(snapshot.targets)].filter((address) => !explained.has(address)).sort();
}

/**
 * Whether the task's target was seen gone after its end. ECS itself or another stack may since have registered the address for a task
 * that we do not know: to take that target for a leftover would be an outage. The times are this environment's own: ECS may report
 * late that a task stopped long ago, and a target that was registered in between is that task's.
 */
function hasLetGo(
  { absentAtMs, knownStoppedAtMs }: Pick<Snapshot, 'absentAtMs' | 'knownStoppedAtMs'>,
  task: Task,
  address: Address,
): boolean {
  if (phaseOf(task) !== 'released') return false;
  const absentMs = absentAtMs?.get(address) ?? Number.NEGATIVE_INFINITY;
  const stoppedMs = knownStoppedAtMs?.get(task.arn) ?? Number.POSITIVE_INFINITY;
  return absentMs - stoppedMs >= LET_GO_AFTER_MS;
}

function references(clusters: ReadonlyMap<TaskArn, ClusterArn>): TaskReference[] {
  const tasks = [...clusters].map(([arn, cluster]) => ({ arn, cluster }));
  return sortedBy(tasks, ({ arn }) => arn);
}

/** A listed task is asked about until it is known to serve with an address: before that, each pass may find it started. */
function needsReading(task: Task | undefined): boolean {
  return task === undefined || !isServing(task) || (task.ipv4 === undefined && task.ipv6 === undefined);
}

/** Whether a change of this member's address may follow, which needs a description from this very pass. */
function mayBeWritten(member: Member, registered: ReadonlySet<Address>, wanted: ReadonlySet<Address>): boolean {
  const { binding, task, address } = member;
  if (registered.has(address)) return !wanted.has(address);
  // One on hold is among these: its tag may be gone.
  return !binding.drain && isMember(binding, task) && isServing(task);
}

/** Whether a binding selects the task, and nothing proves yet that it is one of its own. */
export function isUnproved(bindings: readonly ListedBinding[], task: Task): boolean {
  return bindings.some((binding) => binding.list !== 'failed' && selects(binding.selector, task) && !isMember(binding, task));
}

/** Whether a list that was read lacks the task: it may have stopped, or the list is behind. */
function isUnlisted(bindings: readonly ListedBinding[], task: Task): boolean {
  return bindings.some(
    ({ list, selector, listed }) => (list === 'read' || list === 'gone') && selects(selector, task) && !listed.has(task.arn),
  );
}
