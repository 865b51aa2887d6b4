/** Reads the tasks behind a group into a snapshot: the lists, what the lists leave open, and once in a while the stopped ones. */

import { type Selector, selectorKey, selects } from '../core/binding.ts';
import type { Failure } from '../core/failure.ts';
import {
  type Feed,
  type Snapshot,
  type TaskReference,
  type TasksToDescribe,
  tasksToDescribe,
  unexplainedAddresses,
} from '../core/snapshot.ts';
import type { Target } from '../core/target.ts';
import type { Task } from '../core/task.ts';
import type { Address, TaskArn } from '../core/values.ts';
import { type Cache, groupCache, noteListed } from './cache.ts';
import type { PassContext } from './context.ts';
import { describeTasks, listTasks } from './reads.ts';

/**
 * The stopped list is read for an unexplained address, once more after this time, and then at this interval. A list that is behind
 * leaves out a task that stopped a moment ago, and one of several pages may do so in its seams: were the first answer the last word
 * for a quarter of an hour, the target of such a task would stay as long where its events are lost.
 */
const SEARCH_AGAIN_AFTER_MS = 30_000;
const SEARCH_INTERVAL_MS = 900_000;

const NEVER_SEARCHED = { atMs: Number.NEGATIVE_INFINITY, times: 0 };

export interface Reading {
  readonly snapshot: Snapshot;
  readonly failures: readonly Failure[];
  /** When the running lists began to be read a second time, right before the writes; undefined where they were not. */
  readonly confirmedAtMs: number | undefined;
}

/** Lists the running tasks of every feed and describes those that matter. */
export async function readSnapshot(context: PassContext, targets: readonly Target[]): Promise<Reading> {
  const { bound, cache, clock, hints } = context;
  const { feeds, failures } = await readFeeds(context);
  for (const feed of feeds) noteListed(cache, feed.listed, clock.now());
  const tasks = recall(
    cache,
    feeds,
    hints.map((hint) => hint.task),
  );
  const { absentAtMs } = groupCache(cache, bound.group.arn);
  const snapshot = { group: bound.group, targets, feeds, tasks, describedAtMs: new Map<TaskArn, number>(), absentAtMs };
  return describeInto(context, { snapshot, failures, confirmedAtMs: undefined }, tasksToDescribe(snapshot, hints));
}

/**
 * Reads the running lists once more, and what they bring up. The second look does this right before it removes anything: a
 * task that got the address while the first lists were read would otherwise be found out too late.
 */
export async function readTasksAgain(context: PassContext, earlier: Reading): Promise<Reading> {
  const confirmedAtMs = context.clock.now();
  const again = await readSnapshot(context, earlier.snapshot.targets);
  return { ...again, failures: [...earlier.failures, ...again.failures], confirmedAtMs };
}

/**
 * Looks for the owners of registered addresses that nothing explains among the stopped tasks. This is how a cold environment
 * that no event ever reached still finds the proof for a target whose task stopped within the hour.
 */
export async function searchStopped(context: PassContext, reading: Reading): Promise<Reading> {
  const { bound, cache, clock, caller } = context;
  const group = groupCache(cache, bound.group.arn);
  const { searches } = group;
  const isDue = (address: Address): boolean => {
    const { atMs, times } = searches.get(address) ?? NEVER_SEARCHED;
    return clock.now() - atMs >= (times === 1 ? SEARCH_AGAIN_AFTER_MS : SEARCH_INTERVAL_MS);
  };
  if (!unexplainedAddresses(reading.snapshot).some(isDue)) return reading;
  const answers = await Promise.all(
    distinctSelectors(reading.snapshot.feeds).map(async (selector) => ({
      selector,
      answer: await listTasks(caller, selector, 'STOPPED'),
    })),
  );
  const references = answers.flatMap(({ selector, answer }): TaskReference[] =>
    answer.ok ? answer.value.map((arn) => ({ arn, cluster: selector.cluster })) : [],
  );
  const failures = answers.flatMap(({ answer }) => (answer.ok || answer.failure.kind === 'gone' ? [] : [answer.failure]));
  const unread = references.filter(({ arn }) => !reading.snapshot.describedAtMs.has(arn));
  const found = await describeInto(
    context,
    { ...reading, failures: [...reading.failures, ...failures] },
    {
      known: unread,
      hinted: [],
    },
  );
  // Only a search that read everything settles that an address is foreign.
  if (found.failures.length === 0) {
    const atMs = clock.now();
    const timesOf = (address: Address): number => (searches.get(address) ?? NEVER_SEARCHED).times + 1;
    group.searches = new Map(
      unexplainedAddresses(found.snapshot).map((address) => [address, { atMs, times: timesOf(address) }]),
    );
  }
  return found;
}

async function readFeeds(context: PassContext): Promise<{ readonly feeds: Feed[]; readonly failures: Failure[] }> {
  const { bound, caller } = context;
  const lists = new Map(
    await Promise.all(
      distinctSelectors(bound.feeds).map(
        async (selector) => [selectorKey(selector), await listTasks(caller, selector, 'RUNNING')] as const,
      ),
    ),
  );
  const feeds = bound.feeds.map(({ binding, native }): Feed => {
    const answer = lists.get(selectorKey(binding.selector));
    // Stryker disable next-line OptionalChaining: the selector of every feed has its list.
    if (answer?.ok) return { binding, native, list: 'read', listed: new Set(answer.value) };
    // Stryker disable next-line OptionalChaining: as above.
    const list = answer?.failure.kind === 'gone' ? 'gone' : 'failed';
    return { binding, native, list, listed: new Set() };
  });
  const failures = [...lists.values()].flatMap((answer) =>
    answer.ok || answer.failure.kind === 'gone' ? [] : [answer.failure],
  );
  return { feeds, failures };
}

async function describeInto(context: PassContext, reading: Reading, { known, hinted }: TasksToDescribe): Promise<Reading> {
  const { cache, hints } = context;
  const answers = await Promise.all([describeTasks(context, known), describeTasks(context, hinted, { dropRefused: true })]);
  const describedAtMs = new Map(reading.snapshot.describedAtMs);
  for (const { task, atMs } of answers.flatMap((answer) => answer.described)) describedAtMs.set(task.arn, atMs);
  const { feeds } = reading.snapshot;
  const asked = [...hints.map((hint) => hint.task), ...describedAtMs.keys()];
  return {
    ...reading,
    snapshot: { ...reading.snapshot, tasks: recall(cache, feeds, asked), describedAtMs },
    failures: [...reading.failures, ...answers.flatMap((answer) => answer.failures)],
  };
}

/** What the environment knows of the tasks that a feed may mean, and of those asked about by name. */
function recall(cache: Cache, feeds: readonly Feed[], asked: readonly TaskArn[]): Map<TaskArn, Task> {
  const named = new Set(asked);
  const tasks = new Map<TaskArn, Task>();
  for (const { task } of cache.facts.values()) {
    if (named.has(task.arn) || feeds.some((feed) => selects(feed.binding.selector, task))) tasks.set(task.arn, task);
  }
  return tasks;
}

function distinctSelectors(feeds: readonly { readonly binding: { readonly selector: Selector } }[]): Selector[] {
  return [...new Map(feeds.map(({ binding }) => [selectorKey(binding.selector), binding.selector])).values()];
}
