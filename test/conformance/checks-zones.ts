/** What we rely on of zones, and of protocols that ask more of a target than an address and a port. */
import { strict as assert } from 'node:assert';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Check, each, objectsIn, refused, refusedSaying } from './check.ts';
import type { Scene } from './scene.ts';

type GroupOptions = Parameters<Scene['addGroup']>[0];

const ZONE = 'ELB API reference, TargetDescription, AvailabilityZone';
const CROSS_ZONE = 'ELB guide, Cross-zone load balancing for target groups';

const WITHIN = 'is within the VPC, and cannot have its Availability Zone overridden to';
const OUTSIDE =
  "You must specify a valid Availability Zone or select 'all' for all enabled Availability zones, since the IP address";
const REQUIRED = 'The Availability Zone is required for IP address';
const ZONAL =
  'When cross-zone load balancing is disabled on this target group, you must specify an Availability Zone for IP target';

/** Of no listener: a group of a Network Load Balancer has no use for one that forwards HTTP. */
function groupOf(options: GroupOptions): GroupOptions & object {
  return { ...options, used: false };
}

async function zonesOf({ call }: Scene, group: string): Promise<readonly unknown[]> {
  return each(
    objectsIn(await call('DescribeTargetHealth', { TargetGroupArn: group }), 'TargetHealthDescriptions'),
    'Target',
    'AvailabilityZone',
  );
}

interface Attempt {
  readonly what: string;
  readonly source: string;
  readonly group: GroupOptions;
  readonly target: (network: Scene['network']) => JsonObject;
}

/** The target is taken, and its zone comes back. */
function takes(attempt: Attempt, zone: (network: Scene['network']) => string): Check {
  return {
    name: `RegisterTargets: takes ${attempt.what}`,
    source: attempt.source,
    run: async (scene) => {
      const group = await scene.addGroup(groupOf(attempt.group));
      await scene.call('RegisterTargets', {
        TargetGroupArn: group,
        Targets: [{ Port: 8080, ...attempt.target(scene.network) }],
      });
      assert.deepEqual(await zonesOf(scene, group), [zone(scene.network)]);
    },
  };
}

/** The call is refused in these words, and nothing is registered. */
function refuses(attempt: Attempt, words: string): Check {
  return {
    name: `RegisterTargets: refuses ${attempt.what}`,
    source: attempt.source,
    run: async (scene) => {
      const group = await scene.addGroup(groupOf(attempt.group));
      const input = { TargetGroupArn: group, Targets: [{ Port: 8080, ...attempt.target(scene.network) }] };
      await refusedSaying(scene, 'RegisterTargets', input, 'ValidationError', words);
      assert.deepEqual(await zonesOf(scene, group), []);
    },
  };
}

const ZONES: readonly Check[] = [
  refuses(
    {
      what: '"all" for an address within the VPC, and says so',
      source: 'observed: kubernetes-sigs/aws-load-balancer-controller#561, PaloAltoNetworks/terraform-aws-vmseries-modules#340',
      group: {},
      target: ({ inside }) => ({ Id: inside(1), AvailabilityZone: 'all' }),
    },
    WITHIN,
  ),
  refuses(
    {
      what: 'an address outside the VPC without zone, and says so',
      source: 'observed: kubernetes-sigs/aws-load-balancer-controller#3084, ansible-collections/community.aws#1736',
      group: {},
      target: ({ outside }) => ({ Id: outside(1) }),
    },
    OUTSIDE,
  ),
  refuses(
    {
      what: 'an address outside the VPC without zone in a group for TCP, and says so',
      source:
        'observed: kubernetes-sigs/aws-load-balancer-controller#3714, aws-samples/hostname-as-target-for-elastic-load-balancer#6',
      group: { protocol: 'TCP' },
      target: ({ outside }) => ({ Id: outside(1) }),
    },
    REQUIRED,
  ),
  refuses(
    {
      what: 'an address outside the VPC with a zone that is none of the region',
      source: `${ZONE}: an Availability Zone or all; the words are inferred`,
      group: {},
      target: ({ outside }) => ({ Id: outside(1), AvailabilityZone: 'us-gov-west-1z' }),
    },
    OUTSIDE,
  ),
  ...['all', undefined].map((zone) =>
    refuses(
      {
        what: `an address outside the VPC with ${zone === undefined ? 'no zone' : `"${zone}"`} where cross-zone load balancing is off`,
        source: 'observed: kubernetes-sigs/aws-load-balancer-controller#4477, #4496',
        group: { crossZone: 'false' },
        target: ({ outside }) => ({ Id: outside(1), ...(zone === undefined ? {} : { AvailabilityZone: zone }) }),
      },
      ZONAL,
    ),
  ),
  takes(
    {
      what: 'an address outside the VPC with a zone of the VPC where cross-zone load balancing is off',
      source: `${ZONE}: should be an Availability Zone inside the VPC for the target group`,
      group: { crossZone: 'false' },
      target: ({ outside, zone }) => ({ Id: outside(1), AvailabilityZone: zone }),
    },
    ({ zone }) => zone,
  ),
  takes(
    {
      what: 'an address outside the VPC with a zone for "all" where cross-zone load balancing is on',
      source: `${CROSS_ZONE}: otherwise, the parameter is ignored and treated as all`,
      group: {},
      target: ({ outside, zone }) => ({ Id: outside(1), AvailabilityZone: zone }),
    },
    () => 'all',
  ),
  takes(
    {
      what: '"all" outside the VPC in a group for TCP, be cross-zone load balancing off or not',
      source: 'observed: kubernetes-sigs/aws-load-balancer-controller#4496, #4831',
      group: { protocol: 'TCP', crossZone: 'false' },
      target: ({ outside }) => ({ Id: outside(1), AvailabilityZone: 'all' }),
    },
    () => 'all',
  ),
  takes(
    {
      what: 'an address outside the VPC with a zone in a group for TCP',
      source: ZONE,
      group: { protocol: 'TCP' },
      target: ({ outside, zone }) => ({ Id: outside(1), AvailabilityZone: zone }),
    },
    ({ zone }) => zone,
  ),
];

const SERVER_ID = 'ELB API reference, TargetDescription, QuicServerId';

const PROTOCOLS: readonly Check[] = [
  ...['QUIC', 'TCP_QUIC'].map(
    (protocol): Check => ({
      name: `RegisterTargets: a group for ${protocol} takes a target with a server ID, and refuses one without`,
      source: `${SERVER_ID}: required if the protocol is QUIC or TCP_QUIC`,
      run: async (scene) => {
        const group = await scene.addGroup({ protocol, used: false });
        const target = { Id: scene.network.inside(1), Port: 8080 };
        await refused(
          scene,
          'RegisterTargets',
          { TargetGroupArn: group, Targets: [target] },
          'ValidationError',
          'InvalidTarget',
        );
        const named = { ...target, QuicServerId: '0x0123456789abcdef' };
        await scene.call('RegisterTargets', { TargetGroupArn: group, Targets: [named] });
        assert.equal((await zonesOf(scene, group)).length, 1);
      },
    }),
  ),
  {
    name: 'RegisterTargets: a group for HTTP refuses a server ID',
    source: `${SERVER_ID}: can't be used with other protocols`,
    run: async (scene) => {
      const group = await scene.addGroup({ used: false });
      const target = { Id: scene.network.inside(1), Port: 8080, QuicServerId: '0x0123456789abcdef' };
      await refused(scene, 'RegisterTargets', { TargetGroupArn: group, Targets: [target] }, 'ValidationError', 'InvalidTarget');
    },
  },
  {
    name: 'RegisterTargets: a group for GENEVE takes port 6081 and no other',
    source: 'ELB API reference, TargetDescription, Port: if the protocol is GENEVE, the supported port is 6081',
    run: async (scene) => {
      const group = await scene.addGroup({ protocol: 'GENEVE', port: 6081, used: false });
      const Id = scene.network.inside(1);
      const other = [{ Id, Port: 6082 }];
      await refused(scene, 'RegisterTargets', { TargetGroupArn: group, Targets: other }, 'ValidationError', 'InvalidTarget');
      await scene.call('RegisterTargets', { TargetGroupArn: group, Targets: [{ Id, Port: 6081 }] });
      assert.equal((await zonesOf(scene, group)).length, 1);
    },
  },
];

export const ZONE_CHECKS: readonly Check[] = [...ZONES, ...PROTOCOLS];
