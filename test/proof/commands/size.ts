/**
 * How long a stack takes at its promised size, world by world, what is asked of it, what is the least that AWS's rates allow, and what it asks
 * AWS for; and what it costs to find groups by their tag. Writes the tables into docs/performance.md. `--only TEXT` plays the worlds with the
 * text in their name, and writes nothing; `--only tagged` those of the last table.
 */
import { parseArgs } from 'node:util';
import { markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import { percentile } from '../exposure-measure.ts';
import { environmentBytes, policyCharacters } from '../size/deployed.ts';
import { leastMs } from '../size/least.ts';
import { type Hardship, runSize, SCHEDULE_AFTER_MS, type SizeOptions, type SizeResult } from '../size/scene.ts';
import { runTagged, type TaggedOptions } from '../size/tagged.ts';

const PAGE = new URL('../../../docs/performance.md', import.meta.url);
const MEASURED = [
  'RUNNING to registered, p50 / p99 s',
  'ordered to stop to deregistered, p50 / p99 s',
  'asked of p99, s',
  'least possible, s',
  'calls to AWS',
  'dead letters',
] as const;
const SIZE_HEADER = [
  'groups x tasks',
  'events',
  'next scheduled run after, s',
  'tasks replaced in each group',
  'old ones stop after, s',
  ...MEASURED,
];
const HARDSHIP_HEADER = [
  'what befalls the first of the groups',
  'groups x tasks',
  ...MEASURED,
  'registered later than without it by at most, s',
];

interface World extends SizeOptions {
  /** What the p99 of both is held to, in seconds. */
  readonly asked?: number;
}

const WORLDS: readonly World[] = [
  { groups: 5, tasks: 100, events: 'delivered', replaced: 1 },
  { groups: 5, tasks: 100, events: 'lost', replaced: 1, asked: 75 },
  { groups: 21, tasks: 100, events: 'lost', replaced: 1, asked: 75 },
  { groups: 30, tasks: 100, events: 'delivered', replaced: 1 },
  { groups: 30, tasks: 100, events: 'lost', replaced: 1, asked: 75 },
  { groups: 30, tasks: 100, events: 'lost', replaced: 1, scheduleAfterMs: 56_000, asked: 75 },
  { groups: 30, tasks: 100, events: 'lost', replaced: 4, asked: 75 },
  { groups: 30, tasks: 100, events: 'lost', replaced: 20 },
  { groups: 30, tasks: 300, events: 'lost', replaced: 1, asked: 75 },
  { groups: 30, tasks: 1_000, events: 'delivered', replaced: 1, asked: 10 },
  { groups: 30, tasks: 1_000, events: 'delivered', replaced: 1, stopsAfterMs: 40_000, asked: 10 },
  { groups: 30, tasks: 100, events: 'delivered', replaced: 4, asked: 12 },
  { groups: 30, tasks: 100, events: 'delivered', replaced: 4, stopsAfterMs: 40_000, asked: 12 },
  { groups: 30, tasks: 1_000, events: 'lost', replaced: 1, asked: 150 },
];

const STOPPED: Hardship = { stoppedTasks: 10_000 };
const REFUSED: Hardship = { refusedTargets: 60, watchMs: 600_000 };
const HARDSHIPS: readonly (readonly [string, World])[] = [
  [
    '10,000 tasks stopped within the hour, and a foreign target',
    { groups: 5, tasks: 100, events: 'delivered', replaced: 4, hardship: STOPPED, asked: 12 },
  ],
  [
    'the same, and the old tasks of all groups crash',
    { groups: 5, tasks: 100, events: 'delivered', replaced: 4, hardship: { ...STOPPED, crashes: true }, asked: 12 },
  ],
  [
    '60 targets drain for 3,600 s, and ELB refuses the tasks that have got their addresses',
    { groups: 10, tasks: 100, events: 'delivered', replaced: 1, stopsAfterMs: 40_000, hardship: REFUSED },
  ],
  [
    'the same, the events lost',
    { groups: 10, tasks: 100, events: 'lost', replaced: 1, stopsAfterMs: 40_000, hardship: REFUSED, asked: 75 },
  ],
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
const sizes: string[][] = [];
for (const world of WORLDS) {
  const name = nameOf(world);
  if (!isMeant(name)) continue;
  const row = [
    name,
    world.events,
    `${(world.scheduleAfterMs ?? SCHEDULE_AFTER_MS) / 1_000}`,
    `${world.replaced}`,
    `${(world.stopsAfterMs ?? 0) / 1_000}`,
  ];
  tell(sizes, [...row, ...measured(world, await runSize(world))]);
}
const hardships: string[][] = [];
for (const [what, world] of HARDSHIPS) {
  if (!isMeant(what)) continue;
  const result = await runSize(world);
  const { hardship, ...easy } = world;
  const without = await runSize({ ...easy, hardship: { crashes: hardship?.crashes ?? false } });
  tell(hardships, [what, nameOf(world), ...measured(world, result), laterThan(result, without)]);
}
if (values.only === undefined) {
  writeSection(PAGE, 'size', markdownTable(SIZE_HEADER, sizes));
  writeSection(PAGE, 'hardships', markdownTable(HARDSHIP_HEADER, hardships));
}
if (values.only === undefined || values.only === 'tagged') {
  writeSection(PAGE, 'tagged', markdownTable(TAGGED_HEADER, await taggedRows()));
}

function isMeant(name: string): boolean {
  return values.only === undefined || name.includes(values.only);
}

function nameOf({ groups, tasks }: World): string {
  return `${groups} x ${tasks.toLocaleString('en-US')}`;
}

function tell(rows: string[][], row: string[]): void {
  rows.push(row);
  console.log(row.join(' | '));
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
    tell(rows, row);
  }
  return rows;
}

function measured(world: World, { registerMs, deregisterMs, calls, deadLetters }: SizeResult): string[] {
  return [
    spread(registerMs),
    spread(deregisterMs),
    `${world.asked ?? '-'}`,
    seconds(leastMs(world)),
    [...calls.values()].reduce((sum, count) => sum + count, 0).toLocaleString('en-US'),
    `${deadLetters}`,
  ];
}

/** Task by task, since each group waits for its own. */
function laterThan({ registerMs }: SizeResult, without: SizeResult): string {
  return seconds(Math.max(...registerMs.map((ms, index) => ms - (without.registerMs[index] ?? 0))));
}

function spread(ms: readonly number[]): string {
  return [0.5, 0.99].map((share) => seconds(percentile(ms, share))).join(' / ');
}

function seconds(ms: number): string {
  return Number.isFinite(ms) ? (ms / 1_000).toFixed(1) : 'never';
}
