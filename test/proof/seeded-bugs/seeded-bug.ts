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
  /** The act that shows it; none where the churn of a scenario does. */
  readonly act?: string | undefined;
  /** One of these notices it first. */
  readonly caughtBy: readonly string[];
}

export const FILES = {
  BINDING: 'functions/core/binding.ts',
  CACHE: 'functions/app/cache.ts',
  CALLER: 'functions/app/caller.ts',
  CONFIGURATION: 'functions/core/configuration.ts',
  CORE_SNAPSHOT: 'functions/core/snapshot.ts',
  ECS: 'functions/adapters/ecs.ts',
  EVENT: 'functions/core/event.ts',
  GROUP_CACHE: 'functions/app/group-cache.ts',
  GUARD: 'functions/core/guard.ts',
  INVOCATION: 'functions/app/invocation.ts',
  LIMITER: 'functions/core/limiter.ts',
  OWNERSHIP: 'functions/core/ownership.ts',
  PASS: 'functions/app/pass.ts',
  PLAN: 'functions/core/plan.ts',
  READS: 'functions/app/reads.ts',
  READ_CONFIGURATION: 'functions/app/read-configuration.ts',
  RECONCILE: 'functions/app/reconcile-group.ts',
  RECORD: 'functions/app/record.ts',
  RUN: 'functions/app/run.ts',
  SNAPSHOT: 'functions/app/read-snapshot.ts',
  STRANGERS: 'functions/app/strangers.ts',
  SYNC: 'functions/sync/sync.ts',
  TASK: 'functions/core/task.ts',
  WRITES: 'functions/app/writes.ts',
  ZONE: 'functions/core/zone.ts',
} as const;

/** One that an act shows, or the churn of a scenario where none is named. */
export function bug(
  name: string,
  why: string,
  caughtBy: readonly string[],
  act: string | undefined,
  ...patches: readonly Patch[]
): SeededBug {
  return { name, why, act, patches, caughtBy };
}
