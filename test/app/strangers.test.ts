/** Whose targets are that no task of the group's bindings explains. */
import { describe, expect, it } from 'vitest';
import { selectorKey } from '../../functions/core/binding.ts';
import type { RecordEntry, RecordKind } from '../../functions/core/ownership.ts';
import type { DescribedTask } from '../../functions/core/task.ts';
import { parseTaskArn } from '../../functions/core/values.ts';
import { recording, searchOwners } from '../support/pass-parts.ts';
import { cacheOf, contextOf, worldOf } from '../support/passes.ts';
import { type FakeAws, fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import {
  at,
  clusterArn,
  groupArn,
  parsedBinding,
  runningTask,
  stoppedTask,
  stoppingTask,
  target,
  taskArn,
  unwrap,
} from '../support/values.ts';

const RUNNING = runningTask('t1', '10.0.0.1');
const STOPPED = stoppedTask('t9', '10.0.0.9');
const APP = parsedBinding('service=app port=8080').selector;
const QUARTER_HOUR_MS = 900_000;

describe('the search among stopped tasks', () => {
  const searches = (fake: FakeAws): number =>
    fake.inputs('ListTasks').filter((input) => JSON.stringify(input).includes('STOPPED')).length;

  it('finds the owner of an address that nothing explains, for the next pass', async () => {
    const fake = worldOf({ tasks: [STOPPED] });
    const context = contextOf(fake);
    expect(await searchOwners(context)).toEqual({ isOpen: true, failures: [], left: [] });
    expect(context.cache.tasks.get(STOPPED.arn)?.task).toEqual(STOPPED);
    // The address is explained: the next time somebody holds it unexplained, it is searched for anew.
    expect(cacheOf(context)).toMatchObject({ searches: new Map(), searching: new Map() });
    expect(await searchOwners(context)).toEqual({ isOpen: false, failures: [], left: [] });
    expect(searches(fake)).toBe(1);
  });

  it('is not made where everything is explained', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    expect(await searchOwners(contextOf(fake), [target('10.0.0.1'), target('10.0.0.9', 'draining')])).toMatchObject({
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
      expect((await searchOwners(context, targets)).isOpen).toBe(false);
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
    context.cache.learn(stoppedTask('t8', '10.0.0.8'), START_MS);
    context.cache.learn(runningTask('t7', '10.0.0.7'), START_MS);
    await searchOwners(context);
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
      expect(await searchOwners(context)).toEqual({ isOpen, failures: [], left: settled === 0 ? [] : [at('10.0.0.9')] });
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
    expect(await searchOwners(contextOf(fake, { trigger: 'check' }))).toEqual({
      isOpen: false,
      failures: [],
      left: [at('10.0.0.9')],
    });
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
    expect((await searchOwners(context)).isOpen).toBe(true);
    expect((await searchOwners(context)).isOpen).toBe(false);
    expect(searches(fake)).toBe(1 + 12);
  });

  it('that failed settles nothing, and begins anew: a token may have lost its meaning', async () => {
    const fake = worldOf({});
    const context = contextOf(fake);
    cacheOf(context).searching = new Map([[selectorKey(APP), 'old']]);
    fake.answers.ListTasks = inTurn(page([]), fails('denied'), page([]));
    expect((await searchOwners(context)).failures).toMatchObject([{ kind: 'denied', operation: 'ListTasks' }]);
    expect(cacheOf(context)).toMatchObject({ searches: new Map(), searching: new Map() });
    await searchOwners(context);
    expect(fake.inputs('ListTasks').map((input) => JSON.stringify(input).includes('old'))).toEqual([false, true, false]);
  });

  it('that could not describe what it found settles nothing', async () => {
    const fake = worldOf({ tasks: [STOPPED] });
    fake.answers.DescribeTasks = () => fails('denied');
    const context = contextOf(fake);
    expect((await searchOwners(context)).failures).toMatchObject([{ kind: 'denied', operation: 'DescribeTasks' }]);
    expect(cacheOf(context).searches.size).toBe(0);
    expect(await searchOwners(context)).toMatchObject({ isOpen: false });
    expect(searches(fake)).toBe(2);
  });

  it('takes a service that is gone for an answer', async () => {
    const fake = worldOf({});
    fake.answers.ListTasks = () => fails('gone');
    const context = contextOf(fake);
    expect(await searchOwners(context)).toEqual({ isOpen: false, failures: [], left: [at('10.0.0.9')] });
    expect([...cacheOf(context).searches.keys()]).toEqual([at('10.0.0.9')]);
    expect(fake.names).not.toContain('DescribeTasks');
  });
});

describe('what the record says of a target that a whole search has not explained', () => {
  const WINDOW_MS = 4_200_000;
  const entry = (kind: RecordKind, id = 't9', number = 9): RecordEntry => {
    return { kind, atMs: START_MS - 60_000, address: at(`10.0.0.${number}`), task: taskArn(id) };
  };

  /** A group whose record holds these lines, in an ECS that knows these tasks of no binding. */
  function recorded(items: readonly RecordEntry[], ...tasks: readonly DescribedTask[]) {
    const fake = worldOf({ tasks, listed: [] });
    fake.answers.FilterLogEvents = () => ok({ items, nextToken: undefined });
    const context = contextOf(fake);
    return { fake, known: cacheOf(context), ...recording(context) };
  }

  const SHARED = `shared ${groupArn()} 10.0.0.9:8080 undefined`;

  it('is asked once for all, as far back as any environment of the stack recorded what it left', async () => {
    const { fake, context, known } = recorded([entry('register'), entry('kept', 't8', 8), entry('deregister', 't7', 7)]);
    const targets = [7, 8, 9].map((number) => target(`10.0.0.${number}`, 'unhealthy'));
    expect(await searchOwners(context, targets)).toMatchObject({ failures: [] });
    expect(known.origins).toEqual(new Map([8, 9].map((number) => [at(`10.0.0.${number}`), taskArn(`t${number}`)])));
    expect(fake.inputs('FilterLogEvents')).toEqual([
      { group: groupArn(), sinceMs: START_MS - WINDOW_MS, nextToken: undefined },
    ]);
  });

  it('counts for as much as what this environment has seen itself, the later of the two', async () => {
    for (const [agoMs, origin] of [
      [60_001, undefined],
      [59_999, taskArn('own')],
    ] as const) {
      const { context, known } = recorded([entry('deregister')]);
      known.owners = new Map([[at('10.0.0.9'), { task: taskArn('own'), atMs: START_MS - agoMs }]]);
      await searchOwners(context);
      expect(known.origins.get(at('10.0.0.9'))).toBe(origin);
    }
  });

  it('makes ECS be asked whether its task still lives, and is no stranger whatever the answer: it would keep all others', async () => {
    const other = { group: 'service:gone' };
    for (const tasks of [[runningTask('t9', '10.0.0.9', other)], [stoppingTask('t9', '10.0.0.9', other)], []]) {
      const { fake, context, lines, known } = recorded([entry('register')], ...tasks);
      await searchOwners(context);
      expect(fake.inputs('DescribeTasks')).toEqual([{ cluster: clusterArn(), tasks: [taskArn('t9')] }]);
      expect([lines, [...known.strangers.keys()]]).toEqual([[], []]);
    }
    const { context, lines } = recorded([]);
    await searchOwners(context);
    expect(lines).toEqual([SHARED]);
  });

  it('asks nobody about a task that has stopped, again about one that ran, and nothing fails by an id that ECS does not take', async () => {
    const other = { group: 'service:gone' };
    for (const [task, asked] of [
      [stoppedTask('t9', '10.0.0.9', other), []],
      [runningTask('t9', '10.0.0.9', other), [{ cluster: clusterArn(), tasks: [taskArn('t9')] }]],
    ] as const) {
      const { fake, context } = recorded([entry('register')], task);
      context.cache.learn(task, START_MS);
      await searchOwners(context);
      expect(fake.inputs('DescribeTasks')).toEqual(asked);
    }
    // The ARN of an account without the long form names no cluster to ask.
    const short = unwrap(parseTaskArn('arn:aws:ecs:eu-west-1:111122223333:task/t9'));
    const old = recorded([{ ...entry('register'), task: short }]);
    await searchOwners(old.context);
    expect([old.known.origins, old.fake.inputs('DescribeTasks')]).toEqual([new Map([[at('10.0.0.9'), short]]), []]);
    const strange = recorded([entry('register')]);
    strange.fake.answers.DescribeTasks = () => fails('refused');
    expect((await searchOwners(strange.context)).failures).toEqual([]);
  });

  it('is a failure where it cannot be read, of which nothing follows', async () => {
    const { fake, context, lines, known } = recorded([]);
    known.origins = new Map([[at('10.0.0.9'), taskArn('t9')]]);
    fake.answers.FilterLogEvents = () => fails('denied', 'no');
    expect((await searchOwners(context)).failures).toMatchObject([{ kind: 'denied', operation: 'FilterLogEvents' }]);
    expect([known.origins.size, known.strangers.size, lines]).toEqual([1, 0, []]);
    const undescribed = recorded([entry('register')]);
    undescribed.fake.answers.DescribeTasks = () => fails('unexpected');
    expect((await searchOwners(undescribed.context)).failures).toMatchObject([{ operation: 'DescribeTasks' }]);
  });

  it('is asked when the search has come to its end, and not before nor again', async () => {
    const { fake, context } = recorded([]);
    let pages = 11;
    fake.answers.ListTasks = ({ desired }) => {
      pages -= desired === 'STOPPED' ? 1 : 0;
      return ok({ items: [], nextToken: desired === 'STOPPED' && pages > 0 ? 'more' : undefined });
    };
    const reads: number[] = [];
    for (let pass = 0; pass < 3; pass += 1) {
      await searchOwners(context);
      reads.push(fake.inputs('FilterLogEvents').length);
    }
    expect(reads).toEqual([0, 1, 1]);
  });
});

it('a search that failed asks nobody else', async () => {
  const fake = worldOf({});
  fake.answers.ListTasks = inTurn(page([]), fails('denied'));
  expect(await searchOwners(contextOf(fake))).toMatchObject({
    isOpen: false,
    left: [],
    failures: [{ operation: 'ListTasks' }],
  });
  expect(fake.names).toEqual(['ListTasks', 'ListTasks']);
});
