import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Caller } from '../../functions/app/caller.ts';
import type { OperationName } from '../../functions/app/ports.ts';
import { isCurrent, outdated, type ReadConfiguration, readConfiguration } from '../../functions/app/read-configuration.ts';
import { selectorKey } from '../../functions/core/binding.ts';
import type { DescribedGroup } from '../../functions/core/configuration.ts';
import { NO_COPIES, resolveConfiguration } from '../../functions/core/configuration.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import type { TargetGroupArn } from '../../functions/core/values.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { aGroup, aService, aSettings, cloudMapArn, clusterArn, groupArn } from '../support/values.ts';

const TAG = { key: 'alb-target-sync', value: 'service=app port=8080' };
const SELECTOR = { kind: 'service', cluster: clusterArn(), name: 'app' } as const;

function describedGroup(arn: TargetGroupArn): DescribedGroup {
  return { group: aGroup({ arn }), targetType: 'ip' };
}

/** Everything exists, every group has the usual tag, and no service has a load balancer of its own. */
function worldOf(): FakeAws {
  return new FakeAws({
    DescribeTargetGroups: ({ groups }) => ok(groups.map(describedGroup)),
    DescribeTags: ({ groups }) => ok(groups.map((group) => ({ group, tags: [TAG] }))),
    DescribeServices: ({ names }) => ok(names.map((name) => aService(name))),
    ListTagsForResource: () => ok([{ key: 'alb-target-sync', value: 'service=app' }]),
    ListLogGroupTags: () => ok([]),
  });
}

function read(fake: FakeAws, settings = aSettings(), previous?: ReadConfiguration): Promise<ReadConfiguration> {
  const caller = new Caller({ api: fake.world, clock: fake.clock, buckets: new Map() }, START_MS + 10_000_000);
  return readConfiguration({ settings, clock: fake.clock, configuration: previous }, caller);
}

describe('a reading of the configuration', () => {
  it('asks for groups and tags, then for the services that they name', async () => {
    const fake = worldOf();
    fake.callMs = () => 15;
    const settings = aSettings({ cloudMapServices: [cloudMapArn()] });
    const configuration = await read(fake, settings);
    const copies = {
      groups: new Map([[groupArn(), describedGroup(groupArn())]]),
      tags: new Map([[groupArn(), { tags: [TAG], readAtMs: expect.any(Number) }]]),
      services: new Map([[selectorKey(SELECTOR), aService('app')]]),
      cloudMapTags: new Map([[cloudMapArn(), [{ key: 'alb-target-sync', value: 'service=app' }]]]),
    };
    expect(configuration).toMatchObject({ failures: [], copies, readAtMs: START_MS, groupsReadAtMs: START_MS });
    expect(configuration.configuration).toEqual(resolveConfiguration(settings, configuration.copies));
    expect(configuration.configuration.groups).toHaveLength(1);
    expect(configuration.configuration.cloudMapServices).toHaveLength(1);
    expect(fake.inputs('DescribeTargetGroups')).toEqual([{ groups: [groupArn()] }]);
    expect(fake.inputs('DescribeTags')).toEqual([{ groups: [groupArn()] }]);
    expect(fake.inputs('DescribeServices')).toEqual([{ cluster: clusterArn(), names: ['app'] }]);
    expect(fake.inputs('ListTagsForResource')).toEqual([{ service: cloudMapArn() }]);
    expect(fake.inputs('ListLogGroupTags')).toEqual([{ logGroup: 'own' }]);
    expect(fake.asked).toHaveLength(5);
    // A copy of the tags is as old as its answer, which no write may rest on for more than a minute.
    expect(configuration.copies.tags.get(groupArn())?.readAtMs).toBeGreaterThan(START_MS);
  });

  it('asks for nothing that the settings do not have', async () => {
    const fake = new FakeAws({ ListTagsForResource: () => ok([]), ListLogGroupTags: () => ok([]) });
    expect(await read(fake, aSettings({ targetGroups: [], cloudMapServices: [cloudMapArn()] }))).toMatchObject({
      failures: [],
    });
    expect(fake.names).toEqual(['ListTagsForResource', 'ListLogGroupTags']);
  });

  it('asks for no tags of groups that the parameter binds', async () => {
    const fake = worldOf();
    const { copies } = await read(fake, aSettings({ bindings: 'service=app port=8080' }));
    expect(fake.names).toEqual(['DescribeTargetGroups', 'ListLogGroupTags', 'DescribeServices']);
    expect(copies.tags.size).toBe(0);
  });

  it('takes a group without tags for one without tags', async () => {
    const fake = worldOf();
    Object.assign(fake.answers, { DescribeTags: () => ok([]), DescribeTargetHealth: () => ok([]) });
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
    const { configuration } = await read(fake, aSettings({ targetGroups }));
    expect(configuration.groups).toHaveLength(21);
    const lengths = (name: OperationName, word: string): number[] =>
      fake.inputs(name).map((input) => JSON.stringify(input).split(word).length - 1);
    expect(lengths('DescribeTags', 'targetgroup/')).toEqual([20, 1]);
    expect(lengths('DescribeServices', '"s')).toEqual([10, 10, 1]);
    expect(lengths('DescribeTargetGroups', 'targetgroup/')).toEqual([20, 1]);
  });

  it('keeps of each service what ECS says of that one', async () => {
    const fake = worldOf();
    const described = (name: string) =>
      aService(name, { targetGroups: [`group of ${name}`], deployments: [`deployment of ${name}`] });
    fake.answers.DescribeServices = () => ok(['one', 'two'].map(described));
    const { copies } = await read(
      fake,
      aSettings({ bindings: 'service=two port=80; service=one port=81; service=three port=82' }),
    );
    expect([...copies.services.values()]).toEqual([described('two'), described('one'), 'unknown']);
  });

  it('asks each cluster for its own services', async () => {
    const fake = worldOf();
    const settings = aSettings({
      clusters: [clusterArn(), clusterArn('test')],
      bindings: 'cluster=prod service=app port=80; cluster=test service=app port=81',
    });
    await read(fake, settings);
    expect(fake.inputs('DescribeServices')).toEqual([
      { cluster: clusterArn(), names: ['app'] },
      { cluster: clusterArn('test'), names: ['app'] },
    ]);
  });
});

describe('one bad ARN or name', () => {
  const bads = fc.uniqueArray(fc.nat(44), { maxLength: 3 });
  const groupArns = (count: number) => Array.from({ length: count }, (_, index) => groupArn(`g${index}`));

  /** Fails as ELB and ECS do: as a whole, for one item that they do not like. */
  const unless =
    <Item, Value>(bad: ReadonlySet<Item>, kind: FailureKind, answer: (items: readonly Item[]) => Value) =>
    (items: readonly Item[]) =>
      items.some((item) => bad.has(item)) ? fails(kind) : ok(answer(items));

  /** No more calls than it takes to halve down to each bad item: two for each of the five levels below twenty, besides the first. */
  const callsMax = (count: number, size: number, bad: number): number =>
    Math.ceil(count / size) + bad * 2 * Math.ceil(Math.log2(size));

  it('of a group stops exactly that group, whether it is gone or refused, in few calls', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.integer({ min: 1, max: 45 }), bads, fc.constantFrom('gone', 'refused'), async (count, bad, kind) => {
        const arns = groupArns(count);
        const poison = new Set(bad.flatMap((index) => arns[index] ?? []));
        const fake = worldOf();
        const describe = unless(poison, kind, (groups: readonly TargetGroupArn[]) => groups.map(describedGroup));
        fake.answers.DescribeTargetGroups = ({ groups }) => describe(groups);
        const { copies, failures, configuration } = await read(fake, aSettings({ targetGroups: arns }));
        expect(copies.groups).toEqual(new Map(arns.map((arn) => [arn, poison.has(arn) ? kind : describedGroup(arn)])));
        expect(failures).toEqual([]);
        expect(configuration.groups.map(({ group }) => group.arn)).toEqual(arns.filter((arn) => !poison.has(arn)));
        expect(fake.inputs('DescribeTargetGroups').length).toBeLessThanOrEqual(callsMax(count, 20, poison.size));
        // Its tags are not asked for: that too would fail for all of them.
        expect(JSON.stringify(fake.inputs('DescribeTags')).split('targetgroup/').length - 1).toBe(count - poison.size);
      }),
    );
  });

  it('of a group whose tags cannot be read leaves that group alone unread', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.integer({ min: 1, max: 45 }), bads, fc.constantFrom('gone', 'refused'), async (count, bad, kind) => {
        const arns = groupArns(count);
        const poison = new Set(bad.flatMap((index) => arns[index] ?? []));
        const fake = worldOf();
        const tagsOf = unless(poison, kind, (groups: readonly TargetGroupArn[]) =>
          groups.map((group) => ({ group, tags: [TAG] })),
        );
        fake.answers.DescribeTags = ({ groups }) => tagsOf(groups);
        const { configuration, failures } = await read(fake, aSettings({ targetGroups: arns }));
        expect(configuration.unread).toEqual(arns.filter((arn) => poison.has(arn)));
        expect(failures.map((failure) => failure.kind)).toEqual([...poison].map(() => kind));
        expect(fake.inputs('DescribeTags').length).toBeLessThanOrEqual(callsMax(count, 20, poison.size));
      }),
      50,
    );
  });

  it('of a service leaves alone what that service feeds', async () => {
    await holdsInTime(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 45 }),
        bads,
        fc.constantFrom('denied', 'refused'),
        async (count, bad, kind) => {
          const names = Array.from({ length: count }, (_, index) => `s${index}`);
          const poison = new Set(bad.flatMap((index) => names[index] ?? []));
          const bindings = names.map((name, index) => `target-group=g${index} service=${name} port=80`).join(';');
          const fake = worldOf();
          const describe = unless(poison, kind, (asked: readonly string[]) => asked.map((name) => aService(name)));
          fake.answers.DescribeServices = (input) => describe(input.names);
          const { configuration, failures } = await read(fake, aSettings({ targetGroups: groupArns(count), bindings }));
          const own = groupArns(count).filter((_, index) => poison.has(`s${index}`));
          const unwritten = configuration.groups.filter(({ bindings: [binding] }) => binding?.writes === false);
          // What nobody may ask for is bound all the same, so that it holds up no other line of its group, and nothing is written for it.
          const isDenied = kind === 'denied';
          expect(configuration.unread).toEqual(isDenied ? [] : own);
          expect(unwritten.map(({ group }) => group.arn)).toEqual(isDenied ? own : []);
          expect(failures.map((failure) => failure.kind)).toEqual([...poison].map(() => kind));
          expect(fake.inputs('DescribeServices').length).toBeLessThanOrEqual(callsMax(count, 10, poison.size));
        },
      ),
      50,
    );
  });

  it.each(['throttled', 'unavailable', 'denied', 'unexpected'] as const)(
    'is not searched for where the call failed as a whole (%s)',
    async (kind) => {
      const fake = worldOf();
      fake.answers.DescribeTargetGroups = () => fails(kind, 'no');
      const { failures, configuration } = await read(fake, aSettings({ targetGroups: groupArns(20) }));
      expect(new Set(fake.inputs('DescribeTargetGroups').map((input) => JSON.stringify(input))).size).toBe(1);
      expect(failures).toMatchObject([{ kind, operation: 'DescribeTargetGroups' }]);
      expect(configuration.unread).toHaveLength(20);
    },
  );
});

describe('a cluster that does not exist', () => {
  it('has no service, which is an answer, and holds up no other cluster', async () => {
    const fake = worldOf();
    fake.answers.DescribeServices = ({ cluster, names }) =>
      cluster === clusterArn() ? fails('gone') : ok(names.map((name) => aService(name)));
    const settings = aSettings({
      clusters: [clusterArn(), clusterArn('test')],
      bindings: 'cluster=prod service=app port=80; cluster=test service=app port=81',
    });
    const { copies, failures } = await read(fake, settings);
    expect([...copies.services.values()]).toEqual(['unknown', aService('app')]);
    expect(failures).toEqual([]);
  });
});

describe('a Cloud Map service that does not exist', () => {
  const settings = aSettings({ cloudMapServices: [cloudMapArn()] });

  it('is an answer, and is asked for again at every other scheduled pass: it may be made at any moment', async () => {
    const fake = worldOf();
    fake.answers.ListTagsForResource = () => fails('gone');
    const configuration = await read(fake, settings);
    expect(configuration.failures).toEqual([]);
    expect(configuration.copies.cloudMapTags).toEqual(new Map([[cloudMapArn(), 'gone']]));
    expect(isCurrent(configuration, START_MS + 15_000, true)).toBe(true);
    expect(isCurrent(configuration, START_MS + 15_001, true)).toBe(false);
    expect(isCurrent(configuration, START_MS + 35_000, false)).toBe(true);
    expect(isCurrent(configuration, START_MS + 35_001, false)).toBe(false);
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

describe('a copy that says that the stack is paused', () => {
  it.each([
    [5_000, true, true],
    [5_001, true, false],
    [50_000, false, true],
    [50_001, false, false],
  ])('of %i ms serves a full run (%s): %s', async (ageMs, isFullRun, serves) => {
    const fake = worldOf();
    fake.answers.ListLogGroupTags = () => ok([{ key: 'alb-target-sync', value: 'paused' }]);
    const configuration = await read(fake, aSettings());
    expect(isCurrent(configuration, START_MS + ageMs, isFullRun)).toBe(serves);
  });
});

describe('what cannot be read', () => {
  it('keeps its last copy, and is named', async () => {
    const fake = worldOf();
    const settings = aSettings({ cloudMapServices: [cloudMapArn()] });
    const first = await read(fake, settings);
    fake.clock.nowMs += 61_000;
    const names = [
      'DescribeTargetGroups',
      'DescribeTags',
      'DescribeServices',
      'ListTagsForResource',
      'ListLogGroupTags',
    ] as const;
    for (const name of names) fake.answers[name] = () => fails('denied', 'no');
    const second = await read(fake, settings, outdated(first));
    expect(second.copies).toEqual(first.copies);
    expect(second.readAtMs).toBe(START_MS + 61_000);
    expect(second.configuration.groups[0]?.bindingsReadAtMs).toBe(START_MS);
    expect(second.failures.map(({ operation, resource }) => [operation, resource]).toSorted()).toEqual([
      ['DescribeServices', `app of ${clusterArn()}`],
      ['DescribeTags', 'web'],
      ['DescribeTargetGroups', 'web'],
      ['ListLogGroupTags', "the stack's log group"],
      ['ListTagsForResource', cloudMapArn()],
    ]);
  });

  it('for the first time is not known, which is not the same as not there', async () => {
    const fake = worldOf();
    const settings = aSettings({ cloudMapServices: [cloudMapArn()] });
    fake.answers.DescribeTags = () => fails('denied');
    fake.answers.ListTagsForResource = () => fails('denied');
    const { configuration, copies } = await read(fake, settings);
    expect([copies.tags.size, copies.cloudMapTags.size]).toEqual([0, 0]);
    expect(configuration).toMatchObject({ groups: [], unread: [groupArn()], cloudMapServices: [] });
  });

  it.each(['unavailable', 'throttled', 'refused'] as const)(
    'for the first time of services (%s) leaves the group unread',
    async (kind) => {
      const fake = worldOf();
      fake.answers.DescribeServices = () => fails(kind);
      const { configuration, copies } = await read(fake);
      expect(copies.services.size).toBe(0);
      expect(configuration).toMatchObject({ groups: [], unread: [groupArn()] });
    },
  );

  it('of services since nobody may ask keeps no other line of the group from being served, until somebody may', async () => {
    const fake = worldOf();
    const far = clusterArn('far');
    const settings = aSettings({
      clusters: [clusterArn(), far],
      bindings: 'cluster=prod service=app port=80; cluster=far service=app port=80',
    });
    fake.answers.DescribeServices = (input) =>
      input.cluster === far ? fails('denied') : ok(input.names.map((name) => aService(name)));
    const written = ({ configuration }: ReadConfiguration) =>
      configuration.groups.flatMap(({ bindings }) => bindings.map(({ selector, writes }) => [selector.cluster, writes]));
    const first = await read(fake, settings);
    expect(written(first)).toEqual([
      [clusterArn(), true],
      [far, false],
    ]);
    expect(first.failures).toMatchObject([{ kind: 'denied', cluster: far }]);
    // As long as it is not answered, nothing is known of it.
    fake.answers.DescribeServices = () => fails('unavailable');
    const second = await read(fake, settings, first);
    expect(written(second)).toEqual(written(first));
    fake.answers.DescribeServices = ({ names }) => ok(names.map((name) => aService(name)));
    const third = await read(fake, settings, second);
    expect(written(third)).toEqual([
      [clusterArn(), true],
      [far, true],
    ]);
    // What was answered once is not forgotten for a denial.
    fake.answers.DescribeServices = () => fails('denied');
    expect(written(await read(fake, settings, third))).toEqual(written(third));
  });

  it('names what it was about, several at once', async () => {
    const fake = worldOf();
    const bindings = 'target-group=a service=one port=80; target-group=b service=two port=80';
    fake.answers.DescribeTargetGroups = () => fails('denied');
    fake.answers.DescribeServices = () => fails('denied');
    const { failures } = await read(fake, aSettings({ targetGroups: [groupArn('a'), groupArn('b')], bindings }));
    expect(failures.map(({ resource }) => resource)).toEqual(['a, b', `one of ${clusterArn()}`, `two of ${clusterArn()}`]);
    fake.answers.DescribeServices = () => fails('unavailable');
    const silent = await read(fake, aSettings({ targetGroups: [groupArn('a'), groupArn('b')], bindings }));
    expect(silent.failures.map(({ resource }) => resource)).toEqual(['a, b', `one, two of ${clusterArn()}`]);
    const tagged = worldOf();
    tagged.answers.DescribeTags = () => fails('denied');
    const read2 = await read(tagged, aSettings({ targetGroups: [groupArn('a'), groupArn('b')] }));
    expect(read2.failures.map(({ resource }) => resource)).toEqual(['a, b']);
  });

  it('of a group that is no longer in the settings is forgotten', async () => {
    const fake = worldOf();
    const first = await read(fake, aSettings({ targetGroups: [groupArn('a'), groupArn('b')] }));
    fake.answers.DescribeTargetGroups = () => fails('denied');
    fake.answers.DescribeTags = () => fails('denied');
    const { copies } = await read(fake, aSettings({ targetGroups: [groupArn('a')] }), first);
    expect([[...copies.groups.keys()], [...copies.tags.keys()]]).toEqual([[groupArn('a')], [groupArn('a')]]);
  });
});

describe('a copy of the configuration', () => {
  const copy: ReadConfiguration = {
    configuration: resolveConfiguration(aSettings(), NO_COPIES),
    failures: [],
    copies: NO_COPIES,
    readAtMs: START_MS,
    groupsReadAtMs: START_MS,
  };
  const failure = { kind: 'denied', operation: 'DescribeTags', resource: 'web', message: 'no' } as const;

  it.each([
    [30_000, true],
    [50_000, false],
  ])('serves for %i ms (a full run: %s): what an invocation begins with serves it to its end', (ageMs, isFullRun) => {
    expect(isCurrent(copy, START_MS + ageMs, isFullRun)).toBe(true);
    expect(isCurrent(copy, START_MS + ageMs + 1, isFullRun)).toBe(false);
  });

  it('does not serve where there is none', () => {
    expect([true, false].map((isFullRun) => isCurrent(undefined, START_MS, isFullRun))).toEqual([false, false]);
  });

  it.each([
    ['unavailable', false],
    ['throttled', false],
    ['out-of-time', false],
    ['unexpected', false],
    ['denied', true],
    ['gone', true],
    ['refused', true],
  ] as const)(
    'that is not whole (%s) serves messages alone, and only where asking again would not help: %s',
    (kind, serves) => {
      const broken = { ...copy, failures: [{ ...failure, kind }] };
      expect(isCurrent(broken, START_MS, false)).toBe(serves);
      expect(isCurrent(broken, START_MS + 50_001, false)).toBe(false);
      expect(isCurrent(broken, START_MS, true)).toBe(false);
      const mixed = {
        ...copy,
        failures: [
          { ...failure, kind },
          { ...failure, kind: 'throttled' as const },
        ],
      };
      expect(isCurrent(mixed, START_MS, false)).toBe(false);
    },
  );

  it('does not serve any more where it is outdated, and then its groups are described again', async () => {
    expect(isCurrent(outdated(copy), START_MS, false)).toBe(false);
    const fake = worldOf();
    const first = await read(fake);
    await read(fake, aSettings(), first);
    expect(fake.inputs('DescribeTargetGroups')).toHaveLength(1);
    fake.answers.DescribeTargetGroups = () => fails('gone');
    const { copies, configuration } = await read(fake, aSettings(), outdated(first));
    expect(copies.groups).toEqual(new Map([[groupArn(), 'gone']]));
    expect(configuration.groups).toEqual([]);
  });

  it('keeps what a group is for a quarter of an hour, and what it is not for no time', async () => {
    const fake = worldOf();
    const settings = aSettings({ targetGroups: [groupArn(), groupArn('api')] });
    const described = ({ groups }: { readonly groups: readonly TargetGroupArn[] }) =>
      groups.includes(groupArn('api')) ? fails('gone') : ok(groups.map(describedGroup));
    fake.answers.DescribeTargetGroups = described;
    let known = await read(fake, settings);
    const askedAfter = async (ms: number): Promise<unknown[]> => {
      const before = fake.asked.length;
      fake.clock.nowMs += ms;
      known = await read(fake, settings, known);
      return fake.asked.slice(before).flatMap(({ name, input }) => (name === 'DescribeTargetGroups' ? [input] : []));
    };
    expect(await askedAfter(900_000)).toEqual([{ groups: [groupArn('api')] }]);
    expect(known.groupsReadAtMs).toBe(START_MS);
    expect(await askedAfter(1)).toContainEqual({ groups: [groupArn(), groupArn('api')] });
    expect(known.groupsReadAtMs).toBe(START_MS + 900_001);
  });
});
