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
  deployment.lambda.startSchedule(MINUTE_MS);
  const tasks = await play.inStep(250);
  for (const task of tasks) play.stop(task);
  await deployment.pass(20_000);
  // Three quarters of what it has seen may leave by each environment at once; of the others, a person hears.
  const { length: kept } = deployment.registered;
  expect(kept).toBeGreaterThanOrEqual(tasks.length / 16);
  expect(kept).toBeLessThanOrEqual(Math.ceil(tasks.length / 4));
  const emptyMs = 20_000 + (await play.until(() => deployment.registered.length === 0, 3 * MINUTE_MS));
  await deployment.pass(10_000);
  expect(deployment.registered).toEqual([]);
  expect(play.findings).toContain('removal-budget');
  const changes = play.reporters.flatMap((reports) => reports.changes);
  expect(new Set(changes.map(({ because }) => because.desired))).toEqual(new Set(['STOPPED']));
  expect(new Set(changes.map(({ because }) => because.task))).toEqual(new Set(tasks.map(({ arn }) => arn)));
  return `${tasks.length - kept} of ${tasks.length} targets out at once, all after ${(emptyMs / 1_000).toFixed(1)} s, each with its proof`;
});

fault('F33', async (own) => {
  const orders = ['as they come', 'reversed', 'late'] as const;
  let slowestMs = 0;
  for (const by of ['app', 'other'] as const) {
    for (const order of orders) slowestMs = Math.max(slowestMs, await passOn(by, order));
  }
  const foundMs = await passOn('other that answers', 'late');
  expect(own.writes).toBe(0);
  expect(Math.max(slowestMs, foundMs)).toBeLessThanOrEqual(75_000);
  return `${orders.length * 2} ways, settled within ${(slowestMs / 1_000).toFixed(1)} s; one that passes checks named after ${(foundMs / 1_000).toFixed(1)} s`;
});

/**
 * An address goes from a task that stopped to another task, at once; how long the group is out of step then. Where the new owner is of
 * another service, the target leaves; unless it comes to light late, and something answers the health checks by then.
 */
async function passOn(
  by: 'app' | 'other' | 'other that answers',
  order: 'as they come' | 'reversed' | 'late',
): Promise<number> {
  const play = new Play();
  const { deployment } = play;
  const service = by === 'app' ? 'app' : 'other';
  deployment.account.ecs.reuseAfterMs = 0;
  deployment.account.ecs.addService(deployment.settings.clusters[0] ?? '', service);
  deployment.lambda.startSchedule(MINUTE_MS);
  const [first] = await play.inStep(1);
  const { deliver } = deployment;
  const kept: StateChangeEvent[] = play.keepEvents();
  play.stop(first);
  await deployment.pass(1_100);
  const [second] = deployment.start(1, { group: `service:${service}`, definition: `${service}:1` });
  if (by === 'other') deployment.account.deafPorts.add(8080);
  await deployment.pass(100);
  expect(second && present(second).ipv4).toBe(first && present(first).ipv4);
  if (order === 'as they come') play.send(...kept);
  if (order === 'reversed') play.send(...kept.toReversed());
  deployment.deliver = deliver;
  const isSettled = (): boolean => play.isInStep || play.findings.includes('unproven');
  const stepMs = await play.until(isSettled, 120_000);
  if (order === 'late') play.send(...kept);
  await deployment.pass(30_000);
  expect(deployment.registered).toEqual(by === 'other' ? [] : [keyOfTask(second)]);
  expect(play.findings.includes('unproven')).toBe(by === 'other that answers');
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
    for (let life = 0; life < 60; life += 1) {
      const [task] = deployment.start(1);
      if (task === undefined) throw new Error('A task was asked for.');
      lives.push(task);
      // Passes are a second apart: of lives as long as that, all or none would be registered.
      await deployment.pass(1_000 + ((life * 7_919) % 3_000));
      play.stop(task);
    }
    await deployment.pass(60_000);
    expect(deployment.registered).toEqual([]);
    const changes = play.reporters.flatMap((reports) => reports.changes.map(({ kind, because }) => `${kind} ${because.task}`));
    expect(new Set(changes).size).toBe(changes.length);
    expect(changes.length).toBeGreaterThan(lives.length / 2);
    return `${lives.length} lives, ${changes.length} changes`;
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
