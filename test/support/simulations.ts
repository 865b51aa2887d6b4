/** A deployment with the function on it in process, the oracle behind every environment, and what tests do to it over and over. */

import { saltOf } from '../../functions/app/invocation.ts';
import { createSimulatedAws, type Line, LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { runClock, settleOnce } from '../../scripts/simulator/clock.ts';
import {
  type Backend,
  Deployment,
  type DeploymentOptions,
  GROUP,
  parseSettings,
  QUICK,
  type SettingsText,
} from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord, type TaskTiming } from '../../scripts/simulator/ecs.ts';
import type { StateChangeEvent } from '../../scripts/simulator/events.ts';
import { functionCalled } from '../../scripts/simulator/function-calls.ts';
import { type InProcessRuntime, logTo, spawnInProcess } from '../../scripts/simulator/in-process.ts';
import type { KeptReports } from '../../scripts/simulator/kept-reports.ts';
import type { Violation } from '../proof/judge.ts';
import { liveIn, Oracle, type WantedLine } from '../proof/oracle.ts';

export interface PlayOptions extends DeploymentOptions {
  /** What the lines of the group mean; the deployment's own line by default. */
  readonly lines?: readonly WantedLine[];
  /** What the lines of further groups mean. */
  readonly moreLines?: ReadonlyMap<string, readonly WantedLine[]>;
  /** What the lines in tags mean, by their text. */
  readonly tagged?: ReadonlyMap<string, readonly WantedLine[]>;
  /** Milliseconds by which the function's clock is ahead of the world's. */
  readonly clockAheadMs?: number;
}

export const APP_LINE: WantedLine = { kind: 'service', name: 'app', port: 8080, mode: 'enforce' };

export class Play {
  readonly deployment: Deployment;
  readonly reporters: KeptReports[] = [];
  /** Milliseconds that a call of an environment takes to its effect, by the environment's number; 20 unless a test says so. */
  latencyMs: (environment: number) => number = () => 20;
  /** Whether an environment may make its next call; one that may not is cut off for good, as if Lambda had ended it. */
  mayCall: (environment: number) => boolean = () => true;
  readonly #oracle: Oracle;
  readonly #aheadMs: number;
  #liveRemovals = 0;

  constructor({ lines = [APP_LINE], moreLines = new Map(), tagged, clockAheadMs = 0, ...options }: PlayOptions = {}) {
    this.deployment = new Deployment(options);
    this.#aheadMs = clockAheadMs;
    this.#oracle = new Oracle(this.deployment.clock, {
      parameterLines: tagged === undefined ? new Map([[GROUP, lines], ...moreLines]) : new Map(),
      linesOfTag: tagged ?? new Map(),
      nativeServices: new Set(),
      isSingleGroup: this.deployment.settings.targetGroups.length === 1,
      areReadsShared: this.deployment.settings.cloudMapServices.length > 0,
      isLive: liveIn(this.deployment.account),
    });
    this.deployment.use(this.#backend());
  }

  /** Broken invariants, and removals of addresses at which a task of the service was running in truth. */
  get violations(): readonly (Violation | string)[] {
    const live = this.#liveRemovals === 0 ? [] : [`live removals in the true world: ${this.#liveRemovals}`];
    return [...this.#oracle.violations, ...live];
  }

  get findings(): string[] {
    return [...new Set(this.reporters.flatMap(({ findings }) => findings.map(({ kind }) => kind)))].sort();
  }

  /** Reasons of the messages that were no hints. */
  get setAside(): string[] {
    return this.reporters.flatMap(({ setAsides }) =>
      setAsides.flatMap(({ reading }) => ('because' in reading ? [reading.because] : [])),
    );
  }

  get errors(): string[] {
    return this.reporters.flatMap(({ errors }) => errors);
  }

  /** Everything that the function told, as text. */
  get told(): string {
    return JSON.stringify(this.reporters, (_key, value: unknown) =>
      value instanceof Map || value instanceof Set ? [...value] : value,
    );
  }

  get registers(): number {
    return this.deployment.account.calls.get('RegisterTargets') ?? 0;
  }

  get deregisters(): number {
    return this.deployment.account.calls.get('DeregisterTargets') ?? 0;
  }

  get writes(): number {
    return this.registers + this.deregisters;
  }

  get isInStep(): boolean {
    return this.deployment.registered.join() === this.deployment.serving.join();
  }

  /** Lets time pass until the claim is true, at most so long; returns the milliseconds that it took. */
  async until(isTrue: () => boolean, limitMs: number): Promise<number> {
    const { clock, backend } = this.deployment;
    const fromMs = clock.now();
    await runClock(clock, () => backend.settle(this.deployment), fromMs + limitMs, isTrue);
    return clock.now() - fromMs;
  }

  /** A running service of so many tasks, registered by an environment of the stack that is gone: only its record knows them. */
  async inStep(count: number, timing: Partial<TaskTiming> = {}): Promise<TaskRecord[]> {
    const { deployment } = this;
    const { deliver } = deployment;
    deployment.deliver = () => undefined;
    const tasks = deployment.start(count, { timing: { ...QUICK, ...timing } });
    await deployment.pass(100);
    deployment.account.elb.register(deployment.group, tasks.map(requestOf));
    this.recordRegistered(...tasks.map((task) => `${keyOfTask(task)} ${task.arn}`));
    deployment.deliver = deliver;
    return tasks;
  }

  /** The line that the function leaves in its log before it registers targets, each with its address and the ARN of its task. */
  recordRegistered(...targets: readonly string[]): void {
    const { account, group } = this.deployment;
    const line = { message: 'record', kind: 'register', targetGroupArn: group.arn, targets };
    account.logs.sink(LOG_GROUP, 'gone')(JSON.stringify(line));
  }

  stop(task: TaskRecord | undefined): void {
    if (task === undefined) throw new Error('There is no task to stop.');
    this.deployment.account.ecs.stop(task);
  }

  /** Keeps the events instead of delivering them. */
  keepEvents(): StateChangeEvent[] {
    const kept: StateChangeEvent[] = [];
    this.deployment.deliver = (event) => kept.push(event);
    return kept;
  }

  send(...messages: readonly unknown[]): void {
    for (const message of messages) this.deployment.queue.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  #backend(): Backend {
    return {
      name: 'in process, judged',
      spawn: (deployment, settings) => {
        const number = this.reporters.length;
        const clock = {
          now: () => deployment.clock.now() + this.#aheadMs,
          sleep: (milliseconds: number) => deployment.clock.sleep(milliseconds),
        };
        const world = createSimulatedAws(deployment.service, this.#lineOf(number, settings));
        const stream = `[$LATEST]${number}`;
        const runtime: InProcessRuntime = spawnInProcess(parseSettings(settings), world, clock, {
          salt: saltOf(stream),
          log: logTo(deployment.account.logs.sink(LOG_GROUP, stream)),
        });
        this.reporters.push(runtime.reports);
        return {
          invoke: async (input, remainingMs) => {
            this.#oracle.invoked(number, input);
            const answer = await runtime.invoke(input, remainingMs);
            this.#oracle.ended(number, input, answer);
            return answer;
          },
        };
      },
      settle: settleOnce,
      close: () => Promise.resolve(),
    };
  }

  #lineOf(number: number, settings: SettingsText): Line {
    return {
      effectMs: () => this.latencyMs(number),
      answerMs: () => 20,
      sent: (name, input) => {
        if (!this.mayCall(number)) return false;
        this.#oracle.sent(number, name, input);
        functionCalled(settings, name, input);
        return true;
      },
      effected: (name, input) => {
        if (name === 'DeregisterTargets') this.#countLiveRemovals(JSON.stringify(input));
      },
      answered: (name, input, output, code) => this.#oracle.answered(number, name, input, output, code),
    };
  }

  #countLiveRemovals(input: string): void {
    const removed = this.deployment.serving.filter((key) =>
      input.includes(`"Id":"${key.slice(0, key.lastIndexOf(':'))}","Port":8080`),
    );
    this.#liveRemovals += removed.length;
  }
}

/** What the group is asked to take for the task. */
function requestOf(task: TaskRecord) {
  return { id: present(task).ipv4 ?? '', port: 8080, zone: undefined };
}

/** A task in its service's group as the group names it. */
export function keyOfTask(task: TaskRecord | undefined): string {
  return task === undefined ? 'no task' : `${present(task).ipv4}:8080`;
}

/** All orders of the items. */
export function ordersOf<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => ordersOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
