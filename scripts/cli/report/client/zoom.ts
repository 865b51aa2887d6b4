/** The sliders and buttons that choose the range of time, for those who do not drag. */
import type { Chart } from './chart.ts';
import { byId, onEach } from './dom.ts';

const SLIDER_STEPS = 1_000;
/** How much of what is on show a press of earlier or later moves. */
const MOVE = 0.25;

export function bindZoom(chart: Chart): void {
  const { fromMs, toMs } = chart.model.timeline;
  const timeOf = (id: string): number => fromMs + (Number(byId<HTMLInputElement>(id).value) / SLIDER_STEPS) * (toMs - fromMs);
  byId('from').addEventListener('input', () => chart.show(Math.min(timeOf('from'), chart.view.toMs), chart.view.toMs));
  byId('to').addEventListener('input', () => {
    const end = timeOf('to');
    chart.show(Math.min(chart.view.fromMs, end), end);
  });
  onEach(['in', 'out'], 'click', (id) => zoomBy(chart, id === 'in' ? 0.5 : 2));
  onEach(['earlier', 'later'], 'click', (id) => {
    const by = (chart.view.toMs - chart.view.fromMs) * (id === 'earlier' ? -MOVE : MOVE);
    chart.show(chart.view.fromMs + by, chart.view.toMs + by);
  });
  byId('reset').addEventListener('click', () => chart.showAll());
  chart.onMove(() => tellSliders(chart));
  tellSliders(chart);
}

function zoomBy(chart: Chart, factor: number): void {
  const { fromMs, toMs } = chart.view;
  const centre = (fromMs + toMs) / 2;
  chart.show(centre - (centre - fromMs) * factor, centre + (toMs - centre) * factor);
}

function tellSliders({ view, model }: Chart): void {
  const { fromMs, toMs } = model.timeline;
  for (const [id, atMs] of [['from', view.fromMs] as const, ['to', view.toMs] as const]) {
    byId<HTMLInputElement>(id).value = `${Math.round(((atMs - fromMs) / (toMs - fromMs)) * SLIDER_STEPS)}`;
    byId(id).setAttribute('aria-valuetext', `${model.scene.stamp(atMs)} UTC`);
  }
}
