/** The report for people: the table of addresses, the findings with their commands, and one task on one screen. */
import type { Finding } from '../../../functions/core/finding.ts';
import { phaseOf, type Task } from '../../../functions/core/task.ts';
import { taskIdOf } from '../../../functions/core/values.ts';
import { explainFailures } from '../plan/plan.ts';
import { table } from '../report/table.ts';
import type { AccountDrift } from './read.ts';
import { type Row, rowsOf } from './rows.ts';

/** Rows that agree are told by their number beyond this many; those that differ are all told. */
const AGREEING_MAX = 20;

export function renderDrift(drift: AccountDrift): string {
  const rows = rowsOf(drift);
  const differing = rows.filter(({ differs }) => differs !== '');
  const agreeing = rows.filter(({ differs }) => differs === '');
  const shown = [...differing, ...agreeing.slice(0, AGREEING_MAX)];
  const more = agreeing.length - AGREEING_MAX;
  return [
    differing.length === 0
      ? `In step: ${rows.length} addresses, no differences.`
      : `${differing.length} of ${rows.length} addresses differ`,
    shown.length === 0 ? '' : tableOf(shown),
    more > 0 ? `  and ${more} more that agree` : '',
    ...drift.findings.map((finding) => findingText(finding, drift)),
    ...[...explainFailures(drift.failures), ...drift.extras.failures].map((failure) => `NOT READ  ${failure}`),
    `Nothing was written: ${drift.calls} read calls, 0 write calls.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** One task: what somebody would otherwise look up in three consoles. Undefined where nothing knows the id. */
export function renderTask(drift: AccountDrift, id: string): string | undefined {
  const task = drift.tasks.find(({ arn }) => arn === id || taskIdOf(arn) === id);
  if (task === undefined) return undefined;
  const addresses = [task.ipv4, task.ipv6].filter((ip) => ip !== undefined);
  const rows = rowsOf(drift).filter((row) => addresses.some((ip) => ip === row.address));
  const found = drift.findings.filter(
    ({ task: of, subject, address }) => of === task.arn || subject === task.arn || addresses.some((ip) => ip === address),
  );
  const network = drift.extras.interfaces.get(task.arn);
  const facts = [
    ['task', task.arn],
    ['status', `${task.last}, desired ${task.desired} (${phaseOf(task)}), version ${task.version}`],
    ['group', `${task.group}, ${task.definition}`],
    [
      'interface',
      `${network?.id ?? 'unknown'} (${task.interface}) in ${network?.subnet ?? 'an unknown subnet'}, ${task.zone ?? 'unknown zone'}`,
    ],
    ['addresses', addresses.join(', ') || 'none'],
    ['runs on', network?.containerInstance ?? 'Fargate'],
    ['started', ago(task, drift.nowMs)],
    ['targets', rows.map(({ target }) => target).join(', ') || '-'],
    ['instances', instancesOf(drift, task) || '-'],
  ];
  const told = found.map((finding) => findingText(finding, drift));
  return [table(facts), ...(told.length === 0 ? ['Task, target and instance agree.'] : told)].join('\n\n');
}

/** By id and not by address: another task may have this one's by now. */
function instancesOf({ services }: AccountDrift, task: Task): string {
  return services
    .flatMap(({ service, instances, health }) =>
      instances
        .filter(({ id }) => id === taskIdOf(task.arn))
        .map(
          ({ ipv4, ipv6, id }) =>
            `${service}: ${ipv4 ?? ipv6 ?? 'no address'} ${(health.get(id) ?? 'health unknown').toLowerCase()}`,
        ),
    )
    .join(', ');
}

function ago({ startedAtMs }: Task, nowMs: number): string {
  return startedAtMs === undefined ? 'not yet' : `${duration((nowMs - startedAtMs) / 1_000)} ago`;
}

function tableOf(rows: readonly Row[]): string {
  const head = ['address', 'task', 'target', 'instance', 'since', 'differs'];
  return table([
    head,
    ...rows.map(({ address, task, target, instance, sinceSeconds, isSinceKnown, resolvableSeconds, differs }) => [
      address,
      short(task),
      target,
      short(instance),
      sinceSeconds === undefined ? '' : `${isSinceKnown ? '' : 'seen '}${duration(sinceSeconds)}`,
      resolvableSeconds === undefined ? differs || 'agree' : `${differs}; resolvable for ${duration(resolvableSeconds)} in all`,
    ]),
  ]);
}

/** Ids of 32 digits by their last eight: they stand in full with the findings. */
function short(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{24}([0-9a-f]{8})\b/g, '..$1');
}

function findingText({ kind, subject, message, command, sinceMs }: Finding, { beganMs, nowMs }: AccountDrift): string {
  // Who has only just begun to look cannot say how old a difference is that nothing dates.
  const age = sinceMs === undefined ? '' : `  ${sinceMs < beganMs ? 'for' : 'seen for'} ${duration((nowMs - sinceMs) / 1_000)}`;
  return [`${kind}  ${subject}${age}`, `    ${message}`, ...(command === undefined ? [] : [`    ${command}`])].join('\n');
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
