import { describe, expect, it } from 'vitest';
import { inProcess } from '../../scripts/simulator/backends.ts';
import { Deployment } from '../../scripts/simulator/deployment.ts';
import { useBundle } from '../support/bundled.ts';
import { shareOf } from '../support/share.ts';
import { CHECKS } from './checks.ts';
import { FEATURES, ZONES } from './features.ts';

const ALL = [...CHECKS, ...FEATURES, ...ZONES];

describe('the sources in process', () => {
  it.each(ALL)('$name', ({ run, options }) => run(new Deployment(options).use(inProcess())));
});

describe('the built bundle over HTTP', () => {
  const bundled = useBundle();

  it.each(shareOf(ALL, 3))('$name', async ({ run, options }) => {
    const { deployment, backend } = await bundled(options);
    await run(deployment);
    expect(backend.door.requests).toBe(deployment.calls);
  });
});
