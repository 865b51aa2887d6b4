/** Reads the tasks behind a group into a snapshot: the running lists, descriptions of the tasks that matter, and rarely the stopped list. */
import { type Selector, selectorKey, selects } from '../core/binding.ts';
import type { BoundGroup } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import type { Failure } from '../core/failure.ts';
import {
  type ListedBinding,
  type Snapshot,
  type TaskReference,
  type TasksToDescribe,
  tasksToDescribe,
  unexplainedAddresses,
} from '../core/snapshot.ts';
import type { Target } from '../core/target.ts';
import type { Task } from '../core/task.ts';
import type { Address, TaskArn } from '../core/values.ts';
import { groupCache, noteListed } from './cache.ts';
import type { Invocation } from './invocation.ts';
import { describeTasks, listTasks } from './reads.ts';

/**
 * The stopped list is read for an unexplained address, once more after this time, and then at this interval. A list that is behind
 * omits a task that stopped a moment ago, and one of several pages may do so between pages: if the first answer were the last word
 * for a quarter of an hour, the target of such a task would stay as long when its events are lost.
 */
const SEARCH_AGAIN_AFTER_MS = 30_000;
const SEARCH_INTERVAL_MS = 900_000;

const NEVER_SEARCHED = { atMs: Number.NEGATIVE_INFINITY, times: 0 };

/** The group to read, and the hints that a pass over it has to settle. */
export interface PassRequest {
  readonly bound: BoundGroup;
  readonly hints: readonly Hint[];
}

export interface Reading {
  readonly snapshot: Snapshot;
  readonly failures: readonly Failure[];
  /** When the running lists began to be read a second time, right before the writes; undefined if they were not. */
  readonly confirmedAtMs: number | undefined;
}

/** Lists the running tasks of every binding and describes those that matter. */
export async function readSnapshot(invocation: Invocation, request: PassRequest, targets: readonly Target[]): Promise<Reading> {
  const { cache, clock } = invocation;
  const { bound, hints } = request;
  const { bindings, failures } = await readLists(invocation, bound);
  for (const binding of bindings) noteListed(cache, binding.listed, clock.now());
  const snapshot = {
    group: bound.group,
    targets,
    bindings,
    tasks: cachedTasks(
      invocation,
      bindings,
      hints.map((hint) => hint.task),
    ),
    describedAtMs: new Map<TaskArn, number>(),
    absentAtMs: groupCache(cache, bound.group.arn).absentAtMs,
  };
  const reading = { snapshot, failures, confirmedAtMs: undefined };
  return describeInto(invocation, hints, reading, tasksToDescribe(snapshot, hints));
}

/**
 * Reads the running lists once more, and what they bring up. A confirmation does this right before it removes anything: a task that
 * got the address while the first lists were read would otherwise be found too late.
 */
export async function readTasksAgain(invocation: Invocation, request: PassRequest, earlier: Reading): Promise<Reading> {
  const confirmedAtMs = invocation.clock.now();
  const again = await readSnapshot(invocation, request, earlier.snapshot.targets);
  return { ...again, failures: [...earlier.failures, ...again.failures], confirmedAtMs };
}

/**
 * Looks for the owners of unexplained registered addresses among the stopped tasks. This is how a cold environment that no event
 * ever reached still finds the proof for a target whose task stopped within the hour.
 */
export async function searchStopped(invocation: Invocation, { bound, hints }: PassRequest, reading: Reading): Promise<Reading> {
  const { cache, clock, caller } = invocation;
  const known = groupCache(cache, bound.group.arn);
  const { searches } = known;
  const isDue = (address: Address): boolean => {
    const { atMs, times } = searches.get(address) ?? NEVER_SEARCHED;
    return clock.now() - atMs >= (times === 1 ? SEARCH_AGAIN_AFTER_MS : SEARCH_INTERVAL_MS);
  };
  if (!unexplainedAddresses(reading.snapshot).some(isDue)) return reading;
  const answers = await Promise.all(
    distinctSelectors(bound.bindings).map(async (selector) => ({
      selector,
      answer: await listTasks(caller, selector, 'STOPPED'),
    })),
  );
  const references = answers.flatMap(({ selector, answer }): TaskReference[] =>
    answer.ok ? answer.value.map((arn) => ({ arn, cluster: selector.cluster })) : [],
  );
  const failures = answers.flatMap(({ answer }) => (answer.ok || answer.problem.kind === 'gone' ? [] : [answer.problem]));
  const unread = references.filter(({ arn }) => !reading.snapshot.describedAtMs.has(arn));
  const searched = { ...reading, failures: [...reading.failures, ...failures] };
  const found = await describeInto(invocation, hints, searched, { known: unread, hinted: [] });
  // Only a search that read everything settles that an address is foreign.
  if (found.failures.length === 0) {
    const atMs = clock.now();
    const timesOf = (address: Address): number => (searches.get(address) ?? NEVER_SEARCHED).times + 1;
    known.searches = new Map(
      unexplainedAddresses(found.snapshot).map((address) => [address, { atMs, times: timesOf(address) }]),
    );
  }
  return found;
}

async function readLists(
  { caller }: Invocation,
  { bindings }: BoundGroup,
): Promise<{ readonly bindings: ListedBinding[]; readonly failures: Failure[] }> {
  const lists = new Map(
    await Promise.all(
      distinctSelectors(bindings).map(
        async (selector) => [selectorKey(selector), await listTasks(caller, selector, 'RUNNING')] as const,
      ),
    ),
  );
  const listed = bindings.map((binding): ListedBinding => {
    const answer = lists.get(selectorKey(binding.selector));
    if (answer?.ok) return { ...binding, list: 'read', listed: new Set(answer.value) };
    return { ...binding, list: answer?.problem.kind === 'gone' ? 'gone' : 'failed', listed: new Set() };
  });
  const failures = [...lists.values()].flatMap((answer) =>
    answer.ok || answer.problem.kind === 'gone' ? [] : [answer.problem],
  );
  return { bindings: listed, failures };
}

async function describeInto(
  invocation: Invocation,
  hints: readonly Hint[],
  { snapshot, failures, confirmedAtMs }: Reading,
  { known, hinted }: TasksToDescribe,
): Promise<Reading> {
  const answers = await Promise.all([
    describeTasks(invocation, known),
    describeTasks(invocation, hinted, { dropRefused: true }),
  ]);
  const describedAtMs = new Map(snapshot.describedAtMs);
  for (const { task, atMs } of answers.flatMap((answer) => answer.described)) describedAtMs.set(task.arn, atMs);
  const tasks = cachedTasks(invocation, snapshot.bindings, [...hints.map((hint) => hint.task), ...describedAtMs.keys()]);
  return {
    snapshot: { ...snapshot, tasks, describedAtMs },
    failures: [...failures, ...answers.flatMap((answer) => answer.failures)],
    confirmedAtMs,
  };
}

/** What the environment knows of the tasks that a binding may select, and of those asked about by ARN. */
function cachedTasks({ cache }: Invocation, bindings: readonly ListedBinding[], asked: readonly TaskArn[]): Map<TaskArn, Task> {
  const named = new Set(asked);
  const tasks = new Map<TaskArn, Task>();
  for (const { task } of cache.tasks.values()) {
    if (named.has(task.arn) || bindings.some(({ selector }) => selects(selector, task))) tasks.set(task.arn, task);
  }
  return tasks;
}

function distinctSelectors(bindings: readonly { readonly selector: Selector }[]): Selector[] {
  return [...new Map(bindings.map(({ selector }) => [selectorKey(selector), selector])).values()];
}
