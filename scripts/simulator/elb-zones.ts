/**
 * What ELB says to the zone of an address (ELB API reference, TargetDescription, AvailabilityZone; ELB guide, "Cross-zone load
 * balancing for target groups"; the words as users have reported them, see docs/model.md).
 */
import { ApiError } from './api-error.ts';

interface Subnet {
  /** Addresses that start like this lie in it. */
  readonly prefix: string;
  readonly zone: string;
}

/** Of a group, what its rules for zones depend on. */
export interface ZonedGroup {
  readonly arn: string;
  readonly protocol: Protocol;
  /** Addresses that start like this lie in the group's VPC. An empty one says that nobody knows what lies in it. */
  readonly vpcPrefixes: readonly string[];
  /** ELB goes by subnets, not by the ranges of the VPC (aws-load-balancer-controller#3714). Without them, the ranges count. */
  readonly subnets?: readonly Subnet[] | undefined;
  crossZone: CrossZone;
}

type Protocol = 'HTTP' | 'HTTPS' | 'TCP' | 'TLS' | 'UDP' | 'TCP_UDP' | 'GENEVE' | 'QUIC' | 'TCP_QUIC';
type CrossZone = 'true' | 'false' | 'use_load_balancer_configuration';

/** Whether a group of this protocol is one of an Application Load Balancer. */
export function isOfApplication({ protocol }: Pick<ZonedGroup, 'protocol'>): boolean {
  return protocol === 'HTTP' || protocol === 'HTTPS';
}

/** Whether the address lies in the group's VPC; undefined where nobody knows. */
export function isWithin({ vpcPrefixes, subnets }: ZonedGroup, id: string): boolean | undefined {
  if (subnets !== undefined) return subnets.some(({ prefix }) => id.startsWith(prefix));
  return vpcPrefixes.includes('') ? undefined : vpcPrefixes.some((prefix) => id.startsWith(prefix));
}

/** The zone under which the address is registered. Throws where ELB refuses the one that was asked for. */
export function registeredZone(group: ZonedGroup, id: string, asked: string | undefined): string {
  const region = group.arn.split(':')[3] ?? '';
  const detected = group.subnets?.find(({ prefix }) => id.startsWith(prefix))?.zone ?? `${region}a`;
  const within = isWithin(group, id);
  if (within === undefined) return asked ?? detected;
  return within ? zoneWithin(group, id, asked, detected) : zoneOutside(group, id, asked, zonesOf(group, region));
}

function zoneWithin(group: ZonedGroup, id: string, asked: string | undefined, detected: string): string {
  // Of an address whose subnet is not known here, any zone may be the right one.
  const isRight = asked === undefined || (asked !== 'all' && (group.subnets === undefined || asked === detected));
  if (isRight) return asked ?? detected;
  throw new ApiError(
    'ValidationError',
    `The IP address '${id}' is within the VPC, and cannot have its Availability Zone overridden to '${asked}' from '${detected}'`,
  );
}

function zoneOutside(group: ZonedGroup, id: string, asked: string | undefined, zones: readonly string[]): string {
  const isZonal = isOfApplication(group) && group.crossZone === 'false';
  // A Network Load Balancer takes "all" with cross-zone load balancing off, too (aws-load-balancer-controller#4496).
  if (isZonal && (asked === undefined || asked === 'all')) {
    throw new ApiError(
      'ValidationError',
      `When cross-zone load balancing is disabled on this target group, you must specify an Availability Zone for IP target '${id}' since it is outside of the VPC`,
    );
  }
  if (asked === undefined && !isOfApplication(group)) {
    throw new ApiError(
      'ValidationError',
      `The Availability Zone is required for IP address '${id}' because it is not in the VPC`,
    );
  }
  if (asked === undefined || (asked !== 'all' && !zones.includes(asked))) {
    throw new ApiError(
      'ValidationError',
      `You must specify a valid Availability Zone or select 'all' for all enabled Availability zones, since the IP address '${id}' is outside the VPC`,
    );
  }
  // With cross-zone load balancing on, an Application Load Balancer ignores the zone and takes it for "all".
  return isOfApplication(group) && !isZonal ? 'all' : asked;
}

/** The zones that the group's VPC has subnets in. */
function zonesOf({ subnets }: ZonedGroup, region: string): readonly string[] {
  return subnets?.map(({ zone }) => zone) ?? ['a', 'b', 'c'].map((letter) => region + letter);
}
