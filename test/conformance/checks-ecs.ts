/** What we rely on of Amazon ECS. */
import { strict as assert } from 'node:assert';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { allPages, type Check, each, list, object, objectsIn, only, refused, sameMembers, upTo } from './check.ts';
import type { Scene } from './scene.ts';

const LIST_CLUSTERS = 'ECS API reference, ListClusters';
const LIST_TASKS = 'ECS API reference, ListTasks';
const DESCRIBE_TASKS = 'ECS API reference, DescribeTasks';
const UNKNOWN_CLUSTER = 'arn:aws:ecs:eu-west-1:111122223333:cluster/nobody-made-it';

function listTasks({ call, cluster }: Scene, more: JsonObject = {}): Promise<JsonObject> {
  return call('ListTasks', { cluster, ...more });
}

async function describeTask({ call, cluster }: Scene, task: unknown): Promise<JsonObject> {
  return only(await call('DescribeTasks', { cluster, tasks: [task] }), 'tasks');
}

function unknownTask(index: number): string {
  return index.toString(16).padStart(32, 'f');
}

function interfaceOf(task: JsonObject): JsonObject {
  const found = objectsIn(task, 'attachments').find(({ type }) => type === 'ElasticNetworkInterface');
  assert.ok(found !== undefined, 'the task has no attachment of type ElasticNetworkInterface');
  return found;
}

function addressOf(task: JsonObject): unknown {
  const found = objectsIn(interfaceOf(task), 'details').find(({ name }) => name === 'privateIPv4Address');
  return found?.['value'];
}

const CLUSTER_PAGES = { key: 'clusterArns', token: 'nextToken', next: 'nextToken' } as const;

const CLUSTERS: readonly Check[] = [
  {
    name: 'ListClusters: names every cluster by its ARN, page by page',
    source: LIST_CLUSTERS,
    run: async (scene) => {
      const made = [scene.cluster, await scene.addCluster()];
      const found = await allPages(scene, 'ListClusters', CLUSTER_PAGES);
      assert.deepEqual(
        made.filter((arn) => !found.includes(arn)),
        [],
      );
      assert.equal(new Set(found).size, found.length);
    },
  },
  {
    name: 'ListClusters: maxResults cuts pages, and each token leads to the next',
    source: `${LIST_CLUSTERS}, maxResults and nextToken`,
    run: async (scene) => {
      await scene.addCluster();
      const first = await scene.call('ListClusters', { maxResults: 1 });
      const second = await scene.call('ListClusters', { maxResults: 1, nextToken: first['nextToken'] });
      assert.deepEqual([list(first, 'clusterArns').length, list(second, 'clusterArns').length], [1, 1]);
      assert.notDeepEqual(list(first, 'clusterArns'), list(second, 'clusterArns'));
    },
  },
  {
    name: 'ListClusters: a page has 100 clusters at most',
    source: `${LIST_CLUSTERS}, maxResults: up to 100`,
    run: async (scene) => {
      for (const _ of upTo(101)) await scene.addCluster();
      const first = await scene.call('ListClusters', {});
      assert.equal(list(first, 'clusterArns').length, 100);
      assert.ok(first['nextToken']);
    },
  },
];

const LISTING: readonly Check[] = [
  {
    name: 'ListTasks: no task is an empty list, and no token',
    source: LIST_TASKS,
    run: async (scene) => {
      const answer = await listTasks(scene, { serviceName: 'app' });
      assert.deepEqual(list(answer, 'taskArns'), []);
      assert.ok(!answer['nextToken']);
    },
  },
  {
    name: 'ListTasks: serviceName gives the tasks of the service and no others',
    source: `${LIST_TASKS}, serviceName`,
    run: async (scene) => {
      const ours = await scene.run(2);
      await scene.run(1, 'family');
      sameMembers(list(await listTasks(scene, { serviceName: 'app' }), 'taskArns'), ours);
    },
  },
  {
    name: 'ListTasks: family gives the tasks of the family, whoever started them',
    source: `${LIST_TASKS}, family`,
    run: async (scene) => {
      const all = [...(await scene.run(1)), ...(await scene.run(1, 'family'))];
      sameMembers(list(await listTasks(scene, { family: scene.family }), 'taskArns'), all);
      assert.deepEqual(list(await listTasks(scene, { family: 'no-such-family' }), 'taskArns'), []);
    },
  },
  {
    name: 'ListTasks: a task that is ordered to stop is no longer listed as RUNNING',
    source: `${LIST_TASKS}, desiredStatus: the default is RUNNING`,
    run: async (scene) => {
      const [first, second] = await scene.run(2);
      await scene.call('StopTask', { cluster: scene.cluster, task: first });
      assert.deepEqual(list(await listTasks(scene, { family: scene.family }), 'taskArns'), [second]);
    },
  },
  {
    name: 'ListTasks: desiredStatus STOPPED lists what was ordered to stop',
    source: `${LIST_TASKS}, desiredStatus`,
    run: async (scene) => {
      const [first] = await scene.run(2);
      await scene.call('StopTask', { cluster: scene.cluster, task: first });
      assert.deepEqual(list(await listTasks(scene, { desiredStatus: 'STOPPED' }), 'taskArns'), [first]);
    },
  },
  {
    name: 'ListTasks: maxResults cuts pages, and each token leads to the next',
    source: `${LIST_TASKS}, maxResults and nextToken`,
    run: async (scene) => {
      const all = await scene.run(5);
      const found: unknown[] = [];
      const sizes: number[] = [];
      let nextToken: unknown;
      do {
        const page: JsonObject = await listTasks(scene, { maxResults: 2, ...(nextToken ? { nextToken } : {}) });
        sizes.push(list(page, 'taskArns').length);
        found.push(...list(page, 'taskArns'));
        nextToken = page['nextToken'];
      } while (nextToken && sizes.length < 9);
      assert.deepEqual(sizes, [2, 2, 1]);
      sameMembers(found, all);
    },
  },
  {
    name: 'ListTasks: a page has 100 tasks at most',
    source: `${LIST_TASKS}, maxResults: 100 results by default`,
    run: async (scene) => {
      const all = await scene.run(101);
      const first = await listTasks(scene);
      assert.equal(list(first, 'taskArns').length, 100);
      const second = await listTasks(scene, { nextToken: first['nextToken'] });
      sameMembers([...list(first, 'taskArns'), ...list(second, 'taskArns')], all);
    },
  },
  {
    name: 'ListTasks: the cluster may be given by its name',
    source: `${LIST_TASKS}, cluster: short name or full ARN`,
    run: async (scene) => {
      const all = await scene.run(1);
      const cluster = scene.cluster.slice(scene.cluster.indexOf('/') + 1);
      assert.deepEqual(list(await scene.call('ListTasks', { cluster }), 'taskArns'), all);
    },
  },
  {
    name: 'ListTasks: an unknown cluster is ClusterNotFoundException',
    source: `${LIST_TASKS}, errors`,
    run: (scene) => refused(scene, 'ListTasks', { cluster: UNKNOWN_CLUSTER }, 'ClusterNotFound'),
  },
  {
    name: 'ListTasks: an unknown service is ServiceNotFoundException',
    source: `${LIST_TASKS}, errors`,
    run: (scene) => refused(scene, 'ListTasks', { cluster: scene.cluster, serviceName: 'gone' }, 'ServiceNotFound'),
  },
];

const DESCRIBING: readonly Check[] = [
  {
    name: 'DescribeTasks: tells cluster, definition, group and both statuses',
    source: 'ECS API reference, Task',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      const task = await describeTask(scene, arn);
      assert.equal(task['taskArn'], arn);
      assert.equal(task['clusterArn'], scene.cluster);
      assert.equal(task['group'], 'service:app');
      assert.equal(task['lastStatus'], 'RUNNING');
      assert.equal(task['desiredStatus'], 'RUNNING');
      assert.match(String(task['taskDefinitionArn']), new RegExp(`:task-definition/${scene.family}:\\d+$`));
    },
  },
  ...['createdAt', 'startedAt'].map((key) => ({
    name: `DescribeTasks: tells ${key} of a running task, as a time`,
    source: `ECS API reference, Task, ${key}`,
    run: async (scene: Scene) => {
      const [arn] = await scene.run(1);
      const task = await describeTask(scene, arn);
      const time = task[key];
      assert.ok(time instanceof Date, `${key} is ${JSON.stringify(time)}`);
      // On the wire times are seconds: read as milliseconds, or the other way round, they lie in 1970 or far ahead.
      assert.ok(time.getUTCFullYear() >= 2020 && time.getUTCFullYear() < 2200, `${key} is ${time.toISOString()}`);
    },
  })),
  {
    name: 'DescribeTasks: a task ID is 32 hexadecimal digits, behind the name of the cluster',
    source: 'ECS guide, ARNs and IDs (long format)',
    run: async (scene) => {
      const [arn = ''] = await scene.run(1);
      assert.match(arn, new RegExp(`${scene.cluster.replace(':cluster/', ':task/')}/[0-9a-f]{32}$`));
    },
  },
  {
    name: 'DescribeTasks: a task may be given by its ID',
    source: `${DESCRIBE_TASKS}, tasks: IDs or full ARNs`,
    run: async (scene) => {
      const [arn = ''] = await scene.run(1);
      assert.equal((await describeTask(scene, arn.slice(arn.lastIndexOf('/') + 1)))['taskArn'], arn);
    },
  },
  {
    name: 'DescribeTasks: the interface is an attachment with its address as privateIPv4Address',
    source: 'ECS API reference, Attachment',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      const task = await describeTask(scene, arn);
      assert.match(String(addressOf(task)), /^\d{1,3}(\.\d{1,3}){3}$/);
      assert.equal(interfaceOf(task)['status'], 'ATTACHED');
      const names = each(objectsIn(interfaceOf(task), 'details'), 'name');
      for (const name of ['subnetId', 'networkInterfaceId', 'macAddress']) assert.ok(names.includes(name), `no ${name}`);
    },
  },
  {
    name: 'DescribeTasks: a container repeats the address as privateIpv4Address',
    source: 'ECS API reference, NetworkInterface',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      const task = await describeTask(scene, arn);
      assert.equal(only(only(task, 'containers'), 'networkInterfaces')['privateIpv4Address'], addressOf(task));
    },
  },
  {
    name: 'DescribeTasks: running tasks have addresses of their own',
    source: 'ECS guide, awsvpc network mode: one interface per task',
    run: async (scene) => {
      const arns = await scene.run(3);
      const tasks = objectsIn(await scene.call('DescribeTasks', { cluster: scene.cluster, tasks: [...arns] }), 'tasks');
      assert.equal(new Set(tasks.map(addressOf)).size, 3);
    },
  },
  {
    name: 'DescribeTasks: the version is a number, and a change makes it higher',
    source: 'ECS API reference, Task, version',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      const before = (await describeTask(scene, arn))['version'];
      await scene.call('StopTask', { cluster: scene.cluster, task: arn });
      const after = (await describeTask(scene, arn))['version'];
      assert.ok(typeof before === 'number' && typeof after === 'number' && after > before, `${before}, then ${after}`);
    },
  },
  {
    name: 'DescribeTasks: a task ordered to stop has desiredStatus STOPPED, and lastStatus comes after',
    source: 'ECS guide, Task lifecycle',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      await scene.call('StopTask', { cluster: scene.cluster, task: arn });
      const { desiredStatus, lastStatus } = await describeTask(scene, arn);
      assert.equal(desiredStatus, 'STOPPED');
      assert.notEqual(lastStatus, 'STOPPED');
    },
  },
  {
    name: 'DescribeTasks: a task that is reading back stays as it is',
    source: 'ECS guide, Task lifecycle',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      for (const _ of upTo(5)) await describeTask(scene, arn);
      const { desiredStatus, lastStatus } = await describeTask(scene, arn);
      assert.deepEqual([desiredStatus, lastStatus], ['RUNNING', 'RUNNING']);
    },
  },
  {
    name: 'DescribeTasks: a stopped task is still described, with its address',
    source: `${DESCRIBE_TASKS}: stopped tasks appear for at least one hour; captured events`,
    run: async (scene) => {
      const [arn] = await scene.run(1);
      const address = addressOf(await describeTask(scene, arn));
      await scene.call('StopTask', { cluster: scene.cluster, task: arn });
      await scene.pass(2);
      const task = await describeTask(scene, arn);
      assert.equal(task['lastStatus'], 'STOPPED');
      assert.equal(addressOf(task), address);
    },
  },
  {
    name: 'DescribeTasks: an unknown task does not hide the known ones',
    source: 'ECS guide, API failure reasons',
    run: async (scene) => {
      const [arn = ''] = await scene.run(1);
      const answer = await scene.call('DescribeTasks', { cluster: scene.cluster, tasks: [unknownTask(1), arn] });
      assert.equal(only(answer, 'tasks')['taskArn'], arn);
    },
  },
  {
    name: 'DescribeTasks: an unknown task is a failure with the reason MISSING',
    source: 'ECS guide, API failure reasons',
    run: async (scene) => {
      const answer = await scene.call('DescribeTasks', { cluster: scene.cluster, tasks: [unknownTask(1)] });
      assert.equal(only(answer, 'failures')['reason'], 'MISSING');
      assert.ok(String(only(answer, 'failures')['arn']).endsWith(unknownTask(1)));
    },
  },
  {
    name: 'DescribeTasks: an unknown cluster is ClusterNotFoundException',
    source: `${DESCRIBE_TASKS}, errors`,
    run: (scene) => refused(scene, 'DescribeTasks', { cluster: UNKNOWN_CLUSTER, tasks: [unknownTask(1)] }, 'ClusterNotFound'),
  },
  {
    name: 'DescribeTasks: takes 100 tasks',
    source: `${DESCRIBE_TASKS}, tasks: up to 100`,
    run: async (scene) => {
      const answer = await scene.call('DescribeTasks', { cluster: scene.cluster, tasks: upTo(100).map(unknownTask) });
      assert.deepEqual(list(answer, 'tasks'), []);
    },
  },
  {
    name: 'DescribeTasks: refuses 101 tasks',
    source: `${DESCRIBE_TASKS}, tasks: up to 100; the code of the error is inferred`,
    run: (scene) =>
      refused(scene, 'DescribeTasks', { cluster: scene.cluster, tasks: upTo(101).map(unknownTask) }, 'InvalidParameter'),
  },
];

const SERVICES: readonly Check[] = [
  {
    name: 'DescribeServices: names the target groups that ECS keeps for the service',
    source: 'ECS API reference, LoadBalancer',
    run: async (scene) => {
      const group = await scene.addGroup();
      await scene.addService('attached', group);
      const answer = await scene.call('DescribeServices', { cluster: scene.cluster, services: ['attached'] });
      const service = only(answer, 'services');
      assert.equal(service['serviceName'], 'attached');
      assert.equal(service['status'], 'ACTIVE');
      assert.equal(only(service, 'loadBalancers')['targetGroupArn'], group);
    },
  },
  {
    name: 'DescribeServices: a service without load balancer has an empty list or none',
    source: 'ECS API reference, Service',
    run: async (scene) => {
      const answer = await scene.call('DescribeServices', { cluster: scene.cluster, services: ['app'] });
      assert.deepEqual(only(answer, 'services')['loadBalancers'] ?? [], []);
    },
  },
  {
    name: 'DescribeServices: an unknown service is a failure with the reason MISSING, beside the known ones',
    source: 'ECS guide, API failure reasons',
    run: async (scene) => {
      const answer = await scene.call('DescribeServices', { cluster: scene.cluster, services: ['gone', 'app'] });
      assert.equal(only(answer, 'services')['serviceName'], 'app');
      assert.equal(only(answer, 'failures')['reason'], 'MISSING');
    },
  },
  {
    name: 'DescribeServices: refuses more than 10 services',
    source: 'ECS API reference, DescribeServices, services: up to 10',
    run: (scene) =>
      refused(
        scene,
        'DescribeServices',
        { cluster: scene.cluster, services: upTo(11).map((index) => `service-${index}`) },
        'InvalidParameter',
      ),
  },
  {
    name: 'DescribeServices: an unknown cluster is ClusterNotFoundException',
    source: 'ECS API reference, DescribeServices, errors',
    run: (scene) => refused(scene, 'DescribeServices', { cluster: UNKNOWN_CLUSTER, services: ['app'] }, 'ClusterNotFound'),
  },
  {
    name: 'DescribeTaskDefinition: tells the stop timeout of a container that has one',
    source: 'ECS API reference, ContainerDefinition, stopTimeout',
    run: async (scene) => {
      await scene.run(1);
      const answer = await scene.call('DescribeTaskDefinition', { taskDefinition: `${scene.family}:1` });
      const definition = object(answer, 'taskDefinition');
      assert.deepEqual([definition['family'], definition['revision']], [scene.family, 1]);
      assert.ok(isObject(definition) && only(definition, 'containerDefinitions')['stopTimeout'] === 45);
    },
  },
  {
    name: 'DescribeTaskDefinition: an unknown definition is ClientException',
    source: 'ECS API reference, DescribeTaskDefinition, errors',
    run: (scene) => refused(scene, 'DescribeTaskDefinition', { taskDefinition: 'nobody-made-it:1' }, 'Client'),
  },
];

export const ECS_CHECKS: readonly Check[] = [...CLUSTERS, ...LISTING, ...DESCRIBING, ...SERVICES];
