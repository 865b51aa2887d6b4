/** Visits one group: passes over it until nothing is open, or the time left does not carry another pass. */

import type { BoundGroup } from '../core/configuration.ts';
import { type Hint, mayMean } from '../core/event.ts';
import { nextStep, PASS_INTERVAL_MS, PASS_TIME_MS } from '../core/next-pass.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { isServing } from '../core/task.ts';
import type { TargetGroupArn } from '../core/values.ts';
import { groupCache, isCovered } from './cache.ts';
import { DRAIN_AUDIT_INTERVAL_MS, readDrainFindings } from './drain.ts';
import { currentConfiguration, type Environment, openCaller, type Reporter, type Request } from './environment.ts';
import { type Pass, reconcile } from './reconcile.ts';

export interface GroupVisit {
  readonly group: TargetGroupArn;
  /** The last pass failed for something that may pass: the next invocation has to come back. */
  readonly isUnfinished: boolean;
  /** What the last pass read. */
  readonly snapshot: Snapshot | undefined;
}

export async function visitGroup(
  environment: Environment,
  request: Request,
  reporter: Reporter,
  group: TargetGroupArn,
): Promise<GroupVisit> {
  const { clock } = environment;
  let firstProofMs: ReadonlyMap<string, number> = new Map();
  let failedPasses = 0;
  let behindRetries = 0;
  for (;;) {
    await waitForInterval(environment, group);
    const { configuration } = await currentConfiguration(environment, request, reporter);
    const bound = configuration.groups.find((each) => each.group.arn === group);
    // The binding went away while we waited: management stops, and the targets stay.
    if (bound === undefined) return { group, isUnfinished: configuration.unread.includes(group), snapshot: undefined };
    const pass = await passOnce(environment, request, reporter, bound, firstProofMs);
    // A pass that could not even read the targets has neither confirmed nor refuted what an earlier look has proved.
    firstProofMs = pass.snapshot === undefined ? firstProofMs : pass.unconfirmed;
    failedPasses += pass.isUnfinished ? 1 : 0;
    const open = {
      failed: pass.isUnfinished,
      behind: pass.behind.length > 0,
      // Stryker disable next-line ConditionalExpression: the least of no times is Infinity, a look that never comes.
      firstProofMs: firstProofMs.size === 0 ? undefined : Math.min(...firstProofMs.values()),
    };
    const attempts = { failedPasses, behindRetries, nowMs: clock.now(), deadlineMs: request.deadlineMs };
    const step = request.trigger === 'check' ? { kind: 'done' as const } : nextStep(open, attempts);
    if (step.kind === 'done') {
      if (request.trigger === 'schedule') await auditDrain(environment, request, reporter, bound, pass);
      return { group, isUnfinished: pass.isUnfinished, snapshot: pass.snapshot };
    }
    behindRetries += pass.behind.length > 0 ? 1 : 0;
    await clock.sleep(step.atMs - clock.now());
  }
}

/** The hints that this group has to be visited for. */
export function hintsFor(environment: Environment, bound: BoundGroup, hints: readonly Hint[]): Hint[] {
  const cache = groupCache(environment.cache, bound.group.arn);
  return hints.filter((hint) => isMeant(bound, hint) && !isCovered(cache, hint));
}

export function isMeant({ feeds }: BoundGroup, hint: Hint): boolean {
  return feeds.some(({ binding }) => mayMean(binding.selector, hint));
}

async function passOnce(
  environment: Environment,
  request: Request,
  reporter: Reporter,
  bound: BoundGroup,
  firstProofMs: ReadonlyMap<string, number>,
): Promise<Pass> {
  const { clock, cache } = environment;
  const caller = openCaller(environment, request);
  const startedAtMs = clock.now();
  const { trigger } = request;
  const hints = hintsFor(environment, bound, request.hints);
  const pass = await reconcile({ bound, hints, trigger, firstProofMs, caller, clock, cache });
  reporter.passed(bound, pass, { startedAtMs, endedAtMs: clock.now(), trigger, hints: hints.length, calls: caller.calls });
  return pass;
}

/** Passes on one group keep their distance: a burst of batches must not become a burst of reads. */
async function waitForInterval({ clock, cache }: Environment, group: TargetGroupArn): Promise<void> {
  const waitMs = groupCache(cache, group).lastPassAtMs + PASS_INTERVAL_MS - clock.now();
  if (waitMs > 0) await clock.sleep(waitMs);
}

async function auditDrain(
  environment: Environment,
  request: Request,
  reporter: Reporter,
  bound: BoundGroup,
  pass: Pass,
): Promise<void> {
  const { clock } = environment;
  const cache = groupCache(environment.cache, bound.group.arn);
  const isDue = clock.now() - cache.drainAuditedAtMs >= DRAIN_AUDIT_INTERVAL_MS;
  const hasTime = clock.now() + PASS_TIME_MS < request.deadlineMs;
  if (pass.snapshot === undefined || pass.isUnfinished || !isDue || !hasTime) return;
  const caller = openCaller(environment, request);
  const serving = [...pass.snapshot.tasks.values()].filter(isServing);
  const findings = await readDrainFindings(
    caller,
    bound.group,
    serving.map((task) => task.definition),
  );
  if (findings !== undefined) cache.drainAuditedAtMs = clock.now();
  reporter.found(bound.group.name, findings ?? [], [], caller.calls);
}
