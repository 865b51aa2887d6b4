/** What the simulated account lets be behind, each by a hook of its own, and what may be told late. */
import { expect, it } from 'vitest';
import { targetGroupArn } from '../../scripts/simulator/account.ts';
import { LOG_GROUP } from '../../scripts/simulator/aws-api.ts';
import { bundleOverHttp } from '../../scripts/simulator/backends.ts';
import { CLUSTER, Deployment, QUICK } from '../../scripts/simulator/deployment.ts';
import { builtFunction } from '../support/built.ts';

/** A deployment whose time passes without a function. */
function world(): { readonly deployment: Deployment; readonly pass: (milliseconds: number) => void } {
  const deployment = new Deployment();
  const { clock } = deployment;
  const pass = (milliseconds: number): void => {
    const untilMs = clock.now() + milliseconds;
    while (clock.step(untilMs));
    clock.jump(untilMs);
  };
  return { deployment, pass };
}

it('a tag takes what ELB lets a tag hold, and refuses a comma', () => {
  const { account } = new Deployment();
  const group = account.elb.addGroup({ arn: targetGroupArn('ports') });
  account.changeTag(group, 'alb-target-sync', 'service=app port=8080+9090 zone=all');
  expect(() => account.changeTag(group, 'alb-target-sync', 'service=app port=8080,9090')).toThrow('is no text for a tag');
  expect(() => account.changeTag(group, 'team', 'x'.repeat(257))).toThrow('is no text for a tag');
  expect([...group.tags]).toEqual([['alb-target-sync', 'service=app port=8080+9090 zone=all']]);
});

it('lists may be minutes behind while descriptions are up to date, and the other way round', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  pass(600_000);
  const [task] = deployment.start(1);
  pass(1_000);
  const listed = () => service.perform('ListTasks', { cluster: CLUSTER }).taskArns;
  const described = () => service.perform('DescribeTasks', { cluster: CLUSTER, tasks: [task?.arn] }).tasks;
  account.ecs.listLagMs = () => 300_000;
  expect([listed().length, described().length]).toEqual([0, 1]);
  account.ecs.listLagMs = () => 0;
  account.ecs.describeLagMs = () => 300_000;
  expect([listed().length, described().length]).toEqual([1, 0]);
  pass(300_000);
  expect([listed().length, described().length]).toEqual([1, 1]);
});

it('descriptions of services are behind on their own: counts, deployments and events alike', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  const app = account.ecs.addService(CLUSTER, 'app');
  deployment.start(2);
  pass(10_000);
  account.ecs.redeploy(app, 'app:2');
  deployment.start(3, { definition: 'app:2' });
  pass(1_000);
  const look = () => {
    const [described] = service.perform('DescribeServices', { cluster: CLUSTER, services: ['app'] }).services;
    return [
      described?.runningCount,
      described?.deployments.map(({ runningCount }) => runningCount),
      described?.events.filter(({ message }) => message.includes('has started')).length,
    ];
  };
  expect(look()).toEqual([5, [3, 2], 5]);
  account.ecs.serviceLagMs = () => 5_000;
  expect(look()).toEqual([2, [2], 2]);
  account.ecs.serviceLagMs = () => 11_000;
  expect(look()).toEqual([0, [0], 2]);
});

it('a task of another definition is of a new deployment, which is complete once the last task of the old one has stopped', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  const old = deployment.start(1);
  pass(1_000);
  const [fresh] = deployment.start(1, { definition: 'app:2' });
  pass(1_000);
  const deployments = () =>
    service.perform('DescribeServices', { cluster: CLUSTER, services: ['app'] }).services[0]?.deployments;
  const told = () => deployments()?.map(({ status, rolloutState, runningCount }) => [status, rolloutState, runningCount]);
  expect(told()).toEqual([
    ['PRIMARY', 'IN_PROGRESS', 1],
    ['ACTIVE', 'COMPLETED', 1],
  ]);
  expect(fresh?.startedBy).toBe(deployments()?.[0]?.id);
  for (const task of old) account.ecs.stop(task);
  pass(2_000);
  expect(told()).toEqual([['PRIMARY', 'COMPLETED', 1]]);
  const [described] = service.perform('DescribeServices', { cluster: CLUSTER, services: ['app'] }).services;
  expect(described?.events[0]?.message).toBe('(service app) has reached a steady state.');
});

it('a deleted cluster may be INACTIVE for a while, and is not found by any call after that', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  deployment.start(1);
  pass(1_000);
  account.ecs.deleteCluster(CLUSTER, 60_000);
  expect(service.perform('ListTasks', { cluster: CLUSTER }).taskArns).toEqual([]);
  expect(service.perform('DescribeServices', { cluster: CLUSTER, services: ['app'] }).services[0]?.status).toBe('INACTIVE');
  pass(60_000);
  const calls = [
    ['ListTasks', {}],
    ['DescribeTasks', { tasks: ['a'] }],
    ['DescribeServices', { services: ['app'] }],
    ['ecs.ListServices', {}],
    ['StopTask', { task: 'a' }],
    ['DescribeContainerInstances', { containerInstances: ['a'] }],
  ] as const;
  for (const [name, input] of calls) {
    expect(() => service.perform(name, { cluster: CLUSTER, ...input }), name).toThrow('Cluster not found.');
  }
});

it('a stopped task is listed and described for an hour, and then forgotten', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  const [task] = deployment.start(1);
  pass(1_000);
  if (task !== undefined) account.ecs.stop(task);
  pass(1_000 + 3_600_000);
  const look = () => [
    service.perform('ListTasks', { cluster: CLUSTER, desiredStatus: 'STOPPED' }).taskArns.length,
    service.perform('DescribeTasks', { cluster: CLUSTER, tasks: [task?.arn] }).tasks.length,
  ];
  expect(look()).toEqual([1, 1]);
  pass(1);
  expect(look()).toEqual([0, 0]);
});

it('DescribeServices tells the 100 newest events of a service', () => {
  const { deployment, pass } = world();
  const { service } = deployment;
  const tasks = deployment.start(150);
  pass(1_000);
  const [app] = service.perform('DescribeServices', { cluster: CLUSTER, services: ['app'] }).services;
  expect(app?.events).toHaveLength(100);
  expect(app?.events.map(({ message }) => message).join()).toContain(tasks.at(-1)?.id);
});

it("an address of the VPC's range that is in no subnet is outside, and one of a secondary range is inside", () => {
  const { deployment } = world();
  const { service, account } = deployment;
  const { arn } = account.elb.addGroup({
    arn: targetGroupArn('other'),
    vpcPrefixes: ['10.0.', '100.64.'],
    subnets: [
      { prefix: '10.0.1.', zone: 'eu-west-1b' },
      { prefix: '100.64.0.', zone: 'eu-west-1c' },
    ],
  });
  const register = (Id: string, AvailabilityZone?: string) =>
    service.perform('RegisterTargets', { TargetGroupArn: arn, Targets: [{ Id, Port: 8080, AvailabilityZone }] });
  register('10.0.1.5');
  register('100.64.0.5', 'eu-west-1c');
  register('10.0.2.5', 'all');
  expect(() => register('10.0.2.6')).toThrow('outside the VPC');
  expect(() => register('100.64.0.6', 'all')).toThrow("overridden to 'all' from 'eu-west-1c'");
  expect(() => register('10.0.1.6', 'eu-west-1c')).toThrow("overridden to 'eu-west-1c' from 'eu-west-1b'");
  const zones = account.elb.view(account.elb.group(arn)).map(({ target }) => target.zone);
  expect(zones).toEqual(['eu-west-1b', 'eu-west-1c', 'all']);
});

it('a task set of another controller has load balancers of its own, and its tasks are counted as its own', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  const app = account.ecs.addService(CLUSTER, 'app');
  const green = targetGroupArn('green');
  const taskSet = account.ecs.addTaskSet(app, { externalId: 'green', definition: 'app:2', loadBalancers: [green] });
  deployment.start(2, { startedBy: taskSet.id, definition: 'app:2' });
  pass(1_000);
  const [described] = service.perform('DescribeServices', { cluster: CLUSTER, services: ['app'] }).services;
  expect(described?.taskSets).toMatchObject([
    { id: taskSet.id, status: 'PRIMARY', runningCount: 2, loadBalancers: [{ targetGroupArn: green }] },
  ]);
  expect(described?.deployments).toMatchObject([{ status: 'PRIMARY', runningCount: 0 }]);
});

it('a deleted service is described as INACTIVE and listed no longer', () => {
  const { service, account } = world().deployment;
  account.ecs.addService(CLUSTER, 'api').status = 'INACTIVE';
  expect(service.perform('ecs.ListServices', { cluster: CLUSTER }).serviceArns.map((arn) => arn.slice(-4))).toEqual(['/app']);
  expect(service.perform('DescribeServices', { cluster: CLUSTER, services: ['api'] }).services[0]?.status).toBe('INACTIVE');
  expect(() => service.perform('ListTasks', { cluster: CLUSTER, serviceName: 'api' })).toThrow('Service not found.');
});

it('a field that a line of the log lacks is neither equal nor unequal', () => {
  const { service, account } = world().deployment;
  account.logs.sink('/aws/lambda/sync', 'a')('{"message":"pass"}');
  const ask = (filterPattern: string) =>
    service.perform('FilterLogEvents', { logGroupName: '/aws/lambda/sync', filterPattern }).events.length;
  expect([ask('{ $.message != "x" }'), ask('{ $.port != 1 }'), ask('{ $.port = 1 }')]).toEqual([1, 0, 0]);
});

it('health makes no event and no version, and shows as late as any other change', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  const versions: unknown[] = [];
  account.onEvent(({ detail }) => versions.push(detail.version));
  const [task] = deployment.start(1);
  pass(1_000);
  const told = versions.length;
  const look = () => service.perform('DescribeTasks', { cluster: CLUSTER, tasks: [task?.arn] }).tasks[0];
  const before = look()?.version;
  if (task !== undefined) account.ecs.setHealth(task, 'HEALTHY');
  pass(1_000);
  expect([look()?.healthStatus, look()?.version, versions.length]).toEqual(['HEALTHY', before, told]);
  account.ecs.describeLagMs = () => 1_500;
  expect(look()?.healthStatus).toBe('UNKNOWN');
});

it('the containers of a task may have ended long before ECS hears of it', () => {
  const { deployment, pass } = world();
  const { service, account, clock } = deployment;
  const [task] = deployment.start(1);
  pass(600_000);
  const diedAtMs = clock.now() - 300_000;
  if (task !== undefined) account.ecs.crash(task, diedAtMs);
  pass(1_000);
  const [described] = service.perform('DescribeTasks', { cluster: CLUSTER, tasks: [task?.arn] }).tasks;
  expect(described?.executionStoppedAt?.getTime()).toBe(diedAtMs);
  expect(described?.stoppedAt?.getTime()).toBe(clock.now() - 1_000 + QUICK.deprovisioningMs);
});

it('the tagging API hears of tags late, and goes on telling of what was deleted', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  account.tagging.lagMs = () => 60_000;
  const other = account.elb.addGroup({ arn: targetGroupArn('other') });
  const tagged = () =>
    service
      .perform('GetResources', { TagFilters: [{ Key: 'alb-target-sync' }] })
      .ResourceTagMappingList.map(({ ResourceARN }) => ResourceARN);
  other.tags.set('alb-target-sync', 'service=app port=8080');
  pass(59_999);
  expect(tagged()).toEqual([]);
  pass(1);
  expect(tagged()).toEqual([other.arn]);
  account.elb.deleteGroup(other);
  account.tagging.deletedLagMs = () => 1_200_000;
  pass(1_199_999);
  expect(tagged()).toEqual([other.arn]);
  pass(1);
  expect(tagged()).toEqual([]);
  expect(() => service.perform('DescribeTags', { ResourceArns: [other.arn] })).toThrow('not found');
});

it('a token of the tagging API leads on for a quarter of an hour', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  for (const name of ['a', 'b', 'c']) account.elb.addGroup({ arn: targetGroupArn(name) }).tags.set('k', 'v');
  const ask = (PaginationToken = '') => service.perform('GetResources', { ResourcesPerPage: 1, PaginationToken });
  const { PaginationToken } = ask();
  pass(900_000);
  expect(ask(PaginationToken).ResourceTagMappingList).toHaveLength(1);
  pass(1);
  expect(() => ask(PaginationToken)).toThrow(expect.objectContaining({ name: 'PaginationTokenExpiredException' }));
});

it('a line of the log is found once it has come in, and a search may end before it has found anything', () => {
  const { deployment, pass } = world();
  const { service, account } = deployment;
  account.logs.lagMs = () => 5_000;
  const write = account.logs.sink('/aws/lambda/sync', 'a');
  write('{"message":"first"}');
  const ask = (more: object = {}) => service.perform('FilterLogEvents', { logGroupName: '/aws/lambda/sync', ...more });
  pass(4_999);
  expect(ask().events).toEqual([]);
  pass(1);
  expect(ask().events).toHaveLength(1);
  account.logs.lagMs = () => 0;
  for (let count = 0; count < 3; count += 1) write('{"message":"other"}');
  write('{"message":"last"}');
  account.logs.scanMax = 2;
  const pages = [];
  let page = ask({ filterPattern: '{ $.message = "last" }' });
  for (; page.nextToken !== undefined; page = ask({ filterPattern: '{ $.message = "last" }', nextToken: page.nextToken })) {
    pages.push(page.events.length);
  }
  expect([...pages, page.events.length]).toEqual([0, 0, 1]);
});

it('what the built function logs can be searched, by group and by the environment that wrote it', async () => {
  const { file } = await builtFunction();
  const deployment = new Deployment();
  const backend = await bundleOverHttp(file, deployment);
  try {
    deployment.use(backend);
    deployment.start(2);
    await deployment.pass(3_000);
    const ask = (more: object) => deployment.service.perform('FilterLogEvents', { logGroupName: LOG_GROUP, ...more }).events;
    expect(backend.runtimes.length).toBeGreaterThan(1);
    for (const [index, { log }] of backend.runtimes.entries()) {
      const found = ask({ logStreamNames: [`[$LATEST]${index}`] });
      expect(found.map(({ message }) => JSON.parse(message))).toEqual(log);
    }
    const passes = ask({ filterPattern: `{ $.targetGroupArn = "${deployment.group.arn}" && $.message = "pass" }` });
    expect(passes).toHaveLength(backend.runtimes.flatMap(({ log }) => log.filter(({ message }) => message === 'pass')).length);
    expect(passes.length).toBeGreaterThan(0);
  } finally {
    await backend.close();
  }
});
