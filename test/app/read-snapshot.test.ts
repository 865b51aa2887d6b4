import { describe, expect, it } from 'vitest';
import { learn } from '../../functions/app/cache.ts';
import { readSnapshot, searchStopped } from '../../functions/app/read-snapshot.ts';
import { selectorKey } from '../../functions/core/binding.ts';
import type { Hint } from '../../functions/core/event.ts';
import { cacheOf, contextOf, type PassContext, worldOf } from '../support/passes.ts';
import { describing, FakeAws, fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import {
  aGroup,
  aHint,
  at,
  clusterArn,
  DEPLOYMENT,
  parsedBinding,
  runningTask,
  stoppedTask,
  stoppingTask,
  target,
  taskArn,
} from '../support/values.ts';

const RUNNING = runningTask('t1', '10.0.0.1');
const OTHER = runningTask('t2', '10.0.0.2');
const STOPPED = stoppedTask('t9', '10.0.0.9');
const STRANGER = runningTask('t5', '10.0.0.5', { group: 'service:other' });
const APP = parsedBinding('service=app port=8080').selector;
const QUARTER_HOUR_MS = 900_000;
/** Descriptions wait so long for others to share their call. */
const GATHER_MS = 10;

function read(context: PassContext, targets = [target('10.0.0.1')]) {
  const { bound, hints, isListing } = context;
  return readSnapshot(context, { bound, hints, isListing }, targets);
}

/** A pass that follows these hints and lists nothing. */
function hinted(fake: FakeAws, hints: readonly Hint[], ...lines: readonly string[]): PassContext {
  return contextOf(fake, { hints, isListing: false }, ...lines);
}

describe('the snapshot of a pass that lists', () => {
  it('is of the lists, and describes what they leave open', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.callMs = () => 30;
    const context = contextOf(fake);
    const targets = [target('10.0.0.1')];
    expect(await read(context, targets)).toEqual({
      snapshot: {
        group: aGroup(),
        targets,
        bindings: [{ ...context.bound.bindings[0], list: 'read', listed: new Set([RUNNING.arn]) }],
        tasks: new Map([[RUNNING.arn, RUNNING]]),
        describedAtMs: new Map([[RUNNING.arn, START_MS + 60 + GATHER_MS]]),
        absentAtMs: new Map(),
        knownStoppedAtMs: new Map(),
      },
      failures: [],
      listedAtMs: START_MS,
    });
    expect(fake.inputs('ListTasks')).toEqual([{ selector: APP, desired: 'RUNNING', nextToken: undefined }]);
  });

  it('of a quiet group costs one list, and keeps the facts young', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake);
    learn(context.cache, RUNNING, START_MS - 1_000);
    const { snapshot } = await read(context);
    expect(fake.names).toEqual(['ListTasks']);
    expect([snapshot.tasks.get(RUNNING.arn), snapshot.describedAtMs.size]).toEqual([RUNNING, 0]);
    expect(context.cache.tasks.get(RUNNING.arn)?.seenAtMs).toBe(START_MS);
  });

  it('reads the list of a selector once, however many lines name it, and keeps what each line says', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake, {}, 'service=app port=8080', 'service=app port=9090', 'family=job port=8080');
    const bindings = context.bound.bindings.map((each, index) => ({ ...each, native: index === 1 }));
    const { snapshot } = await read({ ...context, bound: { ...context.bound, bindings } });
    expect(fake.inputs('ListTasks')).toHaveLength(2);
    expect(snapshot.bindings.map(({ native, port, selector }) => [selector.kind, port, native])).toEqual([
      ['service', 8080, false],
      ['service', 9090, true],
      ['family', 8080, false],
    ]);
  });

  it('lists anew in every pass: an older list could not confirm anything', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake);
    await read(context);
    fake.clock.nowMs += 1;
    expect((await read(context)).listedAtMs).toBe(fake.clock.now());
  });

  it('is listed as of the oldest of its lists, and not at all while one of them is missing', async () => {
    const fake = worldOf({});
    const lines = ['service=app port=8080', 'family=job port=8080'];
    const context = contextOf(fake, {}, ...lines);
    // The list of one waits for the targets of another group of its service.
    fake.callMs = (name) => (name === 'DescribeTargetHealth' ? 400 : 0);
    void context.reads.targets({ ...context.bound, bindings: context.bound.bindings.slice(1) });
    expect((await read(context)).listedAtMs).toBe(START_MS);
    expect(fake.times('ListTasks')).toEqual([0, 400]);
    fake.answers.ListTasks = ({ selector }) => (selector.kind === 'family' ? fails('denied') : page([]));
    expect((await read(contextOf(fake, {}, ...lines))).listedAtMs).toBeUndefined();
    fake.answers.ListTasks = () => fails('gone');
    expect((await read(contextOf(fake, {}, ...lines))).listedAtMs).toBe(fake.clock.now());
  });

  it('tells a list that failed from one of a service that is gone', async () => {
    const fake = new FakeAws({
      ListTasks: ({ selector }) => (selector.kind === 'service' ? fails('denied', 'no') : fails('gone')),
    });
    const { snapshot, failures } = await read(contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080'));
    expect(snapshot.bindings.map(({ list, listed }) => [list, listed.size])).toEqual([
      ['failed', 0],
      ['gone', 0],
    ]);
    expect(failures).toEqual([
      { kind: 'denied', operation: 'ListTasks', resource: 'cluster=prod service=app (RUNNING)', message: 'no' },
    ]);
  });

  it('takes up what the environment knows of tasks that a line means or a hint names, and of no other', async () => {
    const context = contextOf(
      worldOf({}),
      { hints: [aHint(STRANGER.arn, 1)] },
      'service=app port=8080',
      'family=job port=8080',
    );
    for (const task of [STOPPED, STRANGER, runningTask('t6', '10.0.0.6', { group: 'service:other' })])
      learn(context.cache, task, START_MS - 5);
    cacheOf(context).absentAtMs = new Map([[at('10.0.0.1'), 7]]);
    const { snapshot } = await read(context);
    expect([...snapshot.tasks.keys()].toSorted()).toEqual([STRANGER.arn, STOPPED.arn]);
    expect(snapshot).toMatchObject({
      absentAtMs: new Map([[at('10.0.0.1'), 7]]),
      knownStoppedAtMs: new Map([[STOPPED.arn, START_MS - 5]]),
    });
  });

  it('describes a hinted task apart, and drops an id that ECS does not take', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const strange = taskArn('strange');
    fake.answers.DescribeTasks = (input) => (input.tasks.includes(strange) ? fails('refused') : describing(RUNNING)(input));
    const { snapshot, failures } = await read(contextOf(fake, { hints: [aHint(strange, 1)] }));
    expect(fake.inputs('DescribeTasks')).toEqual([
      { cluster: clusterArn(), tasks: [RUNNING.arn] },
      { cluster: clusterArn(), tasks: [strange] },
    ]);
    expect([snapshot.describedAtMs.has(RUNNING.arn), snapshot.describedAtMs.has(strange), failures]).toEqual([true, false, []]);
  });

  it('does not describe a hinted stranger whose version it knows', async () => {
    const fake = worldOf({});
    const context = contextOf(fake, { hints: [aHint(STRANGER.arn, STRANGER.version)] });
    learn(context.cache, STRANGER, START_MS);
    await read(context);
    expect(fake.names).toEqual(['ListTasks']);
  });

  it('never drops a task that ECS itself has listed: what is not read of it is a failed read', async () => {
    const fake = worldOf({ tasks: [RUNNING, OTHER] });
    fake.answers.DescribeTasks = () => fails('refused', 'no');
    const { failures } = await read(contextOf(fake));
    expect(failures).toEqual([
      { kind: 'refused', operation: 'DescribeTasks', resource: `tasks of ${clusterArn()}`, message: 'no' },
    ]);
  });

  it('has the failures of lists and of descriptions', async () => {
    const fake = new FakeAws({
      ListTasks: ({ selector }) => (selector.kind === 'family' ? fails('denied') : page([RUNNING])),
      DescribeTasks: () => fails('unexpected'),
    });
    const { failures } = await read(contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080'));
    expect(failures.map(({ kind }) => kind)).toEqual(['denied', 'unexpected']);
  });
});

describe('the snapshot of a pass that follows its hints', () => {
  it('describes what they name, and lists nothing for tasks that are to leave or are known', async () => {
    const stopping = stoppingTask('t2', '10.0.0.2');
    const fake = worldOf({ tasks: [RUNNING, stopping] });
    const context = hinted(fake, [aHint(stopping.arn, 5), aHint(STRANGER.arn, 1)]);
    const { snapshot, listedAtMs, failures } = await read(context);
    expect(fake.names).toEqual(['DescribeTasks']);
    expect(snapshot.bindings).toMatchObject([{ list: 'unread', listed: new Set() }]);
    expect([snapshot.tasks.get(stopping.arn), listedAtMs, failures]).toEqual([stopping, undefined, []]);
  });

  it('proves a task that serves by the deployments of its service, in one call, and caches them', async () => {
    const fake = worldOf({ tasks: [RUNNING, OTHER] });
    const context = hinted(fake, [aHint(RUNNING.arn, 3)]);
    const { snapshot } = await read(context);
    expect(fake.names).toEqual(['DescribeTasks', 'DescribeServices']);
    expect(snapshot.bindings).toMatchObject([{ list: 'unread', deployments: new Set([DEPLOYMENT]) }]);
    expect(snapshot.describedAtMs.has(RUNNING.arn)).toBe(true);
    expect(context.cache.deployments).toEqual(new Map([[selectorKey(APP), new Set([DEPLOYMENT])]]));
    fake.asked.length = 0;
    await read({ ...context, hints: [aHint(OTHER.arn, 3)] });
    expect(fake.names).toEqual(['DescribeTasks']);
  });

  it('asks nobody about a task of a deployment that the configuration knows', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = hinted(fake, [aHint(RUNNING.arn, 3)]);
    const bindings = context.bound.bindings.map((each) => ({ ...each, deployments: new Set([DEPLOYMENT]) }));
    await read({ ...context, bound: { ...context.bound, bindings } });
    expect(fake.names).toEqual(['DescribeTasks']);
  });

  it.each([
    ['its service has other deployments', () => ok([{ name: 'app', targetGroups: [], deployments: ['ecs-svc/2'] }]), RUNNING],
    ['ECS does not know the service', () => ok([]), RUNNING],
    ['the service cannot be read', () => fails('denied'), RUNNING],
    ['the task says that no service started it', () => ok([]), { ...RUNNING, startedBy: 'a person' }],
  ] as const)('lists where %s: what a task says of itself proves nothing', async (_, services, task) => {
    const fake = worldOf({ tasks: [task] });
    fake.answers.DescribeServices = services;
    const { snapshot, failures, listedAtMs } = await read(hinted(fake, [aHint(task.arn, 3)]));
    expect(fake.names.at(-1)).toBe('ListTasks');
    expect(fake.names.includes('DescribeServices')).toBe(task === RUNNING);
    expect(snapshot.bindings).toMatchObject([{ list: 'read', listed: new Set([task.arn]) }]);
    expect([failures, listedAtMs]).toEqual([[], fake.asked.at(-1)?.atMs]);
  });

  it('lists for the bindings that mean the task, and for no other', async () => {
    const fake = worldOf({ tasks: [{ ...RUNNING, startedBy: '' }] });
    const lines = ['service=api port=9090', 'service=app port=8080'];
    const { snapshot, listedAtMs } = await read(hinted(fake, [aHint(RUNNING.arn, 3)], ...lines));
    expect(snapshot.bindings.map(({ list }) => list)).toEqual(['unread', 'read']);
    expect(fake.inputs('ListTasks')).toMatchObject([{ selector: APP }]);
    // Of only one list it is not known whether somebody else of ours has an address.
    expect(listedAtMs).toBeUndefined();
  });

  it('does not describe again what it has described, when it then lists', async () => {
    const fake = worldOf({ tasks: [{ ...RUNNING, startedBy: '' }, OTHER] });
    const { snapshot } = await read(hinted(fake, [aHint(RUNNING.arn, 3)]));
    expect(fake.inputs('DescribeTasks')).toEqual([
      { cluster: clusterArn(), tasks: [RUNNING.arn] },
      { cluster: clusterArn(), tasks: [OTHER.arn] },
    ]);
    expect([...snapshot.describedAtMs.keys()]).toEqual([RUNNING.arn, OTHER.arn]);
  });

  it('has the failures of both readings, each once', async () => {
    const strange = taskArn('strange');
    const fake = worldOf({ tasks: [{ ...RUNNING, startedBy: '' }] });
    fake.answers.ListTasks = () => fails('denied');
    const context = hinted(fake, [aHint(RUNNING.arn, 3), aHint(strange, 1, { cluster: clusterArn('test') })]);
    fake.answers.DescribeTasks = (input) =>
      input.cluster === clusterArn() ? describing({ ...RUNNING, startedBy: '' })(input) : fails('denied');
    const { snapshot, failures } = await read(context);
    expect(failures.map(({ operation }) => operation)).toEqual(['DescribeTasks', 'ListTasks', 'DescribeTasks']);
    expect(snapshot.bindings).toMatchObject([{ list: 'failed' }]);
  });
});

describe('the search among stopped tasks', () => {
  async function search(context: PassContext, targets = [target('10.0.0.9')]) {
    const { bound, hints, isListing } = context;
    const request = { bound, hints, isListing };
    return searchStopped(context, request, (await readSnapshot(context, request, targets)).snapshot);
  }

  const searches = (fake: FakeAws): number =>
    fake.inputs('ListTasks').filter((input) => JSON.stringify(input).includes('STOPPED')).length;

  it('finds the owner of an address that nothing explains, for the next pass', async () => {
    const fake = worldOf({ tasks: [STOPPED] });
    const context = contextOf(fake);
    expect(await search(context)).toEqual({ isOpen: true, failures: [] });
    expect(context.cache.tasks.get(STOPPED.arn)?.task).toEqual(STOPPED);
    // The address is explained: the next time somebody holds it unexplained, it is searched for anew.
    expect(cacheOf(context)).toMatchObject({ searches: new Map(), searching: new Map() });
    expect(await search(context)).toEqual({ isOpen: false, failures: [] });
    expect(searches(fake)).toBe(1);
  });

  it('is not made where everything is explained', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    expect(await search(contextOf(fake), [target('10.0.0.1'), target('10.0.0.9', 'draining')])).toMatchObject({
      isOpen: false,
    });
    expect(searches(fake)).toBe(0);
  });

  it('is made again once the list may have caught up, and then once per address in a quarter of an hour', async () => {
    const fake = worldOf({});
    const context = contextOf(fake);
    const known = cacheOf(context);
    const searchAfter = async (milliseconds: number, targets = [target('10.0.0.9')]): Promise<number> => {
      fake.clock.nowMs += milliseconds;
      expect((await search(context, targets)).isOpen).toBe(false);
      return searches(fake);
    };
    expect(await searchAfter(0)).toBe(1);
    expect(known.searches).toEqual(new Map([[at('10.0.0.9'), { atMs: START_MS, times: 1 }]]));
    expect(await searchAfter(29_999)).toBe(1);
    expect(await searchAfter(1)).toBe(2);
    expect(await searchAfter(QUARTER_HOUR_MS - 1)).toBe(2);
    // Another address is another question, and answers both.
    expect(await searchAfter(0, [target('10.0.0.8'), target('10.0.0.9')])).toBe(3);
    expect([...known.searches.values()].map(({ times }) => times)).toEqual([1, 3]);
    expect(await searchAfter(QUARTER_HOUR_MS - 1)).toBe(3);
    expect(await searchAfter(1)).toBe(4);
  });

  it('describes what it does not know to have stopped, and nothing else', async () => {
    const tasks = [STOPPED, stoppedTask('t8', '10.0.0.8'), stoppingTask('t7', '10.0.0.7')];
    const fake = worldOf({ tasks });
    fake.answers.ListTasks = ({ desired }) => (desired === 'RUNNING' ? fails('denied') : page(tasks));
    const context = contextOf(fake);
    learn(context.cache, stoppedTask('t8', '10.0.0.8'), START_MS);
    learn(context.cache, runningTask('t7', '10.0.0.7'), START_MS);
    await search(context);
    expect(fake.inputs('DescribeTasks').at(-1)).toEqual({ cluster: clusterArn(), tasks: [STOPPED.arn, taskArn('t7')] });
  });

  it('reads ten pages of each list in a pass, goes on in the next, and settles nothing before the end', async () => {
    const fake = worldOf({});
    const pages = 25;
    fake.answers.ListTasks = ({ desired, nextToken }) => {
      const number = Number(nextToken ?? 0);
      return desired === 'RUNNING'
        ? page([])
        : ok({ items: [], nextToken: number + 1 < pages ? String(number + 1) : undefined });
    };
    const context = contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080');
    const places: unknown[] = [];
    for (const [isOpen, calls, settled] of [
      [true, 20, 0],
      [true, 40, 0],
      [false, 50, 1],
    ] as const) {
      expect(await search(context)).toEqual({ isOpen, failures: [] });
      expect([searches(fake), cacheOf(context).searches.size]).toEqual([calls, settled]);
      places.push([...cacheOf(context).searching.values()]);
    }
    expect(places).toEqual([['10', '10'], ['20', '20'], []]);
  });

  it('is made to its end by a check, whose answer is to be whole', async () => {
    const fake = worldOf({});
    fake.answers.ListTasks = ({ desired, nextToken }) => {
      const number = Number(nextToken ?? 0);
      return desired === 'RUNNING' ? page([]) : ok({ items: [], nextToken: number < 24 ? String(number + 1) : undefined });
    };
    expect(await search(contextOf(fake, { trigger: 'check' }))).toEqual({ isOpen: false, failures: [] });
    expect(searches(fake)).toBe(25);
  });

  it('waits for the list that takes longer, and does not read the other one again', async () => {
    const fake = worldOf({});
    fake.answers.ListTasks = ({ desired, selector, nextToken }) => {
      const number = Number(nextToken ?? 0);
      const pages = selector.kind === 'family' ? 12 : 1;
      return desired === 'RUNNING'
        ? page([])
        : ok({ items: [], nextToken: number + 1 < pages ? String(number + 1) : undefined });
    };
    const context = contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080');
    expect((await search(context)).isOpen).toBe(true);
    expect((await search(context)).isOpen).toBe(false);
    expect(searches(fake)).toBe(1 + 12);
  });

  it('that failed settles nothing, and begins anew: a token may have lost its meaning', async () => {
    const fake = worldOf({});
    const context = contextOf(fake);
    cacheOf(context).searching = new Map([[selectorKey(APP), 'old']]);
    fake.answers.ListTasks = inTurn(page([]), fails('denied'), page([]));
    expect((await search(context)).failures).toMatchObject([{ kind: 'denied', operation: 'ListTasks' }]);
    expect(cacheOf(context)).toMatchObject({ searches: new Map(), searching: new Map() });
    await search(context);
    expect(fake.inputs('ListTasks').map((input) => JSON.stringify(input).includes('old'))).toEqual([false, true, false]);
  });

  it('that could not describe what it found settles nothing', async () => {
    const fake = worldOf({ tasks: [STOPPED] });
    fake.answers.DescribeTasks = () => fails('denied');
    const context = contextOf(fake);
    expect((await search(context)).failures).toMatchObject([{ kind: 'denied', operation: 'DescribeTasks' }]);
    expect(cacheOf(context).searches.size).toBe(0);
    expect(await search(context)).toMatchObject({ isOpen: false });
    expect(searches(fake)).toBe(2);
  });

  it('takes a service that is gone for an answer', async () => {
    const context = contextOf(new FakeAws({ ListTasks: () => fails('gone') }));
    expect(await search(context)).toEqual({ isOpen: false, failures: [] });
    expect([...cacheOf(context).searches.keys()]).toEqual([at('10.0.0.9')]);
  });
});
