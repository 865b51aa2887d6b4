/** Ways around the walls: a file that they do not look into, a comment that silences them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './copy.ts';

/** Comments that silence Biome, the compiler or knip. */
const SILENCE = /biome-ignore|@ts-(?:ignore|expect-error|nocheck)|@(?:public|internal|alias|beta)\b/;

/** The files that have one, each with the reason. Whoever adds one argues for it here, where it is seen. */
const SILENCED: Readonly<Record<string, string>> = {
  'test/walls/escapes.test.ts': 'names them all, above',
};

test('nobody silences a tool without a reason that is written here', () => {
  const silenced = filesEndingIn(/\.(?:ts|mjs)$/).filter((path) => SILENCE.test(readFileSync(join(root, path), 'utf8')));
  expect(silenced).toEqual(Object.keys(SILENCED));
});

test('everything is TypeScript, except for the one file that has to run before there is any', () => {
  expect(filesEndingIn(/\.[cm]?[jt]sx?$/).filter((path) => !path.endsWith('.ts'))).toEqual(['scripts/run.mjs']);
});

function filesEndingIn(ending: RegExp): string[] {
  const paths = ['functions', 'scripts', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return paths.filter((path) => ending.test(path)).sort();
}
