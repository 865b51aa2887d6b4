/** The state to begin with: answers of APIs, whole, taken apart, empty, and of no use. */
import { BIND, FIRST, health, instance, keyed, ndjson, pascal, RUNNING, SECOND, TASKS } from './capture.ts';
import { type Input, kind } from './input.ts';

const TARGET_KINDS = kind('targets that are no addresses', [
  ...[
    ['an instance', 'i-0123456789abcdef0', /i-0123456789abcdef0 is an instance, not an IP address/],
    ['a function', 'arn:aws:lambda:eu-west-1:111122223333:function:x', /of target type lambda or alb/],
    ['another load balancer', 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/x/1', /lambda or alb/],
    ['an address of the other family', 'fd00::1', /fd00::1 is refused: .* is not of type ipv4/],
  ].map(([name, id, says]) => ({
    name: String(name),
    files: { tasks: RUNNING, health: JSON.stringify({ TargetHealthDescriptions: [health(String(id))] }) },
    args: BIND,
    changes: 'running' as const,
    says: [/^NOT READ: a part of what was given/, says instanceof RegExp ? says : /./],
  })),
  {
    name: 'beside one that is',
    files: {
      tasks: RUNNING,
      health: JSON.stringify({ TargetHealthDescriptions: [health('i-0123456789abcdef0'), health('10.20.9.9')] }),
    },
    args: BIND,
    code: 2,
    changes: 'running',
    says: [/left behind {2}10\.20\.9\.9:8080/, /1 target left out/],
  },
]);

const EMPTY = kind('empty lists', [
  {
    name: 'of instances, of the only service',
    files: { tasks: RUNNING, instances: '{"Instances":[]}' },
    changes: 'running',
    says: [/2 findings\./, /taken for that of service app/, /^missing/m],
  },
  {
    name: 'of instances, where there are two services',
    files: {
      tasks: JSON.stringify({ tasks: [TASKS[0], { ...TASKS[1], group: 'service:other' }], failures: [] }),
      instances: '{"Instances":[]}',
    },
    changes: 'running',
    says: [/^NOT READ: a part/, /nothing in it says of which service; it is not compared/],
  },
  {
    name: 'of discovered instances',
    files: { tasks: RUNNING, instances: '{"Instances":[],"InstancesRevision":7}' },
    changes: 'running',
    says: [/answer of aws servicediscovery discover-instances/, /also has the unhealthy ones/],
    never: /^missing/m,
  },
  { name: 'of targets', files: { tasks: RUNNING, health: '{"TargetHealthDescriptions":[]}' }, args: BIND, changes: 'running' },
]);

const WRONG = JSON.stringify({ Instances: TASKS.map((task) => instance(task, { AWS_INSTANCE_IPV4: '10.20.9.9' })) });
const RIGHT = JSON.stringify({ Instances: TASKS.map((task) => instance(task)) });
const HALVES = TASKS.map((task, index) =>
  JSON.stringify({ Instances: [instance(task)], ...(index === 0 ? { NextToken: 'x' } : {}) }),
);

const REGISTRIES = kind('two Cloud Map services of one ECS service', [
  ...[
    ['the wrong one first', { a: WRONG, b: RIGHT }],
    ['the wrong one last', { a: RIGHT, b: WRONG }],
  ].map(([name, files]) => ({
    name: String(name),
    files: { tasks: RUNNING, ...(typeof files === 'object' ? files : {}) },
    changes: 'running' as const,
    says: [/^mismatched/m, /10\.20\.9\.9/],
  })),
  {
    name: 'taken apart by jq, one after the other',
    files: {
      tasks: RUNNING,
      loose: ndjson([
        ...TASKS.map((task) => instance(task)),
        ...TASKS.map((task) => instance(task, { AWS_INSTANCE_IPV4: '10.20.9.9' })),
      ]),
    },
    changes: 'running',
    says: [/^mismatched/m],
  },
  {
    name: 'or two pages of one',
    files: { tasks: RUNNING, one: HALVES[0] ?? '', two: HALVES[1] ?? '' },
    changes: 'running',
    never: /missing|mismatched/,
  },
  {
    name: 'of which one lacks a task',
    files: { tasks: RUNNING, all: RIGHT, some: JSON.stringify({ Instances: TASKS.slice(1).map((task) => instance(task)) }) },
    changes: 'running',
    says: [/1 finding\./, new RegExp(`^missing[\\s\\S]*${FIRST}`, 'm')],
  },
]);

const STRANGER = '10.20.9.9';
const ZONES = kind('health and zone as told', [
  ...[
    [
      'healthy and everywhere',
      health(STRANGER, 'healthy', { AvailabilityZone: 'all' }),
      /is healthy[\s\S]*AvailabilityZone=all/,
    ],
    [
      'unhealthy in a zone',
      health(STRANGER, 'unhealthy', { AvailabilityZone: 'eu-west-1c' }),
      /is unhealthy[\s\S]*AvailabilityZone=eu-west-1c/,
    ],
    ['unused', health(STRANGER, 'unused', { AvailabilityZone: 'eu-west-1b' }), /is unused[\s\S]*AvailabilityZone=eu-west-1b/],
    [
      'with its state as PowerShell has it',
      { ...health(STRANGER), TargetHealth: { State: { Value: 'healthy' } } },
      /is healthy/,
    ],
  ].map(([name, target, says]) => ({
    name: String(name),
    files: { tasks: RUNNING, health: JSON.stringify({ TargetHealthDescriptions: [target] }) },
    args: BIND,
    code: 2,
    changes: 'running' as const,
    says: [/^foreign/m, says instanceof RegExp ? says : /./],
  })),
]);

const powershell = (value: unknown): unknown => keyed(value, pascal);
const TAKEN_APART = kind('answers taken apart', [
  { name: '--query tasks', files: { tasks: JSON.stringify(TASKS, null, 2) }, changes: 'running' },
  { name: "jq -c '.tasks[]'", files: { tasks: ndjson(TASKS) }, changes: 'running' },
  {
    name: "--query 'tasks[0]', once for each",
    files: { one: JSON.stringify(TASKS[0]), two: JSON.stringify(TASKS[1]) },
    changes: 'running',
  },
  {
    name: 'in the spelling of .NET and PowerShell',
    files: { tasks: JSON.stringify(powershell({ tasks: TASKS, failures: [] })) },
    changes: 'running',
  },
  {
    name: 'with the times of ConvertTo-Json',
    files: { tasks: JSON.stringify(powershell(TASKS.map((task) => ({ ...task, createdAt: '/Date(1772446500000)/' })))) },
    changes: 'running',
  },
  {
    name: 'targets and instances, too',
    files: {
      tasks: ndjson(TASKS),
      health: JSON.stringify([health(FIRST)]),
      instances: JSON.stringify(TASKS.map((task) => instance(task))),
    },
    args: BIND,
    changes: 'running',
    never: /missing|left behind/,
  },
  {
    name: 'in the spelling of Java',
    files: {
      tasks: RUNNING,
      health: JSON.stringify({
        targetHealthDescriptions: [{ target: { id: SECOND, port: 8080 }, targetHealth: { state: 'healthy' } }],
      }),
    },
    args: BIND,
    changes: 'running',
  },
  {
    name: 'of which too little is left',
    files: { tasks: JSON.stringify(TASKS.map(({ taskArn, lastStatus }) => ({ taskArn, lastStatus }))) },
    code: 1,
    changes: 'none',
    says: [/^NOT PLAYED/, /it is an object with the keys "taskArn", "lastStatus"/],
  },
  ...[
    [
      'a table',
      '---------------------------\n|      DescribeTasks      |\n+-------------------------+\n',
      /a table of the AWS CLI; .*--output json/,
    ],
    ['text', 'TASKS\tarn:aws:ecs:eu-west-1:111122223333:cluster/prod\tRUNNING\n', /text of the AWS CLI; .*--output json/],
    ['YAML', 'tasks:\n- lastStatus: RUNNING\n', /YAML; expected JSON/],
  ].map(([name, text, says]) => ({
    name: `as ${String(name)}`,
    files: { tasks: String(text) },
    code: 1,
    changes: 'none' as const,
    says: [says instanceof RegExp ? says : /./],
  })),
]);

const ALONE = kind('a state without tasks', [
  ...[
    ['targets', { TargetHealthDescriptions: [health('10.20.0.1')] }],
    ['instances', { Instances: [instance(TASKS[0] ?? {})] }],
  ].flatMap(([name, value]) =>
    [BIND, []].map((args) => ({
      name: `${String(name)}${args.length === 0 ? '' : ', with a line'}`,
      files: { state: JSON.stringify(value) },
      args,
      code: 1,
      changes: 'none' as const,
      says: [/^NOT PLAYED: nothing that was given names a cluster\. Add events of ECS tasks, or .*describe-tasks/],
      never: /wrong-line|cannot be used|name it by one/,
    })),
  ),
  ...[
    ['services', { services: [{ serviceArn: 'x' }], failures: [] }, /aws ecs describe-services, .*give aws ecs describe-tasks/],
    ['names of tasks', { taskArns: ['x'] }, /aws ecs list-tasks, .*give aws ecs describe-tasks with these ARNs/],
    ['target groups', { TargetGroups: [] }, /aws elbv2 describe-target-groups, .*describe-target-health/],
    ['services of Cloud Map', { Services: [{ Id: 'srv-1' }] }, /aws servicediscovery list-services, .*list-instances/],
    ['a task definition', { taskDefinition: {} }, /aws ecs describe-task-definition/],
    ['a query that has only begun', { queryId: 'x' }, /aws logs start-query, .*get-query-results/],
  ].map(([name, value, says]) => ({
    name: `${String(name)}, beside tasks`,
    files: { tasks: RUNNING, other: JSON.stringify(value) },
    changes: 'running' as const,
    says: [/^NOT READ: 1 of 1 event/, says instanceof RegExp ? says : /./],
  })),
]);

export const STATES: readonly Input[] = [...TARGET_KINDS, ...EMPTY, ...REGISTRIES, ...ZONES, ...TAKEN_APART, ...ALONE];
