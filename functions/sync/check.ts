/** The answer to {"check": true}: what a pass over each group would change now, and what was found. Nothing is written. */
import type { Reporter } from '../app/invocation.ts';
import { explainFailure } from '../core/failure.ts';
import { type Fields, findingRecords, passRecord, plannedRecords } from '../core/report.ts';

export interface CheckAnswer {
  readonly mode: 'check';
  /** One entry per group: `wouldChange` lists the changes, the rest is the record of the pass. */
  readonly groups: readonly Fields[];
  /** Cloud Map services and settings, each with its findings. */
  readonly checks: readonly Fields[];
  /** The bindings: wrong lines, groups that cannot be served, reads that failed. */
  readonly configuration: Fields;
  /** Everything that was found, once. */
  readonly standing: Fields;
  /** The number of calls by operation. */
  readonly calls: Fields;
}

/** A reporter that passes everything on to another and keeps what the answer needs. */
export function createCheck(inner: Reporter, now: () => number): { readonly reporter: Reporter; answer(): CheckAnswer } {
  const groups: Fields[] = [];
  const checks: Fields[] = [];
  let configuration: Fields = {};
  let calls: Fields = {};
  let standing: Fields = {};
  const reporter: Reporter = {
    configured(read) {
      inner.configured(read);
      configuration = {
        unread: read.configuration.unread,
        ...findingRecords(read.configuration.findings, now()),
        failures: read.failures.map(explainFailure),
      };
    },
    passed(pass) {
      inner.passed(pass);
      groups.push({ wouldChange: plannedRecords(pass), ...passRecord(pass) });
    },
    checked(check) {
      inner.checked(check);
      const { subject, findings, failures } = check;
      checks.push({ subject, ...findingRecords(findings, now()), failures: failures.map(explainFailure) });
    },
    recorded: (kind, group, targets) => inner.recorded(kind, group, targets),
    ended(status) {
      inner.ended(status);
      calls = Object.fromEntries(status.calls);
      standing = findingRecords(status.standing?.findings ?? [], now());
    },
  };
  return { reporter, answer: () => ({ mode: 'check', groups, checks, configuration, standing, calls }) };
}
