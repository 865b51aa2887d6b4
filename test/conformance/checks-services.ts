/** What we rely on of ECS beside tasks: clusters, services, deployments, and what tasks say of them. */
import { strict as assert } from 'node:assert';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { type Check, each, list, object, objectsIn, only, refused, sameMembers, upTo } from './check.ts';
import { type Operation, Refused, type Scene } from './scene.ts';

const DEPLOYMENT = 'ECS API reference, Deployment';

async function service({ call, cluster }: Scene, name = 'app'): Promise<JsonObject> {
  return only(await call('DescribeServices', { cluster, services: [name] }), 'services');
}

async function task({ call, cluster }: Scene, arn: unknown, more: JsonObject = {}): Promise<JsonObject> {
  return only(await call('DescribeTasks', { cluster, tasks: [arn], ...more }), 'tasks');
}

async function primaryOf(scene: Scene): Promise<JsonObject> {
  const primary = objectsIn(await service(scene), 'deployments').filter(({ status }) => status === 'PRIMARY');
  return only({ primary }, 'primary');
}

const CLUSTERS: readonly Check[] = [
  {
    name: 'ecs.ListServices: names the services of the cluster by their ARNs',
    source: 'ECS API reference, ListServices',
    run: async (scene) => {
      await scene.addService('api');
      const arns = list(await scene.call('ecs.ListServices', { cluster: scene.cluster }), 'serviceArns');
      const expected = ['app', 'api'].map((name) => `${scene.cluster.replace(':cluster/', ':service/')}/${name}`);
      sameMembers(arns, expected);
    },
  },
  {
    name: 'ecs.ListServices: a page has 10 services unless told otherwise, and each token leads to the next',
    source: 'ECS API reference, ListServices, maxResults: up to 10 results by default',
    run: async (scene) => {
      for (const index of upTo(10)) await scene.addService(`api-${index}`);
      const first = await scene.call('ecs.ListServices', { cluster: scene.cluster });
      assert.equal(list(first, 'serviceArns').length, 10);
      const second = await scene.call('ecs.ListServices', { cluster: scene.cluster, nextToken: first['nextToken'] });
      assert.equal(list(second, 'serviceArns').length, 1);
      assert.ok(!second['nextToken']);
      const whole = await scene.call('ecs.ListServices', { cluster: scene.cluster, maxResults: 100 });
      sameMembers(list(whole, 'serviceArns'), [...list(first, 'serviceArns'), ...list(second, 'serviceArns')]);
    },
  },
  ...(
    [
      ['ListTasks', {}, 'taskArns'],
      ['DescribeTasks', { tasks: ['0'.repeat(32)] }, 'tasks'],
      ['DescribeServices', { services: ['app'] }, 'services'],
      ['ecs.ListServices', {}, 'serviceArns'],
    ] satisfies readonly (readonly [Operation, JsonObject, string])[]
  ).map(
    ([operation, input, key]): Check => ({
      name: `${operation}: a cluster that was deleted is ClusterNotFoundException, or has nothing in it that is active`,
      source: 'ECS API reference, DeleteCluster: it becomes INACTIVE, and may remain discoverable for a period of time',
      run: async (scene) => {
        await scene.deleteCluster();
        const answer = await scene.call(operation, { cluster: scene.cluster, ...input }).catch((error: unknown) => {
          assert.ok(error instanceof Refused, String(error));
          assert.equal(error.code, 'ClusterNotFound');
          return { [key]: [] };
        });
        const active = list(answer, key).filter((item) => !isObject(item) || item['status'] !== 'INACTIVE');
        assert.deepEqual(active, []);
      },
    }),
  ),
];

const DEPLOYMENTS: readonly Check[] = [
  {
    name: 'DescribeServices: a service has one PRIMARY deployment with an ID, a definition and times',
    source: DEPLOYMENT,
    run: async (scene) => {
      const primary = await primaryOf(scene);
      assert.match(String(primary['id']), /^ecs-svc\/\d+$/);
      assert.match(String(primary['taskDefinition']), /:task-definition\/[^/]+:\d+$/);
      for (const key of ['createdAt', 'updatedAt'])
        assert.ok(primary[key] instanceof Date, `${key} is ${String(primary[key])}`);
    },
  },
  {
    name: 'DescribeServices: counts the running tasks of the service and of its deployment',
    source: `ECS API reference, Service and Deployment, runningCount`,
    run: async (scene) => {
      await scene.run(3);
      assert.equal((await service(scene))['runningCount'], 3);
      const { runningCount, pendingCount } = await primaryOf(scene);
      assert.deepEqual([runningCount, pendingCount], [3, 0]);
    },
  },
  {
    name: 'DescribeTasks: a task that the service started carries the ID of the deployment as startedBy',
    source: 'ECS API reference, Task, startedBy: the deployment ID of the service that starts it',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      assert.equal((await task(scene, arn))['startedBy'], (await primaryOf(scene))['id']);
    },
  },
  {
    name: 'ListTasks: startedBy gives the tasks of the deployment and no others',
    source: 'ECS API reference, ListTasks, startedBy',
    run: async (scene) => {
      const ours = await scene.run(2);
      await scene.run(1, 'family');
      const startedBy = (await primaryOf(scene))['id'];
      sameMembers(list(await scene.call('ListTasks', { cluster: scene.cluster, startedBy }), 'taskArns'), ours);
    },
  },
  {
    name: 'DescribeServices: a new deployment is PRIMARY, and the one before is ACTIVE while it has tasks',
    source: `${DEPLOYMENT}, status`,
    run: async (scene) => {
      const [old] = await scene.run(1);
      const before = await primaryOf(scene);
      await scene.redeploy();
      const after = await primaryOf(scene);
      assert.notEqual(after['id'], before['id']);
      const statuses = new Map(objectsIn(await service(scene), 'deployments').map(({ id, status }) => [id, status]));
      assert.equal(statuses.get(before['id']), 'ACTIVE');
      await scene.call('StopTask', { cluster: scene.cluster, task: old });
      await scene.pass(2);
      assert.deepEqual(each(objectsIn(await service(scene), 'deployments'), 'id'), [after['id']]);
    },
  },
  {
    name: 'DescribeServices: events come newest first, each with ID, time and message',
    source: 'ECS API reference, Service, events',
    run: async (scene) => {
      const [first, second] = await scene.run(2);
      await scene.pass(2);
      const events = objectsIn(await service(scene), 'events');
      const times = each(events, 'createdAt').map((time) => (time instanceof Date ? time.getTime() : Number.NaN));
      assert.deepEqual(
        times,
        times.toSorted((one, other) => other - one),
      );
      const told = each(events, 'message').join(' ');
      for (const arn of [first, second]) assert.ok(told.includes(String(arn).slice(-32)), `no event tells of ${arn}`);
      assert.equal(new Set(each(events, 'id')).size, events.length);
    },
  },
  {
    name: 'DescribeServices: refuses no service at all',
    source: 'observed: vend/ecs-cleaner#2 (Services cannot be empty); the code of the error is inferred',
    run: (scene) => refused(scene, 'DescribeServices', { cluster: scene.cluster, services: [] }, 'InvalidParameter'),
  },
];

const TASKS: readonly Check[] = [
  {
    name: 'DescribeTasks: refuses no task at all',
    source: 'ECS API reference, DescribeTasks, tasks: required; the code of the error is inferred',
    run: (scene) => refused(scene, 'DescribeTasks', { cluster: scene.cluster, tasks: [] }, 'InvalidParameter'),
  },
  {
    name: 'DescribeTasks: tells the health of a task without health checks as UNKNOWN',
    source: 'ECS API reference, Task, healthStatus',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      assert.equal((await task(scene, arn))['healthStatus'], 'UNKNOWN');
    },
  },
  {
    name: 'DescribeTasks: tells tags to who asks for TAGS, and to nobody else',
    source: 'ECS API reference, DescribeTasks, include: if the field is omitted, tags are not included',
    run: async (scene) => {
      const [arn] = await scene.run(1, 'service', { 'alb-target-sync': 'hold' });
      assert.deepEqual((await task(scene, arn))['tags'] ?? [], []);
      const tagged = await task(scene, arn, { include: ['TAGS'] });
      assert.deepEqual(list(tagged, 'tags'), [{ key: 'alb-target-sync', value: 'hold' }]);
    },
  },
  {
    name: 'DescribeTasks: a stopped task tells when its containers ended, which is not after its own end',
    source: 'ECS API reference, Task, executionStoppedAt and stoppedAt',
    run: async (scene) => {
      const [arn] = await scene.run(1);
      await scene.call('StopTask', { cluster: scene.cluster, task: arn });
      await scene.pass(2);
      const { executionStoppedAt, stoppedAt } = await task(scene, arn);
      assert.ok(executionStoppedAt instanceof Date && stoppedAt instanceof Date, 'a time is missing');
      assert.ok(executionStoppedAt.getTime() <= stoppedAt.getTime());
    },
  },
  {
    name: 'DescribeTaskDefinition: tells the port mappings of a container, with name, port and protocol',
    source: 'ECS API reference, PortMapping',
    run: async (scene) => {
      await scene.run(1);
      const definition = object(
        await scene.call('DescribeTaskDefinition', { taskDefinition: `${scene.family}:1` }),
        'taskDefinition',
      );
      const mapping = only(only(definition, 'containerDefinitions'), 'portMappings');
      assert.deepEqual([mapping['name'], mapping['containerPort'], mapping['protocol'] ?? 'tcp'], ['http', 8080, 'tcp']);
    },
  },
  {
    name: 'DescribeTaskDefinition: a family alone is its newest active revision',
    source: 'ECS API reference, DescribeTaskDefinition, taskDefinition: the latest ACTIVE revision in the family',
    run: async (scene) => {
      await scene.run(1);
      const definition = object(await scene.call('DescribeTaskDefinition', { taskDefinition: scene.family }), 'taskDefinition');
      assert.deepEqual([definition['family'], definition['revision']], [scene.family, 1]);
    },
  },
];

export const SERVICE_CHECKS: readonly Check[] = [...CLUSTERS, ...DEPLOYMENTS, ...TASKS];
