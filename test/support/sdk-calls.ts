/** Every call of the product once, as an example: what we ask, what the SDK is given, what is on the wire, and what comes back. */
import type { AwsApi, OperationName, Outcome } from '../../functions/app/ports.ts';
import type { JsonObject } from '../../functions/core/json.ts';
import { type Api, CLOUD_MAP_SERVICE, CLUSTER, GROUP, LOG_GROUP, OTHER_GROUP, port, SERVICE, taskArn } from './sdk.ts';

export interface Call {
  readonly operation: OperationName;
  /** AWS's name of it, where ours is another. */
  readonly command?: string;
  readonly api: Api;
  make(world: AwsApi): Promise<Outcome<unknown>>;
  /** The input of the SDK's command. */
  readonly input: JsonObject;
  /** The same input on the wire: JSON for ECS and Cloud Map, the fields of a form for load balancing. */
  readonly wire: JsonObject;
  /** What the SDK answers with. */
  readonly answer: JsonObject;
  /** The same answer on the wire: a JSON text, or what stands in the XML element of the result. */
  readonly body: string;
  /** What we make of it. */
  readonly value: unknown;
}

/** A call whose input and answer are on the wire as the SDK has them. */
function inJson(call: Omit<Call, 'wire' | 'body'>): Call {
  return { ...call, wire: call.input, body: JSON.stringify(call.answer) };
}

const FIRST = taskArn(1);
const SECOND = taskArn(2);
const STARTED = new Date('2026-03-01T12:00:00.000Z');

const LIST_TASKS = inJson({
  operation: 'ListTasks',
  api: 'ecs',
  make: (world) => world.ListTasks({ selector: SERVICE, desired: 'RUNNING', nextToken: undefined }),
  input: { cluster: CLUSTER, serviceName: 'app', desiredStatus: 'RUNNING' },
  answer: { taskArns: [FIRST, SECOND], nextToken: 'page 2' },
  value: { items: [FIRST, SECOND], nextToken: 'page 2' },
});

const TASK = {
  taskArn: FIRST,
  clusterArn: CLUSTER,
  version: 4,
  desiredStatus: 'RUNNING',
  lastStatus: 'RUNNING',
  group: 'service:app',
  startedBy: 'ecs-svc/1',
  healthStatus: 'HEALTHY',
  tags: [{ key: 'alb-target-sync', value: 'hold' }],
  taskDefinitionArn: 'arn:aws:ecs:eu-west-1:111122223333:task-definition/app:12',
  attachments: [
    {
      id: 'interface-1',
      type: 'ElasticNetworkInterface',
      status: 'ATTACHED',
      details: [{ name: 'privateIPv4Address', value: '10.0.1.7' }],
    },
  ],
};

const DESCRIBE_TASKS: Call = {
  operation: 'DescribeTasks',
  api: 'ecs',
  make: (world) => world.DescribeTasks({ cluster: CLUSTER, tasks: [FIRST, SECOND] }),
  input: { cluster: CLUSTER, tasks: [FIRST, SECOND], include: ['TAGS'] },
  wire: { cluster: CLUSTER, tasks: [FIRST, SECOND], include: ['TAGS'] },
  answer: { tasks: [{ ...TASK, startedAt: STARTED }], failures: [{ arn: SECOND, reason: 'MISSING' }] },
  body: JSON.stringify({
    tasks: [{ ...TASK, startedAt: STARTED.getTime() / 1_000 }],
    failures: [{ arn: SECOND, reason: 'MISSING' }],
  }),
  value: [
    {
      arn: FIRST,
      cluster: CLUSTER,
      version: 4,
      desired: 'RUNNING',
      last: 'RUNNING',
      group: 'service:app',
      startedBy: 'ecs-svc/1',
      definition: 'app:12',
      interface: 'ATTACHED',
      ipv4: '10.0.1.7',
      ipv6: undefined,
      startedAtMs: STARTED.getTime(),
      health: 'HEALTHY',
      isHeld: true,
    },
  ],
};

const SERVICES = {
  services: [
    {
      serviceName: 'app',
      status: 'ACTIVE',
      deployments: [{ id: 'ecs-svc/1' }],
      loadBalancers: [{ targetGroupArn: GROUP, containerPort: 8080 }],
    },
  ],
};

const DESCRIBE_SERVICES = inJson({
  operation: 'DescribeServices',
  api: 'ecs',
  make: (world) => world.DescribeServices({ cluster: CLUSTER, names: ['app', 'api'] }),
  input: { cluster: CLUSTER, services: ['app', 'api'] },
  answer: { ...SERVICES, failures: [{ arn: 'api', reason: 'MISSING' }] },
  value: [{ name: 'app', isActive: true, targetGroups: [GROUP], deployments: ['ecs-svc/1'] }],
});

const DEFINITION = {
  taskDefinition: {
    containerDefinitions: [
      {
        name: 'app',
        stopTimeout: 45,
        portMappings: [{ name: 'http', containerPort: 8080 }],
        healthCheck: { command: ['CMD', 'ok'] },
      },
      { name: 'log', stopTimeout: 60 },
    ],
  },
};

const DESCRIBE_TASK_DEFINITION = inJson({
  operation: 'DescribeTaskDefinition',
  api: 'ecs',
  make: (world) => world.DescribeTaskDefinition({ cluster: CLUSTER, definition: 'app:12' }),
  input: { taskDefinition: 'app:12' },
  answer: DEFINITION,
  value: { stopTimeoutSeconds: 45, ports: [{ name: 'http', port: 8080 }] },
});

const DESCRIBE_TARGET_GROUPS: Call = {
  operation: 'DescribeTargetGroups',
  api: 'elb',
  make: (world) => world.DescribeTargetGroups({ groups: [GROUP, OTHER_GROUP] }),
  input: { TargetGroupArns: [GROUP, OTHER_GROUP] },
  wire: { 'TargetGroupArns.member.1': GROUP, 'TargetGroupArns.member.2': OTHER_GROUP },
  answer: {
    TargetGroups: [
      {
        TargetGroupArn: GROUP,
        TargetGroupName: 'web',
        TargetType: 'ip',
        Protocol: 'HTTP',
        IpAddressType: 'ipv4',
        Port: 80,
        VpcId: 'vpc-1',
      },
    ],
  },
  body: `<TargetGroups><member><TargetGroupArn>${GROUP}</TargetGroupArn><TargetGroupName>web</TargetGroupName><TargetType>ip</TargetType><Protocol>HTTP</Protocol>
    <IpAddressType>ipv4</IpAddressType><Port>80</Port><VpcId>vpc-1</VpcId></member></TargetGroups>`,
  value: [{ group: { arn: GROUP, name: 'web', family: 'ipv4', protocol: 'HTTP', unhealthyAfterMs: 95_000 }, targetType: 'ip' }],
};

const DESCRIBE_TAGS: Call = {
  operation: 'DescribeTags',
  api: 'elb',
  make: (world) => world.DescribeTags({ groups: [GROUP, OTHER_GROUP] }),
  input: { ResourceArns: [GROUP, OTHER_GROUP] },
  wire: { 'ResourceArns.member.1': GROUP, 'ResourceArns.member.2': OTHER_GROUP },
  answer: {
    TagDescriptions: [
      { ResourceArn: GROUP, Tags: [{ Key: 'alb-target-sync', Value: 'service=app port=8080' }, { Key: 'team' }] },
      { ResourceArn: OTHER_GROUP, Tags: [] },
    ],
  },
  body: `<TagDescriptions>
    <member><ResourceArn>${GROUP}</ResourceArn><Tags><member><Key>alb-target-sync</Key><Value>service=app port=8080</Value></member>
      <member><Key>team</Key></member></Tags></member>
    <member><ResourceArn>${OTHER_GROUP}</ResourceArn><Tags/></member></TagDescriptions>`,
  value: [
    {
      group: GROUP,
      tags: [
        { key: 'alb-target-sync', value: 'service=app port=8080' },
        { key: 'team', value: '' },
      ],
    },
    { group: OTHER_GROUP, tags: [] },
  ],
};

const DESCRIBE_TARGET_GROUP_ATTRIBUTES: Call = {
  operation: 'DescribeTargetGroupAttributes',
  api: 'elb',
  make: (world) => world.DescribeTargetGroupAttributes({ group: GROUP }),
  input: { TargetGroupArn: GROUP },
  wire: { TargetGroupArn: GROUP },
  answer: {
    Attributes: [
      { Key: 'slow_start.duration_seconds', Value: '0' },
      { Key: 'deregistration_delay.timeout_seconds', Value: '300' },
      { Key: 'load_balancing.cross_zone.enabled', Value: 'false' },
    ],
  },
  body: `<Attributes><member><Key>slow_start.duration_seconds</Key><Value>0</Value></member>
    <member><Key>deregistration_delay.timeout_seconds</Key><Value>300</Value></member>
    <member><Key>load_balancing.cross_zone.enabled</Key><Value>false</Value></member></Attributes>`,
  value: { deregistrationDelaySeconds: 300, crossZone: 'false' },
};

const DESCRIBE_TARGET_HEALTH: Call = {
  operation: 'DescribeTargetHealth',
  api: 'elb',
  make: (world) => world.DescribeTargetHealth({ group: GROUP }),
  input: { TargetGroupArn: GROUP },
  wire: { TargetGroupArn: GROUP },
  answer: {
    TargetHealthDescriptions: [
      { Target: { Id: '10.0.1.7', Port: 8080 }, HealthCheckPort: '8080', TargetHealth: { State: 'healthy' } },
      {
        Target: { Id: '10.9.0.7', Port: 8080, AvailabilityZone: 'all' },
        TargetHealth: { State: 'unhealthy', Reason: 'Target.Timeout', Description: 'Request timed out' },
      },
    ],
  },
  body: `<TargetHealthDescriptions>
    <member><Target><Id>10.0.1.7</Id><Port>8080</Port></Target><HealthCheckPort>8080</HealthCheckPort>
      <TargetHealth><State>healthy</State></TargetHealth></member>
    <member><Target><Id>10.9.0.7</Id><Port>8080</Port><AvailabilityZone>all</AvailabilityZone></Target>
      <TargetHealth><State>unhealthy</State><Reason>Target.Timeout</Reason><Description>Request timed out</Description></TargetHealth>
    </member></TargetHealthDescriptions>`,
  value: [
    {
      descriptor: { id: '10.0.1.7', port: 8080, zone: undefined },
      address: '10.0.1.7:8080',
      state: 'healthy',
      reason: undefined,
    },
    {
      descriptor: { id: '10.9.0.7', port: 8080, zone: 'all' },
      address: '10.9.0.7:8080',
      state: 'unhealthy',
      reason: 'Target.Timeout',
    },
  ],
};

/** One target whose zone is left to ELB, and one that names it: the zone is on the wire exactly where it was given. */
const TARGETS = {
  group: GROUP,
  targets: [
    { id: '10.0.1.7', port: port(8080) },
    { id: '10.9.0.7', port: port(9090), zone: 'all' },
  ],
};
const SENT_TARGETS = {
  TargetGroupArn: GROUP,
  Targets: [
    { Id: '10.0.1.7', Port: 8080 },
    { Id: '10.9.0.7', Port: 9090, AvailabilityZone: 'all' },
  ],
};
const FORM_OF_TARGETS = {
  TargetGroupArn: GROUP,
  'Targets.member.1.Id': '10.0.1.7',
  'Targets.member.1.Port': '8080',
  'Targets.member.2.Id': '10.9.0.7',
  'Targets.member.2.Port': '9090',
  'Targets.member.2.AvailabilityZone': 'all',
};

const REGISTER_TARGETS: Call = {
  operation: 'RegisterTargets',
  api: 'elb',
  make: (world) => world.RegisterTargets(TARGETS),
  input: SENT_TARGETS,
  wire: FORM_OF_TARGETS,
  answer: {},
  body: '',
  value: null,
};

const DEREGISTER_TARGETS: Call = {
  ...REGISTER_TARGETS,
  operation: 'DeregisterTargets',
  make: (world) => world.DeregisterTargets(TARGETS),
};

const TAGS = { Tags: [{ Key: 'alb-target-sync', Value: 'service=app' }] };

const LIST_TAGS_FOR_RESOURCE = inJson({
  operation: 'ListTagsForResource',
  api: 'cloudMap',
  make: (world) => world.ListTagsForResource({ service: CLOUD_MAP_SERVICE }),
  input: { ResourceARN: CLOUD_MAP_SERVICE },
  answer: TAGS,
  value: [{ key: 'alb-target-sync', value: 'service=app' }],
});

const INSTANCES = {
  Instances: [{ Id: 'task-1', Attributes: { AWS_INSTANCE_IPV4: '10.0.1.7', ECS_SERVICE_NAME: 'app' } }],
  NextToken: 'page 2',
};

const LIST_INSTANCES = inJson({
  operation: 'ListInstances',
  api: 'cloudMap',
  make: (world) => world.ListInstances({ service: CLOUD_MAP_SERVICE, nextToken: 'page 1' }),
  input: { ServiceId: 'srv-utcrh6wavdkggqtk', NextToken: 'page 1' },
  answer: INSTANCES,
  value: { items: [{ id: 'task-1', ipv4: '10.0.1.7', ipv6: undefined, port: undefined, ofEcs: true }], nextToken: 'page 2' },
});

const RECORDED_AT_MS = STARTED.getTime();
const LINE = JSON.stringify({
  message: 'record',
  kind: 'register',
  targetGroupArn: GROUP,
  targets: [`10.0.1.7:8080 ${FIRST}`, `[2001:db8::1]:8080 ${SECOND}`],
});
const EVENTS = {
  events: [
    { timestamp: RECORDED_AT_MS, message: LINE },
    { timestamp: RECORDED_AT_MS, message: 'START RequestId: 1' },
  ],
  nextToken: 'page 3',
};
const FILTER = {
  logGroupName: LOG_GROUP,
  startTime: 1_772_000_000_000,
  filterPattern: `{ $.message = "record" && $.targetGroupArn = "${GROUP}" }`,
  nextToken: 'page 2',
};

const FILTER_LOG_EVENTS = inJson({
  operation: 'FilterLogEvents',
  api: 'logs',
  make: (world) => world.FilterLogEvents({ group: GROUP, sinceMs: 1_772_000_000_000.75, nextToken: 'page 2' }),
  input: FILTER,
  answer: EVENTS,
  value: {
    items: [
      { kind: 'register', atMs: RECORDED_AT_MS, address: '10.0.1.7:8080', task: FIRST },
      { kind: 'register', atMs: RECORDED_AT_MS, address: '[2001:db8::1]:8080', task: SECOND },
    ],
    nextToken: 'page 3',
  },
});

const LIST_LOG_GROUP_TAGS = inJson({
  operation: 'ListLogGroupTags',
  command: 'ListTagsForResource',
  api: 'logs',
  make: (world) => world.ListLogGroupTags({ logGroup: 'own' }),
  input: { resourceArn: `arn:aws:logs:eu-west-1:111122223333:log-group:${LOG_GROUP}` },
  answer: { tags: { 'alb-target-sync': 'paused' } },
  value: [{ key: 'alb-target-sync', value: 'paused' }],
});

const LIST_CLUSTERS = inJson({
  operation: 'ListClusters',
  api: 'ecs',
  make: (world) => world.ListClusters({ nextToken: 'page 1' }),
  input: { nextToken: 'page 1' },
  answer: { clusterArns: [CLUSTER], nextToken: 'page 2' },
  value: { items: [CLUSTER], nextToken: 'page 2' },
});

const SERVICE_ARNS = ['prod/app', 'api'].map((name) => `arn:aws:ecs:eu-west-1:111122223333:service/${name}`);

const LIST_SERVICES = inJson({
  operation: 'ListServices',
  api: 'ecs',
  make: (world) => world.ListServices({ cluster: CLUSTER, nextToken: undefined }),
  input: { cluster: CLUSTER, maxResults: 100 },
  answer: { serviceArns: SERVICE_ARNS, nextToken: 'page 2' },
  value: { items: ['app', 'api'], nextToken: 'page 2' },
});

const TAGGED = {
  ResourceTypeFilters: ['ecs:task'],
  TagFilters: [{ Key: 'alb-target-sync', Values: ['hold'] }],
  ResourcesPerPage: 100,
};
const RESOURCES = { ResourceTagMappingList: [{ ResourceARN: FIRST, Tags: [] }], PaginationToken: '' };

const GET_RESOURCES = inJson({
  operation: 'GetResources',
  api: 'tagging',
  make: (world) => world.GetResources({ types: ['ecs:task'], tagValue: 'hold', cluster: CLUSTER, nextToken: undefined }),
  input: TAGGED,
  answer: RESOURCES,
  value: { items: [FIRST], nextToken: undefined },
});

export const CALLS: readonly Call[] = [
  LIST_TASKS,
  DESCRIBE_TASKS,
  DESCRIBE_SERVICES,
  DESCRIBE_TASK_DEFINITION,
  DESCRIBE_TARGET_GROUPS,
  DESCRIBE_TAGS,
  DESCRIBE_TARGET_GROUP_ATTRIBUTES,
  DESCRIBE_TARGET_HEALTH,
  REGISTER_TARGETS,
  DEREGISTER_TARGETS,
  LIST_TAGS_FOR_RESOURCE,
  LIST_INSTANCES,
  FILTER_LOG_EVENTS,
  LIST_LOG_GROUP_TAGS,
  LIST_CLUSTERS,
  LIST_SERVICES,
  GET_RESOURCES,
];
