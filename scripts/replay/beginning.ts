/** The state in which a replay begins: what `describe-tasks`, `describe-target-health` and `list-instances` had answered. */
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { arnParts, type CloudMapServiceArn, type ClusterArn, parseCloudMapServiceArn } from '../../functions/core/values.ts';
import type { Settings } from '../../functions/core/wirings.ts';
import type { Account } from '../../test/simulator/account.ts';
import { adoptDetail } from '../../test/simulator/adopt.ts';
import type { Item } from './item.ts';

interface ToldInstances {
  readonly service: CloudMapServiceArn;
  /** The ECS service whose tasks the instances are. */
  readonly name: string;
  readonly instances: readonly JsonObject[];
}

/** The tasks that were described. */
export function toldTasks(items: readonly Item[]): readonly unknown[] {
  return items.flatMap((item) => (item.kind === 'snapshot' && item.snapshot.kind === 'tasks' ? item.snapshot.tasks : []));
}

/** The settings with the Cloud Map services of which instances were told. */
export function withToldServices(settings: Settings, items: readonly Item[]): Settings {
  return { ...settings, cloudMapServices: toldInstances(items, settings.clusters).map(({ service }) => service) };
}

/** Puts the account into the state that was told. Returns what could not be used, in words. */
export function beginAsTold(account: Account, settings: Settings, items: readonly Item[]): string[] {
  for (const task of toldTasks(items)) adoptDetail(account, task);
  for (const { service, name, instances } of toldInstances(items, settings.clusters)) {
    const record = account.cloudMap.addService(service, name);
    record.tags.set('alb-target-sync', `service=${name}`);
    for (const { Id, Attributes } of instances) {
      const attributes = isObject(Attributes) ? Object.entries(Attributes).map(([key, value]) => [key, String(value)]) : [];
      account.cloudMap.register(record, String(Id), Object.fromEntries(attributes));
    }
  }
  return registerTold(account, items);
}

/** A `describe-target-health` answer does not say of which group it is, so it is read only where there is one. */
function registerTold(account: Account, items: readonly Item[]): string[] {
  const told = items.flatMap((item) => (item.kind === 'snapshot' && item.snapshot.kind === 'targets' ? [item] : []));
  const [group, ...others] = account.elb.groups.values();
  if (group === undefined || others.length > 0) {
    return told.map(
      ({ place }) => `${place.file}: targets are read only where there is one target group; name it by one --wire.`,
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

/** Instances by the ECS service that their attributes name; those of Service Connect name none and are left to the only service. */
function toldInstances(items: readonly Item[], [cluster]: readonly ClusterArn[]): ToldInstances[] {
  if (cluster === undefined) return [];
  const all = items.flatMap((item) =>
    item.kind === 'snapshot' && item.snapshot.kind === 'instances' ? item.snapshot.instances : [],
  );
  const named = Map.groupBy(all.filter(isObject), (instance) => {
    const { Attributes } = instance;
    return isObject(Attributes) && typeof Attributes['ECS_SERVICE_NAME'] === 'string' ? Attributes['ECS_SERVICE_NAME'] : '';
  });
  return [...named].flatMap(([name, instances]) => {
    const { region, account } = arnParts(cluster);
    const arn = parseCloudMapServiceArn(`arn:aws:servicediscovery:${region}:${account}:service/srv-${name}`);
    return name !== '' && arn.ok ? [{ service: arn.value, name, instances }] : [];
  });
}
