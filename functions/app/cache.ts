/**
 * What one environment of the function remembers between invocations: tasks, services, definitions, and its groups (group-cache.ts). What
 * was lost with an environment has to be read again.
 */

import type { Selector } from '../core/binding.ts';
import type { InstanceObservations } from '../core/cloud-map/check.ts';
import { type BoundGroup, isClaimMet, isMeant } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import { type Definition, type DescribedTask, isLive, joinTask, type Task } from '../core/task.ts';
import type { CloudMapServiceArn, ClusterArn, TargetGroupArn, TaskArn } from '../core/values.ts';
import type { Buckets } from './caller.ts';
import { GroupCache } from './group-cache.ts';

/** ECS keeps a stopped task for at least an hour (DescribeTasks API reference). What no read has shown for so long is forgotten here too. */
const TASK_KEPT_MS = 3_600_000;
/**
 * No life between an order to stop and its last event takes so long. A claim that is farther from now tells that a clock is wrong or that
 * the event was kept somewhere: to compare its time with a read of ours would leave out stops that nobody has looked at.
 */
const CLAIM_AGE_MAX_MS = 300_000;

interface KnownTask {
  readonly task: Task;
  /** When this environment first knew that it had stopped. */
  readonly stoppedAtMs: number | undefined;
  /** When a read last described or listed it. */
  readonly seenAtMs: number;
  /** Its tag took it out of rotation when it was last described. */
  readonly isHeld: boolean;
}

/** The services of a cluster by the ARN of the group that ECS keeps them in, and when that was read. */
interface Natives {
  readonly atMs: number;
  readonly services: ReadonlyMap<string, readonly Selector[]>;
}

export class Cache {
  readonly tasks = new Map<TaskArn, KnownTask>();
  readonly groups = new Map<TargetGroupArn, GroupCache>();
  /** What the last look at a Cloud Map service has seen. */
  readonly instances = new Map<CloudMapServiceArn, InstanceObservations>();
  readonly buckets: Buckets = new Map();
  /** Deployments that services have had since their configuration was read, by `selectorKey`. */
  readonly deployments = new Map<string, ReadonlySet<string>>();
  /** Tasks that were on hold when the tags of all tasks were last searched. */
  holds = new Set<TaskArn>();
  /** By `definitionKey`: a revision never changes. */
  readonly definitions = new Map<string, Definition>();
  /** By cluster: the services that ECS itself registers in groups, where a group has a target that nothing of ours explains. */
  readonly natives = new Map<ClusterArn, Natives>();
  /** Where the next full run begins: the first group that the last one did not get to. */
  resumeAt: TargetGroupArn | undefined;

  /** What is remembered of the group. */
  group(arn: TargetGroupArn): GroupCache {
    const known = this.groups.get(arn) ?? new GroupCache();
    this.groups.set(arn, known);
    return known;
  }

  /** Takes up a description: facts only move forward. Returns what is now known of the task. */
  learn(task: DescribedTask, nowMs: number): Task {
    const known = this.tasks.get(task.arn);
    const joined = known === undefined ? task : joinTask(known.task, task);
    // The index of tags may be behind; the task's own description is the last word.
    if (!task.isHeld) this.holds.delete(task.arn);
    const stoppedAtMs = known?.stoppedAtMs ?? (isLive(joined) ? undefined : nowMs);
    this.tasks.set(task.arn, { task: joined, seenAtMs: nowMs, stoppedAtMs, isHeld: task.isHeld });
    return joined;
  }

  /** Notes that ECS listed the tasks, so that a task that runs for weeks without being described is not forgotten. */
  noteListed(listed: Iterable<TaskArn>, nowMs: number): void {
    for (const arn of listed) {
      const fact = this.tasks.get(arn);
      if (fact !== undefined) this.tasks.set(arn, { ...fact, seenAtMs: nowMs });
    }
  }

  /**
   * The hints that a pass over this group has to settle. One that only repeats an order of a moment ago is left to the first event of it,
   * which may be with another environment: later events, and the schedule, make up for one that was lost.
   */
  hintsFor(bound: BoundGroup, hints: readonly Hint[], { nowMs, eventAgeMs }: Moment): Hint[] {
    const known = this.group(bound.group.arn);
    // A target that this environment has just registered may not be shown yet.
    const isUnshown = ({ task }: Hint): boolean =>
      [...known.writtenAtMs.keys()].some((key) => key.startsWith('register ') && key.endsWith(` ${task}`));
    const isSettled = (hint: Hint): boolean => {
      const { claim, isFollowUp } = hint;
      if (claim === undefined || Math.abs(nowMs - claim.atMs) > CLAIM_AGE_MAX_MS) return false;
      const isPremature = isFollowUp === true && claim.isStop && nowMs - claim.atMs < eventAgeMs;
      return isPremature || isClaimMet(bound, hint, known.targetsRead);
    };
    return hints.filter((hint) => isMeant(bound, hint) && !known.isCovered(hint) && (!isSettled(hint) || isUnshown(hint)));
  }

  /** Whether the task is known, and not known to have been told to stop. */
  isKnownLive(arn: TaskArn): boolean {
    const entry = this.tasks.get(arn);
    return entry !== undefined && isLive(entry.task);
  }

  forgetOldTasks(nowMs: number): void {
    for (const [arn, fact] of this.tasks) if (nowMs - fact.seenAtMs > TASK_KEPT_MS) this.tasks.delete(arn);
  }
}

/** When hints are asked about, and how long after its cause an event may still be with another environment. */
interface Moment {
  readonly nowMs: number;
  readonly eventAgeMs: number;
}
