/** The walls that hold the house, each shown on a planted violation that has to be reported and on a neighbor that has to pass. */
import { beforeAll, describe, expect, test } from 'vitest';
import { plantInstalled, runTool } from './copy.ts';

const IMPORTS = 'noRestrictedImports';
const CAST = 'A cast';
const GLOBALS = 'noRestrictedGlobals';
const LEFT_OUT = 'This leaves tests out';

/** What is planted, where (`*` becomes a name of its own), and words of the report. */
const violations: readonly (readonly [behavior: string, path: string, source: string, report: string])[] = [
  ['core does not import app', 'functions/core/*.ts', `import type { Clock } from '../app/ports.ts';`, IMPORTS],
  ['core does not import a package', 'functions/core/*.ts', `import '@aws-sdk/client-ecs';`, IMPORTS],
  ['core does not import Node', 'functions/core/*.ts', `import 'node:fs';`, 'noNodejsModules'],
  ['app does not import adapters', 'functions/app/*.ts', `import '../adapters/elb.ts';`, IMPORTS],
  ['app does not import Node', 'functions/app/*.ts', `import 'node:timers';`, 'noNodejsModules'],
  ['an adapter imports no more of app than its ports', 'functions/adapters/*.ts', `import '../app/caller.ts';`, IMPORTS],
  ['a function does not import scripts', 'functions/sync/*.ts', `import '../../scripts/cli/exit.ts';`, IMPORTS],
  ['the command line does not import test', 'scripts/cli/*.ts', `import '../../test/support/skip.ts';`, IMPORTS],
  ['a tool does not import test', 'scripts/tools/*/any.ts', `import '../../../test/support/skip.ts';`, IMPORTS],
  ['the simulated account does not import test', 'scripts/simulator/*.ts', `import '../../test/support/skip.ts';`, IMPORTS],
  ['the simulated account does not import tools', 'scripts/simulator/*.ts', `import '../tools/check/count.ts';`, IMPORTS],
  ['a test does not import a program', 'test/core/*.test.ts', `import '../../scripts/cli/main.ts';`, IMPORTS],
  ['files do not import each other', 'functions/app/ring.ts', `import './rang.ts';`, 'noImportCycles'],
  ['whichever is read first', 'functions/app/rang.ts', `import './ring.ts';`, 'noImportCycles'],
  ['core has no clock', 'functions/core/*.ts', 'export const at = Date.now();', GLOBALS],
  ['core has no chance', 'functions/core/*.ts', 'export const luck = Math.random();', 'Math.random'],
  ['core has no environment', 'functions/core/*.ts', 'export const mode = process.env;', GLOBALS],
  ['app has no clock', 'functions/app/*.ts', 'export const at = Date.now();', GLOBALS],
  ['there is no as', 'functions/app/*.ts', `export const arn = 'a' as unknown;`, CAST],
  ['there is no as in a script', 'scripts/*.ts', `export const arn = 'a' as unknown;`, CAST],
  ['there is no as in a test', 'test/core/*.test.ts', `export const arn = 'a' as unknown;`, CAST],
  ['there is no any', 'functions/app/*.ts', 'export const some: any = 1;', 'noExplicitAny'],
  ['there is no !', 'functions/app/*.ts', 'export const first = [1][0]!;', 'noNonNullAssertion'],
  ['a test is not run alone', 'test/core/*.test.ts', `test.only('a', () => {});`, LEFT_OUT],
  ['a test is not skipped', 'test/core/*.test.ts', `test.skip('a', () => {});`, LEFT_OUT],
];

const neighbors: readonly (readonly [behavior: string, path: string, source: string])[] = [
  ['app imports core and app', 'functions/app/*.ts', `import '../core/known.ts';\nimport './known.ts';`],
  [
    'an adapter imports its SDK and the ports',
    'functions/adapters/*.ts',
    `import '@aws-sdk/client-ecs';\nimport '../app/ports.ts';`,
  ],
  ['a test imports the simulated account', 'test/core/*.test.ts', `import '../../scripts/simulator/account.ts';`],
  ['as const is no cast', 'functions/app/*.ts', `export const KINDS = ['one', 'two'] as const;`],
  ['values.ts may cast', 'functions/core/values.ts', `export const arn = 'a' as unknown;`],
];

describe('Biome reports that', () => {
  let reports: readonly string[] = [];
  beforeAll(() => {
    reports = lint(violations).reportsByIndex;
  });

  for (const [index, [behavior, path, , report]] of violations.entries()) {
    test(`${behavior} (${path})`, () => {
      expect(reports[index]).toContain(report);
    });
  }
});

describe('Biome lets through that', () => {
  let reports: readonly string[] = [];
  beforeAll(() => {
    reports = lint(neighbors).reportsByIndex;
  });

  for (const [index, [behavior, path]] of neighbors.entries()) {
    test(`${behavior} (${path})`, () => {
      expect(reports[index]).toBe('');
    });
  }
});

/** What Biome has to say on each of the files. One run for all costs as much as a run for one. */
function lint(planted: readonly (readonly [string, string, string, string?])[]): { readonly reportsByIndex: string[] } {
  const paths = planted.map(([, path], index) => path.replace('*', `planted-${index}`));
  const files = planted.map(([, , source], index) => [paths[index], source] as const);
  const known = { 'functions/core/known.ts': 'export const known = 1;', 'functions/app/known.ts': 'export const known = 1;' };
  using copy = plantInstalled({ ...known, ...Object.fromEntries(files) });
  const { output } = runTool(copy, 'biome', 'lint', '--reporter=github', '--max-diagnostics=none');
  const lines = output.split('\n');
  return { reportsByIndex: paths.map((path) => lines.filter((line) => line.includes(`/${path},`)).join('\n')) };
}
