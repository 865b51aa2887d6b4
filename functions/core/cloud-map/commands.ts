/** The commands that would mend what the check of a Cloud Map service finds. They are printed, and never run by the product. */

import type { Selector } from '../binding.ts';
import type { Task } from '../task.ts';
import { arnParts, cloudMapServiceIdOf, taskIdOf } from '../values.ts';
import type { InstanceService } from './instance.ts';

export function deregisterInstanceCommand({ service }: InstanceService, id: string): string {
  return `aws servicediscovery deregister-instance --service-id ${cloudMapServiceIdOf(service)} --instance-id ${id}`;
}

/**
 * Registers the task's instance with the attributes that ECS writes (ECS guide, "Service discovery"); an instance of that id is
 * written over. Instances of Service Connect name a deployment, which only ECS can do. AWS_INIT_HEALTH_STATUS is left out on
 * purpose: ECS begins with UNHEALTHY and reports health later, which it does not for what it has not registered itself; without
 * the attribute the instance is healthy from the start (Cloud Map API reference, RegisterInstance).
 */
export function registerInstanceCommand(
  { service, isManaged }: InstanceService,
  { selector: { kind, name }, port }: { readonly selector: Selector; readonly port: number | undefined },
  task: Task,
): string {
  const cluster = arnParts(task.cluster);
  if (isManaged) return `aws ecs update-service --cluster ${cluster.name} --service ${name} --force-new-deployment`;
  const attributes = {
    AWS_INSTANCE_IPV4: task.ipv4,
    AWS_INSTANCE_IPV6: task.ipv6,
    AWS_INSTANCE_PORT: port,
    AVAILABILITY_ZONE: task.zone,
    REGION: cluster.region,
    ECS_CLUSTER_NAME: cluster.name,
    ECS_SERVICE_NAME: kind === 'service' ? name : undefined,
    ECS_TASK_DEFINITION_FAMILY: task.definition.split(':')[0],
  };
  const written = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  return (
    `aws servicediscovery register-instance --service-id ${cloudMapServiceIdOf(service)} ` +
    `--instance-id ${taskIdOf(task.arn)} --attributes ${written.join(',')}`
  );
}
