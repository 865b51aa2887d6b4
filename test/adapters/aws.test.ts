/** The world as it is: real clients of the SDK, met by a server on loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClientOptions, createAwsApi, systemClock } from '../../functions/adapters/aws.ts';
import type { AwsApi, Outcome } from '../../functions/app/ports.ts';
import { type Api, LOG_GROUP } from '../support/sdk.ts';
import { CALLS, type Call } from '../support/sdk-calls.ts';
import { withoutOwnCredentials } from '../support/sdk-environment.ts';
import {
  type Answer,
  bodyAnswer,
  brokenAnswer,
  drippingAnswer,
  errorAnswer,
  noAnswer,
  rawAnswer,
  resetAnswer,
  SdkServer,
} from '../support/sdk-server.ts';
import { HOME } from '../support/values.ts';

const PLACE = { home: HOME, spokeRole: undefined };

let server: SdkServer;
let endpoint: string;
const folders: string[] = [];

beforeEach(async () => {
  withoutOwnCredentials();
  server = new SdkServer();
  endpoint = await server.open();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  await server.close();
});

function world(options: ClientOptions = {}): AwsApi {
  return createAwsApi(PLACE, { region: 'eu-west-1', endpoint, logGroup: LOG_GROUP, ...options });
}

const FIRST_OF_API = (['ecs', 'elb', 'cloudMap', 'logs', 'tagging'] satisfies Api[]).flatMap(
  (api) => CALLS.find((call) => call.api === api) ?? [],
);
const REGISTER = CALLS.filter(({ operation }) => operation === 'RegisterTargets');

describe('a call on the wire', () => {
  it.each(CALLS)('$operation is one request with this input, to the letter', async (call) => {
    server.answer = bodyAnswer(call.body);
    await call.make(world());
    expect(server.received.map(({ operation, input }) => ({ operation, input }))).toStrictEqual([
      { operation: call.command ?? call.operation, input: call.wire },
    ]);
  });

  it.each(CALLS)('$operation is answered in our words', async (call) => {
    server.answer = bodyAnswer(call.body);
    expect(await call.make(world())).toEqual({ ok: true, value: call.value });
  });
});

interface Empty {
  readonly operation: string;
  readonly body: string;
  readonly value: unknown;
}

/** Lists without members, in the ways in which AWS writes them. */
const EMPTY: readonly Empty[] = [
  { operation: 'DescribeTargetHealth', body: '<TargetHealthDescriptions/>', value: [] },
  { operation: 'DescribeTargetHealth', body: '<TargetHealthDescriptions></TargetHealthDescriptions>', value: [] },
  { operation: 'ListLogGroupTags', body: '{}', value: [] },
  { operation: 'ListLogGroupTags', body: '{"tags":{}}', value: [] },
  { operation: 'ListClusters', body: '{"clusterArns":[]}', value: { items: [], nextToken: undefined } },
  { operation: 'ListServices', body: '{"serviceArns":[],"nextToken":null}', value: { items: [], nextToken: undefined } },
  { operation: 'GetResources', body: '{}', value: { items: [], nextToken: undefined } },
  {
    operation: 'GetResources',
    body: '{"ResourceTagMappingList":[],"PaginationToken":""}',
    value: { items: [], nextToken: undefined },
  },
  { operation: 'ListTasks', body: '{"taskArns":[]}', value: { items: [], nextToken: undefined } },
  { operation: 'ListTasks', body: '{"taskArns":[],"nextToken":null}', value: { items: [], nextToken: undefined } },
  { operation: 'DescribeTasks', body: '{"tasks":[],"failures":[]}', value: [] },
  { operation: 'FilterLogEvents', body: '{}', value: { items: [], nextToken: undefined } },
  { operation: 'FilterLogEvents', body: '{"events":[]}', value: { items: [], nextToken: undefined } },
  { operation: 'ListInstances', body: '{"Instances":[]}', value: { items: [], nextToken: undefined } },
  { operation: 'ListInstances', body: '{"Instances":[],"NextToken":null}', value: { items: [], nextToken: undefined } },
];

describe('an empty list', () => {
  it.each(EMPTY)('is an answer: $operation with $body', async ({ operation, body, value }) => {
    server.answer = bodyAnswer(body);
    const outcomes = await Promise.all(CALLS.filter((call) => call.operation === operation).map((call) => call.make(world())));
    expect(outcomes).toEqual([{ ok: true, value }]);
  });
});

const RETRIABLE = [
  { code: 'InternalFailure', status: 500, kind: 'unavailable' },
  { code: 'ServiceUnavailable', status: 503, kind: 'unavailable' },
  { code: 'ThrottlingException', status: 400, kind: 'throttled' },
  { code: 'TooManyRequestsException', status: 429, kind: 'throttled' },
  { code: 'RequestTimeTooSkewed', status: 403, kind: 'denied' },
];

describe('a call that the SDK would send again', () => {
  it.each(CALLS)('$operation is sent once', async (call) => {
    server.answer = errorAnswer('InternalFailure', 500);
    expect(await call.make(world())).toMatchObject({ ok: false, problem: { kind: 'unavailable' } });
    expect(server.received).toHaveLength(1);
  });

  it.each(RETRIABLE)('is sent once where AWS answers $code', async ({ code, status, kind }) => {
    server.answer = errorAnswer(code, status);
    for (const call of FIRST_OF_API) expect(await call.make(world())).toMatchObject({ ok: false, problem: { kind } });
    expect(server.received).toHaveLength(FIRST_OF_API.length);
  });

  it('is sent once where the connection ends without an answer', async () => {
    server.answer = resetAnswer;
    for (const call of FIRST_OF_API)
      expect(await call.make(world())).toMatchObject({ ok: false, problem: { kind: 'unavailable' } });
    expect(server.received).toHaveLength(FIRST_OF_API.length);
  });

  it('is sent once whatever the environment and the configuration file say', async () => {
    vi.stubEnv('AWS_MAX_ATTEMPTS', '5');
    vi.stubEnv('AWS_RETRY_MODE', 'adaptive');
    vi.stubEnv('AWS_CONFIG_FILE', fileWith('[default]\nmax_attempts = 5\nretry_mode = adaptive\n'));
    server.answer = errorAnswer('InternalFailure', 500);
    for (const call of FIRST_OF_API) await call.make(world());
    expect(server.received).toHaveLength(FIRST_OF_API.length);
  });

  it('can be made again by whoever decides that it may', async () => {
    const ours = world();
    server.answer = errorAnswer('Throttling', 400);
    for (const call of REGISTER) expect(await call.make(ours)).toMatchObject({ ok: false, problem: { kind: 'throttled' } });
    server.answer = bodyAnswer('');
    for (const call of REGISTER) expect(await call.make(ours)).toEqual({ ok: true, value: null });
    expect(server.received).toHaveLength(2);
  });
});

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'alb-target-sync-sdk-'));
  folders.push(folder);
  const file = join(folder, 'config');
  writeFileSync(file, text);
  return file;
}

/** The key and the region under which the first call of each client was signed. */
async function signatures(ours: AwsApi): Promise<string[]> {
  server.answer = errorAnswer('AccessDenied', 403);
  for (const call of FIRST_OF_API) await call.make(ours);
  return server.received
    .map(({ authorization }) => /Credential=([^/]*\/\d{8}\/[^/]*)\//.exec(authorization)?.[1] ?? '')
    .map(withoutDay);
}

function withoutDay(scope: string): string {
  return scope.replace(/\/\d{8}\//, ' in ');
}

const PROFILES = `[default]\nregion = us-east-1
[profile audit]\nregion = ap-south-1\naws_access_key_id = AKIAAUDITEXAMPLE\naws_secret_access_key = secret\n`;

/** Profiles in a file, and no keys in the environment that could go before theirs. */
function useProfiles(): void {
  vi.stubEnv('AWS_CONFIG_FILE', fileWith(PROFILES));
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
}

/** Every ARN lies where the clients are. */
const UNPLACED = { home: undefined, spokeRole: undefined };

function byEach(signed: string): string[] {
  return FIRST_OF_API.map(() => signed);
}

describe('the options of the clients', () => {
  it.each(['eu-west-1', 'us-gov-west-1'])('name the region %s, with the keys of the environment', async (region) => {
    const signed = `AKIAIOSFODNN7EXAMPLE in ${region}`;
    expect(await signatures(createAwsApi(UNPLACED, { region, endpoint, logGroup: LOG_GROUP }))).toEqual(byEach(signed));
  });

  it('may be left to the environment, as the function does', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
    const signed = 'AKIAIOSFODNN7EXAMPLE in eu-central-1';
    vi.stubEnv('AWS_LAMBDA_LOG_GROUP_NAME', LOG_GROUP);
    expect(await signatures(createAwsApi(UNPLACED))).toEqual(byEach(signed));
  });

  it('name a profile, with its keys and its region', async () => {
    useProfiles();
    const signed = 'AKIAAUDITEXAMPLE in ap-south-1';
    expect(await signatures(createAwsApi(UNPLACED, { profile: 'audit', endpoint, logGroup: LOG_GROUP }))).toEqual(
      byEach(signed),
    );
  });

  it('let the region of a tool go before that of its profile', async () => {
    useProfiles();
    const signed = 'AKIAAUDITEXAMPLE in eu-west-1';
    const options = { profile: 'audit', region: 'eu-west-1', endpoint, logGroup: LOG_GROUP };
    expect(await signatures(createAwsApi(UNPLACED, options))).toEqual(byEach(signed));
  });
});

/** Makes a call, and lets so much time pass once it has arrived. The outcome is handed out without waiting for it. */
async function leaveOpen(call: Call, answer: Answer, milliseconds: number): Promise<{ outcome: Promise<Outcome<unknown>> }> {
  server.answer = answer;
  // Only the timers that outcome.ts uses: the connection has to go on in real time.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const outcome = call.make(world());
  await server.until(({ received }) => received.length === 1);
  await vi.advanceTimersByTimeAsync(milliseconds);
  return { outcome };
}

const CUT_OFF = { ok: false, problem: { kind: 'unavailable', message: 'no answer within 3000 ms' } };

describe('a call without an end', () => {
  it.each(CALLS)('$operation is given up after 3,000 ms, and its connection with it', async (call) => {
    const { outcome } = await leaveOpen(call, noAnswer, 3_000);
    expect(await outcome).toEqual(CUT_OFF);
    await server.until(({ cutOff }) => cutOff === 1);
  });

  it.each(FIRST_OF_API)('$operation is given up as well while its answer drips in', async (call) => {
    const { outcome } = await leaveOpen(call, drippingAnswer, 3_000);
    expect(await outcome).toEqual(CUT_OFF);
    await server.until(({ cutOff }) => cutOff === 1);
  });

  it.each(FIRST_OF_API)('$operation is still open after 2,999 ms', async (call) => {
    const { outcome } = await leaveOpen(call, noAnswer, 2_999);
    expect(server.cutOff).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toEqual(CUT_OFF);
  });
});

/** A network that swallows every attempt to connect, as a security group without a rule does. */
function swallowConnections(): Promise<void> {
  return new Promise((resolve) => {
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket) {
      resolve();
      return Object.assign(this, { connecting: true });
    });
  });
}

describe('a connection that never stands', () => {
  it.each(FIRST_OF_API)('is given up after one second: $operation', async (call) => {
    const isTried = swallowConnections();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const settled = vi.fn();
    const outcome = call.make(world()).then(settled);
    await isTried;
    await vi.advanceTimersByTimeAsync(999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await outcome;
    expect(settled).toHaveBeenCalledWith({
      ok: false,
      problem: { kind: 'unavailable', message: expect.stringMatching(/^TimeoutError: /) },
    });
  });
});

const BETWEEN = [
  { told: 'a 502 in HTML', answer: rawAnswer(502, 'text/html', '<html><body><h1>502</h1></body></html>'), kind: 'unavailable' },
  { told: 'a 503 in HTML that is no XML', answer: rawAnswer(503, 'text/html', '<html><br></html>'), kind: 'unavailable' },
  { told: 'a 503 of nothing', answer: rawAnswer(503, 'text/plain', ''), kind: 'unavailable' },
  { told: 'a 504 of text', answer: rawAnswer(504, 'text/plain', 'upstream timed out'), kind: 'unavailable' },
  { told: 'a 403 in HTML', answer: rawAnswer(403, 'text/html', '<html><body>Forbidden</body></html>'), kind: 'denied' },
  { told: 'a 429 of nothing', answer: rawAnswer(429, 'text/plain', ''), kind: 'throttled' },
  { told: 'a 400 of nothing', answer: rawAnswer(400, 'text/plain', ''), kind: 'unexpected' },
  { told: 'a 200 of text', answer: rawAnswer(200, 'text/plain', 'hello'), kind: 'unavailable' },
];

describe('an answer of somebody between us and AWS', () => {
  it.each(BETWEEN)('is told by its status: $told is $kind', async ({ answer, kind }) => {
    server.answer = answer;
    for (const call of FIRST_OF_API) expect(await call.make(world()), call.api).toMatchObject({ ok: false, problem: { kind } });
  });
});

describe('an answer that breaks off', () => {
  it.each(CALLS)(
    'of $operation is none: what it would have said, and whether a write was carried out, is not known',
    async (call) => {
      server.answer = brokenAnswer(call.body);
      expect(await call.make(world())).toMatchObject({ ok: false, problem: { kind: 'unavailable' } });
      expect(server.received).toHaveLength(1);
    },
  );
});

describe('a call to nobody', () => {
  it('is a network that may be back in a moment', async () => {
    await server.close();
    for (const call of FIRST_OF_API) {
      const message = expect.stringContaining('ECONNREFUSED');
      expect(await call.make(world())).toEqual({ ok: false, problem: { kind: 'unavailable', message } });
    }
  });
});

describe('the clock of the machine', () => {
  it('tells the time and sleeps in milliseconds', async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    expect(systemClock.now()).toBe(1_700_000_000_000);
    const slept = vi.fn();
    const sleep = systemClock.sleep(250).then(slept);
    await vi.advanceTimersByTimeAsync(249);
    expect(slept).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleep;
    expect(systemClock.now()).toBe(1_700_000_000_250);
  });
});
