/**
 * Reads of whole things, however many calls they take, shared by everything that one invocation does: a list is read once for all
 * groups that its tasks feed, and descriptions that several groups ask for at one moment travel in one call.
 */

import { DESCRIBE_SERVICES_MAX, DESCRIBE_TASKS_MAX, halves } from '../core/batches.ts';
import type { Selector } from '../core/binding.ts';
import { describeSelector, selectorKey } from '../core/binding.ts';
import type { Instance } from '../core/cloud-map/instance.ts';
import type { BoundGroup, DescribedService } from '../core/configuration.ts';
import type { Answer, Failure } from '../core/failure.ts';
import type { RecordEntry } from '../core/ownership.ts';
import { err, ok, problemsOf, valuesOf } from '../core/result.ts';
import type { TaskReference } from '../core/snapshot.ts';
import type { Target } from '../core/target.ts';
import { type Definition, type DescribedTask, definitionKey, type Task } from '../core/task.ts';
import {
  arnParts,
  type CloudMapServiceArn,
  type ClusterArn,
  cloudMapServiceIdOf,
  type TargetGroupArn,
  type TaskArn,
} from '../core/values.ts';
import type { Cache } from './cache.ts';
import { allPages, type Caller } from './caller.ts';
import type { Clock } from './ports.ts';

/** Requests that come within this time of each other share a call. */
const GATHER_MS = 10;
/** A list waits this long at most for the targets of other groups of its service, so that it can serve them all. */
const SHARE_WAIT_MS = 1_000;

/** A list and when its first call left: what happened later may be missing from it. */
export interface RunningList {
  readonly beganAtMs: number;
  readonly answer: Answer<readonly TaskArn[]>;
}

/** A description and when it was asked for. */
interface Described {
  readonly task: Task;
  readonly atMs: number;
}

export interface Descriptions {
  readonly described: readonly Described[];
  readonly failures: readonly Failure[];
}

/** Part of a list of stopped tasks, and where the next part begins; undefined at its end. */
export interface StoppedPart {
  readonly tasks: readonly TaskArn[];
  readonly next: string | undefined;
}

export class Reads {
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #cache: Cache;
  readonly #lists = new Map<string, { readonly beganAtMs: number; readonly list: Promise<RunningList> }>();
  /** Reads of targets in flight, by the selectors that feed the group. */
  readonly #targetsInFlight = new Map<string, Set<Promise<unknown>>>();
  readonly #definitions = new Map<string, Promise<Answer<Definition>>>();
  readonly #known: Gatherer<ClusterArn, TaskArn, Descriptions>;
  readonly #hinted: Gatherer<ClusterArn, TaskArn, Descriptions>;
  readonly #services: Gatherer<ClusterArn, string, Answer<readonly DescribedService[]>>;

  constructor(caller: Caller, clock: Clock, cache: Cache) {
    this.#caller = caller;
    this.#clock = clock;
    this.#cache = cache;
    const gather = (): Promise<void> => clock.sleep(GATHER_MS);
    this.#known = new Gatherer(DESCRIBE_TASKS_MAX, gather, (cluster, take) => this.#describeChunk(cluster, take, false));
    this.#hinted = new Gatherer(DESCRIBE_TASKS_MAX, gather, (cluster, take) => this.#describeChunk(cluster, take, true));
    this.#services = new Gatherer(DESCRIBE_SERVICES_MAX, gather, async (cluster, take) => {
      const settle = () => ({ cluster, names: take() });
      return (await this.#caller.readLate('DescribeServices', `services of ${cluster}`, { cluster, settle })).answer;
    });
  }

  /** The targets of the group. */
  async targets({ group, bindings }: BoundGroup): Promise<Answer<readonly Target[]>> {
    const read = this.#caller.read('DescribeTargetHealth', group.name, { group: group.arn });
    const keys = new Set(bindings.map(({ selector }) => selectorKey(selector)));
    for (const key of keys) this.#inFlight(key).add(read);
    try {
      return await read;
    } finally {
      for (const key of keys) this.#inFlight(key).delete(read);
    }
  }

  /**
   * The running tasks that ECS lists for the selector, as of `notBeforeMs` or later. A list is whole or it has failed: a missing
   * page would look like missing tasks. Targets are read before tasks, for every group: so the list of a service that feeds several
   * groups waits until the targets of all of them are read.
   */
  async running(selector: Selector, notBeforeMs: number): Promise<RunningList> {
    const key = selectorKey(selector);
    const others = [...this.#inFlight(key)];
    if (others.length > 0) await Promise.race([Promise.allSettled(others), this.#clock.sleep(SHARE_WAIT_MS)]);
    const known = this.#lists.get(key);
    if (known !== undefined && known.beganAtMs >= notBeforeMs) return known.list;
    const beganAtMs = this.#clock.now();
    const list = this.#listAll(selector).then((answer) => ({ beganAtMs, answer }));
    this.#lists.set(key, { beganAtMs, list });
    return list;
  }

  /** Up to `pagesMax` pages of the tasks that stopped within the hour, from `from` on. */
  async stopped(selector: Selector, from: string | undefined, pagesMax: number): Promise<Answer<StoppedPart>> {
    const resource = `${describeSelector(selector)} (STOPPED)`;
    const tasks: TaskArn[] = [];
    let next = from;
    for (let page = 0; page < pagesMax; page += 1) {
      const answer = await this.#caller.read('ListTasks', resource, { selector, desired: 'STOPPED', nextToken: next });
      if (!answer.ok) return answer;
      tasks.push(...answer.value.items);
      next = answer.value.nextToken;
      if (next === undefined) break;
    }
    return ok({ tasks, next });
  }

  /**
   * Descriptions of the tasks, as far as ECS gives them. What an answer says is cached as it arrives: the pass of another group may
   * be about to write, and must not do so on less than the environment has read.
   *
   * A task without a description is unknown, which is not the same as stopped: DescribeTasks answers 200 and names it among its
   * failures as MISSING, also while its own copy is only behind.
   *
   * `dropRefused`: one id that ECS does not accept is nobody's loss. Never for tasks that ECS itself listed: what is not read of
   * them is a failed read, and holds back every removal.
   */
  async describe(tasks: readonly TaskReference[], { dropRefused = false } = {}): Promise<Descriptions> {
    const clusters = Map.groupBy(tasks, (task) => task.cluster);
    const gatherer = dropRefused ? this.#hinted : this.#known;
    const answers = [...clusters].map(([cluster, members]) =>
      gatherer.ask(
        cluster,
        members.map(({ arn }) => arn),
      ),
    );
    const asked = new Set(tasks.map(({ arn }) => arn));
    const parts = (await Promise.all(answers)).flat();
    return {
      described: parts.flatMap(({ described }) => described.filter(({ task }) => asked.has(task.arn))),
      failures: [...new Set(parts.flatMap(({ failures }) => failures))],
    };
  }

  /** The service as ECS describes it now; undefined if ECS does not know it. */
  async service({ cluster, name }: Selector): Promise<Answer<DescribedService | undefined>> {
    const answers = await this.#services.ask(cluster, [name]);
    const [failure] = problemsOf(answers);
    if (failure !== undefined) return err(failure);
    return ok(
      valuesOf(answers)
        .flat()
        .find((each) => each.name === name),
    );
  }

  /** The definition of the task, once for all who ask. */
  async definition(task: Pick<Task, 'cluster' | 'definition'>): Promise<Answer<Definition>> {
    const key = definitionKey(task);
    const known = this.#cache.definitions.get(key);
    if (known !== undefined) return ok(known);
    const { cluster, definition } = task;
    const asked =
      this.#definitions.get(key) ?? this.#caller.read('DescribeTaskDefinition', definition, { cluster, definition });
    this.#definitions.set(key, asked);
    const answer = await asked;
    if (answer.ok) this.#cache.definitions.set(key, answer.value);
    return answer;
  }

  /** What environments of this stack recorded of the group since then. */
  record(group: TargetGroupArn, sinceMs: number): Promise<Answer<readonly RecordEntry[]>> {
    const resource = `the record of ${arnParts(group).name}`;
    return allPages(resource, 'FilterLogEvents', (nextToken) =>
      this.#caller.read('FilterLogEvents', resource, { group, sinceMs, nextToken }),
    );
  }

  /** The instances of a Cloud Map service. */
  instances(service: CloudMapServiceArn): Promise<Answer<readonly Instance[]>> {
    const resource = cloudMapServiceIdOf(service);
    return allPages(resource, 'ListInstances', (nextToken) =>
      this.#caller.read('ListInstances', resource, { service, nextToken }),
    );
  }

  #inFlight(key: string): Set<Promise<unknown>> {
    const known = this.#targetsInFlight.get(key);
    if (known !== undefined) return known;
    const fresh = new Set<Promise<unknown>>();
    this.#targetsInFlight.set(key, fresh);
    return fresh;
  }

  #listAll(selector: Selector): Promise<Answer<readonly TaskArn[]>> {
    const resource = `${describeSelector(selector)} (RUNNING)`;
    return allPages(resource, 'ListTasks', (nextToken) =>
      this.#caller.read('ListTasks', resource, { selector, desired: 'RUNNING', nextToken }),
    );
  }

  async #describeChunk(cluster: ClusterArn, take: () => readonly TaskArn[], dropRefused: boolean): Promise<Descriptions> {
    const settle = () => ({ cluster, tasks: take() });
    const read = await this.#caller.readLate('DescribeTasks', `tasks of ${cluster}`, { cluster, settle });
    const { answer, input, settledAtMs } = read;
    if (answer.ok) return this.#learnAll(answer.value, settledAtMs);
    // A cluster that was deleted knows none of its tasks any more: they are unknown, like any that ECS has forgotten.
    if (answer.problem.kind === 'gone') return NOTHING;
    if (answer.problem.kind !== 'refused' || !dropRefused) return { described: [], failures: [answer.problem] };
    return this.#describeHalves(cluster, input.tasks);
  }

  /** Finds the ids that ECS does not accept by bisecting, and leaves them out. */
  async #describeHalves(cluster: ClusterArn, tasks: readonly TaskArn[]): Promise<Descriptions> {
    if (tasks.length <= 1) return NOTHING;
    const parts = await Promise.all(
      halves(tasks).map(async (half) => {
        const askedAtMs = this.#clock.now();
        const answer = await this.#caller.read('DescribeTasks', `${half.length} tasks of ${cluster}`, { cluster, tasks: half });
        if (answer.ok) return this.#learnAll(answer.value, askedAtMs);
        return answer.problem.kind === 'refused'
          ? this.#describeHalves(cluster, half)
          : { described: [], failures: [answer.problem] };
      }),
    );
    return { described: parts.flatMap(({ described }) => described), failures: parts.flatMap(({ failures }) => failures) };
  }

  /** A description is as old as the question: an environment that was frozen in between has an answer that looks new and is not. */
  #learnAll(tasks: readonly DescribedTask[], atMs: number): Descriptions {
    for (const task of tasks) this.#cache.learn(task, this.#clock.now());
    return { described: tasks.map((task) => ({ task, atMs })), failures: [] };
  }
}

const NOTHING: Descriptions = { described: [], failures: [] };

/** Gathers what is asked at one moment of one place into calls of the size that AWS takes. */
class Gatherer<Place, Key, Result> {
  readonly #sizeMax: number;
  readonly #gather: () => Promise<void>;
  readonly #call: (place: Place, take: () => readonly Key[]) => Promise<Result>;
  readonly #waiting = new Map<Place, Map<Key, PromiseWithResolvers<Result>>>();

  constructor(
    sizeMax: number,
    gather: () => Promise<void>,
    call: (place: Place, take: () => readonly Key[]) => Promise<Result>,
  ) {
    this.#sizeMax = sizeMax;
    this.#gather = gather;
    this.#call = call;
  }

  /** The results of the calls that the keys travel in, each once. */
  async ask(place: Place, keys: readonly Key[]): Promise<Result[]> {
    const waiting = this.#waiting.get(place) ?? new Map<Key, PromiseWithResolvers<Result>>();
    this.#waiting.set(place, waiting);
    const callsBefore = Math.ceil(waiting.size / this.#sizeMax);
    const tickets = keys.map((key) => {
      const ticket = waiting.get(key) ?? Promise.withResolvers<Result>();
      waiting.set(key, ticket);
      return ticket.promise;
    });
    // As many calls are under way as those who wait fill: none comes to its turn and has nothing to ask.
    const calls = Math.ceil(waiting.size / this.#sizeMax) - callsBefore;
    for (let count = 0; count < calls; count += 1) void this.#send(place, waiting);
    return [...new Set(await Promise.all(tickets))];
  }

  /** Makes one call. What it asks for is settled when its turn has come: until then others may join it. */
  async #send(place: Place, waiting: Map<Key, PromiseWithResolvers<Result>>): Promise<void> {
    const taken: PromiseWithResolvers<Result>[] = [];
    try {
      await this.#gather();
      const result = await this.#call(place, () => {
        const first = [...waiting].slice(0, this.#sizeMax);
        for (const [key, ticket] of first) {
          waiting.delete(key);
          taken.push(ticket);
        }
        return first.map(([key]) => key);
      });
      for (const ticket of taken) ticket.resolve(result);
    } catch (error) {
      for (const ticket of taken) ticket.reject(error);
    }
  }
}
