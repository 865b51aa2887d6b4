import { describe, expect, it } from 'vitest';
import {
  getRetryPlugin,
  NODE_MAX_ATTEMPT_CONFIG_OPTIONS,
  NODE_RETRY_MODE_CONFIG_OPTIONS,
  resolveRetryConfig,
} from '../../functions/bundle/single-attempt.ts';

describe('a client of one attempt', () => {
  it('keeps its configuration as it is', () => {
    const configuration = { maxAttempts: 1, region: 'eu-west-1' };
    expect(resolveRetryConfig(configuration)).toBe(configuration);
  });

  it.each([undefined, 0, 2, '1', async () => 1])('is refused where it asks for %s attempts', (maxAttempts) => {
    expect(() => resolveRetryConfig({ maxAttempts })).toThrow('knows only maxAttempts: 1');
  });

  it('does not look for more attempts in the environment or in files', () => {
    for (const options of [NODE_MAX_ATTEMPT_CONFIG_OPTIONS, NODE_RETRY_MODE_CONFIG_OPTIONS]) {
      expect([options.environmentVariableSelector(), options.configFileSelector()]).toEqual([undefined, undefined]);
    }
    expect(NODE_MAX_ATTEMPT_CONFIG_OPTIONS.default).toBe(1);
    expect(NODE_RETRY_MODE_CONFIG_OPTIONS.default).toBe('standard');
  });

  it('has a step by the name that the signing step follows, which hands on each call once', async () => {
    const added: { readonly middleware: (next: Next) => Next; readonly options: object }[] = [];
    getRetryPlugin().applyToStack({ add: (middleware, options) => added.push({ middleware, options }) });
    expect(added.map(({ options }) => options)).toEqual([
      { name: 'retryMiddleware', step: 'finalizeRequest', priority: 'high', override: true },
    ]);
    let calls = 0;
    const failing: Next = async () => {
      calls += 1;
      throw new Error('throttled');
    };
    await expect(added[0]?.middleware(failing)({})).rejects.toThrow('throttled');
    expect(calls).toBe(1);
  });
});

type Next = (input: unknown) => Promise<unknown>;
