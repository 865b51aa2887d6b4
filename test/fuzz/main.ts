/**
 * Drives mutated messages through the built function: `--messages N` from `--seed K`, with the shapes of `--shapes FOLDER` beside
 * our own. The same seed makes the same messages on any machine. Exit code 1 where the function threw, gave something away, kept
 * too much or left a good message undone.
 */
import { parseArgs } from 'node:util';
import { buildFunction } from '../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../scripts/tools/template/template.ts';
import { type FuzzReport, fuzz } from './campaign.ts';
import { readShapes } from './shapes.ts';

const PROGRESS_MS = 2_000;
/** What a run may keep: the environment remembers the tasks of an hour, and no more however long it runs. */
const HEAP_GROWTH_MAX = 32 * 1_024 * 1_024;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    shapes: { type: 'string', multiple: true, default: [] },
    batch: { type: 'string', default: '100' },
  },
});

const startedAtMs = performance.now();
let toldAtMs = startedAtMs;
const { file } = await buildFunction(bundleOptions());
const shapes = readShapes(values.shapes);
const report = await fuzz({
  file,
  messages: Number(values.messages),
  seed: Number(values.seed),
  shapes,
  batchSize: Number(values.batch),
  progress: tell,
});
for (const fault of report.faults) console.log(`FAULT: ${fault}`);
const isSmall = report.heapGrowth <= HEAP_GROWTH_MAX;
if (!isSmall) console.log(`FAULT: the heap has grown by ${report.heapGrowth} bytes; expected at most ${HEAP_GROWTH_MAX}`);
console.log(
  `${shapes.length} shapes, seed ${values.seed}: ${report.served} of ${report.good} good messages served in ${report.batches} batches, ` +
    `${report.setAside} set aside, ${report.calls} calls, longest record ${report.longestRecord} characters, heap growth ` +
    `${(report.heapGrowth / 1_048_576).toFixed(1)} MiB`,
);
const seconds = (performance.now() - startedAtMs) / 1_000;
console.log(
  `${report.mutated} mutated messages, ${report.faults.length} faults, ${Math.round(report.mutated / seconds)} messages per second`,
);
process.exitCode = report.faults.length === 0 && isSmall ? 0 : 1;

function tell({ mutated, faults }: FuzzReport): void {
  const nowMs = performance.now();
  if (nowMs - toldAtMs < PROGRESS_MS) return;
  toldAtMs = nowMs;
  process.stderr.write(`${mutated} of ${values.messages} messages, ${faults.length} faults\n`);
}
