/** Answers of AWS APIs: the three that a replay can begin with, however they were taken apart, and those that it has no use for. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import type { Snapshot } from './item.ts';
import { ANSWER_SPELLING, EVENT_SPELLING, respelled, valueIn } from './spelling.ts';

/** The snapshot that a value is; undefined for anything else. */
export function snapshotOf(value: JsonObject): Snapshot | undefined {
  return wholeAnswer(value) ?? elementOfAnswer(value);
}

/** `aws ecs describe-tasks`, `aws elbv2 describe-target-health`, `aws servicediscovery list-instances`. */
function wholeAnswer(value: JsonObject): Snapshot | undefined {
  const tasks = listOf(valueIn(value, 'tasks'), 'taskArn');
  if (tasks !== undefined && (tasks.length > 0 || Array.isArray(valueIn(value, 'failures')))) {
    return { kind: 'tasks', tasks: tasks.map(taskOf) };
  }
  const targets = listOf(valueIn(value, 'TargetHealthDescriptions'), 'Target');
  if (targets !== undefined) return { kind: 'targets', targets: targets.map(targetOf) };
  const instances = listOf(valueIn(value, 'Instances'), 'Id');
  // Of discover-instances, an empty list is no list of all instances either.
  if (instances === undefined || valueIn(value, 'InstancesRevision') !== undefined) return undefined;
  const goesOn = typeof valueIn(value, 'NextToken') === 'string' ? ({ goesOn: true } as const) : {};
  return { kind: 'instances', instances: instances.map(instanceOf), ...goesOn };
}

/** What `--query 'tasks[0]'` or `jq -c '.tasks[]'` leaves. */
function elementOfAnswer(value: JsonObject): Snapshot | undefined {
  if (isTask(value)) return { kind: 'tasks', tasks: [taskOf(value)], isLoose: true };
  if (isObject(valueIn(value, 'Target')) && isObject(valueIn(value, 'TargetHealth'))) {
    return { kind: 'targets', targets: [targetOf(value)], isLoose: true };
  }
  const isInstance = typeof valueIn(value, 'Id') === 'string' && isObject(valueIn(value, 'Attributes'));
  return isInstance ? { kind: 'instances', instances: [instanceOf(value)], isLoose: true } : undefined;
}

/** Whether it is a task, as DescribeTasks gives it or as the detail of an event tells it. A container names its task, too. */
export function isTask(value: JsonObject): boolean {
  const isOfTask = typeof valueIn(value, 'taskArn') === 'string' && typeof valueIn(value, 'lastStatus') === 'string';
  return isOfTask && valueIn(value, 'clusterArn') !== undefined && valueIn(value, 'containerArn') === undefined;
}

/** The task in AWS's own spelling. */
export function taskOf(task: unknown): unknown {
  return isObject(task) && !('taskArn' in task) ? respelled(task, EVENT_SPELLING) : task;
}

function targetOf(target: unknown): unknown {
  return isObject(target) && !('Target' in target) ? respelled(target, ANSWER_SPELLING) : target;
}

function instanceOf(instance: unknown): unknown {
  return isObject(instance) && !('Id' in instance) ? respelled(instance, ANSWER_SPELLING) : instance;
}

function listOf(value: unknown, key: string): readonly unknown[] | undefined {
  const isList = Array.isArray(value) && value.every((each) => isObject(each) && valueIn(each, key) !== undefined);
  return isList ? value : undefined;
}

/** Answers that somebody may give for want of the right one: the field that tells them, and what to give instead. */
const OTHERS: readonly (readonly [field: string, call: string, instead: string])[] = [
  ['taskArns', 'aws ecs list-tasks', 'aws ecs describe-tasks with these ARNs'],
  ['serviceArns', 'aws ecs list-services', 'aws ecs describe-tasks'],
  ['clusterArns', 'aws ecs list-clusters', 'aws ecs describe-tasks'],
  ['containerInstanceArns', 'aws ecs list-container-instances', 'aws ecs describe-tasks'],
  ['containerInstances', 'aws ecs describe-container-instances', 'aws ecs describe-tasks'],
  ['clusters', 'aws ecs describe-clusters', 'aws ecs describe-tasks'],
  ['taskDefinition', 'aws ecs describe-task-definition', 'aws ecs describe-tasks'],
  ['TargetGroups', 'aws elbv2 describe-target-groups', 'aws elbv2 describe-target-health --target-group-arn ARN'],
  ['LoadBalancers', 'aws elbv2 describe-load-balancers', 'aws elbv2 describe-target-health --target-group-arn ARN'],
  ['Listeners', 'aws elbv2 describe-listeners', 'aws elbv2 describe-target-health --target-group-arn ARN'],
  [
    'InstancesRevision',
    'aws servicediscovery discover-instances',
    'aws servicediscovery list-instances, which also has the unhealthy ones',
  ],
  ['Namespaces', 'aws servicediscovery list-namespaces', 'aws servicediscovery list-instances --service-id ID'],
  ['Reservations', 'aws ec2 describe-instances', 'aws ecs describe-tasks'],
  ['NetworkInterfaces', 'aws ec2 describe-network-interfaces', 'aws ecs describe-tasks'],
  ['Stacks', 'aws cloudformation describe-stacks', 'captured events'],
  ['logGroups', 'aws logs describe-log-groups', 'aws logs filter-log-events'],
  ['logStreams', 'aws logs describe-log-streams', 'aws logs filter-log-events'],
  ['queryId', 'aws logs start-query', 'aws logs get-query-results with this id'],
];

/** What an answer of another API is, why it is of no use, and which one is. */
export function otherAnswer(value: JsonObject): string | undefined {
  const services = valueIn(value, 'services');
  if (Array.isArray(services)) {
    const isOfEcs = services.some((each) => isObject(each) && valueIn(each, 'serviceArn') !== undefined);
    return isOfEcs || Array.isArray(valueIn(value, 'failures'))
      ? told('aws ecs describe-services', 'aws ecs describe-tasks')
      : told('aws servicediscovery list-services', 'aws servicediscovery list-instances --service-id ID');
  }
  if (Array.isArray(valueIn(value, 'Instances'))) {
    const [first] = list(valueIn(value, 'Instances')).filter(isObject);
    if (first !== undefined && valueIn(first, 'InstanceId') !== undefined) {
      return told(
        'aws servicediscovery discover-instances',
        'aws servicediscovery list-instances, which also has the unhealthy ones',
      );
    }
  }
  const found = OTHERS.find(([field]) => valueIn(value, field) !== undefined);
  return found === undefined ? undefined : told(found[1], found[2]);
}

function told(call: string, instead: string): string {
  return `it is the answer of ${call}, which a replay has no use for; give ${instead}`;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
