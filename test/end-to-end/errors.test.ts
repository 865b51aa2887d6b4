/** What a person reads when something is wrong: each message names the thing and what was expected, and stops nothing else. */
import { describe, expect, it } from 'vitest';
import { isObject } from '../../functions/core/json.ts';
import { targetGroupArn } from '../../scripts/simulator/account.ts';
import { GROUP, type Stage } from '../../scripts/simulator/deployment.ts';
import { type BundledStage, useBundle } from '../support/bundled.ts';

const OTHER = targetGroupArn('other');

/** Every message and explanation in the log, in one text. */
function told({ backend }: BundledStage): string {
  return JSON.stringify(backend.runtimes.flatMap((runtime) => runtime.log));
}

/** The good group is served whatever is wrong beside it. */
function expectGoodGroupInStep(stage: Stage): void {
  expect(stage.registered).toEqual(stage.serving);
  expect(stage.registered.length).toBeGreaterThan(0);
}

describe('errors, as the built bundle tells them', () => {
  const bundled = useBundle();

  it('names the wrong word of a wiring line and goes on with the other lines', async () => {
    const wiring = 'target-group=web service=app port=8080; target-group=web service=app prot=8081';
    const played = await bundled({ settings: { wiring } });
    played.stage.start(2);
    await played.stage.pass(3_000);
    expect(told(played)).toContain(
      'In the parameter Wiring, line 2, \\"prot=8081\\" cannot be used; expected one of target-group=, cluster=, service=, ' +
        'family=, port=, zone=, mode=. This line is left out, and nothing else is.',
    );
    expectGoodGroupInStep(played.stage);
  });

  it('names a target group that does not exist', async () => {
    const wiring = 'target-group=web service=app port=8080; target-group=other service=app port=8080';
    const played = await bundled({ settings: { wiring, targetGroups: [GROUP, OTHER] } });
    played.stage.start(2);
    await played.stage.pass(3_000);
    expect(told(played)).toContain(
      `Target group ${OTHER} does not exist. Create it, or take it out of the stack's parameter TargetGroupArns.`,
    );
    expectGoodGroupInStep(played.stage);
  });

  it('refuses a target group of type instance', async () => {
    const wiring = 'target-group=web service=app port=8080; target-group=other service=app port=8080';
    const played = await bundled({ settings: { wiring, targetGroups: [GROUP, OTHER] } });
    played.stage.account.elb.addGroup({ arn: OTHER, targetType: 'instance' });
    played.stage.start(2);
    await played.stage.pass(3_000);
    expect(told(played)).toContain(
      `Target group ${OTHER} has target type \\"instance\\"; expected \\"ip\\", since tasks are registered by address. The type ` +
        'of a group cannot be changed: create one with --target-type ip.',
    );
    expectGoodGroupInStep(played.stage);
  });

  it('says which call was denied, on what, and where to look; the schedule then counts as failed', async () => {
    const played = await bundled();
    const { stage } = played;
    stage.service.faults = (operation) =>
      operation === 'RegisterTargets' ? { kind: 'error', code: 'AccessDenied', status: 403 } : undefined;
    const [task] = stage.start(1);
    await stage.pass(3_000);
    expect(task).toBeDefined();
    expect(stage.queue.length).toBe(0);
    const message =
      "RegisterTargets on 10.0.0.5:8080 in web failed (AccessDenied: simulated fault). Check that the stack's parameters name " +
      "this resource, that the function's role still has its policy, and that no service control policy forbids the call.";
    expect(told(played)).toContain(message);
    await expect(stage.schedule()).rejects.toThrow(`The scheduled pass is not complete: ${message}`);
  });

  it('acknowledges an unreadable message, says why without quoting it, and serves the rest of the batch', async () => {
    const played = await bundled();
    const { stage } = played;
    stage.deliver = () => undefined;
    const [task] = stage.start(1);
    await stage.pass(100);
    const good = { source: 'aws.ecs', 'detail-type': 'ECS Task State Change' };
    const detail = {
      taskArn: task?.arn,
      clusterArn: task?.clusterArn,
      lastStatus: 'RUNNING',
      version: 3,
      group: 'service:app',
    };
    const bodies = ['{"password": "hunter2"', JSON.stringify({ ...good, detail })];
    const records = bodies.map((body, index) => ({ messageId: `m${index}`, body }));
    expect(await stage.invoke({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(told(played)).toContain('"messageId":"m0","because":"the body (22 characters) is not JSON"');
    expect(told(played)).not.toContain('hunter2');
    expectGoodGroupInStep(stage);
  });

  it.each([
    [{ hello: 'world' }, 'an object with the keys "hello"'],
    [null, 'null'],
    ['text', 'string'],
    [{ Records: [{ body: '{}' }] }, 'a batch with a record that has no messageId, so it does not come from SQS'],
  ])('names the four inputs when it gets %j', async (input, what) => {
    const { stage } = await bundled();
    await expect(stage.invoke(input)).rejects.toThrow(
      `The function got ${what}. It takes four inputs: a batch of SQS messages {"Records":[...]}, the schedule's event ` +
        '{"source":"aws.events",...}, one EventBridge event {"source":"aws.ecs","detail-type":"ECS Task State Change",...}, ' +
        'or {"check":true}.',
    );
  });

  it('lists every wrong setting in one message', async () => {
    const { stage } = await bundled({ settings: { clusters: ['prod'], targetGroups: ['web'] } });
    await expect(stage.invoke({ check: true })).rejects.toThrow(
      /CLUSTER_ARNS has "prod"; expected a cluster ARN.*TARGET_GROUP_ARNS has "web"; expected a target group ARN.*Correct the stack's parameters/,
    );
  });

  it('tells an address that the group can never take together with the cause, and registers the rest', async () => {
    const played = await bundled();
    const { stage } = played;
    stage.start(3);
    stage.start(1, { ipv4: '172.31.7.7' });
    await stage.pass(5_000);
    expect(stage.registered).toHaveLength(3);
    expect(told(played)).toContain('an address outside the VPC of the group needs zone=all in its line.');
    expect(told(played)).toContain('RegisterTargets on 172.31.7.7:8080 in web failed (InvalidTargetException');
  });

  it('returns the messages of a group that cannot be read, and only those', async () => {
    const { stage } = await bundled();
    stage.service.faults = (operation) =>
      operation === 'DescribeTargetHealth' ? { kind: 'error', code: 'ServiceUnavailable', status: 503 } : undefined;
    stage.deliver = () => undefined;
    stage.start(1);
    await stage.pass(100);
    const event = { source: 'aws.ecs', 'detail-type': 'ECS Task State Change' };
    const detail = { clusterArn: stage.settings.clusters[0], lastStatus: 'RUNNING', version: 3 };
    const body = (group: string): string => {
      const taskArn = `${String(detail.clusterArn).replace(':cluster/', ':task/')}/${'1'.padStart(32, '0')}`;
      return JSON.stringify({ ...event, detail: { ...detail, group, taskArn } });
    };
    const answer = await stage.invoke({
      Records: [
        { messageId: 'mine', body: body('service:app') },
        { messageId: 'not mine', body: body('service:other') },
        { messageId: 'garbage', body: 'x' },
      ],
    });
    expect(isObject(answer) && answer['batchItemFailures']).toEqual([{ itemIdentifier: 'mine' }]);
  });
});
