/** Resource Groups Tagging API: what is asked for, and when a list has ended. */
import { describe, expect, it } from 'vitest';
import { resourcesInput } from '../../functions/adapters/tagging.ts';
import type { Operations } from '../../functions/app/ports.ts';
import { CLOUD_MAP_SERVICE, CLUSTER, GROUP, mockedAws, OTHER_GROUP, sentBy } from '../support/sdk.ts';

const ASK: Operations['GetResources']['input'] = {
  types: ['elasticloadbalancing:targetgroup', 'servicediscovery:service'],
  nextToken: undefined,
};

describe('the question', () => {
  it('is for every value of our tag where none is named', () => {
    expect(resourcesInput(ASK.types, undefined, undefined)).toStrictEqual({
      ResourceTypeFilters: ['elasticloadbalancing:targetgroup', 'servicediscovery:service'],
      TagFilters: [{ Key: 'alb-target-sync' }],
      PaginationToken: undefined,
      ResourcesPerPage: 100,
    });
  });

  it.each(['hold', ''])('is for the one value "%s" where that is named', (value) => {
    expect(resourcesInput(['ecs:task'], value, 'page 2')).toStrictEqual({
      ResourceTypeFilters: ['ecs:task'],
      TagFilters: [{ Key: 'alb-target-sync', Values: [value] }],
      PaginationToken: 'page 2',
      ResourcesPerPage: 100,
    });
  });
});

describe('GetResources', () => {
  it.each([
    {
      told: 'the ARNs in their order',
      list: [{ ResourceARN: GROUP }, { ResourceARN: CLOUD_MAP_SERVICE }],
      items: [GROUP, CLOUD_MAP_SERVICE],
    },
    { told: 'nothing of a resource without ARN', list: [{ Tags: [] }, { ResourceARN: OTHER_GROUP }], items: [OTHER_GROUP] },
    { told: 'an empty list', list: [], items: [] },
    { told: 'an empty list where there is none', list: undefined, items: [] },
  ])('reads $told', async ({ list, items }) => {
    const { world, mocks } = mockedAws();
    mocks.tagging.resolves({ ResourceTagMappingList: list });
    expect(await world.GetResources(ASK)).toEqual({ ok: true, value: { items, nextToken: undefined } });
  });

  it.each([
    { token: '', next: undefined },
    { token: undefined, next: undefined },
    { token: 'page 2', next: 'page 2' },
  ])('goes on to "$next" where the token is "$token": the last page has an empty one', async ({ token, next }) => {
    const { world, mocks } = mockedAws();
    mocks.tagging.resolves({ ResourceTagMappingList: [], PaginationToken: token });
    expect(await world.GetResources(ASK)).toEqual({ ok: true, value: { items: [], nextToken: next } });
  });

  it('hands on the token of the page before', async () => {
    const { world, mocks } = mockedAws();
    mocks.tagging.resolves({});
    await world.GetResources({ ...ASK, cluster: CLUSTER, nextToken: 'page 2' });
    expect(sentBy(mocks.tagging)).toMatchObject([{ command: 'GetResourcesCommand', input: { PaginationToken: 'page 2' } }]);
  });
});
