/** One deployed stack in a scenario: queue, function and schedule, with the oracle behind each of its environments. */

import type { Clock } from '../../functions/app/ports.ts';
import { isObject } from '../../functions/core/json.ts';
import type { Pass } from '../../functions/core/report.ts';
import { registeredAddresses } from '../../functions/core/snapshot.ts';
import type { Account } from '../../scripts/simulator/account.ts';
import type { ApiName, Service } from '../../scripts/simulator/api.ts';
import type { Input } from '../../scripts/simulator/api-input.ts';
import { objects, text } from '../../scripts/simulator/api-input.ts';
import { createSimulatedAws, type Line } from '../../scripts/simulator/aws-api.ts';
import type { VirtualClock } from '../../scripts/simulator/clock.ts';
import { parseSettings, type SettingsText } from '../../scripts/simulator/deployment.ts';
import { present } from '../../scripts/simulator/ecs.ts';
import type { StateChangeEvent } from '../../scripts/simulator/events.ts';
import { functionCalled } from '../../scripts/simulator/function-calls.ts';
import { type InProcessRuntime, logTo, spawnInProcess } from '../../scripts/simulator/in-process.ts';
import { LAMBDA_SETTINGS, Lambda, type LambdaSettings, type Runtime } from '../../scripts/simulator/lambda.ts';
import { Queue } from '../../scripts/simulator/queue.ts';
import type { Random } from '../../scripts/simulator/random.ts';
import type { FaultMix } from './fault-mix.ts';
import { isMeant, Oracle, type Rules, type Violation, type WantedLine } from './oracle.ts';
import { Pipeline } from './pipeline.ts';
import type { Trace } from './trace.ts';

export interface StackOptions {
  readonly name: string;
  readonly account: Account;
  readonly service: Service;
  readonly mix: FaultMix;
  readonly random: Random;
  readonly faultsEndMs: number;
  /** Whether nothing works at this moment: then no event arrives either. */
  readonly isOut: () => boolean;
  readonly settings: SettingsText;
  readonly rules: Rules;
  readonly trace: Trace;
  readonly lambda: Partial<LambdaSettings> | undefined;
  /** Told after every write that took effect. */
  readonly wrote: () => void;
  /** The lines that hold for the group in truth, for what counts as a live removal. */
  readonly trueLines: () => readonly WantedLine[];
}

interface Life {
  readonly number: number;
  readonly runtime: { current: Runtime | undefined };
  isDead: boolean;
  frozenUntilMs: number;
  hasWritten: boolean;
}

export class Stack {
  readonly queue: Queue;
  readonly lambda: Lambda;
  readonly pipeline: Pipeline;
  readonly marks = new Set<string>();
  liveRemovals = 0;
  readonly #options: StackOptions;
  readonly #clock: VirtualClock;
  readonly #oracle: Oracle;
  readonly #runtimes: InProcessRuntime[] = [];
  #environments = 0;

  constructor(options: StackOptions) {
    const { account, mix, random, faultsEndMs, rules } = options;
    this.#options = options;
    this.#clock = account.clock;
    this.#oracle = new Oracle(this.#clock, rules);
    this.queue = new Queue(this.#clock);
    this.pipeline = new Pipeline(this.#clock, this.queue, mix, random.fork(), faultsEndMs);
    this.lambda = new Lambda(this.#clock, () => this.#spawn(), { ...LAMBDA_SETTINGS, ...options.lambda });
    this.lambda.attach(this.queue);
    this.lambda.startSchedule(random.whole(0, 60_000));
    account.onEvent((event) => this.#take(event));
  }

  get violations(): readonly Violation[] {
    return [...this.#oracle.violations, ...this.#mistakes()];
  }

  /** An invocation may fail for what AWS did; that the code itself goes wrong is a mistake of ours, whatever follows. */
  #mistakes(): Violation[] {
    return this.lambda.invocations.flatMap(({ error, startedAtMs }) => {
      const isOurs = error !== undefined && !(error instanceof Error && error.constructor === Error);
      return isOurs ? [{ invariant: 'MISTAKE', atMs: startedAtMs, environment: 0, detail: String(error) }] : [];
    });
  }

  /** Interesting states, those that the function itself told among them. */
  collectMarks(): ReadonlySet<string> {
    for (const { reports } of this.#runtimes) {
      if (hasFoundAddressTaken(reports.passes)) this.marks.add('a second look found the address taken');
      for (const pass of reports.passes) {
        for (const change of pass.written.done) this.marks.add(`change: ${change.because.rule}`);
        for (const { because } of pass.held) this.marks.add(`held: ${because}`);
        for (const { kind } of pass.failures) this.marks.add(`failure: ${kind}`);
        const changes = pass.written.done.concat(pass.held.map(({ change }) => change));
        if (changes.some((change) => change.kind === 'register' && change.draining)) {
          this.marks.add('an address was wanted again while it drained');
        }
        if (pass.behind.length > 0) this.marks.add('a read was behind a hint');
        if (pass.written.aged.length > 0) this.marks.add('a proof grew too old before its write');
      }
      for (const { kind } of reports.findings) this.marks.add(`finding: ${kind}`);
      for (const { reading } of reports.setAsides) this.marks.add(`message: ${reading.kind}`);
    }
    for (const { outcome } of this.lambda.invocations) this.marks.add(`invocation: ${outcome}`);
    if (this.queue.deadLetters.length > 0) this.marks.add('a dead letter');
    return this.marks;
  }

  #take(event: StateChangeEvent): void {
    const isOurs = this.#options.settings.clusters.includes(event.detail.clusterArn);
    if (!isOurs) return;
    if (this.#options.isOut()) this.marks.add('an event was lost in an outage');
    else this.pipeline.take(event);
  }

  get #isFaulty(): boolean {
    return this.#clock.now() < this.#options.faultsEndMs;
  }

  #spawn(): Runtime {
    this.#environments += 1;
    const life: Life = {
      number: this.#environments,
      runtime: { current: undefined },
      isDead: false,
      frozenUntilMs: 0,
      hasWritten: false,
    };
    const { account, name, random, service, settings } = this.#options;
    const logGroup = `/aws/lambda/${name}`;
    const api = createSimulatedAws(service, this.#lineOf(life), logGroup);
    const inner = spawnInProcess(parseSettings(settings), api, this.#clockOf(life), {
      salt: random.fork().next(),
      log: logTo(account.logs.sink(logGroup, `${life.number}`)),
    });
    this.#runtimes.push(inner);
    const runtime: Runtime = {
      invoke: (input, remainingMs) => {
        this.#oracle.invoked(life.number, input);
        this.#options.trace.note(`${this.#options.name}${life.number} invoked`);
        life.hasWritten = false;
        return inner.invoke(input, remainingMs).then((answer) => {
          if (!life.isDead) this.#oracle.ended(life.number, input, answer);
          return answer;
        });
      },
    };
    life.runtime.current = runtime;
    return runtime;
  }

  #lineOf(life: Life): Line {
    const random = this.#options.random.fork();
    return {
      effectMs: () => random.whole(5, 40),
      answerMs: () => random.whole(5, 40),
      frozenUntilMs: () => life.frozenUntilMs,
      sent: (name, input) => this.#sent(life, random, name, input),
      effected: (name, input) => this.#effected(name, input),
      answered: (name, input, output, code) => this.#answered(life, name, input, output, code),
    };
  }

  /** The environment's clock: it does not wake while frozen, and never once dead. */
  #clockOf(life: Life): Clock {
    const clock = this.#clock;
    return {
      now: () => clock.now(),
      sleep: (milliseconds: number) =>
        new Promise<void>((resolve) => {
          const wake = (): void => {
            if (life.isDead) return;
            if (clock.now() < life.frozenUntilMs) clock.at(life.frozenUntilMs, wake);
            else resolve();
          };
          clock.after(milliseconds, wake);
        }),
    };
  }

  #sent(life: Life, random: Random, name: ApiName, input: Input): boolean {
    const [kill, freeze] = [random.next(), random.next()];
    if (life.isDead) return false;
    if (this.#isFaulty && kill < this.#options.mix.killP) {
      this.marks.add(life.hasWritten ? 'killed after a write' : 'killed before a write');
      life.isDead = true;
      const { current } = life.runtime;
      if (current !== undefined) this.lambda.kill(current);
      return false;
    }
    if (this.#isFaulty && freeze < this.#options.mix.freezeP) life.frozenUntilMs = this.#clock.now() + random.whole(500, 9_000);
    this.#options.trace.note(`${this.#options.name}${life.number} ${name} ${JSON.stringify(input)}`);
    this.#oracle.sent(life.number, name, input);
    functionCalled(this.#options.settings, name, input);
    if (name === 'RegisterTargets' || name === 'DeregisterTargets') life.hasWritten = true;
    if (name === 'ListTasks' && input['desiredStatus'] === 'STOPPED') this.marks.add('the stopped list was searched');
    return true;
  }

  #effected(name: ApiName, input: Input): void {
    if (name !== 'RegisterTargets' && name !== 'DeregisterTargets') return;
    if (name === 'DeregisterTargets') this.#countLiveRemovals(input);
    this.#options.wrote();
  }

  #answered(life: Life, name: ApiName, input: Input, output: unknown, code: string): void {
    if (life.isDead) return;
    this.#options.trace.note(`${this.#options.name}${life.number} ${name} answered ${code}`);
    this.#oracle.answered(life.number, name, input, output, code);
    if (code !== '') this.marks.add(`${name}: ${code}`);
    if (isObject(output) && output['nextToken'] !== undefined) this.marks.add('a list had a second page');
  }

  #countLiveRemovals(input: Input): void {
    for (const target of objects(input, 'Targets')) {
      const ip = text(target, 'Id') ?? '';
      const lines = this.#options.trueLines().filter((line) => line.mode !== 'drain' && line.port === target['Port']);
      const victims = this.#options.account.ecs.holdersOf(ip).filter((task) => {
        const known = { group: task.group, family: task.definition.split(':')[0] ?? '' };
        return present(task).last === 'RUNNING' && lines.some((line) => isMeant(line, known));
      });
      if (victims.length > 0)
        this.#options.trace.note(`LIVE REMOVAL of ${ip} held by ${victims.map((task) => task.id.slice(-4)).join()}`);
      this.liveRemovals += victims.length;
    }
  }
}

/** Whether a removal that waited for its second look was dropped there, because a live task had the address by then. */
function hasFoundAddressTaken(passes: readonly Pass[]): boolean {
  return passes.some((pass, index) => {
    const next = passes.slice(index + 1).find(({ group }) => group.arn === pass.group.arn);
    const planned = new Set(next?.planned.map(({ address }) => address));
    const registered = new Set(registeredAddresses(next?.snapshot?.targets ?? []));
    const waiting = pass.held.filter(({ because }) => because === 'waits for confirmation');
    return waiting.some(({ change: { address } }) => registered.has(address) && !planned.has(address));
  });
}
