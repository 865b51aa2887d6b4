/** How a deployed stack is: one verdict, the trouble in the order in which somebody would deal with it, and what to do next. */
import type { ClientOptions } from '../../../functions/adapters/aws.ts';
import { TAG } from '../../../functions/core/binding-sources.ts';
import { type Severity, severityOf } from '../../../functions/core/finding.ts';
import { isFinalHold } from '../../../functions/core/guard.ts';
import type { Pass } from '../../../functions/core/report.ts';
import {
  type Answer,
  type AnsweredFinding,
  answeredFinding,
  exitCodeOf,
  type Resource,
  SCHEMA_VERSION,
  timeOf,
  type Verdict,
  verdictOf,
  withCalls,
} from '../answer.ts';
import type { Looker } from '../drift/looker.ts';
import { typed } from '../errors.ts';
import { DIFFERS, IN_STEP, UNKNOWN } from '../exit.ts';
import { answeredFailures, exitCodeOfFailures } from '../failures.ts';
import { GLUE } from '../layout.ts';
import { ACCOUNT_EXITS } from '../plan/plan.ts';
import { type AccountReading, changesOf, targetsOf } from '../read-account.ts';
import { count, durationText, resourcesText, unknownHeadline, unreadRemark } from '../render.ts';
import type { Named } from '../settings.ts';
import { type LastRun, RUNS_WINDOW_MS } from './read.ts';

/** As the alarms of template.yaml have it: the heartbeat after three minutes without a run, drift age from 90 seconds on. */
const RUN_LATE_MS = 180_000;
const UNDER_WAY_MS = 90_000;

/** `under way`: it differs, and for less time than the function may take. `told not to`: what differs is left so on purpose. */
type GroupState = 'agrees' | 'under way' | 'told not to' | 'out of step' | 'not read';

export interface StatusGroup {
  readonly name: string;
  readonly state: GroupState;
  /** Since when it differs; null where it does not, or where nothing dates it. */
  readonly since: string | null;
  /** Changes that a pass would make, and changes that nobody makes. */
  readonly waiting: number;
  readonly left: number;
  /** Reasons for changes that wait or are left. */
  readonly why: readonly string[];
  readonly outages: number;
  readonly mistakes: number;
}

interface StatusFinding extends AnsweredFinding {
  readonly severity: Severity;
}

export interface StatusAnswer extends Answer {
  readonly stack: string;
  /** Null if it could not be read. */
  readonly isPaused: boolean | null;
  readonly lastRun: LastRun | null;
  readonly groups: readonly StatusGroup[];
  /** Of the product, by the stack's output; null where the settings do not have it. */
  readonly version: string | null;
  /** Hints that wait in the queue. Null, here and below, if nobody asked or it could not be read. */
  readonly hints: number | null;
  readonly deadLetters: number | null;
  readonly alarms: readonly string[] | null;
  /** What to type next, and what to read; null where nothing is wrong. */
  readonly next: string | null;
  readonly runbook: string | null;
  readonly findings: readonly StatusFinding[];
}

/** Everything that was read of a stack. */
export interface StackReading {
  readonly named: Named;
  readonly reading: AccountReading;
  readonly looker: Looker;
  /** Null: the log has none. Undefined: the log could not be read. */
  readonly lastRun: LastRun | null | undefined;
  /** Undefined: nobody asked, or it could not be read. */
  readonly hints: number | undefined;
  readonly deadLetters: number | undefined;
  readonly alarms: readonly string[] | undefined;
}

const MEANS: Readonly<Record<number, string>> = {
  [IN_STEP]: 'the function runs, every group is in step or about to be, and nobody has to do anything',
  [UNKNOWN]: 'nothing or not everything could be compared',
  [DIFFERS]: 'somebody should look: the headline says why',
  ...Object.fromEntries(ACCOUNT_EXITS),
};

export function statusAnswer(stack: StackReading, options: ClientOptions): StatusAnswer {
  const { named, reading, looker, lastRun, hints, deadLetters, alarms } = stack;
  const failures = answeredFailures([...reading.failures, ...looker.failures], options);
  const isPauseRead =
    named.logGroup !== undefined && !reading.failures.some(({ operation }) => operation === 'ListLogGroupTags');
  const resources = [...reading.resources, ...stackResources(stack, isPauseRead)];
  const groups = groupsOf(stack);
  const troubles = troublesOf(stack, groups);
  const [first] = troubles;
  const verdict = verdictOf({ differences: troubles.length, resources });
  const exitCode = exitCodeOfFailures(failures) ?? exitCodeOf(verdict, UNKNOWN);
  return {
    schemaVersion: SCHEMA_VERSION,
    command: 'status',
    verdict,
    // In a document, a space is a space.
    headline: headlineOf(verdict, { resources, failures }, troubles, { groups, lastRun, nowMs: reading.endedMs }).replaceAll(
      GLUE,
      ' ',
    ),
    exitCode,
    exitCodeMeans: MEANS[exitCode] ?? '',
    startedAt: timeOf(reading.beganMs),
    endedAt: timeOf(reading.endedMs),
    stack: named.stack ?? 'unknown',
    isPaused: isPauseRead ? reading.isPaused : null,
    lastRun: lastRun ?? null,
    groups,
    version: named.outputs['Version'] ?? null,
    hints: hints ?? null,
    deadLetters: deadLetters ?? null,
    alarms: alarms ?? null,
    next: first?.next ?? null,
    runbook: first === undefined ? null : `docs/operations.md#${first.runbook}`,
    resources,
    changes: changesOf(reading),
    targets: targetsOf(reading),
    // A single look does not know since when: the time would be that of the look.
    findings: reading.findings.map((each) => ({ ...answeredFinding(each), since: null, severity: severityOf(each) })),
    failures,
    calls: withCalls(reading.calls, looker.calls),
  };
}

/** What was asked of the stack itself. Alarms and dead letters are asked about only where the command knows of them. */
function stackResources({ named, lastRun, hints, deadLetters }: StackReading, isPauseRead: boolean): Resource[] {
  const isNamed = named.logGroup !== undefined;
  const parts = [
    { name: LOG, isAsked: true, isRead: lastRun !== undefined, isNamed },
    { name: PAUSE, isAsked: true, isRead: isPauseRead, isNamed },
    { name: HINT_QUEUE, isAsked: named.outputs[HINTS] !== undefined, isRead: hints !== undefined, isNamed: true },
    { name: QUEUE, isAsked: named.outputs[DEAD_LETTERS] !== undefined, isRead: deadLetters !== undefined, isNamed: true },
  ];
  return parts
    .filter(({ isAsked }) => isAsked)
    .map(({ name, isRead, isNamed: isKnown }) => {
      const why = isKnown ? 'it could not be read' : 'the settings do not name the log group';
      return { type: 'stack', name, isRead, why: isRead ? null : why };
    });
}

export const LOG = "the function's log";
const PAUSE = 'whether it is paused';
export const QUEUE = 'the dead-letter queue';
export const HINT_QUEUE = 'the queue of hints';
/** The stack's outputs with the URLs of its queues. */
export const DEAD_LETTERS = 'DeadLetterQueueUrl';
export const HINTS = 'QueueUrl';

function groupsOf({ reading, lastRun }: StackReading): StatusGroup[] {
  const { resources, passes, endedMs } = reading;
  return resources
    .filter(({ type }) => type === 'target group')
    .map(({ name, isRead }) => {
      const own = passes.filter(({ group }) => group.name === name);
      const held = own.flatMap((pass) => pass.held);
      const left = held.filter(isFinalHold);
      const waiting = held.filter((each) => !isFinalHold(each));
      const ageMs = ageOf(waiting, lastRun ?? undefined, endedMs);
      return {
        name,
        state: stateOf({ isRead, waiting: waiting.length, left: left.length, ageMs }),
        since: waiting.length === 0 || ageMs === undefined ? null : timeOf(endedMs - ageMs),
        waiting: waiting.length,
        left: left.length,
        why: [...new Set(held.map(({ because }) => because))].filter((because) => because !== 'check only').sort(),
        outages: countOf(own, 'outage'),
        mistakes: countOf(own, 'mistake'),
      };
    });
}

/**
 * The age of the oldest change that waits. A task that has run for hours says nothing of a group that was bound a moment ago, but the
 * function does: what it saw in step a minute ago has not differed for longer.
 */
function ageOf(waiting: Pass['held'], run: LastRun | undefined, nowMs: number): number | undefined {
  const ages = waiting.flatMap(({ change: { sinceMs } }) => (sinceMs === undefined ? [] : [nowMs - sinceMs]));
  const bound = run === undefined ? [] : [nowMs - Date.parse(run.at) + 1_000 * run.driftAgeSeconds];
  const oldest = ages.length === 0 ? bound : [Math.min(Math.max(...ages), ...bound)];
  return oldest.map((each) => Math.max(0, each))[0];
}

function stateOf({
  isRead,
  waiting,
  left,
  ageMs,
}: {
  readonly isRead: boolean;
  readonly waiting: number;
  readonly left: number;
  readonly ageMs: number | undefined;
}): GroupState {
  if (!isRead) return 'not read';
  if (waiting > 0) return ageMs !== undefined && ageMs < UNDER_WAY_MS ? 'under way' : 'out of step';
  return left > 0 ? 'told not to' : 'agrees';
}

function countOf(passes: readonly Pass[], severity: Severity): number {
  return passes.flatMap(({ findings }) => findings).filter((each) => severityOf(each) === severity).length;
}

interface Trouble {
  readonly text: string;
  readonly next: string | null;
  /** Section of docs/operations.md. */
  readonly runbook: string;
}

/** What is wrong, in the order in which somebody would deal with it: what keeps the function from its work explains the rest. */
function troublesOf({ named, reading, lastRun, deadLetters, alarms }: StackReading, groups: readonly StatusGroup[]): Trouble[] {
  const nowMs = reading.endedMs;
  const { outputs } = named;
  const check = outputs['CheckCommand'] ?? typed('plan', '--settings FILE');
  const agoMs = lastRun ? nowMs - Date.parse(lastRun.at) : RUNS_WINDOW_MS;
  const isLate = lastRun !== undefined && agoMs >= RUN_LATE_MS;
  // What a run said that was followed by no other is not how things are now.
  const run = isLate ? undefined : lastRun;
  const found = (severity: Severity): number => reading.findings.filter((each) => severityOf(each) === severity).length;
  const outages = Math.max(found('outage'), run?.outages ?? 0);
  const mistakes = Math.max(found('mistake'), run?.mistakes ?? 0);
  const out = groups.filter(({ state }) => state === 'out of step');
  const isBehind = (run?.driftAgeSeconds ?? 0) * 1_000 >= UNDER_WAY_MS;
  const since = Math.min(...out.flatMap((group) => (group.since === null ? [] : [Date.parse(group.since)])));
  const age = Number.isFinite(since) ? ` for ${durationText((nowMs - since) / 1_000)}` : '';
  const all: readonly (Trouble | false)[] = [
    isLate && {
      text: `NOT RUNNING: ${lastRun ? `the last scheduled pass was ${durationText(agoMs / 1_000)} ago` : `no scheduled pass for ${durationText(agoMs / 1_000)}`}. Tasks that start get no traffic; targets stay as they are`,
      next: named.logGroup === undefined ? null : `aws logs tail ${named.logGroup} --since 30m --format short`,
      runbook: 'heartbeat',
    },
    reading.isPaused && {
      text: 'PAUSED: nothing is registered or deregistered until somebody resumes',
      next: outputs['ResumeCommand'] ?? resumeCommand(named),
      runbook: 'pause-and-resume',
    },
    outages > 0 && {
      text: `OUTAGE: ${count(outages, 'finding')} of that severity`,
      next: commandFor(reading, 'outage') ?? check,
      runbook: 'outages',
    },
    out.length > 0 && {
      text: `OUT OF STEP: ${out.length} of ${count(groups.length, 'target group')}${age}`,
      next: check,
      runbook: 'drift-age',
    },
    isBehind &&
      out.length === 0 && {
        text: `BEHIND: the function saw a difference of ${durationText(run?.driftAgeSeconds ?? 0)} at its last pass`,
        next: check,
        runbook: 'drift-age',
      },
    (run?.errors ?? 0) > 0 && {
      text: `CALLS FAIL: ${count(run?.errors ?? 0, 'error')} in the last scheduled pass`,
      next: check,
      runbook: 'pass-errors',
    },
    mistakes > 0 && {
      text: `TO MEND: ${count(mistakes, 'mistake')}`,
      next: commandFor(reading, 'mistake') ?? check,
      runbook: 'mistakes',
    },
    (alarms ?? []).length > 0 && {
      text: `ALARM: ${(alarms ?? []).join(', ')}`,
      next: check,
      runbook: 'when-an-alarm-rings',
    },
    (deadLetters ?? 0) > 0 && {
      text: `DEAD LETTERS: ${deadLetters}; scheduled passes that succeed make up for them`,
      next: outputs['RedriveCommand'] ?? null,
      runbook: 'dead-letters',
    },
  ];
  return all.filter((each) => each !== false);
}

/** Findings that `leftovers` knows more about than their message: whoever follows one should see all of them first. */
const LEFTOVERS: ReadonlySet<string> = new Set(['leftover', 'unproven', 'foreign-unhealthy', 'unbound']);

function commandFor({ findings }: AccountReading, severity: Severity): string | undefined {
  const ofSeverity = findings.filter((each) => severityOf(each) === severity);
  // A line that cannot be used is why others stand: its targets look like nobody's until it is corrected.
  const first = ofSeverity.find(({ kind }) => kind === 'wrong-line' || kind === 'unusable') ?? ofSeverity[0];
  if (first === undefined) return undefined;
  return LEFTOVERS.has(first.kind) ? typed('leftovers', '--settings FILE') : first.command;
}

function resumeCommand({ home, logGroup }: Named): string | null {
  if (home === undefined || logGroup === undefined) return null;
  const arn = `arn:${home.partition}:logs:${home.region}:${home.account}:log-group:${logGroup}`;
  return `aws logs untag-resource --region ${home.region} --tag-keys ${TAG} --resource-arn ${arn}`;
}

function headlineOf(
  verdict: Verdict,
  read: Pick<Answer, 'resources' | 'failures'>,
  [first, ...others]: readonly Trouble[],
  { groups, lastRun, nowMs }: Pick<StatusAnswer, 'groups'> & Pick<StackReading, 'lastRun'> & { readonly nowMs: number },
): string {
  if (verdict === 'unknown' || first === undefined) {
    if (verdict === 'unknown') return unknownHeadline(read, 'nothing is wrong');
    const ago = lastRun ? durationText(agoSeconds(lastRun.at, nowMs)) : '';
    const compared = read.resources.filter(({ type }) => type !== 'stack');
    return `In step: ${resourcesText(compared)}; the last scheduled pass was ${ago} ago.${remarks(groups)}`;
  }
  const also = others.length === 0 ? '' : ` Also: ${others.map(({ text }) => text).join('; ')}.`;
  return `${first.text}.${also}${unreadRemark(read)}`;
}

/** The clocks of AWS and of the machine may differ by a moment. */
export function agoSeconds(at: string, nowMs: number): number {
  return Math.max(0, nowMs - Date.parse(at)) / 1_000;
}

/** What is no trouble, and no silence either. */
function remarks(groups: readonly StatusGroup[]): string {
  const sum = (key: 'waiting' | 'left'): number => groups.reduce((total, group) => total + group[key], 0);
  const [waiting, left] = [sum('waiting'), sum('left')];
  return [
    waiting === 0 ? '' : ` ${count(waiting, 'change')} under way.`,
    left === 0 ? '' : ` ${count(left, 'change')} left on purpose.`,
  ].join('');
}
