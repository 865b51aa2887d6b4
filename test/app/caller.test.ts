import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Buckets, Caller } from '../../functions/app/caller.ts';
import { CALL_TIME_MS } from '../../functions/app/ports.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { FULL, RATES, SLOWED_FOR_MS } from '../../functions/core/limiter.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { FakeAws, fails, inTurn, ok, START_MS } from '../support/ports.ts';
import { clusterArn, groupArn, port } from '../support/values.ts';

const GROUP = groupArn();
const TARGETS = { group: GROUP, targets: [{ id: '10.0.0.1', port: port(8080) }] };
const LATE_MS = START_MS + 30_000;

function callerOf(fake: FakeAws, deadlineMs = LATE_MS, buckets: Buckets = new Map()): Caller {
  return new Caller(fake.world, fake.clock, buckets, deadlineMs);
}

function read(caller: Caller) {
  return caller.read('DescribeTargetHealth', 'web', { group: GROUP });
}

const KINDS: readonly FailureKind[] = ['denied', 'gone', 'refused', 'quota', 'unexpected'];

describe('a read', () => {
  it('gives the answer, and is counted', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => ok([]) });
    const caller = callerOf(fake);
    expect(caller.calls).toEqual(new Map());
    expect(await read(caller)).toEqual({ ok: true, value: [] });
    await read(caller);
    expect(caller.calls).toEqual(new Map([['DescribeTargetHealth', 2]]));
    expect(fake.inputs('DescribeTargetHealth')).toEqual([{ group: GROUP }, { group: GROUP }]);
    expect(fake.clock.slept).toEqual([]);
  });

  it('is tried again after 250 and 500 ms when AWS throttles it, and then left to the next pass', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails('throttled', 'Rate exceeded') });
    const failure = { kind: 'throttled', operation: 'DescribeTargetHealth', resource: 'web', message: 'Rate exceeded' };
    expect(await read(callerOf(fake))).toEqual({ ok: false, failure });
    expect(fake.times('DescribeTargetHealth')).toEqual([0, 250, 750]);
    expect(fake.clock.slept).toEqual([250, 500]);
  });

  it('gives the answer of a later try', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: inTurn(fails('throttled'), fails('unavailable'), ok([])) });
    expect(await read(callerOf(fake))).toEqual({ ok: true, value: [] });
    expect(fake.clock.slept).toEqual([250, 500]);
  });

  it.each([
    [0, 3],
    [CALL_TIME_MS / 2 - 1, 3],
    [CALL_TIME_MS / 2, 1],
    [CALL_TIME_MS, 1],
  ])('that got no answer after %i ms is tried %i times', async (tookMs, tries) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails('unavailable') });
    fake.callMs = () => tookMs;
    expect(await read(callerOf(fake))).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
    expect(fake.asked).toHaveLength(tries);
  });

  it('that was throttled is tried again however long that took', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails('throttled') });
    fake.callMs = () => CALL_TIME_MS;
    await read(callerOf(fake));
    expect(fake.asked).toHaveLength(3);
  });

  it.each(KINDS)('that is %s is not tried again', async (kind) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails(kind) });
    expect(await read(callerOf(fake))).toMatchObject({ ok: false, failure: { kind } });
    expect(fake.asked).toHaveLength(1);
    expect(fake.clock.slept).toEqual([]);
  });

  it.each([
    [CALL_TIME_MS - 1, 0],
    [CALL_TIME_MS, 1],
    [CALL_TIME_MS + 1, 1],
  ])('with %i ms left before the deadline is made %i times', async (leftMs, times) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => ok([]) });
    const caller = callerOf(fake, START_MS + leftMs);
    const answer = await read(caller);
    expect(fake.asked).toHaveLength(times);
    expect(caller.calls.size).toBe(times);
    if (times > 0) return;
    expect(answer).toEqual({
      ok: false,
      failure: {
        kind: 'out-of-time',
        operation: 'DescribeTargetHealth',
        resource: 'web',
        message: 'not begun: too little time left',
      },
    });
  });

  it('that is not begun costs no token', async () => {
    const buckets: Buckets = new Map();
    await read(callerOf(new FakeAws(), START_MS, buckets));
    expect(buckets.size).toBe(0);
  });
});

describe('the pace', () => {
  it('lets a burst leave at once, and makes the next call wait its turn', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => ok([]) });
    const caller = callerOf(fake);
    const { burst, perSecond } = RATES['elb-read'];
    for (let count = 0; count < burst; count += 1) await read(caller);
    expect(fake.clock.slept).toEqual([]);
    await read(caller);
    expect(fake.clock.slept).toEqual([expect.closeTo(1_000 / perSecond, 1)]);
  });

  it('is that of the environment, not of one caller', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => ok([]) });
    const buckets: Buckets = new Map();
    for (let count = 0; count <= RATES['elb-read'].burst; count += 1) await read(callerOf(fake, LATE_MS, buckets));
    expect(fake.clock.slept).toHaveLength(1);
  });

  it('counts the wait for its turn into the time that a call needs', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => ok([]) });
    const waits = { fullAtMs: START_MS + (RATES['elb-read'].burst * 1_000) / RATES['elb-read'].perSecond, slowUntilMs: 0 };
    const caller = callerOf(fake, START_MS + CALL_TIME_MS + 100, new Map([['elb-read', waits]]));
    expect(await read(caller)).toMatchObject({ ok: false, failure: { kind: 'out-of-time' } });
    expect(fake.asked).toEqual([]);
  });

  it('is halved for the class of the call that was throttled, and for no other', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: inTurn(fails('throttled'), ok([])), ListTasks: () => fails('denied') });
    const buckets: Buckets = new Map();
    const caller = callerOf(fake, LATE_MS, buckets);
    await read(caller);
    const selector = { kind: 'service', cluster: clusterArn(), name: 'app' } as const;
    await caller.read('ListTasks', 'app', { selector, desired: 'RUNNING', nextToken: undefined });
    expect(buckets.get('elb-read')?.slowUntilMs).toBe(START_MS + SLOWED_FOR_MS);
    // The token that the throttled call took is not given back, and the next try costs two.
    expect(buckets.get('elb-read')?.fullAtMs).toBeCloseTo(START_MS + 3_000 / RATES['elb-read'].perSecond, 0);
    expect(buckets.get('ecs-read')?.slowUntilMs).toBe(0);
  });

  it('never lets more calls leave than the shares of AWS limits allow', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.array(fc.nat(2_000), { maxLength: 60 }), async (pauses) => {
        const fake = new FakeAws({ RegisterTargets: () => ok(null) });
        const caller = callerOf(fake, Number.POSITIVE_INFINITY);
        for (const pauseMs of pauses) {
          fake.clock.nowMs += pauseMs;
          await caller.write('RegisterTargets', 'web', TARGETS, () => true);
        }
        const times = fake.times('RegisterTargets');
        const { burst, perSecond } = RATES['elb-write'];
        for (const [index, atMs] of times.entries()) {
          const before = times[index - burst];
          if (before !== undefined) expect(atMs - before).toBeGreaterThanOrEqual(1_000 / perSecond - 1e-3);
        }
      }),
      100,
    );
  });

  it.each([
    ['elb-read', ['DescribeTargetGroups', 'DescribeTags', 'DescribeTargetGroupAttributes', 'DescribeTargetHealth']],
    ['elb-write', ['RegisterTargets', 'DeregisterTargets']],
    ['ecs-read', ['ListTasks', 'DescribeTasks', 'DescribeServices', 'DescribeTaskDefinition']],
    ['other-read', ['ListTagsForResource', 'ListInstances']],
  ] as const)('of %s is shared by %j', async (callClass, names) => {
    for (const name of names) {
      const buckets: Buckets = new Map();
      await drawOn(name, buckets);
      expect([...buckets.keys()], name).toEqual([callClass]);
      expect(buckets.get(callClass), name).not.toEqual(FULL);
    }
  });
});

/** Makes one call of each operation that the test names; what it answers does not matter. */
async function drawOn(name: Parameters<Caller['read']>[0], buckets: Buckets): Promise<void> {
  const fake = new FakeAws();
  const caller = callerOf(fake, LATE_MS, buckets);
  await caller.read(name, 'anything', TARGETS_AND_ALL).catch(() => undefined);
  expect(fake.names).toEqual([name]);
}

const TARGETS_AND_ALL = {
  ...TARGETS,
  groups: [],
  cluster: clusterArn(),
  tasks: [],
  names: [],
  definition: '',
  selector: { kind: 'service', cluster: clusterArn(), name: 'app' },
  desired: 'RUNNING',
  nextToken: undefined,
} as const;

describe('a write', () => {
  it('is made once, whatever comes of it', async () => {
    const kinds: readonly FailureKind[] = [...KINDS, 'throttled', 'unavailable'];
    for (const kind of kinds) {
      const fake = new FakeAws({ DeregisterTargets: () => fails(kind, 'why') });
      const answer = await callerOf(fake).write('DeregisterTargets', '10.0.0.1 in web', TARGETS, () => true);
      const failure = { kind, operation: 'DeregisterTargets', resource: '10.0.0.1 in web', message: 'why' };
      expect(answer).toEqual({ ok: false, failure });
      expect(fake.asked).toHaveLength(1);
    }
  });

  it('gives the answer, and is counted', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const caller = callerOf(fake);
    expect(await caller.write('RegisterTargets', 'web', TARGETS, () => true)).toEqual({ ok: true, value: null });
    expect(caller.calls).toEqual(new Map([['RegisterTargets', 1]]));
    expect(fake.inputs('RegisterTargets')).toEqual([TARGETS]);
  });

  it('asks whether it is due after all waiting, right before it leaves, and is not made where it is not', async () => {
    const fake = new FakeAws();
    const empty = { fullAtMs: START_MS + (RATES['elb-write'].burst * 1_000) / RATES['elb-write'].perSecond, slowUntilMs: 0 };
    const caller = callerOf(fake, LATE_MS, new Map([['elb-write', empty]]));
    let askedAtMs = 0;
    const isDue = (): boolean => {
      askedAtMs = fake.clock.now();
      return false;
    };
    expect(await caller.write('RegisterTargets', 'web', TARGETS, isDue)).toBe('not due');
    expect(askedAtMs - START_MS).toBe(1_000 / RATES['elb-write'].perSecond);
    expect(fake.asked).toEqual([]);
    expect(caller.calls.size).toBe(0);
  });

  it('is not begun with too little time left', async () => {
    const fake = new FakeAws();
    const answer = await callerOf(fake, START_MS + 2_999).write('RegisterTargets', 'web', TARGETS, () => true);
    expect(answer).toMatchObject({
      ok: false,
      failure: { kind: 'out-of-time', operation: 'RegisterTargets', resource: 'web' },
    });
  });
});

it('counts calls by their names', async () => {
  const fake = new FakeAws({ DescribeTargetHealth: () => ok([]), RegisterTargets: () => ok(null) });
  const caller = callerOf(fake);
  await read(caller);
  await caller.write('RegisterTargets', 'web', TARGETS, () => true);
  await read(caller);
  expect([...caller.calls]).toEqual([
    ['DescribeTargetHealth', 2],
    ['RegisterTargets', 1],
  ]);
});
