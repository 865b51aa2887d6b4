/** Fakes at the ports: a clock that nobody waits for, and a world that answers as the test says and remembers what it was asked. */
import type { AwsApi, Clock, OperationName, Operations, Outcome } from '../../functions/app/ports.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { err } from '../../functions/core/result.ts';
import type { DescribedTask } from '../../functions/core/task.ts';
import type { TaskArn } from '../../functions/core/values.ts';

/** Any instant that is not 0: a mistake with times must show. */
export const START_MS = 1_700_000_000_000;

/** Time passes when everything that runs waits for it: whoever sleeps shortest goes on first, however many sleep. */
export class FakeClock implements Clock {
  nowMs = START_MS;
  /** Every pause that was asked for. */
  readonly slept: number[] = [];
  readonly #timers: { readonly atMs: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    return this.pass(milliseconds);
  }

  /** The same, for time that nobody has asked to sleep: what a call takes. */
  pass(milliseconds: number): Promise<void> {
    return new Promise((wake) => {
      const atMs = this.nowMs + milliseconds;
      this.#timers.splice(this.#timers.findLastIndex((timer) => timer.atMs <= atMs) + 1, 0, { atMs, wake });
      if (this.#timers.length === 1) this.#advance();
    });
  }

  /** Once round the event loop, everything that can go on without time has done so. */
  #advance(): void {
    setImmediate(() => {
      const next = this.#timers.shift();
      this.nowMs = Math.max(this.nowMs, next?.atMs ?? 0);
      next?.wake();
      if (this.#timers.length > 0) this.#advance();
    });
  }
}

type Answers = {
  [Name in OperationName]?: (input: Operations[Name]['input']) => Outcome<Operations[Name]['output']>;
};

export interface Asked {
  readonly name: OperationName;
  readonly input: unknown;
  readonly atMs: number;
}

export class FakeAws {
  readonly clock = new FakeClock();
  readonly asked: Asked[] = [];
  /** What each call answers. One without an answer here must not be made. */
  readonly answers: Answers;
  /** Milliseconds that a call takes; none by default. */
  callMs: (name: OperationName) => number = () => 0;
  readonly world: AwsApi;

  constructor(answers: Answers = {}) {
    this.answers = answers;
    this.world = {
      DescribeTargetGroups: (input) => this.#answer('DescribeTargetGroups', input, this.answers.DescribeTargetGroups),
      DescribeTags: (input) => this.#answer('DescribeTags', input, this.answers.DescribeTags),
      DescribeTargetGroupAttributes: (input) =>
        this.#answer('DescribeTargetGroupAttributes', input, this.answers.DescribeTargetGroupAttributes),
      DescribeTargetHealth: (input) => this.#answer('DescribeTargetHealth', input, this.answers.DescribeTargetHealth),
      RegisterTargets: (input) => this.#answer('RegisterTargets', input, this.answers.RegisterTargets),
      DeregisterTargets: (input) => this.#answer('DeregisterTargets', input, this.answers.DeregisterTargets),
      ListTasks: (input) => this.#answer('ListTasks', input, this.answers.ListTasks),
      DescribeTasks: (input) => this.#answer('DescribeTasks', input, this.answers.DescribeTasks),
      DescribeServices: (input) => this.#answer('DescribeServices', input, this.answers.DescribeServices),
      DescribeTaskDefinition: (input) => this.#answer('DescribeTaskDefinition', input, this.answers.DescribeTaskDefinition),
      ListTagsForResource: (input) => this.#answer('ListTagsForResource', input, this.answers.ListTagsForResource),
      ListInstances: (input) => this.#answer('ListInstances', input, this.answers.ListInstances),
      FilterLogEvents: (input) => this.#answer('FilterLogEvents', input, this.answers.FilterLogEvents),
      ListLogGroupTags: (input) => this.#answer('ListLogGroupTags', input, this.answers.ListLogGroupTags),
      ListClusters: (input) => this.#answer('ListClusters', input, this.answers.ListClusters),
      ListServices: (input) => this.#answer('ListServices', input, this.answers.ListServices),
      GetResources: (input) => this.#answer('GetResources', input, this.answers.GetResources),
    };
  }

  /** The names of the calls, in their order. */
  get names(): OperationName[] {
    return this.asked.map(({ name }) => name);
  }

  /** What was asked by calls of this name. */
  inputs(name: OperationName): unknown[] {
    return this.asked.filter((each) => each.name === name).map(({ input }) => input);
  }

  /** When calls of this name were made, in milliseconds since the start. */
  times(name: OperationName): number[] {
    return this.asked.filter((each) => each.name === name).map(({ atMs }) => atMs - START_MS);
  }

  async #answer<Input, Value>(
    name: OperationName,
    input: Input,
    answer: ((input: Input) => Outcome<Value>) | undefined,
  ): Promise<Outcome<Value>> {
    this.asked.push({ name, input, atMs: this.clock.now() });
    if (answer === undefined) throw new Error(`${name} was called, and the test has no answer for it.`);
    const outcome = answer(input);
    const callMs = this.callMs(name);
    if (callMs > 0) await this.clock.pass(callMs);
    return outcome;
  }
}

export function ok<Value>(value: Value): Outcome<Value> {
  return { ok: true, value };
}

export function fails(kind: FailureKind, message = `${kind} by the test`): Outcome<never> {
  return err({ kind, message });
}

/** One answer after the other; the last one again and again. */
export function inTurn<Value>(...outcomes: readonly [Outcome<Value>, ...Outcome<Value>[]]): () => Outcome<Value> {
  let turn = 0;
  return () => {
    const outcome = outcomes[Math.min(turn, outcomes.length - 1)] ?? outcomes[0];
    turn += 1;
    return outcome;
  };
}

/** A list that fits on one page. */
export function page(
  tasks: readonly { readonly arn: TaskArn }[],
): Outcome<{ items: readonly TaskArn[]; nextToken: undefined }> {
  return ok({ items: tasks.map(({ arn }) => arn), nextToken: undefined });
}

/** Describes those of the tasks that are asked for, as ECS does: the others it names as missing. */
export function describing(...tasks: readonly DescribedTask[]): NonNullable<Answers['DescribeTasks']> {
  return ({ tasks: asked }) => ok(tasks.filter(({ arn }) => asked.includes(arn)));
}
