/** A timeline as one file of HTML, which needs nothing else: no network, no font, no library, and no script to be read. */
import { deflateRawSync } from 'node:zlib';
import { dateOf, durationOf, timeOfDay } from './clock.ts';
import { densityOf } from './draw.ts';
import { countOf, escapeHtml, shareOf } from './html.ts';
import { type Model, modelOf } from './model.ts';
import { chunkStyles, drawLanes, drawLegend, drawLoad, PATTERNS } from './picture.ts';
import { findingKind, TABLE_NAMES, type TableName } from './rows.ts';
import { assets, policyFor } from './script.ts';
import { drawRows, ROWS_AT_FIRST, TABLES } from './tables.ts';
import type { Timeline } from './timeline.ts';
import { STRETCH_LABELS } from './words.ts';

export function renderPage(timeline: Timeline): string {
  const model = modelOf(timeline);
  const { script, style: common } = assets();
  const style = common + chunkStyles(model);
  return [
    `<!doctype html><html lang="en" data-density="${densityOf(model.lanes.length)}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${policyFor({ style, script })}">`,
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    // Without an icon of its own, a page that comes from a server would make the browser ask for one.
    `<link rel="icon" href="data:,"><title>${escapeHtml(timeline.title)} · alb-target-sync</title><style>${style}</style></head>`,
    `<body><a class="aside skip" href="#findings">Skip to the tables</a>${PATTERNS}${drawHead(model)}<main>`,
    `<section class="card chart" id="chart" aria-labelledby="chart-title">${drawChart(model)}</section>`,
    ...TABLE_NAMES.map((name) => drawTable(name, model)),
    `</main><div class="tip" id="tip" role="tooltip" hidden></div><div class="sel" id="sel" hidden></div>`,
    `<script type="text/plain" id="data">${deflate(JSON.stringify(timeline))}</script><script>${script}</script></body></html>`,
  ].join('\n');
}

function drawHead({ timeline, lanes }: Model): string {
  const { title, fromMs, toMs, summary, changes, events } = timeline;
  const time = `${dateOf(fromMs)} ${timeOfDay(fromMs)} to ${dateOf(toMs)} ${timeOfDay(toMs)} UTC (${durationOf(toMs - fromMs)})`;
  const tasks = lanes.filter(({ lane }) => lane.task !== undefined).length;
  const counts = [countOf(tasks, 'task'), countOf(changes.length, 'change'), countOf(events.length, 'event')].join(', ');
  const figures = summary.map(({ label, value }) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd></div>`);
  return `<header><h1>${escapeHtml(title)}</h1><p class="soft">${time} · ${counts}</p>
<dl class="summary">${figures.join('')}</dl></header>`;
}

function drawChart(model: Model): string {
  const empty = model.lanes.length === 0 ? '' : ' hidden';
  return `<h2 id="chart-title">Tasks over time</h2>${drawLegend(model)}
<details class="hint"><summary>Mouse and keyboard</summary><p>Point at anything to see what it is and why. Drag over a stretch of
time to zoom, or use From and To. Click keeps the note open, to copy from it; a double click zooms. Tab leads into the picture, arrow
keys walk on: left and right along a task, up and down between tasks. Enter zooms to a thing, + and − zoom around it, 0 shows all of
time, Escape closes the note.</p></details>
<noscript><p class="note soft">This picture and the tables below it need no script. Filters, zoom and the notes on every bar do.</p></noscript>
<div class="top">${drawControls(model)}${drawLoad(model)}</div>
<p class="empty soft" id="empty"${empty}>No task to show.</p><div class="lanes" id="lanes">${drawLanes(model)}</div>`;
}

/** Hidden until the script is there to make it work. */
function drawControls({ groups, timeline }: Model): string {
  const findings = [...new Set(timeline.findings.map(({ kind }) => kind))].sort();
  const kinds = [
    optionGroup('Tasks', [['stale', STRETCH_LABELS.stale] as const, ['missing', STRETCH_LABELS.missing] as const]),
    optionGroup('Changes', [['register', 'register'] as const, ['deregister', 'deregister'] as const]),
    optionGroup(
      'Events',
      ['hint', 'ignored', 'unreadable', 'lost'].map((kind) => [kind, kind] as const),
    ),
    ...(findings.length === 0
      ? []
      : [
          optionGroup(
            'Findings',
            findings.map((kind) => [findingKind(kind), kind] as const),
          ),
        ]),
  ];
  const names = groups.map(({ name }, place) => option(`${place}`, name));
  return `<form class="controls" id="controls" aria-label="Filter and zoom" hidden>
<label>Filter <input type="search" id="text" placeholder="task, address, reason…"></label>
<label>Group <select id="group">${option('', 'all')}${names.join('')}</select></label>
<label>Kind <select id="kind">${option('', 'all')}${kinds.join('')}</select></label>
<fieldset><label>From <input type="range" id="from" min="0" max="1000" value="0"></label>
<label>To <input type="range" id="to" min="0" max="1000" value="1000"></label>
<button type="button" id="in" aria-label="Zoom in">+</button><button type="button" id="out" aria-label="Zoom out">−</button>
<button type="button" id="earlier" aria-label="Earlier">←</button><button type="button" id="later" aria-label="Later">→</button>
<button type="button" id="reset">Reset</button></fieldset>
<p class="status" id="status" role="status"></p></form>`;
}

function drawTable(name: TableName, { rows, scene }: Model): string {
  const { title, about, columns, noun } = TABLES[name];
  const all = rows[name];
  const head = columns.map((column) => `<th scope="col">${column}`).join('');
  const body = drawRows(all.slice(0, ROWS_AT_FIRST), scene.stamp);
  return `\n<section class="card" id="${name}"><details open><summary><h2>${title}</h2>
<span class="soft">${countOf(all.length, noun)}</span></summary><div class="scroll" role="region" tabindex="0" aria-label="${title}">
<table><caption>${about}</caption><thead><tr>${head}</thead><tbody>${body}</tbody></table></div>
<p class="more"${all.length > ROWS_AT_FIRST ? '' : ' hidden'}><span>${shareOf(Math.min(ROWS_AT_FIRST, all.length), all.length, noun)}</span>
<button type="button" data-rows="500">Show 500 more</button><button type="button" data-rows="all">Show all</button></p></details></section>`;
}

function optionGroup(label: string, options: readonly (readonly [string, string])[]): string {
  return `<optgroup label="${label}">${options.map(([value, text]) => option(value, text)).join('')}</optgroup>`;
}

function option(value: string, label: string): string {
  return `<option value="${escapeHtml(value)}">${escapeHtml(label)}</option>`;
}

/** What the script reads: a tenth of the size, and no character that means anything in HTML. */
function deflate(text: string): string {
  return deflateRawSync(text, { level: 9 }).toString('base64');
}
