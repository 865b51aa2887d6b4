/** The door as Lambda opens it: settings from the environment, one environment per module, the log on stdout. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { clusterArn, groupArn, taskEvent } from '../support/values.ts';

const log: JsonObject[] = [];
const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

interface InvocationWords {
  readonly leftMs?: number;
  readonly awsRequestId?: string;
}

/** The handler of a fresh module, as after a cold start. */
async function load(settings: Readonly<Record<string, string>> = {}) {
  const usual = {
    CLUSTER_ARNS: clusterArn(),
    TARGET_GROUP_ARNS: groupArn(),
    BINDINGS: 'target-group=web service=app port=8080',
    // Vite sets it to something else.
    MODE: 'enforce',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    // Nobody listens there: a call that is made fails at once.
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    POWERTOOLS_SERVICE_NAME: 'test',
  };
  for (const [name, value] of Object.entries({ ...usual, ...settings })) vi.stubEnv(name, value);
  vi.resetModules();
  const { handler } = await import('../../functions/sync/handler.ts');
  return (input: unknown, { leftMs = 30_000, awsRequestId = 'r0' }: InvocationWords = {}) =>
    handler(input, { awsRequestId, getRemainingTimeInMillis: () => leftMs });
}

/** Keeps what is written to the log, one record a line. */
function keep(line: unknown): void {
  const record: unknown = JSON.parse(String(line));
  if (isObject(record)) log.push(record);
}

beforeEach(() => {
  log.length = 0;
  for (const method of ['log', 'info', 'warn', 'error'] as const) vi.spyOn(console, method).mockImplementation(keep);
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      for (const line of String(text).split('\n')) if (line.startsWith('{')) keep(line);
      return true;
    });
  }
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('the handler', () => {
  it('tells every wrong setting at each invocation, and not while it is loaded', async () => {
    const handler = await load({ CLUSTER_ARNS: 'prod', MODE: 'maybe' });
    for (let times = 0; times < 2; times += 1) {
      await expect(handler({ check: true })).rejects.toThrow(
        /CLUSTER_ARNS has "prod".*MODE is "maybe".*Correct the stack's parameters\.$/,
      );
    }
  });

  it('answers a batch, and publishes its metrics', async () => {
    const handler = await load();
    const Records = [{ messageId: 'm0', body: 'no JSON' }];
    expect(await handler({ Records })).toEqual({ batchItemFailures: [] });
    expect(log).toContainEqual(expect.objectContaining({ message: 'message unreadable', messageId: 'm0' }));
    expect(log).toContainEqual(expect.objectContaining({ Errors: 1, _aws: expect.anything() }));
  });

  it('publishes its metrics also where it fails', async () => {
    const handler = await load();
    await expect(handler(SCHEDULED, { leftMs: 3_000 })).rejects.toThrow(
      /^The scheduled pass is not complete: .*DescribeTargetGroups on web failed/,
    );
    expect(log).toContainEqual(expect.objectContaining({ DriftAge: 0, Errors: expect.any(Number), message: 'run' }));
  });

  it('publishes nothing where there is nothing to count', async () => {
    const handler = await load();
    await expect(handler({ hello: 'world' })).rejects.toThrow('It takes four inputs');
    expect(log).toEqual([]);
  });

  it('writes the id of each request into every record', async () => {
    const handler = await load();
    for (const awsRequestId of ['r1', 'r2']) {
      await expect(handler(SCHEDULED, { awsRequestId, leftMs: 3_000 })).rejects.toThrow();
      expect(log.length).toBeGreaterThan(1);
      expect(log.map(({ requestId }) => requestId)).toEqual(log.map(() => awsRequestId));
      log.length = 0;
    }
  });

  it('tells an event bus what it found, if the stack names one, and answers also where the bus does not', async () => {
    const wrong = { BINDINGS: 'target-group=web service=app prot=8080' };
    const problem = expect.stringMatching(
      /^PutEvents on event bus alarms failed .*\. 1 events wait for the next invocation\.$/,
    );
    const told = expect.objectContaining({ message: 'event bus', problem });
    const [without, withBus] = [await load(wrong), await load({ ...wrong, EVENT_BUS_NAME: 'alarms' })];
    expect(await without({ check: true }, { leftMs: 3_000 })).toMatchObject({ standing: { findingCount: 1 } });
    expect(log).not.toContainEqual(expect.objectContaining({ message: 'event bus' }));
    expect(await withBus({ check: true }, { leftMs: 3_000 })).toMatchObject({ standing: { findingCount: 1 } });
    expect(log).toContainEqual(told);
    expect(log).toContainEqual(expect.objectContaining({ _aws: expect.anything(), Errors: expect.any(Number) }));
  });

  it.each([
    [4_499, 0],
    [4_500, 1],
  ])('with %i ms left begins %i calls or more: one may take 3 s, and 1.5 s are kept for the answer', async (leftMs, least) => {
    const handler = await load();
    const answer = await handler({ check: true }, { leftMs });
    const told = JSON.stringify(answer);
    expect(told.includes('DescribeTargetGroups on web failed (not begun: too little time left)')).toBe(least === 0);
    expect(log).toContainEqual(expect.objectContaining({ message: 'configuration' }));
  });

  it('keeps what it has read from one invocation to the next', async () => {
    const handler = await load();
    const foreign = taskEvent({
      group: 'service:other',
      taskDefinitionArn: 'arn:aws:ecs:eu-west-1:111122223333:task-definition/other:1',
    });
    const Records = [{ messageId: 'm0', body: JSON.stringify(foreign) }];
    await handler({ Records });
    await handler({ Records });
    expect(log.filter(({ message }) => message === 'message ignored')).toHaveLength(2);
  });
});
