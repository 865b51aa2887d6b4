/**
 * A full reconcile of one service and one target group, as they are usually written: a schedule invokes it every minute, and it makes the targets
 * those of the tasks that the list has. Written for the bench; the SDK retries by its defaults, and the next minute comes anyway.
 */
import { DescribeTasksCommand, ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';

/** Of DescribeTasks. */
const DESCRIBED_MAX = 100;
/** ELB names no maximum of targets a call. */
const WRITTEN_MAX = 200;

const ecs = new ECSClient();
const elb = new ElasticLoadBalancingV2Client();
const { CLUSTER, SERVICE, TARGET_GROUP_ARN, PORT } = process.env;

export async function handler(): Promise<void> {
  const arns = await listTasks();
  const tasks: Task[] = [];
  for (const part of chunks(arns, DESCRIBED_MAX)) {
    const answer = await ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: part }));
    tasks.push(...(answer.tasks ?? []));
  }
  const wanted = new Set(tasks.filter(isServing).flatMap(addressesOf));
  const registered = new Set(await readTargets());
  const missing = [...wanted].filter((address) => !registered.has(address));
  const surplus = [...registered].filter((address) => !wanted.has(address));
  for (const part of chunks(missing, WRITTEN_MAX)) await elb.send(new RegisterTargetsCommand(inputOf(part)));
  for (const part of chunks(surplus, WRITTEN_MAX)) await elb.send(new DeregisterTargetsCommand(inputOf(part)));
}

async function listTasks(): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await ecs.send(new ListTasksCommand({ cluster: CLUSTER, serviceName: SERVICE, nextToken }));
    arns.push(...(answer.taskArns ?? []));
    ({ nextToken } = answer);
  } while (nextToken !== undefined);
  return arns;
}

async function readTargets(): Promise<string[]> {
  const answer = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: TARGET_GROUP_ARN }));
  return (answer.TargetHealthDescriptions ?? [])
    .filter(({ TargetHealth }) => TargetHealth?.State !== 'draining')
    .flatMap(({ Target }) => (Target?.Id === undefined ? [] : [Target.Id]));
}

function isServing({ lastStatus, desiredStatus }: Task): boolean {
  return lastStatus === 'RUNNING' && desiredStatus === 'RUNNING';
}

function addressesOf({ attachments = [] }: Task): string[] {
  const details = attachments.flatMap((attachment) => attachment.details ?? []);
  return details.flatMap(({ name, value }) => (name === 'privateIPv4Address' && value !== undefined ? [value] : []));
}

function inputOf(addresses: readonly string[]): { TargetGroupArn: string | undefined; Targets: TargetDescription[] } {
  return { TargetGroupArn: TARGET_GROUP_ARN, Targets: addresses.map((Id) => ({ Id, Port: Number(PORT) })) };
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
