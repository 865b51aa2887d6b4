/** What has to hold of the example's secrets, files and roles; and of how the stacks fit into each other. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../functions/core/json.ts';
import { listOf, lookUp, objectOf } from '../../../scripts/tools/template/template.ts';
import { ofType, type Resource, resourceOf, type Stack } from '../../../scripts/tools/template/templates.ts';
import { SECOND_DEPLOYMENT, WITH_CERTIFICATE, WITHOUT_NAT } from './deployments.ts';
import type { Rule } from './rule.ts';

const EXAMPLE = 'infra/example.yaml';
const EVERY_KIND = [
  {},
  {
    Capacity: 'EC2',
    NatMode: 'perAz',
    InterfaceEndpoints: 'create',
    RecordType: 'SRV',
    Image: 'me/app:1',
    DiscoverBy: 'api',
    EcsServiceLinkedRole: 'create',
    NamespaceName: 'app.internal',
  },
  { ...WITHOUT_NAT, Persistence: 'none', RecordType: 'SRV' },
  { ...WITHOUT_NAT, Capacity: 'EC2', EcsServiceLinkedRole: 'create' },
  WITH_CERTIFICATE,
  SECOND_DEPLOYMENT,
];

/** Names that an account, or an account's region, has once. Others are made up by CloudFormation or lie within a cluster. */
const UNIQUE = [
  ['AWS::ECS::CapacityProvider', 'Name'],
  ['AWS::ECS::Cluster', 'ClusterName'],
  ['AWS::ECS::TaskDefinition', 'Family'],
  ['AWS::ElasticLoadBalancingV2::LoadBalancer', 'Name'],
  ['AWS::ElasticLoadBalancingV2::TargetGroup', 'Name'],
  ['AWS::IAM::Role', 'RoleName'],
  ['AWS::Logs::LogGroup', 'LogGroupName'],
  ['AWS::SecretsManager::Secret', 'Name'],
  ['AWS::ServiceDiscovery::PrivateDnsNamespace', 'Name'],
] as const;

export const SECRET_RULES: readonly Rule[] = [
  {
    name: 'every reference leads somewhere, whatever the parameters: resources, nested outputs, nested parameters',
    check(view) {
      for (const given of EVERY_KIND) {
        expect(view.refusals(given)).toEqual([]);
        expect(view.scenario(given).resources.length).toBeGreaterThan(50);
      }
      expect(view.root({ Mode: 'observe' }).resources.length).toBeGreaterThan(10);
    },
  },
  {
    name: 'every output of the example has a value',
    check(view) {
      expect(Object.values(view.scenario().outputs)).not.toContain(undefined);
      expect(view.scenario().outputs).toEqual({
        Url: 'http://App/LoadBalancer.DNSName',
        CheckCommand: expect.stringContaining('--function-name Sync/SyncFunction'),
        CheckCommandWindows: expect.stringContaining('cmd /c "aws lambda invoke'),
        LogsCommand: expect.stringContaining('Sync/SyncLogs'),
        HubVpcId: 'Network/Vpc',
        HubRouteTableId: 'Network/PublicRouteTable',
        HubSecurityGroupId: 'App/LoadBalancerSecurityGroup',
        HubTargetGroupArn: 'App/TargetGroup',
      });
    },
  },
  {
    name: 'with a certificate the address is the name that it is for, and somebody is told what to point it at',
    check(view) {
      expect(view.refusals({ CertificateArn: WITH_CERTIFICATE.CertificateArn })).toEqual([
        expect.stringContaining('DomainName'),
      ]);
      expect(view.scenario(WITH_CERTIFICATE).outputs).toMatchObject({
        Url: 'https://shop.example.com',
        PointDomainNameAt: 'App/LoadBalancer.DNSName',
      });
    },
  },
  {
    name: 'two deployments in one account share no name that an account has once',
    check(view) {
      const names = (stackName: string) => {
        const stack = view.scenario({ 'AWS::StackName': stackName, Capacity: 'EC2' });
        return UNIQUE.flatMap(([type, key]) => ofType(stack, type).map(({ properties }) => properties[key])).filter(
          (name) => name !== undefined,
        );
      };
      const [first, second] = [names('first'), names('second')];
      expect(first).toContain('first.internal');
      expect(first.filter((name) => second.includes(name))).toEqual([]);
    },
  },
  {
    name: 'a parameter that is passed on takes what the nested stack takes, and has the same default',
    check(view) {
      const resources = Object.values(objectOf(view.source(EXAMPLE)['Resources'])).map(objectOf);
      for (const stack of resources.filter(({ Type }) => Type === 'AWS::CloudFormation::Stack')) {
        const path = String(lookUp(stack, 'Properties', 'TemplateURL'));
        const child = objectOf(view.source(path.startsWith('../') ? path.slice(3) : `infra/${path}`)['Parameters']);
        for (const [name, value] of Object.entries(objectOf(lookUp(stack, 'Properties', 'Parameters')))) {
          const passed = lookUp(value, 'Ref');
          if (passed !== undefined)
            expect([name, limitsOf(view.source(EXAMPLE), passed)]).toEqual([name, limitsIn(child, name)]);
        }
      }
    },
  },
  {
    name: 'every parameter has a default or is required, and says what it takes',
    check(view) {
      for (const path of Object.keys(view.files)) {
        for (const [name, declared] of Object.entries(objectOf(view.source(path)['Parameters'] ?? {}))) {
          const { Type, Description, ConstraintDescription, AllowedValues = [] } = objectOf(declared);
          expect([name, Description]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/s)]);
          if (/^(String|Number|CommaDelimitedList)$/.test(String(Type)))
            expect([name, ConstraintDescription]).toEqual([name, expect.stringMatching(/^must (be|begin) .*\.$/s)]);
          // YAML 1.1 reads on, off, yes and no as booleans, and the stack would hold a value that matches none of them.
          for (const allowed of listOf(AllowedValues))
            expect([name, typeof allowed]).toEqual([name, expect.stringMatching(/string|number/)]);
        }
      }
    },
  },
  {
    name: 'every parameter is read by something',
    check(view) {
      for (const path of Object.keys(view.files)) {
        const { Parameters, ...rest } = view.source(path);
        const text = JSON.stringify(rest);
        const unread = Object.keys(objectOf(Parameters)).filter(
          (name) => !text.includes(`{"Ref":"${name}"}`) && !text.includes(`\${${name}}`),
        );
        expect([path, unread]).toEqual([path, []]);
      }
    },
  },
  {
    name: 'a second deployment is refused unless it is whole and has other addresses',
    check(view) {
      expect(view.refusals(SECOND_DEPLOYMENT)).toEqual([]);
      for (const name of ['HubRouteTableId', 'HubSecurityGroupId', 'HubTargetGroupArn'])
        expect(view.refusals({ ...SECOND_DEPLOYMENT, [name]: '' })).toEqual(['A second deployment needs all Hub parameters.']);
      const { HubPrefix } = SECOND_DEPLOYMENT;
      expect(view.refusals({ ...SECOND_DEPLOYMENT, VpcPrefix: HubPrefix })).toEqual([expect.stringContaining('VpcPrefix')]);
    },
  },
  {
    name: 'the password is made by AWS, and no container is told one in the clear',
    check(view) {
      const stack = view.scenario();
      const { properties } = resourceOf(stack, 'Database/Secret');
      expect(properties).not.toHaveProperty('SecretString');
      expect(properties['GenerateSecretString']).toMatchObject({
        GenerateStringKey: 'password',
        ExcludePunctuation: true,
      });
      expect(Number(lookUp(properties, 'GenerateSecretString', 'PasswordLength'))).toBeGreaterThanOrEqual(32);
      for (const container of containersOf(stack)) {
        const clear = listOf(container['Environment'] ?? []).map((each) => String(lookUp(each, 'Name')));
        expect(clear.filter((name) => /PASSWORD|USER|SECRET|TOKEN/.test(name))).toEqual(
          container['Name'] === 'mysql' ? ['MYSQL_RANDOM_ROOT_PASSWORD'] : [],
        );
        for (const secret of listOf(container['Secrets'] ?? [])) {
          expect(lookUp(secret, 'ValueFrom')).toMatch(/^Database\/Secret:(username|password)::$/);
        }
      }
      expect(containersOf(stack).map(({ Secrets = [] }) => listOf(Secrets).map((secret) => lookUp(secret, 'Name')))).toEqual([
        ['MYSQL_USER', 'MYSQL_PASSWORD'],
        [
          'RETAIL_CATALOG_PERSISTENCE_USER',
          'RETAIL_CATALOG_PERSISTENCE_PASSWORD',
          'SPRING_DATASOURCE_USERNAME',
          'SPRING_DATASOURCE_PASSWORD',
        ],
        [],
      ]);
    },
  },
  {
    name: 'the role that starts a task may fetch its one secret, and knows nothing of service discovery',
    check(view) {
      for (const given of EVERY_KIND) {
        for (const name of ['Database/ExecutionRole', 'App/ExecutionRole']) {
          const { properties } = resourceOf(view.scenario(given), name);
          expect(properties['ManagedPolicyArns']).toEqual([
            'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
          ]);
          expect(statementsOf(properties)).toEqual([
            { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: 'Database/Secret' },
          ]);
        }
      }
    },
  },
  {
    name: 'the policy for service discovery is the task role’s, only for a program that asks the API, and within its namespace',
    check(view) {
      expect(statementsOf(resourceOf(view.scenario(), 'App/TaskRole').properties)).toEqual([]);
      expect(statementsOf(resourceOf(view.scenario({ DiscoverBy: 'api' }), 'App/TaskRole').properties)).toEqual([
        {
          Effect: 'Allow',
          Action: 'servicediscovery:DiscoverInstances',
          Resource: '*',
          Condition: { StringEquals: { 'servicediscovery:NamespaceName': 'my-stack.internal' } },
        },
        {
          Effect: 'Allow',
          Action: ['servicediscovery:GetInstancesHealthStatus', 'servicediscovery:GetService'],
          Resource: 'Database/Discovery.Arn',
        },
        {
          Effect: 'Allow',
          Action: 'ecs:DescribeServices',
          Resource: 'arn:aws:ecs:eu-west-1:111122223333:service/Cluster/Cluster/*',
        },
      ]);
    },
  },
  {
    name: 'a role is taken by the service that it is for',
    check(view) {
      const taken = ofType(view.scenario({ Capacity: 'EC2' }), 'AWS::IAM::Role').map(({ name, properties }) => [
        name,
        lookUp(properties, 'AssumeRolePolicyDocument', 'Statement', 0, 'Principal', 'Service'),
      ]);
      expect(Object.fromEntries(taken)).toEqual({
        'App/ExecutionRole': 'ecs-tasks.amazonaws.com',
        'App/TaskRole': 'ecs-tasks.amazonaws.com',
        'Cluster/InstanceRole': 'ec2.amazonaws.com',
        'Database/ExecutionRole': 'ecs-tasks.amazonaws.com',
        'Sync/SyncRole': 'lambda.amazonaws.com',
      });
    },
  },
  {
    name: 'the files of MySQL are encrypted at rest and on the way, reached from both zones, and its user’s own',
    check(view) {
      const stack = view.scenario();
      expect(resourceOf(stack, 'Database/Files').properties).toMatchObject({
        Encrypted: true,
        BackupPolicy: { Status: 'ENABLED' },
      });
      const [volume] = listOf(resourceOf(stack, 'Database/TaskDefinition').properties['Volumes']);
      expect(volume).toMatchObject({
        EFSVolumeConfiguration: {
          FilesystemId: 'Database/Files',
          TransitEncryption: 'ENABLED',
          AuthorizationConfig: { AccessPointId: 'Database/AccessPoint' },
        },
      });
      const [container] = containersOf(stack);
      expect(container).toMatchObject({
        User: '999:999',
        MountPoints: [{ SourceVolume: lookUp(volume, 'Name'), ContainerPath: '/var/lib/mysql' }],
      });
      expect(resourceOf(stack, 'Database/AccessPoint').properties).toMatchObject({ PosixUser: { Uid: '999', Gid: '999' } });
      const mounted = ofType(stack, 'AWS::EFS::MountTarget').map(({ properties }) => properties['SubnetId']);
      expect(mounted).toEqual(['Network/PrivateSubnetA', 'Network/PrivateSubnetB']);
      expect(lookUp(resourceOf(stack, 'Database/Service').properties, 'Tags', 0, 'Value')).toBe(
        'Database/MountTargetA Database/MountTargetB',
      );
    },
  },
  {
    name: 'an update that needs a new file system leaves the old one, with the data',
    check(view) {
      expect(resourceOf(view.scenario(), 'Database/Files').declared).toMatchObject({
        DeletionPolicy: 'Delete',
        UpdateReplacePolicy: 'Retain',
      });
    },
  },
  {
    name: 'without persistence there is no file system, and nothing that asks for one',
    check(view) {
      const stack = view.scenario({ Persistence: 'none' });
      expect(ofType(stack, 'AWS::EFS::FileSystem', 'AWS::EFS::MountTarget', 'AWS::EFS::AccessPoint')).toEqual([]);
      expect(resourceOf(stack, 'Database/TaskDefinition').properties).not.toHaveProperty('Volumes');
      expect(containersOf(stack)[0]).not.toHaveProperty('MountPoints');
      expect(resourceOf(stack, 'Database/Service').properties).not.toHaveProperty('Tags');
    },
  },
];

function containersOf(stack: Stack): JsonObject[] {
  const definitions = ['Database/TaskDefinition', 'App/TaskDefinition'].map((name): Resource => resourceOf(stack, name));
  return definitions.flatMap(({ properties }) => listOf(properties['ContainerDefinitions'])).map(objectOf);
}

function statementsOf({ Policies = [] }: JsonObject): unknown[] {
  return listOf(Policies).flatMap((policy) => listOf(lookUp(policy, 'PolicyDocument', 'Statement')));
}

function limitsOf(source: JsonObject, name: unknown): JsonObject {
  return limitsIn(objectOf(source['Parameters']), String(name));
}

/** What CloudFormation holds a value against. The name may differ: what is HubVpcId here is PeerVpcId there. */
function limitsIn(declared: JsonObject, name: string): JsonObject {
  const { Default, AllowedPattern, AllowedValues, MinValue, MaxValue } = objectOf(declared[name]);
  return { Default, AllowedPattern, AllowedValues, MinValue, MaxValue };
}
