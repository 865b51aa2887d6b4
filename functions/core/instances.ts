/** Compares the tasks of a selector with the Cloud Map instances that ECS keeps for them. Nothing here is ever repaired. */
import type { Finding } from './finding.ts';
import type { TaskReference } from './snapshot.ts';
import { isLive, isServing, phaseOf, type Task } from './task.ts';
import { type CloudMapServiceArn, cloudMapServiceIdOf, type IpAddress, type TaskArn, taskArnOf, taskIdOf } from './values.ts';
import { type InstanceWiring, type Selector, selects } from './wiring.ts';

/** ACTIVATING took 43 s in a capture: a task that has just started may still wait for its instance. */
export const MISSING_GRACE_MS = 60_000;
/** Lists of Cloud Map may be behind: a difference counts when it was already there this long ago. */
export const SECOND_LOOK_AFTER_MS = 10_000;

/** An instance as ListInstances returns it, as far as the check reads it. */
export interface Instance {
  readonly id: string;
  readonly ipv4: IpAddress | undefined;
  readonly ipv6: IpAddress | undefined;
  readonly port: number | undefined;
  /** Whether ECS wrote it: it carries ECS_SERVICE_NAME, or the DeploymentId of Service Connect. */
  readonly ofEcs: boolean;
}

export interface InstanceSnapshot {
  readonly service: CloudMapServiceArn;
  readonly wiring: InstanceWiring;
  readonly instances: readonly Instance[];
  /** The tasks that the wiring means, running and stopped, and any other that an instance names. */
  readonly tasks: readonly Task[];
  /** The tasks that ECS was asked about in this look: one that is still not among `tasks` is not known to ECS. */
  readonly asked: readonly TaskReference[];
  readonly nowMs: number;
}

export interface InstanceCheck {
  /** Differences that were already there in an earlier look. */
  readonly findings: readonly Finding[];
  /** Every difference of this look with the time it was first seen: the next look's `firstSeenMs`. */
  readonly firstSeenMs: ReadonlyMap<string, number>;
}

/** The differences between tasks and instances, matched by id *and* address. */
export function checkInstances(snapshot: InstanceSnapshot, firstSeenMs: ReadonlyMap<string, number>): InstanceCheck {
  const differences = [...findMissing(snapshot), ...findWrong(snapshot)];
  const seen = new Map(differences.map((each) => [keyOf(each), firstSeenMs.get(keyOf(each)) ?? snapshot.nowMs]));
  const findings = differences.flatMap((difference) => {
    const sinceMs = seen.get(keyOf(difference)) ?? snapshot.nowMs;
    return snapshot.nowMs - sinceMs >= SECOND_LOOK_AFTER_MS ? [{ ...difference, sinceMs }] : [];
  });
  return { findings, firstSeenMs: seen };
}

/**
 * The tasks to ask ECS about before instances are judged: those listed that may have started, those no longer listed, and
 * those that an instance of ECS names and nobody knows.
 */
export function tasksBehindInstances(
  selector: Selector,
  instances: readonly Instance[],
  listed: ReadonlySet<TaskArn>,
  facts: readonly Task[],
): TaskReference[] {
  const known = new Map(facts.map((task) => [task.arn, task]));
  const ids = new Set([...known.keys()].map(taskIdOf));
  const instanceIds = new Set(instances.map(({ id }) => id));
  const unsettled = facts.filter((task) => {
    if (isLive(task)) return !isServing(task) || !listed.has(task.arn);
    // Stopping when last read, and still with an instance: by now it may have stopped, which makes the instance stale.
    return phaseOf(task) === 'stopping' && instanceIds.has(taskIdOf(task.arn));
  });
  const named = instances.filter((instance) => instance.ofEcs && !ids.has(instance.id));
  const arns = [
    ...[...listed].filter((arn) => !known.has(arn)),
    ...unsettled.map(({ arn }) => arn),
    ...named.flatMap((instance) => taskArnOf(selector.cluster, instance.id) ?? []),
  ];
  return [...new Set(arns)].sort().map((arn) => ({ arn, cluster: selector.cluster }));
}

function findMissing({ service, wiring, instances, tasks, nowMs }: InstanceSnapshot): Finding[] {
  const ids = new Set(instances.map((instance) => instance.id));
  return tasks.flatMap((task): Finding[] => {
    const isSettled = task.startedAtMs !== undefined && nowMs - task.startedAtMs > MISSING_GRACE_MS;
    if (!selects(wiring.selector, task) || !isServing(task) || !isSettled || ids.has(taskIdOf(task.arn))) return [];
    const message =
      `Task ${task.arn} runs at ${task.ipv4 ?? task.ipv6 ?? 'an unknown address'}, and ${service} has no instance for it, so ` +
      `clients do not find it. ECS registers at start only: force a new deployment of ${wiring.selector.name}.`;
    return [{ kind: 'missing', subject: task.arn, message }];
  });
}

function findWrong({ service, instances, tasks, wiring, asked }: InstanceSnapshot): Finding[] {
  const askedIds = new Set(asked.map(({ arn }) => taskIdOf(arn)));
  const byId = new Map(tasks.map((task) => [taskIdOf(task.arn), task]));
  return instances.flatMap((instance): Finding[] => {
    const task = byId.get(instance.id);
    const at = instance.ipv4 ?? instance.ipv6 ?? 'no address';
    if (task === undefined) {
      if (!askedIds.has(instance.id)) return [];
      return [stale(service, instance, `Instance ${instance.id} (${at}) has no task that ECS still knows`)];
    }
    if (phaseOf(task) === 'released') {
      return [stale(service, instance, `Instance ${instance.id} (${at}) belongs to task ${task.arn}, which has stopped`)];
    }
    const expected = difference(instance, task, wiring.port);
    if (expected === undefined) return [];
    const message = `Instance ${instance.id} has ${at}, but its task ${task.arn} has ${expected}. Clients reach the wrong address.`;
    return [{ kind: 'mismatched', subject: instance.id, message }];
  });
}

function stale(service: CloudMapServiceArn, instance: Instance, what: string): Finding {
  return {
    kind: 'stale',
    subject: instance.id,
    message: `${what}: clients may resolve a dead address, or one that somebody else has by now.`,
    command:
      `aws servicediscovery deregister-instance --service-id ${cloudMapServiceIdOf(service)} ` + `--instance-id ${instance.id}`,
  };
}

/** What the instance should say, where it says something else. A field that either side lacks is not compared. */
function difference(instance: Instance, task: Task, port: number | undefined): string | undefined {
  if (instance.ipv4 !== undefined && task.ipv4 !== undefined && instance.ipv4 !== task.ipv4) return task.ipv4;
  if (instance.ipv6 !== undefined && task.ipv6 !== undefined && instance.ipv6 !== task.ipv6) return task.ipv6;
  return instance.port !== undefined && port !== undefined && instance.port !== port ? `port ${port}` : undefined;
}

function keyOf({ kind, subject }: Finding): string {
  return `${kind} ${subject}`;
}
