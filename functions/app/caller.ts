/** Makes calls on behalf of one pass: at AWS's pace, within the invocation's time, and counted. */
import type { Answer, Failure, FailureKind } from '../core/failure.ts';
import { type Bucket, type CallClass, FULL, RATES, reserve, slowDown } from '../core/limiter.ts';
import { err } from '../core/result.ts';
import { type AwsApi, CALL_TIME_MS, type Clock, type OperationName, type Operations } from './ports.ts';

/** Reads that AWS throttled or failed to answer at once are tried again after these pauses, within the same pass. */
const READ_PAUSES_MS = [250, 500] as const;

const CLASSES: Readonly<Record<OperationName, CallClass>> = {
  DescribeTargetGroups: 'elb-read',
  DescribeTags: 'elb-read',
  DescribeTargetGroupAttributes: 'elb-read',
  DescribeTargetHealth: 'elb-read',
  RegisterTargets: 'elb-write',
  DeregisterTargets: 'elb-write',
  ListTasks: 'ecs-read',
  DescribeTasks: 'ecs-read',
  DescribeServices: 'ecs-read',
  DescribeTaskDefinition: 'ecs-read',
  ListTagsForResource: 'other-read',
  ListInstances: 'other-read',
};

/** The buckets of one environment: every pass and group draws on them. */
export type Buckets = Map<CallClass, Bucket>;

type Read<Name extends OperationName> = Answer<Operations[Name]['output']>;

export class Caller {
  readonly #world: AwsApi;
  readonly #clock: Clock;
  readonly #buckets: Buckets;
  readonly #deadlineMs: number;
  readonly #calls = new Map<string, number>();

  constructor(world: AwsApi, clock: Clock, buckets: Buckets, deadlineMs: number) {
    this.#world = world;
    this.#clock = clock;
    this.#buckets = buckets;
    this.#deadlineMs = deadlineMs;
  }

  /** Calls made so far, by operation. */
  get calls(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  /** A read, tried again where a moment's patience may help. */
  async read<Name extends OperationName>(name: Name, resource: string, input: Operations[Name]['input']): Promise<Read<Name>> {
    for (let attempt = 0; ; attempt += 1) {
      const outOfTime = await this.#waitForTurn(name, resource);
      if (outOfTime !== undefined) return err(outOfTime);
      const sentAtMs = this.#clock.now();
      const answer = await this.#send(name, resource, input);
      const pauseMs = READ_PAUSES_MS[attempt];
      // A call that hung has used up the time in which another try would have been of use: the next pass makes it.
      if (answer.ok || pauseMs === undefined || !isQuick(answer.problem.kind, this.#clock.now() - sentAtMs)) return answer;
      await this.#clock.sleep(pauseMs);
    }
  }

  /** A write, once. `isDue` is asked after all waiting, right before the call leaves; if it says no, the call is not made. */
  async write<Name extends OperationName>(
    name: Name,
    resource: string,
    input: Operations[Name]['input'],
    isDue: () => boolean,
  ): Promise<Read<Name> | 'not due'> {
    const outOfTime = await this.#waitForTurn(name, resource);
    if (outOfTime !== undefined) return err(outOfTime);
    return isDue() ? this.#send(name, resource, input) : 'not due';
  }

  /** Waits for the call's turn; a failure when the invocation would end before its answer. */
  async #waitForTurn(name: OperationName, resource: string): Promise<Failure | undefined> {
    const callClass = CLASSES[name];
    const nowMs = this.#clock.now();
    const { bucket, waitMs } = reserve(this.#buckets.get(callClass) ?? FULL, RATES[callClass], nowMs);
    if (nowMs + waitMs + CALL_TIME_MS > this.#deadlineMs) {
      return { kind: 'out-of-time', operation: name, resource, message: 'not begun: too little time left' };
    }
    this.#buckets.set(callClass, bucket);
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    return undefined;
  }

  async #send<Name extends OperationName>(name: Name, resource: string, input: Operations[Name]['input']): Promise<Read<Name>> {
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
    const outcome = await this.#world[name](input);
    if (outcome.ok) return outcome;
    const { kind, message } = outcome.problem;
    if (kind === 'throttled') {
      const callClass = CLASSES[name];
      this.#buckets.set(callClass, slowDown(this.#buckets.get(callClass) ?? FULL, this.#clock.now()));
    }
    return err({ kind, operation: name, resource, message });
  }
}

function isQuick(kind: FailureKind, tookMs: number): boolean {
  return kind === 'throttled' || (kind === 'unavailable' && tookMs < CALL_TIME_MS / 2);
}
