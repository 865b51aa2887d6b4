/** One pass over one target group: read targets, read tasks, plan, guard, write, report. */
import { auditTargets, type TargetHistory } from '../core/audit.ts';
import { type BoundGroup, bindingText } from '../core/configuration.ts';
import { openChanges } from '../core/drift.ts';
import type { Hint } from '../core/event.ts';
import { type Failure, isPassing } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import {
  areStillMeant,
  changeKey,
  confirmationsDueMs,
  eventsDueMs,
  findContests,
  findingOfHeld,
  type Guarded,
  type GuardInput,
  guardPlan,
  isFinalHold,
  isLate,
  isOutdated,
  mayBeRenewed,
  mayStillLeave,
  waitsForSearch,
} from '../core/guard.ts';
import { NOTHING_OPEN } from '../core/next-pass.ts';
import type { RecordKind } from '../core/ownership.ts';
import { type Change, type Proof, planChanges } from '../core/plan.ts';
import { findRefusals, NOTHING_WRITTEN, type Pass, refusalOf, type Written } from '../core/report.ts';
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
import { hintsFor, isKnownLive } from './cache.ts';
import {
  coveredBy,
  type GroupCache,
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
} from './group-cache.ts';
import type { GroupInvocation, Invocation } from './invocation.ts';
import { outdated } from './read-configuration.ts';
import { readSnapshot, upToDate } from './read-snapshot.ts';
import { noteUnexplained, type OwnershipRead, readOwnership, recordGone, recordOwners } from './record.ts';
import { hasNativeNeighbor, identifyStrangers, readNatives } from './strangers.ts';
import { type Writer, writeChanges } from './writes.ts';

/** ECS sends no event when a task becomes healthy (captured events have no healthStatus): the schedule asks for it this often. */
const READY_POLL_MS = 5_000;

/** Whether a pass lists every running task: a full one does, one in a burst of events does if they ask for a look at all. */
export type Listing = 'full' | 'burst' | 'none';

/** Brings the group as far in step as the proofs of this pass allow. */
export async function runPass(invocation: GroupInvocation, listing: Listing): Promise<Pass> {
  const { clock, environment, reads, trigger, bound, known } = invocation;
  const { group } = bound;
  const startedAtMs = clock.now();
  notePass(known, startedAtMs);
  noteBindings(known, bindingText(bound), startedAtMs);
  // Targets are read before tasks. In the other order, a task registered by a concurrent pass between the two reads would be
  // missing from our older list, and we would take a healthy task out of service.
  const targets = await reads.targets(bound);
  const begun = { group, trigger, startedAtMs, hints: hintsFor(invocation, bound, invocation.hints).length };
  if (!targets.ok && targets.problem.kind === 'gone' && environment.configuration !== undefined) {
    environment.configuration = outdated(environment.configuration);
  }
  if (!targets.ok) return unreadPass({ ...begun, endedAtMs: clock.now() }, targets.problem);
  noteTargets(known, targets.value, startedAtMs, clock.now());
  // Hints that another environment has settled by now need no look.
  const hints = hintsFor(invocation, bound, invocation.hints);
  const isListing = listing === 'full' || (listing === 'burst' && hints.length > 0);
  const request = { hints, isListing };
  const { snapshot, failures: readFailures, listedAtMs } = await readSnapshot(invocation, request, targets.value);
  const registered = registeredAddresses(snapshot.targets);
  const members = membersOf(snapshot);
  recordGone(invocation, registered);
  noteOwners(known, registered, members, clock.now());
  const unexplained = unexplainedAddresses(snapshot, members);
  noteUnexplained(known, unexplained, clock.now());
  const planned = planChanges(snapshot);
  noteProofs(known, planned, clock.now());
  const { input, late, recordFailures } = await guardInput(invocation, {
    registered,
    members,
    hints,
    planned,
    readFailures,
    listedAtMs,
    unexplained,
  });
  const guarded = guardPlan(planned, input);
  const written = await writeChanges(writerOf(invocation, snapshot), guarded.allowed);
  const endedAtMs = clock.now();
  const contests = findContests(written.done, known.writtenAtMs, endedAtMs);
  noteWritten(known, written, endedAtMs);
  const search = isListing ? await searchAndRecord(invocation, snapshot) : { isOpen: false, failures: [] };
  const failures = [...readFailures, ...written.failures];
  const behind = hintsBehind(snapshot, hints);
  const isAged = written.aged.length > 0 || guarded.held.some(isOutdated);
  if (failures.length === 0 && !isAged) {
    // Whose a target is was not found out: what comes again for that has to find its task open.
    const unrecorded = recordFailures.length > 0 ? late.map(({ because }) => because.task) : [];
    known.covered = coveredBy(snapshot.tasks, new Set([...openTasks(guarded, written, behind), ...unrecorded]));
  }
  noteFindings(invocation, { snapshot, planned, guarded, written, contests, readFailures, endedAtMs });
  if (isListing && readFailures.length === 0) known.comparedAtMs = startedAtMs;
  return {
    ...begun,
    endedAtMs,
    snapshot,
    planned,
    written,
    held: guarded.held,
    findings: known.findings,
    failures: [...failures, ...recordFailures, ...search.failures],
    behind,
    open: {
      failed: isAged || [...failures, ...recordFailures].some(isPassing),
      behind: behind.length > 0,
      confirmationsMs: confirmationsDueMs(guarded, input).map((dueMs) => dueMs + environment.confirmationLagMs),
      eventsMs: looksMs(invocation, members, eventsDueMs(guarded, input)),
      searching: search.isOpen || (isListing && search.failures.length === 0 && guarded.held.some(waitsForSearch)),
    },
  };
}

/** After a pass that lists: whose the targets are is recorded, and who else has unexplained ones is searched for. */
function searchAndRecord(invocation: GroupInvocation, snapshot: Snapshot): ReturnType<typeof identifyStrangers> {
  invocation.known.listedTasks = snapshot.bindings.reduce((sum, { listed }) => sum + listed.size, 0);
  recordOwners(invocation);
  return identifyStrangers(invocation, snapshot);
}

interface Ended {
  readonly snapshot: Snapshot;
  readonly planned: readonly Change[];
  readonly guarded: Guarded;
  readonly written: Written;
  readonly contests: readonly Finding[];
  readonly readFailures: readonly Failure[];
  readonly endedAtMs: number;
}

/** Keeps what the pass has found, and how old the oldest difference is that it leaves. */
function noteFindings(invocation: GroupInvocation, ended: Ended): void {
  const { known } = invocation;
  const { snapshot, planned, guarded, written, contests, readFailures, endedAtMs } = ended;
  known.open = openChanges({ planned, written, held: guarded.held, endedAtMs }, known);
  if (readFailures.length === 0) {
    keepRefusals(known, new Set(planned.map(({ address }) => address)));
    known.wholeAtMs = endedAtMs;
    // On half of what there is, a live task's target would be told as nobody's.
    known.audited = auditTargets(snapshot, historyOf(invocation), endedAtMs);
  }
  const refusals = findRefusals(written.refused, guarded.held, known.findings);
  known.findings = [...known.audited, ...guarded.held.flatMap(findingOfHeld), ...contests, ...refusals];
}

/** What this pass has read and planned, before anything is written. */
interface Planned {
  readonly registered: ReadonlySet<Address>;
  readonly members: readonly Member[];
  readonly hints: readonly Hint[];
  readonly planned: readonly Change[];
  readonly readFailures: readonly Failure[];
  readonly listedAtMs: number | undefined;
  readonly unexplained: readonly Address[];
}

/** What the guard knows besides the plan: of this pass, of earlier ones, and of other environments. */
async function guardInput(invocation: GroupInvocation, pass: Planned) {
  const { clock, environment, trigger, bound, known } = invocation;
  const { registered, members, hints, planned, readFailures, listedAtMs, unexplained } = pass;
  const late = planned.filter((change) => isLate(change, clock.now()));
  const { ownership, isShared, failures: recordFailures } = await readProofs(invocation, late);
  const input: GuardInput = {
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
    removalsLeft: removalsLeft(known, registered.size, environment.settings.removalBudgetPercent, clock.now()),
  };
  return { input, late, recordFailures };
}

/** Whose the targets of late removals are, and whether others write to the group: as far as both are known. */
async function readProofs(invocation: GroupInvocation, late: readonly Change[]): Promise<OwnershipRead> {
  const [record, natives] = await Promise.all([
    readOwnership(invocation, late),
    late.length === 0 ? [] : readNatives(invocation),
  ]);
  if (natives.length > 0) return { ...record, ownership: new Map(), failures: [...record.failures, ...natives] };
  return { ...record, isShared: record.isShared || hasNativeNeighbor(invocation) };
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

function historyOf({ cache, bound, known }: GroupInvocation): TargetHistory {
  const { group, bindings } = bound;
  const origins = new Map(
    [...known.origins].map(([address, task]) => [address, { task, isLive: isKnownLive(cache, task) }] as const),
  );
  const clusters = new Set(bindings.map(({ selector }) => selector.cluster));
  const natives = [...clusters].flatMap((cluster) => cache.natives.get(cluster)?.services.get(group.arn) ?? []);
  return { ...known, searched: new Set(known.searches.keys()), origins, natives };
}

/** The clusters whose tasks could not be read; all of the group's where a failure does not say whose. */
function clustersOf({ bindings }: BoundGroup, failures: readonly Failure[]): Set<ClusterArn> {
  const all = bindings.map(({ selector }) => selector.cluster);
  return new Set(failures.flatMap(({ cluster }) => cluster ?? all));
}

function servesOtherwise(members: readonly Member[], registered: ReadonlySet<Address>): boolean {
  return members.some((member) => isServing(member.task) && !member.isHeld && registered.has(member.address));
}

function writerOf(invocation: GroupInvocation, snapshot: Snapshot): Writer {
  const { caller, clock, reporter, bound, known } = invocation;
  let hasFailedRead = false;
  const isDue = (changes: readonly Change[]): boolean =>
    // What could not be read while registrations waited for their turn may name a live task at the address of a removal.
    !(hasFailedRead && changes.some(({ kind }) => kind === 'deregister')) &&
    mayStillLeave(changes, upToDate(invocation, snapshot), { ...bound, nowMs: clock.now() });
  const describe: Describe = async (tasks) => {
    const read = await invocation.reads.describe(tasks);
    hasFailedRead ||= read.failures.length > 0;
    return read;
  };
  const record = (kind: RecordKind, changes: readonly Change[]): void =>
    reporter.recorded(
      kind,
      bound.group.arn,
      changes.map(({ address, because }) => ({ address, task: because.task })),
    );
  return {
    caller,
    clock,
    group: bound.group,
    isDue,
    renew: (changes) => renewedProofs(invocation, snapshot, changes, describe),
    record,
    refusedBefore: known.refused,
    shares: known.shares,
    zoneForms: known.zoneForms,
  };
}

type Describe = Invocation['reads']['describe'];

/** The proofs of the changes, described anew; undefined where more than age keeps one of them back, or it is no longer planned for its reason. */
async function renewedProofs(
  invocation: Invocation,
  snapshot: Snapshot,
  changes: readonly Change[],
  describe: Describe,
): Promise<ReadonlyMap<string, Proof> | undefined> {
  if (!changes.every(mayBeRenewed) || !areStillMeant(changes, upToDate(invocation, snapshot))) return undefined;
  const { described } = await describe(changes.flatMap(({ because }) => snapshot.tasks.get(because.task) ?? []));
  const describedAtMs = new Map([...snapshot.describedAtMs, ...described.map(({ task, atMs }) => [task.arn, atMs] as const)]);
  const planned = planChanges({ ...upToDate(invocation, snapshot), describedAtMs });
  const proofs = new Map(planned.map((change) => [changeKey(change), change.because]));
  const isStillSo = (change: Change): boolean => proofs.get(changeKey(change))?.rule === change.because.rule;
  return changes.every(isStillSo) ? proofs : undefined;
}

function noteWritten(known: GroupCache, written: Written, nowMs: number): void {
  for (const change of written.done) noteWrite(known, change, nowMs);
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
