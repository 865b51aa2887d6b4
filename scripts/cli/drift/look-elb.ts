/** Load balancers and health checks of target groups. */
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { auditSettings } from '../../../functions/core/audit.ts';
import type { Finding } from '../../../functions/core/finding.ts';
import type { TargetGroup } from '../../../functions/core/target.ts';
import type { GroupSettings } from './limits.ts';
import type { Looker } from './looker.ts';

export function readGroup(
  looker: Looker,
  elb: ElasticLoadBalancingV2Client,
  { arn, name }: TargetGroup,
): Promise<Omit<GroupSettings, 'targets' | 'zones'>[]> {
  return looker.try(
    'DescribeTargetGroups',
    name,
    async () => {
      const { TargetGroups: [group] = [] } = await elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
      const arns = group?.LoadBalancerArns ?? [];
      const { LoadBalancers = [] } =
        arns.length === 0 ? {} : await elb.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: arns }));
      return [
        {
          name,
          arn,
          loadBalancers: LoadBalancers.map(({ LoadBalancerArn = '', AvailabilityZones = [] }) => ({
            arn: LoadBalancerArn,
            zones: AvailabilityZones.flatMap(({ ZoneName }) => ZoneName ?? []),
          })),
          healthIntervalSeconds: group?.HealthCheckIntervalSeconds ?? 30,
          healthTimeoutSeconds: group?.HealthCheckTimeoutSeconds ?? 5,
          unhealthyThreshold: group?.UnhealthyThresholdCount ?? 2,
        },
      ];
    },
    [],
  );
}

export function readDrain(
  looker: Looker,
  elb: ElasticLoadBalancingV2Client,
  group: TargetGroup,
  stopTimeouts: readonly { readonly definition: string; readonly seconds: number }[],
): Promise<readonly Finding[]> {
  return looker.try(
    'DescribeTargetGroupAttributes',
    group.name,
    async () => {
      const { Attributes = [] } = await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: group.arn }));
      const delay = Attributes.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds')?.Value;
      const settings = { deregistrationDelaySeconds: Number(delay ?? 300), crossZone: undefined, stopTimeouts };
      return auditSettings(group, [], settings);
    },
    [],
  );
}
