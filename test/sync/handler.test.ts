/** The door as Lambda opens it: settings from the environment, one environment per module, the log on stdout. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { clusterArn, groupArn, taskEvent } from '../support/values.ts';

const log: JsonObject[] = [];

/** The handler of a fresh module, as after a cold start. */
async function load(settings: Readonly<Record<string, string>> = {}) {
  const usual = {
    CLUSTER_ARNS: clusterArn(),
    TARGET_GROUP_ARNS: groupArn(),
    BINDINGS: 'service=app port=8080',
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
  return (input: unknown, leftMs = 30_000) => handler(input, { getRemainingTimeInMillis: () => leftMs });
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
    expect(log).toContainEqual(expect.objectContaining({ Errors: 1, Registered: 0, Calls: 0 }));
  });

  it('publishes its metrics also where it fails', async () => {
    const handler = await load();
    await expect(handler({ hello: 'world' })).rejects.toThrow('It takes four inputs');
    expect(log).toContainEqual(expect.objectContaining({ Errors: 0, Calls: 0 }));
  });

  it.each([
    [4_499, 0],
    [4_500, 1],
  ])('with %i ms left begins %i calls or more: one may take 3 s, and 1.5 s are kept for the answer', async (leftMs, least) => {
    const handler = await load();
    const answer = await handler({ check: true }, leftMs);
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
