/** Tables of comma-separated values (RFC 4180, and what spreadsheets make of it): which column holds events, and row after row. */
import { EXPECTED } from './shapes.ts';
import { type Found, openCell } from './unwrap.ts';

/** So much of a file is looked at to tell whether it is a table. */
export const HEAD_BYTES = 16_384;

const DELIMITERS = [',', ';', '\t', '|'] as const;
type Delimiter = (typeof DELIMITERS)[number];

const MARK = /^\uFEFF/;
/** Excel takes a first line such as `sep=;` for the choice of the delimiter. */
const CHOICE = /^sep=([,;\t|])\r?\n/i;
const NAME = /^[@A-Za-z_][\w.@ :()/-]{0,80}$/;
/** JSON in a cell: its quotes are doubled, as they never are in JSON itself, where a key or a text may begin with a brace as well. */
const QUOTED_JSON = /(?:^|[,;\t|])"\s*\[?\s*\{\s*""/m;
/** Names of columns that hold what was logged, the likeliest first. */
const MESSAGES = ['@message', 'message', 'event', 'detail', 'body', 'log', '_raw'];

export interface Table {
  readonly delimiter: Delimiter;
  /** Names of the columns; none where the first line is a row already. */
  readonly names: readonly string[];
  readonly hasChoice: boolean;
}

/** The table that a text begins; undefined where it is something else. */
export function tableOf(head: string): Table | undefined {
  const text = head.replace(MARK, '');
  const choice = CHOICE.exec(text);
  const rest = text.slice(choice?.[0].length ?? 0);
  const line = /^[^\r\n]*/.exec(rest)?.[0] ?? '';
  if (/^\s*[{[]/.test(line) || line.trim() === '') return undefined;
  const chosen = DELIMITERS.find((each) => each === choice?.[1]);
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, cells: cellsOf(line, delimiter) }));
  const [first] = counted
    .filter(({ delimiter }) => chosen === undefined || delimiter === chosen)
    .sort((one, other) => other.cells.length - one.cells.length);
  if (first === undefined) return undefined;
  const names = first.cells.map((name) => name.trim());
  const areNames = names.every((name) => NAME.test(name));
  const isOfInsights = areNames && names.some((name) => name.startsWith('@'));
  if (!isOfInsights && !QUOTED_JSON.test(rest)) return undefined;
  return { delimiter: first.delimiter, names: areNames ? names : [], hasChoice: choice !== null };
}

function cellsOf(line: string, delimiter: Delimiter): readonly string[] {
  const reader = new RowReader(delimiter);
  return [...reader.take(line), ...reader.end()][0]?.cells ?? [];
}

/** Reads a table as it comes, and opens in each row the cell that holds an event. */
export class TableReader {
  readonly #table: Table;
  readonly #rows: RowReader;
  readonly #decoder = new TextDecoder();
  #isFirst = true;
  #toSkip: number;
  #withoutEvent = 0;
  #opened = 0;

  constructor(table: Table) {
    this.#table = table;
    this.#rows = new RowReader(table.delimiter);
    this.#toSkip = (table.hasChoice ? 1 : 0) + (table.names.length > 0 ? 1 : 0);
  }

  *take(chunk: Uint8Array): Generator<Found, void> {
    const text = this.#decoder.decode(chunk, { stream: true });
    yield* this.#open(this.#rows.take(this.#isFirst ? text.replace(MARK, '') : text));
    this.#isFirst = false;
  }

  *end(): Generator<Found, void> {
    yield* this.#open(this.#rows.take(this.#decoder.decode()));
    yield* this.#open(this.#rows.end());
    if (this.#withoutEvent === 0 && this.#opened > 0) return;
    const { names } = this.#table;
    const columns =
      names.length === 0
        ? 'without names of columns'
        : `with the columns ${names
            .slice(0, 8)
            .map((name) => `"${name}"`)
            .join(', ')}`;
    const rows = this.#opened === 0 ? '' : `, and ${this.#withoutEvent} of its rows hold no event`;
    const because = `it is CSV ${columns}${rows}; ${EXPECTED.replace('expected', 'expected a column with')}, such as @message of Logs Insights`;
    yield { kind: 'unreadable', because, position: '' };
  }

  *#open(rows: Iterable<Row>): Generator<Found, void> {
    for (const { cells, line } of rows) {
      if (this.#toSkip > 0) {
        this.#toSkip -= 1;
        continue;
      }
      if (cells.every((cell) => cell === '')) continue;
      const column = this.#columnOf(cells);
      if (column === undefined) {
        this.#withoutEvent += 1;
        continue;
      }
      this.#opened += 1;
      const name = this.#table.names[column] ?? `column ${column + 1}`;
      yield* openCell(cells[column] ?? '', `line ${line}, ${name}`, true);
    }
  }

  /** The column with something like JSON in it; else the one that is known to hold what was logged: then it is words. */
  #columnOf(cells: readonly string[]): number | undefined {
    const known = MESSAGES.flatMap((message) => {
      const column = this.#table.names.findIndex((name) => name.toLowerCase() === message);
      return column < 0 ? [] : [column];
    });
    const all = [...known, ...cells.keys()];
    return all.find((column) => /[{[]\s*["{']/.test(cells[column] ?? '')) ?? known[0];
  }
}

interface Row {
  readonly cells: readonly string[];
  /** The line of the file on which it begins. */
  readonly line: number;
}

const [NEWLINE, RETURN, QUOTE] = ['\n', '\r', '"'] as const;

/** A cell in quotes may hold delimiters and ends of lines; two quotes in it are one. */
class RowReader {
  readonly #special: RegExp;
  readonly #delimiter: Delimiter;
  #cells: string[] = [];
  #parts: string[] = [];
  #isQuoted = false;
  /** A quote has ended the cell, unless another one follows. */
  #isAfterQuote = false;
  #line = 1;
  #rowLine = 1;

  constructor(delimiter: Delimiter) {
    this.#delimiter = delimiter;
    this.#special = new RegExp(`["\\r\\n${delimiter === '|' ? '\\|' : delimiter}]`, 'g');
  }

  *take(text: string): Generator<Row, void> {
    for (let at = 0; at < text.length; ) {
      if (this.#isQuoted) {
        at = this.#takeQuoted(text, at);
        continue;
      }
      const character = text.charAt(at);
      if (character === QUOTE && (this.#isAfterQuote || this.#parts.length === 0)) {
        if (this.#isAfterQuote) this.#parts.push(QUOTE);
        this.#isQuoted = true;
        at += 1;
      } else if (character === this.#delimiter) {
        this.#endCell();
        at += 1;
      } else if (character === NEWLINE) {
        yield this.#endRow();
        at += 1;
      } else if (character === RETURN) at += 1;
      else at = this.#takePlain(text, at);
      this.#isAfterQuote = false;
    }
  }

  *end(): Generator<Row, void> {
    if (this.#cells.length > 0 || this.#parts.length > 0) yield this.#endRow();
  }

  #takeQuoted(text: string, from: number): number {
    const quote = text.indexOf(QUOTE, from);
    const to = quote < 0 ? text.length : quote;
    const part = text.slice(from, to);
    this.#parts.push(part);
    for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, at + 1)) this.#line += 1;
    if (quote < 0) return to;
    this.#isQuoted = false;
    this.#isAfterQuote = true;
    return quote + 1;
  }

  #takePlain(text: string, from: number): number {
    this.#special.lastIndex = from + 1;
    const to = this.#special.exec(text)?.index ?? text.length;
    this.#parts.push(text.slice(from, to));
    return to;
  }

  #endCell(): void {
    this.#cells.push(this.#parts.join(''));
    this.#parts = [];
  }

  #endRow(): Row {
    this.#endCell();
    const row = { cells: this.#cells, line: this.#rowLine };
    this.#cells = [];
    this.#line += 1;
    this.#rowLine = this.#line;
    return row;
  }
}
