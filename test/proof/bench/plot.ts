/** A curve of each contender as a picture. The same figures always give the same bytes. */

interface Line {
  readonly name: string;
  /** One for each point of the axis; none of who is left out. */
  readonly values: readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly axis: string;
  readonly at: readonly number[];
  readonly lines: readonly Line[];
}

const SIZE = { width: 720, height: 380 };
const AREA = { left: 60, right: 684, top: 84, bottom: 322 };
/** Dashes and marks tell the lines apart as well as colors do. */
const DASHES = ['none', '9 5', '2 5', '12 4 2 4'];
/** Both axes are of the logarithm of one more, so that zero has a place. */
const scaled = (value: number): number => Math.log10(1 + value);

const STYLE = `
  svg { background: #ffffff; font: 13px system-ui, sans-serif; }
  text { fill: #161b26; } .soft { fill: #525c6e; font-size: 12px; } .title { font-size: 15px; font-weight: 600; }
  .rule { stroke: #dfe4ec; } path, .mark { fill: none; stroke-width: 2; }
  .l0 { stroke: #12803c; } .l1 { stroke: #2f66dd; } .l2 { stroke: #ad5600; } .l3 { stroke: #9a12b3; } .mark { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    svg { background: #131924; } text { fill: #e8edf6; } .soft { fill: #a5b0c4; } .rule { stroke: #273145; } .mark { fill: #131924; }
    .l0 { stroke: #43d17c; } .l1 { stroke: #6fa3ff; } .l2 { stroke: #fbb040; } .l3 { stroke: #f3a6ff; }
  }`;

export function drawPlot({ title, axis, at, lines }: Plot): string {
  const most = Math.max(1, ...lines.flatMap(({ values }) => values));
  const [from, to] = [scaled(at[0] ?? 0), scaled(at.at(-1) ?? 1)];
  const across = (value: number): number => AREA.left + ((scaled(value) - from) / (to - from)) * (AREA.right - AREA.left);
  const down = (value: number): number => AREA.bottom - (scaled(value) / scaled(most)) * (AREA.bottom - AREA.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="${AREA.left}" y="26">${escaped(title)}</text>`,
    ...lines.map(({ name }, index) => legendOf(name, index, startOf(lines.slice(0, index)))),
    ...ticksUpTo(most).flatMap((value) => [
      `<line class="rule" x1="${AREA.left}" x2="${AREA.right}" y1="${fixed(down(value))}" y2="${fixed(down(value))}"/>`,
      `<text class="soft" text-anchor="end" x="${AREA.left - 8}" y="${fixed(down(value) + 4)}">${told(value)}</text>`,
    ]),
    ...at.map((value) => {
      return `<text class="soft" text-anchor="middle" x="${fixed(across(value))}" y="${AREA.bottom + 20}">${told(value)}</text>`;
    }),
    `<text class="soft" text-anchor="middle" x="${(AREA.left + AREA.right) / 2}" y="${AREA.bottom + 44}">${escaped(axis)}</text>`,
    ...lines.flatMap(({ values }, index) => {
      const points = values.map((value, place) => ({ x: fixed(across(at[place] ?? 0)), y: fixed(down(value)) }));
      const path = points.map(({ x, y }, place) => `${place === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
      return [
        `<path class="l${index}" stroke-dasharray="${DASHES[index]}" d="${path}"/>`,
        ...points.map(({ x, y }) => markOf(index, Number(x), Number(y))),
      ];
    }),
    '</svg>\n',
  ].join('\n');
}

function legendOf(name: string, index: number, x: number): string {
  const line = `<path class="l${index}" stroke-dasharray="${DASHES[index]}" d="M${x} 52 L${x + 36} 52"/>`;
  return `${line}${markOf(index, x + 18, 52)}<text x="${x + 44}" y="56">${escaped(name)}</text>`;
}

/** Behind the names of the lines before it, of which no character is wider than this. */
function startOf(before: readonly Line[]): number {
  return AREA.left + before.reduce((sum, { name }) => sum + 68 + name.length * 7, 0);
}

/** A circle, a square, or a square on its corner. */
function markOf(index: number, x: number, y: number): string {
  if (index === 0) return `<circle class="mark l0" cx="${x}" cy="${y}" r="4"/>`;
  const turned = index % 2 === 0 ? ` transform="rotate(45 ${x} ${y})"` : '';
  return `<rect class="mark l${index}" x="${fixed(x - 4)}" y="${fixed(y - 4)}" width="8" height="8"${turned}/>`;
}

function ticksUpTo(most: number): number[] {
  return [0, 1, 3, 10, 30, 100, 300, 1_000, 3_000].filter((value) => value <= most);
}

function told(value: number): string {
  return value.toLocaleString('en-US');
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
