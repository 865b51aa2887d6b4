/** Makes calls on behalf of one invocation: at AWS's pace, within the invocation's time, and counted. */
import type { Answer, Failure, FailureKind } from '../core/failure.ts';
import { type Bucket, type CallClass, fullBucket, RATES, reserve, slowDown } from '../core/limiter.ts';
import { err, ok } from '../core/result.ts';
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

type Input<Name extends OperationName> = Operations[Name]['input'];
type AnyInput = Input<OperationName> | { readonly cluster: ClusterArn };
type Read<Name extends OperationName> = Answer<Operations[Name]['output']>;

/** What a write needs to leave. */
interface Leave {
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
  readonly #deadlineMs: number;
  readonly #home: Place | undefined;
  readonly #calls = new Map<string, number>();

  constructor(api: AwsApi, clock: Clock, buckets: Buckets, deadlineMs: number, home?: Place) {
    this.#api = api;
    this.#clock = clock;
    this.#buckets = buckets;
    this.#deadlineMs = deadlineMs;
    this.#home = home;
  }

  /** Calls made so far, by operation. */
  get calls(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  /** A read, retried where a moment's patience may help. */
  read<Name extends OperationName>(name: Name, resource: string, input: Input<Name>): Promise<Read<Name>> {
    return this.#read(name, resource, input);
  }

  /**
   * A read whose input is asked for when its turn has come, so that others can join it while it waits; undefined if by then there
   * is nothing left to ask.
   */
  async readLate<Name extends OperationName>(
    name: Name,
    cluster: ClusterArn,
    resource: string,
    inputNow: () => Input<Name> | undefined,
  ): Promise<Read<Name> | undefined> {
    const outOfTime = await this.#waitForTurn(name, { cluster }, resource);
    const input = inputNow();
    if (input === undefined) return undefined;
    if (outOfTime !== undefined) return err(outOfTime);
    return this.#read(name, resource, input, true);
  }

  /**
   * A write, once. `isDue` is asked after all waiting, right before the call leaves; if it says no, `renew` may make it due after all, and
   * otherwise the call is not made. A write that may wait lets those of other groups go first.
   */
  async write<Name extends OperationName>(
    name: Name,
    resource: string,
    input: Input<Name>,
    { isDue, renew, mayWait = false, byMs = Number.POSITIVE_INFINITY }: Leave,
  ): Promise<Read<Name> | 'not due'> {
    const spare = mayWait ? SPARE_TOKENS : 0;
    if (this.#clock.now() + this.#reserve(name, input, spare).waitMs > byMs) return 'not due';
    const outOfTime = await this.#waitForTurn(name, input, resource, spare);
    if (outOfTime !== undefined) return err(outOfTime);
    return isDue() || (await renew?.()) ? this.#send(name, resource, input) : 'not due';
  }

  async #read<Name extends OperationName>(
    name: Name,
    resource: string,
    input: Input<Name>,
    hasTurn = false,
  ): Promise<Read<Name>> {
    for (let attempt = 0; ; attempt += 1) {
      const outOfTime = attempt === 0 && hasTurn ? undefined : await this.#waitForTurn(name, input, resource);
      if (outOfTime !== undefined) return err(outOfTime);
      const sentAtMs = this.#clock.now();
      const answer = await this.#send(name, resource, input);
      const pauseMs = READ_PAUSES_MS[attempt];
      // A call that hung has used up the time in which a retry would have been of use: the next pass makes it.
      if (answer.ok || pauseMs === undefined || !isQuick(answer.problem.kind, this.#clock.now() - sentAtMs)) return answer;
      await this.#clock.sleep(pauseMs);
    }
  }

  /** Waits for the call's turn; a failure if the invocation would end before its answer. */
  async #waitForTurn(name: OperationName, input: AnyInput, resource: string, spare = 0): Promise<Failure | undefined> {
    const nowMs = this.#clock.now();
    const { bucket, waitMs } = this.#reserve(name, input, spare);
    if (nowMs + waitMs + CALL_TIME_MS > this.#deadlineMs) {
      const message = 'not begun: too little time left';
      return { kind: 'out-of-time', operation: name, resource, cluster: clusterIn(input), message };
    }
    this.#buckets.set(this.#keyOf(CLASSES[name], input), bucket);
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    return undefined;
  }

  /** The bucket with one token taken, and how long the call would have to wait for it. */
  #reserve(name: OperationName, input: AnyInput, spare: number): ReturnType<typeof reserve> {
    return reserve(this.#bucketOf(CLASSES[name], input), this.#clock.now(), spare);
  }

  async #send<Name extends OperationName>(name: Name, resource: string, input: Input<Name>): Promise<Read<Name>> {
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    const outcome = await this.#api[name](input);
    if (outcome.ok) return outcome;
    const { kind, message } = outcome.problem;
    if (kind === 'throttled') {
      const callClass = CLASSES[name];
      const slower = slowDown(this.#bucketOf(callClass, input), this.#clock.now());
      this.#buckets.set(this.#keyOf(callClass, input), slower);
    }
    return err({ kind, operation: name, resource, cluster: clusterIn(input), message });
  }

  #bucketOf(callClass: CallClass, input: AnyInput): Bucket {
    return this.#buckets.get(this.#keyOf(callClass, input)) ?? fullBucket(RATES[callClass], this.#clock.now());
  }

  /** AWS limits calls by account and region: a busy spoke must not slow down the calls to another. What names no place is asked at home. */
  #keyOf(callClass: CallClass, input: AnyInput): string {
    const arn = clusterIn(input) ?? ('service' in input ? input.service : undefined);
    const place = arn === undefined ? this.#home : arnParts(arn);
    return place === undefined ? callClass : `${callClass} ${placeKey(place)}`;
  }
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
