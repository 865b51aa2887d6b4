/**
 * Plays many seeds of the simulated account against the rules: `--seeds N` from `--from K`, or one `--seed K` with `--trace`; with
 * `--act NAME` one act (acts.ts) with that seed.
 * One seed tells the same scenario on any machine. Exit code 1 on any violation.
 */
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { runAct, runSeed, type SeedReport, SOMETIMES, SOMETIMES_FROM_SEEDS, shrink } from '../campaign.ts';
import { dealSeeds, work } from '../deal.ts';
import { FAULT_CLASSES } from '../fault-mix.ts';
import { runScenario } from '../scenario.ts';

if (isMainThread) process.exitCode = await main();
else await work((seed) => runSeed(seed));

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
    `seed ${seed}: faults ${faults}; ${result.calls} calls; live removals ${result.liveRemovals}, unseen ${result.unseenRemovals}; hash ${result.hash}`,
  );
  console.log(`1 seed, ${result.violations.length} violations`);
  return result.violations.length + result.liveRemovals === 0 ? 0 : 1;
}

async function campaign(from: number, seeds: number): Promise<number> {
  const startedAtMs = performance.now();
  const reports = await dealSeeds<SeedReport>({ command: new URL(import.meta.url), word: '', from, seeds });
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const failing = reports.filter((report) => report.violations.length > 0);
  for (const report of failing.slice(0, 3)) await explain(report);
  const unreached = reports.length < SOMETIMES_FROM_SEEDS ? [] : neverReached(reports);
  for (const mark of unreached) console.log(`NEVER REACHED: ${mark}`);
  const worst = Math.max(...reports.map(({ outOfStepMs }) => outOfStepMs));
  const live = reports.reduce((sum, { liveRemovals }) => sum + liveRemovals, 0);
  const unseen = reports.flatMap(({ seed, unseenRemovals }) => Array.from({ length: unseenRemovals }, () => seed));
  const where = unseen.length === 0 ? '' : ` (seeds ${unseen.join(', ')})`;
  console.log(`removals of live targets that nothing showed to be another writer's: ${unseen.length}${where}`);
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
