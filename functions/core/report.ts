/** The record of one pass: what changed and why, what was held, what was found, what failed, and what it cost. */
import type { Hint } from './event.ts';
import { explainFailure, type Failure } from './failure.ts';
import { type Finding, sortFindings } from './finding.ts';
import type { Held } from './guard.ts';
import type { OpenEnds } from './next-pass.ts';
import type { Change } from './plan.ts';
import type { Snapshot } from './snapshot.ts';
import { isDraining, type Target, type TargetGroup } from './target.ts';

export type Fields = Readonly<Record<string, unknown>>;

export type TriggerName = 'messages' | 'event' | 'schedule' | 'check';

/** Longer lists are cut in the log, with their true length beside them: a record must not outgrow what CloudWatch takes. */
const LISTED_MAX = 50;

/** What one pass read, decided, did and left open. */
export interface Pass {
  readonly group: TargetGroup;
  readonly trigger: TriggerName;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** The number of hints that asked for it. */
  readonly hints: number;
  /** Undefined if the targets themselves could not be read. */
  readonly snapshot: Snapshot | undefined;
  readonly planned: readonly Change[];
  readonly written: Written;
  readonly held: readonly Held[];
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  /** Hints that ECS answered with an older version of the task. */
  readonly behind: readonly Hint[];
  readonly open: OpenEnds;
}

/** What became of the changes that the guard allowed. */
export interface Written {
  readonly done: readonly Change[];
  /** What ELB does not accept. Sent again at once, it would be refused again. */
  readonly refused: readonly Refusal[];
  readonly failures: readonly Failure[];
  /** Changes that were overtaken while they waited for their turn: they are planned again. */
  readonly aged: readonly Change[];
}

export interface Refusal {
  readonly change: Change;
  readonly failure: Failure;
}

export const NOTHING_WRITTEN: Written = { done: [], refused: [], failures: [], aged: [] };

/** The pass as plain data for a log line; times in milliseconds. */
export function passRecord(pass: Pass): Fields {
  const bindings = pass.snapshot?.bindings ?? [];
  const count = (kind: Change['kind']): number => pass.written.done.filter((change) => change.kind === kind).length;
  return {
    targetGroup: pass.group.name,
    targetGroupArn: pass.group.arn,
    trigger: pass.trigger,
    tookMs: pass.endedAtMs - pass.startedAtMs,
    hints: pass.hints,
    behind: pass.behind.length,
    targets: countStates(pass.snapshot?.targets ?? []),
    listedTasks: new Set(bindings.flatMap(({ listed }) => [...listed])).size,
    registered: count('register'),
    deregistered: count('deregister'),
    held: cut(pass.held.map(({ change, because }) => ({ ...changeRecord(pass, change), held: because }))),
    heldCount: pass.held.length,
    ...findingRecords(pass.findings, pass.endedAtMs),
    failures: cut(pass.failures.map((failure) => ({ ...failure, explained: explainFailure(failure) }))),
  };
}

/** One record per change made. */
export function changeRecords(pass: Pass): Fields[] {
  return pass.written.done.map((change) => changeRecord(pass, change));
}

/** What a pass would change if it were not a check, and the mode not observe. */
export function plannedRecords(pass: Pass): Fields[] {
  return pass.held
    .filter(({ because }) => because === 'check only' || because === 'observe')
    .map(({ change }) => changeRecord(pass, change));
}

/** Why ELB refused the change, as far as it matters for the next try. */
export function refusalOf({ change, failure }: Refusal): 'draining' | 'quota' | 'refused' {
  if (failure.kind === 'quota') return 'quota';
  return change.draining ? 'draining' : 'refused';
}

/** What ELB refuses now, and what it refused before and is not asked again by this pass: that stands until it is accepted. */
export function findRefusals(refused: readonly Refusal[], held: readonly Held[], before: readonly Finding[]): Finding[] {
  const waiting = new Set<string>(
    held.filter(({ because }) => because === 'refused before' || because === 'check only').map(({ change }) => change.address),
  );
  const isRefusal = ({ kind }: Finding): boolean => kind === 'refused' || kind === 'full' || kind === 'waiting';
  return [...before.filter((finding) => isRefusal(finding) && waiting.has(finding.subject)), ...refused.map(findingOfRefusal)];
}

export function findingOfRefusal(refusal: Refusal): Finding {
  const { change, failure } = refusal;
  const subject = change.address;
  const target = `The target of task ${change.because.task}`;
  switch (refusalOf(refusal)) {
    case 'draining': {
      const message = `${target} is still draining from its earlier use. ELB accepts it when that has ended; it is retried soon.`;
      return { kind: 'waiting', subject, message };
    }
    case 'quota':
      return { kind: 'full', subject, message: `${target} waits: the group is full. ${explainFailure(failure)}` };
    case 'refused':
      return { kind: 'refused', subject, message: `${target} is refused. ${explainFailure(failure)}` };
  }
}

/** One change with its proof: the trail that answers who removed an address, and on what evidence. */
function changeRecord({ group, endedAtMs }: Pass, change: Change): Fields {
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
    proofAgeMs: endedAtMs - because.describedAtMs,
    ...(change.sinceMs === undefined ? {} : { latencyMs: endedAtMs - change.sinceMs }),
    binding: because.binding,
  };
}

/** A finding with its age in seconds, which unlike a time can be read without a calendar. */
export function findingRecord(finding: Finding, nowMs: number): Fields {
  const { sinceMs, ...rest } = finding;
  const ageSeconds = sinceMs === undefined ? undefined : Math.round((nowMs - sinceMs) / 1_000);
  return Object.fromEntries(Object.entries({ ...rest, ageSeconds }).filter(([, value]) => value !== undefined));
}

function countStates(targets: readonly Target[]): Readonly<Record<string, number>> {
  const states = Map.groupBy(targets, (target) => (isDraining(target) ? 'draining' : target.state));
  return Object.fromEntries([...states].sort().map(([state, members]) => [state, members.length]));
}

/** Findings as a record tells them: the first ones in order, and how many there are. */
export function findingRecords(findings: readonly Finding[], nowMs: number): Fields {
  return { findings: cut(sortFindings(findings).map((each) => findingRecord(each, nowMs))), findingCount: findings.length };
}

function cut<Item>(items: readonly Item[]): readonly Item[] {
  return items.slice(0, LISTED_MAX);
}
