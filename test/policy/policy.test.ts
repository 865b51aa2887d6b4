import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { CLUSTER, GROUP } from '../../scripts/simulator/deployment.ts';
import { HOME } from '../../scripts/simulator/home.ts';
import { inWords } from './denied.ts';
import { comparePolicy, type PolicyFindings, reasonOf } from './findings.ts';
import { isByLambda, isUnlimited, ownGrants, PARTIES, renderPolicyPage } from './page.ts';
import { deniedOf } from './recorded.ts';
import { requestsOf } from './requests.ts';
import { ask, roleOf, SPOKES, spokeRoleOf } from './role.ts';

const SETTINGS: SettingsText = {
  clusters: [CLUSTER],
  targetGroups: [GROUP],
  cloudMapServices: [],
  binding: '',
  mode: 'enforce',
};

const OTHER_ACTIONS = ['ecs', 'elasticloadbalancing', 'events', 'logs', 'servicediscovery', 'sqs', 'sts', 'tag'].map(
  (service) => `other action of ${service}`,
);
const ELSEWHERE = ['other account', 'other partition', 'other region', 'name that begins alike'];
const BESIDE_CLUSTERS = [
  'cluster not told',
  'other account, our cluster told',
  'other cluster',
  'other partition, our cluster told',
];
const BESIDE_NAMES = ['other event bus', 'other log group', 'other role'];
const WITHOUT = ['event, no bus given', 'other accounts, none given', 'write in observe'];

/** What has to be tried, by whose role. */
const KINDS = {
  'by tag': [
    ...[...OTHER_ACTIONS, ...ELSEWHERE, ...BESIDE_NAMES, ...WITHOUT],
    ...['group with another tag', 'group without the tag', 'tag told by the request'],
  ].sort(),
  'by name': [
    ...[...OTHER_ACTIONS, ...ELSEWHERE, ...BESIDE_CLUSTERS, ...BESIDE_NAMES, ...WITHOUT],
    ...['Cloud Map, none given', 'other Cloud Map service', 'other target group'],
  ].sort(),
  spoke: [...OTHER_ACTIONS, ...ELSEWHERE, ...BESIDE_CLUSTERS].sort(),
  between: [
    'EventBridge sends for another account',
    'event of an account that is no spoke',
    'event of another source',
    'event to a hub without spokes',
    'event to another bus',
    'no external ID',
    'other role of the hub',
    'other service sends',
    'other spoke',
    'role of that name in another account',
    'user of the hub',
    'wrong external ID',
  ],
};

describe('the policy equals the behaviour', () => {
  let found: PolicyFindings | undefined;
  const findings = (): PolicyFindings => {
    if (found === undefined) throw new Error('Nothing was compared.');
    return found;
  };

  // On a machine that others share it takes three times as long as on one of its own.
  beforeAll(async () => {
    found = await comparePolicy();
  }, 240_000);

  it('allows every call that the function sends, at home, in other regions and by the role of a spoke', () => {
    const { run, denied } = findings();
    expect(run.calls).toBeGreaterThan(1_000);
    expect(denied).toEqual([]);
    const places = new Set(run.recorded.map(({ home }) => `${home.id} ${home.region}`));
    expect([...places].sort()).toEqual([
      '111122223333 eu-west-1',
      '111122223333 us-east-2',
      '222233334444 eu-west-1',
      '333344445555 us-east-2',
    ]);
  });

  it('grants nothing that the function does not use', () => {
    const { grants } = findings();
    expect(ownGrants(findings()).filter(({ used }) => used === 0)).toEqual([]);
    const counts = Object.values(grants).map((each) => each.filter((grant) => !isByLambda(grant)).length);
    expect(counts).toEqual([19, 19, 8]);
  });

  it('lets a spoke grant no write at all', () => {
    expect(findings().grants.spoke.filter(({ narrowing }) => narrowing.writes)).toEqual([]);
  });

  it('denies whatever lies beside a grant, and every other action of the services that are called', () => {
    expect(findings().allowed.map(inWords)).toEqual([]);
    const kinds = new Map(PARTIES.map((party) => [party, new Set<string>()]));
    for (const { party, kind } of findings().cases) kinds.get(party)?.add(kind);
    expect(Object.fromEntries([...kinds].map(([party, names]) => [party, [...names].sort()]))).toEqual(KINDS);
    expect(findings().cases.length).toBeGreaterThan(1_500);
  });

  it('allows between accounts what takes both sides, and nothing beside it', () => {
    const { wanted, wantedAllowed } = findings();
    expect(wantedAllowed).toEqual(wanted);
    expect(wanted).toHaveLength(8);
  });

  it('has no write on "*", and a read only where AWS has nothing narrower, or a condition limits it', () => {
    const onAny = ownGrants(findings()).filter(({ statement }) => statement.resources.includes('*'));
    expect(onAny.filter(({ narrowing }) => narrowing.writes)).toEqual([]);
    // The only one with a condition key. Where no cluster is named, all of the account are meant.
    const lists = onAny.filter(({ statement }) => statement.sid === 'ListTasks');
    for (const grant of onAny.filter((each) => isUnlimited(each) && !lists.includes(each))) {
      expect(grant).toMatchObject({ action: grant.action, narrowing: { resources: [], keys: [] } });
    }
    const limited = findings().grants['by name'].filter(
      (grant) => grant.statement.resources.includes('*') && !isUnlimited(grant),
    );
    expect(limited.map(({ action }) => action)).toEqual(['ecs:ListServices', 'ecs:ListTasks']);
    for (const { statement } of onAny) expect(reasonOf(statement.sid)).toMatch(/^AWS has |^The only resource type /);
  });

  it('is what docs/policy.md says', () => {
    const page = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');
    expect(page, 'docs/policy.md is out of date: npm run tables').toBe(renderPolicyPage(findings()));
  });
});

describe('the comparison itself', () => {
  const register = { settings: SETTINGS, home: HOME, operation: 'RegisterTargets' as const, input: { TargetGroupArn: GROUP } };

  it('notices a call that the role does not allow', async () => {
    const elsewhere = { ...register, input: { TargetGroupArn: GROUP.replace('/web/', '/other/') } };
    const recorded = [register, elsewhere].flatMap((call) =>
      requestsOf(call).map((request) => ({ settings: SETTINGS, home: HOME, request })),
    );
    expect(await deniedOf(recorded)).toEqual([expect.stringContaining('targetgroup/other/')]);
    const observing = recorded.map((each) => ({ ...each, settings: { ...SETTINGS, mode: 'observe' as const } }));
    expect(await deniedOf(observing)).toHaveLength(2);
  });

  it('asks the role of the spoke about a call that goes there', async () => {
    const settings: SettingsText = { ...SETTINGS, clusters: [], spokeRole: { name: 'reader', externalId: undefined } };
    const written = requestsOf({ ...register, settings }).map((request) => ({ settings, home: SPOKES[0], request }));
    expect(await deniedOf(written)).toHaveLength(1);
    expect(await deniedOf(written.map((each) => ({ ...each, home: HOME })))).toEqual([]);
  });

  it('finds a grant on another account, which is not denied only because that account has no policy for it', async () => {
    const role = roleOf(SETTINGS);
    const request = { action: 'elasticloadbalancing:RegisterTargets', resource: GROUP, context: {} };
    const wide = { ...role, statements: role.statements.map((each) => ({ ...each, resources: ['*'] })) };
    const abroad = { ...request, resource: GROUP.replace('111122223333', '999988887777') };
    expect((await ask(wide, abroad)).allowed).toBe(true);
    expect((await ask(role, abroad)).allowed).toBe(false);
  });

  it('notices a call that nobody has said anything about', () => {
    expect(() => requestsOf({ ...register, operation: 'StopTask', input: {} })).toThrow('The function sent StopTask');
  });

  it('refuses a question that IAM would not understand, instead of taking it for denied', async () => {
    const request = { action: 'ecs:DescribeTasks', resource: GROUP, context: {} };
    for (const role of [roleOf(SETTINGS), spokeRoleOf(SETTINGS, SPOKES[0])]) {
      await expect(ask(role, request)).rejects.toThrow('IAM cannot be asked for ecs:DescribeTasks on ');
    }
  });
});
