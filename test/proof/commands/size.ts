/**
 * How long a stack takes at its promised size, world by world, and what it asks AWS for; and what it costs to find groups by their tag.
 * Writes the tables into docs/performance.md. `--only TEXT` plays the worlds with the text in their name, and writes nothing; `--only tagged`
 * those of the second table.
 */
import { parseArgs } from 'node:util';
import { markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import { percentile } from '../exposure-measure.ts';
import { environmentBytes, policyCharacters } from '../size/deployed.ts';
import { runSize, type SizeOptions } from '../size/scene.ts';
import { runTagged, type TaggedOptions } from '../size/tagged.ts';

const PAGE = new URL('../../../docs/performance.md', import.meta.url);
const HEADER = [
  'groups x tasks',
  'events',
  'tasks replaced in each group',
  'old ones stop after, s',
  'RUNNING to registered, p50 / p99 s',
  'ordered to stop to deregistered, p50 / p99 s',
  'calls to AWS',
  'dead letters',
];
const WORLDS: readonly SizeOptions[] = [
  { groups: 5, tasks: 100, events: 'delivered', replaced: 1 },
  { groups: 5, tasks: 100, events: 'lost', replaced: 1 },
  { groups: 21, tasks: 100, events: 'lost', replaced: 1 },
  { groups: 30, tasks: 100, events: 'delivered', replaced: 1 },
  { groups: 30, tasks: 100, events: 'lost', replaced: 1 },
  { groups: 30, tasks: 100, events: 'lost', replaced: 20 },
  { groups: 30, tasks: 300, events: 'lost', replaced: 1 },
  { groups: 30, tasks: 1_000, events: 'delivered', replaced: 1 },
  { groups: 30, tasks: 1_000, events: 'delivered', replaced: 1, stopsAfterMs: 40_000 },
  { groups: 30, tasks: 100, events: 'delivered', replaced: 4, stopsAfterMs: 40_000 },
  { groups: 30, tasks: 1_000, events: 'lost', replaced: 1 },
];

const TAGGED_HEADER = [
  'target groups in the account, of them tagged',
  'calls a minute to find them',
  'calls a minute in all',
  'tag to in step, s: event delivered',
  'event lost',
  'event lost, index of tags 30 s behind',
  'environment, bytes of 4,096',
  'policies, characters of 10,240',
];
const ACCOUNTS: readonly Pick<TaggedOptions, 'groups' | 'tagged'>[] = [
  { groups: 100, tagged: 10 },
  { groups: 3_000, tagged: 10 },
  { groups: 3_000, tagged: 100 },
];

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const rows: string[][] = [];
for (const world of WORLDS) {
  const name = `${world.groups} x ${world.tasks.toLocaleString('en-US')}`;
  if (values.only !== undefined && !name.includes(values.only)) continue;
  const { registerMs, deregisterMs, calls, deadLetters } = await runSize(world);
  const row = [
    name,
    world.events,
    `${world.replaced}`,
    `${(world.stopsAfterMs ?? 0) / 1_000}`,
    spread(registerMs),
    spread(deregisterMs),
    [...calls.values()].reduce((sum, count) => sum + count, 0).toLocaleString('en-US'),
    `${deadLetters}`,
  ];
  rows.push(row);
  console.log(row.join(' | '));
}
if (values.only === undefined) writeSection(PAGE, 'size', markdownTable(HEADER, rows));
if (values.only === undefined || values.only === 'tagged') {
  writeSection(PAGE, 'tagged', markdownTable(TAGGED_HEADER, await taggedRows()));
}

async function taggedRows(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { groups, tagged } of ACCOUNTS) {
    const delivered = await runTagged({ groups, tagged, events: 'delivered', indexLagMs: 0 });
    const { callsPerMinute } = delivered;
    const late = await Promise.all([0, 30_000].map((indexLagMs) => runTagged({ groups, tagged, events: 'lost', indexLagMs })));
    const finding = ['GetResources', 'DescribeTags'].reduce((sum, name) => sum + (callsPerMinute.get(name) ?? 0), 0);
    const row = [
      `${groups.toLocaleString('en-US')}, ${tagged}`,
      `${finding}`,
      `${[...callsPerMinute.values()].reduce((sum, count) => sum + count, 0)}`,
      ...[delivered, ...late].map(({ inStepMs }) => seconds(Math.max(...inStepMs))),
      `${environmentBytes()}`,
      `${policyCharacters()}`,
    ];
    rows.push(row);
    console.log(row.join(' | '));
  }
  return rows;
}

function spread(ms: readonly number[]): string {
  return [0.5, 0.99].map((share) => seconds(percentile(ms, share))).join(' / ');
}

function seconds(ms: number): string {
  return Number.isFinite(ms) ? (ms / 1_000).toFixed(1) : 'never';
}
