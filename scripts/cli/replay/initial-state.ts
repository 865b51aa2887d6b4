/** The state in which a replay begins: what `describe-tasks`, `describe-target-health` and `list-instances` had answered. */

import type { Settings } from '../../../functions/core/binding-sources.ts';
import { isObject } from '../../../functions/core/json.ts';
import { parseClusterArn } from '../../../functions/core/values.ts';
import type { Account } from '../../simulator/account.ts';
import { adoptDetail } from '../../simulator/adopt.ts';
import { EPOCH_MS } from '../../simulator/clock.ts';
import { dateOf } from '../../simulator/task-description.ts';
import type { Item } from './item.ts';
import { type Owner, type ToldInstances, toldInstances } from './told-instances.ts';
import { registerTold } from './told-targets.ts';

/** The tasks that were described. */
export function toldTasks(items: readonly Item[]): readonly unknown[] {
  return items.flatMap((item) => (item.kind === 'snapshot' && item.snapshot.kind === 'tasks' ? item.snapshot.tasks : []));
}

/** When the newest of the described tasks changed last: the moment of a replay that has no events. */
export function latestTold(items: readonly Item[]): number {
  const times = toldTasks(items).flatMap((task) => {
    const { createdAt, startedAt, stoppingAt, stoppedAt } = isObject(task) ? task : {};
    return [createdAt, startedAt, stoppingAt, stoppedAt].flatMap((value) => dateOf(value)?.getTime() ?? []);
  });
  return times.reduce((latest, time) => Math.max(latest, time), EPOCH_MS);
}

/** The settings with the Cloud Map services of which instances were told. */
export function withToldServices(settings: Settings, items: readonly Item[]): Settings {
  const { services } = instancesIn(items, settings);
  return { ...settings, cloudMapServices: services.map(({ service }) => service) };
}

/** What was told and could not be used, and what was guessed, in words. */
export interface Beginning {
  readonly unused: readonly string[];
  readonly remarks: readonly string[];
}

/** Puts the account into the state that was told. */
export function beginAsTold(account: Account, settings: Settings, items: readonly Item[]): Beginning {
  for (const task of toldTasks(items)) adoptDetail(account, task);
  const { services, unused, remarks } = instancesIn(items, settings);
  for (const { service, cluster, name, line, instances } of services) {
    const record = account.cloudMap.addService(service, name);
    account.ecs.addService(cluster, name);
    record.tags.set('alb-target-sync', line);
    for (const { Id, Attributes } of instances) {
      const attributes = isObject(Attributes) ? Object.entries(Attributes).map(([key, value]) => [key, String(value)]) : [];
      account.cloudMap.register(record, String(Id), Object.fromEntries(attributes));
    }
  }
  return { unused: [...registerTold(account, items), ...unused], remarks };
}

function instancesIn(items: readonly Item[], { clusters }: Settings): ToldInstances {
  if (!items.some((item) => item.kind === 'snapshot' && item.snapshot.kind === 'instances')) {
    return { services: [], unused: [], remarks: [] };
  }
  const details = items.flatMap((item) => (item.kind === 'event' && isObject(item.event) ? [item.event['detail']] : []));
  const owners = new Map<string, Owner>();
  for (const { clusterArn, group } of [...details, ...toldTasks(items)].filter(isObject)) {
    const cluster = parseClusterArn(clusterArn);
    if (!cluster.ok || typeof group !== 'string' || !group.startsWith('service:')) continue;
    owners.set(`${cluster.value} ${group}`, { cluster: cluster.value, name: group.slice('service:'.length) });
  }
  return toldInstances(items, clusters, [...owners.values()]);
}
