import { describe, expect, it } from 'vitest';
import { inProcess } from '../../scripts/simulator/backends.ts';
import { Deployment } from '../../scripts/simulator/deployment.ts';
import { useBundle } from '../support/bundled.ts';
import { CHECKS } from './checks.ts';

describe('the sources in process', () => {
  it.each(CHECKS)('$name', ({ run, options }) => run(new Deployment(options).use(inProcess())));
});

describe('the built bundle over HTTP', () => {
  const bundled = useBundle();

  it.each(CHECKS)('$name', async ({ run, options }) => {
    const { deployment, backend } = await bundled(options);
    await run(deployment);
    expect(backend.door.requests).toBe(deployment.calls);
  });
});
