/** The rows as HTML, for the file and for the browser. End tags that HTML does without are left out: there are thousands. */
import type { Stamp } from './clock.ts';
import { escapeHtml } from './html.ts';
import type { Row, TableName } from './rows.ts';

interface TableWords {
  readonly title: string;
  readonly about: string;
  readonly noun: string;
  readonly columns: readonly string[];
}

export const TABLES: Readonly<Record<TableName, TableWords>> = {
  findings: {
    title: 'Findings',
    about: 'What a person should know and the product does not change by itself.',
    noun: 'finding',
    columns: ['Kind', 'Subject', 'What it means', 'Command'],
  },
  changes: {
    title: 'Changes',
    about: 'What was written to the target groups, and why.',
    noun: 'change',
    columns: ['Time', 'Change', 'Address', 'Target group', 'Task', 'Because'],
  },
  events: {
    title: 'Events',
    about: 'What came in and how it was read, and what was lost on its way.',
    noun: 'event',
    columns: ['Time', 'Reading', 'Task', 'Because', 'File', 'Event'],
  },
};

/** As many as a page can show at once without being slow; the browser shows more when asked. */
export const ROWS_AT_FIRST = 100;

export function drawRows(rows: readonly Row[], stamp: Stamp): string {
  return rows.map((row) => `<tr>${cellsOf(row, stamp).join('')}`).join('\n');
}

function cellsOf(row: Row, stamp: Stamp): string[] {
  switch (row.table) {
    case 'findings': {
      const { kind, subject, message, command } = row.finding;
      return [cell(kind), cell(subject), cell(message), `<td>${command === undefined ? '' : commandOf(command)}`];
    }
    case 'changes': {
      const { kind, atMs, ip, port, targetGroup, taskArn, because } = row.change;
      const address = `${ip}:${port}`;
      return [timeCell(row, atMs, stamp), cell(kind), cell(address), cell(targetGroup), taskCell(taskArn), cell(because)];
    }
    case 'events': {
      const { reading, atMs, taskArn = '', because, file, id } = row.event;
      return [timeCell(row, atMs, stamp), cell(reading), taskCell(taskArn), cell(because), cell(file), cell(id)];
    }
  }
}

function cell(text: string): string {
  return `<td>${escapeHtml(text)}`;
}

/** Leads to the lane; with the script, to the very mark. */
function timeCell({ lane }: Row, atMs: number, stamp: Stamp): string {
  return `<td><a href="#l${lane}">${stamp(atMs)}</a>`;
}

/** `prod/0123…`: the rest of the ARN is the same in every row, and stands in the tooltip of the lane. */
function taskCell(arn: string): string {
  return cell(arn.slice(arn.lastIndexOf(':task/') + 1).replace(/^task\//, ''));
}

function commandOf(command: string): string {
  return `<code>${escapeHtml(command)}</code> <button type="button" class="copy">Copy</button>`;
}
