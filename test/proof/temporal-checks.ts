/**
 * Judges how an environment goes about its work, whatever it writes: in which order it reads, how often it asks what it knows
 * already, how soon it repeats a write, and whether it says that it is done when it is not.
 */
import { isObject } from '../../functions/core/json.ts';
import type { ApiName } from '../../scripts/simulator/api.ts';
import { type Input, objects, text, texts, whole } from '../../scripts/simulator/api-input.ts';
import type { VirtualClock } from '../../scripts/simulator/clock.ts';

/** What another writer undoes is written again by events once a minute at most, and by the schedule not twice in one invocation. */
const REPEAT_MS = 60_000;
const SCHEDULED_REPEAT_MS = 10_000;
/** The configuration is read twice a minute; the first call of a reading may wait its turn for some seconds. */
const CONFIGURATION_MS = 25_000;

const FIRST: ReadonlySet<string> = new Set(['DescribeTargetGroups', 'ListTagsForResource', 'logs.ListTagsForResource']);
const CONFIGURATION = new Set([
  'DescribeTargetGroups',
  'DescribeTags',
  'DescribeServices',
  'ListClusters',
  'ListTagsForResource',
  'logs.ListTagsForResource',
]);
const OF_A_PASS = new Set(['DescribeTargetHealth', 'ListTasks', 'DescribeTasks', 'RegisterTargets', 'DeregisterTargets']);
/** Errors after which the same call may succeed. */
const PASSING = new Set(['Throttling', 'ThrottlingException', 'InternalFailure', 'no answer in time']);

/** The same call finds tasks on hold, which are no part of the configuration. */
function isDiscovery(name: ApiName, input: Input): boolean {
  return name === 'GetResources' && texts(input, 'ResourceTypeFilters').includes('elasticloadbalancing:targetgroup');
}

interface Habits {
  isScheduled: boolean;
  /** Somebody asks what is the case now: a check. */
  isAsked: boolean;
  /** By group: calls of its present pass that failed for something that may pass, and were not made good since. */
  readonly open: Map<string, Set<string>>;
  /** Tasks that a list of stopped ones named: nothing waits for what is said of them. */
  readonly searched: Set<string>;
  /** When each group's targets were last read, and when each running list was last asked for. */
  readonly targetsReadMs: Map<string, number>;
  readonly listAskedMs: Map<string, number>;
  /** When a registration of the address for the task was last accepted. */
  readonly registeredMs: Map<string, number>;
  configurationAskedMs: number;
  /** Whether the present reading of the configuration went through to its last call, */
  isConfigured: boolean;
  /** and the calls of it that were never answered. */
  readonly unread: Set<string>;
  /** Calls that the present reading still owes: where its time does not carry them it ends without, and is not whole. */
  readonly due: Set<'groups' | 'tags'>;
}

export class TemporalChecks {
  readonly #clock: VirtualClock;
  readonly #isBoundByTags: (group: string) => boolean;
  readonly #isUnbound: (environment: number, group: string) => boolean;
  /** The only group that a list or a description of tasks can have been asked for. */
  readonly #groupOfRead: (environment: number, name: ApiName, input: Input) => string | undefined;
  readonly #report: (invariant: string, environment: number, detail: string) => void;
  readonly #habits = new Map<number, Habits>();

  constructor(
    clock: VirtualClock,
    isBoundByTags: (group: string) => boolean,
    isUnbound: (environment: number, group: string) => boolean,
    groupOfRead: (environment: number, name: ApiName, input: Input) => string | undefined,
    report: (invariant: string, environment: number, detail: string) => void,
  ) {
    this.#clock = clock;
    this.#isBoundByTags = isBoundByTags;
    this.#isUnbound = isUnbound;
    this.#groupOfRead = groupOfRead;
    this.#report = report;
  }

  invoked(environment: number, input: unknown): void {
    const habits = this.#habitsOf(environment);
    habits.isScheduled = isObject(input) && input['source'] === 'aws.events';
    habits.isAsked = isObject(input) && input['check'] === true;
    habits.open.clear();
  }

  /** S16: a batch whose last pass has failed for something that may pass goes back to the queue. */
  ended(environment: number, input: unknown, answer: unknown): void {
    const [open] = [...this.#habitsOf(environment).open.values()].flatMap((calls) => [...calls]);
    const isBatch = isObject(input) && Array.isArray(input['Records']);
    const returned = isObject(answer) ? objects(answer, 'batchItemFailures') : [];
    if (isBatch && open !== undefined && returned.length === 0) {
      this.#report('S16', environment, `every message is acknowledged although ${open}`);
    }
  }

  sent(environment: number, name: ApiName, input: Input): void {
    const habits = this.#habitsOf(environment);
    if (name === 'DescribeTargetHealth') habits.open.delete(text(input, 'TargetGroupArn') ?? '');
    if (isRunningList(name, input)) habits.listAskedMs.set(selectorOf(input), this.#clock.now());
    // These are asked for side by side. What is asked again before the last call still belongs to the reading.
    const isFirst = FIRST.has(name) || isDiscovery(name, input);
    if (isFirst && habits.isConfigured) this.#judgeConfiguration(environment, habits);
    if (name !== 'DescribeTargetGroups') return;
    habits.due.delete('groups');
    if (texts(input, 'TargetGroupArns').some(this.#isBoundByTags)) habits.due.add('tags');
  }

  answered(environment: number, name: ApiName, input: Input, output: unknown, code: string): void {
    const habits = this.#habitsOf(environment);
    const isFailed = output === undefined;
    const call = `${name} ${JSON.stringify(input)}`;
    if (CONFIGURATION.has(name) || isDiscovery(name, input)) {
      if (isFailed) habits.unread.add(call);
      else habits.unread.delete(call);
    }
    // A group that is gone is still in the copy, which then serves nobody any more.
    if (name === 'DescribeTargetHealth' && code === 'TargetGroupNotFound') habits.unread.add(call);
    if (name === 'DescribeServices') habits.isConfigured = true;
    if (name === 'DescribeTags' && !isFailed) {
      habits.due.delete('tags');
      // The binding may have gone away meanwhile: then there is nothing left to come back for.
      habits.open.clear();
    }
    const isPassing = PASSING.has(code);
    if (!isPassing || this.#isOfAPass(environment, name, input)) this.#noteOpen(environment, habits, name, input, isPassing);
    if (name === 'ListTasks' && !isRunningList(name, input) && isObject(output)) {
      for (const arn of texts(output, 'taskArns')) habits.searched.add(arn);
    }
    if (name === 'DescribeTargetHealth' && !isFailed) {
      habits.targetsReadMs.set(text(input, 'TargetGroupArn') ?? '', this.#clock.now());
    }
  }

  /** S25: a task that another pass registers between the two reads must not be missing from the older one. */
  judgeOrder(environment: number, group: string, selectors: readonly string[]): void {
    const habits = this.#habitsOf(environment);
    const readMs = habits.targetsReadMs.get(group) ?? Number.POSITIVE_INFINITY;
    const early = selectors.find((each) => (habits.listAskedMs.get(each) ?? 0) < readMs);
    if (early !== undefined) this.#report('S25', environment, `writes on a list of ${early} that is older than its targets`);
  }

  /** S19: what somebody else undoes is not fought over. */
  judgeRepeat(environment: number, key: string, task: string): void {
    const habits = this.#habitsOf(environment);
    const agoMs = this.#clock.now() - (habits.registeredMs.get(`${key} ${task}`) ?? Number.NEGATIVE_INFINITY);
    if (agoMs < (habits.isScheduled ? SCHEDULED_REPEAT_MS : REPEAT_MS)) {
      this.#report('S19', environment, `registers ${key} again after ${agoMs} ms`);
    }
  }

  noteRegistered(environment: number, key: string, task: string): void {
    this.#habitsOf(environment).registeredMs.set(`${key} ${task}`, this.#clock.now());
  }

  #noteOpen(environment: number, { open }: Habits, name: ApiName, input: Input, isFailed: boolean): void {
    const group = text(input, 'TargetGroupArn') ?? this.#groupOfRead(environment, name, input);
    if (group === undefined) return;
    const calls = open.get(group) ?? new Set();
    open.set(group, calls);
    const call = `${name} ${JSON.stringify(input)} failed`;
    if (isFailed) calls.add(call);
    else calls.delete(call);
  }

  #isOfAPass(environment: number, name: ApiName, input: Input): boolean {
    if (!OF_A_PASS.has(name) || this.#isSearch(this.#habitsOf(environment), name, input)) return false;
    return name !== 'DescribeTargetHealth' || !this.#isUnbound(environment, text(input, 'TargetGroupArn') ?? '');
  }

  /** The search for the owners of unexplained targets is nobody's wake-up: the next pass goes on with it. */
  #isSearch({ searched }: Habits, name: ApiName, input: Input): boolean {
    if (name === 'ListTasks') return !isRunningList(name, input);
    return name === 'DescribeTasks' && texts(input, 'tasks').every((arn) => searched.has(arn));
  }

  #judgeConfiguration(environment: number, habits: Habits): void {
    const nowMs = this.#clock.now();
    const agoMs = nowMs - habits.configurationAskedMs;
    const isDue = habits.isAsked || habits.unread.size > 0 || habits.due.size > 0;
    if (agoMs < CONFIGURATION_MS && !isDue) {
      this.#report('S23', environment, `reads its configuration again after ${agoMs} ms`);
    }
    habits.configurationAskedMs = nowMs;
    habits.isConfigured = false;
    habits.due.clear();
    habits.due.add('groups');
    habits.unread.clear();
  }

  #habitsOf(environment: number): Habits {
    const known = this.#habits.get(environment);
    if (known !== undefined) return known;
    const fresh: Habits = {
      isScheduled: false,
      isAsked: false,
      open: new Map(),
      searched: new Set(),
      targetsReadMs: new Map(),
      listAskedMs: new Map(),
      registeredMs: new Map(),
      configurationAskedMs: Number.NEGATIVE_INFINITY,
      // So the first call begins the first reading.
      isConfigured: true,
      unread: new Set(),
      due: new Set(),
    };
    this.#habits.set(environment, fresh);
    return fresh;
  }
}

export function isRunningList(name: string, input: Input): boolean {
  return name === 'ListTasks' && input['desiredStatus'] === 'RUNNING';
}

/** The selector of a list, as `service=NAME` or `family=NAME`. */
export function selectorOf(input: Input): string {
  const service = text(input, 'serviceName');
  return service === undefined ? `family=${text(input, 'family')}` : `service=${service}`;
}

/** The targets of a write, by address and port. */
export function targetsOf(input: Input) {
  return objects(input, 'Targets').map((target) => {
    const [ip, port] = [text(target, 'Id') ?? '', whole(target, 'Port') ?? 0];
    return { ip, port, zone: text(target, 'AvailabilityZone'), key: `${ip}:${port}` };
  });
}
