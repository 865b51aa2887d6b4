/** What a person should know and the product does not change by itself. */

import { sortedBy } from './order.ts';

/**
 * How bad a finding is. An outage: live tasks get no traffic, or traffic goes to the dead. A mistake: a person has to mend it. A notice:
 * good to know. Outages and mistakes are counted at every scheduled pass, and alarms stand on both.
 */
export type Severity = 'outage' | 'mistake' | 'notice';

/** Every kind, and how bad it is. docs/findings.md has the likely causes and what to do. */
export const SEVERITY = {
  /** A registered target that no task of the group's bindings explains. */
  foreign: 'notice',
  /** Such a target that is unhealthy: likely a leftover of somebody. */
  'foreign-unhealthy': 'mistake',
  /** A target that this stack registered, whose task ECS has forgotten. */
  leftover: 'outage',
  /** A target that this stack registered, and that no line binds any more. */
  unbound: 'mistake',
  /** A target of a stopped task that may be another writer's by now. */
  unproven: 'mistake',
  'never-healthy': 'mistake',
  /** The group is not used by a listener, or a target's zone is not enabled. */
  unused: 'mistake',
  'drain-time': 'notice',
  /** Somebody else undoes what we write. */
  contested: 'outage',
  /** A line takes every task out of the group. */
  drained: 'mistake',
  /** The last tasks of a group would leave by one word. */
  'drain-unconfirmed': 'mistake',
  /** More targets are to leave at once than the budget allows. */
  'removal-budget': 'notice',
  'no-address': 'outage',
  'empty-list': 'mistake',
  refused: 'outage',
  /** ELB does not take a target back before it has drained. */
  waiting: 'notice',
  full: 'outage',
  /** A quota or another limit of AWS that is nearly reached. */
  limit: 'notice',
  /** A task that has to be healthy to be registered, and is not. */
  'not-ready': 'mistake',
  /** A port that the task definition does not map. */
  port: 'mistake',
  /** A line asks for zone=all, and cross-zone load balancing is off. */
  'cross-zone': 'mistake',
  /** A task is on hold by its tag. */
  held: 'notice',
  /** A task is to be held, and is the last one that serves. */
  'held-last': 'mistake',
  paused: 'notice',
  /** The stack is paused for so long that somebody may have forgotten it. */
  'paused-long': 'mistake',
  'ecs-managed': 'notice',
  /** A line, in a tag or in the parameter, that cannot be read. */
  'wrong-line': 'mistake',
  /** A group of the parameter that nobody has bound yet. */
  'not-bound': 'notice',
  /** A group that was found by its tag has lost it. Told once, since nobody keeps it any more. */
  released: 'notice',
  /** A target group, service or Cloud Map service that does not exist or is of the wrong type. */
  unusable: 'mistake',
  /** Cloud Map: a running task without instance. */
  missing: 'mistake',
  /** Cloud Map: an instance whose task has stopped. */
  stale: 'mistake',
  /** Cloud Map: an instance with another address than its task, or with one that another task has by now. */
  mismatched: 'mistake',
  /** Cloud Map: an instance that is listed while its task stops. */
  draining: 'notice',
  /** Cloud Map: a service whose dead instances nothing takes out of the answers. */
  unchecked: 'notice',
} as const satisfies Readonly<Record<string, Severity>>;

export type FindingKind = keyof typeof SEVERITY;

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

export function severityOf({ kind }: Pick<Finding, 'kind'>): Severity {
  return SEVERITY[kind];
}

/** Findings in a stable order, so that two reports of one state are equal. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const keyOf = (finding: Finding): string => `${finding.kind} ${finding.subject} ${finding.message}`;
  return sortedBy(findings, keyOf);
}
