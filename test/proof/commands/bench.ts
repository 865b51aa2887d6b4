/**
 * What the commonest days cost in calls: ours, two functions that were written to compare with, and anybody's handler (test/proof/bench/
 * contenders.ts says how to name one), beside what was asked and the fewest that keep the rules; what each loses when something goes wrong;
 * what a minute costs as a stack grows; and how many writes were made that ELB did not need, in the story of `npm start` and in `--seeds N`
 * random ones. Writes tables and pictures into docs/, and fails where a figure of ours misses what was asked and possible. With anybody's
 * handler, it writes nothing. Takes about four minutes of one core.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeSection } from '../../../scripts/tools/docs/section.ts';
import { COLUMNS } from '../bench/columns.ts';
import { foreignContender, ownContenders } from '../bench/contenders.ts';
import { CURVES } from '../bench/curves.ts';
import { LOSSES } from '../bench/losses.ts';
import { shareOfRepeats, type WriteCounts } from '../bench/repeated-writes.ts';
import { contenderTable, lossTable, measureColumns, measureCurve, measureLosses, oursTable } from '../bench/report.ts';
import { measureStartups } from '../bench/startup.ts';
import { playStory } from '../bench/story.ts';
import { runScenario } from '../scenario.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const PAGE = new URL('performance.md', DOCS);
/** Asked of the calls beside the fewest. */
const RATIO_MAX = 1.3;
const REPEATED_MAX = 0.05;
const FIRST_SEED = 1;
const STARTS = 11;

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '200' } } });
const own = await ownContenders();
const foreign = await foreignContender(process.env);
const contenders = 'why' in foreign ? own : [...own, foreign];
const leftOut = 'why' in foreign ? [foreign] : [];
const written = 'why' in foreign ? writeSection : () => undefined;
if ('why' in foreign) console.log(`${foreign.name}: ${foreign.why}`);

const startups = await measureStartups(contenders, STARTS);
const columns = await measureColumns(contenders, COLUMNS, console.log);
const areCallsMet = columns.every(({ row: { asked, fewest, isToldOnly }, results: [ours] }) => {
  const calls = ours?.calls ?? Number.POSITIVE_INFINITY;
  const isNear = isToldOnly || fewest === 0 || calls / fewest <= RATIO_MAX;
  return isNear && calls <= Math.max(asked ?? calls, fewest) && ours?.wrong === 0;
});
const repeats = await countRepeats(own[0].file, Number(values.seeds));
show('calls', `${oursTable(columns)}\n\n${repeats.told}`);
show('bench', contenderTable(contenders, columns, startups, leftOut));
show('losses', lossTable(contenders, await measureLosses(contenders, LOSSES, console.log)));
for (const curve of CURVES) {
  const { file, table, svg } = await measureCurve(contenders, curve, console.log);
  if ('why' in foreign) writeFileSync(new URL(file, DOCS), svg);
  show(`curve ${curve.name}`, `![${curve.title}](${file})\n\n${table}`);
}
process.exitCode = areCallsMet && repeats.areFew ? 0 : 1;

function show(section: string, content: string): void {
  console.log(`\n${content}\n`);
  written(PAGE, section, content);
}

async function countRepeats(file: string, seeds: number): Promise<{ readonly told: string; readonly areFew: boolean }> {
  const story = await playStory(file);
  const stories: WriteCounts = { targets: 0, repeated: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed += 1) {
    const { writes } = await runScenario(seed);
    stories.targets += writes.targets;
    stories.repeated += writes.repeated;
  }
  const told = `Targets written that were so already: ${shareOfRepeats(story)}, in the story of \`npm start\`; ${shareOfRepeats(stories)}, in ${seeds} random stories.`;
  return { told, areFew: [story, stories].every(({ targets, repeated }) => repeated <= targets * REPEATED_MAX) };
}
