/** AWS Cloud Map as an API: what each call answers, in AWS's shapes (Cloud Map API reference). */
import { isObject } from '../../functions/core/json.ts';
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { type Input, pageOf, text, whole } from './api-input.ts';

const PAGE_MAX = 100;

export function cloudMapApi(account: Account) {
  const { cloudMap } = account;
  return {
    ListTagsForResource: (input: Input) => {
      const service = [...cloudMap.services.values()].find(({ arn }) => arn === text(input, 'ResourceARN'));
      if (service === undefined) throw new ApiError('ResourceNotFoundException', 'The resource does not exist');
      return { Tags: [...service.tags].map(([Key, Value]) => ({ Key, Value })) };
    },
    ListInstances: (input: Input) => {
      const { instances } = cloudMap.service(input['ServiceId']);
      const all = [...instances.values()].map(({ id, attributes }) => ({ Id: id, Attributes: attributes }));
      const page = pageOf(all, text(input, 'NextToken'), PAGE_MAX, whole(input, 'MaxResults'));
      return { Instances: page.items, NextToken: page.nextToken };
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
