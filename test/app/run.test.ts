import { describe, expect, it } from 'vitest';
import { groupCache, learn } from '../../functions/app/cache.ts';
import type { Request } from '../../functions/app/invocation.ts';
import { visit } from '../../functions/app/run.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import { fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { aHint, cloudMapArn, groupArn, runningTask, target, taskArn } from '../support/values.ts';

const WEB = groupArn();
const API = groupArn('api');
const TAG = { key: 'alb-target-sync', value: 'service=app port=8080' };
const TWO = {
  targetGroups: [WEB, API],
  binding: 'target-group=web service=app port=8080; target-group=api service=api port=9090',
};
const OF_APP = aHint(taskArn('t1'), 3);
const OF_API = aHint(taskArn('t2'), 3, { group: 'service:api', definition: 'api:1' });
const OF_NONE = aHint(taskArn('t3'), 3, { group: 'service:other', definition: 'other:1' });

function go(runs: Runs, request: Partial<Request> = {}) {
  return visit(runs.environment, runs.request(request), runs.reporter);
}

function groupsOf({ passes }: Runs): string[] {
  return passes.map(({ group }) => group).sort();
}

/** A stack whose groups are bound by their tags, which all say the same. */
function tagged(): Runs {
  const runs = new Runs({ binding: '' });
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
    expect(runs.passes.map(({ details }) => details.hints).sort()).toEqual([1, 3]);
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
    const binding = 'target-group=web service=app port=8080; target-group=api service=app port=9090';
    const runs = new Runs({ targetGroups: [WEB, API], binding });
    runs.tasks.push(runningTask('t1', '10.0.0.1'));
    await go(runs, { hints: [OF_APP] });
    runs.passes.length = 0;
    groupCache(runs.environment.cache, API).covered = new Map();
    await go(runs, { hints: [OF_APP] });
    expect(groupsOf(runs)).toEqual(['api']);
  });

  it('that one group has dealt with is looked at again while another is unread, which it may mean as well', async () => {
    const runs = new Runs({ targetGroups: [WEB, API], binding: 'target-group=web service=app port=8080' });
    runs.fake.answers.DescribeTags = () => fails('denied');
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
    expect(runs.configured).toBe(1);
    runs.fake.asked.length = 0;
    runs.fake.clock.nowMs += 60_000;
    await go(runs, { hints: [OF_NONE] });
    expect(runs.fake.asked).toEqual([]);
    // By an old copy it means no group; by the present tags it may mean one.
    runs.fake.clock.nowMs += 1;
    await go(runs, { hints: [OF_NONE] });
    expect(runs.configured).toBe(2);
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
    runs.fake.answers.DescribeTags = () => fails('denied');
    await go(runs, { hints: [OF_APP] });
    runs.fake.asked.length = 0;
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.names).toContain('DescribeTags');
    runs.fake.asked.length = 0;
    await go(runs);
    expect(runs.fake.asked).toEqual([]);
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
    learn(runs.environment.cache, runningTask('t1', '10.0.0.1'), START_MS - 3_600_001);
    learn(runs.environment.cache, runningTask('t2', '10.0.0.2'), START_MS - 3_600_000);
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
    const [web] = runs.passes.filter(({ group }) => group === 'web');
    expect(web?.pass.written.done).toHaveLength(1);
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
    const runs = new Runs({ binding: '', cloudMapServices: [cloudMapArn()] });
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
    const runs = new Runs({ targetGroups: [WEB, API], binding: 'target-group=web service=app port=8080' });
    runs.fake.answers.DescribeTags = inTurn(
      fails('unexpected'),
      ok([{ group: API, tags: [{ ...TAG, value: 'service=api port=9090' }] }]),
    );
    const result = await go(runs, { trigger: 'schedule' });
    expect(runs.passes.map(({ group }) => group)).toEqual(['web', 'api']);
    expect(result.unfinished).toEqual([]);
  });

  it('is asked for once by the visit and once by its pass where everything is known from before', async () => {
    const runs = tagged();
    await go(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs += 61_000;
    runs.fake.asked.length = 0;
    runs.fake.answers.DescribeTags = () => fails('unexpected');
    await go(runs, { trigger: 'check' });
    expect(runs.fake.times('DescribeTags')).toHaveLength(2);
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

describe('Cloud Map services', () => {
  function checked(settings: Partial<Settings> = {}): Runs {
    const runs = new Runs({ cloudMapServices: [cloudMapArn()], ...settings });
    runs.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=app' }]);
    runs.fake.answers.ListInstances = () => ok({ items: [], nextToken: undefined });
    return runs;
  }

  const looks = ({ found }: Runs) => found.filter(({ subject }) => subject === cloudMapArn());

  it.each(['schedule', 'check'] as const)('are checked: %s', async (trigger) => {
    const runs = checked();
    await go(runs, { trigger });
    expect(looks(runs)).toEqual([
      { subject: cloudMapArn(), findings: [], failures: [], calls: new Map([['ListInstances', 1]]) },
    ]);
  });

  it('are checked by messages where a pass has just listed their tasks, whose list is then not read again', async () => {
    const runs = checked();
    await go(runs, { hints: [OF_APP] });
    expect(looks(runs)).toHaveLength(1);
    expect(runs.fake.inputs('ListTasks')).toHaveLength(1);
  });

  it('are checked by messages only where one of them names their tasks, whatever else it brings', async () => {
    const runs = checked(TWO);
    await go(runs, { hints: [OF_API] });
    expect(looks(runs)).toEqual([]);
    await go(runs, { hints: [OF_API, aHint(taskArn('t1'), 4)] });
    expect(looks(runs)).toHaveLength(1);
  });

  it('are checked for each of their lines', async () => {
    const runs = checked();
    runs.fake.answers.ListTagsForResource = () =>
      ok([
        { key: 'alb-target-sync', value: 'service=app' },
        { key: 'alb-target-sync:2', value: 'service=api' },
      ]);
    await go(runs, { hints: [OF_APP] });
    expect(looks(runs)).toHaveLength(1);
  });

  it('are checked by messages once within ten seconds, and never for what is known', async () => {
    const runs = checked();
    runs.tasks.push(runningTask('t1', '10.0.0.1', { startedAtMs: START_MS }));
    runs.targets.set(WEB, [target('10.0.0.1')]);
    await go(runs, { hints: [OF_APP] });
    await go(runs, { hints: [aHint(taskArn('t9'), 1)] });
    expect(looks(runs)).toHaveLength(1);
    runs.fake.clock.nowMs = START_MS + 10_000;
    runs.fake.asked.length = 0;
    await go(runs, { hints: [OF_APP] });
    expect(runs.fake.asked).toEqual([]);
    // Beside a message that brings news of another task, the known one is no reason either.
    await go(runs, { hints: [OF_APP, OF_NONE] });
    expect(looks(runs)).toHaveLength(1);
    await go(runs, { hints: [aHint(taskArn('t8'), 1)] });
    expect(looks(runs)).toHaveLength(2);
  });

  it('are checked though the targets of a group could not be read', async () => {
    const runs = checked();
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    await go(runs, { trigger: 'schedule' });
    expect(looks(runs)).toMatchObject([{ failures: [] }]);
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
    expect(looks(runs)).toMatchObject([{ findings: [], failures: [{ operation: 'ListTasks' }] }]);
  });

  it.each(['schedule', 'check'] as const)('list their tasks themselves where no group is fed by them: %s', async (trigger) => {
    const runs = checked();
    runs.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=api' }]);
    runs.fake.answers.ListTasks = ({ selector }) => (selector.name === 'api' ? fails('denied', 'no') : page([]));
    await go(runs, { trigger });
    expect(looks(runs)).toMatchObject([{ failures: [{ operation: 'ListTasks' }] }]);
  });
});
