/** What is left of lanes and rows by a text, a group and a kind: one answer for both, so that they never disagree. */
import type { Model, PlacedLane } from './model.ts';
import { type Row, TABLE_NAMES, type TableName, wordsOf } from './rows.ts';

export interface Filter {
  /** Words that all have to occur, in any order. An address means itself: 10.0.0.5 does not find 10.0.0.50. */
  readonly text: string;
  /** The name of an ECS group; empty for all. */
  readonly group: string;
  /** `problem`, `stale`, `missing`, or the kind of a row. */
  readonly kind: string;
}

export interface Filtered {
  /** For every lane, whether it is shown. */
  readonly lanes: readonly boolean[];
  readonly rows: Readonly<Record<TableName, readonly Row[]>>;
}

export class Sieve {
  readonly #model: Model;
  /** Made when somebody first types, and not while the page loads. */
  #texts: ReadonlyMap<Row, string> | undefined;

  constructor(model: Model) {
    this.#model = model;
  }

  apply(filter: Filter): Filtered {
    const { lanes, rows } = this.#model;
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean).map(finderOf);
    const all = TABLE_NAMES.flatMap((name) => rows[name]);
    if (words.length === 0 && filter.group === '' && filter.kind === '') return { lanes: lanes.map(() => true), rows };
    const ofKind = lanesOfKind(lanes, all, filter.kind);
    const tables = new Set(all.filter(({ kind }) => kind === filter.kind).map(({ table }) => table));
    // The kind of a row picks rows in its own table; in the others it leaves what belongs to the same tasks.
    const hasKind = ({ kind, table, lane }: Row): boolean =>
      filter.kind === '' || kind === filter.kind || (!tables.has(table) && ofKind[lane] === true);
    const isInGroup = (lane: number): boolean => filter.group === '' || lanes[lane]?.group.name === filter.group;
    const shown = all.filter((row) => hasKind(row) && isInGroup(row.lane) && this.#matches(row, words));
    const named = new Set(shown.map(({ lane }) => lane));
    return {
      lanes: lanes.map((placed, place) => {
        const isNamed = words.length > 0 && named.has(place);
        return ofKind[place] === true && isInGroup(place) && (isNamed || hasWords(laneText(placed), words));
      }),
      rows: splitRows(shown),
    };
  }

  #matches(row: Row, words: readonly Finder[]): boolean {
    if (words.length === 0) return true;
    this.#texts ??= this.#readTexts();
    return hasWords(this.#texts.get(row) ?? '', words);
  }

  /** A row is found by its own words and by those of its lane, such as the group. */
  #readTexts(): ReadonlyMap<Row, string> {
    const { lanes, rows } = this.#model;
    const ofLanes = lanes.map(laneText);
    const all = TABLE_NAMES.flatMap((name) => rows[name]);
    return new Map(all.map((row) => [row, `${wordsOf(row).join(' ').toLowerCase()} ${ofLanes[row.lane] ?? ''}`]));
  }
}

function splitRows(rows: readonly Row[]): Filtered['rows'] {
  const of = (name: TableName): readonly Row[] => rows.filter(({ table }) => table === name);
  return { findings: of('findings'), changes: of('changes'), events: of('events') };
}

function lanesOfKind(lanes: readonly PlacedLane[], rows: readonly Row[], kind: string): boolean[] {
  const named = new Set(rows.filter((row) => row.kind === kind).map(({ lane }) => lane));
  return lanes.map(
    ({ lane }, place) =>
      kind === '' ||
      named.has(place) ||
      (kind === 'problem' ? lane.wrongMs > 0 : lane.target.some((stretch) => stretch.kind === kind)),
  );
}

function laneText({ lane, group }: PlacedLane): string {
  return `${lane.task?.arn ?? ''} ${lane.name} ${lane.address} ${group.name}`.toLowerCase();
}

type Finder = (text: string) => boolean;

/** A word of digits and dots stands for a whole number at either end; what is still being typed ends with a dot, or is an id. */
function finderOf(word: string): Finder {
  if (!/^\d[\d.:]*\.[\d.:]*\d$/.test(word)) return (text) => text.includes(word);
  const pattern = new RegExp(`(?<!\\d)${word.replaceAll('.', '\\.')}(?!\\d)`);
  return (text) => pattern.test(text);
}

function hasWords(text: string, words: readonly Finder[]): boolean {
  return words.every((isIn) => isIn(text));
}
