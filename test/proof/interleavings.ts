/** A small world in which it is laid down whose call comes when: for trying every order instead of drawing one. */
import { Account, clusterArn, targetGroupArn } from '../../scripts/simulator/account.ts';
import { type ApiName, Service } from '../../scripts/simulator/api.ts';
import type { Input } from '../../scripts/simulator/api-input.ts';
import { createSimulatedAws, type Line, LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { runClock, settleOnce, VirtualClock } from '../../scripts/simulator/clock.ts';
import { parseSettings } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import type { GroupRecord } from '../../scripts/simulator/elb.ts';
import { type EventEnvelope, type StateChangeEvent, stateChangeEvent, tagChangeEvent } from '../../scripts/simulator/events.ts';
import { type InProcessRuntime, logTo, spawnInProcess } from '../../scripts/simulator/in-process.ts';
import { liveIn, Oracle, type WantedLine } from './oracle.ts';

const CLUSTER = clusterArn('prod');
const GROUP = targetGroupArn('web');
const APP: WantedLine = { kind: 'service', name: 'app', port: 8080, mode: 'enforce' };
const SETTINGS = parseSettings({
  clusters: [CLUSTER],
  targetGroups: [GROUP],
  cloudMapServices: [],
  binding: 'target-group=web service=app port=8080',
  mode: 'enforce',
});
/** Milliseconds between two slots; an answer takes one of them. */
const SLOT_MS = 20;
/** Between the deal and the first slot: whoever is to use it must have sent its call. */
const LEAD_MS = 500;
const INVOCATION_MS = 30_000;
/** A task that starts within a second. */
const TIMING = {
  provisioningMs: 300,
  pendingMs: 300,
  activatingMs: undefined,
  deactivatingMs: undefined,
  stoppingMs: 300,
  deprovisioningMs: 300,
};

/** Whose turn it is in each slot: the number of an environment, or `world`. */
export type Slots = readonly (number | 'world')[];

interface Actor {
  readonly runtime: InProcessRuntime;
  readonly slotsMs: number[];
  calls: number;
  /** Cut off at this call: before it takes effect, or after, with the answer never seen. */
  death: { readonly call: number; readonly when: 'before' | 'after' } | undefined;
}

export class SmallAccount {
  readonly clock = new VirtualClock();
  readonly account = new Account(this.clock);
  readonly group: GroupRecord;
  readonly #service = new Service(this.account);
  readonly #actors = new Map<number, Actor>();
  readonly #oracle: Oracle;
  #writes = 0;
  /** Removals of an address that a live and running task of the service held at that moment. */
  liveRemovals = 0;

  constructor() {
    this.account.ecs.addService(CLUSTER, 'app');
    this.group = this.account.elb.addGroup({ arn: GROUP, deregistrationDelaySeconds: 0 });
    this.#oracle = new Oracle(this.clock, {
      parameterLines: new Map([[GROUP, [APP]]]),
      linesOfTag: new Map(),
      nativeServices: new Set(),
      isSingleGroup: true,
      areReadsShared: false,
      isLive: liveIn(this.account),
    });
  }

  get violations(): readonly string[] {
    return this.#oracle.violations.map(({ invariant, detail }) => `${invariant}: ${detail}`);
  }

  get registered(): string[] {
    return this.account.elb.registered(this.group);
  }

  get serving(): string[] {
    const states = [...this.account.ecs.tasks.values()].map(present);
    return states
      .filter(({ last, desired }) => last === 'RUNNING' && desired === 'RUNNING')
      .map(({ ipv4 }) => `${ipv4}:8080`)
      .sort();
  }

  get writes(): number {
    return this.#writes;
  }

  start(ipv4?: string): TaskRecord {
    return this.account.ecs.start({ clusterArn: CLUSTER, group: 'service:app', definition: 'app:1', timing: TIMING, ipv4 });
  }

  async pass(milliseconds: number): Promise<void> {
    await runClock(this.clock, settleOnce, this.clock.now() + milliseconds);
  }

  /** One invocation by the environment, from its first call to its end; a cold environment is started where there is none. */
  async invoke(environment: number, input: unknown): Promise<void> {
    let isDone = false;
    this.#begin(environment, input, () => {
      isDone = true;
    });
    await runClock(this.clock, settleOnce, this.clock.now() + INVOCATION_MS, () => isDone);
  }

  async schedule(environment: number): Promise<void> {
    await this.invoke(environment, { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  }

  /** Lets the environments work side by side; from `fromMs` on, each call and each turn of the world comes in its slot. */
  async inSlots(slots: Slots, inputs: ReadonlyMap<number, unknown>, turns: readonly (() => void)[], fromMs = 0): Promise<void> {
    const baseMs = this.clock.now() + fromMs + LEAD_MS;
    const left = [...turns];
    const deal = (): void => {
      for (const [position, owner] of slots.entries()) {
        const atMs = baseMs + position * SLOT_MS;
        if (owner === 'world') this.clock.at(atMs, left.shift() ?? (() => undefined));
        else this.#actorOf(owner).slotsMs.push(atMs);
      }
    };
    // Calls before that are made as they come, and must not use up the slots.
    if (fromMs === 0) deal();
    else this.clock.after(fromMs, deal);
    let running = inputs.size;
    for (const [environment, input] of inputs) {
      this.#begin(environment, input, () => {
        running -= 1;
      });
    }
    await runClock(this.clock, settleOnce, this.clock.now() + INVOCATION_MS, () => running === 0);
    await this.pass(SLOT_MS);
  }

  /** Invokes and cuts the environment off at its call of that number. False if it never came to it. */
  async die(environment: number, input: unknown, death: NonNullable<Actor['death']>): Promise<boolean> {
    const actor = this.#actorOf(environment);
    actor.death = death;
    actor.calls = 0;
    await this.invoke(environment, input);
    this.#actors.delete(environment);
    return actor.calls >= death.call;
  }

  /** The events of the task's life so far, as ECS sent them, as one batch each. */
  eventsOf(task: TaskRecord): StateChangeEvent[] {
    return task.history.map((state, index) => stateChangeEvent(task, state, index));
  }

  /** The event of a tag of the task: whoever gets it describes the task, however it stands by then. */
  tagEventOf(task: TaskRecord): EventEnvelope<unknown> {
    return tagChangeEvent(task, ['team'], this.account.nextEventId(), this.clock.now());
  }

  #begin(environment: number, input: unknown, ended: () => void): void {
    this.#oracle.invoked(environment, input);
    const deadlineMs = this.clock.now() + INVOCATION_MS;
    const invocation = this.#actorOf(environment).runtime.invoke(input, () => deadlineMs - this.clock.now());
    const end = (answer: unknown): void => {
      this.#oracle.ended(environment, input, answer);
      ended();
    };
    invocation.then(end, end);
  }

  #actorOf(environment: number): Actor {
    const known = this.#actors.get(environment);
    if (known !== undefined) return known;
    const line = this.#lineOf(environment);
    const log = logTo(this.account.logs.sink(LOG_GROUP, `${environment}`));
    const runtime = spawnInProcess(SETTINGS, createSimulatedAws(this.#service, line), this.clock, { log });
    const actor: Actor = { runtime, slotsMs: [], calls: 0, death: undefined };
    this.#actors.set(environment, actor);
    return actor;
  }

  #lineOf(environment: number): Line {
    const isDead = (call: number, when: 'before' | 'after'): boolean => {
      const actor = this.#actors.get(environment);
      return actor === undefined || (actor.death?.when === when && actor.death.call <= call);
    };
    const callsOf = (): number => this.#actors.get(environment)?.calls ?? 0;
    return {
      effectMs: () => Math.max(1, this.#nextSlot(environment) - this.clock.now()),
      answerMs: () => 1,
      frozenUntilMs: () => (isDead(callsOf(), 'after') ? Number.POSITIVE_INFINITY : 0),
      sent: (name, input) => {
        const actor = this.#actors.get(environment);
        if (actor === undefined) return false;
        actor.calls += 1;
        if (isDead(actor.calls, 'before')) return false;
        this.#oracle.sent(environment, name, input);
        return true;
      },
      effected: (name, input) => this.#effected(name, input),
      answered: (name, input, output, code) => this.#oracle.answered(environment, name, input, output, code),
    };
  }

  /** The slot of the environment's next call; those that have passed unused are over. */
  #nextSlot(environment: number): number {
    const slots = this.#actors.get(environment)?.slotsMs ?? [];
    while ((slots[0] ?? Number.POSITIVE_INFINITY) < this.clock.now()) slots.shift();
    return slots.shift() ?? 0;
  }

  #effected(name: ApiName, input: Input): void {
    if (name !== 'RegisterTargets' && name !== 'DeregisterTargets') return;
    this.#writes += 1;
    if (name === 'RegisterTargets') return;
    const removed = JSON.stringify(input['Targets']);
    this.liveRemovals += this.serving.filter((key) => removed.includes(`"${key.replace(/:\d+$/, '')}"`)).length;
  }
}

/** A batch of so many messages. */
export function batchOf(...events: readonly EventEnvelope<unknown>[]): unknown {
  return { Records: events.map((event) => ({ messageId: event.id, body: JSON.stringify(event), eventSource: 'aws:sqs' })) };
}

/** Every order in which the owners' turns can follow each other, each owner keeping the order of its own. */
export function interleavings(turns: ReadonlyMap<Slots[number], number>): Slots[] {
  const owners = [...turns].filter(([, count]) => count > 0);
  if (owners.length === 0) return [[]];
  return owners.flatMap(([owner, count]) =>
    interleavings(new Map([...turns, [owner, count - 1]])).map((rest) => [owner, ...rest]),
  );
}

/** Every order of the items. */
export function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
