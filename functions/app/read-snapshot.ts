/** Reads the tasks behind a group into a snapshot. */
import { type GroupBinding, selectorKey, selects } from '../core/binding.ts';
import type { Hint } from '../core/event.ts';
import type { Failure } from '../core/failure.ts';
import { distinctBy } from '../core/order.ts';
import { problemsOf } from '../core/result.ts';
import {
  doubtfulOwners,
  isUnproved,
  type ListedBinding,
  type Snapshot,
  type TasksToDescribe,
  tasksToDescribe,
} from '../core/snapshot.ts';
import type { Target } from '../core/target.ts';
import { definitionKey, isLive, isServing, type Task } from '../core/task.ts';
import type { TaskArn } from '../core/values.ts';
import type { GroupInvocation } from './invocation.ts';

/** What a pass has read, the hints that it has to settle, and whether it lists the running tasks. */
export interface PassRequest {
  readonly targets: readonly Target[];
  readonly hints: readonly Hint[];
  readonly isListing: boolean;
}

export interface SnapshotReading {
  readonly snapshot: Snapshot & { readonly held: ReadonlySet<TaskArn> };
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

type Asked = readonly TaskArn[];

/** Reads the tasks behind one group, for one invocation. */
export class TaskReader {
  readonly #group: Pick<GroupInvocation, 'bound' | 'known' | 'cache' | 'clock' | 'reads'>;

  constructor(group: Pick<GroupInvocation, 'bound' | 'known' | 'cache' | 'clock' | 'reads'>) {
    this.#group = group;
  }

  /**
   * Describes the tasks that matter. A pass that lists sees every running task of every binding. One that does not trusts its hints to
   * name what has changed, and lists only where it cannot prove otherwise that a hinted task is one of the binding's own.
   */
  async read(request: PassRequest): Promise<SnapshotReading> {
    const { hints, isListing } = request;
    const { bound, clock } = this.#group;
    const readAtMs = clock.now();
    const lists = await Promise.all(
      bound.bindings.map((binding) => (isListing ? this.#listRunning(binding, readAtMs) : this.#unlisted(binding))),
    );
    const reading = await this.#describe(request, lists);
    if (isListing) return reading;
    const { bindings, tasks, held } = reading.snapshot;
    const named = new Set(hints.map(({ task }) => task));
    const hinted = [...tasks.values()].filter(({ arn }) => named.has(arn));
    const unproved = hinted.filter((task) => isServing(task) && isUnproved(bindings, task));
    // Only a list tells whether others serve: without one, every task that is put on hold would look like the last.
    const isHolding = hinted.some((task) => held.has(task.arn) && isLive(task) && isSelected(bindings, task));
    if (unproved.length === 0 && !isHolding) {
      return doubtfulOwners(reading.snapshot).length === 0 ? reading : this.#describe(request, lists, reading);
    }
    const proved = await Promise.all(
      lists.map((list) => (isHolding ? this.#listRunning(list.binding, readAtMs) : this.#prove(list, unproved, readAtMs))),
    );
    return this.#describe(request, proved, reading);
  }

  /** The snapshot with what the environment has learned of tasks since it was read. */
  upToDate(snapshot: Snapshot): Snapshot {
    return { ...snapshot, ...this.#cachedTasks(snapshot.bindings, [...snapshot.tasks.keys()]) };
  }

  async #listRunning(binding: GroupBinding, notBeforeMs: number): Promise<List> {
    const { reads, cache, clock } = this.#group;
    const { beganAtMs, answer } = await reads.running(binding.selector, notBeforeMs);
    if (answer.ok) {
      cache.noteListed(answer.value, clock.now());
      return { binding: { ...binding, list: 'read', listed: new Set(answer.value) }, beganAtMs };
    }
    // That a service does not exist is an answer: none of its tasks runs.
    if (answer.problem.kind === 'gone') return { binding: { ...binding, list: 'gone', listed: new Set() }, beganAtMs };
    return { binding: { ...binding, list: 'failed', listed: new Set() }, failure: answer.problem };
  }

  #unlisted(binding: GroupBinding): List {
    const learned = this.#group.cache.deployments.get(selectorKey(binding.selector)) ?? [];
    const deployments = new Set([...binding.deployments, ...learned]);
    return { binding: { ...binding, deployments, list: 'unread', listed: new Set() } };
  }

  /** Proves that tasks are the binding's own by its service's deployments, which one call reads for ten services, or by its list. */
  async #prove(list: List, tasks: readonly Task[], readAtMs: number): Promise<List> {
    const { reads, cache } = this.#group;
    const { selector } = list.binding;
    const own = tasks.filter((task) => selects(selector, task));
    if (own.length === 0) return list;
    if (own.every(({ startedBy }) => startedBy.startsWith('ecs-svc/'))) {
      const answer = await reads.service(selector);
      const deployments = new Set(answer.ok ? answer.value?.deployments : undefined);
      if (own.every(({ startedBy }) => deployments.has(startedBy))) {
        cache.deployments.set(selectorKey(selector), deployments);
        return this.#unlisted(list.binding);
      }
    }
    return this.#listRunning(list.binding, readAtMs);
  }

  async #describe(
    { hints, targets }: PassRequest,
    lists: readonly List[],
    earlier?: SnapshotReading,
  ): Promise<SnapshotReading> {
    const { cache, reads, bound, known: group } = this.#group;
    const { absentAtMs, zoneForms } = group;
    const bindings = lists.map(({ binding }) => binding);
    const describedAtMs = new Map(earlier?.snapshot.describedAtMs);
    const asked = (): Asked => [...hints.map((hint) => hint.task), ...describedAtMs.keys()];
    const base = {
      group: bound.group,
      targets,
      bindings,
      absentAtMs,
      describedAtMs,
      zoneForms,
      definitions: cache.definitions,
    };
    const definitionFailures = await this.#readDefinitions(bindings, asked());
    const before = { ...base, ...this.#cachedTasks(bindings, asked()) };
    const { known, hinted } = tasksToDescribe(before, hints);
    const open = known.filter(({ arn }) => !describedAtMs.has(arn));
    const answers = await Promise.all([reads.describe(open), reads.describe(hinted, { dropRefused: true })]);
    for (const { task, atMs } of answers.flatMap(({ described }) => described)) describedAtMs.set(task.arn, atMs);
    const late = await reads.describe(learnedMeanwhile(before, { ...base, ...this.#cachedTasks(bindings, asked()) }));
    for (const { task, atMs } of late.described) describedAtMs.set(task.arn, atMs);
    const newDefinitionFailures = await this.#readDefinitions(bindings, asked());
    const listedAtMs = Math.min(...lists.map(({ beganAtMs }) => beganAtMs ?? Number.NaN));
    return {
      snapshot: { ...base, ...this.#cachedTasks(bindings, asked()) },
      failures: [
        ...new Set([
          ...(earlier?.failures ?? []),
          ...lists.flatMap(({ failure }) => failure ?? []),
          ...[...answers, late].flatMap(({ failures }) => failures),
          ...definitionFailures,
          ...newDefinitionFailures,
        ]),
      ],
      listedAtMs: Number.isFinite(listedAtMs) ? listedAtMs : undefined,
    };
  }

  /** Reads the definitions that name the ports of live tasks, as far as bindings ask for a port by its name. */
  async #readDefinitions(bindings: readonly ListedBinding[], asked: Asked): Promise<readonly Failure[]> {
    const { cache, reads } = this.#group;
    const named = bindings.filter(({ port }) => typeof port === 'string');
    if (named.length === 0) return [];
    const isOf = (task: Task): boolean => isSelected(named, task) || asked.includes(task.arn);
    const tasks = [...cache.tasks.values()].map(({ task }) => task).filter((task) => task.definition !== '' && isOf(task));
    return problemsOf(await Promise.all(distinctBy(tasks, definitionKey).map((task) => reads.definition(task))));
  }

  /** What the environment knows of the tasks that a binding may select, and of those asked about by ARN. */
  #cachedTasks(bindings: readonly ListedBinding[], asked: Asked) {
    const { cache } = this.#group;
    const named = new Set(asked);
    const tasks = new Map<TaskArn, Task>();
    const knownStoppedAtMs = new Map<TaskArn, number>();
    const held = new Set<TaskArn>();
    for (const { task, stoppedAtMs, isHeld } of cache.tasks.values()) {
      if (!named.has(task.arn) && !isSelected(bindings, task)) continue;
      tasks.set(task.arn, task);
      if (stoppedAtMs !== undefined) knownStoppedAtMs.set(task.arn, stoppedAtMs);
      // What the search by tag has found is described before anything follows from it.
      if (isHeld || cache.holds.has(task.arn)) held.add(task.arn);
    }
    return { tasks, knownStoppedAtMs, held };
  }
}

function isSelected(bindings: readonly GroupBinding[], task: Task): boolean {
  return bindings.some(({ selector }) => selects(selector, task));
}

/**
 * Tasks that matter here and that nobody knew of when this pass asked: the search of another group has found them since. Not described in this
 * pass, the owner of a dead target would explain it and yet be no proof, and the target would stay until the next schedule.
 */
function learnedMeanwhile(before: Snapshot, after: Snapshot): TasksToDescribe['known'] {
  const isNew = (arn: TaskArn): boolean => !before.tasks.has(arn) && !after.describedAtMs.has(arn);
  const learned = new Set([...after.tasks.keys()].filter(isNew));
  // Stryker disable next-line ConditionalExpression: saves time only. As a rule there is none, and thousands of tasks need not be looked at again.
  if (learned.size === 0) return [];
  // Stryker disable next-line ArrayDeclaration: a hint at a task that nobody knows adds nothing to those that are known.
  return tasksToDescribe(after, []).known.filter(({ arn }) => learned.has(arn));
}
