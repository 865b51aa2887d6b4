/** Deals seeds out to all cores, one stride each: a command's file is its own worker. */
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { isObject } from '../../functions/core/json.ts';

const PROGRESS_MS = 2_000;
/** After so many failing seeds the rest would tell nothing new. */
const FAILING_MAX = 20;

interface Dealt {
  readonly seed: number;
  readonly violations: readonly string[];
}

export interface Deal {
  /** The command's own file: its worker plays `word` in `work`. */
  readonly command: URL;
  readonly word: string;
  readonly from: number;
  readonly seeds: number;
}

/** The reports of all seeds in their order; fewer where enough have failed. Progress goes to the error output. */
export async function dealSeeds<Report extends Dealt>({ command, word, from, seeds }: Deal): Promise<Report[]> {
  const startedAtMs = performance.now();
  const count = Math.min(availableParallelism(), seeds);
  const reports: Report[] = [];
  let failing = 0;
  const timer = setInterval(() => {
    const perSecond = reports.length / ((performance.now() - startedAtMs) / 1_000);
    process.stderr.write(`${reports.length} of ${seeds} seeds, ${failing} failing, ${perSecond.toFixed(0)} a second\n`);
  }, PROGRESS_MS);
  const workers = Array.from({ length: count }, (_, index) => {
    const worker = new Worker(command, { workerData: { word, first: from + index, end: from + seeds, stride: count } });
    const ended = new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
    worker.on('message', (report: Report) => {
      reports.push(report);
      const [violation] = report.violations;
      // Told at once: a run of hours that somebody ends early must not take what it has found with it.
      if (violation !== undefined) process.stderr.write(`SEED ${report.seed}: ${violation}\n`);
      failing += violation === undefined ? 0 : 1;
      if (failing >= FAILING_MAX) for (const each of workers) each.worker.postMessage('enough');
    });
    return { worker, ended };
  });
  await Promise.all(workers.map(({ ended }) => ended));
  clearInterval(timer);
  return reports.sort((one, other) => one.seed - other.seed);
}

/** In a worker: plays its stride, and tells each seed as it ends. */
export async function work<Report extends Dealt>(play: (seed: number, word: string) => Promise<Report>): Promise<void> {
  const range: unknown = workerData;
  if (!isObject(range)) return;
  let isEnough = false;
  parentPort?.once('message', () => {
    isEnough = true;
  });
  for (let seed = Number(range['first']); seed < Number(range['end']) && !isEnough; seed += Number(range['stride'])) {
    parentPort?.postMessage(await play(seed, String(range['word'])));
  }
  parentPort?.close();
}
