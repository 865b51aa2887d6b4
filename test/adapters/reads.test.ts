/** Whole lists and descriptions, however many calls they take: app/reads.ts and app/caller.ts over the adapters and the SDK's clients. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createCache } from '../../functions/app/cache.ts';
import { Caller } from '../../functions/app/caller.ts';
import { describeTasks, listInstances, listTasks } from '../../functions/app/reads.ts';
import { SEED } from '../support/arbitraries.ts';
import { CLOUD_MAP_SERVICE, CLUSTER, count, type MockedAws, mockedAws, SERVICE, SleepClock, taskArn } from '../support/sdk.ts';

const HOUR_MS = 3_600_000;

let mocked: MockedAws;
let clock: SleepClock;
let caller: Caller;

beforeEach(() => {
  mocked = mockedAws();
  clock = new SleepClock();
  caller = new Caller(mocked.world, clock, new Map(), clock.now() + HOUR_MS);
});

type Input = Readonly<Record<string, unknown>>;

/** Pages of 100, as ECS and Cloud Map cut them; the token says where the next one begins. */
function pageOf<Item>(items: readonly Item[], token: unknown): { items: Item[]; token?: string } {
  const from = token === undefined ? 0 : Number(token);
  const page = items.slice(from, from + 100);
  return from + 100 < items.length ? { items: page, token: String(from + 100) } : { items: page };
}

/** Answers each page of the tasks; what was asked for is in the array that it returns. */
function answerTaskPages(tasks: readonly string[]): unknown[] {
  const tokens: unknown[] = [];
  mocked.mocks.ecs.callsFake(({ nextToken }) => {
    tokens.push(nextToken);
    const { items, token } = pageOf(tasks, nextToken);
    return { taskArns: items, nextToken: token };
  });
  return tokens;
}

function answerInstancePages(ids: readonly string[]): unknown[] {
  const tokens: unknown[] = [];
  mocked.mocks.cloudMap.callsFake(({ NextToken }) => {
    tokens.push(NextToken);
    const { items, token } = pageOf(ids, NextToken);
    return { Instances: items.map((Id) => ({ Id })), NextToken: token };
  });
  return tokens;
}

const SIZES = [
  { items: 0, tokens: [undefined] },
  { items: 1, tokens: [undefined] },
  { items: 100, tokens: [undefined] },
  { items: 101, tokens: [undefined, '100'] },
  { items: 1_000, tokens: [undefined, '100', '200', '300', '400', '500', '600', '700', '800', '900'] },
];

describe.each(SIZES)('a list of $items', ({ items, tokens }) => {
  it('of tasks has every item in order, one call for each page, and each token handed on', async () => {
    const tasks = count(items).map(taskArn);
    const asked = answerTaskPages(tasks);
    expect(await listTasks(caller, SERVICE, 'RUNNING')).toEqual({ ok: true, value: tasks });
    expect(asked).toEqual(tokens);
    expect(caller.calls).toEqual(new Map([['ListTasks', tokens.length]]));
  });

  it('of instances has every item in order, one call for each page, and each token handed on', async () => {
    const ids = count(items).map((number) => `instance-${number}`);
    const asked = answerInstancePages(ids);
    const answer = await listInstances(caller, CLOUD_MAP_SERVICE);
    expect(answer.ok ? answer.value.map(({ id }) => id) : answer.failure).toEqual(ids);
    expect(asked).toEqual(tokens);
    expect(caller.calls).toEqual(new Map([['ListInstances', tokens.length]]));
  });
});

/** Answers pages of one task each: so many, or without end. */
function answerPages(pages: number): void {
  let page = 0;
  mocked.mocks.ecs.callsFake(() => {
    page += 1;
    return { taskArns: [taskArn(page)], ...(page < pages ? { nextToken: 'again' } : {}) };
  });
}

describe('a list whose token does not end', () => {
  it('is given up as failed, and nothing of it is taken for the whole', async () => {
    answerPages(Number.POSITIVE_INFINITY);
    const message = 'the list did not end after 200 pages';
    const failure = { kind: 'unexpected', operation: 'ListTasks', resource: expect.stringContaining('app'), message };
    expect(await listTasks(caller, SERVICE, 'RUNNING')).toEqual({ ok: false, failure });
    expect(caller.calls.get('ListTasks')).toBe(200);
  });

  it.each([
    { pages: 199, ok: true },
    { pages: 200, ok: true },
    { pages: 201, ok: false },
  ])('is one of more than 200 pages: $pages are read: $ok', async ({ pages, ok }) => {
    answerPages(pages);
    expect((await listTasks(caller, SERVICE, 'RUNNING')).ok).toBe(ok);
  });

  it('ends with the time of the invocation at the latest', async () => {
    answerPages(Number.POSITIVE_INFINITY);
    const startedAtMs = clock.now();
    const short = new Caller(mocked.world, clock, new Map(), startedAtMs + 10_000);
    expect(await listTasks(short, SERVICE, 'RUNNING')).toMatchObject({ ok: false, failure: { kind: 'out-of-time' } });
    // No call is begun that could last longer than the invocation: it may take three seconds.
    expect(clock.now() - startedAtMs).toBeLessThanOrEqual(7_000);
    expect(clock.now() - startedAtMs).toBeGreaterThan(6_500);
  });
});

/** Answers the first page, then throws so many times, then answers the second and last one. */
function failSecondPage(name: string, times: number): unknown[] {
  const tokens: unknown[] = [];
  let left = times;
  mocked.mocks.ecs.callsFake(({ nextToken }: Input) => {
    tokens.push(nextToken);
    if (nextToken === undefined) return { taskArns: [taskArn(1)], nextToken: 'page 2' };
    if (left === 0) return { taskArns: [taskArn(2)] };
    left -= 1;
    throw Object.assign(new Error('no'), { name });
  });
  return tokens;
}

describe('a list whose second page fails', () => {
  it('has failed as a whole: a page that is missing would look like tasks that are missing', async () => {
    failSecondPage('AccessDeniedException', 1);
    const failure = { kind: 'denied', operation: 'ListTasks', message: 'AccessDeniedException: no' };
    expect(await listTasks(caller, SERVICE, 'RUNNING')).toMatchObject({ ok: false, failure });
    expect(caller.calls.get('ListTasks')).toBe(2);
  });

  it('asks for the same page again where AWS throttled it, after a pause', async () => {
    const tokens = failSecondPage('ThrottlingException', 2);
    expect(await listTasks(caller, SERVICE, 'RUNNING')).toEqual({ ok: true, value: [taskArn(1), taskArn(2)] });
    expect(tokens).toEqual([undefined, 'page 2', 'page 2', 'page 2']);
    expect(clock.sleeps).toEqual([250, 500]);
  });

  it('has failed when it is throttled a third time', async () => {
    failSecondPage('ThrottlingException', 3);
    expect(await listTasks(caller, SERVICE, 'RUNNING')).toMatchObject({ ok: false, failure: { kind: 'throttled' } });
    expect(caller.calls.get('ListTasks')).toBe(4);
  });

  it('has failed where it cannot be read', async () => {
    mocked.mocks.cloudMap.callsFake(({ NextToken }) => (NextToken === undefined ? { Instances: [], NextToken: '2' } : {}));
    expect(await listInstances(caller, CLOUD_MAP_SERVICE)).toMatchObject({ ok: false, failure: { kind: 'unexpected' } });
  });
});

/** Describes every task asked for, except that a call with one of the refused ids is refused as a whole. */
function answerDescriptions(refused: ReadonlySet<string> = new Set()): number[] {
  const sizes: number[] = [];
  mocked.mocks.ecs.callsFake(({ tasks }: Input) => {
    const arns = Array.isArray(tasks) ? tasks.map(String) : [];
    sizes.push(arns.length);
    if (arns.some((arn) => refused.has(arn))) {
      throw Object.assign(new Error('Invalid identifier'), { name: 'InvalidParameterException' });
    }
    return { tasks: arns.map((arn) => ({ taskArn: arn, clusterArn: CLUSTER })) };
  });
  return sizes;
}

function references(tasks: number): { arn: ReturnType<typeof taskArn>; cluster: typeof CLUSTER }[] {
  return count(tasks).map((number) => ({ arn: taskArn(number), cluster: CLUSTER }));
}

async function arnsDescribed(
  tasks: number,
  origin: 'known' | 'from outside' = 'from outside',
): Promise<{ arns: string[]; failures: number }> {
  const reader = { caller, clock, cache: createCache() };
  const { described, failures } = await describeTasks(
    reader,
    references(tasks),
    origin === 'known' ? undefined : { dropRefused: true },
  );
  return { arns: described.map(({ task }) => task.arn), failures: failures.length };
}

describe('descriptions of tasks', () => {
  it.each([
    { tasks: 0, sizes: [] },
    { tasks: 1, sizes: [1] },
    { tasks: 99, sizes: [99] },
    { tasks: 100, sizes: [100] },
    { tasks: 101, sizes: [100, 1] },
    { tasks: 1_000, sizes: Array.from({ length: 10 }, () => 100) },
  ])('of $tasks are asked for 100 at a time', async ({ tasks, sizes }) => {
    const asked = answerDescriptions();
    expect(await arnsDescribed(tasks)).toEqual({ arns: count(tasks).map(taskArn), failures: 0 });
    expect(asked).toEqual(sizes);
  });

  it('carry the time at which their answer arrived', async () => {
    answerDescriptions();
    const { described } = await describeTasks({ caller, clock, cache: createCache() }, references(1));
    expect(described.map(({ atMs }) => atMs)).toEqual([clock.now()]);
  });

  it('of one chunk that fails are told as a failure, and those of the other chunks arrive', async () => {
    mocked.mocks.ecs.callsFake(({ tasks }: Input) => {
      if (!Array.isArray(tasks) || tasks.length === 100)
        throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
      return { tasks: tasks.map((arn) => ({ taskArn: arn, clusterArn: CLUSTER })) };
    });
    expect(await arnsDescribed(101)).toEqual({ arns: [taskArn(100)], failures: 1 });
  });
});

describe('an id that DescribeTasks refuses', () => {
  it('is found by halving its chunk, and all others arrive', async () => {
    const sizes = answerDescriptions(new Set([taskArn(37)]));
    const others = count(100).filter((number) => number !== 37);
    expect(await arnsDescribed(100)).toEqual({ arns: others.map(taskArn), failures: 0 });
    expect(sizes).toEqual([100, 50, 25, 25, 13, 7, 6, 3, 3, 2, 1, 12, 50]);
  });

  it('is a failed read of the whole chunk where ECS itself had listed the tasks, at the price of one call', async () => {
    const sizes = answerDescriptions(new Set([taskArn(37)]));
    expect(await arnsDescribed(100, 'known')).toEqual({ arns: [], failures: 1 });
    expect(sizes).toEqual([100]);
  });

  it('costs only itself where it is asked for alone', async () => {
    answerDescriptions(new Set([taskArn(0)]));
    expect(await arnsDescribed(1)).toEqual({ arns: [], failures: 0 });
  });

  it('costs no other task its description, however many there are and wherever they stand', async () => {
    const refusals = fc.uniqueArray(fc.integer({ min: 0, max: 149 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 150 }), refusals, async (tasks, refused) => {
        answerDescriptions(new Set(refused.map(taskArn)));
        caller = new Caller(mocked.world, clock, new Map(), clock.now() + HOUR_MS);
        const others = count(tasks).filter((number) => !refused.includes(number));
        expect(await arnsDescribed(tasks)).toEqual({ arns: others.map(taskArn), failures: 0 });
        mocked = mockedAws();
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});
