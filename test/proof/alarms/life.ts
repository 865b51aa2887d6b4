/** The ordinary life of a service by the seed: rolling deployments, scaling, crashes, cold starts, and an event lost now and then. */
import type { Random } from '../../../scripts/simulator/random.ts';
import { LINE, MINUTE_MS, type World } from './world.ts';

const LOST_OF_EVENTS = 0.02;
/** Over weeks the service would grow without end. */
const TASKS_MAX = 60;
/** As long as ECS waits before it stops the tasks that others replace. */
const REPLACED_AFTER_MS = 75_000;

export class Life {
  readonly counts = { deployments: 0, crashes: 0, lostEvents: 0 };
  /** The share of all events that never arrives. */
  lostOfEvents = LOST_OF_EVENTS;
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    const { deployment } = world;
    deployment.deliver = (event) => {
      if (random.chance(this.lostOfEvents)) this.counts.lostEvents += 1;
      else deployment.clock.after(random.whole(50, 300), () => deployment.queue.send(JSON.stringify(event)));
    };
    // The stack is fresh until somebody binds the group and starts tasks.
    deployment.clock.after(random.whole(0, 120 * MINUTE_MS), () => {
      world.tag(LINE);
      world.start(random.whole(2, 20));
      this.#goOn();
    });
  }

  /** Events come as usual again. */
  deliverAsUsual(): void {
    this.lostOfEvents = LOST_OF_EVENTS;
  }

  deploy(): void {
    this.counts.deployments += 1;
    const running = this.#world.tasks.length;
    const step = Math.max(1, Math.ceil(running / this.#random.whole(1, 4)));
    const steps = Math.ceil(running / step);
    for (let each = 0; each < steps; each += 1) {
      this.#world.deployment.clock.after(each * 2 * MINUTE_MS, () => this.#replace(step));
    }
  }

  #goOn(): void {
    const { deployment } = this.#world;
    // Not at whole minutes: the schedule ticks then, and would find all of it equally young.
    deployment.clock.after(this.#random.whole(10 * MINUTE_MS, 120 * MINUTE_MS), () => {
      const dice = this.#random.next();
      if (dice < 0.5) this.deploy();
      else if (dice < 0.7) this.#scale();
      else if (dice < 0.85) this.#crash();
      else deployment.lambda.replaceEnvironments();
      this.#goOn();
    });
  }

  #replace(count: number): void {
    this.#world.start(count);
    this.#world.deployment.clock.after(REPLACED_AFTER_MS, () => this.#stop(count, count));
  }

  #crash(): void {
    const task = this.#world.tasks.shift();
    if (task === undefined) return;
    this.counts.crashes += 1;
    this.#world.account.ecs.crash(task);
    this.#world.start(1);
  }

  #scale(): void {
    if (this.#random.chance(0.5) && this.#world.tasks.length < TASKS_MAX) this.#world.start(this.#random.whole(1, 5));
    else this.#stop(this.#random.whole(1, 3), 2);
  }

  /** Stops so many tasks, and leaves so many at least. */
  #stop(count: number, left: number): void {
    for (let each = 0; each < count && this.#world.tasks.length > left; each += 1) this.#world.stopOldest();
  }
}
