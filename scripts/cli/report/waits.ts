/** How long tasks waited: from RUNNING to registered, and from the order to stop until they were out of the group. */
import type { Lane, LaneGroup } from './lanes.ts';
import { SLOW_MS, type Stretch } from './stretches.ts';
import { lifeOf } from './tenure.ts';

export interface Wait {
  readonly ms: number;
  readonly taskArn: string;
  readonly targetGroup: string;
}

/** Every list from the shortest to the longest. */
export interface Waits {
  /** From RUNNING to registered, for each target group that the task belongs in. */
  readonly served: readonly Wait[];
  /** Never registered: how long the task ran without, up to its end or that of the timeline. */
  readonly unserved: readonly Wait[];
  /** From the order to stop until it was deregistered. An address that has passed on to another task is not counted. */
  readonly left: readonly Wait[];
}

/** A wait of how many is as long as this or shorter. */
export interface Spread {
  readonly count: number;
  readonly medianMs: number;
  readonly ninetyMs: number;
  readonly worstMs: number;
}

export interface Bin {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
  readonly isSlow: boolean;
}

/** Borders of the bins: as finely as one tells waits apart, and one at which a wait is slow. */
const BORDERS_MS = [
  0,
  100,
  200,
  500,
  1_000,
  2_000,
  SLOW_MS,
  10_000,
  20_000,
  40_000,
  60_000,
  120_000,
  300_000,
  900_000,
  3_600_000,
];

export function waitsOf(groups: readonly LaneGroup[], endMs: number): Waits {
  const lanes = groups.flatMap((group) => group.lanes.map((lane) => ({ lane, targetGroups: group.targetGroups })));
  const served = lanes.flatMap(({ lane, targetGroups }) => targetGroups.flatMap((name) => servedIn(lane, name, endMs)));
  return {
    served: byLength(served.filter(({ isServed }) => isServed)),
    unserved: byLength(served.filter(({ isServed }) => !isServed)),
    left: byLength(lanes.flatMap(({ lane }) => leftOf(lane))),
  };
}

export function spreadOf(waits: readonly Wait[]): Spread | undefined {
  const at = (share: number): number => waits[Math.ceil(waits.length * share) - 1]?.ms ?? 0;
  if (waits.length === 0) return undefined;
  return { count: waits.length, medianMs: at(0.5), ninetyMs: at(0.9), worstMs: at(1) };
}

/** From the bin of the shortest wait to that of the longest, each up to and without its end. */
export function binsOf(waits: readonly Wait[]): Bin[] {
  const bins = BORDERS_MS.map((fromMs, index) => {
    const toMs = BORDERS_MS[index + 1] ?? Number.POSITIVE_INFINITY;
    const count = waits.filter(({ ms }) => ms >= fromMs && ms < toMs).length;
    return { fromMs, toMs, count, isSlow: fromMs >= SLOW_MS };
  });
  const isFull = ({ count }: Bin): boolean => count > 0;
  return bins.slice(Math.max(0, bins.findIndex(isFull)), bins.findLastIndex(isFull) + 1);
}

function servedIn({ task, target }: Lane, targetGroup: string, endMs: number): (Wait & { readonly isServed: boolean })[] {
  if (task === undefined) return [];
  const { runningMs, stoppingMs, endMs: overMs } = lifeOf(task);
  const untilMs = Math.min(stoppingMs, overMs, endMs);
  if (runningMs >= untilMs) return [];
  const first = target.find((each) => isOf(each, targetGroup) && each.toMs > runningMs && each.fromMs < untilMs);
  const ms = Math.max(0, (first?.fromMs ?? untilMs) - runningMs);
  return [{ ms, taskArn: task.arn, targetGroup, isServed: first !== undefined }];
}

function isOf({ kind, targetGroup }: Stretch, name: string): boolean {
  return kind === 'registered' && targetGroup === name;
}

function leftOf({ task, target }: Lane): Wait[] {
  if (task === undefined) return [];
  const { stoppingMs } = lifeOf(task);
  return target
    .filter(
      ({ kind, fromMs, told }) =>
        kind === 'registered' && fromMs <= stoppingMs && stoppingMs < (told?.span.deregisteredMs ?? 0),
    )
    .flatMap(({ told, targetGroup = '' }) => {
      const leftMs = told?.span.deregisteredMs ?? 0;
      const isOwn = target.some((each) => each.told === told && each.kind !== 'draining' && each.toMs === leftMs);
      return isOwn ? [{ ms: leftMs - stoppingMs, taskArn: task.arn, targetGroup }] : [];
    });
}

function byLength<Some extends Wait>(waits: readonly Some[]): Wait[] {
  return waits
    .map(({ ms, taskArn, targetGroup }) => ({ ms, taskArn, targetGroup }))
    .sort((one, other) => one.ms - other.ms || (one.taskArn < other.taskArn ? -1 : 1));
}
