/** The packages of which the bundle has code, as esbuild tells, with what their own files and the lockfile say of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import { sortedBy } from '../../../functions/core/order.ts';

export interface Component {
  readonly name: string;
  readonly version: string;
  /** What its package.json says, an SPDX identifier as a rule. */
  readonly licence: string;
  /** What the lockfile says it must be: an algorithm and a digest in base64. */
  readonly integrity: string;
  /** Licence texts and notices that come with it. */
  readonly notices: readonly string[];
  /** Names of the packages that it asks for. */
  readonly dependencies: readonly string[];
}

/** The path may go through the packages of a package. */
const IN_PACKAGE = /.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const NOTICE = /^(licen[cs]e|notice|copying)/i;

/** Sorted by name. `root` has package-lock.json; `from` is the folder that the paths of the metafile start at. */
export function componentsOf(metafile: Metafile, root: string, from: string): Component[] {
  const parts = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const used = parts.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const folders = new Set(used.flatMap((path) => IN_PACKAGE.exec(path)?.[0] ?? []));
  const lockfile = readObject(join(root, 'package-lock.json'));
  const components = [...folders].map((folder) => componentIn(join(from, folder), lockedAs(folder, lockfile)));
  return sortedBy(components, ({ name }) => name);
}

function componentIn(folder: string, integrity: string): Component {
  const { name, version, license, dependencies } = readObject(join(folder, 'package.json'));
  const files = readdirSync(folder).filter((file) => NOTICE.test(file));
  return {
    name: String(name),
    version: String(version),
    licence: String(license),
    integrity,
    notices: files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim()),
    dependencies: Object.keys(isObject(dependencies) ? dependencies : {}),
  };
}

function lockedAs(folder: string, { packages }: JsonObject): string {
  const path = folder.slice(folder.indexOf('node_modules'));
  const entry = isObject(packages) ? packages[path] : undefined;
  const integrity = isObject(entry) ? entry['integrity'] : undefined;
  if (typeof integrity !== 'string') throw new Error(`package-lock.json has no integrity of ${path}, which is in the bundle.`);
  return integrity;
}

function readObject(file: string): JsonObject {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isObject(value)) throw new Error(`${file} is not a JSON object.`);
  return value;
}
