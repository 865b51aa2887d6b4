/** The answer to {"check": true}: what a pass over each group would change now, and what was found. Nothing is written. */
import type { Reporter } from '../app/environment.ts';
import { type Fields, recordOfPass, recordsOfPlan } from '../app/record.ts';
import { explainFailure } from '../core/failure.ts';
import { findingRecords } from '../core/report.ts';

export interface CheckAnswer {
  readonly mode: 'check';
  /** One entry per group: `wouldChange` lists the changes, the rest is the record of the pass. */
  readonly groups: readonly Fields[];
  /** Cloud Map services and settings, each with its findings. */
  readonly checks: readonly Fields[];
  /** What the binding was found to be: wrong lines, groups that cannot be served, reads that failed. */
  readonly configuration: Fields;
}

/** An reporter that passes everything on and keeps what the answer needs. */
export function createCheck(told: Reporter, now: () => number): { readonly reporter: Reporter; answer(): CheckAnswer } {
  const groups: Fields[] = [];
  const checks: Fields[] = [];
  let configuration: Fields = {};
  const reporter: Reporter = {
    configured(read, calls) {
      told.configured(read, calls);
      configuration = {
        unread: read.configuration.unread,
        ...findingRecords(read.configuration.findings, now()),
        failures: read.failures.map(explainFailure),
      };
    },
    passed(bound, pass, details) {
      told.passed(bound, pass, details);
      groups.push({ wouldChange: recordsOfPlan(bound, pass, details.endedAtMs), ...recordOfPass(bound, pass, details) });
    },
    found(subject, findings, failures, calls, report) {
      told.found(subject, findings, failures, calls, report);
      checks.push({ subject, ...findingRecords(findings, now()), failures: failures.map(explainFailure) });
    },
  };
  return { reporter, answer: () => ({ mode: 'check', groups, checks, configuration }) };
}
