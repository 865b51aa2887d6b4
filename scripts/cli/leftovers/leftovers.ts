/** Targets that nothing explains, or whose owner is not proved: both possible owners of each, and the command that removes it. */
import type { ClientOptions } from '../../../functions/adapters/aws.ts';
import { deregisterCommand } from '../../../functions/core/audit.ts';
import { chunks, WRITE_TARGETS_MAX } from '../../../functions/core/batches.ts';
import type { Finding, FindingKind } from '../../../functions/core/finding.ts';
import { originOf, type RecordEntry } from '../../../functions/core/ownership.ts';
import type { Pass } from '../../../functions/core/report.ts';
import type { Target } from '../../../functions/core/target.ts';
import type { Task } from '../../../functions/core/task.ts';
import type { TargetGroupArn, TaskArn } from '../../../functions/core/values.ts';
import {
  type Answer,
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
import { DIFFERS, IN_STEP, UNKNOWN } from '../exit.ts';
import { answeredFailures, exitCodeOfFailures } from '../failures.ts';
import { ACCOUNT_EXITS } from '../plan/plan.ts';
import { type AccountReading, changesOf, targetsOf } from '../read-account.ts';
import { count, resourcesText, unknownHeadline, unreadRemark } from '../render.ts';
import type { Holder } from './holders.ts';

/** Findings about a target that the function leaves to a person. */
const KINDS: ReadonlySet<FindingKind> = new Set(['foreign', 'foreign-unhealthy', 'leftover', 'unbound', 'unproven']);

export interface Leftover {
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  /** As ELB has it. */
  readonly state: string;
  readonly reason: string | null;
  readonly kind: string;
  /** Why the function leaves it alone. */
  readonly why: string;
  /** The task of ours that it was registered for, as far as ECS or the log says so. */
  readonly ourTask: string | null;
  /** Since when it is left behind, or, of a stranger, since when the log knows it; null where nothing dates it. */
  readonly since: string | null;
  /** Running tasks of anybody that have the address now. */
  readonly holders: readonly Holder[];
  readonly looks: 'in use' | 'left behind' | 'not known';
  readonly command: string;
}

export interface LeftoversAnswer extends Answer {
  readonly leftovers: readonly Leftover[];
  /** For each group, what takes all targets out of it that look left behind. */
  readonly commands: readonly string[];
}

/** What was read to tell leftovers from others' targets. */
export interface LeftoversReading {
  readonly reading: AccountReading;
  readonly looker: Looker;
  readonly holders: ReadonlyMap<string, readonly Holder[]>;
  readonly clusters: readonly Resource[];
  /** What the function's log says of each group; nothing without a log. */
  readonly records: ReadonlyMap<TargetGroupArn, readonly RecordEntry[]>;
}

const MEANS: Readonly<Record<number, string>> = {
  [IN_STEP]: 'everything was read, and a task that the lines mean explains every target',
  [UNKNOWN]: 'nothing or not everything could be read',
  [DIFFERS]: 'there are targets that nobody removes by himself',
  ...Object.fromEntries(ACCOUNT_EXITS),
};

interface Left {
  readonly pass: Pass;
  readonly finding: Finding;
  readonly target: Target;
}

/** The findings about targets that are left to a person. Where reads failed, a target that no task explains is not known for that. */
export function leftIn({ passes }: AccountReading): readonly Left[] {
  return passes
    .filter(({ failures }) => failures.length === 0)
    .flatMap((pass) =>
      pass.findings.flatMap((finding) => {
        const target = pass.snapshot?.targets.find(({ address }) => address === finding.subject);
        return target !== undefined && KINDS.has(finding.kind) ? [{ pass, finding, target }] : [];
      }),
    );
}

export function leftoversAnswer(all: LeftoversReading, options: ClientOptions): LeftoversAnswer {
  const { reading, looker, clusters } = all;
  const failures = answeredFailures([...reading.failures, ...looker.failures], options);
  const resources = [...reading.resources, ...clusters];
  const leftovers = leftIn(reading).map((each) => leftoverOf(each, all));
  const verdict = verdictOf({ differences: leftovers.length, resources });
  const exitCode = exitCodeOfFailures(failures) ?? exitCodeOf(verdict, UNKNOWN);
  return {
    schemaVersion: SCHEMA_VERSION,
    command: 'leftovers',
    verdict,
    headline: headlineOf(verdict, { resources, failures }, leftovers),
    exitCode,
    exitCodeMeans: MEANS[exitCode] ?? '',
    startedAt: timeOf(reading.beganMs),
    endedAt: timeOf(reading.endedMs),
    resources,
    leftovers,
    commands: commandsFor(leftovers),
    changes: changesOf(reading),
    targets: targetsOf(reading),
    // A single look does not know since when: the time would be that of the look.
    findings: reading.findings.map((each) => ({ ...answeredFinding(each), since: null })),
    failures,
    calls: withCalls(reading.calls, looker.calls),
  };
}

function leftoverOf({ pass, finding, target }: Left, { reading, holders, clusters, records }: LeftoversReading): Leftover {
  const { address, descriptor, state, reason } = target;
  const entries = (records.get(pass.group.arn) ?? []).filter((entry) => entry.address === address);
  const held = pass.held.find(({ change }) => change.kind === 'deregister' && change.address === address)?.change;
  const ourTask = held?.because.task ?? originOf(address, entries) ?? null;
  const at = (holders.get(descriptor.id) ?? []).filter(({ taskArn }) => taskArn !== ourTask || finding.kind === 'unbound');
  return {
    targetGroup: pass.group.name,
    ip: descriptor.id,
    port: descriptor.port,
    state,
    reason: reason ?? null,
    kind: finding.kind,
    why: finding.message,
    ourTask,
    since: sinceOf(reading.tasks, ourTask, entries),
    holders: at,
    looks: looksOf(state, at, clusters),
    command: deregisterCommand(pass.group, target),
  };
}

/** When its task of ours stopped; else the first line of the log that calls it left or a stranger's. */
function sinceOf(tasks: readonly Task[], ourTask: TaskArn | null, entries: readonly RecordEntry[]): string | null {
  const stoppedMs = tasks.find(({ arn }) => arn === ourTask)?.stoppedAtMs;
  const told = entries.filter(({ kind }) => kind === 'left' || kind === 'shared').map(({ atMs }) => atMs);
  const sinceMs = stoppedMs ?? (told.length === 0 ? undefined : Math.min(...told));
  return sinceMs === undefined ? null : timeOf(sinceMs);
}

const TARGETS = ' --targets ';

/** One command a group for those that look left behind, after somebody has looked at each. */
function commandsFor(leftovers: readonly Leftover[]): string[] {
  const behind = leftovers.filter(({ looks }) => looks === 'left behind').map(({ command }) => command.split(TARGETS));
  return [...Map.groupBy(behind, ([group]) => group)].flatMap(([group = '', members]) =>
    chunks(members, WRITE_TARGETS_MAX).map((part) => `${group}${TARGETS}${part.map(([, target = '']) => target).join(' ')}`),
  );
}

/** What answers is in use by somebody, whoever it is. What does not may start to: it is left behind only if nobody has the address. */
function looksOf(state: string, holders: readonly Holder[], clusters: readonly Resource[]): Leftover['looks'] {
  if (holders.length > 0 || state === 'healthy') return 'in use';
  return state === 'unhealthy' && clusters.every(({ isRead }) => isRead) ? 'left behind' : 'not known';
}

function headlineOf(verdict: Verdict, read: Pick<Answer, 'resources' | 'failures'>, leftovers: readonly Leftover[]): string {
  const groups = read.resources.filter(({ type }) => type !== 'cluster');
  const of = (looks: Leftover['looks']): number => leftovers.filter((each) => each.looks === looks).length;
  switch (verdict) {
    case 'in step':
      return `No leftovers: a task explains every target of ${resourcesText(groups)}.`;
    case 'differs': {
      const parts = (['left behind', 'in use', 'not known'] as const).flatMap((looks) =>
        of(looks) === 0 ? [] : [looks === 'not known' ? `${of(looks)} not known` : `${of(looks)} ${looks}`],
      );
      return `${count(leftovers.length, 'target')} left to you: ${parts.join(', ')}.${unreadRemark(read)}`;
    }
    case 'unknown':
      return unknownHeadline(read, 'a task explains every target');
  }
}
