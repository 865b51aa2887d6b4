/** When each event becomes true, and when, how often and in which order the function hears of it. */
import { isObject } from '../../../functions/core/json.ts';
import { EPOCH_MS } from '../../simulator/clock.ts';
import { Random } from '../../simulator/random.ts';

export type Order =
  | { readonly kind: 'time' }
  | { readonly kind: 'as-is' }
  | { readonly kind: 'shuffle'; readonly seed: number };

export interface DeliveryOptions {
  readonly order: Order;
  /** Chance that an event comes twice, and that it never comes. */
  readonly duplicateP: number;
  readonly loseP: number;
  readonly delayMs: number;
  readonly seed: number;
}

export interface Timed<Value> {
  readonly value: Value;
  /** When ECS was in the state that the event tells. */
  readonly trueAtMs: number;
  readonly deliveredAtMs: readonly number[];
}

/** Events without a time stand this far behind the one before. */
const STEP_MS = 1_000;

/** Orders the events by the time and the version that they tell, and gives each its deliveries. */
export function timeEvents<Value>(
  events: readonly { readonly value: Value; readonly event: unknown }[],
  options: DeliveryOptions,
): Timed<Value>[] {
  const timed = withTimes(events);
  const random = new Random(options.seed);
  const slots = timed.map(({ trueAtMs }) => trueAtMs);
  const queue = inOrder(timed, options.order);
  let latestMs = Number.NEGATIVE_INFINITY;
  const heardAtMs = new Map<number, number>();
  for (const [position, entry] of queue.entries()) {
    // Nothing can be heard before it is true: an order other than by time makes events late, never early.
    // A millisecond apart: what is heard at the same instant would have no order.
    const isAsIs = options.order.kind === 'as-is';
    const slotMs = isAsIs ? Math.max(latestMs + 1, entry.trueAtMs) : (slots[position] ?? entry.trueAtMs);
    latestMs = slotMs;
    heardAtMs.set(entry.index, Math.max(slotMs, entry.trueAtMs) + options.delayMs);
  }
  return timed.map(({ value, trueAtMs, index }) => {
    const atMs = heardAtMs.get(index) ?? trueAtMs;
    const [lost, doubled, later] = [random.chance(options.loseP), random.chance(options.duplicateP), random.whole(0, 5_000)];
    return { value, trueAtMs, deliveredAtMs: lost ? [] : doubled ? [atMs, atMs + later] : [atMs] };
  });
}

interface Entry<Value> {
  readonly value: Value;
  readonly index: number;
  readonly trueAtMs: number;
}

function withTimes<Value>(given: readonly { readonly value: Value; readonly event: unknown }[]): Entry<Value>[] {
  const events = isNewestFirst(given.map(({ event }) => event)) ? given.toReversed() : given;
  // What stands before the first time is taken for as old as that: a capture does not begin in 1970.
  let previousMs = (events.map(({ event }) => timeOf(event)).find((time) => time !== undefined) ?? EPOCH_MS) - STEP_MS;
  const told = events.map(({ value, event }, index) => {
    previousMs = timeOf(event) ?? previousMs + STEP_MS;
    return { value, index, trueAtMs: previousMs, version: versionOf(event) };
  });
  return told.sort((one, other) => one.trueAtMs - other.trueAtMs || one.version - other.version || one.index - other.index);
}

/** Consoles list the newest first. Where no event has a time, the versions of a task that come one after the other tell. */
function isNewestFirst(events: readonly unknown[]): boolean {
  if (events.some((event) => timeOf(event) !== undefined)) return false;
  const last = new Map<unknown, number>();
  let rising = 0;
  for (const event of events) {
    const detail = isObject(event) && isObject(event['detail']) ? event['detail'] : {};
    rising += Math.sign(versionOf(event) - (last.get(detail['taskArn']) ?? versionOf(event)));
    last.set(detail['taskArn'], versionOf(event));
  }
  return rising < 0;
}

function inOrder<Value>(timed: readonly Entry<Value>[], order: Order): Entry<Value>[] {
  if (order.kind === 'as-is') return [...timed].sort((one, other) => one.index - other.index);
  return order.kind === 'shuffle' ? new Random(order.seed).shuffle(timed) : [...timed];
}

/** `detail.updatedAt` is to the millisecond, the envelope's `time` to the second; without both, the last that happened to the task. */
function timeOf(event: unknown): number | undefined {
  if (!isObject(event)) return undefined;
  const detail = isObject(event['detail']) ? event['detail'] : {};
  const told = [detail['updatedAt'], event['time']].map(millisecondsOf).find((time) => !Number.isNaN(time));
  if (told !== undefined) return told;
  const { createdAt, startedAt, stoppingAt, stoppedAt } = detail;
  const happened = [createdAt, startedAt, stoppingAt, stoppedAt].map(millisecondsOf).filter((time) => !Number.isNaN(time));
  return happened.length === 0 ? undefined : Math.max(...happened);
}

function millisecondsOf(text: unknown): number {
  return typeof text === 'string' ? Date.parse(text) : Number.NaN;
}

function versionOf(event: unknown): number {
  const detail = isObject(event) && isObject(event['detail']) ? event['detail'] : {};
  return typeof detail['version'] === 'number' ? detail['version'] : 0;
}
