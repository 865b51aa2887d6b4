/** `npm run check` and `npm test`, on a copy in which every step has something to report, and on one in which all is well. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Copy, packages, plantInstalled, root, run } from '../walls/copy.ts';

const CHECK = ['functions/core/json.ts', 'scripts/check.ts', 'scripts/count.ts', 'scripts/run.mjs'];

/** The packages that only the code uses which the copy does not have. */
const UNUSED =
  /^@types\/aws-lambda$|^@aws-sdk\/|^@cloud-copilot\/|^@cyclonedx\/|^@smithy\/|^@stryker-mutator\/|^aws-sdk|^esbuild$|^fast-check$|^fflate$|^playwright-core$|^yaml$/;

const fourTests = `
import { expect, test } from 'vitest';
test('holds', () => {});
test('does not hold', () => expect(1).toBe(2));
test.skip('is left out', () => {});
test.todo('is not written');
`;
const oneTest = `import { expect, test } from 'vitest';\n\ntest('holds', () => expect(1).toBe(1));\n`;

test('tells each step in a line, shows why one failed, goes on, and counts single tests', () => {
  using copy = plantInstalled(
    {
      'functions/app/planted.ts': `export const port: number = '8080';\n`,
      'functions/core/planted.ts': 'export const now = Date.now(), where = process.env;\n',
      'test/core/planted.test.ts': fourTests,
      'test/core/broken.test.ts': `throw new Error('broken before the first test');`,
      'test/end-to-end/slow.test.ts': oneTest,
      'test/policy/every-call.ts': '',
    },
    CHECK,
  );
  const { exitCode, output } = run(copy, process.execPath, 'scripts/run.mjs', 'scripts/check.ts');
  expect(output).toMatch(/^FAIL {2}types +\d+\.\d s$/m);
  expect(output).toMatch(/^FAIL {2}types of core +\d+\.\d s$/m);
  expect(output).toMatch(/^FAIL {2}lint and format +\d+\.\d s$/m);
  expect(output).toMatch(/^FAIL {2}unused code +\d+\.\d s$/m);
  expect(output).toMatch(/^FAIL {2}unit tests +\d+\.\d s {3}1 passed, 2 failed, 2 skipped$/m);
  expect(output).toContain(`Type 'string' is not assignable to type 'number'`);
  expect(output).toContain('broken before the first test');
  expect(output).toContain('skipped: is left out\nskipped: is not written\n2 skipped, counted neither way\n');
  expect(lastLine(output)).toBe('1 passed, 6 failed');
  expect(exitCode).toBe(1);
});

test('says that all is well where it is, with the tests that take longer', () => {
  using copy = plantInstalled(
    { ...wellKept(), 'test/end-to-end/slow.test.ts': oneTest, 'test/core/a.test.ts': oneTest },
    CHECK,
  );
  const { exitCode, output } = run(copy, process.execPath, 'scripts/run.mjs', 'scripts/check.ts', '--all');
  expect(output).toMatch(/^ok {4}all tests +\d+\.\d s {3}2 passed, 0 failed$/m);
  expect(lastLine(output)).toBe('6 passed, 0 failed');
  expect(exitCode).toBe(0);
});

test('does not take a run without a single test for a good one', () => {
  using copy = plantInstalled({ 'test/policy/every-call.ts': '' }, CHECK);
  contentWith(copy, ['tsc', 'biome', 'knip']);
  const { exitCode, output } = run(copy, process.execPath, 'scripts/check.ts');
  expect(output).toMatch(/^FAIL {2}unit tests +\d+\.\d s {3}0 passed, 1 failed$/m);
  expect(lastLine(output)).toBe('4 passed, 1 failed');
  expect(exitCode).toBe(1);
});

/** These tools find nothing to report in the copy, and take no time for it. */
function contentWith({ path }: Copy, tools: readonly string[]): void {
  const programs = join(path, 'node_modules', '.bin');
  rmSync(programs);
  mkdirSync(programs);
  for (const tool of ['node', 'vitest']) symlinkSync(join(packages, '.bin', tool), join(programs, tool));
  for (const tool of tools) writeFileSync(join(programs, tool), '#!/bin/sh\n', { mode: 0o755 });
}

/** The files without which a copy has something to report: entries that knip looks for, and no package that nobody uses. */
function wellKept(): Readonly<Record<string, string>> {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'), (key, value: unknown) =>
    key === 'dependencies' || UNUSED.test(key) ? undefined : value,
  );
  const entry = 'export const one = 1;\n';
  return {
    'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
    'functions/sync/handler.ts': entry,
    'functions/adapters/environment-credentials.ts': entry,
    'functions/adapters/single-attempt.ts': entry,
    // The set-up of the tests that play the function, which the copy has not.
    'test/policy/every-call.ts': '',
    'vitest.mutate.config.ts': entry,
  };
}

function lastLine(output: string): string | undefined {
  return output.trimEnd().split('\n').at(-1);
}
