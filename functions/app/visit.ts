/** One invocation: which groups to visit, which Cloud Map services to check, and what has to come again. */
import { PASS_INTERVAL_MS, PASS_TIME_MS } from '../core/again.ts';
import { type CheckedService, type Configuration, isSurelyUnwired } from '../core/configuration.ts';
import { type Hint, mayMean } from '../core/event.ts';
import { isPassing } from '../core/failure.ts';
import { isAhead } from '../core/snapshot.ts';
import type { TargetGroupArn } from '../core/values.ts';
import type { ReadConfiguration } from './configuration.ts';
import { currentConfiguration, type Environment, isFull, type Observer, type Request } from './environment.ts';
import { checkServices, isLookDue } from './instances.ts';
import { forgetOldFacts } from './memory.ts';
import { type GroupVisit, hintsFor, isMeant, visitGroup } from './visit-group.ts';

/** A configuration that could not be read at all is asked for this often in one invocation. */
const CONFIGURATION_TRIES = 3;

export interface Visit {
  /** Groups whose last pass failed for something that may pass, or whose wiring could not be read. */
  readonly unfinished: readonly TargetGroupArn[];
  /** The hints that have to come again, since a group that they may mean is unfinished. */
  readonly unfinishedHints: ReadonlySet<Hint>;
  /** The hints that mean no group: no line wires their tasks. */
  readonly unwiredHints: ReadonlySet<Hint>;
}

/** Visits each group that a hint may mean, or every group when the schedule or a person asks. */
export async function visit(environment: Environment, request: Request, observer: Observer): Promise<Visit> {
  if (isDealtWith(environment, request)) {
    return { unfinished: [], unfinishedHints: new Set(), unwiredHints: unwiredHints(environment, request) };
  }
  forgetOldFacts(environment.memory, environment.clock.now());
  const visits = new Map<TargetGroupArn, GroupVisit>();
  // What is news is settled before the passes read it.
  const news = newsOf(environment, request);
  const read = await visitGroups(environment, request, observer, visits);
  const due = read.configuration.cloudMapServices.filter(
    (checked) => isFull(request) || (news(checked) && isLookDue(environment, checked)),
  );
  const passes = [...visits.values()].flatMap(({ snapshot }) => snapshot ?? []);
  await checkServices(environment, request, observer, due, passes);
  const isUnread = read.failures.some(isPassing);
  const unfinished = [
    ...[...visits.values()].filter((each) => each.isUnfinished).map(({ group }) => group),
    ...(isUnread ? read.configuration.unread : []),
  ];
  const unfinishedHints = hintsOf(request.hints, read, unfinished);
  return { unfinished, unfinishedHints, unwiredHints: unwiredHints(environment, request) };
}

/** Tells of a Cloud Map service whether an event names it with something new. */
function newsOf(environment: Environment, { hints }: Request): (checked: CheckedService) => boolean {
  const ahead = hints.filter((hint) => isAhead(hint, environment.memory.facts.get(hint.task)?.task));
  return (checked) => ahead.some((hint) => isNamed(checked, hint));
}

function isNamed({ wirings }: CheckedService, hint: Hint): boolean {
  return wirings.some(({ selector }) => mayMean(selector, hint));
}

function unwiredHints({ settings, configuration }: Environment, { hints }: Request): Set<Hint> {
  const read = configuration?.configuration;
  // Stryker disable next-line OptionalChaining: as long as nothing is read, only hints that are surely unwired get here.
  const isUnwired = (hint: Hint): boolean => read?.unread.length === 0 && !isWired(read, hint);
  return new Set(hints.filter((hint) => isSurelyUnwired(settings, hint) || isUnwired(hint)));
}

function isWired({ groups, cloudMapServices }: Configuration, hint: Hint): boolean {
  return groups.some((wired) => isMeant(wired, hint)) || cloudMapServices.some((checked) => isNamed(checked, hint));
}

/** Whether every hint tells what this environment has read and dealt with: then the batch costs no call. */
function isDealtWith(environment: Environment, request: Request): boolean {
  if (isFull(request)) return false;
  const { settings, configuration: read } = environment;
  if (request.hints.every((hint) => isSurelyUnwired(settings, hint))) return true;
  if (read === undefined || read.configuration.unread.length > 0) return false;
  return request.hints.every((hint) => {
    const meant = read.configuration.groups.filter((wired) => isMeant(wired, hint));
    // A hint that means no group by an old copy of the tags may mean one by the present ones; by a young copy, to go on costs nothing.
    if (meant.length === 0) return isSurelyUnwired(settings, hint);
    return meant.every((wired) => hintsFor(environment, wired, [hint]).length === 0);
  });
}

/** Visits the groups that are due, side by side: one whose calls hang must not hold up the others. */
async function visitGroups(
  environment: Environment,
  request: Request,
  observer: Observer,
  visits: Map<TargetGroupArn, GroupVisit>,
): Promise<ReadConfiguration> {
  const { clock } = environment;
  for (let attempt = 1; ; attempt += 1) {
    const read = await currentConfiguration(environment, request, observer);
    const due = read.configuration.groups.filter((wired) => !visits.has(wired.group.arn) && isDue(environment, request, wired));
    const visited = await Promise.all(due.map(({ group }) => visitGroup(environment, request, observer, group.arn)));
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
  wired: ReadConfiguration['configuration']['groups'][number],
): boolean {
  return isFull(request) || hintsFor(environment, wired, request.hints).length > 0;
}

/** The hints that may mean an unfinished group. What an unread group is wired to is not known: it may be any of them. */
function hintsOf(
  hints: readonly Hint[],
  { configuration }: ReadConfiguration,
  unfinished: readonly TargetGroupArn[],
): Set<Hint> {
  const isUnread = configuration.unread.some((arn) => unfinished.includes(arn));
  const wired = configuration.groups.filter(({ group }) => unfinished.includes(group.arn));
  return new Set(hints.filter((hint) => isUnread || wired.some((each) => isMeant(each, hint))));
}
