/** What a pass needs from outside: one method per AWS call, a clock, and a place to tell what happened. */

import type { GroupAttributes } from '../core/audit.ts';
import type { Selector } from '../core/binding.ts';
import type { Tag } from '../core/binding-sources.ts';
import type { Instance } from '../core/cloud-map/instance.ts';
import type { DescribedGroup, DescribedService } from '../core/configuration.ts';
import type { FailureKind } from '../core/failure.ts';
import type { RecordEntry } from '../core/ownership.ts';
import type { Result } from '../core/result.ts';
import type { Target, TargetDescriptor } from '../core/target.ts';
import type { Definition, DescribedTask } from '../core/task.ts';
import type { CloudMapServiceArn, ClusterArn, TargetGroupArn, TaskArn } from '../core/values.ts';

/** A call may take this long; whoever implements the world cuts it off then. A call is not begun with less time left. */
export const CALL_TIME_MS = 3_000;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/** Every AWS call the product makes, with our words for what goes in and comes out. One entry is one request. */
export interface Operations {
  readonly DescribeTargetGroups: { input: { readonly groups: readonly TargetGroupArn[] }; output: readonly DescribedGroup[] };
  readonly DescribeTags: {
    input: { readonly groups: readonly TargetGroupArn[] };
    output: readonly { readonly group: string; readonly tags: readonly Tag[] }[];
  };
  readonly DescribeTargetGroupAttributes: { input: { readonly group: TargetGroupArn }; output: GroupAttributes };
  readonly DescribeTargetHealth: { input: { readonly group: TargetGroupArn }; output: readonly Target[] };
  readonly RegisterTargets: { input: TargetsOfGroup; output: null };
  readonly DeregisterTargets: { input: TargetsOfGroup; output: null };
  readonly ListTasks: {
    input: { readonly selector: Selector; readonly desired: 'RUNNING' | 'STOPPED'; readonly nextToken: string | undefined };
    output: Page<TaskArn>;
  };
  readonly DescribeTasks: {
    input: { readonly cluster: ClusterArn; readonly tasks: readonly TaskArn[] };
    output: readonly DescribedTask[];
  };
  readonly DescribeServices: {
    input: { readonly cluster: ClusterArn; readonly names: readonly string[] };
    output: readonly DescribedService[];
  };
  readonly DescribeTaskDefinition: {
    input: { readonly cluster: ClusterArn; readonly definition: string };
    output: Definition;
  };
  /** The clusters of the stack's own account and region. */
  readonly ListClusters: { input: { readonly nextToken: string | undefined }; output: Page<ClusterArn> };
  readonly ListServices: {
    input: { readonly cluster: ClusterArn; readonly nextToken: string | undefined };
    output: Page<string>;
  };
  /** ARNs of resources with our tag: in the stack's own place, or in that of the cluster. */
  readonly GetResources: {
    input: {
      readonly types: readonly string[];
      readonly tagValue?: string;
      readonly cluster?: ClusterArn;
      readonly nextToken: string | undefined;
    };
    output: Page<string>;
  };
  /** What environments of this stack recorded of the group since then. */
  readonly FilterLogEvents: {
    input: { readonly group: TargetGroupArn; readonly sinceMs: number; readonly nextToken: string | undefined };
    output: Page<RecordEntry>;
  };
  /** CloudWatch Logs' ListTagsForResource, on the stack's own log group. */
  readonly ListLogGroupTags: { input: { readonly logGroup: 'own' }; output: readonly Tag[] };
  /** Cloud Map's ListTagsForResource. */
  readonly ListTagsForResource: { input: { readonly service: CloudMapServiceArn }; output: readonly Tag[] };
  readonly ListInstances: {
    input: { readonly service: CloudMapServiceArn; readonly nextToken: string | undefined };
    output: Page<Instance>;
  };
}

export interface TargetsOfGroup {
  readonly group: TargetGroupArn;
  readonly targets: readonly TargetDescriptor[];
}

export type OperationName = keyof Operations;

/** What came back from one request. Who asked adds what it was about. */
export type Outcome<Value> = Result<Value, { readonly kind: FailureKind; readonly message: string }>;

type Handler<Name extends OperationName> = (input: Operations[Name]['input']) => Promise<Outcome<Operations[Name]['output']>>;

/** The account. A method answers or fails; it never throws for something that AWS can do. */
export type AwsApi = { readonly [Name in OperationName]: Handler<Name> };

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}
