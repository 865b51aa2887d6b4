import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Request } from '../../functions/app/invocation.ts';
import { run } from '../../functions/app/run.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import { arnParts } from '../../functions/core/values.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { aHint, cloudMapArn, groupArn, runningTask, target, taskArn } from '../support/values.ts';

const WEB = groupArn();
const API = groupArn('api');
const TAG = { key: 'alb-target-sync', value: 'service=app port=8080' };
const TWO = {
  targetGroups: [WEB, API],
  bindings: 'target-group=web service=app port=8080; target-group=api service=api port=9090',
};
const OF_APP = aHint(taskArn('t1'), 3);
const OF_API = aHint(taskArn('t2'), 3, { group: 'service:api', definition: 'api:1' });
const OF_NONE = aHint(taskArn('t3'), 3, { group: 'service:other', definition: 'other:1' });

function go(runs: Runs, request: Partial<Request> = {}) {
  return run(runs.environment, runs.request(request), runs.reporter);
}

function groupsOf({ passes }: Runs): string[] {
  return passes.map(({ group }) => group.name).sort();
}

/** A stack whose groups are bound by their tags, which all say the same. */
function tagged(): Runs {
  const runs = new Runs({ bindings: '' });
  runs.fake.answers.DescribeTags = ({ groups }) => ok(groups.map((group) => ({ group, tags: [TAG] })));
  return runs;
}

describe('an invocation by messages', () => {
  it('runs the groups that a hint may mean, and no other', async () => {
    const runs = new Runs(TWO);
    const result = await go(runs, { hints: [OF_API] });
    expect(groupsOf(runs)).toEqual(['api']);
    expect(result).toEqual({ unfinished: [], unfinishedHints: new Set(), unboundHints: new Set() });
  });

  it('runs each group once, however many hints mean it', async () => {
    const runs = new Runs(TWO);
    await go(runs, { hints: [OF_APP, OF_API, OF_APP, aHint(taskArn('t9'), 1)] });
    expect(groupsOf(runs)).toEqual(['api', 'web']);
    expect(runs.passes.map(({ hints }) => hints).sort()).toEqual([1, 3]);
  });

  it('without hints costs no call', async () => {
    const runs = new Runs(TWO);
    await go(runs);
    expect(runs.fake.asked).toEqual([]);
  });

  it('that were dealt with costs no call', async () => {
    const runs = new Runs();
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    runs.targets.set(WEB, [target('10.0.0.1')]);
    await go(runs, { hints: [OF_APP] });
    runs.fake.asked.length = 0;
    const again = await go(runs, { hints: [OF_APP, OF_APP] });
    expect(runs.fake.asked).toEqual([]);
    expect(again).toEqual({ unfinished: [], unfinishedHints: new Set(), unboundHints: new Set() });
    await go(runs, { hints: [OF_APP, aHint(taskArn('t1'), 4)] });
    expect(runs.fake.asked).not.toEqual([]);
  });

  it('that were dealt with costs no call either when the copy of the configuration is old', async () => {
    const runs = new Runs();
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    runs.targets.set(WEB, [target('10.0.0.1')]);
    await go(runs, { hints: [OF_APP] });
    runs.fake.asked.length = 0;
    runs.fake.clock.nowMs += 120_000;
    await go(runs, { hints: [OF_APP, OF_NONE] });
    expect(runs.fake.asked).toEqual([]);
  });

  it('is dealt with only where every group that it means has dealt with it', async () => {
    const bindings = 'target-group=web service=app port=8080; target-group=api service=app port=9090';
    const runs = new Runs({ targetGroups: [WEB, API], bindings });
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    await go(runs, { hints: [OF_APP] });
    runs.passes.length = 0;
    runs.environment.cache.group(API).covered = new Map();
    await go(runs, { hints: [OF_APP] });
    expect(groupsOf(runs)).toEqual(['api']);
  });

  it('that one group has dealt with is looked at again while another is unread, which it may mean as well', async () => {
    const runs = new Runs({ targetGroups: [WEB, API], bindings: 'target-group=web service=app port=8080' });
    runs.fake.answers.DescribeTags = () => fails('unavailable');
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    await go(runs, { hints: [OF_APP] });
    runs.fake.asked.length = 0;
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.names).toContain('DescribeTags');
  });

  it('that no line of the parameter means costs no call, and they are told as unbound', async () => {
    const runs = new Runs();
    expect((await go(runs, { hints: [OF_NONE] })).unboundHints).toEqual(new Set([OF_NONE]));
    expect(runs.fake.asked).toEqual([]);
  });

  it('of which one is bound tells the others as unbound', async () => {
    const runs = new Runs();
    expect((await go(runs, { hints: [OF_NONE, OF_APP] })).unboundHints).toEqual(new Set([OF_NONE]));
    expect(runs.passes).toHaveLength(1);
  });

  it('that no tag means reads the tags, and with a young copy of them costs no call', async () => {
    const runs = tagged();
    expect((await go(runs, { hints: [OF_NONE] })).unboundHints).toEqual(new Set([OF_NONE]));
    expect(runs.configurations).toHaveLength(1);
    runs.fake.asked.length = 0;
    runs.fake.clock.nowMs += 50_000;
    await go(runs, { hints: [OF_NONE] });
    expect(runs.fake.asked).toEqual([]);
    // By an old copy it means no group; by the present tags it may mean one.
    runs.fake.clock.nowMs += 1;
    await go(runs, { hints: [OF_NONE] });
    expect(runs.configurations).toHaveLength(2);
  });

  it('that mean no group by a parameter beside which nothing is tagged need no young copy', async () => {
    const runs = new Runs(TWO);
    await go(runs, { hints: [OF_APP] });
    runs.fake.clock.nowMs += 120_000;
    runs.fake.asked.length = 0;
    await go(runs, { hints: [OF_NONE] });
    expect(runs.fake.asked).toEqual([]);
  });

  it('are not unbound as long as a group is unread: it may be bound to anything', async () => {
    const runs = tagged();
    runs.fake.answers.DescribeTags = () => fails('denied');
    expect((await go(runs, { hints: [OF_NONE] })).unboundHints).toEqual(new Set());
  });

  it('that were dealt with are looked at again as long as a group is unread', async () => {
    const runs = tagged();
    runs.fake.answers.DescribeTags = () => fails('unavailable');
    await go(runs, { hints: [OF_APP] });
    runs.fake.asked.length = 0;
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.names).toContain('DescribeTags');
    runs.fake.asked.length = 0;
    await go(runs);
    expect(runs.fake.asked).toEqual([]);
  });

  it.each([
    [50_000, 0],
    [50_001, 1],
  ])('ask for tags that are denied %i ms later so often: %i', async (ageMs, times) => {
    const runs = tagged();
    runs.fake.answers.DescribeTags = () => fails('denied');
    await go(runs, { hints: [OF_APP] });
    const { readAtMs = 0 } = runs.environment.configuration ?? {};
    runs.fake.clock.nowMs = readAtMs + ageMs;
    runs.fake.asked.length = 0;
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.inputs('DescribeTags')).toHaveLength(times);
  });
});

describe('an invocation by the schedule or for a check', () => {
  it.each(['schedule', 'check'] as const)('runs every group: %s', async (trigger) => {
    const runs = new Runs(TWO);
    await go(runs, { trigger });
    expect(groupsOf(runs)).toEqual(['api', 'web']);
  });

  it.each(['schedule', 'check'] as const)('does so again when nothing has changed: %s', async (trigger) => {
    const runs = new Runs();
    await go(runs, { trigger });
    runs.fake.clock.nowMs += 60_000;
    await go(runs, { trigger });
    expect(runs.passes).toHaveLength(2);
  });

  it('forgets what ECS has not shown for more than an hour', async () => {
    const runs = new Runs();
    runs.environment.cache.learn(runningTask('t1', '10.0.0.1'), START_MS - 3_600_001);
    runs.environment.cache.learn(runningTask('t2', '10.0.0.2'), START_MS - 3_600_000);
    await go(runs, { trigger: 'schedule' });
    expect([...runs.environment.cache.tasks.keys()]).toEqual([taskArn('t2')]);
  });

  it('knows no unbound hints, since it has none', async () => {
    expect((await go(new Runs(), { trigger: 'schedule' })).unboundHints).toEqual(new Set());
  });
});

describe('what is unfinished', () => {
  it('is each group whose pass failed for something that may pass, with the hints that may mean it', async () => {
    const runs = new Runs(TWO);
    runs.fake.answers.DescribeTargetHealth = ({ group }) => (group === API ? fails('unexpected') : ok([]));
    const result = await go(runs, { hints: [OF_APP, OF_API] });
    expect(result.unfinished).toEqual([API]);
    expect(result.unfinishedHints).toEqual(new Set([OF_API]));
  });

  it('does not hold up the others: they are visited side by side', async () => {
    const runs = new Runs(TWO);
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    runs.fake.answers.DescribeTargetHealth = ({ group }) => (group === API ? fails('unexpected') : ok([]));
    await go(runs, { trigger: 'schedule' });
    const [web] = runs.passes.filter(({ group }) => group.name === 'web');
    expect(web?.written.done).toHaveLength(1);
  });

  it('is nothing where a pass failed for good', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    expect(await go(runs, { hints: [OF_APP] })).toMatchObject({ unfinished: [], unfinishedHints: new Set() });
  });

  it('is each group that could not be read, and then every hint', async () => {
    const runs = tagged();
    runs.fake.answers.DescribeTags = () => fails('unexpected');
    const result = await go(runs, { hints: [OF_APP, OF_NONE] });
    expect(result).toEqual({ unfinished: [WEB], unfinishedHints: new Set([OF_APP, OF_NONE]), unboundHints: new Set() });
  });

  it('is a group that could not be read, also where something else cannot be read for good', async () => {
    const runs = new Runs({ bindings: '', cloudMapServices: [cloudMapArn()] });
    runs.fake.answers.DescribeTags = () => fails('unexpected');
    runs.fake.answers.ListTagsForResource = () => fails('denied');
    expect((await go(runs, { hints: [OF_APP] })).unfinished).toEqual([WEB]);
    expect(runs.fake.times('DescribeTags')).toHaveLength(3);
  });

  it('is no group that cannot be read for good', async () => {
    const runs = tagged();
    runs.fake.answers.DescribeTags = () => fails('denied');
    expect(await go(runs, { hints: [OF_APP] })).toMatchObject({ unfinished: [], unfinishedHints: new Set() });
  });
});

describe('a configuration that cannot be read', () => {
  it('is asked for three times, a second apart', async () => {
    const runs = tagged();
    runs.fake.answers.DescribeTags = () => fails('unexpected');
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.times('DescribeTags')).toEqual([0, 1_000, 2_000]);
    expect(runs.passes).toEqual([]);
  });

  it('is asked for once where waiting does not help', async () => {
    const runs = tagged();
    runs.fake.answers.DescribeTags = () => fails('denied');
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.times('DescribeTags')).toEqual([0]);
  });

  it.each([
    [5_000, 1],
    [5_001, 2],
  ])('with %i ms left is asked for %i times', async (leftMs, times) => {
    const runs = tagged();
    runs.fake.answers.DescribeTags = () => fails('unexpected');
    await go(runs, { hints: [OF_APP], deadlineMs: START_MS + leftMs });
    expect(runs.fake.times('DescribeTags')).toHaveLength(times);
  });

  it('is served as soon as it is read, and what was visited is not visited twice', async () => {
    const runs = new Runs({ targetGroups: [WEB, API], bindings: 'target-group=web service=app port=8080' });
    runs.fake.answers.DescribeTags = inTurn(
      fails('unexpected'),
      ok([{ group: API, tags: [{ ...TAG, value: 'service=api port=9090' }] }]),
    );
    const result = await go(runs, { trigger: 'schedule' });
    expect(runs.passes.map(({ group }) => group.name)).toEqual(['web', 'api']);
    expect(result.unfinished).toEqual([]);
  });

  it('is asked for once where everything is known from before', async () => {
    const runs = tagged();
    await go(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs += 61_000;
    runs.fake.asked.length = 0;
    runs.fake.answers.DescribeTags = () => fails('unexpected');
    await go(runs, { trigger: 'check' });
    expect(runs.fake.times('DescribeTags')).toHaveLength(1);
    expect(runs.passes).toHaveLength(2);
  });

  it('does not matter where everything is known from before', async () => {
    const runs = tagged();
    await go(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs += 61_000;
    runs.fake.answers.DescribeTags = () => fails('denied');
    const asked = runs.fake.times('DescribeTags').length;
    expect(await go(runs, { hints: [aHint(taskArn('t1'), 9)] })).toMatchObject({ unfinished: [] });
    expect(runs.fake.times('DescribeTags').length).toBeGreaterThan(asked);
    expect(runs.passes).toHaveLength(2);
  });
});

describe('more groups than the time of one invocation', () => {
  const NAMES = Array.from({ length: 14 }, (_, index) => `g${index}`);

  /** Each group has a service of its own, whose list takes so many seconds, a page a second. */
  function many(count: number, listSeconds: number, settings: Partial<Settings> = {}): Runs {
    const names = NAMES.slice(0, count);
    const bindings = names.map((name) => `target-group=${name} service=${name} port=80`).join(';');
    const runs = new Runs({ targetGroups: names.map((name) => groupArn(name)), bindings, ...settings });
    runs.fake.callMs = (name) => (name === 'ListTasks' ? 1_000 : 20);
    runs.fake.answers.ListTasks = ({ nextToken }) => {
      const number = Number(nextToken ?? 0) + 1;
      return ok({ items: [], nextToken: number < listSeconds ? String(number) : undefined });
    };
    return runs;
  }

  it('are taken up where the last one stopped: none waits for ever, and none is unfinished for waiting a few minutes', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.integer({ min: 1, max: NAMES.length }), fc.integer({ min: 1, max: 14 }), async (count, seconds) => {
        const runs = many(count, seconds);
        const lastRun = new Map<string, number>();
        for (let minute = 1; minute <= 7; minute += 1) {
          runs.fake.clock.nowMs = START_MS + minute * 60_000;
          runs.passes.length = 0;
          expect((await go(runs, { trigger: 'schedule' })).unfinished).toEqual([]);
          expect(runs.fake.clock.now()).toBeLessThanOrEqual(START_MS + minute * 60_000 + 28_500);
          for (const name of groupsOf(runs)) lastRun.set(name, minute);
          for (const name of NAMES.slice(0, count)) {
            expect(minute - (lastRun.get(name) ?? 0), name).toBeLessThanOrEqual(Math.ceil(count / 6));
          }
        }
      }),
      12,
    );
  });

  it('begin with the first group that the last invocation did not get to, as long as there is one', async () => {
    const runs = many(8, 10);
    const order: string[] = [];
    const { DescribeTargetHealth } = runs.fake.answers;
    runs.fake.answers.DescribeTargetHealth = (input) => {
      order.push(arnParts(input.group).name);
      return DescribeTargetHealth?.(input) ?? ok([]);
    };
    await go(runs, { trigger: 'schedule' });
    // Six at a time, twice at most: the last pass does not begin with less time than it needs.
    expect(runs.environment.cache.resumeAt).toBeUndefined();
    runs.fake.clock.nowMs += 60_000;
    runs.fake.callMs = (name) => (name === 'ListTasks' ? 2_600 : 20);
    await go(runs, { trigger: 'schedule' });
    expect(runs.environment.cache.resumeAt).toBe(groupArn('g6'));
    order.length = 0;
    runs.fake.clock.nowMs += 60_000;
    await go(runs, { trigger: 'schedule' });
    expect(order.slice(0, 6)).toEqual(['g6', 'g7', 'g0', 'g1', 'g2', 'g3']);
    runs.environment.cache.resumeAt = groupArn('gone');
    order.length = 0;
    runs.fake.clock.nowMs += 60_000;
    await go(runs, { trigger: 'schedule' });
    expect(order.slice(0, 2)).toEqual(['g0', 'g1']);
  });

  it('are where the next one begins, also where a part of the configuration was read in between', async () => {
    const runs = many(2, 1, { bindings: 'target-group=g0 service=g0 port=80' });
    runs.fake.answers.DescribeTags = () => fails('unexpected');
    runs.environment.cache.group(groupArn('g0')).listedTasks = 100_000;
    await go(runs, { trigger: 'schedule', deadlineMs: runs.fake.clock.now() + 8_000 });
    expect(runs.fake.times('DescribeTags')).toHaveLength(3);
    expect(runs.environment.cache.resumeAt).toBe(groupArn('g0'));
  });

  it('are left alone by messages: they go on with what their own hints mean', async () => {
    const runs = new Runs(TWO);
    runs.environment.cache.resumeAt = API;
    await go(runs, { hints: [OF_APP, OF_API] });
    expect(runs.passes.map(({ group }) => group.name)).toEqual(['web', 'api']);
    expect(runs.environment.cache.resumeAt).toBe(API);
  });
});

describe('groups that one service feeds', () => {
  it('share its list and the descriptions of its tasks, and what is reported is the number of calls', async () => {
    const names = Array.from({ length: 5 }, (_, index) => `g${index}`);
    const bindings = names.map((name, index) => `target-group=${name} service=app port=${80 + index}`).join(';');
    const runs = new Runs({ targetGroups: names.map((name) => groupArn(name)), bindings });
    runs.fake.callMs = () => 50;
    runs.tasks.push(...Array.from({ length: 120 }, (_, index) => runningTask(`t${index}`, `10.0.0.${index + 1}`)));
    await go(runs, { trigger: 'schedule' });
    expect([...runs.targets.values()].map(({ length }) => length)).toEqual([120, 120, 120, 120, 120]);
    expect(runs.calls).toMatchObject({
      DescribeTargetHealth: 5,
      ListTasks: 1,
      DescribeTasks: 2,
      RegisterTargets: 5,
    });
  });
});

describe('changed tags', () => {
  it('have the bindings read again, and the groups visited whose bindings have changed', async () => {
    const runs = tagged();
    await go(runs, { trigger: 'schedule' });
    runs.passes.length = 0;
    await go(runs, { areTagsChanged: true });
    runs.fake.clock.nowMs += 1;
    await go(runs, { areTagsChanged: true });
    expect([runs.configurations.length, runs.passes.length]).toEqual([2, 0]);
    runs.fake.answers.DescribeTags = ({ groups }) =>
      ok(groups.map((group) => ({ group, tags: [{ ...TAG, value: 'service=app port=9090' }] })));
    runs.fake.clock.nowMs += 1;
    await go(runs, { areTagsChanged: true });
    expect(runs.passes).toHaveLength(1);
    await go(runs);
    expect(runs.passes).toHaveLength(1);
  });
});

describe('a stack that finds its groups by their tag', () => {
  function discovering(): Runs {
    const runs = new Runs({ targetGroups: [], bindings: '' });
    runs.fake.answers.DescribeTags = ({ groups }) => ok(groups.map((group) => ({ group, tags: [TAG] })));
    runs.fake.answers.GetResources = () => ok({ items: [WEB], nextToken: undefined });
    return runs;
  }

  it('serves them', async () => {
    const runs = discovering();
    const result = await go(runs, { hints: [OF_APP, OF_NONE] });
    expect(groupsOf(runs)).toEqual(['web']);
    expect(result).toEqual({ unfinished: [], unfinishedHints: new Set(), unboundHints: new Set([OF_NONE]) });
  });

  it.each([
    ['unexpected', 3, [OF_APP, OF_NONE]],
    ['denied', 1, []],
  ] as const)('keeps every hint while it does not know them and may find out (%s)', async (kind, times, hints) => {
    const runs = discovering();
    runs.fake.answers.GetResources = () => fails(kind);
    // What fails for good beside it says nothing of the search.
    runs.fake.answers.ListLogGroupTags = () => fails('denied');
    const result = await go(runs, { hints: [OF_APP, OF_NONE] });
    expect(result).toEqual({ unfinished: [], unfinishedHints: new Set(hints), unboundHints: new Set() });
    expect(runs.fake.times('GetResources').length).toBeGreaterThanOrEqual(times);
    expect(runs.configurations).toHaveLength(times);
  });
});

describe('Cloud Map services', () => {
  function checked(settings: Partial<Settings> = {}): Runs {
    const runs = new Runs({ cloudMapServices: [cloudMapArn()], ...settings });
    runs.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=app' }]);
    runs.fake.answers.ListInstances = () => ok({ items: [], nextToken: undefined });
    return runs;
  }

  const checksOf = ({ checks }: Runs) => checks.filter(({ subject }) => subject === cloudMapArn());

  it.each(['schedule', 'check'] as const)('are checked: %s', async (trigger) => {
    const runs = checked();
    await go(runs, { trigger });
    expect(checksOf(runs)).toMatchObject([{ subject: cloudMapArn(), findings: [], failures: [], read: { instances: [] } }]);
  });

  it('are checked by messages where a pass has just listed their tasks, whose list is then not read again', async () => {
    const runs = checked();
    await go(runs, { hints: [OF_APP] });
    expect(checksOf(runs)).toHaveLength(1);
    expect(runs.fake.inputs('ListTasks')).toHaveLength(1);
  });

  it('are checked by messages only where one of them names their tasks, whatever else it brings', async () => {
    const runs = checked(TWO);
    await go(runs, { hints: [OF_API] });
    expect(checksOf(runs)).toEqual([]);
    await go(runs, { hints: [OF_API, aHint(taskArn('t1'), 4)] });
    expect(checksOf(runs)).toHaveLength(1);
  });

  it('are checked for each of their lines', async () => {
    const runs = checked();
    runs.fake.answers.ListTagsForResource = () =>
      ok([
        { key: 'alb-target-sync', value: 'service=app' },
        { key: 'alb-target-sync:2', value: 'service=api' },
      ]);
    await go(runs, { hints: [OF_APP] });
    expect(checksOf(runs)).toHaveLength(1);
  });

  it('are checked by messages once within ten seconds, and never for what is known', async () => {
    const runs = checked();
    runs.tasks.push(runningTask('t1', '10.0.0.1', { startedAtMs: START_MS }));
    runs.targets.set(WEB, [target('10.0.0.1')]);
    await go(runs, { hints: [OF_APP] });
    await go(runs, { hints: [aHint(taskArn('t9'), 1)] });
    expect(checksOf(runs)).toHaveLength(1);
    runs.fake.clock.nowMs = START_MS + 20_000;
    runs.fake.asked.length = 0;
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.asked).toEqual([]);
    // Beside a message that brings news of another task, the known one is no reason either.
    await go(runs, { hints: [OF_APP, OF_NONE] });
    expect(checksOf(runs)).toHaveLength(1);
    await go(runs, { hints: [aHint(taskArn('t8'), 1)] });
    expect(checksOf(runs)).toHaveLength(2);
  });

  it('are checked though the targets of a group could not be read', async () => {
    const runs = checked();
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    await go(runs, { trigger: 'schedule' });
    expect(checksOf(runs)).toMatchObject([{ failures: [] }]);
  });

  it('wire the tasks that they name, be there no group for them', async () => {
    const runs = checked();
    runs.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=api' }]);
    expect((await go(runs, { hints: [OF_API, OF_NONE] })).unboundHints).toEqual(new Set([OF_NONE]));
  });

  it('are not judged behind messages whose tasks could not be listed', async () => {
    const runs = checked();
    runs.fake.answers.ListTasks = () => fails('denied');
    await go(runs, { hints: [OF_APP] });
    expect(checksOf(runs)).toMatchObject([{ findings: [], failures: [{ operation: 'ListTasks' }] }]);
  });

  it.each(['schedule', 'check'] as const)('list their tasks themselves where no group is fed by them: %s', async (trigger) => {
    const runs = checked();
    runs.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=api' }]);
    runs.fake.answers.ListTasks = ({ selector }) => (selector.name === 'api' ? fails('denied', 'no') : page([]));
    await go(runs, { trigger });
    expect(checksOf(runs)).toMatchObject([{ failures: [{ operation: 'ListTasks' }] }]);
  });
});
