/**
 * Plays many seeds of the simulated account against the rules: `--seeds N` from `--from K`, or one `--seed K` with `--trace`; with
 * `--act NAME` one act (acts.ts) with that seed.
 * One seed tells the same scenario on any machine. Exit code 1 on any violation.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { isObject } from '../../../functions/core/json.ts';
import { runAct, runSeed, type SeedReport, SOMETIMES, SOMETIMES_FROM_SEEDS, shrink } from '../campaign.ts';
import { FAULT_CLASSES } from '../fault-mix.ts';
import { runScenario } from '../scenario.ts';

const PROGRESS_MS = 2_000;
/** After so many failing seeds the rest would tell nothing new. */
const FAILING_MAX = 20;

if (isMainThread) process.exitCode = await main();
else await work();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      act: { type: 'string' },
      without: { type: 'string', default: '' },
      churn: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  });
  if (values.act !== undefined) return tellAct(Number(values.seed ?? '1'), values.act);
  if (values.seed !== undefined) return tellOne(Number(values.seed), values.without.split(','), values.churn, values.trace);
  return campaign(Number(values.from), Number(values.seeds));
}

async function tellAct(seed: number, name: string): Promise<number> {
  const { violations } = await runAct(seed, name);
  for (const violation of violations) console.log(`VIOLATION of ${violation}`);
  console.log(`1 act, ${violations.length} violations`);
  return violations.length === 0 ? 0 : 1;
}

/** One seed, told in full where a trace is asked for. */
async function tellOne(seed: number, without: readonly string[], churn: string | undefined, trace: boolean): Promise<number> {
  const result = await runScenario(seed, {
    allowed: new Set(FAULT_CLASSES.filter((each) => !without.includes(each))),
    churnMs: churn === undefined ? undefined : Number(churn),
    trace: trace ? (line) => console.log(line) : undefined,
  });
  for (const { invariant, atMs, environment, detail } of result.violations) {
    console.log(`VIOLATION of ${invariant} at ${atMs}, environment ${environment}: ${detail}`);
  }
  const faults = [...result.mix.classes].join(', ') || 'none';
  console.log(
    `seed ${seed}: faults ${faults}; ${result.calls} calls; live removals ${result.liveRemovals}; hash ${result.hash}`,
  );
  console.log(`1 seed, ${result.violations.length} violations`);
  return result.violations.length + result.liveRemovals === 0 ? 0 : 1;
}

async function campaign(from: number, seeds: number): Promise<number> {
  const startedAtMs = performance.now();
  const reports = await playAll(from, seeds, (done, failing) => {
    const perSecond = done / ((performance.now() - startedAtMs) / 1_000);
    process.stderr.write(`${done} of ${seeds} seeds, ${failing} failing, ${perSecond.toFixed(0)} a second\n`);
  });
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const failing = reports.filter((report) => report.violations.length > 0);
  for (const report of failing.slice(0, 3)) await explain(report);
  const unreached = reports.length < SOMETIMES_FROM_SEEDS ? [] : neverReached(reports);
  for (const mark of unreached) console.log(`NEVER REACHED: ${mark}`);
  const worst = Math.max(...reports.map(({ outOfStepMs }) => outOfStepMs));
  const live = reports.reduce((sum, { liveRemovals }) => sum + liveRemovals, 0);
  console.log(`live removals ${live}; longest that an address was wrong after the faults had ended: ${worst / 1_000} s`);
  console.log(`states reached: ${new Set(reports.flatMap(({ marks }) => marks)).size}`);
  console.log(
    `${reports.length} seeds, ${failing.length} violations, ${(reports.length / seconds).toFixed(1)} seeds per second`,
  );
  return failing.length + unreached.length === 0 ? 0 : 1;
}

async function explain({ seed, violations: [first] }: SeedReport): Promise<void> {
  console.log(`SEED ${seed}: ${first}`);
  const small = await shrink(seed);
  if (small === undefined) return;
  const without = FAULT_CLASSES.filter((each) => !small.classes.includes(each)).join(',');
  console.log(`  smallest: ${small.classes.join(', ') || 'no faults'}, churn ${small.churnMs} ms: ${small.violation}`);
  console.log(`  see it: npm run simulate -- --seed ${seed} --churn ${small.churnMs} --trace --without "${without}"`);
}

function neverReached(reports: readonly SeedReport[]): string[] {
  const reached = new Set(reports.flatMap(({ marks }) => marks));
  return SOMETIMES.filter((mark) => !reached.has(mark));
}

/** Deals the seeds out to all cores, one stride each, and ends early when enough have failed. */
async function playAll(from: number, seeds: number, progress: (done: number, failing: number) => void): Promise<SeedReport[]> {
  const count = Math.min(availableParallelism(), seeds);
  const reports: SeedReport[] = [];
  let failing = 0;
  const timer = setInterval(() => progress(reports.length, failing), PROGRESS_MS);
  const workers = Array.from({ length: count }, (_, index) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { first: from + index, end: from + seeds, stride: count },
    });
    const ended = new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
    worker.on('message', (report: SeedReport) => {
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

async function work(): Promise<void> {
  const range: unknown = workerData;
  if (!isObject(range)) return;
  let isEnough = false;
  parentPort?.once('message', () => {
    isEnough = true;
  });
  for (let seed = Number(range['first']); seed < Number(range['end']) && !isEnough; seed += Number(range['stride'])) {
    parentPort?.postMessage(await runSeed(seed));
  }
  parentPort?.close();
}
