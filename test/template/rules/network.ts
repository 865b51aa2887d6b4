/** What has to hold of the example's network: who reaches whom, and by which way out. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../functions/core/json.ts';
import { listOf, lookUp, objectOf, type ParameterValues, takes } from '../../../scripts/tools/template/template.ts';
import { ofType, type Resource, resourceOf, type Stack } from '../../../scripts/tools/template/templates.ts';
import { SECOND_DEPLOYMENT, WITH_CERTIFICATE, WITHOUT_NAT } from './deployments.ts';
import type { Rule } from './rule.ts';

const PRIVATE = ['Network/PrivateSubnetA', 'Network/PrivateSubnetB'];

export const NETWORK_RULES: readonly Rule[] = [
  {
    name: 'the internet reaches the load balancer, it alone the application, and that alone the database',
    check(view) {
      const fromAnywhere = (port: number) => `0.0.0.0/0 -> App/LoadBalancerSecurityGroup:${port}`;
      const inside = [
        'App/AppSecurityGroup -> Database/DatabaseSecurityGroup:3306',
        'App/LoadBalancerSecurityGroup -> App/AppSecurityGroup:8080',
        'Database/DatabaseSecurityGroup -> Database/FilesSecurityGroup:2049',
      ];
      expect(waysIn(view.scenario())).toEqual([fromAnywhere(80), ...inside]);
      expect(waysIn(view.scenario(WITH_CERTIFICATE))).toEqual([fromAnywhere(443), fromAnywhere(80), ...inside]);
      const endpoints = waysIn(view.scenario({ Capacity: 'EC2', InterfaceEndpoints: 'create' }));
      expect(endpoints).toEqual(
        [fromAnywhere(80), ...inside, 'Network/Vpc.CidrBlock -> Network/EndpointSecurityGroup:443'].sort(),
      );
    },
  },
  {
    name: 'whoever may be called may be reached: each way in has its way out',
    check(view) {
      for (const stack of [view.scenario(), view.scenario(SECOND_DEPLOYMENT)]) {
        const out = waysOut(stack);
        for (const way of waysIn(stack).filter((each) => / -> .*SecurityGroup/.test(each) && !each.startsWith('0.0.0.0')))
          expect(out).toContain(way);
      }
    },
  },
  {
    name: 'a second deployment has no load balancer, and lets in the first one alone',
    check(view) {
      const stack = view.scenario(SECOND_DEPLOYMENT);
      expect(ofType(stack, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'AWS::ElasticLoadBalancingV2::TargetGroup')).toEqual(
        [],
      );
      expect(waysIn(stack)).toEqual([
        'App/AppSecurityGroup -> Database/DatabaseSecurityGroup:3306',
        'Database/DatabaseSecurityGroup -> Database/FilesSecurityGroup:2049',
        `${SECOND_DEPLOYMENT.HubSecurityGroupId} -> App/AppSecurityGroup:8080`,
      ]);
    },
  },
  {
    name: 'a second deployment and the first one find the way to each other',
    check(view) {
      const stack = view.scenario(SECOND_DEPLOYMENT);
      expect(resourceOf(stack, 'Network/Peering').properties).toEqual({
        VpcId: 'Network/Vpc',
        PeerVpcId: SECOND_DEPLOYMENT.HubVpcId,
      });
      const routes = ofType(stack, 'AWS::EC2::Route').filter(
        ({ properties }) => properties['VpcPeeringConnectionId'] === 'Network/Peering',
      );
      expect(routes.map(({ properties }) => [properties['RouteTableId'], properties['DestinationCidrBlock']])).toEqual([
        ['Network/PrivateRouteTableA', '10.0.0.0/16'],
        ['Network/PrivateRouteTableB', '10.0.0.0/16'],
        [SECOND_DEPLOYMENT.HubRouteTableId, 'Network/Vpc.CidrBlock'],
      ]);
      expect(ofType(view.scenario(), 'AWS::EC2::VPCPeeringConnection')).toEqual([]);
    },
  },
  {
    name: 'the subnets lie in the VPC, apart from each other, and each pair in two zones',
    check(view) {
      const stack = view.scenario();
      const vpc = rangeOf(resourceOf(stack, 'Network/Vpc').properties);
      const subnets = ofType(stack, 'AWS::EC2::Subnet');
      const ranges = subnets.map(({ properties }) => rangeOf(properties)).sort((left, right) => left.first - right.first);
      expect(ranges).toHaveLength(4);
      for (const [index, range] of ranges.entries()) {
        expect(range.first).toBeGreaterThanOrEqual(ranges[index - 1]?.end ?? vpc.first);
        expect(range.end).toBeLessThanOrEqual(vpc.end);
      }
      const zones = subnets.map(({ name, properties }) => [name.replace('Network/', ''), properties['AvailabilityZone']]);
      expect(zones.sort()).toEqual([
        ['PrivateSubnetA', 'eu-west-1a'],
        ['PrivateSubnetB', 'eu-west-1b'],
        ['PublicSubnetA', 'eu-west-1a'],
        ['PublicSubnetB', 'eu-west-1b'],
      ]);
    },
  },
  {
    name: 'public subnets lead to the internet gateway, private ones to NAT or nowhere',
    check(view) {
      expect(defaultRoutes(view.scenario())).toEqual([
        'PrivateSubnetA -> NatGatewayA',
        'PrivateSubnetB -> NatGatewayA',
        'PublicSubnetA -> InternetGateway',
        'PublicSubnetB -> InternetGateway',
      ]);
      expect(defaultRoutes(view.scenario({ NatMode: 'perAz' }))).toContain('PrivateSubnetB -> NatGatewayB');
      const none = defaultRoutes(view.scenario(WITHOUT_NAT));
      expect(none).toEqual(['PublicSubnetA -> InternetGateway', 'PublicSubnetB -> InternetGateway']);
      for (const { properties } of ofType(view.scenario({ NatMode: 'perAz' }), 'AWS::EC2::NatGateway')) {
        expect(properties['SubnetId']).toMatch(/^Network\/PublicSubnet/);
      }
    },
  },
  {
    name: 'tasks and instances have private addresses only',
    check(view) {
      const stack = view.scenario({ Capacity: 'EC2' });
      for (const { properties } of ofType(stack, 'AWS::EC2::Subnet'))
        expect(properties).not.toHaveProperty('MapPublicIpOnLaunch');
      for (const { properties } of ofType(stack, 'AWS::ECS::Service')) {
        const network = objectOf(lookUp(properties, 'NetworkConfiguration', 'AwsvpcConfiguration'));
        expect(network).toMatchObject({ AssignPublicIp: 'DISABLED', Subnets: PRIVATE });
      }
      for (const { properties } of ofType(stack, 'AWS::AutoScaling::AutoScalingGroup'))
        expect(properties['VPCZoneIdentifier']).toEqual(PRIVATE);
    },
  },
  {
    name: 'names of the private namespace are resolved in the VPC',
    check(view) {
      const stack = view.scenario();
      expect(resourceOf(stack, 'Network/Vpc').properties).toMatchObject({ EnableDnsSupport: true, EnableDnsHostnames: true });
      expect(ofType(stack, 'AWS::ServiceDiscovery::PrivateDnsNamespace').map(({ properties }) => properties)).toEqual([
        { Name: 'my-stack.internal', Vpc: 'Network/Vpc' },
      ]);
    },
  },
  {
    name: 'without NAT, what tasks and instances call has an endpoint in both private subnets',
    check(view) {
      const endpoints = ofType(view.scenario(WITHOUT_NAT), 'AWS::EC2::VPCEndpoint');
      const [gateway, ...interfaces] = endpoints.map(({ properties }) => properties);
      expect(gateway).toMatchObject({
        VpcEndpointType: 'Gateway',
        RouteTableIds: ['Network/PrivateRouteTableA', 'Network/PrivateRouteTableB'],
      });
      expect(interfaces.map(({ ServiceName }) => String(ServiceName).replace('com.amazonaws.eu-west-1.', '')).sort()).toEqual([
        'ecr.api',
        'ecr.dkr',
        'ecs',
        'ecs-agent',
        'ecs-telemetry',
        'logs',
        'secretsmanager',
      ]);
      for (const properties of interfaces) {
        expect(properties).toMatchObject({ VpcEndpointType: 'Interface', PrivateDnsEnabled: true, SubnetIds: PRIVATE });
        expect(properties['SecurityGroupIds']).toEqual(['Network/EndpointSecurityGroup']);
      }
      expect(view.refusals(WITHOUT_NAT)).toEqual([]);
      expect(view.refusals({ ...WITHOUT_NAT, InterfaceEndpoints: 'none' })).toEqual([
        expect.stringContaining('InterfaceEndpoints'),
      ]);
    },
  },
  {
    name: 'nothing is fetched from a public registry where there is no way to one',
    check(view) {
      const images = (given: ParameterValues) =>
        ofType(view.scenario(given), 'AWS::ECS::TaskDefinition')
          .flatMap(({ properties }) => listOf(properties['ContainerDefinitions']))
          .map((container) => lookUp(container, 'Image'));
      const { Image, DatabaseImage, DrainWaitImage } = WITHOUT_NAT;
      expect(images(WITHOUT_NAT)).toEqual([DatabaseImage, Image, DrainWaitImage]);
      for (const name of ['Image', 'DatabaseImage', 'DrainWaitImage']) {
        const { [name]: _, ...others } = Object.fromEntries(Object.entries(WITHOUT_NAT));
        expect([name, view.refusals(others)]).toEqual([name, [expect.stringContaining(name)]]);
      }
      expect(images({})).toEqual(images({}).map(() => expect.stringMatching(/^public\.ecr\.aws\/\S+:[\d.]+$/)));
    },
  },
  {
    name: 'a VPC takes a private range, and a namespace none that hides a public domain',
    check(view) {
      const accepted = (name: string, texts: readonly string[], file = 'infra/example.yaml') => {
        const declared = objectOf(lookUp(view.source(file), 'Parameters', name));
        return texts.filter((text) => takes(declared, text));
      };
      const ranges = [
        '10.0',
        '10.255',
        '172.16',
        '172.31',
        '192.168',
        '10.256',
        '172.15',
        '172.32',
        '192.169',
        '8.8',
        '10.0.0',
        '',
      ];
      expect(accepted('VpcPrefix', ranges)).toEqual(ranges.slice(0, 5));
      const label = 'a'.repeat(63);
      const names = ['app.internal', 'shop.app', 'My-stack.internal', `${label}.internal`];
      const wrong = ['app', '-a.internal', 'a-.internal', `${label}a.internal`, 'a..internal', 'a_b.internal'];
      for (const file of ['infra/example.yaml', 'infra/database.yaml'])
        expect(accepted('NamespaceName', [...names, ...wrong], file)).toEqual(names);
    },
  },
];

/** Every way into a security group: `source -> group:port`. */
function waysIn(stack: Stack): string[] {
  const within = ofType(stack, 'AWS::EC2::SecurityGroup').flatMap(({ name, properties }) => {
    return listOf(properties['SecurityGroupIngress'] ?? []).map((rule) => way(objectOf(rule), sourceOf(objectOf(rule)), name));
  });
  const apart = ofType(stack, 'AWS::EC2::SecurityGroupIngress').map(({ properties }) =>
    way(properties, sourceOf(properties), properties['GroupId']),
  );
  return [...within, ...apart].sort();
}

/** Every way out of one, written alike. */
function waysOut(stack: Stack): string[] {
  const within = ofType(stack, 'AWS::EC2::SecurityGroup').flatMap(({ name, properties }) => {
    return listOf(properties['SecurityGroupEgress'] ?? []).map((rule) => way(objectOf(rule), name, targetOf(objectOf(rule))));
  });
  const apart = ofType(stack, 'AWS::EC2::SecurityGroupEgress').map(({ properties }) =>
    way(properties, properties['GroupId'], targetOf(properties)),
  );
  return [...within, ...apart];
}

function way(rule: JsonObject, from: unknown, to: unknown): string {
  expect(rule['IpProtocol']).toBe('tcp');
  expect(rule['FromPort']).toBe(rule['ToPort']);
  return `${from} -> ${to}:${rule['FromPort']}`;
}

function sourceOf(rule: JsonObject): unknown {
  return rule['SourceSecurityGroupId'] ?? rule['CidrIp'];
}

function targetOf(rule: JsonObject): unknown {
  return rule['DestinationSecurityGroupId'] ?? rule['CidrIp'];
}

function defaultRoutes(stack: Stack): string[] {
  const plain = (name: unknown) => String(name).replace('Network/', '');
  return ofType(stack, 'AWS::EC2::SubnetRouteTableAssociation')
    .flatMap(({ properties: { SubnetId, RouteTableId } }) => {
      const routes = ofType(stack, 'AWS::EC2::Route').map((route: Resource) => route.properties);
      const out = routes.filter(
        (route) => route['RouteTableId'] === RouteTableId && route['DestinationCidrBlock'] === '0.0.0.0/0',
      );
      return out.map(({ GatewayId, NatGatewayId }) => `${plain(SubnetId)} -> ${plain(GatewayId ?? NatGatewayId)}`);
    })
    .sort();
}

/** The addresses of a CIDR block, as numbers: from the first to before the end. */
function rangeOf({ CidrBlock }: JsonObject): { readonly first: number; readonly end: number } {
  const [address = '', bits] = String(CidrBlock).split('/');
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { first, end: first + 2 ** (32 - Number(bits)) };
}
