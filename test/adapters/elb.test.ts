/** Elastic Load Balancing: how groups and targets are read, and how a target goes back over the wire as it came. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributesFrom, describedGroupOf, targetFrom } from '../../functions/adapters/elb.ts';
import { UnreadableAnswer } from '../../functions/adapters/outcome.ts';
import { SEED } from '../support/arbitraries.ts';
import { GROUP, mockedAws, port, sentBy } from '../support/sdk.ts';

const DESCRIBED_GROUP = { TargetGroupArn: GROUP, TargetGroupName: 'web', TargetType: 'ip', Port: 80 } as const;

describe('describedGroupOf', () => {
  it.each([
    { type: 'ipv4', family: 'ipv4' },
    { type: 'ipv6', family: 'ipv6' },
    { type: undefined, family: 'ipv4' },
  ] as const)('takes a group with IpAddressType $type for one of $family', ({ type, family }) => {
    expect(describedGroupOf({ ...DESCRIBED_GROUP, IpAddressType: type }).group.family).toBe(family);
  });

  it.each(['ip', 'instance', 'lambda', 'alb'] as const)('keeps the target type %s, so that a person can be told', (type) => {
    expect(describedGroupOf({ ...DESCRIBED_GROUP, TargetType: type }).targetType).toBe(type);
  });

  it('leaves the protocol open where the group has none, as groups of Lambda functions do', () => {
    const { Port: _, ...withoutPort } = DESCRIBED_GROUP;
    expect(describedGroupOf({ ...withoutPort, TargetType: 'lambda' })).toStrictEqual({
      group: { arn: GROUP, name: 'web', family: 'ipv4', protocol: undefined, unhealthyAfterMs: 95_000 },
      targetType: 'lambda',
    });
  });

  it.each([
    { checks: {}, ms: 95_000 },
    { checks: { HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 2, UnhealthyThresholdCount: 5 }, ms: 62_000 },
    { checks: { HealthCheckIntervalSeconds: 300, HealthCheckTimeoutSeconds: 120, UnhealthyThresholdCount: 10 }, ms: 3_420_000 },
  ])('takes a target that no longer answers for unhealthy after $ms ms with $checks', ({ checks, ms }) => {
    expect(describedGroupOf({ ...DESCRIBED_GROUP, ...checks }).group.unhealthyAfterMs).toBe(ms);
  });

  it.each(['HTTP', 'TCP', 'GENEVE'] as const)('keeps the protocol %s', (protocol) => {
    expect(describedGroupOf({ ...DESCRIBED_GROUP, Protocol: protocol }).group.protocol).toBe(protocol);
  });

  it('refuses an ARN that is none, and says what was expected', () => {
    const read = (): unknown => describedGroupOf({ ...DESCRIBED_GROUP, TargetGroupArn: 'web' });
    expect(read).toThrow(UnreadableAnswer);
    expect(read).toThrow(/a TargetGroupArn is web; expected a target group ARN such as/);
  });
});

const DELAY = { Key: 'deregistration_delay.timeout_seconds', Value: '300' };
const CROSS_ZONE = 'load_balancing.cross_zone.enabled';

describe('attributesFrom', () => {
  it.each(['true', 'false', 'use_load_balancer_configuration', undefined])('keeps cross-zone balancing as %s', (crossZone) => {
    const attributes = crossZone === undefined ? [DELAY] : [{ Key: CROSS_ZONE, Value: crossZone }, DELAY];
    expect(attributesFrom(attributes)).toEqual({ deregistrationDelaySeconds: 300, crossZone });
  });

  it.each([
    ['0', 0],
    ['3600', 3_600],
    ['99999', 99_999],
  ])('reads the delay "%s" as %i seconds', (text, seconds) => {
    expect(attributesFrom([{ ...DELAY, Value: text }]).deregistrationDelaySeconds).toBe(seconds);
  });

  it.each(['', '-1', '1.5', '100000', '300s'])('refuses the delay "%s"', (text) => {
    const read = (): unknown => attributesFrom([{ ...DELAY, Value: text }]);
    expect(read).toThrow(UnreadableAnswer);
    expect(read).toThrow(`deregistration_delay.timeout_seconds is ${text}; expected a number of seconds`);
  });
});

const HEALTHY = { State: 'healthy' } as const;

describe('targetFrom', () => {
  it('keeps the descriptor to the letter and the address in canonical spelling', () => {
    const target = targetFrom({
      Target: { Id: '2001:DB8:0:0::1', Port: 8080, AvailabilityZone: 'all' },
      TargetHealth: HEALTHY,
    });
    expect(target.descriptor).toEqual({ id: '2001:DB8:0:0::1', port: 8080, zone: 'all' });
    expect(target.address).toBe('[2001:db8::1]:8080');
  });

  it('reads a target of another type by its id, which no task of ours can have', () => {
    const target = targetFrom({ Target: { Id: 'i-0123456789abcdef0', Port: 80 }, TargetHealth: HEALTHY });
    expect(target).toMatchObject({ address: 'i-0123456789abcdef0:80', state: 'healthy', reason: undefined });
  });

  it('keeps the reason of ELB', () => {
    const health = { State: 'unused', Reason: 'Target.NotInUse' } as const;
    expect(targetFrom({ Target: { Id: '10.0.1.7', Port: 80 }, TargetHealth: health })).toMatchObject({
      state: 'unused',
      reason: 'Target.NotInUse',
    });
  });

  it.each([1, 65_535])('takes port %i', (number) => {
    expect(targetFrom({ Target: { Id: '10.0.1.7', Port: number }, TargetHealth: HEALTHY }).descriptor.port).toBe(number);
  });

  it.each([0, 65_536, undefined])('refuses port %s', (number) => {
    const read = (): unknown => targetFrom({ Target: { Id: '10.0.1.7', Port: number }, TargetHealth: HEALTHY });
    expect(read).toThrow(UnreadableAnswer);
    expect(read).toThrow(`a target has port ${number}; expected a port from 1 to 65535`);
  });
});

/** The targets of a write as they stand in the command. */
async function targetsSent(operation: 'RegisterTargets' | 'DeregisterTargets', zone: string | undefined): Promise<unknown> {
  const { world, mocks } = mockedAws();
  mocks.elb.resolves({});
  await world[operation]({ group: GROUP, targets: [{ id: '10.0.1.7', port: port(8080), zone }] });
  return sentBy(mocks.elb).map(({ input }) => input);
}

describe.each(['RegisterTargets', 'DeregisterTargets'] as const)('%s', (operation) => {
  it('has no key for a zone that was not given', async () => {
    const [input] = [await targetsSent(operation, undefined)];
    expect(input).toStrictEqual([{ TargetGroupArn: GROUP, Targets: [{ Id: '10.0.1.7', Port: 8080 }] }]);
  });

  it.each(['all', 'eu-west-1a'])('names the zone %s that was given', async (zone) => {
    const input = await targetsSent(operation, zone);
    expect(input).toStrictEqual([{ TargetGroupArn: GROUP, Targets: [{ Id: '10.0.1.7', Port: 8080, AvailabilityZone: zone }] }]);
  });
});

const TARGET = fc.record({
  Id: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ minLength: 1 })),
  Port: fc.integer({ min: 1, max: 65_535 }),
  AvailabilityZone: fc.option(fc.constantFrom('all', 'eu-west-1a'), { nil: undefined }),
});

describe('a target', () => {
  it('is deregistered exactly as it was described, or AWS would answer 200 and do nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(TARGET, { minLength: 1, maxLength: 5 }), async (targets) => {
        const { world, mocks } = mockedAws();
        mocks.elb.resolves({ TargetHealthDescriptions: targets.map((each) => ({ Target: each, TargetHealth: HEALTHY })) });
        const described = await world.DescribeTargetHealth({ group: GROUP });
        if (!described.ok) throw new Error(described.problem.message);
        await world.DeregisterTargets({ group: GROUP, targets: described.value.map(({ descriptor }) => descriptor) });
        expect(sentBy(mocks.elb).at(-1)?.input).toEqual({ TargetGroupArn: GROUP, Targets: targets });
      }),
      { seed: SEED, numRuns: 50 },
    );
  });
});
