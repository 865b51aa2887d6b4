/** Builds the whole scenario with one wrong algorithm planted in the function's sources, to see whether the oracle notices. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { compileFunction } from 'node:vm';
import { build, type Plugin } from 'esbuild';
import { isObject } from '../../../functions/core/json.ts';
import type { Patch, SeededBug } from './seeded-bug.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ENTRY = join(import.meta.dirname, '../campaign.ts');

/** Where a wrong algorithm was caught, and by what. */
export interface Kill {
  readonly seed: number;
  /** Seeds played until then, the catching one included. */
  readonly seeds: number;
  readonly invariants: readonly string[];
  readonly violation: string;
}

type PlaySeed = (seed: number) => Promise<readonly string[]>;

/** The source with the patch in it. Throws where the place to patch is not there exactly once: the source has moved on. */
function patched(source: string, { file, find, replace }: Patch): string {
  const pieces = source.split(find);
  if (pieces.length !== 2) {
    throw new Error(`The text to replace occurs ${pieces.length - 1} times in ${file}; expected once: ${find}`);
  }
  return pieces.join(replace);
}

/** The sources that a wrong algorithm changes, by their path in the repository. */
export function patchedSources(bug: SeededBug): Map<string, string> {
  const sources = new Map<string, string>();
  for (const patch of bug.patches) {
    const source = sources.get(patch.file) ?? readFileSync(join(ROOT, patch.file), 'utf8');
    sources.set(patch.file, patched(source, patch));
  }
  return sources;
}

/** Plays seeds with the wrong algorithm in the function's place; resolves to what the oracle says of each. */
async function buildBug(bug: SeededBug): Promise<PlaySeed> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
    logLevel: 'silent',
    plugins: [plant(patchedSources(bug))],
  });
  const [output] = outputFiles;
  const load: unknown = compileFunction(output?.text ?? '', ['exports', 'require', 'module'], {
    filename: `${bug.name}.cjs`,
  });
  const loaded: { exports: unknown } = { exports: {} };
  if (typeof load !== 'function') throw new Error(`${bug.name} does not compile to a function.`);
  Reflect.apply(load, undefined, [loaded.exports, createRequire(ENTRY), loaded]);
  const name = bug.act === undefined ? 'runSeed' : 'runAct';
  const play = isObject(loaded.exports) ? loaded.exports[name] : undefined;
  if (typeof play !== 'function') throw new Error(`The build of ${bug.name} exports no ${name}.`);
  return async (seed) => violationsOf(await Reflect.apply(play, undefined, bug.act === undefined ? [seed] : [seed, bug.act]));
}

/** Plays up to `seedsMax` seeds until an invariant speaks. */
export async function hunt(bug: SeededBug, from: number, seedsMax: number): Promise<Kill | undefined> {
  const play = await buildBug(bug);
  for (let seed = from; seed < from + seedsMax; seed += 1) {
    const violations = await play(seed);
    const [violation] = violations;
    if (violation === undefined) continue;
    const invariants = [...new Set(violations.map(invariantOf))].sort();
    return { seed, seeds: seed - from + 1, invariants, violation };
  }
  return undefined;
}

/** `S1 at 12.3 s, ...`: the first word names the invariant. */
function invariantOf(violation: string): string {
  return violation.split(' ', 1)[0] ?? '';
}

function plant(sources: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'plant',
    setup({ onLoad }) {
      // Only what is patched comes through here: for each file that did, esbuild would have to wait for this process.
      const names = [...sources.keys()].map((file) => basename(file).replaceAll('.', '\\.'));
      onLoad({ filter: new RegExp(`/(?:${names.join('|')})$`) }, ({ path }) => {
        const contents = sources.get(relative(ROOT, path));
        return contents === undefined ? undefined : { contents, loader: 'ts' };
      });
    },
  };
}

function violationsOf(report: unknown): readonly string[] {
  const violations = isObject(report) ? report['violations'] : undefined;
  if (!Array.isArray(violations)) throw new Error('A seed told no list of violations.');
  return violations.filter((each) => typeof each === 'string');
}
