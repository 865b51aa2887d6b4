/** Every difference between running tasks and targets, as the account itself knows it: since when, until when. */
import { present, type TaskRecord } from '../../../scripts/simulator/ecs.ts';
import type { World } from './world.ts';

export interface Difference {
  /** A task that runs without its target, or a target that outlives the order to stop its task. */
  readonly kind: 'register' | 'deregister';
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Made up for by a write, and not by the end of the task or by a new owner of the address. */
  readonly isMadeUpFor: boolean;
}

const WRITES = new Set(['RegisterTargets', 'DeregisterTargets']);
const PORT = 8080;

export class Differences {
  readonly #ended: Difference[] = [];
  readonly #world: World;
  /** By `ip:port`. */
  readonly #missing = new Map<string, number>();
  readonly #left = new Map<string, number>();
  #registered: ReadonlySet<string> = new Set();

  constructor(world: World) {
    this.#world = world;
    world.account.onEvent(({ detail }) => {
      const task = world.account.ecs.tasks.get(detail.taskArn);
      if (task !== undefined) this.#taskChanged(task);
    });
    world.watched.effected = (operation) => {
      if (WRITES.has(operation)) this.#written();
    };
  }

  /** Those that last until now among them. */
  get all(): Difference[] {
    const untilMs = this.#world.nowMs;
    const open = (kind: Difference['kind'], sinceMs: Iterable<number>): Difference[] =>
      [...sinceMs].map((each) => ({ kind, sinceMs: each, untilMs, isMadeUpFor: false }));
    return [...this.#ended, ...open('register', this.#missing.values()), ...open('deregister', this.#left.values())];
  }

  #taskChanged(task: TaskRecord): void {
    const { ipv4, last, desired } = present(task);
    if (ipv4 === undefined) return;
    const key = `${ipv4}:${PORT}`;
    if (desired === 'RUNNING') {
      if (last === 'RUNNING') this.#started(key);
    } else this.#told(key);
  }

  #started(key: string): void {
    this.#end('deregister', this.#left, key, false);
    if (!this.#registered.has(key)) this.#missing.set(key, this.#missing.get(key) ?? this.#world.nowMs);
  }

  /** To stop. The later events of the stop say nothing new, and the address may have a new owner by the last of them. */
  #told(key: string): void {
    const [address = ''] = key.split(':');
    if (this.#world.account.ecs.holdersOf(address).length > 0) return;
    this.#end('register', this.#missing, key, false);
    if (this.#registered.has(key)) this.#left.set(key, this.#left.get(key) ?? this.#world.nowMs);
  }

  #written(): void {
    const { account, group } = this.#world;
    this.#registered = new Set(account.elb.registered(group));
    for (const key of [...this.#missing.keys()].filter((each) => this.#registered.has(each))) {
      this.#end('register', this.#missing, key, true);
    }
    for (const key of [...this.#left.keys()].filter((each) => !this.#registered.has(each))) {
      this.#end('deregister', this.#left, key, true);
    }
  }

  #end(kind: Difference['kind'], open: Map<string, number>, key: string, isMadeUpFor: boolean): void {
    const sinceMs = open.get(key);
    open.delete(key);
    if (sinceMs !== undefined) this.#ended.push({ kind, sinceMs, untilMs: this.#world.nowMs, isMadeUpFor });
  }
}
