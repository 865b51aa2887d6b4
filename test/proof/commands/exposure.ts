/**
 * What users of a target group would feel, world by world: plays `--seeds N` of each and writes the table into docs/proof.md.
 * `--only TEXT` plays the worlds with the text in their name, and writes nothing.
 */
import { parseArgs } from 'node:util';
import { markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import { CELLS } from '../exposure-cells.ts';
import { type Measured, measure, percentile } from '../exposure-measure.ts';
import { CHURN_MS } from '../fault-mix.ts';

const PAGE = new URL('../../../docs/proof.md', import.meta.url);
const HEADER = [
  'world',
  'tasks',
  'stops',
  'live targets removed, per 100 tasks',
  'missing, ms per start',
  'gone but registered, ms per stop',
  'RUNNING to registered, p50 / p99 s',
  'ordered to stop to deregistered, p50 / p99 s',
  'longest out of step after the faults, s',
];

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '300' }, only: { type: 'string' } } });
const seeds = Number(values.seeds);
const rows: string[][] = [];
for (const cell of CELLS) {
  if (values.only !== undefined && !cell.name.includes(values.only)) continue;
  const measured = await measure(cell, 1, seeds);
  const row = rowOf(cell.name, measured);
  rows.push(row);
  console.log(`${row.join(' | ')} | ${measured.violations} broken promises`);
}
const said =
  `${seeds} seeds a world, ${CHURN_MS / 1_000} s of churn each. Chosen, not measured on AWS: an event arrives 50 to 300 ms after the ` +
  'change, a call takes 10 to 80 ms, an address is re-used 5 s after its release where nothing else is said, and batches have ' +
  'ten messages and no window. A container takes at least 2 s to stop after its order; one that is quicker, or crashes, is first ' +
  'seen when its interface may be gone already, and waits for confirmation: the last three rows. "Gone" counts from STOPPED, when the interface is given back, until the address has its next owner.';
if (values.only === undefined) writeSection(PAGE, 'exposure', `${markdownTable(HEADER, rows)}\n\n${said}`);

function rowOf(name: string, measured: Measured): string[] {
  const { tasks, stops, liveRemovals, missingMs, goneMs, registerMs, deregisterMs, outOfStepMs } = measured;
  return [
    name,
    String(tasks),
    String(stops),
    liveRemovals === 0 ? '0' : ((100 * liveRemovals) / tasks).toFixed(2),
    (missingMs / tasks).toFixed(0),
    (goneMs / stops).toFixed(0),
    twoSeconds(registerMs),
    twoSeconds(deregisterMs),
    (outOfStepMs / 1_000).toFixed(0),
  ];
}

function twoSeconds(latencies: readonly number[]): string {
  return [0.5, 0.99].map((share) => (percentile(latencies, share) / 1_000).toFixed(1)).join(' / ');
}
