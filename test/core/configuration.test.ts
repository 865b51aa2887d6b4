import { describe, expect, it } from 'vitest';
import { type Settings, TAG } from '../../functions/core/binding-sources.ts';
import {
  bindingText,
  boundServices,
  type Copies,
  type DescribedGroup,
  type DescribedService,
  goneService,
  isReachable,
  isSurelyUnbound,
  NO_COPIES,
  resolveConfiguration,
  scopeOf,
  tagBoundGroups,
  unboundGroups,
} from '../../functions/core/configuration.ts';
import type { TargetGroup } from '../../functions/core/target.ts';
import type { TargetGroupArn } from '../../functions/core/values.ts';
import {
  aGroup,
  aHint,
  aScope,
  aService,
  aSettings,
  cloudMapArn,
  clusterArn,
  groupArn,
  HOME,
  taskArn,
} from '../support/values.ts';

const WEB = groupArn('web');
const API = groupArn('api');

const settings = (words: Partial<Settings> = {}): Settings => aSettings({ targetGroups: [WEB], ...words });

type Words = Partial<Pick<DescribedGroup, 'targetType'> & Pick<TargetGroup, 'protocol'>>;

function described(name: string, { targetType = 'ip', ...words }: Words = {}): readonly [TargetGroupArn, DescribedGroup] {
  const group = aGroup({ arn: groupArn(name), name, ...words });
  return [group.arn, { group, targetType }];
}

function tagged(name: string, value: string, readAtMs = 5_000): Copies['tags'] {
  return new Map([[groupArn(name), { tags: [{ key: 'alb-target-sync', value }], readAtMs }]]);
}

function known(name: string, ...targetGroups: readonly string[]): readonly [string, DescribedService] {
  return [`${clusterArn()} service=${name}`, aService(name, { targetGroups, deployments: [`ecs-svc/${name}`] })];
}

function copies(words: Partial<Copies> = {}): Copies {
  return { ...NO_COPIES, groups: new Map([described('web')]), services: new Map([known('app'), known('api')]), ...words };
}

describe('a group is bound', () => {
  it('by its tags, whose age goes with it', () => {
    const configuration = resolveConfiguration(settings(), copies({ tags: tagged('web', 'service=app port=80') }));
    expect(configuration).toMatchObject({
      groups: [
        {
          group: { name: 'web' },
          bindings: [{ selector: { name: 'app' }, port: 80, drain: false, writes: true, native: false }],
          bindingsReadAtMs: 5_000,
        },
      ],
      unread: [],
      cloudMapServices: [],
      findings: [],
    });
  });

  it('by the parameter, which cannot grow old, and then not by its tags', () => {
    const words = settings({ bindings: 'service=api port=81' });
    const { groups, findings } = resolveConfiguration(words, copies({ tags: tagged('web', 'service=app port=80') }));
    expect(groups).toMatchObject([{ bindings: [{ selector: { name: 'api' } }] }]);
    expect(groups.map(({ bindings, bindingsReadAtMs }) => [bindings.length, bindingsReadAtMs])).toEqual([[1, undefined]]);
    expect(findings).toEqual([]);
  });

  it('without its tags having been read, where the parameter names it', () => {
    const words = settings({ bindings: 'service=api port=81' });
    expect(resolveConfiguration(words, copies())).toMatchObject({ groups: [{ group: { name: 'web' } }], findings: [] });
  });

  it('apart from every other group', () => {
    const words = settings({ targetGroups: [WEB, API], bindings: 'target-group=web service=app port=80' });
    const groups = new Map([described('web'), described('api')]);
    const configuration = resolveConfiguration(words, copies({ groups, tags: tagged('api', 'service=api port=81', 7_000) }));
    expect(configuration.groups).toMatchObject([
      { group: { name: 'web' }, bindings: [{ selector: { name: 'app' } }] },
      { group: { name: 'api' }, bindings: [{ selector: { name: 'api' } }] },
    ]);
    expect(configuration.groups.map(({ bindings, bindingsReadAtMs }) => [bindings.length, bindingsReadAtMs])).toEqual([
      [1, undefined],
      [1, 7_000],
    ]);
  });
});

describe('the groups and services to be read', () => {
  const words = aScope({ targetGroups: [WEB, API], bindings: 'target-group=web service=app port=80' });

  it('are the tags of groups that no line of the parameter names', () => {
    expect(tagBoundGroups(words)).toEqual([API]);
    expect(tagBoundGroups(aScope())).toEqual([WEB]);
  });

  it('are no tags at all where the parameter alone binds', () => {
    expect(tagBoundGroups({ ...words, tagBindings: false })).toEqual([]);
    expect(boundServices({ ...words, tagBindings: false }, tagged('api', 'service=api port=80'))).toHaveLength(1);
  });

  it('are the services of all lines, each once, and no families', () => {
    const bindings =
      'target-group=web service=app port=80; target-group=web service=app port=81; target-group=web family=nightly port=80';
    const services = boundServices({ ...words, bindings }, tagged('api', 'service=api port=80'));
    const cluster = clusterArn();
    expect(services).toEqual([
      { kind: 'service', cluster, name: 'app' },
      { kind: 'service', cluster, name: 'api' },
    ]);
  });

  it('leave out tags of a group that the parameter names', () => {
    expect(boundServices(words, tagged('web', 'service=other port=80')).map(({ name }) => name)).toEqual(['app']);
  });
});

describe('a hint means surely no group', () => {
  const hint = aHint(taskArn('t1'), 1);

  it('where the parameter binds every group, and none of its lines may mean the task', () => {
    expect(isSurelyUnbound(settings({ bindings: 'service=api port=80; family=app port=80' }), hint)).toBe(true);
    expect(isSurelyUnbound(settings({ bindings: 'service=api port=80; service=app port=80' }), hint)).toBe(false);
    const byTagToo = settings({ tagBindings: false, bindings: 'service=api port=80', targetGroups: [WEB] });
    expect(isSurelyUnbound(byTagToo, hint)).toBe(true);
  });

  it('where no tag binds, and the parameter binds nothing', () => {
    expect(isSurelyUnbound(settings({ tagBindings: false }), hint)).toBe(true);
    expect(isSurelyUnbound(settings({ tagBindings: true }), hint)).toBe(false);
  });

  it('not where groups are found by their tag: any may have been tagged since', () => {
    expect(isSurelyUnbound(settings({ targetGroups: [] }), hint)).toBe(false);
    expect(isSurelyUnbound(settings({ targetGroups: [], tagBindings: false }), hint)).toBe(false);
  });

  it('not where a line leaves open a cluster that has to be read first', () => {
    const bindings = 'service=api port=80';
    expect(isSurelyUnbound(settings({ clusters: [], bindings }), hint)).toBe(false);
    expect(isSurelyUnbound(settings({ clusters: [], bindings: `cluster=prod ${bindings}` }), hint)).toBe(true);
  });

  it('not where a group is bound by tags, which have to be read first', () => {
    expect(isSurelyUnbound(settings(), hint)).toBe(false);
    const bindings = 'target-group=web service=api port=80';
    expect(isSurelyUnbound(settings({ targetGroups: [WEB, API], bindings }), hint)).toBe(false);
  });

  it('not where Cloud Map services are bound, which tags alone can do', () => {
    const bindings = 'target-group=web service=api port=80';
    const cloudMapServices = [cloudMapArn('srv-1')];
    for (const targetGroups of [[WEB], [WEB, API], []]) {
      expect(isSurelyUnbound(settings({ targetGroups, bindings, cloudMapServices }), hint)).toBe(false);
    }
  });

  it('not where the event leaves out of which group its task is', () => {
    expect(isSurelyUnbound(settings({ bindings: 'service=api port=80' }), { ...hint, group: undefined })).toBe(false);
  });
});

describe('a group that cannot be served', () => {
  it('because it is gone is a finding', () => {
    const configuration = resolveConfiguration(
      settings(),
      copies({ groups: new Map([[WEB, 'gone']]), tags: tagged('web', 'service=app port=80') }),
    );
    const message = `Target group ${WEB} does not exist. Create it, or take it out of the stack's parameter TargetGroupArns.`;
    expect(configuration).toEqual({
      groups: [],
      unread: [],
      isUndiscovered: false,
      cloudMapServices: [],
      findings: [{ kind: 'unusable', subject: 'web', message }],
    });
  });

  it('because ELB does not accept its ARN is a finding', () => {
    const message =
      `ELB does not accept the target group ARN ${WEB}: it has to be of the region and account of this stack. Correct it in the ` +
      "stack's parameter TargetGroupArns.";
    const refused = copies({ groups: new Map([[WEB, 'refused']]), tags: tagged('web', 'service=app port=80') });
    expect(resolveConfiguration(settings(), refused)).toEqual({
      groups: [],
      unread: [],
      isUndiscovered: false,
      cloudMapServices: [],
      findings: [{ kind: 'unusable', subject: 'web', message }],
    });
  });

  it.each(['instance', 'lambda', 'alb'])('because it is of type %s is a finding', (targetType) => {
    const groups = new Map([described('web', { targetType })]);
    const configuration = resolveConfiguration(settings(), copies({ groups, tags: tagged('web', 'service=app port=80') }));
    const message =
      `Target group ${WEB} has target type "${targetType}"; expected "ip", since tasks are registered by address. ` +
      'The type of a group cannot be changed: create one with --target-type ip.';
    expect(configuration).toMatchObject({ groups: [], unread: [], findings: [{ kind: 'unusable', subject: 'web', message }] });
  });

  it.each(['QUIC', 'TCP_QUIC', 'GENEVE'])('because it is for %s is a finding', (protocol) => {
    const groups = new Map([described('web', { protocol })]);
    const configuration = resolveConfiguration(settings(), copies({ groups, tags: tagged('web', 'service=app port=80') }));
    const message =
      `Target group ${WEB} has protocol ${protocol}; expected HTTP, HTTPS, TCP, TLS, UDP or TCP_UDP. Targets of ` +
      'QUIC need a server ID, and those of GENEVE are appliances. Create a group with another protocol.';
    expect(configuration).toMatchObject({ groups: [], unread: [], findings: [{ kind: 'unusable', subject: 'web', message }] });
  });

  it.each(['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP'])('is none for %s', (protocol) => {
    const groups = new Map([described('web', { protocol })]);
    const configuration = resolveConfiguration(settings(), copies({ groups, tags: tagged('web', 'service=app port=80') }));
    expect(configuration).toMatchObject({ groups: [{ group: { arn: WEB } }], findings: [] });
  });

  it.each([{ region: 'eu-west-2' }, { account: '444455556666' }])('because it is elsewhere is a finding: %j', (place) => {
    const far = groupArn('web', place);
    // It would be of use otherwise, and no role changes that.
    const words = { targetGroups: [far], spokeRole: { name: 'spoke', externalId: undefined } };
    const groups: Copies['groups'] = new Map([[far, { ...described('web')[1], group: aGroup({ arn: far }) }]]);
    const tags: Copies['tags'] = new Map([
      [far, { tags: [{ key: 'alb-target-sync', value: 'service=app port=80' }], readAtMs: 1 }],
    ]);
    expect(resolveConfiguration(settings(words), copies({ groups, tags }))).toMatchObject({
      groups: [],
      unread: [],
      findings: [
        { kind: 'unusable', subject: 'web', message: expect.stringContaining(`does not accept the target group ARN ${far}:`) },
      ],
    });
    expect(resolveConfiguration({ ...settings(words), home: undefined }, copies({ groups, tags }))).toMatchObject({
      groups: [{ group: { arn: far } }],
      findings: [],
    });
  });

  it('because its only line is wrong has the mistake as its finding, and no other', () => {
    const { groups, unread, findings } = resolveConfiguration(settings(), copies({ tags: tagged('web', 'service=app') }));
    expect({ groups, unread }).toEqual({ groups: [], unread: [] });
    expect(findings).toMatchObject([{ kind: 'wrong-line', subject: 'tag alb-target-sync of target group web' }]);
    expect(findings).toHaveLength(1);
  });

  it('does not keep the others from being served', () => {
    const words = settings({ targetGroups: [WEB, API], bindings: 'target-group=api service=api port=80; target-group=web x' });
    const groups = new Map([described('web', { targetType: 'lambda', protocol: undefined }), described('api')]);
    expect(resolveConfiguration(words, copies({ groups }))).toMatchObject({
      groups: [{ group: { name: 'api' } }],
      findings: [{ kind: 'wrong-line' }, { kind: 'unusable' }],
    });
  });
});

describe('a group is unread, which is no finding, while', () => {
  const tags = tagged('web', 'service=app port=80');

  it.each([
    ['it was never described', { groups: new Map(), tags }],
    ['its tags were never read', {}],
    ['its service was never described', { tags, services: new Map([known('api')]) }],
  ])('%s', (_, words) => {
    const expected = { groups: [], unread: [WEB], isUndiscovered: false, cloudMapServices: [], findings: [] };
    expect(resolveConfiguration(settings(), copies(words))).toEqual(expected);
  });

  it.each([
    ['its tag', settings({ clusters: [] }), { tags }],
    ['the parameter', settings({ clusters: [], bindings: 'service=app port=80' }), {}],
  ])('it is not known which cluster %s means', (_, words, known) => {
    const clusters = [clusterArn('prod'), clusterArn('staging')];
    for (const each of [undefined, clusters]) {
      const read = resolveConfiguration(words, copies({ ...known, clusters: each }));
      expect(read).toMatchObject({ groups: [], unread: [WEB], findings: [] });
    }
    const clustersOf = new Map([['app', [clusterArn()]]]);
    for (const found of [{ clusters: [clusterArn()] }, { clusters, clustersOf }]) {
      const read = resolveConfiguration(words, copies({ ...known, ...found }));
      expect(read).toMatchObject({
        groups: [{ bindings: [{ selector: { cluster: clusterArn() } }] }],
        unread: [],
        findings: [],
      });
    }
  });

  it('one of its services was never described: all bindings or none, since the missing one could not veto', () => {
    const words = settings({ bindings: 'service=app port=80; service=new port=80; family=nightly port=80' });
    expect(resolveConfiguration(words, copies())).toMatchObject({ groups: [], unread: [WEB] });
  });
});

describe('a binding is native', () => {
  const native = (service: DescribedService | 'unknown') =>
    resolveConfiguration(
      settings(),
      copies({
        tags: tagged('web', 'service=app port=80'),
        services: new Map([[`${clusterArn()} service=app`, service]]),
      }),
    );

  it('where the load balancers of its own service name the group: ECS writes, we observe', () => {
    const { groups, findings } = native(aService('app', { targetGroups: [API, WEB] }));
    expect(groups).toMatchObject([{ bindings: [{ native: true }] }]);
    const message =
      `ECS itself keeps ${WEB} for cluster=prod service=app: the service's loadBalancers name it. It is only ` +
      'observed. Write mode=observe into tag alb-target-sync of target group web, or take the group out of the service.';
    expect(findings).toEqual([{ kind: 'ecs-managed', subject: 'web', message }]);
  });

  it('not where they name another group, none, or ECS does not know the service', () => {
    for (const service of [aService('app', { targetGroups: [API] }), aService('app'), 'unknown' as const]) {
      expect(native(service)).toMatchObject({ groups: [{ bindings: [{ native: false }] }], findings: [] });
    }
  });

  it('never for a family, which is not asked about', () => {
    const configuration = resolveConfiguration(
      settings({ bindings: 'family=app port=80' }),
      copies({ services: new Map([known('app', WEB)]) }),
    );
    expect(configuration).toMatchObject({ groups: [{ bindings: [{ native: false }] }], findings: [] });
  });
});

describe('a binding knows the deployments of its service', () => {
  const deploymentsOf = (line: string, words: Partial<Copies> = {}): unknown =>
    resolveConfiguration(settings({ bindings: line }), copies(words)).groups[0]?.bindings[0]?.deployments;

  it('by which its tasks are known, and none of a family or of a service that ECS does not know', () => {
    expect(deploymentsOf('service=app port=80')).toEqual(new Set(['ecs-svc/app']));
    expect(deploymentsOf('family=app port=80')).toEqual(new Set());
    const services: Copies['services'] = new Map([[`${clusterArn()} service=app`, 'unknown']]);
    expect(deploymentsOf('service=app port=80', { services })).toEqual(new Set());
  });
});

describe('a binding of a service that nobody may describe', () => {
  it('is only observed, since its tasks cannot be read, and the other lines do not wait for it', () => {
    const services = new Map<string, DescribedService | 'denied'>([known('api'), [`${clusterArn()} service=app`, 'denied']]);
    const words = settings({ bindings: 'service=app port=80; service=api port=80' });
    expect(resolveConfiguration(words, copies({ services })).groups).toMatchObject([
      { bindings: [{ writes: false, native: false, deployments: new Set() }, { writes: true }] },
    ]);
  });
});

describe('a line of a tag that drains lacks a confirmation', () => {
  const lacking = (...lines: readonly string[]): boolean[] => {
    const tags = lines.map((value, index) => ({ key: `alb-target-sync:${index}`, value }));
    const { groups } = resolveConfiguration(settings(), copies({ tags: new Map([[WEB, { tags, readAtMs: 1 }]]) }));
    return groups.flatMap(({ bindings }) => bindings.map(({ lacksConfirmation }) => lacksConfirmation));
  };

  it('where it would take the last tasks out of the group', () => {
    expect(lacking('service=app port=80 mode=drain')).toEqual([true]);
    expect(lacking('service=app port=80 mode=drain', 'service=api port=80 mode=drain')).toEqual([true, true]);
    expect(lacking('service=app port=80 mode=drain', 'service=api port=80 mode=observe')).toEqual([true, false]);
  });

  it('not where another line feeds the group, or it says confirm=empty, or stands in the parameter', () => {
    expect(lacking('service=app port=80 mode=drain', 'service=api port=80')).toEqual([false, false]);
    expect(lacking('service=app port=80 mode=drain', 'service=api port=80 mode=register-only')).toEqual([false, false]);
    expect(lacking('service=app port=80 mode=drain confirm=empty')).toEqual([false]);
    const words = settings({ bindings: 'service=app port=80 mode=drain' });
    expect(resolveConfiguration(words, copies()).groups).toMatchObject([{ bindings: [{ lacksConfirmation: false }] }]);
  });

  it('never one that does not drain', () => {
    expect(lacking('service=app port=80')).toEqual([false]);
  });
});

describe('a Cloud Map service', () => {
  const mysql = cloudMapArn('srv-mysql');
  const words = settings({ targetGroups: [], cloudMapServices: [mysql] });

  it('is checked once its tags were read, line by line', () => {
    const tags = [
      { key: 'alb-target-sync', value: 'service=mysql' },
      { key: 'alb-target-sync:2', value: 'family=mysql-old' },
      { key: 'alb-target-sync:3', value: 'mysql' },
    ];
    const configuration = resolveConfiguration(words, copies({ cloudMapTags: new Map([[mysql, tags]]) }));
    expect(configuration).toMatchObject({
      cloudMapServices: [
        {
          service: mysql,
          isManaged: false,
          bindings: [{ selector: { kind: 'service', name: 'mysql' } }, { selector: { kind: 'family', name: 'mysql-old' } }],
        },
      ],
      findings: [{ kind: 'wrong-line', subject: 'tag alb-target-sync:3 of Cloud Map service srv-mysql' }],
    });
  });

  it('is known for one that Service Connect has made by the tag that ECS gives it', () => {
    const tags = [
      { key: 'alb-target-sync', value: 'service=mysql' },
      { key: 'AmazonECSManaged', value: 'true' },
    ];
    const { cloudMapServices } = resolveConfiguration(words, copies({ cloudMapTags: new Map([[mysql, tags]]) }));
    expect(cloudMapServices).toMatchObject([{ isManaged: true }]);
  });

  it('that does not exist is a finding, and is not checked', () => {
    const { cloudMapServices, findings } = resolveConfiguration(words, copies({ cloudMapTags: new Map([[mysql, 'gone']]) }));
    expect(cloudMapServices).toEqual([]);
    const message = `Cloud Map service ${mysql} does not exist. Create it, or take it out of the stack's parameter CloudMapServiceArns.`;
    expect(findings).toEqual([{ kind: 'unusable', subject: mysql, message }]);
  });

  it('is not checked before', () => {
    const nothing = { groups: [], unread: [], isUndiscovered: false, cloudMapServices: [], findings: [] };
    expect(resolveConfiguration(words, copies())).toEqual(nothing);
  });

  it('without a tag of ours is a finding, since a person has named it', () => {
    const tags = [{ key: 'Name', value: 'mysql' }];
    const { cloudMapServices, findings } = resolveConfiguration(words, copies({ cloudMapTags: new Map([[mysql, tags]]) }));
    expect(cloudMapServices).toEqual([]);
    expect(findings).toMatchObject([{ kind: 'wrong-line', subject: 'srv-mysql' }]);
  });

  it('that is elsewhere is a finding, unless a role reads it', () => {
    const far = cloudMapArn('srv-far', { account: '444455556666' });
    const away = settings({ targetGroups: [], cloudMapServices: [far] });
    const message =
      `Cloud Map service ${far} is in another account or region than this stack. Take it out of the stack's parameter ` +
      'CloudMapServiceArns, or set SpokeRoleName.';
    expect(resolveConfiguration(away, copies()).findings).toEqual([{ kind: 'unusable', subject: far, message }]);
    const spokeRole = { name: 'spoke', externalId: undefined };
    expect(resolveConfiguration({ ...away, spokeRole }, copies()).findings).toEqual([]);
  });
});

describe('a resource can be reached', () => {
  const spokeRole = { name: 'spoke', externalId: undefined };
  const elsewhere = { region: 'eu-west-2' };
  const other = { account: '444455556666' };

  it.each([
    ['a group at home', groupArn(), {}, true],
    ['no group of another region', groupArn('web', elsewhere), { spokeRole }, false],
    ['no group of another account', groupArn('web', other), { spokeRole }, false],
    ['a Cloud Map service at home', cloudMapArn(), {}, true],
    ['a Cloud Map service of another region of the account', cloudMapArn('srv', elsewhere), {}, true],
    ['no Cloud Map service of another account', cloudMapArn('srv', other), {}, false],
    ['one of another account by a role', cloudMapArn('srv', other), { spokeRole }, true],
    ['none of another partition by any role', cloudMapArn('srv'), { spokeRole, home: { ...HOME, partition: 'aws-cn' } }, false],
    ['any where home is not known', groupArn('web', other), { home: undefined }, true],
  ])('%s', (_, arn, words, expected) => {
    expect(isReachable(settings(words), arn)).toBe(expected);
  });
});

describe('where the parameters name nothing', () => {
  const found = settings({ targetGroups: [], cloudMapServices: [] });
  const discovered = { targetGroups: [WEB], cloudMapServices: [cloudMapArn()] };

  it('groups and services are those that carry the tag', () => {
    const cloudMapTags: Copies['cloudMapTags'] = new Map([[cloudMapArn(), [{ key: 'alb-target-sync', value: 'service=app' }]]]);
    const words = { discovered, tags: tagged('web', 'service=app port=80'), cloudMapTags };
    expect(resolveConfiguration(found, copies(words))).toMatchObject({
      groups: [{ group: { arn: WEB } }],
      unread: [],
      isUndiscovered: false,
      cloudMapServices: [{ service: cloudMapArn() }],
      findings: [],
    });
  });

  it('they are not, where the parameters name something', () => {
    const words = copies({ discovered: { ...discovered, targetGroups: [API] }, tags: tagged('web', 'service=app port=80') });
    expect(resolveConfiguration(settings(), words)).toMatchObject({
      groups: [{ group: { arn: WEB } }],
      unread: [],
      isUndiscovered: false,
    });
    expect(resolveConfiguration(settings(), copies()).isUndiscovered).toBe(false);
  });

  it('and nobody has found out yet, anything may be bound, and no line of the parameter is wrong for that', () => {
    const words = { ...found, bindings: 'target-group=web service=app port=80; service=app port=81' };
    const nothing = { groups: [], unread: [], isUndiscovered: true, cloudMapServices: [], findings: [] };
    expect(resolveConfiguration(words, copies())).toEqual(nothing);
    const read = resolveConfiguration(words, copies({ discovered: { ...discovered, targetGroups: [WEB, API] } }));
    expect(read.findings.map(({ subject }) => subject)).toEqual(['the parameter Bindings, line 2']);
  });

  it.each([
    ['is gone', 'gone' as const],
    ['has lost its tag', [{ key: 'Name', value: 'mysql' }]],
  ])('a Cloud Map service that %s is no finding: the index of tags may be behind', (_, answer) => {
    const words = copies({ discovered: { ...discovered, targetGroups: [] }, cloudMapTags: new Map([[cloudMapArn(), answer]]) });
    expect(resolveConfiguration(found, words)).toMatchObject({ cloudMapServices: [], findings: [] });
  });

  it('no finding names a parameter that nobody has set', () => {
    const message = `Cloud Map service ${cloudMapArn()} does not exist. Create it, or wait until AWS no longer lists it with the tag ${TAG}.`;
    expect(goneService(found, cloudMapArn())).toEqual({ kind: 'unusable', subject: cloudMapArn(), message });
    const words = copies({
      discovered,
      tags: new Map([[WEB, { tags: [], readAtMs: 1 }]]),
      cloudMapTags: new Map([[cloudMapArn(), []]]),
    });
    const { findings } = resolveConfiguration(found, words);
    expect(findings).toMatchObject([{ kind: 'not-bound' }]);
    for (const each of findings) expect(each.message).not.toMatch(/TargetGroupArns|CloudMapServiceArns/);
  });

  it('clusters are those of the parameter all the same, and those found only where it has none', () => {
    const clusters = [clusterArn('staging')];
    expect(scopeOf(found, { ...NO_COPIES, clusters }).anyCluster).toEqual([clusterArn('prod')]);
    expect(scopeOf({ ...found, clusters: [] }, { ...NO_COPIES, clusters }).anyCluster).toEqual(clusters);
    expect(scopeOf({ ...found, clusters: [] }, NO_COPIES).anyCluster).toBeUndefined();
    expect(scopeOf(found, { ...NO_COPIES, discovered }).home).toEqual(HOME);
  });
});

describe('a group that nothing binds', () => {
  const tags: Copies['tags'] = new Map([[WEB, { tags: [{ key: 'Name', value: 'web' }], readAtMs: 1 }]]);
  const advice =
    'Tag it alb-target-sync="service=NAME port=8080", or add "target-group=web service=NAME port=8080" to the parameter Bindings.';

  it('is a notice that shows the line, as long as it has no targets', () => {
    const message = `No line binds target group ${WEB}. ${advice}`;
    for (const unboundTargets of [new Map(), new Map([[WEB, 0]])]) {
      expect(resolveConfiguration(settings(), copies({ tags, unboundTargets }))).toEqual({
        groups: [],
        unread: [],
        isUndiscovered: false,
        cloudMapServices: [],
        findings: [{ kind: 'not-bound', subject: 'web', message }],
      });
    }
  });

  it('is a mistake where it has targets: somebody has taken its line away', () => {
    const message =
      `No line binds target group ${WEB}. Its 1 targets are kept by nobody: tasks that stop stay in, ` +
      `and new ones stay out. ${advice}`;
    const { findings } = resolveConfiguration(settings(), copies({ tags, unboundTargets: new Map([[WEB, 1]]) }));
    expect(findings).toEqual([{ kind: 'unbound', subject: 'web', message }]);
  });

  it('is known once its tags were read, or where they do not count', () => {
    expect(unboundGroups(aScope(), copies({ tags }))).toEqual([WEB]);
    expect(unboundGroups(aScope(), copies())).toEqual([]);
    expect(unboundGroups(aScope({ tagBindings: false }), copies())).toEqual([WEB]);
    expect(unboundGroups(aScope({ tagBindings: false }), copies({ tags: tagged('web', 'service=app port=80') }))).toEqual([
      WEB,
    ]);
  });

  it('is none with a line, be it a wrong one or one that has to wait', () => {
    for (const line of ['service=app port=80', 'nonsense']) {
      expect(unboundGroups(aScope(), copies({ tags: tagged('web', line) }))).toEqual([]);
      expect(unboundGroups(aScope({ bindings: `target-group=web ${line}` }), copies({ tags }))).toEqual([]);
    }
    expect(unboundGroups(aScope({ clusters: [] }), copies({ tags: tagged('web', 'service=app port=80') }))).toEqual([]);
  });

  it.each([
    ['was never described', new Map()],
    ['is gone', new Map([[WEB, 'gone' as const]])],
    ['is refused', new Map([[WEB, 'refused' as const]])],
    ['is of another type', new Map([described('web', { targetType: 'instance' })])],
    ['is for another protocol', new Map([described('web', { protocol: 'GENEVE' })])],
  ])('is none that %s', (_, groups) => {
    expect(unboundGroups(aScope(), copies({ tags, groups }))).toEqual([]);
  });
});

describe('the bindings of a group as one text', () => {
  it('are its lines in their order, and change with any of them', () => {
    const textOf = (bindings: string): string[] =>
      resolveConfiguration(settings({ bindings }), copies()).groups.map(bindingText);
    expect(textOf('service=app port=80+81; service=api port=80 ready=healthy')).toEqual([
      'cluster=prod service=app port=80; cluster=prod service=app port=81; cluster=prod service=api port=80 ready=healthy',
    ]);
    expect(textOf('service=app port=80')).not.toEqual(textOf('service=app port=80 mode=drain'));
  });
});
