/** One deployed stack in a scenario: queue, function and schedule, with the oracle behind each of its environments. */

import type { AwsApi, Clock } from '../../functions/app/ports.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { isObject } from '../../functions/core/json.ts';
import type { Pass } from '../../functions/core/report.ts';
import { registeredAddresses } from '../../functions/core/snapshot.ts';
import type { Account } from '../../scripts/simulator/account.ts';
import type { ApiName, Service } from '../../scripts/simulator/api.ts';
import type { Input } from '../../scripts/simulator/api-input.ts';
import { createSimulatedAws, type Line } from '../../scripts/simulator/aws-api.ts';
import type { VirtualClock } from '../../scripts/simulator/clock.ts';
import { parseSettings, type SettingsText } from '../../scripts/simulator/deployment.ts';
import type { StateChangeEvent } from '../../scripts/simulator/events.ts';
import { functionCalled } from '../../scripts/simulator/function-calls.ts';
import { HOME, type Home } from '../../scripts/simulator/home.ts';
import { type InProcessRuntime, logTo, spawnInProcess } from '../../scripts/simulator/in-process.ts';
import { LAMBDA_SETTINGS, Lambda, type LambdaSettings, type Runtime } from '../../scripts/simulator/lambda.ts';
import { Queue } from '../../scripts/simulator/queue.ts';
import type { Random } from '../../scripts/simulator/random.ts';
import type { FaultMix } from './fault-mix.ts';
import type { Judge, Violation } from './judge.ts';
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
  /** What an environment calls; the account alone, unless said otherwise. `lineTo` says how calls get to an account and region. */
  readonly door?: (lineTo: (place: Home) => Line, logGroup: string) => AwsApi;
  /** Hear of every call. */
  readonly judges: readonly Judge[];
  readonly trace: Trace;
  readonly lambda: Partial<LambdaSettings> | undefined;
  /** Told after every write that took effect. */
  readonly wrote: () => void;
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
  readonly #options: StackOptions;
  readonly #clock: VirtualClock;
  readonly #runtimes: InProcessRuntime[] = [];
  #environments = 0;

  constructor(options: StackOptions) {
    const { account, mix, random, faultsEndMs } = options;
    this.#options = options;
    this.#clock = account.clock;
    this.queue = new Queue(this.#clock);
    this.pipeline = new Pipeline(this.#clock, this.queue, mix, random.fork(), faultsEndMs);
    this.lambda = new Lambda(this.#clock, () => this.#spawn(), { ...LAMBDA_SETTINGS, ...options.lambda });
    this.lambda.attach(this.queue);
    this.lambda.startSchedule(random.whole(0, 60_000));
    account.onEvent((event) => this.take(event));
  }

  get violations(): readonly Violation[] {
    return [...this.#options.judges.flatMap(({ violations }) => violations), ...this.#mistakes()];
  }

  /** An invocation may fail for what AWS did; that the code itself goes wrong is a mistake of ours, whatever follows. */
  #mistakes(): Violation[] {
    return this.lambda.invocations.flatMap(({ error, startedAtMs }) => {
      const isOurs = error !== undefined && !(error instanceof Error && error.constructor === Error);
      return isOurs ? [{ invariant: 'MISTAKE', atMs: startedAtMs, environment: 0, detail: String(error) }] : [];
    });
  }

  /** What the environments found in their last full runs. */
  get standing(): readonly Finding[] {
    return this.#runtimes.flatMap(
      ({ reports }) => reports.runs.findLast(({ standing }) => standing !== undefined)?.standing?.findings ?? [],
    );
  }

  /** Interesting states, those that the function itself told among them. */
  collectMarks(): ReadonlySet<string> {
    for (const { reports } of this.#runtimes) {
      if (hasFoundAddressTaken(reports.passes)) this.marks.add('a confirmation found the address taken');
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

  /** An event on the bus, whoever has put it there. */
  take(event: StateChangeEvent): void {
    const { clusters } = this.#options.settings;
    if (clusters.length > 0 && !clusters.includes(event.detail.clusterArn)) return;
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
    const { account, name, random, service, settings, door } = this.#options;
    const logGroup = `/aws/lambda/${name}`;
    const lineTo = (place: Home): Line => this.#lineOf(life, place);
    const api = door?.(lineTo, logGroup) ?? createSimulatedAws(service, lineTo(HOME), logGroup);
    const inner = spawnInProcess(parseSettings(settings), api, this.#clockOf(life), {
      salt: random.fork().next(),
      log: logTo(account.logs.sink(logGroup, `${life.number}`)),
    });
    this.#runtimes.push(inner);
    const runtime: Runtime = {
      invoke: (input, remainingMs) => {
        for (const judge of this.#options.judges) judge.invoked?.(life.number, input);
        this.#options.trace.note(`${this.#options.name}${life.number} invoked`);
        life.hasWritten = false;
        return inner.invoke(input, remainingMs).then((answer) => {
          if (!life.isDead) for (const judge of this.#options.judges) judge.ended?.(life.number, input, answer);
          return answer;
        });
      },
    };
    life.runtime.current = runtime;
    return runtime;
  }

  #lineOf(life: Life, place: Home): Line {
    const random = this.#options.random.fork();
    return {
      effectMs: () => random.whole(5, 40),
      answerMs: () => random.whole(5, 40),
      frozenUntilMs: () => life.frozenUntilMs,
      sent: (name, input) => this.#sent(life, random, place, name, input),
      effected: (name, input) => this.#effected(life, name, input),
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

  #sent(life: Life, random: Random, place: Home, name: ApiName, input: Input): boolean {
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
    for (const judge of this.#options.judges) judge.sent?.(life.number, name, input);
    functionCalled(this.#options.settings, name, input, place);
    if (name === 'RegisterTargets' || name === 'DeregisterTargets') life.hasWritten = true;
    if (name === 'ListTasks' && input['desiredStatus'] === 'STOPPED') this.marks.add('the stopped list was searched');
    return true;
  }

  #effected(life: Life, name: ApiName, input: Input): void {
    for (const judge of this.#options.judges) judge.effected?.(life.number, name, input);
    if (name === 'RegisterTargets' || name === 'DeregisterTargets') this.#options.wrote();
  }

  #answered(life: Life, name: ApiName, input: Input, output: unknown, code: string): void {
    if (life.isDead) return;
    this.#options.trace.note(`${this.#options.name}${life.number} ${name} answered ${code}`);
    for (const judge of this.#options.judges) judge.answered?.(life.number, name, input, output, code);
    if (code !== '') this.marks.add(`${name}: ${code}`);
    if (isObject(output) && output['nextToken'] !== undefined) this.marks.add('a list had a second page');
  }
}

/** Whether a removal that waited for its confirmation was dropped there, because a live task had the address by then. */
function hasFoundAddressTaken(passes: readonly Pass[]): boolean {
  return passes.some((pass, index) => {
    const next = passes.slice(index + 1).find(({ group }) => group.arn === pass.group.arn);
    const planned = new Set(next?.planned.map(({ address }) => address));
    const registered = new Set(registeredAddresses(next?.snapshot?.targets ?? []));
    const waiting = pass.held.filter(({ because }) => because === 'waits for confirmation');
    return waiting.some(({ change: { address } }) => registered.has(address) && !planned.has(address));
  });
}
