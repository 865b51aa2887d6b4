/**
 * The answer that every command gives, as one document: what `--json` prints, and what the text and the pages are made of.
 * docs/reference.md explains it field by field, and a test compares the two.
 */
import type { FailureKind } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { DIFFERS, IN_STEP } from './exit.ts';

/** Goes up when a field is renamed, is removed or changes its meaning; not when one is added. */
export const SCHEMA_VERSION = 1;

/** `in step` is said only of what was read, all of it. */
export type Verdict = 'in step' | 'differs' | 'unknown';

/** A change of a target. */
export interface Change {
  /** When it was made; null for one that was not. */
  readonly at: string | null;
  readonly kind: 'register' | 'deregister';
  /** `due`: a pass would make it now. `observed`: mode=observe, so nobody makes it. `held`: the function would wait. */
  readonly outcome: 'made' | 'due' | 'observed' | 'held';
  /** Why it is held. */
  readonly held: string | null;
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly because: string;
  readonly taskArn: string;
}

export interface AnsweredTarget {
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly state: string;
}

export interface AnsweredFinding {
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly command: string | null;
  /** Since when, as far as anything dates it. */
  readonly since: string | null;
}

/** A read that failed. */
export interface AnsweredFailure {
  readonly kind: FailureKind | 'file';
  readonly operation: string;
  readonly resource: string;
  readonly message: string;
  readonly advice: string;
}

/** What the answer is about, and whether all of it was read. */
export interface Resource {
  readonly type:
    | 'target group'
    | 'Cloud Map service'
    | 'line'
    | 'task'
    | 'file'
    | 'capture'
    | 'account'
    | 'settings'
    | 'stack'
    | 'cluster';
  readonly name: string;
  readonly isRead: boolean;
  /** Why not. */
  readonly why: string | null;
}

/** The fields that all answers have. */
export interface Answer {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly command: 'plan' | 'drift' | 'replay' | 'replay --against account' | 'status' | 'leftovers';
  readonly verdict: Verdict;
  /** The first line of the text. */
  readonly headline: string;
  readonly exitCode: number;
  readonly exitCodeMeans: string;
  /** When the reading began and ended; of a replay, the time in the account that was played. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly resources: readonly Resource[];
  readonly changes: readonly Change[];
  readonly targets: readonly AnsweredTarget[];
  readonly findings: readonly AnsweredFinding[];
  readonly failures: readonly AnsweredFailure[];
  /** Calls by operation. */
  readonly calls: Readonly<Record<string, number>>;
}

/** A verdict needs evidence: a difference is one; agreement is one only where everything that was asked about was read. */
export function verdictOf({
  differences,
  resources,
}: {
  readonly differences: number;
  readonly resources: readonly Resource[];
}): Verdict {
  if (differences > 0) return 'differs';
  return resources.length > 0 && resources.every(({ isRead }) => isRead) ? 'in step' : 'unknown';
}

/** The exit code where nothing failed. */
export function exitCodeOf(verdict: Verdict, unknown: number): number {
  return { 'in step': IN_STEP, differs: DIFFERS, unknown }[verdict];
}

export function unreadOf(resources: readonly Resource[]): readonly Resource[] {
  return resources.filter(({ isRead }) => !isRead);
}

export function answeredFinding({ kind, subject, message, command, sinceMs }: AnyFinding): AnsweredFinding {
  return { kind, subject, message, command: command ?? null, since: sinceMs === undefined ? null : timeOf(sinceMs) };
}

type AnyFinding = Pick<Finding, 'subject' | 'message' | 'sinceMs'> & {
  readonly kind: string;
  readonly command?: string | null | undefined;
};

export function timeOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Calls by operation, of two readers together. */
export function withCalls(calls: Answer['calls'], more: ReadonlyMap<string, number>): Answer['calls'] {
  const names = [...new Set([...Object.keys(calls), ...more.keys()])].sort();
  return Object.fromEntries(names.map((name) => [name, (calls[name] ?? 0) + (more.get(name) ?? 0)]));
}
