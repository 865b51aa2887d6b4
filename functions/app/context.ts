/** What one pass over one group is given. */
import type { BoundGroup } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import type { TriggerName } from '../core/report.ts';
import type { Cache } from './cache.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './ports.ts';

export interface PassContext {
  readonly bound: BoundGroup;
  readonly hints: readonly Hint[];
  readonly trigger: TriggerName;
  /** Removals whose task an earlier look of this invocation proved stopped, and when, by `changeKey`. */
  readonly firstProofMs: ReadonlyMap<string, number>;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly cache: Cache;
}
