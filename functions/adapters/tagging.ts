/** Resource Groups Tagging API: finds resources by our tag. */
import { GetResourcesCommand, type ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { AwsApi } from '../app/ports.ts';
import { TAG } from '../core/binding-sources.ts';
import { outcomeOf } from './outcome.ts';
import type { ClientFor } from './places.ts';

/** The most that a page has (Resource Groups Tagging API reference). */
const PAGE_SIZE = 100;

export type TaggingApi = Pick<AwsApi, 'GetResources'>;

export function createTaggingApi(clientFor: ClientFor<ResourceGroupsTaggingAPIClient>): TaggingApi {
  return {
    GetResources: ({ types, tagValue, cluster, nextToken }) =>
      outcomeOf(async (abortSignal) => {
        const command = new GetResourcesCommand(resourcesInput(types, tagValue, nextToken));
        const answer = await clientFor(cluster).send(command, { abortSignal });
        const items = (answer.ResourceTagMappingList ?? []).flatMap(({ ResourceARN }) => ResourceARN ?? []);
        // The last page has an empty token.
        return { items, nextToken: answer.PaginationToken || undefined };
      }),
  };
}

export function resourcesInput(types: readonly string[], tagValue: string | undefined, nextToken: string | undefined) {
  const filter = { Key: TAG, ...(tagValue !== undefined && { Values: [tagValue] }) };
  return { ResourceTypeFilters: [...types], TagFilters: [filter], PaginationToken: nextToken, ResourcesPerPage: PAGE_SIZE };
}
