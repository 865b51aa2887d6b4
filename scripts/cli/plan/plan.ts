/** What a pass would change in an account now: the same plan as {"check": true}, read with the caller's own credentials. */
import type { ClientOptions } from '../../../functions/adapters/aws.ts';
import {
  type Answer,
  answeredFinding,
  type Change,
  exitCodeOf,
  SCHEMA_VERSION,
  timeOf,
  type Verdict,
  verdictOf,
} from '../answer.ts';
import { DIFFERS, IN_STEP, UNKNOWN } from '../exit.ts';
import { answeredFailures, exitCodeOfFailures } from '../failures.ts';
import { type AccountReading, changesOf, targetsOf } from '../read-account.ts';
import { count, resourcesText, unknownHeadline, unreadRemark } from '../render.ts';

/** Findings that say that an instance in Cloud Map is not what its task is. */
const INSTANCE_DIFFERENCES: ReadonlySet<string> = new Set(['missing', 'stale', 'mismatched', 'draining']);

/** The exit codes of a command that reads an account. */
export const ACCOUNT_EXITS = [
  [253, 'there are no credentials or no region'],
  [254, 'AWS refused or did not answer; nothing or not everything was read'],
] as const;

const MEANS: Readonly<Record<number, string>> = {
  [IN_STEP]: 'everything that was asked about was read, and a pass would change nothing',
  [UNKNOWN]: 'nothing or not everything could be compared',
  [DIFFERS]: 'a pass would change something, or an instance in Cloud Map differs from its task',
  ...Object.fromEntries(ACCOUNT_EXITS),
};

export function planAnswer(reading: AccountReading, options: ClientOptions): Answer {
  const { resources, beganMs, endedMs, calls } = reading;
  const changes = changesOf(reading);
  const targets = targetsOf(reading);
  const findings = reading.findings.map(answeredFinding);
  const instances = findings.filter(({ kind }) => INSTANCE_DIFFERENCES.has(kind)).length;
  const failures = answeredFailures(reading.failures, options);
  const verdict = verdictOf({ differences: changes.length + instances, resources });
  const exitCode = exitCodeOfFailures(failures) ?? exitCodeOf(verdict, UNKNOWN);
  const headline = headlineOf(verdict, { resources, changes, findings, targets, failures }, instances);
  return {
    schemaVersion: SCHEMA_VERSION,
    command: 'plan',
    verdict,
    headline,
    exitCode,
    exitCodeMeans: MEANS[exitCode] ?? '',
    startedAt: timeOf(beganMs),
    endedAt: timeOf(endedMs),
    resources,
    changes,
    targets,
    // A single look does not know since when: the time would be that of the look.
    findings: findings.map((each) => ({ ...each, since: null })),
    failures,
    calls,
  };
}

function headlineOf(
  verdict: Verdict,
  {
    resources,
    changes,
    findings,
    targets,
    failures,
  }: Pick<Answer, 'resources' | 'changes' | 'findings' | 'targets' | 'failures'>,
  instances: number,
): string {
  const registered = targets.filter(({ state }) => state !== 'draining').length;
  const others = findings.length === 0 ? '' : ` ${count(findings.length, 'finding')} below.`;
  switch (verdict) {
    case 'in step':
      return `In step: nothing would be changed in ${resourcesText(resources)} with ${count(registered, 'target')}.${others}`;
    case 'differs':
      return `${differenceText(changes, instances)}.${unreadRemark({ resources, failures })}`;
    case 'unknown':
      return unknownHeadline({ resources, failures }, 'nothing would be changed');
  }
}

function differenceText(changes: readonly Change[], instances: number): string {
  const of = (outcome: Change['outcome']): number => changes.filter((change) => change.outcome === outcome).length;
  const [due, observed, held] = [of('due'), of('observed'), of('held')];
  return [
    due === 0 ? '' : `${count(due, 'change')} would be made`,
    observed === 0 ? '' : `${count(observed, 'change')} would be made if the mode were not observe`,
    held === 0
      ? ''
      : due + observed === 0
        ? `Nothing is due now, but ${count(held, 'change')} would be held`
        : `${held} more would be held`,
    instances === 0 ? '' : `${count(instances, 'instance')} in Cloud Map ${instances === 1 ? 'differs' : 'differ'}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}
