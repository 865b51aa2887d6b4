import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Caller } from '../../functions/app/caller.ts';
import type { TargetsOfGroup } from '../../functions/app/ports.ts';
import { type Writer, writeChanges } from '../../functions/app/writes.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { PROOF_AGE_MAX_MS, WIRING_AGE_MAX_MS } from '../../functions/core/guard.ts';
import type { Change, Deregistration, Registration } from '../../functions/core/plan.ts';
import type { Address } from '../../functions/core/values.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { FakeWorld, fails, inTurn, ok, START_MS } from '../support/ports.ts';
import { aGroup, at, feed, port, taskArn } from '../support/values.ts';

const FEED = feed('service=app port=8080');

function because(index: number, describedAtMs = START_MS): Change['because'] {
  return {
    rule: 'task is running',
    task: taskArn(`t${index}`),
    version: 3,
    last: 'RUNNING',
    desired: 'RUNNING',
    describedAtMs,
    wiring: 'cluster=prod service=app port=8080',
  };
}

function ipOf(index: number): string {
  return `10.0.${Math.floor(index / 200)}.${(index % 200) + 1}`;
}

function adds(count: number, words: Partial<Registration> = {}, from = 0): Registration[] {
  return Array.from({ length: count }, (_, offset) => {
    const index = from + offset;
    const descriptor = { id: ipOf(index), port: port(8080) };
    const base = { address: at(ipOf(index)), descriptor, because: because(index), feed: FEED };
    return { ...base, kind: 'register', draining: false, startedAtMs: index, ...words };
  });
}

function removals(count: number): Deregistration[] {
  return adds(count, {}, 5_000).map(({ address, descriptor, because: why, feed: of }) => ({
    kind: 'deregister',
    address,
    descriptor: { ...descriptor, zone: 'eu-west-1a' },
    because: { ...why, rule: 'task is stopping' },
    feed: of,
  }));
}

/** The changes with proofs that do not grow old while halves of halves wait for their turn. */
function ageless<Each extends Change>(changes: readonly Each[]): Each[] {
  return changes.map((change) => ({ ...change, because: { ...change.because, describedAtMs: START_MS + 1_000_000 } }));
}

function writerOf(fake: FakeWorld, words: Partial<Writer> = {}): Writer {
  const caller = new Caller(fake.world, fake.clock, new Map(), START_MS + 10_000_000);
  const calm = { wiringReadAtMs: undefined, isContradicted: () => false, refusedBefore: new Set<Address>() };
  return { caller, clock: fake.clock, group: aGroup(), ...calm, ...words };
}

/** A group that takes what the test lets it take, and refuses any call with something else in it. */
function groupThat(refuses: (id: string) => FailureKind | undefined) {
  const taken: string[] = [];
  const take = ({ targets }: TargetsOfGroup) => {
    const kind = targets.map(({ id }) => refuses(id)).find((each) => each !== undefined);
    if (kind !== undefined) return fails(kind);
    taken.push(...targets.map(({ id }) => id));
    return ok(null);
  };
  return { taken, take };
}

function addresses(changes: readonly Change[]): string[] {
  return changes.map(({ address }) => address);
}

function sizes(fake: FakeWorld): string[] {
  return fake.asked.map(({ name, input }) => `${name} ${JSON.stringify(input).split('"id"').length - 1}`);
}

describe('writing changes', () => {
  it('of which there are none makes no call', async () => {
    const fake = new FakeWorld();
    expect(await writeChanges(writerOf(fake), [])).toEqual({ done: [], refused: [], failures: [], aged: [] });
    expect(fake.asked).toEqual([]);
  });

  it('sends the exact descriptors, and registers before it deregisters', async () => {
    const fake = new FakeWorld({ RegisterTargets: () => ok(null), DeregisterTargets: () => ok(null) });
    const [add, remove] = [adds(1), removals(1)];
    const result = await writeChanges(writerOf(fake), [...remove, ...add]);
    expect(result).toEqual({ done: [...add, ...remove], refused: [], failures: [], aged: [] });
    const { arn: group } = aGroup();
    expect(fake.asked.map(({ name, input }) => [name, input])).toEqual([
      ['RegisterTargets', { group, targets: [{ id: '10.0.0.1', port: 8080 }] }],
      ['DeregisterTargets', { group, targets: [{ id: ipOf(5_000), port: 8080, zone: 'eu-west-1a' }] }],
    ]);
  });

  it.each([
    [200, ['RegisterTargets 200']],
    [201, ['RegisterTargets 200', 'RegisterTargets 1']],
    [401, ['RegisterTargets 200', 'RegisterTargets 200', 'RegisterTargets 1']],
  ])('sends %i registrations in chunks of 200', async (count, expected) => {
    const fake = new FakeWorld({ RegisterTargets: () => ok(null) });
    const result = await writeChanges(writerOf(fake), adds(count));
    expect(result.done).toEqual(adds(count));
    expect(sizes(fake)).toEqual(expected);
  });

  it('sends 201 removals in chunks of 200 as well', async () => {
    const fake = new FakeWorld({ DeregisterTargets: () => ok(null) });
    expect((await writeChanges(writerOf(fake), removals(201))).done).toEqual(removals(201));
    expect(sizes(fake)).toEqual(['DeregisterTargets 200', 'DeregisterTargets 1']);
  });

  it('registers the longest-running tasks first, and of equals the first by address', async () => {
    const fake = new FakeWorld({ RegisterTargets: () => ok(null) });
    const [one, two, three] = adds(3);
    if (one === undefined || two === undefined || three === undefined) throw new Error('Three were asked for.');
    const old = { ...three, startedAtMs: 0 };
    const [first, second] = [one, two].map((each) => ({ ...each, startedAtMs: 7 }));
    if (first === undefined || second === undefined) throw new Error('Two were asked for.');
    for (const order of [
      [first, second, old],
      [second, first, old],
      [old, second, first],
    ]) {
      expect(addresses((await writeChanges(writerOf(fake), order)).done)).toEqual(addresses([old, one, two]));
    }
  });

  it('sends targets that still drain apart, after the others', async () => {
    const fake = new FakeWorld({ RegisterTargets: () => ok(null) });
    const draining = adds(2, { draining: true });
    const result = await writeChanges(writerOf(fake), [...draining, ...adds(3, {}, 10)]);
    expect(sizes(fake)).toEqual(['RegisterTargets 3', 'RegisterTargets 2']);
    expect(result.done).toHaveLength(5);
  });
});

describe('a registration that is throttled', () => {
  it('is sent again after 400 and 800 ms, and then left to the next pass', async () => {
    const fake = new FakeWorld({ RegisterTargets: () => fails('throttled', 'Rate exceeded') });
    const result = await writeChanges(writerOf(fake), adds(3));
    expect(fake.clock.slept).toEqual([400, 800]);
    expect(fake.asked).toHaveLength(3);
    const resource = '10.0.0.1:8080 and 2 more in web';
    expect(result).toEqual({
      done: [],
      refused: [],
      failures: [{ kind: 'throttled', operation: 'RegisterTargets', resource, message: 'Rate exceeded' }],
      aged: [],
    });
  });

  it('is done when a later try is taken', async () => {
    const fake = new FakeWorld({ RegisterTargets: inTurn(fails('throttled'), ok(null)) });
    expect((await writeChanges(writerOf(fake), adds(1))).done).toEqual(adds(1));
    expect(fake.clock.slept).toEqual([400]);
  });

  it('does not hold up the next chunk, nor the removals', async () => {
    const first = inTurn<null>(fails('unavailable'), ok(null));
    const fake = new FakeWorld({ RegisterTargets: first, DeregisterTargets: () => ok(null) });
    const result = await writeChanges(writerOf(fake), [...adds(201), ...removals(1)]);
    expect(result.done).toHaveLength(2);
    expect(result.failures).toEqual([
      expect.objectContaining({ kind: 'unavailable', resource: '10.0.0.1:8080 and 199 more in web' }),
    ]);
  });
});

describe('a removal', () => {
  it.each<FailureKind>(['throttled', 'unavailable', 'denied', 'gone', 'quota', 'unexpected', 'out-of-time'])(
    'that failed as %s is never sent again: the address may have a new owner by then',
    async (kind) => {
      const fake = new FakeWorld({ DeregisterTargets: () => fails(kind, 'why') });
      const result = await writeChanges(writerOf(fake), removals(2));
      expect(fake.asked).toHaveLength(1);
      const resource = `${ipOf(5_000)}:8080 and 1 more in web`;
      expect(result).toEqual({
        done: [],
        refused: [],
        failures: [{ kind, operation: 'DeregisterTargets', resource, message: 'why' }],
        aged: [],
      });
    },
  );

  it('does not hold up the next chunk when it fails', async () => {
    const fake = new FakeWorld({ DeregisterTargets: inTurn<null>(fails('unavailable'), ok(null)) });
    const result = await writeChanges(writerOf(fake), removals(201));
    expect([result.done.length, result.failures.length]).toEqual([1, 1]);
  });
});

describe('what ELB refuses', () => {
  it('is found by halving, and the rest is done: of registrations and of removals, wherever it stands', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.uniqueArray(fc.nat(59), { maxLength: 5 }), fc.boolean(), async (bad, isAdding) => {
        const changes: Change[] = ageless<Change>(isAdding ? adds(60) : removals(60));
        const poison = new Set(bad.flatMap((index) => changes[index]?.descriptor.id ?? []));
        const { taken, take } = groupThat((id) => (poison.has(id) ? 'refused' : undefined));
        const fake = new FakeWorld({ RegisterTargets: take, DeregisterTargets: take });
        const result = await writeChanges(writerOf(fake), changes);
        const good = changes.filter(({ descriptor }) => !poison.has(descriptor.id));
        expect(new Set(taken)).toEqual(new Set(good.map(({ descriptor }) => descriptor.id)));
        expect(addresses(result.done).toSorted()).toEqual(addresses(good).toSorted());
        expect(result.refused.map(({ change }) => change.descriptor.id).toSorted()).toEqual([...poison].toSorted());
        expect([result.failures, result.aged]).toEqual([[], []]);
        for (const { change, failure } of result.refused) {
          expect(failure).toMatchObject({ kind: 'refused', resource: `${change.address} in web` });
        }
        expect(fake.asked.length).toBeLessThanOrEqual(1 + poison.size * 12);
      }),
      60,
    );
  });
});

describe('a full group', () => {
  /** Room for so many, of which removals make more. */
  function room(places: number) {
    let left = places;
    const fake = new FakeWorld({
      RegisterTargets: ({ targets }) => {
        if (targets.length > left) return fails('quota', 'full');
        left -= targets.length;
        return ok(null);
      },
      DeregisterTargets: ({ targets }) => {
        left += targets.length;
        return ok(null);
      },
    });
    return fake;
  }

  it('is filled up after the removals, with the longest-running tasks; the newest wait and are named', async () => {
    const fake = room(0);
    const result = await writeChanges(writerOf(fake), [...adds(4), ...removals(3)]);
    expect(addresses(result.done)).toEqual([...addresses(removals(3)), ...addresses(adds(3))]);
    expect(result.refused.map(({ change }) => change.address)).toEqual(addresses(adds(1, {}, 3)));
    expect(result.refused[0]?.failure).toMatchObject({ kind: 'quota', message: 'full' });
    expect(result.failures).toEqual([]);
    expect(fake.names.slice(0, 2)).toEqual(['RegisterTargets', 'DeregisterTargets']);
  });

  it('is not asked chunk by chunk: what still waits would be refused as well', async () => {
    const fake = room(0);
    const result = await writeChanges(writerOf(fake), ageless([...adds(450), ...adds(1, { draining: true }, 900)]));
    expect(result.refused).toHaveLength(451);
    expect(sizes(fake).slice(0, 2)).toEqual(['RegisterTargets 200', 'RegisterTargets 1']);
  });

  it('is not asked target by target for those that drain either, before there is room', async () => {
    const fake = room(0);
    await writeChanges(writerOf(fake), adds(2, { draining: true }));
    expect(sizes(fake)).toEqual(['RegisterTargets 2', 'RegisterTargets 2', 'RegisterTargets 1']);
  });

  it('takes nothing out for what it has no room for', async () => {
    const fake = room(2);
    const result = await writeChanges(writerOf(fake), adds(5));
    expect(addresses(result.done)).toEqual(addresses(adds(2)));
    expect(result.refused).toHaveLength(3);
    expect(fake.names).not.toContain('DeregisterTargets');
  });

  it('keeps what was refused for another reason apart', async () => {
    const fake = new FakeWorld({
      RegisterTargets: ({ targets }) => {
        if (targets.some(({ id }) => id === '10.0.0.1')) return fails('refused');
        return fails('quota');
      },
    });
    const result = await writeChanges(writerOf(fake), adds(2));
    expect(result.refused.map(({ change, failure }) => [change.descriptor.id, failure.kind])).toEqual([
      ['10.0.0.1', 'refused'],
      ['10.0.0.2', 'quota'],
    ]);
  });
});

describe('what ELB has refused in an earlier pass', () => {
  it('comes after the removals, and what is new before them', async () => {
    const fake = new FakeWorld({ RegisterTargets: () => ok(null), DeregisterTargets: () => ok(null) });
    const [old, fresh] = [adds(2), adds(3, {}, 10)];
    const writer = writerOf(fake, { refusedBefore: new Set(addresses(old)) });
    const result = await writeChanges(writer, [...old, ...removals(1), ...fresh]);
    expect(addresses(result.done)).toEqual(addresses([...fresh, ...removals(1), ...old]));
    expect(sizes(fake)).toEqual(['RegisterTargets 3', 'DeregisterTargets 1', 'RegisterTargets 2']);
  });

  it('keeps no removal waiting for the tries of a full group', async () => {
    const fake = new FakeWorld({ RegisterTargets: () => fails('quota'), DeregisterTargets: () => ok(null) });
    const old = adds(150);
    const result = await writeChanges(writerOf(fake, { refusedBefore: new Set(addresses(old)) }), [...old, ...removals(1)]);
    expect(addresses(result.done)).toEqual(addresses(removals(1)));
    expect(result.refused.map(({ change }) => change)).toEqual(old);
    expect(fake.names.indexOf('DeregisterTargets')).toBe(0);
  });

  it('shares what room there is with what is new, the longest-running first', async () => {
    const fake = new FakeWorld({
      RegisterTargets: inTurn(fails('quota'), fails('quota'), ok(null), fails('quota')),
      DeregisterTargets: () => ok(null),
    });
    const [old, fresh] = [adds(1), adds(1, {}, 10)];
    const writer = writerOf(fake, { refusedBefore: new Set(addresses(old)) });
    const result = await writeChanges(writer, [...fresh, ...old, ...removals(1)]);
    expect(addresses(result.done)).toEqual(addresses([...removals(1), ...old]));
    expect(result.refused.map(({ change }) => change)).toEqual(fresh);
  });

  it('still travels apart where it drains', async () => {
    const fake = new FakeWorld({ RegisterTargets: () => ok(null) });
    const old = [...adds(1, { draining: true }), ...adds(2, {}, 10)];
    await writeChanges(writerOf(fake, { refusedBefore: new Set(addresses(old)) }), old);
    expect(sizes(fake)).toEqual(['RegisterTargets 2', 'RegisterTargets 1']);
  });
});

describe('a write leaves only while what it rests on is fresh', () => {
  it.each([
    [PROOF_AGE_MAX_MS, 1],
    [PROOF_AGE_MAX_MS + 1, 0],
  ])('with a proof of %i ms: %i calls', async (ageMs, calls) => {
    for (const changes of [adds(2), removals(2)]) {
      const fake = new FakeWorld({ RegisterTargets: () => ok(null), DeregisterTargets: () => ok(null) });
      fake.clock.nowMs = START_MS + ageMs;
      const [first, ...rest] = changes;
      if (first === undefined) throw new Error('Two were asked for.');
      // One old proof in the chunk is enough: the others are planned again with it.
      const mixed = [
        first,
        ...rest.map((each) => ({ ...each, because: { ...each.because, describedAtMs: START_MS + ageMs } })),
      ];
      const result = await writeChanges(writerOf(fake), mixed);
      expect(fake.asked).toHaveLength(calls);
      expect(result).toMatchObject(calls === 1 ? { done: mixed, aged: [] } : { done: [], aged: mixed });
    }
  });

  it.each([
    [WIRING_AGE_MAX_MS, 1],
    [WIRING_AGE_MAX_MS + 1, 0],
  ])('on wiring of %i ms: %i calls', async (ageMs, calls) => {
    const fake = new FakeWorld({ RegisterTargets: () => ok(null) });
    const result = await writeChanges(writerOf(fake, { wiringReadAtMs: START_MS - ageMs }), adds(1));
    expect(fake.asked).toHaveLength(calls);
    expect(result.aged).toHaveLength(1 - calls);
  });

  it('and while nothing that was learned speaks against it', async () => {
    const fake = new FakeWorld();
    const asked: (readonly Change[])[] = [];
    const isContradicted = (changes: readonly Change[]): boolean => asked.push(changes) > 0;
    const changes = [...adds(1), ...removals(1)];
    const result = await writeChanges(writerOf(fake, { isContradicted }), changes);
    expect(result).toEqual({ done: [], refused: [], failures: [], aged: changes });
    expect(asked).toEqual([adds(1), removals(1)]);
  });

  it('so that a chunk that waits too long behind others is planned again, and those before it are done', async () => {
    const fake = new FakeWorld({ RegisterTargets: () => ok(null) });
    fake.callMs = () => PROOF_AGE_MAX_MS + 1;
    const result = await writeChanges(writerOf(fake), adds(201));
    expect([result.done.length, result.aged.length]).toEqual([200, 1]);
  });
});

it('every change ends in exactly one place, whatever fails', async () => {
  const outcome = fc.constantFrom<FailureKind | 'ok'>('ok', 'ok', 'ok', 'refused', 'quota', 'throttled', 'unavailable');
  await holdsInTime(
    fc.asyncProperty(fc.nat(30), fc.nat(30), fc.infiniteStream(outcome), fc.nat(30), async (added, removed, outcomes, old) => {
      const next = () => {
        const { value } = outcomes.next();
        return value === 'ok' || value === undefined ? ok(null) : fails(value);
      };
      const fake = new FakeWorld({ RegisterTargets: next, DeregisterTargets: next });
      const changes = [...adds(added), ...removals(removed)];
      const writer = writerOf(fake, { refusedBefore: new Set(addresses(adds(old))) });
      const { done, refused, failures, aged } = await writeChanges(writer, changes);
      const named = addresses([...done, ...aged, ...refused.map(({ change }) => change)]);
      expect(new Set(named).size).toBe(named.length);
      // What is named nowhere was in a chunk that failed, and that is told.
      if (failures.length === 0) expect(named.toSorted()).toEqual(addresses(changes).toSorted());
    }),
    200,
  );
});
