/** Walking through the picture with the keyboard: one thing at a time is in the tab order, and the arrow keys move on. */

import { x } from '../draw.ts';
import { type Item, tellItem } from '../words.ts';
import { type Chart, isSeen, type Track } from './chart.ts';
import { byId } from './dom.ts';
import type { Box, Tip } from './tip.ts';

interface Place {
  readonly track: Track;
  readonly item: Item;
}

const ROWS_OF_A_PAGE = 10;
/** Zooms to twice the length of a thing, so that what is next to it stays in observation. */
const MARGIN = 0.5;

export class Walk {
  readonly #chart: Chart;
  readonly #tip: Tip;
  #place: Place | undefined;
  /** What has the focus. A new one for every step: a screen reader speaks of an element that gets the focus. */
  #ring: HTMLElement | undefined;

  constructor(chart: Chart, tip: Tip) {
    this.#chart = chart;
    this.#tip = tip;
    byId('chart').addEventListener('keydown', (event) => this.#press(event));
    chart.onMove(() => this.settle());
    this.settle();
  }

  /** Moves the focus to this thing, and its note along. */
  goTo(track: Track, item: Item, block: 'nearest' | 'center' = 'nearest'): void {
    if (track.fold !== undefined) track.fold.open = true;
    this.#put({ track, item });
    track.host.scrollIntoView({ block, behavior: 'instant' });
    this.#ring?.focus({ preventScroll: true });
  }

  /** Stays with what it is at, if that is still to be seen, else goes to the first thing that is. */
  settle(): void {
    const hadFocus = this.#ring !== undefined && document.activeElement === this.#ring;
    const old = this.#place;
    const place = old !== undefined && this.#isShown(old) ? old : this.#firstPlace(old?.track);
    if (place === undefined) return;
    this.#put(place);
    if (hadFocus) this.#ring?.focus({ preventScroll: true });
  }

  zoomTo(item: Item): void {
    const { fromMs, toMs } = this.#chart.model.timeline;
    const [start, end] = [Math.max(item.fromMs, fromMs), Math.min(item.toMs, toMs)];
    // A mark has no length: it is shown with a tenth of what is on show now.
    const around = start === end ? (this.#chart.view.toMs - this.#chart.view.fromMs) / 20 : (end - start) * MARGIN;
    this.#chart.show(start - around, end + around);
  }

  boxOf({ track, item }: Place): Box {
    const box = track.svg.getBoundingClientRect();
    const view = { ...this.#chart.view, width: box.width };
    const [left, right] = [box.left + x(item.fromMs, view), box.left + x(item.toMs, view)];
    return { left, right, top: box.top, bottom: box.bottom, width: right - left, height: box.height };
  }

  #isShown({ track, item }: Place): boolean {
    const { fromMs, toMs } = this.#chart.view;
    return isSeen(track) && item.toMs >= fromMs && item.fromMs <= toMs;
  }

  #firstPlace(preferred: Track | undefined): Place | undefined {
    for (const track of preferred === undefined ? this.#chart.tracks : [preferred, ...this.#chart.tracks]) {
      const [item] = isSeen(track) ? this.#chart.itemsOf(track) : [];
      if (item !== undefined) return { track, item };
    }
    return undefined;
  }

  #put(place: Place): void {
    const { track, item } = place;
    const telling = tellItem(item, track.placed?.lane, this.#chart.model.scene);
    const ring = document.createElement('span');
    ring.className = 'ring';
    const name = track.placed === undefined ? '' : `, ${track.placed.lane.name}`;
    const attributes = { role: 'button', tabindex: '0', 'aria-label': `${telling.title}${name}`, 'aria-describedby': 'tip' };
    for (const [attribute, value] of Object.entries(attributes)) ring.setAttribute(attribute, value);
    const [box, host] = [this.boxOf(place), track.host.getBoundingClientRect()];
    ring.style.left = `${box.left - host.left}px`;
    ring.style.width = `${box.width}px`;
    ring.addEventListener('focus', () => this.#tip.pin(telling, () => this.boxOf(place)));
    ring.addEventListener('blur', () => {
      if (this.#ring === ring) this.#tip.unpin();
    });
    const old = this.#ring;
    this.#place = place;
    this.#chart.anchor = track;
    this.#ring = ring;
    track.host.append(ring);
    old?.remove();
  }

  #press(event: KeyboardEvent): void {
    if (this.#place === undefined || event.target !== this.#ring || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.#actionOf(event.key, this.#place);
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  #actionOf(key: string, { track, item }: Place): (() => void) | undefined {
    const actions: Readonly<Record<string, () => void>> = {
      ArrowRight: () => this.#along(1),
      ArrowLeft: () => this.#along(-1),
      Home: () => this.#along(Number.NEGATIVE_INFINITY),
      End: () => this.#along(Number.POSITIVE_INFINITY),
      ArrowDown: () => this.#across(1, track, item),
      ArrowUp: () => this.#across(-1, track, item),
      PageDown: () => this.#across(ROWS_OF_A_PAGE, track, item),
      PageUp: () => this.#across(-ROWS_OF_A_PAGE, track, item),
      Enter: () => this.zoomTo(item),
      ' ': () => this.zoomTo(item),
      '+': () => this.#zoomBy(0.5, item),
      '=': () => this.#zoomBy(0.5, item),
      '-': () => this.#zoomBy(2, item),
      '0': () => this.#chart.showAll(),
      Escape: () => this.#tip.hide(),
    };
    return actions[key];
  }

  #along(by: number): void {
    if (this.#place === undefined) return;
    const { track, item } = this.#place;
    const items = this.#chart.itemsOf(track);
    const next = items[Math.min(Math.max(items.findIndex((other) => isSame(other, item)) + by, 0), items.length - 1)];
    if (next !== undefined) this.goTo(track, next);
  }

  /** To another row, there to what is of the same kind and nearest in time. Rows with nothing to see are passed over. */
  #across(by: number, track: Track, item: Item): void {
    const rows = this.#chart.tracks.filter(isSeen);
    const start = rows.indexOf(track);
    const wanted = Math.min(Math.max(start + by, 0), rows.length - 1);
    const ahead = by > 0 ? rows.slice(wanted) : rows.slice(0, wanted + 1).reverse();
    for (const row of ahead) {
      if (row === track) return;
      const items = this.#chart.itemsOf(row);
      const alike = items.filter((other) => kindOf(other) === kindOf(item));
      const [nearest] = (alike.length > 0 ? alike : items).toSorted(
        (one, other) => distance(one, item) - distance(other, item),
      );
      if (nearest === undefined) continue;
      this.goTo(row, nearest);
      return;
    }
  }

  #zoomBy(factor: number, item: Item): void {
    const { fromMs, toMs } = this.#chart.view;
    const centre = (Math.max(item.fromMs, fromMs) + Math.min(item.toMs, toMs)) / 2;
    this.#chart.show(centre - (centre - fromMs) * factor, centre + (toMs - centre) * factor);
  }
}

function kindOf(item: Item): string {
  return item.is === 'stretch' ? item.stretch.kind : item.is === 'change' ? item.change.kind : item.is;
}

/** Items are made anew for every question; what they are about is not, except for what is counted. */
function isSame(one: Item, other: Item): boolean {
  if (one.is === 'bucket') return one.is === other.is && one.fromMs === other.fromMs;
  return aboutOf(one) === aboutOf(other);
}

function aboutOf(item: Item): object {
  switch (item.is) {
    case 'stretch':
      return item.stretch;
    case 'change':
      return item.change;
    case 'event':
      return item.event;
    case 'bucket':
      return item.bucket;
  }
}

function distance(one: Item, other: Item): number {
  return Math.abs(one.fromMs - other.fromMs);
}
