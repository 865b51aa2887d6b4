/** Copies of the repository's rules in a temporary folder, to plant violations in and see that the tools report them. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
export const packages = join(root, 'node_modules');

/** What the tools read to know the rules. */
const RULES = [
  '.ci',
  '.gitignore',
  'biome.json',
  'functions/core/tsconfig.json',
  'knip.json',
  'package.json',
  'scripts/tools/lint',
  'tsconfig.json',
  'vitest.config.ts',
];

const CACHES = new Set(['.cache', '.vite', '.vite-temp', '.vitest']);

export interface Ending {
  readonly exitCode: number | null;
  readonly output: string;
}

/** To be held with `using`: the folder is gone when the test is left. */
export interface Copy extends Disposable {
  readonly path: string;
}

/** A copy with the rules, the files that are named in `copied`, and the planted ones. */
export function plant(planted: Readonly<Record<string, string>>, copied: readonly string[] = []): Copy {
  const path = mkdtempSync(join(tmpdir(), 'walls-'));
  for (const name of [...RULES, ...copied]) cpSync(join(root, name), join(path, name), { recursive: true });
  for (const [name, content] of Object.entries(planted)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content, { mode: 0o755 });
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** The same, with the installed packages. Linked one by one, so that what tools keep in node_modules goes with the copy. */
export function plantInstalled(planted: Readonly<Record<string, string>>, copied: readonly string[] = []): Copy {
  const copy = plant(planted, copied);
  mkdirSync(join(copy.path, 'node_modules'));
  for (const name of readdirSync(packages)) {
    if (!CACHES.has(name)) symlinkSync(join(packages, name), join(copy.path, 'node_modules', name));
  }
  return copy;
}

/** Runs a tool of node_modules/.bin in the copy. */
export function runTool(copy: Copy, tool: string, ...args: readonly string[]): Ending {
  return run(copy, join(packages, '.bin', tool), ...args);
}

/** Runs a program in the copy. Programs that are planted in `bin` are found before all others. */
export function run({ path }: Copy, program: string, ...args: readonly string[]): Ending {
  const env = { ...process.env, NO_COLOR: '1', PATH: `${join(path, 'bin')}:${process.env['PATH']}` };
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: path, encoding: 'utf8', env });
  if (error !== undefined) throw error;
  return { exitCode: status, output: `${stdout}${stderr}` };
}
