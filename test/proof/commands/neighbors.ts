/**
 * Plays `--seeds N` stories beside each neighbor (neighbors.ts), and a tenth of that where more goes wrong than is promised for; writes the table into docs/proof.md. `--only TEXT` plays the worlds with the text in their name, and writes nothing.
 */
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import type { SeedReport } from '../campaign.ts';
import { dealSeeds, work } from '../deal.ts';
import { playNeighbor, shrinkNeighbor, WORLDS } from '../neighbors.ts';

const PAGE = new URL('../../../docs/proof.md', import.meta.url);
const HEADER = [
  'neighbor',
  'stories',
  'live targets removed, of any writer',
  'those that nothing showed',
  'broken promises',
  'leftovers removed',
  'leftovers reported',
  'longest out of step, s',
];

if (isMainThread) process.exitCode = await main();
else await work((seed, name) => playNeighbor(name, seed));

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      only: { type: 'string' },
    },
  });
  const rows: string[][] = [];
  let failed = 0;
  for (const { name, share } of WORLDS) {
    if (values.only !== undefined && !name.includes(values.only)) continue;
    const seeds = Math.ceil(Number(values.seeds) * share);
    const deal = { command: new URL(import.meta.url), word: name, from: Number(values.from), seeds };
    const reports = await dealSeeds<SeedReport>(deal);
    const row = rowOf(name, reports);
    rows.push(row);
    console.log(row.join(' | '));
    const failing = reports.filter(({ violations }) => violations.length > 0);
    if (share === 1) failed += failing.length;
    for (const { seed, violations } of failing.slice(0, 2)) await explain(name, seed, violations[0]);
  }
  if (values.only === undefined) writeSection(PAGE, 'neighbors', markdownTable(HEADER, rows));
  return failed === 0 ? 0 : 1;
}

async function explain(name: string, seed: number, violation: string | undefined): Promise<void> {
  const small = await shrinkNeighbor(name, seed);
  console.log(
    `SEED ${seed}: ${violation}\n  smallest: ${small?.classes.join(', ')}, churn ${small?.churnMs} ms: ${small?.violation}`,
  );
}

function rowOf(name: string, reports: readonly SeedReport[]): string[] {
  const sum = (of: (report: SeedReport) => number): string => String(reports.reduce((total, report) => total + of(report), 0));
  return [
    name,
    String(reports.length),
    sum(({ liveRemovals }) => liveRemovals),
    sum(({ unseenRemovals }) => unseenRemovals),
    sum(({ violations }) => violations.filter((each) => !each.startsWith('LIVE')).length),
    sum(({ leftovers }) => leftovers.removed),
    sum(({ leftovers }) => leftovers.reported),
    (Math.max(0, ...reports.map(({ outOfStepMs }) => outOfStepMs)) / 1_000).toFixed(0),
  ];
}
