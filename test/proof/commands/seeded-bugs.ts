/**
 * Oracles the oracle: plants each wrong algorithm of test/proof/seeded-bugs into the function, plays seeds until an invariant
 * speaks, and writes the kill table into docs/proof.md. Exit code 1 if one is not caught within 200 seeds, or by other
 * invariants than expected. `--only TEXT` tries those with the text in their name, and writes nothing; `--check` writes nothing
 * either, and fails where the table has grown old.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { isObject } from '../../../functions/core/json.ts';
import { isCurrent, markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import { SEEDED_BUGS } from '../seeded-bugs/all.ts';
import { hunt, type Kill } from '../seeded-bugs/plant.ts';
import type { SeededBug } from '../seeded-bugs/seeded-bug.ts';

const SEEDS_MAX = 200;
const PAGE = new URL('../../../docs/proof.md', import.meta.url);

interface Verdict {
  readonly index: number;
  readonly kill: Kill | undefined;
  readonly error: string | undefined;
}

if (isMainThread) process.exitCode = await main();
else await work();

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, check: { type: 'boolean', default: false } } });
  const { only, check } = values;
  const indices = SEEDED_BUGS.flatMap(({ name }, index) => (only === undefined || name.includes(only) ? [index] : []));
  const verdicts = await judgeAll(indices);
  const caught = verdicts.filter((verdict) => isCaught(verdict));
  for (const verdict of verdicts) console.log(describe(verdict));
  const isStale = check && only === undefined && !isCurrent(PAGE, 'kill table', table(verdicts));
  if (isStale) console.log('FAIL  the table in docs/proof.md is not what was found: run `npm run oracle`');
  if (!check && only === undefined) writeSection(PAGE, 'kill table', table(verdicts));
  const most = Math.max(...verdicts.map(({ kill }) => kill?.seeds ?? 0));
  console.log(`${caught.length} of ${verdicts.length} wrong algorithms caught within ${SEEDS_MAX} seeds; most needed: ${most}`);
  const failed = verdicts.length - caught.length + (isStale ? 1 : 0);
  console.log(`${caught.length} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function isCaught({ index, kill }: Verdict): boolean {
  // A patch that no longer fits its surroundings throws: that is a broken program, and no wrong algorithm.
  if (kill === undefined || kill.invariants.includes('MISTAKE')) return false;
  return kill.invariants.some((each) => bugAt(index).caughtBy.includes(each));
}

function describe({ index, kill, error }: Verdict): string {
  const { name, caughtBy } = bugAt(index);
  if (error !== undefined) return `FAIL  ${name}: ${error}`;
  if (kill === undefined) return `FAIL  ${name}: not caught in ${SEEDS_MAX} seeds`;
  const by = kill.invariants.join(', ');
  if (!isCaught({ index, kill, error }))
    return `FAIL  ${name}: seed ${kill.seed} breaks ${by}; expected ${caughtBy.join(' or ')}`;
  return `ok    ${name}: ${by}, ${kill.seeds} seeds (${kill.violation.slice(0, 120)})`;
}

function table(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ index, kill }) => {
    const { name, why, act = 'churn' } = bugAt(index);
    return [name, why, act, kill?.invariants.join(', ') ?? 'none', String(kill?.seeds ?? `more than ${SEEDS_MAX}`)];
  });
  return markdownTable(['wrong algorithm', 'why it looks right', 'scene', 'invariants it breaks', 'seeds needed'], rows);
}

function bugAt(index: number): SeededBug {
  const bug = SEEDED_BUGS[index];
  if (bug === undefined) throw new Error(`There is no wrong algorithm number ${index}.`);
  return bug;
}

/** Deals the wrong algorithms out to all cores. */
async function judgeAll(indices: readonly number[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const count = Math.min(availableParallelism(), indices.length);
  const workers = Array.from({ length: count }, (_, first) => {
    const mine = indices.filter((_index, position) => position % count === first);
    const worker = new Worker(new URL(import.meta.url), { workerData: { indices: mine } });
    worker.on('message', (verdict: Verdict) => {
      verdicts.push(verdict);
      process.stderr.write(`${verdicts.length} of ${indices.length}\n`);
    });
    return new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
  });
  await Promise.all(workers);
  return verdicts.sort((one, other) => one.index - other.index);
}

async function work(): Promise<void> {
  const data: unknown = workerData;
  const indices =
    isObject(data) && Array.isArray(data['indices']) ? data['indices'].filter((each) => typeof each === 'number') : [];
  for (const index of indices) parentPort?.postMessage(await judge(index));
  parentPort?.close();
}

async function judge(index: number): Promise<Verdict> {
  try {
    return { index, kill: await hunt(bugAt(index), 1, SEEDS_MAX), error: undefined };
  } catch (error) {
    return { index, kill: undefined, error: String(error) };
  }
}
