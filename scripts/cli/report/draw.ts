/**
 * The picture, as the text of SVG. The same functions draw it here, for the file, and in the browser, for another range of time:
 * what is drawn from the times themselves stays exact at every zoom, which stretched pixels would not.
 */
import { escapeHtml } from './html.ts';
import type { Lane } from './lanes.ts';
import { type Bucket, type Load, type Step, sumOf } from './load.ts';
import { STRETCH_KINDS, type Stretch } from './stretches.ts';
import { ticksOf, type View } from './ticks.ts';

/** The width that is drawn for the file. A browser stretches it to what it has. */
export const PAGE_WIDTH = 1_000;
/** Heights inside a lane, whatever its height on the screen: the bars, and a strip for events below them. */
export const LANE_HEIGHT = 24;
export const LOAD_HEIGHT = 100;
/** Where a line of counts stands at nothing: above the border, to be seen. */
const ZERO_Y = LOAD_HEIGHT - 2;

interface Band {
  readonly y: number;
  readonly height: number;
}

const LIFE: Readonly<Record<string, Band>> = {
  // A line, a full bar and a hatched bar: told apart without any colour.
  pending: { y: 7.5, height: 4 },
  running: { y: 1.5, height: 16 },
  stopping: { y: 1.5, height: 16 },
};
const TARGETS: Band = { y: 5, height: 9 };
const STALE: Band = { y: 3, height: 13 };

/** What is wrong is drawn, however short the time was: wide enough to be seen beside the mark of a change. */
const WRONG_PIXELS_MIN = 4;

/** The more lanes, the lower: the style has a height for each of these words. */
export function densityOf(lanes: number): 'roomy' | 'normal' | 'thin' | 'hair' {
  if (lanes <= 20) return 'roomy';
  if (lanes <= 150) return 'normal';
  return lanes <= 600 ? 'thin' : 'hair';
}

export function drawLane(lane: Lane, targetGroups: readonly string[], view: View): string {
  const stretches = [...lane.life, ...lane.target];
  const paths = STRETCH_KINDS.map((kind) => {
    const bars = stretches.filter((stretch) => stretch.kind === kind);
    return path(kind, bars.map((stretch) => bar(stretch, bandOf(stretch, targetGroups), view)).join(''));
  });
  const events = lane.events.map(({ atMs, reading }) => tick(atMs, reading === 'hint' ? 4 : 2.5, view)).join('');
  const end = isInside(lane.endMs, view) ? `M${x(lane.endMs, view)} 0v19` : '';
  const changes = lane.changes.map(({ atMs, kind }) => triangle(atMs, kind, view)).join('');
  return [...paths, path('event', events), path('end', end), path('change', changes)].join('');
}

export function drawGrid(view: View): string {
  return ticksOf(view)
    .map(({ atMs }) => `<line x1="${percent(atMs, view)}" x2="${percent(atMs, view)}" y2="100%"/>`)
    .join('');
}

/** Placed by percent and not by a view box, which would stretch the letters. */
export function drawAxis(view: View): string {
  return ticksOf(view)
    .map(({ atMs, label }) => {
      const at = percent(atMs, view);
      const share = (atMs - view.fromMs) / (view.toMs - view.fromMs);
      const anchor = share < 0.05 ? ' class="first"' : share > 0.95 ? ' class="last"' : '';
      return `<line x1="${at}" x2="${at}" y1="15" y2="22"/><text x="${at}" y="12"${anchor}>${escapeHtml(label)}</text>`;
    })
    .join('');
}

export function drawCounts({ running, registered }: Load, most: number, view: View): string {
  const [tasks, targets] = [line(running, most, view), line(registered, most, view)];
  return path('area', `${tasks}V${LOAD_HEIGHT}H0z`) + path('tasks', tasks) + path('targets', targets);
}

export function drawAbsent({ absent, wrong }: Load, most: number, view: View): string {
  const [all, tooLong] = [line(absent, most, view), line(wrong, most, view)];
  return path('absent', `${all}V${ZERO_Y}H0z`) + path('slow', `${tooLong}V${ZERO_Y}H0z`);
}

export function drawCalls(buckets: readonly Bucket[], most: number, view: View): string {
  const bars = buckets.map((bucket) => {
    const height = round((sumOf(bucket.calls) / Math.max(1, most)) * (LOAD_HEIGHT - 6));
    const [left, right] = [x(bucket.fromMs, view), x(bucket.toMs, view)];
    // A pixel of air tells neighbours apart.
    const width = round(Math.max(0.5, right - left - (right - left > 4 ? 1 : 0)));
    return height === 0 ? '' : `M${left} ${LOAD_HEIGHT}v${-height}h${width}v${height}z`;
  });
  return path('calls', bars.join(''));
}

/** The pixel of a moment; what lies outside is drawn at the border. */
export function x(atMs: number, { fromMs, toMs, width }: View): number {
  return round((Math.min(Math.max(atMs, fromMs) - fromMs, toMs - fromMs) / (toMs - fromMs)) * width);
}

function bandOf({ kind, targetGroup }: Stretch, targetGroups: readonly string[]): Band {
  const life = LIFE[kind];
  if (life !== undefined) return life;
  const band = kind === 'stale' ? STALE : TARGETS;
  const slot = targetGroups.indexOf(targetGroup ?? '');
  // A target group that the tasks do not belong in has no height of its own: what is wrong takes all of it.
  if (slot < 0) return band;
  const height = band.height / targetGroups.length;
  return { y: band.y + height * slot, height };
}

function bar({ kind, fromMs, toMs }: Stretch, { y, height }: Band, view: View): string {
  if (toMs < view.fromMs || fromMs > view.toMs) return '';
  const [left, right] = [x(fromMs, view), x(toMs, view)];
  const isWrong = kind === 'stale' || kind === 'missing';
  const width = round(isWrong ? Math.max(WRONG_PIXELS_MIN, right - left) : right - left);
  // Every registration begins with a wait; drawn, it would be taken for an alarm.
  if (width === 0 || kind === 'waiting') return '';
  return `M${left} ${round(y)}h${width}v${round(height)}h${-width}z`;
}

function tick(atMs: number, height: number, view: View): string {
  return isInside(atMs, view) ? `M${x(atMs, view)} ${LANE_HEIGHT}v${-height}` : '';
}

/** Points up, from below, where a target comes, and down, from above, where it leaves. */
function triangle(atMs: number, kind: 'register' | 'deregister', view: View): string {
  if (!isInside(atMs, view)) return '';
  const at = x(atMs, view);
  return kind === 'register' ? `M${at} 12l4 7h-8z` : `M${at} 7l4-7h-8z`;
}

/** At most two points for every pixel: a step line of thousands of steps looks the same. */
function line(steps: readonly Step[], most: number, view: View): string {
  const y = (count: number): number => round(ZERO_Y - (count / Math.max(1, most)) * (LOAD_HEIGHT - 6));
  const before = steps.findLast(({ atMs }) => atMs <= view.fromMs)?.count ?? 0;
  const columns = Map.groupBy(
    steps.filter(({ atMs }) => atMs > view.fromMs && atMs < view.toMs),
    ({ atMs }) => Math.floor(x(atMs, view)),
  );
  const points = [...columns].map(([column, inside]) => {
    const counts = inside.map(({ count }) => count);
    const last = counts.at(-1) ?? 0;
    const extremes = counts.length === 1 ? '' : `V${y(Math.max(...counts))}V${y(Math.min(...counts))}`;
    const at = inside.length === 1 ? x(inside[0]?.atMs ?? 0, view) : column;
    return `H${at}${extremes}V${y(last)}`;
  });
  return `M0 ${y(before)}${points.join('')}H${view.width}`;
}

function path(name: string, d: string): string {
  return d === '' ? '' : `<path class="${name}" d="${d}"/>`;
}

function percent(atMs: number, { fromMs, toMs }: View): string {
  return `${Math.round(((atMs - fromMs) / (toMs - fromMs)) * 100_000) / 1_000}%`;
}

function isInside(atMs: number, { fromMs, toMs }: View): boolean {
  return atMs >= fromMs && atMs <= toMs;
}

/** Tenths of a pixel: half of the file is numbers. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
