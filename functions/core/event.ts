/** Reads an EventBridge event as a hint: which task to look at, and which version of it exists. Nothing else of it is kept. */

import { type Selector, selects } from './binding.ts';
import { isObject, itemsOf, type JsonObject } from './json.ts';
import { valuesOf } from './result.ts';
import {
  arnParts,
  belongsTo,
  type ClusterArn,
  clusterOf,
  type IpAddress,
  isWholeNumber,
  parseCloudMapServiceArn,
  parseClusterArn,
  parseIpAddress,
  parseTargetGroupArn,
  parseTaskArn,
  parseTime,
  type TaskArn,
} from './values.ts';

/**
 * A place to look. What is not here cannot reach a write, and what the event claims can only be a reason not to look: a forged, replayed
 * or mangled message costs reads, or as much as if it had been lost.
 */
export interface Hint {
  readonly task: TaskArn;
  readonly cluster: ClusterArn;
  /** The version of the task that the event tells of; 0 where the event has none. */
  readonly version: number;
  /** `service:NAME` and the like, to find the groups to visit; undefined where the event has none. */
  readonly group: string | undefined;
  readonly definition: string | undefined;
  /** The task's tags have changed: it is described again, whatever its version. */
  readonly isTagged?: boolean;
  /** An earlier event has told of the same order to stop, and later ones will. */
  readonly isFollowUp?: boolean;
  readonly claim?: Claim | undefined;
}

/** What an event says of itself. Where the targets are already as it would have them, nobody has to look. */
export interface Claim {
  readonly addresses: readonly IpAddress[];
  readonly isStop: boolean;
  /** When it came about: targets that were read before prove nothing. */
  readonly atMs: number;
}

export type Reading =
  | { readonly kind: 'hint'; readonly hint: Hint }
  /** The tags of a target group or Cloud Map service have changed: the bindings are read again. */
  | { readonly kind: 'tags' }
  | { readonly kind: 'ignored'; readonly because: string }
  | { readonly kind: 'unreadable'; readonly because: string };

/** What an event is taken for, from its envelope and detail alone. */
export function readEvent(event: unknown): Reading {
  if (!isObject(event)) return unreadable('it is not a JSON object');
  if (event['source'] === 'aws.tag') return readTagEvent(event);
  if (event['source'] !== 'aws.ecs') return ignored(`its source is ${quote(event['source'])}, not "aws.ecs"`);
  if (event['detail-type'] !== 'ECS Task State Change') {
    return ignored(`its detail-type is ${quote(event['detail-type'])}, not "ECS Task State Change"`);
  }
  const detail = event['detail'];
  if (!isObject(detail)) return unreadable('it has no detail');
  if (detail['lastStatus'] !== 'RUNNING' && detail['desiredStatus'] !== 'STOPPED') {
    return Object.keys(detail).length === 0
      ? unreadable('its detail is empty')
      : ignored(`the task is ${quote(detail['lastStatus'])} and is to run: there is nothing to do before it runs`);
  }
  return readTaskEvent(event, detail);
}

/** EventBridge tells of changed tags, whoever changed them (Tag Editor guide, "Monitor tag changes"). */
function readTagEvent(event: JsonObject): Reading {
  const [arn] = itemsOf(event['resources']);
  if (parseTargetGroupArn(arn).ok || parseCloudMapServiceArn(arn).ok) return { kind: 'tags' };
  const task = parseTaskArn(arn);
  if (!task.ok) return ignored(`its resource is ${quote(arn)}, not a task, target group or Cloud Map service`);
  const cluster = clusterOf(task.value);
  if (cluster === undefined) return ignored(`the ARN of its task ${task.value} does not name the cluster`);
  const hint = { task: task.value, cluster, version: 0, group: undefined, definition: undefined, isTagged: true };
  return { kind: 'hint', hint };
}

/** A hint at a cluster that the stack's parameter leaves out is none: no call is made for it. */
export function screen(reading: Reading, clusters: readonly ClusterArn[]): Reading {
  if (reading.kind !== 'hint' || clusters.length === 0 || clusters.includes(reading.hint.cluster)) return reading;
  return ignored(`its cluster ${reading.hint.cluster} is not in the stack's parameter ClusterArns`);
}

function readTaskEvent(event: JsonObject, detail: JsonObject): Reading {
  const arn = detail['taskArn'] ?? itemsOf(event['resources'])[0];
  const task = parseTaskArn(arn);
  if (!task.ok) return unreadable(`its taskArn is ${quote(arn)}; expected ${task.problem}`);
  const cluster = parseClusterArn(detail['clusterArn']);
  if (!cluster.ok) return unreadable(`its clusterArn is ${quote(detail['clusterArn'])}; expected ${cluster.problem}`);
  if (!belongsTo(task.value, cluster.value)) {
    return unreadable(`its task ${task.value} is not of its cluster ${cluster.value}`);
  }
  const mismatch = envelopeMismatch(event, cluster.value);
  if (mismatch !== undefined) return ignored(mismatch);
  return {
    kind: 'hint',
    hint: {
      task: task.value,
      cluster: cluster.value,
      version: readVersion(detail['version']),
      group: shortText(detail['group']),
      definition: definitionOf(detail['taskDefinitionArn']),
      isFollowUp: isFollowUp(detail),
      claim: claimOf(event, detail),
    },
  };
}

/**
 * The first event of an order to stop carries its time, as RUNNING where somebody gave it and as DEPROVISIONING where the container ended
 * by itself (captured events); DEACTIVATING follows it at once.
 */
function isFollowUp({ lastStatus, stoppingAt, updatedAt }: JsonObject): boolean {
  if (lastStatus === 'DEACTIVATING') return true;
  return lastStatus !== 'RUNNING' && stoppingAt !== updatedAt;
}

/** What the event claims; nothing where it does not name time and addresses. */
function claimOf(event: JsonObject, detail: JsonObject): Claim | undefined {
  const details = itemsOf(detail['attachments'])
    .filter(isObject)
    .flatMap((each) => itemsOf(each['details']));
  const values = details.filter(isObject).filter(({ name }) => /address$/i.test(String(name)));
  const addresses = valuesOf(values.map(({ value }) => parseIpAddress(value)));
  const isStop = detail['desiredStatus'] === 'STOPPED';
  // The envelope's time has whole seconds: the change came about within the second that it names.
  const atMs = parseTime(detail[isStop ? 'stoppingAt' : 'updatedAt']) ?? (parseTime(event['time']) ?? Number.NaN) + 1_000;
  return addresses.length === 0 || Number.isNaN(atMs) ? undefined : { addresses, isStop, atMs };
}

/** An envelope that contradicts its detail has been edited on the way. */
function envelopeMismatch(event: JsonObject, cluster: ClusterArn): string | undefined {
  const { region, account } = arnParts(cluster);
  if (event['account'] !== undefined && event['account'] !== account) {
    return `its account is ${quote(event['account'])}, its cluster is in ${account}`;
  }
  if (event['region'] !== undefined && event['region'] !== region) {
    return `its region is ${quote(event['region'])}, its cluster is in ${region}`;
  }
  return undefined;
}

/**
 * Whether the selector may mean the hinted task. Events of 2016 have no group: what an event leaves out is not held against
 * it, since looking once too often costs a few reads, and looking once too seldom leaves a task out.
 */
export function mayMean(selector: Selector, hint: Hint): boolean {
  if (hint.cluster !== selector.cluster) return false;
  if (hint.group === undefined) return true;
  if (selector.kind === 'family' && hint.definition === undefined) return !hint.group.startsWith('service:');
  // Stryker disable next-line StringLiteral: the compiler asks; only a family asks for the definition, and here it is known for one.
  return selects(selector, { cluster: hint.cluster, group: hint.group, definition: hint.definition ?? '' });
}

/** `family:revision` of a task definition's ARN. */
export function definitionOf(arn: unknown): string | undefined {
  const text = shortText(arn);
  return text === undefined ? undefined : text.slice(text.lastIndexOf('/') + 1);
}

/** A version counts only where it is a whole number; anything else means "look once". */
function readVersion(value: unknown): number {
  return isWholeNumber(value) && value > 0 ? value : 0;
}

function shortText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 600 ? value : undefined;
}

/** A foreign value in a reason: its kind, or a short, single-line piece of it. */
function quote(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value !== 'string') return `a ${typeof value}`;
  return `"${value.slice(0, 60).replaceAll(/[^\w .:/*#<>-]/g, '?')}"`;
}

function unreadable(because: string): Reading {
  return { kind: 'unreadable', because };
}

function ignored(because: string): Reading {
  return { kind: 'ignored', because };
}
