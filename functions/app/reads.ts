/** Reads of whole things, however many calls they take: every page of a list, every chunk of a description. */
import { chunks, DESCRIBE_TASKS_MAX, halves } from '../core/batches.ts';
import { describeSelector, type Selector } from '../core/binding.ts';
import type { Instance } from '../core/cloud-map/instance.ts';
import type { Answer, Failure } from '../core/failure.ts';
import { err, ok } from '../core/result.ts';
import type { TaskReference } from '../core/snapshot.ts';
import type { Task } from '../core/task.ts';
import { type CloudMapServiceArn, type ClusterArn, cloudMapServiceIdOf, type TaskArn } from '../core/values.ts';
import { learn } from './cache.ts';
import type { Caller } from './caller.ts';
import type { Invocation } from './invocation.ts';
import type { Page } from './ports.ts';

/** More pages than any list can have (5,000 tasks a service, 1,000 instances a service): a token that repeats for ever ends here. */
const PAGES_MAX = 200;

/** A description and when the answer that holds it arrived. */
export interface Described {
  readonly task: Task;
  readonly atMs: number;
}

/** The tasks that ECS lists for the selector. A list is whole or it has failed: a missing page would look like missing tasks. */
export function listTasks(
  caller: Caller,
  selector: Selector,
  desired: 'RUNNING' | 'STOPPED',
): Promise<Answer<readonly TaskArn[]>> {
  const resource = `${describeSelector(selector)} (${desired})`;
  return allPages(resource, 'ListTasks', (nextToken) => caller.read('ListTasks', resource, { selector, desired, nextToken }));
}

/** The instances of a Cloud Map service. */
export function listInstances(caller: Caller, service: CloudMapServiceArn): Promise<Answer<readonly Instance[]>> {
  const resource = cloudMapServiceIdOf(service);
  return allPages(resource, 'ListInstances', (nextToken) => caller.read('ListInstances', resource, { service, nextToken }));
}

/**
 * Descriptions of the tasks, as far as ECS gives them. What an answer tells is learned as it arrives: the pass of another
 * group may be about to write, and must not do so on less than the environment has read.
 *
 * A task without a description is unknown, which is not the same as stopped: DescribeTasks answers 200 and names it among its
 * failures as MISSING, also while its own copy is only behind.
 */
export async function describeTasks(
  invocation: Invocation,
  tasks: readonly TaskReference[],
  how?: { readonly dropRefused: true },
): Promise<{ readonly described: readonly Described[]; readonly failures: readonly Failure[] }> {
  const clusters = Map.groupBy(tasks, (task) => task.cluster);
  const pieces = [...clusters].flatMap(([cluster, members]) =>
    chunks(
      members.map((member) => member.arn),
      DESCRIBE_TASKS_MAX,
    ).map((arns) => describeChunk(invocation, cluster, arns, how)),
  );
  const answers = (await Promise.all(pieces)).flat();
  return {
    described: answers.flatMap((answer) => (answer.ok ? answer.value : [])),
    failures: answers.flatMap((answer) => (answer.ok ? [] : [answer.problem])),
  };
}

async function describeChunk(
  invocation: Invocation,
  cluster: ClusterArn,
  tasks: readonly TaskArn[],
  how?: { readonly dropRefused: true },
): Promise<Answer<readonly Described[]>[]> {
  const { caller, clock, cache } = invocation;
  const answer = await caller.read('DescribeTasks', `${tasks.length} tasks of ${cluster}`, { cluster, tasks });
  if (answer.ok) {
    const atMs = clock.now();
    for (const task of answer.value) learn(cache, task, atMs);
    return [ok(answer.value.map((task) => ({ task, atMs })))];
  }
  // An id from outside, such as one of a forged message, may be one that ECS does not take: it is refused together with the
  // whole chunk. Alone it is nobody's loss. But tasks that ECS itself has listed are never dropped: what is not read of them
  // is a failed read, and holds back every removal.
  if (answer.problem.kind !== 'refused' || how?.dropRefused !== true) return [answer];
  if (tasks.length === 1) return [];
  const [first, second] = halves(tasks);
  return [
    ...(await describeChunk(invocation, cluster, first, how)),
    ...(await describeChunk(invocation, cluster, second, how)),
  ];
}

async function allPages<Item>(
  resource: string,
  operation: string,
  readPage: (nextToken: string | undefined) => Promise<Answer<Page<Item>>>,
): Promise<Answer<readonly Item[]>> {
  const items: Item[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await readPage(nextToken);
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    nextToken = answer.value.nextToken;
    if (nextToken === undefined) return ok(items);
  }
  return err({ kind: 'unexpected', operation, resource, message: `the list did not end after ${PAGES_MAX} pages` });
}
