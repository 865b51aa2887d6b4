/** Who held an address when. AWS gives an address to the next task within seconds, so an address alone names nobody. */
import type { TaskLane } from './timeline.ts';

/** The turning points of a task. What has not happened lies at the end of all time, which makes every comparison work. */
export interface Life {
  readonly startMs: number;
  /** From here on the address is the task's: it is placed when PROVISIONING is over. */
  readonly placedMs: number;
  readonly runningMs: number;
  /** It has been told to stop, or has begun to by itself. */
  readonly stoppingMs: number;
  readonly endMs: number;
}

/** The time in which one task was the holder of an address. It ends when the next one takes over, not when the task does. */
export interface Tenure {
  readonly task: TaskLane;
  readonly life: Life;
  readonly fromMs: number;
  readonly untilMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const ENDED: ReadonlySet<string> = new Set(['STOPPED', 'DELETED', 'RELEASED']);
const LEAVING: ReadonlySet<string> = new Set(['DEACTIVATING', 'STOPPING', 'DEPROVISIONING', ...ENDED]);

type State = TaskLane['states'][number];

export function lifeOf({ states }: TaskLane): Life {
  const first = (test: (state: State) => boolean): number => states.find(test)?.atMs ?? NEVER;
  return {
    startMs: first(() => true),
    placedMs: first(({ last }) => last.toUpperCase() !== 'PROVISIONING'),
    // May lie behind the next: a task that is told to stop while it starts is still seen RUNNING, and should not serve.
    runningMs: first(({ last }) => last.toUpperCase() === 'RUNNING'),
    stoppingMs: first(({ last, desired }) => desired.toUpperCase() === 'STOPPED' || LEAVING.has(last.toUpperCase())),
    endMs: first(({ last }) => ENDED.has(last.toUpperCase())),
  };
}

/** For every address its holders, in order. */
export function tenuresOf(tasks: readonly TaskLane[]): ReadonlyMap<string, readonly Tenure[]> {
  const holders = Map.groupBy(
    tasks.map((task) => ({ task, life: lifeOf(task) })),
    ({ task }) => task.ip,
  );
  const tenures = new Map<string, Tenure[]>();
  for (const [ip, lives] of holders) {
    if (ip === undefined) continue;
    const inOrder = lives.toSorted((one, other) => one.life.placedMs - other.life.placedMs);
    const untilMs = (index: number): number => inOrder[index + 1]?.life.placedMs ?? NEVER;
    tenures.set(
      ip,
      inOrder.map(({ task, life }, index) => ({ task, life, fromMs: life.placedMs, untilMs: untilMs(index) })),
    );
  }
  return tenures;
}
