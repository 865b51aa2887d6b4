/** Clients by account and region: whose credentials a call has, where it goes, and when a role is assumed anew. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAwsApi } from '../../functions/adapters/aws.ts';
import { outcomeOf } from '../../functions/adapters/outcome.ts';
import { type ClientConfiguration, Places } from '../../functions/adapters/places.ts';
import { CALL_TIME_MS } from '../../functions/app/ports.ts';
import type { SpokeRole } from '../../functions/core/binding-sources.ts';
import { type ClusterArn, parseCloudMapServiceArn, parseClusterArn } from '../../functions/core/values.ts';
import { CLOUD_MAP_SERVICE, CLUSTER } from '../support/sdk.ts';
import { withoutOwnCredentials } from '../support/sdk-environment.ts';
import { type Answer, bodyAnswer, errorAnswer, noAnswer, SdkServer } from '../support/sdk-server.ts';
import { HOME, unwrap } from '../support/values.ts';

const SPOKE_ACCOUNT = '444455556666';
const SPOKE: SpokeRole = { name: 'alb-target-sync-reader', externalId: 'between us' };

function clusterIn(region: string, account: string, partition = 'aws'): ClusterArn {
  return unwrap(parseClusterArn(`arn:${partition}:ecs:${region}:${account}:cluster/prod`));
}

const ELSEWHERE = clusterIn('eu-central-1', HOME.account);
const OF_SPOKE = clusterIn('eu-west-1', SPOKE_ACCOUNT);
const SERVICE_OF_SPOKE = unwrap(
  parseCloudMapServiceArn(`arn:aws:servicediscovery:eu-west-1:${SPOKE_ACCOUNT}:service/srv-utcrh6wavdkggqtk`),
);

const BASE: ClientConfiguration = {
  region: 'eu-west-1',
  profile: 'audit',
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 1_000 },
};

/** Clients that are nothing but what they were made with. */
function configurations(places: Places) {
  return places.clients((configuration) => ({ configuration }));
}

describe('the client for a place', () => {
  const clientFor = configurations(new Places(BASE, HOME, SPOKE));

  it.each([
    { told: 'nothing', arn: undefined },
    { told: "a cluster of the stack's own place", arn: CLUSTER },
    { told: "a Cloud Map service of the stack's own place", arn: CLOUD_MAP_SERVICE },
  ])('is the same, made with no more than was given, for $told', ({ arn }) => {
    expect(clientFor(arn).configuration).toBe(BASE);
    expect(clientFor(arn)).toBe(clientFor());
  });

  it('has another region, and the credentials of the stack, for its own account elsewhere', () => {
    expect(clientFor(ELSEWHERE).configuration).toStrictEqual({ ...BASE, region: 'eu-central-1' });
  });

  it.each([
    { told: 'its own region', arn: OF_SPOKE, region: 'eu-west-1' },
    { told: 'another region', arn: clusterIn('us-east-1', SPOKE_ACCOUNT), region: 'us-east-1' },
    { told: 'its own region, by a Cloud Map service', arn: SERVICE_OF_SPOKE, region: 'eu-west-1' },
  ])('has credentials of its own for another account in $told', ({ arn, region }) => {
    expect(clientFor(arn).configuration).toStrictEqual({ ...BASE, region, credentials: expect.any(Function) });
  });

  it('is kept with its connections, one for each place', () => {
    const arns = [
      CLUSTER,
      ELSEWHERE,
      OF_SPOKE,
      clusterIn('eu-central-1', SPOKE_ACCOUNT),
      clusterIn('eu-west-1', '777788889999'),
    ];
    const clients = arns.map((arn) => clientFor(arn));
    expect(new Set(clients).size).toBe(arns.length);
    expect(arns.map((arn) => clientFor(arn))).toEqual(clients);
    for (const [index, arn] of arns.entries()) expect(clientFor(arn)).toBe(clients[index]);
    expect(clientFor(SERVICE_OF_SPOKE)).toBe(clientFor(OF_SPOKE));
  });

  it('is that of the tool, wherever the ARN lies, where the home is not known', () => {
    const unplaced = configurations(new Places(BASE, undefined, SPOKE));
    for (const arn of [CLUSTER, ELSEWHERE, OF_SPOKE]) expect(unplaced(arn).configuration).toBe(BASE);
  });
});

let server: SdkServer;
let endpoint: string;

beforeEach(async () => {
  withoutOwnCredentials();
  server = new SdkServer();
  endpoint = await server.open();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await server.close();
});

function credentialsXml(expiration: string, key = 'ASIASPOKE'): string {
  return `<Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
    <SessionToken>token</SessionToken><Expiration>${expiration}</Expiration></Credentials>`;
}

const EXPIRATION = '2099-01-01T00:00:00Z';

/** Answers the role as told, and every call with an empty list. */
function answerRole(role: Answer): void {
  server.answer = (response, received) => {
    if (received.operation === 'AssumeRole') role(response, received);
    else bodyAnswer('{"clusterArns":[],"serviceArns":[],"Instances":[]}')(response, received);
  };
}

function asked(): string[] {
  return server.received.map(({ operation }) => operation);
}

function apiWith(spokeRole: SpokeRole | undefined) {
  return createAwsApi({ home: HOME, spokeRole }, { region: 'eu-west-1', endpoint });
}

/** A call to the other account. */
function callSpoke(api: ReturnType<typeof apiWith>, cluster = OF_SPOKE) {
  return api.ListServices({ cluster, nextToken: undefined });
}

describe('a role of another account', () => {
  it('is assumed with the credentials of the stack, and the call made with those of the role', async () => {
    answerRole(bodyAnswer(credentialsXml(EXPIRATION)));
    expect(await callSpoke(apiWith(SPOKE), clusterIn('us-east-1', SPOKE_ACCOUNT))).toMatchObject({ ok: true });
    const [assume, call] = server.received;
    expect(assume).toMatchObject({
      operation: 'AssumeRole',
      authorization: expect.stringMatching(/Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-west-1\/sts\//),
    });
    expect(assume?.input).toStrictEqual({
      RoleArn: `arn:aws:iam::${SPOKE_ACCOUNT}:role/alb-target-sync-reader`,
      RoleSessionName: 'alb-target-sync',
      DurationSeconds: '3600',
      ExternalId: 'between us',
    });
    expect(call).toMatchObject({
      operation: 'ListServices',
      authorization: expect.stringMatching(/Credential=ASIASPOKE\/\d{8}\/us-east-1\/ecs\//),
    });
    expect(server.received).toHaveLength(2);
  });

  it('is asked for without an external ID where none is set', async () => {
    answerRole(bodyAnswer(credentialsXml(EXPIRATION)));
    await callSpoke(apiWith({ name: 'reader', externalId: undefined }));
    expect(server.received[0]?.input).not.toHaveProperty('ExternalId');
  });

  it('is named in the partition of the account', async () => {
    answerRole(bodyAnswer(credentialsXml(EXPIRATION)));
    await callSpoke(apiWith(SPOKE), clusterIn('cn-north-1', SPOKE_ACCOUNT, 'aws-cn'));
    expect(server.received[0]?.input).toMatchObject({ RoleArn: `arn:aws-cn:iam::${SPOKE_ACCOUNT}:role/${SPOKE.name}` });
  });

  it('serves every call to the account, in all regions and of all services, once it is assumed', async () => {
    answerRole(bodyAnswer(credentialsXml(EXPIRATION)));
    const api = apiWith(SPOKE);
    const outcomes = await Promise.all([
      callSpoke(api),
      callSpoke(api),
      callSpoke(api, clusterIn('us-east-1', SPOKE_ACCOUNT)),
      api.ListInstances({ service: SERVICE_OF_SPOKE, nextToken: undefined }),
    ]);
    await callSpoke(api);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true, true]);
    expect(asked().filter((operation) => operation === 'AssumeRole')).toHaveLength(1);
    await callSpoke(api, clusterIn('eu-west-1', '777788889999'));
    expect(asked().filter((operation) => operation === 'AssumeRole')).toHaveLength(2);
  });

  it("is none for the stack's own account, whatever the region", async () => {
    answerRole(errorAnswer('AccessDenied', 403));
    const api = apiWith(SPOKE);
    for (const cluster of [CLUSTER, ELSEWHERE]) expect(await callSpoke(api, cluster)).toMatchObject({ ok: true });
    expect(asked()).toEqual(['ListServices', 'ListServices']);
    const regions = server.received.map(({ authorization }) =>
      /Credential=(\w+)\/\d{8}\/([\w-]+)\//.exec(authorization)?.slice(1),
    );
    expect(regions).toEqual([
      ['AKIAIOSFODNN7EXAMPLE', 'eu-west-1'],
      ['AKIAIOSFODNN7EXAMPLE', 'eu-central-1'],
    ]);
  });
});

const SESSION_MS = 3_300_000;

describe('a session of such a role', () => {
  it.each([
    { told: 'kept', afterMs: SESSION_MS - 1, sessions: 1 },
    { told: 'renewed', afterMs: SESSION_MS, sessions: 2 },
  ])('is $told after $afterMs ms: five minutes before its end it is too old', async ({ afterMs, sessions }) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_772_366_400_000 });
    answerRole((response, received) =>
      bodyAnswer(credentialsXml(EXPIRATION, `ASIA${server.received.length}`))(response, received),
    );
    const { credentials } = sessionOf();
    expect(await credentials()).toEqual({
      accessKeyId: 'ASIA1',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date(),
    });
    vi.setSystemTime(Date.now() + afterMs);
    expect(await credentials()).toMatchObject({ accessKeyId: `ASIA${sessions}` });
    expect(server.received).toHaveLength(sessions);
  });

  it('is renewed by a client of the SDK before it has expired', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_772_366_400_000 });
    answerRole((response, received) =>
      bodyAnswer(credentialsXml(new Date(Date.now() + 3_600_000).toISOString()))(response, received),
    );
    const api = apiWith(SPOKE);
    await callSpoke(api);
    vi.setSystemTime(Date.now() + SESSION_MS + 1);
    expect(await callSpoke(api)).toMatchObject({ ok: true });
    expect(asked()).toEqual(['AssumeRole', 'ListServices', 'AssumeRole', 'ListServices']);
  });
});

describe('a session that is denied', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_772_366_400_000 });
  });

  /** Gives sessions, and answers calls with the error. */
  function answerCalls(code: string, status = 400): void {
    server.answer = (response, received) => {
      if (received.operation === 'AssumeRole') bodyAnswer(credentialsXml(EXPIRATION))(response, received);
      else errorAnswer(code, status)(response, received);
    };
  }

  const sessions = (): number => asked().filter((operation) => operation === 'AssumeRole').length;

  it.each([
    ['UnrecognizedClientException', 60_000, 2],
    ['UnrecognizedClientException', 59_999, 1],
    ['ExpiredTokenException', 60_000, 2],
    ['AccessDeniedException', 60_000, 2],
    ['ThrottlingException', 60_000, 1],
    ['ServerException', 60_000, 1],
    ['ClusterNotFoundException', 60_000, 1],
  ])('(%s, %i ms old) is followed by a new one: the role may have been made again: %i in all', async (code, ageMs, count) => {
    answerCalls(code);
    const api = apiWith(SPOKE);
    const elsewhere = clusterIn('us-east-1', SPOKE_ACCOUNT);
    await callSpoke(api);
    vi.setSystemTime(Date.now() + ageMs);
    await callSpoke(api);
    expect(sessions()).toBe(1);
    answerRole(bodyAnswer(credentialsXml(EXPIRATION)));
    // The client that was denied, and that of another region.
    for (const cluster of [OF_SPOKE, elsewhere]) expect(await callSpoke(api, cluster)).toMatchObject({ ok: true });
    expect(sessions()).toBe(count);
  });

  it('costs one session a minute, however often it is denied', async () => {
    answerCalls('AccessDeniedException');
    const api = apiWith(SPOKE);
    for (let second = 0; second <= 300; second += 10) {
      await callSpoke(api);
      vi.setSystemTime(Date.now() + 10_000);
    }
    expect(sessions()).toBe(5);
  });

  it('costs other accounts nothing', async () => {
    answerCalls('AccessDeniedException');
    const api = apiWith(SPOKE);
    const other = clusterIn('eu-west-1', '777788889999');
    await Promise.all([callSpoke(api), callSpoke(api, other)]);
    vi.setSystemTime(Date.now() + 60_000);
    await callSpoke(api);
    answerRole(bodyAnswer(credentialsXml(EXPIRATION)));
    await Promise.all([callSpoke(api), callSpoke(api, other)]);
    expect(sessions()).toBe(3);
  });
});

/** What a client for the other account is made with. */
function sessionOf(): { readonly credentials: () => Promise<unknown> } {
  const { profile: _, ...base } = BASE;
  const places = new Places({ ...base, endpoint }, HOME, SPOKE);
  const { credentials } = configurations(places)(OF_SPOKE).configuration;
  if (credentials === undefined) throw new Error('There are no credentials for the other account.');
  return { credentials };
}

describe('an account that gives no credentials', () => {
  const problem = {
    kind: 'denied',
    message:
      `AccessDenied: no credentials for account ${SPOKE_ACCOUNT}: set the stack's parameter SpokeRoleName, and deploy ` +
      'infra/spoke.yaml there',
  };

  it('is a refusal that says what to do, and no call, where the stack has no role', async () => {
    expect(await callSpoke(apiWith(undefined))).toEqual({ ok: false, problem });
    expect(server.received).toEqual([]);
  });

  it.each(['AccessKeyId', 'SecretAccessKey', 'SessionToken'])(
    'is a refusal as well where the answer has no %s',
    async (field) => {
      const without = credentialsXml(EXPIRATION).replace(new RegExp(`<${field}>.*</${field}>`), '');
      answerRole(bodyAnswer(without));
      expect(await callSpoke(apiWith(SPOKE))).toEqual({ ok: false, problem });
    },
  );

  it.each([
    { code: 'AccessDenied', status: 403, kind: 'denied' },
    { code: 'RegionDisabledException', status: 403, kind: 'denied' },
    { code: 'ExpiredToken', status: 400, kind: 'denied' },
    { code: 'Throttling', status: 400, kind: 'throttled' },
    { code: 'ServiceUnavailable', status: 503, kind: 'unavailable' },
  ])('is told by what STS says: $code is $kind', async ({ code, status, kind }) => {
    answerRole(errorAnswer(code, status, 'not allowed'));
    expect(await callSpoke(apiWith(SPOKE))).toEqual({
      ok: false,
      problem: { kind, message: expect.stringMatching(new RegExp(`^${code}.*: not allowed$`)) },
    });
    expect(asked()).toEqual(['AssumeRole']);
  });

  it('is asked again at the next call, since the role may be there by then', async () => {
    answerRole(errorAnswer('AccessDenied', 403));
    const api = apiWith(SPOKE);
    expect(await callSpoke(api)).toMatchObject({ ok: false });
    answerRole(bodyAnswer(credentialsXml(EXPIRATION)));
    expect(await callSpoke(api)).toMatchObject({ ok: true });
    expect(asked()).toEqual(['AssumeRole', 'AssumeRole', 'ListServices']);
  });

  it('holds up no call for ever by not answering, and is asked again', async () => {
    const abort = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(abort.signal);
    answerRole(noAnswer);
    const { credentials } = sessionOf();
    const outcome = outcomeOf(credentials);
    await server.until(({ received }) => received.length === 1);
    expect(timeout).toHaveBeenCalledWith(CALL_TIME_MS);
    abort.abort(new DOMException('no answer in time', 'TimeoutError'));
    expect(await outcome).toMatchObject({ ok: false, problem: { kind: 'unavailable' } });
    timeout.mockRestore();
    answerRole(bodyAnswer(credentialsXml(EXPIRATION)));
    expect(await outcomeOf(credentials)).toMatchObject({ ok: true });
  });
});
