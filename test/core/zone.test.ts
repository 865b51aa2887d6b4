import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Binding } from '../../functions/core/binding.ts';
import { parseClusterArn, parseIpAddress } from '../../functions/core/values.ts';
import { afterLesson, lessonOf, rangeOf, type ZoneForm, type ZoneForms, zoneFor } from '../../functions/core/zone.ts';
import { holds } from '../support/arbitraries.ts';
import { aGroup, clusterArn, port, unwrap } from '../support/values.ts';

const FORMS: readonly ZoneForm[] = ['none', 'all', 'task'];
const HERE = { zone: 'eu-west-1a', cluster: clusterArn() };
const OTHER_ACCOUNT = unwrap(parseClusterArn('arn:aws:ecs:eu-west-1:222233334444:cluster/prod'));
const OTHER_REGION = unwrap(parseClusterArn('arn:aws:ecs:eu-west-2:111122223333:cluster/prod'));

describe('the range of an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.255', true],
    ['10.0.0.1', '10.0.1.1', false],
    ['10.0.0.1', '10.1.0.1', false],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:ffff::1', true],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:3:3:4:5:6', false],
    ['2001:db8:1:2::1', '2001:db8:1:2::2', true],
    // Zeros that are left out belong to the range as well.
    ['2001:db8::1', '2001:db8::2', true],
    ['2001:db8:0:0:1:2:3:4', '2001:db8::1', true],
    ['2001:0:0:5:1:2:3:4', '2001:0:0:0:5:1:2:3', false],
  ])('of %s is that of %s: %s', (one, other, isSame) => {
    const [first, second] = [one, other].map((text) => rangeOf(unwrap(parseIpAddress(text))));
    expect(first === second).toBe(isSame);
  });

  it('is the same for all addresses that share 24 bits, or 64 of IPv6', () => {
    const group = fc.constantFrom(0, 0, 1, 0xabc);
    const half = fc.tuple(group, group, group, group);
    const written = (groups: readonly number[]): string =>
      unwrap(parseIpAddress(groups.map((each) => each.toString(16)).join(':')));
    // 2001: and a last group of 9 keep the address one that a task can have.
    const ip = (net: readonly number[], host: readonly number[]): string =>
      written([0x2001, ...net.slice(1), ...host.slice(1), 9]);
    holds(
      fc.property(half, half, half, half, (net, otherNet, host, otherHost) => {
        expect(rangeOf(ip(net, host))).toBe(rangeOf(ip(net, otherHost)));
        const isSame = net.slice(1).join() === otherNet.slice(1).join();
        expect(rangeOf(ip(net, host)) === rangeOf(ip(otherNet, otherHost))).toBe(isSame);
      }),
    );
  });
});

describe('the zone of a registration', () => {
  const zone = (line: string | undefined, form?: ZoneForm, task: Parameters<typeof zoneFor>[1] = HERE): string | undefined => {
    const forms: ZoneForms = new Map(form === undefined ? [] : [['10.0.0', form]]);
    return zoneFor({ zone: line }, task, '10.0.0.1', aGroup(), forms);
  };

  it.each(['all', 'eu-west-1b'])('is %s where the line says so, whatever ELB has asked for', (line) => {
    expect([undefined, ...FORMS].map((form) => zone(line, form))).toEqual([line, line, line, line]);
  });

  it("is the task's own with zone=task, whatever ELB has asked for, and none where nobody knows it", () => {
    expect([undefined, ...FORMS].map((form) => zone('task', form))).toEqual(Array(4).fill('eu-west-1a'));
    expect(zone('task', undefined, { ...HERE, zone: undefined })).toBeUndefined();
  });

  it('is what ELB has asked for in the range, where the line leaves it open', () => {
    expect(FORMS.map((form) => zone(undefined, form))).toEqual([undefined, 'all', 'eu-west-1a']);
    const abroad = { ...HERE, cluster: OTHER_ACCOUNT };
    expect(FORMS.map((form) => zone(undefined, form, abroad))).toEqual([undefined, 'all', 'eu-west-1a']);
  });

  it("is none, or `all` for a task of another account or region than the group's, until ELB says otherwise", () => {
    expect(zone(undefined)).toBeUndefined();
    expect(zone(undefined, undefined, { ...HERE, cluster: OTHER_ACCOUNT })).toBe('all');
    expect(zone(undefined, undefined, { ...HERE, cluster: OTHER_REGION })).toBe('all');
    // What was learned of another range says nothing here.
    expect(zoneFor({ zone: undefined }, HERE, '10.0.0.1', aGroup(), new Map([['10.0.1', 'all' as const]]))).toBeUndefined();
  });
});

/** ELB's words, as they were seen (docs/model.md), and the lesson of each. */
const REFUSALS: readonly (readonly [form: ZoneForm, message: string])[] = [
  [
    'none',
    "The IP address '10.0.0.1' is within the VPC, and cannot have its Availability Zone overridden to 'all' from 'eu-west-1a'",
  ],
  [
    'all',
    "You must specify a valid Availability Zone or select 'all' for all enabled Availability zones, since the IP address " +
      "'10.0.0.1' is outside the VPC",
  ],
  ['all', "The Availability Zone is required for IP address '10.0.0.1' because it is not in the VPC"],
  [
    'task',
    'When cross-zone load balancing is disabled on this target group, you must specify an Availability Zone for IP target ' +
      "'10.0.0.1' since it is outside of the VPC",
  ],
];

describe('a refusal', () => {
  it.each(REFUSALS)('asks for the form %s: %s', (form, message) => {
    expect(lessonOf(message)).toEqual({ form, ip: '10.0.0.1' });
    expect(lessonOf(message.replace('10.0.0.1', '2001:db8::1'))).toEqual({ form, ip: '2001:db8::1' });
    expect(lessonOf(message.replaceAll("'", ''))).toEqual({ form, ip: undefined });
  });

  it.each([
    '',
    "The IP address '10.0.0.1' is not valid",
    'One or more targets are not registered',
    'The following targets are not in a supported Availability Zone',
  ])('of something else is no lesson: %j', (message) => {
    expect(lessonOf(message)).toBeUndefined();
  });
});

describe('after a lesson', () => {
  interface Draft {
    readonly descriptor: { readonly id: string; readonly port: ReturnType<typeof port>; readonly zone?: string | undefined };
    readonly binding: Pick<Binding, 'zone'>;
    readonly taskZone: string | undefined;
  }

  const draft = (id: string, zone?: string, line?: string): Draft => ({
    descriptor: { id, port: port(8080), ...(zone === undefined ? {} : { zone }) },
    binding: { zone: line },
    taskZone: 'eu-west-1b',
  });
  const zonesOf = (changes: readonly Draft[] | undefined): unknown => changes?.map(({ descriptor }) => descriptor.zone);

  it('the registrations of the call are made again as it asks for, and what was learned is kept by the range', () => {
    const learned = new Map<string, ZoneForm>();
    const changes = [draft('10.0.0.1'), draft('10.0.0.2'), draft('10.9.0.1')];
    const next = afterLesson(changes, { form: 'all', ip: '10.0.0.1' }, learned);
    expect(zonesOf(next)).toEqual(['all', 'all', 'all']);
    expect(learned).toEqual(new Map([['10.0.0', 'all']]));
    // The other one in the call was within the VPC after all.
    const last = afterLesson(next ?? [], { form: 'none', ip: '10.9.0.1' }, learned);
    expect(zonesOf(last)).toEqual(['all', 'all', undefined]);
    expect(last?.[2]).toStrictEqual(changes[2]);
  });

  it('a zone that ELB wants for each address is that of its task', () => {
    const changes = [draft('10.0.0.1', 'all'), { ...draft('10.0.0.2', 'all'), taskZone: undefined }];
    expect(zonesOf(afterLesson(changes, { form: 'task', ip: undefined }, new Map()))).toEqual(['eu-west-1b', undefined]);
  });

  it('that names no address, nothing is kept', () => {
    const learned = new Map<string, ZoneForm>();
    expect(zonesOf(afterLesson([draft('10.0.0.1')], { form: 'all', ip: undefined }, learned))).toEqual(['all']);
    expect(learned.size).toBe(0);
  });

  it.each(['all', 'task', 'eu-west-1a'])('a line that says zone=%s stays as it is', (line) => {
    const said = draft('10.0.0.1', 'eu-west-1a', line);
    expect(afterLesson([said], { form: 'none', ip: '10.0.0.1' }, new Map())).toBeUndefined();
    expect(afterLesson([said, draft('10.0.0.2')], { form: 'all', ip: '10.0.0.2' }, new Map())?.[0]).toBe(said);
  });

  it('that changes nothing there is no second try: ELB would refuse the same again', () => {
    expect(afterLesson([draft('10.0.0.1', 'all')], { form: 'all', ip: '10.0.0.1' }, new Map())).toBeUndefined();
    expect(afterLesson([draft('10.0.0.1')], { form: 'none', ip: '10.0.0.1' }, new Map())).toBeUndefined();
  });

  it('no more than the zone is changed, in no order but that of the call', () => {
    const anyDraft = fc
      .record({
        ip: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.9.0.1'),
        zone: fc.constantFrom(undefined, 'all', 'eu-west-1a'),
        line: fc.constantFrom(undefined, 'all', 'task'),
      })
      .map(({ ip, zone, line }) => draft(ip, zone, line));
    const lesson = fc.record({ form: fc.constantFrom(...FORMS), ip: fc.constantFrom(undefined, '10.0.0.1', '10.9.0.9') });
    holds(
      fc.property(fc.array(anyDraft, { maxLength: 5 }), lesson, (changes, learning) => {
        const learned = new Map<string, ZoneForm>();
        const next = afterLesson(changes, learning, learned);
        if (next === undefined) return;
        const bare = (each: Draft): unknown => ({ ...each, descriptor: { ...each.descriptor, zone: undefined } });
        expect(next.map(bare)).toEqual(changes.map(bare));
        // The same lesson again teaches nothing: the tries come to an end.
        expect(afterLesson(next, learning, learned)).toBeUndefined();
      }),
    );
  });
});
