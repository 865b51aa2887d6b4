/** Reconciles one group: passes over it until nothing is open, or until the time left does not carry another pass. */
import { auditSettings } from '../core/audit.ts';
import { LIST_TASKS_MAX } from '../core/batches.ts';
import type { Finding } from '../core/finding.ts';
import { nextPass, PASS_INTERVAL_MS, PASS_TIME_MS } from '../core/next-pass.ts';
import { distinctBy, sortedBy } from '../core/order.ts';
import type { Pass } from '../core/report.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { definitionKey, isServing, type Task } from '../core/task.ts';
import type { TargetGroupArn } from '../core/values.ts';
import { type GroupInvocation, isFull } from './invocation.ts';
import { type Listing, runPass } from './pass.ts';

/** Deregistration delay and stop timeouts change with deployments, not with tasks. */
const SETTINGS_AUDIT_INTERVAL_MS = 900_000;
/** A page of a list waits so long for its turn, where others read as well. */
const PAGE_MS = 200;
/** A group that the schedule does not get to in so many runs is a failure. */
const DEFERRALS_MAX = 3;
/** A batch of so many events is full (template.yaml, BatchSize): more are waiting behind it. */
const FULL_BATCH = 10;
/** More revisions than this at once are the middle of a deployment; the next audit sees the rest. */
const DEFINITIONS_MAX = 5;

export interface Reconciled {
  readonly group: TargetGroupArn;
  /** The last pass failed for a reason that may pass: the next invocation has to come back. */
  readonly isUnfinished: boolean;
  /** The time did not suffice for it: the next full run begins here. */
  readonly isDeferred: boolean;
  /** What the last pass read. */
  readonly snapshot: Snapshot | undefined;
}

export async function reconcileGroup(invocation: GroupInvocation): Promise<Reconciled> {
  const { clock, trigger, deadlineMs, reporter, turns, bound, known } = invocation;
  let failedPasses = 0;
  let behindRetries = 0;
  let isConfirming = false;
  for (;;) {
    // A burst of batches must not become a burst of reads.
    const waitMs = known.lastPassAtMs + PASS_INTERVAL_MS - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs);
    const listing = listingOf(invocation, isConfirming);
    // What began with the burst is due for everybody by then: a list before that would have to be read again.
    const dueMs = listing === 'burst' ? known.burstBeganMs(clock.now()) + invocation.environment.eventAgeMs - clock.now() : 0;
    if (dueMs > 0) await clock.sleep(dueMs);
    const pass: Pass | undefined = await turns.take<Pass | undefined>(listing !== 'none', () =>
      listInTime(invocation, listing),
    );
    if (pass === undefined) return defer(invocation);
    // What the time does not suffice for is where the next run begins. That is no failure, unless it happens again and again.
    const isDeferred: boolean = trigger === 'schedule' && pass.failures.some(({ kind }) => kind === 'out-of-time');
    reporter.passed(isDeferred ? { ...pass, failures: pass.failures.filter(({ kind }) => kind !== 'out-of-time') } : pass);
    if (isDeferred) return defer(invocation);
    const { open, snapshot }: Pass = pass;
    failedPasses += open.failed ? 1 : 0;
    const next =
      trigger === 'check' ? undefined : nextPass(open, { failedPasses, behindRetries, nowMs: clock.now(), deadlineMs });
    if (next === undefined) {
      if (trigger === 'schedule') await auditGroupSettings(invocation, pass);
      known.deferrals = 0;
      return { group: bound.group.arn, isUnfinished: open.failed, isDeferred: false, snapshot };
    }
    behindRetries += open.behind ? 1 : 0;
    // A pass that could not read the targets leaves open what the one before it left open.
    isConfirming = open.confirmationsMs.length > 0 || (isConfirming && snapshot === undefined);
    await clock.sleep(next.atMs - clock.now());
  }
}

/** The pass, unless the time left does not suffice for the lists that it begins with. */
async function listInTime(invocation: GroupInvocation, listing: Listing): Promise<Pass | undefined> {
  if (listing !== 'none' && !hasTimeToList(invocation)) return undefined;
  const pass = await runPass(invocation, listing);
  // A check has one answer, and what its search has found belongs into it.
  return invocation.trigger === 'check' && pass.open.searching ? runPass(invocation, listing) : pass;
}

function listingOf(invocation: GroupInvocation, isConfirming: boolean): Listing {
  const { clock, environment, areTagsChanged, hints, known } = invocation;
  if (isFull(invocation) || isConfirming || areTagsChanged) return 'full';
  const isFullBatch = hints.length >= FULL_BATCH;
  return isFullBatch && known.isBurst(environment.burstPasses, clock.now()) ? 'burst' : 'none';
}

/**
 * Whether the lists of the group's tasks can be read in the time left: reading half of them would be a waste. They are tried all the same
 * while more than half of the time is left: a group whose lists look too long for a whole invocation would never be read again.
 */
function hasTimeToList({ clock, beganAtMs, deadlineMs, known }: GroupInvocation): boolean {
  const listMs = Math.min(Math.ceil(known.listedTasks / LIST_TASKS_MAX) * PAGE_MS, (deadlineMs - beganAtMs) / 2);
  return clock.now() + PASS_TIME_MS + listMs < deadlineMs;
}

function defer({ trigger, cache, bound, known }: GroupInvocation): Reconciled {
  const { arn } = bound.group;
  known.deferrals += 1;
  cache.resumeAt ??= arn;
  return {
    group: arn,
    isUnfinished: trigger !== 'schedule' || known.deferrals > DEFERRALS_MAX,
    isDeferred: true,
    snapshot: undefined,
  };
}

/** Once in a while, reads the settings of the group and of its tasks' definitions, and reports what they do to the targets. */
async function auditGroupSettings(invocation: GroupInvocation, pass: Pass): Promise<void> {
  const { clock, deadlineMs, reporter, bound, known } = invocation;
  // For these, a setting is the difference between traffic and none: whoever changes it is to hear of it within minutes.
  const isStrict = bound.bindings.some(({ zone }) => zone === 'all');
  const isDue = isStrict || clock.now() - known.settingsAuditedAtMs >= SETTINGS_AUDIT_INTERVAL_MS;
  const hasTime = clock.now() + PASS_TIME_MS < deadlineMs;
  if (pass.snapshot === undefined || pass.open.failed || !isDue || !hasTime) return;
  const findings = await readSettingsFindings(invocation, [...pass.snapshot.tasks.values()].filter(isServing));
  if (findings !== undefined) {
    known.settingsAuditedAtMs = clock.now();
    known.settingsFindings = findings;
  }
  reporter.checked({ subject: bound.group.name, findings: findings ?? [], failures: [] });
}

/** The findings, or undefined if the settings could not be read: then the next pass asks again, and nothing else suffers. */
export async function readSettingsFindings(
  { caller, reads, bound, known }: GroupInvocation,
  tasks: readonly Task[],
): Promise<readonly Finding[] | undefined> {
  const { group, bindings } = bound;
  const attributes = await caller.read('DescribeTargetGroupAttributes', group.name, { group: group.arn });
  if (!attributes.ok) return undefined;
  known.deregistrationDelayMs = attributes.value.deregistrationDelaySeconds * 1_000;
  const named = tasks.filter(({ definition }) => definition !== '');
  const distinct = distinctBy(
    sortedBy(named, ({ definition }) => definition),
    definitionKey,
  ).slice(0, DEFINITIONS_MAX);
  // Stryker disable next-line ArrayDeclaration: a text in the list would have no seconds, and nothing is below or above those.
  const stopTimeouts: { readonly definition: string; readonly seconds: number }[] = [];
  for (const task of distinct) {
    const answer = await reads.definition(task);
    if (!answer.ok) return undefined;
    stopTimeouts.push({ definition: task.definition, seconds: answer.value.stopTimeoutSeconds });
  }
  return auditSettings(group, bindings, { ...attributes.value, stopTimeouts });
}
