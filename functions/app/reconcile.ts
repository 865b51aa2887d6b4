/** One pass over one target group: read targets, read tasks, plan, guard, write, tell. */
import { auditTargets } from '../core/audit.ts';
import { describeBinding } from '../core/binding.ts';
import type { Hint } from '../core/event.ts';
import { explainFailure, type Failure, isPassing } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import {
  changeKey,
  type Guarded,
  type GuardInput,
  guardPlan,
  type Held,
  isContradicted,
  SECOND_LOOK_AFTER_MS,
} from '../core/guard.ts';
import { type Change, planChanges } from '../core/plan.ts';
import { hintsBehind, type Snapshot } from '../core/snapshot.ts';
import type { TaskArn } from '../core/values.ts';
import {
  coveredBy,
  type GroupCache,
  groupCache,
  keepRefusals,
  noteBinding,
  noteRefusal,
  noteTargets,
  noteWrite,
} from './cache.ts';
import type { PassContext } from './context.ts';
import { type Reading, readSnapshot, readTasksAgain, searchStopped } from './snapshot.ts';
import { type WriteResult, type Writer, writeChanges } from './writes.ts';

export interface Pass {
  /** Undefined when the targets themselves could not be read. */
  readonly snapshot: Snapshot | undefined;
  readonly planned: readonly Change[];
  readonly written: WriteResult;
  readonly held: readonly Held[];
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  readonly behind: readonly Hint[];
  /** Removals that wait for their second look, by `changeKey`, with the time of their first proof. */
  readonly unconfirmed: ReadonlyMap<string, number>;
  /** Something failed that may pass, or grew too old to be written. */
  readonly isUnfinished: boolean;
}

const NOTHING_WRITTEN: WriteResult = { done: [], refused: [], failures: [], aged: [] };

/** Brings the group as far in step as the proofs of this pass allow. */
export async function reconcile(context: PassContext): Promise<Pass> {
  const { bound, caller, clock } = context;
  const cache = groupCache(context.cache, bound.group.arn);
  cache.lastPassAtMs = clock.now();
  noteBinding(cache, bound.feeds.map(({ binding }) => describeBinding(binding)).join('; '));
  // Targets are read before tasks. In the other order, a task registered by a concurrent pass between the two reads would be
  // missing from our older list, and we would take a healthy task out of service.
  const targets = await caller.read('DescribeTargetHealth', bound.group.name, { group: bound.group.arn });
  if (!targets.ok) return unreadPass(targets.failure);
  noteTargets(cache, targets.value, clock.now());
  const first = await searchStopped(context, await readSnapshot(context, targets.value));
  const reading = isConfirmationDue(context) ? await readTasksAgain(context, first) : first;
  const planned = planChanges(reading.snapshot);
  const guarded = guardPlan(planned, inputOf(context, reading, cache));
  const written = await writeChanges(writerOf(context, reading.snapshot, cache), guarded.allowed);
  return conclude(context, reading, cache, planned, guarded, written);
}

function writerOf(context: PassContext, { group, feeds }: Snapshot, { refused, shares }: GroupCache): Writer {
  const { bound, caller, clock, cache } = context;
  const speaksAgainst = (changes: readonly Change[]): boolean => {
    const tasks = new Map([...cache.facts].map(([arn, { task }]) => [arn, task]));
    return isContradicted(changes, { group, feeds, tasks });
  };
  const { bindingReadAtMs } = bound;
  return { caller, clock, group, bindingReadAtMs, isContradicted: speaksAgainst, refusedBefore: refused, shares };
}

function isConfirmationDue({ firstProofMs, clock }: PassContext): boolean {
  return [...firstProofMs.values()].some((provedMs) => clock.now() - provedMs >= SECOND_LOOK_AFTER_MS);
}

function inputOf(context: PassContext, reading: Reading, cache: GroupCache): GuardInput {
  const { clock, trigger, bound, firstProofMs } = context;
  return {
    nowMs: clock.now(),
    checkOnly: trigger === 'check',
    scheduled: trigger === 'schedule',
    bindingReadAtMs: bound.bindingReadAtMs,
    readsFailed: reading.failures.length > 0,
    firstProofMs,
    confirmedAtMs: reading.confirmedAtMs,
    refusedUntilMs: new Map([...cache.refused].map(([address, { untilMs }]) => [address, untilMs])),
    writtenAtMs: cache.writtenAtMs,
  };
}

/** Takes up what the pass has learned, and says what it leaves open. */
function conclude(
  context: PassContext,
  reading: Reading,
  cache: GroupCache,
  planned: readonly Change[],
  guarded: Guarded,
  written: WriteResult,
): Pass {
  const nowMs = context.clock.now();
  const { snapshot } = reading;
  noteWritten(cache, written, nowMs);
  if (reading.failures.length === 0) keepRefusals(cache, new Set(planned.map(({ address }) => address)));
  const failures = [...reading.failures, ...written.failures];
  const behind = hintsBehind(snapshot, context.hints);
  const isAged = written.aged.length > 0 || guarded.held.some(({ because }) => isTooOld(because));
  const isUnfinished = isAged || failures.some(isPassing);
  if (failures.length === 0 && !isAged) {
    cache.covered = coveredBy(snapshot.tasks, openTasks(guarded.held, written, behind));
  }
  const history = { ...cache, searched: new Set(cache.searches.keys()) };
  const findings = [
    ...auditTargets(snapshot, history, nowMs),
    ...guarded.held.flatMap(findingOfHeld),
    ...written.refused.map(({ change, failure }) => findingOfRefusal(change, failure)),
  ];
  const unconfirmed = unconfirmedOf(guarded, context.firstProofMs);
  return { snapshot, planned, written, held: guarded.held, findings, failures, behind, unconfirmed, isUnfinished };
}

function isTooOld(because: Held['because']): boolean {
  return because === 'proof is too old' || because === 'binding is older than a minute';
}

function noteWritten(cache: GroupCache, written: WriteResult, nowMs: number): void {
  for (const change of written.done) noteWrite(cache, changeKey(change), change.address, nowMs);
  for (const { change, failure } of written.refused) {
    noteRefusal(cache, change.address, whyRefused(change, failure), nowMs);
  }
}

function whyRefused(change: Change, failure: Failure): 'draining' | 'quota' | 'refused' {
  if (failure.kind === 'quota') return 'quota';
  // Stryker disable next-line ConditionalExpression,StringLiteral: the compiler asks for the kind; a removal has no `draining`.
  return change.kind === 'register' && change.draining ? 'draining' : 'refused';
}

/** Tasks that this pass has not dealt with: a hint at one of them makes another pass look again. */
function openTasks(held: readonly Held[], written: WriteResult, behind: readonly Hint[]): Set<TaskArn> {
  const isFinal = (because: Held['because']): boolean => because === 'observe' || because === 'ECS manages this group';
  return new Set([
    ...held.filter(({ because }) => !isFinal(because)).map(({ change }) => change.because.task),
    ...written.refused.map(({ change }) => change.because.task),
    ...behind.map((hint) => hint.task),
  ]);
}

/**
 * Removals that wait for their second look, or that something else kept from having it. Each is that of one task: were it of the
 * address, a later owner that has stopped unseen would be let go on the waiting time of the one before.
 */
function unconfirmedOf({ held, atMs }: Guarded, firstProofMs: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    held.flatMap(({ change, because }) => {
      const key = changeKey(change);
      const isWaiting = because === 'waits for confirmation';
      const provedMs = firstProofMs.get(key) ?? (isWaiting ? atMs : undefined);
      return (isWaiting || isOpen(because)) && provedMs !== undefined ? [[key, provedMs] as const] : [];
    }),
  );
}

function isOpen(because: Held['because']): boolean {
  return because === 'a read failed' || isTooOld(because);
}

function findingOfHeld({ change, because }: Held): Finding[] {
  if (because !== 'contested') return [];
  const undone = change.kind === 'register' ? 'registered here and has vanished' : 'removed here and is back';
  const message =
    `The target of task ${change.because.task} was ${undone} within a minute: something else writes to this group (a person, ` +
    'another stack, a controller that takes the group for its own). It is written again by the schedule, once a minute.';
  return [{ kind: 'contested', subject: change.address, message }];
}

function findingOfRefusal(change: Change, failure: Failure): Finding {
  const why = whyRefused(change, failure);
  const of = `task ${change.because.task}`;
  if (why === 'draining') {
    const message = `The target of ${of} still drains from its earlier life, and ELB takes it when that has ended; tried again soon.`;
    return { kind: 'waiting', subject: change.address, message };
  }
  if (why === 'quota') {
    const message = `The target of ${of} waits: the group is full. ${explainFailure(failure)}`;
    return { kind: 'waiting', subject: change.address, message };
  }
  return { kind: 'refused', subject: change.address, message: `The target of ${of} is refused. ${explainFailure(failure)}` };
}

function unreadPass(failure: Failure): Pass {
  return {
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
