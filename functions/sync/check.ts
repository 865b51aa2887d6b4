/** The answer to {"check": true}: what a pass over each group would change now, and what was found. Nothing is written. */
import type { Observer } from '../app/environment.ts';
import { type Fields, recordOfPass, recordsOfPlan } from '../app/record.ts';
import { explainFailure } from '../core/failure.ts';
import { findingRecords } from '../core/report.ts';

export interface CheckAnswer {
  readonly mode: 'check';
  /** One entry per group: `wouldChange` lists the changes, the rest is the record of the pass. */
  readonly groups: readonly Fields[];
  /** Cloud Map services and settings, each with its findings. */
  readonly checks: readonly Fields[];
  /** What the wiring was found to be: wrong lines, groups that cannot be served, reads that failed. */
  readonly configuration: Fields;
}

/** An observer that passes everything on and keeps what the answer needs. */
export function createCheck(told: Observer, now: () => number): { readonly observer: Observer; answer(): CheckAnswer } {
  const groups: Fields[] = [];
  const checks: Fields[] = [];
  let configuration: Fields = {};
  const observer: Observer = {
    configured(read, calls) {
      told.configured(read, calls);
      configuration = {
        unread: read.configuration.unread,
        ...findingRecords(read.configuration.findings, now()),
        failures: read.failures.map(explainFailure),
      };
    },
    passed(wired, pass, details) {
      told.passed(wired, pass, details);
      groups.push({ wouldChange: recordsOfPlan(wired, pass, details.endedAtMs), ...recordOfPass(wired, pass, details) });
    },
    found(subject, findings, failures, calls, report) {
      told.found(subject, findings, failures, calls, report);
      checks.push({ subject, ...findingRecords(findings, now()), failures: failures.map(explainFailure) });
    },
  };
  return { observer, answer: () => ({ mode: 'check', groups, checks, configuration }) };
}
