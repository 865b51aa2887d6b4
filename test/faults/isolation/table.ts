/** The table of docs/faults.md: what is played, how it is named, and why a cell is empty. */
import { markdownTable } from '../../../scripts/tools/docs/section.ts';
import { LISTS, WAYS } from './cells.ts';

export function isolationTable(): string {
  const notes: string[] = [];
  const rows = Object.entries(LISTS).map(([list, cells]) => [
    list,
    ...WAYS.map((way) => {
      const cell = cells[way];
      if (typeof cell !== 'string') return cell.named === undefined ? 'acknowledged' : 'named';
      if (!notes.includes(cell)) notes.push(cell);
      return `none (${notes.indexOf(cell) + 1})`;
    }),
  ]);
  const reasons = notes.map((note, index) => `${index + 1}. ${note}`);
  return [markdownTable(['list', ...WAYS], rows), '', 'There can be none, because:', '', ...reasons].join('\n');
}
