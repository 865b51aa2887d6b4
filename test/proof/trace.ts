/** Everything that happens in a run, as a digest, and line by line for whoever asks. */
import type { VirtualClock } from '../../scripts/simulator/clock.ts';
import { EPOCH_MS } from '../../scripts/simulator/clock.ts';

export class Trace {
  readonly #clock: VirtualClock;
  readonly #write: ((line: string) => void) | undefined;
  #high = 0xdeadbeef;
  #low = 0x41c6ce57;

  constructor(clock: VirtualClock, write?: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  note(what: string): void {
    const line = `${((this.#clock.now() - EPOCH_MS) / 1_000).toFixed(3)} ${what}`;
    this.#write?.(line);
    // Megabytes a scenario: in fields, the two numbers take four times as long.
    let [high, low] = [this.#high, this.#low];
    for (let index = 0; index < line.length; index += 1) {
      const code = line.charCodeAt(index);
      high = Math.imul(high ^ code, 2_654_435_761);
      low = Math.imul(low ^ code, 1_597_334_677);
    }
    this.#high = high;
    this.#low = low;
  }

  /** The digest so far, as 16 hexadecimal digits. */
  get hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
