/** Stages with the built bundle on them, for the tests of one file: built once, and every door closed in the end. */
import { afterEach, beforeAll } from 'vitest';
import { type BundleBackend, bundleOverHttp } from '../../scripts/simulator/backends.ts';
import { Deployment, type DeploymentOptions } from '../../scripts/simulator/deployment.ts';
import { type BuiltFunction, buildFunction } from '../../scripts/tools/template/build.ts';
import { bundleOptions } from '../../scripts/tools/template/template.ts';

export interface BundledDeployment {
  readonly deployment: Deployment;
  readonly backend: BundleBackend;
}

/** Builds the bundle before the file's tests; the function it returns puts the bundle onto a new deployment. */
export function useBundle(): (options?: DeploymentOptions) => Promise<BundledDeployment> {
  const opened: BundleBackend[] = [];
  let built: BuiltFunction | undefined;
  beforeAll(async () => {
    built = await buildFunction(bundleOptions());
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
