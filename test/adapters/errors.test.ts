/**
 * Every error that the SDK's model knows of, each on the way that it really takes: written by a server as the service writes it,
 * read by the SDK, and told by our adapter. What is not modelled for an operation may come back from any of them.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAwsApi } from '../../functions/adapters/aws.ts';
import { kindOf } from '../../functions/adapters/outcome.ts';
import type { AwsApi } from '../../functions/app/ports.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { type Api, LOG_GROUP } from '../support/sdk.ts';
import { CALLS, type Call } from '../support/sdk-calls.ts';
import { withoutOwnCredentials } from '../support/sdk-environment.ts';
import { modelledErrors, wireErrorOf } from '../support/sdk-errors.ts';
import { errorAnswer, SdkServer } from '../support/sdk-server.ts';
import { HOME } from '../support/values.ts';

const server = new SdkServer();
let world: AwsApi;

beforeAll(async () => {
  withoutOwnCredentials();
  const options = { region: 'eu-west-1', endpoint: await server.open(), logGroup: LOG_GROUP };
  world = createAwsApi({ home: HOME, spokeRole: undefined }, options);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

async function answerOf(call: Call, code: string, status: number): Promise<unknown> {
  server.answer = errorAnswer(code, status);
  return call.make(world);
}

/** What each error of the model means. One that is new in the SDK is missing here and has to be given a kind, here and in outcome.ts. */
const MODELLED: Readonly<Record<string, FailureKind>> = {
  AccessDeniedException: 'denied',
  ClientException: 'refused',
  ClusterNotFoundException: 'gone',
  HealthUnavailableException: 'unavailable',
  InternalServiceException: 'unavailable',
  InvalidInput: 'refused',
  InvalidParameterException: 'refused',
  InvalidTargetException: 'refused',
  // The list is read again from its first page.
  PaginationTokenExpiredException: 'unavailable',
  ResourceNotFoundException: 'gone',
  ServerException: 'unavailable',
  ServiceNotFound: 'gone',
  ServiceUnavailableException: 'unavailable',
  ServiceNotFoundException: 'gone',
  TargetGroupNotFoundException: 'gone',
  ThrottledException: 'throttled',
  TooManyRegistrationsForTargetIdException: 'refused',
  TooManyTargetsException: 'quota',
};

/**
 * DescribeTags and DescribeTargetGroups also take load balancers, listeners, rules and trust stores, and these are the errors
 * about such a name. We only ever give them target groups, so an answer of this kind would be as unexpected as it is called.
 */
const OF_WHAT_WE_NEVER_NAME = [
  'ListenerNotFoundException',
  'LoadBalancerNotFoundException',
  'RuleNotFoundException',
  'TrustStoreNotFoundException',
];

const CASES = CALLS.flatMap((call) => modelledErrors(call).map((error) => ({ ...call, call, error })));
const OURS = CASES.filter(({ error }) => !OF_WHAT_WE_NEVER_NAME.includes(error));
const NOT_OURS = CASES.filter(({ error }) => OF_WHAT_WE_NEVER_NAME.includes(error));

describe('the errors that the model gives our operations', () => {
  it.each(CALLS)('are found in the documentation of $operation', (call) => {
    expect(modelledErrors(call)).not.toEqual([]);
  });

  it.each(OURS)('are known by the name of their class: $operation with $error', ({ error }) => {
    expect(kindOf({ name: error, $metadata: { httpStatusCode: 400 } })).not.toBe('unexpected');
  });

  it.each(OURS)('are known by their code on the wire: $operation with $error', ({ api, error }) => {
    const { code, status } = wireErrorOf(api, error);
    expect(kindOf({ name: code, $metadata: { httpStatusCode: status } })).toBe(MODELLED[error]);
  });

  it.each(OURS)('come over the wire as what they mean: $operation with $error', async ({ call, error }) => {
    const { code, status } = wireErrorOf(call.api, error);
    const message = expect.stringContaining(`${error}: `);
    expect(await answerOf(call, code, status)).toEqual({ ok: false, problem: { kind: MODELLED[error], message } });
  });

  it.each(NOT_OURS)('are left out for a reason that still holds: $operation with $error', async ({ call, error }) => {
    const { code, status } = wireErrorOf(call.api, error);
    expect(await answerOf(call, code, status)).toMatchObject({ ok: false, problem: { kind: 'unexpected' } });
  });

  it('are all that this table and its exceptions name', () => {
    const named = new Set(CASES.map(({ error }) => error));
    expect([...named].sort()).toEqual([...Object.keys(MODELLED), ...OF_WHAT_WE_NEVER_NAME].sort());
  });
});

/** Errors that any operation may end with, and that no model names (AWS's pages "Common Errors", and answers seen in issues). */
const COMMON: readonly { readonly code: string; readonly status: number; readonly kind: FailureKind }[] = [
  { code: 'Throttling', status: 400, kind: 'throttled' },
  { code: 'ThrottlingException', status: 400, kind: 'throttled' },
  { code: 'ThrottledException', status: 400, kind: 'throttled' },
  { code: 'TooManyRequestsException', status: 400, kind: 'throttled' },
  { code: 'RequestLimitExceeded', status: 503, kind: 'throttled' },
  { code: 'RequestThrottled', status: 400, kind: 'throttled' },
  { code: 'RequestThrottledException', status: 400, kind: 'throttled' },
  { code: 'SlowDown', status: 503, kind: 'throttled' },
  { code: 'AccessDenied', status: 403, kind: 'denied' },
  { code: 'AccessDeniedException', status: 400, kind: 'denied' },
  { code: 'AuthFailure', status: 400, kind: 'denied' },
  { code: 'ExpiredToken', status: 400, kind: 'denied' },
  { code: 'ExpiredTokenException', status: 400, kind: 'denied' },
  { code: 'IncompleteSignature', status: 400, kind: 'denied' },
  { code: 'InvalidClientTokenId', status: 400, kind: 'denied' },
  { code: 'InvalidSignatureException', status: 400, kind: 'denied' },
  { code: 'MissingAuthenticationToken', status: 400, kind: 'denied' },
  { code: 'OptInRequired', status: 400, kind: 'denied' },
  { code: 'SignatureDoesNotMatch', status: 400, kind: 'denied' },
  { code: 'UnauthorizedOperation', status: 400, kind: 'denied' },
  { code: 'UnrecognizedClientException', status: 400, kind: 'denied' },
  { code: 'InternalFailure', status: 500, kind: 'unavailable' },
  { code: 'InternalServerError', status: 500, kind: 'unavailable' },
  { code: 'ServiceUnavailable', status: 503, kind: 'unavailable' },
  { code: 'ServiceUnavailableException', status: 503, kind: 'unavailable' },
  { code: 'ValidationError', status: 400, kind: 'refused' },
  { code: 'ValidationException', status: 400, kind: 'refused' },
];

/** Those that we know by their status alone: for the last three there is nothing that we could have meant to send. */
const BY_STATUS: typeof COMMON = [
  { code: 'NotAuthorized', status: 401, kind: 'denied' },
  { code: 'UnknownOperationException', status: 404, kind: 'unexpected' },
  { code: 'MalformedHttpRequestException', status: 400, kind: 'unexpected' },
  { code: 'RequestEntityTooLargeException', status: 413, kind: 'unexpected' },
];

const FIRST_OF_API = (['ecs', 'elb', 'cloudMap', 'logs', 'tagging'] satisfies Api[]).flatMap(
  (api) => CALLS.find((call) => call.api === api) ?? [],
);

describe.each(FIRST_OF_API)('the errors that every operation may end with, at $operation', (call) => {
  it.each([...COMMON, ...BY_STATUS])('$code is $kind', async ({ code, status, kind }) => {
    const message = `${code}: told by the test`;
    expect(await answerOf(call, code, status)).toEqual({ ok: false, problem: { kind, message } });
  });

  it.each(COMMON)('$code is $kind by its name alone, whatever the status', async ({ code, kind }) => {
    expect(await answerOf(call, code, 418)).toMatchObject({ ok: false, problem: { kind } });
  });
});
