/** Makes calls on behalf of one invocation: at AWS's pace, within the invocation's time, and counted. */
import type { Answer, Failure, FailureKind } from '../core/failure.ts';
import { type Bucket, type CallClass, fullBucket, RATES, reserve, slowDown } from '../core/limiter.ts';
import { err } from '../core/result.ts';
import { type AwsApi, CALL_TIME_MS, type Clock, type OperationName, type Operations } from './ports.ts';

/** Reads that AWS throttled or failed to answer at once are retried after these pauses, within the same pass. */
const READ_PAUSES_MS = [250, 500] as const;
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
  ListTagsForResource: 'other-read',
  ListInstances: 'other-read',
  FilterLogEvents: 'other-read',
};

/** The buckets of one environment: every invocation and group draws on them. */
export type Buckets = Map<CallClass, Bucket>;

type Input<Name extends OperationName> = Operations[Name]['input'];
type Read<Name extends OperationName> = Answer<Operations[Name]['output']>;

export class Caller {
  readonly #api: AwsApi;
  readonly #clock: Clock;
  readonly #buckets: Buckets;
  readonly #deadlineMs: number;
  readonly #calls = new Map<string, number>();

  constructor(api: AwsApi, clock: Clock, buckets: Buckets, deadlineMs: number) {
    this.#api = api;
    this.#clock = clock;
    this.#buckets = buckets;
    this.#deadlineMs = deadlineMs;
  }

  /** Calls made so far, by operation. */
  get calls(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  /** A read, retried where a moment's patience may help. */
  read<Name extends OperationName>(name: Name, resource: string, input: Input<Name>): Promise<Read<Name>> {
    return this.#read(name, resource, () => input);
  }

  /**
   * A read whose input is asked for when its turn has come, so that others can join it while it waits; undefined if by then there
   * is nothing left to ask.
   */
  async readLate<Name extends OperationName>(
    name: Name,
    resource: string,
    inputNow: () => Input<Name> | undefined,
  ): Promise<Read<Name> | undefined> {
    const outOfTime = await this.#waitForTurn(name, resource);
    const input = inputNow();
    if (input === undefined) return undefined;
    if (outOfTime !== undefined) return err(outOfTime);
    return this.#read(name, resource, () => input, true);
  }

  /**
   * A write, once. `isDue` is asked after all waiting, right before the call leaves; if it says no, the call is not made. A write
   * that may wait lets those of other groups go first.
   */
  async write<Name extends OperationName>(
    name: Name,
    resource: string,
    input: Input<Name>,
    { isDue, mayWait = false }: { readonly isDue: () => boolean; readonly mayWait?: boolean },
  ): Promise<Read<Name> | 'not due'> {
    const outOfTime = await this.#waitForTurn(name, resource, mayWait ? SPARE_TOKENS : 0);
    if (outOfTime !== undefined) return err(outOfTime);
    return isDue() ? this.#send(name, resource, input) : 'not due';
  }

  async #read<Name extends OperationName>(
    name: Name,
    resource: string,
    inputNow: () => Input<Name>,
    hasTurn = false,
  ): Promise<Read<Name>> {
    for (let attempt = 0; ; attempt += 1) {
      const outOfTime = attempt === 0 && hasTurn ? undefined : await this.#waitForTurn(name, resource);
      if (outOfTime !== undefined) return err(outOfTime);
      const sentAtMs = this.#clock.now();
      const answer = await this.#send(name, resource, inputNow());
      const pauseMs = READ_PAUSES_MS[attempt];
      // A call that hung has used up the time in which a retry would have been of use: the next pass makes it.
      if (answer.ok || pauseMs === undefined || !isQuick(answer.problem.kind, this.#clock.now() - sentAtMs)) return answer;
      await this.#clock.sleep(pauseMs);
    }
  }

  /** Waits for the call's turn; a failure if the invocation would end before its answer. */
  async #waitForTurn(name: OperationName, resource: string, spare = 0): Promise<Failure | undefined> {
    const callClass = CLASSES[name];
    const nowMs = this.#clock.now();
    const { bucket, waitMs } = reserve(this.#bucketOf(callClass), RATES[callClass], nowMs, spare);
    if (nowMs + waitMs + CALL_TIME_MS > this.#deadlineMs) {
      return { kind: 'out-of-time', operation: name, resource, message: 'not begun: too little time left' };
    }
    this.#buckets.set(callClass, bucket);
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    return undefined;
  }

  async #send<Name extends OperationName>(name: Name, resource: string, input: Input<Name>): Promise<Read<Name>> {
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    const outcome = await this.#api[name](input);
    if (outcome.ok) return outcome;
    const { kind, message } = outcome.problem;
    if (kind === 'throttled') {
      const callClass = CLASSES[name];
      this.#buckets.set(callClass, slowDown(this.#bucketOf(callClass), RATES[callClass], this.#clock.now()));
    }
    return err({ kind, operation: name, resource, message });
  }

  #bucketOf(callClass: CallClass): Bucket {
    return this.#buckets.get(callClass) ?? fullBucket(RATES[callClass], this.#clock.now());
  }
}

function isQuick(kind: FailureKind, tookMs: number): boolean {
  return kind === 'throttled' || (kind === 'unavailable' && tookMs < CALL_TIME_MS / 2);
}
