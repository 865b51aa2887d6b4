/** A watched stack with a service of four tasks, and what AWS and people do to it. */
import { driftAnswer, readDrift } from '../../../scripts/cli/drift/read.ts';
import { openDoor } from '../../../scripts/cli/drift/simulated.ts';
import { cloudMapServiceArn } from '../../../scripts/simulator/account.ts';
import type { CloudMapServiceRecord, ServiceSpec } from '../../../scripts/simulator/cloud-map.ts';
import { CLUSTER, type SettingsText } from '../../../scripts/simulator/deployment.ts';
import { present, type TaskRecord, type TaskSpec } from '../../../scripts/simulator/ecs.ts';
import { Watched } from '../../../scripts/simulator/watched.ts';
import { compositeAlarms, metricAlarms, NAMES } from '../../../scripts/tools/template/alarms.ts';
import { listOf, lookUp } from '../../../scripts/tools/template/template.ts';

export const MINUTE_MS = 60_000;
export const LINE = 'service=app port=8080';
const TAG = 'alb-target-sync';
const ALARMS = metricAlarms();
const COMPOSITES = compositeAlarms();
export const NOTHING = (): void => undefined;

/** How something begins that is wrong, and how it ends. */
export interface Course {
  readonly begin: (world: World) => void;
  readonly end: (world: World) => void;
}

export class World {
  readonly watched: Watched;
  readonly tasks: TaskRecord[] = [];
  readonly startedAtMs: number;

  /** By default a stack that finds its groups by their tags. */
  constructor(settings: Partial<SettingsText> = {}, forgets = false) {
    const byTag = { clusters: [], targetGroups: [], binding: '', ...settings };
    this.watched = new Watched({ names: NAMES, alarms: ALARMS, composites: COMPOSITES, settings: byTag, forgets });
    this.startedAtMs = this.nowMs;
    // Shorter than the 30 s after which containers are killed: otherwise each row would have the notice `drain-time`.
    this.group.deregistrationDelaySeconds = 25;
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

  /** What `drift` tells whoever runs it. */
  async driftKinds(): Promise<string[]> {
    const { account, options, close } = await openDoor(this.deployment, { isDeployed: true, hasLog: false });
    try {
      const { findings } = driftAnswer(await readDrift(account, options), options);
      return findings.map(({ kind }) => kind);
    } finally {
      await close();
    }
  }

  /** What the stack's output CheckCommand lists. */
  async kinds(): Promise<string[]> {
    const answer = await this.deployment.invoke({ check: true });
    const findings = listOf(lookUp(answer, 'standing', 'findings') ?? []);
    return [...new Set(findings.map((finding) => String(lookUp(finding, 'kind'))))].sort();
  }
}

export function addressOf(task: TaskRecord): string {
  return present(task).ipv4 ?? '';
}

/** Another service of the cluster, with its spec for tasks. */
export function addService(world: World, name: string): Pick<TaskSpec, 'group' | 'definition'> {
  world.account.ecs.addService(CLUSTER, name);
  return { group: `service:${name}`, definition: `${name}:1` };
}

export function enabled({ watched }: World): void {
  watched.schedule = 'enabled';
}

/** Something that goes on until it is ended. */
export function untilItEnds(start: (world: World) => () => void): Course {
  const ends = new WeakMap<World, () => void>();
  return {
    begin: (world) => void ends.set(world, start(world)),
    end: (world) => ends.get(world)?.(),
  };
}

export function withoutQueue(isLost: boolean): Course {
  return untilItEnds((world) => {
    const { deployment, watched } = world;
    const { deliver } = deployment;
    deployment.deliver = (event) => watched.eventFailed(JSON.stringify(event), isLost);
    const stop = world.every(30_000, () => {
      world.start(1);
      world.stopOldest();
    });
    return () => {
      stop();
      deployment.deliver = deliver;
      deployment.queue.deadLetters.length = 0;
    };
  });
}

/** All events of what follows from it within the next two minutes. */
export function withoutEvents({ deployment }: World, act: () => void): void {
  const { deliver } = deployment;
  deployment.deliver = NOTHING;
  act();
  deployment.clock.after(2 * MINUTE_MS, () => {
    deployment.deliver = deliver;
  });
}

/** ECS starts the new tasks first, and stops the old ones when those have run for 40 s. */
export function rollOver(world: World): void {
  const old = world.tasks.length;
  world.start(old);
  world.deployment.clock.after(35_000 + 40_000, () => {
    for (let count = 0; count < old; count += 1) world.stopOldest();
  });
}

interface CloudMapWords {
  readonly name?: string;
  readonly spec?: Partial<ServiceSpec>;
  readonly omits?: (what: 'register' | 'deregister') => boolean;
}

/** A tagged Cloud Map service, in which ECS keeps an instance for each task that starts from now on. */
export function withCloudMap(world: World, { name = 'app', spec, omits }: CloudMapWords = {}): CloudMapServiceRecord {
  const service = world.account.cloudMap.addService(cloudMapServiceArn(name), name, spec);
  service.tags.set(TAG, 'service=app');
  world.account.keepInstances('service:app', service, { omits: omits ?? (() => false) });
  return service;
}

export function cloudMapOf({ account }: World): CloudMapServiceRecord {
  const [service] = account.cloudMap.services.values();
  if (service === undefined) throw new Error('The world has no Cloud Map service.');
  return service;
}
