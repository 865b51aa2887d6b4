/**
 * The 16 named checks that public handlers were run against. Each is told once, and run against the sources in process and
 * against the built bundle over HTTP. A bound on calls includes those of cold starts.
 */
import { expect } from 'vitest';
import { CLUSTER, type Deployment, type DeploymentOptions, QUICK } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { passesRule, type StateChangeEvent } from '../../scripts/simulator/events.ts';

export interface Check {
  readonly name: string;
  readonly options?: DeploymentOptions;
  /** Tells the scenario; throws where the function falls short. */
  run(deployment: Deployment): Promise<void>;
}

export const CHECKS: readonly Check[] = [
  {
    name: '10 start, 5 stop',
    run: async (deployment) => {
      await tenStartFiveStop(deployment);
      // Two environments get the messages of one moment, and each makes the changes that its own messages name.
      expect(deployment.calls).toBeLessThanOrEqual(27);
    },
  },
  {
    name: 'each event three times',
    run: async (deployment) => {
      deployment.deliver = (event) => send(deployment, [event, event, event]);
      await tenStartFiveStop(deployment);
      // At one moment, so that both environments get the same. Copies that come later cost nothing (calls.test.ts).
      expect(deployment.calls).toBeLessThanOrEqual(42);
    },
  },
  {
    name: 'STOPPED, then a late RUNNING',
    run: async (deployment) => {
      const events = keepEvents(deployment);
      const [task] = deployment.start(1);
      await deployment.pass(100);
      stop(deployment, task);
      await deployment.pass(2_000);
      send(
        deployment,
        events.filter(({ detail }) => detail.lastStatus === 'STOPPED'),
      );
      await deployment.quiesce();
      send(
        deployment,
        events.filter(({ detail }) => detail.desiredStatus === 'RUNNING'),
      );
      await deployment.pass(20_000);
      expect(deployment.registered).toEqual([]);
    },
  },
  {
    name: 'IP re-used, then a late STOPPED',
    run: async (deployment) => {
      deployment.account.ecs.reuseAfterMs = 0;
      const events = keepEvents(deployment);
      const [first] = await inStep(deployment, 1);
      stop(deployment, first);
      await deployment.pass(2_000);
      const late = events.splice(0);
      deployment.deliver = (event) => send(deployment, [event]);
      const [second] = deployment.start(1);
      await deployment.pass(5_000);
      expect(second && present(second).ipv4).toBe(first && present(first).ipv4);
      send(deployment, late);
      await deployment.pass(20_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(1);
    },
  },
  {
    name: 'scale to zero',
    run: async (deployment) => {
      const tasks = await inStep(deployment, 3);
      for (const task of tasks) stop(deployment, task);
      await deployment.pass(20_000);
      expect(deployment.registered).toEqual([]);
      expect(deployment.queue.length + deployment.queue.deadLetters.length).toBe(0);
    },
  },
  {
    name: 'a hand-registered target',
    run: async (deployment) => {
      deployment.account.elb.register(deployment.group, [{ id: '10.0.99.99', port: 8080, zone: undefined }]);
      const [first] = await inStep(deployment, 2);
      stop(deployment, first);
      await deployment.pass(20_000);
      await deployment.schedule();
      expect(deployment.registered).toEqual([...deployment.serving, '10.0.99.99:8080']);
    },
  },
  {
    name: '120 tasks start',
    run: async (deployment) => {
      deployment.start(120);
      await deployment.pass(10_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(120);
    },
  },
  {
    name: '120 in the group, one stops',
    run: async (deployment) => {
      const [first] = await inStep(deployment, 120);
      stop(deployment, first);
      await deployment.pass(20_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(119);
    },
  },
  {
    name: 'RegisterTargets throttled nine times',
    run: async (deployment) => {
      let left = 9;
      deployment.service.faults = (operation) => {
        if (operation !== 'RegisterTargets' || left === 0) return undefined;
        left -= 1;
        return { kind: 'throttled' };
      };
      deployment.start(1);
      await deployment.pass(75_000);
      expect(left).toBe(0);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(1);
    },
  },
  {
    name: 'one RUNNING event lost',
    run: async (deployment) => {
      let isLost = false;
      deployment.deliver = (event) => {
        if (isLost) send(deployment, [event]);
        isLost = true;
      };
      deployment.lambda.startSchedule(60_000);
      deployment.start(2);
      await deployment.pass(75_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(2);
    },
  },
  {
    name: 'STOPPED replayed after ECS forgot the task',
    run: async (deployment) => {
      const [first] = await inStep(deployment, 2);
      const events = keepEvents(deployment);
      // What it has never seen registered while its task lived may be somebody else's.
      await deployment.schedule();
      deployment.lambda.startSchedule(60_000);
      stop(deployment, first);
      await deployment.pass(4_000_000);
      expect(events.length).toBeGreaterThan(0);
      send(deployment, events);
      await deployment.pass(20_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(1);
    },
  },
  {
    name: 'desired STOPPED, still RUNNING',
    run: async (deployment) => {
      const [first] = await inStep(deployment, 2);
      if (first !== undefined) deployment.account.ecs.change(first, { desired: 'STOPPED' });
      await deployment.pass(3_000);
      expect(first && present(first).last).toBe('RUNNING');
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(1);
    },
  },
  {
    name: 'a sibling task still PENDING',
    run: async (deployment) => {
      deployment.start(1, { timing: { ...QUICK, pendingMs: 3_600_000 } });
      deployment.start(1);
      await deployment.pass(3_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(1);
    },
  },
  {
    name: 'rolling replacement 40 by 40 (360 events)',
    options: { unfiltered: true, lambda: { windowMs: 20_000 } },
    run: async (deployment) => {
      await rollingReplacement(deployment);
      expect(deployment.calls).toBeLessThanOrEqual(100);
    },
  },
  {
    name: 'ECS reads lag the event',
    run: async (deployment) => {
      deployment.account.ecs.lagMs = () => 1_500;
      deployment.start(1, { timing: { ...QUICK, provisioningMs: 2_000, pendingMs: 2_000 } });
      await deployment.pass(9_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(1);
    },
  },
  {
    name: 'register refused twice (IP still draining)',
    run: async (deployment) => {
      deployment.account.ecs.reuseAfterMs = 0;
      deployment.group.deregistrationDelaySeconds = 30;
      deployment.group.whileDraining = 'refused';
      const [first] = await inStep(deployment, 1);
      deployment.lambda.startSchedule(60_000);
      stop(deployment, first);
      await deployment.pass(3_000);
      deployment.start(1);
      await deployment.pass(30_000 + 75_000);
      expect(deployment.registered).toEqual(deployment.serving);
      expect(deployment.registered).toHaveLength(1);
    },
  },
];

/** Forty tasks in step are replaced by forty others, ten at a time; nine events of each pair, the world going on meanwhile. */
export async function rollingReplacement(deployment: Deployment): Promise<void> {
  expect(await replaceTenByTen(deployment)).toBe(360);
  expect(deployment.registered).toEqual(deployment.serving);
  expect(deployment.registered).toHaveLength(40);
}

/** The same, whatever comes of it. Gives the number of events. */
export async function replaceTenByTen(deployment: Deployment): Promise<number> {
  const timing = { ...QUICK, activatingMs: 10, deactivatingMs: 2_000, stoppingMs: 10_000, deprovisioningMs: 20_000 };
  deployment.deliver = () => undefined;
  const old = deployment.start(40, { timing });
  await deployment.pass(1_000);
  deployment.account.elb.register(deployment.group, old.map(requestOf));
  let events = 0;
  deployment.deliver = (event) => {
    events += 1;
    if (passesRule(event)) send(deployment, [event]);
  };
  for (let from = 0; from < 40; from += 10) {
    deployment.start(10, { timing: { ...timing, provisioningMs: 9_000, pendingMs: 20_000 } });
    await deployment.pass(45_000);
    for (const task of old.slice(from, from + 10)) stop(deployment, task);
  }
  await deployment.pass(60_000);
  return events;
}

async function tenStartFiveStop(deployment: Deployment): Promise<void> {
  const tasks = deployment.start(10);
  await deployment.pass(3_000);
  expect(deployment.registered).toHaveLength(10);
  for (const task of tasks.slice(0, 5)) stop(deployment, task);
  await deployment.pass(10_000);
  expect(deployment.registered).toEqual(deployment.serving);
  expect(deployment.registered).toHaveLength(5);
}

/** Sets a running service on the deployment, in step with its group and known to nobody yet. */
async function inStep(deployment: Deployment, count: number): Promise<TaskRecord[]> {
  const deliver = deployment.deliver;
  deployment.deliver = () => undefined;
  const tasks = deployment.start(count);
  await deployment.pass(100);
  deployment.account.elb.register(deployment.group, tasks.map(requestOf));
  deployment.deliver = deliver;
  return tasks;
}

function requestOf(task: TaskRecord) {
  return { id: present(task).ipv4 ?? '', port: 8080, zone: undefined };
}

function stop(deployment: Deployment, task: TaskRecord | undefined): void {
  expect(task?.clusterArn).toBe(CLUSTER);
  if (task !== undefined) deployment.account.ecs.stop(task);
}

/** Keeps the events instead of delivering them. */
function keepEvents(deployment: Deployment): StateChangeEvent[] {
  const kept: StateChangeEvent[] = [];
  deployment.deliver = (event) => {
    kept.push(event);
  };
  return kept;
}

function send(deployment: Deployment, events: readonly StateChangeEvent[]): void {
  for (const event of events) deployment.queue.send(JSON.stringify(event));
}
