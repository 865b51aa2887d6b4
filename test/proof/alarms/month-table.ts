/** The tables of docs/operations.md about months with incidents: how many minutes were good, and how fast changes were made. */
import { markdownTable } from '../../../scripts/tools/docs/section.ts';
import { percentile } from '../exposure-measure.ts';
import { isGood } from './minutes.ts';
import { INCIDENTS, type Minute, type Month } from './month.ts';

const OUTAGE = INCIDENTS[0].name;

/** Both tables over all months. */
export function monthTables(months: readonly Month[]): string {
  const minutes = months.flatMap((month) => month.minutes);
  const rows: [string, readonly Minute[]][] = [
    ['all', minutes],
    ['all but those in which ECS answers no call', minutes.filter(({ incident }) => incident !== OUTAGE)],
    ['without an incident', minutes.filter(({ incident }) => incident === undefined)],
    ...INCIDENTS.map(({ name }): [string, readonly Minute[]] => [name, minutes.filter(({ incident }) => incident === name)]),
  ];
  const latencies = ['all', 'without an incident', ...INCIDENTS.map(({ name }) => name)].map((name) => [
    name,
    ...(['register', 'deregister'] as const).flatMap((kind) => latencyCells(months, kind, name)),
  ]);
  return [
    markdownTable(
      ['minutes', 'how many', 'with a `DriftAge`', 'of these below 60 s', 'in step within 60 s, by the account'],
      rows.map(([name, some]) => [name, ...minuteCells(some)]),
    ),
    markdownTable(
      [
        'tasks that start or stop',
        'starts',
        'RUNNING to registered, p50 / p99 / max s',
        'stops',
        'ordered to stop to deregistered, p50 / p99 / max s',
      ],
      latencies,
    ),
  ].join('\n\n');
}

/** How many minutes the objective held, and what became of those that have no `DriftAge`: the share alone does not say it. */
export function objectiveText(months: readonly Month[]): string {
  const minutes = months.flatMap((month) => month.minutes);
  const told = minutes.filter(({ driftAge }) => driftAge !== undefined);
  const silent = minutes.filter(({ driftAge }) => driftAge === undefined);
  const good = told.filter(({ driftAge }) => isGood(driftAge)).length;
  const incidents = [...new Set(silent.map(({ incident }) => incident ?? 'no incident'))];
  const shares = [percent(good, told.length), percent(good, minutes.length), percent(inStep(minutes), minutes.length)];
  return (
    `\`DriftAge\` was below 60 s in ${shares[0]} of the ${counted(told)} minutes that have one. ${counted(silent)} of ${counted(minutes)} ` +
    `minutes have none (${incidents.join('; ')}): were they counted as bad, it would be ${shares[1]}. In them, tasks and targets were ` +
    `in step within 60 s for ${percent(inStep(silent), silent.length)} of the minutes by the account's own word, and in all minutes for ${shares[2]}.`
  );
}

function inStep(minutes: readonly Minute[]): number {
  return minutes.filter(({ isBehind }) => !isBehind).length;
}

function counted(minutes: readonly Minute[]): string {
  return minutes.length.toLocaleString('en-US');
}

function minuteCells(minutes: readonly Minute[]): string[] {
  const told = minutes.filter(({ driftAge }) => driftAge !== undefined);
  const good = told.filter(({ driftAge }) => isGood(driftAge));
  return [counted(minutes), counted(told), percent(good.length, told.length), percent(inStep(minutes), minutes.length)];
}

function latencyCells(months: readonly Month[], kind: 'register' | 'deregister', name: string): string[] {
  const made = months
    .flatMap(({ differences }) => differences)
    .filter((each) => each.kind === kind && each.isMadeUpFor)
    .filter(({ incident }) => name === 'all' || incident === (name === 'without an incident' ? undefined : name))
    .map(({ sinceMs, untilMs }) => (untilMs - sinceMs) / 1_000);
  return [made.length.toLocaleString('en-US'), [0.5, 0.99, 1].map((share) => percentile(made, share).toFixed(1)).join(' / ')];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(3)} %`;
}
