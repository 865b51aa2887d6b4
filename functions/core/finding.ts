/** What a person should know and the product does not change by itself. */

type FindingKind =
  /** A target or an instance that none of ours explains. */
  | 'foreign'
  /** A target of a task that is known to have stopped, but ECS no longer describes it, so there is no proof. */
  | 'unproven'
  | 'never-healthy'
  /** The group is not used by a listener, or a target's zone is not enabled. */
  | 'unused'
  | 'drain-time'
  /** Somebody else undoes what we write. */
  | 'contested'
  /** The last tasks of a group would leave by one word. */
  | 'drain-unconfirmed'
  /** More targets are to leave at once than the budget allows. */
  | 'removal-budget'
  | 'no-address'
  | 'empty-list'
  | 'refused'
  | 'waiting'
  | 'ecs-managed'
  /** A line of binding, a tag or a parameter that cannot be read. */
  | 'mistake'
  /** A target group, service or Cloud Map service that does not exist or is of the wrong type. */
  | 'unusable'
  /** Cloud Map: a running task without instance. */
  | 'missing'
  /** Cloud Map: an instance whose task has stopped. */
  | 'stale'
  /** Cloud Map: an instance with another address than its task, or with one that another task has by now. */
  | 'mismatched'
  /** Cloud Map: an instance that is listed while its task stops. */
  | 'draining'
  /** Cloud Map: a service whose dead instances nothing takes out of the answers. */
  | 'unchecked'
  /** A quota or another limit of AWS that is nearly reached. */
  | 'limit';

export interface Finding {
  readonly kind: FindingKind;
  /** What it is about: an address, a task, a group, a line. */
  readonly subject: string;
  /** What is the case, what it means, and what to do. */
  readonly message: string;
  readonly sinceMs?: number | undefined;
  /** The command that would settle it, ready to paste. */
  readonly command?: string | undefined;
  /** Where tasks, targets and instances differ: what each of the three says of the address. */
  readonly address?: string | undefined;
  readonly task?: string | undefined;
  readonly target?: string | undefined;
  readonly instance?: string | undefined;
  /** What should be there instead. */
  readonly expected?: string | undefined;
}

/** Findings in a stable order, so that two reports of one state are equal. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const keyOf = (finding: Finding): string => `${finding.kind} ${finding.subject} ${finding.message}`;
  return [...findings].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}
