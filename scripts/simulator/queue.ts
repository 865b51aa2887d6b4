/** A standard SQS queue with its dead-letter queue: visibility time-out, redrive, no order. */
import type { VirtualClock } from './clock.ts';

export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
  receives: number;
  visibleAtMs: number;
}

export interface QueueSettings {
  readonly visibilityMs: number;
  readonly receivesMax: number;
}

/** As template.yaml sets them. */
export const QUEUE_SETTINGS: QueueSettings = { visibilityMs: 180_000, receivesMax: 5 };

export class Queue {
  readonly deadLetters: QueuedMessage[] = [];
  readonly #clock: VirtualClock;
  readonly #settings: QueueSettings;
  readonly #messages = new Map<string, QueuedMessage>();
  #arrived: () => void = () => undefined;
  #count = 0;

  constructor(clock: VirtualClock, settings: QueueSettings = QUEUE_SETTINGS) {
    this.#clock = clock;
    this.#settings = settings;
  }

  get length(): number {
    return this.#messages.size;
  }

  /** Messages that could be received now, and since when the oldest of them has waited. */
  get visible(): { readonly count: number; readonly oldestAtMs: number } {
    const nowMs = this.#clock.now();
    const times = [...this.#messages.values()].map((message) => message.visibleAtMs).filter((atMs) => atMs <= nowMs);
    return { count: times.length, oldestAtMs: Math.min(...times) };
  }

  /** When the oldest message was sent that is not deleted yet; those that come back again and again do not count (SQS guide, "Metrics"). */
  get oldestSentAtMs(): number | undefined {
    const times = [...this.#messages.values()].filter(({ receives }) => receives < 3).map(({ sentAtMs }) => sentAtMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Calls back whenever a message becomes visible. */
  onArrival(arrived: () => void): void {
    this.#arrived = arrived;
  }

  send(body: string): void {
    this.#count += 1;
    const nowMs = this.#clock.now();
    const message = { id: `message-${this.#count}`, body, sentAtMs: nowMs, receives: 0, visibleAtMs: nowMs };
    this.#messages.set(message.id, message);
    this.#arrived();
  }

  /** Up to `countMax` visible messages. One that was received too often goes to the dead letters instead. */
  receive(countMax: number): QueuedMessage[] {
    const nowMs = this.#clock.now();
    const received: QueuedMessage[] = [];
    for (const message of this.#messages.values()) {
      if (received.length === countMax) break;
      if (message.visibleAtMs > nowMs) continue;
      if (message.receives >= this.#settings.receivesMax) {
        this.#messages.delete(message.id);
        this.deadLetters.push(message);
        continue;
      }
      message.receives += 1;
      message.visibleAtMs = nowMs + this.#settings.visibilityMs;
      // Received messages go to the back: one that comes again must not stand in the way of the others.
      this.#messages.delete(message.id);
      this.#messages.set(message.id, message);
      this.#clock.at(message.visibleAtMs, () => this.#arrived());
      received.push(message);
    }
    return received;
  }

  delete(id: string): void {
    this.#messages.delete(id);
  }
}
