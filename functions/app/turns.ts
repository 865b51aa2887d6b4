/** Lets some groups read at a time, in the order in which they came. */

/**
 * So many passes that list every task run side by side. If all of them did, they would share the rate of calls page by page, and none
 * would be whole when the time is up. If there were one, a call that hangs would hold up all the others.
 */
const LISTING_MAX = 6;

export class Turns {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** Runs it at once, or when one of the others has ended. Passes that follow hints read little, and wait for nobody. */
  async take<Value>(isListing: boolean, run: () => Promise<Value>): Promise<Value> {
    if (!isListing) return run();
    if (this.#taken >= LISTING_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#taken += 1;
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken -= 1;
      else next();
    }
  }
}
