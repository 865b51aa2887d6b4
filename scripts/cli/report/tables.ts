/** The rows as HTML, for the file and for the browser. End tags that HTML does without are left out: there are thousands. */
import type { Stamp } from './clock.ts';
import { isOpen, severityOf } from './findings.ts';
import { escapeHtml } from './html.ts';
import { shortIds, shortTask } from './ids.ts';
import { cell } from './plain-table.ts';
import type { Row, TableName } from './rows.ts';

interface TableWords {
  readonly title: string;
  readonly about: string;
  readonly noun: string;
  /** None where each row is a paragraph of its own. */
  readonly columns: readonly string[];
}

export const TABLES: Readonly<Record<TableName, TableWords>> = {
  findings: { title: 'Findings', about: '', noun: 'finding', columns: [] },
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
    columns: ['Time', 'Reading', 'Task', 'File', 'Event', 'Because'],
  },
};

/** As many as a page can show at once without being slow, or hiding what comes below; the browser shows more when asked. */
export const ROWS_AT_FIRST: Readonly<Record<TableName, number>> = { findings: 20, changes: 100, events: 100 };

function toSecond(time: string): string {
  return time.slice(0, -'.000'.length);
}

export function drawRows(rows: readonly Row[], stamp: Stamp): string {
  return rows.map((row) => drawRow(row, stamp)).join('\n');
}

function drawRow(row: Row, stamp: Stamp): string {
  switch (row.table) {
    case 'findings':
      return drawFinding(row, stamp);
    case 'changes': {
      const { kind, atMs, ip, port, targetGroup, taskArn, because } = row.change;
      const cells = [cell(kind), cell(`${ip}:${port}`), cell(targetGroup), taskCell(taskArn), cell(because)];
      return `<tr>${timeCell(row, atMs, stamp)}${cells.join('')}`;
    }
    case 'events': {
      const { reading, atMs, taskArn = '', because, file, id } = row.event;
      return `<tr>${timeCell(row, atMs, stamp)}${[cell(reading), taskCell(taskArn), cell(file), cell(id), cell(because)].join('')}`;
    }
  }
}

/** What has ended is told as well: it may explain something else, and nobody has to act on it. */
function drawFinding({ finding, lane }: Extract<Row, { table: 'findings' }>, stamp: Stamp): string {
  const { kind, subject, message, command, since, until } = finding;
  const name = escapeHtml(shortIds(subject));
  const times = [
    ...(since ? [`since ${toSecond(stamp(Date.parse(since)))}`] : []),
    ...(until ? [`until ${toSecond(stamp(Date.parse(until)))}: over by now`] : []),
  ];
  const parts = [
    `<h3><b class="${severityOf(finding)}">${severityOf(finding)}</b> ${escapeHtml(kind)} ${lane < 0 ? name : `<a href="#l${lane}">${name}</a>`} <span class="soft">${times.join(', ')}</span></h3>`,
    `<p>${escapeHtml(shortIds(message))}`,
    ...(command ? [`<p><code>${escapeHtml(command)}</code> <button type="button" class="copy">Copy</button>`] : []),
  ];
  return `<li${isOpen(finding) ? '' : ' class="over"'}>${parts.join('')}`;
}

/** Leads to the lane; with the script, to the very mark. */
function timeCell({ lane }: Row, atMs: number, stamp: Stamp): string {
  return `<td><a href="#l${lane}">${stamp(atMs)}</a>`;
}

function taskCell(arn: string): string {
  return cell(shortTask(arn), { whole: arn });
}
