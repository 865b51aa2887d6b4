/** The credentials of the deployed bundle: those of the environment, as it is at each call. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '../../functions/adapters/environment-credentials.ts';
import { outcomeOf } from '../../functions/adapters/outcome.ts';

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };

function setEnvironment(key: string | undefined, secret: string | undefined, token: string | undefined): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', key);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
  vi.stubEnv('AWS_SESSION_TOKEN', token);
}

beforeEach(() => setEnvironment(KEYS.accessKeyId, KEYS.secretAccessKey, 'token'));
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the credentials of the environment', () => {
  it('have the session token that a role gives', async () => {
    expect(await defaultProvider()()).toStrictEqual({ ...KEYS, sessionToken: 'token' });
  });

  it.each([undefined, ''])('have no key for a session token that is %j', async (token) => {
    setEnvironment(KEYS.accessKeyId, KEYS.secretAccessKey, token);
    expect(await defaultProvider()()).toStrictEqual(KEYS);
  });

  it('are read anew at each call, since Lambda may renew them', async () => {
    const provide = defaultProvider();
    await provide();
    setEnvironment('AKIAI44QH8DHBEXAMPLE', 'other', 'renewed');
    const renewed = { accessKeyId: 'AKIAI44QH8DHBEXAMPLE', secretAccessKey: 'other', sessionToken: 'renewed' };
    expect(await provide()).toStrictEqual(renewed);
  });

  it('may come and go between two calls', async () => {
    const provide = defaultProvider();
    setEnvironment(undefined, undefined, undefined);
    await expect(provide()).rejects.toThrow();
    setEnvironment(KEYS.accessKeyId, KEYS.secretAccessKey, undefined);
    expect(await provide()).toStrictEqual(KEYS);
  });
});

describe('an environment without credentials', () => {
  it.each([
    { told: 'neither key', key: undefined, secret: undefined },
    { told: 'no secret', key: KEYS.accessKeyId, secret: undefined },
    { told: 'no key id', key: undefined, secret: KEYS.secretAccessKey },
    { told: 'empty ones', key: '', secret: '' },
  ])('says what to do where there is $told', async ({ key, secret }) => {
    setEnvironment(key, secret, 'token');
    const outcome = await outcomeOf(defaultProvider());
    expect(outcome).toEqual({
      ok: false,
      kind: 'denied',
      message: expect.stringMatching(
        /^MissingAuthenticationToken: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set\..*Outside Lambda, set both, or run/,
      ),
    });
  });

  it('never tells the half that is there', async () => {
    setEnvironment(undefined, KEYS.secretAccessKey, 'token');
    const outcome = await outcomeOf(defaultProvider());
    expect(outcome.ok ? '' : outcome.message).not.toContain(KEYS.secretAccessKey);
  });
});
