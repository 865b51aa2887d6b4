/** What we rely on of the Resource Groups Tagging API. */
import { strict as assert } from 'node:assert';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Check, each, list, objectsIn, only, refused, sameMembers, upTo } from './check.ts';
import type { Scene } from './scene.ts';

const GET_RESOURCES = 'Tagging API reference, GetResources';
const TARGET_GROUPS = { ResourceTypeFilters: ['elasticloadbalancing:targetgroup'] };

async function arns({ call }: Scene, input: JsonObject): Promise<readonly unknown[]> {
  return each(objectsIn(await call('GetResources', input), 'ResourceTagMappingList'), 'ResourceARN');
}

/** A key that nobody else in the account uses: a backend may have one account for all scenes. */
function ownKey({ family }: Scene): string {
  return `alb-target-sync-${family}`;
}

export const TAGGING_CHECKS: readonly Check[] = [
  {
    name: 'GetResources: a key gives what is tagged with it, whatever the value, and all tags of each',
    source: `${GET_RESOURCES}, TagFilters`,
    run: async (scene) => {
      const key = ownKey(scene);
      const tagged = await scene.addGroup({ tags: { [key]: 'service=app port=8080', team: 'web' }, used: false });
      await scene.addGroup({ tags: { team: 'web' }, used: false });
      const answer = await scene.call('GetResources', { TagFilters: [{ Key: key }], ...TARGET_GROUPS });
      const resource = only(answer, 'ResourceTagMappingList');
      assert.equal(resource['ResourceARN'], tagged);
      const tags = objectsIn(resource, 'Tags').map(({ Key, Value }) => `${Key}: ${Value}`);
      sameMembers(tags, [`${key}: service=app port=8080`, 'team: web']);
    },
  },
  {
    name: 'GetResources: of several values of a key one is enough, and of several keys each has to be there',
    source: `${GET_RESOURCES}, TagFilters`,
    run: async (scene) => {
      const key = ownKey(scene);
      const groups = [];
      for (const team of ['web', 'api', 'db']) groups.push(await scene.addGroup({ tags: { [key]: 'x', team }, used: false }));
      const [web, api] = groups;
      const teams = { Key: 'team', Values: ['web', 'api'] };
      sameMembers(await arns(scene, { TagFilters: [{ Key: key }, teams] }), [web, api]);
      assert.deepEqual(await arns(scene, { TagFilters: [{ Key: key }, { Key: 'nobody-uses-it' }] }), []);
    },
  },
  {
    name: 'GetResources: a resource type leaves out what is of another',
    source: `${GET_RESOURCES}, ResourceTypeFilters: service or service:resourceType, as in the ARN`,
    run: async (scene) => {
      const key = ownKey(scene);
      const group = await scene.addGroup({ tags: { [key]: 'x' }, used: false });
      const ask = (type: string) => arns(scene, { TagFilters: [{ Key: key }], ResourceTypeFilters: [type] });
      assert.deepEqual(await ask('elasticloadbalancing:targetgroup'), [group]);
      assert.deepEqual(await ask('elasticloadbalancing'), [group]);
      assert.deepEqual(await ask('elasticloadbalancing:loadbalancer'), []);
    },
  },
  {
    name: 'GetResources: ResourcesPerPage cuts pages, each token leads to the next, and the last is empty',
    source: `${GET_RESOURCES}, ResourcesPerPage and PaginationToken`,
    run: async (scene) => {
      const key = ownKey(scene);
      const groups = [];
      for (const _ of upTo(5)) groups.push(await scene.addGroup({ tags: { [key]: 'x' }, used: false }));
      const found: unknown[] = [];
      const sizes: number[] = [];
      let token = '';
      do {
        const page = await scene.call('GetResources', {
          TagFilters: [{ Key: key }],
          ResourcesPerPage: 2,
          ...(token === '' ? {} : { PaginationToken: token }),
        });
        const resources = objectsIn(page, 'ResourceTagMappingList');
        sizes.push(resources.length);
        found.push(...each(resources, 'ResourceARN'));
        token = String(page['PaginationToken'] ?? '');
      } while (token !== '' && sizes.length < 9);
      assert.deepEqual(sizes, [2, 2, 1]);
      sameMembers(found, groups);
    },
  },
  ...[0, 101].map(
    (ResourcesPerPage): Check => ({
      name: `GetResources: refuses ${ResourcesPerPage} resources a page`,
      source: `${GET_RESOURCES}, ResourcesPerPage: 1 to 100; the code of the error is inferred`,
      run: (scene) => refused(scene, 'GetResources', { ResourcesPerPage }, 'InvalidParameter', 'Validation'),
    }),
  ),
  {
    name: 'GetResources: refuses more than 20 values of a key',
    source: 'observed: prometheus/cloudwatch_exporter#440; the code of the error is inferred',
    run: async (scene) => {
      const ask = (count: number): JsonObject => ({ TagFilters: [{ Key: 'team', Values: upTo(count).map(String) }] });
      await scene.call('GetResources', ask(20));
      await refused(scene, 'GetResources', ask(21), 'InvalidParameter', 'Validation');
    },
  },
  {
    name: 'GetResources: refuses ARNs together with filters',
    source: `${GET_RESOURCES}, TagFilters: both in one request are an Invalid Parameter exception`,
    run: async (scene) => {
      const ResourceARNList = [await scene.addGroup({ used: false })];
      await refused(scene, 'GetResources', { ResourceARNList, ...TARGET_GROUPS }, 'InvalidParameter');
    },
  },
  {
    name: 'GetResources: what once had a tag and has none comes with an empty list of tags, if no key is asked for',
    source: `${GET_RESOURCES}, TagFilters: shown with an empty tag set`,
    run: async (scene) => {
      const key = ownKey(scene);
      const group = await scene.addGroup({ tags: { [key]: 'x' }, used: false });
      await scene.untag(group, key);
      assert.deepEqual(await arns(scene, { TagFilters: [{ Key: key }] }), []);
      const all = await scene.call('GetResources', { ...TARGET_GROUPS, ResourcesPerPage: 100 });
      const own = objectsIn(all, 'ResourceTagMappingList').find(({ ResourceARN }) => ResourceARN === group);
      assert.deepEqual(list(own ?? {}, 'Tags'), []);
    },
  },
];
