/** What judges a stack in a scenario: it hears of every call of every environment, and says what was broken. */
import type { ApiName } from '../../scripts/simulator/api.ts';
import type { Input } from '../../scripts/simulator/api-input.ts';

export interface Violation {
  readonly invariant: string;
  readonly atMs: number;
  readonly environment: number;
  readonly detail: string;
}

export interface Judge {
  readonly violations: readonly Violation[];
  /** A new invocation begins in the environment. */
  invoked?(environment: number, input: unknown): void;
  /** The invocation has come to its end by itself. */
  ended?(environment: number, input: unknown, answer: unknown): void;
  sent?(environment: number, name: ApiName, input: Input): void;
  /** The call has changed the account. */
  effected?(environment: number, name: ApiName, input: Input): void;
  answered?(environment: number, name: ApiName, input: Input, output: unknown, code: string): void;
}
