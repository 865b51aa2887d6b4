import { describe, expect, it } from 'vitest';
import { Caller } from '../../functions/app/caller.ts';
import { isCurrent, type ReadConfiguration, readConfiguration } from '../../functions/app/read-configuration.ts';
import { selectorKey } from '../../functions/core/binding.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import type { DescribedGroup } from '../../functions/core/configuration.ts';
import { NO_COPIES, resolveConfiguration } from '../../functions/core/configuration.ts';
import type { TargetGroupArn } from '../../functions/core/values.ts';
import { FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { aGroup, cloudMapArn, clusterArn, groupArn } from '../support/values.ts';

const TAG = { key: 'alb-target-sync', value: 'service=app port=8080' };
const SELECTOR = { kind: 'service', cluster: clusterArn(), name: 'app' } as const;

function settingsOf(words: Partial<Settings> = {}): Settings {
  return { clusters: [clusterArn()], targetGroups: [groupArn()], cloudMapServices: [], binding: '', mode: 'enforce', ...words };
}

function describedGroup(arn: TargetGroupArn): DescribedGroup {
  return { group: aGroup({ arn }), targetType: 'ip' };
}

/** Everything exists, every group has the usual tag, and no service has a load balancer of its own. */
function worldOf(): FakeAws {
  return new FakeAws({
    DescribeTargetGroups: ({ groups }) => ok(groups.map(describedGroup)),
    DescribeTags: ({ groups }) => ok(groups.map((group) => ({ group, tags: [TAG] }))),
    DescribeServices: ({ names }) => ok(names.map((name) => ({ name, targetGroups: [] }))),
    ListTagsForResource: () => ok([{ key: 'alb-target-sync', value: 'service=app' }]),
  });
}

function read(fake: FakeAws, settings = settingsOf(), previous?: ReadConfiguration): Promise<ReadConfiguration> {
  const caller = new Caller(fake.world, fake.clock, new Map(), START_MS + 10_000_000);
  return readConfiguration(settings, caller, fake.clock, previous);
}

describe('a reading of the configuration', () => {
  it('asks for groups and tags, then for the services that they name', async () => {
    const fake = worldOf();
    fake.callMs = () => 15;
    const settings = settingsOf({ cloudMapServices: [cloudMapArn()] });
    const configuration = await read(fake, settings);
    const copies = {
      groups: new Map([[groupArn(), describedGroup(groupArn())]]),
      tags: new Map([[groupArn(), { tags: [TAG], readAtMs: expect.any(Number) }]]),
      services: new Map([[selectorKey(SELECTOR), { name: 'app', targetGroups: [] }]]),
      cloudMapTags: new Map([[cloudMapArn(), [{ key: 'alb-target-sync', value: 'service=app' }]]]),
    };
    expect(configuration).toMatchObject({ failures: [], copies, readAtMs: START_MS });
    expect(configuration.configuration).toEqual(resolveConfiguration(settings, configuration.copies));
    expect(configuration.configuration.groups).toHaveLength(1);
    expect(configuration.configuration.cloudMapServices).toHaveLength(1);
    expect(fake.inputs('DescribeTargetGroups')).toEqual([{ groups: [groupArn()] }]);
    expect(fake.inputs('DescribeTags')).toEqual([{ groups: [groupArn()] }]);
    expect(fake.inputs('DescribeServices')).toEqual([{ cluster: clusterArn(), names: ['app'] }]);
    expect(fake.inputs('ListTagsForResource')).toEqual([{ service: cloudMapArn() }]);
    // A copy of the tags is as old as its answer, which no write may rest on for more than a minute.
    expect(configuration.copies.tags.get(groupArn())?.readAtMs).toBeGreaterThan(START_MS);
  });

  it('asks for nothing that the settings do not have', async () => {
    const fake = new FakeAws({ ListTagsForResource: () => ok([]) });
    expect(await read(fake, settingsOf({ targetGroups: [], cloudMapServices: [cloudMapArn()] }))).toMatchObject({
      failures: [],
    });
    expect(fake.names).toEqual(['ListTagsForResource']);
  });

  it('asks for no tags of groups that the parameter binds', async () => {
    const fake = worldOf();
    const { copies } = await read(fake, settingsOf({ binding: 'service=app port=8080' }));
    expect(fake.names).toEqual(['DescribeTargetGroups', 'DescribeServices']);
    expect(copies.tags.size).toBe(0);
  });

  it('takes a group without tags for one without tags', async () => {
    const fake = worldOf();
    fake.answers.DescribeTags = () => ok([]);
    const { copies } = await read(fake);
    expect(copies.tags).toEqual(new Map([[groupArn(), { tags: [], readAtMs: START_MS }]]));
  });

  it('takes a service that ECS does not give for one that it does not know', async () => {
    const fake = worldOf();
    fake.answers.DescribeServices = () => ok([]);
    expect((await read(fake)).copies.services).toEqual(new Map([[selectorKey(SELECTOR), 'unknown']]));
  });

  it('asks in the sizes that the calls take', async () => {
    const fake = worldOf();
    const targetGroups = Array.from({ length: 21 }, (_, index) => groupArn(`g${index}`));
    fake.answers.DescribeTags = ({ groups }) =>
      ok(groups.map((group) => ({ group, tags: [{ ...TAG, value: `service=s${targetGroups.indexOf(group)} port=80` }] })));
    const { configuration } = await read(fake, settingsOf({ targetGroups }));
    expect(configuration.groups).toHaveLength(21);
    const lengths = (name: 'DescribeTags' | 'DescribeServices', word: string): number[] =>
      fake.inputs(name).map((input) => JSON.stringify(input).split(word).length - 1);
    expect(lengths('DescribeTags', 'targetgroup/')).toEqual([20, 1]);
    expect(lengths('DescribeServices', '"s')).toEqual([10, 10, 1]);
    expect(fake.inputs('DescribeTargetGroups')).toHaveLength(1);
  });

  it('keeps of each service what ECS says of that one', async () => {
    const fake = worldOf();
    const described = { one: ['group of one'], two: ['group of two'] };
    fake.answers.DescribeServices = () => ok(Object.entries(described).map(([name, targetGroups]) => ({ name, targetGroups })));
    const { copies } = await read(
      fake,
      settingsOf({ binding: 'service=two port=80; service=one port=81; service=three port=82' }),
    );
    expect([...copies.services.values()]).toEqual([
      { name: 'two', targetGroups: described.two },
      { name: 'one', targetGroups: described.one },
      'unknown',
    ]);
  });

  it('asks each cluster for its own services', async () => {
    const fake = worldOf();
    const settings = settingsOf({
      clusters: [clusterArn(), clusterArn('test')],
      binding: 'cluster=prod service=app port=80; cluster=test service=app port=81',
    });
    await read(fake, settings);
    expect(fake.inputs('DescribeServices')).toEqual([
      { cluster: clusterArn(), names: ['app'] },
      { cluster: clusterArn('test'), names: ['app'] },
    ]);
  });
});

describe('a group that does not exist', () => {
  const groups = ['g0', 'g1', 'g2', 'g3', 'g4'].map((name) => groupArn(name));

  it.each([[[1]], [[0, 4]], [[0, 1, 2, 3, 4]], [[]]])('is found among the others: %j', async (gone) => {
    const fake = worldOf();
    const missing = new Set(gone.flatMap((index) => groups[index] ?? []));
    fake.answers.DescribeTargetGroups = ({ groups: asked }) =>
      asked.some((arn) => missing.has(arn)) ? fails('gone') : ok(asked.map(describedGroup));
    const { copies, failures } = await read(fake, settingsOf({ targetGroups: groups }));
    expect(copies.groups).toEqual(new Map(groups.map((arn) => [arn, missing.has(arn) ? 'gone' : describedGroup(arn)])));
    expect(failures).toEqual([]);
    // Its tags are not asked for: that too would fail for all of them.
    expect(JSON.stringify(fake.inputs('DescribeTags')).split('targetgroup/').length - 1).toBe(5 - missing.size);
  });
});

describe('a Cloud Map service that does not exist', () => {
  const settings = settingsOf({ cloudMapServices: [cloudMapArn()] });

  it('is an answer, and is asked for again at every other scheduled pass: it may be made at any moment', async () => {
    const fake = worldOf();
    fake.answers.ListTagsForResource = () => fails('gone');
    const configuration = await read(fake, settings);
    expect(configuration.failures).toEqual([]);
    expect(configuration.copies.cloudMapTags).toEqual(new Map([[cloudMapArn(), 'gone']]));
    expect(isCurrent(configuration, START_MS + 30_000)).toBe(true);
    expect(isCurrent(configuration, START_MS + 30_001)).toBe(false);
  });

  it('keeps the binding that it had, for when it is created anew', async () => {
    const fake = worldOf();
    const first = await read(fake, settings);
    fake.answers.ListTagsForResource = () => fails('gone');
    const second = await read(fake, settings, first);
    expect(second).toMatchObject({ failures: [], readAtMs: START_MS });
    expect(second.copies.cloudMapTags).toEqual(first.copies.cloudMapTags);
  });
});

describe('what cannot be read', () => {
  it('keeps its last copy, and is named', async () => {
    const fake = worldOf();
    const settings = settingsOf({ cloudMapServices: [cloudMapArn()] });
    const first = await read(fake, settings);
    fake.clock.nowMs += 61_000;
    for (const name of ['DescribeTargetGroups', 'DescribeTags', 'DescribeServices', 'ListTagsForResource'] as const) {
      fake.answers[name] = () => fails('denied', 'no');
    }
    const second = await read(fake, settings, first);
    expect(second.copies).toEqual(first.copies);
    expect(second.readAtMs).toBe(START_MS + 61_000);
    expect(second.configuration.groups[0]?.bindingsReadAtMs).toBe(START_MS);
    expect(second.failures.map(({ operation, resource }) => [operation, resource]).toSorted()).toEqual([
      ['DescribeServices', `app of ${clusterArn()}`],
      ['DescribeTags', 'web'],
      ['DescribeTargetGroups', 'web'],
      ['ListTagsForResource', cloudMapArn()],
    ]);
  });

  it('for the first time is not known, which is not the same as not there', async () => {
    const fake = worldOf();
    const settings = settingsOf({ cloudMapServices: [cloudMapArn()] });
    fake.answers.DescribeTags = () => fails('denied');
    fake.answers.ListTagsForResource = () => fails('denied');
    const { configuration, copies } = await read(fake, settings);
    expect([copies.tags.size, copies.cloudMapTags.size]).toEqual([0, 0]);
    expect(configuration).toMatchObject({ groups: [], unread: [groupArn()], cloudMapServices: [] });
  });

  it('for the first time of services leaves the group unread', async () => {
    const fake = worldOf();
    fake.answers.DescribeServices = () => fails('denied');
    const { configuration, copies } = await read(fake);
    expect(copies.services.size).toBe(0);
    expect(configuration).toMatchObject({ groups: [], unread: [groupArn()] });
  });

  it('names what it was about, several at once', async () => {
    const fake = worldOf();
    const binding = 'target-group=a service=one port=80; target-group=b service=two port=80';
    fake.answers.DescribeTargetGroups = () => fails('denied');
    fake.answers.DescribeServices = () => fails('denied');
    const { failures } = await read(fake, settingsOf({ targetGroups: [groupArn('a'), groupArn('b')], binding }));
    expect(failures.map(({ resource }) => resource)).toEqual(['a, b', `one, two of ${clusterArn()}`]);
    const tagged = worldOf();
    tagged.answers.DescribeTags = () => fails('denied');
    const read2 = await read(tagged, settingsOf({ targetGroups: [groupArn('a'), groupArn('b')] }));
    expect(read2.failures.map(({ resource }) => resource)).toEqual(['a, b']);
  });

  it('of a group that is no longer in the settings is forgotten', async () => {
    const fake = worldOf();
    const first = await read(fake, settingsOf({ targetGroups: [groupArn('a'), groupArn('b')] }));
    fake.answers.DescribeTargetGroups = () => fails('denied');
    fake.answers.DescribeTags = () => fails('denied');
    const { copies } = await read(fake, settingsOf({ targetGroups: [groupArn('a')] }), first);
    expect([[...copies.groups.keys()], [...copies.tags.keys()]]).toEqual([[groupArn('a')], [groupArn('a')]]);
  });
});

describe('a copy of the configuration', () => {
  const copy = {
    configuration: resolveConfiguration(settingsOf(), NO_COPIES),
    failures: [],
    copies: NO_COPIES,
    readAtMs: START_MS,
  };
  const failure = { kind: 'denied', operation: 'DescribeTags', resource: 'web', message: 'no' } as const;

  it('serves for a minute', () => {
    expect(isCurrent(copy, START_MS + 60_000)).toBe(true);
    expect(isCurrent(copy, START_MS + 60_001)).toBe(false);
  });

  it('does not serve where there is none, or where it is not whole', () => {
    expect(isCurrent(undefined, START_MS)).toBe(false);
    expect(isCurrent({ ...copy, failures: [failure] }, START_MS)).toBe(false);
  });
});
