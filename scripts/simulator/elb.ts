/** The simulated load balancing: target groups whose targets are known by address and port, drain, and are checked for health. */
import { ApiError } from './api-error.ts';
import type { VirtualClock } from './clock.ts';
import { isWithin, registeredZone, type ZonedGroup } from './elb-zones.ts';
import type { Home } from './home.ts';
import { Tags } from './tags.ts';

export interface TargetRecord {
  readonly id: string;
  readonly port: number;
  readonly zone: string | undefined;
  readonly registeredAtMs: number;
  readonly drainsUntilMs: number | undefined;
  /** What somebody was told of its health; it holds for as long as what answers at its address does not change. */
  readonly told?: ToldHealth | undefined;
}

interface ToldHealth {
  readonly state: string;
  readonly reason: string | undefined;
  readonly isAnswering: boolean;
}

export interface GroupRecord extends ZonedGroup {
  readonly name: string;
  readonly targetType: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly port: number;
  readonly vpcId: string;
  readonly healthCheckIntervalSeconds: number;
  readonly tags: Tags;
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
  readonly quicServerId?: string | undefined;
}

export interface TargetView {
  readonly target: TargetRecord;
  readonly state: string;
  readonly reason: string | undefined;
}

/** The only port of a Gateway Load Balancer's targets (ELB API reference, TargetDescription, Port). */
const GENEVE_PORT = 6_081;

/** What a group is made of; everything else has the default that AWS gives it. */
export type GroupSpec = Pick<GroupRecord, 'arn'> & Partial<Omit<GroupRecord, 'arn' | 'tags' | 'targets'>>;

export class Elb {
  readonly groups = new Map<string, GroupRecord>();
  /** Groups that were deleted, and when: the tagging API goes on telling of them for a while. */
  readonly deleted = new Map<GroupRecord, number>();
  /** Zones that every load balancer is enabled in. */
  zones: readonly string[];
  /** Whether something answers at the address and port; set by the account. */
  answers: (ip: string, port: number) => boolean = () => true;
  readonly #clock: VirtualClock;
  readonly #home: Home;

  constructor(clock: VirtualClock, home: Home) {
    this.#clock = clock;
    this.#home = home;
    this.zones = ['a', 'b'].map((letter) => home.region + letter);
  }

  addGroup(spec: GroupSpec): GroupRecord {
    const group: GroupRecord = {
      name: spec.arn.split('/')[1] ?? 'group',
      targetType: 'ip',
      family: 'ipv4',
      port: 8080,
      protocol: 'HTTP',
      vpcId: 'vpc-0123456789abcdef0',
      vpcPrefixes: ['10.0.', 'fd00:'],
      isUsed: true,
      deregistrationDelaySeconds: 300,
      quota: 1_000,
      whileDraining: 'accepted',
      healthCheckMs: 10_000,
      healthCheckIntervalSeconds: 10,
      crossZone: 'use_load_balancer_configuration',
      ...spec,
      tags: new Tags(this.#clock),
      targets: new Map(),
    };
    this.groups.set(group.arn, group);
    return group;
  }

  deleteGroup(group: GroupRecord): void {
    this.groups.delete(group.arn);
    this.deleted.set(group, this.#clock.now());
  }

  /** Whether the ARN is one of a target group of this account and region, be there such a group or not. */
  isHere(arn: string): boolean {
    const place = placeOf(arn);
    if (place === undefined) return false;
    // Whoever replays somebody else's events makes groups with the ARNs of another account: then it is that one.
    return place === `${this.#home.region}:${this.#home.id}` || [...this.groups.keys()].some((each) => placeOf(each) === place);
  }

  group(arn: unknown): GroupRecord {
    const group = typeof arn === 'string' ? this.groups.get(arn) : undefined;
    if (group === undefined && !this.isHere(String(arn))) {
      throw new ApiError('ValidationError', `'${arn}' is not a valid target group ARN`);
    }
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

  /** The health of a registered target as somebody was told it. */
  tellHealth(
    group: GroupRecord,
    { id, port }: Pick<TargetRecord, 'id' | 'port'>,
    state: string,
    reason: string | undefined,
  ): void {
    const key = keyOf({ id, port });
    const target = group.targets.get(key);
    const told = { state, reason, isAnswering: this.answers(id, port) };
    if (target !== undefined) group.targets.set(key, { ...target, told });
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
    const { told } = target;
    if (told !== undefined && told.isAnswering === this.answers(target.id, target.port)) return told;
    if (this.#clock.now() - target.registeredAtMs < group.healthCheckMs) {
      return { state: 'initial', reason: 'Elb.InitialHealthChecking' };
    }
    return this.answers(target.id, target.port)
      ? { state: 'healthy', reason: undefined }
      : { state: 'unhealthy', reason: 'Target.Timeout' };
  }

  #refuseWrong(group: GroupRecord, { id, port, zone, quicServerId }: TargetRequest): void {
    const family = id.includes(':') ? 'ipv6' : 'ipv4';
    const isAddress = family === 'ipv6' ? /^[0-9a-f:]+$/i.test(id) : /^\d{1,3}(\.\d{1,3}){3}$/.test(id);
    if (!isAddress || group.targetType !== 'ip') throw new ApiError('ValidationError', `The target '${id}' is not valid`);
    if (family !== group.family) throw new ApiError('InvalidTarget', `The IP address '${id}' is not of type ${group.family}`);
    if (port !== undefined && (port < 1 || port > 65_535)) {
      throw new ApiError('ValidationError', `Port '${port}' must be between 1 and 65535`);
    }
    if (group.protocol === 'GENEVE' && (port ?? group.port) !== GENEVE_PORT) {
      throw new ApiError('ValidationError', `Port '${port ?? group.port}' must be ${GENEVE_PORT} for protocol GENEVE`);
    }
    const needsServerId = group.protocol === 'QUIC' || group.protocol === 'TCP_QUIC';
    if (needsServerId && !/^0x[0-9a-f]{16}$/.test(quicServerId ?? '')) {
      throw new ApiError('ValidationError', `A server ID is required for target '${id}' with protocol ${group.protocol}`);
    }
    if (!needsServerId && quicServerId !== undefined) {
      throw new ApiError('ValidationError', `A server ID is not supported with protocol ${group.protocol}`);
    }
    if (isWithin(group, id) === false && !/^(10\.|100\.|172\.|192\.168\.|f[cd])/.test(id)) {
      throw new ApiError('InvalidTarget', `The IP address '${id}' is not a valid private IP address`);
    }
    registeredZone(group, id, zone);
    const known = group.targets.get(keyOf({ id, port: port ?? group.port }));
    if (known?.drainsUntilMs !== undefined && group.whileDraining === 'refused') {
      throw new ApiError('InvalidTarget', `The target '${id}' is deregistering`);
    }
  }

  #recordOf(group: GroupRecord, { id, port, zone }: TargetRequest): TargetRecord {
    return {
      id,
      port: port ?? group.port,
      zone: registeredZone(group, id, zone),
      registeredAtMs: this.#clock.now(),
      drainsUntilMs: undefined,
    };
  }
}

/** Region and account of a target group's ARN; undefined for any other text. */
function placeOf(arn: string): string | undefined {
  return /^arn:aws[\w-]*:elasticloadbalancing:([a-z0-9-]+:\d{12}):targetgroup\/[^/]+\/[^/]+$/.exec(arn)?.[1];
}

/** A target's identity. */
export function keyOf({ id, port }: { readonly id: string; readonly port: number }): string {
  return id.includes(':') ? `[${id}]:${port}` : `${id}:${port}`;
}
