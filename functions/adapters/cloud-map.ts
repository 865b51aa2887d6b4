/** AWS Cloud Map: one method per call, in our words. Reads only. */
import {
  type InstanceSummary,
  ListInstancesCommand,
  ListTagsForResourceCommand,
  type ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery';
import type { AwsApi } from '../app/ports.ts';
import type { Instance } from '../core/cloud-map/instance.ts';
import { cloudMapServiceIdOf, parseIpAddress, parsePort } from '../core/values.ts';
import { outcomeOf, required } from './outcome.ts';
import type { ClientFor } from './places.ts';

export type CloudMapApi = Pick<AwsApi, 'ListTagsForResource' | 'ListInstances'>;

export function createCloudMapApi(clientFor: ClientFor<ServiceDiscoveryClient>): CloudMapApi {
  return {
    ListTagsForResource: ({ service }) =>
      outcomeOf(async (abortSignal) => {
        const command = new ListTagsForResourceCommand({ ResourceARN: service });
        const answer = await clientFor(service).send(command, { abortSignal });
        return (answer.Tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }));
      }),

    ListInstances: ({ service, nextToken }) =>
      outcomeOf(async (abortSignal) => {
        const command = new ListInstancesCommand({ ServiceId: cloudMapServiceIdOf(service), NextToken: nextToken });
        const answer = await clientFor(service).send(command, { abortSignal });
        return { items: required(answer.Instances, 'Instances').map(instanceFrom), nextToken: answer.NextToken };
      }),
  };
}

/**
 * ECS writes ECS_SERVICE_NAME on instances of service discovery. Those of Service Connect have a DeploymentId instead, the ARN
 * of a task set (`arn:aws:ecs:REGION:ACCOUNT:task-set/CLUSTER/SERVICE/ID`).
 */
export function instanceFrom(described: InstanceSummary): Instance {
  const attributes = new Map(Object.entries(described.Attributes ?? {}));
  const ipv4 = parseIpAddress(attributes.get('AWS_INSTANCE_IPV4'));
  const ipv6 = parseIpAddress(attributes.get('AWS_INSTANCE_IPV6'));
  const port = parsePort(attributes.get('AWS_INSTANCE_PORT'));
  return {
    id: required(described.Id, 'Id'),
    ipv4: ipv4.ok ? ipv4.value : undefined,
    ipv6: ipv6.ok ? ipv6.value : undefined,
    port: port.ok ? port.value : undefined,
    ofEcs: attributes.has('ECS_SERVICE_NAME') || attributes.has('DeploymentId'),
    cluster: attributes.get('ECS_CLUSTER_NAME') ?? /:task-set\/([\w-]+)\//.exec(attributes.get('DeploymentId') ?? '')?.[1],
  };
}
