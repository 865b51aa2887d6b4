/** A target group and its targets, as ELB describes them. */
import { type Address, addressOf, type IpFamily, type Port, parseIpAddress, type TargetGroupArn } from './values.ts';

export interface TargetGroup {
  readonly arn: TargetGroupArn;
  readonly name: string;
  readonly family: IpFamily;
  /** Of type lambda, a group has none. */
  readonly protocol: string | undefined;
  /** So long its health checks need to find a target unhealthy that no longer answers. */
  readonly unhealthyAfterMs: number;
}

/** A target as it goes over the wire. ELB knows a target by id *and* port. */
export interface TargetDescriptor {
  readonly id: string;
  readonly port: Port;
  readonly zone?: string | undefined;
}

export interface Target {
  /**
   * Exactly what DescribeTargetHealth returned. A deregistration repeats it to the letter: without the port that was used
   * at registration AWS answers 200 and does nothing (DeregisterTargets API reference).
   */
  readonly descriptor: TargetDescriptor;
  /** The descriptor's id and port in canonical spelling, for comparison. */
  readonly address: Address;
  /** `initial`, `healthy`, `unhealthy`, `unhealthy.draining`, `unused`, `draining` or `unavailable`. */
  readonly state: string;
  /** ELB's reason code, such as `Target.Timeout`. */
  readonly reason: string | undefined;
}

export function targetOf(descriptor: TargetDescriptor, state: string, reason: string | undefined): Target {
  const ip = parseIpAddress(descriptor.id);
  return { descriptor, address: addressOf(ip.ok ? ip.value : descriptor.id, descriptor.port), state, reason };
}

/** A new target for a task's address. */
export function descriptorFor(ip: string, port: Port, zone: string | undefined): TargetDescriptor {
  return zone === undefined ? { id: ip, port } : { id: ip, port, zone };
}

/**
 * Whether the target was deregistered and only finishes what it has in flight.
 * `unhealthy.draining` is not that: it is a registered target whose health check failed (Network Load Balancer guide).
 */
export function isDraining(target: Target): boolean {
  return target.state === 'draining';
}
