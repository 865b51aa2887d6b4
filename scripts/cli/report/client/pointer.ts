/** The mouse over the picture: what it points at gets its note; a drag selects a range of time; a click moves the focus. */

import { STRETCH_KINDS } from '../stretches.ts';
import { type Item, tellItem } from '../words.ts';
import type { Chart, Track } from './chart.ts';
import { byId, targetOf } from './dom.ts';
import type { Tip } from './tip.ts';
import type { Walk } from './walk.ts';

/** So far from a mark it is still meant, and so far a shaky click is still a click. */
const NEAR_PIXELS = 4;

export class Pointer {
  readonly #chart: Chart;
  readonly #tip: Tip;
  readonly #walk: Walk;
  readonly #selection = byId('sel');
  #dragFrom: number | undefined;
  #hasDragged = false;

  constructor(chart: Chart, tip: Tip, walk: Walk) {
    this.#chart = chart;
    this.#tip = tip;
    this.#walk = walk;
    const area = byId('chart');
    area.addEventListener('pointermove', (event) => this.#hover(event));
    area.addEventListener('pointerleave', () => tip.leave());
    area.addEventListener('pointerdown', (event) => this.#begin(event));
    // Else the browser would select the text that the drag passes over.
    area.addEventListener('mousedown', (event) => {
      if (isDrawing(targetOf(event))) event.preventDefault();
    });
    area.addEventListener('click', (event) => this.#click(event, false));
    area.addEventListener('dblclick', (event) => this.#click(event, true));
    addEventListener('pointermove', (event) => this.#drag(event));
    addEventListener('pointerup', (event) => this.#end(event));
    addEventListener('pointercancel', () => this.#stop());
  }

  #hover(event: PointerEvent): void {
    if (this.#dragFrom !== undefined) return;
    const found = this.#find(event);
    if (found === undefined) {
      this.#tip.leave();
      return;
    }
    const telling = tellItem(found.item, found.track.placed?.lane, this.#chart.model.scene);
    const { top, bottom, height } = found.track.svg.getBoundingClientRect();
    this.#tip.hover(telling, { left: event.clientX, right: event.clientX, top, bottom, width: 0, height });
  }

  #click(event: MouseEvent, isDouble: boolean): void {
    if (this.#hasDragged) return;
    const found = this.#find(event);
    if (found === undefined) return;
    this.#walk.goTo(found.track, found.item);
    if (isDouble) this.#walk.zoomTo(found.item);
  }

  #begin(event: PointerEvent): void {
    this.#hasDragged = false;
    // A finger scrolls; for it there are the sliders.
    if (event.button === 0 && event.pointerType !== 'touch' && isDrawing(targetOf(event))) {
      this.#dragFrom = event.clientX;
      this.#chart.anchor = this.#chart.trackOf(targetOf(event));
    }
  }

  #drag({ clientX }: PointerEvent): void {
    if (this.#dragFrom === undefined || (!this.#hasDragged && Math.abs(clientX - this.#dragFrom) <= NEAR_PIXELS)) return;
    this.#hasDragged = true;
    this.#tip.hide();
    const box = byId('chart').getBoundingClientRect();
    const [left, right] = [Math.min(clientX, this.#dragFrom), Math.max(clientX, this.#dragFrom)];
    const top = Math.max(0, box.top);
    const { style } = this.#selection;
    style.left = `${left}px`;
    style.width = `${right - left}px`;
    style.top = `${top}px`;
    style.height = `${Math.min(innerHeight, box.bottom) - top}px`;
    this.#selection.hidden = false;
  }

  #end({ clientX }: PointerEvent): void {
    const from = this.#dragFrom;
    this.#stop();
    if (from === undefined || !this.#hasDragged) return;
    const [start, end] = [this.#timeAt(Math.min(from, clientX)), this.#timeAt(Math.max(from, clientX))];
    this.#chart.show(start, end);
  }

  #stop(): void {
    this.#dragFrom = undefined;
    this.#selection.hidden = true;
  }

  #timeAt(clientX: number): number {
    const box = this.#chart.tracks[0]?.svg.getBoundingClientRect();
    const { fromMs, toMs } = this.#chart.view;
    const share = box === undefined ? 0 : (clientX - box.left) / box.width;
    return fromMs + Math.min(Math.max(share, 0), 1) * (toMs - fromMs);
  }

  #find(event: MouseEvent): { track: Track; item: Item } | undefined {
    const { clientX, clientY } = event;
    const target = targetOf(event);
    const track = isDrawing(target) ? this.#chart.trackOf(target) : undefined;
    if (track === undefined) return undefined;
    const box = track.svg.getBoundingClientRect();
    const { fromMs, toMs } = this.#chart.view;
    const nearMs = (NEAR_PIXELS / box.width) * (toMs - fromMs);
    const atMs = this.#timeAt(clientX);
    const isMeant = (item: Item): boolean => item.fromMs - nearMs <= atMs && atMs <= item.toMs + nearMs;
    const share = (clientY - box.top) / box.height;
    const items = this.#chart.itemsOf(track).filter(isMeant);
    const [item] = items.toSorted((one, other) => rankOf(other, track, share) - rankOf(one, track, share));
    return item === undefined ? undefined : { track, item };
  }
}

/** What is painted on top is what is pointed at; events have the strip at the bottom of a lane to themselves. */
function rankOf(item: Item, { placed }: Track, share: number): number {
  if (item.is === 'event') return share > 0.8 ? 100 : 0;
  if (item.is === 'change') return 50;
  if (item.is === 'bucket') return 1;
  const { kind, targetGroup } = item.stretch;
  const groups = placed?.group.targetGroups ?? [];
  const isInBand =
    targetGroup === undefined || groups.indexOf(targetGroup) === Math.floor(((share * 24 - 5) / 9) * groups.length);
  return 1 + STRETCH_KINDS.indexOf(kind) + (groups.length > 1 && isInBand ? 20 : 0);
}

function isDrawing(element: Element | null): boolean {
  return element?.closest('.lane > svg, .row > svg') !== null && element !== null;
}
