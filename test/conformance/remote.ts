/** An endpoint that emulates AWS, set up by AWS's own API: moto, or any other. Never AWS itself: this makes things and leaves them. */
import { setTimeout } from 'node:timers/promises';
import type { JsonObject } from '../../functions/core/json.ts';
import { object, objectsIn, only } from './check.ts';
import type { Backend, Scene } from './scene.ts';
import { createSdkCall } from './sdk.ts';

type AnyCall = ReturnType<typeof createSdkCall>;

interface DefaultNetwork {
  readonly vpcId: string;
  readonly subnets: readonly string[];
  /** The first 16 bits of the first subnet, as text. */
  readonly prefix: string;
  readonly zone: string;
}

/** RunTask starts ten at most. */
const RUN_MAX = 10;
const POLLS_MAX = 50;

/** A backend at this address; its account has to have the default VPC of every account. */
export async function remote(name: string, endpoint: string): Promise<Backend> {
  const { hostname } = new URL(endpoint);
  if (/(^|\.)(amazonaws|api\.aws|amazonwebservices)\b/.test(hostname)) {
    throw new Error(
      `${endpoint} is AWS. The conformance suite makes clusters and target groups and leaves them: give an emulator.`,
    );
  }
  const network = await defaultNetwork(endpoint);
  const call = createSdkCall(endpoint);
  let scenes = 0;
  return {
    name,
    open: () => {
      scenes += 1;
      return openScene(call, network, scenes);
    },
    close: async () => undefined,
  };
}

async function openScene(call: AnyCall, network: DefaultNetwork, index: number): Promise<Scene> {
  const family = `app-${index}`;
  const created = await call('ecs.CreateCluster', { clusterName: `prod-${index}` });
  const cluster = String(object(created, 'cluster')['clusterArn']);
  const scene = { call, cluster, family, network, index };
  await call('ecs.RegisterTaskDefinition', definitionOf(family));
  await createService(scene, 'app');
  let [made, clusters, services] = [0, 0, 0];
  return {
    call,
    cluster,
    family,
    pass: (seconds) => setTimeout(seconds * 1_000),
    now: () => Date.now(),
    network: {
      inside: (index) => `${network.prefix}.${Math.floor(index / 250)}.${(index % 250) + 4}`,
      outside: (index) => `192.168.${Math.floor(index / 250)}.${(index % 250) + 4}`,
      zone: network.zone,
    },
    run: (count, startedAs, tags) =>
      runTasks(scene, { count, group: startedAs === 'family' ? `family:${family}` : 'service:app', tags }),
    addService: (name, targetGroup) => createService(scene, name, targetGroup),
    redeploy: async () => {
      await call('ecs.UpdateService', { cluster, service: 'app', forceNewDeployment: true });
    },
    deleteCluster: () => deleteCluster(scene),
    untag: async (group, key) => {
      await call('elb.RemoveTags', { ResourceArns: [group], TagKeys: [key] });
    },
    addRole: async () => {
      made += 1;
      return `${cluster.replace(/^arn:aws:ecs:[^:]*:(\d+):.*/, 'arn:aws:iam::$1:role')}/spoke-${index}-${made}`;
    },
    log: async (fromMs, messages) => {
      made += 1;
      const logGroupName = `/aws/lambda/sync-${index}-${made}`;
      const stream = { logGroupName, logStreamName: 'stream' };
      await call('logs.CreateLogGroup', { logGroupName });
      await call('logs.CreateLogStream', stream);
      const logEvents = messages.map((message, at) => ({ message, timestamp: fromMs + at * 1_000 }));
      await call('logs.PutLogEvents', { ...stream, logEvents });
      return logGroupName;
    },
    tagLog: async (name, tags) => {
      const resourceArn = cluster.replace(/^arn:aws:ecs:([^:]*):(\d+):.*/, `arn:aws:logs:$1:$2:log-group:${name}`);
      await call('logs.TagResource', { resourceArn, tags });
      return resourceArn;
    },
    addGroup: (options = {}) => {
      made += 1;
      return createGroup(scene, `web-${index}-${made}`, options);
    },
    addCluster: async () => {
      clusters += 1;
      const answer = await call('ecs.CreateCluster', { clusterName: `prod-${index}-${clusters}` });
      return String(object(answer, 'cluster')['clusterArn']);
    },
    addCloudMapService: async (tags = {}) => {
      services += 1;
      const namespaceId = await createNamespace(call, `namespace-${index}-${services}`);
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const answer = await call('cloudMap.CreateService', { Name: 'mysql', NamespaceId: namespaceId, Tags });
      const service = object(answer, 'Service');
      return { id: String(service['Id']), arn: String(service['Arn']) };
    },
  };
}

interface RemoteScene {
  readonly call: AnyCall;
  readonly cluster: string;
  readonly family: string;
  readonly network: DefaultNetwork;
  readonly index: number;
}

function definitionOf(family: string): JsonObject {
  return {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [
      {
        name: 'app',
        image: 'app',
        memory: 512,
        stopTimeout: 45,
        portMappings: [{ name: 'http', containerPort: 8080, protocol: 'tcp' }],
      },
    ],
  };
}

async function createService(
  { call, cluster, family }: RemoteScene,
  serviceName: string,
  targetGroupArn?: string,
): Promise<void> {
  const loadBalancers = targetGroupArn === undefined ? [] : [{ targetGroupArn, containerName: 'app', containerPort: 8080 }];
  await call('ecs.CreateService', { cluster, serviceName, taskDefinition: family, desiredCount: 0, loadBalancers });
}

/** ECS deletes no cluster with anything in it. */
async function deleteCluster({ call, cluster }: RemoteScene): Promise<void> {
  const { serviceArns = [] } = await call('ecs.ListServices', { cluster });
  for (const service of Array.isArray(serviceArns) ? serviceArns : []) {
    await call('ecs.DeleteService', { cluster, service, force: true });
  }
  await call('ecs.DeleteCluster', { cluster });
}

interface RunOptions {
  readonly count: number;
  readonly group: string;
  readonly tags: Readonly<Record<string, string>> | undefined;
}

async function runTasks(
  { call, cluster, family, network }: RemoteScene,
  { count, group, tags = {} }: RunOptions,
): Promise<string[]> {
  const arns: string[] = [];
  const networkConfiguration = {
    awsvpcConfiguration: { subnets: network.subnets.slice(0, 1), securityGroups: ['sg-0123456789abcdef0'] },
  };
  while (arns.length < count) {
    const few = Math.min(RUN_MAX, count - arns.length);
    const input = {
      cluster,
      taskDefinition: family,
      count: few,
      launchType: 'FARGATE',
      group,
      networkConfiguration,
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    };
    const started = objectsIn(await call('ecs.RunTask', input), 'tasks').map((task) => String(task['taskArn']));
    if (started.length !== few) throw new Error(`RunTask started ${started.length} of ${few} tasks.`);
    for (let polls = 1; !(await allRun(call, cluster, started)); polls += 1) {
      if (polls === POLLS_MAX) throw new Error(`Tasks of ${cluster} do not run after ${polls} looks.`);
      await setTimeout(200);
    }
    arns.push(...started);
  }
  return arns;
}

async function allRun(call: AnyCall, cluster: string, tasks: readonly string[]): Promise<boolean> {
  const answer = await call('DescribeTasks', { cluster, tasks });
  return objectsIn(answer, 'tasks').every(({ lastStatus }) => lastStatus === 'RUNNING');
}

async function createGroup(
  { call, network }: RemoteScene,
  Name: string,
  {
    port = 8080,
    tags = {},
    used = true,
    delaySeconds,
    protocol = 'HTTP',
    crossZone,
  }: Parameters<Scene['addGroup']>[0] & object,
): Promise<string> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const input = {
    Name,
    Protocol: protocol,
    Port: port,
    VpcId: network.vpcId,
    TargetType: 'ip',
    ...(Tags.length > 0 ? { Tags } : {}),
  };
  const arn = String(only(await call('elb.CreateTargetGroup', input), 'TargetGroups')['TargetGroupArn']);
  const Attributes = [
    ...(delaySeconds === undefined ? [] : [{ Key: 'deregistration_delay.timeout_seconds', Value: String(delaySeconds) }]),
    ...(crossZone === undefined ? [] : [{ Key: 'load_balancing.cross_zone.enabled', Value: crossZone }]),
  ];
  if (Attributes.length > 0) await call('elb.ModifyTargetGroupAttributes', { TargetGroupArn: arn, Attributes });
  if (used) {
    const balancers = await call('elb.CreateLoadBalancer', { Name: `lb-${Name}`, Subnets: network.subnets });
    const LoadBalancerArn = only(balancers, 'LoadBalancers')['LoadBalancerArn'];
    const DefaultActions = [{ Type: 'forward', TargetGroupArn: arn }];
    await call('elb.CreateListener', { LoadBalancerArn, Protocol: 'HTTP', Port: 80, DefaultActions });
  }
  return arn;
}

async function createNamespace(call: AnyCall, Name: string): Promise<string> {
  const known = objectsIn(await call('cloudMap.ListNamespaces', {}), 'Namespaces').find((each) => each['Name'] === Name);
  if (known !== undefined) return String(known['Id']);
  const { OperationId } = await call('cloudMap.CreateHttpNamespace', { Name });
  const operation = object(await call('cloudMap.GetOperation', { OperationId }), 'Operation');
  return String(object(operation, 'Targets')['NAMESPACE']);
}

/** One call that none of our SDK clients can make. Emulators look at the scope of a signature, not at the signature. */
async function defaultNetwork(endpoint: string): Promise<DefaultNetwork> {
  const Credential = 'conformance/20260101/eu-west-1/ec2/aws4_request';
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({ Action: 'DescribeSubnets', Version: '2016-11-15' }),
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${Credential}, SignedHeaders=host, Signature=none` },
  });
  const xml = await response.text();
  const vpcId = /<vpcId>([^<]+)</.exec(xml)?.[1];
  const subnets = [...xml.matchAll(/<subnetId>([^<]+)</g)].flatMap(([, id]) => (id === undefined ? [] : [id]));
  const prefix = /<cidrBlock>(\d+\.\d+)\./.exec(xml)?.[1];
  const zone = /<availabilityZone>([^<]+)</.exec(xml)?.[1];
  if (!response.ok || vpcId === undefined || subnets.length < 2 || prefix === undefined || zone === undefined) {
    throw new Error(`${endpoint} tells of no default VPC with two subnets (status ${response.status}): ${xml.slice(0, 200)}`);
  }
  return { vpcId, subnets: subnets.slice(0, 2), prefix, zone };
}
