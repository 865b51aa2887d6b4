import { afterAll, describe, expect, it } from 'vitest';
import { CHECKS } from './checks.ts';
import { readLedger } from './ledger.ts';
import { simulatorInProcess, simulatorOverHttp } from './simulated.ts';

describe.each([
  ['simulator in process', simulatorInProcess(), 'simulator-in-process'],
  ['simulator over HTTP, asked by the SDK', simulatorOverHttp(), 'simulator-over-http'],
] as const)('%s', (_name, backend, ledger) => {
  afterAll(() => backend.close());

  it.each(CHECKS)('$name', async ({ run }) => run(await backend.open()));

  it('has nothing in its ledger', () => {
    expect(readLedger(ledger)).toEqual({});
  });
});
