/** Reads the tasks behind a group into a snapshot, and looks for the owners of targets that nothing explains. */
import { type GroupBinding, type Selector, selectorKey, selects } from '../core/binding.ts';
import type { BoundGroup } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import type { Failure } from '../core/failure.ts';
import { err, ok, problemsOf } from '../core/result.ts';
import {
  isUnproved,
  type ListedBinding,
  type Snapshot,
  type TasksToDescribe,
  tasksToDescribe,
  unexplainedAddresses,
} from '../core/snapshot.ts';
import type { Target } from '../core/target.ts';
import { isLive, isServing, type Task } from '../core/task.ts';
import type { Address, TaskArn } from '../core/values.ts';
import { type GroupCache, groupCache, noteListed } from './cache.ts';
import type { Invocation } from './invocation.ts';

/**
 * The stopped list is searched for an unexplained address, once more after this time, and then at this interval. A list that is
 * behind omits a task that stopped a moment ago, and one of several pages may do so between pages: if the first answer were the last
 * word for a quarter of an hour, the target of such a task would stay as long when its events are lost.
 */
const SEARCH_AGAIN_AFTER_MS = 30_000;
const SEARCH_INTERVAL_MS = 900_000;
/** Pages of stopped tasks that one pass reads of each list. The next pass goes on: a search must not use up the time of an invocation. */
const SEARCH_PAGES_MAX = 10;

const NEVER_SEARCHED = { atMs: Number.NEGATIVE_INFINITY, times: 0 };

/** The group to read, the hints that a pass over it has to settle, and whether its running tasks are listed. */
export interface PassRequest {
  readonly bound: BoundGroup;
  readonly hints: readonly Hint[];
  readonly isListing: boolean;
}

export interface Reading {
  readonly snapshot: Snapshot;
  readonly failures: readonly Failure[];
  /** When the oldest of the running lists began to be read; undefined unless all of them were. */
  readonly listedAtMs: number | undefined;
}

/** A binding with its list, when that began to be read, and why it failed. */
interface List {
  readonly binding: ListedBinding;
  readonly beganAtMs?: number | undefined;
  readonly failure?: Failure | undefined;
}

/**
 * Describes the tasks that matter. A pass that lists sees every running task of every binding. One that does not trusts its hints to
 * name what has changed, and lists only where it cannot prove otherwise that a hinted task is one of the binding's own.
 */
export async function readSnapshot(invocation: Invocation, request: PassRequest, targets: readonly Target[]): Promise<Reading> {
  const { bound, hints, isListing } = request;
  const readAtMs = invocation.clock.now();
  const lists = await Promise.all(
    bound.bindings.map((binding) => (isListing ? listRunning(invocation, binding, readAtMs) : unlisted(invocation, binding))),
  );
  const reading = await describe(invocation, request, targets, lists);
  if (isListing) return reading;
  const { bindings, tasks } = reading.snapshot;
  const hinted = hints.flatMap(({ task }) => tasks.get(task) ?? []);
  const unproved = hinted.filter((task) => isServing(task) && isUnproved(bindings, task));
  if (unproved.length === 0) return reading;
  const proved = await Promise.all(lists.map((list) => prove(invocation, list, unproved, readAtMs)));
  return describe(invocation, request, targets, proved, reading);
}

async function listRunning({ reads, cache, clock }: Invocation, binding: GroupBinding, notBeforeMs: number): Promise<List> {
  const { beganAtMs, answer } = await reads.running(binding.selector, notBeforeMs);
  if (answer.ok) {
    noteListed(cache, answer.value, clock.now());
    return { binding: { ...binding, list: 'read', listed: new Set(answer.value) }, beganAtMs };
  }
  // That a service does not exist is an answer: none of its tasks runs.
  if (answer.problem.kind === 'gone') return { binding: { ...binding, list: 'gone', listed: new Set() }, beganAtMs };
  return { binding: { ...binding, list: 'failed', listed: new Set() }, failure: answer.problem };
}

function unlisted({ cache }: Invocation, binding: GroupBinding): List {
  const learned = cache.deployments.get(selectorKey(binding.selector)) ?? [];
  const deployments = new Set([...binding.deployments, ...learned]);
  return { binding: { ...binding, deployments, list: 'unread', listed: new Set() } };
}

/** Proves that tasks are the binding's own by its service's deployments, which one call reads for ten services, or by its list. */
async function prove(invocation: Invocation, list: List, tasks: readonly Task[], readAtMs: number): Promise<List> {
  const { reads, cache } = invocation;
  const { selector } = list.binding;
  const own = tasks.filter((task) => selects(selector, task));
  if (own.length === 0) return list;
  if (own.every(({ startedBy }) => startedBy.startsWith('ecs-svc/'))) {
    const answer = await reads.service(selector);
    const deployments = new Set(answer.ok ? answer.value?.deployments : []);
    if (own.every(({ startedBy }) => deployments.has(startedBy))) {
      cache.deployments.set(selectorKey(selector), deployments);
      return unlisted(invocation, list.binding);
    }
  }
  return listRunning(invocation, list.binding, readAtMs);
}

async function describe(
  invocation: Invocation,
  { bound, hints }: PassRequest,
  targets: readonly Target[],
  lists: readonly List[],
  earlier?: Reading,
): Promise<Reading> {
  const { cache, reads } = invocation;
  const bindings = lists.map(({ binding }) => binding);
  const { absentAtMs } = groupCache(cache, bound.group.arn);
  const describedAtMs = new Map(earlier?.snapshot.describedAtMs);
  const asked = (): TaskArn[] => [...hints.map((hint) => hint.task), ...describedAtMs.keys()];
  const base = { group: bound.group, targets, bindings, absentAtMs, describedAtMs };
  const before = { ...base, ...cachedTasks(invocation, bindings, asked()) };
  const { known, hinted } = without(tasksToDescribe(before, hints), describedAtMs);
  const answers = await Promise.all([reads.describe(known), reads.describe(hinted, { dropRefused: true })]);
  for (const { task, atMs } of answers.flatMap(({ described }) => described)) describedAtMs.set(task.arn, atMs);
  const begun = lists.map(({ beganAtMs }) => beganAtMs ?? Number.NaN);
  const listedAtMs = Math.min(...begun);
  return {
    snapshot: { ...base, ...cachedTasks(invocation, bindings, asked()) },
    failures: [
      ...new Set([
        ...(earlier?.failures ?? []),
        ...lists.flatMap(({ failure }) => failure ?? []),
        ...answers.flatMap(({ failures }) => failures),
      ]),
    ],
    listedAtMs: Number.isFinite(listedAtMs) ? listedAtMs : undefined,
  };
}

function without({ known, hinted }: TasksToDescribe, described: ReadonlyMap<TaskArn, number>): TasksToDescribe {
  const isOpen = ({ arn }: { readonly arn: TaskArn }): boolean => !described.has(arn);
  return { known: known.filter(isOpen), hinted: hinted.filter(isOpen) };
}

/** What the environment knows of the tasks that a binding may select, and of those asked about by ARN. */
function cachedTasks({ cache }: Invocation, bindings: readonly ListedBinding[], asked: readonly TaskArn[]) {
  const named = new Set(asked);
  const tasks = new Map<TaskArn, Task>();
  const knownStoppedAtMs = new Map<TaskArn, number>();
  for (const { task, stoppedAtMs } of cache.tasks.values()) {
    if (!named.has(task.arn) && !bindings.some(({ selector }) => selects(selector, task))) continue;
    tasks.set(task.arn, task);
    if (stoppedAtMs !== undefined) knownStoppedAtMs.set(task.arn, stoppedAtMs);
  }
  return { tasks, knownStoppedAtMs };
}

export interface Search {
  /** It has more to read, or it has found an owner: another pass is worth its reads. */
  readonly isOpen: boolean;
  readonly failures: readonly Failure[];
}

/**
 * Looks for the owners of unexplained registered addresses among the stopped tasks, some pages at a time. This is how a cold
 * environment that no event ever reached still finds the proof for a target whose task stopped within the hour. Nothing waits for it:
 * a stack whose tasks crash all the time has more stopped tasks than an invocation can read.
 */
export async function searchStopped(invocation: Invocation, { bound }: PassRequest, snapshot: Snapshot): Promise<Search> {
  const { cache, clock, trigger } = invocation;
  const known = groupCache(cache, bound.group.arn);
  const isDue = (address: Address): boolean => {
    const { atMs, times } = known.searches.get(address) ?? NEVER_SEARCHED;
    return clock.now() - atMs >= (times === 1 ? SEARCH_AGAIN_AFTER_MS : SEARCH_INTERVAL_MS);
  };
  const unexplained = unexplainedAddresses(snapshot);
  if (!unexplained.some(isDue)) return { isOpen: false, failures: [] };
  const selectors = distinctSelectors(bound.bindings);
  if (known.searching.size === 0) known.searching = new Map(selectors.map((selector) => [selectorKey(selector), undefined]));
  do {
    const failures = problemsOf(await Promise.all(selectors.map((selector) => searchList(invocation, known, selector))));
    if (failures.length > 0) return { isOpen: false, failures };
    // A check has one pass, and its answer is to be whole.
  } while (trigger === 'check' && isSearching(known));
  const left = unexplainedAddresses({ ...snapshot, ...cachedTasks(invocation, snapshot.bindings, [...snapshot.tasks.keys()]) });
  if (!isSearching(known)) {
    // Only a search that read everything settles that an address is foreign.
    const timesOf = (address: Address): number => (known.searches.get(address) ?? NEVER_SEARCHED).times + 1;
    known.searches = new Map(left.map((address) => [address, { atMs: clock.now(), times: timesOf(address) }]));
    known.searching = new Map();
  }
  return { isOpen: left.length < unexplained.length || isSearching(known), failures: [] };
}

function isSearching({ searching }: GroupCache): boolean {
  return [...searching.values()].some((place) => place !== 'done');
}

/** Reads the next pages of one list of stopped tasks, and describes those that nothing is known of. */
async function searchList({ reads, cache }: Invocation, known: GroupCache, selector: Selector) {
  const key = selectorKey(selector);
  const from = known.searching.get(key);
  if (from === 'done') return ok(null);
  const part = await reads.stopped(selector, from, SEARCH_PAGES_MAX);
  if (!part.ok && part.problem.kind !== 'gone') {
    // A token may have lost its meaning: the next search begins anew.
    known.searching = new Map();
    return part;
  }
  const { tasks, next } = part.ok ? part.value : { tasks: [], next: undefined };
  const unread = tasks.filter((arn) => {
    const entry = cache.tasks.get(arn);
    return entry === undefined || isLive(entry.task);
  });
  const { failures } = await reads.describe(unread.map((arn) => ({ arn, cluster: selector.cluster })));
  const [failure] = failures;
  if (failure !== undefined) return err(failure);
  known.searching = new Map([...known.searching, [key, next ?? 'done']]);
  return ok(null);
}

function distinctSelectors(bindings: readonly { readonly selector: Selector }[]): Selector[] {
  return [...new Map(bindings.map(({ selector }) => [selectorKey(selector), selector])).values()];
}
