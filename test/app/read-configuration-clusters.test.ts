import { describe, expect, it } from 'vitest';
import type { ReadConfiguration } from '../../functions/app/read-configuration.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { type Account, accountWith, TAG } from '../support/account.ts';
import { fails, ok } from '../support/ports.ts';
import { aService, aSettings, cloudMapArn, clusterArn, groupArn } from '../support/values.ts';

const WEB = groupArn('web');

describe('the cluster of a line that names none', () => {
  const TEST = clusterArn('test');

  function several(...having: (typeof TEST)[]): Account {
    const account = accountWith(WEB);
    account.clusters = [clusterArn(), TEST];
    account.having = new Map([['app', having]]);
    return account;
  }
  const anywhere = (words: Partial<Settings> = {}) => aSettings({ targetGroups: [WEB], clusters: [], ...words });
  const clusterOf = ({ configuration }: ReadConfiguration) =>
    configuration.groups.map(({ bindings }) => bindings[0]?.selector.cluster);

  it('is the only one of the parameter, and then nobody asks', async () => {
    const account = several();
    expect(clusterOf(await account.read(aSettings()))).toEqual([clusterArn()]);
    expect(account.fake.names).not.toContain('ListClusters');
  });

  it('is the only one there is, where the parameter leaves it open', async () => {
    const account = accountWith(WEB);
    account.clusters = [TEST];
    const read = await account.read(anywhere());
    expect(clusterOf(read)).toEqual([TEST]);
    expect(read.copies).toMatchObject({ clusters: [TEST], clustersOf: new Map() });
    expect(account.fake.inputs('DescribeServices')).toEqual([{ cluster: TEST, names: ['app'] }]);
  });

  it('is the only one of several that has the service', async () => {
    const account = several(TEST);
    const read = await account.read(anywhere());
    expect(clusterOf(read)).toEqual([TEST]);
    expect(read.copies.clustersOf).toEqual(new Map([['app', [TEST]]]));
  });

  it('is that of its own service: another may be in another cluster', async () => {
    const account = several(TEST);
    account.having.set('api', [clusterArn()]);
    const bindings = 'target-group=web service=app port=80; target-group=web service=api port=81';
    const { configuration, copies } = await account.read(anywhere({ bindings }));
    expect(configuration.groups.flatMap((group) => group.bindings.map(({ selector }) => selector))).toMatchObject([
      { name: 'app', cluster: TEST },
      { name: 'api', cluster: clusterArn() },
    ]);
    expect(copies.clustersOf).toEqual(
      new Map([
        ['api', [clusterArn()]],
        ['app', [TEST]],
      ]),
    );
  });

  it('is found for a line of a Cloud Map service as well, and one that is gone has none', async () => {
    const account = several(TEST);
    const [service, gone] = [cloudMapArn(), cloudMapArn('srv-gone')];
    account.fake.answers.ListTagsForResource = (input) =>
      input.service === gone ? fails('gone') : ok([{ key: 'alb-target-sync', value: 'service=app' }]);
    const { configuration } = await account.read(anywhere({ targetGroups: [], cloudMapServices: [service, gone] }));
    expect(configuration.cloudMapServices).toMatchObject([{ service, bindings: [{ selector: { cluster: TEST } }] }]);
  });

  it('is among all that there are, page by page, and unread where the list has no end', async () => {
    const account = several(TEST);
    account.fake.answers.ListClusters = ({ nextToken }) =>
      ok(nextToken === undefined ? { items: [clusterArn()], nextToken: 'more' } : { items: [TEST], nextToken: undefined });
    expect(clusterOf(await account.read(anywhere()))).toEqual([TEST]);
    account.fake.answers.ListClusters = () => ok({ items: [TEST], nextToken: 'again' });
    const { configuration, failures } = await account.read(anywhere());
    expect(configuration.unread).toEqual([WEB]);
    expect(failures).toMatchObject([{ kind: 'unexpected', operation: 'ListClusters', resource: 'clusters' }]);
  });

  it('is among those of the parameter, where it names several', async () => {
    const account = several(TEST);
    account.clusters = [];
    expect(clusterOf(await account.read(anywhere({ clusters: [clusterArn(), TEST] })))).toEqual([TEST]);
    expect(account.fake.names).not.toContain('ListClusters');
  });

  it.each([[[]], [[clusterArn(), TEST]]])("is nobody's guess where %j have the service", async (having) => {
    const { configuration } = await several(...having).read(anywhere());
    expect(configuration).toMatchObject({ groups: [], unread: [], findings: [{ kind: 'wrong-line' }] });
  });

  it('is none that has it no more: ECS describes a service for a while after its deletion', async () => {
    const account = several(clusterArn(), TEST);
    account.fake.answers.DescribeServices = ({ cluster, names }) =>
      ok(names.map((name) => aService(name, { isActive: cluster === TEST })));
    expect(clusterOf(await account.read(anywhere()))).toEqual([TEST]);
  });

  function failing(account: Account, of: typeof TEST, kind: FailureKind): void {
    const { DescribeServices } = account.fake.answers;
    account.fake.answers.DescribeServices = (input) =>
      input.cluster === of ? fails(kind) : (DescribeServices?.(input) ?? ok([]));
  }

  it.each(['unavailable', 'throttled', 'unexpected'] as const)('is unread where one that may have it is %s', async (kind) => {
    const account = several(TEST);
    failing(account, clusterArn(), kind);
    const { configuration, failures } = await account.read(anywhere());
    expect(configuration).toMatchObject({ groups: [], unread: [WEB] });
    expect(failures).toMatchObject([{ kind, operation: 'DescribeServices', cluster: clusterArn() }]);
  });

  it.each(['unavailable', 'denied'] as const)('is the one that had it, where another one is %s later', async (kind) => {
    const account = several(TEST);
    const first = await account.read(anywhere());
    for (const cluster of account.clusters) {
      const later = several(TEST);
      failing(later, cluster, kind);
      const { failures, ...read } = await later.read(anywhere(), first);
      expect(clusterOf({ failures, ...read })).toEqual([TEST]);
      expect(failures).toMatchObject([{ kind, operation: 'DescribeServices', cluster }]);
    }
  });

  it('is none that the role may not read: it is reported, and lines that mean another cluster go on', async () => {
    const account = several(TEST);
    failing(account, clusterArn(), 'denied');
    const read = await account.read(anywhere());
    expect(clusterOf(read)).toEqual([TEST]);
    expect(read.failures).toMatchObject([{ kind: 'denied', operation: 'DescribeServices', cluster: clusterArn() }]);
    // Where no other one has the service, the one that nobody may ask may be meant.
    const lonely = several(clusterArn());
    failing(lonely, clusterArn(), 'denied');
    expect((await lonely.read(anywhere())).configuration).toMatchObject({ groups: [], unread: [WEB], findings: [] });
  });

  it('is unread where the clusters could not be listed, and the last known ones serve after that', async () => {
    const account = several(TEST);
    const { ListClusters } = account.fake.answers;
    account.fake.answers.ListClusters = () => fails('denied', 'no');
    const blind = await account.read(anywhere());
    expect(blind.configuration).toMatchObject({ groups: [], unread: [WEB] });
    expect(blind.failures).toMatchObject([{ operation: 'ListClusters', resource: 'clusters' }]);
    Object.assign(account.fake.answers, { ListClusters });
    const first = await account.read(anywhere(), blind);
    account.fake.answers.ListClusters = () => fails('denied');
    const second = await account.read(anywhere(), first);
    expect(clusterOf(second)).toEqual([TEST]);
    expect(second.copies.clusters).toEqual([clusterArn(), TEST]);
  });

  it('is not asked for where every line names its own', async () => {
    const account = several(TEST);
    const bindings = 'target-group=web cluster=test service=app port=80';
    expect(clusterOf(await account.read(anywhere({ bindings })))).toEqual([TEST]);
    expect(account.fake.names).not.toContain('ListClusters');
  });

  it('is asked for on behalf of a family, which any cluster may run: then the line has to say which', async () => {
    const account = several();
    account.fake.answers.DescribeTags = () => ok([{ group: WEB, tags: [{ ...TAG, value: 'family=job port=80' }] }]);
    const { configuration } = await account.read(anywhere());
    expect(configuration.findings).toMatchObject([{ kind: 'wrong-line' }]);
    expect(account.fake.names).not.toContain('DescribeServices');
    account.clusters = [TEST];
    expect(clusterOf(await account.read(anywhere()))).toEqual([TEST]);
  });
});
