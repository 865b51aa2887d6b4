/** One invocation: which groups to visit, which Cloud Map services to check, and what has to come again. */

import { type CheckedService, type Configuration, isSurelyUnbound } from '../core/configuration.ts';
import { type Hint, mayMean } from '../core/event.ts';
import { isPassing } from '../core/failure.ts';
import { PASS_INTERVAL_MS, PASS_TIME_MS } from '../core/next-pass.ts';
import { isAhead } from '../core/snapshot.ts';
import type { TargetGroupArn } from '../core/values.ts';
import { forgetOldTasks } from './cache.ts';
import type { ReadConfiguration } from './configuration.ts';
import { currentConfiguration, type Environment, isFull, type Reporter, type Request } from './environment.ts';
import { checkServices, isLookDue } from './instances.ts';
import { type GroupVisit, hintsFor, isMeant, visitGroup } from './visit-group.ts';

/** A configuration that could not be read at all is asked for this often in one invocation. */
const CONFIGURATION_TRIES = 3;

export interface Visit {
  /** Groups whose last pass failed for something that may pass, or whose binding could not be read. */
  readonly unfinished: readonly TargetGroupArn[];
  /** The hints that have to come again, since a group that they may mean is unfinished. */
  readonly unfinishedHints: ReadonlySet<Hint>;
  /** The hints that mean no group: no line binds their tasks. */
  readonly unboundHints: ReadonlySet<Hint>;
}

/** Visits each group that a hint may mean, or every group when the schedule or a person asks. */
export async function visit(environment: Environment, request: Request, reporter: Reporter): Promise<Visit> {
  if (isDealtWith(environment, request)) {
    return { unfinished: [], unfinishedHints: new Set(), unboundHints: unboundHints(environment, request) };
  }
  forgetOldTasks(environment.cache, environment.clock.now());
  const visits = new Map<TargetGroupArn, GroupVisit>();
  // What is news is settled before the passes read it.
  const news = newsOf(environment, request);
  const read = await visitGroups(environment, request, reporter, visits);
  const due = read.configuration.cloudMapServices.filter(
    (checked) => isFull(request) || (news(checked) && isLookDue(environment, checked)),
  );
  const passes = [...visits.values()].flatMap(({ snapshot }) => snapshot ?? []);
  await checkServices(environment, request, reporter, due, passes);
  const isUnread = read.failures.some(isPassing);
  const unfinished = [
    ...[...visits.values()].filter((each) => each.isUnfinished).map(({ group }) => group),
    ...(isUnread ? read.configuration.unread : []),
  ];
  const unfinishedHints = hintsOf(request.hints, read, unfinished);
  return { unfinished, unfinishedHints, unboundHints: unboundHints(environment, request) };
}

/** Tells of a Cloud Map service whether an event names it with something new. */
function newsOf(environment: Environment, { hints }: Request): (checked: CheckedService) => boolean {
  const ahead = hints.filter((hint) => isAhead(hint, environment.cache.facts.get(hint.task)?.task));
  return (checked) => ahead.some((hint) => isNamed(checked, hint));
}

function isNamed({ bindings }: CheckedService, hint: Hint): boolean {
  return bindings.some(({ selector }) => mayMean(selector, hint));
}

function unboundHints({ settings, configuration }: Environment, { hints }: Request): Set<Hint> {
  const read = configuration?.configuration;
  // Stryker disable next-line OptionalChaining: as long as nothing is read, only hints that are surely unbound get here.
  const isUnbound = (hint: Hint): boolean => read?.unread.length === 0 && !isBound(read, hint);
  return new Set(hints.filter((hint) => isSurelyUnbound(settings, hint) || isUnbound(hint)));
}

function isBound({ groups, cloudMapServices }: Configuration, hint: Hint): boolean {
  return groups.some((bound) => isMeant(bound, hint)) || cloudMapServices.some((checked) => isNamed(checked, hint));
}

/** Whether every hint tells what this environment has read and dealt with: then the batch costs no call. */
function isDealtWith(environment: Environment, request: Request): boolean {
  if (isFull(request)) return false;
  const { settings, configuration: read } = environment;
  if (request.hints.every((hint) => isSurelyUnbound(settings, hint))) return true;
  if (read === undefined || read.configuration.unread.length > 0) return false;
  return request.hints.every((hint) => {
    const meant = read.configuration.groups.filter((bound) => isMeant(bound, hint));
    // A hint that means no group by an old copy of the tags may mean one by the present ones; by a young copy, to go on costs nothing.
    if (meant.length === 0) return isSurelyUnbound(settings, hint);
    return meant.every((bound) => hintsFor(environment, bound, [hint]).length === 0);
  });
}

/** Visits the groups that are due, side by side: one whose calls hang must not hold up the others. */
async function visitGroups(
  environment: Environment,
  request: Request,
  reporter: Reporter,
  visits: Map<TargetGroupArn, GroupVisit>,
): Promise<ReadConfiguration> {
  const { clock } = environment;
  for (let attempt = 1; ; attempt += 1) {
    const read = await currentConfiguration(environment, request, reporter);
    const due = read.configuration.groups.filter((bound) => !visits.has(bound.group.arn) && isDue(environment, request, bound));
    const visited = await Promise.all(due.map(({ group }) => visitGroup(environment, request, reporter, group.arn)));
    for (const each of visited) visits.set(each.group, each);
    const isHopeless = read.configuration.unread.length === 0 || !read.failures.some(isPassing);
    const hasTime = clock.now() + PASS_INTERVAL_MS + PASS_TIME_MS < request.deadlineMs;
    if (isHopeless || attempt === CONFIGURATION_TRIES || !hasTime) return read;
    await clock.sleep(PASS_INTERVAL_MS);
  }
}

function isDue(
  environment: Environment,
  request: Request,
  bound: ReadConfiguration['configuration']['groups'][number],
): boolean {
  return isFull(request) || hintsFor(environment, bound, request.hints).length > 0;
}

/** The hints that may mean an unfinished group. What an unread group is bound to is not known: it may be any of them. */
function hintsOf(
  hints: readonly Hint[],
  { configuration }: ReadConfiguration,
  unfinished: readonly TargetGroupArn[],
): Set<Hint> {
  const isUnread = configuration.unread.some((arn) => unfinished.includes(arn));
  const bound = configuration.groups.filter(({ group }) => unfinished.includes(group.arn));
  return new Set(hints.filter((hint) => isUnread || bound.some((each) => isMeant(each, hint))));
}
