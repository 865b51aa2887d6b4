/** When a sample task lives through its states. The spans are those of captured Fargate tasks. */
import type { Random } from '../../simulator/random.ts';

/** The states of a task in a service with Cloud Map (ECS guide, "Task lifecycle"). */
export const STATUSES = [
  ...(['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING'] as const),
  ...(['DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED'] as const),
] as const;
export type Status = (typeof STATUSES)[number];

/** The moments of a life, in milliseconds. Those of its end are undefined before it has begun. */
export interface Life {
  readonly isCrash: boolean;
  readonly createdAtMs: number;
  readonly attachedAtMs: number;
  readonly pullStartedAtMs: number;
  readonly pullStoppedAtMs: number;
  readonly activatingAtMs: number;
  readonly startedAtMs: number;
  readonly stoppingAtMs: number;
  readonly deregisteredAtMs: number;
  readonly executionStoppedAtMs: number;
  readonly deprovisioningAtMs: number;
  readonly stoppedAtMs: number;
}

export interface State {
  readonly status: Status;
  readonly desired: 'RUNNING' | 'STOPPED';
  readonly atMs: number;
  readonly version: number;
}

type Beginning = Pick<
  Life,
  'createdAtMs' | 'attachedAtMs' | 'pullStartedAtMs' | 'pullStoppedAtMs' | 'activatingAtMs' | 'startedAtMs'
>;

const SERVICE_SIZE_MAX = 4;
const CRASH_P = 0.1;
/** ECS leaves an old task running for so long after its replacement has reached RUNNING. */
const OVERLAP_MS = 40_000;
const LAST_LIFE_MS = 600_000;

/**
 * The lives of the tasks of a service that is deployed again and again: each wave starts once the last one runs, and a task is
 * told to stop after its replacement runs. Without `mayCrash`, each task goes through every state.
 */
export function rollOver(count: number, fromMs: number, random: Random, mayCrash: boolean): Life[] {
  const size = Math.max(1, Math.min(SERVICE_SIZE_MAX, Math.ceil(count / 2)));
  const beginnings: Beginning[] = [];
  let waveMs = fromMs;
  for (let index = 0; index < count; index += 1) {
    if (index > 0 && index % size === 0) {
      const runningAtMs = Math.max(...beginnings.slice(-size).map(({ startedAtMs }) => startedAtMs));
      waveMs = runningAtMs + random.whole(60_000, 300_000);
    }
    beginnings.push(begin(waveMs + (index % size) * random.whole(200, 2_000), random));
  }
  return beginnings.map((beginning, index) => {
    const replacement = beginnings[index + size];
    const stopMs = replacement === undefined ? beginning.startedAtMs + LAST_LIFE_MS : replacement.startedAtMs + OVERLAP_MS;
    return end(beginning, stopMs + random.whole(0, 5_000), random, mayCrash && random.chance(CRASH_P));
  });
}

/** The states of a life in their order. Versions rise, and now and then skip one, as they do. */
export function statesOf(life: Life, random: Random): State[] {
  const { isCrash } = life;
  const moments: readonly (readonly [Status, number])[] = [
    ['PROVISIONING', life.createdAtMs],
    ['PENDING', life.attachedAtMs],
    ['ACTIVATING', life.activatingAtMs],
    ['RUNNING', life.startedAtMs],
    ...(isCrash
      ? []
      : ([
          ['DEACTIVATING', life.stoppingAtMs],
          ['STOPPING', life.deregisteredAtMs],
        ] as const)),
    ['DEPROVISIONING', life.deprovisioningAtMs],
    ['STOPPED', life.stoppedAtMs],
  ];
  let version = 0;
  return moments.map(([status, atMs]) => {
    version += random.chance(0.1) && version > 0 ? 2 : 1;
    return { status, desired: atMs > life.startedAtMs ? 'STOPPED' : 'RUNNING', atMs, version };
  });
}

function begin(createdAtMs: number, random: Random): Beginning {
  const attachedAtMs = createdAtMs + random.whole(8_800, 16_000);
  const pullStartedAtMs = attachedAtMs + random.whole(3_000, 6_000);
  const pullStoppedAtMs = pullStartedAtMs + random.whole(2_000, 12_000);
  const activatingAtMs = pullStoppedAtMs + random.whole(300, 900);
  return {
    createdAtMs,
    attachedAtMs,
    pullStartedAtMs,
    pullStoppedAtMs,
    activatingAtMs,
    startedAtMs: activatingAtMs + random.whole(3_000, 20_000),
  };
}

function end(beginning: Beginning, stopMs: number, random: Random, isCrash: boolean): Life {
  // A container that dies is noticed late; one that is told to stop takes its time.
  const stoppingAtMs = isCrash ? stopMs + random.whole(600, 25_000) : stopMs;
  const deregisteredAtMs = stoppingAtMs + random.whole(1_000, 5_000);
  const executionStoppedAtMs = isCrash ? stopMs : deregisteredAtMs + random.whole(200, 30_000);
  const deprovisioningAtMs = isCrash ? stoppingAtMs : executionStoppedAtMs + random.whole(200, 900);
  const stoppedAtMs = Math.max(executionStoppedAtMs, deprovisioningAtMs - 10_000) + random.whole(22_600, 38_200);
  return { ...beginning, isCrash, stoppingAtMs, deregisteredAtMs, executionStoppedAtMs, deprovisioningAtMs, stoppedAtMs };
}
