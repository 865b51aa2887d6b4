/** Settings of Cloud Map services and the health of their instances. */
import {
  GetInstancesHealthStatusCommand,
  GetServiceCommand,
  ListServicesCommand,
  type ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery';
import type { InstanceService } from '../../../functions/core/cloud-map/instance.ts';
import { cloudMapServiceIdOf } from '../../../functions/core/values.ts';
import type { ServiceSettings } from './limits.ts';
import type { Looker } from './looker.ts';

export async function readService(
  looker: Looker,
  cloudMap: ServiceDiscoveryClient,
  checked: InstanceService,
): Promise<ServiceSettings[]> {
  const { service, isManaged } = checked;
  const id = cloudMapServiceIdOf(service);
  return looker.try(
    'GetService',
    id,
    async () => {
      const { Service } = await cloudMap.send(new GetServiceCommand({ Id: id }));
      const namespaceId = Service?.NamespaceId ?? Service?.DnsConfig?.NamespaceId ?? '';
      const records = (Service?.DnsConfig?.DnsRecords ?? []).map(({ Type, TTL }) => ({ type: String(Type), ttl: TTL ?? 0 }));
      return [
        {
          service,
          id,
          name: Service?.Name ?? id,
          namespaceId,
          ttlSeconds: Math.max(0, ...records.map(({ ttl }) => ttl)),
          records,
          hasHealthCheck: Service?.HealthCheckCustomConfig !== undefined || Service?.HealthCheckConfig !== undefined,
          isManaged,
          createdAtMs: Service?.CreateDate?.getTime(),
          instances: Service?.InstanceCount ?? 0,
          inNamespace: await readNamespace(looker, cloudMap, namespaceId),
        },
      ];
    },
    [],
  );
}

/** Instances of all services of the namespace. */
function readNamespace(looker: Looker, cloudMap: ServiceDiscoveryClient, namespaceId: string): Promise<number> {
  const filter = { Name: 'NAMESPACE_ID' as const, Values: [namespaceId], Condition: 'EQ' as const };
  return looker.try(
    'ListServices',
    namespaceId,
    async () => {
      let sum = 0;
      for (let token: string | undefined; ; ) {
        const answer = await cloudMap.send(new ListServicesCommand({ Filters: [filter], NextToken: token }));
        for (const { InstanceCount } of answer.Services ?? []) sum += InstanceCount ?? 0;
        token = answer.NextToken;
        if (token === undefined) return sum;
      }
    },
    0,
  );
}

/** Health as it is, which the AWS_INIT_HEALTH_STATUS of an instance does not tell. */
export function readHealth(
  looker: Looker,
  cloudMap: ServiceDiscoveryClient,
  { service }: InstanceService,
): Promise<Map<string, string>> {
  return looker.try(
    'GetInstancesHealthStatus',
    cloudMapServiceIdOf(service),
    async () => {
      const health = new Map<string, string>();
      for (let token: string | undefined; ; ) {
        const command = new GetInstancesHealthStatusCommand({ ServiceId: cloudMapServiceIdOf(service), NextToken: token });
        const answer = await cloudMap.send(command);
        for (const [id, status] of Object.entries(answer.Status ?? {})) health.set(id, status);
        token = answer.NextToken;
        if (token === undefined) return health;
      }
    },
    new Map<string, string>(),
  );
}
