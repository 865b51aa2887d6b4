/** Lambda as the function meets it: environments that are kept warm, an event source mapping, a schedule, a time-out. */
import { isObject } from '../../functions/core/json.ts';
import type { VirtualClock } from './clock.ts';
import type { Queue } from './queue.ts';
import { Random } from './random.ts';

/** One execution environment with the function loaded: module state lives as long as this does. */
export interface Runtime {
  invoke(input: unknown, remainingMs: () => number): Promise<unknown>;
}

export interface LambdaSettings {
  readonly timeoutMs: number;
  readonly batchSize: number;
  /** A batch that is not full waits this long for more (MaximumBatchingWindowInSeconds). */
  readonly windowMs: number;
  /** On a queue with very low traffic the wait may be as long as this, whatever the window (Lambda guide, "Using Lambda with Amazon SQS"). */
  readonly quietWaitMaxMs?: number;
  /** Batches of the queue that are worked on at once. */
  readonly concurrencyMax: number;
  readonly scheduleMs: number;
}

/** As template.yaml sets them. */
export const LAMBDA_SETTINGS: LambdaSettings = {
  timeoutMs: 30_000,
  batchSize: 10,
  windowMs: 0,
  concurrencyMax: 2,
  scheduleMs: 60_000,
};

export interface Invocation {
  readonly input: unknown;
  readonly runtime: Runtime;
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
  outcome: 'running' | 'done' | 'failed' | 'timed out' | 'killed';
  answer: unknown;
  error: unknown;
}

export class Lambda {
  readonly invocations: Invocation[] = [];
  readonly #clock: VirtualClock;
  readonly #settings: LambdaSettings;
  readonly #spawn: () => Runtime;
  readonly #idle: Runtime[] = [];
  readonly #running = new Set<Invocation>();
  readonly #retired = new Set<Runtime>();
  readonly #killers = new Map<Runtime, () => void>();
  #batchesRunning = 0;
  #environments = 0;

  constructor(clock: VirtualClock, spawn: () => Runtime, settings: LambdaSettings = LAMBDA_SETTINGS) {
    this.#clock = clock;
    this.#spawn = spawn;
    this.#settings = settings;
  }

  /** Environments ever started: each was a cold start. */
  get environments(): number {
    return this.#environments;
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Ends the environment in the middle of what it does: the invocation has failed, and nobody will hear of the rest. */
  kill(runtime: Runtime): void {
    this.#killers.get(runtime)?.();
  }

  /** Forgets the warm environments, as Lambda does after a while or a deployment. */
  coolDown(): void {
    this.#idle.length = 0;
  }

  /** Forgets those at work as well, once they are done. */
  replaceEnvironments(): void {
    this.coolDown();
    for (const { runtime } of this.#running) this.#retired.add(runtime);
  }

  /** Polls the queue whenever messages arrive or a batch is done. */
  attach(queue: Queue): void {
    const poll = (): void => {
      while (this.#batchesRunning < this.#settings.concurrencyMax) {
        if (this.#waitsForMore(queue, poll)) return;
        const messages = queue.receive(this.#settings.batchSize);
        if (messages.length === 0) return;
        this.#batchesRunning += 1;
        const Records = messages.map(({ id, body, receives }) => ({
          messageId: id,
          body,
          eventSource: 'aws:sqs',
          attributes: { ApproximateReceiveCount: String(receives) },
        }));
        this.invoke({ Records }, (invocation) => {
          this.#batchesRunning -= 1;
          const returned =
            invocation.outcome === 'done' ? failedItems(invocation.answer) : new Set(messages.map(({ id }) => id));
          for (const { id } of messages) if (!returned.has(id)) queue.delete(id);
          poll();
        });
      }
    };
    queue.onArrival(poll);
    poll();
  }

  #waitsForMore(queue: Queue, poll: () => void): boolean {
    const { batchSize, windowMs, quietWaitMaxMs = windowMs } = this.#settings;
    if (windowMs === 0) return false;
    const { count, oldestAtMs } = queue.visible;
    // Drawn by the message that waits, so that asking twice gives one answer.
    const waitMs = new Random(oldestAtMs).whole(windowMs, quietWaitMaxMs);
    if (count === 0 || count >= batchSize || oldestAtMs + waitMs <= this.#clock.now()) return false;
    this.#clock.at(oldestAtMs + waitMs, poll);
    return true;
  }

  /** Invokes each minute, straight and without retries; the first time after `firstAfterMs`. */
  startSchedule(firstAfterMs: number): void {
    this.#clock.after(firstAfterMs, () => {
      this.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
      this.startSchedule(this.#settings.scheduleMs);
    });
  }

  /** Runs the function once. An environment that timed out or was killed is never used again. */
  invoke(input: unknown, ended: (invocation: Invocation) => void = () => undefined): Invocation {
    const runtime = this.#idle.pop() ?? this.#start();
    const startedAtMs = this.#clock.now();
    const invocation: Invocation = {
      input,
      runtime,
      startedAtMs,
      endedAtMs: undefined,
      outcome: 'running',
      answer: undefined,
      error: undefined,
    };
    this.invocations.push(invocation);
    this.#running.add(invocation);
    const deadlineMs = startedAtMs + this.#settings.timeoutMs;
    const end = (outcome: Invocation['outcome'], answer: unknown, error: unknown): void => {
      if (invocation.outcome !== 'running') return;
      timeout.cancel();
      this.#running.delete(invocation);
      this.#killers.delete(runtime);
      Object.assign(invocation, { outcome, answer, error, endedAtMs: this.#clock.now() });
      if ((outcome === 'done' || outcome === 'failed') && !this.#retired.has(runtime)) this.#idle.push(runtime);
      ended(invocation);
    };
    const timeout = this.#clock.at(deadlineMs, () => end('timed out', undefined, undefined));
    this.#killers.set(runtime, () => end('killed', undefined, undefined));
    runtime
      .invoke(input, () => deadlineMs - this.#clock.now())
      .then(
        (answer) => end('done', answer, undefined),
        (error: unknown) => end('failed', undefined, error),
      );
    return invocation;
  }

  #start(): Runtime {
    this.#environments += 1;
    return this.#spawn();
  }
}

function failedItems(answer: unknown): Set<unknown> {
  const failures = isObject(answer) && Array.isArray(answer['batchItemFailures']) ? answer['batchItemFailures'] : [];
  return new Set(failures.filter(isObject).map((each) => each['itemIdentifier']));
}
