/**
 * Mutation testing of functions/core and functions/app with Stryker, file by file: each file has to be guarded by the tests that
 * bear its name. Names of files to look at, such as `core/plan`, may be given; all by default. Exit code 1 where a file falls
 * short. A mutant is not run again where neither its file nor a test has changed since the last run; that another file has is
 * overlooked, so figures to be told need `--force`.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMutants, readMutants, type Score, scoreOf } from './score.ts';

const root = join(import.meta.dirname, '../../..');
const stryker = join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');

/** The least that is enough, in percent of the mutants that are not exempt. */
const WANTED = { core: 100, app: 95 } as const;

const {
  values: { force },
  positionals,
} = parseArgs({ options: { force: { type: 'boolean', default: false } }, allowPositionals: true });
const files = positionals.length > 0 ? positionals : subjects();
mkdirSync(join(root, 'reports', 'mutation'), { recursive: true });
const scores = files.map(mutate);
for (const folder of ['core', 'app'] as const) {
  const own = scores.filter(({ file }) => file.startsWith(`${folder}/`));
  if (own.length > 0)
    console.log(
      lineOf(
        `functions/${folder}`,
        scoreOf(
          folder,
          own.flatMap(({ mutants }) => mutants),
        ),
      ),
    );
}
process.exitCode = scores.every(isEnough) ? 0 : 1;

/** Every file that has something to mutate: `core/plan` and the like. */
function subjects(): string[] {
  return globSync('functions/{core,app}/**/*.ts', { cwd: root })
    .map((path) => path.replace('functions/', '').replace('.ts', ''))
    .sort();
}

function mutate(file: string): Score {
  const kept = join('reports', 'mutation', `${file.replaceAll('/', '-')}.json`);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [stryker, 'run', '--mutate', `functions/${file}.ts`, '--incrementalFile', kept, ...(force ? ['--force'] : [])],
    { cwd: root, env: { ...process.env, MUTATED: file }, encoding: 'utf8' },
  );
  const mutants = status === 0 ? readMutants(join(root, kept)) : undefined;
  if (mutants === undefined) {
    // A file of types alone has nothing to mutate, and Stryker writes no report.
    if (!/Instrumented 0 source|no mutants|0 mutant\(s\)/i.test(stdout))
      throw new Error(`Stryker failed on ${file}:\n${stdout}${stderr}`);
    return scoreOf(file, []);
  }
  const score = scoreOf(file, mutants);
  console.log(lineOf(file, score));
  for (const line of describeMutants(mutants)) console.log(`    ${line}`);
  return score;
}

function isEnough({ file, percent }: Score): boolean {
  return percent >= (file.startsWith('core/') ? WANTED.core : WANTED.app);
}

function lineOf(name: string, { percent, killed, alive, exempt }: Score): string {
  return `${name.padEnd(24)} ${percent.toFixed(1).padStart(6)} %   ${killed} killed, ${alive} alive, ${exempt} exempt`;
}
