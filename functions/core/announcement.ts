/** What other systems are told of, if the stack names an event bus: changes that were made, and findings that begin and end. */
import { type Finding, severityOf } from './finding.ts';
import { changeRecords, type Fields, findingRecord, type Pass } from './report.ts';

/** Field by field in docs/reference.md. A field is added under the same number; what has one meaning never gets another. */
const SCHEMA_VERSION = 1;

type AnnouncementType = 'Target Registered' | 'Target Deregistered' | 'Finding Began' | 'Finding Ended';

/** An event's detail-type and detail. It is sent at least once: a new environment does not know what another has told. */
export interface Announcement {
  readonly type: AnnouncementType;
  readonly detail: Fields;
}

export function announceChanges(pass: Pass): Announcement[] {
  return changeRecords(pass).map(({ kind, ...fields }) => ({
    type: kind === 'register' ? 'Target Registered' : 'Target Deregistered',
    detail: { schemaVersion: SCHEMA_VERSION, targetGroupArn: pass.group.arn, ...fields },
  }));
}

/** By kind and subject: a finding whose message counts seconds is the same one. */
export type StandingFindings = ReadonlyMap<string, Finding>;

export function byKindAndSubject(findings: readonly Finding[]): StandingFindings {
  return new Map(findings.map((finding) => [`${finding.kind} ${finding.subject}`, finding]));
}

/** The findings that are new, and those that are gone. */
export function announceFindings(before: StandingFindings, after: StandingFindings, nowMs: number): Announcement[] {
  const announce = (type: AnnouncementType, finding: Finding): Announcement => ({
    type,
    detail: { schemaVersion: SCHEMA_VERSION, severity: severityOf(finding), ...findingRecord(finding, nowMs) },
  });
  const began = [...after].filter(([key]) => !before.has(key)).map(([, finding]) => announce('Finding Began', finding));
  const ended = [...before].filter(([key]) => !after.has(key)).map(([, finding]) => announce('Finding Ended', finding));
  return [...began, ...ended];
}
