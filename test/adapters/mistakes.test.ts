/** What adapters once took for something else: each of these was found by a test that failed. */
import { ECSClient } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAwsApi } from '../../functions/adapters/aws.ts';
import { createEcsApi } from '../../functions/adapters/ecs.ts';
import { kindOf, outcomeOf } from '../../functions/adapters/outcome.ts';
import { GROUP, mockedAws, SERVICE } from '../support/sdk.ts';
import { withoutOwnCredentials } from '../support/sdk-environment.ts';
import { errorAnswer, rawAnswer, SdkServer } from '../support/sdk-server.ts';
import { HOME } from '../support/values.ts';

const PLACE = { home: HOME, spokeRole: undefined };
const ASK = { selector: SERVICE, desired: 'RUNNING', nextToken: undefined } as const;

describe('outcome.ts', () => {
  let server: SdkServer;
  beforeEach(() => {
    withoutOwnCredentials();
    server = new SdkServer();
  });
  afterEach(async () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    await server.close();
  });

  it('knows no error by a name that every object has', async () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
      expect(kindOf({ name })).toBeTypeOf('string');
    server.answer = errorAnswer('constructor', 400);
    const outcome = await createAwsApi(PLACE, { region: 'eu-west-1', endpoint: await server.open() }).ListTasks(ASK);
    expect(outcome).toMatchObject({ ok: false, problem: { kind: 'unexpected' } });
  });

  it('cuts off a call that never gets to its request, since the credentials do not come', async () => {
    vi.useFakeTimers();
    const client = new ECSClient({ region: 'eu-west-1', maxAttempts: 1, credentials: () => new Promise(() => undefined) });
    const settled = vi.fn();
    void createEcsApi(() => client)
      .ListTasks(ASK)
      .then(settled);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(settled).toHaveBeenCalledWith({ ok: false, problem: { kind: 'unavailable', message: 'no answer within 3000 ms' } });
  });

  it('takes missing credentials of a tool for a refusal, not for a network that will be back', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const outcome = await createAwsApi(PLACE, { region: 'eu-west-1', endpoint: await server.open() }).ListTasks(ASK);
    expect(outcome).toMatchObject({
      ok: false,
      problem: { kind: 'denied', message: expect.stringContaining('CredentialsProviderError') },
    });
  });

  it('takes a missing region for a mistake, not for a network that will be back', async () => {
    const outcome = await createAwsApi(PLACE, { endpoint: await server.open() }).ListTasks(ASK);
    expect(outcome).toMatchObject({ ok: false, problem: { kind: 'unexpected', message: 'Error: Region is missing' } });
  });

  it.each([
    { code: 'RequestTimeoutException', status: 408, kind: 'unavailable' },
    { code: 'RequestTimeout', status: 400, kind: 'unavailable' },
    { code: 'RequestAbortedException', status: 400, kind: 'unavailable' },
    { code: 'RequestExpired', status: 400, kind: 'denied' },
    { code: 'RequestInTheFuture', status: 400, kind: 'denied' },
    { code: 'NotAuthorized', status: 400, kind: 'denied' },
  ])('knows the common error $code', ({ code, status, kind }) => {
    expect(kindOf({ name: code, $metadata: { httpStatusCode: status } })).toBe(kind);
  });

  it('is told by a 5xx, also where the SDK stumbles over what stands in it', async () => {
    server.answer = rawAnswer(503, 'text/xml', '<ErrorResponse><Error/></ErrorResponse>');
    const outcome = await createAwsApi(PLACE, { region: 'eu-west-1', endpoint: await server.open() }).DescribeTargetHealth({
      group: GROUP,
    });
    expect(outcome).toMatchObject({ ok: false, problem: { kind: 'unavailable' } });
  });

  it.each([new SyntaxError('x'), new (class AssertionError extends Error {})('x'), {}])(
    'takes no mistake of our own for a network: %s',
    async (thrown) => {
      expect(await outcomeOf(() => Promise.reject(thrown))).toMatchObject({ problem: { kind: 'unexpected' } });
    },
  );
});

describe('elb.ts', () => {
  it('refuses a deregistration delay that is no number', async () => {
    const { world, mocks } = mockedAws();
    mocks.elb.resolves({ Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: 'soon' }] });
    expect(await world.DescribeTargetGroupAttributes({ group: GROUP })).toMatchObject({
      ok: false,
      problem: { kind: 'unexpected' },
    });
  });
});
