import { describe, expect, it } from 'vitest';
import { groupCache, learn } from '../../functions/app/cache.ts';
import type { Request } from '../../functions/app/environment.ts';
import { visit } from '../../functions/app/visit.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import { fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { aHint, cloudMapArn, groupArn, runningTask, target, taskArn } from '../support/values.ts';
import { Visits } from '../support/visits.ts';

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

function go(visits: Visits, request: Partial<Request> = {}) {
  return visit(visits.environment, visits.request(request), visits.reporter);
}

function groupsOf({ passes }: Visits): string[] {
  return passes.map(({ group }) => group).sort();
}

/** A stack whose groups are bound by their tags, which all say the same. */
function tagged(): Visits {
  const visits = new Visits({ binding: '' });
  visits.fake.answers.DescribeTags = ({ groups }) => ok(groups.map((group) => ({ group, tags: [TAG] })));
  return visits;
}

describe('an invocation by messages', () => {
  it('visits the groups that a hint may mean, and no other', async () => {
    const visits = new Visits(TWO);
    const result = await go(visits, { hints: [OF_API] });
    expect(groupsOf(visits)).toEqual(['api']);
    expect(result).toEqual({ unfinished: [], unfinishedHints: new Set(), unboundHints: new Set() });
  });

  it('visits each group once, however many hints mean it', async () => {
    const visits = new Visits(TWO);
    await go(visits, { hints: [OF_APP, OF_API, OF_APP, aHint(taskArn('t9'), 1)] });
    expect(groupsOf(visits)).toEqual(['api', 'web']);
    expect(visits.passes.map(({ details }) => details.hints).sort()).toEqual([1, 3]);
  });

  it('without hints costs no call', async () => {
    const visits = new Visits(TWO);
    await go(visits);
    expect(visits.fake.asked).toEqual([]);
  });

  it('that were dealt with costs no call', async () => {
    const visits = new Visits();
    visits.tasks.push(runningTask('t1', '10.0.0.1'));
    visits.targets.set(WEB, [target('10.0.0.1')]);
    await go(visits, { hints: [OF_APP] });
    visits.fake.asked.length = 0;
    const again = await go(visits, { hints: [OF_APP, OF_APP] });
    expect(visits.fake.asked).toEqual([]);
    expect(again).toEqual({ unfinished: [], unfinishedHints: new Set(), unboundHints: new Set() });
    await go(visits, { hints: [OF_APP, aHint(taskArn('t1'), 4)] });
    expect(visits.fake.asked).not.toEqual([]);
  });

  it('that were dealt with costs no call either when the copy of the configuration is old', async () => {
    const visits = new Visits();
    visits.tasks.push(runningTask('t1', '10.0.0.1'));
    visits.targets.set(WEB, [target('10.0.0.1')]);
    await go(visits, { hints: [OF_APP] });
    visits.fake.asked.length = 0;
    visits.fake.clock.nowMs += 120_000;
    await go(visits, { hints: [OF_APP, OF_NONE] });
    expect(visits.fake.asked).toEqual([]);
  });

  it('is dealt with only where every group that it means has dealt with it', async () => {
    const binding = 'target-group=web service=app port=8080; target-group=api service=app port=9090';
    const visits = new Visits({ targetGroups: [WEB, API], binding });
    visits.tasks.push(runningTask('t1', '10.0.0.1'));
    await go(visits, { hints: [OF_APP] });
    visits.passes.length = 0;
    groupCache(visits.environment.cache, API).covered = new Map();
    await go(visits, { hints: [OF_APP] });
    expect(groupsOf(visits)).toEqual(['api']);
  });

  it('that one group has dealt with is looked at again while another is unread, which it may mean as well', async () => {
    const visits = new Visits({ targetGroups: [WEB, API], binding: 'target-group=web service=app port=8080' });
    visits.fake.answers.DescribeTags = () => fails('denied');
    visits.tasks.push(runningTask('t1', '10.0.0.1'));
    await go(visits, { hints: [OF_APP] });
    visits.fake.asked.length = 0;
    await go(visits, { hints: [OF_APP] });
    expect(visits.fake.names).toContain('DescribeTags');
  });

  it('that no line of the parameter means costs no call, and they are told as unbound', async () => {
    const visits = new Visits();
    expect((await go(visits, { hints: [OF_NONE] })).unboundHints).toEqual(new Set([OF_NONE]));
    expect(visits.fake.asked).toEqual([]);
  });

  it('of which one is bound tells the others as unbound', async () => {
    const visits = new Visits();
    expect((await go(visits, { hints: [OF_NONE, OF_APP] })).unboundHints).toEqual(new Set([OF_NONE]));
    expect(visits.passes).toHaveLength(1);
  });

  it('that no tag means reads the tags, and with a young copy of them costs no call', async () => {
    const visits = tagged();
    expect((await go(visits, { hints: [OF_NONE] })).unboundHints).toEqual(new Set([OF_NONE]));
    expect(visits.configured).toBe(1);
    visits.fake.asked.length = 0;
    visits.fake.clock.nowMs += 60_000;
    await go(visits, { hints: [OF_NONE] });
    expect(visits.fake.asked).toEqual([]);
    // By an old copy it means no group; by the present tags it may mean one.
    visits.fake.clock.nowMs += 1;
    await go(visits, { hints: [OF_NONE] });
    expect(visits.configured).toBe(2);
  });

  it('that mean no group by a parameter beside which nothing is tagged need no young copy', async () => {
    const visits = new Visits(TWO);
    await go(visits, { hints: [OF_APP] });
    visits.fake.clock.nowMs += 120_000;
    visits.fake.asked.length = 0;
    await go(visits, { hints: [OF_NONE] });
    expect(visits.fake.asked).toEqual([]);
  });

  it('are not unbound as long as a group is unread: it may be bound to anything', async () => {
    const visits = tagged();
    visits.fake.answers.DescribeTags = () => fails('denied');
    expect((await go(visits, { hints: [OF_NONE] })).unboundHints).toEqual(new Set());
  });

  it('that were dealt with are looked at again as long as a group is unread', async () => {
    const visits = tagged();
    visits.fake.answers.DescribeTags = () => fails('denied');
    await go(visits, { hints: [OF_APP] });
    visits.fake.asked.length = 0;
    await go(visits, { hints: [OF_APP] });
    expect(visits.fake.names).toContain('DescribeTags');
    visits.fake.asked.length = 0;
    await go(visits);
    expect(visits.fake.asked).toEqual([]);
  });
});

describe('an invocation by the schedule or for a check', () => {
  it.each(['schedule', 'check'] as const)('visits every group: %s', async (trigger) => {
    const visits = new Visits(TWO);
    await go(visits, { trigger });
    expect(groupsOf(visits)).toEqual(['api', 'web']);
  });

  it.each(['schedule', 'check'] as const)('does so again when nothing has changed: %s', async (trigger) => {
    const visits = new Visits();
    await go(visits, { trigger });
    visits.fake.clock.nowMs += 60_000;
    await go(visits, { trigger });
    expect(visits.passes).toHaveLength(2);
  });

  it('forgets what ECS has not shown for more than an hour', async () => {
    const visits = new Visits();
    learn(visits.environment.cache, runningTask('t1', '10.0.0.1'), START_MS - 3_600_001);
    learn(visits.environment.cache, runningTask('t2', '10.0.0.2'), START_MS - 3_600_000);
    await go(visits, { trigger: 'schedule' });
    expect([...visits.environment.cache.facts.keys()]).toEqual([taskArn('t2')]);
  });

  it('knows no unbound hints, since it has none', async () => {
    expect((await go(new Visits(), { trigger: 'schedule' })).unboundHints).toEqual(new Set());
  });
});

describe('what is unfinished', () => {
  it('is each group whose pass failed for something that may pass, with the hints that may mean it', async () => {
    const visits = new Visits(TWO);
    visits.fake.answers.DescribeTargetHealth = ({ group }) => (group === API ? fails('unexpected') : ok([]));
    const result = await go(visits, { hints: [OF_APP, OF_API] });
    expect(result.unfinished).toEqual([API]);
    expect(result.unfinishedHints).toEqual(new Set([OF_API]));
  });

  it('does not hold up the others: they are visited side by side', async () => {
    const visits = new Visits(TWO);
    visits.tasks.push(runningTask('t1', '10.0.0.1'));
    visits.fake.answers.DescribeTargetHealth = ({ group }) => (group === API ? fails('unexpected') : ok([]));
    await go(visits, { trigger: 'schedule' });
    const [web] = visits.passes.filter(({ group }) => group === 'web');
    expect(web?.pass.written.done).toHaveLength(1);
  });

  it('is nothing where a pass failed for good', async () => {
    const visits = new Visits();
    visits.fake.answers.DescribeTargetHealth = () => fails('denied');
    expect(await go(visits, { hints: [OF_APP] })).toMatchObject({ unfinished: [], unfinishedHints: new Set() });
  });

  it('is each group that could not be read, and then every hint', async () => {
    const visits = tagged();
    visits.fake.answers.DescribeTags = () => fails('unexpected');
    const result = await go(visits, { hints: [OF_APP, OF_NONE] });
    expect(result).toEqual({ unfinished: [WEB], unfinishedHints: new Set([OF_APP, OF_NONE]), unboundHints: new Set() });
  });

  it('is a group that could not be read, also where something else cannot be read for good', async () => {
    const visits = new Visits({ binding: '', cloudMapServices: [cloudMapArn()] });
    visits.fake.answers.DescribeTags = () => fails('unexpected');
    visits.fake.answers.ListTagsForResource = () => fails('denied');
    expect((await go(visits, { hints: [OF_APP] })).unfinished).toEqual([WEB]);
    expect(visits.fake.times('DescribeTags')).toHaveLength(3);
  });

  it('is no group that cannot be read for good', async () => {
    const visits = tagged();
    visits.fake.answers.DescribeTags = () => fails('denied');
    expect(await go(visits, { hints: [OF_APP] })).toMatchObject({ unfinished: [], unfinishedHints: new Set() });
  });
});

describe('a configuration that cannot be read', () => {
  it('is asked for three times, a second apart', async () => {
    const visits = tagged();
    visits.fake.answers.DescribeTags = () => fails('unexpected');
    await go(visits, { hints: [OF_APP] });
    expect(visits.fake.times('DescribeTags')).toEqual([0, 1_000, 2_000]);
    expect(visits.passes).toEqual([]);
  });

  it('is asked for once where waiting does not help', async () => {
    const visits = tagged();
    visits.fake.answers.DescribeTags = () => fails('denied');
    await go(visits, { hints: [OF_APP] });
    expect(visits.fake.times('DescribeTags')).toEqual([0]);
  });

  it.each([
    [5_000, 1],
    [5_001, 2],
  ])('with %i ms left is asked for %i times', async (leftMs, times) => {
    const visits = tagged();
    visits.fake.answers.DescribeTags = () => fails('unexpected');
    await go(visits, { hints: [OF_APP], deadlineMs: START_MS + leftMs });
    expect(visits.fake.times('DescribeTags')).toHaveLength(times);
  });

  it('is served as soon as it is read, and what was visited is not visited twice', async () => {
    const visits = new Visits({ targetGroups: [WEB, API], binding: 'target-group=web service=app port=8080' });
    visits.fake.answers.DescribeTags = inTurn(
      fails('unexpected'),
      ok([{ group: API, tags: [{ ...TAG, value: 'service=api port=9090' }] }]),
    );
    const result = await go(visits, { trigger: 'schedule' });
    expect(visits.passes.map(({ group }) => group)).toEqual(['web', 'api']);
    expect(result.unfinished).toEqual([]);
  });

  it('is asked for once by the visit and once by its pass where everything is known from before', async () => {
    const visits = tagged();
    await go(visits, { trigger: 'schedule' });
    visits.fake.clock.nowMs += 61_000;
    visits.fake.asked.length = 0;
    visits.fake.answers.DescribeTags = () => fails('unexpected');
    await go(visits, { trigger: 'check' });
    expect(visits.fake.times('DescribeTags')).toHaveLength(2);
  });

  it('does not matter where everything is known from before', async () => {
    const visits = tagged();
    await go(visits, { trigger: 'schedule' });
    visits.fake.clock.nowMs += 61_000;
    visits.fake.answers.DescribeTags = () => fails('denied');
    const asked = visits.fake.times('DescribeTags').length;
    expect(await go(visits, { hints: [aHint(taskArn('t1'), 9)] })).toMatchObject({ unfinished: [] });
    expect(visits.fake.times('DescribeTags').length).toBeGreaterThan(asked);
    expect(visits.passes).toHaveLength(2);
  });
});

describe('Cloud Map services', () => {
  function checked(settings: Partial<Settings> = {}): Visits {
    const visits = new Visits({ cloudMapServices: [cloudMapArn()], ...settings });
    visits.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=app' }]);
    visits.fake.answers.ListInstances = () => ok({ items: [], nextToken: undefined });
    return visits;
  }

  const looks = ({ found }: Visits) => found.filter(({ subject }) => subject === cloudMapArn());

  it.each(['schedule', 'check'] as const)('are checked: %s', async (trigger) => {
    const visits = checked();
    await go(visits, { trigger });
    expect(looks(visits)).toEqual([
      { subject: cloudMapArn(), findings: [], failures: [], calls: new Map([['ListInstances', 1]]) },
    ]);
  });

  it('are checked by messages where a pass has just listed their tasks, whose list is then not read again', async () => {
    const visits = checked();
    await go(visits, { hints: [OF_APP] });
    expect(looks(visits)).toHaveLength(1);
    expect(visits.fake.inputs('ListTasks')).toHaveLength(1);
  });

  it('are checked by messages only where one of them names their tasks, whatever else it brings', async () => {
    const visits = checked(TWO);
    await go(visits, { hints: [OF_API] });
    expect(looks(visits)).toEqual([]);
    await go(visits, { hints: [OF_API, aHint(taskArn('t1'), 4)] });
    expect(looks(visits)).toHaveLength(1);
  });

  it('are checked for each of their lines', async () => {
    const visits = checked();
    visits.fake.answers.ListTagsForResource = () =>
      ok([
        { key: 'alb-target-sync', value: 'service=app' },
        { key: 'alb-target-sync:2', value: 'service=api' },
      ]);
    await go(visits, { hints: [OF_APP] });
    expect(looks(visits)).toHaveLength(1);
  });

  it('are checked by messages once within ten seconds, and never for what is known', async () => {
    const visits = checked();
    visits.tasks.push(runningTask('t1', '10.0.0.1', { startedAtMs: START_MS }));
    visits.targets.set(WEB, [target('10.0.0.1')]);
    await go(visits, { hints: [OF_APP] });
    await go(visits, { hints: [aHint(taskArn('t9'), 1)] });
    expect(looks(visits)).toHaveLength(1);
    visits.fake.clock.nowMs = START_MS + 10_000;
    visits.fake.asked.length = 0;
    await go(visits, { hints: [OF_APP] });
    expect(visits.fake.asked).toEqual([]);
    // Beside a message that brings news of another task, the known one is no reason either.
    await go(visits, { hints: [OF_APP, OF_NONE] });
    expect(looks(visits)).toHaveLength(1);
    await go(visits, { hints: [aHint(taskArn('t8'), 1)] });
    expect(looks(visits)).toHaveLength(2);
  });

  it('are checked though the targets of a group could not be read', async () => {
    const visits = checked();
    visits.fake.answers.DescribeTargetHealth = () => fails('denied');
    await go(visits, { trigger: 'schedule' });
    expect(looks(visits)).toMatchObject([{ failures: [] }]);
  });

  it('wire the tasks that they name, be there no group for them', async () => {
    const visits = checked();
    visits.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=api' }]);
    expect((await go(visits, { hints: [OF_API, OF_NONE] })).unboundHints).toEqual(new Set([OF_NONE]));
  });

  it('are not judged behind messages whose tasks could not be listed', async () => {
    const visits = checked();
    visits.fake.answers.ListTasks = () => fails('denied');
    await go(visits, { hints: [OF_APP] });
    expect(looks(visits)).toMatchObject([{ findings: [], failures: [{ operation: 'ListTasks' }] }]);
  });

  it.each(['schedule', 'check'] as const)('list their tasks themselves where no group is fed by them: %s', async (trigger) => {
    const visits = checked();
    visits.fake.answers.ListTagsForResource = () => ok([{ key: 'alb-target-sync', value: 'service=api' }]);
    visits.fake.answers.ListTasks = ({ selector }) => (selector.name === 'api' ? fails('denied', 'no') : page([]));
    await go(visits, { trigger });
    expect(looks(visits)).toMatchObject([{ failures: [{ operation: 'ListTasks' }] }]);
  });
});
