/** The scenario that `npm start` tells: a service scales out, rolls over and scales in, and things go wrong on the way. */
import type { CloudMapServiceRecord } from '../../simulator/cloud-map.ts';
import type { Deployment } from '../../simulator/deployment.ts';
import { present, type TaskRecord, type TaskTiming } from '../../simulator/ecs.ts';
import { Random } from '../../simulator/random.ts';
import type { Post } from './post.ts';

const TASKS = 30;
const TASKS_LEFT = 8;
/** A deployment replaces so many tasks at a time; ECS stops the old ones 40 s after the new ones are RUNNING. */
const WAVE = 10;
const WAVE_MS = 60_000;

/** A target that somebody registers by hand, and that no task has. */
export const BY_HAND = '10.0.99.9';

export interface Chapter {
  readonly title: string;
  /** Milliseconds of virtual time that the chapter takes. */
  readonly lastsMs: number;
  happen(): void;
}

/** The chapters in order; each begins when the one before has had its time. */
export function chaptersOf(deployment: Deployment, cloudMap: CloudMapServiceRecord, post: Post, seed: number): Chapter[] {
  const { clock, account } = deployment;
  const start = starterOn(deployment, seed);
  const live = (): TaskRecord[] => [...account.ecs.tasks.values()].filter((task) => present(task).desired === 'RUNNING');
  const rollOver = (): void => {
    for (const [index, old] of live().entries()) {
      const waveMs = Math.floor(index / WAVE) * WAVE_MS;
      clock.after(waveMs, start);
      clock.after(waveMs + 70_000, () => account.ecs.stop(old));
    }
  };
  const goWrong = (): void => {
    account.elb.register(deployment.group, [{ id: BY_HAND, port: 8080, zone: undefined }]);
    const [crashing, unlisted] = live();
    if (crashing === undefined || unlisted === undefined) throw new Error('The deployment left no two tasks to tell of.');
    account.cloudMap.deregister(cloudMap, unlisted.id);
    const attributes = cloudMap.instances.get(crashing.id)?.attributes ?? {};
    account.ecs.crash(crashing);
    // The simulated ECS takes the instance out for as long as the task changes; after that it is as if it had stayed.
    clock.after(25_000, () => account.cloudMap.register(cloudMap, crashing.id, attributes));
    clock.after(10_000, () => post.mute(start().arn));
  };
  const scaleIn = (): void => {
    for (const task of live().slice(TASKS_LEFT)) account.ecs.stop(task);
  };
  return [
    {
      title: `scale out to ${TASKS} tasks`,
      lastsMs: 60_000,
      happen: () => {
        for (let each = 0; each < TASKS; each += 1) start();
      },
    },
    { title: 'rolling deployment: every task is replaced, addresses are used again', lastsMs: 240_000, happen: rollOver },
    {
      title:
        `${BY_HAND} is registered by hand; an instance vanishes from Cloud Map; a task crashes: ` +
        'its instance stays in Cloud Map, and the event that its successor runs is lost',
      lastsMs: 105_000,
      happen: goWrong,
    },
    { title: `scale in to ${TASKS_LEFT} tasks`, lastsMs: 75_000, happen: scaleIn },
  ];
}

/** Starts tasks that take their time, each its own. */
function starterOn(deployment: Deployment, seed: number): () => TaskRecord {
  const random = new Random(seed);
  const timing = (): TaskTiming => ({
    provisioningMs: random.whole(4_000, 9_000),
    pendingMs: random.whole(8_000, 20_000),
    activatingMs: undefined,
    deactivatingMs: undefined,
    stoppingMs: random.whole(1_000, 12_000),
    deprovisioningMs: random.whole(5_000, 20_000),
  });
  return () => {
    const [task] = deployment.start(1, { timing: timing() });
    if (task === undefined) throw new Error('The simulated ECS started no task when asked for one.');
    return task;
  };
}
