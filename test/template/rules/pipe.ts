/** What has to hold of the way from an event to the function: rule, queues, function, schedule. */
import { expect } from 'vitest';
import { readSettings } from '../../../functions/adapters/settings.ts';
import { functionsOf, type LambdaFunction } from '../../../scripts/tools/template/functions.ts';
import {
  CLOUD_MAP_SERVICE,
  CLUSTER,
  listOf,
  lookUp,
  objectOf,
  type ParameterValues,
  TARGET_GROUP,
  takes,
} from '../../../scripts/tools/template/template.ts';
import { ofType, type Resource, resourceOf, type Stack } from '../../../scripts/tools/template/templates.ts';
import type { Rule } from './rule.ts';

const ACCOUNT = '111122223333';
const SECOND = `${CLUSTER}-2`;
const DAY_SECONDS = 86_400;

export const PIPE_RULES: readonly Rule[] = [
  {
    name: 'the pattern is the one that was designed',
    check(view) {
      expect(taskRule(view.root({ ClusterArns: [CLUSTER, SECOND] })).properties['EventPattern']).toEqual({
        account: [ACCOUNT],
        source: ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        detail: { clusterArn: [CLUSTER, SECOND], $or: [{ lastStatus: ['RUNNING'] }, { desiredStatus: ['STOPPED'] }] },
      });
    },
  },
  {
    name: 'the rule is on, and sends to the queue alone',
    check(view) {
      const { properties } = taskRule(view.root());
      expect(properties).not.toHaveProperty('State');
      expect(properties).not.toHaveProperty('EventBusName');
      expect(listOf(properties['Targets']).map((target) => lookUp(target, 'Arn'))).toEqual(['HintQueue.Arn']);
      expect(properties['Targets']).not.toMatchObject([{ InputPath: expect.anything() }]);
    },
  },
  {
    name: 'an event that cannot be delivered is tried for an hour, and then kept',
    check(view) {
      const target = listOf(taskRule(view.root()).properties['Targets'])[0];
      expect(lookUp(target, 'DeadLetterConfig', 'Arn')).toBe('DeadLetterQueue.Arn');
      expect(lookUp(target, 'RetryPolicy', 'MaximumEventAgeInSeconds')).toBe(3_600);
      expect(lookUp(target, 'RetryPolicy', 'MaximumRetryAttempts')).toBe(185);
    },
  },
  {
    name: 'a message stays hidden for six times as long as its function may run',
    check(view) {
      for (const stack of [view.root(), view.scenario()]) {
        const fed = functionsOf(stack).flatMap((lambda) =>
          lambda.queues.map(({ queue }) => ({ lambda, queue: queueOf(stack, queue) })),
        );
        expect(fed).toHaveLength(1);
        for (const { lambda, queue } of fed) {
          const timeout = Number(lambda.properties['Timeout']);
          expect(timeout).toBeGreaterThan(0);
          expect(Number(queue.properties['VisibilityTimeout'])).toBeGreaterThanOrEqual(6 * timeout);
        }
      }
    },
  },
  {
    name: 'a message that fails is given up after five receives, into a queue that keeps it longer',
    check(view) {
      const stack = view.root();
      const queue = resourceOf(stack, 'HintQueue').properties;
      const redrive = objectOf(queue['RedrivePolicy']);
      const dead = queueOf(stack, redrive['deadLetterTargetArn']).properties;
      expect(Number(redrive['maxReceiveCount'])).toBeGreaterThanOrEqual(5);
      expect(queue['MessageRetentionPeriod']).toBe(DAY_SECONDS);
      expect(dead['MessageRetentionPeriod']).toBe(14 * DAY_SECONDS);
      expect(dead).not.toHaveProperty('RedrivePolicy');
    },
  },
  {
    name: 'no queue holds a message up: none is first-in-first-out, none delays',
    check(view) {
      for (const { properties } of ofType(view.root(), 'AWS::SQS::Queue')) {
        expect(properties).not.toHaveProperty('FifoQueue');
        expect(properties).not.toHaveProperty('DelaySeconds');
      }
    },
  },
  {
    name: 'every queue is encrypted, and goes with the stack',
    check(view) {
      for (const { properties, declared } of ofType(view.root(), 'AWS::SQS::Queue')) {
        expect(properties['SqsManagedSseEnabled']).toBe(true);
        expect(declared).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
      }
    },
  },
  {
    name: 'only the rule sends to a queue, and only over TLS',
    check(view) {
      const stack = view.root();
      const policies = ofType(stack, 'AWS::SQS::QueuePolicy');
      const covered = policies.flatMap(({ properties }) => listOf(properties['Queues']));
      expect(covered.sort()).toEqual(
        ofType(stack, 'AWS::SQS::Queue')
          .map(({ name }) => name)
          .sort(),
      );
      for (const { properties } of policies) {
        const resource = `${listOf(properties['Queues'])[0]}.Arn`;
        expect(lookUp(properties, 'PolicyDocument', 'Statement')).toEqual([
          expect.objectContaining({
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: resource,
            Condition: {
              ArnEquals: { 'aws:SourceArn': ['TaskRule.Arn', 'TagRule.Arn'] },
              StringEquals: { 'aws:SourceAccount': ACCOUNT },
            },
          }),
          expect.objectContaining({
            Effect: 'Deny',
            Principal: '*',
            Action: 'sqs:*',
            Resource: resource,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]);
      }
    },
  },
  {
    name: 'the function answers for each message of a batch of ten, two batches at a time, without waiting',
    check(view) {
      expect(onlyFunction(view.root()).queues).toMatchObject([
        {
          queue: 'HintQueue.Arn',
          settings: {
            BatchSize: 10,
            MaximumBatchingWindowInSeconds: 0,
            ScalingConfig: { MaximumConcurrency: 2 },
            FunctionResponseTypes: ['ReportBatchItemFailures'],
          },
        },
      ]);
    },
  },
  {
    name: 'the widest window, a run and the retries fit into the time for which a message is hidden',
    check(view) {
      const widest = Number(lookUp(view.source('template.yaml'), 'Parameters', 'BatchingWindowSeconds', 'MaxValue'));
      expect(onlyFunction(view.root({ BatchingWindowSeconds: 20 })).queues).toMatchObject([
        { settings: { MaximumBatchingWindowInSeconds: 20 } },
      ]);
      expect(widest).toBe(20);
    },
  },
  {
    name: 'a full pass is made every minute, past the queue, and not repeated by Lambda',
    check(view) {
      const { schedules, retries } = onlyFunction(view.root());
      expect(schedules).toEqual([{ expression: 'rate(1 minute)', state: undefined }]);
      expect(retries).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    },
  },
  {
    name: 'the function reserves no concurrency, which a young account cannot give',
    check(view) {
      expect(onlyFunction(view.root()).properties).not.toHaveProperty('ReservedConcurrentExecutions');
    },
  },
  {
    name: 'the function runs on the Node that it is built and tested for',
    check(view) {
      const { properties } = onlyFunction(view.root());
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: 512,
        Handler: 'handler.handler',
      });
      const build = lookUp(view.source('template.yaml'), 'Resources', 'SyncFunction', 'Metadata', 'BuildProperties');
      expect(build).toMatchObject({ EntryPoints: ['handler.ts'], Target: 'node24', OutExtension: ['.js=.cjs'] });
    },
  },
  {
    name: 'the function is told everything that it reads',
    check(view) {
      const given = {
        ClusterArns: [CLUSTER, SECOND],
        CloudMapServiceArns: [CLOUD_MAP_SERVICE],
        Bindings: 'service=app port=8080',
        Mode: 'observe',
      };
      const variables = environmentOf(view.root(given));
      expect(variables['POWERTOOLS_SERVICE_NAME']).toBe('my-stack');
      expect(readSettings(variables)).toMatchObject({
        ok: true,
        value: {
          clusters: [CLUSTER, SECOND],
          targetGroups: [TARGET_GROUP],
          cloudMapServices: [CLOUD_MAP_SERVICE],
          bindings: 'service=app port=8080',
          mode: 'observe',
        },
      });
      expect(environmentOf(view.root())).not.toHaveProperty('CLOUD_MAP_SERVICE_ARNS');
    },
  },
  {
    name: 'every log is kept for a bounded time under a name that nobody else has, and every function writes to such a log',
    check(view) {
      for (const stack of [view.root(), view.scenario()]) {
        // A name of ours may be there already: of another function, or of a log that an earlier stack left behind.
        for (const { properties } of ofType(stack, 'AWS::Logs::LogGroup')) expect(properties).toEqual({ RetentionInDays: 30 });
        for (const { properties } of functionsOf(stack)) {
          expect(resourceOf(stack, String(lookUp(properties, 'LoggingConfig', 'LogGroup'))).type).toBe('AWS::Logs::LogGroup');
        }
      }
    },
  },
  {
    name: 'a parameter takes what it should, and no neighbour of it',
    check(view) {
      const declared = objectOf(view.source('template.yaml')['Parameters']);
      const cases = [
        ['TargetGroupArns', TARGET_GROUP, `${TARGET_GROUP}/*`],
        ['ClusterArns', CLUSTER, '*'],
        ['CloudMapServiceArns', CLOUD_MAP_SERVICE, `x${CLOUD_MAP_SERVICE}`],
        ['Bindings', 'service=app port=8080', 'services=app port=8080'],
        ['Mode', 'observe', 'off'],
        ['AlarmTopicArn', `arn:aws:sns:eu-west-1:${ACCOUNT}:alarms`, `arn:aws:sns:eu-west-1:${ACCOUNT}:alarms.fifo`],
        ['BatchingWindowSeconds', '20', '21'],
      ] as const;
      for (const [name, right, wrong] of cases) {
        expect([name, takes(objectOf(declared[name]), right), takes(objectOf(declared[name]), wrong)]).toEqual([
          name,
          true,
          false,
        ]);
      }
    },
  },
  {
    name: 'a stack that is told nothing is refused by no rule, however CloudFormation reads an empty list',
    check(view) {
      const none = [[], ['']] as const;
      const refusals = (given: ParameterValues) => view.refusals(given, 'template.yaml');
      expect(refusals({})).toEqual([]);
      for (const empty of none) {
        const nothing = { SpokeAccountIds: empty, TargetGroupArns: empty };
        expect(refusals(nothing)).toEqual([]);
        expect(refusals({ ...nothing, TagBindings: 'ignored' })).toEqual([expect.stringContaining('TargetGroupArns')]);
      }
      const named = { TagBindings: 'ignored', TargetGroupArns: [TARGET_GROUP], SpokeAccountIds: ['444455556666'] };
      expect(refusals(named)).toEqual([expect.stringContaining('SpokeRoleName')]);
      expect(refusals({ ...named, SpokeRoleName: 'alb-target-sync-spoke' })).toEqual([]);
    },
  },
  {
    name: 'a value that a command line has cut short is refused',
    check(view) {
      const takesIn = (file: string, name: string, text: string) =>
        takes(objectOf(lookUp(view.source(file), 'Parameters', name)), text);
      const whole = 'target-group=web service=app port=8080';
      for (const text of ['', whole, `${whole};${whole}`, 'port=8080 family=nightly'])
        expect([text, takesIn('template.yaml', 'Bindings', text)]).toEqual([text, true]);
      const cut = ['target-group=web', 'service=app', 'port=8080'];
      for (const text of [...cut, ...cut.map((line) => `${line}; ${whole}`), ...cut.map((line) => `${whole}; ${line}`)])
        expect([text, takesIn('template.yaml', 'Bindings', text)]).toEqual([text, false]);
      for (const file of ['infra/example.yaml', 'infra/app.yaml']) {
        expect(takesIn(file, 'HealthCheckCommand', 'curl -f http://localhost:8080/')).toBe(true);
        expect(takesIn(file, 'HealthCheckCommand', 'curl')).toBe(false);
      }
    },
  },
  {
    name: 'dead letters are moved back to a queue that is named',
    check(view) {
      expect(view.root().outputs['RedriveCommand']).toMatch(
        /--source-arn DeadLetterQueue\.Arn --destination-arn HintQueue\.Arn$/,
      );
    },
  },
  {
    name: 'the outputs ask for a check that changes nothing, in any shell, and follow the log',
    check(view) {
      expect(view.root().outputs['CheckCommand']).toContain(
        `--function-name SyncFunction --cli-binary-format raw-in-base64-out --payload '{"check":true}'`,
      );
      // Both cmd and PowerShell hand on what stands between the outer quotes, if there are no others.
      const [, inner = ''] = /^cmd \/c "([^"']*)"$/.exec(String(view.root().outputs['CheckCommandWindows'])) ?? [];
      const [, payload = ''] = /--function-name SyncFunction --cli-binary-format base64 --payload (\S+) /.exec(inner) ?? [];
      expect(Buffer.from(payload, 'base64').toString()).toBe('{"check":true}');
      expect(view.root().outputs['LogsCommand']).toContain('logs tail SyncLogs');
    },
  },
];

function taskRule(stack: Stack): Resource {
  return resourceOf(stack, 'TaskRule');
}

function onlyFunction(stack: Stack): LambdaFunction {
  const [lambda, ...more] = functionsOf(stack);
  if (lambda === undefined || more.length > 0) throw new Error(`Expected one function, found ${more.length + 1}.`);
  return lambda;
}

/** The queue of which an attribute such as `HintQueue.Arn` is given. */
function queueOf(stack: Stack, arn: unknown): Resource {
  expect(arn).toMatch(/\.Arn$/);
  const queue = resourceOf(stack, String(arn).slice(0, -'.Arn'.length));
  expect(queue.type).toBe('AWS::SQS::Queue');
  return queue;
}

function environmentOf(stack: Stack): Record<string, string> {
  const variables = objectOf(lookUp(onlyFunction(stack).properties, 'Environment', 'Variables'));
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}
