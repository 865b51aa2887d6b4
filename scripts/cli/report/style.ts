/** How the page looks, on a screen and on paper. */
import { THEME } from './theme.ts';

const BASE = `
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, 'Segoe UI', Roboto, sans-serif; }
body { margin: 0; padding: 20px 24px 64px; --label: 11.5rem; overflow-wrap: anywhere; }
h1, h2, h3, p, dl, dd, ol, ul { margin: 0; padding: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
h2 { font-size: 1.1rem; }
h3 { font-size: .85rem; }
a { color: var(--link); }
code, .id { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; font-size: .92em; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.soft, .about { color: var(--soft); }
.aside { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip:focus { position: fixed; z-index: 9; inset: 8px auto auto 8px; width: auto; height: auto; padding: 8px 12px; clip-path: none;
  background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
.tiles { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 12px; margin: 14px 0 16px; }
.tiles div { padding: 10px 16px 12px; background: var(--surface); border: 1px solid var(--rule); border-left: 5px solid var(--registered); border-radius: 8px; }
.tiles div.alarm { border-left-color: var(--alarm); }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { font-variant-numeric: tabular-nums; }
.tiles b { display: block; font-size: 1.3rem; line-height: 1.3; }
h1.differs, h1.unknown, b.alarm { color: var(--alarm); }
.card { margin-bottom: 20px; padding: 12px 16px 14px; background: var(--surface); border: 1px solid var(--rule); border-radius: 10px; }
input, select, button { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: 6px;
  padding: 3px 8px; min-height: 28px; }
button { cursor: pointer; min-width: 28px; }
button:hover { background: var(--page); }
`;

const CHART = `
.chart { padding: 12px 0 8px; position: relative; }
.chart > h2, .legend, .hint, .chart h3, .empty, .note { padding-inline: 16px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 4px 0 2px; list-style: none; font-size: .8rem; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend b { color: var(--ink); }
.legend svg { width: 28px; height: 20px; }
.hint { font-size: .8rem; color: var(--soft); } .hint summary { width: max-content; }
.top { position: sticky; top: 0; z-index: 2; background: var(--surface); border-bottom: 1px solid var(--rule); }
.row, .lane { position: relative; display: grid; grid-template: minmax(0, 1fr) / var(--label) minmax(0, 1fr); padding: 0 16px; }
.row > svg, .lane > svg { display: block; width: 100%; height: 100%; overflow: visible; }
.row > span { font-size: .75rem; line-height: 1.3; color: var(--soft); align-self: center; padding-right: 10px; }
.row b { color: var(--ink); font-weight: 600; }
.row i { font-style: normal; white-space: nowrap; }
.counts { height: 58px; } .absent-row, .called { height: 32px; margin-top: 4px; } .axis { height: 23px; }
.axis text { font-size: 11px; fill: var(--soft); text-anchor: middle; font-variant-numeric: tabular-nums; }
.axis .first { text-anchor: start; } .axis .last { text-anchor: end; }
.axis line, .grid line { stroke: var(--line); } .grid line { stroke: var(--rule); }
.lanes { position: relative; padding-bottom: 6px; }
.grid { position: absolute; inset: 0 16px 0 calc(var(--label) + 16px); width: calc(100% - var(--label) - 32px); height: 100%; overflow: visible; }
.lanes h3 { position: relative; padding-block: 8px 2px; }
.lanes h3 span { font-weight: 400; color: var(--soft); }
.fold > summary { position: relative; padding: 4px 16px; font-size: .8rem; color: var(--soft); }
.chunk { position: relative; list-style: none; content-visibility: auto; }
.lane { height: var(--h); scroll-margin-block: calc(var(--head, 0px) + 6px) 6px; }
.lane > span { font-size: .75rem; line-height: calc(var(--h) * .8); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; padding-right: 10px;
  unicode-bidi: isolate; font-variant-numeric: tabular-nums; }
.lane > span i { font-style: normal; color: var(--soft); padding-left: 6px; }
.lane:hover { background: var(--page); }
.lane.wrong::before { content: ''; position: absolute; inset: 0 auto 0 5px; width: 5px; background: var(--alarm); print-color-adjust: exact; }
:root { --h: 28px; } [data-density='normal'] { --h: 20px; } [data-density='thin'] { --h: 12px; } [data-density='hair'] { --h: 6px; }
[data-density='thin'] .lane > span, [data-density='hair'] .lane > span { opacity: 0; overflow: visible; line-height: 1; font-size: 11px;
  position: relative; z-index: 1; }
[data-density='thin'] .lane .running, [data-density='hair'] .lane .running { stroke: none; }
[data-density='thin'] .lane:nth-child(2n + 1 of :not([hidden])) > span { opacity: 1; }
[data-density='hair'] .lane:nth-child(3n + 1 of :not([hidden])) > span { opacity: 1; }
[data-density='hair'] .chunk:not(:last-child) .lane:nth-last-child(-n + 2 of :not([hidden])) > span { opacity: 0; }
.ring { position: absolute; inset-block: 0; min-width: 7px; border-radius: 3px; }
.ring:focus { outline: 2px solid var(--focus); outline-offset: 0; }
.sel { position: fixed; z-index: 3; background: var(--shade); border-inline: 1px solid var(--focus); pointer-events: none; }
.live .row > svg, .live .lane > svg { cursor: crosshair; }
`;

const SHAPES = `
path { vector-effect: non-scaling-stroke; }
.pending { fill: var(--pending); }
.running { fill: var(--running); stroke: var(--running-line); }
.stopping { fill: url(#p-stopping); stroke: var(--running-line); stroke-dasharray: 3 2; }
.registered { fill: var(--registered); }
.draining { fill: url(#p-draining); stroke: var(--draining); }
.missing { fill: url(#p-missing); stroke: var(--alarm); stroke-dasharray: 4 2; }
.stale { fill: url(#p-stale); stroke: var(--alarm); }
.event { stroke: var(--event); fill: none; }
.end { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.change { fill: var(--ink); stroke: var(--surface); stroke-width: .75; }
.area { fill: var(--area); }
.tasks { fill: none; stroke: var(--running-line); stroke-width: 1.5; }
.targets { fill: none; stroke: var(--registered); stroke-width: 1.5; stroke-dasharray: 4 2; }
.calls, .absent, .quick { fill: var(--calls); } .slow { fill: url(#p-stale); }
.defs { position: absolute; width: 0; height: 0; }
.ink-blue { stroke: var(--running-line); } .ink-amber { fill: var(--draining); } .ink-red { stroke: var(--alarm); }
.fill-red { fill: var(--alarm); } .ink-surface { stroke: var(--surface); } .fill-surface { fill: var(--surface); } .ink-red { stroke-width: 1.4; }
`;

const CONTROLS = `
.controls { overflow-wrap: normal; display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; padding: 8px 16px; font-size: .85rem; }
.controls label, .controls fieldset { min-width: 0; max-width: 100%; display: flex; align-items: center; gap: 6px; color: var(--soft); }
.controls fieldset { border: 0; margin: 0; padding: 0; gap: 4px; flex-wrap: wrap; min-width: 0; }
.controls input[type='search'] { width: 14rem; } .controls select { max-width: 13rem; }
.controls input[type='range'] { width: 7rem; padding: 0; accent-color: var(--link); }
.status { flex-basis: 100%; color: var(--soft); font-size: .8rem; font-variant-numeric: tabular-nums; }
.tip { position: fixed; z-index: 5; max-width: min(34rem, 92vw); padding: 8px 12px 10px; background: var(--raised); color: var(--ink);
  border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 6px 20px var(--shade); font-size: .8rem; pointer-events: none; }
.tip.pinned { pointer-events: auto; }
.tip strong { display: block; font-size: .88rem; margin-bottom: 3px; }
.tip dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 1px 10px; }
.tip dt { color: var(--soft); }
@media (max-height: 640px), (max-width: 720px) { .top { position: static; } .lane { scroll-margin-top: 6px; } }
@media (max-width: 720px) { body { padding-inline: 8px; --label: 5rem; } .lane > span i { display: none; }
  /* Words above their curve: beside it there is no room for both. */
  .row { grid-template-rows: auto minmax(0, 1fr); height: auto; padding-inline: 12px; } .row > span { grid-column: 1 / -1; } .row > span br { display: none; }
  .row > svg { grid-column: 2; height: 40px; } .absent-row > svg, .called > svg { height: 24px; } .axis > svg { height: 23px; }
  .lane { padding-inline: 12px; } .grid { inset-inline: calc(var(--label) + 12px) 12px; width: calc(100% - var(--label) - 24px); }
  .controls label { flex: 1 1 8rem; } .controls input[type='search'], .controls select { width: 100%; min-width: 0; } }
`;

const TABLES = `
summary { cursor: pointer; } summary h2 { display: inline; } summary .soft { margin-left: 8px; }
table { width: 100%; border-collapse: collapse; margin-top: 8px; font-size: .85rem; }
caption { text-align: left; color: var(--soft); padding-bottom: 4px; }
th { text-align: left; font-weight: 600; border-bottom: 1px solid var(--line); padding: 4px 10px 4px 0; white-space: nowrap; }
td { vertical-align: top; border-bottom: 1px solid var(--rule); padding: 3px 10px 3px 0; unicode-bidi: isolate; }
.rows-of td:nth-child(-n + 2) { white-space: nowrap; font-variant-numeric: tabular-nums; }
.bins { width: auto; margin-top: 4px; } .bins th, .bins td { border: 0; padding: 1px 10px 1px 0; font-weight: 400; } .bins i { color: var(--alarm); font-style: normal; font-weight: 600; }
.bins svg { width: min(13rem, 38vw); height: 12px; vertical-align: -1px; margin-right: 8px; } .bins th, .bins td { white-space: nowrap; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 8px 32px; margin-top: 6px; }
.unread { border-left: 5px solid var(--alarm); } .unread ul { padding-left: 1.2rem; margin-top: 4px; }
ol.rows { list-style: none; } ol.rows li { padding: 8px 0; border-top: 1px solid var(--rule); } ol.rows li:first-child { border: 0; }
ol.rows h3 { font-size: .95rem; } ol.rows h3 b { margin-right: 4px; padding: 0 6px; border: 1px solid; border-radius: 4px; font-size: .8rem; font-weight: 600; }
ol.rows .soft { font-weight: 400; } b.outage, b.mistake { color: var(--alarm); } b.notice, .over h3 b { color: var(--soft); } .over p { color: var(--soft); }
ol.rows code { display: inline-block; margin: 2px 6px 2px 0; padding: 3px 8px; background: var(--page); border-radius: 6px; }
.copy, .more button { display: none; } .live .copy, .live .more button { display: inline-block; }
.copy { font-size: .8rem; min-height: 24px; padding: 0 8px; }
.more { margin-top: 8px; color: var(--soft); font-size: .85rem; } .more button { margin-left: 8px; }
@media (max-width: 900px) {
  .tiles { grid-template-columns: minmax(0, 1fr); gap: 8px; } .tiles div { padding-block: 6px 8px; }
  /* A row is two lines: what and when, then why. Columns of a word each would be taller than a screen. */
  table:not(.bins) :is(thead, caption) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table:not(.bins), table:not(.bins) tbody { display: block; }
  table:not(.bins) tr { display: flex; flex-wrap: wrap; gap: 0 10px; padding: 5px 0; border-bottom: 1px solid var(--rule); }
  table:not(.bins) th { white-space: normal; }
  table:not(.bins) td { border: 0; padding: 0; min-width: 0; max-width: 100%; } table.plain td:not(:first-child)::before { content: attr(data-head) ': '; color: var(--soft); } table.rows-of td:last-child { flex-basis: 100%; color: var(--soft); }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } .tip { transition: opacity .1s; } }
`;

const PRINT = `
@media print {
  @page { margin: 12mm; size: A4 landscape; }
  html { font-size: 10px; background: none; } body { padding: 0; --label: 13rem; }
  /* Hatching is a tile on a screen and thousands of lines in a printed file: plain tones and outlines tell as much. */
  .stopping { fill: none; } .draining { fill: var(--draining); fill-opacity: .3; } .missing { fill: var(--surface); } .stale { fill: var(--alarm); }
  .controls, .hint, .copy, .live .copy, .live .more button, .tip, .ring, .skip { display: none !important; }
  .top { position: static; } .card { border: 0; padding-inline: 0; } .row, .lane { padding-inline: 0; }
  .chart > h2, .legend, .chart h3, .empty, .note { padding-inline: 0; } .lane.wrong::before { left: -8px; }
  .grid { inset-inline: var(--label) 0; width: calc(100% - var(--label)); }
  .chunk { content-visibility: visible; } .lane, tr, .tiles div, li { break-inside: avoid; }
  h2, h3, summary, caption, thead { break-after: avoid; } thead { display: table-header-group; }
  svg, .tiles div { print-color-adjust: exact; } .slow { fill: var(--alarm); }
  details::details-content { content-visibility: visible; block-size: auto; }
  a { color: inherit; text-decoration: none; }
}
`;

export const STYLE = [THEME, BASE, CHART, SHAPES, CONTROLS, TABLES, PRINT].join('');
