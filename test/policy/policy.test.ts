import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import { CLUSTER, GROUP } from '../../scripts/simulator/deployment.ts';
import { comparePolicy, type PolicyFindings, reasonOf } from './findings.ts';
import { isByLambda, isUnlimited, renderPolicyPage } from './page.ts';
import { deniedOf } from './recorded.ts';
import { requestsOf } from './requests.ts';
import { ask, roleOf } from './role.ts';

const SETTINGS: SettingsText = {
  clusters: [CLUSTER],
  targetGroups: [GROUP],
  cloudMapServices: [],
  binding: '',
  mode: 'enforce',
};

describe('the policy equals the behaviour', () => {
  let found: PolicyFindings | undefined;
  const findings = (): PolicyFindings => {
    if (found === undefined) throw new Error('Nothing was compared.');
    return found;
  };

  beforeAll(async () => {
    found = await comparePolicy();
  });

  it('allows every call that the function sends', () => {
    expect(findings().run.calls).toBeGreaterThan(1_000);
    expect(findings().denied).toEqual([]);
  });

  it('grants nothing that the function does not use', () => {
    const own = findings().grants.filter((grant) => !isByLambda(grant));
    expect(own.filter(({ used }) => used === 0).map(({ action }) => action)).toEqual([]);
    expect(own).toHaveLength(12);
  });

  it('denies whatever lies beside a grant, and every other action of the three services', () => {
    expect(findings().allowed).toEqual([]);
    const kinds = new Set(findings().cases.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([
      'Cloud Map, none given',
      'cluster not told',
      'name that begins alike',
      'other Cloud Map service',
      'other account',
      'other account, our cluster told',
      'other action of ecs',
      'other action of elasticloadbalancing',
      'other action of servicediscovery',
      'other cluster',
      'other partition',
      'other partition, our cluster told',
      'other region',
      'other region, our cluster told',
      'other target group',
      'write in observe',
    ]);
    expect(findings().cases.length).toBeGreaterThan(250);
  });

  it('has no write on "*", and a read only where AWS has nothing narrower, or a condition limits it', () => {
    const onAny = findings().grants.filter(({ statement }) => statement.resources.includes('*'));
    expect(onAny.filter(({ narrowing }) => narrowing.writes)).toEqual([]);
    for (const grant of onAny.filter(isUnlimited)) {
      expect(grant).toMatchObject({ action: grant.action, narrowing: { resources: [], keys: [] } });
    }
    expect(onAny.filter((grant) => !isUnlimited(grant)).map(({ action }) => action)).toEqual(['ecs:ListTasks']);
    for (const { statement } of onAny) expect(reasonOf(statement.sid)).toMatch(/^AWS has |^The only resource type /);
  });

  it('is what docs/policy.md says', () => {
    const page = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');
    expect(page, 'docs/policy.md is out of date: npm run tables').toBe(renderPolicyPage(findings()));
  });
});

describe('the comparison itself', () => {
  const register = { settings: SETTINGS, operation: 'RegisterTargets' as const, input: { TargetGroupArn: GROUP } };

  it('notices a call that the role does not allow', async () => {
    const elsewhere = { ...register, input: { TargetGroupArn: GROUP.replace('/web/', '/other/') } };
    const recorded = [register, elsewhere].flatMap((call) =>
      requestsOf(call).map((request) => ({ settings: SETTINGS, request })),
    );
    expect(await deniedOf(recorded)).toEqual([expect.stringContaining('targetgroup/other/')]);
    const observing = recorded.map(({ request }) => ({ settings: { ...SETTINGS, mode: 'observe' as const }, request }));
    expect(await deniedOf(observing)).toHaveLength(2);
  });

  it('notices a call that nobody has said anything about', () => {
    expect(() => requestsOf({ settings: SETTINGS, operation: 'StopTask', input: {} })).toThrow('The function sent StopTask');
  });

  it('refuses a question that IAM would not understand, instead of taking it for denied', async () => {
    const request = { action: 'ecs:DescribeTasks', resource: GROUP, context: {} };
    await expect(ask(roleOf(SETTINGS), request)).rejects.toThrow('IAM cannot be asked for ecs:DescribeTasks on ');
  });
});
