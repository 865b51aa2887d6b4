/** Text that fits the terminal: wrapped sentences and aligned tables. Commands to paste are never broken. */

/** Narrower than this, nothing can be laid out, and the terminal breaks the lines itself. */
const WIDTH_MIN = 40;
const INDENT = '  ';
const GAP = '  ';

/** Keeps a number and its unit on one line; printed as a plain space. */
export const GLUE = '\u00a0';

/** Columns of the terminal. What is piped has none, unless COLUMNS is set: a line there stays whole for grep. */
export function terminalWidth(): number {
  const columns = process.stdout.columns ?? Number(process.env['COLUMNS']);
  return Number.isInteger(columns) && columns >= WIDTH_MIN ? columns : Number.POSITIVE_INFINITY;
}

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u;

/** Columns that the text takes: most characters one, ideographs and emoji two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
  return width;
}

/** The text in lines of at most so many columns, broken between words. A word that is longer stays whole. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line].map((each) => each.replaceAll(GLUE, ' '));
  });
}

/** The text wrapped, each line behind the indent. */
export function indented(text: string, indent: string, width: number): string {
  return wrap(text, width - widthOf(indent))
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n');
}

export interface Table {
  /** What the columns are, if they do not explain themselves. */
  readonly head?: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Aligned columns if they fit the width, else cells wrapped within their columns, else one cell below the other. */
export function table({ head, rows }: Table, width: number): string {
  const all = head === undefined ? rows : [head, ...rows];
  const columns = Math.max(0, ...all.map((row) => row.length));
  const natural = Array.from({ length: columns }, (_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  // A word is not broken, so no column can be narrower than its longest one.
  const least = Array.from({ length: columns }, (_, column) =>
    Math.max(...all.flatMap((row) => (row[column] ?? '').split(' ').map(widthOf))),
  );
  const widths = shrink(natural, least, width - widthOf(INDENT) - GAP.length * (columns - 1));
  if (widths === undefined) return rows.map((row) => stacked(head, row, width)).join('\n');
  return all.flatMap((row) => linesOf(row, widths)).join('\n');
}

/** Takes columns from the widest until the sum fits; undefined if it cannot. */
function shrink(natural: readonly number[], least: readonly number[], width: number): readonly number[] | undefined {
  const widths = [...natural];
  const sum = (): number => widths.reduce((total, each) => total + each, 0);
  while (sum() > width) {
    const spare = widths.map((each, column) => (each > (least[column] ?? 0) ? each : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if ((spare[widest] ?? 0) === 0) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function linesOf(row: readonly string[], widths: readonly number[]): string[] {
  const cells = widths.map((width, column) => wrap(row[column] ?? '', width));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    `${INDENT}${cells.map((lines, column) => padded(lines[line] ?? '', widths[column] ?? 0)).join(GAP)}`.trimEnd(),
  );
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** The first cell alone on its line, the others below it with the names of their columns. */
function stacked(head: readonly string[] | undefined, row: readonly string[], width: number): string {
  const [first = '', ...others] = row;
  const told = others.flatMap((cell, index) => {
    const name = head?.[index + 1] ?? '';
    return cell === '' ? [] : [indented(name === '' ? cell : `${name}: ${cell}`, INDENT.repeat(2), width)];
  });
  return [indented(first, INDENT, width), ...told].join('\n');
}
