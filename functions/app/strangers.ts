/** Finds out whose targets are that no task of the group's bindings explains, or that go late: what ECS, the record and other services say. */
import type { TargetHistory } from '../core/audit.ts';
import { type Selector, selectorKey } from '../core/binding.ts';
import type { Failure } from '../core/failure.ts';
import { distinctBy } from '../core/order.ts';
import { originOf } from '../core/ownership.ts';
import type { Deregistration } from '../core/plan.ts';
import { err, ok, problemsOf, valuesOf } from '../core/result.ts';
import { type Snapshot, unexplainedAddresses } from '../core/snapshot.ts';
import { isLive } from '../core/task.ts';
import { type Address, type ClusterArn, clusterOf, type TaskArn } from '../core/values.ts';
import { allPages } from './caller.ts';
import type { GroupCache } from './group-cache.ts';
import type { GroupInvocation } from './invocation.ts';
import type { TaskReader } from './read-snapshot.ts';
import { type GroupRecord, type OwnershipRead, ownEntries, RECORD_WINDOW_MS } from './record.ts';

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

/** Of a cluster with more services than this, not all are asked which groups they keep: a finding is worth so many calls. */
const SERVICES_MAX = 300;

export interface Search {
  /** It has more to read, or it has found an owner: another pass is worth its reads. */
  readonly isOpen: boolean;
  readonly failures: readonly Failure[];
  /** The addresses that a whole search has just left unexplained. */
  readonly left: readonly Address[];
}

/** The search for the owners of one group's targets. */
export class Strangers {
  readonly #group: GroupInvocation;
  readonly #tasks: TaskReader;
  readonly #record: GroupRecord;

  constructor(group: GroupInvocation, tasks: TaskReader, record: GroupRecord) {
    this.#group = group;
    this.#tasks = tasks;
    this.#record = record;
  }

  /** Whose the targets of late removals are, and whether others write to the group: as far as both are known. */
  async ownershipOf(late: readonly Deregistration[]): Promise<OwnershipRead> {
    const [record, natives] = await Promise.all([this.#record.ownershipOf(late), late.length === 0 ? [] : this.#readNatives()]);
    if (natives.length > 0) return { ...record, ownership: new Map(), failures: [...record.failures, ...natives] };
    return { ...record, isShared: record.isShared || this.#hasNativeNeighbor() };
  }

  /** Searches for owners, and where the search has come to its end, asks who else it may be. */
  async identify(snapshot: Snapshot): Promise<Search> {
    const search = await this.#searchStopped(snapshot);
    if (search.left.length === 0) return search;
    const failures = await Promise.all([
      this.#readOrigins(search.left),
      isHealthyAmong(snapshot, search.left) ? this.#readNatives() : [],
    ]);
    return { ...search, failures: [...search.failures, ...failures.flat()] };
  }

  /** What is known of the group's targets besides what a pass has read. */
  history(): TargetHistory {
    const { cache, bound, known } = this.#group;
    const { firstSeenMs, seenHealthy, watchedSinceMs } = known;
    const origins = new Map(
      [...known.origins].map(([address, task]) => [address, { task, isLive: cache.isKnownLive(task) }] as const),
    );
    const natives = this.#clusters().flatMap((cluster) => cache.natives.get(cluster)?.services.get(bound.group.arn) ?? []);
    return { firstSeenMs, seenHealthy, watchedSinceMs, searched: new Set(known.searches.keys()), origins, natives };
  }

  #clusters(): readonly ClusterArn[] {
    return [...new Set(this.#group.bound.bindings.map(({ selector }) => selector.cluster))];
  }

  /**
   * Looks for the owners of unexplained registered addresses among the stopped tasks, some pages at a time. This is how a cold
   * environment that no event ever reached still finds the proof for a target whose task stopped within the hour. Nothing waits for it:
   * a stack whose tasks crash all the time has more stopped tasks than an invocation can read.
   */
  async #searchStopped(snapshot: Snapshot): Promise<Search> {
    const { clock, trigger, bound, known } = this.#group;
    const isDue = (address: Address): boolean => {
      const { atMs, times } = known.searches.get(address) ?? NEVER_SEARCHED;
      return clock.now() - atMs >= (times === 1 ? SEARCH_AGAIN_AFTER_MS : SEARCH_INTERVAL_MS);
    };
    const unexplained = unexplainedAddresses(snapshot);
    if (!unexplained.some(isDue)) return { isOpen: false, failures: [], left: [] };
    const selectors = distinctBy(
      bound.bindings.map(({ selector }) => selector),
      selectorKey,
    );
    do {
      const failures = problemsOf(await Promise.all(selectors.map((selector) => this.#searchList(selector))));
      if (failures.length > 0) return { isOpen: false, failures, left: [] };
      // A check has one pass, and its answer is to be whole.
    } while (trigger === 'check' && isSearching(known));
    const left = unexplainedAddresses(this.#tasks.upToDate(snapshot));
    if (!isSearching(known)) {
      // Only a search that read everything settles that an address is foreign.
      const timesOf = (address: Address): number => (known.searches.get(address) ?? NEVER_SEARCHED).times + 1;
      known.searches = new Map(left.map((address) => [address, { atMs: clock.now(), times: timesOf(address) }]));
      known.searching = new Map();
    }
    return {
      isOpen: left.length < unexplained.length || isSearching(known),
      failures: [],
      left: isSearching(known) ? [] : left,
    };
  }

  /** Reads the next pages of one list of stopped tasks, and describes those that nothing is known of. */
  async #searchList(selector: Selector) {
    const { reads, cache, known } = this.#group;
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

  /**
   * What the record says of targets that a whole search has not explained: those that this stack registered are told apart from strangers.
   * Whether the task still lives is asked of ECS, since no binding lists it.
   */
  async #readOrigins(strangers: readonly Address[]): Promise<readonly Failure[]> {
    const { cache, clock, reads, bound, known } = this.#group;
    const answer = await reads.record(bound.group.arn, clock.now() - RECORD_WINDOW_MS);
    if (!answer.ok) return [answer.problem];
    const said = [...answer.value, ...ownEntries(known.owners)];
    const origins = new Map<Address, TaskArn>();
    for (const address of strangers) {
      const task = originOf(address, said);
      if (task !== undefined) origins.set(address, task);
    }
    known.origins = origins;
    const asked = [...origins.values()].flatMap((arn) => {
      const cluster = clusterOf(arn);
      // A task that has stopped stays so. One that ran when somebody last looked may have stopped since.
      const isSettled = cache.tasks.has(arn) && !cache.isKnownLive(arn);
      return cluster === undefined || isSettled ? [] : [{ arn, cluster }];
    });
    const { failures } = await reads.describe(asked, { dropRefused: true });
    // Our own leftovers do not make a group shared: it would keep all of them for good.
    this.#record.noteStrangers(strangers.filter((address) => !origins.has(address)));
    return failures;
  }

  /**
   * Reads which services ECS itself keeps in which groups, of the clusters that the group is bound to. Asked where a stranger is healthy, and
   * before a late removal: a service whose only target came to the address of a stopped task of ours shows nothing else in the group.
   */
  async #readNatives(): Promise<readonly Failure[]> {
    const { cache, clock } = this.#group;
    const isDue = (cluster: ClusterArn): boolean =>
      clock.now() - (cache.natives.get(cluster)?.atMs ?? Number.NEGATIVE_INFINITY) >= SEARCH_INTERVAL_MS;
    const clusters = this.#clusters().filter(isDue);
    const answers = await Promise.all(
      clusters.map(async (cluster) => {
        const answer = await this.#servicesOf(cluster);
        if (answer.ok) cache.natives.set(cluster, { atMs: clock.now(), services: answer.value });
        return answer;
      }),
    );
    return problemsOf(answers);
  }

  /** Whether ECS keeps a service in the group that none of its bindings selects. */
  #hasNativeNeighbor(): boolean {
    const { cache, bound } = this.#group;
    const own = new Set(bound.bindings.map(({ selector }) => selectorKey(selector)));
    return this.#clusters().some((cluster) =>
      cache.natives
        .get(cluster)
        ?.services.get(bound.group.arn)
        ?.some((selector) => !own.has(selectorKey(selector))),
    );
  }

  async #servicesOf(cluster: ClusterArn) {
    const { caller, reads } = this.#group;
    const resource = `services of ${cluster}`;
    const names = await allPages(resource, 'ListServices', (nextToken) =>
      caller.read('ListServices', resource, { cluster, nextToken }),
    );
    // In a cluster that does not exist no service keeps a group.
    if (!names.ok) return names.problem.kind === 'gone' ? ok(new Map<string, readonly Selector[]>()) : names;
    const selectors = names.value.slice(0, SERVICES_MAX).map((name): Selector => ({ kind: 'service', cluster, name }));
    const answers = await Promise.all(
      selectors.map(async (selector) => {
        const answer = await reads.service(selector);
        return answer.ok ? ok({ selector, groups: answer.value?.targetGroups ?? [] }) : answer;
      }),
    );
    const [failure] = problemsOf(answers);
    if (failure !== undefined) return err(failure);
    const services = new Map<string, readonly Selector[]>();
    for (const { selector, groups } of valuesOf(answers)) {
      for (const group of groups) services.set(group, [...(services.get(group) ?? []), selector]);
    }
    return ok(services);
  }
}

function isSearching({ searching }: GroupCache): boolean {
  return [...searching.values()].some((place) => place !== 'done');
}

function isHealthyAmong({ targets }: Snapshot, strangers: readonly Address[]): boolean {
  return targets.some(({ address, state }) => state === 'healthy' && strangers.includes(address));
}
