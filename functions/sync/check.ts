/** The answer to {"check": true}: what a pass over each group would change now, and what was found. Nothing is written. */
import type { Reporter } from '../app/invocation.ts';
import { explainFailure } from '../core/failure.ts';
import { type Fields, findingRecords, passRecord, plannedRecords } from '../core/report.ts';

export interface CheckAnswer {
  readonly schemaVersion: 1;
  readonly mode: 'check';
  /** When it was answered. */
  readonly at: string;
  /** As the command line says it: `in step` only of what was read, all of it. */
  readonly verdict: 'in step' | 'differs' | 'unknown';
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
  let isRead = false;
  let differs = false;
  const reporter: Reporter = {
    configured(read) {
      inner.configured(read);
      isRead = read.configuration.unread.length === 0 && read.failures.length === 0;
      configuration = {
        unread: read.configuration.unread,
        ...findingRecords(read.configuration.findings, now()),
        failures: read.failures.map(explainFailure),
      };
    },
    passed(pass) {
      inner.passed(pass);
      isRead &&= pass.failures.length === 0;
      differs ||= pass.planned.length > 0;
      groups.push({ wouldChange: plannedRecords(pass), ...passRecord(pass) });
    },
    checked(check) {
      inner.checked(check);
      const { subject, findings, failures, read } = check;
      isRead &&= failures.length === 0;
      // Other checks look at settings: what they find is no difference.
      differs ||= read !== undefined && findings.length > 0;
      checks.push({ subject, ...findingRecords(findings, now()), failures: failures.map(explainFailure) });
    },
    recorded: (kind, group, targets) => inner.recorded(kind, group, targets),
    ended(status) {
      inner.ended(status);
      calls = Object.fromEntries(status.calls);
      standing = findingRecords(status.standing?.findings ?? [], now());
    },
  };
  const answer = (): CheckAnswer => {
    const isWhole = isRead && groups.length + checks.length > 0;
    const verdict = differs ? 'differs' : isWhole ? 'in step' : 'unknown';
    const at = new Date(now()).toISOString();
    return { schemaVersion: 1, mode: 'check', at, verdict, groups, checks, configuration, standing, calls };
  };
  return { reporter, answer };
}
