/** An event bus with its rules: events of AWS and those of PutEvents come in, and go on to whatever a rule names. */
import type { JsonObject } from '../../functions/core/json.ts';
import type { VirtualClock } from './clock.ts';
import type { EventEnvelope } from './events.ts';

export type BusEvent = EventEnvelope<JsonObject>;

export interface Rule {
  /** The event pattern. */
  readonly matches: (event: BusEvent) => boolean;
  /** What is called, or the bus of another account or region. */
  readonly target: EventBus | ((event: BusEvent) => void);
  /** How long the way takes. */
  readonly delayMs?: () => number;
}

export class EventBus {
  readonly arn: string;
  readonly accountId: string;
  readonly rules: Rule[] = [];
  /** The bus's policy: whether another account may put events here. Its own may. */
  accepts: (accountId: string) => boolean = () => false;
  /** Events that a rule could not hand on, since the other bus would not have them. */
  readonly refused: BusEvent[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, arn: string) {
    this.#clock = clock;
    this.arn = arn;
    this.accountId = arn.split(':')[4] ?? '';
  }

  /** Takes an event, whose sender is a bus where a rule has handed it on. */
  put(event: BusEvent, sender?: EventBus): void {
    for (const rule of this.rules) {
      if (!rule.matches(event)) continue;
      const { target } = rule;
      if (typeof target === 'function') this.#after(rule, () => target(event));
      // What has come from another bus goes on to no third one (EventBridge guide, "Event buses as targets").
      else if (sender === undefined) this.#after(rule, () => this.#handOn(event, target));
    }
  }

  #handOn(event: BusEvent, other: EventBus): void {
    if (other.accountId === this.accountId || other.accepts(this.accountId)) other.put(event, this);
    else this.refused.push(event);
  }

  #after({ delayMs }: Rule, run: () => void): void {
    const afterMs = delayMs?.() ?? 0;
    if (afterMs === 0) run();
    else this.#clock.after(afterMs, run);
  }
}
