import { describe, expect, it } from 'vitest';
import {
  CLOUD_MAP_SERVICE,
  CLUSTER,
  lookUp,
  objectOf,
  propertiesOf,
  render,
  TARGET_GROUP,
  TOPIC,
} from '../../scripts/tools/template/template.ts';

/** What has to hold of the template in every form that it takes stands in rules/. This is what the source alone can be asked. */
const EVERYTHING_GIVEN = {
  Bindings: 'service=app port=8080',
  CloudMapServiceArns: [CLOUD_MAP_SERVICE],
  Mode: 'observe',
  AlarmTopicArn: TOPIC,
  LogRetentionDays: 7,
};

describe('the template', () => {
  it('has room for twenty clusters in the 2,048 characters that EventBridge takes', () => {
    const clusters = Array.from({ length: 20 }, (_, number) => `${CLUSTER}-of-a-team-${number}`);
    const pattern = propertiesOf('TaskRule', { ClusterArns: clusters })['EventPattern'];
    expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(2_048);
  });

  it('has room for thirty target groups in the 4 KB that Lambda takes', () => {
    const groups = Array.from({ length: 30 }, (_, number) => `${TARGET_GROUP.replace('/web/', `/a-web-service-${number}/`)}`);
    const properties = propertiesOf('SyncFunction', { TargetGroupArns: groups, CloudMapServiceArns: [CLOUD_MAP_SERVICE] });
    const variables = objectOf(lookUp(properties, 'Environment', 'Variables'));
    expect(JSON.stringify(variables).length).toBeLessThan(4_096);
  });

  it('hides a message for longer than the widest window and a run take, and keeps it for longer than its five receives', () => {
    const { VisibilityTimeout, MessageRetentionPeriod } = propertiesOf('HintQueue');
    const widest = Number(lookUp(render(), 'Parameters', 'BatchingWindowSeconds', 'MaxValue'));
    expect(Number(VisibilityTimeout)).toBeGreaterThan(widest + Number(propertiesOf('SyncFunction')['Timeout']));
    expect(Number(MessageRetentionPeriod)).toBeGreaterThan(5 * Number(VisibilityTimeout));
  });

  it.each([{}, EVERYTHING_GIVEN])('changes nothing but the window where there is one, given %j', (given) => {
    const resources = (seconds: number) => JSON.stringify(render({ ...given, BatchingWindowSeconds: seconds })['Resources']);
    const window = (seconds: number) => `"MaximumBatchingWindowInSeconds":${seconds}`;
    expect(resources(0)).toContain(window(0));
    expect(resources(20)).toBe(resources(0).replace(window(0), window(20)));
  });

  it('says what to type next', () => {
    const outputs = Object.entries(objectOf(render()['Outputs'])).map(([name, output]) => [name, lookUp(output, 'Value')]);
    const invoke = 'aws lambda invoke --region eu-west-1 --function-name SyncFunction --cli-binary-format';
    const log = 'arn:aws:logs:eu-west-1:111122223333:log-group:SyncLogs';
    expect(Object.fromEntries(outputs)).toEqual({
      CheckCommand: `${invoke} raw-in-base64-out --payload '{"check":true}' check.json && cat check.json`,
      CheckCommandWindows: `cmd /c "${invoke} base64 --payload eyJjaGVjayI6dHJ1ZX0= check.json && type check.json"`,
      PauseCommand: `aws logs tag-resource --region eu-west-1 --tags alb-target-sync=paused --resource-arn ${log}`,
      ResumeCommand: `aws logs untag-resource --region eu-west-1 --tag-keys alb-target-sync --resource-arn ${log}`,
      LogsCommand: 'aws logs tail SyncLogs --region eu-west-1 --follow --format short',
      RedriveCommand:
        'aws sqs start-message-move-task --region eu-west-1 --source-arn DeadLetterQueue.Arn --destination-arn HintQueue.Arn',
      DashboardCommand: expect.stringMatching(
        /^aws cloudformation deploy --region eu-west-1 --stack-name my-stack-operations --template-file infra\/operations.yaml --param/,
      ),
      QueueUrl: 'HintQueue',
      DeadLetterQueueUrl: 'DeadLetterQueue',
      FunctionArn: 'SyncFunction.Arn',
      RoleArn: 'SyncRole.Arn',
      LogGroupName: 'SyncLogs',
      Version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
  });
});
