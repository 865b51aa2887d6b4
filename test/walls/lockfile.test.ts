/** `npm ci` stops where the lockfile lacks a package, even one that only another platform would install. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';

function packagesOfLockfile(): [string, JsonObject][] {
  const lockfile: unknown = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const packages = isObject(lockfile) && isObject(lockfile['packages']) ? lockfile['packages'] : {};
  return Object.entries(packages).flatMap(([path, entry]) => (isObject(entry) ? [[path, entry]] : []));
}

describe('package-lock.json', () => {
  it('has every optional dependency of every package, for all platforms', () => {
    const packages = packagesOfLockfile();
    const paths = new Set(packages.map(([path]) => path));
    const missing = packages.flatMap(([path, { optionalDependencies }]) =>
      Object.keys(isObject(optionalDependencies) ? optionalDependencies : {}).filter(
        (name) => !paths.has(`node_modules/${name}`) && !paths.has(`${path}/node_modules/${name}`),
      ),
    );
    expect(packages.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });

  it('names no registry', () => {
    const resolved = packagesOfLockfile().filter(([, entry]) => 'resolved' in entry);
    expect(resolved).toEqual([]);
  });
});
