import { describe, expect, it } from 'vitest';
import type { Settings } from '../../functions/core/binding-sources.ts';
import {
  boundServices,
  type Copies,
  type DescribedGroup,
  type DescribedService,
  isSurelyUnbound,
  NO_COPIES,
  resolveConfiguration,
  tagBoundGroups,
} from '../../functions/core/configuration.ts';
import type { TargetGroupArn } from '../../functions/core/values.ts';
import { aGroup, aHint, aSettings, cloudMapArn, clusterArn, groupArn, taskArn } from '../support/values.ts';

const WEB = groupArn('web');
const API = groupArn('api');

const settings = (words: Partial<Settings> = {}): Settings => aSettings({ targetGroups: [WEB], ...words });

function described(name: string, targetType = 'ip'): readonly [TargetGroupArn, DescribedGroup] {
  const group = aGroup({ arn: groupArn(name), name });
  return [group.arn, { group, targetType }];
}

function tagged(name: string, value: string, readAtMs = 5_000): Copies['tags'] {
  return new Map([[groupArn(name), { tags: [{ key: 'alb-target-sync', value }], readAtMs }]]);
}

function known(name: string, ...targetGroups: readonly string[]): readonly [string, DescribedService] {
  return [`${clusterArn()} service=${name}`, { name, targetGroups, deployments: [`ecs-svc/${name}`] }];
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
  const words = settings({ targetGroups: [WEB, API], bindings: 'target-group=web service=app port=80' });

  it('are the tags of groups that no line of the parameter names', () => {
    expect(tagBoundGroups(words)).toEqual([API]);
    expect(tagBoundGroups(settings())).toEqual([WEB]);
  });

  it('are the services of all lines, each once, and no families', () => {
    const binding =
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
    expect(isSurelyUnbound(settings({ targetGroups: [] }), hint)).toBe(true);
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
      expect(isSurelyUnbound(settings({ targetGroups, binding, cloudMapServices }), hint)).toBe(false);
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
      cloudMapServices: [],
      findings: [{ kind: 'unusable', subject: 'web', message }],
    });
  });

  it('because ELB does not accept its ARN is a finding', () => {
    const message =
      `ELB does not accept the target group ARN ${WEB}. It has to be of the region and account of this stack. Correct it in ` +
      "the stack's parameter TargetGroupArns.";
    const refused = copies({ groups: new Map([[WEB, 'refused']]), tags: tagged('web', 'service=app port=80') });
    expect(resolveConfiguration(settings(), refused)).toEqual({
      groups: [],
      unread: [],
      cloudMapServices: [],
      findings: [{ kind: 'unusable', subject: 'web', message }],
    });
  });

  it.each(['instance', 'lambda', 'alb'])('because it is of type %s is a finding', (targetType) => {
    const groups = new Map([described('web', targetType)]);
    const configuration = resolveConfiguration(settings(), copies({ groups, tags: tagged('web', 'service=app port=80') }));
    const message =
      `Target group ${WEB} has target type "${targetType}"; expected "ip", since tasks are registered by address. ` +
      'The type of a group cannot be changed: create one with --target-type ip.';
    expect(configuration).toMatchObject({ groups: [], unread: [], findings: [{ kind: 'unusable', subject: 'web', message }] });
  });

  it('because no line binds it is a finding that shows the line', () => {
    const tags = new Map([[WEB, { tags: [{ key: 'Name', value: 'web' }], readAtMs: 1 }]]);
    const message =
      `Target group ${WEB} is in TargetGroupArns, and no line binds it. Tag it alb-target-sync="service=NAME port=8080", or add ` +
      '"target-group=web service=NAME port=8080" to the parameter Bindings.';
    expect(resolveConfiguration(settings(), copies({ tags }))).toEqual({
      groups: [],
      unread: [],
      cloudMapServices: [],
      findings: [{ kind: 'mistake', subject: 'web', message }],
    });
  });

  it('because its only line is wrong has the mistake as its finding, and no other', () => {
    const { groups, unread, findings } = resolveConfiguration(settings(), copies({ tags: tagged('web', 'service=app') }));
    expect({ groups, unread }).toEqual({ groups: [], unread: [] });
    expect(findings).toMatchObject([{ kind: 'mistake', subject: 'tag alb-target-sync of target group web' }]);
    expect(findings).toHaveLength(1);
  });

  it('does not keep the others from being served', () => {
    const words = settings({ targetGroups: [WEB, API], bindings: 'target-group=api service=api port=80; target-group=web x' });
    const groups = new Map([described('web', 'lambda'), described('api')]);
    expect(resolveConfiguration(words, copies({ groups }))).toMatchObject({
      groups: [{ group: { name: 'api' } }],
      findings: [{ kind: 'mistake' }, { kind: 'unusable' }],
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
    const expected = { groups: [], unread: [WEB], cloudMapServices: [], findings: [] };
    expect(resolveConfiguration(settings(), copies(words))).toEqual(expected);
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
    const { groups, findings } = native({ name: 'app', targetGroups: [API, WEB], deployments: [] });
    expect(groups).toMatchObject([{ bindings: [{ native: true }] }]);
    const message =
      `ECS itself keeps ${WEB} for cluster=prod service=app: the service's loadBalancers name it. It is only ` +
      'observed. Write mode=observe into tag alb-target-sync of target group web, or take the group out of the service.';
    expect(findings).toEqual([{ kind: 'ecs-managed', subject: 'web', message }]);
  });

  it('not where they name another group, none, or ECS does not know the service', () => {
    const app = { name: 'app', deployments: [] };
    for (const service of [{ ...app, targetGroups: [API] }, { ...app, targetGroups: [] }, 'unknown' as const]) {
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
    resolveConfiguration(settings({ binding: line }), copies(words)).groups[0]?.bindings[0]?.deployments;

  it('by which its tasks are known, and none of a family or of a service that ECS does not know', () => {
    expect(deploymentsOf('service=app port=80')).toEqual(new Set(['ecs-svc/app']));
    expect(deploymentsOf('family=app port=80')).toEqual(new Set());
    const services: Copies['services'] = new Map([[`${clusterArn()} service=app`, 'unknown']]);
    expect(deploymentsOf('service=app port=80', { services })).toEqual(new Set());
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
      findings: [{ kind: 'mistake', subject: 'tag alb-target-sync:3 of Cloud Map service srv-mysql' }],
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
    expect(resolveConfiguration(words, copies())).toEqual({ groups: [], unread: [], cloudMapServices: [], findings: [] });
  });
});
