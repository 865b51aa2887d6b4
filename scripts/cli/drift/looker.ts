/** Readings that a report can do without: each one that fails is named, and the rest goes on. */

/** Tries a reading; where it fails, tells what could not be looked at. */
export class Looker {
  readonly failures: string[] = [];
  calls = 0;

  async try<Value>(what: string, read: () => Promise<Value>, otherwise: Value): Promise<Value> {
    this.calls += 1;
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.failures.push(`${what} could not be looked at (${error.name}: ${error.message}).`);
      return otherwise;
    }
  }
}
