/** AWS's token buckets: what an account may call per second and region. */
import { ApiError } from './api-error.ts';
import type { VirtualClock } from './clock.ts';

export type BucketName = keyof typeof BUCKET_SIZES;

interface BucketSize {
  readonly capacity: number;
  readonly perSecond: number;
}

/**
 * ELB guide, "Request throttling for the ELB API"; ECS guide, "Request throttling"; IAM guide, "IAM and AWS STS quotas"; AWS
 * General Reference, quotas of CloudWatch Logs (eu-west-1) and EventBridge. Where AWS names a rate alone, it is the bucket's size,
 * too. Cloud Map and the tagging API publish none: their sizes are chosen.
 */
export const BUCKET_SIZES = {
  'elb-write': { capacity: 20, perSecond: 4 },
  'elb-read': { capacity: 40, perSecond: 10 },
  'ecs-task-read': { capacity: 100, perSecond: 20 },
  'ecs-task-write': { capacity: 100, perSecond: 40 },
  'ecs-service-read': { capacity: 100, perSecond: 20 },
  'ecs-cluster-read': { capacity: 50, perSecond: 20 },
  'ecs-definition-read': { capacity: 50, perSecond: 20 },
  'cloud-map-read': { capacity: 50, perSecond: 10 },
  tagging: { capacity: 15, perSecond: 5 },
  sts: { capacity: 600, perSecond: 600 },
  'logs-filter': { capacity: 10, perSecond: 10 },
  'logs-tags': { capacity: 10, perSecond: 10 },
  'events-put': { capacity: 10_000, perSecond: 10_000 },
} as const satisfies Readonly<Record<string, BucketSize>>;

const BUCKET_OF: Readonly<Record<string, BucketName>> = {
  RegisterTargets: 'elb-write',
  DeregisterTargets: 'elb-write',
  DescribeTargetHealth: 'elb-read',
  DescribeLoadBalancers: 'elb-read',
  DescribeTargetGroups: 'elb-read',
  DescribeTargetGroupAttributes: 'elb-read',
  DescribeTags: 'elb-read',
  ListTasks: 'ecs-task-read',
  DescribeTasks: 'ecs-task-read',
  DescribeContainerInstances: 'ecs-task-read',
  StopTask: 'ecs-task-write',
  DescribeServices: 'ecs-service-read',
  'ecs.ListServices': 'ecs-service-read',
  ListClusters: 'ecs-cluster-read',
  DescribeTaskDefinition: 'ecs-definition-read',
  GetInstancesHealthStatus: 'cloud-map-read',
  GetService: 'cloud-map-read',
  ListInstances: 'cloud-map-read',
  ListServices: 'cloud-map-read',
  ListTagsForResource: 'cloud-map-read',
  GetResources: 'tagging',
  AssumeRole: 'sts',
  FilterLogEvents: 'logs-filter',
  'logs.ListTagsForResource': 'logs-tags',
  PutEvents: 'events-put',
};

/** What each service calls it; the others say ThrottlingException. */
const THROTTLED: readonly (readonly [string, string])[] = [
  ['elb', 'Throttling'],
  ['sts', 'Throttling'],
  ['cloud-map', 'RequestLimitExceeded'],
  ['tagging', 'ThrottledException'],
];

export class TokenBuckets {
  readonly #clock: VirtualClock;
  /** The share of every rate that others use up, all the time: less comes in, and the bucket is full while we are quiet. */
  othersUse = 0;
  readonly #levels = new Map<string, { readonly tokens: number; readonly atMs: number }>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Takes a token for the call, or throws what AWS answers when there is none. */
  take(operation: string): void {
    const name = BUCKET_OF[operation];
    if (name === undefined) return;
    const size = BUCKET_SIZES[name];
    const nowMs = this.#clock.now();
    const level = this.#levels.get(name) ?? { tokens: size.capacity, atMs: nowMs };
    const free = 1 - this.othersUse;
    const refilled = level.tokens + ((nowMs - level.atMs) / 1_000) * size.perSecond * free;
    const tokens = Math.min(size.capacity, refilled);
    if (tokens < 1) {
      this.#levels.set(name, { tokens, atMs: nowMs });
      throw throttled(operation);
    }
    this.#levels.set(name, { tokens: tokens - 1, atMs: nowMs });
  }
}

/** Each service spells it differently. */
export function throttled(operation: string): ApiError {
  const bucket = BUCKET_OF[operation] ?? '';
  const [, name = 'ThrottlingException'] = THROTTLED.find(([prefix]) => bucket.startsWith(prefix)) ?? [];
  return new ApiError(name, 'Rate exceeded');
}
