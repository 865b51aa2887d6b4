/** The Resource Groups Tagging API (its API reference, GetResources): a copy of all tags that is behind the services' own. */
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { type Input, objects, text, texts, whole } from './api-input.ts';
import type { Tags } from './tags.ts';

const PAGE_MAX = 100;
/** Of a page, where nothing is said about it. AWS names no number, and may give less than was asked for. */
const PAGE_DEFAULT = 50;
const KEYS_MAX = 50;
const VALUES_MAX = 20;
const TOKEN_LIVES_MS = 15 * 60_000;

interface Resource {
  readonly arn: string;
  readonly tags: Tags;
}

export function taggingApi(account: Account) {
  return {
    GetResources: (input: Input) => {
      const nowMs = account.clock.now();
      const filters = filtersOf(input);
      const types = texts(input, 'ResourceTypeFilters');
      const arns = texts(input, 'ResourceARNList');
      if (arns.length > 0 && (filters.length > 0 || types.length > 0)) {
        throw new ApiError('InvalidParameterException', 'ResourceARNList cannot be used together with other filters.');
      }
      const size = whole(input, 'ResourcesPerPage') ?? PAGE_DEFAULT;
      if (size < 1 || size > PAGE_MAX) throw tooMany('resourcesPerPage', PAGE_MAX);
      const atMs = nowMs - account.tagging.lagMs();
      const found = resourcesOf(account, types).flatMap(({ arn, tags }) => {
        const told = tags.at(atMs);
        const isAsked = told !== undefined && (arns.length === 0 || arns.includes(arn)) && isOfType(arn, types);
        return isAsked && filters.every((matches) => matches(told)) ? [{ arn, told }] : [];
      });
      const from = placeOf(text(input, 'PaginationToken') ?? '', nowMs);
      return {
        ResourceTagMappingList: found.slice(from, from + size).map(({ arn, told }) => ({
          ResourceARN: arn,
          Tags: [...told].map(([Key, Value]) => ({ Key, Value })),
        })),
        PaginationToken: from + size < found.length ? `${from + size}@${nowMs}` : '',
      };
    },
  };
}

/** What can have tags, and what could until a while ago. There may be thousands of tasks: they are looked at where they are asked for. */
function resourcesOf({ ecs, elb, cloudMap, clock, tagging }: Account, types: readonly string[]): readonly Resource[] {
  const sinceMs = clock.now() - tagging.deletedLagMs();
  const deleted = [...elb.deleted].filter(([, atMs]) => atMs > sinceMs).map(([group]) => group);
  const areTasksAsked = types.length === 0 || types.some((type) => type === 'ecs' || type === 'ecs:task');
  const tasks = areTasksAsked ? [...ecs.tasks.values()].filter(({ tags }) => tags.wereEver) : [];
  return [...elb.groups.values(), ...deleted, ...cloudMap.services.values(), ...tasks];
}

/** `service` or `service:type`, as in an ARN. */
function isOfType(arn: string, types: readonly string[]): boolean {
  const [, , service = '', , , resource = ''] = arn.split(':');
  const type = resource.slice(0, resource.indexOf('/'));
  return types.length === 0 || types.includes(service) || types.includes(`${service}:${type}`);
}

function filtersOf(input: Input): ((tags: ReadonlyMap<string, string>) => boolean)[] {
  const filters = objects(input, 'TagFilters');
  if (filters.length > KEYS_MAX) throw tooMany('tagFilters', KEYS_MAX);
  return filters.map((filter, index) => {
    const [key, values] = [text(filter, 'Key') ?? '', texts(filter, 'Values')];
    if (values.length > VALUES_MAX) throw tooMany(`tagFilters.${index + 1}.member.values`, VALUES_MAX);
    return (tags) => {
      const value = tags.get(key);
      return value !== undefined && (values.length === 0 || values.includes(value));
    };
  });
}

/** A token leads on for a quarter of an hour. */
function placeOf(token: string, nowMs: number): number {
  if (token === '') return 0;
  const [, place, givenMs] = /^(\d+)@(\d+)$/.exec(token) ?? [];
  if (place === undefined) throw new ApiError('InvalidParameterException', 'The PaginationToken is not valid.');
  if (nowMs - Number(givenMs) > TOKEN_LIVES_MS) {
    throw new ApiError('PaginationTokenExpiredException', 'The PaginationToken has expired.');
  }
  return Number(place);
}

function tooMany(field: string, most: number): ApiError {
  return new ApiError(
    'InvalidParameterException',
    `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
  );
}
