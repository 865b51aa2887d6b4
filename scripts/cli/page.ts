/** An answer as one file of HTML, for a mail or a ticket: it needs no network, no font and no script. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Answer, AnsweredFailure, AnsweredFinding, Change } from './answer.ts';
import { unreadOf } from './answer.ts';
import { errors, reasonOf } from './errors.ts';
import { addressText, callsText, resourcesText, shortIds, timeText } from './render.ts';
import { escapeHtml } from './report/html.ts';
import { THEME } from './report/theme.ts';

const STYLE = `${THEME}
* { box-sizing: border-box; }
html { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, 'Segoe UI', Roboto, sans-serif; }
body { margin: 0 auto; padding: 20px 16px 48px; max-width: 76rem; }
h1 { margin: 0 0 4px; font-size: 1.3rem; line-height: 1.3; padding-left: 12px; border-left: 6px solid var(--registered); overflow-wrap: anywhere; }
h1.differs { border-color: var(--draining); } h1.unknown { border-color: var(--alarm); }
h2 { margin: 0 0 6px; font-size: 1.05rem; } p { margin: 4px 0; } .soft { color: var(--soft); }
section { margin-top: 16px; padding: 12px 16px; background: var(--surface); border: 1px solid var(--rule); border-radius: 10px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 18px 3px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
td { min-width: 8rem; } th { font-weight: 600; color: var(--soft); white-space: nowrap; }
code { display: block; margin-top: 4px; padding: 6px 8px; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--page); border-radius: 6px;
  font: .88rem ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace; }
article { min-width: 0; overflow-wrap: anywhere; }
article + article { margin-top: 12px; padding-top: 12px; border-top: 1px solid var(--rule); }`;

/** What one command shows besides what all answers have. */
export interface PageTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Writes the page that --html asks for, and returns the line that says where it is. */
export function writePage(file: string, html: string): string {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, html);
  } catch (error) {
    throw errors.unwritableFile('--html', file, reasonOf(error));
  }
  return `Page: ${file}`;
}

export function renderAnswerPage(answer: Answer, tables: readonly PageTable[] = []): string {
  const { command, verdict, headline, resources, changes, findings, failures, calls, exitCode, exitCodeMeans } = answer;
  const unread = unreadOf(resources).map(({ type, name, why }) => [type, name, why ?? '']);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hashOf(STYLE)}; img-src data:; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<link rel="icon" href="data:,"><title>${escapeHtml(`${command}: ${verdict}`)} · alb-target-sync</title><style>${STYLE}</style></head>`,
    `<body><header><h1 class="${verdict.replace(' ', '-')}">${escapeHtml(headline)}</h1>`,
    `<p class="soft">${escapeHtml(`${command}, ${timesText(answer)}; ${resourcesText(resources)}. Exit code ${exitCode}: ${exitCodeMeans}.`)}</p></header><main>`,
    drawTable({ title: 'Not compared', head: ['what', 'name', 'why'], rows: unread }),
    drawFailures(failures),
    ...tables.map(drawTable),
    drawTable({
      title: 'Changes',
      head: ['outcome', 'change', 'address', 'group', 'because', 'task'],
      rows: changes.map(changeRow),
    }),
    drawFindings(findings),
    `</main><p class="soft">${escapeHtml(callsText(calls))}</p></body></html>`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function timesText({ startedAt, endedAt }: Answer): string {
  return startedAt === null || endedAt === null ? 'at no time' : `read from ${timeText(startedAt)} to ${timeText(endedAt)}`;
}

function changeRow({ outcome, held, kind, ip, port, targetGroup, because, taskArn }: Change): string[] {
  return [held === null ? outcome : `${outcome}: ${held}`, kind, addressText(ip, port), targetGroup, because, taskArn];
}

function drawTable({ title, head, rows }: PageTable): string {
  if (rows.length === 0) return '';
  const cells = (row: readonly string[]): string => row.map(drawCell).join('');
  return `<section><h2>${escapeHtml(title)}</h2><div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(title)}"><table>
<thead><tr>${head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div></section>`;
}

/** With short ids; the whole of it when it is pointed at. */
function drawCell(text: string): string {
  const short = shortIds(text);
  return `<td${short === text ? '' : ` title="${escapeHtml(text)}"`}>${escapeHtml(short)}</td>`;
}

function drawFindings(findings: readonly AnsweredFinding[]): string {
  return drawArticles(
    'Findings',
    findings.map(({ kind, subject, message, command, since }) => ({
      title: `${kind} ${shortIds(subject)}${since === null ? '' : `, since ${timeText(since)}`}`,
      text: shortIds(message),
      command,
    })),
  );
}

function drawFailures(failures: readonly AnsweredFailure[]): string {
  return drawArticles(
    'Could not be read',
    failures.map(({ operation, resource, message, advice }) => ({
      title: `${operation} on ${shortIds(resource)}`,
      text: `${message}. ${advice}`,
      command: null,
    })),
  );
}

interface Article {
  readonly title: string;
  readonly text: string;
  readonly command: string | null;
}

function drawArticles(title: string, articles: readonly Article[]): string {
  if (articles.length === 0) return '';
  const drawn = articles.map(
    (each) =>
      `<article><b>${escapeHtml(each.title)}</b><p>${escapeHtml(each.text)}</p>${each.command === null ? '' : `<code>${escapeHtml(each.command)}</code>`}</article>`,
  );
  return `<section><h2>${escapeHtml(title)}</h2>${drawn.join('\n')}</section>`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
