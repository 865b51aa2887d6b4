import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../functions/core/json.ts';
import {
  CLOUD_MAP_SERVICE,
  CLUSTER,
  listOf,
  lookUp,
  objectOf,
  type ParameterValues,
  propertiesOf,
  resourcesOfType,
  TARGET_GROUP,
  TEXT,
} from '../../scripts/tools/template/template.ts';
import { callsMade } from '../support/calls-made.ts';

const WITH_CLOUD_MAP = { CloudMapServiceArns: [CLOUD_MAP_SERVICE] };
const WRITES = ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'];
const SECOND_GROUP = TARGET_GROUP.replace('/web/', '/api/');

describe('what the role grants', () => {
  it('is every call that the function makes, what Lambda needs to feed it, and nothing else', () => {
    const lambda = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
    const log = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    expect(actionsOf(statements(WITH_CLOUD_MAP))).toEqual([...callsMade(), ...lambda, ...log].sort());
  });

  it('has no call to Cloud Map where nothing of it is given, rather than a statement about nothing', () => {
    const calls = callsMade().filter((action) => !action.startsWith('servicediscovery:'));
    expect(actionsOf(statements())).toEqual(expect.arrayContaining(calls));
    expect(actionsOf(statements()).filter((action) => action.startsWith('servicediscovery:'))).toEqual([]);
    expect(JSON.stringify(statements())).not.toContain('[""]');
  });

  it('is one policy in one role, and no managed one', () => {
    expect(resourcesOfType('AWS::IAM::Role').map(([name]) => name)).toEqual(['SyncRole']);
    expect(propertiesOf('SyncRole')).not.toHaveProperty('ManagedPolicyArns');
    expect(propertiesOf('SyncFunction')).not.toHaveProperty('Policies');
    expect(propertiesOf('SyncFunction')).not.toHaveProperty('Tracing');
  });

  it('names each action in full, and only what is allowed', () => {
    for (const statement of statements(WITH_CLOUD_MAP)) {
      expect(statement).toMatchObject({ Effect: 'Allow' });
      expect(Object.keys(statement).filter((key) => key.startsWith('Not'))).toEqual([]);
      for (const action of listOf(statement['Action'])) expect(action).toMatch(/^[a-z]+:[A-Za-z]+$/);
    }
  });

  it('can be taken by Lambda alone', () => {
    expect(lookUp(propertiesOf('SyncRole'), 'AssumeRolePolicyDocument', 'Statement')).toEqual([
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
  });
});

describe('writes', () => {
  it('reach the target groups of the parameter and no others', () => {
    const [writing, ...more] = statements({ TargetGroupArns: [TARGET_GROUP, SECOND_GROUP] }).filter(isWriting);
    expect(more).toEqual([]);
    expect(listOf(writing?.['Action'])).toEqual([...WRITES].reverse());
    expect(writing?.['Resource']).toEqual([TARGET_GROUP, SECOND_GROUP]);
  });

  it('cannot be made at all in observe', () => {
    expect(statements({ Mode: 'observe' }).filter(isWriting)).toEqual([]);
    expect(statements({ Mode: 'enforce' }).filter(isWriting)).toHaveLength(1);
  });
});

describe('reads', () => {
  it('of tasks and services stop at the clusters of the parameter', () => {
    const given = { ClusterArns: [CLUSTER, `${CLUSTER}-2`] };
    const limited = ['ecs:ListTasks', 'ecs:DescribeTasks', 'ecs:DescribeServices'];
    for (const action of limited) {
      expect(statementOf(action, given)).toMatchObject({ Condition: { ArnEquals: { 'ecs:cluster': given.ClusterArns } } });
    }
    expect(statementOf('ecs:DescribeTasks', given)['Resource']).toEqual([
      'arn:aws:ecs:eu-west-1:111122223333:service/*',
      'arn:aws:ecs:eu-west-1:111122223333:task/*',
    ]);
  });

  it('of Cloud Map instances stop at the services of the parameter', () => {
    expect(statementOf('servicediscovery:ListInstances', WITH_CLOUD_MAP)['Resource']).toEqual([CLOUD_MAP_SERVICE]);
  });

  it('go to any resource only where AWS knows no narrower one', () => {
    const unlimited = statements(WITH_CLOUD_MAP).filter(({ Resource, Condition }) => Resource === '*' && !Condition);
    expect(actionsOf(unlimited)).toEqual([
      'ecs:DescribeTaskDefinition',
      'elasticloadbalancing:DescribeTags',
      'elasticloadbalancing:DescribeTargetGroupAttributes',
      'elasticloadbalancing:DescribeTargetGroups',
      'elasticloadbalancing:DescribeTargetHealth',
      'servicediscovery:ListTagsForResource',
    ]);
  });

  it('say beside each "*" why it cannot be less', () => {
    const lines = TEXT.split('\n');
    const stars = lines.flatMap((line, index) => (line.trim() === "Resource: '*'" ? [index] : []));
    expect(stars).toHaveLength(4);
    for (const index of stars) expect(lines[index - 1]).toMatch(/^ +# \S/);
  });
});

describe("what is the function's own", () => {
  it('is one queue to read, and one log to write', () => {
    for (const action of ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']) {
      expect(statementOf(action)['Resource']).toBe('HintQueue.Arn');
    }
    for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
      expect(statementOf(action)['Resource']).toBe('SyncLogs.Arn');
    }
  });
});

function statements(given?: ParameterValues): JsonObject[] {
  const policies = listOf(propertiesOf('SyncRole', given)['Policies']);
  return policies.flatMap((policy) => listOf(lookUp(policy, 'PolicyDocument', 'Statement'))).map(objectOf);
}

function statementOf(action: string, given?: ParameterValues): JsonObject {
  const [found, ...more] = statements(given).filter(({ Action }) => listOf(Action).includes(action));
  expect(more).toEqual([]);
  return objectOf(found);
}

function actionsOf(granted: readonly JsonObject[]): string[] {
  return granted.flatMap(({ Action }) => listOf(Action).map(String)).sort();
}

function isWriting({ Action }: JsonObject): boolean {
  return listOf(Action).some((action) => WRITES.includes(String(action)));
}
