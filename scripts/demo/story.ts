/** The story that `npm start` tells: a service scales out, rolls over and scales in, while events come late, twice or never. */

import type { CloudMapServiceRecord } from '../../test/simulator/cloud-map.ts';
import { present, type TaskRecord, type TaskTiming } from '../../test/simulator/ecs.ts';
import type { StateChangeEvent } from '../../test/simulator/events.ts';
import { Random } from '../../test/simulator/random.ts';
import type { Stage } from '../../test/simulator/stage.ts';

/** What may happen to an event on its way; drawn from a seed, so that the demo is the same every time. */
const LATE_P = 0.15;
const DOUBLED_P = 0.15;
const LOST_P = 0.06;
const TASKS = 30;
/** A deployment replaces so many tasks at a time; ECS stops the old ones 40 s after the new ones are RUNNING. */
const WAVE = 10;
const WAVE_MS = 60_000;

export interface Delivery {
  late: number;
  doubled: number;
  lost: number;
  delivered: number;
}

/** Lets events of the stage come late, twice or never. */
export function disturbEvents(stage: Stage, seed: number): Delivery {
  const random = new Random(seed);
  const sums: Delivery = { late: 0, doubled: 0, lost: 0, delivered: 0 };
  const send = (event: StateChangeEvent, delayMs: number): void => {
    stage.clock.after(delayMs, () => {
      sums.delivered += 1;
      stage.queue.send(JSON.stringify(event));
    });
  };
  stage.deliver = (event) => {
    const [late, doubled, lost] = [random.chance(LATE_P), random.chance(DOUBLED_P), random.chance(LOST_P)];
    const delayMs = late ? random.whole(5_000, 40_000) : random.whole(100, 500);
    sums.late += Number(late);
    sums.doubled += Number(doubled);
    sums.lost += Number(lost);
    if (!lost) send(event, delayMs);
    if (!lost && doubled) send(event, delayMs + random.whole(100, 20_000));
  };
  return sums;
}

export interface Chapter {
  readonly title: string;
  /** Milliseconds of virtual time that the chapter takes. */
  readonly lastsMs: number;
  happen(): void;
}

/** The chapters in order; each begins when the one before has had its time. */
export function chaptersOf(stage: Stage, cloudMap: CloudMapServiceRecord, seed: number): Chapter[] {
  const random = new Random(seed);
  const timing = (): TaskTiming => ({
    provisioningMs: random.whole(4_000, 9_000),
    pendingMs: random.whole(8_000, 20_000),
    activatingMs: undefined,
    deactivatingMs: undefined,
    stoppingMs: random.whole(1_000, 12_000),
    deprovisioningMs: random.whole(5_000, 20_000),
  });
  const startOne = (): void => {
    stage.start(1, { timing: timing() });
  };
  const live = (): TaskRecord[] => [...stage.account.ecs.tasks.values()].filter((task) => present(task).desired === 'RUNNING');
  const startMany = (count: number): void => {
    for (let each = 0; each < count; each += 1) startOne();
  };
  const rollOver = (): void => {
    for (const [index, old] of live().entries()) {
      const waveMs = Math.floor(index / WAVE) * WAVE_MS;
      stage.clock.after(waveMs, startOne);
      stage.clock.after(waveMs + 70_000, () => stage.account.ecs.stop(old));
    }
  };
  return [
    { title: `scale out to ${TASKS} tasks`, lastsMs: 60_000, happen: () => startMany(TASKS) },
    { title: 'rolling deployment: every task is replaced, addresses are used again', lastsMs: 240_000, happen: rollOver },
    {
      title: 'a person registers 10.0.99.9 by hand; a task crashes; an instance vanishes from Cloud Map',
      lastsMs: 75_000,
      happen: () => {
        stage.account.elb.register(stage.group, [{ id: '10.0.99.9', port: 8080, zone: undefined }]);
        const [crashing, unlisted] = live();
        if (crashing !== undefined) stage.account.ecs.crash(crashing);
        if (unlisted !== undefined) stage.account.cloudMap.deregister(cloudMap, unlisted.id);
      },
    },
    {
      title: 'scale in to 8 tasks',
      lastsMs: 135_000,
      happen: () => {
        for (const task of live().slice(8)) stage.account.ecs.stop(task);
      },
    },
  ];
}
