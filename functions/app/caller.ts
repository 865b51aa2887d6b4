/** Makes calls on behalf of one invocation: at AWS's pace, within the invocation's time, and counted. */
import type { Answer, Failure, FailureKind } from '../core/failure.ts';
import { type Bucket, type CallClass, fullBucket, RATES, reserve, slowDown } from '../core/limiter.ts';
import { err, ok, type Refused } from '../core/result.ts';
import { arnParts, type ClusterArn, type Place, placeKey } from '../core/values.ts';
import { type AwsApi, CALL_TIME_MS, type Clock, type OperationName, type Operations, type Page } from './ports.ts';

/** Reads that AWS throttled or failed to answer at once are retried after these pauses, within the same pass. */
const READ_PAUSES_MS = [250, 500, 1_000] as const;
/** Tokens that a write which may wait leaves for those that may not. */
const SPARE_TOKENS = 3;

const CLASSES: Readonly<Record<OperationName, CallClass>> = {
  DescribeTargetGroups: 'elb-read',
  DescribeTags: 'elb-read',
  DescribeTargetGroupAttributes: 'elb-read',
  DescribeTargetHealth: 'elb-read',
  RegisterTargets: 'elb-write',
  DeregisterTargets: 'elb-write',
  ListTasks: 'ecs-read',
  DescribeTasks: 'ecs-read',
  DescribeServices: 'ecs-service-read',
  DescribeTaskDefinition: 'ecs-service-read',
  ListTagsForResource: 'cloud-map-read',
  ListInstances: 'cloud-map-read',
  FilterLogEvents: 'logs-read',
  ListLogGroupTags: 'logs-read',
  ListClusters: 'ecs-service-read',
  ListServices: 'ecs-service-read',
  GetResources: 'tagging-read',
};

/** The buckets of one environment, by kind of call and place: every invocation and group draws on them. */
export type Buckets = Map<string, Bucket>;

/** What all invocations of one environment make their calls with. */
interface Shared {
  readonly api: AwsApi;
  readonly clock: Clock;
  readonly buckets: Buckets;
  /** Where calls go that name no place. */
  readonly home?: Place | undefined;
}

type Input<Name extends OperationName> = Operations[Name]['input'];
type AnyInput = Input<OperationName> | { readonly cluster: ClusterArn };
type Read<Name extends OperationName> = Answer<Operations[Name]['output']>;

/** A call, and what its failure will say that it was about. */
interface Call<Name extends OperationName = OperationName, Asked extends AnyInput = AnyInput> {
  readonly name: Name;
  readonly resource: string;
  readonly input: Asked;
}

/** An input that is settled when its call has its turn, so that others can join it while it waits. */
interface LateInput<Name extends OperationName> {
  readonly cluster: ClusterArn;
  readonly settle: () => Input<Name>;
}

/** What was asked, and since when that was settled. */
interface LateRead<Name extends OperationName> {
  readonly answer: Read<Name>;
  readonly input: Input<Name>;
  readonly settledAtMs: number;
}

/** The input of a write, and what it needs to leave. */
interface Write<Name extends OperationName> {
  readonly input: Input<Name>;
  readonly isDue: () => boolean;
  readonly renew?: () => Promise<boolean>;
  readonly mayWait?: boolean;
  /** Where its turn comes later than this, it takes none: those that wait behind it come sooner, and it is planned again at once. */
  readonly byMs?: number | undefined;
}

export class Caller {
  readonly #api: AwsApi;
  readonly #clock: Clock;
  readonly #buckets: Buckets;
  readonly #home: Place | undefined;
  readonly #deadlineMs: number;
  readonly #calls = new Map<string, number>();

  constructor({ api, clock, buckets, home }: Shared, deadlineMs: number) {
    this.#api = api;
    this.#clock = clock;
    this.#buckets = buckets;
    this.#home = home;
    this.#deadlineMs = deadlineMs;
  }

  /** Calls made so far, by operation. */
  get calls(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  /** A read, retried where a moment's patience may help. */
  async read<Name extends OperationName>(name: Name, resource: string, input: Input<Name>): Promise<Read<Name>> {
    const call = { name, resource, input };
    return (await this.#waitForTurn(call)) ?? this.#sendRead(call);
  }

  /** The same with an input that is settled late. */
  async readLate<Name extends OperationName>(
    name: Name,
    resource: string,
    { cluster, settle }: LateInput<Name>,
  ): Promise<LateRead<Name>> {
    const outOfTime = await this.#waitForTurn({ name, resource, input: { cluster } });
    const input = settle();
    const settledAtMs = this.#clock.now();
    return { answer: outOfTime ?? (await this.#sendRead({ name, resource, input })), input, settledAtMs };
  }

  /**
   * A write, once. `isDue` is asked after all waiting, right before the call leaves; if it says no, `renew` may make it due after all, and
   * otherwise the call is not made. A write that may wait lets those of other groups go first.
   */
  async write<Name extends OperationName>(
    name: Name,
    resource: string,
    { input, isDue, renew, mayWait = false, byMs = Number.POSITIVE_INFINITY }: Write<Name>,
  ): Promise<Read<Name> | 'not due'> {
    const call = { name, resource, input };
    const spare = mayWait ? SPARE_TOKENS : 0;
    if (this.#clock.now() + this.#reserve(call, spare).waitMs > byMs) return 'not due';
    const outOfTime = await this.#waitForTurn(call, spare);
    if (outOfTime !== undefined) return outOfTime;
    return isDue() || (await renew?.()) ? this.#send(call) : 'not due';
  }

  /** Makes a read whose turn has come, and makes it again where it failed at once. */
  async #sendRead<Name extends OperationName>(call: Call<Name, Input<Name>>): Promise<Read<Name>> {
    for (let attempt = 0; ; attempt += 1) {
      const sentAtMs = this.#clock.now();
      const answer = await this.#send(call);
      const pauseMs = READ_PAUSES_MS[attempt];
      // A call that hung has used up the time in which a retry would have been of use: the next pass makes it.
      if (answer.ok || pauseMs === undefined || !isQuick(answer.problem.kind, this.#clock.now() - sentAtMs)) return answer;
      await this.#clock.sleep(pauseMs);
      const outOfTime = await this.#waitForTurn(call);
      if (outOfTime !== undefined) return outOfTime;
    }
  }

  /** Waits for the call's turn; a failure if the invocation would end before its answer. */
  async #waitForTurn(call: Call, spare = 0): Promise<Refused<Failure> | undefined> {
    const { bucket, waitMs } = this.#reserve(call, spare);
    if (this.#clock.now() + waitMs + CALL_TIME_MS > this.#deadlineMs) {
      return failed(call, 'out-of-time', 'not begun: too little time left');
    }
    this.#buckets.set(this.#keyOf(call), bucket);
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    return undefined;
  }

  /** The bucket with one token taken, and how long the call would have to wait for it. */
  #reserve(call: Call, spare: number): ReturnType<typeof reserve> {
    return reserve(this.#bucketOf(call), this.#clock.now(), spare);
  }

  async #send<Name extends OperationName>(call: Call<Name, Input<Name>>): Promise<Read<Name>> {
    const { name, input } = call;
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    const outcome = await this.#api[name](input);
    if (outcome.ok) return outcome;
    const { kind, message } = outcome.problem;
    if (kind === 'throttled') {
      this.#buckets.set(this.#keyOf(call), slowDown(this.#bucketOf(call), this.#clock.now()));
    }
    return failed(call, kind, message);
  }

  #bucketOf(call: Call): Bucket {
    return this.#buckets.get(this.#keyOf(call)) ?? fullBucket(rateOf(call), this.#clock.now());
  }

  /** AWS limits calls by account and region: a busy spoke must not slow down the calls to another. What names no place is asked at home. */
  #keyOf({ name, input }: Call): string {
    const arn = clusterIn(input) ?? ('service' in input ? input.service : undefined);
    const place = arn === undefined ? this.#home : arnParts(arn);
    return place === undefined ? CLASSES[name] : `${CLASSES[name]} ${placeKey(place)}`;
  }
}

function rateOf({ name }: Call): (typeof RATES)[CallClass] {
  return RATES[CLASSES[name]];
}

function failed({ name, resource, input }: Call, kind: FailureKind, message: string): Refused<Failure> {
  return err({ kind, operation: name, resource, cluster: clusterIn(input), message });
}

function clusterIn(input: AnyInput): ClusterArn | undefined {
  if ('selector' in input) return input.selector.cluster;
  return 'cluster' in input ? input.cluster : undefined;
}

function isQuick(kind: FailureKind, tookMs: number): boolean {
  return kind === 'throttled' || (kind === 'unavailable' && tookMs < CALL_TIME_MS / 2);
}

/** More pages than any list can have (5,000 tasks or 1,000 instances a service): a token that repeats for ever ends here. */
const PAGES_MAX = 200;

/** A list is whole or it has failed. */
export async function allPages<Item>(
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
