/** What we rely on of Elastic Load Balancing v2: reads of groups, and what is refused. Targets have a file of their own. */
import { strict as assert } from 'node:assert';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { allPages, type Check, each, list, objectsIn, only, refused, sameMembers, upTo } from './check.ts';
import type { Operation, Scene } from './scene.ts';

const GROUPS = 'ELB API reference, DescribeTargetGroups';
const TAGS = 'ELB API reference, DescribeTags';
const TARGET = 'ELB API reference, TargetDescription';
const UNKNOWN_GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/nobody-made-it/0123456789abcdef';
const DELAY = 'deregistration_delay.timeout_seconds';

async function attributeOf(scene: Scene, group: string, key: string): Promise<unknown> {
  const answer = await scene.call('DescribeTargetGroupAttributes', { TargetGroupArn: group });
  return objectsIn(answer, 'Attributes').find(({ Key }) => Key === key)?.['Value'];
}

function tagsOf(description: JsonObject): Readonly<Record<string, unknown>> {
  return Object.fromEntries(objectsIn(description, 'Tags').map(({ Key, Value }) => [String(Key), Value]));
}

function unknownGroup(operation: Operation, input: JsonObject): Check {
  return {
    name: `${operation}: an unknown group is TargetGroupNotFound`,
    source: `ELB API reference, ${operation}, errors`,
    run: (scene) => refused(scene, operation, input, 'TargetGroupNotFound'),
  };
}

const READING: readonly Check[] = [
  {
    name: 'DescribeTargetGroups: tells name, type, port, protocol, VPC and family of addresses',
    source: 'ELB API reference, TargetGroup',
    run: async (scene) => {
      const arn = await scene.addGroup({ port: 8081 });
      const group = only(await scene.call('DescribeTargetGroups', { TargetGroupArns: [arn] }), 'TargetGroups');
      assert.equal(group['TargetGroupArn'], arn);
      assert.equal(group['TargetGroupName'], arn.split('/')[1]);
      assert.deepEqual([group['TargetType'], group['Port'], group['Protocol']], ['ip', 8081, 'HTTP']);
      assert.equal(group['IpAddressType'] ?? 'ipv4', 'ipv4');
      assert.match(String(group['VpcId']), /^vpc-[0-9a-f]+$/);
    },
  },
  {
    name: 'DescribeTargetGroups: names the load balancer of a group that is used, and none of one that is not',
    source: 'ELB API reference, TargetGroup, LoadBalancerArns',
    run: async (scene) => {
      const [used, unused] = [await scene.addGroup(), await scene.addGroup({ used: false })];
      const answer = await scene.call('DescribeTargetGroups', { TargetGroupArns: [used, unused] });
      const [first, second] = [used, unused].map((arn) =>
        objectsIn(answer, 'TargetGroups').find((group) => group['TargetGroupArn'] === arn),
      );
      assert.equal(list(first ?? {}, 'LoadBalancerArns').length, 1);
      assert.deepEqual(second?.['LoadBalancerArns'] ?? [], []);
    },
  },
  {
    name: 'DescribeTargetGroups: several groups come in one answer',
    source: GROUPS,
    run: async (scene) => {
      const arns = [await scene.addGroup(), await scene.addGroup(), await scene.addGroup()];
      const answer = await scene.call('DescribeTargetGroups', { TargetGroupArns: arns });
      sameMembers(each(objectsIn(answer, 'TargetGroups'), 'TargetGroupArn'), arns);
    },
  },
  {
    name: 'DescribeTargetGroups: PageSize cuts pages, and each marker leads to the next',
    source: `${GROUPS}, PageSize and Marker`,
    run: async (scene) => {
      await scene.addGroup();
      await scene.addGroup();
      const first = await scene.call('DescribeTargetGroups', { PageSize: 1 });
      const second = await scene.call('DescribeTargetGroups', { PageSize: 1, Marker: first['NextMarker'] });
      assert.notEqual(only(first, 'TargetGroups')['TargetGroupArn'], only(second, 'TargetGroups')['TargetGroupArn']);
    },
  },
  {
    name: 'DescribeTargetGroups: without ARNs and names, every group of the account comes, page by page',
    source: `${GROUPS}: by default, all target groups are described`,
    run: async (scene) => {
      const made = [await scene.addGroup(), await scene.addGroup({ used: false })];
      const pages = { key: 'TargetGroups', token: 'Marker', next: 'NextMarker' } as const;
      const found = await allPages(scene, 'DescribeTargetGroups', pages);
      const arns = each(found.filter(isObject), 'TargetGroupArn');
      assert.deepEqual(
        made.filter((arn) => !arns.includes(arn)),
        [],
      );
      assert.equal(new Set(arns).size, arns.length);
    },
  },
  {
    name: 'DescribeTargetGroupAttributes: targets drain for 300 seconds unless told otherwise',
    source: 'ELB guide, Deregistration delay',
    run: async (scene) => assert.equal(await attributeOf(scene, await scene.addGroup(), DELAY), '300'),
  },
  {
    name: 'DescribeTargetGroupAttributes: tells how long targets drain',
    source: 'ELB guide, Deregistration delay',
    run: async (scene) => assert.equal(await attributeOf(scene, await scene.addGroup({ delaySeconds: 45 }), DELAY), '45'),
  },
  {
    name: 'DescribeTags: each group comes with its own tags, and one without tags comes too',
    source: TAGS,
    run: async (scene) => {
      const [web, api, bare] = [
        await scene.addGroup({ tags: { 'alb-target-sync': 'service=app port=8080', team: 'web' } }),
        await scene.addGroup({ tags: { 'alb-target-sync:job': 'family=job port=9090' } }),
        await scene.addGroup(),
      ];
      const answer = await scene.call('DescribeTags', { ResourceArns: [web, api, bare] });
      const tags = new Map(objectsIn(answer, 'TagDescriptions').map((each) => [each['ResourceArn'], tagsOf(each)]));
      assert.deepEqual(tags.get(web), { 'alb-target-sync': 'service=app port=8080', team: 'web' });
      assert.deepEqual(tags.get(api), { 'alb-target-sync:job': 'family=job port=9090' });
      assert.deepEqual(tags.get(bare), {});
    },
  },
  {
    name: 'DescribeTags: a value of 256 characters comes back as it was written',
    source: 'ELB guide, Tags: up to 256 characters, + - = . _ : / @',
    run: async (scene) => {
      const value = `service=app port=8080 +-=._:/@ ${'x'.repeat(225)}`;
      const group = await scene.addGroup({ tags: { 'alb-target-sync': value } });
      const answer = await scene.call('DescribeTags', { ResourceArns: [group] });
      assert.equal(tagsOf(only(answer, 'TagDescriptions'))['alb-target-sync'], value);
    },
  },
  {
    name: 'DescribeTags: refuses more than 20 groups',
    source: `${TAGS}, ResourceArns: up to 20; the code of the error is inferred`,
    run: async (scene) => {
      const group = await scene.addGroup();
      await refused(scene, 'DescribeTags', { ResourceArns: upTo(21).map(() => group) }, 'ValidationError');
    },
  },
  unknownGroup('DescribeTargetGroups', { TargetGroupArns: [UNKNOWN_GROUP] }),
  unknownGroup('DescribeTargetGroupAttributes', { TargetGroupArn: UNKNOWN_GROUP }),
  unknownGroup('DescribeTags', { ResourceArns: [UNKNOWN_GROUP] }),
  unknownGroup('DescribeTargetHealth', { TargetGroupArn: UNKNOWN_GROUP }),
  unknownGroup('RegisterTargets', { TargetGroupArn: UNKNOWN_GROUP, Targets: [{ Id: '10.0.0.5', Port: 80 }] }),
  unknownGroup('DeregisterTargets', { TargetGroupArn: UNKNOWN_GROUP, Targets: [{ Id: '10.0.0.5', Port: 80 }] }),
];

const WRONG_TARGETS: readonly (readonly [string, JsonObject, string, readonly string[]])[] = [
  ['a name instead of an address', { Id: 'web.example.com', Port: 80 }, TARGET, ['ValidationError', 'InvalidTarget']],
  ['an instance ID', { Id: 'i-0123456789abcdef0', Port: 80 }, TARGET, ['ValidationError', 'InvalidTarget']],
  ['port 0', { Id: '10.0.0.5', Port: 0 }, `${TARGET}, Port: 1-65535`, ['ValidationError', 'InvalidTarget']],
  ['port 65536', { Id: '10.0.0.5', Port: 65_536 }, `${TARGET}, Port: 1-65535`, ['ValidationError', 'InvalidTarget']],
  [
    'a public address',
    { Id: '203.0.113.7', Port: 80, AvailabilityZone: 'all' },
    `${TARGET}, Id`,
    ['InvalidTarget', 'ValidationError'],
  ],
  ['an IPv6 address in a group of IPv4', { Id: 'fd00::5', Port: 80 }, `${TARGET}, Id`, ['InvalidTarget', 'ValidationError']],
  [
    'an address outside the VPC without zone',
    { Id: '192.168.200.5', Port: 80 },
    `${TARGET}, AvailabilityZone: required outside the VPC`,
    ['InvalidTarget', 'ValidationError'],
  ],
];

const REFUSING: readonly Check[] = WRONG_TARGETS.map(([what, target, source, codes]) => ({
  name: `RegisterTargets: refuses ${what}, and nothing of the call is registered`,
  source,
  run: async (scene) => {
    const group = await scene.addGroup();
    const good = { Id: '10.0.0.6', Port: 80, AvailabilityZone: 'all' };
    await refused(scene, 'RegisterTargets', { TargetGroupArn: group, Targets: [good, target] }, ...codes);
    const answer = await scene.call('DescribeTargetHealth', { TargetGroupArn: group });
    assert.deepEqual(answer['TargetHealthDescriptions'] ?? [], []);
  },
}));

export const ELB_CHECKS: readonly Check[] = [...READING, ...REFUSING];
