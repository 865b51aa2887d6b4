/** The event of a sample task in a state, with all that real ones carry (ECS guide, "Amazon ECS task state change events"). */
import type { EventEnvelope } from '../../simulator/events.ts';
import type { Random } from '../../simulator/random.ts';
import type { Life, State } from './life.ts';

export type SampleEvent = EventEnvelope<Readonly<Record<string, unknown>>>;

/** What stays the same in a task's life. */
export interface SampleTask {
  readonly id: string;
  readonly arn: string;
  readonly clusterArn: string;
  readonly service: string;
  readonly revision: number;
  /** The deployment's id, which ECS writes as the one who started the task. */
  readonly startedBy: string;
  readonly zone: string;
  readonly ip: string;
  readonly life: Life;
  readonly isSpot: boolean;
  readonly containers: readonly SampleContainer[];
  readonly interfaceAttachment: string;
  readonly instanceAttachment: string;
  readonly interfaceId: string;
  readonly mac: string;
}

interface SampleContainer {
  readonly id: string;
  readonly name: string;
  /** The containers that AWS adds come without an image. */
  readonly image: string | undefined;
  readonly digest: string;
}

/** Hexadecimal digits, as ids are made of. */
export function hex(random: Random, length: number): string {
  return Array.from({ length }, () => random.whole(0, 15).toString(16)).join('');
}

export function uuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((length) => hex(random, length)).join('-');
}

export function eventOf(task: SampleTask, state: State, random: Random): SampleEvent {
  const [, , , region = '', account = ''] = task.clusterArn.split(':');
  return {
    version: '0',
    id: uuid(random),
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account,
    time: `${new Date(state.atMs).toISOString().slice(0, 19)}Z`,
    region,
    resources: [task.arn],
    detail: detailOf(task, state, random),
  };
}

function detailOf(task: SampleTask, state: State, random: Random): Readonly<Record<string, unknown>> {
  const { life } = task;
  const told = <Value>(fromMs: number, value: Value): Value | undefined => (state.atMs >= fromMs ? value : undefined);
  const time = (atMs: number) => told(atMs, iso(atMs));
  const isStopping = state.desired === 'STOPPED';
  return {
    attachments: attachmentsOf(task, state, random),
    attributes: [{ name: 'ecs.cpu-architecture', value: 'arm64' }],
    availabilityZone: task.zone,
    capacityProviderName: task.isSpot ? 'FARGATE_SPOT' : undefined,
    clusterArn: task.clusterArn,
    connectivity: told(life.activatingAtMs, 'CONNECTED'),
    connectivityAt: told(life.activatingAtMs, iso(life.attachedAtMs)),
    containers: task.containers.map((container) => containerOf(task, container, state)),
    cpu: '512',
    createdAt: iso(life.createdAtMs),
    desiredStatus: state.desired,
    enableExecuteCommand: false,
    ephemeralStorage: { sizeInGiB: 20 },
    executionStoppedAt: isStopping ? time(life.executionStoppedAtMs) : undefined,
    group: `service:${task.service}`,
    launchType: 'FARGATE',
    lastStatus: state.status,
    memory: '1024',
    overrides: { containerOverrides: task.containers.map(({ name }) => ({ name })) },
    platformVersion: '1.4.0',
    pullStartedAt: time(life.pullStartedAtMs),
    pullStoppedAt: time(life.pullStoppedAtMs),
    startedAt: time(life.startedAtMs),
    startedBy: task.startedBy,
    stoppingAt: isStopping ? time(life.stoppingAtMs) : undefined,
    stoppedAt: time(life.stoppedAtMs),
    stoppedReason: isStopping ? reasonOf(task) : undefined,
    stopCode: isStopping ? (life.isCrash ? 'EssentialContainerExited' : 'ServiceSchedulerInitiated') : undefined,
    taskArn: task.arn,
    taskDefinitionArn: `${task.clusterArn.replace(/:cluster\/.*/, '')}:task-definition/${task.service}:${task.revision}`,
    updatedAt: iso(state.atMs),
    version: state.version,
  };
}

function reasonOf({ life, startedBy }: SampleTask): string {
  return life.isCrash ? 'Essential container in task exited' : `Scaling activity initiated by (deployment ${startedBy})`;
}

/** The network interface, and the Cloud Map instance, which comes first more often than not. */
function attachmentsOf(task: SampleTask, state: State, random: Random): readonly unknown[] {
  const { life, ip } = task;
  const isAttached = state.atMs >= life.attachedAtMs;
  const subnet = { name: 'subnetId', value: 'subnet-0a1b2c3d4e5f60718' };
  const details = [
    subnet,
    { name: 'networkInterfaceId', value: task.interfaceId },
    { name: 'macAddress', value: task.mac },
    { name: 'privateDnsName', value: `ip-${ip.replaceAll('.', '-')}.${task.zone.slice(0, -1)}.compute.internal` },
    { name: 'privateIPv4Address', value: ip },
  ];
  const status = state.status === 'STOPPED' ? 'DELETED' : isAttached ? 'ATTACHED' : 'PRECREATED';
  const network = { id: task.interfaceAttachment, type: 'eni', status, details: isAttached ? details : [subnet] };
  const instance = { id: task.instanceAttachment, type: 'sdi', status: instanceStatusOf(task, state), details: [] };
  return random.chance(0.85) ? [instance, network] : [network, instance];
}

function instanceStatusOf({ life }: SampleTask, { atMs }: State): string {
  if (atMs < life.startedAtMs) return 'PRECREATED';
  return atMs < (life.isCrash ? life.deprovisioningAtMs : life.deregisteredAtMs) ? 'ATTACHED' : 'DELETED';
}

function containerOf(
  task: SampleTask,
  container: SampleContainer,
  { atMs, desired }: State,
): Readonly<Record<string, unknown>> {
  const { life } = task;
  const isStarted = atMs >= life.activatingAtMs;
  const isOver = desired === 'STOPPED' && atMs >= life.executionStoppedAtMs;
  const isInterfaced = atMs >= life.attachedAtMs;
  return {
    containerArn: `${task.arn.replace(':task/', ':container/')}/${container.id}`,
    exitCode: isOver ? (life.isCrash ? 137 : 0) : undefined,
    lastStatus: isOver ? 'STOPPED' : isStarted ? 'RUNNING' : 'PENDING',
    name: container.name,
    image: container.image,
    imageDigest: isStarted && container.image !== undefined ? container.digest : undefined,
    runtimeId: isStarted ? `${task.id}-${Number.parseInt(container.id.slice(0, 8), 16)}` : undefined,
    taskArn: task.arn,
    networkInterfaces: isInterfaced ? [{ attachmentId: task.interfaceAttachment, privateIpv4Address: task.ip }] : [],
    cpu: '0',
  };
}

/** As events write times: without the zeros at the end of the fraction. */
function iso(atMs: number): string {
  return new Date(atMs).toISOString().replace(/0{1,2}Z$/, 'Z');
}
