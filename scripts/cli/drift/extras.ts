/**
 * What only a person's look is worth: settings of Cloud Map services, health of instances, load balancers, container instances.
 * The function's role has no permission for most of these; each reading that fails is named, and the rest goes on.
 */
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import type { ClientOptions } from '../../../functions/adapters/aws.ts';
import type { InstanceService } from '../../../functions/core/cloud-map/instance.ts';
import type { Failure } from '../../../functions/core/failure.ts';
import type { Finding } from '../../../functions/core/finding.ts';
import type { TargetGroup } from '../../../functions/core/target.ts';
import { isServing, type Task } from '../../../functions/core/task.ts';
import type { ContainerInstance, GroupSettings, ServiceSettings } from './limits.ts';
import { readHealth, readService } from './look-cloud-map.ts';
import { type Interface, interfaceOf, readContainerInstances, readStopTimeout, readTasks } from './look-ecs.ts';
import { readDrain, readGroup } from './look-elb.ts';
import { Looker } from './looker.ts';

export interface Extras {
  readonly groups: readonly Omit<GroupSettings, 'targets' | 'zones'>[];
  readonly services: readonly ServiceSettings[];
  /** By Cloud Map service, by instance id. */
  readonly health: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly containerInstances: readonly ContainerInstance[];
  readonly stopTimeouts: readonly number[];
  readonly drainFindings: readonly Finding[];
  /** By task ARN: what DescribeTasks says of its interface. */
  readonly interfaces: ReadonlyMap<string, Interface>;
  readonly failures: readonly Failure[];
  readonly calls: ReadonlyMap<string, number>;
}

interface What {
  readonly groups: readonly TargetGroup[];
  readonly services: readonly InstanceService[];
  readonly tasks: readonly Task[];
}

export async function readExtras(options: ClientOptions, { groups, services, tasks }: What): Promise<Extras> {
  const looker = new Looker();
  const cloudMap = looker.watch(new ServiceDiscoveryClient(options));
  const ecs = looker.watch(new ECSClient(options));
  const elb = looker.watch(new ElasticLoadBalancingV2Client(options));
  const described = await readTasks(looker, ecs, tasks);
  const definitions = [...new Set(tasks.filter(isServing).map(({ definition }) => definition))].sort();
  const stopTimeouts = (await Promise.all(definitions.map((definition) => readStopTimeout(looker, ecs, definition)))).flat();
  const settings = await Promise.all(services.map((checked) => readService(looker, cloudMap, checked)));
  const health = await Promise.all(
    services.map(async (checked) => [checked.service, await readHealth(looker, cloudMap, checked)] as const),
  );
  const containerInstances = await readContainerInstances(looker, ecs, described);
  const groupSettings = (await Promise.all(groups.map((group) => readGroup(looker, elb, group)))).flat();
  const drains = await Promise.all(groups.map((group) => readDrain(looker, elb, group, stopTimeouts)));
  return {
    groups: groupSettings,
    services: settings.flat(),
    health: new Map(health),
    containerInstances,
    stopTimeouts: stopTimeouts.map(({ seconds }) => seconds),
    drainFindings: drains.flat(),
    interfaces: new Map(described.map((task) => [task.taskArn ?? '', interfaceOf(task)])),
    failures: looker.failures,
    calls: looker.calls,
  };
}
