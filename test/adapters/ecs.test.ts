/** Amazon ECS: what is asked in which case, and what is read of services and definitions. Tasks have a file of their own. */
import { describe, expect, it } from 'vitest';
import { definitionFrom, serviceFrom } from '../../functions/adapters/ecs.ts';
import type { Operations } from '../../functions/app/ports.ts';
import { CLUSTER, FAMILY, GROUP, mockedAws, OTHER_GROUP, SERVICE, sentBy, taskArn } from '../support/sdk.ts';

async function inputOfListTasks(input: Operations['ListTasks']['input']): Promise<unknown> {
  const { world, mocks } = mockedAws();
  mocks.ecs.resolves({ taskArns: [] });
  await world.ListTasks(input);
  return sentBy(mocks.ecs).map((sent) => sent.input);
}

describe('ListTasks', () => {
  it('asks for a service by its name and never by family', async () => {
    const sent = await inputOfListTasks({ selector: SERVICE, desired: 'RUNNING', nextToken: undefined });
    expect(sent).toEqual([{ cluster: CLUSTER, desiredStatus: 'RUNNING', serviceName: 'app' }]);
  });

  it('asks for a family by its name and never by service', async () => {
    const sent = await inputOfListTasks({ selector: FAMILY, desired: 'RUNNING', nextToken: undefined });
    expect(sent).toEqual([{ cluster: CLUSTER, desiredStatus: 'RUNNING', family: 'nightly-report' }]);
  });

  it('asks for stopped tasks where those are wanted', async () => {
    const sent = await inputOfListTasks({ selector: SERVICE, desired: 'STOPPED', nextToken: undefined });
    expect(sent).toEqual([{ cluster: CLUSTER, desiredStatus: 'STOPPED', serviceName: 'app' }]);
  });

  it('hands on the token of the page before', async () => {
    const sent = await inputOfListTasks({ selector: SERVICE, desired: 'RUNNING', nextToken: 'page 2' });
    expect(sent).toEqual([{ cluster: CLUSTER, desiredStatus: 'RUNNING', serviceName: 'app', nextToken: 'page 2' }]);
  });

  it('reads an empty list as an empty list', async () => {
    const { world, mocks } = mockedAws();
    mocks.ecs.resolves({ taskArns: [] });
    const outcome = await world.ListTasks({ selector: SERVICE, desired: 'RUNNING', nextToken: undefined });
    expect(outcome).toEqual({ ok: true, value: { items: [], nextToken: undefined } });
  });

  it('takes ARNs of the short form, which tasks had until 2019', async () => {
    const short = 'arn:aws:ecs:eu-west-1:111122223333:task/9781c248-0edd-4cdb-9a93-f63cb662a5d3';
    const { world, mocks } = mockedAws();
    mocks.ecs.resolves({ taskArns: [short, taskArn(2)] });
    const outcome = await world.ListTasks({ selector: SERVICE, desired: 'RUNNING', nextToken: undefined });
    expect(outcome).toMatchObject({ ok: true, value: { items: [short, taskArn(2)] } });
  });
});

describe('DescribeTasks', () => {
  it('leaves out the tasks that ECS does not know: unknown is not stopped', async () => {
    const { world, mocks } = mockedAws();
    mocks.ecs.resolves({ tasks: [], failures: [{ arn: taskArn(1), reason: 'MISSING' }] });
    expect(await world.DescribeTasks({ cluster: CLUSTER, tasks: [taskArn(1)] })).toEqual({ ok: true, value: [] });
  });
});

describe('DescribeServices', () => {
  it('leaves out the services that ECS does not know', async () => {
    const { world, mocks } = mockedAws();
    mocks.ecs.resolves({ services: [], failures: [{ arn: 'app', reason: 'MISSING' }] });
    expect(await world.DescribeServices({ cluster: CLUSTER, names: ['app'] })).toEqual({ ok: true, value: [] });
  });
});

describe('serviceFrom', () => {
  it('finds no group and no deployment at a service that has none', () => {
    expect(serviceFrom({ serviceName: 'app' })).toEqual({ name: 'app', isActive: true, targetGroups: [], deployments: [] });
  });

  it('finds the deployments by which its tasks are known, and the task sets of other controllers', () => {
    const described = { deployments: [{ id: 'ecs-svc/1' }, {}, { id: 'ecs-svc/2' }], taskSets: [{ id: 'ecs-svc/3' }] };
    expect(serviceFrom({ serviceName: 'app', ...described }).deployments).toEqual(['ecs-svc/1', 'ecs-svc/2', 'ecs-svc/3']);
  });

  it.each([
    { status: 'ACTIVE', isActive: true },
    { status: 'DRAINING', isActive: true },
    { status: 'INACTIVE', isActive: false },
  ])('takes one that is $status for one that has tasks: $isActive', ({ status, isActive }) => {
    expect(serviceFrom({ serviceName: 'app', status }).isActive).toBe(isActive);
  });

  it('finds the groups of the service itself', () => {
    const loadBalancers = [{ targetGroupArn: GROUP }, { targetGroupArn: OTHER_GROUP }];
    expect(serviceFrom({ serviceName: 'app', loadBalancers }).targetGroups).toEqual([GROUP, OTHER_GROUP]);
  });

  it('finds the groups of task sets, where CodeDeploy and external controllers keep them', () => {
    const taskSets = [{ loadBalancers: [{ targetGroupArn: GROUP }] }, { loadBalancers: [{ targetGroupArn: OTHER_GROUP }] }, {}];
    const service = serviceFrom({ serviceName: 'app', loadBalancers: [], taskSets });
    expect(service.targetGroups).toEqual([GROUP, OTHER_GROUP]);
  });

  it('finds the alternate group that a blue/green deployment writes to', () => {
    const advancedConfiguration = { alternateTargetGroupArn: OTHER_GROUP, productionListenerRule: 'rule', roleArn: 'role' };
    const loadBalancers = [{ targetGroupArn: GROUP, advancedConfiguration }];
    expect(serviceFrom({ serviceName: 'app', loadBalancers }).targetGroups).toEqual([GROUP, OTHER_GROUP]);
  });

  it('finds the alternate group of a task set too', () => {
    const taskSets = [{ loadBalancers: [{ advancedConfiguration: { alternateTargetGroupArn: OTHER_GROUP } }] }];
    expect(serviceFrom({ serviceName: 'app', taskSets }).targetGroups).toEqual([OTHER_GROUP]);
  });

  it('passes over a classic load balancer, which has a name and no group', () => {
    const loadBalancers = [{ loadBalancerName: 'classic', containerPort: 80 }];
    expect(serviceFrom({ serviceName: 'app', loadBalancers, taskSets: [] }).targetGroups).toEqual([]);
  });
});

const STOP_TIMEOUTS = [
  { containers: 'none at all', definitions: [], seconds: 30 },
  { containers: 'one that names nothing', definitions: [{}], seconds: 30 },
  { containers: 'one with 0', definitions: [{ stopTimeout: 0 }], seconds: 0 },
  { containers: 'one with 120', definitions: [{ stopTimeout: 120 }], seconds: 120 },
  { containers: 'two, with 29 and nothing', definitions: [{ stopTimeout: 29 }, {}], seconds: 29 },
  { containers: 'two, with 31 and nothing', definitions: [{ stopTimeout: 31 }, {}], seconds: 30 },
  { containers: 'three, with 90, 60 and 120', definitions: [90, 60, 120].map((stopTimeout) => ({ stopTimeout })), seconds: 60 },
];

describe('DescribeTaskDefinition', () => {
  it.each(STOP_TIMEOUTS)('tells the shortest stop time-out: containers are $containers', async ({ definitions, seconds }) => {
    const { world, mocks } = mockedAws();
    mocks.ecs.resolves({ taskDefinition: { containerDefinitions: definitions } });
    const outcome = await world.DescribeTaskDefinition({ cluster: CLUSTER, definition: 'app:12' });
    expect(outcome).toEqual({ ok: true, value: { stopTimeoutSeconds: seconds, ports: [] } });
  });
});

describe('definitionFrom', () => {
  it('finds the ports of every container, with their names where they have one', () => {
    const ports = definitionFrom([
      { portMappings: [{ name: 'http', containerPort: 8080 }, { containerPort: 9090 }] },
      {},
      { portMappings: [{ name: 'metrics', containerPort: 9100 }] },
    ]).ports;
    expect(ports).toEqual([
      { name: 'http', port: 8080 },
      { name: undefined, port: 9090 },
      { name: 'metrics', port: 9100 },
    ]);
  });

  it('passes over a range of ports, which names no one of them', () => {
    const portMappings = [{ containerPortRange: '8000-8010' }, { containerPort: 0 }, { containerPort: 65_536 }];
    expect(definitionFrom([{ portMappings }]).ports).toEqual([]);
  });
});

describe('ListServices', () => {
  it('reads the names of services from ARNs of both forms', async () => {
    const { world, mocks } = mockedAws();
    mocks.ecs.resolves({
      serviceArns: ['prod/app', 'api'].map((name) => `arn:aws:ecs:eu-west-1:111122223333:service/${name}`),
    });
    const outcome = await world.ListServices({ cluster: CLUSTER, nextToken: undefined });
    expect(outcome).toEqual({ ok: true, value: { items: ['app', 'api'], nextToken: undefined } });
  });

  it('hands on the token of the page before', async () => {
    const { world, mocks } = mockedAws();
    mocks.ecs.resolves({ serviceArns: [] });
    await world.ListServices({ cluster: CLUSTER, nextToken: 'page 2' });
    expect(sentBy(mocks.ecs)).toMatchObject([{ input: { cluster: CLUSTER, maxResults: 100, nextToken: 'page 2' } }]);
  });
});
