/** What one pass over one group is given. */
import type { WiredGroup } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import type { TriggerName } from '../core/report.ts';
import type { Caller } from './caller.ts';
import type { Memory } from './memory.ts';
import type { Clock } from './ports.ts';

export interface PassContext {
  readonly wired: WiredGroup;
  readonly hints: readonly Hint[];
  readonly trigger: TriggerName;
  /** Removals whose task an earlier look of this invocation proved stopped, and when, by `changeKey`. */
  readonly firstProofMs: ReadonlyMap<string, number>;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly memory: Memory;
}
