/** Findings by what they ask of a person: what is an outage before what is a mistake, and what is over last. */
import { SEVERITY, type Severity } from '../../../functions/core/finding.ts';
import type { FindingMark } from './timeline.ts';

const SEVERITIES: ReadonlyMap<string, Severity> = new Map(Object.entries(SEVERITY));
const ORDER: readonly Severity[] = ['outage', 'mistake', 'notice'];

/** A kind that only a newer version knows is taken for something to look at. */
export function severityOf({ kind }: FindingMark): Severity {
  return SEVERITIES.get(kind) ?? 'mistake';
}

/** What is still the case, as opposed to what was over before the end. */
export function isOpen({ until }: FindingMark): boolean {
  return until === undefined || until === null;
}

export function worstFirst(findings: readonly FindingMark[]): FindingMark[] {
  const rank = (finding: FindingMark): number => (isOpen(finding) ? 0 : ORDER.length) + ORDER.indexOf(severityOf(finding));
  return findings.toSorted((one, other) => rank(one) - rank(other));
}
