/** The picture as it stands in the file: what is seen before, and without, any script. */
import { dateOf, durationOf } from './clock.ts';
import {
  drawAbsent,
  drawAxis,
  drawCalls,
  drawCounts,
  drawGrid,
  drawLane,
  LANE_HEIGHT,
  LOAD_HEIGHT,
  PAGE_WIDTH,
} from './draw.ts';
import { countOf, escapeHtml } from './html.ts';
import { type LaneGroup, nounOf } from './lanes.ts';
import { bucketsOf, mostOf, sumOf } from './load.ts';
import type { Model } from './model.ts';
import { STRETCH_KINDS, type StretchKind } from './stretches.ts';
import type { View } from './ticks.ts';
import { STRETCH_LABELS, summariseLane } from './words.ts';

/** So many lanes are laid out together, when they come into view: a browser need not look at thousands at once. */
const CHUNK = 50;
/** Of more lanes, those that are like all others are folded away: nobody reads a thousand green bars. */
const LANES_OPEN_MAX = 150;

const SAMPLES: Readonly<Record<StretchKind, string>> = {
  pending: 'M1 7.5h26v4h-26z',
  running: 'M1 1.5h26v16h-26z',
  stopping: 'M1 1.5h26v16h-26z',
  registered: 'M1 5h26v9h-26z',
  waiting: '',
  draining: 'M1 5h26v9h-26z',
  missing: 'M1 5h26v9h-26z',
  stale: 'M1 3h26v13h-26z',
};

/** Behind the sample, where a stretch is seen inside a running task. */
const INSIDE: ReadonlySet<StretchKind> = new Set(['registered', 'missing']);

/** Hatching, so that no meaning rests on a colour. Its colours come from the style, and with it from the scheme. */
export const PATTERNS = `<svg class="defs" aria-hidden="true"><defs>${[
  pattern('stopping', 6, '<path class="ink-blue" d="M-1 1l2-2M0 6l6-6M5 7l2-2"/>'),
  pattern('draining', 5, '<path class="fill-surface" d="M0 0h5v5h-5z"/><path class="ink-amber" d="M0 0h3v5h-3z"/>'),
  pattern('missing', 6, '<path class="fill-surface" d="M0 0h6v6h-6z"/><path class="ink-red" d="M-1 1l2-2M0 6l6-6M5 7l2-2"/>'),
  pattern('stale', 6, '<path class="fill-red" d="M0 0h6v6h-6z"/><path class="ink-surface" d="M-1 5l2 2M0 0l6 6M5-1l2 2"/>'),
].join('')}</defs></svg>`;

function viewOf({ timeline }: Model): View {
  return { fromMs: timeline.fromMs, toMs: timeline.toMs, width: PAGE_WIDTH };
}

export function drawLegend({ lanes, timeline }: Model): string {
  const counted = (kind: StretchKind): string => {
    const found = lanes.flatMap(({ lane }) => lane.target.filter((stretch) => stretch.kind === kind));
    const longest = Math.max(
      ...found.map(({ fromMs, toMs }) => Math.min(toMs, timeline.toMs) - Math.max(fromMs, timeline.fromMs)),
    );
    return `: <b>${found.length === 0 ? 'never' : `${found.length.toLocaleString('en')}×, up to ${durationOf(longest)}`}</b>`;
  };
  const entries = STRETCH_KINDS.filter((kind) => kind !== 'waiting').map((kind) => {
    const behind = INSIDE.has(kind) ? `<path class="running" d="${SAMPLES.running}"/>` : '';
    const count = kind === 'stale' || kind === 'missing' ? counted(kind) : '';
    return sample(`${behind}<path class="${kind}" d="${SAMPLES[kind]}"/>`, `${STRETCH_LABELS[kind]}${count}`);
  });
  return `<ul class="legend" aria-label="Legend">${entries.join('')}${[
    sample('<path class="change" d="M7 5l5 9h-10z"/><path class="change" d="M21 15l5-9h-10z"/>', 'Register, deregister'),
    sample('<path class="event" d="M8 16v-10M14 16v-6M20 16v-10"/>', 'Event'),
    sample('<path class="end" d="M14 1v18"/>', 'Task end'),
  ].join('')}</ul>`;
}

export function drawLoad(model: Model): string {
  const { load } = model;
  const view = viewOf(model);
  const buckets = bucketsOf(load, view);
  const most = Math.max(mostOf(load.running), mostOf(load.registered));
  const [absent, wrong] = [mostOf(load.absent), mostOf(load.wrong)];
  const mostCalls = Math.max(0, ...buckets.map(({ calls }) => sumOf(calls)));
  const words = `at most ${countOf(mostOf(load.running), 'running task')}, ${countOf(mostOf(load.registered), 'registered target')}`;
  const key = (name: string, label: string, count: number): string =>
    `<i><svg class="key" width="18" height="8" aria-hidden="true"><path class="${name}" d="M0 4h18"/></svg> ${label} <b>${count.toLocaleString('en')}</b></i>`;
  return [
    `<div class="row counts"><span>${key('tasks', 'running, max', mostOf(load.running))}<br>`,
    `${key('targets', 'registered, max', mostOf(load.registered))}</span>`,
    `${frame(LOAD_HEIGHT, words)}${drawCounts(load, most, view)}</svg></div>`,
    `<div class="row absent-row"><span>not in a group, max <b>${absent.toLocaleString('en')}</b>; too long, max <b>${wrong.toLocaleString('en')}</b></span>`,
    `${frame(LOAD_HEIGHT, `at most ${absent} running tasks not in a group, at most ${wrong} for too long or after their end`)}`,
    `${drawAbsent(load, Math.max(absent, wrong), view)}</svg></div>`,
    `<div class="row called"><span>calls, <b>${load.calls.length.toLocaleString('en')}</b> in all</span>`,
    `${frame(LOAD_HEIGHT, `${countOf(load.calls.length, 'call')} over time`)}${drawCalls(buckets, mostCalls, view)}</svg></div>`,
    `<div class="row axis"><span><b id="day">${dateOf(view.fromMs)}</b> UTC</span>`,
    `<svg id="axis" aria-hidden="true">${drawAxis(view)}</svg></div>`,
  ].join('');
}

export function drawLanes(model: Model): string {
  const grid = `<svg class="grid" id="grid" aria-hidden="true">${drawGrid(viewOf(model))}</svg>`;
  let place = 0;
  const groups = model.groups.map((group) => {
    const first = place;
    place += group.lanes.length;
    return drawGroup(model, group, first);
  });
  return grid + groups.join('');
}

/** The room that a chunk will take, for as long as it has not been laid out. */
export function chunkStyles({ groups }: Model): string {
  const sizes = new Set(groups.flatMap((group) => chunksOf(group.lanes.length, unfolded(group)).map(({ size }) => size)));
  return [...sizes].map((size) => `.n${size}{contain-intrinsic-block-size:auto calc(${size}*var(--h))}`).join('');
}

/** How many lanes stay when the others are folded away. What belongs to no task that is known is worth a look, each of it. */
function unfolded({ isOfTasks, problems, lanes }: LaneGroup): number {
  return isOfTasks ? problems : lanes.length;
}

function drawGroup(model: Model, group: LaneGroup, first: number): string {
  const name = escapeHtml(group.name);
  const worstCount = unfolded(group);
  const chunks = chunksOf(group.lanes.length, worstCount);
  const lists = chunks.map(({ from, size }) => {
    const part = chunks.length === 1 ? '' : `, ${from + 1} to ${from + size}`;
    const lanes = group.lanes.slice(from, from + size).map((_, index) => drawListed(model, first + from + index));
    return { from, list: `<ol class="chunk n${size}" aria-label="${name}${part}">${lanes.join('')}</ol>` };
  });
  const [worst, rest] = [true, false].map((isWorst) =>
    lists
      .filter(({ from }) => from < worstCount === isWorst)
      .map(({ list }) => list)
      .join(''),
  );
  const heading = `<h3>${name} <span>${countOf(group.lanes.length, nounOf(group))}</span></h3>`;
  const isMany = model.lanes.length > LANES_OPEN_MAX;
  if (rest === '' || (worst === '' && !isMany)) return `\n<section>${heading}${worst}${rest}</section>`;
  const open = isMany ? '' : ' open';
  const summary = `<summary><span>${countOf(group.lanes.length - worstCount, nounOf(group))}</span> without a problem</summary>`;
  return `\n<section>${heading}${worst}<details class="fold"${open}>${summary}${rest}</details></section>`;
}

function drawListed(model: Model, place: number): string {
  const placed = model.lanes[place];
  if (placed === undefined) return '';
  const { lane, group } = placed;
  const address = lane.task === undefined ? '' : ` <i>${escapeHtml(lane.address)}</i>`;
  const name = `<span>${escapeHtml(lane.name)}${address}</span>`;
  const bars = drawLane(lane, group.targetGroups, viewOf(model));
  const words = escapeHtml(summariseLane(lane, model.scene));
  const wrong = lane.wrongMs > 0 ? ' wrong' : '';
  return `\n<li class="lane${wrong}" id="l${place}">${name}${frame(LANE_HEIGHT, words)}${bars}</svg>`;
}

/** Those with problems are never in one chunk with the others, which can be folded away. */
function chunksOf(lanes: number, worst: number): { from: number; size: number }[] {
  const cut = (from: number, to: number): { from: number; size: number }[] =>
    Array.from({ length: Math.ceil((to - from) / CHUNK) }, (_, index) => {
      const start = from + index * CHUNK;
      return { from: start, size: Math.min(CHUNK, to - start) };
    });
  return [...cut(0, worst), ...cut(worst, lanes)];
}

function frame(height: number, label: string): string {
  return `<svg viewBox="0 0 ${PAGE_WIDTH} ${height}" preserveAspectRatio="none" role="img" aria-label="${label}">`;
}

function sample(shapes: string, label: string): string {
  return `<li><svg viewBox="0 0 28 20" aria-hidden="true">${shapes}</svg>${label}`;
}

function pattern(name: string, size: number, shapes: string): string {
  return `<pattern id="p-${name}" width="${size}" height="${size}" patternUnits="userSpaceOnUse">${shapes}</pattern>`;
}
