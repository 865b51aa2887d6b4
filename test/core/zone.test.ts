import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIpAddress } from '../../functions/core/values.ts';
import { afterLesson, lessonOf, rangeOf, type ZoneForm, zoneFor } from '../../functions/core/zone.ts';
import { holds, ipv6Spelling } from '../support/arbitraries.ts';
import { clusterArn, groupArn, ip, port } from '../support/values.ts';

const FORMS: readonly ZoneForm[] = ['none', 'all', 'task'];
const aForm = fc.constantFrom(...FORMS);

describe('the range of an address', () => {
  it('is its /24', () => {
    const octet = fc.nat(255);
    holds(
      fc.property(fc.tuple(octet, octet, octet, octet), fc.tuple(octet, octet, octet, octet), (one, other) => {
        const isNear = one.slice(0, 3).join() === other.slice(0, 3).join();
        expect(rangeOf(one.join('.')) === rangeOf(other.join('.'))).toBe(isNear);
        expect(rangeOf(one.join('.'))).toBe(rangeOf([...one.slice(0, 3), other[3]].join('.')));
      }),
    );
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9'],
    ['2001:db8::1', '2001:db8::2'],
    ['2001:db8::1', '2001:db8:0:0:1::'],
    ['2001:db8:1::1', '2001:db8:1:0:5:6:7:8'],
    ['2001:db8::', '2001:db8::8:8:8:8'],
    ['::2', '::3'],
  ])('is its /64, whatever zeros it leaves out: %s and %s', (one, other) => {
    expect(rangeOf(ip(one))).toBe(rangeOf(ip(other)));
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['2001::5:6', '2001::5:6:7:8:9'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['::1:0:0:0:0', '::2'],
    ['10.0.0.1', '10.0.1.1'],
  ])('is not the one of another: %s and %s', (one, other) => {
    expect(rangeOf(ip(one))).not.toBe(rangeOf(ip(other)));
  });

  it('is the first half of any IPv6 address', () => {
    holds(
      fc.property(ipv6Spelling, (spelling) => {
        const parsed = parseIpAddress(spelling);
        if (!parsed.ok) return;
        const half = rangeOf(parsed.value);
        expect(half.split(':')).toHaveLength(4);
        // Any other in that half, the spelling of which leaves out other zeros.
        expect(rangeOf(ip(`${half}:1:0:0:1`))).toBe(half);
      }),
    );
  });

  it('is one of anything that ELB may write', () => {
    holds(
      fc.property(fc.stringMatching(/^[0-9a-f.:]{1,60}$/), (text) => {
        expect(rangeOf(text)).toEqual(expect.any(String));
      }),
    );
  });
});

describe('a task is registered with', () => {
  const group = { arn: groupArn() };
  const task = { cluster: clusterArn(), zone: 'eu-west-1a' };
  const far = { ...task, cluster: clusterArn('prod', { account: '444455556666' }) };
  const farther = { ...task, cluster: clusterArn('prod', { region: 'eu-west-2' }) };
  const zoneOf = (
    zone: string | undefined,
    of: Parameters<typeof zoneFor>[0]['task'],
    forms: readonly (readonly [string, ZoneForm])[] = [],
  ) => zoneFor({ binding: { zone }, task: of, ip: '10.0.0.1' }, { group, zoneForms: new Map(forms) });

  it('the zone of the line, whatever was learned', () => {
    holds(
      fc.property(fc.constantFrom('all', 'eu-west-1b'), fc.constantFrom(task, far), aForm, (zone, of, form) => {
        expect(zoneOf(zone, of, [['10.0.0', form]])).toBe(zone);
      }),
    );
  });

  it('its own zone where the line says task', () => {
    for (const form of FORMS) expect(zoneOf('task', task, [['10.0.0', form]])).toBe('eu-west-1a');
    expect(zoneOf('task', { ...task, zone: undefined })).toBeUndefined();
  });

  it('what ELB has asked for in its range, where the line leaves it open', () => {
    for (const of of [task, far]) {
      expect(zoneOf(undefined, of, [['10.0.0', 'none']])).toBeUndefined();
      expect(zoneOf(undefined, of, [['10.0.0', 'all']])).toBe('all');
      expect(zoneOf(undefined, of, [['10.0.0', 'task']])).toBe('eu-west-1a');
    }
    expect(zoneOf(undefined, task, [['10.0.1', 'all']])).toBeUndefined();
  });

  it('none before, and all where its account or region is another one: it is outside of the VPC then, as a rule', () => {
    expect(zoneOf(undefined, task)).toBeUndefined();
    expect(zoneOf(undefined, far)).toBe('all');
    expect(zoneOf(undefined, farther)).toBe('all');
  });
});

describe('a refusal of ELB teaches', () => {
  // The words of docs/model.md, with addresses of these tests.
  it.each([
    [
      "The IP address '10.0.0.1' is within the VPC, and cannot have its Availability Zone overridden to 'all' from 'eu-west-1a'",
      { form: 'none', ip: '10.0.0.1' },
    ],
    [
      "You must specify a valid Availability Zone or select 'all' for all enabled Availability zones, since the IP address '10.0.0.1' is outside the VPC",
      { form: 'all', ip: '10.0.0.1' },
    ],
    [
      "When cross-zone load balancing is disabled on this target group, you must specify an Availability Zone for IP target '10.0.0.1' since it is outside of the VPC",
      { form: 'task', ip: '10.0.0.1' },
    ],
    [
      "The Availability Zone is required for IP address '2001:db8::1' because it is not in the VPC",
      { form: 'all', ip: '2001:db8::1' },
    ],
    ['The address is outside the VPC', { form: 'all', ip: undefined }],
    ['Something IS WITHIN THE VPC', { form: 'none', ip: undefined }],
  ])('%s', (message, lesson) => {
    expect(lessonOf(message)).toEqual(lesson);
  });

  it.each([
    '',
    'You have reached the maximum number of targets',
    "The IP address '10.0.0.1' is not valid",
    'The Availability Zone is not enabled',
  ])('nothing about zones: %j', (message) => {
    expect(lessonOf(message)).toBeUndefined();
  });
});

describe('after a lesson', () => {
  interface Change {
    readonly descriptor: { readonly id: string; readonly port: ReturnType<typeof port>; readonly zone?: string | undefined };
    readonly binding: { readonly zone: string | undefined };
    readonly taskZone: string | undefined;
  }
  const change = (id: string, zone?: string, line?: string): Change => ({
    descriptor: { id, port: port(8080), ...(zone === undefined ? {} : { zone }) },
    binding: { zone: line },
    taskZone: 'eu-west-1a',
  });
  const zones = (changes: readonly Change[] | undefined) => changes?.map(({ descriptor }) => descriptor.zone);

  it('every registration of the call that leaves the zone open takes the form, and the range of the address is remembered', () => {
    const learned = new Map<string, ZoneForm>();
    const changes = [change('10.0.0.1'), change('10.0.9.1'), change('10.0.0.2', 'eu-west-1c', 'eu-west-1c')];
    expect(afterLesson(changes, { form: 'all', ip: '10.0.0.1' }, learned)).toEqual([
      change('10.0.0.1', 'all'),
      change('10.0.9.1', 'all'),
      change('10.0.0.2', 'eu-west-1c', 'eu-west-1c'),
    ]);
    expect(learned).toEqual(new Map([['10.0.0', 'all']]));
  });

  it('a range that ELB has spoken of keeps what was learned of it', () => {
    const learned = new Map<string, ZoneForm>([['10.0.9', 'none']]);
    const changes = [change('10.0.0.1'), change('10.0.9.1')];
    expect(zones(afterLesson(changes, { form: 'all', ip: '10.0.0.1' }, learned))).toEqual(['all', undefined]);
    expect(learned.get('10.0.9')).toBe('none');
  });

  it('the later lesson of a range counts', () => {
    const learned = new Map<string, ZoneForm>([['10.0.0', 'all']]);
    expect(zones(afterLesson([change('10.0.0.1', 'all')], { form: 'task', ip: '10.0.0.1' }, learned))).toEqual(['eu-west-1a']);
    expect(learned.get('10.0.0')).toBe('task');
  });

  it('that names no address nothing is remembered, and the call changes all the same', () => {
    const learned = new Map<string, ZoneForm>();
    expect(zones(afterLesson([change('10.0.0.1', 'all')], { form: 'none', ip: undefined }, learned))).toEqual([undefined]);
    expect(learned).toEqual(new Map());
  });

  it.each([
    ['lines have named their zones', [change('10.0.0.1', 'all', 'all'), change('10.0.0.2', 'eu-west-1a', 'task')], 'none'],
    ['the zones are so already', [change('10.0.0.1', 'all'), change('10.0.0.2', 'all')], 'all'],
    ['the zone of the task is not known', [{ ...change('10.0.0.1'), taskZone: undefined }], 'task'],
    ['there is no registration', [], 'all'],
  ] as const)('nothing is to be sent again where %s', (_, changes, form) => {
    expect(afterLesson(changes, { form, ip: '10.0.0.1' }, new Map())).toBeUndefined();
  });

  it('the next plan asks for the same as the repeated call', () => {
    const anIp = fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3 })).map(([net, host]) => `10.0.${net}.${host}`);
    const line = fc.constantFrom(undefined, 'all', 'task', 'eu-west-1c');
    const lesson = fc.record({ form: aForm, ip: anIp });
    holds(
      fc.property(fc.array(fc.tuple(anIp, line), { maxLength: 5 }), lesson, (drafts, { form, ip: named }) => {
        const task = { cluster: clusterArn(), zone: 'eu-west-1a' };
        const group = { arn: groupArn() };
        const changes = drafts.map(([id, zone]) => change(id, zoneFor({ binding: { zone }, task, ip: id }, { group }), zone));
        const learned = new Map<string, ZoneForm>();
        const next = afterLesson(changes, { form, ip: named }, learned) ?? changes;
        for (const { descriptor, binding } of next) {
          if (rangeOf(descriptor.id) !== rangeOf(named)) continue;
          expect(zoneFor({ binding, task, ip: descriptor.id }, { group, zoneForms: learned })).toBe(descriptor.zone);
        }
      }),
    );
  });
});
