/** What has to hold of roles and alarms: nothing may be done that is not needed, and nothing may fail in silence. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../functions/core/json.ts';
import {
  CLOUD_MAP_SERVICE,
  CLUSTER,
  listOf,
  lookUp,
  objectOf,
  TARGET_GROUP,
  TOPIC,
} from '../../../scripts/tools/template/template.ts';
import { ofType, resourceOf, type Stack } from '../../../scripts/tools/template/templates.ts';
import { callsMade } from '../../support/calls-made.ts';
import type { Rule } from './rule.ts';

const READ = /:(Describe|Discover|Get|List|Receive)[A-Za-z]+$/;
const SECOND_GROUP = TARGET_GROUP.replace('/web/', '/api/');
const EVERYTHING = {
  CloudMapServiceArns: [CLOUD_MAP_SERVICE],
  ClusterArns: [CLUSTER],
  TargetGroupArns: [TARGET_GROUP, SECOND_GROUP],
};

export const WATCH_RULES: readonly Rule[] = [
  {
    name: 'nothing is written to a resource that is not named',
    check(view) {
      for (const stack of [view.root(EVERYTHING), view.scenario(), view.scenario({ DiscoverBy: 'api', Capacity: 'EC2' })]) {
        for (const { Action, Resource } of ofType(stack, 'AWS::IAM::Role').flatMap(statementsOf)) {
          for (const action of listOf(Action)) expect(action).toMatch(/^[a-z-]+:[A-Za-z]+$/);
          const isRead = listOf(Action).every((action) => READ.test(String(action)));
          if (!isRead) for (const arn of listOf(Resource)) expect(arn).not.toContain('*');
        }
      }
    },
  },
  {
    name: 'targets are written to in the groups of the parameter alone, or in those with the tag, and not at all in observe',
    check(view) {
      const writing = (stack: Stack) =>
        roleStatements(stack).filter(({ Action }) => /registerTargets|\*/i.test(String(Action)));
      expect(writing(view.root(EVERYTHING))).toEqual([
        expect.objectContaining({
          Effect: 'Allow',
          Action: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
          Resource: [TARGET_GROUP, SECOND_GROUP],
        }),
      ]);
      expect(writing(view.root({ Mode: 'observe' }))).toEqual([]);
      expect(writing(view.root({ Mode: 'observe', TargetGroupArns: '' }))).toEqual([]);
      // Found by their tag: whoever takes the tag off takes the permission. With Cloud Map services alone there is none.
      expect(writing(view.root({ TargetGroupArns: '' }))).toEqual([
        expect.objectContaining({
          Resource: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/*/*',
          Condition: { Null: { 'aws:ResourceTag/alb-target-sync': 'false' } },
        }),
      ]);
      expect(writing(view.root({ TargetGroupArns: '', CloudMapServiceArns: [CLOUD_MAP_SERVICE] }))).toEqual([]);
    },
  },
  {
    name: 'the role has the calls that the function makes, and no more',
    check(view) {
      const granted = roleStatements(view.root(EVERYTHING)).flatMap(({ Action }) => listOf(Action));
      const lambda = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
      const log = ['logs:CreateLogStream', 'logs:PutLogEvents'];
      expect(granted.sort()).toEqual([...callsMade(), ...lambda, ...log].sort());
    },
  },
  {
    name: 'tasks are read in the clusters of the parameter alone',
    check(view) {
      const statements = roleStatements(view.root(EVERYTHING));
      for (const action of ['ecs:ListTasks', 'ecs:DescribeTasks', 'ecs:DescribeServices']) {
        const granting = statements.filter(({ Action }) => listOf(Action).includes(action));
        expect(granting).toMatchObject([{ Condition: { ArnEquals: { 'ecs:cluster': [CLUSTER] } } }]);
      }
    },
  },
  {
    name: 'the role has no policy but its own, and Lambda alone takes it',
    check(view) {
      const [role, ...more] = ofType(view.root(), 'AWS::IAM::Role');
      expect(more).toEqual([]);
      expect(role?.properties).not.toHaveProperty('ManagedPolicyArns');
      expect(lookUp(role?.properties, 'AssumeRolePolicyDocument', 'Statement')).toEqual([
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]);
    },
  },
  {
    name: 'whatever can fail in silence has its alarm',
    check(view) {
      const watched = ofType(view.root(), 'AWS::CloudWatch::Alarm').map(({ properties }) => {
        const dimensions = listOf(properties['Dimensions']).map((each) => `${lookUp(each, 'Name')}=${lookUp(each, 'Value')}`);
        return [properties['Namespace'], properties['MetricName'], ...dimensions, properties['Statistic']].join(' ');
      });
      expect(watched).toEqual(
        expect.arrayContaining([
          'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=DeadLetterQueue.QueueName Maximum',
          'AWS/SQS ApproximateAgeOfOldestMessage QueueName=HintQueue.QueueName Maximum',
          'AWS/Lambda Errors FunctionName=SyncFunction Sum',
          'AWS/Lambda Throttles FunctionName=SyncFunction Sum',
          'AWS/Lambda Invocations FunctionName=SyncFunction Sum',
          'AWS/Events Invocations RuleName=SyncFunctionEveryMinute Sum',
          'AWS/Events FailedInvocations RuleName=SyncFunctionEveryMinute Sum',
          'AWS/Events FailedInvocations RuleName=TaskRule Sum',
          'AWS/Events InvocationsFailedToBeSentToDlq RuleName=TaskRule Sum',
          'AlbTargetSync Errors service=my-stack Sum',
        ]),
      );
    },
  },
  {
    name: 'one bad minute that the next does not mend calls somebody',
    check(view) {
      const limits = ofType(view.root(), 'AWS::CloudWatch::Alarm').map(({ name, properties }) => [
        name,
        properties['ComparisonOperator'],
        properties['Threshold'],
        properties['Period'],
        properties['DatapointsToAlarm'] ?? properties['EvaluationPeriods'],
      ]);
      expect(limits).toEqual(
        expect.arrayContaining([
          ['DeadLettersAlarm', 'GreaterThanThreshold', 0, 60, 1],
          ['OldHintsAlarm', 'GreaterThanThreshold', 60, 60, 5],
          ['FunctionErrorsAlarm', 'GreaterThanThreshold', 0, 60, 2],
          ['ThrottlesAlarm', 'GreaterThanThreshold', 0, 60, 2],
          ['HeartbeatAlarm', 'LessThanThreshold', 1, 60, 3],
          ['ScheduleAlarm', 'LessThanThreshold', 1, 60, 3],
          ['ScheduleFailuresAlarm', 'GreaterThanThreshold', 0, 60, 1],
          ['RuleFailuresAlarm', 'GreaterThanThreshold', 0, 60, 1],
          ['LostEventsAlarm', 'GreaterThanThreshold', 0, 60, 1],
          ['PassErrorsAlarm', 'GreaterThanThreshold', 0, 60, 2],
        ]),
      );
    },
  },
  {
    name: 'silence is a fault where a heart should beat and has beaten, and nowhere else',
    check(view) {
      for (const { properties } of ofType(view.root(), 'AWS::CloudWatch::Alarm')) {
        const beats = properties['MetricName'] === 'Invocations';
        // A stack of a minute has no data yet and is no fault, so it is the change to none that notifies.
        expect(properties['TreatMissingData']).toBe(beats ? 'missing' : 'notBreaching');
      }
      for (const topic of ['AlarmTopicArn', 'PageTopicArn']) {
        const beating = ofType(view.root({ [topic]: TOPIC }), 'AWS::CloudWatch::Alarm').filter(
          ({ properties }) => properties['MetricName'] === 'Invocations',
        );
        expect(beating.map(({ properties }) => properties['InsufficientDataActions'])).toEqual([[TOPIC], [TOPIC]]);
      }
      // A composite alarm does not see silence: with both topics, the page would never hear of a function that does not run.
      const page = `${TOPIC}-page`;
      const heartbeat = resourceOf(view.root({ AlarmTopicArn: TOPIC, PageTopicArn: page }), 'HeartbeatAlarm');
      expect(heartbeat.properties).toMatchObject({
        InsufficientDataActions: [TOPIC, page],
        AlarmActions: [TOPIC],
        OKActions: [TOPIC, page],
      });
    },
  },
  {
    name: 'every alarm tells the topic, begin and end, where there is one',
    check(view) {
      for (const { properties } of ofType(view.root({ AlarmTopicArn: TOPIC }), 'AWS::CloudWatch::Alarm')) {
        expect(properties).toMatchObject({ AlarmActions: [TOPIC], OKActions: [TOPIC] });
      }
      for (const { properties } of ofType(view.root(), 'AWS::CloudWatch::Alarm')) {
        expect(properties).not.toHaveProperty('AlarmActions');
        expect(properties).not.toHaveProperty('OKActions');
      }
    },
  },
];

function roleStatements(stack: Stack): JsonObject[] {
  return statementsOf(resourceOf(stack, 'SyncRole'));
}

function statementsOf({ properties }: { readonly properties: JsonObject }): JsonObject[] {
  const policies = listOf(properties['Policies'] ?? []);
  return policies.flatMap((policy) => listOf(lookUp(policy, 'PolicyDocument', 'Statement'))).map(objectOf);
}
