/** Reconciles one group: passes over it until nothing is open, or until the time left does not carry another pass. */
import { auditDrainTime } from '../core/audit.ts';
import type { BoundGroup } from '../core/configuration.ts';
import type { Finding } from '../core/finding.ts';
import { nextPass, PASS_INTERVAL_MS, PASS_TIME_MS } from '../core/next-pass.ts';
import type { Pass } from '../core/report.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { isServing } from '../core/task.ts';
import type { TargetGroupArn } from '../core/values.ts';
import { groupCache } from './cache.ts';
import { currentConfiguration, type Invocation } from './invocation.ts';
import { runPass } from './pass.ts';

/** Deregistration delay and stop timeouts change with deployments, not with tasks. */
export const DRAIN_AUDIT_INTERVAL_MS = 900_000;
/** More revisions than this at once are the middle of a deployment; the next audit sees the rest. */
const DEFINITIONS_MAX = 5;

export interface Reconciled {
  readonly group: TargetGroupArn;
  /** The last pass failed for a reason that may pass: the next invocation has to come back. */
  readonly isUnfinished: boolean;
  /** What the last pass read. */
  readonly snapshot: Snapshot | undefined;
}

export async function reconcileGroup(invocation: Invocation, group: TargetGroupArn): Promise<Reconciled> {
  const { clock, trigger, deadlineMs, reporter } = invocation;
  const known = groupCache(invocation.cache, group);
  let unconfirmed: ReadonlyMap<string, number> = new Map();
  let failedPasses = 0;
  let behindRetries = 0;
  for (;;) {
    // A burst of batches must not become a burst of reads.
    const waitMs = known.lastPassAtMs + PASS_INTERVAL_MS - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs);
    const { configuration } = await currentConfiguration(invocation);
    const bound = configuration.groups.find((each) => each.group.arn === group);
    // The binding went away while we waited: management stops, and the targets stay.
    if (bound === undefined) return { group, isUnfinished: configuration.unread.includes(group), snapshot: undefined };
    const pass = await runPass(invocation, bound, unconfirmed);
    reporter.passed(pass);
    // A pass that could not read the targets has neither confirmed nor refuted what an earlier one proved.
    unconfirmed = pass.snapshot === undefined ? unconfirmed : pass.unconfirmed;
    failedPasses += pass.isUnfinished ? 1 : 0;
    const open = { failed: pass.isUnfinished, behind: pass.behind.length > 0, unconfirmedMs: [...unconfirmed.values()] };
    const attempts = { failedPasses, behindRetries, nowMs: clock.now(), deadlineMs };
    const next = trigger === 'check' ? undefined : nextPass(open, attempts);
    if (next === undefined) {
      if (trigger === 'schedule') await auditDrain(invocation, bound, pass);
      return { group, isUnfinished: pass.isUnfinished, snapshot: pass.snapshot };
    }
    behindRetries += pass.behind.length > 0 ? 1 : 0;
    await clock.sleep(next.atMs - clock.now());
  }
}

/** Once in a while, reads how long targets drain and how long ECS waits before SIGKILL, and reports where the two do not fit. */
async function auditDrain(invocation: Invocation, bound: BoundGroup, pass: Pass): Promise<void> {
  const { clock, deadlineMs, reporter } = invocation;
  const known = groupCache(invocation.cache, bound.group.arn);
  const isDue = clock.now() - known.drainAuditedAtMs >= DRAIN_AUDIT_INTERVAL_MS;
  const hasTime = clock.now() + PASS_TIME_MS < deadlineMs;
  if (pass.snapshot === undefined || pass.isUnfinished || !isDue || !hasTime) return;
  const serving = [...pass.snapshot.tasks.values()].filter(isServing);
  const findings = await readDrainFindings(
    invocation,
    bound,
    serving.map((task) => task.definition),
  );
  if (findings !== undefined) known.drainAuditedAtMs = clock.now();
  reporter.checked({ subject: bound.group.name, findings: findings ?? [], failures: [] });
}

/** The findings, or undefined if the settings could not be read: then the next pass asks again, and nothing else suffers. */
export async function readDrainFindings(
  { caller }: Pick<Invocation, 'caller'>,
  { group }: Pick<BoundGroup, 'group'>,
  definitions: readonly string[],
): Promise<readonly Finding[] | undefined> {
  const asked = [...new Set(definitions)]
    .filter((definition) => definition !== '')
    .sort()
    .slice(0, DEFINITIONS_MAX);
  const attributes = await caller.read('DescribeTargetGroupAttributes', group.name, { group: group.arn });
  if (!attributes.ok) return undefined;
  const stopTimeouts: { readonly definition: string; readonly seconds: number }[] = [];
  for (const definition of asked) {
    const answer = await caller.read('DescribeTaskDefinition', definition, { definition });
    if (!answer.ok) return undefined;
    stopTimeouts.push({ definition, seconds: answer.value.stopTimeoutSeconds });
  }
  return auditDrainTime(group, { ...attributes.value, stopTimeouts });
}
