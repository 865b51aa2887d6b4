/** Limits that bite: what is nearly full, and settings that cannot work. Pure; what is read of the account comes in. */
import type { Finding } from '../../../functions/core/finding.ts';
import type { Target } from '../../../functions/core/target.ts';
import { densityOf } from './density.ts';

/** From this share of a limit on it is told. */
const WARN_AT = 0.8;
/** ECS stops the old tasks of a service without load balancer so long after the new ones run (measured; see the README). */
const DEADLINE_SECONDS = 40;
/** ELB guide, "Quotas for your Application Load Balancers"; it can be raised. */
const TARGETS_MAX = 1_000;
/** Cloud Map guide, "Quotas": neither can be raised for a service. */
const INSTANCES_MAX = 1_000;
const NAMESPACE_INSTANCES_MAX = 2_000;

export interface ContainerInstance {
  readonly arn: string;
  readonly type: string;
  readonly hasTrunk: boolean;
  /** Tasks on it that have an interface of their own. */
  readonly tasks: number;
}

export interface GroupSettings {
  readonly name: string;
  readonly arn: string;
  readonly loadBalancers: readonly { readonly arn: string; readonly zones: readonly string[] }[];
  readonly healthIntervalSeconds: number;
  readonly healthTimeoutSeconds: number;
  readonly unhealthyThreshold: number;
  readonly targets: readonly Target[];
  /** Zones of the targets that we know by their tasks, by address. */
  readonly zones: ReadonlyMap<string, string>;
}

export interface ServiceSettings {
  readonly service: string;
  readonly id: string;
  readonly name: string;
  readonly namespaceId: string;
  readonly ttlSeconds: number;
  readonly records: readonly { readonly type: string; readonly ttl: number }[];
  readonly hasHealthCheck: boolean;
  readonly isManaged: boolean;
  readonly createdAtMs: number | undefined;
  readonly instances: number;
  /** Instances of all services of the namespace. */
  readonly inNamespace: number;
}

export function findDenseInstances(instances: readonly ContainerInstance[]): Finding[] {
  return instances.flatMap(({ arn, type, hasTrunk, tasks }): Finding[] => {
    const density = densityOf(type);
    if (density === undefined) return [];
    const max = hasTrunk ? (density.trunked ?? density.plain) : density.plain;
    if (tasks < WARN_AT * max) return [];
    const way =
      hasTrunk || density.trunked === undefined
        ? 'Add an instance, or take a larger type.'
        : `With trunking it takes ${density.trunked}; only instances that start after it is switched on get it.`;
    const message =
      `Container instance ${arn.slice(arn.lastIndexOf('/') + 1)} (${type}${hasTrunk ? ', with trunking' : ''}) runs ${tasks} tasks in ` +
      `network mode awsvpc and takes ${max}: the next ones are not placed there. ${way}`;
    const command =
      hasTrunk || density.trunked === undefined
        ? undefined
        : 'aws ecs put-account-setting-default --name awsvpcTrunking --value enabled';
    return [{ kind: 'limit', subject: arn, message, command }];
  });
}

export function findFullGroups(groups: readonly GroupSettings[]): Finding[] {
  return groups
    .filter(({ targets }) => targets.length >= WARN_AT * TARGETS_MAX)
    .map(({ name, targets }) => ({
      kind: 'limit',
      subject: name,
      message:
        `The group has ${targets.length} targets, those that drain included; ELB takes ${TARGETS_MAX} unless the quota has been ` +
        'raised. In a deployment old and new targets are in it at once.',
      command:
        'aws service-quotas list-service-quotas --service-code elasticloadbalancing ' +
        `--query "Quotas[?contains(QuotaName, 'Targets per Target Group')]"`,
    }));
}

export function findFullServices(services: readonly ServiceSettings[]): Finding[] {
  const ofServices = services
    .filter(({ instances }) => instances >= WARN_AT * INSTANCES_MAX)
    .map(({ service, instances }) => ({
      kind: 'limit' as const,
      subject: service,
      message: `The service has ${instances} instances and takes ${INSTANCES_MAX}, which cannot be raised: ECS fails to start more tasks.`,
    }));
  const namespaces = new Map(services.map(({ namespaceId, inNamespace }) => [namespaceId, inNamespace]));
  const ofNamespaces = [...namespaces]
    .filter(([, instances]) => instances >= WARN_AT * NAMESPACE_INSTANCES_MAX)
    .map(([namespaceId, instances]) => ({
      kind: 'limit' as const,
      subject: namespaceId,
      message: `The namespace has ${instances} instances in all its services and takes ${NAMESPACE_INSTANCES_MAX}.`,
    }));
  return [...ofServices, ...ofNamespaces];
}

/** Why targets are `unused`: ELB gives one reason code for three causes, which need three different hands. */
export function findUnusedTargets({ name, arn, loadBalancers, targets, zones }: GroupSettings): Finding[] {
  const unused = targets.filter(({ reason }) => reason === 'Target.NotInUse');
  if (unused.length === 0) return [];
  const [balancer] = loadBalancers;
  if (balancer === undefined) {
    const message = `${unused.length} targets get no traffic: no listener forwards to the group.`;
    const command = `aws elbv2 create-listener --load-balancer-arn ARN --protocol HTTP --port 80 --default-actions Type=forward,TargetGroupArn=${arn}`;
    return [{ kind: 'unused', subject: name, message, command }];
  }
  const missing = new Set(
    unused.flatMap(({ descriptor }) => {
      const zone = descriptor.zone ?? zones.get(descriptor.id);
      return zone === undefined || zone === 'all' || balancer.zones.includes(zone) ? [] : [zone];
    }),
  );
  const message =
    missing.size === 0
      ? `${unused.length} targets get no traffic, though a listener forwards to the group and their zones are enabled, as far as they are known.`
      : `${unused.length} targets get no traffic: the load balancer is not enabled in ${[...missing].sort().join(', ')}.`;
  const command =
    missing.size === 0
      ? undefined
      : `aws elbv2 set-subnets --load-balancer-arn ${balancer.arn} --subnets ALL_PRESENT_ONES AND_ONE_OF_EACH_MISSING_ZONE`;
  return [{ kind: 'unused', subject: name, message, command }];
}

/** Health checks that come too late for the 40 s in which a new target has to become healthy, or for a task that dies. */
export function findSlowChecks(group: GroupSettings, stopTimeouts: readonly number[]): Finding[] {
  const { name, arn, healthIntervalSeconds: interval, healthTimeoutSeconds: timeout, unhealthyThreshold } = group;
  const findings: Finding[] = [];
  if (interval + timeout >= DEADLINE_SECONDS) {
    const message =
      `Health checks come every ${interval} s and may take ${timeout} s: a new target may not be healthy yet when ECS stops the old ` +
      `tasks, ${DEADLINE_SECONDS} s after the new ones run.`;
    const command = `aws elbv2 modify-target-group --target-group-arn ${arn} --health-check-interval-seconds 10 --health-check-timeout-seconds 5`;
    findings.push({ kind: 'drain-time', subject: name, message, command });
  }
  const lives = Math.min(...stopTimeouts);
  if (interval * unhealthyThreshold > lives) {
    const message =
      `A target that stops answering is taken out after ${unhealthyThreshold} checks, ${interval * unhealthyThreshold} s; a task is killed ${lives} s ` +
      'after its SIGTERM. Where its event is lost, requests fail in between.';
    findings.push({ kind: 'drain-time', subject: name, message });
  }
  return findings;
}

/** Without a health check, an instance whose task has died is handed out for as long as it is listed. */
export function findUnchecked(services: readonly ServiceSettings[]): Finding[] {
  return services
    .filter(({ hasHealthCheck, isManaged }) => !hasHealthCheck && !isManaged)
    .map(({ service, name, namespaceId, records, createdAtMs }) => {
      const types = records.map(({ type, ttl }) => `{Type=${type},TTL=${ttl}}`).join(',');
      const dns = records.length === 0 ? '' : ` --dns-config 'DnsRecords=[${types}]'`;
      const message =
        'The service has no health check: clients go on finding an instance whose task has died until ECS removes it. A custom ' +
        'health check is free, but a service can only be made with it: make another one, and let the ECS service register there.';
      const command =
        `aws servicediscovery create-service --name ${name}-checked --namespace-id ${namespaceId}${dns} ` +
        '--health-check-custom-config FailureThreshold=1';
      return { kind: 'unchecked', subject: service, message, command, sinceMs: createdAtMs, expected: 'a custom health check' };
    });
}
