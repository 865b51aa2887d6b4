import { describe, expect, it } from 'vitest';
import {
  HOLD,
  isDiscovering,
  linesOfParameter,
  linesOfService,
  linesOfTags,
  type Scope,
  type Settings,
  servicesWithoutCluster,
  TAG,
} from '../../functions/core/binding-sources.ts';
import { NO_COPIES, scopeOf } from '../../functions/core/configuration.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { aScope, aSettings, cloudMapArn, clusterArn, groupArn } from '../support/values.ts';

const WEB = groupArn('web');
const API = groupArn('api');

const PROD = clusterArn('prod');
const STAGING = clusterArn('staging');

/** A scope without clusters in the parameter, where two were found. */
function twoFound(clustersOf: Scope['clustersOf'], words: Partial<Settings> = {}): Scope {
  return scopeOf(aSettings({ clusters: [], ...words }), { ...NO_COPIES, clusters: [PROD, STAGING], clustersOf });
}

function mistake(resource: string, word: string, expected: string): Finding {
  return {
    kind: 'wrong-line',
    subject: resource,
    message: `In ${resource}, "${word}" cannot be used; expected ${expected}. This line is left out, and nothing else is.`,
  };
}

const PORT =
  'port=8080, a port name of the task definition such as port=http, or several with + between them such as port=8080+9090';

/** Group, selector and port of each line that was read. */
function brief({ bindings }: ReturnType<typeof linesOfParameter>): string[] {
  return bindings.map(({ group, binding }) => `${group === WEB ? 'web' : 'api'} ${binding.selector.name}:${binding.port}`);
}

describe('the words of a tag', () => {
  it('are those that people have written', () => {
    expect([TAG, HOLD]).toEqual(['alb-target-sync', 'hold']);
  });
});

describe('the parameter Bindings', () => {
  it('is nothing when empty: no line, no mistake, no group named', () => {
    expect(linesOfParameter(aScope())).toEqual({ bindings: [], mistakes: [], named: new Set(), unread: new Set() });
  });

  it('may leave out the group where there is exactly one', () => {
    const lines = linesOfParameter(aScope({ bindings: 'service=app port=80; service=app port=81' }));
    expect(brief(lines)).toEqual(['web app:80', 'web app:81']);
    expect(lines).toMatchObject({ mistakes: [], named: new Set([WEB]) });
    expect(lines.bindings.map(({ binding }) => binding.source)).toEqual([
      'the parameter Bindings, line 1',
      'the parameter Bindings, line 2',
    ]);
  });

  it('hands the mode of the stack to its lines', () => {
    const lines = linesOfParameter(aScope({ bindings: 'service=app port=80', mode: 'observe' }));
    expect(lines.bindings.map(({ binding }) => binding.writes)).toEqual([false]);
  });

  it('binds several groups, each line the one that it names', () => {
    const bindings = 'target-group=web service=app port=80; service=api port=81 target-group=api';
    const lines = linesOfParameter(aScope({ targetGroups: [WEB, API], bindings }));
    expect(brief(lines)).toEqual(['web app:80', 'api api:81']);
    expect(lines.named).toEqual(new Set([WEB, API]));
  });
});

describe('a wrong line of the parameter', () => {
  it('stops that line only', () => {
    const lines = linesOfParameter(aScope({ bindings: 'service=app prt=80; service=app port=81' }));
    expect(brief(lines)).toEqual(['web app:81']);
    const keys = 'one of target-group=, cluster=, service=, family=, port=, zone=, ready=, mode=, confirm=';
    expect(lines.mistakes).toEqual([mistake('the parameter Bindings, line 1', 'prt=80', keys)]);
  });

  it('still names its group: somebody has thought of it, so its tags do not count', () => {
    const bindings = 'target-group=api service=app';
    expect(linesOfParameter(aScope({ targetGroups: [WEB, API], bindings }))).toMatchObject({
      named: new Set([API]),
      bindings: [],
    });
  });

  it.each([
    ['service=app port=80', [WEB, API], '(no target-group=)', 'target-group=web or target-group=api'],
    ['target-group=x service=app port=80', [WEB, API], 'target-group=x', 'target-group=web or target-group=api'],
    ['target-group= service=app port=80', [WEB], 'target-group=', 'target-group=web'],
    ['service=app port=80', [], '(no target-group=)', 'a target group'],
  ])('%j is told the groups that there are', (bindings, targetGroups, word, expected) => {
    const resource = 'the parameter Bindings, line 1';
    expect(linesOfParameter(aScope({ targetGroups, bindings }))).toEqual({
      bindings: [],
      mistakes: [mistake(resource, word, `${expected}, of the stack's parameter TargetGroupArns or with the tag ${TAG}`)],
      named: new Set(),
      unread: new Set(),
    });
  });

  it('shows at most 100 characters of the group that it names', () => {
    const [finding] = linesOfParameter(aScope({ bindings: `target-group=${'x'.repeat(200)}` })).mistakes;
    expect(finding?.message).toContain(`"target-group=${'x'.repeat(87)}" cannot be used`);
  });

  it('is one whose group two ARNs have the name of', () => {
    const twin = groupArn('web', { region: 'eu-west-2' });
    const lines = linesOfParameter(aScope({ targetGroups: [WEB, twin], bindings: 'target-group=web service=app port=80' }));
    expect(lines).toMatchObject({ bindings: [], mistakes: [{ kind: 'wrong-line' }], named: new Set() });
  });
});

describe('the tags of a group', () => {
  const tags = (...lines: readonly (readonly [string, string])[]) => lines.map(([key, value]) => ({ key, value }));

  it('count where they are ours, each tag one line, in the order of their keys', () => {
    const lines = linesOfTags(
      aScope(),
      WEB,
      tags(
        ['alb-target-sync:z', 'service=c port=80'],
        ['alb-target-sync:a', 'service=b port=80'],
        ['Name', 'service=x port=80'],
        ['alb-target-sync', 'service=a port=80'],
        ['alb-target-sync-old', 'service=y port=80'],
        ['my:alb-target-sync', 'service=w port=80'],
      ),
    );
    expect(TAG).toBe('alb-target-sync');
    expect(brief(lines)).toEqual(['web a:80', 'web b:80', 'web c:80']);
    expect(lines).toMatchObject({ mistakes: [], named: new Set([WEB]) });
    expect(lines.bindings.map(({ binding }) => binding.source)).toEqual([
      'tag alb-target-sync of target group web',
      'tag alb-target-sync:a of target group web',
      'tag alb-target-sync:z of target group web',
    ]);
  });

  it('name nothing where none is ours', () => {
    expect(linesOfTags(aScope(), WEB, tags(['Name', 'web']))).toEqual({
      bindings: [],
      mistakes: [],
      named: new Set(),
      unread: new Set(),
    });
  });

  it('may be wrong one by one', () => {
    const lines = linesOfTags(
      aScope({ mode: 'observe' }),
      WEB,
      tags([TAG, 'service=app'], [`${TAG}:2`, 'service=app port=80'], [`${TAG}:3`, 'target-group=web service=b port=80']),
    );
    expect(brief(lines)).toEqual(['web app:80']);
    expect(lines.bindings.map(({ binding }) => binding.writes)).toEqual([false]);
    expect(lines.mistakes).toEqual([
      mistake('tag alb-target-sync of target group web', '(no port=)', PORT),
      mistake(
        'tag alb-target-sync:3 of target group web',
        'target-group=web',
        'one of cluster=, service=, family=, port=, zone=, ready=, mode=, confirm=',
      ),
    ]);
  });
});

describe('two lines on the same tasks and port', () => {
  it('could contradict each other: the first one stands, and every later one is a mistake', () => {
    const bindings = 'service=app port=80; service=app port=80 mode=drain; service=app port=80 zone=all';
    const lines = linesOfParameter(aScope({ bindings }));
    expect(lines.bindings.map(({ binding: { drain, zone } }) => ({ drain, zone }))).toEqual([
      { drain: false, zone: undefined },
    ]);
    const expected = 'no second line for what the parameter Bindings, line 1 binds';
    expect(lines.mistakes).toEqual([
      mistake('the parameter Bindings, line 2', 'port=80', expected),
      mistake('the parameter Bindings, line 3', 'port=80', expected),
    ]);
  });

  it.each([
    ['another port', 'service=app port=80; service=app port=81 mode=drain', [WEB]],
    ['another service', 'service=app port=80; service=api port=80', [WEB]],
    ['a family of the same name', 'service=app port=80; family=app port=80', [WEB]],
    ['another group', 'target-group=web service=app port=80; target-group=api service=app port=80', [WEB, API]],
  ])('do not overlap when they say %s', (_, bindings, targetGroups) => {
    expect(linesOfParameter(aScope({ bindings, targetGroups }))).toMatchObject({ mistakes: [], bindings: [{}, {}] });
  });

  it('do not overlap when they say another cluster', () => {
    const bindings = 'cluster=prod service=app port=80; cluster=staging service=app port=80';
    const lines = linesOfParameter(aScope({ bindings, clusters: [PROD, STAGING] }));
    expect(lines).toMatchObject({ mistakes: [], bindings: [{}, {}] });
  });
});

describe('a line with several ports', () => {
  it('is one binding for each, and overlaps with another line port by port', () => {
    const bindings = 'service=app port=80+81+http; service=app port=81+82; service=app port=http zone=all';
    const lines = linesOfParameter(aScope({ bindings }));
    expect(brief(lines)).toEqual(['web app:80', 'web app:81', 'web app:http', 'web app:82']);
    const expected = 'no second line for what the parameter Bindings, line 1 binds';
    expect(lines.mistakes).toEqual([
      mistake('the parameter Bindings, line 2', 'port=81', expected),
      mistake('the parameter Bindings, line 3', 'port=http', expected),
    ]);
  });
});

describe('a line whose cluster nobody knows yet', () => {
  const unknown = twoFound(new Map([['api', [STAGING]]]), {
    targetGroups: [WEB, API],
    bindings: 'target-group=web service=app port=80; target-group=api service=api port=81; service=app port=80',
  });

  it('of the parameter leaves its group unread, which it names, and is no mistake', () => {
    const lines = linesOfParameter(unknown);
    expect(brief(lines)).toEqual(['api api:81']);
    expect(lines.bindings.map(({ binding }) => binding.selector.cluster)).toEqual([STAGING]);
    expect(lines).toMatchObject({ named: new Set([WEB, API]), unread: new Set([WEB]) });
    expect(lines.mistakes.map(({ subject }) => subject)).toEqual(['the parameter Bindings, line 3']);
  });

  it('of a tag leaves its group unread', () => {
    const tags = [
      { key: TAG, value: 'service=app port=80' },
      { key: `${TAG}:2`, value: 'service=api port=80' },
    ];
    const lines = linesOfTags(unknown, WEB, tags);
    expect(brief(lines)).toEqual(['web api:80']);
    expect(lines).toMatchObject({ mistakes: [], named: new Set([WEB]), unread: new Set([WEB]) });
  });

  it('of a Cloud Map service is neither a binding nor a mistake', () => {
    const lines = linesOfService(unknown, cloudMapArn(), [{ key: TAG, value: 'service=app' }]);
    expect(lines).toEqual({ bindings: [], mistakes: [] });
  });
});

describe('a line on a cluster of another account', () => {
  const far = clusterArn('prod', { account: '444455556666' });
  const tags = [{ key: TAG, value: 'service=app port=80' }];

  it('is read where the stack has a role for it, and a mistake where it has none', () => {
    const words = { clusters: [far] };
    const spokeRole = { name: 'spoke', externalId: undefined };
    const lines = linesOfTags(aScope({ ...words, spokeRole }), WEB, tags);
    expect(lines.bindings.map(({ binding }) => binding.selector.cluster)).toEqual([far]);
    const expected = "a cluster of account 111122223333, or the stack's parameter SpokeRoleName";
    const resource = 'tag alb-target-sync of target group web';
    expect(linesOfTags(aScope(words), WEB, tags).mistakes).toEqual([mistake(resource, `cluster=${far}`, expected)]);
  });
});

describe('the services that lines name without a cluster', () => {
  it('are those of parameter and tags, each once, with an empty name for lines that name none', () => {
    const bindings = 'target-group=web service=b port=80; cluster=prod service=c port=80; service=b port=81';
    const tags = [
      [
        { key: TAG, value: 'service=a port=80' },
        { key: `${TAG}:2`, value: 'service=d cluster=staging port=80' },
        { key: 'Name', value: 'service=e port=80' },
      ],
      [{ key: TAG, value: 'service=b' }],
    ];
    expect(servicesWithoutCluster(aScope({ bindings }), tags)).toEqual(['a', 'b']);
    expect(servicesWithoutCluster(aScope({ bindings: 'family=nightly port=80; family=x port=80' }), tags)).toEqual([
      '',
      'a',
      'b',
    ]);
    expect(servicesWithoutCluster(aScope({ bindings: 'cluster=prod family=nightly port=80' }), [])).toEqual([]);
  });
});

describe('groups and Cloud Map services are found by their tag', () => {
  it.each([
    ['where the parameters name none', [], [], true],
    ['not where one names a group', [WEB], [], false],
    ['not where one names a Cloud Map service', [], [cloudMapArn()], false],
    ['not where they name both', [WEB], [cloudMapArn()], false],
  ])('%s', (_, targetGroups, cloudMapServices, expected) => {
    expect(isDiscovering(aSettings({ targetGroups, cloudMapServices }))).toBe(expected);
  });
});

describe('the tags of a Cloud Map service', () => {
  const service = cloudMapArn('srv-mysql');
  const resource = 'tag alb-target-sync of Cloud Map service srv-mysql';

  it('say which tasks its instances are', () => {
    expect(linesOfService(aScope(), service, [{ key: TAG, value: 'service=mysql' }])).toEqual({
      bindings: [{ selector: { kind: 'service', cluster: clusterArn(), name: 'mysql' }, port: undefined, source: resource }],
      mistakes: [],
    });
  });

  it('are a mistake where they cannot be read', () => {
    expect(linesOfService(aScope(), service, [{ key: TAG, value: 'mysql' }])).toEqual({
      bindings: [],
      mistakes: [mistake(resource, 'mysql', 'one of cluster=, service=, family=, port=')],
    });
  });

  it.each([[[]], [[{ key: 'Name', value: 'service=mysql' }]]])('are missed where there are none of ours: %j', (tags) => {
    const message =
      `No tag binds Cloud Map service ${service}. ` +
      'Tag it alb-target-sync="service=NAME", the ECS service whose tasks it lists.';
    expect(linesOfService(aScope(), service, tags)).toEqual({
      bindings: [],
      mistakes: [{ kind: 'wrong-line', subject: 'srv-mysql', message }],
    });
  });
});
