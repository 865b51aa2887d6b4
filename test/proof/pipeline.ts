/** The way of an event from ECS to the queue: late, twice, never, out of order, and in bad company. */
import type { VirtualClock } from '../../scripts/simulator/clock.ts';
import { passesRule, type StateChangeEvent } from '../../scripts/simulator/events.ts';
import type { Queue } from '../../scripts/simulator/queue.ts';
import type { Random } from '../../scripts/simulator/random.ts';
import type { FaultMix } from './fault-mix.ts';

/** What EventBridge usually takes, in milliseconds: chosen, not measured. */
const USUAL_DELAY_MS = 300;

export class Pipeline {
  readonly #clock: VirtualClock;
  readonly #queue: Queue;
  readonly #mix: FaultMix;
  readonly #random: Random;
  /** Faults end here; later events come once and in time. */
  readonly #faultsEndMs: number;
  delivered = 0;
  lost = 0;

  constructor(clock: VirtualClock, queue: Queue, mix: FaultMix, random: Random, faultsEndMs: number) {
    this.#clock = clock;
    this.#queue = queue;
    this.#mix = mix;
    this.#random = random;
    this.#faultsEndMs = faultsEndMs;
  }

  take(event: StateChangeEvent): void {
    if (!passesRule(event)) return;
    const isFaulty = this.#clock.now() < this.#faultsEndMs;
    if (isFaulty && this.#random.chance(this.#mix.lossP)) {
      this.lost += 1;
      return;
    }
    const copies = isFaulty && this.#random.chance(this.#mix.duplicateP) ? this.#random.whole(2, 4) : 1;
    for (let copy = 0; copy < copies; copy += 1) this.#sendLater(JSON.stringify(event), isFaulty);
  }

  /** Sends a text that no ECS made. */
  inject(body: string): void {
    this.#queue.send(body);
  }

  #sendLater(body: string, isFaulty: boolean): void {
    const delayMs = this.#random.whole(50, isFaulty ? Math.max(USUAL_DELAY_MS, this.#mix.delayMaxMs) : USUAL_DELAY_MS);
    this.#clock.after(delayMs, () => {
      this.delivered += 1;
      this.#queue.send(body);
    });
  }
}
