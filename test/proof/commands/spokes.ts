/**
 * Plays `--seeds N` stories of a hub and two spokes (spokes.ts) from `--from K`, and writes the table into docs/proof.md; with `--seed K`
 * one of them, told in full with `--trace`.
 */
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import { dealSeeds, work } from '../deal.ts';
import { playSpokes, type SpokesResult, TROUBLES } from '../spokes.ts';

const PAGE = new URL('../../../docs/proof.md', import.meta.url);
const HEADER = [
  'trouble of a spoke',
  'stories',
  'live targets removed',
  'broken promises',
  'dead targets left and reported',
  'longest out of step after it, s',
  'longest out of step elsewhere meanwhile, s',
];

interface Report extends Pick<SpokesResult, 'troubles' | 'liveRemovals' | 'outOfStepMs' | 'unharmedMs' | 'reported'> {
  readonly seed: number;
  readonly violations: readonly string[];
}

if (isMainThread) process.exitCode = await main();
else await work(report);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  });
  if (values.seed !== undefined) return tellOne(Number(values.seed), values.trace);
  const deal = { command: new URL(import.meta.url), word: '', from: Number(values.from), seeds: Number(values.seeds) };
  const reports = await dealSeeds<Report>(deal);
  const rows = [
    ...TROUBLES.map((trouble) =>
      rowOf(
        trouble,
        reports.filter(({ troubles }) => troubles.includes(trouble)),
      ),
    ),
    rowOf('all', reports),
  ];
  for (const row of rows) console.log(row.join(' | '));
  writeSection(PAGE, 'spokes', markdownTable(HEADER, rows));
  return reports.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

async function tellOne(seed: number, isTraced: boolean): Promise<number> {
  const { troubles, mix, violations, hash } = await playSpokes(seed, isTraced ? (line) => console.log(line) : undefined);
  for (const { invariant, atMs, environment, detail } of violations)
    console.log(`VIOLATION of ${invariant} at ${atMs}, environment ${environment}: ${detail}`);
  console.log(`seed ${seed}: ${troubles.join(' and ')}; faults ${[...mix.classes].join(', ') || 'none'}; hash ${hash}`);
  return violations.length === 0 ? 0 : 1;
}

async function report(seed: number): Promise<Report> {
  const { troubles, violations, liveRemovals, outOfStepMs, unharmedMs, reported } = await playSpokes(seed);
  const told = violations.map(({ invariant, detail }) => `${invariant}: ${detail}`);
  return { seed, troubles, violations: told, liveRemovals, outOfStepMs, unharmedMs, reported };
}

function rowOf(name: string, reports: readonly Report[]): string[] {
  const seconds = (of: (report: Report) => number): string => (Math.max(0, ...reports.map(of)) / 1_000).toFixed(0);
  return [
    name,
    `${reports.length}`,
    `${reports.reduce((sum, { liveRemovals }) => sum + liveRemovals, 0)}`,
    `${reports.reduce((sum, { violations }) => sum + violations.length, 0)}`,
    `${reports.reduce((sum, { reported }) => sum + reported, 0)}`,
    seconds(({ outOfStepMs }) => outOfStepMs),
    seconds(({ unharmedMs }) => unharmedMs ?? 0),
  ];
}
