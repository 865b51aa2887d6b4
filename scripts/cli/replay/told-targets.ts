/** Targets as `describe-target-health` told them: addresses, with their zone and health. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import type { Account } from '../../simulator/account.ts';
import { ApiError } from '../../simulator/api-error.ts';
import type { GroupRecord } from '../../simulator/elb.ts';
import { count } from '../render.ts';
import type { Item } from './item.ts';

type TargetItem = Extract<Item, { kind: 'snapshot' }> & {
  readonly snapshot: { readonly kind: 'targets'; readonly targets: readonly unknown[] };
};

/** So many targets that are left out are named. */
const NAMES_MAX = 3;

/** Registers them. Returns what could not be used, in words: the answer does not say of which group it is, so there has to be one. */
export function registerTold(account: Account, items: readonly Item[]): string[] {
  const told = items.filter(isOfTargets);
  const [group, ...others] = account.elb.groups.values();
  if (group === undefined) return [];
  const files = Map.groupBy(told, ({ place }) => place.file);
  if (others.length > 0) {
    return [...files.keys()].map(
      (file) => `${file}: targets are read only where there is one target group; name it by one --bind.`,
    );
  }
  return [...files].flatMap(([file, members]) => {
    const targets = members.flatMap(({ snapshot }) => snapshot.targets).filter(isObject);
    const refused = targets.flatMap((target) => {
      const why = registerOne(account, group, target);
      return why === undefined ? [] : [`${nameOf(target)} ${why}`];
    });
    if (refused.length === 0) return [];
    const more = refused.length > NAMES_MAX ? `; and ${refused.length - NAMES_MAX} more` : '';
    return [`${file}: ${count(refused.length, 'target')} left out: ${refused.slice(0, NAMES_MAX).join('; ')}${more}.`];
  });
}

function isOfTargets(item: Item): item is TargetItem {
  return item.kind === 'snapshot' && item.snapshot.kind === 'targets';
}

/** Why it cannot be registered. One that drains is on its way out, and nobody would register it again. */
function registerOne({ elb }: Account, group: GroupRecord, told: JsonObject): string | undefined {
  const target = isObject(told['Target']) ? told['Target'] : {};
  const health = isObject(told['TargetHealth']) ? told['TargetHealth'] : {};
  const state = wordOf(health['State']);
  if (state === 'draining') return undefined;
  const { Id: id, AvailabilityZone: zone } = target;
  if (typeof id !== 'string') return 'has no Id';
  if (/^m?i-[0-9a-f]+$/.test(id)) return 'is an instance, not an IP address: its group is of target type instance';
  if (id.startsWith('arn:')) return 'is not an IP address: its group is of target type lambda or alb';
  const port = Number(target['Port'] ?? group.port);
  if (!Number.isInteger(port)) return `has the port ${JSON.stringify(target['Port'])}, which is no number`;
  try {
    elb.register(group, [{ id, port, zone: typeof zone === 'string' && zone !== '' ? zone : undefined }]);
  } catch (error) {
    if (error instanceof ApiError) return `is refused: ${error.message}`;
    throw error;
  }
  if (state !== undefined) elb.tellHealth(group, { id, port }, state, wordOf(health['Reason']));
  return undefined;
}

/** PowerShell writes a word of a fixed set as an object that has it as its value. */
function wordOf(value: unknown): string | undefined {
  const word = isObject(value) ? (value['Value'] ?? value['value']) : value;
  return typeof word === 'string' ? word : undefined;
}

function nameOf({ Target: target }: JsonObject): string {
  return isObject(target) && typeof target['Id'] === 'string' ? target['Id'] : 'one';
}
