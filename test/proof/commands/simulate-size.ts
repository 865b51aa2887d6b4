/**
 * Random stories at the promised size: `--seeds N` from `--from K`. Each write is judged by what is true when it takes effect, and each change
 * has to be made. Says how many stories were of which size, and how many a second. Exit code 1 where a seed broke something.
 */
import { parseArgs } from 'node:util';
import { brokenBy, drawSize } from '../size/draw.ts';
import { runSize, type SizeOptions } from '../size/scene.ts';

const SHARES: readonly (readonly [string, (story: SizeOptions) => boolean])[] = [
  ['5 to 20 groups', ({ groups }) => groups <= 20],
  ['21 to 30 groups', ({ groups }) => groups > 20],
  ['lists of 1,000 tasks', ({ tasks }) => tasks === 1_000],
  ['lists of 300 tasks', ({ tasks }) => tasks === 300],
  ['10,000 tasks stopped within the hour', ({ hardship }) => hardship?.stoppedTasks !== undefined],
  ['refused targets that drain for 3,600 s', ({ hardship }) => (hardship?.refusedTargets ?? 0) > 0],
  ['old tasks that crash', ({ hardship }) => hardship?.crashes === true],
  ['events lost', ({ events }) => events === 'lost'],
];

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '20' }, from: { type: 'string', default: '1' } } });
const [from, seeds] = [Number(values.from), Number(values.seeds)];
const startedAtMs = performance.now();
const stories: SizeOptions[] = [];
let failing = 0;
let unfinishedRuns = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  const story = drawSize(seed);
  stories.push(story);
  const result = await runSize(story);
  unfinishedRuns += result.unfinishedRuns;
  const broken = brokenBy(result);
  if (broken.length > 0) {
    failing += 1;
    console.log(`SEED ${seed}: ${broken[0]} (${JSON.stringify(story)})`);
  }
}
const seconds = (performance.now() - startedAtMs) / 1_000;
for (const [name, isOf] of SHARES) {
  const count = stories.filter(isOf).length;
  console.log(`${name}: ${count} of ${seeds} (${((count * 100) / seeds).toFixed(0)} %)`);
}
console.log(
  `scheduled runs that were throttled, or out of time, to their end, and that the next one finished: ${unfinishedRuns}`,
);
console.log(`${seeds} seeds, ${failing} violations, ${(seeds / seconds).toFixed(2)} seeds per second`);
process.exitCode = failing === 0 ? 0 : 1;
