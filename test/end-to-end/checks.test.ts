import { describe, expect, it } from 'vitest';
import { inProcess } from '../../scripts/simulator/backends.ts';
import { Stage } from '../../scripts/simulator/deployment.ts';
import { useBundle } from '../support/bundled.ts';
import { CHECKS } from './checks.ts';

describe('the sources in process', () => {
  it.each(CHECKS)('$name', ({ run, options }) => run(new Stage(options).use(inProcess())));
});

describe('the built bundle over HTTP', () => {
  const bundled = useBundle();

  it.each(CHECKS)('$name', async ({ run, options }) => {
    const { stage, backend } = await bundled(options);
    await run(stage);
    expect(backend.door.requests).toBe(stage.calls);
  });
});
