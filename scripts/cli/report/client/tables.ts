/** The filter, and the tables that show what it leaves. */

import { type Filtered, Sieve } from '../filter.ts';
import { shareOf } from '../html.ts';
import { type Row, TABLE_NAMES, type TableName } from '../rows.ts';
import { drawRows, ROWS_AT_FIRST, TABLES } from '../tables.ts';
import type { Item } from '../words.ts';
import type { Chart, Track } from './chart.ts';
import { allOf, byId, onEach, part, targetOf } from './dom.ts';
import type { Stack } from './stack.ts';
import type { Walk } from './walk.ts';

/** More than this is a book: who wants all of it on paper chooses to see all of it first. */
const ROWS_PRINTED_MAX = 1_000;

export class Tables {
  readonly #chart: Chart;
  readonly #stack: Stack;
  readonly #walk: Walk;
  readonly #sieve: Sieve;
  readonly #limits = new Map<TableName, number>(TABLE_NAMES.map((name) => [name, ROWS_AT_FIRST[name]]));
  #filtered: Filtered;

  constructor(chart: Chart, stack: Stack, walk: Walk) {
    this.#chart = chart;
    this.#stack = stack;
    this.#walk = walk;
    this.#sieve = new Sieve(chart.model);
    this.#filtered = this.#sieve.apply({ text: '', group: '', kind: '' });
    onEach(['text', 'group', 'kind'], 'input', () => this.filter());
    byId('controls').addEventListener('submit', (event) => event.preventDefault());
    for (const name of TABLE_NAMES) byId(name).addEventListener('click', (event) => this.#click(name, event));
    addEventListener('beforeprint', () => this.#print());
    addEventListener('afterprint', () => this.#draw(this.#limits));
    this.tell();
  }

  /** Says how much is on show, aloud as well. */
  tell(): void {
    const { rows } = this.#filtered;
    const { view } = this.#chart;
    const { stamp } = this.#chart.model.scene;
    const shares = TABLE_NAMES.map((name) =>
      shareOf(rows[name].length, this.#chart.model.rows[name].length, TABLES[name].noun),
    );
    const tasks = shareOf(this.#stack.shown, this.#chart.model.lanes.length, 'lane');
    const text = `${[tasks, ...shares].join(', ')} · ${stamp(view.fromMs)} to ${stamp(view.toMs)} UTC`;
    if (byId('status').textContent !== text) byId('status').textContent = text;
  }

  /** Shows what the controls ask for. */
  filter(): void {
    const filter = {
      text: byId<HTMLInputElement>('text').value,
      group: byId<HTMLSelectElement>('group').value,
      kind: byId<HTMLSelectElement>('kind').value,
    };
    this.#filtered = this.#sieve.apply(filter);
    this.#stack.select(this.#filtered.lanes);
    this.#walk.settle();
    this.#draw(this.#limits);
    this.tell();
  }

  #draw(limits: ReadonlyMap<TableName, number>): void {
    for (const name of TABLE_NAMES) {
      const rows = this.#filtered.rows[name];
      const shown = rows.slice(0, limits.get(name));
      const section = byId(name);
      part(section, '.rows').innerHTML = drawRows(shown, this.#chart.model.scene.stamp);
      part(section, 'summary span').textContent = shareOf(rows.length, this.#chart.model.rows[name].length, TABLES[name].noun);
      part(section, '.more span').textContent = shareOf(shown.length, rows.length, TABLES[name].noun);
      part(section, '.more').hidden = shown.length === rows.length;
    }
  }

  #print(): void {
    for (const details of allOf<HTMLDetailsElement>(document, 'details')) details.open = true;
    this.#chart.drawAll();
    this.#draw(new Map(TABLE_NAMES.map((name) => [name, Math.max(ROWS_PRINTED_MAX, this.#limits.get(name) ?? 0)])));
  }

  #click(name: TableName, event: Event): void {
    const target = targetOf(event);
    const more = target?.closest<HTMLElement>('.more button')?.dataset['rows'];
    if (more !== undefined) {
      this.#limits.set(name, more === 'all' ? Number.POSITIVE_INFINITY : (this.#limits.get(name) ?? 0) + Number(more));
      this.#draw(this.#limits);
    }
    const link = target?.closest('.rows a') ?? null;
    if (link !== null && this.#follow(name, link)) event.preventDefault();
  }

  /** From a row to the very mark in the picture. */
  #follow(name: TableName, link: Element): boolean {
    const line = link.closest('.rows > *') ?? link;
    const row = this.#filtered.rows[name][allOf<Element>(byId(name), '.rows > *').indexOf(line)];
    const track = this.#chart.trackOf(document.querySelector(link.getAttribute('href') ?? ''));
    if (track === undefined || row === undefined) return false;
    if (row.table === 'findings') return this.#showLane(track);
    const { atMs } = row.table === 'changes' ? row.change : row.event;
    const { fromMs, toMs } = this.#chart.view;
    if (atMs < fromMs || atMs > toMs) this.#chart.showAll();
    const item = this.#chart.itemsOf(track).find((each) => isOfRow(each, row));
    if (item !== undefined) this.#walk.goTo(track, item, 'center');
    return item !== undefined;
  }

  #showLane(track: Track): boolean {
    this.#chart.showAll();
    const item = worstOf(this.#chart.itemsOf(track));
    if (item !== undefined) this.#walk.goTo(track, item, 'center');
    return item !== undefined;
  }
}

/** The first thing that is wrong, which is what a finding is about if the lane shows it at all. */
function worstOf(items: readonly Item[]): Item | undefined {
  return (
    items.find((item) => item.is === 'stretch' && (item.stretch.kind === 'missing' || item.stretch.kind === 'stale')) ??
    items.at(-1)
  );
}

function isOfRow(item: Item, row: Row): boolean {
  if (item.is === 'change') return row.table === 'changes' && row.change === item.change;
  return item.is === 'event' && row.table === 'events' && row.event === item.event;
}
