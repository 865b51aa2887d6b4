import { describe, expect, it } from 'vitest';
import { createCache, groupCache, learn } from '../../functions/app/cache.ts';
import { Caller } from '../../functions/app/caller.ts';
import type { PassContext } from '../../functions/app/context.ts';
import { readSnapshot, readTasksAgain, searchStopped } from '../../functions/app/read-snapshot.ts';
import type { Hint } from '../../functions/core/event.ts';
import type { Task } from '../../functions/core/task.ts';
import { describing, FakeAws, fails, inTurn, page, START_MS } from '../support/ports.ts';
import {
  aGroup,
  aHint,
  at,
  binding,
  clusterArn,
  groupArn,
  runningTask,
  stoppedTask,
  target,
  taskArn,
} from '../support/values.ts';

const RUNNING = runningTask('t1', '10.0.0.1');
const OTHER = runningTask('t2', '10.0.0.2');
const STOPPED = stoppedTask('t9', '10.0.0.9');
const QUARTER_HOUR_MS = 900_000;

function contextOf(
  fake: FakeAws,
  lines: readonly string[] = ['service=app port=8080'],
  hints: readonly Hint[] = [],
): PassContext {
  const bindings = lines.map((line, index) => ({ binding: binding(line, 'enforce'), native: index === 1 }));
  return {
    bound: { group: aGroup(), bindings, bindingsReadAtMs: undefined },
    hints,
    trigger: 'messages',
    firstProofMs: new Map(),
    caller: new Caller(fake.world, fake.clock, new Map(), START_MS + 10_000_000),
    clock: fake.clock,
    cache: createCache(),
  };
}

/** A world that lists and describes these tasks. */
function worldOf(running: readonly Task[], stopped: readonly Task[] = []): FakeAws {
  return new FakeAws({
    ListTasks: ({ desired }) => page(desired === 'RUNNING' ? running : stopped),
    DescribeTasks: describing(...running, ...stopped),
  });
}

describe('a snapshot', () => {
  it('is of the lists, and describes what they leave open', async () => {
    const fake = worldOf([RUNNING]);
    fake.callMs = () => 30;
    const context = contextOf(fake);
    const targets = [target('10.0.0.1')];
    const reading = await readSnapshot(context, targets);
    expect(reading).toEqual({
      snapshot: {
        group: aGroup(),
        targets,
        bindings: [
          { binding: binding('service=app port=8080', 'enforce'), native: false, list: 'read', listed: new Set([RUNNING.arn]) },
        ],
        tasks: new Map([[RUNNING.arn, RUNNING]]),
        describedAtMs: new Map([[RUNNING.arn, START_MS + 60]]),
        absentAtMs: new Map(),
      },
      failures: [],
      confirmedAtMs: undefined,
    });
    expect(fake.inputs('ListTasks')).toEqual([
      { selector: binding('service=app port=8080', 'enforce').selector, desired: 'RUNNING', nextToken: undefined },
    ]);
  });

  it('of a quiet group costs one list, and keeps the facts young', async () => {
    const fake = worldOf([RUNNING]);
    const context = contextOf(fake);
    learn(context.cache, RUNNING, START_MS - 1_000);
    const { snapshot } = await readSnapshot(context, [target('10.0.0.1')]);
    expect(fake.names).toEqual(['ListTasks']);
    expect(snapshot.tasks.get(RUNNING.arn)).toEqual(RUNNING);
    expect(snapshot.describedAtMs.size).toBe(0);
    expect(context.cache.tasks.get(RUNNING.arn)?.seenAtMs).toBe(START_MS);
  });

  it('reads the list of a selector once, however many lines name it, and keeps what each line says', async () => {
    const fake = worldOf([RUNNING]);
    const context = contextOf(fake, ['service=app port=8080', 'service=app port=9090', 'family=job port=8080']);
    const { snapshot } = await readSnapshot(context, []);
    expect(fake.inputs('ListTasks')).toHaveLength(2);
    expect(snapshot.bindings.map(({ native, binding: { port, selector } }) => [selector.kind, port, native])).toEqual([
      ['service', 8080, false],
      ['service', 9090, true],
      ['family', 8080, false],
    ]);
  });

  it('tells a list that failed from one of a service that is gone', async () => {
    const fake = new FakeAws({
      ListTasks: ({ selector }) => (selector.kind === 'service' ? fails('denied', 'no') : fails('gone')),
    });
    const { snapshot, failures } = await readSnapshot(contextOf(fake, ['service=app port=8080', 'family=job port=8080']), []);
    expect(snapshot.bindings.map(({ list, listed }) => [list, listed.size])).toEqual([
      ['failed', 0],
      ['gone', 0],
    ]);
    expect(failures).toEqual([
      { kind: 'denied', operation: 'ListTasks', resource: 'cluster=prod service=app (RUNNING)', message: 'no' },
    ]);
  });

  it('takes up what the environment knows of tasks that a line means or a hint names, and of no other', async () => {
    const hinted = runningTask('t5', '10.0.0.5', { group: 'service:other' });
    const context = contextOf(worldOf([]), ['service=app port=8080', 'family=job port=8080'], [aHint(hinted.arn, 1)]);
    for (const task of [STOPPED, hinted, runningTask('t6', '10.0.0.6', { group: 'service:other' })])
      learn(context.cache, task, START_MS);
    const { snapshot } = await readSnapshot(context, []);
    expect([...snapshot.tasks.keys()].toSorted()).toEqual([hinted.arn, STOPPED.arn]);
  });

  it('describes a hinted task apart, and drops an id that ECS does not take', async () => {
    const fake = worldOf([RUNNING]);
    const strange = taskArn('strange');
    fake.answers.DescribeTasks = ({ cluster, tasks }) =>
      tasks.includes(strange) ? fails('refused') : describing(RUNNING)({ cluster, tasks });
    const { snapshot, failures } = await readSnapshot(contextOf(fake, undefined, [aHint(strange, 1)]), []);
    expect(fake.inputs('DescribeTasks')).toEqual([
      { cluster: clusterArn(), tasks: [RUNNING.arn] },
      { cluster: clusterArn(), tasks: [strange] },
    ]);
    expect([snapshot.describedAtMs.has(RUNNING.arn), snapshot.describedAtMs.has(strange), failures]).toEqual([true, false, []]);
  });

  it('does not describe a hinted stranger whose version it knows', async () => {
    const stranger = runningTask('t5', '10.0.0.5', { group: 'service:other' });
    const fake = worldOf([]);
    const context = contextOf(fake, undefined, [aHint(stranger.arn, stranger.version)]);
    learn(context.cache, stranger, START_MS);
    await readSnapshot(context, []);
    expect(fake.names).toEqual(['ListTasks']);
  });

  it('never drops a task that ECS itself has listed: what is not read of it is a failed read', async () => {
    const fake = worldOf([RUNNING, OTHER]);
    fake.answers.DescribeTasks = () => fails('refused', 'no');
    const { failures } = await readSnapshot(contextOf(fake), []);
    expect(failures).toEqual([
      { kind: 'refused', operation: 'DescribeTasks', resource: `2 tasks of ${clusterArn()}`, message: 'no' },
    ]);
  });

  it('tells the failures of lists and of descriptions', async () => {
    const fake = new FakeAws({
      ListTasks: ({ selector }) => (selector.kind === 'family' ? fails('denied') : page([RUNNING])),
      DescribeTasks: () => fails('unexpected'),
    });
    const { failures } = await readSnapshot(contextOf(fake, ['service=app port=8080', 'family=job port=8080']), []);
    expect(failures.map(({ kind }) => kind)).toEqual(['denied', 'unexpected']);
  });

  it('remembers a stranger that it was asked to describe', async () => {
    const stranger = runningTask('t5', '10.0.0.5', { group: 'service:other' });
    const { snapshot } = await readSnapshot(contextOf(worldOf([], [stranger]), undefined, [aHint(stranger.arn, 4)]), []);
    expect(snapshot.tasks.get(stranger.arn)).toEqual(stranger);
  });
});

describe('reading the tasks again', () => {
  it('keeps the targets and the failures of the first reading, and says when it began', async () => {
    const fake = worldOf([RUNNING]);
    fake.answers.ListTasks = inTurn(fails('denied'), page([RUNNING, OTHER]));
    fake.answers.DescribeTasks = describing(RUNNING, OTHER);
    fake.callMs = () => 10;
    const context = contextOf(fake);
    const targets = [target('10.0.0.1')];
    const earlier = await readSnapshot(context, targets);
    const beganAtMs = fake.clock.now();
    const again = await readTasksAgain(context, earlier);
    expect(again.confirmedAtMs).toBe(beganAtMs);
    expect(again.snapshot.targets).toBe(targets);
    expect(again.snapshot.bindings[0]?.listed).toEqual(new Set([RUNNING.arn, OTHER.arn]));
    expect(again.failures.map(({ kind }) => kind)).toEqual(['denied']);
  });
});

describe('the search among stopped tasks', () => {
  async function search(fake: FakeAws, context = contextOf(fake), targets = [target('10.0.0.9')]) {
    return searchStopped(context, await readSnapshot(context, targets));
  }

  it('finds the owner of an address that nothing explains', async () => {
    const fake = worldOf([], [STOPPED]);
    const context = contextOf(fake);
    const { snapshot, failures } = await search(fake, context);
    expect(snapshot.tasks.get(STOPPED.arn)).toEqual(STOPPED);
    expect(snapshot.describedAtMs.has(STOPPED.arn)).toBe(true);
    expect(failures).toEqual([]);
    expect(fake.inputs('ListTasks').at(-1)).toMatchObject({ desired: 'STOPPED' });
    // The address is explained: the next time somebody holds it unexplained, it is searched for anew.
    expect(groupCache(context.cache, groupArn()).searches).toEqual(new Map());
  });

  it('is not made where everything is explained', async () => {
    const fake = worldOf([RUNNING]);
    await search(fake, contextOf(fake), [target('10.0.0.1'), target('10.0.0.9', 'draining')]);
    expect(fake.inputs('ListTasks')).toHaveLength(1);
  });

  it('is made again once the list may have caught up, and then once per address in a quarter of an hour', async () => {
    const fake = worldOf([]);
    const context = contextOf(fake);
    const group = groupCache(context.cache, groupArn());
    const searchAfter = async (milliseconds: number, targets = [target('10.0.0.9')]): Promise<number> => {
      fake.clock.nowMs += milliseconds;
      await search(fake, context, targets);
      return fake.inputs('ListTasks').filter((input) => JSON.stringify(input).includes('STOPPED')).length;
    };
    expect(await searchAfter(0)).toBe(1);
    expect(group.searches).toEqual(new Map([[at('10.0.0.9'), { atMs: START_MS, times: 1 }]]));
    expect(await searchAfter(29_999)).toBe(1);
    expect(await searchAfter(1)).toBe(2);
    expect(await searchAfter(QUARTER_HOUR_MS - 1)).toBe(2);
    // Another address is another question, and answers both.
    expect(await searchAfter(0, [target('10.0.0.8'), target('10.0.0.9')])).toBe(3);
    expect([...group.searches.values()].map(({ times }) => times)).toEqual([1, 3]);
    expect(await searchAfter(QUARTER_HOUR_MS - 1)).toBe(3);
    expect(await searchAfter(1)).toBe(4);
  });

  it('does not describe again what this pass has described', async () => {
    const fake = worldOf([RUNNING], [RUNNING, STOPPED]);
    await search(fake, contextOf(fake));
    expect(fake.inputs('DescribeTasks')).toEqual([
      { cluster: clusterArn(), tasks: [RUNNING.arn] },
      { cluster: clusterArn(), tasks: [STOPPED.arn] },
    ]);
  });

  it('that failed settles nothing, and is made again', async () => {
    const fake = worldOf([]);
    fake.answers.ListTasks = ({ desired }) => (desired === 'RUNNING' ? page([]) : fails('denied'));
    const context = contextOf(fake);
    const { failures } = await search(fake, context);
    expect(failures.map(({ kind }) => kind)).toEqual(['denied']);
    expect(groupCache(context.cache, groupArn()).searches.size).toBe(0);
  });

  it('settles nothing in a pass in which another read has failed', async () => {
    const fake = worldOf([]);
    fake.answers.ListTasks = ({ desired, selector }) =>
      desired === 'RUNNING' && selector.kind === 'family' ? fails('denied') : page([]);
    const context = contextOf(fake, ['service=app port=8080', 'family=job port=8080']);
    const { failures } = await search(fake, context);
    expect(failures).toHaveLength(1);
    expect(groupCache(context.cache, groupArn()).searches.size).toBe(0);
  });

  it('takes a service that is gone for an answer', async () => {
    const fake = new FakeAws({ ListTasks: () => fails('gone') });
    const context = contextOf(fake);
    expect((await search(fake, context)).failures).toEqual([]);
    expect([...groupCache(context.cache, groupArn()).searches.keys()]).toEqual([at('10.0.0.9')]);
  });
});
