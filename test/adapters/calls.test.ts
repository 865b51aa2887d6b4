/** What holds for every call alike: the command and its input, what becomes of the answer, and of one that lacks a field. */
import { describe, expect, it } from 'vitest';
import type { OperationName } from '../../functions/app/ports.ts';
import { CLOUD_MAP_SERVICE, CLUSTER, type Mock, type MockedAws, mockedAws, sentBy, taskArn } from '../support/sdk.ts';
import { CALLS, type Call } from '../support/sdk-calls.ts';

/** The world with all clients answering as told; what is not asked is not sent either. */
function worldWith(call: Call, arrange: (mock: Mock) => unknown): MockedAws {
  const mocked = mockedAws();
  arrange(mocked.mocks[call.api]);
  return mocked;
}

function callOf(operation: OperationName): Call {
  const call = CALLS.find((each) => each.operation === operation);
  if (call === undefined) throw new Error(`There is no example of ${operation}.`);
  return call;
}

describe('every call', () => {
  it('has an example here', () => {
    const { world } = mockedAws();
    expect(CALLS.map(({ operation }) => operation).sort()).toEqual(Object.keys(world).sort());
  });

  it.each(CALLS)('$operation sends one command, and exactly the input of it', async (call) => {
    const { world, mocks } = worldWith(call, (mock) => mock.resolves(call.answer));
    await call.make(world);
    const sent = Object.values(mocks).flatMap(sentBy);
    expect(sent).toEqual([
      { command: `${call.command ?? call.operation}Command`, input: call.input, abortSignal: expect.any(AbortSignal) },
    ]);
  });

  it.each(CALLS)('$operation makes our words of the answer', async (call) => {
    const { world } = worldWith(call, (mock) => mock.resolves(call.answer));
    expect(await call.make(world)).toEqual({ ok: true, value: call.value });
  });

  it.each(CALLS)('$operation answers with the failure that the client throws, and does not throw it', async (call) => {
    const error = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const { world } = worldWith(call, (mock) => mock.rejects(error));
    expect(await call.make(world)).toEqual({ ok: false, problem: { kind: 'denied', message: 'AccessDeniedException: no' } });
  });
});

/** The calls that are made where their subject lies. The others have one client, at home. */
const PLACED: Readonly<Partial<Record<OperationName, string | undefined>>> = {
  ListTasks: CLUSTER,
  DescribeTasks: CLUSTER,
  DescribeServices: CLUSTER,
  DescribeTaskDefinition: CLUSTER,
  ListClusters: undefined,
  ListServices: CLUSTER,
  GetResources: CLUSTER,
  ListTagsForResource: CLOUD_MAP_SERVICE,
  ListInstances: CLOUD_MAP_SERVICE,
};

describe('a call to ECS, Cloud Map or for tags', () => {
  it.each(CALLS)('is made in the place of what it is about: $operation', async (call) => {
    const { world, places } = worldWith(call, (mock) => mock.resolves(call.answer));
    await call.make(world);
    expect(places).toEqual(call.operation in PLACED ? [PLACED[call.operation]] : []);
  });
});

interface Lack {
  readonly operation: OperationName;
  readonly field: string;
  readonly answer: object;
}

const GROUP_WITHOUT = {
  TargetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef',
};
const CLUSTER_ARN = 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod';

const LACKS: readonly Lack[] = [
  { operation: 'ListTasks', field: 'taskArns', answer: {} },
  { operation: 'ListTasks', field: 'taskArn', answer: { taskArns: [taskArn(1), 'task/2'] } },
  { operation: 'DescribeTasks', field: 'tasks', answer: { failures: [] } },
  { operation: 'DescribeTasks', field: 'taskArn', answer: { tasks: [{ clusterArn: CLUSTER_ARN }] } },
  { operation: 'DescribeTasks', field: 'taskArn', answer: { tasks: [{ taskArn: 'task/2', clusterArn: CLUSTER_ARN }] } },
  { operation: 'DescribeTasks', field: 'clusterArn', answer: { tasks: [{ taskArn: taskArn(1) }] } },
  { operation: 'DescribeTasks', field: 'clusterArn', answer: { tasks: [{ taskArn: taskArn(1), clusterArn: 'prod' }] } },
  { operation: 'DescribeServices', field: 'services', answer: { failures: [] } },
  { operation: 'DescribeServices', field: 'serviceName', answer: { services: [{ loadBalancers: [] }] } },
  { operation: 'DescribeTaskDefinition', field: 'containerDefinitions', answer: {} },
  { operation: 'DescribeTaskDefinition', field: 'containerDefinitions', answer: { taskDefinition: { family: 'app' } } },
  { operation: 'DescribeTargetGroups', field: 'TargetGroups', answer: {} },
  { operation: 'DescribeTargetGroups', field: 'TargetGroupArn', answer: { TargetGroups: [{ TargetGroupName: 'web' }] } },
  { operation: 'DescribeTargetGroups', field: 'TargetGroupArn', answer: { TargetGroups: [{ TargetGroupArn: 'web' }] } },
  {
    operation: 'DescribeTargetGroups',
    field: 'TargetGroupName',
    answer: { TargetGroups: [{ ...GROUP_WITHOUT, TargetType: 'ip' }] },
  },
  {
    operation: 'DescribeTargetGroups',
    field: 'TargetType',
    answer: { TargetGroups: [{ ...GROUP_WITHOUT, TargetGroupName: 'web' }] },
  },
  { operation: 'DescribeTags', field: 'TagDescriptions', answer: {} },
  { operation: 'DescribeTags', field: 'ResourceArn', answer: { TagDescriptions: [{ Tags: [] }] } },
  { operation: 'DescribeTargetGroupAttributes', field: 'deregistration_delay.timeout_seconds', answer: {} },
  {
    operation: 'DescribeTargetGroupAttributes',
    field: 'deregistration_delay.timeout_seconds',
    answer: { Attributes: [{ Key: 'slow_start.duration_seconds', Value: '30' }] },
  },
  {
    operation: 'DescribeTargetGroupAttributes',
    field: 'deregistration_delay.timeout_seconds',
    answer: { Attributes: [{ Key: 'deregistration_delay.timeout_seconds' }] },
  },
  { operation: 'DescribeTargetHealth', field: 'TargetHealthDescriptions', answer: {} },
  { operation: 'DescribeTargetHealth', field: 'port', answer: { TargetHealthDescriptions: [{}] } },
  {
    operation: 'DescribeTargetHealth',
    field: 'port',
    answer: { TargetHealthDescriptions: [{ Target: { Id: '10.0.1.7' }, TargetHealth: { State: 'healthy' } }] },
  },
  {
    operation: 'DescribeTargetHealth',
    field: 'Target.Id',
    answer: { TargetHealthDescriptions: [{ Target: { Port: 8080 }, TargetHealth: { State: 'healthy' } }] },
  },
  {
    operation: 'DescribeTargetHealth',
    field: 'TargetHealth.State',
    answer: { TargetHealthDescriptions: [{ Target: { Id: '10.0.1.7', Port: 8080 } }] },
  },
  {
    operation: 'DescribeTargetHealth',
    field: 'TargetHealth.State',
    answer: { TargetHealthDescriptions: [{ Target: { Id: '10.0.1.7', Port: 8080 }, TargetHealth: {} }] },
  },
  { operation: 'ListInstances', field: 'Instances', answer: {} },
  { operation: 'ListClusters', field: 'clusterArns', answer: {} },
  { operation: 'ListClusters', field: 'clusterArn', answer: { clusterArns: [CLUSTER_ARN, 'prod'] } },
  { operation: 'ListServices', field: 'serviceArns', answer: {} },
  { operation: 'ListInstances', field: 'Id', answer: { Instances: [{ Attributes: {} }] } },
];

describe('an answer without a field that it always has', () => {
  it.each(LACKS)('is no answer: $operation names $field', async ({ operation, field, answer }) => {
    const call = callOf(operation);
    const { world } = worldWith(call, (mock) => mock.resolves(answer));
    const outcome = await call.make(world);
    expect(outcome).toEqual({
      ok: false,
      problem: { kind: 'unexpected', message: expect.stringMatching(new RegExp(`\\b${field}\\b`)) },
    });
  });

  it('spoils the whole answer, since one that was half read would look like a short list', async () => {
    const call = callOf('ListInstances');
    const { world } = worldWith(call, (mock) => mock.resolves({ Instances: [{ Id: 'one' }, {}, { Id: 'three' }] }));
    expect(await call.make(world)).toMatchObject({ ok: false, problem: { kind: 'unexpected' } });
  });
});
