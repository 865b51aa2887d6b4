/** Reads that lag, leave out, or come too late, and the ends of tasks that they have to tell apart. */
import { expect } from 'vitest';
import { GROUP } from '../../scripts/simulator/deployment.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import type { StateChangeEvent } from '../../scripts/simulator/events.ts';
import { fault } from '../support/faults.ts';
import { keyOfTask, Play } from '../support/simulations.ts';

const MINUTE_MS = 60_000;
const USUAL = { provisioningMs: 9_000, pendingMs: 26_000, stoppingMs: 12_000, deprovisioningMs: 23_000 };

fault('F29', async (play) => {
  const { deployment } = play;
  let turn = 0;
  deployment.account.ecs.lagMs = () => {
    turn += 7_919;
    return turn % 30_000;
  };
  deployment.account.ecs.reuseAfterMs = 5_000;
  deployment.lambda.startSchedule(MINUTE_MS);
  const tasks = deployment.start(4, { timing: USUAL });
  await deployment.pass(60_000);
  let ended = 0;
  for (; ended < 20; ended += 1) {
    play.stop(tasks.shift());
    tasks.push(...deployment.start(1, { timing: USUAL }));
    await deployment.pass(15_000);
  }
  deployment.account.ecs.lagMs = () => 0;
  const stepMs = await play.until(() => play.isInStep, 75_000);
  expect(play.isInStep).toBe(true);
  return `0 wrong removals in ${ended} replacements; in step ${(stepMs / 1_000).toFixed(1)} s after`;
});

fault('F30', async (play) => {
  const { deployment } = play;
  const [kept, lost] = await play.inStep(2);
  if (lost === undefined) throw new Error('Two tasks were asked for.');
  await deployment.schedule();
  const { tasks } = deployment.account.ecs;
  tasks.delete(lost.arn);
  for (let minute = 0; minute < 5; minute += 1) await deployment.schedule();
  expect(play.writes).toBe(0);
  expect(deployment.registered).toEqual([kept, lost].map(keyOfTask).sort());
  // It was known live when it went missing: it is asked for again and again, and is no leftover.
  expect(deployment.account.calls.get('DescribeTasks')).toBeGreaterThanOrEqual(6);
  return `${play.writes} writes in five passes`;
});

fault('F31', async (play) => {
  const { deployment } = play;
  await play.inStep(20);
  deployment.lambda.startSchedule(MINUTE_MS);
  deployment.account.ecs.lagMs = () => 10_000_000;
  const foundMs = await play.until(() => play.findings.includes('empty-list'), 120_000);
  await deployment.pass(600_000);
  expect(foundMs).toBeLessThanOrEqual(120_000);
  expect(play.writes).toBe(0);
  expect(deployment.registered).toHaveLength(20);
  return `${play.writes} writes, found after ${(foundMs / 1_000).toFixed(1)} s`;
});

fault('F32', async (play) => {
  const { deployment } = play;
  const tasks = await play.inStep(250);
  for (const task of tasks) play.stop(task);
  const emptyMs = await play.until(() => deployment.registered.length === 0, 75_000);
  await deployment.pass(10_000);
  expect(deployment.registered).toEqual([]);
  const changes = play.reporters.flatMap((reports) => reports.changes);
  expect(new Set(changes.map(({ because }) => because.desired))).toEqual(new Set(['STOPPED']));
  expect(new Set(changes.map(({ because }) => because.task))).toEqual(new Set(tasks.map(({ arn }) => arn)));
  return `${tasks.length} targets out after ${(emptyMs / 1_000).toFixed(1)} s, each with its proof`;
});

fault('F33', async (own) => {
  const orders = ['as they come', 'reversed', 'late'] as const;
  let slowestMs = 0;
  for (const by of ['app', 'other']) {
    for (const order of orders) slowestMs = Math.max(slowestMs, await passOn(by, order));
  }
  expect(own.writes).toBe(0);
  expect(slowestMs).toBeLessThanOrEqual(75_000);
  return `${orders.length * 2} ways, settled within ${(slowestMs / 1_000).toFixed(1)} s`;
});

/** An address goes from a task that stopped to a task of this service, at once; how long the group is out of step then. */
async function passOn(by: string, order: 'as they come' | 'reversed' | 'late'): Promise<number> {
  const play = new Play();
  const { deployment } = play;
  deployment.account.ecs.reuseAfterMs = 0;
  deployment.account.ecs.addService(deployment.settings.clusters[0] ?? '', by);
  deployment.lambda.startSchedule(MINUTE_MS);
  const [first] = await play.inStep(1);
  const { deliver } = deployment;
  const kept: StateChangeEvent[] = play.keepEvents();
  play.stop(first);
  await deployment.pass(1_100);
  const [second] = deployment.start(1, { group: `service:${by}`, definition: `${by}:1` });
  await deployment.pass(100);
  expect(second && present(second).ipv4).toBe(first && present(first).ipv4);
  if (order === 'as they come') play.send(...kept);
  if (order === 'reversed') play.send(...kept.toReversed());
  deployment.deliver = deliver;
  const stepMs = await play.until(() => play.isInStep, 120_000);
  if (order === 'late') play.send(...kept);
  await deployment.pass(30_000);
  expect(deployment.registered).toEqual(by === 'app' ? [keyOfTask(second)] : []);
  expect(play.violations).toEqual([]);
  return stepMs;
}

fault('F34', async (accepted) => {
  const refused = new Play();
  const took: string[] = [];
  for (const play of [accepted, refused]) {
    const { deployment } = play;
    deployment.group.whileDraining = play === refused ? 'refused' : 'accepted';
    deployment.group.deregistrationDelaySeconds = 30;
    deployment.account.ecs.reuseAfterMs = 0;
    deployment.lambda.startSchedule(MINUTE_MS);
    const [first] = await play.inStep(1);
    play.stop(first);
    await deployment.pass(1_100);
    const [second] = deployment.start(1);
    const tookMs = await play.until(() => present(second ?? stranger()).last === 'RUNNING' && play.isInStep, 120_000);
    await deployment.pass(60_000);
    expect(deployment.registered).toEqual([keyOfTask(second)]);
    expect(tookMs).toBeLessThanOrEqual(105_000);
    expect(play.findings.includes('waiting')).toBe(play === refused);
    expect(play.violations).toEqual([]);
    took.push((tookMs / 1_000).toFixed(1));
  }
  return `accepted ${took[0]} s, refused until drained ${took[1]} s`;
});

fault(
  'F35',
  async (play) => {
    const { deployment } = play;
    const lives: TaskRecord[] = [];
    const changes = new Map<string, number>();
    deployment.service.performed = (name, input) => {
      if (name !== 'RegisterTargets' && name !== 'DeregisterTargets') return;
      for (const [id] of JSON.stringify(input).matchAll(/"Id":"[^"]+"/g)) {
        changes.set(`${name} ${id}`, (changes.get(`${name} ${id}`) ?? 0) + 1);
      }
    };
    for (let second = 0; second < 60; second += 1) {
      const [task] = deployment.start(1);
      if (task === undefined) throw new Error('A task was asked for.');
      lives.push(task);
      await deployment.pass(1_000);
      play.stop(task);
    }
    await deployment.pass(60_000);
    expect(deployment.registered).toEqual([]);
    const total = [...changes.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeLessThanOrEqual(lives.length * 2);
    return `${lives.length} lives, ${total} changes`;
  },
  // In one environment. Two of them may both find the same thing to do, and both do it.
  { lambda: { concurrencyMax: 1 } },
);

fault('F36', async (play) => {
  const { deployment } = play;
  const [first] = await play.inStep(2);
  if (first !== undefined) deployment.account.ecs.change(first, { desired: 'STOPPED' });
  const tookMs = await play.until(() => play.isInStep, 5_000);
  expect(present(first ?? stranger()).last).toBe('RUNNING');
  expect(deployment.registered).toHaveLength(1);
  expect(tookMs).toBeLessThanOrEqual(1_500);
  return `after ${tookMs} ms, cold start included`;
});

fault('F37', async (play) => {
  const { deployment } = play;
  deployment.lambda.startSchedule(MINUTE_MS);
  const tasks = await play.inStep(3);
  deployment.account.deafPorts.add(8080);
  await deployment.pass(600_000);
  const states = deployment.account.elb.view(deployment.account.elb.group(GROUP)).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['unhealthy']));
  expect(deployment.registered).toEqual(tasks.map(keyOfTask).sort());
  expect(play.findings).toContain('never-healthy');
  expect(play.writes).toBe(0);
  return `${play.writes} writes in ten minutes`;
});

function stranger(): never {
  throw new Error('The scenario lacks a task that it asked for.');
}
