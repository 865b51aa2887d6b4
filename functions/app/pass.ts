/** One pass over one target group: read targets, read tasks, plan, guard, write, report. */
import { auditTargets, type TargetHistory } from '../core/audit.ts';
import { type BoundGroup, bindingText } from '../core/configuration.ts';
import { openChanges } from '../core/drift.ts';
import type { Hint } from '../core/event.ts';
import { type Failure, isPassing } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import {
  confirmationsDueMs,
  eventsDueMs,
  findContests,
  findingOfHeld,
  type Guarded,
  type GuardInput,
  guardPlan,
  type Held,
  isFinalHold,
  isLate,
  isOutdated,
  waitsForSearch,
} from '../core/guard.ts';
import { NOTHING_OPEN } from '../core/next-pass.ts';
import { type Change, planChanges } from '../core/plan.ts';
import { findRefusals, NOTHING_WRITTEN, type Pass, type Written } from '../core/report.ts';
import {
  hintsBehind,
  isReady,
  type Member,
  membersOf,
  registeredAddresses,
  type Snapshot,
  unexplainedAddresses,
} from '../core/snapshot.ts';
import { isServing } from '../core/task.ts';
import type { Address, ClusterArn, TaskArn } from '../core/values.ts';
import type { GroupCache } from './group-cache.ts';
import { type GroupInvocation, type Invocation, openHints } from './invocation.ts';
import { Proofs } from './proofs.ts';
import { outdated } from './read-configuration.ts';
import { type PassRequest, TaskReader } from './read-snapshot.ts';
import { GroupRecord } from './record.ts';
import { type Search, Strangers } from './strangers.ts';
import { type Writer, writeChanges } from './writes.ts';

/** ECS sends no event when a task becomes healthy (captured events have no healthStatus): the schedule asks for it this often. */
const READY_POLL_MS = 5_000;

/** Whether a pass lists every running task: a full one does, one in a burst of events does if they ask for a look at all. */
export type Listing = 'full' | 'burst' | 'none';

/** Brings the group as far in step as the proofs of this pass allow. */
export async function runPass(invocation: GroupInvocation, listing: Listing): Promise<Pass> {
  const { clock, environment, reads, trigger, bound, known } = invocation;
  const startedAtMs = clock.now();
  known.notePass(startedAtMs);
  known.noteBindings(bindingText(bound), startedAtMs);
  // Targets are read before tasks. In the other order, a task registered by a concurrent pass between the two reads would be
  // missing from our older list, and we would take a healthy task out of service.
  const targets = await reads.targets(bound);
  const begun = { group: bound.group, trigger, startedAtMs, hints: openHints(invocation, bound).length };
  if (!targets.ok && targets.problem.kind === 'gone') {
    environment.configuration = environment.configuration && outdated(environment.configuration);
  }
  if (!targets.ok) return unreadPass({ ...begun, endedAtMs: clock.now() }, targets.problem);
  known.noteTargets(targets.value, startedAtMs, clock.now());
  // Hints that another environment has settled by now need no look.
  const hints = openHints(invocation, bound);
  const isListing = listing === 'full' || (listing === 'burst' && hints.length > 0);
  const done = await passOver(invocation, { targets: targets.value, hints, isListing });
  const ended = conclude(invocation, done);
  if (isListing && done.readFailures.length === 0) known.comparedAtMs = startedAtMs;
  return { ...begun, ...ended };
}

/** What a pass has read, decided and written by its end. */
interface Ended extends Pick<Pass, 'planned' | 'written' | 'endedAtMs'> {
  readonly request: PassRequest;
  readonly snapshot: Snapshot;
  readonly members: readonly Member[];
  /** The removals that needed the record, and why it could not be read. */
  readonly late: readonly Change[];
  readonly recordFailures: readonly Failure[];
  readonly readFailures: readonly Failure[];
  readonly input: GuardInput;
  readonly guarded: Guarded;
  readonly contests: readonly Finding[];
  readonly search: Pick<Search, 'isOpen' | 'failures'>;
  readonly history: TargetHistory;
}

/** Reads the tasks, plans, and writes what the guard lets through. */
async function passOver(invocation: GroupInvocation, request: PassRequest): Promise<Ended> {
  const { clock, known } = invocation;
  const { hints, isListing } = request;
  const tasks = new TaskReader(invocation);
  const record = new GroupRecord(invocation);
  const strangers = new Strangers(invocation, tasks, record);
  const { snapshot, failures: readFailures, listedAtMs } = await tasks.read(request);
  const registered = registeredAddresses(snapshot.targets);
  const members = membersOf(snapshot);
  record.noteGone(registered);
  known.noteOwners(registered, members, clock.now());
  const unexplained = unexplainedAddresses(snapshot, members);
  known.noteUnexplained(unexplained, clock.now());
  const planned = planChanges(snapshot);
  known.noteProofs(planned, clock.now());
  const late = planned.filter((change) => isLate(change, clock.now()));
  const { failures: recordFailures, ...ownership } = await strangers.ownershipOf(late);
  const input = guardInput(invocation, { registered, members, hints, readFailures, listedAtMs, unexplained, ...ownership });
  const guarded = guardPlan(planned, input);
  const proofs = new Proofs(invocation, tasks, snapshot);
  const written = await writeChanges(writerOf(invocation, proofs, record), guarded.allowed);
  const endedAtMs = clock.now();
  const contests = findContests(written.done, known.writtenAtMs, endedAtMs);
  known.noteWritten(written, endedAtMs);
  if (isListing) {
    known.listedTasks = snapshot.bindings.reduce((sum, { listed }) => sum + listed.size, 0);
    record.noteOwners();
  }
  const search = isListing ? await strangers.identify(snapshot) : { isOpen: false, failures: [] };
  return {
    request,
    snapshot,
    members,
    planned,
    late,
    recordFailures,
    readFailures,
    input,
    guarded,
    written,
    endedAtMs,
    contests,
    search,
    history: strangers.history(),
  };
}

/** Keeps what the pass has found and settled, and says what it leaves open. */
function conclude(invocation: GroupInvocation, done: Ended): Omit<Pass, 'group' | 'trigger' | 'startedAtMs' | 'hints'> {
  const { environment, known } = invocation;
  const { request, snapshot, members, planned, late, recordFailures, readFailures, input, guarded, written, endedAtMs } = done;
  const { isListing, hints } = request;
  const failures = [...readFailures, ...written.failures];
  const behind = hintsBehind(snapshot, hints);
  const isAged = written.aged.length > 0 || guarded.held.some(isOutdated);
  if (failures.length === 0 && !isAged) {
    // Whose a target is was not found out: what comes again for that has to find its task open.
    const isUnrecorded = ({ change }: Held): boolean => recordFailures.length > 0 && late.includes(change);
    const open = guarded.held.filter((each) => !isFinalHold(each) || isUnrecorded(each));
    known.noteCovered(snapshot.tasks, openTasks(open, written, behind));
  }
  noteFindings(known, done);
  return {
    endedAtMs,
    snapshot,
    planned,
    written,
    held: guarded.held,
    findings: known.findings,
    failures: [...failures, ...recordFailures, ...done.search.failures],
    behind,
    open: {
      failed: isAged || [...failures, ...recordFailures].some(isPassing),
      behind: behind.length > 0,
      confirmationsMs: confirmationsDueMs(guarded, input).map((dueMs) => dueMs + environment.confirmationLagMs),
      eventsMs: looksMs(invocation, members, eventsDueMs(guarded, input)),
      searching: done.search.isOpen || (isListing && done.search.failures.length === 0 && guarded.held.some(waitsForSearch)),
    },
  };
}

/** Keeps what the pass has found, and how old the oldest difference is that it leaves. */
function noteFindings(known: GroupCache, done: Ended): void {
  const { snapshot, planned, guarded, written, contests, readFailures, endedAtMs, history } = done;
  known.open = openChanges({ planned, written, held: guarded.held, endedAtMs }, known);
  if (readFailures.length === 0) {
    known.keepRefusals(new Set(planned.map(({ address }) => address)));
    known.wholeAtMs = endedAtMs;
    // On half of what there is, a live task's target would be told as nobody's.
    known.audited = auditTargets(snapshot, history, endedAtMs);
  }
  const refusals = findRefusals(written.refused, guarded.held, known.findings);
  known.findings = [...known.audited, ...guarded.held.flatMap(findingOfHeld), ...contests, ...refusals];
}

/** What this pass has read and found out before anything is written. */
interface Found extends Pick<GuardInput, 'ownership' | 'isShared' | 'listedAtMs'> {
  readonly registered: ReadonlySet<Address>;
  readonly members: readonly Member[];
  readonly hints: readonly Hint[];
  readonly readFailures: readonly Failure[];
  readonly unexplained: readonly Address[];
}

/** What the guard knows besides the plan: of this pass, of earlier ones, and of other environments. */
function guardInput(invocation: GroupInvocation, found: Found): GuardInput {
  const { clock, environment, trigger, bound, known } = invocation;
  const { registered, members, hints, readFailures, listedAtMs, unexplained, ownership, isShared } = found;
  return {
    nowMs: clock.now(),
    checkOnly: trigger === 'check',
    scheduled: trigger === 'schedule',
    bindingsReadAtMs: bound.bindingsReadAtMs,
    hinted: new Set(hints.map(({ task }) => task)),
    eventAgeMs: trigger === 'check' ? 0 : environment.eventAgeMs,
    unreadClusters: clustersOf(bound, readFailures),
    servesOtherwise: servesOtherwise(members, registered),
    isPaused: environment.configuration?.copies.pausedSinceMs !== undefined,
    provedAtMs: known.provedAtMs,
    listedAtMs,
    ownership,
    isShared,
    hasUnsearched: unexplained.some((address) => !known.searches.has(address)),
    unhealthyAfterMs: bound.group.unhealthyAfterMs,
    failingAtMs: known.failingAtMs,
    refusedUntilMs: new Map([...known.refused].map(([address, { untilMs }]) => [address, untilMs])),
    writtenAtMs: known.writtenAtMs,
    removalsLeft: known.removalsLeft(registered.size, environment.settings.removalBudgetPercent, clock.now()),
  };
}

/** When to look again for what no event tells. Other events wait behind this one: only the schedule has the time for it. */
function looksMs(
  { clock, trigger, areTagsChanged }: Invocation,
  members: readonly Member[],
  eventsMs: readonly number[],
): number[] {
  const unready = members.filter((member) => member.binding.ready && isServing(member.task) && !isReady(member));
  const pollsMs = trigger === 'schedule' ? unready.map(() => clock.now() + READY_POLL_MS) : [];
  return [...(trigger === 'schedule' || areTagsChanged ? eventsMs : []), ...pollsMs];
}

/** The clusters whose tasks could not be read; all of the group's where a failure does not say whose. */
function clustersOf({ bindings }: BoundGroup, failures: readonly Failure[]): Set<ClusterArn> {
  const all = bindings.map(({ selector }) => selector.cluster);
  return new Set(failures.flatMap(({ cluster }) => cluster ?? all));
}

function servesOtherwise(members: readonly Member[], registered: ReadonlySet<Address>): boolean {
  return members.some((member) => isServing(member.task) && !member.isHeld && registered.has(member.address));
}

function writerOf({ caller, clock, bound, known }: GroupInvocation, proofs: Proofs, record: GroupRecord): Writer {
  return {
    caller,
    clock,
    group: bound.group,
    isDue: (changes) => proofs.mayLeave(changes),
    renew: (changes) => proofs.renew(changes),
    record: (kind, changes) => record.noteChanges(kind, changes),
    refusedBefore: known.refused,
    shares: known.shares,
    zoneForms: known.zoneForms,
  };
}

/** Tasks that this pass has not settled: a hint about one of them makes another pass read it. */
function openTasks(held: readonly Held[], written: Written, behind: Pass['behind']): Set<TaskArn> {
  return new Set([
    ...held.map(({ change }) => change.because.task),
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
