/** Which lanes are in the picture: those that the filter leaves, and of them those with anything in the time on show. */

import { densityOf } from '../draw.ts';
import { shareOf } from '../html.ts';
import { nounOf } from '../lanes.ts';
import { itemsOf } from '../words.ts';
import { type Chart, isSeen, type Track } from './chart.ts';
import { allOf, byId, part } from './dom.ts';

interface Layer {
  readonly track: Track;
  /** From the first thing in the lane to the last. */
  readonly fromMs: number;
  readonly toMs: number;
}

export class Stack {
  readonly #chart: Chart;
  readonly #layers: readonly Layer[];
  #left: readonly boolean[];

  constructor(chart: Chart) {
    this.#chart = chart;
    this.#layers = chart.tracks.flatMap(layerOf);
    this.#left = this.#layers.map(() => true);
    chart.onMove(() => this.#arrange());
    for (const fold of allOf<HTMLDetailsElement>(document, '.fold')) fold.addEventListener('toggle', () => this.#fit());
  }

  get shown(): number {
    return this.#layers.filter(({ track }) => !track.host.hidden).length;
  }

  /** Takes what the filter has left. */
  select(left: readonly boolean[]): void {
    this.#left = left;
    // What somebody asks for is not kept from them by a fold.
    if (left.includes(false)) for (const fold of allOf<HTMLDetailsElement>(document, '.fold')) fold.open = true;
    this.#arrange();
    this.#chart.drawVisible();
  }

  #arrange(): void {
    const { isWhole, view, anchor } = this.#chart;
    const before = anchor?.host.getBoundingClientRect();
    for (const [place, { track, fromMs, toMs }] of this.#layers.entries()) {
      const isInView = isWhole || (fromMs <= view.toMs && toMs >= view.fromMs);
      const isHidden = !isInView || this.#left[place] !== true;
      // Setting what is set already would cost a style pass for every lane.
      if (track.host.hidden !== isHidden) track.host.hidden = isHidden;
    }
    this.#fit();
    const after = anchor?.host.getBoundingClientRect();
    if (before === undefined || after === undefined || anchor?.host.hidden === true) return;
    const wasSeen = before.height > 0 && before.bottom > 0 && before.top < innerHeight;
    if (wasSeen) scrollBy({ top: after.top - before.top, behavior: 'instant' });
  }

  /** Makes headings and heights right for what is left. */
  #fit(): void {
    const { chunks, model } = this.#chart;
    for (const { element, tracks } of chunks) {
      const count = tracks.filter(({ host }) => !host.hidden).length;
      element.hidden = count === 0;
      element.style.setProperty('contain-intrinsic-block-size', `auto calc(${count} * var(--h))`);
    }
    for (const [index, section] of allOf(document, '.lanes section').entries()) {
      const group = model.groups[index];
      const heading = section.querySelector('h3 span');
      const count = section.querySelectorAll('.lane:not([hidden])').length;
      const fold = section.querySelector<HTMLElement>('.fold');
      const folded = fold?.querySelectorAll('.lane:not([hidden])').length ?? 0;
      section.hidden = count === 0;
      if (fold !== null) fold.hidden = folded === 0;
      if (fold !== null && group !== undefined)
        part(fold, 'summary span').textContent = shareOf(folded, group.lanes.length - group.problems, nounOf(group));
      if (heading !== null && group !== undefined) heading.textContent = shareOf(count, group.lanes.length, nounOf(group));
    }
    document.documentElement.dataset['density'] = densityOf(this.#layers.filter(({ track }) => isSeen(track)).length);
    byId('empty').hidden = this.shown > 0;
  }
}

function layerOf(track: Track): Layer[] {
  if (track.placed === undefined) return [];
  const items = itemsOf(track.placed.lane);
  const toMs = items.reduce((last, item) => Math.max(last, item.toMs), Number.NEGATIVE_INFINITY);
  return [{ track, fromMs: items[0]?.fromMs ?? Number.POSITIVE_INFINITY, toMs }];
}
