/**
 * What the commonest days cost in calls, beside what was asked and the fewest that keep the rules, and how many writes were made that ELB did
 * not need, in the story of `npm start` and in `--seeds N` random ones. Writes the table into docs/performance.md, and fails where a figure
 * misses what was asked and possible.
 */
import { parseArgs } from 'node:util';
import { markdownTable, writeSection } from '../../../scripts/tools/docs/section.ts';
import { buildFunction } from '../../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../../scripts/tools/template/template.ts';
import { shareOfRepeats, type WriteCounts } from '../bench/repeated-writes.ts';
import { BENCH, onBundle, playStory } from '../bench/worlds.ts';
import { runScenario } from '../scenario.ts';

const PAGE = new URL('../../../docs/performance.md', import.meta.url);
const HEADER = ['what happens', 'calls', 'asked', 'fewest possible', 'ratio'];
/** Asked of the calls beside the fewest. */
const RATIO_MAX = 1.3;
const REPEATED_MAX = 0.05;
const FIRST_SEED = 1;

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '200' } } });
const { file } = await buildFunction(bundleOptions());
const rows: string[][] = [];
let areMet = true;
for (const { what, asked, fewest, options = {}, run } of BENCH) {
  const calls = await onBundle(file, options, run);
  const ratio = fewest === 0 ? 1 : calls / fewest;
  areMet &&= calls <= Math.max(asked ?? calls, fewest) && ratio <= RATIO_MAX;
  rows.push([what, `${calls}`, `${asked ?? '-'}`, `${fewest}`, fewest === 0 ? '-' : ratio.toFixed(2)]);
  console.log(rows.at(-1)?.join(' | '));
}
const story = await playStory(file);
const seeds = Number(values.seeds);
const stories: WriteCounts = { targets: 0, repeated: 0 };
for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed += 1) {
  const { writes } = await runScenario(seed);
  stories.targets += writes.targets;
  stories.repeated += writes.repeated;
}
const told = [
  `Targets written that were so already: ${shareOfRepeats(story)}, in the story of \`npm start\`; ${shareOfRepeats(stories)}, in ${seeds} random stories.`,
];
areMet &&= [story, stories].every(({ targets, repeated }) => repeated <= targets * REPEATED_MAX);
console.log(told.join('\n'));
writeSection(PAGE, 'calls', [markdownTable(HEADER, rows), '', ...told].join('\n'));
process.exitCode = areMet ? 0 : 1;
