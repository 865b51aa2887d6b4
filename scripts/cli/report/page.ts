/**
 * `renderPage(report)` makes one file of HTML, which needs nothing else: no network, no font, no library, and no script to be
 * read. `npm start`, `replay --html`, `plan --html` and `drift --html` all call it; what they hand over is in report.ts.
 */
import { deflateRawSync } from 'node:zlib';
import { DAY, rangeOf, type Stamp, stampFor } from './clock.ts';
import { densityOf } from './draw.ts';
import { countOf, escapeHtml, shareOf } from './html.ts';
import { shortIds } from './ids.ts';
import { type Model, modelOf, type PageData } from './model.ts';
import { chunkStyles, drawLanes, drawLegend, drawLoad, PATTERNS } from './picture.ts';
import { drawPlainTable } from './plain-table.ts';
import { type Report, supportedVerdict } from './report.ts';
import { findingKind, rowsOf, TABLE_NAMES, type TableName } from './rows.ts';
import { assets, policyFor } from './script.ts';
import { drawTiles, drawWaits, headingOf } from './summary.ts';
import { drawRows, ROWS_AT_FIRST, TABLES } from './tables.ts';
import { STRETCH_LABELS } from './words.ts';

export function renderPage(report: Report): string {
  const model = report.timeline && modelOf(report.timeline, report.findings);
  const { script, style: common } = assets();
  const style = common + (model === undefined ? '' : chunkStyles(model));
  const heading = headingOf(report, model);
  return [
    `<!doctype html><html lang="en" data-density="${densityOf(model?.lanes.length ?? 0)}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${policyFor({ style, script })}">`,
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    // Without an icon of its own, a page that comes from a server would make the browser ask for one.
    `<link rel="icon" href="data:,"><title>${escapeHtml(heading)} · alb-target-sync</title><style>${style}</style></head>`,
    `<body><a class="aside skip" href="#findings">Skip to the findings</a>${PATTERNS}<header>${drawHead(report, heading, model)}</header><main>`,
    drawUnread(report),
    drawFindings(report, model),
    ...(model === undefined ? [] : drawTimeline(report, model)),
    drawPlainTable({
      title: 'Planned changes',
      head: ['Outcome', 'Change', 'Address', 'Target group', 'Task', 'Because'],
      rows: report.changes.map(({ outcome, held, kind, ip, port, targetGroup, taskArn, because }) => {
        return [held === null ? outcome : `${outcome}: ${held}`, kind, `${ip}:${port}`, targetGroup, taskArn, because];
      }),
    }),
    ...report.tables.map(drawPlainTable),
    `</main><div class="tip" id="tip" role="tooltip" hidden></div><div class="sel" id="sel" hidden></div>`,
    `<script type="text/plain" id="data">${drawData(report)}</script><script>${script}</script></body></html>`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function drawHead(report: Report, heading: string, model: Model | undefined): string {
  const counts = model === undefined ? readingOf(report) : [rangeOf(model.timeline), countsOf(model)];
  return `<h1 class="${supportedVerdict(report).replace(' ', '-')}">${escapeHtml(heading)}</h1>
<p class="soft">${[escapeHtml(report.source), ...counts].join(' · ')}</p>${drawTiles(report, model)}`;
}

/** When somebody looked, and what it took. */
function readingOf({ startedAt, endedAt, calls }: Report): string[] {
  const [fromMs, toMs] = [Date.parse(startedAt ?? ''), Date.parse(endedAt ?? '')];
  const sum = Object.values(calls).reduce((total, each) => total + each, 0);
  const time = Number.isNaN(fromMs + toMs) ? [] : [`read ${rangeOf({ fromMs, toMs })}`];
  return [...time, countOf(sum, 'call'), 'nothing was written'];
}

function countsOf({ timeline: { tasks, changes, events } }: Model): string {
  return [countOf(tasks.length, 'task'), countOf(changes.length, 'change'), countOf(events.length, 'event')].join(', ');
}

/** What was not read comes first: everything below it may be incomplete. */
function drawUnread({ resources, failures }: Report): string {
  const unread = resources
    .filter(({ isRead }) => !isRead)
    .map(({ type, name, why }) => [`${type} ${name}`, why ?? ''] as const);
  const failed = failures.map(({ operation, resource, message, advice }) => {
    return [`${operation} on ${resource}`, `${message}. ${advice}`] as const;
  });
  const items = [...unread, ...failed].map(
    ([what, why]) => `<li><b>${escapeHtml(shortIds(what))}</b> ${escapeHtml(shortIds(why))}`,
  );
  if (items.length === 0) return '';
  return `<section class="card unread" aria-labelledby="unread"><h2 id="unread">Not read</h2>
<p class="soft">What this page says may be incomplete.</p><ul>${items.join('\n')}</ul></section>`;
}

function drawFindings(report: Report, model: Model | undefined): string {
  const { findings } = model?.rows ?? rowsOf(report.findings, []);
  const stamp = model?.scene.stamp ?? stampFor({ fromMs: 0, toMs: DAY });
  const nothing =
    supportedVerdict(report) === 'unknown' ? 'Nothing was found in what was read, which is not all.' : 'Nothing was found.';
  return drawTable('findings', { rows: findings, nothing, stamp });
}

function drawTimeline(report: Report, model: Model): string[] {
  const { rows, scene } = model;
  const table = (name: TableName): string => drawTable(name, { rows: rows[name], nothing: 'None.', stamp: scene.stamp });
  return [
    drawWaits(model),
    `<section class="card chart" id="chart" aria-labelledby="chart-title">${drawChart(report, model)}</section>`,
    ...TABLE_NAMES.filter((name) => name !== 'findings').map(table),
  ];
}

function drawChart(report: Report, model: Model): string {
  const empty = model.lanes.length === 0 ? '' : ' hidden';
  return `<h2 id="chart-title">Tasks over time</h2>${drawLegend(model)}
<details class="hint"><summary>Mouse and keyboard</summary><p>Point at anything to see what it is and why. Drag over a stretch of
time to zoom, or use From and To. Click keeps the note open, to copy from it; a double click zooms. Tab leads into the picture, arrow
keys walk on: left and right along a task, up and down between tasks. Enter zooms to a thing, + and − zoom around it, 0 shows all of
time, Escape closes the note. Filter and time stand in the address of the page: who opens it sees the same.</p></details>
<noscript><p class="note soft">This picture and the tables below it need no script. Filters, zoom and the notes on every bar do.</p></noscript>
<div class="top">${drawControls(report, model)}${drawLoad(model)}</div>
<p class="empty soft" id="empty"${empty}>No task to show.</p><div class="lanes" id="lanes">${drawLanes(model)}</div>`;
}

/** Hidden until the script is there to make it work. */
function drawControls(report: Report, { groups }: Model): string {
  const findings = [...new Set(report.findings.map(({ kind }) => kind))].sort();
  const kinds = [
    optionGroup('Tasks', [
      ['problem', 'any problem'],
      ['stale', STRETCH_LABELS.stale],
      ['missing', STRETCH_LABELS.missing],
    ]),
    optionGroup('Changes', wordsAsOptions(['register', 'deregister'])),
    optionGroup('Events', wordsAsOptions(['hint', 'ignored', 'unreadable', 'lost'])),
    ...(findings.length === 0
      ? []
      : [
          optionGroup(
            'Findings',
            findings.map((kind) => [findingKind(kind), kind]),
          ),
        ]),
  ];
  const names = groups.map(({ name }) => option(name, name));
  return `<form class="controls" id="controls" aria-label="Filter and zoom" hidden>
<label>Filter <input type="search" id="text" placeholder="task, address, reason…"></label>
<label>ECS group <select id="group">${option('', 'all')}${names.join('')}</select></label>
<label>Kind <select id="kind">${option('', 'all')}${kinds.join('')}</select></label>
<fieldset><label>From <input type="range" id="from" min="0" max="1000" value="0"></label>
<label>To <input type="range" id="to" min="0" max="1000" value="1000"></label>
<button type="button" id="in" aria-label="Zoom in">+</button><button type="button" id="out" aria-label="Zoom out">−</button>
<button type="button" id="earlier" aria-label="Earlier">←</button><button type="button" id="later" aria-label="Later">→</button>
<button type="button" id="reset">Reset</button></fieldset>
<p class="status" id="status" role="status"></p></form>`;
}

interface Shown {
  readonly rows: Parameters<typeof drawRows>[0];
  /** What stands there instead of no row. */
  readonly nothing: string;
  readonly stamp: Stamp;
}

function drawTable(name: TableName, { rows, nothing, stamp }: Shown): string {
  const { title, about, columns, noun } = TABLES[name];
  const limit = ROWS_AT_FIRST[name];
  const drawn = drawRows(rows.slice(0, limit), stamp);
  const list =
    columns.length === 0
      ? `<ol class="rows" aria-label="${title}">${drawn}</ol>`
      : `<table class="rows-of"><caption>${about}</caption><thead><tr>${columns.map((column) => `<th scope="col">${column}`).join('')}</thead><tbody class="rows">${drawn}</tbody></table>`;
  return `<section class="card" id="${name}"><details${columns.length === 0 ? ' open' : ''}><summary><h2>${title}</h2>
<span class="soft">${countOf(rows.length, noun)}</span></summary>${rows.length === 0 ? `<p class="soft">${nothing}</p>` : ''}${list}
<p class="more"${rows.length > limit ? '' : ' hidden'}><span>${shareOf(Math.min(limit, rows.length), rows.length, noun)}</span>
<button type="button" data-rows="500">Show 500 more</button><button type="button" data-rows="all">Show all</button></p></details></section>`;
}

function wordsAsOptions(words: readonly string[]): (readonly [string, string])[] {
  return words.map((word) => [word, word]);
}

function optionGroup(label: string, options: readonly (readonly [string, string])[]): string {
  return `<optgroup label="${label}">${options.map(([value, text]) => option(value, text)).join('')}</optgroup>`;
}

function option(value: string, label: string): string {
  return `<option value="${escapeHtml(value)}">${escapeHtml(label)}</option>`;
}

/** What the script reads: a tenth of the size, and no character that means anything in HTML. */
function drawData({ timeline, findings }: PageData): string {
  return deflateRawSync(JSON.stringify({ timeline, findings }), { level: 9 }).toString('base64');
}
