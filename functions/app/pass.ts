/** One pass over one target group: read targets, read tasks, plan, guard, write, report. */
import { auditTargets } from '../core/audit.ts';
import { describeBinding } from '../core/binding.ts';
import type { BoundGroup } from '../core/configuration.ts';
import { type Failure, isPassing } from '../core/failure.ts';
import {
  changeKey,
  confirmationsDueMs,
  eventsDueMs,
  findingOfHeld,
  type Guarded,
  guardPlan,
  isFinalHold,
  isLate,
  isOutdated,
  mayStillLeave,
} from '../core/guard.ts';
import { NOTHING_OPEN } from '../core/next-pass.ts';
import type { RecordKind } from '../core/ownership.ts';
import { type Change, planChanges } from '../core/plan.ts';
import { findingOfRefusal, NOTHING_WRITTEN, type Pass, refusalOf, type Written } from '../core/report.ts';
import { hintsBehind, membersOf, registeredAddresses, type Snapshot } from '../core/snapshot.ts';
import type { TaskArn } from '../core/values.ts';
import {
  coveredBy,
  type GroupCache,
  groupCache,
  hintsFor,
  keepRefusals,
  noteBindings,
  noteOwners,
  notePass,
  noteProofs,
  noteRefusal,
  noteRemovals,
  noteTargets,
  noteWrite,
  removalsLeft,
} from './cache.ts';
import type { Invocation } from './invocation.ts';
import { readSnapshot, searchStopped } from './read-snapshot.ts';
import { readOwnership, recordOwners } from './record.ts';
import { type Writer, writeChanges } from './writes.ts';

/** Brings the group as far in step as the proofs of this pass allow. `isListing`: whether every running task is listed. */
export async function runPass(invocation: Invocation, bound: BoundGroup, isListing: boolean): Promise<Pass> {
  const { cache, clock, environment, reads, trigger } = invocation;
  const { settings } = environment;
  const { group } = bound;
  const startedAtMs = clock.now();
  const hints = hintsFor(cache, bound, invocation.hints);
  const known = groupCache(cache, group.arn);
  notePass(known, startedAtMs);
  noteBindings(known, bound.bindings.map(describeBinding).join('; '));
  const begun = { group, trigger, startedAtMs, hints: hints.length };
  // Targets are read before tasks. In the other order, a task registered by a concurrent pass between the two reads would be
  // missing from our older list, and we would take a healthy task out of service.
  const targets = await reads.targets(bound);
  if (!targets.ok) return unreadPass({ ...begun, endedAtMs: clock.now() }, targets.problem);
  noteTargets(known, targets.value, clock.now());
  const request = { bound, hints, isListing };
  const { snapshot, failures: readFailures, listedAtMs } = await readSnapshot(invocation, request, targets.value);
  const registered = registeredAddresses(snapshot.targets);
  noteOwners(known, registered, membersOf(snapshot), clock.now());
  const planned = planChanges(snapshot);
  noteProofs(known, planned, clock.now());
  const late = planned.filter((change) => isLate(change, clock.now()));
  const { ownership, failures: recordFailures } = await readOwnership(invocation, group, late);
  const input = {
    nowMs: clock.now(),
    checkOnly: trigger === 'check',
    scheduled: trigger === 'schedule',
    bindingsReadAtMs: bound.bindingsReadAtMs,
    hinted: new Set(hints.map(({ task }) => task)),
    eventAgeMs: trigger === 'check' ? 0 : environment.eventAgeMs,
    readsFailed: readFailures.length > 0,
    provedAtMs: known.provedAtMs,
    listedAtMs,
    ownership,
    refusedUntilMs: new Map([...known.refused].map(([address, { untilMs }]) => [address, untilMs])),
    writtenAtMs: known.writtenAtMs,
    removalsLeft: removalsLeft(known, registered.size, settings.removalBudgetPercent, clock.now()),
  };
  const guarded = guardPlan(planned, input);
  const written = await writeChanges(writerOf(invocation, bound, known, snapshot), guarded.allowed);
  const endedAtMs = clock.now();
  noteWritten(known, written, endedAtMs);
  if (readFailures.length === 0) keepRefusals(known, new Set(planned.map(({ address }) => address)));
  if (isListing) {
    known.listedTasks = snapshot.bindings.reduce((sum, { listed }) => sum + listed.size, 0);
    recordOwners(invocation, group);
  }
  const search = isListing ? await searchStopped(invocation, request, snapshot) : { isOpen: false, failures: [] };
  const failures = [...readFailures, ...written.failures];
  const behind = hintsBehind(snapshot, hints);
  const isAged = written.aged.length > 0 || guarded.held.some(isOutdated);
  if (failures.length === 0 && !isAged) {
    known.covered = coveredBy(snapshot.tasks, openTasks(guarded, written, behind));
  }
  return {
    ...begun,
    endedAtMs,
    snapshot,
    planned,
    written,
    held: guarded.held,
    findings: [
      ...auditTargets(snapshot, { ...known, searched: new Set(known.searches.keys()) }, endedAtMs),
      ...guarded.held.flatMap(findingOfHeld),
      ...written.refused.map(findingOfRefusal),
    ],
    failures: [...failures, ...recordFailures, ...search.failures],
    behind,
    open: {
      failed: isAged || [...failures, ...recordFailures].some(isPassing),
      behind: behind.length > 0,
      confirmationsMs: confirmationsDueMs(guarded, input),
      eventsMs: trigger === 'schedule' ? eventsDueMs(guarded, input) : [],
      searching: search.isOpen,
    },
  };
}

function writerOf(invocation: Invocation, bound: BoundGroup, known: GroupCache, snapshot: Snapshot): Writer {
  const { cache, caller, clock, reporter } = invocation;
  const isDue = (changes: readonly Change[]): boolean => {
    const tasks = new Map([...cache.tasks].map(([arn, { task }]) => [arn, task]));
    return mayStillLeave(changes, { ...snapshot, tasks }, bound.bindingsReadAtMs, clock.now());
  };
  const record = (kind: RecordKind, changes: readonly Change[]): void =>
    reporter.recorded(
      kind,
      bound.group.arn,
      changes.map(({ address, because }) => ({ address, task: because.task })),
    );
  return { caller, clock, group: bound.group, isDue, record, refusedBefore: known.refused, shares: known.shares };
}

function noteWritten(known: GroupCache, written: Written, nowMs: number): void {
  for (const change of written.done) noteWrite(known, changeKey(change), change.address, nowMs);
  noteRemovals(known, written.done.filter(({ kind }) => kind === 'deregister').length);
  for (const refused of written.refused) noteRefusal(known, refused.change.address, refusalOf(refused), nowMs);
}

/** Tasks that this pass has not settled: a hint about one of them makes another pass read it. */
function openTasks({ held }: Guarded, written: Written, behind: Pass['behind']): Set<TaskArn> {
  return new Set([
    ...held.filter((each) => !isFinalHold(each)).map(({ change }) => change.because.task),
    ...written.refused.map(({ change }) => change.because.task),
    ...behind.map((hint) => hint.task),
  ]);
}

/** A pass that could not even read the targets. */
function unreadPass(begun: Pick<Pass, 'group' | 'trigger' | 'startedAtMs' | 'endedAtMs' | 'hints'>, failure: Failure): Pass {
  return {
    ...begun,
    snapshot: undefined,
    planned: [],
    written: NOTHING_WRITTEN,
    held: [],
    findings: [],
    failures: [failure],
    behind: [],
    open: { ...NOTHING_OPEN, failed: isPassing(failure) },
  };
}
