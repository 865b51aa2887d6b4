/** What judges a stack in a scenario: it hears of every call of every environment, and says what was broken. */
import type { Watcher } from '../../scripts/simulator/backends.ts';

export interface Violation {
  readonly invariant: string;
  readonly atMs: number;
  readonly environment: number;
  readonly detail: string;
}

export interface Judge extends Watcher {
  readonly violations: readonly Violation[];
}
