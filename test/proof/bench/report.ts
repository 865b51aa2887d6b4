/** The tables and pictures of the bench: who is measured by what, and how the figures are told. */
import { markdownTable } from '../../../scripts/tools/docs/section.ts';
import { type Column, playColumn } from './columns.ts';
import type { Contender } from './contenders.ts';
import { type Curve, type Measured, measurePoint } from './curves.ts';
import { type Loss, playLoss } from './losses.ts';
import { drawPlot } from './plot.ts';
import type { Outcome } from './stand.ts';
import type { Startup } from './startup.ts';

/** Told what has been measured, since it takes a while. */
export type Progress = (told: string) => void;

export interface Cell<Row, Result> {
  readonly row: Row;
  /** In the order of the contenders. */
  readonly results: readonly Result[];
}

const SVG = 'calls';

/** Each row for all contenders before the next. */
async function measured<Row, Result>(
  contenders: readonly Contender[],
  rows: readonly Row[],
  measure: (contender: Contender, row: Row) => Promise<Result>,
  tell: (contender: Contender, row: Row, result: Result) => void,
): Promise<Cell<Row, Result>[]> {
  const cells: Cell<Row, Result>[] = [];
  for (const row of rows) {
    const results: Result[] = [];
    for (const contender of contenders) {
      const result = await measure(contender, row);
      tell(contender, row, result);
      results.push(result);
    }
    cells.push({ row, results });
  }
  return cells;
}

export function measureColumns(
  contenders: readonly Contender[],
  columns: readonly Column[],
  progress: Progress,
): Promise<Cell<Column, Outcome>[]> {
  return measured(contenders, columns, playColumn, ({ name }, { what }, outcome) =>
    progress(`${what} | ${name} | ${callsOf(outcome)}`),
  );
}

export function measureLosses(
  contenders: readonly Contender[],
  losses: readonly Loss[],
  progress: Progress,
): Promise<Cell<Loss, Outcome>[]> {
  return measured(contenders, losses, playLoss, ({ name }, { what }, outcome) =>
    progress(`${what} | ${name} | ${lossOf(outcome)}`),
  );
}

/** A row for each contender, one for who was left out, and the fewest possible. */
export function contenderTable(
  contenders: readonly Contender[],
  cells: readonly Cell<Column, Outcome>[],
  startups: readonly Startup[],
  leftOut: readonly { readonly name: string; readonly why: string }[],
): string {
  const header = ['calls to AWS', ...cells.map(({ row }) => row.short), 'zip, bytes', 'import, ratio', 'memory, ratio'];
  const [ours] = startups;
  const ratio = (figure = Number.NaN, base = Number.NaN): string => (figure / base).toFixed(2);
  const rows = contenders.map(({ name }, index) => {
    const startup = startups[index];
    const counts = cells.map(({ results }) => (results[index] === undefined ? '-' : callsOf(results[index])));
    const started = [ratio(startup?.importMs, ours?.importMs), ratio(startup?.megabytes, ours?.megabytes)];
    return [name, ...counts, startup?.zipBytes.toLocaleString('en-US') ?? '-', ...started];
  });
  const blank = cells.slice(1).map(() => '-');
  const absent = leftOut.map(({ name, why }) => [name, why, ...blank, '-', '-', '-']);
  const fewest = ['fewest that keep the rules', ...cells.map(({ row }) => row.fewest.toLocaleString('en-US')), '-', '-', '-'];
  return markdownTable(header, [...rows, ...absent, fewest]);
}

/** What ours is held to. */
export function oursTable(cells: readonly Cell<Column, Outcome>[]): string {
  const header = ['what happens', 'calls', 'asked', 'fewest possible', 'ratio'];
  return markdownTable(
    header,
    cells.map(({ row: { what, asked, fewest }, results: [ours] }) => {
      const calls = ours?.calls ?? Number.NaN;
      return [what, `${calls}`, `${asked ?? '-'}`, `${fewest}`, fewest === 0 ? '-' : (calls / fewest).toFixed(2)];
    }),
  );
}

export function lossTable(contenders: readonly Contender[], cells: readonly Cell<Loss, Outcome>[]): string {
  const header = ['what goes wrong', ...contenders.map(({ name }) => name)];
  return markdownTable(
    header,
    cells.map(({ row, results }) => [row.what, ...results.map(lossOf)]),
  );
}

/** The figures of a curve, and its picture. */
export async function measureCurve(
  contenders: readonly Contender[],
  curve: Curve,
  progress: Progress,
): Promise<{ readonly file: string; readonly table: string; readonly svg: string }> {
  const cells = await measured(contenders, curve.points, measurePoint, ({ name }, { at }, point) =>
    progress(`${curve.axis}: ${at} | ${name} | ${pointOf(point)}`),
  );
  const lines = contenders.map(({ name }, index) => ({ name, values: cells.map(({ results }) => results[index]?.calls ?? 0) }));
  const svg = drawPlot({ title: curve.title, axis: curve.axis, at: curve.points.map(({ at }) => at), lines });
  const rows = cells.map(({ row, results }) => [row.at.toLocaleString('en-US'), ...results.map(pointOf)]);
  return {
    file: `${SVG}-${curve.name}.svg`,
    table: markdownTable([curve.axis, ...contenders.map(({ name }) => name)], rows),
    svg,
  };
}

function callsOf({ calls, wrong }: Outcome): string {
  const told = calls.toLocaleString('en-US');
  return wrong === 0 ? told : `${told}, ${counted(wrong, 'target')} wrong`;
}

function lossOf({ wrong, liveRemovals, inStepS }: Outcome): string {
  return `${wrong} / ${liveRemovals} / ${Number.isFinite(inStepS) ? inStepS : 'for good'}`;
}

function pointOf({ calls, wrong, failed }: Measured): string {
  const notes = [
    ...(wrong > 0 ? [`${counted(wrong, 'target')} wrong`] : []),
    ...(failed > 0 ? [`${counted(failed, 'run')} failed`] : []),
  ];
  return [calls.toFixed(1), ...notes].join(', ');
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
