import { BlockList, isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressOf,
  arnParts,
  belongsTo,
  cloudMapServiceIdOf,
  clusterArnNamed,
  clusterOf,
  familyOf,
  isSamePlace,
  parseAddress,
  parseCloudMapServiceArn,
  parseClusterArn,
  parseIpAddress,
  parsePort,
  parseStackPlace,
  parseTargetGroupArn,
  parseTaskArn,
  parseTime,
  taskArnOf,
  taskIdOf,
} from '../../functions/core/values.ts';
import { holds, ipv6Spelling } from '../support/arbitraries.ts';
import { cloudMapArn, clusterArn, groupArn, HOME, ip, port, taskArn, unwrap } from '../support/values.ts';

const ECS = 'arn:aws:ecs:eu-west-1:111122223333';
const ELB = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333';
const CLOUD_MAP = 'arn:aws:servicediscovery:eu-west-1:111122223333';

/** Texts that are no ARN of the kind, made from one that is. */
function spoiled(arn: string): unknown[] {
  const parts = arn.split(':');
  const withPart = (index: number, part: string): string => parts.with(index, part).join(':');
  return [
    `x${arn}`,
    ` ${arn}`,
    `${arn}\n`,
    `${arn} `,
    `${arn}/x/y/z`,
    `${arn}:1`,
    withPart(1, 'azure'),
    withPart(1, 'aws!'),
    withPart(2, 's3'),
    withPart(3, ''),
    withPart(3, 'EU-WEST-1'),
    withPart(4, '11112222333'),
    withPart(4, '1111222233334'),
    withPart(4, '11112222333x'),
    withPart(5, 'thing/prod'),
    '',
    undefined,
    null,
    7,
    [arn],
    { arn },
  ];
}

const ARNS = [
  {
    name: 'a cluster ARN',
    parse: parseClusterArn,
    good: [
      `${ECS}:cluster/prod`,
      `${ECS}:cluster/p`,
      `${ECS}:cluster/My_cluster-2`,
      `${ECS}:cluster/${'c'.repeat(255)}`,
      'arn:aws-cn:ecs:cn-north-1:111122223333:cluster/prod',
      'arn:aws-us-gov:ecs:us-gov-west-1:111122223333:cluster/prod',
    ],
    bad: [`${ECS}:cluster/`, `${ECS}:cluster/${'c'.repeat(256)}`, `${ECS}:cluster/a.b`, ...spoiled(`${ECS}:cluster/prod`)],
    expected: 'a cluster ARN such as arn:aws:ecs:eu-west-1:111122223333:cluster/prod',
  },
  {
    name: 'a task ARN',
    parse: parseTaskArn,
    good: [
      `${ECS}:task/prod/0123456789abcdef0123456789abcdef`,
      `${ECS}:task/0b69d5c0-d655-4695-98cd-5d2d526d9d5a`,
      `${ECS}:task/${'c'.repeat(255)}/${'a'.repeat(64)}`,
      `${ECS}:task/a_b-c/Z`,
      'arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task/prod/1',
    ],
    bad: [
      `${ECS}:task/`,
      `${ECS}:task//1`,
      `${ECS}:task/prod/`,
      `${ECS}:task/prod/a_b`,
      `${ECS}:task/a.b/1`,
      `${ECS}:task/a/b/1`,
      `${ECS}:task/prod/${'a'.repeat(65)}`,
      `${ECS}:task/${'c'.repeat(256)}/1`,
      ...spoiled(`${ECS}:task/prod/1`),
    ],
    expected: 'a task ARN such as arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef',
  },
  {
    name: 'a target group ARN',
    parse: parseTargetGroupArn,
    good: [
      `${ELB}:targetgroup/web/0123456789abcdef`,
      `${ELB}:targetgroup/${'w'.repeat(32)}/${'f'.repeat(32)}`,
      `${ELB}:targetgroup/W-1/0`,
      'arn:aws-cn:elasticloadbalancing:cn-north-1:111122223333:targetgroup/web/0123456789abcdef',
    ],
    bad: [
      `${ELB}:targetgroup/web`,
      `${ELB}:targetgroup//0123456789abcdef`,
      `${ELB}:targetgroup/web/`,
      `${ELB}:targetgroup/${'w'.repeat(33)}/0123456789abcdef`,
      `${ELB}:targetgroup/we_b/0123456789abcdef`,
      `${ELB}:targetgroup/web/0123456789ABCDEF`,
      `${ELB}:targetgroup/web/${'f'.repeat(33)}`,
      ...spoiled(`${ELB}:targetgroup/web/0123456789abcdef`),
    ],
    expected: 'a target group ARN such as arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef',
  },
  {
    name: 'a Cloud Map service ARN',
    parse: parseCloudMapServiceArn,
    good: [
      `${CLOUD_MAP}:service/srv-0123456789abcdef`,
      `${CLOUD_MAP}:service/${'s'.repeat(64)}`,
      `${CLOUD_MAP}:service/A_1`,
      'arn:aws-cn:servicediscovery:cn-north-1:111122223333:service/srv-1',
    ],
    bad: [`${CLOUD_MAP}:service/`, `${CLOUD_MAP}:service/${'s'.repeat(65)}`, ...spoiled(`${CLOUD_MAP}:service/srv-1`)],
    expected: 'a Cloud Map service ARN such as arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-0123456789abcdef',
  },
];

describe.each(ARNS)('$name', ({ parse, good, bad, expected }) => {
  it.each(good)('is read from %s', (text) => {
    expect(parse(text)).toEqual({ ok: true, value: text });
  });

  it.each(bad.map((value) => ({ value })))('is not made of $value', ({ value }) => {
    expect(parse(value)).toEqual({ ok: false, problem: expected });
  });
});

describe('a port', () => {
  it.each([1, 2, 80, 65_534, 65_535])('is %d, as a number and as text', (number) => {
    expect(parsePort(number)).toEqual({ ok: true, value: number });
    expect(parsePort(String(number))).toEqual({ ok: true, value: number });
  });

  it.each([
    ...[0, -1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY],
    ...['0', '65536', '', ' 80', '80 ', '80\n', '+80', '-80', '8e1', '0x50', '80.0', '000080', 'http', 'x80'],
    ...[undefined, null, true, [80], ['80'], { port: 80 }, 80n],
  ])('is not made of %s', (value) => {
    expect(parsePort(value)).toEqual({ ok: false, problem: 'a port from 1 to 65535' });
  });
});

const REFUSED_ADDRESS = { ok: false, problem: 'an IPv4 or IPv6 address of a network interface' };

describe('an IPv4 address', () => {
  it.each([
    ...['10.0.0.1', '172.32.0.220', '192.168.255.255', '100.64.0.1', '1.0.0.0', '126.255.255.255', '128.0.0.0'],
    ...['223.255.255.255', '169.253.255.255', '169.255.0.0', '168.254.1.1', '170.254.1.1', '10.254.0.1', '10.255.255.255'],
  ])('is %s, also outside the private ranges', (text) => {
    expect(parseIpAddress(text)).toEqual({ ok: true, value: text });
  });

  it.each([
    ...['0.0.0.0', '0.255.255.255', '127.0.0.1', '127.255.255.255', '169.254.0.0', '169.254.255.255', '224.0.0.0'],
    ...['239.1.2.3', '240.0.0.0', '255.255.255.255', '10.256.0.1', '10.0.256.1', '10.0.0.256', '999.0.0.1', '10.0.0.1000'],
    ...['10.0.0', '10.0.0.', '10.0.0.1.1', '10.0.0.1/32', ' 10.0.0.1', '10.0.0.1 ', '10.0.0.1\n', '10.0.0.x', '10,0,0,1'],
    ...['x10.0.0.1', '10x0x0x1', '1000.0.0.1', '10.0000.0.1', '10.0.0000.1', '10.0.0.-1', 'x.0.0.1', '10.x.0.1', '10.0.x.1'],
    ...['', 'localhost', undefined, null, 167_772_161, ['10.0.0.1']],
  ])('is not made of %s', (text) => {
    expect(parseIpAddress(text)).toEqual(REFUSED_ADDRESS);
  });

  it('is taken as node:net takes it, except where no interface can have it', () => {
    const never = new BlockList();
    never.addSubnet('0.0.0.0', 8);
    never.addSubnet('127.0.0.0', 8);
    never.addSubnet('169.254.0.0', 16);
    never.addSubnet('224.0.0.0', 3);
    const octet = fc.oneof(fc.integer({ min: 0, max: 260 }), fc.constantFrom(0, 127, 169, 223, 224, 254, 255, 256));
    holds(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const text = octets.join('.');
        const isTaken = isIPv4(text) && !never.check(text);
        expect(parseIpAddress(text)).toEqual(isTaken ? { ok: true, value: text } : REFUSED_ADDRESS);
      }),
      1_000,
    );
  });
});

describe('an IPv6 address', () => {
  it.each([
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8::', '2001:db8::'],
    ['::2', '::2'],
    ['0:1::1', '0:1::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['1:0:0:4:5:6:7:8', '1::4:5:6:7:8'],
    ['fe7f::1', 'fe7f::1'],
    ['fec0::1', 'fec0::1'],
    ['feff::1', 'feff::1'],
    ['1::1:0', '1::1:0'],
    ['0:0:0:0:0:0:1:0', '::1:0'],
    ['0:0:0:0:0:0:1:1', '::1:1'],
  ])('written %s is %s', (text, canonical) => {
    expect(parseIpAddress(text)).toEqual({ ok: true, value: canonical });
  });

  it.each([
    ...['::', '::1', '0:0:0:0:0:0:0:0', '0:0:0:0:0:0:0:1', 'fe80::1', 'febf::1', 'ff00::1', 'ffff::1', ':', ':::', '1:::2'],
    ...[
      '1::2::3',
      '1:2:3:4::5:6:7:8::9',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4::5:6:7:8',
      '1:2:3:4:5:6:7:8::',
      ':1:2:3:4:5:6:7',
      '1::2:',
    ],
    ...[
      '12345::1',
      '1::g',
      '::ffff:10.0.0.1',
      'fd00::1%eth0',
      'x2001:db8::1',
      '2001:db8::1\n',
      '[2001:db8::1]',
      '2001:db8::1/64',
    ],
  ])('is not made of %s', (text) => {
    expect(parseIpAddress(text)).toEqual(REFUSED_ADDRESS);
  });

  it('has the one spelling that URL gives it, however it was written', () => {
    holds(
      fc.property(ipv6Spelling, (text) => {
        const parsed = parseIpAddress(text);
        const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
        expect(parsed).toEqual(isOfAnInterface(text) ? { ok: true, value: canonical } : REFUSED_ADDRESS);
        if (parsed.ok) expect(parseIpAddress(parsed.value)).toEqual(parsed);
      }),
      2_000,
    );
  });

  it('is taken only where node:net takes it', () => {
    holds(
      fc.property(fc.string({ unit: fc.constantFrom(':', '::', '0', '1', 'f', 'F', 'fe8', 'g', '0000') }), (text) => {
        const isTaken = isIPv6(text) && isOfAnInterface(text);
        expect(parseIpAddress(text).ok).toBe(isTaken);
      }),
      2_000,
    );
  });
});

function isOfAnInterface(text: string): boolean {
  const never = new BlockList();
  never.addSubnet('::', 127, 'ipv6');
  never.addSubnet('ff00::', 8, 'ipv6');
  never.addSubnet('fe80::', 10, 'ipv6');
  return !never.check(text, 'ipv6');
}

describe('the key of an address', () => {
  it('joins an IPv4 address and its port', () => {
    expect(addressOf('10.0.0.1', 8080)).toBe('10.0.0.1:8080');
    expect(familyOf(ip('10.0.0.1'))).toBe('ipv4');
  });

  it('brackets an IPv6 address, so that the port cannot be misread', () => {
    expect(addressOf('2001:db8::1', 8080)).toBe('[2001:db8::1]:8080');
    expect(familyOf(ip('2001:db8::1'))).toBe('ipv6');
  });

  it('differs where the address or the port does', () => {
    const anIp = fc.constantFrom(ip('10.0.0.1'), ip('10.0.0.18'), ip('2001:db8::1'), ip('2001:db8::1:80'), ip('2001:db8::'));
    const aPort = fc.constantFrom(port(80), port(8080), port(1), port(65_535));
    holds(
      fc.property(anIp, aPort, anIp, aPort, (one, onePort, other, otherPort) => {
        const isSame = one === other && onePort === otherPort;
        expect(addressOf(one, onePort) === addressOf(other, otherPort)).toBe(isSame);
      }),
    );
  });
});

describe('an address with its port', () => {
  const anIp = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 126 }), fc.nat(255), fc.nat(255), fc.nat(255)).map((octets) => octets.join('.')),
    ipv6Spelling.filter(isOfAnInterface),
  );

  it('is read from what is written, whatever the address and the port', () => {
    holds(
      fc.property(anIp, fc.integer({ min: 1, max: 65_535 }), (text, number) => {
        const written = addressOf(ip(text), number);
        expect(parseAddress(written)).toEqual({ ok: true, value: written });
      }),
    );
  });

  it.each([
    ...['', '10.0.0.1', '10.0.0.1:', ':80', '10.0.0.1:0', '10.0.0.1:65536', '10.0.0.1:123456', '10.0.0.1:http', '10.0.0.1:80 '],
    ...[
      'x10.0.0.1:80',
      '127.0.0.1:80',
      '10.0.0.256:80',
      '[::1]:80',
      '[fe80::1]:80',
      '[2001:db8::1]',
      '[2001:db8::1]:0',
      'web:80',
      undefined,
    ],
  ])('is not made of %j', (text) => {
    expect(parseAddress(text)).toEqual({ ok: false, problem: 'ip:port, such as 10.0.0.1:8080' });
  });
});

describe('a time of AWS', () => {
  const anyMs = fc.oneof(
    fc.integer({ min: 0, max: 4_102_444_800_000 }),
    // About leap days, and where years and centuries begin and end.
    fc
      .tuple(
        fc.constantFrom(1970, 1999, 2000, 2001, 2024, 2026, 2100, 2400),
        fc.constantFrom(0, 1, 2, 11),
        fc.integer({ min: 0, max: 32 }),
        fc.integer({ min: 0, max: 86_399_999 }),
      )
      .map(([year, month, day, ms]) => Date.UTC(year, month, day) + ms)
      .filter((ms) => ms >= 0),
  );

  it('is the one that Date makes of it, to the millisecond', () => {
    holds(
      fc.property(anyMs, (ms) => {
        expect(parseTime(new Date(ms).toISOString())).toBe(ms);
      }),
      1_000,
    );
  });

  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-03-01T12:00:00Z', Date.UTC(2026, 2, 1, 12)],
    ['2026-03-01T12:00:00.1Z', Date.UTC(2026, 2, 1, 12, 0, 0, 100)],
    ['2026-03-01T12:00:00.123456789Z', Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
    ['2026-03-01T12:00:00.1236Z', Date.UTC(2026, 2, 1, 12, 0, 0, 124)],
  ])('%s has as many digits as AWS likes', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each([
    ...['', '2026-03-01', '2026-03-01T12:00Z', '2026-03-01T12:00:00', '2026-03-01T12:00:00+00:00', '2026-03-01 12:00:00Z'],
    ...[
      'x2026-03-01T12:00:00Z',
      '2026-03-01T12:00:00Zx',
      '2026-03-01T12:00:00Z\n',
      '2026-03-01T12:00:00.Z',
      '26-03-01T12:00:00Z',
    ],
    ...['2026-3-01T12:00:00Z', 'now', undefined, null, 1_772_366_400_000, ['2026-03-01T12:00:00Z'], {}],
  ])('is not made of %j', (value) => {
    expect(parseTime(value)).toBeUndefined();
  });
});

describe('the parts of an ARN', () => {
  it.each([
    { kind: 'a cluster', arnOf: () => clusterArn('prod'), name: 'prod' },
    { kind: 'a task', arnOf: () => taskArn('t1', 'prod'), name: 'prod' },
    { kind: 'a group', arnOf: () => groupArn('web'), name: 'web' },
    { kind: 'a Cloud Map service', arnOf: () => cloudMapArn('srv-1'), name: 'srv-1' },
  ])('of $kind are its partition, its region, its account and $name', ({ arnOf, name }) => {
    expect(arnParts(arnOf())).toEqual({ partition: 'aws', region: 'eu-west-1', account: '111122223333', name });
  });

  it('are those of the partition that it is in', () => {
    const arn = unwrap(parseClusterArn('arn:aws-us-gov:ecs:us-gov-west-1:444455556666:cluster/dev'));
    const place = { partition: 'aws-us-gov', region: 'us-gov-west-1', account: '444455556666' };
    expect(arnParts(arn)).toEqual({ ...place, name: 'dev' });
    expect(clusterArnNamed(place, 'dev')).toEqual({ ok: true, value: arn });
  });

  it('hold the id of a task, in the long form and in the short one', () => {
    expect(taskIdOf(taskArn('t1', 'prod'))).toBe('t1');
    expect(taskIdOf(unwrap(parseTaskArn(`${ECS}:task/t1`)))).toBe('t1');
  });

  it('hold the id by which Cloud Map knows a service', () => {
    expect(cloudMapServiceIdOf(cloudMapArn('srv-1'))).toBe('srv-1');
  });
});

describe('a place', () => {
  const other = { ...HOME, account: '444455556666' };
  const farther = { ...HOME, region: 'eu-west-2' };

  it('is an account in a region', () => {
    expect(isSamePlace(HOME, { ...HOME })).toBe(true);
    expect(isSamePlace(HOME, other)).toBe(false);
    expect(isSamePlace(HOME, farther)).toBe(false);
    expect(isSamePlace(other, farther)).toBe(false);
    // No such place exists; an ARN that somebody has misspelt may name it.
    expect(isSamePlace(HOME, { ...HOME, partition: 'aws-cn' })).toBe(false);
  });

  it.each([
    ['arn:aws:cloudformation:eu-west-1:111122223333:stack/alb-target-sync/0123', HOME],
    [
      'arn:aws-cn:cloudformation:cn-north-1:444455556666:stack/x/0',
      { partition: 'aws-cn', region: 'cn-north-1', account: '444455556666' },
    ],
  ])('is known by the ARN of the stack: %s', (arn, place) => {
    expect(parseStackPlace(arn)).toEqual({ ok: true, value: place });
  });

  const stack = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/x/0';
  it.each([
    ...[`x${stack}`, stack.replace('aws', 'azure'), stack.replace('cloudformation', 'ecs'), stack.replace('3333:', '333:')],
    ...[stack.replace('3333:', '33333:'), stack.replace('eu-', 'EU-'), stack.replace(':stack/', ':changeSet/')],
    ...['', undefined, 7, [stack]],
  ])('is not made of %j', (text) => {
    const problem = 'a stack ARN such as arn:aws:cloudformation:eu-west-1:111122223333:stack/alb-target-sync/0123';
    expect(parseStackPlace(text)).toEqual({ ok: false, problem });
  });

  it('has a cluster of every name that ECS allows, and of no other', () => {
    holds(
      fc.property(fc.stringMatching(/^[\w-]{1,255}$/), fc.constantFrom(HOME, other, farther), (name, place) => {
        expect(arnParts(unwrap(clusterArnNamed(place, name)))).toEqual({ ...place, name });
      }),
    );
    for (const name of ['', 'a.b', 'a/b', 'x'.repeat(256), 'prod\n', clusterArn()])
      expect(clusterArnNamed(HOME, name).ok).toBe(false);
  });
});

describe('the cluster of a task ARN', () => {
  it('is the one that the long form names', () => {
    const name = fc.stringMatching(/^[\w-]{1,255}$/);
    const place = fc.constantFrom({}, { region: 'eu-west-2' }, { account: '444455556666' });
    holds(
      fc.property(name, place, (cluster, where) => {
        expect(clusterOf(taskArn('t1', cluster, where))).toBe(clusterArn(cluster, where));
      }),
    );
  });

  it('is not in the short form', () => {
    expect(clusterOf(unwrap(parseTaskArn(`${ECS}:task/t1`)))).toBeUndefined();
  });
});

describe('the task ARN of an id in a cluster', () => {
  it('is what the parsers of task and cluster agree on', () => {
    expect(taskArnOf(clusterArn('prod'), 't1')).toBe(taskArn('t1', 'prod'));
  });

  it.each(['', 'a_b', 'a/b', 'a b', 'a.b', 'x'.repeat(65), '../t1', 't1\n'])('does not exist for %j', (id) => {
    expect(taskArnOf(clusterArn(), id)).toBeUndefined();
  });

  it('belongs to the cluster and has the id, for every id', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9-]{1,64}$/);
    holds(
      fc.property(fc.constantFrom('prod', 'task', 'cluster', 'a-b_c'), id, (name, text) => {
        const arn = taskArnOf(clusterArn(name), text);
        if (arn === undefined) throw new Error('no ARN');
        expect(taskIdOf(arn)).toBe(text);
        expect(belongsTo(arn, clusterArn(name))).toBe(true);
      }),
    );
  });
});

describe('a task belongs to a cluster', () => {
  const short = () => unwrap(parseTaskArn(`${ECS}:task/prod`));

  it('that its ARN names, and to no other', () => {
    expect(belongsTo(taskArn('t1', 'prod'), clusterArn('prod'))).toBe(true);
    expect(belongsTo(taskArn('t1', 'prod'), clusterArn('staging'))).toBe(false);
    expect(belongsTo(taskArn('t1', 'production'), clusterArn('prod'))).toBe(false);
    expect(belongsTo(taskArn('t1', 'prod'), clusterArn('production'))).toBe(false);
  });

  it('of its region and account, where the short form does not name one', () => {
    expect(belongsTo(short(), clusterArn('prod'))).toBe(true);
    expect(belongsTo(short(), clusterArn('staging'))).toBe(true);
  });

  it.each([
    'arn:aws:ecs:eu-west-2:111122223333:cluster/prod',
    'arn:aws:ecs:eu-west-1:111122223334:cluster/prod',
    'arn:aws-cn:ecs:eu-west-1:111122223333:cluster/prod',
  ])('but not to %s', (text) => {
    const cluster = unwrap(parseClusterArn(text));
    expect(belongsTo(short(), cluster)).toBe(false);
    expect(belongsTo(taskArn('t1', 'prod'), cluster)).toBe(false);
  });
});
