/** The picture in the browser: which part of time it shows, and drawing that part from the times themselves. */
import { dateOf } from '../clock.ts';
import { drawAbsent, drawAxis, drawCalls, drawCounts, drawGrid, drawLane } from '../draw.ts';
import { bucketsOf, mostOf, sumOf } from '../load.ts';
import type { Model, PlacedLane } from '../model.ts';
import type { View } from '../ticks.ts';
import { bucketItems, type Item, itemsOf } from '../words.ts';
import { allOf, byId, part } from './dom.ts';

/** A row of the picture that has things to point at. */
export interface Track {
  /** The element around name and drawing. */
  readonly host: HTMLElement;
  readonly svg: SVGElement;
  /** Undefined for what is counted over all tasks. */
  readonly placed: PlacedLane | undefined;
  /** What it can be folded away with. */
  readonly fold: HTMLDetailsElement | undefined;
}

/** Whether the row is on the page, if perhaps further down. */
export function isSeen({ host, fold }: Track): boolean {
  return !host.hidden && fold?.open !== false;
}

/** Lanes that are laid out together. */
export interface Chunk {
  readonly element: HTMLElement;
  readonly tracks: readonly Track[];
}

/** Closer than this there is nothing to see: the data has milliseconds. */
const SPAN_MS_MIN = 5;

export class Chart {
  readonly model: Model;
  /** From top to bottom: what is counted, then the lanes. */
  readonly tracks: readonly Track[];
  readonly #tracksOf = new Map<Element, Track>();
  readonly chunks: readonly Chunk[];
  readonly #visible = new Set<Element>();
  readonly #drawn = new Map<Track, View>();
  readonly #moved: (() => void)[] = [];
  #view: View;
  /** The row that a person is at, which stays where it is on the screen when others come and go. */
  anchor: Track | undefined;

  constructor(model: Model, width: number) {
    this.model = model;
    const { fromMs, toMs } = model.timeline;
    this.#view = { fromMs, toMs, width };
    const counted = allOf(document, '.counts, .absent-row, .called').map((host) => trackOf(host, undefined));
    const lanes = allOf(document, '.lane').map((host, place) => trackOf(host, model.lanes[place]));
    this.tracks = [...counted, ...lanes];
    for (const track of this.tracks) this.#tracksOf.set(track.host, track);
    this.chunks = allOf(document, '.chunk').map((element) => {
      const hosts = allOf(element, '.lane');
      return { element, tracks: hosts.flatMap((host) => this.#tracksOf.get(host) ?? []) };
    });
    // What the file brings along is drawn for the whole of time; only another range makes it stale.
    for (const track of lanes) this.#drawn.set(track, this.#view);
    this.#watch();
  }

  get view(): View {
    return this.#view;
  }

  get isWhole(): boolean {
    const { fromMs, toMs } = this.model.timeline;
    return this.#view.fromMs === fromMs && this.#view.toMs === toMs;
  }

  onMove(moved: () => void): void {
    this.#moved.push(moved);
  }

  trackOf(element: Element | null): Track | undefined {
    const host = element?.closest('.lane, .counts, .absent-row, .called');
    return host ? this.#tracksOf.get(host) : undefined;
  }

  /** The things in a row that the part of time on show has something of. */
  itemsOf({ placed }: Track): Item[] {
    const { fromMs, toMs } = this.#view;
    const items = placed === undefined ? bucketItems(bucketsOf(this.model.load, this.#view)) : itemsOf(placed.lane);
    return items.filter((item) => item.toMs >= fromMs && item.fromMs <= toMs);
  }

  show(fromMs: number, toMs: number, width = this.#view.width): void {
    const whole = this.model.timeline;
    const span = Math.min(Math.max(toMs - fromMs, SPAN_MS_MIN), whole.toMs - whole.fromMs);
    const start = Math.min(Math.max(fromMs, whole.fromMs), whole.toMs - span);
    this.#view = { fromMs: start, toMs: start + span, width };
    this.drawHead();
    for (const moved of this.#moved) moved();
    this.drawVisible();
  }

  showAll(): void {
    this.show(this.model.timeline.fromMs, this.model.timeline.toMs);
  }

  drawVisible(): void {
    for (const { element, tracks } of this.chunks) if (this.#visible.has(element)) this.#draw(tracks);
  }

  /** Brings the rest up to date as well, for paper, which has no view to scroll into. */
  drawAll(): void {
    this.#draw(this.tracks);
  }

  drawHead(): void {
    const { load } = this.model;
    byId('axis').innerHTML = drawAxis(this.#view);
    byId('grid').innerHTML = drawGrid(this.#view);
    byId('day').textContent = dateOf(this.#view.fromMs);
    const most = Math.max(mostOf(load.running), mostOf(load.registered));
    const buckets = bucketsOf(load, this.#view);
    const mostCalls = buckets.reduce((least, { calls }) => Math.max(least, sumOf(calls)), 0);
    const [counts, absent, called] = this.tracks;
    const mostAbsent = Math.max(mostOf(load.absent), mostOf(load.wrong));
    if (counts !== undefined) fill(counts, drawCounts(load, most, this.#view), this.#view);
    if (absent !== undefined) fill(absent, drawAbsent(load, mostAbsent, this.#view), this.#view);
    if (called !== undefined) fill(called, drawCalls(buckets, mostCalls, this.#view), this.#view);
  }

  #watch(): void {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) this.#visible.add(target);
          else this.#visible.delete(target);
        }
        this.drawVisible();
      },
      { rootMargin: '300px' },
    );
    for (const { element } of this.chunks) observer.observe(element);
  }

  #draw(tracks: readonly Track[]): void {
    for (const track of tracks) {
      const { placed } = track;
      if (placed === undefined || track.host.hidden || this.#drawn.get(track) === this.#view) continue;
      fill(track, drawLane(placed.lane, placed.group.targetGroups, this.#view), this.#view);
      this.#drawn.set(track, this.#view);
    }
  }
}

function trackOf(host: HTMLElement, placed: PlacedLane | undefined): Track {
  const fold = host.closest<HTMLDetailsElement>('details') ?? undefined;
  return { host, svg: part<SVGElement>(host, ':scope > svg'), placed, fold };
}

/** The view box takes on the true width: nothing is stretched any more. */
function fill({ svg }: Track, shapes: string, { width }: View): void {
  const height = svg.getAttribute('viewBox')?.split(' ')[3] ?? '1';
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.innerHTML = shapes;
}
