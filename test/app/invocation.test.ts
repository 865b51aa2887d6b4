import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cache } from '../../functions/app/cache.ts';
import { GroupCache } from '../../functions/app/group-cache.ts';
import {
  beginInvocation,
  createEnvironment,
  currentConfiguration,
  type Environment,
  forGroup,
  isFull,
  openHints,
  type Request,
  saltOf,
} from '../../functions/app/invocation.ts';
import { ADDRESS_FREE_MS, CONFIRM_AFTER_MS } from '../../functions/core/guard.ts';
import { holds } from '../support/arbitraries.ts';
import { boundGroup } from '../support/passes.ts';
import { fails, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { aHint, groupArn, ip, taskArn } from '../support/values.ts';

const REQUEST: Request = { trigger: 'messages', hints: [], deadlineMs: START_MS + 10_000_000 };

/** A stack, and who asks for its configuration. */
function stack() {
  const runs = new Runs();
  const begin = (request = REQUEST) => beginInvocation(runs.environment, request, runs.reporter);
  const { fake, environment, configurations } = runs;
  return { fake, environment, configurations, begin, configure: (request = REQUEST) => currentConfiguration(begin(request)) };
}

/** Descriptions of groups that are older than they may be: the next reading asks for them. */
function groupsGrowOld(environment: Environment): void {
  const { configuration } = environment;
  if (configuration !== undefined) {
    environment.configuration = { ...configuration, groupsReadAtMs: Number.NEGATIVE_INFINITY };
  }
}

it('log streams make numbers from 0 to 1, and streams that differ in their last letter differ in it', () => {
  const stream = (last: string): string => `2026/03/01/[$LATEST]0123456789abcdef0123456789abcde${last}`;
  const salts = [...'0123456789abcdef'].map((last) => saltOf(stream(last)));
  expect(new Set(salts).size).toBe(16);
  expect(Math.max(...salts) - Math.min(...salts)).toBeGreaterThan(0.5);
  holds(
    fc.property(fc.string(), (name) => {
      expect(saltOf(name)).toBeGreaterThanOrEqual(0);
      expect(saltOf(name)).toBeLessThan(1);
      expect(saltOf(name)).toBe(saltOf(name));
    }),
  );
});

describe('an environment', () => {
  it('is cold at first', () => {
    const { environment, fake } = stack();
    expect(environment).toEqual({
      settings: environment.settings,
      api: fake.world,
      clock: fake.clock,
      cache: new Cache(),
      configuration: undefined,
      configurationInFlight: undefined,
      eventAgeMs: 2_000,
      confirmationLagMs: 0,
      burstPasses: 1,
    });
  });

  it('differs from others in how long it leaves changes to their events, and in what it takes for a burst', () => {
    const { environment } = stack();
    const differing = [0, 0.5, 1].map((salt) => createEnvironment(environment, salt));
    expect(differing.map(({ eventAgeMs, burstPasses }) => [eventAgeMs, burstPasses])).toEqual([
      [2_000, 1],
      [3_000, 3],
      [4_000, 5],
    ]);
    expect(createEnvironment(environment)).toMatchObject({ eventAgeMs: 2_000 });
  });

  it('makes no confirmation so late that the removal needs the record: there is a second left for the calls', () => {
    const { environment } = stack();
    const lagsMs = [0, 0.25, 0.5, 0.75, 1].map((salt) => createEnvironment(environment, salt).confirmationLagMs);
    // Evenly spread, so that two environments seldom come to one moment.
    expect(lagsMs).toEqual([0, 500, 1_000, 1_500, 2_000]);
    const latestMs = Math.max(...lagsMs);
    expect(CONFIRM_AFTER_MS + latestMs + 1_000).toBeLessThanOrEqual(ADDRESS_FREE_MS);
  });

  it('gives each invocation a count of its own, and all of them its pace and its cache', async () => {
    const { environment, fake, begin } = stack();
    const one = begin();
    await one.caller.read('DescribeTargetGroups', 'web', { groups: [groupArn()] });
    const other = begin({ ...REQUEST, deadlineMs: START_MS + 2_999 });
    expect([one.caller.calls.size, other.caller.calls.size]).toEqual([1, 0]);
    expect([...environment.cache.buckets.keys()]).toEqual(['elb-read eu-west-1 111122223333']);
    expect(await other.caller.read('DescribeTargetGroups', 'web', { groups: [] })).toMatchObject({
      problem: { kind: 'out-of-time' },
    });
    expect(fake.asked).toHaveLength(1);
    expect([other.cache === environment.cache, other.reads === one.reads, other.turns === one.turns]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

it('an invocation as one of its groups sees it has what is remembered of this group, and all else of the invocation', () => {
  const { environment, begin } = stack();
  const [invocation, bound] = [begin(), boundGroup('service=app port=8080')];
  const ofGroup = forGroup(invocation, bound);
  expect(ofGroup).toEqual({ ...invocation, bound, known: new GroupCache() });
  expect(ofGroup.known).toBe(environment.cache.group(groupArn()));
  expect(forGroup(begin(), bound).known).toBe(ofGroup.known);
});

describe('the hints that a group has to settle', () => {
  const [OURS, OTHER] = [aHint(taskArn('t1'), 4), aHint(taskArn('t2'), 4, { group: 'service:other' })];
  const bound = boundGroup('service=app port=8080');

  it('are those of the invocation, or those that are asked about', () => {
    const { begin } = stack();
    expect(openHints(begin({ ...REQUEST, hints: [OTHER, OURS] }), bound)).toEqual([OURS]);
    expect(openHints(begin({ ...REQUEST, hints: [OURS] }), bound, [OTHER])).toEqual([]);
    expect(openHints(begin(), bound, [OURS])).toEqual([OURS]);
  });

  it.each([
    [0, 1_999, 0],
    [0, 2_000, 1],
    [1, 3_999, 0],
    [1, 4_000, 1],
  ])('are, in an environment of salt %f, no repetitions of an order of %i ms ago: %i', (salt, agoMs, count) => {
    const runs = new Runs({}, salt);
    const claim = { addresses: [ip('10.0.0.1')], isStop: true, atMs: START_MS - agoMs };
    const request = { ...REQUEST, hints: [{ ...OURS, isFollowUp: true, claim }] };
    expect(openHints(beginInvocation(runs.environment, request, runs.reporter), bound)).toHaveLength(count);
  });
});

it.each([
  ['schedule', true],
  ['check', true],
  ['messages', false],
  ['event', false],
] as const)('a request by %s asks for everything: %s', (trigger, isAll) => {
  expect(isFull({ trigger })).toBe(isAll);
});

describe('the configuration', () => {
  it('is read once in fifty seconds, and reported', async () => {
    const { fake, configurations, environment, configure } = stack();
    const first = await configure();
    expect(first.configuration.groups).toHaveLength(1);
    expect(environment.configuration).toBe(first);
    expect(environment.configurationInFlight).toBeUndefined();
    fake.clock.nowMs += 50_000;
    expect(await configure()).toBe(first);
    expect(configurations).toEqual([first]);
    fake.clock.nowMs += 1;
    expect(await configure()).not.toBe(first);
    expect(configurations).toHaveLength(2);
  });

  it('is read once in half a minute by the schedule, whose run has to be served to its end', async () => {
    const { fake, configure } = stack();
    const first = await configure({ ...REQUEST, trigger: 'schedule' });
    fake.clock.nowMs += 30_000;
    expect(await configure({ ...REQUEST, trigger: 'schedule' })).toBe(first);
    fake.clock.nowMs += 1;
    expect(await configure()).toBe(first);
    expect(await configure({ ...REQUEST, trigger: 'schedule' })).not.toBe(first);
  });

  it.each<[string, Partial<Request>]>([
    ['where tags have changed', { areTagsChanged: true }],
    ['where a person checks', { trigger: 'check' }],
  ])('is read once an invocation, be the copy ever so young: %s', async (_, words) => {
    const { environment, begin, configure } = stack();
    const old = await configure();
    // The clock of a test may stand still: a copy of this very moment is one of this invocation.
    expect(await configure({ ...REQUEST, ...words })).toBe(old);
    environment.configuration = { ...old, readAtMs: START_MS - 1 };
    const invocation = begin({ ...REQUEST, ...words });
    const young = await currentConfiguration(invocation);
    expect(young).not.toBe(old);
    expect(young.readAtMs).toBe(START_MS);
    expect(await currentConfiguration(invocation)).toBe(young);
  });

  it('is read by a check in an environment that has none yet', async () => {
    const { configurations, configure } = stack();
    const read = await configure({ ...REQUEST, trigger: 'check' });
    expect(read.configuration.groups).toHaveLength(1);
    expect(configurations).toEqual([read]);
  });

  it('is read by one for all who ask at once', async () => {
    const { fake, configurations, configure } = stack();
    const [one, other] = await Promise.all([configure(), configure()]);
    expect(other).toBe(one);
    expect([configurations.length, fake.inputs('DescribeTargetGroups').length]).toEqual([1, 1]);
  });

  it('is read again after a reading that failed, from the last good copies', async () => {
    const { fake, configurations, environment, configure } = stack();
    await configure();
    fake.clock.nowMs += 50_001;
    groupsGrowOld(environment);
    fake.answers.DescribeTargetGroups = () => fails('unavailable');
    const failed = await configure();
    expect([failed.failures.length, failed.configuration.groups.length]).toEqual([1, 1]);
    expect(await configure()).not.toBe(failed);
    expect(configurations).toHaveLength(3);
    expect(environment.configurationInFlight).toBeUndefined();
  });

  it('may be asked for again after a mistake of our own', async () => {
    const { fake, environment, configure } = stack();
    const { DescribeTargetGroups } = fake.answers;
    fake.answers.DescribeTargetGroups = () => {
      throw new TypeError('a mistake of our own');
    };
    await expect(configure()).rejects.toThrow('a mistake of our own');
    expect(environment.configurationInFlight).toBeUndefined();
    if (DescribeTargetGroups !== undefined) fake.answers.DescribeTargetGroups = DescribeTargetGroups;
    expect((await configure()).configuration.groups).toHaveLength(1);
  });
});
