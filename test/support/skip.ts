/** The one way to leave a test out. `npm run check` names the tests left out, and never counts them as passed. */

/** What vitest hands to a running test. */
interface Skipping {
  skip(condition: boolean, note: string): void;
}

/** Leaves the running test out where something is missing that it cannot do without, and says what. */
export function skipUnless(available: boolean, context: Skipping, missing: string): void {
  context.skip(!available, missing);
}
