/** AWS Cloud Map as an API: what each call answers, in AWS's shapes (Cloud Map API reference). */
import { isObject } from '../../functions/core/json.ts';
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { type Input, objects, pageOf, text, texts, whole } from './api-input.ts';
import type { CloudMap, CloudMapServiceRecord } from './cloud-map.ts';

const PAGE_MAX = 100;

export function cloudMapApi({ cloudMap }: Account) {
  return { ...serviceApi(cloudMap), ...instanceApi(cloudMap) };
}

function serviceApi(cloudMap: CloudMap) {
  return {
    ListTagsForResource: (input: Input) => {
      const service = [...cloudMap.services.values()].find(({ arn }) => arn === text(input, 'ResourceARN'));
      if (service === undefined) throw new ApiError('ResourceNotFoundException', 'The resource does not exist');
      return { Tags: [...service.tags].map(([Key, Value]) => ({ Key, Value })) };
    },
    GetService: (input: Input) => ({ Service: describe(cloudMap.service(input['Id'])) }),
    ListServices: (input: Input) => {
      const filters = objects(input, 'Filters').filter((filter) => filter['Name'] === 'NAMESPACE_ID');
      const all = [...cloudMap.services.values()].filter(({ namespaceId }) =>
        filters.every((filter) => texts(filter, 'Values').includes(namespaceId)),
      );
      const page = pageOf(all.map(summaryOf), text(input, 'NextToken'), PAGE_MAX, whole(input, 'MaxResults'));
      return { Services: page.items, NextToken: page.nextToken };
    },
    GetOperation: (input: Input) => {
      const operation = cloudMap.operations.get(text(input, 'OperationId') ?? '');
      if (operation === undefined) throw new ApiError('OperationNotFound', 'No operation with this ID exists', 404);
      return { Operation: { Id: operation.id, Type: operation.type, Status: operation.status } };
    },
  };
}

function instanceApi(cloudMap: CloudMap) {
  return {
    ListInstances: (input: Input) => {
      const all = cloudMap.listed(cloudMap.service(input['ServiceId']));
      const told = all.map(({ id, attributes }) => ({ Id: id, Attributes: attributes }));
      const page = pageOf(told, text(input, 'NextToken'), PAGE_MAX, whole(input, 'MaxResults'));
      return { Instances: page.items, NextToken: page.nextToken };
    },
    GetInstancesHealthStatus: (input: Input) => {
      const service = cloudMap.service(input['ServiceId']);
      const asked = texts(input, 'Instances');
      const all = [...service.instances.keys()].filter((id) => asked.length === 0 || asked.includes(id));
      const page = pageOf(all, text(input, 'NextToken'), PAGE_MAX, whole(input, 'MaxResults'));
      const status = page.items.map((id) => [id, service.health.get(id) ?? 'UNKNOWN'] as const);
      return { Status: Object.fromEntries(status), NextToken: page.nextToken };
    },
    RegisterInstance: (input: Input) => {
      const attributes = isObject(input['Attributes']) ? input['Attributes'] : {};
      const written = Object.entries(attributes).map(([key, value]) => [key, String(value)] as const);
      const service = cloudMap.service(input['ServiceId']);
      return { OperationId: cloudMap.register(service, text(input, 'InstanceId') ?? '', Object.fromEntries(written)) };
    },
    DeregisterInstance: (input: Input) => {
      const service = cloudMap.service(input['ServiceId']);
      return { OperationId: cloudMap.deregister(service, text(input, 'InstanceId') ?? '') };
    },
  };
}

/** As in a list, which names no namespace. */
function summaryOf(service: CloudMapServiceRecord) {
  const { NamespaceId: _, ...summary } = describe(service);
  return summary;
}

function describe(service: CloudMapServiceRecord) {
  const { id, arn, name, namespaceId, records, healthCheck, createdAtMs, instances } = service;
  const dns = { RoutingPolicy: 'MULTIVALUE' as const, NamespaceId: namespaceId, DnsRecords: [...records] };
  return {
    Id: id,
    Arn: arn,
    Name: name,
    NamespaceId: namespaceId,
    InstanceCount: instances.size,
    Type: records.length === 0 ? ('HTTP' as const) : ('DNS_HTTP' as const),
    CreateDate: new Date(createdAtMs),
    ...(records.length === 0 ? {} : { DnsConfig: dns }),
    ...(healthCheck === 'custom' ? { HealthCheckCustomConfig: { FailureThreshold: 1 } } : {}),
    ...(healthCheck === 'route53' ? { HealthCheckConfig: { Type: 'TCP' as const } } : {}),
  };
}
