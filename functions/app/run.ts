/** One invocation: which groups to reconcile, which Cloud Map services to check, and which hints have to come again. */

import { HOLD, TAG } from '../core/binding-sources.ts';
import type { InstanceService } from '../core/cloud-map/instance.ts';
import {
  type BoundGroup,
  bindingText,
  type Configuration,
  isMeant,
  isSurelyUnbound,
  pauseFindings,
} from '../core/configuration.ts';
import { type Hint, mayMean } from '../core/event.ts';
import { isPassing } from '../core/failure.ts';
import { PASS_INTERVAL_MS, PASS_TIME_MS } from '../core/next-pass.ts';
import { problemsOf, valuesOf } from '../core/result.ts';
import { isAhead } from '../core/snapshot.ts';
import { arnParts, parseTaskArn, placeKey, type TargetGroupArn } from '../core/values.ts';
import { allPages } from './caller.ts';
import { checkServices, isCheckDue } from './check-cloud-map.ts';
import {
  beginInvocation,
  type Check,
  currentConfiguration,
  type Environment,
  forGroup,
  type Invocation,
  isFull,
  openHints,
  type Reporter,
  type Request,
  type RunStatus,
  type Standing,
} from './invocation.ts';
import type { ReadConfiguration } from './read-configuration.ts';
import { type Reconciled, reconcileGroup } from './reconcile-group.ts';

/** How often an unreadable configuration is read within one invocation. */
const CONFIGURATION_TRIES = 3;

export interface Run {
  /** Groups whose last pass failed for a reason that may pass, or whose bindings could not be read. */
  readonly unfinished: readonly TargetGroupArn[];
  /** The hints that have to come again, since a group that they may mean is unfinished. */
  readonly unfinishedHints: ReadonlySet<Hint>;
  /** The hints that mean no group: no binding selects their tasks. */
  readonly unboundHints: ReadonlySet<Hint>;
}

/** Reconciles each group that a hint may mean, or every group if the schedule or a person asks. */
export async function run(environment: Environment, request: Request, reporter: Reporter): Promise<Run> {
  const invocation = beginInvocation(environment, request, reporter);
  if (isSettled(invocation)) return { unfinished: [], unfinishedHints: new Set(), unboundHints: unboundHints(invocation) };
  invocation.cache.forgetOldTasks(invocation.clock.now());
  // Decide which hints are new before the passes update the cache.
  const hasNews = newsOf(invocation);
  if (isFull(request)) await searchHolds(invocation);
  const done = await reconcileGroups(invocation);
  const { read, reconciled } = done;
  const due = read.configuration.cloudMapServices.filter(
    (service) => isFull(request) || (hasNews(service) && isCheckDue(invocation, service)),
  );
  const checks = await checkServices(
    invocation,
    due,
    reconciled.flatMap(({ snapshot }) => snapshot ?? []),
  );
  reporter.ended(statusOf(invocation, done, checks));
  const unfinished = [
    ...reconciled.filter((each) => each.isUnfinished).map(({ group }) => group),
    ...(read.failures.some(isPassing) ? read.configuration.unread : []),
  ];
  const isLost = read.configuration.isUndiscovered && read.failures.some(isPassing);
  return {
    unfinished,
    unfinishedHints: isLost ? new Set(request.hints) : unfinishedHints(request.hints, read.configuration, unfinished),
    unboundHints: unboundHints(invocation),
  };
}

/** Whether an event names the Cloud Map service with something new. */
function newsOf({ hints, cache }: Invocation): (service: InstanceService) => boolean {
  const ahead = hints.filter((hint) => isAhead(hint, cache.tasks.get(hint.task)?.task));
  return (service) => ahead.some((hint) => isNamed(service, hint));
}

function isNamed({ bindings }: InstanceService, hint: Hint): boolean {
  return bindings.some(({ selector }) => mayMean(selector, hint));
}

function unboundHints({ environment, hints }: Invocation): Set<Hint> {
  const { settings, configuration } = environment;
  const read = configuration?.configuration;
  const isUnbound = (hint: Hint): boolean => isWhole(read) && !isBound(read, hint);
  return new Set(hints.filter((hint) => isSurelyUnbound(settings, hint) || isUnbound(hint)));
}

function isBound({ groups, cloudMapServices }: Configuration, hint: Hint): boolean {
  return groups.some((bound) => isMeant(bound, hint)) || cloudMapServices.some((service) => isNamed(service, hint));
}

/** Whether this environment has read and settled what every hint says: then the batch costs no call. */
function isSettled(invocation: Invocation): boolean {
  if (isFull(invocation) || invocation.areTagsChanged) return false;
  const { environment, hints } = invocation;
  const { settings, configuration } = environment;
  if (hints.every((hint) => isSurelyUnbound(settings, hint))) return true;
  const read = configuration?.configuration;
  if (!isWhole(read)) return false;
  return hints.every((hint) => {
    const meant = read.groups.filter((bound) => isMeant(bound, hint));
    // A hint that means no group by an old copy of the tags may mean one by the present ones.
    if (meant.length === 0) return isSurelyUnbound(settings, hint);
    return meant.every((bound) => openHints(invocation, bound, [hint]).length === 0);
  });
}

interface Done {
  readonly read: ReadConfiguration;
  readonly reconciled: readonly Reconciled[];
}

/**
 * Reconciles the groups that are due, side by side: one whose calls hang must not hold up the others. A full run begins where the last
 * one had to stop.
 */
async function reconcileGroups(invocation: Invocation): Promise<Done> {
  const { clock, deadlineMs, cache } = invocation;
  const reconciled = new Map<TargetGroupArn, Reconciled>();
  const first = cache.resumeAt;
  if (isFull(invocation)) cache.resumeAt = undefined;
  for (let attempt = 1; ; attempt += 1) {
    const read = await currentConfiguration(invocation);
    const due = read.configuration.groups.filter((bound) => !reconciled.has(bound.group.arn) && isDue(invocation, bound));
    const ordered = isFull(invocation) ? rotated(due, first) : due;
    const done = await Promise.all(ordered.map((bound) => reconcileGroup(forGroup(invocation, bound))));
    for (const each of done) reconciled.set(each.group, each);
    const isHopeless = isWhole(read.configuration) || !read.failures.some(isPassing);
    const hasTime = clock.now() + PASS_INTERVAL_MS + PASS_TIME_MS < deadlineMs;
    if (isHopeless || attempt === CONFIGURATION_TRIES || !hasTime) return { read, reconciled: [...reconciled.values()] };
    await clock.sleep(PASS_INTERVAL_MS);
  }
}

function rotated(groups: readonly BoundGroup[], first: TargetGroupArn | undefined): readonly BoundGroup[] {
  const index = Math.max(
    0,
    groups.findIndex(({ group }) => group.arn === first),
  );
  return [...groups.slice(index), ...groups.slice(0, index)];
}

function isDue(invocation: Invocation, bound: BoundGroup): boolean {
  if (isFull(invocation) || openHints(invocation, bound).length > 0) return true;
  const known = invocation.cache.group(bound.group.arn);
  return invocation.areTagsChanged === true && known.binding !== bindingText(bound);
}

/** Whether everything is known that decides which tasks are bound. */
function isWhole(read: Configuration | undefined): read is Configuration {
  return read?.unread.length === 0 && !read.isUndiscovered;
}

/**
 * Finds the tasks that are on hold. A changed tag comes as an event as well; this is for one that was lost, and for a new environment.
 * A search that fails leaves what is known: nobody is put back or taken out for it.
 */
async function searchHolds({ environment, cache, caller, reporter }: Invocation): Promise<void> {
  const groups = environment.configuration?.configuration.groups ?? [];
  const clusters = groups.flatMap(({ bindings }) => bindings.map(({ selector }) => selector.cluster));
  const places = new Map(clusters.map((cluster) => [placeKey(arnParts(cluster)), cluster]));
  const answers = await Promise.all(
    [...places.values()].map((cluster) => {
      const input = { types: ['ecs:task'], tagValue: HOLD, cluster };
      const resource = `tasks with the tag ${TAG}=${HOLD}`;
      return allPages(resource, 'GetResources', (nextToken) => caller.read('GetResources', resource, { ...input, nextToken }));
    }),
  );
  const failures = problemsOf(answers);
  if (failures.length === 0) cache.holds = new Set(valuesOf(valuesOf(answers).flat().map(parseTaskArn)));
  else reporter.checked({ subject: 'tasks on hold', findings: [], failures });
}

function statusOf(invocation: Invocation, { read, reconciled }: Done, checks: readonly Check[]): RunStatus {
  const { cache, caller, clock, beganAtMs, trigger } = invocation;
  const { groups } = read.configuration;
  return {
    trigger,
    tookMs: clock.now() - beganAtMs,
    groups: groups.length,
    reconciled: reconciled.length,
    inStep: reconciled.filter(({ group, snapshot }) => snapshot !== undefined && cache.group(group).open.size === 0).length,
    calls: caller.calls,
    standing: isFull(invocation) ? standingOf(invocation, read, checks) : undefined,
  };
}

function standingOf(
  { cache, clock, beganAtMs }: Invocation,
  { configuration, copies }: ReadConfiguration,
  checks: readonly Check[],
): Standing {
  const nowMs = clock.now();
  const arns = [...configuration.groups.map(({ group }) => group.arn), ...configuration.unread];
  const known = arns.map((arn) => cache.group(arn));
  for (const each of known) each.noteFullRun(beganAtMs);
  return {
    findings: [
      ...configuration.findings,
      ...pauseFindings(copies.pausedSinceMs, nowMs),
      ...known.flatMap(({ findings, settingsFindings }) => [...findings, ...settingsFindings]),
      ...checks.flatMap(({ findings }) => findings),
    ],
    driftAgeMs: Math.max(0, ...known.map((each) => each.driftAgeMs(nowMs))),
  };
}

/** The hints that may mean an unfinished group. What an unread group is bound to is not known: it may be any of them. */
function unfinishedHints(
  hints: readonly Hint[],
  { groups, unread }: Configuration,
  unfinished: readonly TargetGroupArn[],
): Set<Hint> {
  const isUnread = unread.some((arn) => unfinished.includes(arn));
  const bound = groups.filter(({ group }) => unfinished.includes(group.arn));
  return new Set(hints.filter((hint) => isUnread || bound.some((each) => isMeant(each, hint))));
}
