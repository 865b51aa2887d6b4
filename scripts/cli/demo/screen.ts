/** What the scenario looks like in a terminal. Every sign is told apart without its colour. */
import { stripVTControlCharacters } from 'node:util';
import { terminalWidth, wrap } from '../layout.ts';
import { shortIds } from '../report/ids.ts';
import { paint } from '../report/screen.ts';

/** A moment of the scenario. */
export interface Moment {
  readonly time: string;
  readonly tasks: readonly string[];
  readonly targets: readonly string[];
  readonly draining: number;
  readonly calls: number;
}

const COLUMNS = [
  { name: 'time', width: 6 },
  { name: 'tasks', width: 7 },
  { name: 'targets', width: 9 },
  { name: 'draining', width: 10 },
  { name: 'calls', width: 7 },
] as const;

const SIGNS_AT = COLUMNS.reduce((sum, { width }) => sum + width, 0) + 1;
/** Text stands behind the time. */
const INDENT = ' '.repeat(COLUMNS[0].width + 2);
/** What is piped has no width of its own: as many columns as fit anywhere. */
const WIDTH_PIPED = 80;

export function screenWidth(): number {
  const columns = terminalWidth();
  return Number.isFinite(columns) ? columns : WIDTH_PIPED;
}

export const LEGEND = 'One sign each: = task in the group, . task not in it, + target without a task';
export const HEADING = row(
  COLUMNS.map(({ name }) => name),
  '',
);

export function momentLine({ time, tasks, targets, draining, calls }: Moment, width: number): string {
  const [serving, receiving] = [new Set(tasks), new Set(targets)];
  const both = [...serving].filter((address) => receiving.has(address)).length;
  const counts = [
    ['green', '=', both],
    ['red', '.', serving.size - both],
    ['yellow', '+', receiving.size - both],
  ] as const;
  const isTooLong = SIGNS_AT + counts.reduce((sum, [, , count]) => sum + count, 0) > width;
  const signs = counts
    .filter(([, , count]) => count > 0)
    .map(([style, sign, count]) => paint(style, isTooLong ? `${sign}×${count}` : sign.repeat(count)));
  return row([time, serving.size, receiving.size, draining, calls].map(String), signs.join(isTooLong ? ' ' : ''));
}

/** A line of the scenario, or several. */
export function chapterLines(time: string, title: string, width: number): string {
  const [first = '', ...more] = wrap(title, width - INDENT.length).map((line) => paint('cyan', line));
  return [`${time.padStart(COLUMNS[0].width)}  ${first}`, ...more.map((line) => `${INDENT}${line}`)].join('\n');
}

/** What was found, the moment it is. */
export function foundLine(kind: string, subject: string, width: number): string {
  return oneLine(`${INDENT}${paint('yellow', 'found')} ${kind}: ${shortIds(subject)}`, width);
}

/** `0:05`, `12:40`: minutes and seconds since the beginning. */
export function clockOf(elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The text in one line, which ends with … where it would be longer. */
export function oneLine(text: string, width: number): string {
  const over = stripVTControlCharacters(text).length - width;
  return over <= 0 ? text : `${text.slice(0, -over - 1).trimEnd()}…`;
}

function row(cells: readonly string[], rest: string): string {
  const padded = COLUMNS.map(({ width }, index) => (cells[index] ?? '').padStart(width));
  return `${padded.join('')} ${rest}`.trimEnd();
}
