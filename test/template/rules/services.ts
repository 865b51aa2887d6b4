/** What has to hold of the example's services, and of the binding between them and the function. */
import { expect } from 'vitest';
import { parseBinding } from '../../../functions/core/binding.ts';
import type { JsonObject } from '../../../functions/core/json.ts';
import { parseClusterArn } from '../../../functions/core/values.ts';
import { CLUSTER, listOf, lookUp, objectOf } from '../../../scripts/tools/template/template.ts';
import { ofType, resourceOf, type Stack } from '../../../scripts/tools/template/templates.ts';
import { SECOND_DEPLOYMENT, WITH_CERTIFICATE } from './deployments.ts';
import type { Rule } from './rule.ts';

const TAG = 'alb-target-sync';
const EC2 = { Capacity: 'EC2' };
/** Clients that resolve an address do not know what to do with an SRV record, and the default image is one of them. */
const SRV = { RecordType: 'SRV', Image: 'me/spring-boot:1' };
/** By which the default image logs in to MySQL; without the first it keeps its products in memory. */
const CATALOG = /^public\.ecr\.aws\/aws-containers\/retail-store-sample-catalog:/;
/** Memory that Fargate has for a size of processor (ECS guide, "Fargate task sizes"). */
const FARGATE_SIZES: Readonly<Record<string, readonly number[]>> = {
  '256': [512, 1_024, 2_048],
  '512': [1_024, 2_048, 3_072, 4_096],
  '1024': [2_048, 3_072, 4_096, 5_120, 6_144, 7_168, 8_192],
};

export const SERVICE_RULES: readonly Rule[] = [
  {
    name: 'the target group takes addresses on 8080, over HTTP, and nobody but the function writes to it',
    check(view) {
      const { properties } = resourceOf(view.scenario(), 'App/TargetGroup');
      expect(properties).toMatchObject({ TargetType: 'ip', Protocol: 'HTTP', Port: 8080, VpcId: 'Network/Vpc' });
      expect(properties).not.toHaveProperty('Targets');
    },
  },
  {
    name: 'ECS is told of no load balancer',
    check(view) {
      for (const { properties } of ofType(view.scenario(), 'AWS::ECS::Service')) {
        expect(properties).not.toHaveProperty('LoadBalancers');
        expect(properties).not.toHaveProperty('ServiceConnectConfiguration');
      }
    },
  },
  {
    name: 'a new target is healthy well within the 40 s that ECS waits',
    check(view) {
      const group = resourceOf(view.scenario(), 'App/TargetGroup').properties;
      const interval = Number(group['HealthCheckIntervalSeconds']);
      expect(Number(group['HealthCheckTimeoutSeconds'])).toBeLessThan(interval);
      expect(interval * Number(group['HealthyThresholdCount'])).toBeLessThanOrEqual(10);
      expect(group['HealthCheckPath']).toBe('/health');
      expect(group).not.toHaveProperty('HealthCheckPort');
    },
  },
  {
    name: 'the tag on the target group names the service, and the port that it listens on',
    check(view) {
      const stack = view.scenario();
      const line = parseBinding(tagOf(resourceOf(stack, 'App/TargetGroup').properties), context(), 'tag');
      expect(line).toMatchObject({
        ok: true,
        value: [{ selector: { kind: 'service', name: serviceName(stack, 'App') }, drain: false, writes: true }],
      });
      expect(line).toMatchObject({ value: [{ port: portsOf(stack, 'App')[0], zone: undefined }] });
      expect(syncOf(stack)).toMatchObject({
        BINDINGS: '',
        TARGET_GROUP_ARNS: 'App/TargetGroup',
        CLUSTER_ARNS: 'Cluster/Cluster.Arn',
      });
    },
  },
  {
    name: 'in a second deployment a line of binding names the service, for tasks outside the VPC of the group',
    check(view) {
      const stack = view.scenario(SECOND_DEPLOYMENT);
      const sync = syncOf(stack);
      expect(sync['TARGET_GROUP_ARNS']).toBe(SECOND_DEPLOYMENT.HubTargetGroupArn);
      const binding = String(sync['BINDINGS']).replace('App/Service.Name', serviceName(stack, 'App'));
      const line = parseBinding(binding, context(), 'parameter');
      expect(line).toMatchObject({
        ok: true,
        value: [{ selector: { name: serviceName(stack, 'App') }, port: portsOf(stack, 'App')[0], zone: 'all' }],
      });
    },
  },
  {
    name: 'the tag on the Cloud Map service names the service that registers in it, and the function is told to check it',
    check(view) {
      const stack = view.scenario();
      const { properties } = resourceOf(stack, 'Database/Discovery');
      expect(tagOf(properties)).toBe(`service=${serviceName(stack, 'Database')}`);
      expect(lookUp(serviceOf(stack, 'Database'), 'ServiceRegistries')).toEqual([{ RegistryArn: 'Database/Discovery.Arn' }]);
      expect(syncOf(stack)).toMatchObject({ CLOUD_MAP_SERVICE_ARNS: 'Database/Discovery.Arn', MODE: 'enforce' });
      expect(syncOf(view.scenario({ Mode: 'observe' }))).toMatchObject({ MODE: 'observe' });
    },
  },
  {
    name: 'what mysql resolves to is short-lived and follows health, with a port where it is SRV',
    check(view) {
      const { properties } = resourceOf(view.scenario(), 'Database/Discovery');
      expect(properties).toMatchObject({
        Name: 'mysql',
        NamespaceId: 'Database/Namespace',
        HealthCheckCustomConfig: { FailureThreshold: 1 },
      });
      expect(properties['DnsConfig']).toEqual({ RoutingPolicy: 'MULTIVALUE', DnsRecords: [{ Type: 'A', TTL: 10 }] });
      const srv = view.scenario(SRV);
      expect(lookUp(resourceOf(srv, 'Database/Discovery').properties, 'DnsConfig', 'DnsRecords', 0, 'Type')).toBe('SRV');
      expect(lookUp(serviceOf(srv, 'Database'), 'ServiceRegistries')).toMatchObject([
        { ContainerName: 'mysql', ContainerPort: 3306 },
      ]);
      expect(variablesOf(view.scenario())['SPRING_DATASOURCE_URL']).toBe(
        'jdbc:mysql://mysql.my-stack.internal:3306/app?sslMode=REQUIRED',
      );
      expect(variablesOf(srv)['SPRING_DATASOURCE_URL']).toBe('jdbc:mysql+srv://mysql.my-stack.internal/app?sslMode=REQUIRED');
      expect(variablesOf(srv)['JAVA_OPTS']).toContain('-Dsun.net.inetaddr.ttl=10');
      expect(view.refusals(SRV)).toEqual([]);
      expect(view.refusals({ RecordType: 'SRV' })).toEqual([expect.stringContaining('Image')]);
    },
  },
  {
    name: 'the application as typed logs in to MySQL, by its name in Cloud Map',
    check(view) {
      const stack = view.scenario();
      const [mysql] = containersOf(stack, 'Database');
      const [app] = containersOf(stack, 'App');
      expect(app?.['Image']).toMatch(CATALOG);
      const { Name: host } = resourceOf(stack, 'Database/Discovery').properties;
      const { Name: domain } = resourceOf(stack, 'Database/Namespace').properties;
      expect(variablesOf(stack)).toMatchObject({
        RETAIL_CATALOG_PERSISTENCE_PROVIDER: 'mysql',
        RETAIL_CATALOG_PERSISTENCE_ENDPOINT: `${host}.${domain}:${portsOf(stack, 'Database')[0]}`,
        RETAIL_CATALOG_PERSISTENCE_DB_NAME: valuesOf(mysql?.['Environment'])['MYSQL_DATABASE'],
      });
      const { MYSQL_USER, MYSQL_PASSWORD } = valuesOf(mysql?.['Secrets']);
      expect(valuesOf(app?.['Secrets'])).toMatchObject({
        RETAIL_CATALOG_PERSISTENCE_USER: MYSQL_USER,
        RETAIL_CATALOG_PERSISTENCE_PASSWORD: MYSQL_PASSWORD,
        SPRING_DATASOURCE_USERNAME: MYSQL_USER,
        SPRING_DATASOURCE_PASSWORD: MYSQL_PASSWORD,
      });
    },
  },
  {
    name: 'MySQL has time for its first start on network storage, and is healthy when the application can log in',
    check(view) {
      const stack = view.scenario();
      const [mysql] = containersOf(stack, 'Database');
      expect(lookUp(mysql, 'HealthCheck', 'StartPeriod')).toBe(300);
      expect(valuesOf(mysql?.['Environment'])).toHaveProperty('MYSQL_INITDB_SKIP_TZINFO', 'yes');
      expect(resourceOf(stack, 'Database/Files').properties).toHaveProperty('ThroughputMode', 'elastic');
      const [shell, command] = listOf(lookUp(mysql, 'HealthCheck', 'Command'));
      expect(shell).toBe('CMD-SHELL');
      expect(String(command).split(' ')).toEqual([
        'mysql',
        '--protocol=tcp',
        '--host=127.0.0.1',
        '--user="$MYSQL_USER"',
        '--password="$MYSQL_PASSWORD"',
        "--execute='SELECT",
        "1'",
        '"$MYSQL_DATABASE"',
      ]);
    },
  },
  {
    name: 'a task ends what it has begun: it is out of the group before it is told to stop',
    check(view) {
      const stack = view.scenario();
      const attributes = listOf(resourceOf(stack, 'App/TargetGroup').properties['TargetGroupAttributes']);
      const delay = attributes.find((each) => lookUp(each, 'Key') === 'deregistration_delay.timeout_seconds');
      expect(lookUp(delay, 'Value')).toBe('30');
      const containers = containersOf(stack, 'App');
      // Fargate kills a container after 120 s, whatever is written here.
      for (const { StopTimeout } of containers) {
        expect(Number(StopTimeout)).toBeGreaterThan(30);
        expect(Number(StopTimeout)).toBeLessThanOrEqual(120);
      }
      expect(containersOf(stack, 'Database')).toMatchObject([{ StopTimeout: 120 }]);
      const [app, wait] = containers;
      expect(app).toMatchObject({ Name: 'app', Essential: true });
      expect(wait).toMatchObject({ DependsOn: [{ ContainerName: 'app', Condition: 'START' }], Essential: false });
      expect(lookUp(wait, 'Command', 2)).toMatch(/^trap "sleep 20; exit 0" TERM;/);
    },
  },
  {
    name: 'each container that serves has a health check of its own, which ECS looks at',
    check(view) {
      const stack = view.scenario();
      expect(lookUp(containersOf(stack, 'App')[0], 'HealthCheck', 'Command')).toEqual([
        'CMD-SHELL',
        'curl -fsS http://localhost:8080/health || exit 1',
      ]);
      for (const name of ['App', 'Database']) {
        const { Interval, Timeout, Retries } = objectOf(lookUp(containersOf(stack, name)[0], 'HealthCheck'));
        expect(Number(Timeout)).toBeLessThan(Number(Interval));
        expect(Number(Interval) * Number(Retries)).toBeLessThanOrEqual(30);
      }
      expect(portsOf(stack, 'Database')).toEqual([3306]);
    },
  },
  {
    name: 'tasks have an interface each, and a size that Fargate has',
    check(view) {
      for (const { properties } of ofType(view.scenario(), 'AWS::ECS::TaskDefinition')) {
        expect(properties).toMatchObject({ NetworkMode: 'awsvpc', RequiresCompatibilities: ['EC2', 'FARGATE'] });
        expect(FARGATE_SIZES[String(properties['Cpu'])]).toContain(Number(properties['Memory']));
      }
    },
  },
  {
    name: 'a deployment of the application takes nothing away first, and goes back if it fails',
    check(view) {
      expect(serviceOf(view.scenario(), 'App')).toMatchObject({
        DesiredCount: 2,
        DeploymentConfiguration: {
          MinimumHealthyPercent: 100,
          MaximumPercent: 200,
          DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        },
      });
    },
  },
  {
    name: 'never two databases on the same files, and none moved without need',
    check(view) {
      expect(serviceOf(view.scenario(), 'Database')).toMatchObject({
        DesiredCount: 1,
        AvailabilityZoneRebalancing: 'DISABLED',
        DeploymentConfiguration: { MinimumHealthyPercent: 0, MaximumPercent: 100 },
      });
    },
  },
  {
    name: 'services run where the cluster has capacity, on Fargate and on instances',
    check(view) {
      const cases = [
        [view.scenario(), 'FARGATE'],
        [view.scenario(EC2), 'Cluster/InstanceProvider'],
      ] as const;
      for (const [stack, provider] of cases) {
        expect(resourceOf(stack, 'Cluster/ClusterCapacity').properties).toMatchObject({
          Cluster: 'Cluster/Cluster',
          CapacityProviders: [provider],
        });
        for (const { properties } of ofType(stack, 'AWS::ECS::Service')) {
          expect(properties).toMatchObject({
            Cluster: 'Cluster/Cluster',
            CapacityProviderStrategy: [{ CapacityProvider: provider, Weight: 1 }],
          });
        }
      }
      expect(ofType(view.scenario(), 'AWS::AutoScaling::AutoScalingGroup', 'AWS::EC2::LaunchTemplate')).toEqual([]);
    },
  },
  {
    name: 'an account that has never used ECS gets the role of ECS before its cluster, and keeps it',
    check(view) {
      const roles = (stack: Stack) => ofType(stack, 'AWS::IAM::ServiceLinkedRole');
      const stack = view.scenario({ EcsServiceLinkedRole: 'create' });
      expect(roles(stack).map(({ name, properties }) => [name, properties])).toEqual([
        ['EcsRole', { AWSServiceName: 'ecs.amazonaws.com' }],
      ]);
      expect(roles(stack)[0]?.declared).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(resourceOf(stack, 'Cluster/Cluster').properties['Tags']).toEqual([{ Key: 'made-after', Value: 'EcsRole' }]);
      // Where the role exists, IAM refuses to make it, and the stack would be rolled back.
      expect(roles(view.scenario())).toEqual([]);
      expect(resourceOf(view.scenario(), 'Cluster/Cluster').properties).not.toHaveProperty('Tags');
    },
  },
  {
    name: 'a stack with instances can be deleted: nothing holds them back, and the cluster goes after them',
    check(view) {
      const stack = view.scenario(EC2);
      expect(resourceOf(stack, 'Cluster/InstanceProvider').properties).toMatchObject({
        AutoScalingGroupProvider: { ManagedDraining: 'DISABLED', ManagedTerminationProtection: 'DISABLED' },
      });
      const { properties } = resourceOf(stack, 'Cluster/Instances');
      expect(properties['MinSize']).toBe('0');
      expect(properties).not.toHaveProperty('NewInstancesProtectedFromScaleIn');
      expect(lookUp(properties, 'LaunchTemplate', 'LaunchTemplateId')).toBe('Cluster/InstanceTemplate');
      expect(lookUp(resourceOf(stack, 'Cluster/InstanceTemplate').properties, 'LaunchTemplateData', 'UserData')).toContain(
        'ECS_CLUSTER=Cluster/Cluster ',
      );
    },
  },
  {
    name: 'instances give their role to nobody who only talks them into a request, and join the cluster',
    check(view) {
      const stack = view.scenario(EC2);
      const launch = objectOf(resourceOf(stack, 'Cluster/InstanceTemplate').properties['LaunchTemplateData']);
      expect(launch).toMatchObject({ MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 } });
      expect(lookUp(launch, 'BlockDeviceMappings', 0, 'Ebs', 'Encrypted')).toBe(true);
      expect(launch['UserData']).toMatch(/^#!\/bin\/sh\necho ECS_CLUSTER=Cluster\/Cluster >> .*\n.*ECS_AWSVPC_BLOCK_IMDS=true/);
      expect(resourceOf(stack, 'Cluster/InstanceProvider').properties).toMatchObject({
        Name: 'nodes-of-my-stack-Cluster',
        AutoScalingGroupProvider: {
          AutoScalingGroupArn: 'Cluster/Instances',
          ManagedScaling: { Status: 'ENABLED' },
        },
      });
    },
  },
  {
    name: 'the load balancer faces the internet in the public subnets, and goes by the certificate',
    check(view) {
      const plain = view.scenario();
      expect(resourceOf(plain, 'App/LoadBalancer').properties).toMatchObject({
        Scheme: 'internet-facing',
        Subnets: ['Network/PublicSubnetA', 'Network/PublicSubnetB'],
        LoadBalancerAttributes: [{ Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' }],
      });
      const forward = [{ Type: 'forward', TargetGroupArn: 'App/TargetGroup' }];
      expect(listenersOf(plain)).toMatchObject([{ Port: 80, Protocol: 'HTTP', DefaultActions: forward }]);
      expect(listenersOf(view.scenario(WITH_CERTIFICATE))).toMatchObject([
        {
          Port: 80,
          DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }],
        },
        { Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06', DefaultActions: forward },
      ]);
    },
  },
];

/** Variables or secrets of a container, by name. */
function valuesOf(list: unknown): JsonObject {
  const values = listOf(list).map((each) => [String(lookUp(each, 'Name')), lookUp(each, 'Value') ?? lookUp(each, 'ValueFrom')]);
  return Object.fromEntries(values);
}

function context() {
  const cluster = parseClusterArn(CLUSTER);
  const clusters = cluster.ok ? [cluster.value] : [];
  return {
    source: 'the example',
    stackMode: 'enforce' as const,
    home: undefined,
    clusters,
    anyCluster: clusters,
    clustersOf: new Map<string, typeof clusters>(),
    readsAccounts: false,
  };
}

function tagOf({ Tags }: JsonObject): string {
  const found = listOf(Tags).find((tag) => lookUp(tag, 'Key') === TAG);
  return String(lookUp(found, 'Value'));
}

function serviceOf(stack: Stack, name: string): JsonObject {
  return resourceOf(stack, `${name}/Service`).properties;
}

function serviceName(stack: Stack, name: string): string {
  return String(serviceOf(stack, name)['ServiceName']);
}

function containersOf(stack: Stack, name: string): JsonObject[] {
  return listOf(resourceOf(stack, `${name}/TaskDefinition`).properties['ContainerDefinitions']).map(objectOf);
}

function portsOf(stack: Stack, name: string): unknown[] {
  return containersOf(stack, name).flatMap(({ PortMappings = [] }) =>
    listOf(PortMappings).map((port) => lookUp(port, 'ContainerPort')),
  );
}

/** What the application's container is told in the clear. */
function variablesOf(stack: Stack): JsonObject {
  return valuesOf(containersOf(stack, 'App')[0]?.['Environment']);
}

/** What the function of the example is told. */
function syncOf(stack: Stack): JsonObject {
  return objectOf(lookUp(resourceOf(stack, 'Sync/SyncFunction').properties, 'Environment', 'Variables'));
}

function listenersOf(stack: Stack): JsonObject[] {
  return ofType(stack, 'AWS::ElasticLoadBalancingV2::Listener').map(({ properties }) => properties);
}
