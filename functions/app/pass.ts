/** One pass over one target group: read targets, read tasks, plan, guard, write, report. */
import { auditTargets } from '../core/audit.ts';
import { describeBinding } from '../core/binding.ts';
import type { BoundGroup } from '../core/configuration.ts';
import { type Failure, isPassing } from '../core/failure.ts';
import {
  changeKey,
  findingOfHeld,
  type Guarded,
  guardPlan,
  isConfirmationDue,
  isFinalHold,
  isOutdated,
  mayStillLeave,
  unconfirmedRemovals,
} from '../core/guard.ts';
import { type Change, planChanges } from '../core/plan.ts';
import { findingOfRefusal, NOTHING_WRITTEN, type Pass, refusalOf, type Written } from '../core/report.ts';
import { hintsBehind } from '../core/snapshot.ts';
import type { TaskArn } from '../core/values.ts';
import {
  coveredBy,
  type GroupCache,
  groupCache,
  hintsFor,
  keepRefusals,
  noteBindings,
  noteRefusal,
  noteTargets,
  noteWrite,
} from './cache.ts';
import type { Invocation } from './invocation.ts';
import { readSnapshot, readTasksAgain, searchStopped } from './read-snapshot.ts';
import { writeChanges } from './writes.ts';

/**
 * Brings the group as far in step as the proofs of this pass allow. `firstProofMs` has the removals that an earlier pass of this
 * invocation proved and that wait for confirmation, by `changeKey`.
 */
export async function runPass(
  invocation: Invocation,
  bound: BoundGroup,
  firstProofMs: ReadonlyMap<string, number>,
): Promise<Pass> {
  const { cache, caller, clock, trigger } = invocation;
  const { group, bindingsReadAtMs } = bound;
  const startedAtMs = clock.now();
  const hints = hintsFor(cache, bound, invocation.hints);
  const known = groupCache(cache, group.arn);
  known.lastPassAtMs = startedAtMs;
  noteBindings(known, bound.bindings.map(describeBinding).join('; '));
  const begun = { group, trigger, startedAtMs, hints: hints.length };
  // Targets are read before tasks. In the other order, a task registered by a concurrent pass between the two reads would be
  // missing from our older list, and we would take a healthy task out of service.
  const targets = await caller.read('DescribeTargetHealth', group.name, { group: group.arn });
  if (!targets.ok) return unreadPass({ ...begun, endedAtMs: clock.now() }, targets.problem);
  noteTargets(known, targets.value, clock.now());
  const request = { bound, hints };
  const first = await searchStopped(invocation, request, await readSnapshot(invocation, request, targets.value));
  const isConfirming = isConfirmationDue(firstProofMs, clock.now());
  const reading = isConfirming ? await readTasksAgain(invocation, request, first) : first;
  const { snapshot } = reading;
  const planned = planChanges(snapshot);
  const guarded = guardPlan(planned, {
    nowMs: clock.now(),
    checkOnly: trigger === 'check',
    scheduled: trigger === 'schedule',
    bindingsReadAtMs,
    readsFailed: reading.failures.length > 0,
    firstProofMs,
    confirmedAtMs: reading.confirmedAtMs,
    refusedUntilMs: new Map([...known.refused].map(([address, { untilMs }]) => [address, untilMs])),
    writtenAtMs: known.writtenAtMs,
  });
  const isDue = (changes: readonly Change[]): boolean => {
    const tasks = new Map([...cache.tasks].map(([arn, { task }]) => [arn, task]));
    return mayStillLeave(changes, { ...snapshot, tasks }, bindingsReadAtMs, clock.now());
  };
  const { refused: refusedBefore, shares } = known;
  const written = await writeChanges({ caller, clock, group, isDue, refusedBefore, shares }, guarded.allowed);
  const endedAtMs = clock.now();
  noteWritten(known, written, endedAtMs);
  if (reading.failures.length === 0) keepRefusals(known, new Set(planned.map(({ address }) => address)));
  const failures = [...reading.failures, ...written.failures];
  const behind = hintsBehind(snapshot, hints);
  const isAged = written.aged.length > 0 || guarded.held.some(isOutdated);
  if (failures.length === 0 && !isAged) {
    known.covered = coveredBy(snapshot.tasks, openTasks(guarded, written, behind));
  }
  const findings = [
    ...auditTargets(snapshot, { ...known, searched: new Set(known.searches.keys()) }, endedAtMs),
    ...guarded.held.flatMap(findingOfHeld),
    ...written.refused.map(findingOfRefusal),
  ];
  return {
    ...begun,
    endedAtMs,
    snapshot,
    planned,
    written,
    held: guarded.held,
    findings,
    failures,
    behind,
    unconfirmed: unconfirmedRemovals(guarded, firstProofMs),
    isUnfinished: isAged || failures.some(isPassing),
  };
}

function noteWritten(known: GroupCache, written: Written, nowMs: number): void {
  for (const change of written.done) noteWrite(known, changeKey(change), change.address, nowMs);
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
    unconfirmed: new Map(),
    isUnfinished: isPassing(failure),
  };
}
