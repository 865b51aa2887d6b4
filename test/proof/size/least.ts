/**
 * The least time that any algorithm needs that keeps the rules, by AWS's documented rates alone: it knows at once what there is to do, makes
 * each call that cannot be left out once, loses no moment, and never has a call throttled.
 */

import { DESCRIBE_TASKS_MAX, WRITE_TARGETS_MAX } from '../../../functions/core/batches.ts';
import { BUCKET_SIZES, type BucketName } from '../../../scripts/simulator/buckets.ts';
import { SCHEDULE_AFTER_MS, type SizeOptions } from './scene.ts';

const OTHERS_USE = 0.5;
const SCHEDULE_MS = 60_000;
/** So long after its beginning, a run that reads all groups at once may still see a change. */
const UNDER_WAY_MS = 2_000;

/** How long the calls need that draw on a full bucket, while others take their share of what flows in. */
export function bucketMs(name: BucketName, calls: number, othersUse = OTHERS_USE): number {
  const { capacity, perSecond } = BUCKET_SIZES[name];
  return (Math.max(0, calls - capacity) * 1_000) / (perSecond * (1 - othersUse));
}

/**
 * From the change until the last group is in step. Old tasks that stop later than the bucket needs to fill are a moment of their own.
 * Without events, the next scheduled run finds what has changed. One that began a moment before the change may have come to some groups after
 * it, so that the next has less to write.
 */
export function leastMs(options: SizeOptions): number {
  const { groups, events, replaced, stopsAfterMs = 0, scheduleAfterMs = SCHEDULE_AFTER_MS, othersUse } = options;
  const writesOfOneKind = groups * Math.ceil(replaced / WRITE_TARGETS_MAX);
  const writes = stopsAfterMs > 0 ? writesOfOneKind : 2 * writesOfOneKind;
  const sinceLastRunMs = SCHEDULE_MS - scheduleAfterMs;
  if (events === 'lost')
    return scheduleAfterMs + (sinceLastRunMs > UNDER_WAY_MS ? bucketMs('elb-write', writes, othersUse) : 0);
  return Math.max(
    bucketMs('elb-write', writes, othersUse),
    bucketMs('elb-read', groups, othersUse),
    bucketMs('ecs-task-read', Math.ceil((2 * groups * replaced) / DESCRIBE_TASKS_MAX), othersUse),
  );
}
