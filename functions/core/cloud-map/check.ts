/** Compares the tasks of a Cloud Map service's binding with the instances that ECS keeps for them. Nothing here is ever repaired. */

import { type InstanceBinding, type Selector, selects } from '../binding.ts';
import type { Finding } from '../finding.ts';
import type { TaskReference } from '../snapshot.ts';
import { isLive, isServing, phaseOf, type Task } from '../task.ts';
import { arnParts, type TaskArn, taskArnOf, taskIdOf } from '../values.ts';
import { deregisterInstanceCommand, registerInstanceCommand } from './commands.ts';
import type { Instance, InstanceService } from './instance.ts';

/** ACTIVATING took 43 s in a capture: a task that has just started may still wait for its instance. */
export const MISSING_GRACE_MS = 60_000;
/** Lists of Cloud Map may be behind: a difference counts when it was already there this long ago. */
export const OBSERVE_AGAIN_AFTER_MS = 10_000;

/** What a look further back has seen says nothing: two of the schedule's looks have failed since, or others have made them. */
const OBSERVATIONS_KEPT_MS = 150_000;

export interface InstanceSnapshot extends InstanceService {
  readonly instances: readonly Instance[];
  /** The tasks that the bindings mean, running and stopped, and any other that an instance names. */
  readonly tasks: readonly Task[];
  /** The tasks that ECS was asked about in this look: one that is still not among `tasks` is not known to ECS. */
  readonly asked: readonly TaskReference[];
  /** States of the targets that this pass has read, by address. */
  readonly targets: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

/** What earlier looks at the service have seen. */
export interface InstanceObservations {
  readonly lookedAtMs: number | undefined;
  /** By difference: when it was first seen, and since when it may have been there. */
  readonly seen: ReadonlyMap<string, { readonly atMs: number; readonly sinceMs: number }>;
}

export const NO_OBSERVATIONS: InstanceObservations = { lookedAtMs: undefined, seen: new Map() };

export interface InstanceCheck {
  /** Differences that were already there in an earlier look. */
  readonly findings: readonly Finding[];
  /** Every difference of this look: what the next one compares with. */
  readonly observations: InstanceObservations;
  /** Whether another look in `OBSERVE_AGAIN_AFTER_MS` may make more findings. */
  readonly isOpen: boolean;
}

interface Difference extends Finding {
  readonly startedAtMs?: number | undefined;
}

/** The differences between tasks and instances, matched by id *and* address. */
export function checkInstances(snapshot: InstanceSnapshot, observations: InstanceObservations): InstanceCheck {
  const { nowMs } = snapshot;
  const differences = [...findMissing(snapshot), ...findWrong(snapshot)];
  const earlier = nowMs - (observations.lookedAtMs ?? 0) > OBSERVATIONS_KEPT_MS ? NO_OBSERVATIONS : observations;
  // It came about between two looks, so halfway is the least wrong. An environment that is new can only say "now".
  const cameMs = ((earlier.lookedAtMs ?? nowMs) + nowMs) / 2;
  const dated = differences.map(({ startedAtMs, ...difference }) => {
    const key = `${difference.kind} ${difference.subject}`;
    const observation = earlier.seen.get(key) ?? { atMs: nowMs, sinceMs: Math.max(cameMs, startedAtMs ?? 0) };
    const graceMs = difference.kind === 'missing' ? (startedAtMs ?? observation.atMs) + MISSING_GRACE_MS : 0;
    const finding = { ...difference, sinceMs: difference.sinceMs ?? observation.sinceMs };
    return { key, observation, finding, fromMs: Math.max(observation.atMs + OBSERVE_AGAIN_AFTER_MS, graceMs) };
  });
  return {
    findings: dated.filter(({ fromMs }) => fromMs <= nowMs).map(({ finding }) => withTarget(snapshot, finding)),
    observations: { lookedAtMs: nowMs, seen: new Map(dated.map(({ key, observation }) => [key, observation])) },
    isOpen: dated.some(({ fromMs }) => fromMs > nowMs && fromMs <= nowMs + OBSERVE_AGAIN_AFTER_MS),
  };
}

/** What is known of tasks before instances are judged. */
interface KnownTasks {
  /** Those that ECS lists for one line. */
  readonly listed: ReadonlySet<TaskArn>;
  /** Those of all lines that were described before. */
  readonly described: readonly Task[];
}

/**
 * The tasks of one line to ask ECS about before instances are judged: those listed that may have started, those no longer listed, and
 * those that an instance of ECS names and nobody knows.
 */
export function tasksBehindInstances(
  selector: Selector,
  instances: readonly Instance[],
  { listed, described }: KnownTasks,
): TaskReference[] {
  const known = new Set(described.map(({ arn }) => arn));
  const ids = new Set([...known].map(taskIdOf));
  const instanceIds = new Set(instances.map(({ id }) => id));
  const unsettled = described.filter((task) => {
    if (!selects(selector, task)) return false;
    if (isLive(task)) return !isServing(task) || !listed.has(task.arn);
    // Stopping when last read, and still with an instance: by now it may have stopped, which makes the instance stale.
    return phaseOf(task) === 'stopping' && instanceIds.has(taskIdOf(task.arn));
  });
  // Another cluster's tasks are unknown in this one, which would make every one of their instances look stale.
  const named = instances.filter(
    ({ id, ofEcs, cluster }) =>
      ofEcs && !ids.has(id) && (cluster ?? arnParts(selector.cluster).name) === arnParts(selector.cluster).name,
  );
  const arns = [
    ...[...listed].filter((arn) => !known.has(arn)),
    ...unsettled.map(({ arn }) => arn),
    ...named.flatMap((instance) => taskArnOf(selector.cluster, instance.id) ?? []),
  ];
  return [...new Set(arns)].sort().map((arn) => ({ arn, cluster: selector.cluster }));
}

function findMissing(snapshot: InstanceSnapshot): Difference[] {
  const { service, instances, tasks } = snapshot;
  // What has a port in its records has it on every instance: SRV does, A and AAAA do not.
  const neighbour = instances.find(({ port }) => port !== undefined);
  const hasPort = neighbour !== undefined || instances.length === 0;
  const ids = new Set(instances.map((instance) => instance.id));
  return tasks.flatMap((task): Difference[] => {
    const binding = bindingOf(snapshot, task);
    if (binding === undefined || !isServing(task) || ids.has(taskIdOf(task.arn))) return [];
    const address = task.ipv4 ?? task.ipv6;
    const message =
      `Task ${task.arn} runs at ${address ?? 'an unknown address'}, and ${service} has no instance for it, so ` +
      `clients do not find it. ECS registers at start only: force a new deployment of ${binding.selector.name}.`;
    return [
      {
        kind: 'missing',
        subject: task.arn,
        message,
        address,
        task: task.arn,
        instance: 'none',
        expected: 'an instance',
        command: registerInstanceCommand(
          snapshot,
          { ...binding, port: hasPort ? (binding.port ?? neighbour?.port) : undefined },
          task,
        ),
        startedAtMs: task.startedAtMs,
      },
    ];
  });
}

function findWrong(snapshot: InstanceSnapshot): Difference[] {
  const askedIds = new Set(snapshot.asked.map(({ arn }) => taskIdOf(arn)));
  const byId = new Map(snapshot.tasks.map((task) => [taskIdOf(task.arn), task]));
  return snapshot.instances.flatMap((instance): Difference[] => {
    const task = byId.get(instance.id);
    if (task === undefined && !instance.ofEcs) return [foreign(snapshot, instance)];
    if (task === undefined && !askedIds.has(instance.id)) return [];
    if (task === undefined || phaseOf(task) === 'released') return [stale(snapshot, instance, task)];
    return isLive(task) ? mismatched(snapshot, instance, task) : [draining(snapshot, instance, task)];
  });
}

function stale(snapshot: InstanceSnapshot, instance: Instance, task: Task | undefined): Difference {
  const holder = snapshot.tasks.find((each) => isLive(each) && isAt(each, instance));
  const what = `Instance ${instance.id} (${addressText(instance)})`;
  const owner = task === undefined ? 'has no task that ECS still knows' : `belongs to task ${task.arn}, which has stopped`;
  const danger =
    holder === undefined
      ? 'clients may resolve a dead address, or one that somebody else has by now'
      : `the address is task ${holder.arn}'s by now, and clients take it for the old one`;
  return {
    ...about(snapshot, instance, task),
    kind: holder === undefined ? 'stale' : 'mismatched',
    message: `${what} ${owner}: ${danger}.`,
    expected: 'no instance',
    sinceMs: task?.stoppedAtMs,
  };
}

function draining(snapshot: InstanceSnapshot, instance: Instance, task: Task): Difference {
  const message = `Instance ${instance.id} (${addressText(instance)}) is still listed, but its task ${task.arn} is told to stop.`;
  const difference = { ...about(snapshot, instance, task), message, sinceMs: task.stoppingAtMs };
  return { ...difference, kind: 'draining', expected: 'no instance' };
}

function foreign(snapshot: InstanceSnapshot, instance: Instance): Difference {
  const message =
    `Instance ${instance.id} (${addressText(instance)}) carries no attribute of ECS, and no task has its id. ` +
    'If nobody needs it, remove it.';
  return { ...about(snapshot, instance, undefined), kind: 'foreign', message, expected: 'an instance of ECS' };
}

/** An instance whose task runs, with another address or port. A field that either side lacks is not compared. */
function mismatched(snapshot: InstanceSnapshot, instance: Instance, task: Task): Difference[] {
  const binding = bindingOf(snapshot, task);
  const expected = [
    instance.ipv4 !== undefined && instance.ipv4 !== task.ipv4 ? task.ipv4 : undefined,
    instance.ipv6 !== undefined && instance.ipv6 !== task.ipv6 ? task.ipv6 : undefined,
    instance.port !== undefined && binding?.port !== undefined && instance.port !== binding.port
      ? `port ${binding.port}`
      : undefined,
  ].find((each) => each !== undefined);
  if (expected === undefined) return [];
  const message =
    `Instance ${instance.id} has ${addressText(instance)}, but its task ${task.arn} has ${expected}. ` +
    'Clients reach the wrong address.';
  const port = instance.port && (binding?.port ?? instance.port);
  const command = binding && registerInstanceCommand(snapshot, { ...binding, port }, task);
  return [{ ...about(snapshot, instance, task), kind: 'mismatched', message, expected, command }];
}

/** What findings on an instance have in common. Its removal settles most of them. */
function about(snapshot: InstanceSnapshot, instance: Instance, task: Task | undefined) {
  return {
    subject: instance.id,
    address: instance.ipv4 ?? instance.ipv6,
    task: task?.arn,
    instance: instance.id,
    command: deregisterInstanceCommand(snapshot, instance.id),
  };
}

/** What the same pass has read of the target at the address: one row tells of all three. */
function withTarget({ targets }: InstanceSnapshot, finding: Finding): Finding {
  return { ...finding, target: finding.address && targets.get(finding.address) };
}

function bindingOf({ bindings }: InstanceService, task: Task): InstanceBinding | undefined {
  return bindings.find(({ selector }) => selects(selector, task));
}

function isAt(task: Task, { ipv4, ipv6 }: Instance): boolean {
  return ipv4 === undefined ? ipv6 !== undefined && task.ipv6 === ipv6 : task.ipv4 === ipv4;
}

function addressText({ ipv4, ipv6 }: Instance): string {
  return ipv4 ?? ipv6 ?? 'no address';
}
