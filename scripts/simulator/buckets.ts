/** AWS's token buckets: what an account may call per second and region. */
import { ApiError } from './api-error.ts';
import type { VirtualClock } from './clock.ts';

interface BucketSize {
  readonly capacity: number;
  readonly perSecond: number;
}

/** ELB guide, "Request throttling for the ELB API"; ECS guide, "Request throttling". Cloud Map publishes none: its size is chosen. */
const SIZES: Readonly<Record<string, BucketSize>> = {
  'elb-write': { capacity: 20, perSecond: 4 },
  'elb-read': { capacity: 40, perSecond: 10 },
  'ecs-task-read': { capacity: 100, perSecond: 20 },
  'ecs-service-read': { capacity: 100, perSecond: 20 },
  'logs-read': { capacity: 10, perSecond: 10 },
  'cloud-map-read': { capacity: 50, perSecond: 10 },
};

const BUCKET_OF: Readonly<Record<string, string>> = {
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
  DescribeServices: 'ecs-service-read',
  DescribeTaskDefinition: 'ecs-service-read',
  GetInstancesHealthStatus: 'cloud-map-read',
  GetService: 'cloud-map-read',
  ListInstances: 'cloud-map-read',
  ListServices: 'cloud-map-read',
  ListTagsForResource: 'cloud-map-read',
  FilterLogEvents: 'logs-read',
};

export class TokenBuckets {
  /** The share of every refill that the account's other tools use. */
  othersUse = 0;
  readonly #clock: VirtualClock;
  readonly #levels = new Map<string, { readonly tokens: number; readonly atMs: number }>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Takes a token for the call, or throws what AWS answers when there is none. */
  take(operation: string): void {
    const name = BUCKET_OF[operation];
    const size = name === undefined ? undefined : SIZES[name];
    if (name === undefined || size === undefined) return;
    const nowMs = this.#clock.now();
    const level = this.#levels.get(name) ?? { tokens: size.capacity, atMs: nowMs };
    const refilled = level.tokens + ((nowMs - level.atMs) / 1_000) * size.perSecond * (1 - this.othersUse);
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
  const name = bucket.startsWith('elb')
    ? 'Throttling'
    : bucket.startsWith('cloud-map')
      ? 'RequestLimitExceeded'
      : 'ThrottlingException';
  return new ApiError(name, 'Rate exceeded');
}
