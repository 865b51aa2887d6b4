/** Virtual time: a heap of things to happen. Nothing waits; time jumps to the next of them. */
import type { Clock } from '../../functions/app/ports.ts';

interface Entry {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

export interface Timer {
  cancel(): void;
}

/** Any fixed instant serves; a round one makes traces easy to read. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

export class VirtualClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  readonly #heap: Entry[] = [];

  constructor(startMs = EPOCH_MS) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  /** Runs at the given time, or at once if that has passed; things of one instant run in the order in which they were asked for. */
  at(atMs: number, run: () => void): Timer {
    const entry: Entry = { atMs: Math.max(atMs, this.#nowMs), sequence: this.#sequence, run, cancelled: false };
    this.#sequence += 1;
    this.#push(entry);
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  after(delayMs: number, run: () => void): Timer {
    return this.at(this.#nowMs + delayMs, run);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(Math.max(0, milliseconds), resolve);
    });
  }

  /** When the next thing happens; undefined when nothing is left. */
  nextMs(): number | undefined {
    for (let top = this.#heap[0]; top?.cancelled; top = this.#heap[0]) this.#pop();
    return this.#heap[0]?.atMs;
  }

  /** Jumps to the next thing and runs it. False when nothing is left, or it lies beyond the limit. */
  step(limitMs: number): boolean {
    const nextMs = this.nextMs();
    if (nextMs === undefined || nextMs > limitMs) return false;
    this.#nowMs = nextMs;
    this.#pop()?.run();
    return true;
  }

  /** Lets time pass up to the given instant, with nothing left to run before it. */
  jump(toMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      if (left === undefined) break;
      const right = heap[2 * index + 2];
      const isRight = right !== undefined && isBefore(right, left);
      const least = isRight ? right : left;
      if (!isBefore(least, last)) break;
      heap[index] = least;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
}

/**
 * Lets time run until the limit or until `isDone`. `settle` lets the code under test do everything that needs no time
 * before the clock moves on: without it, a promise that resolves at 5 s would be continued at 60 s.
 */
export async function runClock(
  clock: VirtualClock,
  settle: () => Promise<void>,
  untilMs: number,
  isDone: () => boolean = () => false,
): Promise<void> {
  await settle();
  while (!isDone() && clock.step(untilMs)) await settle();
  if (!isDone()) clock.jump(untilMs);
}

/** Settling for code that only waits for this clock: once round the event loop empties every queue of continuations. */
export function settleOnce(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
