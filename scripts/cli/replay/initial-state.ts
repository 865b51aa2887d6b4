/** The state in which a replay begins: what `describe-tasks`, `describe-target-health` and `list-instances` had answered. */

import type { Settings } from '../../../functions/core/binding-sources.ts';
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import { arnParts, type CloudMapServiceArn, type ClusterArn, parseCloudMapServiceArn } from '../../../functions/core/values.ts';
import type { Account } from '../../simulator/account.ts';
import { adoptDetail } from '../../simulator/adopt.ts';
import { EPOCH_MS } from '../../simulator/clock.ts';
import { dateOf } from '../../simulator/task-description.ts';
import type { Item } from './item.ts';

interface ToldInstances {
  readonly service: CloudMapServiceArn;
  readonly cluster: ClusterArn;
  /** The ECS service whose tasks the instances are. */
  readonly name: string;
  /** The binding that says so. */
  readonly line: string;
  readonly instances: readonly JsonObject[];
}

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
  return { ...settings, cloudMapServices: toldInstances(items, settings.clusters).map(({ service }) => service) };
}

/** Puts the account into the state that was told. Returns what could not be used, in words. */
export function beginAsTold(account: Account, settings: Settings, items: readonly Item[]): string[] {
  for (const task of toldTasks(items)) adoptDetail(account, task);
  for (const { service, cluster, name, line, instances } of toldInstances(items, settings.clusters)) {
    const record = account.cloudMap.addService(service, name);
    account.ecs.addService(cluster, name);
    record.tags.set('alb-target-sync', line);
    for (const { Id, Attributes } of instances) {
      const attributes = isObject(Attributes) ? Object.entries(Attributes).map(([key, value]) => [key, String(value)]) : [];
      account.cloudMap.register(record, String(Id), Object.fromEntries(attributes));
    }
  }
  return [...registerTold(account, items), ...namelessInstances(items)];
}

/** Instances of Service Connect do not say whose they are. */
function namelessInstances(items: readonly Item[]): string[] {
  return items.flatMap((item) => {
    if (item.kind !== 'snapshot' || item.snapshot.kind !== 'instances') return [];
    const nameless = item.snapshot.instances.filter((each) => attributeOf(each, 'ECS_SERVICE_NAME') === '').length;
    if (nameless === 0) return [];
    return [
      `${item.place.file}: ${nameless} instances are not compared, since no attribute ECS_SERVICE_NAME says whose they are.`,
    ];
  });
}

/** A `describe-target-health` answer does not say of which group it is, so it is read only where there is one. */
function registerTold(account: Account, items: readonly Item[]): string[] {
  const told = items.flatMap((item) => (item.kind === 'snapshot' && item.snapshot.kind === 'targets' ? [item] : []));
  const [group, ...others] = account.elb.groups.values();
  if (group === undefined || others.length > 0) {
    return told.map(
      ({ place }) => `${place.file}: targets are read only where there is one target group; name it by one --bind.`,
    );
  }
  for (const { snapshot } of told) {
    for (const each of snapshot.kind === 'targets' ? snapshot.targets : []) {
      const target = isObject(each) && isObject(each['Target']) ? each['Target'] : {};
      const health = isObject(each) && isObject(each['TargetHealth']) ? each['TargetHealth'] : {};
      const { Id: id, Port: port } = target;
      if (typeof id !== 'string' || typeof port !== 'number' || health['State'] === 'draining') continue;
      account.elb.register(group, [{ id, port, zone: undefined }]);
    }
  }
  return [];
}

/** Instances by the ECS service that their attributes name. */
function toldInstances(items: readonly Item[], clusters: readonly ClusterArn[]): ToldInstances[] {
  const [first] = clusters;
  if (first === undefined) return [];
  const all = items.flatMap((item) =>
    item.kind === 'snapshot' && item.snapshot.kind === 'instances' ? item.snapshot.instances : [],
  );
  const named = Map.groupBy(all.filter(isObject), (instance) => attributeOf(instance, 'ECS_SERVICE_NAME'));
  return [...named].flatMap(([name, instances]) => {
    const told = attributeOf(instances[0], 'ECS_CLUSTER_NAME');
    const cluster = clusters.find((arn) => arnParts(arn).name === told) ?? first;
    const { region, account } = arnParts(cluster);
    const arn = parseCloudMapServiceArn(`arn:aws:servicediscovery:${region}:${account}:service/srv-${name}`);
    const line = clusters.length > 1 ? `cluster=${arnParts(cluster).name} service=${name}` : `service=${name}`;
    return name !== '' && arn.ok ? [{ service: arn.value, cluster, name, line, instances }] : [];
  });
}

function attributeOf(instance: unknown, key: string): string {
  const attributes = isObject(instance) && isObject(instance['Attributes']) ? instance['Attributes'] : {};
  return typeof attributes[key] === 'string' ? attributes[key] : '';
}
