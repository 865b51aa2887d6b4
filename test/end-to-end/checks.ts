/**
 * The 16 named checks that public handlers were run against. Each is told once, and run against the sources in process and
 * against the built bundle over HTTP. A bound on calls includes those of cold starts.
 */
import { expect } from 'vitest';
import { CLUSTER, QUICK, type Stage, type StageOptions } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { passesRule, type StateChangeEvent } from '../../scripts/simulator/events.ts';

export interface Check {
  readonly name: string;
  readonly options?: StageOptions;
  /** Tells the story; throws where the function falls short. */
  run(stage: Stage): Promise<void>;
}

export const CHECKS: readonly Check[] = [
  {
    name: '10 start, 5 stop',
    run: async (stage) => {
      await tenStartFiveStop(stage);
      expect(stage.calls).toBeLessThanOrEqual(20);
    },
  },
  {
    name: 'each event three times',
    run: async (stage) => {
      stage.deliver = (event) => send(stage, [event, event, event]);
      await tenStartFiveStop(stage);
      expect(stage.calls).toBeLessThanOrEqual(20);
    },
  },
  {
    name: 'STOPPED, then a late RUNNING',
    run: async (stage) => {
      const events = keepEvents(stage);
      const [task] = stage.start(1);
      await stage.pass(100);
      stop(stage, task);
      await stage.pass(2_000);
      send(
        stage,
        events.filter(({ detail }) => detail.lastStatus === 'STOPPED'),
      );
      await stage.quiesce();
      send(
        stage,
        events.filter(({ detail }) => detail.desiredStatus === 'RUNNING'),
      );
      await stage.pass(20_000);
      expect(stage.registered).toEqual([]);
    },
  },
  {
    name: 'IP re-used, then a late STOPPED',
    run: async (stage) => {
      stage.account.ecs.reuseAfterMs = 0;
      const events = keepEvents(stage);
      const [first] = await inStep(stage, 1);
      stop(stage, first);
      await stage.pass(2_000);
      const late = events.splice(0);
      stage.deliver = (event) => send(stage, [event]);
      const [second] = stage.start(1);
      await stage.pass(5_000);
      expect(second && present(second).ipv4).toBe(first && present(first).ipv4);
      send(stage, late);
      await stage.pass(20_000);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(1);
    },
  },
  {
    name: 'scale to zero',
    run: async (stage) => {
      const tasks = await inStep(stage, 3);
      for (const task of tasks) stop(stage, task);
      await stage.pass(20_000);
      expect(stage.registered).toEqual([]);
      expect(stage.queue.length + stage.queue.deadLetters.length).toBe(0);
    },
  },
  {
    name: 'a hand-registered target',
    run: async (stage) => {
      stage.account.elb.register(stage.group, [{ id: '10.0.99.99', port: 8080, zone: undefined }]);
      const [first] = await inStep(stage, 2);
      stop(stage, first);
      await stage.pass(20_000);
      await stage.schedule();
      expect(stage.registered).toEqual([...stage.serving, '10.0.99.99:8080']);
    },
  },
  {
    name: '120 tasks start',
    run: async (stage) => {
      stage.start(120);
      await stage.pass(10_000);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(120);
    },
  },
  {
    name: '120 in the group, one stops',
    run: async (stage) => {
      const [first] = await inStep(stage, 120);
      stop(stage, first);
      await stage.pass(20_000);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(119);
    },
  },
  {
    name: 'RegisterTargets throttled nine times',
    run: async (stage) => {
      let left = 9;
      stage.service.faults = (operation) => {
        if (operation !== 'RegisterTargets' || left === 0) return undefined;
        left -= 1;
        return { kind: 'throttled' };
      };
      stage.start(1);
      await stage.pass(75_000);
      expect(left).toBe(0);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(1);
    },
  },
  {
    name: 'one RUNNING event lost',
    run: async (stage) => {
      let isLost = false;
      stage.deliver = (event) => {
        if (isLost) send(stage, [event]);
        isLost = true;
      };
      stage.lambda.startSchedule(60_000);
      stage.start(2);
      await stage.pass(75_000);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(2);
    },
  },
  {
    name: 'STOPPED replayed after ECS forgot the task',
    run: async (stage) => {
      const [first] = await inStep(stage, 2);
      const events = keepEvents(stage);
      stage.lambda.startSchedule(60_000);
      stop(stage, first);
      await stage.pass(4_000_000);
      expect(events.length).toBeGreaterThan(0);
      send(stage, events);
      await stage.pass(20_000);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(1);
    },
  },
  {
    name: 'desired STOPPED, still RUNNING',
    run: async (stage) => {
      const [first] = await inStep(stage, 2);
      if (first !== undefined) stage.account.ecs.change(first, { desired: 'STOPPED' });
      await stage.pass(3_000);
      expect(first && present(first).last).toBe('RUNNING');
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(1);
    },
  },
  {
    name: 'a sibling task still PENDING',
    run: async (stage) => {
      stage.start(1, { timing: { ...QUICK, pendingMs: 3_600_000 } });
      stage.start(1);
      await stage.pass(3_000);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(1);
    },
  },
  {
    name: 'rolling replacement 40 by 40 (360 events)',
    options: { unfiltered: true, lambda: { windowMs: 20_000 } },
    run: async (stage) => {
      await rollingReplacement(stage);
      expect(stage.calls).toBeLessThanOrEqual(100);
    },
  },
  {
    name: 'ECS reads lag the event',
    run: async (stage) => {
      stage.account.ecs.lagMs = () => 1_500;
      stage.start(1, { timing: { ...QUICK, provisioningMs: 2_000, pendingMs: 2_000 } });
      await stage.pass(9_000);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(1);
    },
  },
  {
    name: 'register refused twice (IP still draining)',
    run: async (stage) => {
      stage.account.ecs.reuseAfterMs = 0;
      stage.group.deregistrationDelaySeconds = 30;
      stage.group.whileDraining = 'refused';
      const [first] = await inStep(stage, 1);
      stage.lambda.startSchedule(60_000);
      stop(stage, first);
      await stage.pass(3_000);
      stage.start(1);
      await stage.pass(30_000 + 75_000);
      expect(stage.registered).toEqual(stage.serving);
      expect(stage.registered).toHaveLength(1);
    },
  },
];

/** Forty tasks in step are replaced by forty others, ten at a time; nine events of each pair, the world going on meanwhile. */
export async function rollingReplacement(stage: Stage): Promise<void> {
  const timing = { ...QUICK, activatingMs: 10, deactivatingMs: 2_000, stoppingMs: 10_000, deprovisioningMs: 20_000 };
  stage.deliver = () => undefined;
  const old = stage.start(40, { timing });
  await stage.pass(1_000);
  stage.account.elb.register(stage.group, old.map(requestOf));
  let events = 0;
  stage.deliver = (event) => {
    events += 1;
    if (passesRule(event)) send(stage, [event]);
  };
  for (let from = 0; from < 40; from += 10) {
    stage.start(10, { timing: { ...timing, provisioningMs: 9_000, pendingMs: 20_000 } });
    await stage.pass(45_000);
    for (const task of old.slice(from, from + 10)) stop(stage, task);
  }
  await stage.pass(60_000);
  expect(events).toBe(360);
  expect(stage.registered).toEqual(stage.serving);
  expect(stage.registered).toHaveLength(40);
}

async function tenStartFiveStop(stage: Stage): Promise<void> {
  const tasks = stage.start(10);
  await stage.pass(3_000);
  expect(stage.registered).toHaveLength(10);
  for (const task of tasks.slice(0, 5)) stop(stage, task);
  await stage.pass(10_000);
  expect(stage.registered).toEqual(stage.serving);
  expect(stage.registered).toHaveLength(5);
}

/** Sets a running service on the stage, in step with its group and known to nobody yet. */
async function inStep(stage: Stage, count: number): Promise<TaskRecord[]> {
  const deliver = stage.deliver;
  stage.deliver = () => undefined;
  const tasks = stage.start(count);
  await stage.pass(100);
  stage.account.elb.register(stage.group, tasks.map(requestOf));
  stage.deliver = deliver;
  return tasks;
}

function requestOf(task: TaskRecord) {
  return { id: present(task).ipv4 ?? '', port: 8080, zone: undefined };
}

function stop(stage: Stage, task: TaskRecord | undefined): void {
  expect(task?.clusterArn).toBe(CLUSTER);
  if (task !== undefined) stage.account.ecs.stop(task);
}

/** Keeps the events instead of delivering them. */
function keepEvents(stage: Stage): StateChangeEvent[] {
  const kept: StateChangeEvent[] = [];
  stage.deliver = (event) => {
    kept.push(event);
  };
  return kept;
}

function send(stage: Stage, events: readonly StateChangeEvent[]): void {
  for (const event of events) stage.queue.send(JSON.stringify(event));
}
