import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cache } from '../../functions/app/cache.ts';
import { Caller } from '../../functions/app/caller.ts';
import { Reads } from '../../functions/app/reads.ts';
import type { Selector } from '../../functions/core/binding.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import type { RecordEntry } from '../../functions/core/ownership.ts';
import type { TaskReference } from '../../functions/core/snapshot.ts';
import type { DescribedTask, Task } from '../../functions/core/task.ts';
import type { TaskArn } from '../../functions/core/values.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { boundGroup } from '../support/passes.ts';
import { describing, FakeAws, fails, ok, page, START_MS } from '../support/ports.ts';
import {
  aDefinition,
  aGroup,
  aService,
  at,
  cloudMapArn,
  clusterArn,
  groupArn,
  runningTask,
  stoppedTask,
  taskArn,
} from '../support/values.ts';

const DROPPING = { dropRefused: true } as const;
/** Requests that come within this time share a call. */
const GATHER_MS = 10;

function selectorOf(name = 'app'): Selector {
  return { kind: 'service', cluster: clusterArn(), name };
}

function callerOf({ world, clock }: FakeAws, { buckets }: Cache): Caller {
  return new Caller({ api: world, clock, buckets }, START_MS + 10_000_000);
}

function readsOf(fake: FakeAws) {
  const cache = new Cache();
  return { cache, reads: new Reads(callerOf(fake, cache), fake.clock, cache) };
}

function tasksOf(count: number): DescribedTask[] {
  return Array.from({ length: count }, (_, index) => runningTask(`t${index}`, `10.0.${index >> 8}.${(index % 250) + 1}`));
}

function references(tasks: readonly Task[]): TaskReference[] {
  return tasks.map(({ arn, cluster }) => ({ arn, cluster }));
}

/** The number of tasks in each call, in the order of the calls. */
function sizes(fake: FakeAws): number[] {
  return fake.inputs('DescribeTasks').map((input) => JSON.stringify(input).split(':task/').length - 1);
}

/** Answers pages, each with the token of the next. */
function inPages<Item>(pages: readonly (readonly Item[])[]) {
  return ({ nextToken }: { readonly nextToken: string | undefined }) => {
    const index = Number(nextToken ?? 0);
    return ok({ items: pages[index] ?? [], nextToken: index + 1 < pages.length ? String(index + 1) : undefined });
  };
}

describe('a list of running tasks', () => {
  const listed = async (fake: FakeAws) => (await readsOf(fake).reads.running(selectorOf(), 0)).answer;

  it('is every page, in order, each asked for with the token of the one before', async () => {
    const pages = [[taskArn('a'), taskArn('b')], [], [taskArn('c')]];
    const fake = new FakeAws({ ListTasks: inPages(pages) });
    expect(await listed(fake)).toEqual({ ok: true, value: pages.flat() });
    expect(fake.inputs('ListTasks')).toEqual(
      [undefined, '1', '2'].map((nextToken) => ({ selector: selectorOf(), desired: 'RUNNING', nextToken })),
    );
  });

  it('has failed as a whole when one page has: what is missing would look like tasks that are missing', async () => {
    const fake = new FakeAws({
      ListTasks: ({ nextToken }) =>
        nextToken === undefined ? ok({ items: [taskArn('a')], nextToken: 'two' }) : fails('denied', 'no'),
    });
    const problem = {
      kind: 'denied',
      operation: 'ListTasks',
      resource: 'cluster=prod service=app (RUNNING)',
      cluster: clusterArn(),
      message: 'no',
    };
    expect(await listed(fake)).toEqual({ ok: false, problem });
  });

  it.each([
    [200, true],
    [201, false],
  ])('of %i pages is one: %s, since tokens may go on for ever', async (count, isOne) => {
    const fake = new FakeAws({ ListTasks: inPages(Array.from({ length: count }, (_, index) => [taskArn(`t${index}`)])) });
    const problem = {
      kind: 'unexpected',
      operation: 'ListTasks',
      resource: 'cluster=prod service=app (RUNNING)',
      message: 'the list did not end after 200 pages',
    };
    expect(await listed(fake)).toEqual(isOne ? { ok: true, value: expect.any(Array) } : { ok: false, problem });
    expect(fake.asked).toHaveLength(200);
  });

  it('loses nothing, however it is cut into pages', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.array(fc.nat(4), { minLength: 1, maxLength: 20 }), async (lengths) => {
        const pages = lengths.map((size, number) => Array.from({ length: size }, (_, index) => taskArn(`t${number}-${index}`)));
        expect(await listed(new FakeAws({ ListTasks: inPages(pages) }))).toEqual({ ok: true, value: pages.flat() });
      }),
      50,
    );
  });

  it('is read once for all who ask of one service, unless one needs it younger', async () => {
    const ask = fc.record({
      name: fc.constantFrom('app', 'api'),
      afterMs: fc.nat(500),
      sinceMs: fc.integer({ min: -900, max: 0 }),
    });
    await holdsInTime(
      fc.asyncProperty(fc.array(ask, { minLength: 1 }), fc.nat(90), async (asks, callMs) => {
        const fake = new FakeAws({
          ListTasks: ({ selector }) => ok({ items: [taskArn(selector.name)], nextToken: undefined }),
        });
        fake.callMs = () => callMs;
        const { reads } = readsOf(fake);
        const lists = await Promise.all(
          asks.map(async ({ name, afterMs, sinceMs }) => {
            await fake.clock.pass(afterMs);
            const notBeforeMs = fake.clock.now() + sinceMs;
            const list = await reads.running(selectorOf(name), notBeforeMs);
            expect(list.beganAtMs).toBeGreaterThanOrEqual(notBeforeMs);
            expect(list.answer).toEqual({ ok: true, value: [taskArn(name)] });
            return `${name} ${list.beganAtMs}`;
          }),
        );
        expect(fake.asked).toHaveLength(new Set(lists).size);
      }),
    );
  });

  it('is read once an invocation where any age will do', async () => {
    const fake = new FakeAws({ ListTasks: () => page([]) });
    const { reads } = readsOf(fake);
    for (const name of ['app', 'api', 'app']) await reads.running(selectorOf(name), 0);
    fake.clock.nowMs += 20_000;
    await reads.running(selectorOf(), 0);
    expect(fake.asked).toHaveLength(2);
    // The second who needs it as of this moment has the list of the first.
    for (let count = 0; count < 2; count += 1) {
      expect((await reads.running(selectorOf(), fake.clock.now())).beganAtMs).toBe(fake.clock.now());
    }
    expect(fake.asked).toHaveLength(3);
  });

  it('says when its first call left: before it waited for an answer', async () => {
    const fake = new FakeAws({ ListTasks: inPages([[], []]) });
    fake.callMs = () => 300;
    expect((await readsOf(fake).reads.running(selectorOf(), 0)).beganAtMs).toBe(START_MS);
  });
});

describe('targets are read before tasks', () => {
  /** Two groups whose targets take so long to read; each lists its tasks when it has them. Returns when each list began. */
  async function listsOf(lines: readonly [string, string], takeMs: readonly [number, number]): Promise<number[]> {
    const groups = lines.map((line, index) => ({ ...boundGroup(line), group: aGroup({ arn: groupArn(`g${index}`) }) }));
    const fake = new FakeAws({ DescribeTargetHealth: () => ok([]), ListTasks: () => page([]) });
    const { reads } = readsOf(fake);
    const reading = { number: 0 };
    fake.callMs = (name) => {
      if (name !== 'DescribeTargetHealth') return 0;
      reading.number += 1;
      return takeMs[reading.number - 1] ?? 0;
    };
    await Promise.all(
      groups.map(async (group) => {
        expect(await reads.targets(group)).toEqual({ ok: true, value: [] });
        const [binding] = group.bindings;
        if (binding !== undefined) await reads.running(binding.selector, fake.clock.now());
      }),
    );
    expect(fake.inputs('DescribeTargetHealth')).toEqual(groups.map(({ group }) => ({ group: group.arn })));
    return fake.times('ListTasks');
  }

  const APP = 'service=app port=8080';

  it('of all groups that a service feeds, so that one list serves them', async () => {
    expect(await listsOf([APP, 'service=app port=9090'], [20, 500])).toEqual([500]);
  });

  it('but for one that takes longer than a second, and then lists for itself', async () => {
    expect(await listsOf([APP, APP], [20, 1_020])).toEqual([1_020]);
    expect(await listsOf([APP, APP], [20, 1_021])).toEqual([1_020, 1_021]);
  });

  it('and a group of another service waits for nobody', async () => {
    expect(await listsOf([APP, 'service=api port=8080'], [20, 500])).toEqual([20, 500]);
  });

  it('also where they cannot be read', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails('denied', 'no'), ListTasks: () => page([]) });
    fake.callMs = (name) => (name === 'DescribeTargetHealth' ? 50 : 0);
    const { reads } = readsOf(fake);
    const targets = reads.targets(boundGroup(APP));
    await reads.running(selectorOf(), 0);
    const problem = { kind: 'denied', operation: 'DescribeTargetHealth', resource: 'web', message: 'no' };
    expect(await targets).toEqual({ ok: false, problem });
    expect(fake.times('ListTasks')).toEqual([50]);
    // Nothing is in flight any more: the next list waits for nothing.
    await reads.running(selectorOf(), fake.clock.now() + 1);
    expect(fake.clock.slept).toEqual([1_000]);
  });
});

describe('a list of stopped tasks', () => {
  const pages = [[taskArn('a')], [taskArn('b')], [taskArn('c')]];

  it('is read some pages at a time, from where the last part ended', async () => {
    const { reads } = readsOf(new FakeAws({ ListTasks: inPages(pages) }));
    const part = (from: string | undefined) => reads.stopped(selectorOf(), from, 2);
    expect(await part(undefined)).toEqual({ ok: true, value: { tasks: [taskArn('a'), taskArn('b')], next: '2' } });
    expect(await part('2')).toEqual({ ok: true, value: { tasks: [taskArn('c')], next: undefined } });
  });

  it('asks for nothing else, and has failed as a part', async () => {
    const fake = new FakeAws({ ListTasks: () => fails('denied', 'no') });
    const problem = {
      kind: 'denied',
      operation: 'ListTasks',
      resource: 'cluster=prod service=app (STOPPED)',
      cluster: clusterArn(),
      message: 'no',
    };
    expect(await readsOf(fake).reads.stopped(selectorOf(), '7', 2)).toEqual({ ok: false, problem });
    expect(fake.inputs('ListTasks')).toEqual([{ selector: selectorOf(), desired: 'STOPPED', nextToken: '7' }]);
  });
});

describe('the record of writes, and the instances of a Cloud Map service,', () => {
  const entry: RecordEntry = { kind: 'kept', atMs: 5, address: at('10.0.0.1'), task: taskArn('t1') };
  const instance = (id: string) => ({ id, ipv4: undefined, ipv6: undefined, port: undefined, ofEcs: true });

  it('are every page', async () => {
    const fake = new FakeAws({
      FilterLogEvents: inPages([[entry], [], [entry]]),
      ListInstances: inPages([[instance('a')], [instance('b')]]),
    });
    const { reads } = readsOf(fake);
    expect(await reads.record(groupArn(), 7)).toEqual({ ok: true, value: [entry, entry] });
    expect(fake.inputs('FilterLogEvents')[2]).toEqual({ group: groupArn(), sinceMs: 7, nextToken: '2' });
    expect(await reads.instances(cloudMapArn())).toEqual({ ok: true, value: [instance('a'), instance('b')] });
    expect(fake.inputs('ListInstances')[1]).toEqual({ service: cloudMapArn(), nextToken: '1' });
  });

  it('name what they were about when they fail', async () => {
    const { reads } = readsOf(new FakeAws({ FilterLogEvents: () => fails('denied'), ListInstances: () => fails('denied') }));
    expect(await reads.record(groupArn(), 7)).toMatchObject({
      problem: { operation: 'FilterLogEvents', resource: 'the record of web' },
    });
    expect(await reads.instances(cloudMapArn())).toMatchObject({
      problem: { operation: 'ListInstances', resource: 'srv-mysql' },
    });
  });

  it('have failed when their tokens go on for ever', async () => {
    const { reads } = readsOf(
      new FakeAws({
        FilterLogEvents: () => ok({ items: [], nextToken: 'more' }),
        ListInstances: () => ok({ items: [], nextToken: 'more' }),
      }),
    );
    expect(await reads.record(groupArn(), 7)).toMatchObject({
      problem: { kind: 'unexpected', operation: 'FilterLogEvents', resource: 'the record of web' },
    });
    expect(await reads.instances(cloudMapArn())).toMatchObject({
      problem: { kind: 'unexpected', operation: 'ListInstances', resource: 'srv-mysql' },
    });
  });
});

describe('descriptions of tasks', () => {
  it.each([
    [1, [1]],
    [100, [100]],
    [101, [100, 1]],
    [250, [100, 100, 50]],
  ])('of %i tasks take calls of %j', async (count, calls) => {
    const tasks = tasksOf(count);
    const fake = new FakeAws({ DescribeTasks: describing(...tasks) });
    const { described, failures } = await readsOf(fake).reads.describe(references(tasks));
    expect(described.map(({ task }) => task)).toEqual(tasks);
    expect([failures, sizes(fake)]).toEqual([[], calls]);
  });

  it('are shared by all who ask at one moment: as few calls as can be, and everybody gets their own', async () => {
    const asked = fc.array(fc.record({ from: fc.nat(250), count: fc.nat(120), afterMs: fc.nat(GATHER_MS - 1) }), {
      maxLength: 6,
    });
    await holdsInTime(
      fc.asyncProperty(asked, async (asks) => {
        const tasks = tasksOf(370);
        const fake = new FakeAws({ DescribeTasks: describing(...tasks) });
        const { reads } = readsOf(fake);
        const wanted = asks.map(({ from, count }) => tasks.slice(from, from + count));
        const answers = await Promise.all(
          asks.map(async ({ afterMs }, index) => {
            await fake.clock.pass(afterMs);
            return reads.describe(references(wanted[index] ?? []));
          }),
        );
        for (const [index, { described }] of answers.entries()) {
          expect(new Set(described.map(({ task }) => task))).toEqual(new Set(wanted[index]));
        }
        // A call too many would be made when everybody has been answered.
        await fake.clock.pass(GATHER_MS);
        expect(sizes(fake)).toHaveLength(Math.ceil(new Set(wanted.flat()).size / 100));
      }),
      60,
    );
  });

  it('that wait for their turn take along whoever comes meanwhile', async () => {
    const [one, other] = tasksOf(2);
    if (one === undefined || other === undefined) throw new Error('Two tasks were asked for.');
    const fake = new FakeAws({ DescribeTasks: describing(one, other), ListTasks: () => page([]) });
    const { reads } = readsOf(fake);
    for (let count = 0; count < 31; count += 1) await reads.running(selectorOf(), fake.clock.now() + 1);
    const first = reads.describe(references([one]));
    await fake.clock.pass(2 * GATHER_MS);
    const [answer] = await Promise.all([first, reads.describe(references([one, other]))]);
    expect(answer.described.map(({ task }) => task)).toEqual([one]);
    expect(sizes(fake)).toEqual([2]);
  });

  it('are asked for anew when the call has left', async () => {
    const [task] = tasksOf(1);
    if (task === undefined) throw new Error('One task was asked for.');
    const fake = new FakeAws({ DescribeTasks: describing(task) });
    fake.callMs = () => 100;
    const { reads } = readsOf(fake);
    const first = reads.describe(references([task]));
    await fake.clock.pass(GATHER_MS + 50);
    await Promise.all([first, reads.describe(references([task]))]);
    expect(sizes(fake)).toEqual([1, 1]);
  });

  it('are asked for by cluster, and of no task there is none to make', async () => {
    const fake = new FakeAws({ DescribeTasks: () => ok([]) });
    const { reads } = readsOf(fake);
    expect(await reads.describe([])).toEqual({ described: [], failures: [] });
    expect(fake.asked).toEqual([]);
    await reads.describe([
      { arn: taskArn('a'), cluster: clusterArn() },
      { arn: taskArn('b', 'test'), cluster: clusterArn('test') },
      { arn: taskArn('c'), cluster: clusterArn() },
    ]);
    expect(fake.inputs('DescribeTasks')).toEqual([
      { cluster: clusterArn(), tasks: [taskArn('a'), taskArn('c')] },
      { cluster: clusterArn('test'), tasks: [taskArn('b', 'test')] },
    ]);
  });

  it('are learned when they arrive, and are as old as the question', async () => {
    const [task] = tasksOf(1);
    if (task === undefined) throw new Error('One task was asked for.');
    const fake = new FakeAws({ DescribeTasks: describing(task) });
    fake.callMs = () => 70;
    const { reads, cache } = readsOf(fake);
    const atMs = START_MS + GATHER_MS;
    expect(await reads.describe(references([task]))).toEqual({ described: [{ task, atMs }], failures: [] });
    expect(cache.tasks.get(task.arn)).toEqual({ task, seenAtMs: atMs + 70, stoppedAtMs: undefined, isHeld: false });
  });

  it('never take back what is known', async () => {
    const old = runningTask('t1', '10.0.0.1');
    const { reads, cache } = readsOf(new FakeAws({ DescribeTasks: describing(old) }));
    cache.learn(stoppedTask('t1', '10.0.0.1'), START_MS);
    await reads.describe(references([old]));
    expect(cache.tasks.get(old.arn)?.task).toMatchObject({ desired: 'STOPPED', last: 'STOPPED', version: 8 });
  });

  it('leave out the tasks that ECS does not give, without a failure, and so does a cluster that is gone', async () => {
    const [one, missing] = tasksOf(2);
    if (one === undefined || missing === undefined) throw new Error('Two tasks were asked for.');
    const { reads, cache } = readsOf(new FakeAws({ DescribeTasks: describing(one) }));
    expect(await reads.describe(references([one, missing]))).toMatchObject({ described: [{ task: one }], failures: [] });
    expect(cache.tasks.has(missing.arn)).toBe(false);
    const gone = readsOf(new FakeAws({ DescribeTasks: () => fails('gone') }));
    expect(await gone.reads.describe(references([one]))).toEqual({ described: [], failures: [] });
  });

  it.each<[FailureKind, typeof DROPPING | undefined]>([
    ['denied', undefined],
    ['denied', DROPPING],
    ['unexpected', DROPPING],
    ['refused', undefined],
  ])('that are %s are one failed read of the whole call, in the manner %j', async (kind, how) => {
    const tasks = tasksOf(150);
    const fake = new FakeAws({
      DescribeTasks: (input) => (input.tasks.length === 100 ? fails(kind, 'why') : describing(...tasks)(input)),
    });
    const { reads } = readsOf(fake);
    const ask = () => reads.describe(references(tasks), how);
    const problem = {
      kind,
      operation: 'DescribeTasks',
      resource: `tasks of ${clusterArn()}`,
      cluster: clusterArn(),
      message: 'why',
    };
    for (const { described, failures } of await Promise.all([ask(), ask()])) {
      expect([described.length, failures]).toEqual([50, [problem]]);
    }
    expect(fake.asked).toHaveLength(2);
  });

  it('drop an id from outside that ECS does not take, and no other, wherever it stands', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.uniqueArray(fc.nat(30), { maxLength: 4 }), async (bad) => {
        const tasks = tasksOf(31);
        const poison = new Set<TaskArn>(bad.flatMap((index) => tasks[index]?.arn ?? []));
        const fake = new FakeAws({
          DescribeTasks: (input) =>
            input.tasks.some((arn) => poison.has(arn)) ? fails('refused') : describing(...tasks)(input),
        });
        const { described, failures } = await readsOf(fake).reads.describe(references(tasks), DROPPING);
        expect(described.map(({ task }) => task)).toEqual(tasks.filter(({ arn }) => !poison.has(arn)));
        expect(failures).toEqual([]);
      }),
      40,
    );
  });

  it('drop no task whose half could not be read for another reason', async () => {
    const tasks = tasksOf(4);
    const [bad] = tasks;
    const fake = new FakeAws({
      DescribeTasks: (input) => {
        if (input.tasks.some((arn) => arn === bad?.arn)) return fails('refused');
        return fails('denied', 'no');
      },
    });
    const { described, failures } = await readsOf(fake).reads.describe(references(tasks), DROPPING);
    expect(described).toEqual([]);
    expect(failures.map(({ kind, resource }) => `${kind} ${resource}`)).toEqual([
      `denied 1 tasks of ${clusterArn()}`,
      `denied 2 tasks of ${clusterArn()}`,
    ]);
  });
});

describe('a service', () => {
  it('is described together with those that others ask for, ten in a call', async () => {
    const fake = new FakeAws({ DescribeServices: ({ names }) => ok(names.map((name) => aService(name))) });
    const { reads } = readsOf(fake);
    const names = Array.from({ length: 11 }, (_, index) => `s${index}`);
    const answers = await Promise.all([...names, 's3'].map((name) => reads.service(selectorOf(name))));
    expect(answers).toEqual([...names, 's3'].map((name) => ({ ok: true, value: aService(name) })));
    expect(fake.inputs('DescribeServices')).toEqual([
      { cluster: clusterArn(), names: names.slice(0, 10) },
      { cluster: clusterArn(), names: ['s10'] },
    ]);
  });

  it('may be one that ECS does not know, or not be read', async () => {
    expect(await readsOf(new FakeAws({ DescribeServices: () => ok([]) })).reads.service(selectorOf())).toEqual({
      ok: true,
      value: undefined,
    });
    const failed = readsOf(new FakeAws({ DescribeServices: () => fails('denied', 'no') }));
    const problem = {
      kind: 'denied',
      operation: 'DescribeServices',
      resource: `services of ${clusterArn()}`,
      cluster: clusterArn(),
      message: 'no',
    };
    expect(await failed.reads.service(selectorOf())).toEqual({ ok: false, problem });
  });
});

describe('a definition', () => {
  const APP = { cluster: clusterArn(), definition: 'app:7' };

  it('is read once for all who ask, in this invocation and after it: a revision never changes', async () => {
    const fake = new FakeAws({ DescribeTaskDefinition: () => ok(aDefinition()) });
    fake.callMs = () => 50;
    const { reads, cache } = readsOf(fake);
    const answers = await Promise.all([reads.definition(APP), reads.definition(APP)]);
    expect(answers).toEqual([ok(aDefinition()), ok(aDefinition())]);
    expect(fake.inputs('DescribeTaskDefinition')).toEqual([APP]);
    expect(await new Reads(callerOf(fake, cache), fake.clock, cache).definition(APP)).toEqual(ok(aDefinition()));
    expect(fake.asked).toHaveLength(1);
  });

  it('is that of its revision and its account: another one may have one of the same name', async () => {
    const fake = new FakeAws({
      DescribeTaskDefinition: ({ cluster, definition }) =>
        ok(aDefinition({ stopTimeoutSeconds: cluster === clusterArn() && definition === 'app:7' ? 7 : 1 })),
    });
    const { reads } = readsOf(fake);
    const others = [
      { ...APP, cluster: clusterArn('test', { account: '444455556666' }) },
      { ...APP, definition: 'app:8' },
    ];
    expect(await reads.definition(APP)).toMatchObject({ value: { stopTimeoutSeconds: 7 } });
    for (const other of others) expect(await reads.definition(other)).toMatchObject({ value: { stopTimeoutSeconds: 1 } });
    expect(fake.inputs('DescribeTaskDefinition')).toEqual([APP, ...others]);
  });

  it('that cannot be read is asked for once an invocation, and again in the next one', async () => {
    const fake = new FakeAws({ DescribeTaskDefinition: () => fails('denied', 'no') });
    const { reads, cache } = readsOf(fake);
    const problem = {
      kind: 'denied',
      operation: 'DescribeTaskDefinition',
      resource: 'app:7',
      cluster: clusterArn(),
      message: 'no',
    };
    for (let count = 0; count < 2; count += 1) expect(await reads.definition(APP)).toEqual({ ok: false, problem });
    expect(fake.asked).toHaveLength(1);
    expect(cache.definitions.size).toBe(0);
  });
});

it('what a mistake of our own throws in a shared call reaches everybody who waits for it', async () => {
  const fake = new FakeAws();
  const { reads } = readsOf(fake);
  const results = await Promise.allSettled([reads.service(selectorOf()), reads.service(selectorOf('api'))]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
