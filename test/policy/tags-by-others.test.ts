/** The statement of SECURITY.md that keeps everybody but the platform's role from setting the tags, asked of IAM. */
import { readFileSync } from 'node:fs';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, it } from 'vitest';

const ACCOUNT = '111122223333';
const text = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
const policy: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? '');

const RESOURCES = {
  group: `arn:aws:elasticloadbalancing:eu-west-1:${ACCOUNT}:targetgroup/web/0123456789abcdef`,
  // The simulator's tables know AddTags on a load balancer alone. The statement names no resource.
  'load balancer': `arn:aws:elasticloadbalancing:eu-west-1:${ACCOUNT}:loadbalancer/web`,
  'Cloud Map service': '*',
  task: `arn:aws:ecs:eu-west-1:${ACCOUNT}:task/prod/0123456789abcdef0123456789abcdef`,
  'log group': `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/aws/lambda/sync`,
};

/** What IAM answers to an administrator who writes or removes tags, under the statement as a service control policy. */
async function ask(role: string, action: string, resource: keyof typeof RESOURCES, keys: readonly string[]): Promise<boolean> {
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/somebody`,
        action,
        resource: { resource: RESOURCES[resource], accountId: ACCOUNT },
        contextVariables: {
          'aws:TagKeys': [...keys],
          'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/${role}`,
          ...Object.fromEntries(keys.map((key) => [`aws:RequestTag/${key}`, 'anything'])),
        },
      },
      identityPolicies: [
        {
          name: 'administrator',
          policy: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
        },
      ],
      serviceControlPolicies: [
        {
          orgIdentifier: 'root',
          policies: [
            { name: 'all', policy: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } } },
            { name: 'SECURITY.md', policy },
          ],
        },
      ],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(`IAM cannot be asked for ${action}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === 'Allowed';
}

const WRITES = [
  ['elasticloadbalancing:AddTags', 'load balancer'],
  ['elasticloadbalancing:RemoveTags', 'load balancer'],
  ['elasticloadbalancing:CreateTargetGroup', 'group'],
  ['servicediscovery:TagResource', 'Cloud Map service'],
  ['servicediscovery:UntagResource', 'Cloud Map service'],
  ['ecs:TagResource', 'task'],
  ['ecs:UntagResource', 'task'],
  ['logs:TagResource', 'log group'],
  ['logs:UntagResource', 'log group'],
] as const;

describe('the tags that bind, hold and pause', () => {
  it.each(WRITES)('are left to the platform by %s on a %s', async (action, resource) => {
    const answers = [
      await ask('team', action, resource, ['alb-target-sync']),
      await ask('team', action, resource, ['alb-target-sync:api']),
      await ask('team', action, resource, ['Owner', 'alb-target-sync']),
      await ask('platform', action, resource, ['alb-target-sync']),
      await ask('team', action, resource, ['Owner']),
      await ask('team', action, resource, ['alb-target-synced']),
    ];
    expect(answers).toEqual([false, false, false, true, true, true]);
  });

  it('stay where they are when somebody registers a target: the statement is about tags alone', async () => {
    expect(await ask('team', 'elasticloadbalancing:RegisterTargets', 'group', [])).toBe(true);
  });
});
