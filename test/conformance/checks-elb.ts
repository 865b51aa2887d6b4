/** What we rely on of Elastic Load Balancing v2: reads of groups, and what is refused. Targets have a file of their own. */
import { strict as assert } from 'node:assert';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Check, each, list, objectsIn, only, refused, refusedSaying, sameMembers, upTo } from './check.ts';
import type { Operation, Scene } from './scene.ts';

const GROUPS = 'ELB API reference, DescribeTargetGroups';
const TAGS = 'ELB API reference, DescribeTags';
const TARGET = 'ELB API reference, TargetDescription';
const UNKNOWN_GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/nobody-made-it/0123456789abcdef';
const DELAY = 'deregistration_delay.timeout_seconds';
const CROSS_ZONE = 'load_balancing.cross_zone.enabled';

/** What is no ARN of a target group in the account and region that is asked. */
const STRANGE_ARNS = [
  ['an ARN of another region', UNKNOWN_GROUP.replace('eu-west-1', 'us-east-1')],
  ['an ARN of another account', UNKNOWN_GROUP.replace('111122223333', '999988887777')],
  ['a text that is no ARN', 'web'],
] as const;

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
    name: 'DescribeTargetGroups: without ARNs and names, the markers lead through all groups',
    source: `${GROUPS}, Marker: the marker for the next set of results`,
    run: async (scene) => {
      const made: string[] = [];
      for (const _ of upTo(5)) made.push(await scene.addGroup({ used: false }));
      const found: unknown[] = [];
      let marker: unknown;
      do {
        const page: JsonObject = await scene.call('DescribeTargetGroups', {
          PageSize: 2,
          ...(marker ? { Marker: marker } : {}),
        });
        const arns = each(objectsIn(page, 'TargetGroups'), 'TargetGroupArn');
        assert.ok(arns.length <= 2, `a page has ${arns.length} groups`);
        found.push(...arns);
        marker = page['NextMarker'];
      } while (marker && found.length < 2_000);
      assert.equal(new Set(found).size, found.length);
      for (const arn of made) assert.ok(found.includes(arn), `${arn} is on no page`);
    },
  },
  ...[0, 401].map(
    (PageSize): Check => ({
      name: `DescribeTargetGroups: refuses a PageSize of ${PageSize}`,
      source: `${GROUPS}, PageSize: 1 to 400`,
      run: (scene) => refused(scene, 'DescribeTargetGroups', { PageSize }, 'ValidationError'),
    }),
  ),
  {
    name: 'DescribeTargetGroups: a name gives its group, and an unknown one is TargetGroupNotFound',
    source: `${GROUPS}, Names and errors`,
    run: async (scene) => {
      const arn = await scene.addGroup({ used: false });
      const name = arn.split('/')[1];
      const group = only(await scene.call('DescribeTargetGroups', { Names: [name] }), 'TargetGroups');
      assert.equal(group['TargetGroupArn'], arn);
      await refused(scene, 'DescribeTargetGroups', { Names: [name, 'nobody-made-it'] }, 'TargetGroupNotFound');
    },
  },
  {
    name: 'DescribeTargetGroups: takes 20 ARNs, and refuses 21',
    source: `observed: ansible-collections/amazon.aws#1598, FeLvi-zzz/tentez#27`,
    run: async (scene) => {
      const arn = await scene.addGroup({ used: false });
      const ask = (count: number): JsonObject => ({ TargetGroupArns: upTo(count).map(() => arn) });
      await scene.call('DescribeTargetGroups', ask(20));
      const words = "You cannot describe more than '20' target groups at a time";
      await refusedSaying(scene, 'DescribeTargetGroups', ask(21), 'ValidationError', words);
    },
  },
  ...STRANGE_ARNS.map(
    ([what, arn]): Check => ({
      name: `DescribeTargetGroups: ${what} beside a good ARN is refused as no valid target group ARN`,
      source: 'observed: aws/aws-cli#3673, spinnaker/spinnaker#5574, jcjorel/ec2-spot-converter#7',
      run: async (scene) => {
        const good = await scene.addGroup({ used: false });
        const input = { TargetGroupArns: [good, arn] };
        await refusedSaying(
          scene,
          'DescribeTargetGroups',
          input,
          'ValidationError',
          `'${arn}' is not a valid target group ARN`,
        );
      },
    }),
  ),
  ...STRANGE_ARNS.map(
    ([what, arn]): Check => ({
      name: `DescribeTags: ${what} is refused as not in ARN format`,
      source: 'observed: aws/aws-cli#3475',
      run: (scene) =>
        refusedSaying(scene, 'DescribeTags', { ResourceArns: [arn] }, 'ValidationError', `'${arn}' must be in ARN format`),
    }),
  ),
  {
    name: 'DescribeTargetGroups: tells protocol and health check interval of a group for TCP',
    source: 'ELB API reference, TargetGroup, Protocol and HealthCheckIntervalSeconds',
    run: async (scene) => {
      const arn = await scene.addGroup({ protocol: 'TCP', used: false });
      const group = only(await scene.call('DescribeTargetGroups', { TargetGroupArns: [arn] }), 'TargetGroups');
      assert.equal(group['Protocol'], 'TCP');
      const interval = Number(group['HealthCheckIntervalSeconds']);
      assert.ok(interval >= 5 && interval <= 300, `the interval is ${interval}`);
    },
  },
  {
    name: "DescribeTargetGroupAttributes: cross-zone load balancing is the load balancer's, unless told otherwise",
    source: 'ELB API reference, TargetGroupAttribute, load_balancing.cross_zone.enabled',
    run: async (scene) => {
      const group = await scene.addGroup({ used: false });
      assert.equal(await attributeOf(scene, group, CROSS_ZONE), 'use_load_balancer_configuration');
    },
  },
  {
    name: 'DescribeTargetGroupAttributes: tells that cross-zone load balancing is off',
    source: 'ELB API reference, TargetGroupAttribute, load_balancing.cross_zone.enabled',
    run: async (scene) => {
      const group = await scene.addGroup({ crossZone: 'false', used: false });
      assert.equal(await attributeOf(scene, group, CROSS_ZONE), 'false');
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
    const good = { Id: scene.network.inside(6), Port: 80 };
    await refused(scene, 'RegisterTargets', { TargetGroupArn: group, Targets: [good, target] }, ...codes);
    const answer = await scene.call('DescribeTargetHealth', { TargetGroupArn: group });
    assert.deepEqual(answer['TargetHealthDescriptions'] ?? [], []);
  },
}));

export const ELB_CHECKS: readonly Check[] = [...READING, ...REFUSING];
