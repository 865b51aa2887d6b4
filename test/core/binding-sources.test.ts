import { describe, expect, it } from 'vitest';
import { linesOfParameter, linesOfService, linesOfTags, type Settings, TAG } from '../../functions/core/binding-sources.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { parseTargetGroupArn } from '../../functions/core/values.ts';
import { aSettings, cloudMapArn, clusterArn, groupArn, unwrap } from '../support/values.ts';

const WEB = groupArn('web');
const API = groupArn('api');

const settings = (words: Partial<Settings> = {}): Settings => aSettings({ targetGroups: [WEB], ...words });

function mistake(resource: string, word: string, expected: string): Finding {
  return {
    kind: 'mistake',
    subject: resource,
    message: `In ${resource}, "${word}" cannot be used; expected ${expected}. This line is left out, and nothing else is.`,
  };
}

/** Group, selector and port of each line that was read. */
function brief({ bindings }: ReturnType<typeof linesOfParameter>): string[] {
  return bindings.map(({ group, bindings }) => `${group === WEB ? 'web' : 'api'} ${binding.selector.name}:${binding.port}`);
}

describe('the parameter Bindings', () => {
  it('is nothing when empty: no line, no mistake, no group named', () => {
    expect(linesOfParameter(settings())).toEqual({ bindings: [], mistakes: [], named: new Set() });
  });

  it('may leave out the group where there is exactly one', () => {
    const lines = linesOfParameter(settings({ bindings: 'service=app port=80; service=app port=81' }));
    expect(brief(lines)).toEqual(['web app:80', 'web app:81']);
    expect(lines).toMatchObject({ mistakes: [], named: new Set([WEB]) });
    expect(lines.bindings.map(({ binding }) => binding.source)).toEqual([
      'the parameter Bindings, line 1',
      'the parameter Bindings, line 2',
    ]);
  });

  it('hands the mode of the stack to its lines', () => {
    const lines = linesOfParameter(settings({ bindings: 'service=app port=80', mode: 'observe' }));
    expect(lines.bindings.map(({ binding }) => binding.writes)).toEqual([false]);
  });

  it('binds several groups, each line the one that it names', () => {
    const bindings = 'target-group=web service=app port=80; service=api port=81 target-group=api';
    const lines = linesOfParameter(settings({ targetGroups: [WEB, API], bindings }));
    expect(brief(lines)).toEqual(['web app:80', 'api api:81']);
    expect(lines.named).toEqual(new Set([WEB, API]));
  });
});

describe('a wrong line of the parameter', () => {
  it('stops that line only', () => {
    const lines = linesOfParameter(settings({ bindings: 'service=app prt=80; service=app port=81' }));
    expect(brief(lines)).toEqual(['web app:81']);
    const keys = 'one of target-group=, cluster=, service=, family=, port=, zone=, mode=, confirm=';
    expect(lines.mistakes).toEqual([mistake('the parameter Bindings, line 1', 'prt=80', keys)]);
  });

  it('still names its group: somebody has thought of it, so its tags do not count', () => {
    const bindings = 'target-group=api service=app';
    expect(linesOfParameter(settings({ targetGroups: [WEB, API], bindings }))).toMatchObject({
      named: new Set([API]),
      bindings: [],
    });
  });

  it.each([
    ['service=app port=80', [WEB, API], '(no target-group=)', 'target-group=web or target-group=api'],
    ['target-group=x service=app port=80', [WEB, API], 'target-group=x', 'target-group=web or target-group=api'],
    ['target-group= service=app port=80', [WEB], 'target-group=', 'target-group=web'],
    ['service=app port=80', [], '(no target-group=)', 'a target group'],
  ])('%j is told the groups that there are', (binding, targetGroups, word, expected) => {
    const resource = 'the parameter Bindings, line 1';
    expect(linesOfParameter(settings({ targetGroups, bindings }))).toEqual({
      bindings: [],
      mistakes: [mistake(resource, word, `${expected}, of the stack's parameter TargetGroupArns`)],
      named: new Set(),
    });
  });

  it('shows at most 100 characters of the group that it names', () => {
    const [finding] = linesOfParameter(settings({ bindings: `target-group=${'x'.repeat(200)}` })).mistakes;
    expect(finding?.message).toContain(`"target-group=${'x'.repeat(87)}" cannot be used`);
  });

  it('is one whose group two ARNs have the name of', () => {
    const twin = unwrap(
      parseTargetGroupArn('arn:aws:elasticloadbalancing:eu-west-2:111122223333:targetgroup/web/0123456789abcdef'),
    );
    const lines = linesOfParameter(settings({ targetGroups: [WEB, twin], bindings: 'target-group=web service=app port=80' }));
    expect(lines).toMatchObject({ bindings: [], mistakes: [{ kind: 'mistake' }], named: new Set() });
  });
});

describe('the tags of a group', () => {
  const tags = (...lines: readonly (readonly [string, string])[]) => lines.map(([key, value]) => ({ key, value }));

  it('count where they are ours, each tag one line, in the order of their keys', () => {
    const lines = linesOfTags(
      settings(),
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
    expect(linesOfTags(settings(), WEB, tags(['Name', 'web']))).toEqual({ bindings: [], mistakes: [], named: new Set() });
  });

  it('may be wrong one by one', () => {
    const lines = linesOfTags(
      settings({ mode: 'observe' }),
      WEB,
      tags([TAG, 'service=app'], [`${TAG}:2`, 'service=app port=80'], [`${TAG}:3`, 'target-group=web service=b port=80']),
    );
    expect(brief(lines)).toEqual(['web app:80']);
    expect(lines.bindings.map(({ binding }) => binding.writes)).toEqual([false]);
    expect(lines.mistakes).toEqual([
      mistake('tag alb-target-sync of target group web', '(no port=)', 'port=a port from 1 to 65535, such as port=8080'),
      mistake(
        'tag alb-target-sync:3 of target group web',
        'target-group=web',
        'one of cluster=, service=, family=, port=, zone=, mode=, confirm=',
      ),
    ]);
  });
});

describe('two lines on the same tasks and port', () => {
  it('could contradict each other: the first one stands, and every later one is a mistake', () => {
    const bindings = 'service=app port=80; service=app port=80 mode=drain; service=app port=80 zone=all';
    const lines = linesOfParameter(settings({ binding }));
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
  ])('do not overlap when they say %s', (_, binding, targetGroups) => {
    expect(linesOfParameter(settings({ bindings, targetGroups }))).toMatchObject({ mistakes: [], bindings: [{}, {}] });
  });

  it('do not overlap when they say another cluster', () => {
    const bindings = 'cluster=prod service=app port=80; cluster=staging service=app port=80';
    const lines = linesOfParameter(settings({ binding, clusters: [clusterArn('prod'), clusterArn('staging')] }));
    expect(lines).toMatchObject({ mistakes: [], bindings: [{}, {}] });
  });
});

describe('the tags of a Cloud Map service', () => {
  const service = cloudMapArn('srv-mysql');
  const resource = 'tag alb-target-sync of Cloud Map service srv-mysql';

  it('say which tasks its instances are', () => {
    expect(linesOfService(settings(), service, [{ key: TAG, value: 'service=mysql' }])).toEqual({
      bindings: [{ selector: { kind: 'service', cluster: clusterArn(), name: 'mysql' }, port: undefined, source: resource }],
      mistakes: [],
    });
  });

  it('are a mistake where they cannot be read', () => {
    expect(linesOfService(settings(), service, [{ key: TAG, value: 'mysql' }])).toEqual({
      bindings: [],
      mistakes: [mistake(resource, 'mysql', 'one of cluster=, service=, family=, port=')],
    });
  });

  it.each([[[]], [[{ key: 'Name', value: 'service=mysql' }]]])('are missed where there are none of ours: %j', (tags) => {
    const message =
      `Cloud Map service ${service} is in CloudMapServiceArns, and no tag binds it. ` +
      'Tag it alb-target-sync="service=NAME", the ECS service whose tasks it lists.';
    expect(linesOfService(settings(), service, tags)).toEqual({
      bindings: [],
      mistakes: [{ kind: 'mistake', subject: 'srv-mysql', message }],
    });
  });
});
