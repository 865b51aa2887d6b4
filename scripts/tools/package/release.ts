/** The files of a release, made from the sources as they stand. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../../../functions/core/json.ts';
import { ROOT } from '../emulators/tools.ts';
import { buildFunction } from '../template/build.ts';
import { bundleOptions } from '../template/template.ts';
import { packArchive } from './archive.ts';
import { checksumsOf } from './checksums.ts';
import { componentsOf } from './components.ts';
import { checkLicences, noticesOf } from './licences.ts';
import { type Product, sbomOf } from './sbom.ts';
import { plainTemplate } from './template.ts';

const SUMS = 'SHA256SUMS';

/** Contents by name. */
export type Release = ReadonlyMap<string, string | Uint8Array>;

/** Throws where something in it must not be handed on. */
export async function makeRelease(): Promise<Release> {
  const product = readProduct();
  const name = `${product.name}-${product.version}`;
  const built = await buildFunction(bundleOptions());
  const components = componentsOf(built.metafile, ROOT, join(ROOT, 'functions', 'sync'));
  checkLicences(components);
  const files = new Map<string, string | Uint8Array>([
    [`${name}.zip`, packArchive(new Map([['handler.cjs', readFileSync(built.file)]]))],
    [`${name}.template.json`, await plainTemplate('template.yaml', `${name}.zip`)],
    [`${name}.cdx.json`, sbomOf(product, components)],
    ['THIRD-PARTY-LICENCES.txt', noticesOf(components)],
    ['LICENSE', readFileSync(join(ROOT, 'LICENSE'))],
  ]);
  return new Map([...files, [SUMS, checksumsOf(files)]]);
}

/** Made twice from the start. Throws where the two are not the same to the byte. */
export async function makeReleaseTwice(): Promise<Release> {
  const [release, again] = [await makeRelease(), await makeRelease()];
  const [sums, sumsAgain] = [checksumsIn(release), checksumsIn(again)];
  if (sums === sumsAgain) return release;
  throw new Error(`The same sources gave two releases, so neither is good:\n${sums}\n${sumsAgain}`);
}

export function checksumsIn(release: Release): string {
  return String(release.get(SUMS));
}

/** Writes the files of a release into a folder that is new or made anew. Answers with the path of the template. */
export function writeRelease(folder: string, release: Release): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of release) writeFileSync(join(folder, name), content);
  const template = [...release.keys()].find((name) => name.endsWith('.template.json')) ?? '';
  return join(folder, template);
}

function readProduct(): Product {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { name, version, license } = isObject(manifest) ? manifest : {};
  return { name: String(name), version: String(version), licence: String(license) };
}
