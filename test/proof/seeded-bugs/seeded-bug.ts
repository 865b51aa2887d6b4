/** What a wrong algorithm is: a small change to the function's sources, and the invariants that have to notice it. */

export interface Patch {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface SeededBug {
  readonly name: string;
  /** The reasoning that makes it look right, or the slip that it is. */
  readonly why: string;
  readonly patches: readonly Patch[];
  /** One of these notices it first. */
  readonly caughtBy: readonly string[];
}

export const FILES = {
  CALLER: 'functions/app/caller.ts',
  CONFIGURATION: 'functions/app/read-configuration.ts',
  CORE_SNAPSHOT: 'functions/core/snapshot.ts',
  ENVIRONMENT: 'functions/app/invocation.ts',
  EVENT: 'functions/core/event.ts',
  GUARD: 'functions/core/guard.ts',
  PLAN: 'functions/core/plan.ts',
  READS: 'functions/app/reads.ts',
  RECONCILE: 'functions/app/pass.ts',
  SNAPSHOT: 'functions/app/read-snapshot.ts',
  SYNC: 'functions/sync/sync.ts',
  TASK: 'functions/core/task.ts',
  VISIT: 'functions/app/run.ts',
  WRITES: 'functions/app/writes.ts',
} as const;
