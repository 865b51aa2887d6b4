/** What a person reads when something is wrong: each message names the thing and what was expected, and stops nothing else. */
import { describe, expect, it } from 'vitest';
import { isObject } from '../../functions/core/json.ts';
import { targetGroupArn } from '../../scripts/simulator/account.ts';
import { type Deployment, GROUP } from '../../scripts/simulator/deployment.ts';
import { type BundledDeployment, useBundle } from '../support/bundled.ts';

const OTHER = targetGroupArn('other');

/** Every message and explanation in the log, in one text. */
function told({ backend }: BundledDeployment): string {
  return JSON.stringify(backend.runtimes.flatMap((runtime) => runtime.log));
}

/** The good group is served whatever is wrong beside it. */
function expectGoodGroupInStep(deployment: Deployment): void {
  expect(deployment.registered).toEqual(deployment.serving);
  expect(deployment.registered.length).toBeGreaterThan(0);
}

describe('errors, as the built bundle tells them', () => {
  const bundled = useBundle();

  it('names the wrong word of a binding line and goes on with the other lines', async () => {
    const binding = 'target-group=web service=app port=8080; target-group=web service=app prot=8081';
    const played = await bundled({ settings: { binding } });
    played.deployment.start(2);
    await played.deployment.pass(3_000);
    expect(told(played)).toContain(
      'In the parameter Bindings, line 2, \\"prot=8081\\" cannot be used; expected one of target-group=, cluster=, service=, ' +
        'family=, port=, zone=, ready=, mode=, confirm=. This line is left out, and nothing else is.',
    );
    expectGoodGroupInStep(played.deployment);
  });

  it('names a target group that does not exist', async () => {
    const binding = 'target-group=web service=app port=8080; target-group=other service=app port=8080';
    const played = await bundled({ settings: { binding, targetGroups: [GROUP, OTHER] } });
    played.deployment.start(2);
    await played.deployment.pass(3_000);
    expect(told(played)).toContain(
      `Target group ${OTHER} does not exist. Create it, or take it out of the stack's parameter TargetGroupArns.`,
    );
    expectGoodGroupInStep(played.deployment);
  });

  it('refuses a target group of type instance', async () => {
    const binding = 'target-group=web service=app port=8080; target-group=other service=app port=8080';
    const played = await bundled({ settings: { binding, targetGroups: [GROUP, OTHER] } });
    played.deployment.account.elb.addGroup({ arn: OTHER, targetType: 'instance' });
    played.deployment.start(2);
    await played.deployment.pass(3_000);
    expect(told(played)).toContain(
      `Target group ${OTHER} has target type \\"instance\\"; expected \\"ip\\", since tasks are registered by address. The type ` +
        'of a group cannot be changed: create one with --target-type ip.',
    );
    expectGoodGroupInStep(played.deployment);
  });

  it('says which call was denied, on what, and where to look; the schedule then counts as failed', async () => {
    const played = await bundled();
    const { deployment } = played;
    deployment.service.faults = (operation) =>
      operation === 'RegisterTargets' ? { kind: 'error', code: 'AccessDenied', status: 403 } : undefined;
    const [task] = deployment.start(1);
    await deployment.pass(3_000);
    expect(task).toBeDefined();
    expect(deployment.queue.length).toBe(0);
    const message =
      "RegisterTargets on 10.0.0.5:8080 in web failed (AccessDenied: simulated fault). Check that the function's role still has its " +
      "policy, that the stack's parameters or a tag cover this resource, and that no service control policy or permissions boundary " +
      'forbids the call. In another account, the role is that of infra/spoke.yaml.';
    expect(told(played)).toContain(message);
    await expect(deployment.schedule()).rejects.toThrow(`The scheduled pass is not complete: ${message}`);
  });

  it('acknowledges an unreadable message, says why without quoting it, and serves the rest of the batch', async () => {
    const played = await bundled();
    const { deployment } = played;
    deployment.deliver = () => undefined;
    const [task] = deployment.start(1);
    await deployment.pass(100);
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
    expect(await deployment.invoke({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(told(played)).toContain('"messageId":"m0","because":"the body (22 characters) is not JSON"');
    expect(told(played)).not.toContain('hunter2');
    expectGoodGroupInStep(deployment);
  });

  it.each([
    [{ hello: 'world' }, 'an object with the keys "hello"'],
    [null, 'null'],
    ['text', 'string'],
    [{ Records: [{ body: '{}' }] }, 'a batch with a record that has no messageId, so it does not come from SQS'],
  ])('names the four inputs when it gets %j', async (input, what) => {
    const { deployment } = await bundled();
    await expect(deployment.invoke(input)).rejects.toThrow(
      `The function got ${what}. It takes four inputs: a batch of SQS messages {"Records":[...]}, the schedule's event ` +
        '{"source":"aws.events",...}, one EventBridge event {"source":"aws.ecs","detail-type":"ECS Task State Change",...}, ' +
        'or {"check":true}.',
    );
  });

  it('lists every wrong setting in one message', async () => {
    const { deployment } = await bundled();
    // The simulated account refuses to deploy a stack with them: they are changed afterwards, as somebody may do in Lambda's console.
    Object.assign(deployment.settings, { clusters: ['prod'], targetGroups: ['web'] });
    await expect(deployment.invoke({ check: true })).rejects.toThrow(
      /CLUSTER_ARNS has "prod"; expected a cluster ARN.*TARGET_GROUP_ARNS has "web"; expected a target group ARN.*Correct the stack's parameters/,
    );
  });

  it('tells an address that the group can never take together with the cause, and registers the rest', async () => {
    const played = await bundled();
    const { deployment } = played;
    deployment.start(3);
    // A private address outside of the VPC is taken in the zone that ELB asks for; a public one never is.
    deployment.start(1, { ipv4: '172.31.7.7' });
    deployment.start(1, { ipv4: '203.0.113.7' });
    await deployment.pass(5_000);
    expect(deployment.registered).toEqual(['10.0.0.5:8080', '10.0.0.6:8080', '10.0.0.7:8080', '172.31.7.7:8080']);
    expect(told(played)).toContain(
      "RegisterTargets on 203.0.113.7:8080 in web failed (InvalidTargetException: The IP address '203.0.113.7' is not a valid private IP",
    );
  });

  it('returns the messages of a group that cannot be read, and only those', async () => {
    const { deployment } = await bundled();
    deployment.service.faults = (operation) =>
      operation === 'DescribeTargetHealth' ? { kind: 'error', code: 'ServiceUnavailable', status: 503 } : undefined;
    deployment.deliver = () => undefined;
    deployment.start(1);
    await deployment.pass(100);
    const event = { source: 'aws.ecs', 'detail-type': 'ECS Task State Change' };
    const detail = { clusterArn: deployment.settings.clusters[0], lastStatus: 'RUNNING', version: 3 };
    const body = (group: string): string => {
      const taskArn = `${String(detail.clusterArn).replace(':cluster/', ':task/')}/${'1'.padStart(32, '0')}`;
      return JSON.stringify({ ...event, detail: { ...detail, group, taskArn } });
    };
    const answer = await deployment.invoke({
      Records: [
        { messageId: 'mine', body: body('service:app') },
        { messageId: 'not mine', body: body('service:other') },
        { messageId: 'garbage', body: 'x' },
      ],
    });
    expect(isObject(answer) && answer['batchItemFailures']).toEqual([{ itemIdentifier: 'mine' }]);
  });
});
