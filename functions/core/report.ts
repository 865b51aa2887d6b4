/** The record of one pass: what changed and why, what was held, what was found, what failed, and what it cost. */
import type { Failure } from './failure.ts';
import { explainFailure } from './failure.ts';
import { type Finding, sortFindings } from './finding.ts';
import type { Held } from './guard.ts';
import type { Change } from './plan.ts';
import { isDraining, type Target, type TargetGroup } from './target.ts';

export type TriggerName = 'messages' | 'event' | 'schedule' | 'check';

/** Longer lists are cut in the log, with their true length beside them: a record must not outgrow what CloudWatch takes. */
const LISTED_MAX = 50;

export interface PassFacts {
  readonly group: TargetGroup;
  readonly trigger: TriggerName;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly hints: number;
  readonly behind: number;
  readonly targets: readonly Target[];
  readonly listedTasks: number;
  readonly done: readonly Change[];
  readonly held: readonly Held[];
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  readonly calls: Readonly<Record<string, number>>;
}

/** The pass as plain data for a log line; times in milliseconds. */
export function passRecord(facts: PassFacts): Readonly<Record<string, unknown>> {
  const registered = facts.done.filter((change) => change.kind === 'register');
  const deregistered = facts.done.filter((change) => change.kind === 'deregister');
  return {
    targetGroup: facts.group.name,
    targetGroupArn: facts.group.arn,
    trigger: facts.trigger,
    tookMs: facts.endedAtMs - facts.startedAtMs,
    hints: facts.hints,
    behind: facts.behind,
    targets: countStates(facts.targets),
    listedTasks: facts.listedTasks,
    registered: registered.length,
    deregistered: deregistered.length,
    held: cut(
      facts.held.map(({ change, because }) => ({ ...changeRecord(facts.group, change, facts.endedAtMs), held: because })),
    ),
    heldCount: facts.held.length,
    ...findingRecords(facts.findings, facts.endedAtMs),
    failures: cut(facts.failures.map((failure) => ({ ...failure, explained: explainFailure(failure) }))),
    calls: facts.calls,
  };
}

/** One change with its proof: the trail that answers who removed an address, and on what evidence. */
export function changeRecord(group: TargetGroup, change: Change, nowMs: number): Readonly<Record<string, unknown>> {
  const { descriptor, because } = change;
  return {
    kind: change.kind,
    targetGroup: group.name,
    ip: descriptor.id,
    port: descriptor.port,
    ...(descriptor.zone === undefined ? {} : { zone: descriptor.zone }),
    because: because.rule,
    taskArn: because.task,
    version: because.version,
    lastStatus: because.last,
    desiredStatus: because.desired,
    proofAgeMs: nowMs - because.describedAtMs,
    binding: because.binding,
  };
}

/** A finding with its age in seconds, which unlike a time can be read without a calendar. */
export function findingRecord(finding: Finding, nowMs: number): Readonly<Record<string, unknown>> {
  const { sinceMs, ...rest } = finding;
  const ageSeconds = sinceMs === undefined ? undefined : Math.round((nowMs - sinceMs) / 1_000);
  return Object.fromEntries(Object.entries({ ...rest, ageSeconds }).filter(([, value]) => value !== undefined));
}

function countStates(targets: readonly Target[]): Readonly<Record<string, number>> {
  const states = Map.groupBy(targets, (target) => (isDraining(target) ? 'draining' : target.state));
  return Object.fromEntries([...states].sort().map(([state, members]) => [state, members.length]));
}

/** Findings as a record tells them: the first ones in order, and how many there are. */
export function findingRecords(findings: readonly Finding[], nowMs: number): Readonly<Record<string, unknown>> {
  return { findings: cut(sortFindings(findings).map((each) => findingRecord(each, nowMs))), findingCount: findings.length };
}

function cut<Item>(items: readonly Item[]): readonly Item[] {
  return items.slice(0, LISTED_MAX);
}
