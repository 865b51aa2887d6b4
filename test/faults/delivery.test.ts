/** Events that come twice, late, never, in any order, all at once, or with a wrong time on them. */
import { expect } from 'vitest';
import { QUICK } from '../../scripts/simulator/deployment.ts';
import type { StateChangeEvent } from '../../scripts/simulator/events.ts';
import { fault } from '../support/faults.ts';
import { shareOf } from '../support/share.ts';
import { ordersOf, Play } from '../support/simulations.ts';

const ORDERS_ONE_IN = 23;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

fault('F01', async (once) => {
  const oneAtATime = { lambda: { concurrencyMax: 1 } };
  once.deployment.start(1);
  await once.deployment.pass(3_000);
  const often = new Play(oneAtATime);
  const both = new Play();
  for (const play of [often, both]) {
    play.deployment.deliver = (event) => play.send(...Array.from({ length: 1_000 }, () => event));
    play.deployment.start(1);
    await play.deployment.pass(1_000);
    await play.deployment.quiesce();
    expect(play.deployment.registered).toHaveLength(1);
    expect(play.isInStep).toBe(true);
    expect(play.violations).toEqual([]);
  }
  expect(often.deployment.calls).toBe(once.deployment.calls);
  expect(often.writes).toBe(1);
  return `${often.writes} write, ${often.deployment.calls} calls; two cold environments at once ${both.writes} and ${both.deployment.calls}`;
});

fault('F02', async (model) => {
  const timing = { ...QUICK, deactivatingMs: 500 };
  const events = model.keepEvents();
  const [first] = model.deployment.start(1, { timing });
  await model.deployment.pass(1_000);
  model.stop(first);
  await model.deployment.pass(5_000);
  expect(events).toHaveLength(6);
  const orders = ordersOf(events);
  for (const order of shareOf(orders, ORDERS_ONE_IN, placesOf)) {
    const play = new Play();
    play.deployment.deliver = () => undefined;
    const [task] = play.deployment.start(1, { timing });
    await play.deployment.pass(1_000);
    // One event before the stop and the rest while the task dies: each order has its share of early and late ones.
    play.send(order[0]);
    await play.deployment.pass(600);
    play.stop(task);
    for (const event of order.slice(1)) {
      play.send(event);
      await play.deployment.pass(400);
    }
    await play.deployment.pass(12_000);
    expect(play.deployment.registered, JSON.stringify(order.map(({ detail }) => detail.version))).toEqual([]);
    expect(play.violations).toEqual([]);
  }
  return `${orders.length} orders, of which \`npm test\` plays one in ${ORDERS_ONE_IN}`;
});

/** Which event comes first, second and so on. */
function placesOf(order: readonly StateChangeEvent[]): string[] {
  return order.map(({ detail }, place) => `${detail.version} at ${place}`);
}

fault('F03', async (play) => {
  const { deployment } = play;
  deployment.deliver = () => undefined;
  deployment.lambda.startSchedule(MINUTE_MS);
  const [first] = deployment.start(3);
  const startMs = await play.until(() => deployment.registered.length === 3, 120_000);
  await deployment.pass(1_000);
  play.stop(first);
  const stopMs = await play.until(() => play.isInStep, 120_000);
  await deployment.pass(MINUTE_MS);
  expect(deployment.registered).toHaveLength(2);
  expect(Math.max(startMs, stopMs)).toBeLessThanOrEqual(75_000);
  return `start ${(startMs / 1_000).toFixed(1)} s, stop ${(stopMs / 1_000).toFixed(1)} s`;
});

fault('F04', async (play) => {
  const { deployment } = play;
  deployment.account.ecs.reuseAfterMs = 0;
  const events: StateChangeEvent[] = [];
  deployment.deliver = (event) => {
    events.push(event);
    play.send(event);
  };
  const [first] = deployment.start(1);
  await deployment.pass(2_000);
  play.stop(first);
  await deployment.pass(20_000);
  deployment.start(1);
  await deployment.pass(20_000);
  expect(play.isInStep).toBe(true);
  const old = events.slice();
  const writes = play.writes;
  for (const delayMs of [1_000, MINUTE_MS, 3_600_000, 14 * DAY_MS]) {
    await deployment.pass(delayMs);
    play.send(...old, ...old.map((event) => ({ ...event, 'replay-name': 'yesterday' })));
    await deployment.quiesce();
    await deployment.pass(20_000);
    expect(deployment.registered).toEqual(deployment.serving);
  }
  expect(deployment.registered).toHaveLength(1);
  return `${play.writes - writes} writes`;
});

fault('F05', async (play) => {
  const { deployment } = play;
  let throttled = 0;
  const { buckets } = deployment.account;
  const take = buckets.take.bind(buckets);
  buckets.take = (operation) => {
    try {
      take(operation);
    } catch (error) {
      throttled += 1;
      throw error;
    }
  };
  const events: StateChangeEvent[] = [];
  deployment.deliver = (event) => {
    events.push(event);
    play.send(event);
  };
  deployment.start(1_000);
  await deployment.pass(100);
  // Each of the thousand is told of four times more within ten seconds.
  for (let copy = 1; copy < 5; copy += 1) {
    await deployment.pass(2_500);
    play.send(...events.slice(0, 1_000));
  }
  const backlogMs = await play.until(() => deployment.queue.length === 0, 120_000);
  expect(deployment.registered).toHaveLength(1_000);
  expect(play.isInStep).toBe(true);
  expect(deployment.queue.deadLetters).toEqual([]);
  expect(throttled).toBe(0);
  expect(backlogMs).toBeLessThanOrEqual(30_000);
  return `${deployment.calls} calls, none throttled; backlog gone ${(backlogMs / 1_000).toFixed(1)} s after the last event`;
});

fault('F38', async (right) => {
  const told: string[] = [];
  const plays = [right, new Play({ clockAheadMs: 3_600_000 }), new Play({ clockAheadMs: -3_600_000 })];
  for (const [index, play] of plays.entries()) {
    const { deployment } = play;
    // The times that the event tells are wrong by an hour as well, one way or the other.
    const shift = (text: string): string =>
      text.replaceAll(/"2026-01-01T00:(\d\d:\d\d)/g, (_all, rest: string) => `"202${index === 1 ? 7 : 5}-01-01T00:${rest}`);
    deployment.deliver = (event) => play.send(index === 0 ? event : shift(JSON.stringify(event)));
    const [first] = deployment.start(2);
    await deployment.pass(3_000);
    expect(deployment.registered).toHaveLength(2);
    play.stop(first);
    await deployment.pass(20_000);
    expect(play.isInStep).toBe(true);
    expect(play.violations).toEqual([]);
    told.push(`${deployment.calls} calls, ${play.writes} writes`);
  }
  expect(new Set(told).size).toBe(1);
  return `${told[0]}, whatever the clocks say`;
});

fault('F39', async (play) => {
  const { deployment } = play;
  const agesMs: number[] = [];
  const remove = deployment.queue.delete.bind(deployment.queue);
  const sentAtMs: number[] = [];
  deployment.queue.delete = (id) => {
    agesMs.push(deployment.clock.now() - (sentAtMs[Number(id.split('-')[1]) - 1] ?? 0));
    remove(id);
  };
  const send = (message: unknown): void => {
    sentAtMs.push(deployment.clock.now());
    play.send(message);
  };
  deployment.deliver = send;
  // Ten tasks start in each second and one of them is stopped at once; about every hundredth message is torn.
  for (let count = 0; count < 500; count += 1) {
    const [task] = deployment.start(1, { timing: { provisioningMs: 10, pendingMs: 10 } });
    await deployment.pass(100);
    if (count % 10 === 0) play.stop(task);
    if (count % 50 === 25) send('{"source":"aws.ecs","detail-type":"ECS Task State Change","det');
  }
  await deployment.quiesce();
  const p99Ms = agesMs.toSorted((one, other) => one - other)[Math.floor(agesMs.length * 0.99)] ?? Number.NaN;
  expect(agesMs).toHaveLength(sentAtMs.length);
  expect(play.setAside).toHaveLength(10);
  expect(play.isInStep).toBe(true);
  expect(p99Ms).toBeLessThan(10_000);
  return `${agesMs.length} messages, p99 ${(p99Ms / 1_000).toFixed(1)} s`;
});

fault('F40', async (play) => {
  const { deployment } = play;
  // While nothing can be read, the events of a life end among the dead letters.
  const { deliver } = deployment;
  deployment.service.faults = () => ({ kind: 'error', code: 'ServiceUnavailable', status: 503 });
  const [first] = deployment.start(2);
  await deployment.pass(1_000);
  play.stop(first);
  await deployment.pass(1_200_000);
  const dead = deployment.queue.deadLetters.map(({ body }) => body);
  expect(dead).toHaveLength(5);
  deployment.service.faults = () => undefined;
  deployment.deliver = deliver;
  await deployment.schedule();
  expect(play.isInStep).toBe(true);
  const writes = play.writes;
  play.send(...dead);
  await deployment.quiesce();
  await deployment.pass(20_000);
  expect(play.isInStep).toBe(true);
  return `${dead.length} redriven, ${play.writes - writes} writes`;
});
