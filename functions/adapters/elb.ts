/** Elastic Load Balancing v2: one method per call, in our words. */
import {
  DeregisterTargetsCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetGroup as SdkTargetGroup,
  type TargetDescription,
  type TargetGroupAttribute,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AwsApi } from '../app/ports.ts';
import type { GroupAttributes } from '../core/audit.ts';
import type { DescribedGroup } from '../core/configuration.ts';
import { type Target, type TargetDescriptor, targetOf } from '../core/target.ts';
import { parsePort, parseTargetGroupArn } from '../core/values.ts';
import { outcomeOf, required, UnreadableAnswer } from './outcome.ts';

export type ElbApi = Pick<
  AwsApi,
  | 'DescribeTargetGroups'
  | 'DescribeTags'
  | 'DescribeTargetGroupAttributes'
  | 'DescribeTargetHealth'
  | 'RegisterTargets'
  | 'DeregisterTargets'
>;

export function createElbApi(client: ElasticLoadBalancingV2Client): ElbApi {
  return {
    DescribeTargetGroups: ({ groups }) =>
      outcomeOf(async (abortSignal) => {
        const command = new DescribeTargetGroupsCommand({ TargetGroupArns: [...groups] });
        const answer = await client.send(command, { abortSignal });
        return required(answer.TargetGroups, 'TargetGroups').map(describedGroupOf);
      }),

    DescribeTags: ({ groups }) =>
      outcomeOf(async (abortSignal) => {
        const answer = await client.send(new DescribeTagsCommand({ ResourceArns: [...groups] }), { abortSignal });
        return required(answer.TagDescriptions, 'TagDescriptions').map(({ ResourceArn, Tags }) => ({
          group: required(ResourceArn, 'ResourceArn'),
          tags: (Tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value })),
        }));
      }),

    DescribeTargetGroupAttributes: ({ group }) =>
      outcomeOf(async (abortSignal) => {
        const command = new DescribeTargetGroupAttributesCommand({ TargetGroupArn: group });
        const { Attributes } = await client.send(command, { abortSignal });
        return attributesFrom(Attributes ?? []);
      }),

    DescribeTargetHealth: ({ group }) =>
      outcomeOf(async (abortSignal) => {
        const answer = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: group }), { abortSignal });
        return required(answer.TargetHealthDescriptions, 'TargetHealthDescriptions').map(targetFrom);
      }),

    RegisterTargets: ({ group, targets }) =>
      outcomeOf(async (abortSignal) => {
        const command = new RegisterTargetsCommand({ TargetGroupArn: group, Targets: targets.map(descriptionOf) });
        await client.send(command, { abortSignal });
        return null;
      }),

    DeregisterTargets: ({ group, targets }) =>
      outcomeOf(async (abortSignal) => {
        const command = new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: targets.map(descriptionOf) });
        await client.send(command, { abortSignal });
        return null;
      }),
  };
}

export function describedGroupOf(described: SdkTargetGroup): DescribedGroup {
  const arn = parseTargetGroupArn(described.TargetGroupArn);
  if (!arn.ok) throw new UnreadableAnswer(`a TargetGroupArn is ${described.TargetGroupArn}; expected ${arn.problem}`);
  return {
    group: {
      arn: arn.value,
      name: required(described.TargetGroupName, 'TargetGroupName'),
      family: described.IpAddressType === 'ipv6' ? 'ipv6' : 'ipv4',
      protocol: described.Protocol,
      unhealthyAfterMs: unhealthyAfterMs(described),
    },
    targetType: required(described.TargetType, 'TargetType'),
  };
}

/** Each check may begin an interval late and take its whole time; the defaults are those of an Application Load Balancer (ELB guide). */
function unhealthyAfterMs(described: SdkTargetGroup): number {
  const { HealthCheckIntervalSeconds: interval = 30, HealthCheckTimeoutSeconds: timeout = 5 } = described;
  return (interval * ((described.UnhealthyThresholdCount ?? 2) + 1) + timeout) * 1_000;
}

export function attributesFrom(attributes: readonly TargetGroupAttribute[]): GroupAttributes {
  const crossZone = attributes.find(({ Key }) => Key === 'load_balancing.cross_zone.enabled')?.Value;
  return { deregistrationDelaySeconds: delayFrom(attributes), crossZone };
}

function delayFrom(attributes: readonly TargetGroupAttribute[]): number {
  const name = 'deregistration_delay.timeout_seconds';
  const delay = required(attributes.find(({ Key }) => Key === name)?.Value, name);
  if (!/^\d{1,5}$/.test(delay)) throw new UnreadableAnswer(`${name} is ${delay}; expected a number of seconds`);
  return Number(delay);
}

export function targetFrom({ Target: described, TargetHealth: health }: TargetHealthDescription): Target {
  const port = parsePort(described?.Port);
  // A target without a port is one of a Lambda function, which a group of type ip never has.
  if (!port.ok) throw new UnreadableAnswer(`a target has port ${described?.Port}; expected ${port.problem}`);
  const descriptor = { id: required(described?.Id, 'Target.Id'), port: port.value, zone: described?.AvailabilityZone };
  return targetOf(descriptor, required(health?.State, 'TargetHealth.State'), health?.Reason);
}

function descriptionOf({ id, port, zone }: TargetDescriptor): TargetDescription {
  return zone === undefined ? { Id: id, Port: port } : { Id: id, Port: port, AvailabilityZone: zone };
}
