/** ECS as the writer of Cloud Map instances: one per task of a service, some time after the task needs it, and not always. */
import type { VirtualClock } from './clock.ts';
import type { CloudMap, CloudMapServiceRecord } from './cloud-map.ts';
import type { TaskRecord, TaskState } from './ecs.ts';

export interface Registrar {
  readonly service: CloudMapServiceRecord;
  /** Service Connect writes other attributes than service discovery, and always a port. */
  readonly shape?: 'discovery' | 'connect';
  /** The port in the records; service discovery has one for SRV only. */
  readonly port?: number;
  /** How long ECS takes from the task's change to its own call. */
  readonly delayMs?: () => number;
  /** Whether ECS leaves a registration or a deregistration out. */
  readonly omits?: (what: 'register' | 'deregister') => boolean;
}

/** Takes up a change of a task that the registrar is in charge of. */
export function keepInstance(
  clock: VirtualClock,
  cloudMap: CloudMap,
  registrar: Registrar,
  task: TaskRecord,
  state: TaskState,
): void {
  const what = whatToDo(task, state);
  if (what === undefined || registrar.omits?.(what)) return;
  const write = (): void => {
    const { service } = registrar;
    // The service may have been deleted, and its instance may be gone already: ECS goes on in silence.
    if (cloudMap.services.get(service.id) !== service) return;
    if (what === 'register') cloudMap.register(service, task.id, attributesOf(registrar, task, state));
    else if (service.instances.has(task.id)) cloudMap.deregister(service, task.id);
  };
  const delayMs = registrar.delayMs?.() ?? 0;
  if (delayMs === 0) write();
  else clock.after(delayMs, write);
}

function whatToDo(task: TaskRecord, state: TaskState): 'register' | 'deregister' | undefined {
  const before = task.history.at(-2);
  if (state.desired === 'STOPPED') return before?.desired === 'RUNNING' ? 'deregister' : undefined;
  // ACTIVATING is the state in which ECS registers, for tasks that have it (ECS guide, "Amazon ECS task lifecycle").
  const begins = task.timing.activatingMs === undefined ? 'RUNNING' : 'ACTIVATING';
  return state.last === begins && before?.last !== begins ? 'register' : undefined;
}

function attributesOf(
  { service, shape = 'discovery', port }: Registrar,
  task: TaskRecord,
  state: TaskState,
): Record<string, string> {
  const [, , , region = '', account = '', cluster = ''] = task.clusterArn.split(':');
  const clusterName = cluster.slice('cluster/'.length);
  const serviceName = task.group.slice('service:'.length);
  const addresses = {
    ...(state.ipv4 === undefined ? {} : { AWS_INSTANCE_IPV4: state.ipv4 }),
    ...(state.ipv6 === undefined ? {} : { AWS_INSTANCE_IPV6: state.ipv6 }),
  };
  if (shape === 'connect') {
    return {
      ...addresses,
      AWS_INSTANCE_PORT: String(port ?? 8080),
      AvailabilityZone: task.zone,
      DeploymentId: `arn:aws:ecs:${region}:${account}:task-set/${clusterName}/${serviceName}/ecs-svc/1234567890123456789`,
      IdleTimeoutInSeconds: '0',
      PerRequestTimeoutInSeconds: '0',
    };
  }
  const isSrv = service.records.some(({ Type }) => Type === 'SRV');
  return {
    ...addresses,
    ...(isSrv ? { AWS_INSTANCE_PORT: String(port ?? 8080) } : {}),
    ...(service.healthCheck === 'custom' ? { AWS_INIT_HEALTH_STATUS: 'UNHEALTHY' } : {}),
    AVAILABILITY_ZONE: task.zone,
    REGION: region,
    ECS_CLUSTER_NAME: clusterName,
    ECS_SERVICE_NAME: serviceName,
    ECS_TASK_DEFINITION_FAMILY: task.definition.split(':')[0] ?? '',
  };
}
