/** What chance might never draw is tried in every order: passes side by side, deaths at every call, events of one task. */
import { describe, expect, it, vi } from 'vitest';
import type { TaskRecord } from '../../scripts/simulator/ecs.ts';
import type { StateChangeEvent } from '../../scripts/simulator/events.ts';
import { shareOf } from '../support/share.ts';
import { batchOf, interleavings, permutations, type Slots, SmallAccount } from './interleavings.ts';

/** However busy the machine is: nothing here is about how long it takes. */
vi.setConfig({ testTimeout: 900_000 });

const SCHEDULE = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

/** Two warm environments that know a task in the group. */
async function warm() {
  const world = new SmallAccount();
  const old = world.start();
  await world.pass(1_000);
  for (const environment of [1, 2]) await world.schedule(environment);
  expect(world.registered).toEqual(world.serving);
  return { world, old };
}

/** The same, when another task has started that nobody has told of for so long. */
async function withYoung(untoldMs = 1_500) {
  const { world, old } = await warm();
  const young = world.start();
  await world.pass(untoldMs);
  return { world, old, young };
}

function lastEventOf(world: SmallAccount, task: TaskRecord): StateChangeEvent {
  const event = world.eventsOf(task).at(-1);
  if (event === undefined) throw new Error('Every task has sent an event.');
  return event;
}

/** The event that tells of the order to stop, or of the end of a task to which nobody gave one. */
function firstStopOf(world: SmallAccount, task: TaskRecord): StateChangeEvent {
  const event = world.eventsOf(task).find(({ detail }) => detail.desiredStatus === 'STOPPED');
  if (event === undefined) throw new Error('The task has not been stopped.');
  return event;
}

/** A share in which each call, and what the world does, still has every place that it has in all of them. */
function shareOfSlots(orders: readonly Slots[], oneIn: number): readonly Slots[] {
  return shareOf(orders, oneIn, placesOf);
}

/** A share of the orders of six events in which each event still has every place. */
function shareOfEvents(orders: readonly StateChangeEvent[][]): readonly StateChangeEvent[][] {
  return shareOf(orders, 23, (events) => placesOf(events.map(({ detail }) => detail.version)));
}

function placesOf(order: readonly (number | string)[]): string[] {
  return order.map((each, place) => `${each} at ${place}`);
}

/** No invariant broken, nothing live removed, after a minute the group in step, and after another nothing left to do. */
async function verify(world: SmallAccount, told: string): Promise<void> {
  await world.pass(61_000);
  await world.schedule(9);
  const { writes } = world;
  await world.pass(61_000);
  await world.schedule(9);
  const { violations, liveRemovals, registered, serving } = world;
  expect({ told, violations, liveRemovals, registered, more: world.writes - writes }).toEqual({
    told,
    violations: [],
    liveRemovals: 0,
    registered: serving,
    more: 0,
  });
}

describe('two passes on one group, side by side', () => {
  it('keep the invariants in the 2,772 orders of five calls each and an order to stop', async () => {
    const orders = interleavings(new Map<Slots[number], number>().set(1, 5).set(2, 5).set('world', 1));
    expect(orders).toHaveLength(2_772);
    let most = 0;
    for (const slots of shareOfSlots(orders, 37)) {
      const { world, old, young } = await withYoung();
      // Each describes both tasks, the one that it knows and the one that it does not, registers the one and may remove the other.
      const batch = batchOf(lastEventOf(world, young), world.tagEventOf(old));
      const before = world.account.callCount;
      await world.inSlots(slots, new Map().set(1, batch).set(2, batch), [() => world.account.ecs.stop(old)]);
      most = Math.max(most, world.account.callCount - before);
      await verify(world, slots.join(' '));
    }
    expect(most).toBe(10);
  });

  it('keep the invariants in the 1,260 orders of a batch, a scheduled pass and an order to stop', async () => {
    const orders = interleavings(new Map<Slots[number], number>().set(1, 4).set(2, 5).set('world', 1));
    expect(orders).toHaveLength(1_260);
    let most = 0;
    for (const slots of shareOfSlots(orders, 29)) {
      // The event is so late that the schedule does not wait for it.
      const { world, old, young } = await withYoung(5_000);
      const batch = batchOf(lastEventOf(world, young), world.tagEventOf(old));
      const before = world.account.callCount;
      await world.inSlots(slots, new Map().set(1, batch).set(2, SCHEDULE), [() => world.account.ecs.stop(old)]);
      most = Math.max(most, world.account.callCount - before);
      await verify(world, slots.join(' '));
    }
    // The schedule looks again for the stop that it has seen and nobody has told it of.
    expect(most).toBe(16);
  });

  it('keep the invariants in the 70 orders of the four calls of their confirmations', async () => {
    const orders = interleavings(new Map<Slots[number], number>().set(1, 4).set(2, 4));
    expect(orders).toHaveLength(70);
    const counts = new Set<number>();
    for (const slots of shareOfSlots(orders, 5)) {
      const { world, old } = await warm();
      world.account.ecs.crash(old);
      await world.pass(1_500);
      const before = world.account.callCount;
      const batch = batchOf(firstStopOf(world, old));
      await world.inSlots(slots, new Map().set(1, batch).set(2, batch), [], 3_200);
      counts.add(world.account.callCount - before);
      expect(world.registered).toEqual([]);
      await verify(world, slots.join(' '));
    }
    // Two calls of each first look and four of each second one, unless the target is gone when the later one begins.
    expect([...counts].sort()).toEqual([10, 12]);
  });

  it('leave an address alone in the 140 orders in which its new owner starts', async () => {
    const orders = interleavings(new Map<Slots[number], number>().set(1, 3).set(2, 3).set('world', 1));
    expect(orders).toHaveLength(140);
    for (const slots of shareOfSlots(orders, 7)) {
      const { world, old } = await warm();
      const address = world.registered;
      world.account.ecs.crash(old);
      await world.pass(400);
      const heir = world.start(address[0]?.replace(/:\d+$/, ''));
      await world.pass(400);
      const { writes } = world;
      const batch = batchOf(firstStopOf(world, old));
      const running = { last: 'RUNNING', startedAtMs: world.clock.now() };
      await world.inSlots(slots, new Map().set(1, batch).set(2, batch), [() => world.account.ecs.change(heir, running)]);
      expect(world.writes).toBe(writes);
      expect(world.registered).toEqual(address);
      await verify(world, slots.join(' '));
    }
  });
});

describe('an environment that dies', () => {
  /** Dies at every call in turn, until there are no more; then the message comes again, or the next minute does. */
  async function dieEverywhere(prepare: () => Promise<{ world: SmallAccount; input: unknown }>): Promise<number> {
    for (let call = 1; ; call += 1) {
      for (const when of ['before', 'after'] as const) {
        const { world, input } = await prepare();
        const hasDied = await world.die(3, input, { call, when });
        if (!hasDied) return call - 1;
        await world.invoke(4, input);
        await verify(world, `${when} call ${call}`);
      }
    }
  }

  it('leaves nothing behind that redelivery does not finish, at any of the seven calls of a batch', async () => {
    const deaths = await dieEverywhere(async () => {
      const { world, old, young } = await withYoung();
      world.account.ecs.stop(old);
      return { world, input: batchOf(lastEventOf(world, young), firstStopOf(world, old)) };
    });
    expect(deaths).toBe(7);
  });

  it('leaves nothing behind at any call of a scheduled pass', async () => {
    const deaths = await dieEverywhere(async () => {
      const { world, old } = await withYoung();
      world.account.ecs.stop(old);
      return { world, input: SCHEDULE };
    });
    expect(deaths).toBe(21);
  });

  it('leaves nothing behind at any call of a batch with a confirmation', async () => {
    const deaths = await dieEverywhere(async () => {
      const { world, old } = await warm();
      world.account.ecs.crash(old);
      await world.pass(1_500);
      return { world, input: batchOf(firstStopOf(world, old)) };
    });
    expect(deaths).toBe(9);
  });
});

describe('the six events of a task, in the 720 orders', () => {
  /** One life, told from the start to the end. The first task of every small world has the same name. */
  async function lifeEvents(): Promise<StateChangeEvent[]> {
    const world = new SmallAccount();
    const task = world.start();
    await world.pass(1_000);
    world.account.ecs.stop(task);
    await world.pass(2_000);
    return world.eventsOf(task);
  }

  async function inEveryOrder(prepare: () => Promise<SmallAccount>, judge: (world: SmallAccount) => void): Promise<void> {
    const orders = permutations(await lifeEvents());
    expect(orders).toHaveLength(720);
    for (const events of shareOfEvents(orders)) {
      const world = await prepare();
      for (const event of events) await world.invoke(1, batchOf(event));
      judge(world);
      await verify(world, events.map(({ detail }) => detail.version).join(' '));
    }
  }

  it('end with the target gone when the task has stopped', async () => {
    await inEveryOrder(
      async () => {
        const { world, old } = await warm();
        world.account.ecs.stop(old);
        await world.pass(2_000);
        return world;
      },
      ({ registered, writes }) => expect({ registered, writes }).toEqual({ registered: [], writes: 2 }),
    );
  });

  it('change nothing while the task runs, whatever they tell', async () => {
    await inEveryOrder(
      async () => (await warm()).world,
      ({ registered, serving, writes }) => expect({ registered, writes }).toEqual({ registered: serving, writes: 1 }),
    );
  });

  it('change nothing when the address has a new owner', async () => {
    await inEveryOrder(
      async () => {
        const { world, old } = await warm();
        const ip = world.registered[0]?.replace(/:\d+$/, '');
        world.account.ecs.stop(old);
        await world.pass(1_000);
        world.start(ip);
        await world.pass(1_000);
        return world;
      },
      ({ registered, serving, writes }) => expect({ registered, writes }).toEqual({ registered: serving, writes: 1 }),
    );
  });

  it('register once and remove once when each comes at another moment of the life', async () => {
    const orders = permutations(await lifeEvents());
    for (const events of shareOfEvents(orders)) {
      const world = new SmallAccount();
      const task = world.start();
      for (const [index, event] of events.entries()) {
        if (index === 3) world.account.ecs.stop(task);
        await world.pass(350);
        await world.invoke(1, batchOf(event));
      }
      expect(world.writes).toBeLessThanOrEqual(2);
      await verify(world, events.map(({ detail }) => detail.version).join(' '));
    }
  });
});
