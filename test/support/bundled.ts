/** Stages with the built bundle on them, for the tests of one file: every door is closed in the end. */
import { afterEach, beforeAll } from 'vitest';
import { type BundleBackend, bundleOverHttp } from '../../scripts/simulator/backends.ts';
import { Deployment, type DeploymentOptions } from '../../scripts/simulator/deployment.ts';
import type { BuiltFunction } from '../../scripts/tools/template/build.ts';
import { builtFunction } from './built.ts';

export interface BundledDeployment {
  readonly deployment: Deployment;
  readonly backend: BundleBackend;
}

/** Has the bundle built before the file's tests; the function it returns puts the bundle onto a new deployment. */
export function useBundle(): (options?: DeploymentOptions) => Promise<BundledDeployment> {
  const opened: BundleBackend[] = [];
  let built: BuiltFunction | undefined;
  beforeAll(async () => {
    built = await builtFunction();
  });
  afterEach(async () => {
    for (const backend of opened.splice(0)) await backend.close();
  });
  return async (options = {}) => {
    if (built === undefined) throw new Error('The bundle was not built.');
    const deployment = new Deployment(options);
    const backend = await bundleOverHttp(built.file, deployment);
    opened.push(backend);
    deployment.use(backend);
    return { deployment, backend };
  };
}
