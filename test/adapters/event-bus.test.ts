/** What an event bus is sent: every change once, findings when they begin and end, and nothing is lost for a call that fails. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventBus } from '../../functions/adapters/event-bus.ts';
import type { RunStatus } from '../../functions/app/invocation.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { NOTHING_WRITTEN, type Pass } from '../../functions/core/report.ts';
import { SEED } from '../support/arbitraries.ts';
import { BUSY, change, FOREIGN, NOTHING, NOW_MS, STALE } from '../support/reported.ts';
import { count, GROUP, type Mock, sentBy, taskArn } from '../support/sdk.ts';
import { withoutOwnCredentials } from '../support/sdk-environment.ts';
import { bodyAnswer, errorAnswer, SdkServer } from '../support/sdk-server.ts';

let bus: EventBus;
let mock: Mock;

beforeEach(() => {
  const client = new EventBridgeClient({ region: 'eu-west-1' });
  mock = mockClient(client);
  mock.resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
  bus = new EventBus('ops', () => NOW_MS, client);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A pass that registered the tasks of these numbers. */
function passOf(numbers: readonly number[]): Pass {
  return { ...NOTHING, written: { ...NOTHING_WRITTEN, done: numbers.map((number) => change('register', number)) } };
}

const STATUS: RunStatus = {
  trigger: 'schedule',
  tookMs: 1,
  groups: 1,
  reconciled: 1,
  inStep: 1,
  calls: new Map(),
  standing: undefined,
};

function statusOf(...findings: readonly Finding[]): RunStatus {
  return { ...STATUS, standing: { findings, driftAgeMs: 0 } };
}

/** The entries of every call so far, call by call, with their details read. */
function calls(): JsonObject[][] {
  return sentBy(mock).map(({ input }) => {
    const entries: readonly unknown[] = isObject(input) && Array.isArray(input['Entries']) ? input['Entries'] : [];
    return entries.filter(isObject).map((entry) => ({ ...entry, Detail: JSON.parse(String(entry['Detail'])) }));
  });
}

/** Type and IP or subject of every event that was sent. */
function sent(): string[] {
  return calls()
    .flat()
    .map(({ DetailType, Detail }) => `${DetailType} ${isObject(Detail) ? (Detail['ip'] ?? Detail['subject']) : ''}`);
}

function registered(numbers: readonly number[]): string[] {
  return numbers.map((number) => `Target Registered 10.0.1.${number}`);
}

describe('an event bus', () => {
  it('is sent nothing where nothing happened', async () => {
    bus.passed(NOTHING);
    bus.ended(STATUS);
    bus.ended(statusOf());
    expect(await bus.flush()).toBeUndefined();
    expect(mock.calls()).toEqual([]);
  });

  it('is sent each change that was made, with its proof, and none that was held or refused', async () => {
    bus.passed(BUSY);
    expect(await bus.flush()).toBeUndefined();
    expect(sent()).toEqual([...registered([1, 2]), 'Target Deregistered 10.0.1.3']);
    const [entry] = calls().flat();
    expect(entry).toStrictEqual({
      EventBusName: 'ops',
      Source: 'alb-target-sync',
      DetailType: 'Target Registered',
      Detail: {
        schemaVersion: 1,
        targetGroupArn: GROUP,
        targetGroup: 'web',
        ip: '10.0.1.1',
        port: 8080,
        because: 'task is running',
        taskArn: taskArn(1),
        version: 4,
        lastStatus: 'RUNNING',
        desiredStatus: 'RUNNING',
        proofAgeMs: 250,
        binding: 'service=app port=8080',
      },
    });
  });

  it('is sent nothing twice', async () => {
    bus.passed(BUSY);
    await bus.flush();
    expect(await bus.flush()).toBeUndefined();
    expect(mock.calls()).toHaveLength(1);
  });
});

describe('a finding', () => {
  it('is sent when it begins and when it ends, with its severity and age', async () => {
    bus.ended(statusOf(STALE));
    bus.ended(statusOf());
    await bus.flush();
    const detail = {
      schemaVersion: 1,
      severity: 'mistake',
      kind: 'stale',
      subject: 'i-1',
      message: STALE.message,
      ageSeconds: 90,
    };
    expect(calls().flat()).toStrictEqual([
      { EventBusName: 'ops', Source: 'alb-target-sync', DetailType: 'Finding Began', Detail: detail },
      { EventBusName: 'ops', Source: 'alb-target-sync', DetailType: 'Finding Ended', Detail: detail },
    ]);
  });

  it('is the same one where only its words have changed, and another at another subject or of another kind', async () => {
    bus.ended(statusOf(STALE));
    bus.ended(statusOf({ ...STALE, message: 'For three minutes now.' }));
    bus.ended(statusOf(STALE, { ...STALE, subject: 'i-2' }));
    bus.ended(statusOf({ ...STALE, kind: 'mismatched' }));
    await bus.flush();
    expect(sent()).toEqual([
      'Finding Began i-1',
      'Finding Began i-2',
      'Finding Began i-1',
      'Finding Ended i-1',
      'Finding Ended i-2',
    ]);
  });

  it('stands until a full run says otherwise', async () => {
    bus.ended(statusOf(STALE, FOREIGN));
    await bus.flush();
    bus.ended(STATUS);
    await bus.flush();
    expect(mock.calls()).toHaveLength(1);
    bus.ended(statusOf(FOREIGN));
    await bus.flush();
    expect(sent().slice(2)).toEqual(['Finding Ended i-1']);
  });
});

describe('a call to the bus', () => {
  it.each([
    { events: 10, sizes: [10] },
    { events: 11, sizes: [10, 1] },
    { events: 30, sizes: [10, 10, 10] },
  ])('has ten events at most: $events go in calls of $sizes', async ({ events, sizes }) => {
    bus.passed(passOf(count(events)));
    await bus.flush();
    expect(calls().map(({ length }) => length)).toEqual(sizes);
    expect(sent()).toEqual(registered(count(events)));
  });

  it('is cut off after a second, so that the invocation keeps its time', async () => {
    const signal = AbortSignal.abort();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(signal);
    bus.passed(BUSY);
    await bus.flush();
    expect(timeout.mock.calls).toEqual([[1_000]]);
    expect(sentBy(mock)).toMatchObject([{ command: 'PutEventsCommand', abortSignal: signal }]);
  });
});

/** How a call fails: as a whole, or for some of its entries. */
const FAILURES = [
  {
    told: 'throws',
    fake: () => Promise.reject(Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' })),
    why: 'ThrottlingException: Rate exceeded',
  },
  { told: 'throws what is no error', fake: () => Promise.reject('no'), why: 'unknown' },
  {
    told: 'refuses one entry',
    fake: () => Promise.resolve({ Entries: [{ EventId: '1' }, { ErrorCode: 'InternalFailure', ErrorMessage: 'Try again' }] }),
    why: 'InternalFailure: Try again',
  },
  {
    told: 'refuses one entry and does not say why',
    fake: () => Promise.resolve({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] }),
    why: 'ThrottlingException: no message',
  },
];

describe('a call that fails', () => {
  it.each(FAILURES)('is told, and its events wait for the next invocation: it $told', async ({ fake, why }) => {
    bus.passed(passOf([1, 2]));
    mock.callsFake(fake);
    expect(await bus.flush()).toBe(`PutEvents on event bus ops failed (${why}). 2 events wait for the next invocation.`);
    mock.resolves({ Entries: [] });
    bus.passed(passOf([3]));
    expect(await bus.flush()).toBeUndefined();
    expect(calls().at(-1)).toHaveLength(3);
    expect(sent().slice(2)).toEqual(registered([1, 2, 3]));
  });

  it('holds back those behind it, in their order, and none that was sent', async () => {
    let made = 0;
    mock.callsFake(() => {
      made += 1;
      return made === 2 ? Promise.reject(new Error('no')) : Promise.resolve({});
    });
    bus.passed(passOf(count(25)));
    expect(await bus.flush()).toContain('15 events wait');
    expect(await bus.flush()).toBeUndefined();
    const [first = [], , ...again] = calls();
    expect([first, ...again].map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(sent().slice(20)).toEqual(registered(count(25).slice(10)));
  });

  it.each([
    { length: 300, told: 300 },
    { length: 301, told: 300 },
  ])('of $length characters is told up to $told', async ({ length, told }) => {
    mock.rejects(new Error('x'.repeat(length - 'Error: '.length)));
    bus.passed(BUSY);
    expect(/\((Error: x*)\)/.exec((await bus.flush()) ?? '')?.[1]).toHaveLength(told);
  });

  it.each([
    { events: 1_000, first: 0 },
    { events: 1_001, first: 1 },
  ])('loses none of a thousand events, and of more the oldest: of $events the first is $first', async ({ events, first }) => {
    bus.passed(passOf(count(events)));
    await bus.flush();
    expect(sent()).toEqual(registered(count(events).slice(first)));
  });
});

describe('whatever fails in between', () => {
  it('every event is sent at least once, in the order in which it came about', async () => {
    const rounds = fc.array(fc.record({ events: fc.nat({ max: 25 }), fails: fc.array(fc.boolean(), { maxLength: 4 }) }), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(rounds, async (each) => {
        const arrived: unknown[] = [];
        const client = new EventBridgeClient({ region: 'eu-west-1' });
        const ours = new EventBus('ops', () => NOW_MS, client);
        const pending: boolean[] = [];
        mockClient(client).callsFake((input: { Entries: { Detail: string }[] }) => {
          if (pending.shift()) return Promise.reject(new Error('no'));
          arrived.push(...input.Entries.map(({ Detail }) => JSON.parse(Detail).ip));
          return Promise.resolve({ Entries: [] });
        });
        let made = 0;
        for (const { events, fails } of each) {
          pending.splice(0, pending.length, ...fails);
          ours.passed(passOf(count(events).map((number) => made + number)));
          made += events;
          await ours.flush();
        }
        pending.length = 0;
        await ours.flush();
        expect(arrived).toEqual(count(made).map((number) => `10.0.1.${number}`));
      }),
      { seed: SEED, numRuns: 50 },
    );
  });
});

describe('the client of the function', () => {
  it('sends each call once, with the credentials of the environment', async () => {
    withoutOwnCredentials();
    const server = new SdkServer();
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ENDPOINT_URL', await server.open());
    try {
      const ours = new EventBus('ops', () => NOW_MS);
      ours.passed(BUSY);
      server.answer = errorAnswer('InternalFailure', 500);
      expect(await ours.flush()).toMatch(/^PutEvents on event bus ops failed \(InternalFailure: /);
      expect(server.received).toHaveLength(1);
      server.answer = bodyAnswer('{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}');
      expect(await ours.flush()).toBeUndefined();
      expect(server.received).toMatchObject([{ operation: 'PutEvents' }, { operation: 'PutEvents' }]);
      expect(server.received[1]?.authorization).toMatch(/Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-west-1\/events\//);
    } finally {
      await server.close();
    }
  });
});
