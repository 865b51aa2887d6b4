/** The record of what this stack's environments wrote: their own log. It is read only for removals that come late. */

import type { Failure } from '../core/failure.ts';
import { changeKey, keyOf } from '../core/guard.ts';
import {
  type Ownership,
  ownershipOf,
  type RecordEntry,
  type RecordedTarget,
  type RecordKind,
  wasOurs,
} from '../core/ownership.ts';
import type { Change, Deregistration } from '../core/plan.ts';
import type { Address } from '../core/values.ts';
import type { Owner } from './group-cache.ts';
import type { GroupInvocation } from './invocation.ts';

/** Owners are recorded at this interval, so that no search of the record goes back further. */
const OWNERS_INTERVAL_MS = 3_000_000;
/** How far a new environment looks back: over the last record of owners, and over the hour for which ECS knows a stopped task. */
export const RECORD_WINDOW_MS = 4_200_000;
/** Lines of one moment may carry times that differ by this much. */
const RECORD_SLACK_MS = 5_000;
/** A line may be found so late (CloudWatch Logs answers within seconds, as a rule). */
const RECORD_LAG_MS = 60_000;
/** Of a target that was seen so long ago, the record still has what was written in the interval before: later, silence says nothing. */
const UNEXPLAINED_MAX_MS = RECORD_WINDOW_MS - OWNERS_INTERVAL_MS;

type GroupOfRecord = Pick<GroupInvocation, 'bound' | 'known' | 'clock' | 'reads' | 'reporter'>;

export interface OwnershipRead {
  /** By `changeKey`. Nothing here for a removal whose record could not be read: then it is unknown. */
  readonly ownership: ReadonlyMap<string, Ownership>;
  /** Whether an environment of this stack has seen a target in the group that another writer must have registered. */
  readonly isShared: boolean;
  readonly failures: readonly Failure[];
}

/** The record of one group, as one invocation reads and writes it. */
export class GroupRecord {
  readonly #group: GroupOfRecord;

  constructor(group: GroupOfRecord) {
    this.#group = group;
  }

  /** Whose the targets of late removals are. Costs a call, and only where there is such a removal. */
  async ownershipOf(late: readonly Deregistration[]): Promise<OwnershipRead> {
    const { reads, clock, bound, known } = this.#group;
    const nowMs = clock.now();
    const sinceMs = nowMs - RECORD_WINDOW_MS;
    for (const [address, atMs] of known.strangers) if (atMs < sinceMs) known.strangers.delete(address);
    for (const [address, atMs] of known.unexplained) if (nowMs - atMs > UNEXPLAINED_MAX_MS) known.unexplained.delete(address);
    const isShared = known.strangers.size > 0;
    if (late.length === 0) return { ownership: new Map(), isShared, failures: [] };
    const tasks = new Map(late.map(({ address, because }) => [address, because.task]));
    const own = ownEntries(known.owners).filter(({ address, task }) => tasks.get(address) === task);
    // One that has been there since is searched for.
    const hasGone = ([address, atMs]: readonly [Address, number]): boolean =>
      (known.firstSeenMs.get(address) ?? Number.POSITIVE_INFINITY) > atMs;
    const pending = [...known.unexplained].filter((seen) => nowMs - seen[1] >= RECORD_LAG_MS && hasGone(seen));
    // That this environment saw the owner a moment ago does not say whether another one saw a stranger before that.
    const sharedMs = isShared ? nowMs : pending.length > 0 ? sinceMs : Math.max(sinceMs, known.recordReadAtMs - RECORD_LAG_MS);
    // Where this environment has seen all of them itself, it lacks only what came after that.
    const ownedMs = own.length < tasks.size ? sinceMs : Math.min(...own.map(({ atMs }) => atMs)) - RECORD_SLACK_MS;
    const entries = await reads.record(bound.group.arn, Math.min(sharedMs, ownedMs));
    if (!entries.ok) return { ownership: new Map(), isShared, failures: [entries.problem] };
    const shared = entries.value.filter(({ kind }) => kind === 'shared');
    for (const { address, atMs } of shared) known.strangers.set(address, Math.max(atMs, known.strangers.get(address) ?? atMs));
    known.recordReadAtMs = nowMs;
    const { unhealthyAfterMs } = bound.group;
    this.noteStrangers(
      late.filter((change) => isAnothers(change, entries.value, { unhealthyAfterMs, nowMs })).map(({ address }) => address),
    );
    if (!isShared) this.#settleUnexplained(pending, entries.value);
    const said = [...entries.value, ...own];
    return {
      ownership: new Map(
        late.map((change) => {
          const { address, because } = change;
          return [
            changeKey(change),
            ownershipOf({ address, task: because.task }, said, known.absentAtMs.get(address)),
          ] as const;
        }),
      ),
      isShared: known.strangers.size > 0,
      failures: [],
    };
  }

  /**
   * Records which targets of ours have gone that this environment has not removed. Who registers one at the address later does so for somebody
   * else: without the line, a new environment would find our registration, and nothing that came after it.
   */
  noteGone(registered: ReadonlySet<Address>): void {
    const { known } = this.#group;
    const owned = new Map([...known.owners, ...known.ended]);
    const gone = [...owned].filter(
      ([address, because]) => !registered.has(address) && !known.writtenAtMs.has(keyOf('deregister', { address, because })),
    );
    this.#write('gone', gone.map(recordedTarget));
  }

  /**
   * Records which targets have a live task, and which ones are left of ours: each when it is first seen, when its task is another, and once
   * an hour. A pass that could not read every task leaves the rest to the next: what is not on record cannot be removed late.
   */
  noteOwners(): void {
    const { clock, known } = this.#group;
    const nowMs = clock.now();
    const isDue = ([address, { task }]: readonly [Address, Pick<Owner, 'task'>]): boolean => {
      const last = known.recorded.get(address);
      return last?.task !== task || nowMs - last.atMs >= OWNERS_INTERVAL_MS;
    };
    const current = [...known.owners].filter(([, { atMs }]) => nowMs - atMs < RECORD_SLACK_MS);
    const left = [...known.origins]
      .filter(([address]) => known.firstSeenMs.has(address))
      .map(([address, task]) => [address, { task }] as const);
    const [kept, remembered] = [current.filter(isDue), left.filter(isDue)];
    this.#write('kept', kept.map(recordedTarget));
    this.#write('left', remembered.map(recordedTarget));
    const old = [...known.recorded].filter(([address]) => known.owners.has(address) || known.origins.has(address));
    const fresh = [...kept, ...remembered].map(([address, { task }]) => [address, { task, atMs: nowMs }] as const);
    known.recorded = new Map([...old, ...fresh]);
  }

  /** Records that somebody else has registered these targets; again once an hour, so that no search goes back further. */
  noteStrangers(addresses: readonly Address[]): void {
    const { clock, known } = this.#group;
    const { strangers } = known;
    const nowMs = clock.now();
    const due = addresses.filter(
      (address) => nowMs - (strangers.get(address) ?? Number.NEGATIVE_INFINITY) >= OWNERS_INTERVAL_MS,
    );
    for (const address of due) strangers.set(address, nowMs);
    this.#write(
      'shared',
      due.map((address) => ({ address, task: undefined })),
    );
  }

  /** Records what a write is about to do, has done, or was refused. */
  noteChanges(kind: RecordKind, changes: readonly Change[]): void {
    this.#write(
      kind,
      changes.map(({ address, because }) => ({ address, task: because.task })),
    );
  }

  /**
   * What an earlier pass could not explain, and the record does not have for ours, another writer has registered. It may be gone when the
   * schedule comes to search for it: a stack that waits out an outage has no target left that would show that it writes here too.
   */
  #settleUnexplained(pending: readonly (readonly [Address, number])[], entries: readonly RecordEntry[]): void {
    const strangers = pending.filter(([address, seenMs]) => !wasOurs(address, seenMs, entries)).map(([address]) => address);
    this.noteStrangers(strangers);
    for (const [address] of pending) this.#group.known.unexplained.delete(address);
  }

  /** Leaves a line of these targets; none where there is none. */
  #write(kind: RecordKind, targets: readonly RecordedTarget[]): void {
    const { reporter, bound } = this.#group;
    if (targets.length > 0) reporter.recorded(kind, bound.group.arn, targets);
  }
}

/** What this environment has seen itself, as the record has it of others. */
export function ownEntries(owners: ReadonlyMap<Address, Owner>): RecordEntry[] {
  return [...owners].map(([address, owner]) => ({ kind: 'kept', address, ...owner }));
}

/**
 * ELB still makes its first checks of the target, and its task has ended so long ago that ours would have failed them: somebody registered
 * it since. Once a task that never passes its checks has failed them there, nothing tells its target from one that we left.
 */
function isAnothers(
  change: Deregistration,
  entries: readonly RecordEntry[],
  { unhealthyAfterMs, nowMs }: { readonly unhealthyAfterMs: number; readonly nowMs: number },
): boolean {
  if (change.state !== 'initial') return false;
  const { address, endedAtMs = nowMs } = change;
  const isOurs = entries.some((entry) => entry.address === address && entry.kind === 'register' && entry.atMs > endedAtMs);
  return !isOurs && nowMs - endedAtMs > unhealthyAfterMs;
}

function recordedTarget([address, { task }]: readonly [Address, Pick<Owner, 'task'>]): RecordedTarget {
  return { address, task };
}
