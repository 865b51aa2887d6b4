/** What ELB refuses: bad targets in a chunk, and a full group. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Writer, writeChanges } from '../../functions/app/writes.ts';
import { PROOF_AGE_MAX_MS } from '../../functions/core/guard.ts';
import type { Change } from '../../functions/core/plan.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { FakeAws, fails, inTurn, ok } from '../support/ports.ts';
import { addresses, adds, ageless, groupThat, ipOf, removals, sizes, writerOf } from '../support/writes.ts';

describe('what ELB refuses', () => {
  it('is found by halving, and the rest is done: of registrations and of removals, wherever it stands', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.uniqueArray(fc.nat(59), { maxLength: 5 }), fc.boolean(), async (bad, isAdding) => {
        const changes: Change[] = ageless<Change>(isAdding ? adds(60) : removals(60));
        const poison = new Set(bad.flatMap((index) => changes[index]?.descriptor.id ?? []));
        const { taken, take } = groupThat((id) => (poison.has(id) ? 'refused' : undefined));
        const fake = new FakeAws({ RegisterTargets: take, DeregisterTargets: take });
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
    const fake = new FakeAws({
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
    expect(sizes(fake).slice(0, 3)).toEqual(['RegisterTargets 200', 'RegisterTargets 100', 'RegisterTargets 50']);
    expect(sizes(fake).at(-1)).toBe('RegisterTargets 1');
    expect(fake.asked.length).toBeLessThan(12);
  });

  it('is asked once before the removals: these come first then, and make room', async () => {
    const fake = room(0);
    const changes = ageless<Change>([...adds(450), ...removals(1)]);
    const result = await writeChanges(writerOf(fake), changes);
    expect(sizes(fake).slice(0, 3)).toEqual(['RegisterTargets 200', 'DeregisterTargets 1', 'RegisterTargets 200']);
    expect(addresses(result.done)).toEqual(addresses([...removals(1), ...adds(1)]));
    expect(result.refused).toHaveLength(449);
  });

  it('is not asked target by target for those that drain either, before there is room', async () => {
    const fake = room(0);
    await writeChanges(writerOf(fake), [...adds(2, { draining: true }), ...removals(1)]);
    expect(sizes(fake)).toEqual(['RegisterTargets 2', 'DeregisterTargets 1']);
  });

  it.each(['refused', 'quota'] as const)('has said (%s) by its first answer what becomes of all that drain', async (kind) => {
    const fake = new FakeAws({ RegisterTargets: inTurn<null>(ok(null), fails(kind)) });
    const draining = ageless(adds(601, { draining: true }));
    const result = await writeChanges(writerOf(fake), draining);
    expect(sizes(fake)).toEqual(['RegisterTargets 200', 'RegisterTargets 200']);
    expect([result.done, result.refused.map(({ change }) => change), result.failures]).toEqual([
      draining.slice(0, 200),
      draining.slice(200),
      [],
    ]);
  });

  it('says nothing of those before it: one that failed is a failure, and one that aged is planned again', async () => {
    const failing = new FakeAws({ RegisterTargets: inTurn<null>(fails('unavailable'), fails('refused')) });
    const draining = ageless(adds(201, { draining: true }));
    const failed = await writeChanges(writerOf(failing), draining);
    expect([failed.failures.length, failed.refused.length]).toEqual([1, 1]);
    const isDue = (changes: readonly Change[]): boolean => changes.length === 1;
    const aging = new FakeAws({ RegisterTargets: () => fails('refused') });
    const aged = await writeChanges(writerOf(aging, { isDue }), draining);
    expect([aged.aged.length, aged.refused.length]).toEqual([200, 1]);
  });

  it('takes nothing out for what it has no room for', async () => {
    const fake = room(2);
    const result = await writeChanges(writerOf(fake), adds(5));
    expect(addresses(result.done)).toEqual(addresses(adds(2)));
    expect(result.refused).toHaveLength(3);
    expect(fake.names).not.toContain('DeregisterTargets');
  });

  it('keeps what was refused for another reason apart', async () => {
    const fake = new FakeAws({
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

describe('a chunk that ELB refuses', () => {
  /** So many registrations with those of these indices refused, and one removal. */
  async function writeWith(count: number, bad: readonly number[]) {
    const poison = new Set(bad.map(ipOf));
    const { take } = groupThat((id) => (poison.has(id) ? 'refused' : undefined));
    const fake = new FakeAws({ RegisterTargets: take, DeregisterTargets: take });
    const result = await writeChanges(writerOf(fake), ageless<Change>([...adds(count), ...removals(1)]));
    return { calls: sizes(fake), result };
  }

  it('keeps no removal waiting until each of its bad targets is found', async () => {
    const { calls, result } = await writeWith(16, [0, 5, 10, 15]);
    expect(calls.slice(0, 3)).toEqual(['RegisterTargets 16', 'RegisterTargets 8', 'DeregisterTargets 1']);
    expect(result.refused.map(({ change }) => change.descriptor.id)).toEqual([0, 5, 10, 15].map(ipOf));
    expect(result.done).toHaveLength(13);
  });

  it('goes in by halves before the removals as far as two refusals let it', async () => {
    const { calls } = await writeWith(4, [3]);
    expect(calls).toEqual([
      'RegisterTargets 4',
      'RegisterTargets 2',
      'RegisterTargets 2',
      'DeregisterTargets 1',
      'RegisterTargets 1',
      'RegisterTargets 1',
    ]);
  });

  it('holds up no first try of others, before the removals', async () => {
    const [old, fresh] = [adds(4), adds(2, {}, 10)];
    const shares: Writer['shares'] = new Map(old.map(({ address }) => [address, 2]));
    const bad = new Set(old.map(({ descriptor }) => descriptor.id));
    const { take, taken } = groupThat((id) => (bad.has(id) ? 'refused' : undefined));
    const fake = new FakeAws({ RegisterTargets: take, DeregisterTargets: take });
    await writeChanges(writerOf(fake, { shares }), ageless<Change>([...old, ...fresh, ...removals(1)]));
    expect(sizes(fake).slice(0, 4)).toEqual([
      'RegisterTargets 2',
      'RegisterTargets 1',
      'RegisterTargets 2',
      'DeregisterTargets 1',
    ]);
    expect(taken).toEqual([...fresh, ...removals(1)].map(({ descriptor }) => descriptor.id));
  });

  it('is not tried again where the two refusals have found its bad target', async () => {
    const { calls, result } = await writeWith(2, [0]);
    expect(calls).toEqual(['RegisterTargets 2', 'RegisterTargets 1', 'DeregisterTargets 1', 'RegisterTargets 1']);
    expect(result.refused.map(({ change }) => change.descriptor.id)).toEqual([ipOf(0)]);
    expect(result.done).toHaveLength(2);
  });

  it('is searched to the end at once where there is nothing to remove', async () => {
    const fake = new FakeAws({ RegisterTargets: () => fails('refused') });
    const result = await writeChanges(writerOf(fake), ageless(adds(4)));
    expect(result.refused).toHaveLength(4);
    expect(sizes(fake)).toEqual([
      'RegisterTargets 4',
      'RegisterTargets 2',
      ...Array(2).fill('RegisterTargets 1'),
      'RegisterTargets 2',
      ...Array(2).fill('RegisterTargets 1'),
    ]);
  });
});

describe('what was refused together', () => {
  it('is sent in halves in the next pass, and alone in the end, however little each pass comes to', async () => {
    const shares: Writer['shares'] = new Map();
    const found = new Set<string>();
    const sent: string[][] = [];
    for (let pass = 1; pass <= 7; pass += 1) {
      const fake = new FakeAws({ RegisterTargets: () => fails('refused'), DeregisterTargets: () => ok(null) });
      // After the call that follows the removals the proofs are too old for more.
      fake.callMs = () => PROOF_AGE_MAX_MS / 3;
      const { refused } = await writeChanges(writerOf(fake, { shares, refusedBefore: found }), [...adds(8), ...removals(1)]);
      for (const { change } of refused) found.add(change.address);
      sent.push(sizes(fake).map((call) => call.replace('RegisterTargets ', '')));
    }
    const out = 'DeregisterTargets 1';
    expect(sent.slice(0, 2)).toEqual([
      ['8', '4', out, '2'],
      ['1', '1', out, '2'],
    ]);
    expect(found.size).toBe(8);
  });

  it('shares a call with what was not, as far as its own share goes', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const shares: Writer['shares'] = new Map(adds(2, {}, 3).map(({ address }) => [address, 4]));
    await writeChanges(writerOf(fake, { shares }), adds(7));
    expect(sizes(fake)).toEqual(['RegisterTargets 4', 'RegisterTargets 3']);
  });

  it('is not remembered of targets that still drain: when they have drained, they may go in together', async () => {
    const shares: Writer['shares'] = new Map();
    const fake = new FakeAws({ RegisterTargets: () => fails('refused') });
    const { refused } = await writeChanges(writerOf(fake, { shares }), ageless(adds(3, { draining: true })));
    expect([refused.length, shares.size]).toEqual([3, 0]);
  });

  it('is sent alone where it was refused alone', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const shares: Writer['shares'] = new Map(adds(1, {}, 2).map(({ address }) => [address, 1]));
    await writeChanges(writerOf(fake, { shares }), adds(5));
    expect(sizes(fake)).toEqual(['RegisterTargets 2', 'RegisterTargets 1', 'RegisterTargets 2']);
  });
});

describe('what ELB has refused in an earlier pass', () => {
  it('comes after the removals, and what is new before them', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null), DeregisterTargets: () => ok(null) });
    const [old, fresh] = [adds(2), adds(3, {}, 10)];
    const writer = writerOf(fake, { refusedBefore: new Set(addresses(old)) });
    const result = await writeChanges(writer, [...old, ...removals(1), ...fresh]);
    expect(addresses(result.done)).toEqual(addresses([...fresh, ...removals(1), ...old]));
    expect(sizes(fake)).toEqual(['RegisterTargets 3', 'DeregisterTargets 1', 'RegisterTargets 2']);
  });

  it('keeps no removal waiting for the tries of a full group', async () => {
    const fake = new FakeAws({ RegisterTargets: () => fails('quota'), DeregisterTargets: () => ok(null) });
    const old = adds(150);
    const result = await writeChanges(writerOf(fake, { refusedBefore: new Set(addresses(old)) }), [...old, ...removals(1)]);
    expect(addresses(result.done)).toEqual(addresses(removals(1)));
    expect(result.refused.map(({ change }) => change)).toEqual(old);
    expect(fake.names.indexOf('DeregisterTargets')).toBe(0);
  });

  it('shares what room there is with what is new, the longest-running first', async () => {
    const fake = new FakeAws({
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
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const old = [...adds(1, { draining: true }), ...adds(2, {}, 10)];
    await writeChanges(writerOf(fake, { refusedBefore: new Set(addresses(old)) }), old);
    expect(sizes(fake)).toEqual(['RegisterTargets 2', 'RegisterTargets 1']);
  });
});
