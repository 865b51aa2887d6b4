/** A pass as a record: for the log, and for the answer to a check. */
import type { BoundGroup } from '../core/configuration.ts';
import { changeRecord, passRecord, type TriggerName } from '../core/report.ts';
import type { Pass } from './reconcile.ts';

export interface PassDetails {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly trigger: TriggerName;
  readonly hints: number;
  readonly calls: ReadonlyMap<string, number>;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The whole pass in one record. */
export function recordOfPass({ group }: BoundGroup, pass: Pass, details: PassDetails): Fields {
  const feeds = pass.snapshot?.feeds ?? [];
  return passRecord({
    ...details,
    group,
    behind: pass.behind.length,
    targets: pass.snapshot?.targets ?? [],
    listedTasks: new Set(feeds.flatMap((feed) => [...feed.listed])).size,
    done: pass.written.done,
    held: pass.held,
    findings: pass.findings,
    failures: pass.failures,
    calls: Object.fromEntries([...details.calls].sort()),
  });
}

/** One record per change made. */
export function recordsOfChanges({ group }: BoundGroup, pass: Pass, nowMs: number): Fields[] {
  return pass.written.done.map((change) => changeRecord(group, change, nowMs));
}

/** What a pass that may not write would have changed. */
export function recordsOfPlan({ group }: BoundGroup, pass: Pass, nowMs: number): Fields[] {
  const withheld = pass.held.filter(({ because }) => because === 'check only');
  return withheld.map(({ change }) => changeRecord(group, change, nowMs));
}
