/**
 * Plays generated histories of tasks and Cloud Map instances against the check: `--histories N` from `--from K`. Every finding
 * has to be true, every lasting difference found in time, every age right. Exit code 1 where one is not. `--plant NAME` puts a
 * wrong check in its place, which has to be caught.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { isObject } from '../../../functions/core/json.ts';
import { type DriftRun, tellDriftRun } from '../drift/run.ts';
import { PLANTS } from '../drift/seeded-bugs.ts';

const PROGRESS_MS = 5_000;
const TOLD_MAX = 10;

if (isMainThread) process.exitCode = await main();
else await work();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      plant: { type: 'string' },
    },
  });
  if (values.plant !== undefined && !PLANTS.some(({ name }) => name === values.plant)) {
    console.error(`No wrong check is called "${values.plant}"; there are: ${PLANTS.map(({ name }) => name).join('; ')}.`);
    return 2;
  }
  const startedAtMs = performance.now();
  const scenarios = await playAll(Number(values.from), Number(values.histories), values.plant);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const wrong = scenarios.filter(({ mistakes }) => mistakes.length > 0);
  for (const { seed, mistakes } of wrong.slice(0, TOLD_MAX)) console.log(`HISTORY ${seed}: ${mistakes[0]}`);
  tell(scenarios);
  console.log(
    `${scenarios.length} histories, ${wrong.length} with mistakes, ${(scenarios.length / seconds).toFixed(0)} a second`,
  );
  return wrong.length === 0 ? 0 : 1;
}

function tell(scenarios: readonly DriftRun[]): void {
  const sum = (of: (scenario: DriftRun) => number): number => scenarios.reduce((total, scenario) => total + of(scenario), 0);
  const [due, found, findings] = [
    sum((scenario) => scenario.due),
    sum((scenario) => scenario.found),
    sum((scenario) => scenario.findings),
  ];
  const untrue = sum(({ mistakes }) => mistakes.filter((each) => each.startsWith('not true')).length);
  console.log(
    `lasting differences: ${due}, found in time: ${found} (recall ${((100 * found) / Math.max(1, due)).toFixed(3)} %)`,
  );
  console.log(`findings: ${findings}, false: ${untrue}`);
  const calm = scenarios.filter(({ isCalm }) => isCalm);
  tellLargest('found after, at most, in a calm account', calm, ({ foundAfterMs }) => foundAfterMs);
  tellLargest('found after, at most, with lags and throttling', scenarios, ({ foundAfterMs }) => foundAfterMs);
  tellLargest('age wrong by, at most', scenarios, ({ ageErrorMs }) => ageErrorMs);
}

function tellLargest(
  title: string,
  scenarios: readonly DriftRun[],
  of: (scenario: DriftRun) => ReadonlyMap<string, number>,
): void {
  const largest = new Map<string, number>();
  for (const [kind, value] of scenarios.flatMap((scenario) => [...of(scenario)])) {
    largest.set(kind, Math.max(largest.get(kind) ?? 0, value));
  }
  const told = [...largest].sort().map(([kind, value]) => `${kind} ${(value / 1_000).toFixed(1)} s`);
  console.log(`${title}: ${told.join(', ')}`);
}

/** Deals the histories out to all cores, one stride each. */
async function playAll(from: number, histories: number, plant: string | undefined): Promise<DriftRun[]> {
  const count = Math.min(availableParallelism(), histories);
  const scenarios: DriftRun[] = [];
  const timer = setInterval(() => process.stderr.write(`${scenarios.length} of ${histories} histories\n`), PROGRESS_MS);
  const ended = Array.from({ length: count }, (_, index) => {
    const range = { first: from + index, end: from + histories, stride: count, plant };
    const worker = new Worker(new URL(import.meta.url), { workerData: range });
    worker.on('message', (scenario: DriftRun) => scenarios.push(scenario));
    return new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
  });
  await Promise.all(ended);
  clearInterval(timer);
  return scenarios.sort((one, other) => one.seed - other.seed);
}

async function work(): Promise<void> {
  const range: unknown = workerData;
  if (!isObject(range)) return;
  const plant = PLANTS.find(({ name }) => name === range['plant']);
  for (let seed = Number(range['first']); seed < Number(range['end']); seed += Number(range['stride'])) {
    parentPort?.postMessage(await tellDriftRun(seed, plant));
  }
  parentPort?.close();
}
