/** What the compiler refuses: in core everything that the language itself does not have, elsewhere what Node cannot strip. */
import { expect, test } from 'vitest';
import { plantInstalled, runTool } from './copy.ts';

const outsideOfTheLanguage = [
  'process.env',
  'console.info',
  'performance.now',
  'fetch',
  'setTimeout',
  'setImmediate',
  'queueMicrotask',
  'structuredClone',
  'crypto.randomUUID',
  'Buffer.from',
  'URL',
  'AbortController',
  'TextDecoder',
  'require',
  '__dirname',
  'import.meta.url',
  'document',
];

test('the tsconfig of core knows nothing but the language', () => {
  const lines = outsideOfTheLanguage.map((name, index) => `export const name${index} = ${name};`);
  using copy = plantInstalled({ 'functions/core/planted.ts': lines.join('\n') });
  const { exitCode, output } = runTool(copy, 'tsc', '-p', 'functions/core');
  expect(exitCode).not.toBe(0);
  expect(linesIn(output, 'functions/core/planted.ts')).toEqual(lines.map((_, index) => index + 1));
});

test('the tsconfig of core does not follow an import to what only Node has', () => {
  const source = `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;`;
  using copy = plantInstalled({ 'functions/core/planted.ts': source });
  const { output } = runTool(copy, 'tsc', '-p', 'functions/core');
  expect(linesIn(output, 'functions/core/planted.ts')).toEqual([1]);
});

const refused = [
  'export enum Phase { Running }',
  'export class Pass { constructor(readonly group: string) {} }',
  'export namespace Core { export const one = 1; }',
  `export const first: number = [1][0];`,
  `export const given: { readonly port?: number } = { port: undefined };`,
  `export const byName = process.env.PATH;`,
  'export function half(yes: boolean): number | undefined { if (yes) return 1; }',
  `import { Kind } from './kind.ts'; export type Known = Kind;`,
  `import './missing.ts';`,
];

test('the tsconfig of the repository refuses what Node cannot strip, and what may be undefined', () => {
  const planted = Object.fromEntries(refused.map((source, index) => [`functions/app/planted-${index}.ts`, source]));
  using copy = plantInstalled({ ...planted, 'functions/app/kind.ts': `export type Kind = 'one';` });
  const { output } = runTool(copy, 'tsc', '-p', '.');
  const found = Object.keys(planted).map((path) => linesIn(output, path).length > 0);
  expect(found).toEqual(refused.map(() => true));
});

/** The lines of the file on which an error was found, each once. */
function linesIn(output: string, path: string): number[] {
  const numbers = output
    .split('\n')
    .flatMap((line) => (line.startsWith(`${path}(`) ? [Number.parseInt(line.slice(path.length + 1), 10)] : []));
  return [...new Set(numbers)];
}
