/** A deployed stack with its metrics and alarms: the function logs as in Lambda, and AWS's services put what they measure. */
import { type RunStatus, saltOf } from '../../functions/app/invocation.ts';
import { Alarms, type CompositeAlarm, type MetricAlarm } from './alarms.ts';
import { createSimulatedAws, LOG_GROUP, USUAL_LINE } from './aws-api.ts';
import { settleOnce } from './clock.ts';
import { CloudWatch, PERIOD_MS } from './cloudwatch.ts';
import { Deployment, type DeploymentOptions, parseSettings } from './deployment.ts';
import { present } from './ecs.ts';
import { functionCalled } from './function-calls.ts';
import type { Invocation } from './lambda.ts';
import { spawnLogged } from './logged.ts';

/** How alarms and dashboards name the stack and its parts. */
export interface StackNames {
  readonly stack: string;
  readonly function: string;
  readonly hintQueue: string;
  readonly deadLetterQueue: string;
  readonly scheduleRule: string;
  readonly taskRule: string;
}

export interface WatchedOptions extends DeploymentOptions {
  readonly names: StackNames;
  readonly alarms: readonly MetricAlarm[];
  readonly composites: readonly CompositeAlarm[];
  /** What nobody will look at any more is forgotten: metrics, tasks that ECS does not describe, lines before the record's window. */
  readonly forgets?: boolean;
}

/** Lambda waits between its tries of an asynchronous call that was throttled; so many fit into the minute that the template gives it. */
const TRIES_OF_A_TICK = 4;
/** Alarms look back over fewer minutes than this. */
const KEPT_MINUTES = 15;
/** ECS describes a stopped task for an hour, and the function reads the record of 70 minutes. */
const FORGOTTEN_AFTER_MS = 7_200_000;

export class Watched {
  readonly deployment: Deployment;
  readonly cloudWatch: CloudWatch;
  readonly alarms: Alarms;
  /** Whether the schedule's rule is enabled, whether it may call the function, and whether Lambda has room to run it. */
  schedule: 'enabled' | 'disabled' | 'denied' | 'throttled' = 'enabled';
  /** Called when a call of the function has taken effect. */
  effected: (operation: string) => void = () => undefined;
  /** Called with each line that the function writes into its log. */
  logged: (line: string) => void = () => undefined;
  /** Called when an invocation ends, with what stands then. */
  ended: (status: RunStatus) => void = () => undefined;
  readonly #names: StackNames;
  readonly #forgets: boolean;
  #environments = 0;
  #seen = 0;
  #running: Invocation[] = [];

  constructor({ names, alarms, composites, forgets = false, ...options }: WatchedOptions) {
    this.#names = names;
    this.#forgets = forgets;
    this.deployment = new Deployment(options);
    const { clock, account, service } = this.deployment;
    this.cloudWatch = new CloudWatch(clock);
    this.alarms = new Alarms(alarms, composites);
    this.deployment.use({
      name: 'the sources in process, with their log',
      spawn: (_, settings) => {
        this.#environments += 1;
        const stream = `[$LATEST]${this.#environments}`;
        const logged = account.logs.sink(LOG_GROUP, stream);
        const sent = (...[operation, input]: Parameters<NonNullable<typeof USUAL_LINE.sent>>): boolean => {
          functionCalled(settings, operation, input);
          return true;
        };
        return spawnLogged(
          parseSettings(settings),
          createSimulatedAws(service, { ...USUAL_LINE, sent, effected: (name) => this.effected(name) }),
          clock,
          {
            salt: saltOf(stream),
            stackName: names.stack,
            sink: (line) => {
              logged(line);
              this.cloudWatch.takeLine(line);
              this.logged(line);
            },
            listener: { passed: () => undefined, ended: (status) => this.ended(status) },
          },
        );
      },
      settle: settleOnce,
      close: () => Promise.resolve(),
    });
    clock.after(PERIOD_MS, () => this.#endMinute());
    clock.after(PERIOD_MS / 2, () => this.#tick());
  }

  pass(milliseconds: number): Promise<void> {
    return this.deployment.pass(milliseconds);
  }

  /** EventBridge could not deliver an event to the queue, nor to the dead-letter queue where it is lost. */
  eventFailed(body: string, isLost: boolean): void {
    const dimensions = { RuleName: this.#names.taskRule };
    this.cloudWatch.put({ namespace: 'AWS/Events', name: 'FailedInvocations', dimensions }, 1);
    if (isLost) this.cloudWatch.put({ namespace: 'AWS/Events', name: 'InvocationsFailedToBeSentToDlq', dimensions }, 1);
    else {
      const atMs = this.deployment.clock.now();
      this.deployment.queue.deadLetters.push({ id: `failed-${atMs}`, body, sentAtMs: atMs, receives: 0, visibleAtMs: atMs });
    }
  }

  /** Nobody takes from the queue any more, until `enableTrigger`. */
  disableTrigger(): void {
    this.deployment.queue.onArrival(() => undefined);
  }

  enableTrigger(): void {
    this.deployment.lambda.attach(this.deployment.queue);
  }

  #tick(): void {
    const { clock, lambda } = this.deployment;
    clock.after(PERIOD_MS, () => this.#tick());
    if (this.schedule === 'disabled') return;
    const dimensions = { RuleName: this.#names.scheduleRule };
    this.cloudWatch.put({ namespace: 'AWS/Events', name: 'Invocations', dimensions }, 1);
    if (this.schedule === 'denied') this.cloudWatch.put({ namespace: 'AWS/Events', name: 'FailedInvocations', dimensions }, 1);
    else if (this.schedule === 'throttled') this.#ofFunction('Throttles', TRIES_OF_A_TICK);
    else lambda.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  }

  #endMinute(): void {
    const { clock, queue } = this.deployment;
    clock.after(PERIOD_MS, () => this.#endMinute());
    // The minute that ends is the one before this instant.
    const atMs = clock.now() - 1;
    this.#countInvocations();
    const { hintQueue, deadLetterQueue } = this.#names;
    this.#ofQueue(hintQueue, 'ApproximateNumberOfMessagesVisible', queue.visible.count, atMs);
    this.#ofQueue(hintQueue, 'ApproximateAgeOfOldestMessage', (atMs - (queue.oldestSentAtMs ?? atMs)) / 1_000, atMs);
    this.#ofQueue(deadLetterQueue, 'ApproximateNumberOfMessagesVisible', queue.deadLetters.length, atMs);
    this.alarms.evaluate(this.cloudWatch, clock.now());
    if (this.#forgets) this.#forget(atMs);
  }

  #forget(atMs: number): void {
    this.cloudWatch.forgetBefore(Math.floor(atMs / PERIOD_MS) - KEPT_MINUTES);
    const { ecs, logs } = this.deployment.account;
    for (const [arn, task] of ecs.tasks) {
      const { stoppedAtMs } = present(task);
      if (stoppedAtMs !== undefined && atMs - stoppedAtMs > FORGOTTEN_AFTER_MS) ecs.tasks.delete(arn);
    }
    const lines = logs.groups.get(LOG_GROUP) ?? [];
    const old = lines.findIndex((line) => atMs - line.atMs <= FORGOTTEN_AFTER_MS);
    if (old > 0) lines.splice(0, old);
  }

  /** Lambda counts an invocation when it has ended, under the time of its start. */
  #countInvocations(): void {
    const { invocations } = this.deployment.lambda;
    const candidates = [...this.#running, ...invocations.slice(this.#seen)];
    this.#seen = invocations.length;
    this.#running = candidates.filter(({ endedAtMs }) => endedAtMs === undefined);
    for (const { outcome, startedAtMs, endedAtMs } of candidates) {
      if (endedAtMs === undefined) continue;
      this.#ofFunction('Invocations', 1, startedAtMs);
      this.#ofFunction('Errors', outcome === 'done' ? 0 : 1, startedAtMs);
      this.#ofFunction('Throttles', 0, startedAtMs);
      this.#ofFunction('Duration', endedAtMs - startedAtMs, startedAtMs);
    }
  }

  #ofFunction(name: string, value: number, atMs?: number): void {
    this.cloudWatch.put({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName: this.#names.function } }, value, atMs);
  }

  #ofQueue(queue: string, name: string, value: number, atMs: number): void {
    this.cloudWatch.put({ namespace: 'AWS/SQS', name, dimensions: { QueueName: queue } }, value, atMs);
  }
}
