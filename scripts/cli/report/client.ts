/** What the page does once it is open. It is bundled and put into the file; see script.ts. */
import { Chart } from './client-chart.ts';
import { Pointer } from './client-pointer.ts';
import { Stack } from './client-stack.ts';
import { Tables } from './client-tables.ts';
import { Tip } from './client-tip.ts';
import { Walk } from './client-walk.ts';
import { bindZoom } from './client-zoom.ts';
import { byId, page, view as screen } from './dom.ts';
import { modelOf } from './model.ts';
import { type Packed, unpack } from './pack.ts';

async function start(): Promise<void> {
  const model = modelOf(unpack(await readData()));
  byId('controls').hidden = false;
  page.documentElement.classList.add('live');
  const chart = new Chart(model, widthOf('axis'));
  const tip = new Tip();
  // What the lanes are comes before what stands on them.
  const stack = new Stack(chart);
  const walk = new Walk(chart, tip);
  const tables = new Tables(chart, stack, walk);
  chart.onMove(() => tables.tell());
  bindZoom(chart);
  new Pointer(chart, tip, walk);
  chart.drawHead();
  measureHead();
  screen.addEventListener('resize', () => {
    measureHead();
    chart.show(chart.view.fromMs, chart.view.toMs, widthOf('axis'));
  });
  screen.addEventListener('scroll', () => tip.follow());
  page.documentElement.dataset['ready'] = 'yes';
}

async function readData(): Promise<Packed> {
  const bytes = Uint8Array.from(atob(byId('data').textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(stream).text());
}

/** Lanes that are scrolled to stop below the head, which else would cover what has just got the focus. */
function measureHead(): void {
  const height = page.querySelector('.top')?.offsetHeight ?? 0;
  page.documentElement.style.setProperty('--head', `${height}px`);
}

function widthOf(id: string): number {
  return byId(id).getBoundingClientRect().width;
}

void start();
