/** Draws the dashboard as CloudWatch would lay it out, from the metrics, the alarms and the log of the simulated account. */
import { isObject, type JsonObject } from '../../../../functions/core/json.ts';
import { EPOCH_MS } from '../../../simulator/clock.ts';
import { PERIOD_MS, statistic } from '../../../simulator/cloudwatch.ts';
import type { Watched } from '../../../simulator/watched.ts';
import { lookUp } from '../../template/template.ts';
import type { Curve, Widget } from './widgets.ts';

const COLUMN_PX = 42;
const ROW_PX = 34;
const GAP_PX = 4;
const COLORS = { OK: '#2ca02c', ALARM: '#d62728', INSUFFICIENT_DATA: '#7f7f7f' } as const;
const STYLE = `body{margin:0;background:#f2f3f3;font:11px system-ui,sans-serif;color:#16191f}
.w{position:absolute;background:#fff;border:1px solid #d5dbdb;box-sizing:border-box;overflow:hidden;padding:6px 8px}
h2{font-size:12px;margin:0 0 4px}p{margin:2px 0;line-height:1.4}code{background:#f2f3f3}svg{display:block}
.a{display:inline-block;width:124px;margin:1px 4px 1px 0;padding:3px 5px;border-left:5px solid}
table{border-collapse:collapse;width:100%}td,th{text-align:left;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;max-width:420px;padding:2px 6px 2px 0}`;

export function drawDashboard(widgets: readonly Widget[], watched: Watched, minutes: number): string {
  const bottom = Math.max(...widgets.map(({ y, height }) => y + height));
  const drawn = widgets.map((widget) => {
    const box = `left:${widget.x * COLUMN_PX}px;top:${widget.y * ROW_PX}px;width:${widget.width * COLUMN_PX - GAP_PX}px;height:${widget.height * ROW_PX - GAP_PX}px`;
    const title = widget.title === '' ? '' : `<h2>${escapeHtml(widget.title)}</h2>`;
    return `<div class="w" style="${box}">${title}${contentOf(widget, watched, minutes)}</div>`;
  });
  const size = `position:relative;width:${24 * COLUMN_PX}px;height:${bottom * ROW_PX}px`;
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><div id="dashboard" style="${size}">${drawn.join('')}</div>`;
}

function contentOf(widget: Widget, watched: Watched, minutes: number): string {
  switch (widget.type) {
    case 'metric':
      return chartOf(widget, watched, minutes);
    case 'alarm':
      return widget.alarms.map((arn) => alarmOf(arn.slice(arn.lastIndexOf(':') + 1), watched)).join('');
    case 'log':
      return tableOf(widget.query, watched);
    case 'text':
      return `<p>${escapeHtml(widget.text)
        .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')
        .replaceAll(/`(.+?)`/g, '<code>$1</code>')}</p>`;
    default:
      throw new Error(`The picture has no way to draw a widget of type ${widget.type}.`);
  }
}

function alarmOf(name: string, { alarms }: Watched): string {
  const state = alarms.stateOf(name);
  return `<span class="a" style="border-color:${COLORS[state]}">${escapeHtml(name.replace(/Alarm$/, ''))}<br><b style="color:${COLORS[state]}">${state === 'ALARM' ? 'In alarm' : state}</b></span>`;
}

interface Point {
  readonly minute: number;
  readonly value: number;
}

function chartOf({ curves, threshold, width, height }: Widget, watched: Watched, minutes: number): string {
  const [left, top] = [34, 4];
  const [inner, down] = [width * COLUMN_PX - GAP_PX - 16 - left - 34, height * ROW_PX - GAP_PX - 78];
  const series = curves.map((curve) => ({ curve, points: pointsOf(curve, watched, minutes) }));
  const maxOf = (isRight: boolean): number => {
    const values = series
      .filter(({ curve }) => curve.isOnTheRight === isRight)
      .flatMap(({ points }) => points.map(({ value }) => value));
    return niceMax(Math.max(1, isRight ? 0 : (threshold ?? 0), ...values));
  };
  const [most, mostRight] = [maxOf(false), maxOf(true)];
  const x = (minute: number): string => (left + (minute / minutes) * inner).toFixed(1);
  const y = (value: number, of: number): string => (top + down - (value / of) * down).toFixed(1);
  const grid = [0, 0.5, 1].map(
    (share) =>
      `<line x1="${left}" x2="${left + inner}" y1="${y(share, 1)}" y2="${y(share, 1)}" stroke="#eaeded"/>` +
      `<text x="${left - 4}" y="${Number(y(share, 1)) + 4}" text-anchor="end">${short(share * most)}</text>` +
      (curves.some(({ isOnTheRight }) => isOnTheRight)
        ? `<text x="${left + inner + 4}" y="${Number(y(share, 1)) + 4}">${short(share * mostRight)}</text>`
        : ''),
  );
  const hours = Array.from(
    { length: Math.floor(minutes / 60) + 1 },
    (_, hour) =>
      `<text x="${x(hour * 60)}" y="${top + down + 14}" text-anchor="middle">${String(hour).padStart(2, '0')}:00</text>`,
  );
  const limit =
    threshold === undefined
      ? ''
      : `<line x1="${left}" x2="${left + inner}" y1="${y(threshold, most)}" y2="${y(threshold, most)}" stroke="#d62728" stroke-dasharray="4 3"/>`;
  const lines = series.map(({ curve, points }) =>
    pathsOf(points, curve, x, (value) => y(value, curve.isOnTheRight ? mostRight : most)),
  );
  const legend = curves.map(
    ({ label, color }) => `<span style="margin-right:12px"><b style="color:${color}">■</b> ${escapeHtml(label)}</span>`,
  );
  return `<svg width="${left + inner + 34}" height="${down + 22}" font-size="10" fill="#545b64">${grid.join('')}${hours.join('')}${limit}${lines.join('')}</svg><p>${legend.join('')}</p>`;
}

function pointsOf({ metric, statistic: name }: Curve, { cloudWatch }: Watched, minutes: number): Point[] {
  const first = Math.floor(EPOCH_MS / PERIOD_MS);
  return Array.from({ length: minutes }, (_, minute) => minute).flatMap((minute) => {
    const value = statistic(cloudWatch.values(metric, first + minute), name);
    return value === undefined ? [] : [{ minute, value }];
  });
}

/** Points a minute apart are joined; one that stands alone is a dot. */
function pathsOf(
  points: readonly Point[],
  { color }: Curve,
  x: (minute: number) => string,
  y: (value: number) => string,
): string {
  const runs: Point[][] = [];
  for (const point of points) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1)?.minute === point.minute - 1) last.push(point);
    else runs.push([point]);
  }
  return runs
    .map((run) => {
      const [first] = run;
      if (run.length === 1 && first !== undefined)
        return `<circle cx="${x(first.minute)}" cy="${y(first.value)}" r="2" fill="${color}"/>`;
      return `<polyline points="${run.map(({ minute, value }) => `${x(minute)},${y(value)}`).join(' ')}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
    })
    .join('');
}

/** As much of Logs Insights as the queries of the dashboard need: fields, one filter, the newest first, a limit. */
export function askLog(
  query: string,
  lines: readonly { readonly atMs: number; readonly message: string }[],
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const head = (/\| fields (.+)/.exec(query)?.[1] ?? '').split(',').map((field) => field.trim());
  const conditions = (/\| filter (.+)/.exec(query)?.[1] ?? '').split(' and ').map(conditionOf);
  const limit = Number(/\| limit (\d+)/.exec(query)?.[1] ?? 1_000);
  const records = lines.flatMap(({ atMs, message }) => {
    const record: unknown = JSON.parse(message);
    return isObject(record) ? [{ atMs, record }] : [];
  });
  const found = records
    .filter(({ record }) => conditions.every((holds) => holds(record)))
    .reverse()
    .slice(0, limit);
  const rows = found.map(({ atMs, record }) =>
    head.map((field) =>
      field === '@timestamp' ? new Date(atMs).toISOString().slice(11, 19) : textOf(lookUp(record, ...field.split('.'))),
    ),
  );
  return { head, rows };
}

function conditionOf(text: string): (record: JsonObject) => boolean {
  const [, field = '', operator = '', operand = ''] = /^(\w+) (=|>|in) (.+)$/.exec(text.trim()) ?? [];
  const value: unknown = JSON.parse(operand || 'null');
  switch (operator) {
    case '=':
      return (record) => record[field] === value;
    case '>':
      return (record) => Number(record[field]) > Number(value);
    case 'in':
      return (record) => Array.isArray(value) && value.includes(record[field]);
    default:
      throw new Error(`The picture cannot filter the log by "${text}".`);
  }
}

function tableOf(query: string, { deployment }: Watched): string {
  const group = /SOURCE '([^']+)'/.exec(query)?.[1] ?? '';
  const { head, rows } = askLog(query, deployment.account.logs.groups.get(group) ?? []);
  const line = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${line('th', head)}${rows.map((row) => line('td', row)).join('')}</table>`;
}

/** The next round number, so that the axis can be read. */
function niceMax(value: number): number {
  const scale = 10 ** Math.floor(Math.log10(value));
  return scale * ([1, 2, 4, 6, 8, 10].find((each) => each * scale >= value) ?? 10);
}

function short(value: number): string {
  return value >= 10_000 ? `${value / 1_000}k` : String(value);
}

function textOf(value: unknown): string {
  return value === undefined ? '' : String(value);
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
