/** Core works where there is no time, no randomness and nothing but the language: proved by running it there. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { plant, root } from './copy.ts';
import { decide } from './pass.ts';

interface Bundle {
  readonly code: string;
  /** The files that went in, as paths in the repository. */
  readonly files: readonly string[];
}

/** All of core as one script: `core.plan.planChanges` and so on. */
function bundleCore(repository: string): Promise<Bundle> {
  const names = readdirSync(join(repository, 'functions/core')).filter((name) => name.endsWith('.ts'));
  const lines = names.map((name) => `export * as ${camelCase(name)} from './functions/core/${name}';`);
  return bundle(repository, lines.join('\n'));
}

/** One script that defines one global, `core`, with these exports. */
async function bundle(repository: string, contents: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: repository,
    stdin: { contents, resolveDir: repository, sourcefile: 'exports' },
    bundle: true,
    format: 'iife',
    globalName: 'core',
    logLevel: 'silent',
    metafile: true,
    platform: 'neutral',
    target: 'es2024',
    write: false,
  });
  const files = Object.keys(metafile.inputs).filter((path) => path !== 'exports');
  return { code: outputFiles.map(({ text }) => text).join(''), files };
}

/** Evaluates the expression next to core in a world of its own, and brings the answer back as text. */
function runWithoutTime(code: string, expression: string): unknown {
  const world = createContext({});
  runInContext(
    'for (const name of ["console", "Date", "Intl", "WeakRef", "FinalizationRegistry", "Atomics"]) delete globalThis[name];',
    world,
  );
  runInContext('delete Math.random;', world);
  runInContext(code, world);
  return JSON.parse(String(runInContext(`JSON.stringify(${expression})`, world)));
}

describe('core', () => {
  test('is made of nothing but files of core', async () => {
    const { files } = await bundleCore(root);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((path) => !/^functions\/core\/[a-z-]+\.ts$/.test(path))).toEqual([]);
  });

  test('loads whole where there is nothing but the language', async () => {
    const { code } = await bundleCore(root);
    expect(runWithoutTime(code, `core.values.parsePort('8080')`)).toEqual({ ok: true, value: 8080 });
  });

  test('reads an event and plans a registration there', async () => {
    const { code, files } = await bundle(root, `export * from './test/walls/pass.ts';`);
    expect(files.filter((path) => !path.startsWith('functions/core/'))).toEqual(['test/walls/pass.ts']);
    expect(runWithoutTime(code, 'core.decide()')).toEqual(decide());
    expect(decide()).toMatchObject({ reading: 'hint', changes: [{ kind: 'register', address: '10.0.0.7:8080' }] });
  });
});

describe('the proof finds', () => {
  const planted = 'functions/core/planted.ts';

  test('a file of app in the bundle', async () => {
    using copy = plant({
      [planted]: `export { limit } from '../app/limit.ts';`,
      'functions/app/limit.ts': 'export const limit = 1;',
    });
    const { files } = await bundleCore(copy.path);
    expect(files).toContain('functions/app/limit.ts');
  });

  test('a package of Node', async () => {
    using copy = plant({ [planted]: `export { readFileSync } from 'node:fs';` });
    await expect(bundleCore(copy.path)).rejects.toThrow('node:fs');
  });

  test.each([
    ['the time', 'Date.now()', 'Date is not defined'],
    ['luck', 'Math.random()', 'Math.random is not a function'],
    ['luck in brackets', `Math['ran' + 'dom']()`, 'is not a function'],
    ['a setting', 'process.env.PATH', 'process is not defined'],
    ['a timer', 'setTimeout(() => {}, 1)', 'setTimeout is not defined'],
    ['a log line', `console.info('here')`, 'console is not defined'],
  ])('%s', async (_, expression, message) => {
    using copy = plant({ [planted]: `export const planted = () => ${expression};` });
    const { code } = await bundleCore(copy.path);
    expect(() => runWithoutTime(code, 'core.planted.planted()')).toThrow(message);
  });
});

function camelCase(name: string): string {
  return name.replace(/\.ts$/, '').replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
