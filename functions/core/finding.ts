/** What a person should know and the product does not change by itself. */

type FindingKind =
  /** A target that none of ours explains. */
  | 'foreign'
  /** A target of a task that is known to have stopped, but ECS no longer describes it, so there is no proof. */
  | 'unproven'
  | 'never-healthy'
  /** The group is not used by a listener, or a target's zone is not enabled. */
  | 'unused'
  | 'drain-time'
  /** Somebody else undoes what we write. */
  | 'contested'
  | 'no-address'
  | 'empty-list'
  | 'refused'
  | 'waiting'
  | 'ecs-managed'
  /** A line of wiring, a tag or a parameter that cannot be read. */
  | 'mistake'
  /** A target group, service or Cloud Map service that does not exist or is of the wrong type. */
  | 'unusable'
  | 'failed'
  /** Cloud Map: a running task without instance, an instance without task, an instance with another address. */
  | 'missing'
  | 'stale'
  | 'mismatched';

export interface Finding {
  readonly kind: FindingKind;
  /** What it is about: an address, a task, a group, a line. */
  readonly subject: string;
  /** What is the case, what it means, and what to do. */
  readonly message: string;
  readonly sinceMs?: number | undefined;
  /** The command that would settle it, ready to paste. */
  readonly command?: string | undefined;
}

/** Findings in a stable order, so that two reports of one state are equal. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const keyOf = (finding: Finding): string => `${finding.kind} ${finding.subject} ${finding.message}`;
  return [...findings].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}
