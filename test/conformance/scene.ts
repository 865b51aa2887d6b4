/** What a check is given: an account with a cluster of its own, and ways to bring about what it asks about. */
import { isObject, type JsonObject } from '../../functions/core/json.ts';

/** Operations that the product calls, and those that bring about what it reads. ListServices is Cloud Map's. */
export type Operation =
  | 'AssumeRole'
  | 'DeregisterInstance'
  | 'DeregisterTargets'
  | 'DescribeServices'
  | 'DescribeTags'
  | 'DescribeTargetGroupAttributes'
  | 'DescribeTargetGroups'
  | 'DescribeTargetHealth'
  | 'DescribeTaskDefinition'
  | 'DescribeTasks'
  | 'FilterLogEvents'
  | 'GetResources'
  | 'ListClusters'
  | 'ListInstances'
  | 'ListServices'
  | 'ListTagsForResource'
  | 'ListTasks'
  // Cloud Map has namesakes.
  | 'ecs.ListServices'
  | 'logs.ListTagsForResource'
  | 'PutEvents'
  | 'RegisterInstance'
  | 'RegisterTargets'
  | 'StopTask';

/** An answer with an error. Elastic Load Balancing's codes end in "Exception" only in its SDK: the ending is left out. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code.replace(/Exception$/, '');
  }
}

export type Call = (operation: Operation, input: JsonObject) => Promise<JsonObject>;

interface GroupOptions {
  readonly port?: number;
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether a listener forwards to it; it does unless told otherwise. */
  readonly used?: boolean;
  readonly delaySeconds?: number;
  /** HTTP unless told otherwise. */
  readonly protocol?: string;
  /** The attribute `load_balancing.cross_zone.enabled`. */
  readonly crossZone?: 'true' | 'false';
}

/** Addresses, as they lie to the VPC of every target group. */
interface Network {
  /** An address of a subnet, a different one for each number from 1 to 20,000. */
  readonly inside: (index: number) => string;
  readonly outside: (index: number) => string;
  /** A zone in which the VPC has a subnet. */
  readonly zone: string;
}

interface RoleOptions {
  readonly externalId?: string;
  /** Whether the caller is in the trust policy; it is unless told otherwise. */
  readonly isTrusted?: boolean;
}

interface CloudMapService {
  readonly id: string;
  readonly arn: string;
}

export interface Scene {
  readonly call: Call;
  /** ARN of a cluster that nobody else uses. It has the service `app`, without tasks. */
  readonly cluster: string;
  /** Family of the tasks that `run` starts. */
  readonly family: string;
  readonly network: Network;
  /** Starts tasks of the service, or of the family alone, and returns their ARNs once they run. */
  run(count: number, startedAs?: 'service' | 'family', tags?: Readonly<Record<string, string>>): Promise<readonly string[]>;
  /** Adds a service, which ECS itself attaches to the group where there is one. */
  addService(service: string, targetGroup?: string): Promise<void>;
  /** Begins a new deployment of the service `app`. */
  redeploy(): Promise<void>;
  /** Deletes the cluster with all that is in it. */
  deleteCluster(): Promise<void>;
  /** A target group of type ip for HTTP, and its ARN. */
  addGroup(options?: GroupOptions): Promise<string>;
  /** Takes a tag off a group. */
  untag(group: string, key: string): Promise<void>;
  /** A role that may be assumed, and its ARN. */
  addRole(options?: RoleOptions): Promise<string>;
  /** Writes the messages into a new log group, one second after the other from the given time, and returns its name. */
  log(fromMs: number, messages: readonly string[]): Promise<string>;
  /** Tags a log group, and returns its ARN. */
  tagLog(name: string, tags: Readonly<Record<string, string>>): Promise<string>;
  /** The time of the account, in milliseconds. */
  now(): number;
  /** Another cluster, and its ARN. */
  addCluster(): Promise<string>;
  addCloudMapService(tags?: Readonly<Record<string, string>>): Promise<CloudMapService>;
  /** Lets time pass, virtual or real. */
  pass(seconds: number): Promise<void>;
}

/** A cluster or account that can be set up again and again. */
export interface Backend {
  readonly name: string;
  open(): Promise<Scene>;
  close(): Promise<void>;
}

/** The answer as plain data; what is not an object is no answer. */
export function answerOf(value: unknown, operation: string): JsonObject {
  if (!isObject(value)) throw new Error(`${operation} was answered with ${JSON.stringify(value)}; expected an object.`);
  return value;
}
