/** What a stack lives through, scene by scene. Each ends by looking at the targets; none asserts a time. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StateChangeEvent } from '../../../scripts/simulator/events.ts';
import { type LiveAccount, STALE } from '../../../scripts/tools/emulators/account.ts';
import { waitUntil } from '../../../scripts/tools/emulators/wait.ts';
import type { Gate } from './gate.ts';
import type { Pipe, QueueName } from './pipe.ts';
import { MUTANTS, type Mutant, type Stack } from './stack.ts';

export interface Scene {
  readonly account: LiveAccount;
  readonly gate: Gate;
  readonly pipe: Pipe;
  readonly stack: Stack;
}

const PATIENCE_MS = 120_000;
/** The schedule comes once a minute, and its pass takes its time. */
const SCHEDULE_PATIENCE_MS = 180_000;
const WARM_RUNS = 9;
/** What the documents promise of a pause and of a resume (docs/operations.md). */
const PAUSED_WITHIN_MS = 60_000;
const SCHEDULE_MS = 60_000;
const RESUMED_WITHIN_MS = 75_000;
/** So long nothing may happen where nothing is to happen. */
const STILL_MS = 2_000;

export class Scenes {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Time from the event at the bus to the target, and back out. */
  async playEvents(): Promise<string> {
    const { account, pipe } = this.#scene;
    const coldMs = await this.#timeIn(await this.#startOne());
    const warmMs: number[] = [];
    for (let run = 0; run < WARM_RUNS; run += 1) {
      // Passes over one group are at least a second apart: that is a wait of its own, and not what is timed here.
      await sleep(1_100);
      warmMs.push(await this.#timeIn(await this.#startOne()));
    }
    const last = await this.#startOne();
    await this.#timeIn(last);
    await sleep(1_100);
    const stopped = await account.stop(last);
    const startedAtMs = performance.now();
    await pipe.putOnBus(stopped);
    await waitUntil('the target leaves', PATIENCE_MS, () => !account.registered.includes(account.addressOf(last)));
    const outMs = performance.now() - startedAtMs;
    return `event at the bus to target: cold ${round(coldMs)}, warm ${round(median(warmMs))} (median of ${WARM_RUNS}); to removal ${round(outMs)}`;
  }

  /** One event in, one target out. */
  async playOne(): Promise<void> {
    await this.#timeIn(await this.#startOne());
  }

  async playHundred(): Promise<string> {
    const { account, pipe } = this.#scene;
    const before = account.registered.length;
    const events = await account.start(100);
    const callsBefore = account.calls;
    const startedAtMs = performance.now();
    await pipe.putOnBus(events);
    await this.#waitFor(events);
    const tookMs = performance.now() - startedAtMs;
    assert.equal(account.registered.length, before + 100);
    return `100 events in, 100 targets out: ${round(tookMs)}, ${account.calls - callsBefore} calls`;
  }

  /** The event as the rule would deliver it, straight into the queue; and messages that are no hints. */
  async playQueue(): Promise<string> {
    const { account, pipe } = this.#scene;
    for (const queue of ['QueueUrl', 'DeadLetterQueueUrl'] as const) assert(await pipe.refusesPlainText(queue), queue);
    const event = await this.#startOne();
    for (const body of ['{', JSON.stringify({ ...event, source: 'somebody.else' }), JSON.stringify(event)]) {
      await pipe.send('QueueUrl', body);
    }
    await this.#waitFor([event]);
    await this.#waitForEmpty('QueueUrl');
    assert.equal((await pipe.attributesOf('DeadLetterQueueUrl'))['ApproximateNumberOfMessages'], '0');
    assert(account.registered.includes(account.addressOf(event)));
    return 'an event at the queue becomes a target; what is no hint is acknowledged; what comes without TLS is refused';
  }

  /** The output CheckCommand, for a task of which no event has told. */
  async playCheck(): Promise<string> {
    const { account, pipe } = this.#scene;
    const lost = await this.#startOne();
    const before = account.registered;
    const answer = await pipe.check();
    assert(answer.includes(account.addressOf(lost).split(':')[0] ?? '?'), `the check names what it would register: ${answer}`);
    // In Cloud Map, only what two looks have seen counts as found.
    const finds = async () => (await pipe.check()).includes(STALE);
    await waitUntil('the check finds the instance in Cloud Map whose task is gone', PATIENCE_MS, finds);
    assert.deepEqual(account.registered, before, 'and changes nothing');
    return 'the check names what it would change and what it finds in Cloud Map, and changes nothing';
  }

  async playSecondDeployment(): Promise<string> {
    assert.equal(await this.#scene.stack.deploy(), false, 'nothing has changed, and yet there was something to deploy');
    return 'sam deploy once more: no changes';
  }

  /** Both kinds of dead letter: one that the function failed on five times, one that EventBridge could not deliver. */
  async playDeadLetters(): Promise<string> {
    const { account, pipe } = this.#scene;
    const [failing, undelivered] = await account.start(2);
    assert(failing !== undefined && undelivered !== undefined);
    // Five times the three minutes of the template is more than anybody waits here.
    const usual = (await pipe.attributesOf('QueueUrl'))['VisibilityTimeout'] ?? '';
    await pipe.hideMessagesFor('1');
    const mode = await pipe.setMode('nonsense');
    await pipe.putOnBus([failing]);
    await waitUntil('the failing message becomes a dead letter', PATIENCE_MS, async () => {
      return (await pipe.attributesOf('DeadLetterQueueUrl'))['ApproximateNumberOfMessages'] === '1';
    });
    // The host does not deliver to the dead-letter queue of a rule: this is what EventBridge would put there.
    await pipe.send('DeadLetterQueueUrl', JSON.stringify(undelivered), {
      ERROR_CODE: 'NO_PERMISSIONS',
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      RETRY_ATTEMPTS: '185',
    });
    assert.equal(this.#registers(failing) || this.#registers(undelivered), false);
    await pipe.setMode(mode);
    await pipe.hideMessagesFor(usual);
    assert.equal((await pipe.redrive()).length, 2);
    await this.#waitFor([failing, undelivered]);
    await this.#waitForEmpty('DeadLetterQueueUrl');
    return 'redrive: a dead letter of the function and one of EventBridge become targets';
  }

  async playMutants(): Promise<string> {
    for (const mutant of MUTANTS) await this.#playMutant(mutant);
    assert.equal(await this.#scene.stack.deploy(), true);
    return `${MUTANTS.length} of ${MUTANTS.length} mutants of the policy denied: ${MUTANTS.map(({ name }) => name).join('; ')}`;
  }

  /** The outputs PauseCommand and ResumeCommand, typed while tasks keep starting. The schedule runs. */
  async playPause(): Promise<string> {
    const { account, pipe, stack } = this.#scene;
    await pipe.switchSchedule(true);
    await stack.runCommand(pipe.output('PauseCommand'));
    const pausedAtMs = performance.now();
    const sinceMs = (): number => performance.now() - pausedAtMs;
    let writtenAtMs = 0;
    let registered = account.registered.length;
    while (sinceMs() < PAUSED_WITHIN_MS + SCHEDULE_MS) {
      const event = await this.#startOne();
      await pipe.putOnBus([event]);
      await sleep(STILL_MS);
      if (account.registered.length > registered) writtenAtMs = sinceMs();
      registered = account.registered.length;
    }
    assert(writtenAtMs <= PAUSED_WITHIN_MS, `something was registered ${round(writtenAtMs)} after the pause`);
    assert(account.serving.length > registered, 'tasks wait');
    await stack.runCommand(pipe.output('ResumeCommand'));
    const isInStep = (): boolean => account.serving.every((each) => account.registered.includes(each));
    const tookMs = await waitUntil('everything is registered after the resume', SCHEDULE_PATIENCE_MS, isInStep);
    assert(tookMs <= RESUMED_WITHIN_MS, `in step ${round(tookMs)} after the resume`);
    await pipe.switchSchedule(false);
    return `PauseCommand: the last write ${round(writtenAtMs)} after it; ResumeCommand: in step ${round(tookMs)} after it`;
  }

  /** The output DashboardCommand, as it stands. */
  async playDashboard(): Promise<string> {
    const { pipe, stack } = this.#scene;
    const command = pipe.output('DashboardCommand');
    await stack.runCommand(command);
    const name = /--stack-name (\S+)/.exec(command)?.[1] ?? '';
    await stack.runCommand(`aws cloudformation describe-stacks --stack-name ${name}`);
    await stack.runCommand(`aws cloudformation delete-stack --stack-name ${name}`);
    return 'DashboardCommand deploys the dashboard beside the stack, which is deleted again';
  }

  /** With the permission back, the schedule makes up for everything that no event has told, or that was denied. */
  async playSchedule(): Promise<string> {
    const { account, pipe } = this.#scene;
    const lost = await this.#startOne();
    const denied = this.#scene.gate.denied.length;
    await pipe.switchSchedule(true);
    const tookMs = await waitUntil('the schedule registers', SCHEDULE_PATIENCE_MS, () => this.#registers(lost));
    assert.deepEqual(account.registered, account.serving);
    assert.equal(this.#scene.gate.denied.length, denied);
    return `the schedule makes up for events that were lost or denied: ${round(tookMs)}`;
  }

  async playDeletion(): Promise<string> {
    const { account, stack } = this.#scene;
    const before = account.registered;
    await stack.delete();
    const calls = account.calls;
    await sleep(STILL_MS);
    assert.deepEqual(account.registered, before);
    assert.equal(account.calls, calls, 'nobody calls any more');
    return `sam delete leaves ${before.length} targets as they are`;
  }

  async #playMutant(mutant: Mutant): Promise<void> {
    const { account, gate, pipe, stack } = this.#scene;
    await stack.deployMutant(mutant);
    const event = await this.#startOne();
    const [before, denied] = [account.registered, gate.denied.length];
    await pipe.putOnBus([event]);
    await waitUntil(`the mutant "${mutant.name}" is denied`, PATIENCE_MS, () => gate.denied.length > denied);
    await sleep(STILL_MS);
    assert.deepEqual(new Set(gate.denied.slice(denied)), new Set(['RegisterTargets']), 'nothing else is denied');
    assert.deepEqual(account.registered, before, `the mutant "${mutant.name}" cannot register`);
  }

  async #startOne(): Promise<StateChangeEvent> {
    const [event] = await this.#scene.account.start(1);
    assert(event !== undefined);
    return event;
  }

  async #timeIn(event: StateChangeEvent): Promise<number> {
    const startedAtMs = performance.now();
    await this.#scene.pipe.putOnBus([event]);
    await this.#waitFor([event]);
    return performance.now() - startedAtMs;
  }

  #registers(event: StateChangeEvent): boolean {
    return this.#scene.account.registered.includes(this.#scene.account.addressOf(event));
  }

  #waitFor(events: readonly StateChangeEvent[]): Promise<number> {
    return waitUntil(`${events.length} targets`, PATIENCE_MS, () => events.every((event) => this.#registers(event)));
  }

  #waitForEmpty(queue: QueueName): Promise<number> {
    return waitUntil(`the queue ${queue} is empty`, PATIENCE_MS, async () => {
      const attributes = await this.#scene.pipe.attributesOf(queue);
      const waiting = [attributes['ApproximateNumberOfMessages'], attributes['ApproximateNumberOfMessagesNotVisible']];
      return waiting.every((count) => count === '0');
    });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}
