/** What can go wrong with a call, as data, and what follows from it. */

import type { Result } from './result.ts';
import type { ClusterArn } from './values.ts';

export type FailureKind =
  /** AWS asked for fewer calls. */
  | 'throttled'
  /** No answer, or a 5xx one. It is not known whether a write was carried out. */
  | 'unavailable'
  /** The role, the key or a policy forbids the call. */
  | 'denied'
  /** The named resource does not exist (any more). */
  | 'gone'
  /** AWS will not take what was sent. */
  | 'refused'
  /** The group holds as many targets as its quota allows. */
  | 'quota'
  /** The invocation has too little time left to begin the call. */
  | 'out-of-time'
  /** An answer that the documentation does not tell of. */
  | 'unexpected';

export interface Failure {
  readonly kind: FailureKind;
  readonly operation: string;
  /** On what: the ARN or name that the call was about. */
  readonly resource: string;
  /** The cluster whose place was asked, where there is one. */
  readonly cluster?: ClusterArn | undefined;
  /** The SDK's name of the error and its message, shortened. */
  readonly message: string;
}

export type Answer<Value> = Result<Value, Failure>;

/**
 * Whether the same work may succeed later: then the pass is tried again, and at the end its messages go back to the queue.
 * What we do not understand is one of these: acknowledged, it would be lost without anybody's having looked at it, while a
 * message that keeps failing ends among the dead letters, where an alarm stands.
 */
export function isPassing({ kind }: Failure): boolean {
  return kind === 'throttled' || kind === 'unavailable' || kind === 'out-of-time' || kind === 'unexpected';
}

/** One sentence for a person: what was attempted, on what, what came back, and what to do. */
export function explainFailure(failure: Failure): string {
  return `${failure.operation} on ${failure.resource} failed (${failure.message}). ${ADVICE[failure.kind]}`;
}

const ADVICE: Readonly<Record<FailureKind, string>> = {
  throttled: 'AWS limits this call per account and region. It is tried again, at the latest by the schedule in a minute.',
  unavailable: 'It is tried again, at the latest by the schedule in a minute.',
  denied:
    "Check that the function's role still has its policy, that the stack's parameters or a tag cover this resource, and that no " +
    'service control policy or permissions boundary forbids the call. In another account, the role is that of infra/spoke.yaml.',
  gone: 'Create it, or correct or remove the parameter, tag or line that names it.',
  refused:
    'Nothing else is held up by it. Read the message. If it is about the zone, take zone= out of the line: what ELB asks for is then used.',
  quota: 'Raise the quota "Targets per Target Group per Region", or bind fewer tasks to this group.',
  'out-of-time': 'The invocation was about to end; the next one goes on.',
  unexpected: 'The answer is not one that AWS documents for this call; please report it with this message.',
};
