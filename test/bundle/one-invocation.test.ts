import { afterEach, expect, it, vi } from 'vitest';

const MODULE = '../../functions/bundle/one-invocation.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

it('has no store where an environment handles one invocation at a time', async () => {
  vi.stubEnv('AWS_LAMBDA_MAX_CONCURRENCY', undefined);
  const { InvokeStore } = await import(MODULE);
  expect(await InvokeStore.getInstanceAsync()).toBeUndefined();
});

it('refuses to run where invocations share an environment', async () => {
  vi.stubEnv('AWS_LAMBDA_MAX_CONCURRENCY', '10');
  await expect(import(MODULE)).rejects.toThrow('not on Lambda Managed Instances');
});
