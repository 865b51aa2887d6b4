/** What knip reports: code that nobody runs, names that nobody reads, packages that nobody uses, tests that no project has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { plantInstalled, root, runTool } from './copy.ts';

const manifest = readFileSync(join(root, 'package.json'), 'utf8');

const planted = {
  'package.json': manifest.replace('"devDependencies": {', '"devDependencies": { "unused-package": "1.0.0",'),
  'functions/sync/handler.ts': `import { used } from '../core/known.ts';\nimport 'unlisted-package';\nexport const handler = used;`,
  'functions/core/known.ts': `export const used = 1;\nexport const unusedName = 2;\nexport interface UnusedType { readonly one: 1 }`,
  'functions/core/unused-file.ts': 'export const one = 1;',
  'scripts/entry.ts': `import '../test/support/used-helper.ts';`,
  'test/support/used-helper.ts': 'export {};',
  'test/support/unused-helper.ts': 'export const one = 1;',
  'test/core/known.test.ts': `import { test } from 'vitest';\ntest('a', () => {});`,
  'test/corr/lost.test.ts': `import { test } from 'vitest';\ntest('a', () => {});`,
};

let report = '';

beforeAll(() => {
  using copy = plantInstalled(planted);
  const { exitCode, output } = runTool(copy, 'knip', '--no-progress');
  report = output;
  expect(exitCode).not.toBe(0);
});

test.each([
  ['a file', 'functions/core/unused-file.ts'],
  ['a helper of tests', 'test/support/unused-helper.ts'],
  ['a file of tests that no project runs', 'test/corr/lost.test.ts'],
  ['an export', 'unusedName'],
  ['an exported type', 'UnusedType'],
  ['a package', 'unused-package'],
  ['a package that package.json does not have', 'unlisted-package'],
])('knip reports that nobody uses %s', (_, name) => {
  expect(report).toContain(name);
});

test.each([
  ['the handler, which Lambda calls', 'functions/sync/handler.ts'],
  ['a script', 'scripts/entry.ts'],
  ['a helper that is used', 'used-helper.ts '],
  ['a file of tests', 'test/core/known.test.ts'],
])('knip lets through %s', (_, name) => {
  expect(report.split('\n').filter((line) => line.startsWith(name))).toEqual([]);
});
