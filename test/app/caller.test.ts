import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Buckets, Caller } from '../../functions/app/caller.ts';
import { CALL_TIME_MS, type OperationName, type Operations } from '../../functions/app/ports.ts';
import type { FailureKind } from '../../functions/core/failure.ts';
import { type Bucket, type CallClass, currentRate, fullBucket, RATES } from '../../functions/core/limiter.ts';
import { type ClusterArn, parseClusterArn } from '../../functions/core/values.ts';
import { holdsInTime } from '../support/arbitraries.ts';
import { FakeAws, fails, inTurn, ok, START_MS } from '../support/ports.ts';
import { cloudMapArn, clusterArn, groupArn, HOME, port, taskArn, unwrap } from '../support/values.ts';

const GROUP = groupArn();
const TARGETS = { group: GROUP, targets: [{ id: '10.0.0.1', port: port(8080) }] };
const LATE_MS = START_MS + 30_000;
const DUE = { input: TARGETS, isDue: () => true };

/** The bucket of the class with nothing in it. */
const empty = (callClass: CallClass): Bucket => ({ ...fullBucket(RATES[callClass], START_MS), tokens: 0 });

function callerOf(fake: FakeAws, deadlineMs = LATE_MS, buckets: Buckets = new Map()): Caller {
  return new Caller({ api: fake.world, clock: fake.clock, buckets }, deadlineMs);
}

function read(caller: Caller) {
  return caller.read('DescribeTargetHealth', 'web', { group: GROUP });
}

const KINDS: readonly FailureKind[] = ['denied', 'gone', 'refused', 'quota', 'unexpected'];

/** The least that lies between two tries. */
const PAUSES_MS = [250, 500, 1_000];

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

  it('is tried again after 250, 500 and 1,000 ms and its turn when AWS throttles it, and then left to the next pass', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails('throttled', 'Rate exceeded') });
    const failure = { kind: 'throttled', operation: 'DescribeTargetHealth', resource: 'web', message: 'Rate exceeded' };
    expect(await read(callerOf(fake))).toEqual({ ok: false, problem: failure });
    // The throttled answer has emptied the bucket and halved its rate: the pauses are only the least.
    expect(fake.times('DescribeTargetHealth')).toHaveLength(4);
    expect(fake.clock.slept.filter((ms) => PAUSES_MS.includes(ms))).toEqual(PAUSES_MS);
  });

  it('gives the answer of a later try', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: inTurn(fails('throttled'), fails('unavailable'), ok([])) });
    expect(await read(callerOf(fake))).toEqual({ ok: true, value: [] });
    expect(fake.clock.slept.filter((ms) => PAUSES_MS.includes(ms))).toEqual([250, 500]);
  });

  it.each([
    [0, 4],
    [CALL_TIME_MS / 2 - 1, 4],
    [CALL_TIME_MS / 2, 1],
    [CALL_TIME_MS, 1],
  ])('that got no answer after %i ms is tried %i times', async (tookMs, tries) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails('unavailable') });
    fake.callMs = () => tookMs;
    expect(await read(callerOf(fake))).toMatchObject({ ok: false, problem: { kind: 'unavailable' } });
    expect(fake.asked).toHaveLength(tries);
  });

  it('that was throttled is tried again however long that took', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails('throttled') });
    fake.callMs = () => CALL_TIME_MS;
    await read(callerOf(fake));
    expect(fake.asked).toHaveLength(4);
  });

  it.each(KINDS)('that is %s is not tried again', async (kind) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails(kind) });
    expect(await read(callerOf(fake))).toMatchObject({ ok: false, problem: { kind } });
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
      problem: {
        kind: 'out-of-time',
        operation: 'DescribeTargetHealth',
        resource: 'web',
        message: 'not begun: too little time left',
      },
    });
  });

  it('that was throttled is out of time where another try would come too late', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails('throttled') });
    expect(await read(callerOf(fake, START_MS + CALL_TIME_MS))).toMatchObject({ ok: false, problem: { kind: 'out-of-time' } });
    expect(fake.asked).toHaveLength(1);
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
    const waitMs = 1_000 / RATES['elb-read'].perSecond;
    for (const [leftMs, times] of [
      [CALL_TIME_MS + waitMs - 1, 0],
      [CALL_TIME_MS + waitMs, 1],
    ] as const) {
      const buckets: Buckets = new Map([
        ['elb-read', { ...empty('elb-read'), atMs: fake.clock.now(), sinceMs: fake.clock.now() }],
      ]);
      const answer = await read(callerOf(fake, fake.clock.now() + leftMs, buckets));
      expect([answer.ok, fake.asked.length]).toEqual([times === 1, times]);
    }
  });

  it('is halved for the class of the call that was throttled, and for no other', async () => {
    const fake = new FakeAws({ DescribeTargetHealth: inTurn(fails('throttled'), ok([])), ListTasks: () => fails('denied') });
    const buckets: Buckets = new Map();
    const caller = callerOf(fake, LATE_MS, buckets);
    await read(caller);
    const selector = { kind: 'service', cluster: clusterArn(), name: 'app' } as const;
    await caller.read('ListTasks', 'app', { selector, desired: 'RUNNING', nextToken: undefined });
    const rateOf = (callClass: CallClass): number => currentRate(buckets.get(callClass) ?? empty(callClass), START_MS);
    expect([...buckets.keys()]).toEqual(['elb-read', `ecs-read ${HERE}`]);
    expect(rateOf('elb-read')).toBe(RATES['elb-read'].perSecond / 2);
    expect(buckets.get(`ecs-read ${HERE}`)?.isHalved).toBe(false);
  });

  it('never lets more writes have left than a burst and the top of their rate allow', async () => {
    await holdsInTime(
      fc.asyncProperty(fc.array(fc.nat(2_000), { maxLength: 60 }), async (pauses) => {
        const fake = new FakeAws({ RegisterTargets: () => ok(null) });
        const caller = callerOf(fake, Number.POSITIVE_INFINITY);
        for (const pauseMs of pauses) {
          fake.clock.nowMs += pauseMs;
          await caller.write('RegisterTargets', 'web', DUE);
        }
        const { burst, perSecondMax } = RATES['elb-write'];
        for (const [index, atMs] of fake.times('RegisterTargets').entries()) {
          expect(index + 1).toBeLessThanOrEqual(burst + (atMs * perSecondMax) / 1_000 + 1e-3);
        }
      }),
      50,
    );
  });

  it.each([
    ['elb-read', ['DescribeTargetGroups', 'DescribeTags', 'DescribeTargetGroupAttributes', 'DescribeTargetHealth']],
    ['elb-write', ['RegisterTargets', 'DeregisterTargets']],
    ['ecs-read', ['ListTasks', 'DescribeTasks']],
    ['ecs-service-read', ['ListClusters', 'DescribeServices', 'DescribeTaskDefinition', 'ListServices']],
    ['cloud-map-read', ['ListTagsForResource', 'ListInstances']],
    ['logs-read', ['FilterLogEvents', 'ListLogGroupTags']],
    ['tagging-read', ['GetResources']],
  ] as const)('of %s is shared by %j', async (callClass, names) => {
    for (const name of names) {
      const buckets: Buckets = new Map();
      await drawOn(name, buckets);
      const key = PLACELESS.includes(name) ? callClass : `${callClass} ${HERE}`;
      expect([...buckets], name).toMatchObject([[key, { tokens: RATES[callClass].burst - 1 }]]);
    }
  });

  it('is that of an account and region: a busy one slows down no other', async () => {
    const buckets: Buckets = new Map();
    const fake = new FakeAws({ DescribeTasks: () => ok([]), GetResources: () => ok({ items: [], nextToken: undefined }) });
    const caller = callerOf(fake, LATE_MS, buckets);
    const describe = (cluster: ClusterArn) => caller.read('DescribeTasks', 'tasks', { cluster, tasks: [] });
    for (let count = 0; count < RATES['ecs-read'].burst; count += 1) await describe(clusterArn());
    await describe(SPOKE);
    expect(fake.clock.slept).toEqual([]);
    await describe(clusterArn('test'));
    expect(fake.clock.slept).toHaveLength(1);
    await caller.read('GetResources', 'held', { types: [], cluster: SPOKE, nextToken: undefined });
    await caller.read('GetResources', 'tagged', { types: [], nextToken: undefined });
    expect([...buckets.keys()]).toEqual([
      `ecs-read ${HERE}`,
      'ecs-read us-east-1 444455556666',
      'tagging-read us-east-1 444455556666',
      'tagging-read',
    ]);
  });

  it('is one for all calls to the own account and region, whether or not they name a cluster', async () => {
    const fake = new FakeAws({ ListClusters: () => ok({ items: [], nextToken: undefined }), DescribeServices: () => ok([]) });
    const buckets: Buckets = new Map();
    const caller = new Caller({ api: fake.world, clock: fake.clock, buckets, home: HOME }, LATE_MS);
    await caller.read('ListClusters', 'clusters', { nextToken: undefined });
    await caller.read('DescribeServices', 'app', { cluster: clusterArn(), names: ['app'] });
    const [[key, { tokens }] = ['', { tokens: 0 }], ...others] = buckets;
    expect([key, others]).toEqual([`ecs-service-read ${HERE}`, []]);
    expect(tokens).toBe(RATES['ecs-service-read'].burst - 2);
  });

  it('is that of the place as well where a call is throttled, and where its input is settled late', async () => {
    const buckets: Buckets = new Map();
    const fake = new FakeAws({ DescribeTasks: () => fails('throttled'), DescribeServices: () => ok([]) });
    const caller = callerOf(fake, LATE_MS, buckets);
    await caller.read('DescribeTasks', 'tasks', { cluster: SPOKE, tasks: [] });
    await caller.readLate('DescribeServices', 'services', {
      cluster: SPOKE,
      settle: () => ({ cluster: SPOKE, names: [] }),
    });
    expect([...buckets.values()].map(({ isHalved }) => isHalved)).toEqual([true, false]);
    expect([...buckets.keys()]).toEqual(['ecs-read us-east-1 444455556666', 'ecs-service-read us-east-1 444455556666']);
  });
});

/** The place of everything that the tests name, unless they say otherwise. */
const HERE = 'eu-west-1 111122223333';
const SPOKE = unwrap(parseClusterArn('arn:aws:ecs:us-east-1:444455556666:cluster/prod'));

/** Calls that are only ever made in the stack's own place. */
const PLACELESS: readonly OperationName[] = [
  'DescribeTargetGroups',
  'DescribeTags',
  'DescribeTargetGroupAttributes',
  'DescribeTargetHealth',
  'RegisterTargets',
  'DeregisterTargets',
  'FilterLogEvents',
  'ListLogGroupTags',
  'ListClusters',
  'GetResources',
];

/** Any input of each operation. */
const INPUTS: { readonly [Name in OperationName]: Operations[Name]['input'] } = {
  DescribeTargetGroups: { groups: [] },
  DescribeTags: { groups: [] },
  DescribeTargetGroupAttributes: { group: GROUP },
  DescribeTargetHealth: { group: GROUP },
  RegisterTargets: TARGETS,
  DeregisterTargets: TARGETS,
  ListTasks: {
    selector: { kind: 'service', cluster: clusterArn(), name: 'app' },
    desired: 'RUNNING',
    nextToken: undefined,
  },
  DescribeTasks: { cluster: clusterArn(), tasks: [] },
  DescribeServices: { cluster: clusterArn(), names: [] },
  DescribeTaskDefinition: { cluster: clusterArn(), definition: 'app:7' },
  ListClusters: { nextToken: undefined },
  ListServices: { cluster: clusterArn(), nextToken: undefined },
  GetResources: { types: [], nextToken: undefined },
  FilterLogEvents: { group: GROUP, sinceMs: 0, nextToken: undefined },
  ListLogGroupTags: { logGroup: 'own' },
  ListTagsForResource: { service: cloudMapArn() },
  ListInstances: { service: cloudMapArn(), nextToken: undefined },
};

/** Makes one call; what it answers does not matter. */
async function drawOn<Name extends OperationName>(name: Name, buckets: Buckets): Promise<void> {
  const fake = new FakeAws();
  const caller = callerOf(fake, LATE_MS, buckets);
  await caller.read(name, 'anything', INPUTS[name]).catch(() => undefined);
  expect(fake.names).toEqual([name]);
}

describe('a write', () => {
  it('is made once, whatever comes of it', async () => {
    const kinds: readonly FailureKind[] = [...KINDS, 'throttled', 'unavailable'];
    for (const kind of kinds) {
      const fake = new FakeAws({ DeregisterTargets: () => fails(kind, 'why') });
      const answer = await callerOf(fake).write('DeregisterTargets', '10.0.0.1 in web', DUE);
      const failure = { kind, operation: 'DeregisterTargets', resource: '10.0.0.1 in web', message: 'why' };
      expect(answer).toEqual({ ok: false, problem: failure });
      expect(fake.asked).toHaveLength(1);
    }
  });

  it('gives the answer, and is counted', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const caller = callerOf(fake);
    expect(await caller.write('RegisterTargets', 'web', DUE)).toEqual({ ok: true, value: null });
    expect(caller.calls).toEqual(new Map([['RegisterTargets', 1]]));
    expect(fake.inputs('RegisterTargets')).toEqual([TARGETS]);
  });

  it('asks whether it is due after all waiting, right before it leaves, and is not made where it is not', async () => {
    const fake = new FakeAws();
    const caller = callerOf(fake, LATE_MS, new Map([['elb-write', empty('elb-write')]]));
    let askedAtMs = 0;
    const isDue = (): boolean => {
      askedAtMs = fake.clock.now();
      return false;
    };
    expect(await caller.write('RegisterTargets', 'web', { ...DUE, isDue })).toBe('not due');
    expect(askedAtMs - START_MS).toBeCloseTo(1_000 / RATES['elb-write'].perSecond, 2);
    expect(fake.asked).toEqual([]);
    expect(caller.calls.size).toBe(0);
  });

  it.each([
    [true, { ok: true, value: null }],
    [false, 'not due'],
  ])('that is not due asks whether it may be renewed, and leaves or not as that says (%s)', async (isRenewed, expected) => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const how = { ...DUE, isDue: () => false, renew: () => Promise.resolve(isRenewed) };
    expect(await callerOf(fake).write('RegisterTargets', 'web', how)).toEqual(expected);
    expect(fake.asked).toHaveLength(isRenewed ? 1 : 0);
  });

  it('whose turn comes later than it may leave takes none: the next one has it', async () => {
    const fake = new FakeAws({ RegisterTargets: () => ok(null) });
    const turnMs = 1_000 / RATES['elb-write'].perSecond;
    const leaveAt = async (lateMs: number) => {
      const caller = callerOf(fake, LATE_MS, new Map([['elb-write', empty('elb-write')]]));
      fake.clock.nowMs = START_MS;
      const answer = await caller.write('RegisterTargets', 'web', { ...DUE, byMs: START_MS + turnMs + lateMs });
      await caller.write('RegisterTargets', 'web', DUE);
      return { isLeft: answer !== 'not due', tookMs: fake.clock.nowMs - START_MS };
    };
    expect(await leaveAt(-1)).toEqual({ isLeft: false, tookMs: expect.closeTo(turnMs, 2) });
    const { isLeft, tookMs } = await leaveAt(1);
    expect(isLeft && tookMs > 1.5 * turnMs).toBe(true);
  });

  it('leaves up to the very moment until which it may', async () => {
    const leaveBy = (byMs: number) =>
      callerOf(new FakeAws({ RegisterTargets: () => ok(null) })).write('RegisterTargets', 'web', { ...DUE, byMs });
    expect(await leaveBy(START_MS)).toEqual(ok(null));
    expect(await leaveBy(START_MS - 1)).toBe('not due');
  });

  it('that may wait leaves tokens for those that may not', async () => {
    const { perSecond } = RATES['elb-write'];
    const leftMs = async (tokens: number, mayWait: boolean): Promise<number> => {
      const fake = new FakeAws({ RegisterTargets: () => ok(null) });
      const caller = callerOf(fake, LATE_MS, new Map([['elb-write', { ...empty('elb-write'), tokens }]]));
      await caller.write('RegisterTargets', 'web', { ...DUE, mayWait });
      return fake.times('RegisterTargets')[0] ?? Number.NaN;
    };
    expect([await leftMs(4, true), await leftMs(3, true), await leftMs(1, false)]).toEqual([
      0,
      expect.closeTo(1_000 / perSecond),
      0,
    ]);
  });

  it('is not begun with too little time left', async () => {
    const fake = new FakeAws();
    const answer = await callerOf(fake, START_MS + 2_999).write('RegisterTargets', 'web', DUE);
    expect(answer).toMatchObject({
      ok: false,
      problem: { kind: 'out-of-time', operation: 'RegisterTargets', resource: 'web' },
    });
  });
});

describe('a read whose input is settled late', () => {
  const CLUSTER = clusterArn();
  const INPUT = { cluster: CLUSTER, tasks: [taskArn('t1')] };
  const late = (caller: Caller, settle: () => typeof INPUT) =>
    caller.readLate('DescribeTasks', 'tasks', { cluster: CLUSTER, settle });

  it('asks for it when its turn has come', async () => {
    const fake = new FakeAws({ DescribeTasks: inTurn(fails('throttled'), ok([])) });
    const asked: number[] = [];
    const buckets: Buckets = new Map([[`ecs-read ${HERE}`, empty('ecs-read')]]);
    const { answer, input, settledAtMs } = await late(callerOf(fake, LATE_MS, buckets), () => {
      asked.push(fake.clock.now() - START_MS);
      return INPUT;
    });
    expect(answer).toEqual({ ok: true, value: [] });
    // Once: a retry asks for the same.
    expect(asked).toEqual([expect.closeTo(1_000 / RATES['ecs-read'].perSecond)]);
    expect([input, settledAtMs - START_MS]).toEqual([INPUT, asked[0]]);
    expect(fake.inputs('DescribeTasks')).toEqual([INPUT, INPUT]);
    expect(fake.clock.slept.slice(1)).toEqual([250, expect.any(Number)]);
  });

  it('is out of time where the time does not suffice, and what was to be asked is settled with it', async () => {
    const fake = new FakeAws();
    let isAsked = false;
    const { answer } = await late(callerOf(fake, START_MS + CALL_TIME_MS - 1), () => {
      isAsked = true;
      return INPUT;
    });
    expect(answer).toMatchObject({
      ok: false,
      problem: { kind: 'out-of-time', operation: 'DescribeTasks', cluster: CLUSTER },
    });
    expect([isAsked, fake.asked.length]).toEqual([true, 0]);
  });
});

it('a failure names the cluster whose place was asked, where there is one', async () => {
  const clusterOf = async <Name extends OperationName>(name: Name) => {
    const denied = () => Promise.resolve(fails('denied'));
    const fake = new FakeAws();
    const caller = new Caller({ api: { ...fake.world, [name]: denied }, clock: fake.clock, buckets: new Map() }, LATE_MS);
    const answer = await caller.read(name, 'anything', INPUTS[name]);
    return answer.ok ? 'no failure' : answer.problem.cluster;
  };
  for (const name of ['ListTasks', 'DescribeTasks', 'DescribeServices', 'DescribeTaskDefinition', 'ListServices'] as const) {
    expect(await clusterOf(name), name).toBe(clusterArn());
  }
  for (const name of ['DescribeTargetHealth', 'ListInstances', 'GetResources'] as const) {
    expect(await clusterOf(name), name).toBeUndefined();
  }
});

it('counts calls by their names', async () => {
  const fake = new FakeAws({ DescribeTargetHealth: () => ok([]), RegisterTargets: () => ok(null) });
  const caller = callerOf(fake);
  await read(caller);
  await caller.write('RegisterTargets', 'web', DUE);
  await read(caller);
  expect([...caller.calls]).toEqual([
    ['DescribeTargetHealth', 2],
    ['RegisterTargets', 1],
  ]);
});
