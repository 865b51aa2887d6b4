/** Filter and time in the address of the page, behind the #: whoever is sent the address sees the same. */
import type { Chart } from './chart.ts';
import { byId, onEach } from './dom.ts';
import type { Tables } from './tables.ts';

const FILTERS = ['text', 'group', 'kind'] as const;
/** A slider that is dragged would fill the history that browsers allow: they refuse to write after a hundred times. */
const WRITE_AFTER_MS = 200;

export function bindAddress(chart: Chart, tables: Tables): void {
  let timer = 0;
  const writeSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => write(chart), WRITE_AFTER_MS);
  };
  read(chart, tables);
  onEach(FILTERS, 'input', writeSoon);
  chart.onMove(writeSoon);
  addEventListener('hashchange', () => {
    read(chart, tables);
    if (location.hash.includes('=')) byId('chart').scrollIntoView({ block: 'start' });
  });
}

function read(chart: Chart, tables: Tables): void {
  // An address that leads to a place, such as #l12 or #findings, says nothing of a filter.
  if (location.hash !== '' && !location.hash.includes('=')) return;
  const told = new URLSearchParams(location.hash.slice(1));
  for (const id of FILTERS) setValue(byId<HTMLInputElement | HTMLSelectElement>(id), told.get(id) ?? '');
  tables.filter();
  const { fromMs, toMs } = chart.model.timeline;
  const timeOf = (name: string, otherwise: number): number => {
    const atMs = Date.parse(told.get(name) ?? '');
    return Number.isNaN(atMs) ? otherwise : atMs;
  };
  chart.show(timeOf('from', fromMs), timeOf('to', toMs));
}

/** A word that the list does not have means no filter, instead of an empty box. */
function setValue(control: HTMLInputElement | HTMLSelectElement, value: string): void {
  control.value = value;
  if (control instanceof HTMLSelectElement && control.selectedIndex < 0) control.value = '';
}

function write({ view, isWhole }: Chart): void {
  const told = new URLSearchParams();
  for (const id of FILTERS) {
    const { value } = byId<HTMLInputElement | HTMLSelectElement>(id);
    if (value !== '') told.set(id, value);
  }
  if (!isWhole) {
    told.set('from', new Date(view.fromMs).toISOString());
    told.set('to', new Date(view.toMs).toISOString());
  }
  history.replaceState(null, '', told.size === 0 ? location.pathname + location.search : `#${told}`);
}
