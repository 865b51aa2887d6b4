/** The report for people: the table of addresses, the findings with their commands, and one task on one screen. */
import { phaseOf, type Task } from '../../../functions/core/task.ts';
import { taskIdOf } from '../../../functions/core/values.ts';
import { answeredFinding, timeOf } from '../answer.ts';
import { table, terminalWidth } from '../layout.ts';
import { callsText, changesTable, durationText, findingsPart, joined, sentences, timeText, unreadPart } from '../render.ts';
import { shortIds } from '../report/ids.ts';
import type { PlainTable } from '../report/plain-table.ts';
import type { AccountDrift, AnsweredAddress, DriftAnswer } from './read.ts';
import { rowsOf } from './rows.ts';

/** Rows that agree are told by their number beyond this many; those that differ are all told. */
const AGREEING_MAX = 20;
const HEAD = ['address', 'task', 'target', 'instance', 'since', 'differs'] as const;

export function renderDrift(answer: DriftAnswer): string {
  const { headline, addresses, changes, findings, resources, calls, endedAt } = answer;
  const nowMs = Date.parse(endedAt ?? '');
  const differing = addresses.filter(({ differs }) => differs !== '');
  const agreeing = addresses.filter(({ differs }) => differs === '');
  const shown = [...differing, ...agreeing.slice(0, AGREEING_MAX)];
  const more = agreeing.length - AGREEING_MAX;
  const rows = shown.map((each) => rowText(each, nowMs).map(shortIds));
  return joined([
    sentences(headline),
    rows.length === 0 ? '' : table({ head: HEAD, rows }, terminalWidth()),
    more > 0 ? `  and ${more} more that agree` : '',
    changesTable(
      'Held',
      changes.filter(({ outcome }) => outcome === 'held'),
    ),
    unreadPart(resources),
    findingsPart(findings, answer),
    sentences(`${callsText(calls)}${endedAt === null ? '' : ` Read at ${timeText(endedAt)}.`}`),
  ]);
}

/** All addresses, as the page has them: what differs stands where a phone shows it. */
export function addressesTable({ addresses, endedAt }: DriftAnswer): PlainTable {
  const rows = [HEAD, ...addresses.map((each) => rowText(each, Date.parse(endedAt ?? '')))];
  const [head = [], ...others] = rows.map(([address = '', ...cells]) => [address, cells[4] ?? '', ...cells.slice(0, 4)]);
  return { title: 'Addresses', head, rows: others };
}

function rowText(each: AnsweredAddress, nowMs: number): string[] {
  const { address, task, target, instance, since, isSinceKnown, resolvableSeconds, differs } = each;
  const age = since === null ? '' : `${isSinceKnown ? '' : 'seen '}${durationText((nowMs - Date.parse(since)) / 1_000)}`;
  const wrong =
    resolvableSeconds === null ? differs || 'agree' : `${differs}; resolvable for ${durationText(resolvableSeconds)} in all`;
  return [address, task, target, instance, age, wrong];
}

/** One task: what somebody would otherwise look up in three consoles. Undefined if nothing knows the id. */
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
  const isRead = drift.reading.resources.every((each) => each.isRead) && drift.extras.failures.length === 0;
  const agrees = isRead
    ? 'Task, target and instance agree.'
    : sentences('NOT READ: a part of it. In the rest, nothing of this task differs.');
  const told =
    found.length === 0
      ? agrees
      : findingsPart(found.map(answeredFinding), { startedAt: timeOf(drift.beganMs), endedAt: timeOf(drift.nowMs) });
  return joined([table({ rows: facts }, terminalWidth()), told, unreadPart(drift.reading.resources)]);
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
  return startedAtMs === undefined ? 'not yet' : `${durationText((nowMs - startedAtMs) / 1_000)} ago`;
}
