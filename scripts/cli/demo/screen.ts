/** What the scenario looks like in a terminal. Every sign is told apart without its colour. */
import { paint } from '../report/screen.ts';
import type { FindingMark } from '../report/timeline.ts';

/** Up to 100 characters, broken between words; a longer word stays whole. */
const LINES = /\S.{0,98}\S(?!\S)|\S+/g;

/** A moment of the scenario. */
export interface Moment {
  readonly time: string;
  readonly tasks: readonly string[];
  readonly targets: readonly string[];
  readonly draining: number;
  readonly events: number;
  readonly calls: number;
}

const COLUMNS = [
  { name: 'time', width: 6 },
  { name: 'tasks', width: 7 },
  { name: 'targets', width: 9 },
  { name: 'events', width: 8 },
  { name: 'calls', width: 7 },
] as const;

const INDENT = ' '.repeat(COLUMNS.reduce((sum, { width }) => sum + width, 0) + 2);

export const HEADING = row(
  COLUMNS.map(({ name }) => name),
  'one sign each: = task in the group, . task not in it, + target without a task',
);

export function momentLine({ time, tasks, targets, draining, events, calls }: Moment): string {
  const [serving, receiving] = [new Set(tasks), new Set(targets)];
  const both = [...serving].filter((address) => receiving.has(address)).length;
  const signs = [
    paint('green', '='.repeat(both)),
    paint('red', '.'.repeat(serving.size - both)),
    paint('yellow', '+'.repeat(receiving.size - both)),
  ];
  const drains = draining === 0 ? '' : paint('gray', ` ${draining} draining`);
  return row([time, serving.size, receiving.size, events, calls].map(String), `${signs.join('')}${drains}`);
}

/** A line of the scenario, or several. */
export function chapterLines(time: string, title: string): string {
  const [first = '', ...more] = title.split('\n').map((line) => paint('cyan', line));
  return [`${row([time, '', '', '', ''], first)}`, ...more.map((line) => `${INDENT}${line}`)].join('\n');
}

/** What was found, the moment it is. */
export function foundLine(kind: string, subject: string): string {
  return `${INDENT}${paint('yellow', 'found')} ${kind}: ${subject.replace(/^arn:.*:(?=task\/)/, '')}`;
}

/** What was found, whole. The command stays in one line, to be copied. */
export function findingLines({ kind, subject, message, command }: FindingMark): string {
  const indented = (message.match(LINES) ?? []).map((line) => `  ${line}`);
  return [`${paint('yellow', kind)} ${subject}`, ...indented, ...(command === undefined ? [] : [`  ${command}`])].join('\n');
}

/** `0:05`, `12:40`: minutes and seconds since the beginning. */
export function clockOf(elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function row(cells: readonly string[], rest: string): string {
  const padded = COLUMNS.map(({ width }, index) => (cells[index] ?? '').padStart(width));
  return `${padded.join('')}  ${rest}`.trimEnd();
}
