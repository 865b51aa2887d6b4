/** Tasks, targets and instances of an account, with what only a person's report looks at. */
import type { ClientOptions } from '../../../functions/adapters/aws.ts';
import type { Finding } from '../../../functions/core/finding.ts';
import { cloudMapServiceIdOf } from '../../../functions/core/values.ts';
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
import { DIFFERS, IN_STEP, UNKNOWN } from '../exit.ts';
import { answeredFailures, exitCodeOfFailures } from '../failures.ts';
import { ACCOUNT_EXITS } from '../plan/plan.ts';
import { type AccountReading, changesOf, type OpenAccount, targetsOf } from '../read-account.ts';
import { count, resourcesText, unknownHeadline, unreadRemark } from '../render.ts';
import { type Extras, readExtras } from './extras.ts';
import {
  findDenseInstances,
  findFullGroups,
  findFullServices,
  findSlowChecks,
  findUnchecked,
  findUnusedTargets,
} from './limits.ts';
import { type Row, rowsOf, type Sides } from './rows.ts';

export interface AccountDrift extends Sides {
  readonly reading: AccountReading;
  readonly extras: Extras;
}

/** One address as `--json` has it. */
export interface AnsweredAddress {
  readonly address: string;
  readonly task: string;
  readonly target: string;
  readonly instance: string;
  /** Empty where the three agree. */
  readonly differs: string;
  readonly since: string | null;
  /** False if the difference may be older: nobody had looked before. */
  readonly isSinceKnown: boolean;
  readonly resolvableSeconds: number | null;
}

export interface DriftAnswer extends Answer {
  readonly addresses: readonly AnsweredAddress[];
}

/** Reads the account and everything beside it. `beganMs` is when the looking began: a difference seen first since then may be older. */
export async function readDrift(account: OpenAccount, options: ClientOptions, beganMs?: number): Promise<AccountDrift> {
  const reading = await account.read();
  const { passes, services, tasks } = reading;
  const extras = await readExtras(options, { groups: passes.map(({ group }) => group), services, tasks });
  return assemble(reading, extras, beganMs ?? reading.beganMs);
}

function assemble(reading: AccountReading, extras: Extras, beganMs: number): AccountDrift {
  const { passes, services, tasks } = reading;
  const zones = new Map(
    tasks.flatMap(({ ipv4, ipv6, zone }) => [ipv4, ipv6].flatMap((ip) => (ip && zone ? [[ip, zone] as const] : []))),
  );
  const groups = passes.map(({ group, snapshot }) => ({ group: group.name, targets: snapshot?.targets ?? [] }));
  const settings = extras.groups.map((group) => {
    const targets = groups.find((each) => each.group === group.name)?.targets ?? [];
    return { ...group, targets, zones };
  });
  return {
    reading,
    extras,
    beganMs,
    nowMs: reading.endedMs,
    tasks,
    groups,
    services: services.map(({ service }) => ({
      service: extras.services.find((each) => each.service === service)?.name ?? cloudMapServiceIdOf(service),
      instances: reading.instances.get(service) ?? [],
      health: extras.health.get(service) ?? new Map(),
      ttlSeconds: extras.services.find((each) => each.service === service)?.ttlSeconds,
    })),
    findings: findingsOf(reading.findings, extras, settings),
    planned: changesOf(reading)
      .filter(({ outcome }) => outcome !== 'held')
      .map(({ ip, kind }) => ({ ip, what: kind === 'register' ? 'no target' : 'target to remove' })),
  };
}

function findingsOf(
  read: readonly Finding[],
  extras: Extras,
  settings: Parameters<typeof findFullGroups>[0],
): readonly Finding[] {
  const unused = settings.flatMap(findUnusedTargets);
  const explained = new Set(unused.map(({ subject }) => subject));
  return [
    ...read.filter(({ kind, subject }) => kind !== 'unused' || !explained.has(subject)),
    ...unused,
    ...findUnchecked(extras.services),
    ...findDenseInstances(extras.containerInstances),
    ...findFullGroups(settings),
    ...findFullServices(extras.services),
    ...settings.flatMap((group) => findSlowChecks(group, extras.stopTimeouts)),
    ...extras.drainFindings,
  ];
}

const MEANS: Readonly<Record<number, string>> = {
  [IN_STEP]: 'everything that was asked about was read, it agrees, and nothing was found',
  [UNKNOWN]: 'nothing or not everything could be compared',
  [DIFFERS]: 'an address differs, or something else was found',
  ...Object.fromEntries(ACCOUNT_EXITS),
};

export function driftAnswer(drift: AccountDrift, options: ClientOptions): DriftAnswer {
  const { reading, extras, nowMs, beganMs } = drift;
  const addresses = rowsOf(drift).map((row) => answeredAddress(row, nowMs));
  const findings = drift.findings.map(answeredFinding);
  const failures = answeredFailures([...reading.failures, ...extras.failures], options);
  const unlooked = [...new Set(extras.failures.map(({ resource }) => resource))];
  const resources = [
    ...reading.resources,
    ...unlooked.map((name): Resource => ({ type: 'settings', name, isRead: false, why: 'it could not be read' })),
  ];
  const changes = changesOf(reading);
  const differing = addresses.filter(({ differs }) => differs !== '').length;
  const verdict = verdictOf({ differences: differing + changes.length, resources });
  const agreed = exitCodeOf(verdict, UNKNOWN);
  const exitCode = exitCodeOfFailures(failures) ?? (agreed === IN_STEP && findings.length > 0 ? DIFFERS : agreed);
  return {
    schemaVersion: SCHEMA_VERSION,
    command: 'drift',
    verdict,
    headline: headlineOf(
      verdict,
      { resources, failures },
      {
        differing,
        of: addresses.length,
        held: changes.length,
        findings: findings.length,
      },
    ),
    exitCode,
    exitCodeMeans: MEANS[exitCode] ?? '',
    startedAt: timeOf(beganMs),
    endedAt: timeOf(nowMs),
    resources,
    addresses,
    changes,
    targets: targetsOf(reading),
    findings,
    failures,
    calls: withCalls(reading.calls, extras.calls),
  };
}

function headlineOf(
  verdict: Verdict,
  { resources, failures }: Pick<Answer, 'resources' | 'failures'>,
  {
    differing,
    of,
    held,
    findings,
  }: { readonly differing: number; readonly of: number; readonly held: number; readonly findings: number },
): string {
  const unread = unreadRemark({ resources, failures });
  switch (verdict) {
    case 'in step': {
      const found = findings === 0 ? 'no differences.' : `no differences; ${count(findings, 'finding')} below.`;
      return `In step: ${of} addresses in ${resourcesText(resources)}, ${found}`;
    }
    case 'differs':
      return differing === 0
        ? `No address differs, but ${count(held, 'change')} would be held.${unread}`
        : `${differing} of ${of} addresses differ.${unread}`;
    case 'unknown':
      return unknownHeadline({ resources, failures }, 'nothing differs');
  }
}

function answeredAddress(row: Row, nowMs: number): AnsweredAddress {
  const { address, task, target, instance, differs, sinceSeconds, isSinceKnown, resolvableSeconds } = row;
  const since = sinceSeconds === undefined ? null : timeOf(nowMs - sinceSeconds * 1_000);
  return { address, task, target, instance, differs, since, isSinceKnown, resolvableSeconds: resolvableSeconds ?? null };
}
