/** What the page does once it is open. It is bundled and put into the file; see script.ts. */

import { type Model, modelOf, type PageData } from '../model.ts';
import { bindAddress } from './address.ts';
import { Chart } from './chart.ts';
import { bindCopy } from './copy.ts';
import { byId } from './dom.ts';
import { Pointer } from './pointer.ts';
import { Stack } from './stack.ts';
import { Tables } from './tables.ts';
import { Tip } from './tip.ts';
import { Walk } from './walk.ts';
import { bindZoom } from './zoom.ts';

async function start(): Promise<void> {
  const { timeline, findings } = await readData();
  document.documentElement.classList.add('live');
  bindCopy();
  if (timeline !== undefined) show(modelOf(timeline, findings));
  document.documentElement.dataset['ready'] = 'yes';
}

function show(model: Model): void {
  byId('controls').hidden = false;
  const chart = new Chart(model, widthOf('axis'));
  const tip = new Tip();
  // What the lanes are comes before what stands on them.
  const stack = new Stack(chart);
  const walk = new Walk(chart, tip);
  const tables = new Tables(chart, stack, walk);
  chart.onMove(() => tables.tell());
  bindZoom(chart);
  bindAddress(chart, tables);
  new Pointer(chart, tip, walk);
  chart.drawHead();
  measureHead();
  addEventListener('resize', () => {
    measureHead();
    chart.show(chart.view.fromMs, chart.view.toMs, widthOf('axis'));
  });
  addEventListener('scroll', () => tip.follow());
}

async function readData(): Promise<PageData> {
  const bytes = Uint8Array.from(atob(byId('data').textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(stream).text());
}

/** Lanes that are scrolled to stop below the head, which else would cover what has just got the focus. */
function measureHead(): void {
  const height = document.querySelector<HTMLElement>('.top')?.offsetHeight ?? 0;
  document.documentElement.style.setProperty('--head', `${height}px`);
}

function widthOf(id: string): number {
  return byId(id).getBoundingClientRect().width;
}

void start();
