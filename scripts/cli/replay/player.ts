/** Plays captured events: the simulated ECS becomes what they tell, and the function hears of them as it would when deployed. */

import { linesOfParameter, type Settings } from '../../../functions/core/binding-sources.ts';
import { NO_COPIES, scopeOf } from '../../../functions/core/configuration.ts';
import { type Hint, mayMean, type Reading, readEvent } from '../../../functions/core/event.ts';
import { isObject } from '../../../functions/core/json.ts';
import type { Pass } from '../../../functions/core/report.ts';
import { parseTaskArn } from '../../../functions/core/values.ts';
import { Account } from '../../simulator/account.ts';
import { adoptDetail } from '../../simulator/adopt.ts';
import { Service } from '../../simulator/api.ts';
import { createSimulatedAws, LOG_GROUP } from '../../simulator/aws-api.ts';
import { runClock, settleOnce, VirtualClock } from '../../simulator/clock.ts';
import { present, type TaskRecord } from '../../simulator/ecs.ts';
import { type InProcessRuntime, logTo, spawnInProcess } from '../../simulator/in-process.ts';
import { Lambda } from '../../simulator/lambda.ts';
import { Queue } from '../../simulator/queue.ts';
import { Random } from '../../simulator/random.ts';
import { familyOf } from '../../simulator/task-index.ts';
import { count } from '../render.ts';
import { Recorder } from '../report/recorder.ts';
import type { ChangeMark } from '../report/timeline.ts';
import { settingsFor } from './bindings.ts';
import { type DeliveryOptions, type Timed, timeEvents } from './delivery-order.ts';
import { type Difference, differencesIn } from './differences.ts';
import { beginAsTold, latestTold, toldTasks, withToldServices } from './initial-state.ts';
import type { Item } from './item.ts';

export interface PlayOptions extends DeliveryOptions {
  readonly binds: readonly string[];
  readonly port: number;
  /** How far behind ECS's reads may be. */
  readonly lagMs: number;
}

type EventItem = Extract<Item, { kind: 'event' }>;

export interface HeardEvent {
  readonly item: EventItem;
  readonly reading: Reading;
  /** When it was first delivered, or would have been. */
  readonly atMs: number;
  /** Lost on purpose: the function never heard of it. */
  readonly isLost: boolean;
}

export interface Played {
  readonly settings: Settings;
  readonly account: Account;
  readonly recorder: Recorder;
  readonly events: readonly HeardEvent[];
  readonly differences: readonly Difference[];
  /** One at least of each service and family. */
  readonly tasks: readonly TaskRecord[];
  /** What mode=observe kept from being made, each change once, at the time of its first plan. */
  readonly observed: readonly ChangeMark[];
  /** What was given and could not be used, in words. */
  readonly notes: readonly string[];
  /** What was guessed, in words. */
  readonly remarks: readonly string[];
}

/** So often the past is let go of, and so much of it is kept: more than ECS and the function remember. */
const FORGET_EVERY = 50;
const REMEMBERED_MS = 2 * 3_600_000;
/** Time for a pass, its confirmation, and what it may be refused for at first. */
const QUIET_MS = 20_000;
const SCHEDULE_MS = 60_000;
/** So many scheduled passes follow the last event of a busy time; in the quiet between, nothing could change. */
const PASSES_AFTER_EVENT = 3;

export async function play(items: readonly Item[], options: PlayOptions, progress: (done: number) => void): Promise<Played> {
  return new Player(items, options, progress).run();
}

/** The settings under which the items are played. */
export function settingsOfItems(items: readonly Item[], { binds, port }: PlayOptions): Settings {
  const details = items.flatMap((item) => (item.kind === 'event' ? [detailOf(item.event)] : []));
  return withToldServices(settingsFor([...details, ...toldTasks(items)].filter(namesTask), binds, port), items);
}

class Player {
  readonly #options: PlayOptions;
  readonly #progress: (done: number) => void;
  readonly #timed: readonly Timed<EventItem>[];
  readonly #settings: Settings;
  readonly #clock: VirtualClock;
  readonly #account: Account;
  readonly #service: Service;
  readonly #queue: Queue;
  readonly #lambda: Lambda;
  readonly #recorder: Recorder;
  readonly #runtimes: InProcessRuntime[] = [];
  readonly #notes: string[] = [];
  readonly #remarks: string[] = [];
  readonly #hasBeginning: boolean;
  /** Tasks that the account has let go of, and one of each kind of them. */
  readonly #forgotten = new Set<string>();
  readonly #feeders = new Map<string, TaskRecord>();
  readonly #observed = new Map<string, ChangeMark>();
  #done = 0;
  #passesLeft = 0;

  constructor(items: readonly Item[], options: PlayOptions, progress: (done: number) => void) {
    this.#options = options;
    this.#progress = progress;
    this.#hasBeginning = items.some(({ kind }) => kind === 'snapshot');
    const events = items.filter((item) => item.kind === 'event');
    this.#timed = timeEvents(
      events.map((item) => ({ value: item, event: item.event })),
      options,
    );
    this.#settings = settingsOfItems(items, options);
    this.#clock = new VirtualClock((this.#timed[0]?.trueAtMs ?? latestTold(items)) - 1_000);
    this.#account = new Account(this.#clock);
    this.#service = new Service(this.#account);
    this.#recorder = new Recorder(this.#service);
    this.#queue = new Queue(this.#clock);
    this.#lambda = new Lambda(this.#clock, () => this.#spawn());
    this.#lambda.attach(this.#queue);
    this.#setUp(items);
  }

  async run(): Promise<Played> {
    for (const timed of this.#timed) this.#enter(timed);
    // A state to begin with is looked at more than once, too: a difference counts only when it lasts.
    if (this.#hasBeginning) this.#keepSchedule();
    const lastMs = this.#timed.reduce(
      (latest, { trueAtMs, deliveredAtMs }) => Math.max(latest, trueAtMs, ...deliveredAtMs),
      this.#clock.now() + (this.#hasBeginning ? PASSES_AFTER_EVENT * SCHEDULE_MS : 0),
    );
    await runClock(this.#clock, settleOnce, lastMs + QUIET_MS);
    this.#lambda.invoke(SCHEDULED);
    await runClock(this.#clock, settleOnce, this.#clock.now() + QUIET_MS);
    this.#collect();
    this.#noteFailed();
    this.#recorder.changes.sort((one, other) => one.atMs - other.atMs);
    return {
      settings: this.#settings,
      account: this.#account,
      recorder: this.#recorder,
      events: this.#timed.map(({ value, trueAtMs, deliveredAtMs }) => ({
        item: value,
        reading: this.#readingOf(value.event),
        atMs: deliveredAtMs[0] ?? trueAtMs,
        isLost: deliveredAtMs.length === 0,
      })),
      differences: differencesIn(this.#account, this.#settings),
      tasks: [...this.#feeders.values(), ...this.#account.ecs.tasks.values()],
      observed: [...this.#observed.values()].sort((one, other) => one.atMs - other.atMs),
      notes: this.#notes,
      remarks: this.#remarks,
    };
  }

  #setUp(items: readonly Item[]): void {
    const { ecs, elb } = this.#account;
    for (const cluster of this.#settings.clusters) ecs.clusters.add(cluster);
    const lag = new Random(this.#options.seed);
    ecs.lagMs = () => (this.#options.lagMs === 0 ? 0 : lag.whole(0, this.#options.lagMs));
    // A capture does not tell which VPC a group is in, nor how long it drains: any address may be registered, and targets drain
    // for as long as tasks have by default.
    const told = { port: this.#options.port, vpcPrefixes: [''], deregistrationDelaySeconds: 30 };
    for (const arn of this.#settings.targetGroups) elb.addGroup({ arn, ...told });
    for (const { binding } of linesOfParameter(scopeOf(this.#settings, NO_COPIES)).bindings) {
      const { kind, cluster, name } = binding.selector;
      if (kind === 'service') ecs.addService(cluster, name);
    }
    const { unused, remarks } = beginAsTold(this.#account, this.#settings, items);
    this.#notes.push(...unused);
    this.#remarks.push(...remarks);
    this.#recorder.noteTargets();
  }

  /** The event becomes true at its time, whether or not anybody hears of it. */
  #enter({ value, trueAtMs, deliveredAtMs }: Timed<EventItem>): void {
    this.#clock.at(trueAtMs, () => {
      this.#become(detailOf(value.event));
      this.#done += 1;
      if (this.#done % FORGET_EVERY === 0) this.#forget();
      this.#progress(this.#done);
      this.#keepSchedule();
    });
    for (const atMs of deliveredAtMs) {
      this.#clock.at(atMs, () => {
        this.#queue.send(JSON.stringify(value.event));
        this.#keepSchedule();
      });
    }
  }

  /** A task never goes back to an older version, whatever the times say that a capture tells. */
  #become(detail: unknown): void {
    const { taskArn, version } = isObject(detail) ? detail : {};
    const known = typeof taskArn === 'string' ? this.#account.ecs.tasks.get(taskArn) : undefined;
    const isOld = known !== undefined && typeof version === 'number' && version < present(known).version;
    if (isOld || !namesTask(detail) || (typeof taskArn === 'string' && this.#forgotten.has(taskArn))) return;
    const task = adoptDetail(this.#account, detail);
    // Without a lag, nobody asks how the task was described before.
    const before = task?.history.at(-2);
    if (task !== undefined && before !== undefined && this.#options.lagMs === 0) {
      task.history[task.history.length - 2] = { ...before, told: undefined };
    }
  }

  /** A capture of days has more tasks, reports and log lines than fit into memory, and the function asks for the last hour at most. */
  #forget(): void {
    const { ecs, logs } = this.#account;
    const sinceMs = this.#clock.now() - REMEMBERED_MS;
    for (const task of ecs.forgetStoppedBy(sinceMs)) {
      this.#forgotten.add(task.arn);
      this.#recorder.keepLane(task);
      this.#feeders.set(`${task.clusterArn} ${task.group} ${familyOf(task.definition)}`, { ...task, history: [] });
    }
    const lines = logs.groups.get(LOG_GROUP) ?? [];
    lines.splice(0, lines.findLastIndex(({ atMs }) => atMs < sinceMs) + 1);
    const { invocations } = this.#lambda;
    const open = invocations.filter(({ outcome }) => outcome !== 'done');
    invocations.splice(0, invocations.length, ...open);
    this.#collect();
  }

  /** The schedule ticks once a minute while something happens; the idle hours of a long capture are passed over. */
  #keepSchedule(): void {
    const isTicking = this.#passesLeft > 0;
    this.#passesLeft = PASSES_AFTER_EVENT;
    if (!isTicking) this.#clock.after(SCHEDULE_MS, () => this.#tick());
  }

  #tick(): void {
    this.#passesLeft -= 1;
    this.#lambda.invoke(SCHEDULED);
    if (this.#passesLeft > 0) this.#clock.after(SCHEDULE_MS, () => this.#tick());
  }

  #spawn(): InProcessRuntime {
    // The function reads its own log: the pause in its tags, and the record of what it wrote.
    const log = logTo(this.#account.logs.sink(LOG_GROUP, `replay ${this.#runtimes.length}`));
    const runtime = spawnInProcess(this.#settings, createSimulatedAws(this.#service), this.#clock, { log });
    this.#runtimes.push(runtime);
    return runtime;
  }

  /** What the function takes the event for; one that no line of binding means is ignored too. */
  #readingOf(event: unknown): Reading {
    const reading = readEvent(event);
    if (reading.kind !== 'hint' || this.#isBound(reading.hint)) return reading;
    return { kind: 'ignored', because: 'no line of binding means its task' };
  }

  #isBound(hint: Hint): boolean {
    return linesOfParameter(scopeOf(this.#settings, NO_COPIES)).bindings.some(({ binding }) => mayMean(binding.selector, hint));
  }

  #noteFailed(): void {
    const failed = this.#lambda.invocations.filter(({ outcome }) => outcome === 'failed' || outcome === 'timed out');
    if (failed.length === 0) return;
    this.#notes.push(`${count(failed.length, 'invocation')} of the function failed: ${reasonOf(failed[0]?.error)}`);
  }

  /** Takes what the environments have reported, and lets go of their reports. */
  #collect(): void {
    for (const { reports } of this.#runtimes) {
      for (const { endedAtMs: atMs, group, written, held } of reports.passes) {
        for (const { kind, descriptor, because } of written.done) {
          const target = { targetGroup: group.name, ip: descriptor.id, port: descriptor.port };
          this.#recorder.changes.push({ atMs, kind, ...target, because: because.rule, taskArn: because.task });
        }
        this.#noteObserved(atMs, group.name, held);
      }
      for (const { kind, subject, message, command } of reports.findings)
        this.#recorder.found({ kind, subject, message, command });
      reports.forget();
    }
  }

  /** Each change that mode=observe keeps back, at the time of its first plan. */
  #noteObserved(atMs: number, targetGroup: string, held: Pass['held']): void {
    for (const { change, because } of held) {
      const { kind, descriptor, address, because: proof } = change;
      const key = `${targetGroup} ${kind} ${address} ${proof.task}`;
      const known = this.#observed.get(key);
      if (because !== 'observe' || (known !== undefined && known.atMs <= atMs)) continue;
      const target = { targetGroup, ip: descriptor.id, port: descriptor.port };
      this.#observed.set(key, { atMs, kind, ...target, because: proof.rule, taskArn: proof.task });
    }
  }
}

const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it did not end in time';
}

/** Tasks whose names somebody has masked cannot be told apart; one whose name is left out cannot be wrong. */
function namesTask(detail: unknown): boolean {
  return isObject(detail) && (detail['taskArn'] === undefined || parseTaskArn(detail['taskArn']).ok);
}

function detailOf(event: unknown): unknown {
  return isObject(event) ? event['detail'] : undefined;
}
