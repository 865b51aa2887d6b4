/** What we rely on of AWS Cloud Map. */
import { strict as assert } from 'node:assert';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { allPages, type Check, each, list, objectsIn, only, refused, sameMembers, upTo } from './check.ts';
import type { Scene } from './scene.ts';

const LIST = 'Cloud Map API reference, ListInstances';
const LIST_SERVICES = 'Cloud Map API reference, ListServices';
const UNKNOWN = 'srv-0000000000000000';

/** As ECS writes them (ECS guide, Service discovery). */
function attributesOf(index: number): Readonly<Record<string, string>> {
  return {
    AWS_INSTANCE_IPV4: `10.0.${Math.floor(index / 250)}.${(index % 250) + 4}`,
    AWS_INIT_HEALTH_STATUS: 'UNHEALTHY',
    AVAILABILITY_ZONE: 'eu-west-1a',
    ECS_SERVICE_NAME: 'app',
    ECS_CLUSTER_NAME: 'prod',
  };
}

function idOf(index: number): string {
  return index.toString(16).padStart(32, '0');
}

async function add({ call }: Scene, service: string, index: number, Attributes = attributesOf(index)): Promise<JsonObject> {
  return call('RegisterInstance', { ServiceId: service, InstanceId: idOf(index), CreatorRequestId: `r-${index}`, Attributes });
}

async function ids(scene: Scene, service: string): Promise<readonly unknown[]> {
  return each(objectsIn(await scene.call('ListInstances', { ServiceId: service }), 'Instances'), 'Id');
}

const SERVICES: readonly Check[] = [
  {
    name: 'ListServices: without a filter, every service comes with its ARN, page by page',
    source: LIST_SERVICES,
    run: async (scene) => {
      const made = [await scene.addCloudMapService(), await scene.addCloudMapService()];
      const found = await allPages(scene, 'ListServices', { key: 'Services', token: 'NextToken', next: 'NextToken' });
      const arns = each(found.filter(isObject), 'Arn');
      assert.deepEqual(
        made.filter(({ arn }) => !arns.includes(arn)),
        [],
      );
      assert.equal(new Set(arns).size, arns.length);
    },
  },
  {
    name: 'ListServices: MaxResults cuts pages, and each token leads to the next',
    source: `${LIST_SERVICES}, MaxResults and NextToken`,
    run: async (scene) => {
      await scene.addCloudMapService();
      await scene.addCloudMapService();
      const first = await scene.call('ListServices', { MaxResults: 1 });
      const second = await scene.call('ListServices', { MaxResults: 1, NextToken: first['NextToken'] });
      assert.notEqual(only(first, 'Services')['Arn'], only(second, 'Services')['Arn']);
    },
  },
];

export const CLOUD_MAP_CHECKS: readonly Check[] = [
  ...SERVICES,
  {
    name: 'ListInstances: no instance is an empty list, and no token',
    source: LIST,
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      const answer = await scene.call('ListInstances', { ServiceId: id });
      assert.deepEqual(list(answer, 'Instances'), []);
      assert.ok(!answer['NextToken']);
    },
  },
  {
    name: 'ListInstances: an instance comes with its ID and its attributes as they were written',
    source: 'Cloud Map API reference, InstanceSummary',
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      await add(scene, id, 1);
      const instance = only(await scene.call('ListInstances', { ServiceId: id }), 'Instances');
      assert.equal(instance['Id'], idOf(1));
      assert.deepEqual(instance['Attributes'], attributesOf(1));
    },
  },
  {
    name: 'ListInstances: attributes may hold any text',
    source: 'Cloud Map API reference, RegisterInstance, Attributes: up to 1,024 characters',
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      const attributes = { ...attributesOf(1), note: 'naïve "quoted" <&> \\ 雲' };
      await add(scene, id, 1, attributes);
      const instance = only(await scene.call('ListInstances', { ServiceId: id }), 'Instances');
      assert.deepEqual(instance['Attributes'], attributes);
    },
  },
  {
    name: 'ListInstances: MaxResults cuts pages, and each token leads to the next',
    source: `${LIST}, MaxResults and NextToken`,
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      for (const index of upTo(3)) await add(scene, id, index);
      const first = await scene.call('ListInstances', { ServiceId: id, MaxResults: 2 });
      assert.equal(list(first, 'Instances').length, 2);
      const second = await scene.call('ListInstances', { ServiceId: id, MaxResults: 2, NextToken: first['NextToken'] });
      const found = [...objectsIn(first, 'Instances'), ...objectsIn(second, 'Instances')];
      sameMembers(each(found, 'Id'), upTo(3).map(idOf));
      assert.ok(!second['NextToken']);
    },
  },
  {
    name: 'ListInstances: a page has 100 instances at most',
    source: `${LIST}, MaxResults: 100 by default`,
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      for (const index of upTo(101)) await add(scene, id, index);
      const first = await scene.call('ListInstances', { ServiceId: id });
      assert.equal(list(first, 'Instances').length, 100);
      const second = await scene.call('ListInstances', { ServiceId: id, NextToken: first['NextToken'] });
      assert.equal(list(second, 'Instances').length, 1);
    },
  },
  {
    name: 'ListInstances: an unknown service is ServiceNotFound',
    source: `${LIST}, errors`,
    run: (scene) => refused(scene, 'ListInstances', { ServiceId: UNKNOWN }, 'ServiceNotFound'),
  },
  {
    name: 'RegisterInstance: answers with an operation',
    source: 'Cloud Map API reference, RegisterInstance',
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      assert.match(String((await add(scene, id, 1))['OperationId']), /\S/);
    },
  },
  {
    name: 'RegisterInstance: a known ID is written anew',
    source: 'Cloud Map API reference, RegisterInstance, InstanceId',
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      await add(scene, id, 1);
      await scene.call('RegisterInstance', {
        ServiceId: id,
        InstanceId: idOf(1),
        CreatorRequestId: 'again',
        Attributes: attributesOf(7),
      });
      const instance = only(await scene.call('ListInstances', { ServiceId: id }), 'Instances');
      assert.deepEqual(instance['Attributes'], attributesOf(7));
    },
  },
  {
    name: 'RegisterInstance: an unknown service is ServiceNotFound',
    source: 'Cloud Map API reference, RegisterInstance, errors',
    run: (scene) =>
      refused(
        scene,
        'RegisterInstance',
        { ServiceId: UNKNOWN, InstanceId: idOf(1), CreatorRequestId: 'r', Attributes: attributesOf(1) },
        'ServiceNotFound',
      ),
  },
  {
    name: 'DeregisterInstance: takes the instance and leaves the others',
    source: 'Cloud Map API reference, DeregisterInstance',
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      for (const index of upTo(2)) await add(scene, id, index);
      await scene.call('DeregisterInstance', { ServiceId: id, InstanceId: idOf(1) });
      assert.deepEqual(await ids(scene, id), [idOf(2)]);
    },
  },
  {
    name: 'DeregisterInstance: an unknown instance is InstanceNotFound',
    source: 'Cloud Map API reference, DeregisterInstance, errors',
    run: async (scene) => {
      const { id } = await scene.addCloudMapService();
      await refused(scene, 'DeregisterInstance', { ServiceId: id, InstanceId: idOf(1) }, 'InstanceNotFound');
    },
  },
  {
    name: 'ListTagsForResource: tells the tags of a service',
    source: 'Cloud Map API reference, ListTagsForResource',
    run: async (scene) => {
      const { arn } = await scene.addCloudMapService({ 'alb-target-sync': 'service=mysql' });
      const answer = await scene.call('ListTagsForResource', { ResourceARN: arn });
      assert.deepEqual(list(answer, 'Tags'), [{ Key: 'alb-target-sync', Value: 'service=mysql' }]);
    },
  },
  {
    name: 'ListTagsForResource: a service without tags has an empty list',
    source: 'Cloud Map API reference, ListTagsForResource',
    run: async (scene) => {
      const { arn } = await scene.addCloudMapService();
      assert.deepEqual(list(await scene.call('ListTagsForResource', { ResourceARN: arn }), 'Tags'), []);
    },
  },
  {
    name: 'ListTagsForResource: an unknown service is ResourceNotFoundException',
    source: 'Cloud Map API reference, ListTagsForResource, errors',
    run: (scene) => {
      const arn = `arn:aws:servicediscovery:eu-west-1:111122223333:service/${UNKNOWN}`;
      return refused(scene, 'ListTagsForResource', { ResourceARN: arn }, 'ResourceNotFound');
    },
  },
];
