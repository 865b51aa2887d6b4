/** Looks at the whole repository: types, lint and format, unused code, tests. `--all` adds the tests that take longer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { countTests, type TestCount } from './count.ts';

interface Step {
  readonly name: string;
  /** A tool of node_modules/.bin, and its arguments. */
  readonly tool: string;
  readonly args: readonly string[];
  /** Where the tool leaves its report of single tests. A step without one counts as one test. */
  readonly report?: string;
}

interface Ending {
  readonly ok: boolean;
  readonly output: string;
}

const root = join(import.meta.dirname, '../../..');
/** Where Node keeps what it has compiled. The tests load the same few packages a hundred times over, each in a process of its own. */
const compiled = join(root, 'node_modules', '.cache', 'compiled');
/** What the compiler knows of each file by its content: it looks again at what has changed, and at what depends on that. */
const TYPES_KNOWN = ['--incremental', '--tsBuildInfoFile', join(root, 'node_modules', '.cache', 'types.tsbuildinfo')];
const reports = mkdtempSync(join(tmpdir(), 'check-'));
const children = new Set<ChildProcess>();

// They run side by side; the tests, which take longest, begin first.
const steps: readonly Step[] = [
  testStep(process.argv.includes('--all')),
  // One checker: each of several reads the libraries' types for itself, and the tests want the cores.
  { name: 'types', tool: 'tsc', args: ['-p', '.', '--checkers', '1', ...TYPES_KNOWN] },
  { name: 'types of core', tool: 'tsc', args: ['-p', 'functions/core'] },
  { name: 'types of page', tool: 'tsc', args: ['-p', 'scripts/cli/report/client'] },
  { name: 'lint and format', tool: 'biome', args: ['ci', '--error-on-warnings', '--max-diagnostics=50', '--colors=off', '.'] },
  { name: 'unused code', tool: 'knip', args: ['--treat-config-hints-as-errors', '--no-progress'] },
];

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill(signal);
    process.exit(1);
  });
}
process.once('exit', () => rmSync(reports, { recursive: true }));

const counts = await Promise.all(steps.map(check));
const skipped = counts.flatMap((count) => count.skipped);
const failed = sum(counts.map((count) => count.failed));
for (const name of skipped) console.log(`skipped: ${name}`);
if (skipped.length > 0) console.log(`${skipped.length} skipped, counted neither way`);
console.log(`${sum(counts.map(({ passed }) => passed))} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function testStep(all: boolean): Step {
  const report = join(reports, 'tests.json');
  const args = ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  return { name: all ? 'all tests' : 'unit tests', tool: 'vitest', args: all ? args : [...args, '--project=unit*'], report };
}

/** Takes the step and tells how it went; the output of the tool is shown only where it failed. */
async function check(step: Step): Promise<TestCount> {
  const startedAtMs = performance.now();
  const { ok, output } = await run(step);
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  const count = countStep(step, ok);
  const details = step.report === undefined ? '' : `   ${describe(count)}`;
  console.log(`${count.failed === 0 ? 'ok  ' : 'FAIL'}  ${step.name.padEnd(16)} ${seconds.padStart(6)} s${details}`);
  if (count.failed > 0) console.log(output.trimEnd().replaceAll(/^/gm, '      '));
  return count;
}

function run({ tool, args }: Step): Promise<Ending> {
  const env = { NODE_COMPILE_CACHE: compiled, ...process.env, NO_COLOR: '1' };
  const child = spawn(join(root, 'node_modules', '.bin', tool), args, { cwd: root, env });
  const pieces: string[] = [];
  children.add(child);
  child.stdout.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, output: `${pieces.join('')}${error.message}` }));
    child.once('close', (code) => {
      children.delete(child);
      resolve({ ok: code === 0, output: pieces.join('') });
    });
  });
}

/** The single tests of the step. A tool that failed although no test did, or told of no test at all, is one failure. */
function countStep({ report }: Step, ok: boolean): TestCount {
  if (report === undefined) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [] };
  const count = readReport(report);
  const complete = ok && count.passed > 0;
  return complete || count.failed > 0 ? count : { ...count, failed: 1 };
}

function readReport(report: string): TestCount {
  try {
    return countTests(JSON.parse(readFileSync(report, 'utf8')));
  } catch (error) {
    console.log(`No report of the tests: ${String(error)}`);
    return { passed: 0, failed: 1, skipped: [] };
  }
}

function describe({ passed, failed, skipped }: TestCount): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
