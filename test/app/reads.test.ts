import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCache } from '../../functions/app/cache.ts';
import { Caller } from '../../functions/app/caller.ts';
import { describeTasks, listInstances, listTasks } from '../../functions/app/reads.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import type { TaskReference } from '../../functions/core/snapshot.ts';
import type { Task } from '../../functions/core/task.ts';
import type { TaskArn } from '../../functions/core/values.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { describing, FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { cloudMapArn, clusterArn, runningTask, stoppedTask, taskArn } from '../support/values.ts';

const DROPPING = { dropRefused: true } as const;
const SELECTOR = { kind: 'service', cluster: clusterArn(), name: 'app' } as const;

function callerOf(fake: FakeAws): Caller {
  return new Caller(fake.world, fake.clock, new Map(), START_MS + 10_000_000);
}

function readerOf(fake: FakeAws) {
  return { caller: callerOf(fake), clock: fake.clock, cache: createCache() };
}

function tasksOf(count: number): Task[] {
  return Array.from({ length: count }, (_, index) => runningTask(`t${index}`, `10.0.${index >> 8}.${(index % 250) + 1}`));
}

function referencesTo(tasks: readonly Task[]): TaskReference[] {
  return tasks.map(({ arn, cluster }) => ({ arn, cluster }));
}

describe('a list of tasks', () => {
  it('is every page, in order, each asked for with the token of the one before', async () => {
    const arns = ['a', 'b', 'c', 'd'].map((id) => taskArn(id));
    const pages = new Map([
      [undefined, { items: arns.slice(0, 2), nextToken: 'two' }],
      ['two', { items: [], nextToken: 'three' }],
      ['three', { items: arns.slice(2), nextToken: undefined }],
    ]);
    const fake = new FakeAws({ ListTasks: ({ nextToken }) => ok(pages.get(nextToken) ?? { items: [], nextToken: 'lost' }) });
    expect(await listTasks(callerOf(fake), SELECTOR, 'STOPPED')).toEqual({ ok: true, value: arns });
    expect(fake.inputs('ListTasks')).toEqual(
      [undefined, 'two', 'three'].map((nextToken) => ({ selector: SELECTOR, desired: 'STOPPED', nextToken })),
    );
  });

  it('has failed as a whole when one page has', async () => {
    const fake = new FakeAws({
      ListTasks: ({ nextToken }) =>
        nextToken === undefined ? ok({ items: [taskArn('a')], nextToken: 'two' }) : fails('denied', 'no'),
    });
    const failure = { kind: 'denied', operation: 'ListTasks', resource: 'cluster=prod service=app (RUNNING)', message: 'no' };
    expect(await listTasks(callerOf(fake), SELECTOR, 'RUNNING')).toEqual({ ok: false, failure });
  });

  it('may have 200 pages, and has failed when its tokens go on for ever', async () => {
    let ends = 200;
    let count = 0;
    const answer = () => {
      count += 1;
      return ok({ items: [taskArn(`t${count}`)], nextToken: count === ends ? undefined : 'more' });
    };
    const listed = await listTasks(callerOf(new FakeAws({ ListTasks: answer })), SELECTOR, 'RUNNING');
    expect(listed).toMatchObject({ ok: true, value: { length: 200 } });
    count = 0;
    ends = 201;
    const endless = new FakeAws({ ListTasks: answer });
    expect(await listTasks(callerOf(endless), SELECTOR, 'RUNNING')).toEqual({
      ok: false,
      failure: {
        kind: 'unexpected',
        operation: 'ListTasks',
        resource: 'cluster=prod service=app (RUNNING)',
        message: 'the list did not end after 200 pages',
      },
    });
    expect(endless.asked).toHaveLength(200);
  });

  it('loses nothing, however it is cut into pages', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.array(fc.nat(4), { minLength: 1, maxLength: 20 }), async (sizes) => {
        const pages = sizes.map((size, number) => Array.from({ length: size }, (_, index) => taskArn(`t${number}-${index}`)));
        const fake = new FakeAws({
          ListTasks: ({ nextToken }) => {
            const index = Number(nextToken ?? 0);
            return ok({ items: pages[index] ?? [], nextToken: index + 1 < pages.length ? String(index + 1) : undefined });
          },
        });
        expect(await listTasks(callerOf(fake), SELECTOR, 'RUNNING')).toEqual({ ok: true, value: pages.flat() });
      }),
      50,
    );
  });
});

describe('a list of instances', () => {
  const instance = (id: string) => ({ id, ipv4: undefined, ipv6: undefined, port: undefined, ofEcs: true });

  it('is every page as well', async () => {
    const fake = new FakeAws({
      ListInstances: ({ nextToken }) =>
        nextToken === undefined
          ? ok({ items: [instance('a')], nextToken: 'two' })
          : ok({ items: [instance('b')], nextToken: undefined }),
    });
    const listed = await listInstances(callerOf(fake), cloudMapArn());
    expect(listed).toEqual({ ok: true, value: [instance('a'), instance('b')] });
    expect(fake.inputs('ListInstances')).toEqual([
      { service: cloudMapArn(), nextToken: undefined },
      { service: cloudMapArn(), nextToken: 'two' },
    ]);
  });

  it('names its service by its id when it fails, and itself when it does not end', async () => {
    const denied = new FakeAws({ ListInstances: () => fails('denied', 'no') });
    expect(await listInstances(callerOf(denied), cloudMapArn())).toEqual({
      ok: false,
      failure: { kind: 'denied', operation: 'ListInstances', resource: 'srv-mysql', message: 'no' },
    });
    const endless = new FakeAws({ ListInstances: () => ok({ items: [], nextToken: 'more' }) });
    const failure = { kind: 'unexpected', operation: 'ListInstances', resource: 'srv-mysql' };
    expect(await listInstances(callerOf(endless), cloudMapArn())).toMatchObject({ ok: false, failure });
  });
});

describe('descriptions of tasks', () => {
  it.each([
    [1, [1]],
    [100, [100]],
    [101, [100, 1]],
    [250, [100, 100, 50]],
  ])('of %i tasks take calls of %j', async (count, sizes) => {
    const tasks = tasksOf(count);
    const fake = new FakeAws({ DescribeTasks: describing(...tasks) });
    const { described, failures } = await describeTasks(readerOf(fake), referencesTo(tasks));
    expect(described.map(({ task }) => task)).toEqual(tasks);
    expect(failures).toEqual([]);
    const asked = fake.inputs('DescribeTasks').map((input) => JSON.stringify(input).split(':task/').length - 1);
    expect(asked).toEqual(sizes);
  });

  it('are asked for by cluster, and of no task there is none to make', async () => {
    const fake = new FakeAws({ DescribeTasks: () => ok([]) });
    expect(await describeTasks(readerOf(fake), [])).toEqual({ described: [], failures: [] });
    expect(fake.asked).toEqual([]);
    const references = [
      { arn: taskArn('a'), cluster: clusterArn() },
      { arn: taskArn('b', 'test'), cluster: clusterArn('test') },
      { arn: taskArn('c'), cluster: clusterArn() },
    ];
    await describeTasks(readerOf(fake), references);
    expect(fake.inputs('DescribeTasks')).toEqual([
      { cluster: clusterArn(), tasks: [taskArn('a'), taskArn('c')] },
      { cluster: clusterArn('test'), tasks: [taskArn('b', 'test')] },
    ]);
  });

  it('are learned when they arrive, and carry that time', async () => {
    const [task] = tasksOf(1);
    if (task === undefined) throw new Error('One task was asked for.');
    const fake = new FakeAws({ DescribeTasks: describing(task) });
    fake.callMs = () => 70;
    const reader = readerOf(fake);
    const { described } = await describeTasks(reader, referencesTo([task]));
    expect(described).toEqual([{ task, atMs: START_MS + 70 }]);
    expect(reader.cache.tasks.get(task.arn)).toEqual({ task, seenAtMs: START_MS + 70 });
  });

  it('never take back what is known', async () => {
    const old = runningTask('t1', '10.0.0.1');
    const fake = new FakeAws({ DescribeTasks: describing(old) });
    const reader = readerOf(fake);
    const stopped = stoppedTask('t1', '10.0.0.1');
    reader.cache.tasks.set(stopped.arn, { task: stopped, seenAtMs: START_MS });
    await describeTasks(reader, referencesTo([old]));
    expect(reader.cache.tasks.get(stopped.arn)?.task).toMatchObject({ desired: 'STOPPED', last: 'STOPPED', version: 8 });
  });

  it('leave out the tasks that ECS does not give, without a failure', async () => {
    const [one, missing] = tasksOf(2);
    if (one === undefined || missing === undefined) throw new Error('Two tasks were asked for.');
    const fake = new FakeAws({ DescribeTasks: describing(one) });
    const reader = readerOf(fake);
    const answer = await describeTasks(reader, referencesTo([one, missing]));
    expect(answer).toEqual({ described: [{ task: one, atMs: START_MS }], failures: [] });
    expect(reader.cache.tasks.has(missing.arn)).toBe(false);
  });

  it.each<[FailureKind, typeof DROPPING | undefined]>([
    ['denied', undefined],
    ['denied', DROPPING],
    ['unexpected', DROPPING],
    ['refused', undefined],
  ])('that are %s are a failed read of the whole chunk, in the manner %j', async (kind, how) => {
    const tasks = tasksOf(150);
    const fake = new FakeAws({
      DescribeTasks: ({ tasks: asked }) =>
        asked.length === 100 ? fails(kind, 'why') : describing(...tasks)({ cluster: clusterArn(), tasks: asked }),
    });
    const { described, failures } = await describeTasks(readerOf(fake), referencesTo(tasks), how);
    expect(described).toHaveLength(50);
    expect(failures).toEqual([{ kind, operation: 'DescribeTasks', resource: `100 tasks of ${clusterArn()}`, message: 'why' }]);
    expect(fake.asked).toHaveLength(2);
  });

  it('drop an id from outside that ECS does not take, and no other, wherever it stands', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.uniqueArray(fc.nat(30), { maxLength: 4 }), async (bad) => {
        const tasks = tasksOf(31);
        const poison = new Set<TaskArn>(bad.flatMap((index) => tasks[index]?.arn ?? []));
        const fake = new FakeAws({
          DescribeTasks: ({ cluster, tasks: asked }) =>
            asked.some((arn) => poison.has(arn)) ? fails('refused') : describing(...tasks)({ cluster, tasks: asked }),
        });
        const { described, failures } = await describeTasks(readerOf(fake), referencesTo(tasks), DROPPING);
        expect(described.map(({ task }) => task)).toEqual(tasks.filter(({ arn }) => !poison.has(arn)));
        expect(failures).toEqual([]);
      }),
      50,
    );
  });
});
