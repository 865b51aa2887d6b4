import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Caller } from '../../functions/app/caller.ts';
import { type Writer, writeChanges } from '../../functions/app/writes.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { changeKey, PROOF_AGE_MAX_MS } from '../../functions/core/guard.ts';
import type { Change } from '../../functions/core/plan.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { FakeAws, fails, inTurn, ok, START_MS } from '../support/ports.ts';
import { aGroup, groupArn } from '../support/values.ts';
import { addresses, adds, ageless, ipOf, removals, sizes, writerOf } from '../support/writes.ts';

describe('writing changes', () => {
  it('of which there are none makes no call', async () => {
    const fake = new FakeAws();
    expect(await writeChanges(writerOf(fake), [])).toEqual({ done: [], refused: [], failures: [], aged: [] });
    expect(fake.asked).toEqual([]);
  });

  it('sends the exact descriptors, and registers before it deregisters', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null), DeregisterTargets: () => ok(null) });
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
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const result = await writeChanges(writerOf(fake), adds(count));
    expect(result.done).toEqual(adds(count));
    expect(sizes(fake)).toEqual(expected);
  });

  it('sends 201 removals in chunks of 200 as well', async () => {
    const fake = new FakeAws({ DeregisterTargets: () => ok(null) });
    expect((await writeChanges(writerOf(fake), removals(201))).done).toEqual(removals(201));
    expect(sizes(fake)).toEqual(['DeregisterTargets 200', 'DeregisterTargets 1']);
  });

  it('registers the longest-running tasks first, and of equals the first by address', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const [one, two, three] = adds(3);
    if (one === undefined || two === undefined || three === undefined) throw new Error('Three were asked for.');
    const old = { ...three, sinceMs: 0 };
    const [first, second] = [one, two].map((each) => ({ ...each, sinceMs: 7 }));
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
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const draining = adds(2, { draining: true });
    const result = await writeChanges(writerOf(fake), [...draining, ...adds(3, {}, 10)]);
    expect(sizes(fake)).toEqual(['RegisterTargets 3', 'RegisterTargets 2']);
    expect(result.done).toHaveLength(5);
  });
});

describe('a registration that is throttled', () => {
  it('is sent again after 400, 800 and 1,600 ms, and then left to the next pass', async () => {
    const fake = new FakeAws({ RegisterTargets: () => fails('throttled', 'Rate exceeded') });
    const result = await writeChanges(writerOf(fake), adds(3));
    // The bucket is empty as well, and has its own pauses.
    expect(fake.clock.slept.filter((ms) => [400, 800, 1_600].includes(ms))).toEqual([400, 800, 1_600]);
    expect(fake.asked).toHaveLength(4);
    const resource = '10.0.0.1:8080 and 2 more in web';
    expect(result).toEqual({
      done: [],
      refused: [],
      failures: [{ kind: 'throttled', operation: 'RegisterTargets', resource, message: 'Rate exceeded' }],
      aged: [],
    });
  });

  it('is done when a later try is taken', async () => {
    const fake = new FakeAws({ RegisterTargets: inTurn(fails('throttled'), ok(null)) });
    expect((await writeChanges(writerOf(fake), adds(1))).done).toEqual(adds(1));
    expect(fake.clock.slept[0]).toBe(400);
  });

  it('does not hold up the next chunk, nor the removals', async () => {
    const first = inTurn<null>(fails('unavailable'), ok(null));
    const fake = new FakeAws({ RegisterTargets: first, DeregisterTargets: () => ok(null) });
    const result = await writeChanges(writerOf(fake), [...adds(201), ...removals(1)]);
    expect(result.done).toHaveLength(2);
    expect(result.failures).toEqual([
      expect.objectContaining({ kind: 'unavailable', resource: '10.0.0.1:8080 and 199 more in web' }),
    ]);
  });
});

describe('a removal', () => {
  it('that was throttled did nothing, and is sent again while its proof is fresh', async () => {
    const fake = new FakeAws({ DeregisterTargets: inTurn(fails('throttled'), fails('throttled'), ok(null)) });
    expect((await writeChanges(writerOf(fake), removals(2))).done).toEqual(removals(2));
    const slow = new FakeAws({ DeregisterTargets: () => fails('throttled') });
    slow.callMs = () => PROOF_AGE_MAX_MS;
    const result = await writeChanges(writerOf(slow), removals(2));
    expect([slow.asked.length, result.aged, result.failures]).toEqual([1, removals(2), []]);
  });

  it.each<FailureKind>(['unavailable', 'denied', 'gone', 'quota', 'unexpected', 'out-of-time'])(
    'that failed as %s is never sent again: the address may have a new owner by then',
    async (kind) => {
      const fake = new FakeAws({ DeregisterTargets: () => fails(kind, 'why') });
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
    const fake = new FakeAws({ DeregisterTargets: inTurn<null>(fails('unavailable'), ok(null)) });
    const result = await writeChanges(writerOf(fake), removals(201));
    expect([result.done.length, result.failures.length]).toEqual([1, 1]);
  });
});

describe('the record', () => {
  /** Lines of the record and calls, in their order. */
  async function historyOf(changes: readonly Change[], answers: FakeAws['answers'], words: Partial<Writer> = {}) {
    const history: string[] = [];
    const fake = new FakeAws(answers);
    fake.callMs = (name) => {
      history.push(name);
      return 0;
    };
    const record: Writer['record'] = (kind, { length }) => history.push(`${kind} ${length}`);
    await writeChanges(writerOf(fake, { record, ...words }), changes);
    return history;
  }

  it('has a registration before the call leaves: an environment that is killed after it has left its line', async () => {
    const history = await historyOf(adds(201), { RegisterTargets: () => ok(null) });
    expect(history).toEqual(['register 200', 'RegisterTargets', 'register 1', 'RegisterTargets']);
  });

  it('has a removal when it is done: the target of an environment that is killed before it stays known for ours', async () => {
    const history = await historyOf(removals(201), { DeregisterTargets: () => ok(null) });
    expect(history).toEqual(['DeregisterTargets', 'deregister 200', 'DeregisterTargets', 'deregister 1']);
  });

  it.each(['refused', 'quota', 'throttled', 'unavailable', 'denied'] as const)('has no removal that is %s', async (kind) => {
    const history = await historyOf(removals(1), { DeregisterTargets: () => fails(kind) });
    expect(new Set(history)).toEqual(new Set(['DeregisterTargets']));
  });

  it.each([
    ['refused', ['refused 1']],
    ['quota', ['refused 1']],
    ['throttled', []],
    ['unavailable', []],
    ['denied', []],
  ] as const)('says of a registration that is %s that ELB did not take it: %j', async (kind, lines) => {
    const history = await historyOf(adds(1), { RegisterTargets: () => fails(kind) });
    expect(history.filter((each) => each !== 'RegisterTargets' && !each.startsWith('register'))).toEqual(lines);
  });

  it('has no line of what did not leave', async () => {
    expect(await historyOf([...adds(1), ...removals(1)], {}, { isDue: () => false })).toEqual([]);
  });
});

describe('the calls of several groups', () => {
  it.each([
    ['searches for what ELB refuses', adds(64), fails('refused')],
    ['tries what still drains', adds(4_000, { draining: true }), ok(null)],
  ])('take turns: while one group %s, a registration of another leaves at once', async (_, changes, answer) => {
    const fake = new FakeAws({ RegisterTargets: ({ group }) => (group === groupArn() ? answer : ok(null)) });
    const caller = new Caller({ api: fake.world, clock: fake.clock, buckets: new Map() }, START_MS + 10_000_000);
    const other = aGroup({ arn: groupArn('other') });
    const waitsMs: number[] = [];
    const searching = writeChanges(writerOf(fake, { caller }), ageless(changes));
    for (const afterMs of [500, 1_000, 1_500]) {
      await fake.clock.pass(afterMs);
      const askedAtMs = fake.clock.now();
      await writeChanges(writerOf(fake, { caller, group: other }), ageless(adds(1)));
      waitsMs.push(fake.clock.now() - askedAtMs);
    }
    const endedAtMs = fake.clock.now();
    await searching;
    expect(waitsMs).toEqual([0, 0, 0]);
    // It was in the middle of its work all the time.
    expect(fake.clock.now()).toBeGreaterThan(endedAtMs);
  });
});

describe('a write leaves only while what it rests on is fresh', () => {
  it.each([
    [PROOF_AGE_MAX_MS, 1],
    [PROOF_AGE_MAX_MS + 1, 0],
  ])('with a proof of %i ms: %i calls', async (ageMs, calls) => {
    for (const changes of [adds(2), removals(2)]) {
      const fake = new FakeAws({ RegisterTargets: () => ok(null), DeregisterTargets: () => ok(null) });
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

  it('and while nothing that was learned speaks against it', async () => {
    const fake = new FakeAws();
    const asked: (readonly Change[])[] = [];
    const isDue = (changes: readonly Change[]): boolean => asked.push(changes) < 0;
    const changes = [...adds(1), ...removals(1)];
    const result = await writeChanges(writerOf(fake, { isDue }), changes);
    expect(result).toEqual({ done: [], refused: [], failures: [], aged: changes });
    expect(asked).toEqual([adds(1), removals(1)]);
  });

  it('so that a chunk that waits too long behind others is planned again, and those before it are done', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    fake.callMs = () => PROOF_AGE_MAX_MS + 1;
    const result = await writeChanges(writerOf(fake), adds(201));
    expect([result.done.length, result.aged.length]).toEqual([200, 1]);
  });
});

describe('a proof that grows old while its call waits for its turn', () => {
  /** When the old proofs have just grown too old. */
  const DESCRIBED_MS = START_MS + PROOF_AGE_MAX_MS + 1;
  const renewed = <Each extends Change>(changes: readonly Each[]): Each[] =>
    changes.map((change) => ({ ...change, because: { ...change.because, describedAtMs: DESCRIBED_MS } }));
  const proofsOf = (changes: readonly Change[]): Awaited<ReturnType<Writer['renew']>> =>
    new Map(renewed(changes).map((change) => [changeKey(change), change.because]));

  /** Writes what was planned when its tasks were described, which is too long ago by now. */
  async function writeLate(changes: readonly Change[], words: Partial<Writer>) {
    const fake = new FakeAws({ RegisterTargets: () => ok(null), DeregisterTargets: () => ok(null) });
    fake.clock.nowMs = DESCRIBED_MS;
    const lines: string[] = [];
    const record: Writer['record'] = (kind, { length }) => lines.push(`${kind} ${length}`);
    return { fake, lines, ...(await writeChanges(writerOf(fake, { record, ...words }), changes)) };
  }

  it.each<[string, readonly Change[]]>([
    ['register', adds(2)],
    ['deregister', removals(2)],
  ])('is described anew, and the call leaves with the new one: to %s', async (kind, changes) => {
    const { fake, lines, done, aged } = await writeLate(changes, { renew: (asked) => Promise.resolve(proofsOf(asked)) });
    expect([done, aged]).toEqual([renewed(changes), []]);
    const targets = changes.map(({ descriptor }) => descriptor);
    expect(fake.asked.map(({ input }) => input)).toEqual([{ group: groupArn(), targets }]);
    expect(lines).toEqual([`${kind} 2`]);
  });

  it('is asked for by all that share the call, and by none whose proof is fresh', async () => {
    const asked: string[][] = [];
    const renew: Writer['renew'] = (changes) => {
      asked.push(addresses(changes));
      return Promise.resolve(proofsOf(changes));
    };
    const fresh = renewed(adds(1, { draining: true }, 300));
    await writeLate([...adds(201), ...fresh], { renew });
    expect(asked).toEqual([addresses(adds(200)), addresses(adds(1, {}, 200))]);
  });

  it.each<[string, Partial<Writer>]>([
    ['is not to be had any more', { renew: () => Promise.resolve(undefined) }],
    ['is not to be had any more, though it would do', { renew: () => Promise.resolve(undefined), isDue: onceNot() }],
    ['does not do either', { renew: (asked) => Promise.resolve(proofsOf(asked)), isDue: () => false }],
  ])('is planned again, and its call is not made, where a new one %s', async (_, words) => {
    const { fake, lines, done, aged } = await writeLate(adds(2), words);
    expect([fake.asked, lines, done, addresses(aged)]).toEqual([[], [], [], addresses(adds(2))]);
  });

  /** Says no when it is first asked, and yes from then on. */
  function onceNot(): () => boolean {
    let times = 0;
    return () => {
      times += 1;
      return times > 1;
    };
  }

  it('is new at each try: a throttled call is not renewed again while that proof is fresh', async () => {
    let renewals = 0;
    const fake = new FakeAws({ RegisterTargets: inTurn(fails('throttled'), ok(null)) });
    fake.clock.nowMs = DESCRIBED_MS;
    const renew: Writer['renew'] = (changes) => {
      renewals += 1;
      return Promise.resolve(proofsOf(changes));
    };
    const { done } = await writeChanges(writerOf(fake, { renew }), adds(2));
    expect([done, renewals, fake.asked.length]).toEqual([renewed(adds(2)), 1, 2]);
  });
});

it('every change ends in exactly one place, whatever fails', async () => {
  const outcome = fc.constantFrom<FailureKind | 'ok'>('ok', 'ok', 'ok', 'refused', 'quota', 'throttled', 'unavailable');
  const size = fc.oneof(fc.nat(30), fc.constantFrom(0, 201));
  await holdsInTime(
    fc.asyncProperty(fc.tuple(size, size, size, size), fc.infiniteStream(outcome), async (sizesOf, outcomes) => {
      const [added, draining, removed, old] = sizesOf;
      const next = () => {
        const { value } = outcomes.next();
        return value === 'ok' || value === undefined ? ok(null) : fails(value);
      };
      const fake = new FakeAws({ RegisterTargets: next, DeregisterTargets: next });
      const changes = [...adds(added), ...adds(draining, { draining: true }, 1_000), ...removals(removed)];
      const writer = writerOf(fake, { refusedBefore: new Set(addresses(adds(old))) });
      const { done, refused, failures, aged } = await writeChanges(writer, changes);
      const named = addresses([...done, ...aged, ...refused.map(({ change }) => change)]);
      expect(new Set(named).size).toBe(named.length);
      // What is named nowhere was in a chunk that failed, and that is told.
      if (failures.length === 0) expect(named.toSorted()).toEqual(addresses(changes).toSorted());
    }),
    100,
  );
});
