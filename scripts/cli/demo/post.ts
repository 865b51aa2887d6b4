/** The way of the events from ECS to the queue: some come late, some twice, some never. */
import { readEvent } from '../../../functions/core/event.ts';
import type { Deployment } from '../../simulator/deployment.ts';
import type { StateChangeEvent } from '../../simulator/events.ts';
import { Random } from '../../simulator/random.ts';
import { durationOf } from '../report/clock.ts';
import type { EventMark } from '../report/timeline.ts';

/** What may happen to an event on its way; drawn from a seed, so that the demo is the same every time. */
const LATE_P = 0.15;
const DOUBLED_P = 0.15;
const LOST_P = 0.06;

export interface PostSums {
  late: number;
  doubled: number;
  lost: number;
  delivered: number;
}

export class Post {
  readonly sums: PostSums = { late: 0, doubled: 0, lost: 0, delivered: 0 };
  /** Tasks of whose running nobody was told. */
  readonly silent = new Set<string>();
  readonly #deployment: Deployment;
  readonly #random: Random;
  readonly #note: (mark: EventMark) => void;
  readonly #muted = new Set<string>();

  constructor(deployment: Deployment, seed: number, note: (mark: EventMark) => void) {
    this.#deployment = deployment;
    this.#random = new Random(seed);
    this.#note = note;
    deployment.deliver = (event) => this.#take(event);
  }

  /** The event that the task is running will be lost. */
  mute(taskArn: string): void {
    this.#muted.add(taskArn);
  }

  #take(event: StateChangeEvent): void {
    const random = this.#random;
    const [late, doubled, unlucky] = [random.chance(LATE_P), random.chance(DOUBLED_P), random.chance(LOST_P)];
    const delayMs = late ? random.whole(5_000, 40_000) : random.whole(100, 500);
    const isStart = event.detail.desiredStatus === 'RUNNING';
    const lost = unlucky || (isStart && this.#muted.has(event.detail.taskArn));
    if (lost) {
      this.sums.lost += 1;
      if (isStart) this.silent.add(event.detail.taskArn);
      this.#mark(event, 'lost on its way');
      return;
    }
    this.sums.late += Number(late);
    this.sums.doubled += Number(doubled);
    this.#send(event, delayMs, late ? `${durationOf(delayMs)} late` : '');
    if (doubled) this.#send(event, delayMs + random.whole(100, 20_000), 'for the second time');
  }

  #send(event: StateChangeEvent, delayMs: number, how: string): void {
    this.#deployment.clock.after(delayMs, () => {
      this.sums.delivered += 1;
      this.#mark(event, how);
      this.#deployment.queue.send(JSON.stringify(event));
    });
  }

  #mark(event: StateChangeEvent, how: string): void {
    const { taskArn, lastStatus, desiredStatus, version } = event.detail;
    const reading = readEvent(event);
    const state = `${lastStatus} (desired ${desiredStatus}), version ${version}`;
    this.#note({
      atMs: this.#deployment.clock.now(),
      id: event.id,
      reading: how.startsWith('lost') ? 'lost' : reading.kind === 'tags' ? 'hint' : reading.kind,
      because: ['because' in reading ? reading.because : state, how].filter(Boolean).join(', '),
      taskArn,
      file: 'queue',
    });
  }
}
