/** Each rule that Biome keeps, shown on a violation that it has to report, and its neighbour that it has to let through. */
import { beforeAll, describe, expect, test } from 'vitest';
import { plantInstalled, runTool } from './copy.ts';

/** What is planted, where (`*` becomes a name of its own), and words of the report. */
type Violation = readonly [behaviour: string, path: string, source: string, report: string];
type Neighbour = readonly [behaviour: string, path: string, source: string];

const IMPORTS = 'noRestrictedImports';
const CYCLE = 'noImportCycles';
const CAST = 'A cast';
const GLOBALS = 'noRestrictedGlobals';
const LEFT_OUT = 'This leaves tests out';

const outsideOfTheLanguage = [
  'AbortController',
  'AbortSignal',
  'Atomics',
  'Buffer',
  'Date',
  'FinalizationRegistry',
  'Function',
  'Intl',
  'URL',
  'WeakRef',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'crypto',
  'fetch',
  'global',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
];

const violations: readonly Violation[] = [
  ['core does not import app', 'functions/core/*.ts', `import '../app/ports.ts';`, IMPORTS],
  ['core does not import a type of app', 'functions/core/*.ts', `import type { World } from '../app/ports.ts';`, IMPORTS],
  ['core does not import adapters', 'functions/core/*.ts', `import '../adapters/elb.ts';`, IMPORTS],
  ['core does not import a package', 'functions/core/*.ts', `import '@aws-sdk/client-ecs';`, IMPORTS],
  ['core does not import Node', 'functions/core/*.ts', `import 'node:fs';`, 'noNodejsModules'],
  ['core does not import on the way', 'functions/core/*.ts', `export const late = import('../app/ports.ts');`, IMPORTS],
  ['core does not require', 'functions/core/*.ts', `require('node:fs');`, 'noCommonJs'],
  ['app does not import adapters', 'functions/app/*.ts', `import '../adapters/elb.ts';`, IMPORTS],
  ['app does not import a function', 'functions/app/*.ts', `import '../sync/sync.ts';`, IMPORTS],
  ['app does not import a package', 'functions/app/*.ts', `import '@aws-sdk/client-ecs';`, IMPORTS],
  ['app does not import Node', 'functions/app/*.ts', `import 'node:timers';`, 'noNodejsModules'],
  ['an adapter imports no more of app than its ports', 'functions/adapters/*.ts', `import '../app/caller.ts';`, IMPORTS],
  ['an adapter does not import a function', 'functions/adapters/*.ts', `import '../sync/sync.ts';`, IMPORTS],
  ['telemetry imports no more of app than it is told', 'functions/adapters/telemetry.ts', `import '../app/visit.ts';`, IMPORTS],
  ['a function does not import test', 'functions/sync/*.ts', `import '../../test/support/skip.ts';`, IMPORTS],
  ['a function does not import scripts', 'functions/sync/*.ts', `import '../../scripts/count.ts';`, IMPORTS],
  ['a function does not import an SDK', 'functions/sync/*.ts', `import '@aws-sdk/client-ecs';`, IMPORTS],
  ['core does not import test', 'functions/core/*.ts', `import '../../test/support/skip.ts';`, IMPORTS],
  ['a test does not import scripts', 'test/core/*.test.ts', `import '../../scripts/count.ts';`, IMPORTS],
  [
    'a type does not come in by the back door',
    'functions/core/*.ts',
    `export type W = import('../app/ports.ts').W;`,
    'escapes',
  ],
  ['an import names the file', 'functions/app/*.ts', `import './known';`, 'useImportExtensions'],
  ['files do not import each other', 'functions/app/circle.ts', `import './round.ts';`, CYCLE],
  ['whichever is read first', 'functions/app/round.ts', `import './circle.ts';`, CYCLE],
  ['nor do their types', 'functions/app/ring.ts', `import type { R } from './rang.ts'; export type S = R;`, CYCLE],
  ['whichever is read first', 'functions/app/rang.ts', `import type { S } from './ring.ts'; export type R = S;`, CYCLE],

  ...outsideOfTheLanguage.map(
    (name) => [`core has no ${name}`, 'functions/core/*.ts', `export const it = ${name};`, GLOBALS] as const,
  ),
  ...outsideOfTheLanguage.map(
    (name) => [`app has no ${name}`, 'functions/app/*.ts', `export const it = ${name};`, GLOBALS] as const,
  ),
  ['core has no new Date', 'functions/core/*.ts', 'export const at = new Date(0);', GLOBALS],
  ['core has no console', 'functions/core/*.ts', `console.info('here');`, 'noConsole'],
  ['core has no Math.random', 'functions/core/*.ts', 'export const luck = Math.random();', 'Math.random'],
  ['core has no Math to take random from', 'functions/core/*.ts', 'export const { random } = Math;', 'Math by any other'],
  ['core has no Math in brackets', 'functions/core/*.ts', `export const luck = Math['random']();`, 'Math by any other'],
  ['core has no language', 'functions/core/*.ts', `export const order = 'a'.localeCompare('b');`, 'language of the machine'],
  ['app has no Math.random', 'functions/app/*.ts', 'export const luck = Math.random();', 'Math.random'],

  ['there is no any', 'functions/app/*.ts', 'export const some: any = 1;', 'noExplicitAny'],
  ['there is no any in a test', 'test/core/*.test.ts', 'export const some: any = 1;', 'noExplicitAny'],
  ['there is no as', 'functions/app/*.ts', `export const arn = 'a' as unknown;`, CAST],
  ['there is no as in a test', 'test/core/*.test.ts', `export const arn = 'a' as unknown;`, CAST],
  ['there is no as in a script', 'scripts/*.ts', `export const arn = 'a' as unknown;`, CAST],
  ['there is no as around a const one', 'functions/app/*.ts', `export const arn = { a: [1] as const } as object;`, CAST],
  ['there is no as inside a const one', 'functions/app/*.ts', `export const arn = { a: 'a' as string } as const;`, CAST],
  ['there is no as before an assignment', 'functions/app/*.ts', `let a: unknown = 1; (a as string) = 'a';`, CAST],
  ['there is no cast in angle brackets', 'functions/app/*.ts', `export const arn = <unknown>'a';`, CAST],
  ['there is no !', 'functions/app/*.ts', 'export const first = [1][0]!;', 'noNonNullAssertion'],
  ['there is no ! in a test', 'test/core/*.test.ts', 'export const first = [1][0]!;', 'noNonNullAssertion'],
  ['there is no @ts-ignore', 'functions/app/*.ts', `// @ts-ignore\nexport const one = 1;`, 'noTsIgnore'],

  ['there is no default export', 'functions/app/*.ts', 'export default 1;', 'noDefaultExport'],
  ['there is no barrel', 'functions/app/*.ts', `export { known } from './known.ts';`, 'noBarrelFile'],
  ['there is no barrel of everything', 'functions/app/*.ts', `export * from './known.ts';`, 'noReExportAll'],
  ['there is no barrel of types', 'functions/app/*.ts', `export type { Kind } from './known.ts';`, 'second door'],
  [
    'there is no barrel in two steps',
    'functions/app/*.ts',
    `import { known } from './known.ts'; export { known };`,
    'noExportedImports',
  ],
  ['there is no forEach', 'functions/app/*.ts', '[1].forEach((one) => { String(one); });', 'noForEach'],
  ['a promise is not dropped', 'functions/app/*.ts', `import { later } from './known.ts'; later();`, 'noFloatingPromises'],
  [
    'nor is one that an interface promises',
    'functions/app/*.ts',
    `import type { Door } from './known.ts'; export function open(door: Door): void { door.open(); }`,
    'noFloatingPromises',
  ],
  [
    'a promise is not a condition',
    'functions/app/*.ts',
    `import { later } from './known.ts'; export function is(): boolean { if (later()) return true; return false; }`,
    'noMisusedPromises',
  ],
  [
    'a switch names every case',
    'functions/app/*.ts',
    `import type { Kind } from './known.ts'; export function f(kind: Kind): void { switch (kind) { case 'one': break; } }`,
    'useExhaustiveSwitchCases',
  ],
  [
    'also where a default takes the rest',
    'functions/app/*.ts',
    `import type { Kind } from './known.ts'; export function f(k: Kind): number { switch (k) { case 'one': return 1; default: return 2; } }`,
    'useExhaustiveSwitchCases',
  ],

  ['a function has 40 lines at most', 'functions/app/*.ts', functionOf(41), 'noExcessiveLinesPerFunction'],
  ['also in scripts', 'scripts/*.ts', functionOf(41), 'noExcessiveLinesPerFunction'],
  ['also in what tests share', 'test/support/*.ts', functionOf(41), 'noExcessiveLinesPerFunction'],
  ['a file has 250 lines at most', 'functions/app/*.ts', fileOf(251), 'noExcessiveLinesPerFile'],
  ['also in scripts', 'scripts/*.ts', fileOf(251), 'noExcessiveLinesPerFile'],
  ['a file of tests has 400 lines at most', 'test/core/*.test.ts', fileOf(401), 'noExcessiveLinesPerFile'],

  ['a test is not run alone', 'test/core/*.test.ts', `test.only('a', () => {});`, LEFT_OUT],
  ['a group is not run alone', 'test/core/*.test.ts', `describe.concurrent.only('a', () => {});`, LEFT_OUT],
  ['a test is not skipped', 'test/core/*.test.ts', `test.skip('a', () => {});`, LEFT_OUT],
  ['a test is not skipped by an option', 'test/core/*.test.ts', `test('a', { skip: true }, () => {});`, LEFT_OUT],
  ['a test does not skip itself', 'test/core/*.test.ts', `test('a', (context) => context.skip());`, LEFT_OUT],
  ['a test is not skipped in brackets', 'test/core/*.test.ts', `test['skip']('a', () => {});`, LEFT_OUT],
  ['a test does not take skip', 'test/core/*.test.ts', `test('a', ({ skip }) => skip());`, LEFT_OUT],
  ['a test does not skip itself by name', 'test/core/*.test.ts', `test('a', ({ skip: leave }) => leave());`, LEFT_OUT],
  ['a test is not skipped here and there', 'test/core/*.test.ts', `test.skipIf(here)('a', () => {});`, LEFT_OUT],
  ['a test is not put off', 'test/core/*.test.ts', `test.todo('a');`, LEFT_OUT],
  ['a test is not run alone by another name', 'test/core/*.test.ts', `fit('a', () => {});`, 'noFocusedTests'],
  ['a test is not crossed out', 'test/core/*.test.ts', `xit('a', () => {});`, 'noSkippedTests'],
];

const neighbours: readonly Neighbour[] = [
  ['core imports core', 'functions/core/*.ts', `import { known } from './known.ts';\nexport const next = known + 1;`],
  ['app imports core and app', 'functions/app/*.ts', `import '../core/known.ts';\nimport './known.ts';`],
  [
    'an adapter imports its SDK and the ports',
    'functions/adapters/*.ts',
    `import '@aws-sdk/client-ecs';\nimport '../app/ports.ts';`,
  ],
  ['an adapter imports core', 'functions/adapters/*.ts', `import '../core/known.ts';`],
  [
    'a function imports adapters, app and core',
    'functions/sync/*.ts',
    `import '../adapters/elb.ts';\nimport '../app/visit.ts';`,
  ],
  [
    'telemetry imports what app tells it',
    'functions/adapters/telemetry.ts',
    `import '../app/record.ts';\nimport '@aws-lambda-powertools/logger';`,
  ],
  ['a script prints', 'scripts/*.ts', `console.log('here');`],
  ['a group of tests is as long as it needs to be', 'test/core/*.test.ts', functionOf(41)],
  ['a script imports what it needs', 'scripts/*.ts', `import 'node:fs';\nimport '../test/support/skip.ts';`],
  ['core has the rest of Math', 'functions/core/*.ts', 'export const most = Math.max(Math.floor(1.5), Math.min(1, 2));'],
  ['core may call a field what it likes', 'functions/core/*.ts', 'export const task = { process: 1, random: 2 };'],
  ['as const is no cast', 'functions/app/*.ts', `export const KINDS = ['one', 'two'] as const;`],
  [
    'a new name for an import is no cast',
    'functions/app/*.ts',
    `import { known as old } from './known.ts';\nexport const next = old;`,
  ],
  ['satisfies is no cast', 'functions/app/*.ts', `export const one = 1 satisfies number;`],
  ['values.ts may cast', 'functions/core/values.ts', `export const arn = 'a' as unknown;`],
  ['vitest demands a default export', 'vitest.config.ts', 'export default {};'],
  ['a function may have 40 lines', 'functions/app/*.ts', functionOf(40)],
  ['a file may have 250 lines', 'functions/app/*.ts', fileOf(250)],
  ['a file of tests may have 400 lines', 'test/core/*.test.ts', fileOf(400)],
  ['the helper may skip', 'test/support/skip.ts', `export const leave = (context: { skip(): void }): void => context.skip();`],
];

/** What the planted files import. */
const known = [
  'export const known = 1;',
  `export type Kind = 'one' | 'two';`,
  'export interface Door { open(): Promise<void>; }',
  'export async function later(): Promise<boolean> { return await Promise.resolve(true); }',
].join('\n');
const bystanders = {
  'functions/core/known.ts': known,
  'functions/app/known.ts': known,
};

describe('Biome reports that', () => {
  let reports: readonly string[] = [];
  beforeAll(() => {
    reports = lint(violations).reportsByIndex;
  });

  for (const [index, [behaviour, path, , report]] of violations.entries()) {
    test(`${behaviour} (${path})`, () => {
      expect(reports[index]).toContain(report);
    });
  }
});

describe('Biome lets through that', () => {
  let reports: readonly string[] = [];
  beforeAll(() => {
    const { exitCode, reportsByIndex } = lint(neighbours);
    expect(exitCode).toBe(0);
    reports = reportsByIndex;
  });

  for (const [index, [behaviour, path]] of neighbours.entries()) {
    test(`${behaviour} (${path})`, () => {
      expect(reports[index]).toBe('');
    });
  }
});

/** What Biome has to say on each of the files. One run for all costs as much as a run for one. */
function lint(planted: readonly (Violation | Neighbour)[]): { exitCode: number | null; reportsByIndex: string[] } {
  const paths = planted.map(([, path], index) => path.replace('*', `planted-${index}`));
  const files = planted.map(([, , source], index) => [paths[index], source] as const);
  using copy = plantInstalled({ ...bystanders, ...Object.fromEntries(files) });
  const { exitCode, output } = runTool(copy, 'biome', 'lint', '--reporter=github', '--max-diagnostics=none');
  const lines = output.split('\n');
  return { exitCode, reportsByIndex: paths.map((path) => lines.filter((line) => line.includes(`/${path},`)).join('\n')) };
}

/** A function of so many lines, its first and last among them. */
function functionOf(lines: number): string {
  return ['export function long(): void {', ...Array<string>(lines - 2).fill('  String(1);'), '}'].join('\n');
}

function fileOf(lines: number): string {
  return `${Array.from({ length: lines }, (_, index) => `export const line${index} = ${index};`).join('\n')}\n`;
}
