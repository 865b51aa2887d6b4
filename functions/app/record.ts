/** The record of what this stack's environments wrote: their own log. It is read only for removals that come late. */

import type { Failure } from '../core/failure.ts';
import { changeKey } from '../core/guard.ts';
import { type Ownership, ownershipOf, type RecordEntry } from '../core/ownership.ts';
import type { Change } from '../core/plan.ts';
import type { TargetGroup } from '../core/target.ts';
import { groupCache } from './cache.ts';
import type { Invocation } from './invocation.ts';

/** Owners are recorded at this interval, so that no search of the record goes back further. */
const OWNERS_INTERVAL_MS = 3_000_000;
/** How far a new environment looks back: over the last record of owners, and over the hour for which ECS knows a stopped task. */
export const RECORD_WINDOW_MS = 4_200_000;
/** Lines of one moment may carry times that differ by this much. */
const RECORD_SLACK_MS = 5_000;

export interface OwnershipRead {
  /** By `changeKey`. Nothing here for a removal whose record could not be read: then it is unknown. */
  readonly ownership: ReadonlyMap<string, Ownership>;
  readonly failures: readonly Failure[];
}

/** Whose the targets of late removals are. Costs a call, and only where there is such a removal. */
export async function readOwnership(
  { reads, cache, clock }: Invocation,
  { arn }: TargetGroup,
  late: readonly Change[],
): Promise<OwnershipRead> {
  if (late.length === 0) return { ownership: new Map(), failures: [] };
  const known = groupCache(cache, arn);
  const seenMs = late.map(({ address, because }) => {
    const owner = known.owners.get(address);
    return owner?.task === because.task ? owner.atMs - RECORD_SLACK_MS : clock.now() - RECORD_WINDOW_MS;
  });
  const entries = await reads.record(arn, Math.min(...seenMs));
  if (!entries.ok) return { ownership: new Map(), failures: [entries.problem] };
  return {
    ownership: new Map(
      late.map((change) => {
        const { address, because } = change;
        const owner = known.owners.get(address);
        const own: RecordEntry[] =
          owner?.task === because.task ? [{ kind: 'kept', address, task: owner.task, atMs: owner.atMs }] : [];
        return [
          changeKey(change),
          ownershipOf(address, because.task, [...entries.value, ...own], known.absentAtMs.get(address)),
        ] as const;
      }),
    ),
    failures: [],
  };
}

/** Once an hour, and first of all in a new environment, records which targets have a live task. */
export function recordOwners({ cache, clock, reporter }: Invocation, { arn }: TargetGroup): void {
  const known = groupCache(cache, arn);
  const nowMs = clock.now();
  if (nowMs - known.recordedAtMs < OWNERS_INTERVAL_MS) return;
  known.recordedAtMs = nowMs;
  const current = [...known.owners].filter(([, { atMs }]) => nowMs - atMs < RECORD_SLACK_MS);
  if (current.length > 0) {
    reporter.recorded(
      'kept',
      arn,
      current.map(([address, { task }]) => ({ address, task })),
    );
  }
  const left = [...known.origins].filter(([address]) => known.firstSeenMs.has(address));
  if (left.length > 0) {
    reporter.recorded(
      'left',
      arn,
      left.map(([address, task]) => ({ address, task })),
    );
  }
}
