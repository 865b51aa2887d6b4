/** The simulated load balancing: target groups whose targets are known by address and port, drain, and are checked for health. */
import { ApiError } from './api-error.ts';
import type { VirtualClock } from './clock.ts';

export interface TargetRecord {
  readonly id: string;
  readonly port: number;
  readonly zone: string | undefined;
  readonly registeredAtMs: number;
  readonly drainsUntilMs: number | undefined;
}

export interface GroupRecord {
  readonly arn: string;
  readonly name: string;
  readonly targetType: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly port: number;
  readonly vpcId: string;
  /** Addresses that start like this lie in the group's VPC; any other needs a zone. */
  readonly vpcPrefixes: readonly string[];
  readonly tags: Map<string, string>;
  readonly targets: Map<string, TargetRecord>;
  /** Whether a listener forwards to it. */
  isUsed: boolean;
  deregistrationDelaySeconds: number;
  quota: number;
  /** The documentation contradicts itself on registering a target that drains: both are built. */
  whileDraining: 'accepted' | 'refused';
  /** Until the first health check has passed. */
  healthCheckMs: number;
}

export interface TargetRequest {
  readonly id: string;
  readonly port: number | undefined;
  readonly zone: string | undefined;
}

export interface TargetView {
  readonly target: TargetRecord;
  readonly state: string;
  readonly reason: string | undefined;
}

/** What a group is made of; everything else has the default that AWS gives it. */
export type GroupSpec = Pick<GroupRecord, 'arn'> & Partial<Omit<GroupRecord, 'arn' | 'tags' | 'targets'>>;

export class Elb {
  readonly groups = new Map<string, GroupRecord>();
  /** Zones that every load balancer is enabled in. */
  zones: readonly string[] = ['eu-west-1a', 'eu-west-1b'];
  /** Whether something answers at the address and port; set by the account. */
  answers: (ip: string, port: number) => boolean = () => true;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  addGroup(spec: GroupSpec): GroupRecord {
    const group: GroupRecord = {
      name: spec.arn.split('/')[1] ?? 'group',
      targetType: 'ip',
      family: 'ipv4',
      port: 8080,
      vpcId: 'vpc-0123456789abcdef0',
      vpcPrefixes: ['10.0.', 'fd00:'],
      isUsed: true,
      deregistrationDelaySeconds: 300,
      quota: 1_000,
      whileDraining: 'accepted',
      healthCheckMs: 10_000,
      ...spec,
      tags: new Map(),
      targets: new Map(),
    };
    this.groups.set(group.arn, group);
    return group;
  }

  group(arn: unknown): GroupRecord {
    const group = typeof arn === 'string' ? this.groups.get(arn) : undefined;
    if (group === undefined) throw new ApiError('TargetGroupNotFound', 'One or more target groups not found');
    for (const [key, target] of group.targets) {
      if (target.drainsUntilMs !== undefined && target.drainsUntilMs <= this.#clock.now()) group.targets.delete(key);
    }
    return group;
  }

  /** All of them or none: the answer has no result per target. */
  register(group: GroupRecord, requests: readonly TargetRequest[]): void {
    for (const request of requests) this.#refuseWrong(group, request);
    const added = requests.map((request) => this.#recordOf(group, request));
    const keys = new Set([...group.targets.keys(), ...added.map(keyOf)]);
    if (keys.size > group.quota) {
      throw new ApiError('TooManyTargets', `The maximum number of targets (${group.quota}) has been reached`);
    }
    for (const target of added) {
      const known = group.targets.get(keyOf(target));
      const isRegistered = known !== undefined && known.drainsUntilMs === undefined;
      if (!isRegistered) group.targets.set(keyOf(target), target);
    }
  }

  /** An unknown target is no error (DeregisterTargets API reference). Without a port, the group's own port is meant. */
  deregister(group: GroupRecord, requests: readonly TargetRequest[]): void {
    for (const { id, port } of requests) {
      const key = keyOf({ id, port: port ?? group.port });
      const target = group.targets.get(key);
      if (target === undefined || target.drainsUntilMs !== undefined) continue;
      const drainsUntilMs = this.#clock.now() + group.deregistrationDelaySeconds * 1_000;
      if (drainsUntilMs <= this.#clock.now()) group.targets.delete(key);
      else group.targets.set(key, { ...target, drainsUntilMs });
    }
  }

  view(group: GroupRecord): TargetView[] {
    return [...group.targets.values()].map((target) => ({ target, ...this.#stateOf(group, target) }));
  }

  /** `ip:port` of the targets that take traffic: registered and not draining. */
  registered(group: GroupRecord): string[] {
    return [...this.group(group.arn).targets.values()]
      .filter((target) => target.drainsUntilMs === undefined)
      .map(keyOf)
      .sort();
  }

  #stateOf(group: GroupRecord, target: TargetRecord): { readonly state: string; readonly reason: string | undefined } {
    if (target.drainsUntilMs !== undefined) return { state: 'draining', reason: 'Target.DeregistrationInProgress' };
    if (!group.isUsed) return { state: 'unused', reason: 'Target.NotInUse' };
    if (this.#clock.now() - target.registeredAtMs < group.healthCheckMs) {
      return { state: 'initial', reason: 'Elb.InitialHealthChecking' };
    }
    return this.answers(target.id, target.port)
      ? { state: 'healthy', reason: undefined }
      : { state: 'unhealthy', reason: 'Target.Timeout' };
  }

  #refuseWrong(group: GroupRecord, { id, port, zone }: TargetRequest): void {
    const family = id.includes(':') ? 'ipv6' : 'ipv4';
    const isAddress = family === 'ipv6' ? /^[0-9a-f:]+$/i.test(id) : /^\d{1,3}(\.\d{1,3}){3}$/.test(id);
    if (!isAddress || group.targetType !== 'ip') throw new ApiError('ValidationError', `The target '${id}' is not valid`);
    if (family !== group.family) throw new ApiError('InvalidTarget', `The IP address '${id}' is not of type ${group.family}`);
    if (port !== undefined && (port < 1 || port > 65_535)) {
      throw new ApiError('ValidationError', `Port '${port}' must be between 1 and 65535`);
    }
    const isInVpc = group.vpcPrefixes.some((prefix) => id.startsWith(prefix));
    if (!isInVpc && !/^(10\.|100\.|172\.|192\.168\.|f[cd])/.test(id)) {
      throw new ApiError('InvalidTarget', `The IP address '${id}' is not a valid private IP address`);
    }
    if (!isInVpc && zone === undefined) {
      const message = `You must specify an Availability Zone for IP address '${id}', which is not within the VPC '${group.vpcId}'`;
      throw new ApiError('InvalidTarget', message);
    }
    const known = group.targets.get(keyOf({ id, port: port ?? group.port }));
    if (known?.drainsUntilMs !== undefined && group.whileDraining === 'refused') {
      throw new ApiError('InvalidTarget', `The target '${id}' is deregistering`);
    }
  }

  #recordOf(group: GroupRecord, { id, port, zone }: TargetRequest): TargetRecord {
    const detected = zone ?? `${group.arn.split(':')[3]}a`;
    return { id, port: port ?? group.port, zone: detected, registeredAtMs: this.#clock.now(), drainsUntilMs: undefined };
  }
}

/** A target's identity. */
export function keyOf({ id, port }: { readonly id: string; readonly port: number }): string {
  return id.includes(':') ? `[${id}]:${port}` : `${id}:${port}`;
}
