/** Links the whole scenario with one wrong algorithm planted in the function's sources, to see whether the oracle notices. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { compileFunction } from 'node:vm';
import { build, transform } from 'esbuild';
import { isObject } from '../../../functions/core/json.ts';
import type { Patch, SeededBug } from './seeded-bug.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ENTRY = 'test/proof/campaign.ts';
const OPTIONS = { absWorkingDir: ROOT, write: false, platform: 'node', format: 'cjs', logLevel: 'silent' } as const;

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

/** A module of the scenario: a function of its exports, of what it requires with, and of itself. */
type Compiled = ReturnType<typeof compileFunction>;

interface Sources {
  /** Every module, by its path in the repository. */
  readonly modules: ReadonlyMap<string, Compiled>;
  /** Where what is no module of ours comes from. */
  readonly external: NodeJS.Require;
}

let sources: Promise<Sources> | undefined;

/** Compiled once for all wrong algorithms: each changes one or two of two hundred modules. */
function sourcesOfScenario(): Promise<Sources> {
  sources ??= compileScenario();
  return sources;
}

async function compileScenario(): Promise<Sources> {
  const { metafile } = await build({ ...OPTIONS, entryPoints: [ENTRY], bundle: true, metafile: true, packages: 'external' });
  const paths = Object.keys(metafile.inputs);
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: paths, outbase: ROOT, outdir: ROOT });
  const modules = outputFiles.map(({ path, text }): [string, Compiled] => {
    const source = relative(ROOT, path).replace(/\.js$/, '.ts');
    return [source, compile(text, source)];
  });
  return { modules: new Map(modules), external: createRequire(join(ROOT, ENTRY)) };
}

function compile(code: string, filename: string): Compiled {
  return compileFunction(code, ['exports', 'require', 'module'], { filename });
}

/** The exports of the scenario, evaluated anew with other modules in the place of those of their names. */
function link({ modules, external }: Sources, planted: ReadonlyMap<string, Compiled>): unknown {
  const loaded = new Map<string, { exports: unknown }>();
  const load = (path: string): unknown => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const compiled = planted.get(path) ?? modules.get(path);
    if (compiled === undefined) throw new Error(`${path} is no module of the scenario.`);
    const module: { exports: unknown } = { exports: {} };
    loaded.set(path, module);
    const require = (name: string): unknown => (name.startsWith('.') ? load(join(dirname(path), name)) : external(name));
    Reflect.apply(compiled, undefined, [module.exports, require, module]);
    return module.exports;
  };
  return load(ENTRY);
}

/** Plays seeds with the wrong algorithm in the function's place; resolves to what the oracle says of each. */
async function buildBug(bug: SeededBug): Promise<PlaySeed> {
  const planted = [...patchedSources(bug)].map(async ([path, source]): Promise<[string, Compiled]> => {
    const { code } = await transform(source, { loader: 'ts', format: 'cjs', platform: 'node', logLevel: 'silent' });
    return [path, compile(code, `${bug.name}: ${path}`)];
  });
  const exported = link(await sourcesOfScenario(), new Map(await Promise.all(planted)));
  const name = bug.act === undefined ? 'runSeed' : 'runAct';
  const play = isObject(exported) ? exported[name] : undefined;
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

function violationsOf(report: unknown): readonly string[] {
  const violations = isObject(report) ? report['violations'] : undefined;
  if (!Array.isArray(violations)) throw new Error('A seed told no list of violations.');
  return violations.filter((each) => typeof each === 'string');
}
