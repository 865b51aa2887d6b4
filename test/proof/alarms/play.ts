/** Plays one fault in a watched stack: how long until alarms ring, and until they clear once the cause is gone. */
import { LOG_GROUP } from '../../../scripts/simulator/aws-api.ts';
import { CLUSTER, type SettingsText } from '../../../scripts/simulator/deployment.ts';
import { present, type TaskRecord, type TaskSpec } from '../../../scripts/simulator/ecs.ts';
import { Watched } from '../../../scripts/simulator/watched.ts';
import { compositeAlarms, metricAlarms, NAMES } from '../../../scripts/tools/template/alarms.ts';

export const MINUTE_MS = 60_000;
export const LINE = 'service=app port=8080';
const TAG = 'alb-target-sync';
const ALARMS = metricAlarms();
const COMPOSITES = compositeAlarms();
/** So long everything is well before the fault, and again after its end. */
const WELL_MS = 10 * MINUTE_MS;
/** Whatever has not cleared by then does not clear by itself. */
const CLEARS_WITHIN_MS = 30 * MINUTE_MS;

export interface Fault {
  readonly name: string;
  /** What the function says about it, among other things. */
  readonly kinds: readonly string[];
  /** Every alarm that rings, and no other. */
  readonly alarms: readonly string[];
  readonly settings?: Partial<SettingsText>;
  /** What is the case before, besides four tasks in step. */
  readonly prepare?: (world: World) => void;
  readonly begin: (world: World) => void | Promise<void>;
  /** Half an hour unless it says so. */
  readonly lastsMs?: number;
  /** What a person does about it, or what passes by itself. */
  readonly end: (world: World) => void;
}

export interface Ring {
  readonly alarm: string;
  readonly afterMs: number;
  /** From the end of the cause; undefined where it has not cleared. */
  readonly clearedAfterMs: number | undefined;
  /** More than once is flapping. */
  readonly times: number;
}

export interface Played {
  readonly fault: Fault;
  readonly rings: readonly Ring[];
  /** Kinds of the findings that were logged while it lasted. */
  readonly kinds: readonly string[];
  /** Alarms that rang before anything was wrong, or after it was over. */
  readonly falseAlarms: readonly string[];
}

export class World {
  readonly watched: Watched;
  readonly tasks: TaskRecord[] = [];

  /** By default a stack that finds its groups by their tags. */
  constructor(settings: Partial<SettingsText> = {}, forgets = false) {
    const byTag = { clusters: [], targetGroups: [], binding: '', ...settings };
    this.watched = new Watched({ names: NAMES, alarms: ALARMS, composites: COMPOSITES, settings: byTag, forgets });
  }

  get deployment() {
    return this.watched.deployment;
  }

  get account() {
    return this.deployment.account;
  }

  get group() {
    return this.deployment.group;
  }

  get nowMs(): number {
    return this.deployment.clock.now();
  }

  tag(text: string | undefined, key = TAG): void {
    this.account.changeTag(this.group, key, text);
  }

  start(count: number, spec: Partial<TaskSpec> = {}): TaskRecord[] {
    const started = this.deployment.start(count, { timing: {}, ...spec });
    this.tasks.push(...started);
    return started;
  }

  /** Stops the task that has run longest. */
  stopOldest(): TaskRecord {
    const task = this.tasks.shift();
    if (task === undefined) throw new Error('There is no task left to stop.');
    this.account.ecs.stop(task);
    return task;
  }

  hold(tasks: readonly TaskRecord[], isHeld: boolean): void {
    for (const task of tasks) this.account.changeTag(task, TAG, isHeld ? 'hold' : undefined);
  }

  /** What somebody does by hand in the console. */
  registerByHand(id: string, port = 8080): void {
    this.account.elb.register(this.group, [{ id, port, zone: undefined }]);
  }

  deregisterByHand(id: string, port = 8080): void {
    this.account.elb.deregister(this.group, [{ id, port, zone: undefined }]);
  }

  /** Every call fails that the name fits. */
  failing(names: RegExp, code: string, status: number): void {
    this.deployment.service.faults = (name) => (names.test(name) ? { kind: 'error', code, status } : undefined);
  }

  answering(): void {
    this.deployment.service.faults = () => undefined;
  }

  /** Calls back every so often until the function it returns is called. */
  every(milliseconds: number, act: () => void): () => void {
    let isOver = false;
    const again = (): void => {
      if (isOver) return;
      act();
      this.deployment.clock.after(milliseconds, again);
    };
    again();
    return () => {
      isOver = true;
    };
  }

  /** Kinds of the findings in lines that were logged since. */
  kindsSince(atMs: number): string[] {
    const lines = this.account.logs.groups.get(LOG_GROUP) ?? [];
    const found = lines.filter((line) => line.atMs >= atMs && /"message":"(pass|configuration|check)"/.test(line.message));
    const kinds = found.flatMap(({ message }) =>
      [...message.matchAll(/\{"kind":"([a-z-]+)","subject"/g)].map(([, kind = '']) => kind),
    );
    return [...new Set(kinds)].sort();
  }
}

export async function play(fault: Fault): Promise<Played> {
  const world = new World(fault.settings);
  const { watched } = world;
  const rung = () => watched.alarms.transitions.filter(({ rings }) => rings);
  world.tag(LINE);
  fault.prepare?.(world);
  world.start(4);
  await watched.pass(WELL_MS);
  const early = rung().map(({ alarm }) => alarm);

  await fault.begin(world);
  const beganMs = world.nowMs;
  await watched.pass(fault.lastsMs ?? 30 * MINUTE_MS);
  const kinds = world.kindsSince(beganMs);

  fault.end(world);
  const endedMs = world.nowMs;
  await watched.pass(CLEARS_WITHIN_MS);
  const stuck = new Set(watched.alarms.ringing);
  const names = new Set(rung().map(({ alarm }) => alarm));
  const rings = [...names].map((alarm): Ring => {
    const own = watched.alarms.transitions.filter((transition) => transition.alarm === alarm);
    const first = own.find((transition) => transition.rings);
    const clearedMs = stuck.has(alarm) ? undefined : own.findLast((transition) => !transition.rings)?.atMs;
    return {
      alarm,
      afterMs: (first?.atMs ?? beganMs) - beganMs,
      clearedAfterMs: clearedMs === undefined ? undefined : clearedMs - endedMs,
      times: own.filter((transition) => transition.rings).length,
    };
  });
  // What rings so late after the end of its cause was not rung by it.
  const late = rung().filter(({ atMs }) => atMs > endedMs + WELL_MS);
  return { fault, rings, kinds, falseAlarms: [...early, ...late.map(({ alarm }) => alarm)] };
}

export function addressOf(task: TaskRecord): string {
  return present(task).ipv4 ?? '';
}

/** Another service of the cluster, with its spec for tasks. */
export function addService(world: World, name: string): Pick<TaskSpec, 'group' | 'definition'> {
  world.account.ecs.addService(CLUSTER, name);
  return { group: `service:${name}`, definition: `${name}:1` };
}
