/** Elastic Load Balancing v2 as an API: what each call answers, in AWS's shapes (ELB API reference, version 2015-12-01). */
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { type Input, objects, pageOf, text, texts, whole } from './api-input.ts';
import type { GroupRecord, TargetRequest } from './elb.ts';
import { isOfApplication } from './elb-zones.ts';

/** Undocumented, and reported by those who met it: ansible-collections/amazon.aws#1593, FeLvi-zzz/tentez#27. */
const GROUPS_MAX = 20;
const TAGS_MAX = 20;
const PAGE_MAX = 400;

export function elbApi(account: Account) {
  return {
    DescribeTargetGroups: (input: Input) => describeTargetGroups(account, input),
    DescribeLoadBalancers: (input: Input) => ({
      LoadBalancers: texts(input, 'LoadBalancerArns').map((arn) => ({
        LoadBalancerArn: arn,
        AvailabilityZones: account.elb.zones.map((ZoneName) => ({ ZoneName })),
      })),
    }),
    DescribeTags: (input: Input) => describeTags(account, input),
    DescribeTargetGroupAttributes: (input: Input) => describeAttributes(account, input),
    DescribeTargetHealth: (input: Input) => describeTargetHealth(account, input),
    RegisterTargets: (input: Input) => {
      account.elb.register(account.elb.group(input['TargetGroupArn']), targetsOf(input));
      return {};
    },
    DeregisterTargets: (input: Input) => {
      account.elb.deregister(account.elb.group(input['TargetGroupArn']), targetsOf(input));
      return {};
    },
  };
}

function describeTargetGroups({ elb }: Account, input: Input) {
  const arns = texts(input, 'TargetGroupArns');
  const names = texts(input, 'Names');
  if (Math.max(arns.length, names.length) > GROUPS_MAX) {
    throw new ApiError('ValidationError', `You cannot describe more than '${GROUPS_MAX}' target groups at a time`);
  }
  const asked = arns.length > 0 ? arns.map((arn) => elb.group(arn)) : [...elb.groups.values()];
  const groups = names.length > 0 ? asked.filter(({ name }) => names.includes(name)) : asked;
  if (names.length > groups.length) throw new ApiError('TargetGroupNotFound', 'One or more target groups not found');
  const size = whole(input, 'PageSize');
  if (size !== undefined && (size < 1 || size > PAGE_MAX)) {
    throw new ApiError('ValidationError', `PageSize '${size}' must be between 1 and ${PAGE_MAX}`);
  }
  const marker = text(input, 'Marker');
  if (marker !== undefined && !/^\d{1,6}$/.test(marker))
    throw new ApiError('ValidationError', `Marker '${marker}' is not valid`);
  const page = pageOf(groups, marker, PAGE_MAX, size);
  return { TargetGroups: page.items.map(describe), NextMarker: page.nextToken };
}

function describe(group: GroupRecord) {
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    ...(isOfApplication(group) ? { ProtocolVersion: 'HTTP1' } : {}),
    Port: group.port,
    VpcId: group.vpcId,
    TargetType: targetTypeOf(group.targetType),
    IpAddressType: group.family,
    HealthCheckProtocol: isOfApplication(group) ? ('HTTP' as const) : ('TCP' as const),
    HealthCheckPort: 'traffic-port',
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: group.healthCheckIntervalSeconds,
    HealthCheckTimeoutSeconds: 5,
    UnhealthyThresholdCount: 2,
    LoadBalancerArns: group.isUsed ? [group.arn.replace(/:targetgroup\/.*/, ':loadbalancer/app/web/0123456789abcdef')] : [],
  };
}

function targetTypeOf(type: string): 'ip' | 'instance' | 'lambda' | 'alb' {
  return type === 'instance' || type === 'lambda' || type === 'alb' ? type : 'ip';
}

function describeTags({ elb }: Account, input: Input) {
  const arns = texts(input, 'ResourceArns');
  if (arns.length > TAGS_MAX) throw new ApiError('ValidationError', 'Number of resources cannot be more than 20');
  const strange = arns.find((arn) => !elb.groups.has(arn) && !elb.isHere(arn));
  if (strange !== undefined) throw new ApiError('ValidationError', `'${strange}' must be in ARN format`);
  return {
    TagDescriptions: arns.map((arn) => ({
      ResourceArn: arn,
      Tags: [...elb.group(arn).tags].map(([Key, Value]) => ({ Key, Value })),
    })),
  };
}

function describeAttributes({ elb }: Account, input: Input) {
  const group = elb.group(input['TargetGroupArn']);
  const attributes = {
    'deregistration_delay.timeout_seconds': String(group.deregistrationDelaySeconds),
    'stickiness.enabled': 'false',
    // A Gateway Load Balancer has it on the load balancer alone (ELB API reference, TargetGroupAttribute).
    ...(group.protocol === 'GENEVE' ? {} : { 'load_balancing.cross_zone.enabled': group.crossZone }),
  };
  return { Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })) };
}

/** Not paginated: one answer holds the whole group. A target that is asked for and not registered is told as such. */
function describeTargetHealth({ elb }: Account, input: Input) {
  const group = elb.group(input['TargetGroupArn']);
  const asked = targetsOf(input);
  const views = elb.view(group).map(({ target, state, reason }) => ({
    Target: { Id: target.id, Port: target.port, AvailabilityZone: target.zone },
    HealthCheckPort: String(target.port),
    TargetHealth: { State: stateOf(state), Reason: reasonOf(reason), Description: descriptionOf(reason) },
  }));
  if (asked.length === 0) return { TargetHealthDescriptions: views };
  const found = asked.map(({ id, port }) => {
    const portAsked = port ?? group.port;
    const view = views.find(({ Target }) => Target.Id === id && Target.Port === portAsked);
    if (view !== undefined) return view;
    return {
      Target: { Id: id, Port: portAsked, AvailabilityZone: undefined },
      HealthCheckPort: String(portAsked),
      TargetHealth: {
        State: 'unused' as const,
        Reason: 'Target.NotRegistered' as const,
        Description: 'Target is not registered to the target group',
      },
    };
  });
  return { TargetHealthDescriptions: found };
}

const STATES = ['initial', 'healthy', 'unhealthy', 'unused', 'draining', 'unavailable'] as const;
const REASONS = [
  'Elb.InitialHealthChecking',
  'Target.Timeout',
  'Target.NotInUse',
  'Target.DeregistrationInProgress',
  'Target.ResponseCodeMismatch',
] as const;

function stateOf(state: string): (typeof STATES)[number] {
  return STATES.find((each) => each === state) ?? 'unavailable';
}

function reasonOf(reason: string | undefined): (typeof REASONS)[number] | undefined {
  return REASONS.find((each) => each === reason);
}

function descriptionOf(reason: string | undefined): string | undefined {
  const texts: Readonly<Record<string, string>> = {
    'Elb.InitialHealthChecking': 'Initial health checks in progress',
    'Target.Timeout': 'Request timed out',
    'Target.NotInUse': 'Target group is not configured to receive traffic from the load balancer',
    'Target.DeregistrationInProgress': 'Target deregistration is in progress',
  };
  return reason === undefined ? undefined : texts[reason];
}

function targetsOf(input: Input): TargetRequest[] {
  return objects(input, 'Targets').map((target) => ({
    id: text(target, 'Id') ?? '',
    port: whole(target, 'Port'),
    zone: text(target, 'AvailabilityZone'),
    quicServerId: text(target, 'QuicServerId'),
  }));
}
