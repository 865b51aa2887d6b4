import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../functions/core/json.ts';
import {
  CLOUD_MAP_SERVICE,
  listOf,
  lookUp,
  objectOf,
  type ParameterValues,
  propertiesOf,
  TEXT,
} from '../../scripts/tools/template/template.ts';
import { callsMade } from '../support/calls-made.ts';

const WITH_CLOUD_MAP = { CloudMapServiceArns: [CLOUD_MAP_SERVICE] };

/** Which calls it grants, to which groups and in which clusters, rules/watch.ts asks of the template in every form. */
describe('what the role grants', () => {
  it('has no call to Cloud Map where nothing of it is given, rather than a statement about nothing', () => {
    const calls = callsMade().filter((action) => !action.startsWith('servicediscovery:'));
    expect(actionsOf(statements())).toEqual(expect.arrayContaining(calls));
    expect(actionsOf(statements()).filter((action) => action.startsWith('servicediscovery:'))).toEqual([]);
    expect(JSON.stringify(statements())).not.toContain('[""]');
  });

  it('gets nothing from SAM, which would add policies of its own', () => {
    expect(propertiesOf('SyncFunction')).not.toHaveProperty('Policies');
    expect(propertiesOf('SyncFunction')).not.toHaveProperty('Tracing');
  });

  it('is granted, and never the opposite of something', () => {
    for (const statement of statements(WITH_CLOUD_MAP)) {
      expect(statement).toMatchObject({ Effect: 'Allow' });
      expect(Object.keys(statement).filter((key) => key.startsWith('Not'))).toEqual([]);
    }
  });
});

describe('reads', () => {
  it('of tasks and services stop at this account, in any region', () => {
    expect(statementOf('ecs:DescribeTasks')['Resource']).toEqual([
      'arn:aws:ecs:*:111122223333:service/*',
      'arn:aws:ecs:*:111122223333:task/*',
    ]);
  });

  it('of Cloud Map instances stop at the services of the parameter', () => {
    expect(statementOf('servicediscovery:ListInstances', WITH_CLOUD_MAP)['Resource']).toEqual([CLOUD_MAP_SERVICE]);
  });

  it('of Cloud Map instances go to every service of the place where the tag says which ones are checked', () => {
    const found = { TargetGroupArns: '', CloudMapServiceArns: '' };
    expect(statementOf('servicediscovery:ListInstances', found)['Resource']).toBe(
      'arn:aws:servicediscovery:eu-west-1:111122223333:service/*',
    );
    expect(actionsOf(statements(found))).toContain('servicediscovery:ListTagsForResource');
  });

  it('of tasks go to every cluster where none is named', () => {
    for (const action of ['ecs:ListServices', 'ecs:ListTasks', 'ecs:DescribeServices', 'ecs:DescribeTasks']) {
      expect(statementOf(action, { ClusterArns: '' })).not.toHaveProperty('Condition');
      expect(statementOf(action)).toHaveProperty('Condition');
    }
  });

  it('go to any resource only where AWS knows no narrower one', () => {
    const unlimited = statements(WITH_CLOUD_MAP).filter(({ Resource, Condition }) => Resource === '*' && !Condition);
    expect(actionsOf(unlimited)).toEqual([
      'ecs:DescribeTaskDefinition',
      'ecs:ListClusters',
      'elasticloadbalancing:DescribeTags',
      'elasticloadbalancing:DescribeTargetGroupAttributes',
      'elasticloadbalancing:DescribeTargetGroups',
      'elasticloadbalancing:DescribeTargetHealth',
      'servicediscovery:ListTagsForResource',
      'tag:GetResources',
    ]);
  });

  it('say beside each "*" why it cannot be less', () => {
    const lines = TEXT.split('\n');
    const stars = lines.flatMap((line, index) => (line.trim() === "Resource: '*'" ? [index] : []));
    expect(stars.length).toBeGreaterThan(0);
    for (const index of stars) expect(lines[index - 1]).toMatch(/^ +# \S/);
  });
});

describe("what is the function's own", () => {
  it('is one queue to read, and one log to write and read', () => {
    for (const action of ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']) {
      expect(statementOf(action)['Resource']).toBe('HintQueue.Arn');
    }
    for (const action of ['logs:CreateLogStream', 'logs:FilterLogEvents', 'logs:PutLogEvents']) {
      expect(statementOf(action)['Resource']).toBe('SyncLogs.Arn');
    }
    // Tags belong to the log group itself: its ARN without the part for the streams.
    expect(statementOf('logs:ListTagsForResource')['Resource']).toBe('arn:aws:logs:eu-west-1:111122223333:log-group:SyncLogs');
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
