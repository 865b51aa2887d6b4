/** What has to hold of what a stack may be given besides what it keeps: other accounts, an event bus, and what an organization asks for. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../functions/core/json.ts';
import {
  CLUSTER,
  listOf,
  lookUp,
  objectOf,
  type ParameterValues,
  renderTemplate,
} from '../../../scripts/tools/template/template.ts';
import { resourceOf, type Stack, type View } from '../../../scripts/tools/template/templates.ts';
import type { Rule } from './rule.ts';

const ACCOUNT = '111122223333';
const SPOKES = ['444455556666', '777788889999'];
const WITH_SPOKES = { SpokeAccountIds: SPOKES, SpokeRoleName: 'team/reader' };
const HUB_ROLE = `arn:aws:iam::${ACCOUNT}:role/sync`;
const HUB_BUS = `arn:aws:events:eu-west-1:${ACCOUNT}:event-bus/default`;
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef`;
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/boundary`;

export const OPTION_RULES: readonly Rule[] = [
  {
    name: 'a changed tag of ours is a hint as well, and goes the way of the others',
    check(view) {
      const stack = view.root();
      const rule = resourceOf(stack, 'TagRule').properties;
      expect(rule['EventPattern']).toEqual({
        account: [ACCOUNT],
        source: ['aws.tag'],
        'detail-type': ['Tag Change on Resource'],
        detail: {
          'changed-tag-keys': [{ prefix: 'alb-target-sync' }],
          service: ['ecs', 'elasticloadbalancing', 'servicediscovery'],
          'resource-type': ['task', 'targetgroup', 'service'],
        },
      });
      expect(rule['Targets']).toEqual(resourceOf(stack, 'TaskRule').properties['Targets']);
      expect(rule).not.toHaveProperty('State');
    },
  },
  {
    name: 'other accounts are heard where they are named, in events of ECS and of tags, and nowhere else',
    check(view) {
      for (const name of ['TaskRule', 'TagRule']) {
        const accountsOf = (stack: Stack) => lookUp(resourceOf(stack, name).properties, 'EventPattern', 'account');
        expect([name, accountsOf(view.root(WITH_SPOKES))]).toEqual([name, [ACCOUNT, ...SPOKES]]);
      }
      expect(resourceOf(view.root(WITH_SPOKES), 'SpokesMaySend').properties).toEqual({
        EventBusName: 'default',
        StatementId: 'my-stack',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: SPOKES },
          Action: 'events:PutEvents',
          Resource: HUB_BUS,
          Condition: { 'ForAllValues:StringEquals': { 'events:source': ['aws.ecs', 'aws.tag'] } },
        },
      });
      expect(view.root().resources.map(({ name }) => name)).not.toContain('SpokesMaySend');
    },
  },
  {
    name: 'a role is assumed under its one name and in the accounts that are named, and events are sent to the one bus',
    check(view) {
      expect(statementsOn(view.root(WITH_SPOKES), 'sts:')).toMatchObject([
        {
          Action: 'sts:AssumeRole',
          Resource: 'arn:aws:iam::*:role/team/reader',
          Condition: { StringEquals: { 'aws:ResourceAccount': SPOKES } },
        },
      ]);
      expect(statementsOn(view.root({ EventBusName: 'ops' }), 'events:')).toMatchObject([
        { Action: 'events:PutEvents', Resource: `arn:aws:events:eu-west-1:${ACCOUNT}:event-bus/ops` },
      ]);
      for (const service of ['sts:', 'events:']) expect(statementsOn(view.root(), service)).toEqual([]);
    },
  },
  {
    name: 'a stack has of its options what it is given, and nothing of them otherwise',
    check(view) {
      const variables = (given: ParameterValues) =>
        objectOf(lookUp(resourceOf(view.root(given), 'SyncFunction').properties, 'Environment', 'Variables'));
      const given = {
        ...WITH_SPOKES,
        SpokeExternalId: 'between us',
        EventBusName: 'ops',
        TagBindings: 'ignored',
        RemovalBudgetPercent: 40,
      };
      expect(variables(given)).toMatchObject({
        EVENT_BUS_NAME: 'ops',
        SPOKE_ROLE_NAME: 'team/reader',
        SPOKE_EXTERNAL_ID: 'between us',
        TAG_BINDINGS: 'ignored',
        REMOVAL_BUDGET_PERCENT: 40,
      });
      expect(Object.keys(variables({})).sort()).toEqual([
        'BINDINGS',
        'CLUSTER_ARNS',
        'MODE',
        'POWERTOOLS_SERVICE_NAME',
        'REMOVAL_BUDGET_PERCENT',
        'STACK_ARN',
        'TAG_BINDINGS',
        'TARGET_GROUP_ARNS',
      ]);
      expect(variables({})['STACK_ARN']).toMatch(new RegExp(`^arn:aws:cloudformation:eu-west-1:${ACCOUNT}:stack/`));
    },
  },
  {
    name: 'what an organization asks for goes to everything that it is meant for',
    check(view) {
      const given = {
        Architecture: 'x86_64',
        KmsKeyArn: KEY,
        PermissionsBoundaryArn: BOUNDARY,
        RolePath: '/service/',
        SecurityGroupIds: ['sg-01234567'],
        SubnetIds: ['subnet-01234567', 'subnet-89abcdef'],
      };
      const [asked, usual] = [view.root(given), view.root()];
      const properties = (stack: Stack, name: string) => resourceOf(stack, name).properties;
      expect(properties(asked, 'SyncFunction')).toMatchObject({
        Architectures: ['x86_64'],
        KmsKeyArn: KEY,
        VpcConfig: { SubnetIds: given.SubnetIds, SecurityGroupIds: given.SecurityGroupIds },
      });
      for (const name of ['KmsKeyArn', 'VpcConfig']) expect(properties(usual, 'SyncFunction')).not.toHaveProperty(name);
      for (const name of ['HintQueue', 'DeadLetterQueue']) {
        expect(properties(asked, name)).toMatchObject({ KmsMasterKeyId: KEY });
        // CloudFormation refuses a queue that has both.
        expect(properties(asked, name)).not.toHaveProperty('SqsManagedSseEnabled');
        expect(properties(usual, name)).not.toHaveProperty('KmsMasterKeyId');
      }
      expect(properties(asked, 'SyncLogs')).toMatchObject({ KmsKeyId: KEY });
      expect(properties(asked, 'SyncRole')).toMatchObject({ Path: '/service/', PermissionsBoundary: BOUNDARY });
      expect(properties(usual, 'SyncRole')).toMatchObject({ Path: '/' });
      expect(properties(usual, 'SyncRole')).not.toHaveProperty('PermissionsBoundary');
      expect(statementsOn(asked, 'kms:')).toMatchObject([{ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: KEY }]);
      expect(statementsOn(asked, 'ec2:')).toHaveLength(1);
      for (const service of ['kms:', 'ec2:']) expect(statementsOn(usual, service)).toEqual([]);
    },
  },
  {
    name: 'another account lets the role of the hub read what the hub reads, and nothing else do anything',
    check(view) {
      const role = resourceOf(spoke(view), 'ReadRole').properties;
      expect(role['RoleName']).toBe('reader');
      expect(lookUp(role, 'AssumeRolePolicyDocument', 'Statement')).toEqual([
        { Effect: 'Allow', Principal: { AWS: HUB_ROLE }, Action: 'sts:AssumeRole' },
      ]);
      const withId = resourceOf(spoke(view, { ExternalId: 'between us' }), 'ReadRole').properties;
      expect(lookUp(withId, 'AssumeRolePolicyDocument', 'Statement')).toMatchObject([
        { Principal: { AWS: HUB_ROLE }, Condition: { StringEquals: { 'sts:ExternalId': 'between us' } } },
      ]);
      // The hub asks for the clusters of its own account alone.
      const read = actionsOf(statementsOn(view.root({ TargetGroupArns: '' }), /^(ecs|servicediscovery|tag):/));
      expect(actionsOf(statementsOf(role))).toEqual(read.filter((action) => action !== 'ecs:ListClusters'));
      const named = statementsOf(resourceOf(spoke(view, { ClusterArns: [CLUSTER] }), 'ReadRole').properties);
      for (const action of ['ecs:ListServices', 'ecs:ListTasks', 'ecs:DescribeServices', 'ecs:DescribeTasks']) {
        const granting = named.filter(({ Action }) => listOf(Action).includes(action));
        expect(granting).toMatchObject([{ Condition: { ArnEquals: { 'ecs:cluster': [CLUSTER] } } }]);
      }
      expect(spoke(view, { CreateRole: 'false' }).resources.map(({ name }) => name)).not.toContain('ReadRole');
    },
  },
  {
    name: 'another account sends the hub the events that the hub takes from its own',
    check(view) {
      for (const given of [{}, { ClusterArns: [CLUSTER] }]) {
        const there = spoke(view, given);
        const here = view.root({ ClusterArns: '', ...given });
        const patternOf = (stack: Stack, name: string) => objectOf(resourceOf(stack, name).properties['EventPattern']);
        const account = [SPOKES[0]];
        expect(patternOf(there, 'TaskRule')).toEqual({ ...patternOf(here, 'TaskRule'), account });
        const tags = patternOf(here, 'TagRule');
        const detail = {
          ...objectOf(tags['detail']),
          service: ['ecs', 'servicediscovery'],
          'resource-type': ['task', 'service'],
        };
        expect(patternOf(there, 'TagRule')).toEqual({ ...tags, account, detail });
        for (const name of ['TaskRule', 'TagRule']) {
          const targets = resourceOf(there, name).properties['Targets'];
          expect(targets).toMatchObject([{ Arn: HUB_BUS, RoleArn: 'SendRole.Arn' }]);
        }
      }
      const send = resourceOf(spoke(view), 'SendRole').properties;
      expect(statementsOf(send)).toEqual([{ Effect: 'Allow', Action: 'events:PutEvents', Resource: HUB_BUS }]);
      expect(lookUp(send, 'AssumeRolePolicyDocument', 'Statement')).toMatchObject([
        {
          Principal: { Service: 'events.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': SPOKES[0] } },
        },
      ]);
    },
  },
];

/** The template for another account, as that account deploys it. */
function spoke(view: View, given: ParameterValues = {}): Stack {
  const values = { HubRoleArn: HUB_ROLE, HubBusArn: HUB_BUS, RoleName: 'reader', 'AWS::AccountId': SPOKES[0], ...given };
  const { Resources } = renderTemplate(view.source('infra/spoke.yaml'), values);
  const resources = Object.entries(objectOf(Resources)).map(([name, value]) => {
    const declared = objectOf(value);
    return { name, type: String(declared['Type']), properties: objectOf(declared['Properties']), declared };
  });
  return { resources, outputs: {} };
}

function statementsOf(properties: JsonObject): JsonObject[] {
  return listOf(properties['Policies'])
    .flatMap((each) => listOf(lookUp(each, 'PolicyDocument', 'Statement')))
    .map(objectOf);
}

/** The statements of the function's role that have an action that begins so. */
function statementsOn(stack: Stack, actions: string | RegExp): JsonObject[] {
  const matches = (action: unknown) =>
    typeof actions === 'string' ? String(action).startsWith(actions) : actions.test(String(action));
  return statementsOf(resourceOf(stack, 'SyncRole').properties).filter(({ Action }) => listOf(Action).some(matches));
}

function actionsOf(statements: readonly JsonObject[]): string[] {
  return statements.flatMap(({ Action }) => listOf(Action).map(String)).sort();
}
