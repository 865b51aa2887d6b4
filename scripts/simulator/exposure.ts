/** What the function's users would have felt: how long live tasks were left out, and how long gone ones stayed in. */
import type { VirtualClock } from './clock.ts';
import { present, type TaskRecord } from './ecs.ts';
import { type Elb, type GroupRecord, keyOf } from './elb.ts';

interface Interval {
  readonly fromMs: number;
  toMs: number;
}

export interface ExposureSums {
  readonly tasks: number;
  readonly stops: number;
  readonly liveUnregisteredMs: number;
  readonly goneRegisteredMs: number;
  readonly registerMs: readonly number[];
  readonly deregisterMs: readonly number[];
}

export class Exposure {
  readonly #clock: VirtualClock;
  readonly #elb: Elb;
  readonly #group: GroupRecord;
  readonly #intervals = new Map<string, Interval[]>();
  #registered = new Set<string>();

  constructor(clock: VirtualClock, elb: Elb, group: GroupRecord) {
    this.#clock = clock;
    this.#elb = elb;
    this.#group = group;
  }

  /** Takes up the group as it is now; called after every write of anybody. */
  note(): void {
    const nowMs = this.#clock.now();
    const registered = new Set(this.#elb.registered(this.#group));
    for (const key of registered) {
      if (this.#registered.has(key)) continue;
      const intervals = this.#intervals.get(key) ?? [];
      this.#intervals.set(key, [...intervals, { fromMs: nowMs, toMs: Number.POSITIVE_INFINITY }]);
    }
    for (const key of this.#registered) {
      const last = registered.has(key) ? undefined : this.#intervals.get(key)?.at(-1);
      if (last !== undefined) last.toMs = nowMs;
    }
    this.#registered = registered;
  }

  /**
   * Sums over the tasks, up to the given time. `all` are those that may have had one of their addresses next; starts and stops
   * count that come before `changesUntilMs`.
   */
  sum(
    tasks: readonly TaskRecord[],
    port: number,
    untilMs: number,
    all: readonly TaskRecord[] = tasks,
    changesUntilMs = untilMs,
  ): ExposureSums {
    const nextMs = nextOwners(all);
    const lives = tasks
      .flatMap((task) => lifeOf(task, nextMs, untilMs))
      .filter(({ runningMs }) => runningMs < changesUntilMs)
      .map((life) => (life.stoppedMs < changesUntilMs ? life : { ...life, stoppedMs: changesUntilMs, releasedMs: untilMs }));
    const measured = lives.map((life) => ({ life, intervals: this.#intervals.get(keyOf({ id: life.ip, port })) ?? [] }));
    return {
      tasks: lives.length,
      stops: lives.filter(({ stoppedMs }) => stoppedMs < changesUntilMs).length,
      liveUnregisteredMs: sumOf(
        measured.map(({ life, intervals }) => {
          const lengthMs = Math.max(0, life.stoppedMs - life.runningMs);
          return lengthMs - overlap(intervals, life.runningMs, life.stoppedMs);
        }),
      ),
      goneRegisteredMs: sumOf(
        measured.map(({ life, intervals }) => overlap(intervals, life.releasedMs, Math.min(life.reusedMs, untilMs))),
      ),
      registerMs: measured.flatMap(({ life, intervals }) => {
        const first = intervals.find(({ toMs }) => toMs > life.runningMs);
        return first === undefined || first.fromMs > life.stoppedMs ? [] : [Math.max(0, first.fromMs - life.runningMs)];
      }),
      deregisterMs: measured.flatMap(({ life, intervals }) => {
        if (life.stoppedMs >= changesUntilMs) return [];
        const last = intervals.find(({ fromMs, toMs }) => fromMs <= life.stoppedMs && toMs > life.stoppedMs);
        // A target that was still there when its address got a new owner has been handed over, and not removed.
        return last === undefined || last.toMs > Math.min(untilMs, life.reusedMs) ? [] : [last.toMs - life.stoppedMs];
      }),
    };
  }
}

interface Life {
  readonly ip: string;
  readonly runningMs: number;
  readonly stoppedMs: number;
  readonly releasedMs: number;
  /** Nothing but its own address counts: what a later task does with it is that task's. */
  readonly reusedMs: number;
}

function lifeOf(task: TaskRecord, nextMs: ReadonlyMap<TaskRecord, number>, untilMs: number): Life[] {
  const running = task.history.find(({ last, desired }) => last === 'RUNNING' && desired === 'RUNNING');
  const { ipv4 } = present(task);
  if (running === undefined || ipv4 === undefined) return [];
  const stoppedMs = Math.min(untilMs, task.history.find(({ desired }) => desired === 'STOPPED')?.atMs ?? untilMs);
  const releasedMs = Math.min(untilMs, present(task).stoppedAtMs ?? untilMs);
  return [{ ip: ipv4, runningMs: running.atMs, stoppedMs, releasedMs, reusedMs: nextMs.get(task) ?? untilMs }];
}

/** When the next task got each task's address. */
function nextOwners(tasks: readonly TaskRecord[]): Map<TaskRecord, number> {
  const gotMs = (task: TaskRecord): number =>
    task.history.find(({ ipv4 }) => ipv4 !== undefined)?.atMs ?? Number.POSITIVE_INFINITY;
  const owners = Map.groupBy(tasks, (task) => present(task).ipv4);
  const next = new Map<TaskRecord, number>();
  for (const members of owners.values()) {
    const inOrder = members.toSorted((one, other) => gotMs(one) - gotMs(other));
    for (const [index, task] of inOrder.entries()) {
      const follower = inOrder[index + 1];
      if (follower !== undefined) next.set(task, gotMs(follower));
    }
  }
  return next;
}

function overlap(intervals: readonly Interval[], fromMs: number, toMs: number): number {
  return sumOf(intervals.map((each) => Math.max(0, Math.min(each.toMs, toMs) - Math.max(each.fromMs, fromMs))));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
