import { describe, expect, it } from 'vitest';
import { readSettings } from '../../functions/adapters/settings.ts';
import {
  CLOUD_MAP_SERVICE,
  CLUSTER,
  listOf,
  lookUp,
  objectOf,
  type ParameterValues,
  propertiesOf,
  render,
  resourcesOfType,
  TARGET_GROUP,
  TOPIC,
} from '../../scripts/tools/template/template.ts';

const FUNCTION = 'SyncFunction';
const QUEUES = ['HintQueue', 'DeadLetterQueue'];
const EVERYTHING_GIVEN = {
  Bindings: 'service=app port=8080',
  CloudMapServiceArns: [CLOUD_MAP_SERVICE],
  Mode: 'observe',
  AlarmTopicArn: TOPIC,
  LogRetentionDays: 7,
};

describe('the rule', () => {
  it('takes tasks of the clusters that run or are to stop, and filters by nothing else', () => {
    expect(propertiesOf('TaskRule', { ClusterArns: [CLUSTER, `${CLUSTER}-2`] })['EventPattern']).toEqual({
      account: ['111122223333'],
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: {
        clusterArn: [CLUSTER, `${CLUSTER}-2`],
        $or: [{ lastStatus: ['RUNNING'] }, { desiredStatus: ['STOPPED'] }],
      },
    });
  });

  it('has room for twenty clusters in the 2,048 characters that EventBridge takes', () => {
    const clusters = Array.from({ length: 20 }, (_, number) => `${CLUSTER}-of-a-team-${number}`);
    const pattern = propertiesOf('TaskRule', { ClusterArns: clusters })['EventPattern'];
    expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(2_048);
  });

  it('stands on the default bus, the only one that AWS itself writes to', () => {
    expect(propertiesOf('TaskRule')).not.toHaveProperty('EventBusName');
    expect(propertiesOf('TaskRule')).not.toHaveProperty('State');
  });

  it('sends to the queue alone, for an hour, and what cannot be sent to the dead-letter queue', () => {
    expect(propertiesOf('TaskRule')['Targets']).toEqual([
      {
        Id: 'Hints',
        Arn: 'HintQueue.Arn',
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: 'DeadLetterQueue.Arn' },
      },
    ]);
  });
});

describe('the queues', () => {
  const visibility = Number(propertiesOf('HintQueue')['VisibilityTimeout']);
  const timeout = Number(propertiesOf(FUNCTION)['Timeout']);

  it('hide a message for six times as long as the function may run', () => {
    expect(visibility).toBeGreaterThanOrEqual(6 * timeout);
  });

  it('hide a message for longer than the widest window and a run together', () => {
    const widest = Number(lookUp(render(), 'Parameters', 'BatchingWindowSeconds', 'MaxValue'));
    expect(visibility).toBeGreaterThan(widest + timeout);
  });

  it('give a message up after five receives', () => {
    const redrive = { deadLetterTargetArn: 'DeadLetterQueue.Arn', maxReceiveCount: 5 };
    expect(propertiesOf('HintQueue')['RedrivePolicy']).toEqual(redrive);
    expect(propertiesOf('DeadLetterQueue')).not.toHaveProperty('RedrivePolicy');
  });

  it('keep a message for longer than its five receives take, and a dead one for longer still', () => {
    const [kept = 0, keptDead = 0] = QUEUES.map((name) => Number(propertiesOf(name)['MessageRetentionPeriod']));
    expect(kept).toBeGreaterThan(5 * visibility);
    // A dead letter keeps its age, so what is left of these days is all the time there is to read it.
    expect(keptDead).toBeGreaterThan(kept);
  });

  it('are standard queues: a message that fails must not hold up those behind it', () => {
    for (const name of QUEUES) expect(propertiesOf(name)).not.toHaveProperty('FifoQueue');
  });

  it.each(QUEUES)('%s is encrypted, and goes with the stack', (name) => {
    expect(propertiesOf(name)['SqsManagedSseEnabled']).toBe(true);
    const policies = { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' };
    expect(lookUp(render(), 'Resources', name)).toMatchObject(policies);
  });
});

describe('the queue policies', () => {
  it('cover each queue once', () => {
    const covered = resourcesOfType('AWS::SQS::QueuePolicy').flatMap(([, { Queues }]) => listOf(Queues));
    expect(covered.sort()).toEqual([...QUEUES].sort());
  });

  it.each(QUEUES)('%s takes messages from the rule of this account, over TLS, and from nobody else', (name) => {
    const policies = resourcesOfType('AWS::SQS::QueuePolicy').map(([, properties]) => properties);
    const policy = policies.find(({ Queues }) => listOf(Queues).includes(name));
    expect(lookUp(policy, 'PolicyDocument', 'Statement')).toEqual([
      {
        Sid: 'RuleSends',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: `${name}.Arn`,
        Condition: {
          ArnEquals: { 'aws:SourceArn': 'TaskRule.Arn' },
          StringEquals: { 'aws:SourceAccount': '111122223333' },
        },
      },
      {
        Sid: 'RefuseWithoutTls',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sqs:*',
        Resource: `${name}.Arn`,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });
});

describe('the function', () => {
  it('is built for the runtime that runs it', () => {
    const runtime = { Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 512, Timeout: 30 };
    expect(propertiesOf(FUNCTION)).toMatchObject({ ...runtime, Role: 'SyncRole.Arn' });
  });

  it('takes batches of ten, two at once, without waiting, and answers for each message', () => {
    expect(eventSource({})).toEqual({
      Queue: 'HintQueue.Arn',
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it.each([{}, EVERYTHING_GIVEN])('changes nothing but the window when there is one, given %j', (given) => {
    const resources = (seconds: number) => JSON.stringify(render({ ...given, BatchingWindowSeconds: seconds })['Resources']);
    const window = (seconds: number) => `"MaximumBatchingWindowInSeconds":${seconds}`;
    expect(resources(20)).toBe(resources(0).replace(window(0), window(20)));
    expect(eventSource({ ...given, BatchingWindowSeconds: 20 })).toMatchObject({ MaximumBatchingWindowInSeconds: 20 });
    expect(eventSource(given)).toEqual(eventSource({}));
  });

  it('reserves no concurrency: an account that is new has none to give, and its deployment would fail', () => {
    expect(propertiesOf(FUNCTION)).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  it('is called every minute, past the queue', () => {
    const schedule = lookUp(propertiesOf(FUNCTION), 'Events', 'EveryMinute');
    expect(schedule).toMatchObject({ Type: 'Schedule', Properties: { Schedule: 'rate(1 minute)' } });
    expect(lookUp(schedule, 'Properties', 'Enabled')).toBeUndefined();
    expect(Object.keys(objectOf(propertiesOf(FUNCTION)['Events']))).toEqual(['Hints', 'EveryMinute']);
  });

  it('is not called again by Lambda: the next minute does better', () => {
    const once = { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 };
    expect(propertiesOf(FUNCTION)['EventInvokeConfig']).toEqual(once);
  });

  it('writes to a log that is not kept for ever', () => {
    expect(propertiesOf(FUNCTION)['LoggingConfig']).toEqual({ LogGroup: 'SyncLogs' });
    expect(propertiesOf('SyncLogs')).toEqual({ LogGroupName: '/aws/lambda/my-stack', RetentionInDays: 30 });
    expect(propertiesOf('SyncLogs', { LogRetentionDays: 7 })).toMatchObject({ RetentionInDays: 7 });
  });
});

describe('the environment', () => {
  it('is what the function reads', () => {
    expect(readSettings(environmentOf({}))).toEqual({
      ok: true,
      settings: { clusters: [CLUSTER], targetGroups: [TARGET_GROUP], cloudMapServices: [], binding: '', mode: 'enforce' },
    });
    const second = `${TARGET_GROUP}0`;
    const given = {
      ClusterArns: [CLUSTER, `${CLUSTER}-2`],
      TargetGroupArns: [TARGET_GROUP, second],
      CloudMapServiceArns: [CLOUD_MAP_SERVICE],
      Bindings: 'service=app port=8080',
      Mode: 'observe',
    };
    expect(readSettings(environmentOf(given))).toEqual({
      ok: true,
      settings: {
        clusters: [CLUSTER, `${CLUSTER}-2`],
        targetGroups: [TARGET_GROUP, second],
        cloudMapServices: [CLOUD_MAP_SERVICE],
        binding: 'service=app port=8080',
        mode: 'observe',
      },
    });
  });

  it('has no Cloud Map services where none are given', () => {
    expect(environmentOf({})).not.toHaveProperty('CLOUD_MAP_SERVICE_ARNS');
  });

  it('names the stack in every metric', () => {
    expect(environmentOf({})).toHaveProperty('POWERTOOLS_SERVICE_NAME', 'my-stack');
  });

  it('stays within the 4 KB of Lambda with thirty target groups', () => {
    const groups = Array.from({ length: 30 }, (_, number) => `${TARGET_GROUP.replace('/web/', `/a-web-service-${number}/`)}`);
    const variables = environmentOf({ TargetGroupArns: groups, CloudMapServiceArns: [CLOUD_MAP_SERVICE] });
    expect(JSON.stringify(variables).length).toBeLessThan(4_096);
  });
});

describe('the alarms', () => {
  it('watch whatever could fail in silence', () => {
    const watched = resourcesOfType('AWS::CloudWatch::Alarm').map(([, alarm]) => {
      const [name, value] = ['Name', 'Value'].map((key) => String(lookUp(alarm, 'Dimensions', 0, key)));
      return `${alarm['Namespace']} ${alarm['MetricName']} ${name}=${value}`;
    });
    expect(watched).toEqual([
      'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=DeadLetterQueue.QueueName',
      'AWS/SQS ApproximateAgeOfOldestMessage QueueName=HintQueue.QueueName',
      'AWS/Lambda Errors FunctionName=SyncFunction',
      'AWS/Lambda Throttles FunctionName=SyncFunction',
      'AWS/Lambda Invocations FunctionName=SyncFunction',
      'AWS/Events Invocations RuleName=SyncFunctionEveryMinute',
      'AWS/Events FailedInvocations RuleName=SyncFunctionEveryMinute',
      'AWS/Events FailedInvocations RuleName=TaskRule',
      'AWS/Events InvocationsFailedToBeSentToDlq RuleName=TaskRule',
      'AlbTargetSync Errors service=my-stack',
    ]);
  });

  it('take silence for a fault only where a heart should beat', () => {
    const breaching = resourcesOfType('AWS::CloudWatch::Alarm').filter(([, alarm]) => {
      expect(alarm['TreatMissingData']).toMatch(/^(notB|b)reaching$/);
      return alarm['TreatMissingData'] === 'breaching';
    });
    expect(breaching.map(([name, { Threshold, ComparisonOperator }]) => [name, ComparisonOperator, Threshold])).toEqual([
      ['HeartbeatAlarm', 'LessThanThreshold', 1],
      ['ScheduleAlarm', 'LessThanThreshold', 1],
    ]);
  });

  it('tell of a revoked role within two minutes', () => {
    const minutesOf = (name: string) => Number(propertiesOf(name)['Period']) * Number(propertiesOf(name)['DatapointsToAlarm']);
    expect(minutesOf('FunctionErrorsAlarm')).toBeLessThanOrEqual(120);
    expect(minutesOf('PassErrorsAlarm')).toBeLessThanOrEqual(120);
  });

  it('tell the topic, begin and end, where there is one', () => {
    for (const [, alarm] of resourcesOfType('AWS::CloudWatch::Alarm', { AlarmTopicArn: TOPIC })) {
      expect(alarm).toMatchObject({ AlarmActions: [TOPIC], OKActions: [TOPIC] });
    }
    for (const [, alarm] of resourcesOfType('AWS::CloudWatch::Alarm')) {
      expect(Object.keys(alarm).filter((key) => key.endsWith('Actions'))).toEqual([]);
    }
  });
});

describe('the outputs', () => {
  const output = (name: string) => String(lookUp(render(), 'Outputs', name, 'Value'));

  it('say what to type next', () => {
    expect(output('CheckCommand')).toBe(
      'aws lambda invoke --region eu-west-1 --function-name SyncFunction --cli-binary-format raw-in-base64-out ' +
        `--payload '{"check":true}' check.json && cat check.json`,
    );
    expect(output('LogsCommand')).toBe('aws logs tail SyncLogs --region eu-west-1 --follow --format short');
    expect(output('RedriveCommand')).toBe(
      'aws sqs start-message-move-task --region eu-west-1 --source-arn DeadLetterQueue.Arn --destination-arn HintQueue.Arn',
    );
  });

  it('name the queues and the function', () => {
    expect([output('QueueUrl'), output('DeadLetterQueueUrl'), output('FunctionArn')]).toEqual([...QUEUES, `${FUNCTION}.Arn`]);
  });
});

function eventSource(given: ParameterValues): unknown {
  const hints = lookUp(propertiesOf(FUNCTION, given), 'Events', 'Hints');
  expect(hints).toHaveProperty('Type', 'SQS');
  return lookUp(hints, 'Properties');
}

function environmentOf(given: ParameterValues): Record<string, string> {
  const variables = objectOf(lookUp(propertiesOf(FUNCTION, given), 'Environment', 'Variables'));
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}
