import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadConfiguration } from '../../functions/app/read-configuration.ts';
import { parseCloudMapServiceArn, parseTargetGroupArn, type TargetGroupArn } from '../../functions/core/values.ts';
import { Account, accountWith, DISCOVERING, TAG } from '../support/account.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { fails, ok, START_MS } from '../support/ports.ts';
import { aGroup, aSettings, cloudMapArn, groupArn, target, unwrap } from '../support/values.ts';

const WEB = groupArn('web');
const API = groupArn('api');

function servedBy({ configuration }: ReadConfiguration): TargetGroupArn[] {
  return configuration.groups.map(({ group }) => group.arn);
}

describe('what carries the tag', () => {
  it('is asked for where the parameters name nothing, page by page, and is served', async () => {
    const account = accountWith(WEB, API);
    const cloudMapServices = [cloudMapArn('srv-a'), cloudMapArn('srv-b')];
    account.indexed = [...account.indexed, ...cloudMapServices.toReversed(), 'arn:aws:s3:::a-bucket'];
    const read = await account.read();
    expect(read.failures).toEqual([]);
    expect(read.copies.discovered).toEqual({ targetGroups: [API, WEB], cloudMapServices });
    expect(servedBy(read)).toEqual([API, WEB]);
    expect(read.configuration.cloudMapServices).toMatchObject(cloudMapServices.map((service) => ({ service })));
    expect(read.configuration.isUndiscovered).toBe(false);
    const types = ['elasticloadbalancing:targetgroup', 'servicediscovery:service'];
    expect(account.fake.inputs('GetResources')).toEqual(
      [undefined, '1', '2', '3', '4'].map((nextToken) => ({ types, nextToken })),
    );
  });

  it('is all that is asked about, also by who does not know its own account', async () => {
    const account = accountWith(WEB, API);
    await account.read({ ...DISCOVERING, home: undefined });
    expect(account.fake.inputs('DescribeTargetGroups')).toEqual([{ groups: [API, WEB] }]);
  });

  it.each([{ targetGroups: [WEB] }, { targetGroups: [], cloudMapServices: [cloudMapArn()] }])(
    'is not asked for where a parameter names something: %j',
    async (words) => {
      const account = accountWith(WEB, API);
      const { copies, configuration } = await account.read(aSettings(words));
      expect(account.fake.names).not.toContain('GetResources');
      expect([copies.discovered, configuration.isUndiscovered]).toEqual([undefined, false]);
    },
  );

  it('is served by what its own tags say, however far the index is behind them', async () => {
    const world = fc.record({
      indexed: fc.uniqueArray(fc.nat(5)),
      tagged: fc.uniqueArray(fc.nat(5)),
      gone: fc.uniqueArray(fc.nat(5), { maxLength: 2 }),
    });
    await holdsInTime(
      fc.asyncProperty(fc.array(world, { minLength: 1, maxLength: 5 }), async (worlds) => {
        const arns = Array.from({ length: 6 }, (_, index) => groupArn(`g${index}`));
        const only = (indexes: readonly number[]) => arns.filter((_, index) => indexes.includes(index));
        const account = new Account();
        let previous: ReadConfiguration | undefined;
        let known: readonly TargetGroupArn[] = [];
        let described: readonly TargetGroupArn[] = [];
        for (const { indexed, tagged, gone } of worlds) {
          account.indexed = only(indexed);
          account.tagged = new Set(only(tagged));
          account.gone.clear();
          // A group that was described is not described again so soon: that it is gone shows when its targets are read.
          for (const arn of only(gone)) if (!described.includes(arn)) account.gone.add(arn);
          previous = await account.read(DISCOVERING, previous);
          const candidates = arns.filter((arn) => account.indexed.includes(arn) || known.includes(arn));
          described = candidates.filter((arn) => !account.gone.has(arn));
          known = described.filter((arn) => account.tagged.has(arn));
          expect(servedBy(previous)).toEqual(known);
          expect(previous.failures).toEqual([]);
        }
      }),
      60,
    );
  });

  it.each(['alb-target-sync', 'alb-target-sync:2', 'alb-target-syncing', 'Alb-target-sync'])(
    'is told by the key of a tag: %s',
    async (key) => {
      const account = accountWith(WEB);
      account.fake.answers.DescribeTags = () => ok([{ group: WEB, tags: [{ ...TAG, key }] }]);
      const isOurs = key === 'alb-target-sync' || key === 'alb-target-sync:2';
      expect((await account.read()).copies.discovered?.targetGroups).toEqual(isOurs ? [WEB] : []);
    },
  );

  it('is not known while nobody could ask, which is not the same as nothing', async () => {
    const account = accountWith(WEB);
    account.fake.answers.GetResources = () => fails('denied', 'no');
    const read = await account.read();
    expect(read.configuration).toMatchObject({ groups: [], unread: [], isUndiscovered: true });
    expect(read.failures).toEqual([
      { kind: 'denied', operation: 'GetResources', resource: 'resources with the tag alb-target-sync', message: 'no' },
    ]);
  });

  it('is not known where the index has no end', async () => {
    const account = accountWith(WEB);
    account.fake.answers.GetResources = () => ok({ items: [WEB], nextToken: 'again' });
    const { failures, configuration } = await account.read();
    expect(failures).toMatchObject([{ kind: 'unexpected', operation: 'GetResources' }]);
    expect(configuration.isUndiscovered).toBe(true);
  });

  it('is not served any more without its tag, though a line of the parameter binds it', async () => {
    const account = accountWith(WEB);
    const settings = { ...DISCOVERING, bindings: 'target-group=web service=app port=8080' };
    const first = await account.read(settings);
    expect(servedBy(first)).toEqual([WEB]);
    account.tagged.delete(WEB);
    expect(servedBy(await account.read(settings, first))).toEqual([]);
  });

  it('stays what it was where it cannot be asked for again', async () => {
    const account = accountWith(WEB);
    account.indexed = [WEB, cloudMapArn()];
    const first = await account.read();
    account.fake.answers.GetResources = () => fails('unavailable');
    const second = await account.read(DISCOVERING, first);
    expect(second.copies.discovered).toEqual(first.copies.discovered);
    expect(servedBy(second)).toEqual([WEB]);
    expect(second.configuration.isUndiscovered).toBe(false);
    expect(second.failures).toMatchObject([{ operation: 'GetResources' }]);
  });

  it('keeps its place where its tags cannot be read', async () => {
    const account = accountWith(WEB);
    account.fake.answers.DescribeTags = () => fails('denied');
    const first = await account.read();
    expect(first.copies.discovered?.targetGroups).toEqual([WEB]);
    expect(first.configuration).toMatchObject({ groups: [], unread: [WEB] });
  });
});

describe('the brake', () => {
  const account = () => accountWith(WEB);
  const paused = () => ok([{ key: 'alb-target-sync', value: 'paused' }]);
  const settings = aSettings();

  it('is a tag of the log group, and is known since it was first read', async () => {
    const stack = account();
    stack.fake.answers.ListLogGroupTags = paused;
    const first = await stack.read(settings);
    expect(first.copies.pausedSinceMs).toBe(START_MS);
    stack.fake.clock.nowMs += 60_000;
    expect((await stack.read(settings, first)).copies.pausedSinceMs).toBe(START_MS);
  });

  it.each([
    ['alb-target-sync', 'Paused'],
    ['alb-target-sync', ''],
    ['alb-target-sync:2', 'paused'],
    ['other', 'paused'],
  ])('is no other tag: %s=%s', async (key, value) => {
    const stack = account();
    stack.fake.answers.ListLogGroupTags = () => ok([{ key, value }]);
    expect((await stack.read(settings)).copies.pausedSinceMs).toBeUndefined();
  });

  it('ends with its tag, and begins anew with the next one', async () => {
    const stack = account();
    stack.fake.answers.ListLogGroupTags = paused;
    const first = await stack.read(settings);
    stack.fake.answers.ListLogGroupTags = () => ok([]);
    const second = await stack.read(settings, first);
    expect(second.copies.pausedSinceMs).toBeUndefined();
    stack.fake.answers.ListLogGroupTags = paused;
    stack.fake.clock.nowMs += 1_000;
    expect((await stack.read(settings, second)).copies.pausedSinceMs).toBe(START_MS + 1_000);
  });

  it('stays as it was where it cannot be read, pulled or not, and that is a failure', async () => {
    for (const answer of [paused, () => ok([])]) {
      const stack = account();
      stack.fake.answers.ListLogGroupTags = answer;
      const first = await stack.read(settings);
      stack.fake.answers.ListLogGroupTags = () => fails('denied', 'no');
      const second = await stack.read(settings, first);
      expect(second.copies.pausedSinceMs).toBe(first.copies.pausedSinceMs);
      expect(second.failures).toMatchObject([{ operation: 'ListLogGroupTags', resource: "the stack's log group" }]);
    }
  });
});

describe('a group that nothing binds', () => {
  const targets = [target('10.0.0.1'), target('10.0.0.2', 'draining'), target('10.0.0.3', 'unhealthy')];

  function unbound(): Account {
    const account = new Account();
    account.fake.answers.DescribeTargetHealth = () => ok(targets);
    return account;
  }

  it('is asked for its targets, which nobody keeps: those that drain leave by themselves', async () => {
    const account = unbound();
    const { copies, configuration } = await account.read(aSettings());
    expect(copies.unboundTargets).toEqual(new Map([[WEB, 2]]));
    expect(configuration.findings).toMatchObject([{ kind: 'unbound', subject: 'web' }]);
    expect(account.fake.inputs('DescribeTargetHealth')).toEqual([{ group: WEB }]);
  });

  it('is told less loudly where it has none, and nobody asks for those of a group that is bound', async () => {
    const account = unbound();
    account.fake.answers.DescribeTargetHealth = () => ok([]);
    expect((await account.read(aSettings())).configuration.findings).toMatchObject([{ kind: 'not-bound' }]);
    const bound = accountWith(WEB);
    expect((await bound.read(aSettings())).configuration.findings).toEqual([]);
    expect(bound.fake.names).not.toContain('DescribeTargetHealth');
  });

  it('keeps its count where it cannot be read, and nothing is held up for it', async () => {
    const account = unbound();
    const first = await account.read(aSettings());
    account.fake.answers.DescribeTargetHealth = () => fails('denied');
    const second = await account.read(aSettings(), first);
    expect([second.failures, second.copies.unboundTargets]).toEqual([[], new Map([[WEB, 2]])]);
    expect((await account.read(aSettings())).copies.unboundTargets).toEqual(new Map());
  });
});

describe('a group that has lost its tag', () => {
  const targets = [target('10.0.0.1'), target('10.0.0.2', 'draining'), target('10.0.0.3', 'unhealthy')];

  async function kept(): Promise<{ readonly account: Account; readonly first: ReadConfiguration }> {
    const account = accountWith(WEB, API);
    account.fake.answers.DescribeTargetHealth = () => ok(targets);
    const first = await account.read();
    expect(first.configuration.findings).toEqual([]);
    account.tagged.delete(WEB);
    return { account, first };
  }

  it('is told in the first reading after that, with the targets that it has left, and in no later one', async () => {
    const { account, first } = await kept();
    const second = await account.read(DISCOVERING, first);
    expect(servedBy(second)).toEqual([API]);
    const message =
      `Target group ${WEB} has lost its tag alb-target-sync, so nobody keeps it any more. The targets that it has left (2) ` +
      'stay: tasks that stop stay in, and new ones stay out. If that was not meant, tag it again: alb-target-sync="service=NAME port=8080".';
    expect(second.configuration.findings).toEqual([{ kind: 'released', subject: 'web', message }]);
    // The index is behind, and has it still; then it has it no more.
    const third = await account.read(DISCOVERING, second);
    account.indexed = [API];
    const fourth = await account.read(DISCOVERING, third);
    expect([third, fourth].flatMap(({ configuration }) => configuration.findings)).toEqual([]);
    expect(account.fake.inputs('DescribeTargetHealth')).toEqual([{ group: WEB }]);
  });

  it('is told anew where it was tagged again in between', async () => {
    const { account, first } = await kept();
    const second = await account.read(DISCOVERING, first);
    account.tagged.add(WEB);
    const third = await account.read(DISCOVERING, second);
    expect(third.configuration.findings).toEqual([]);
    account.tagged.delete(WEB);
    expect((await account.read(DISCOVERING, third)).configuration.findings).toMatchObject([{ kind: 'released' }]);
  });

  it('is told without the number where nobody may ask', async () => {
    const { account, first } = await kept();
    account.fake.answers.DescribeTargetHealth = () => fails('denied');
    const unread = await account.read(DISCOVERING, first);
    expect([unread.failures, unread.configuration.findings[0]?.message]).toEqual([
      [],
      expect.stringContaining('it has left stay'),
    ]);
  });

  it('is not told where its tags could not be read, or the group is gone, or it never was of use, or a parameter names it', async () => {
    const { account, first } = await kept();
    account.fake.answers.DescribeTags = () => fails('denied');
    expect((await account.read(DISCOVERING, first)).configuration.findings).toEqual([]);
    const { account: other, first: before } = await kept();
    other.gone.add(WEB);
    const groupsReadAtMs = Number.NEGATIVE_INFINITY;
    expect((await other.read(DISCOVERING, { ...before, groupsReadAtMs })).configuration.findings).toEqual([]);
    const lambda = await kept();
    const groups = new Map(lambda.first.copies.groups).set(WEB, {
      group: aGroup({ arn: WEB }),
      targetType: 'lambda',
    });
    const copies = { ...lambda.first.copies, groups };
    expect((await lambda.account.read(DISCOVERING, { ...lambda.first, copies })).configuration.findings).toEqual([]);
    const named = await kept();
    const settings = aSettings({ targetGroups: [WEB] });
    const { findings } = (await named.account.read(settings, named.first)).configuration;
    expect(findings).toMatchObject([{ kind: 'unbound' }]);
  });
});

describe('what is in another place than the stack', () => {
  const FAR_GROUP = unwrap(parseTargetGroupArn(WEB.replace('eu-west-1', 'us-east-1')));
  const FAR_SERVICE = unwrap(parseCloudMapServiceArn(cloudMapArn().replace('111122223333', '444455556666')));
  const settings = aSettings({ targetGroups: [FAR_GROUP], cloudMapServices: [FAR_SERVICE] });

  it('is not asked about, and is told', async () => {
    const account = new Account();
    const { configuration, failures } = await account.read(settings);
    expect(configuration).toMatchObject({ groups: [], unread: [], cloudMapServices: [] });
    expect(configuration.findings.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['unusable', 'web'],
      ['unusable', FAR_SERVICE],
    ]);
    expect([failures, account.fake.names]).toEqual([[], ['ListLogGroupTags']]);
  });

  it('is asked about where a role reaches it: a Cloud Map service is, and a group never', async () => {
    const account = new Account();
    const spokeRole = { name: 'spoke', externalId: undefined };
    const { configuration } = await account.read({ ...settings, spokeRole });
    expect(configuration.cloudMapServices).toMatchObject([{ service: FAR_SERVICE }]);
    expect(account.fake.names).toEqual(['ListTagsForResource', 'ListLogGroupTags']);
  });
});
