import { describe, expect, it } from 'vitest';
import { createCache } from '../../functions/app/cache.ts';
import {
  createEnvironment,
  currentConfiguration,
  isFull,
  openCaller,
  type Reporter,
  type Request,
} from '../../functions/app/invocation.ts';
import { RATES } from '../../functions/core/limiter.ts';
import { FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import { aGroup, clusterArn, groupArn } from '../support/values.ts';

const SETTINGS = {
  clusters: [clusterArn()],
  targetGroups: [groupArn()],
  cloudMapServices: [],
  binding: 'service=app port=8080',
  mode: 'enforce',
} as const;
const REQUEST: Request = { trigger: 'messages', hints: [], deadlineMs: START_MS + 10_000_000 };

function deployment() {
  const fake = new FakeAws({
    DescribeTargetGroups: () => ok([{ group: aGroup(), targetType: 'ip' }]),
    DescribeServices: ({ names }) => ok(names.map((name) => ({ name, targetGroups: [] }))),
  });
  const told: { readonly groups: number; readonly calls: ReadonlyMap<string, number> }[] = [];
  const reporter: Reporter = {
    configured: ({ configuration }, calls) => told.push({ groups: configuration.groups.length, calls: new Map(calls) }),
    passed: () => undefined,
    found: () => undefined,
  };
  const environment = createEnvironment(SETTINGS, fake.world, fake.clock);
  return { fake, told, environment, configure: () => currentConfiguration(environment, REQUEST, reporter) };
}

describe('an environment', () => {
  it('is cold at first', () => {
    const { environment, fake } = deployment();
    expect(environment).toEqual({
      settings: SETTINGS,
      world: fake.world,
      clock: fake.clock,
      cache: createCache(),
      configuration: undefined,
      configurationInFlight: undefined,
    });
  });

  it('opens callers that count for themselves and share its pace and the deadline', async () => {
    const { environment, fake } = deployment();
    const one = openCaller(environment, REQUEST);
    await one.read('DescribeTargetGroups', 'web', { groups: [] });
    const other = openCaller(environment, { ...REQUEST, deadlineMs: START_MS + 2_999 });
    expect(other.calls.size).toBe(0);
    expect(environment.cache.buckets.has('elb-read')).toBe(true);
    expect(await other.read('DescribeTargetGroups', 'web', { groups: [] })).toMatchObject({ failure: { kind: 'out-of-time' } });
    expect(fake.asked).toHaveLength(1);
    expect(RATES['elb-read'].burst).toBeGreaterThan(1);
  });
});

describe('a request', () => {
  it.each([
    ['schedule', true],
    ['check', true],
    ['messages', false],
    ['event', false],
  ] as const)('by %s asks for everything: %s', (trigger, isAll) => {
    expect(isFull({ ...REQUEST, trigger })).toBe(isAll);
  });
});

describe('the configuration', () => {
  it('is read once in a minute, and told with what it cost', async () => {
    const { fake, told, environment, configure } = deployment();
    const first = await configure();
    expect(first.configuration.groups).toHaveLength(1);
    expect(environment.configuration).toBe(first);
    expect(environment.configurationInFlight).toBeUndefined();
    fake.clock.nowMs += 60_000;
    expect(await configure()).toBe(first);
    expect(told).toEqual([
      {
        groups: 1,
        calls: new Map([
          ['DescribeTargetGroups', 1],
          ['DescribeServices', 1],
        ]),
      },
    ]);
    fake.clock.nowMs += 1;
    expect(await configure()).not.toBe(first);
    expect(told).toHaveLength(2);
  });

  it('is read by one for all who ask at once', async () => {
    const { fake, told, configure } = deployment();
    const [one, other] = await Promise.all([configure(), configure()]);
    expect(other).toBe(one);
    expect(told).toHaveLength(1);
    expect(fake.inputs('DescribeTargetGroups')).toHaveLength(1);
  });

  it('is read again after a reading that failed, from the last good copies', async () => {
    const { fake, told, environment, configure } = deployment();
    await configure();
    fake.clock.nowMs += 60_001;
    fake.answers.DescribeTargetGroups = () => fails('denied');
    const failed = await configure();
    expect(failed.failures).toHaveLength(1);
    expect(failed.configuration.groups).toHaveLength(1);
    expect(await configure()).not.toBe(failed);
    expect(told).toHaveLength(3);
    expect(environment.configurationInFlight).toBeUndefined();
  });

  it('may be asked for again after a mistake of our own', async () => {
    const { fake, environment, configure } = deployment();
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
