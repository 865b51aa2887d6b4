import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Selector } from '../../functions/core/binding.ts';
import { definitionOf, type Hint, mayMean, type Reading, readEvent, screen } from '../../functions/core/event.ts';
import { holds } from '../support/arbitraries.ts';
import { aHint, cloudMapArn, clusterArn, groupArn, ip, taskArn, taskEvent } from '../support/values.ts';

const HINT: Hint = {
  task: taskArn('t1'),
  cluster: clusterArn(),
  version: 4,
  group: 'service:app',
  definition: 'app:7',
  isFollowUp: false,
  claim: undefined,
};

function hintOf(reading: Reading): Hint {
  if (reading.kind !== 'hint') throw new Error(`The test expects a hint, not: ${JSON.stringify(reading)}`);
  return reading.hint;
}

function ignored(because: string): Reading {
  return { kind: 'ignored', because };
}

function unreadable(because: string): Reading {
  return { kind: 'unreadable', because };
}

describe('a task state change', () => {
  it('becomes a hint with the place to look, and nothing else', () => {
    expect(readEvent(taskEvent())).toStrictEqual({ kind: 'hint', hint: HINT });
  });

  it.each([
    { lastStatus: 'RUNNING', desiredStatus: 'RUNNING' },
    { lastStatus: 'RUNNING', desiredStatus: 'STOPPED' },
    { lastStatus: 'RUNNING', desiredStatus: undefined },
    { lastStatus: 'DEACTIVATING', desiredStatus: 'STOPPED' },
    { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' },
    { lastStatus: undefined, desiredStatus: 'STOPPED' },
    { lastStatus: 'SOMETHING_NEW', desiredStatus: 'STOPPED' },
  ])('is a hint at $lastStatus, to be $desiredStatus', (statuses) => {
    const isFollowUp = statuses.lastStatus === 'DEACTIVATING';
    expect(readEvent(taskEvent(statuses))).toStrictEqual({ kind: 'hint', hint: { ...HINT, isFollowUp } });
  });

  it.each([
    { lastStatus: 'PENDING', told: '"PENDING"' },
    { lastStatus: 'SOMETHING_NEW', told: '"SOMETHING_NEW"' },
    { lastStatus: undefined, told: 'missing' },
    { lastStatus: 7, told: 'a number' },
  ])('is ignored at $lastStatus: nothing is to be done before the task runs', ({ lastStatus, told }) => {
    expect(readEvent(taskEvent({ lastStatus }))).toEqual(
      ignored(`the task is ${told} and is to run: there is nothing to do before it runs`),
    );
  });

  it('names its task in detail.taskArn, or else among the resources', () => {
    expect(hintOf(readEvent(taskEvent({ taskArn: taskArn('t2') }))).task).toBe(taskArn('t2'));
    expect(hintOf(readEvent(taskEvent({ taskArn: undefined }))).task).toBe(taskArn('resource'));
    expect(hintOf(readEvent(taskEvent({ taskArn: null }))).task).toBe(taskArn('resource'));
  });

  it('may name its task in the short form of 2016', () => {
    const short = 'arn:aws:ecs:eu-west-1:111122223333:task/0b69d5c0-d655-4695-98cd-5d2d526d9d5a';
    expect(hintOf(readEvent(taskEvent({ taskArn: short }))).task).toBe(short);
  });
});

describe('the version of a hint', () => {
  it.each([1, 2, 4, 9e15, Number.MAX_SAFE_INTEGER])('is %d', (version) => {
    expect(hintOf(readEvent(taskEvent({ version }))).version).toBe(version);
  });

  it.each([0, -0, -1, 1.5, '3', undefined, null, true, [4], 2 ** 53, 1e300, Number.NaN])(
    'is 0 for %s: look once',
    (version) => {
      expect(hintOf(readEvent(taskEvent({ version }))).version).toBe(0);
    },
  );
});

describe('an event of an order to stop', () => {
  const FIRST = '2026-03-01T12:00:00.123Z';
  const isFollowUp = (detail: Readonly<Record<string, unknown>>): unknown =>
    hintOf(readEvent(taskEvent({ desiredStatus: 'STOPPED', ...detail }))).isFollowUp;

  it.each(['RUNNING', 'DEPROVISIONING', 'STOPPED'])(
    'is the first where it carries the time of the order, at %s',
    (lastStatus) => {
      expect(isFollowUp({ lastStatus, stoppingAt: FIRST, updatedAt: FIRST })).toBe(false);
    },
  );

  it.each(['DEPROVISIONING', 'STOPPING', 'STOPPED', undefined])(
    'is a later one where it was updated since, at %s',
    (lastStatus) => {
      expect(isFollowUp({ lastStatus, stoppingAt: FIRST, updatedAt: '2026-03-01T12:00:30Z' })).toBe(true);
      expect(isFollowUp({ lastStatus, updatedAt: FIRST })).toBe(true);
    },
  );

  it('follows one at RUNNING at once, at DEACTIVATING, and nothing is before RUNNING', () => {
    expect(isFollowUp({ lastStatus: 'DEACTIVATING', stoppingAt: FIRST, updatedAt: FIRST })).toBe(true);
    expect(isFollowUp({ lastStatus: 'RUNNING', stoppingAt: FIRST, updatedAt: '2026-03-01T12:00:30Z' })).toBe(false);
  });
});

describe('the claim of an event', () => {
  const STARTED = '2026-03-01T12:00:00.123Z';
  const STOPPING = '2026-03-01T12:00:05.456Z';
  const detailOf = (name: string, value: unknown): unknown => ({ details: [{ name, value }] });
  const ATTACHMENTS = [detailOf('privateIPv4Address', '10.0.0.1')];
  const claimOf = (detail: Readonly<Record<string, unknown>>, envelope = {}): unknown =>
    hintOf(readEvent(taskEvent({ attachments: ATTACHMENTS, ...detail }, envelope))).claim;

  it('is the addresses that it names, whether they are to leave, and since when', () => {
    const addresses = [ip('10.0.0.1')];
    expect(claimOf({ updatedAt: STARTED, stoppingAt: STOPPING })).toEqual({
      addresses,
      isStop: false,
      atMs: Date.parse(STARTED),
    });
    expect(claimOf({ updatedAt: STARTED, stoppingAt: STOPPING, desiredStatus: 'STOPPED' })).toEqual({
      addresses,
      isStop: true,
      atMs: Date.parse(STOPPING),
    });
  });

  it('counts from the end of the second that the envelope names, where the detail names no time', () => {
    expect(claimOf({})).toMatchObject({ atMs: Date.parse('2026-03-01T12:00:01Z') });
    expect(claimOf({ updatedAt: 'soon' })).toMatchObject({ atMs: Date.parse('2026-03-01T12:00:01Z') });
    expect(claimOf({ desiredStatus: 'STOPPED', updatedAt: STARTED })).toMatchObject({
      atMs: Date.parse('2026-03-01T12:00:01Z'),
    });
  });

  it('has every address of every attachment, of both families, and nothing that is none', () => {
    const attachments = [
      detailOf('subnetId', '10.0.0.9'),
      detailOf('addressOfGateway', '10.0.0.8'),
      detailOf('macAddress', '0a:98:eb:a7:29:ba'),
      detailOf('privateIPv4Address', '10.0.0.1'),
      detailOf('privateIPv4Address', 7),
      { details: [7, null, { name: 'ipv6Address', value: '2001:DB8:0::1' }] },
      { details: 'none' },
      null,
    ];
    expect(claimOf({ attachments, updatedAt: STARTED })).toMatchObject({ addresses: [ip('10.0.0.1'), ip('2001:db8::1')] });
  });

  it.each([
    { what: 'no attachments', detail: { attachments: undefined } },
    { what: 'attachments that are no list', detail: { attachments: ATTACHMENTS[0] } },
    { what: 'no address', detail: { attachments: [detailOf('subnetId', 'subnet-1')] } },
  ])('is none with $what: somebody has to look', ({ detail }) => {
    expect(claimOf({ updatedAt: STARTED, ...detail })).toBeUndefined();
  });

  it('is none where nobody says when', () => {
    expect(claimOf({}, { time: undefined })).toBeUndefined();
    expect(claimOf({ updatedAt: STARTED }, { time: undefined })).toBeDefined();
    expect(claimOf({}, { time: 'noon' })).toBeUndefined();
  });
});

describe('an event of changed tags', () => {
  const tagEvent = (...resources: readonly unknown[]): Reading =>
    readEvent({ source: 'aws.tag', 'detail-type': 'Tag Change on Resource', resources, detail: {} });

  it.each([groupArn(), cloudMapArn()])('of %s asks for the bindings', (arn) => {
    expect(tagEvent(arn)).toEqual({ kind: 'tags' });
  });

  it('of a task asks for its description, whatever its version', () => {
    const hint = {
      task: taskArn('t1'),
      cluster: clusterArn(),
      version: 0,
      group: undefined,
      definition: undefined,
      isTagged: true,
    };
    expect(tagEvent(taskArn('t1'))).toStrictEqual({ kind: 'hint', hint });
  });

  it('of a task whose ARN has the short form names no cluster to look in', () => {
    const short = 'arn:aws:ecs:eu-west-1:111122223333:task/0b69d5c0-d655-4695-98cd-5d2d526d9d5a';
    expect(tagEvent(short)).toEqual(ignored(`the ARN of its task ${short} does not name the cluster`));
  });

  it.each([
    [['arn:aws:s3:::bucket'], '"arn:aws:s3:::bucket"'],
    [[clusterArn()], `"${clusterArn().slice(0, 60)}"`],
    [[7], 'a number'],
    [[], 'missing'],
  ])('of anything else is ignored: %j', (resources, told) => {
    expect(tagEvent(...resources)).toEqual(ignored(`its resource is ${told}, not a task, target group or Cloud Map service`));
  });

  it('without a list of resources is ignored', () => {
    expect(readEvent({ source: 'aws.tag', resources: groupArn() })).toEqual(
      ignored('its resource is missing, not a task, target group or Cloud Map service'),
    );
  });
});

describe('what an event leaves out', () => {
  it('is left out of the hint too: group, definition and id may be missing, as in events of 2016', () => {
    const event = taskEvent({ group: undefined, taskDefinitionArn: undefined }, { id: undefined });
    expect(hintOf(readEvent(event))).toStrictEqual({ ...HINT, group: undefined, definition: undefined });
  });

  it.each([7, null, ['service:app'], { name: 'app' }, 'x'.repeat(601)])('includes what is no short text: %s', (value) => {
    const event = taskEvent({ group: value, taskDefinitionArn: value }, { id: value });
    expect(hintOf(readEvent(event))).toStrictEqual({ ...HINT, group: undefined, definition: undefined });
  });

  it('does not include texts of up to 600 characters', () => {
    const text = 'x'.repeat(600);
    const event = taskEvent({ group: text, taskDefinitionArn: text }, { id: text });
    expect(hintOf(readEvent(event))).toStrictEqual({ ...HINT, group: text, definition: text });
  });

  it('may be account, region and resources', () => {
    const event = taskEvent({}, { account: undefined, region: undefined, resources: undefined });
    expect(readEvent(event)).toEqual({ kind: 'hint', hint: HINT });
  });
});

describe('the definition', () => {
  it.each([
    ['arn:aws:ecs:eu-west-1:111122223333:task-definition/app:7', 'app:7'],
    ['app:7', 'app:7'],
    ['', ''],
    [undefined, undefined],
    [7, undefined],
  ])('of %s is %s', (arn, definition) => {
    expect(definitionOf(arn)).toBe(definition);
  });
});

describe('an event of something else is ignored, with what it is:', () => {
  it.each([
    [{ source: 'aws.ec2' }, 'its source is "aws.ec2", not "aws.ecs"'],
    [{ source: undefined }, 'its source is missing, not "aws.ecs"'],
    [{ source: ['aws.ecs'] }, 'its source is a object, not "aws.ecs"'],
    [{ 'detail-type': 'ECS Deployment State Change' }, taskChangeExpected('"ECS Deployment State Change"')],
    [{ 'detail-type': undefined }, taskChangeExpected('missing')],
    [{ account: '999999999999' }, 'its account is "999999999999", its cluster is in 111122223333'],
    [{ account: 111122223333 }, 'its account is a number, its cluster is in 111122223333'],
    [{ region: 'eu-west-2' }, 'its region is "eu-west-2", its cluster is in eu-west-1'],
    [{ region: null }, 'its region is a object, its cluster is in eu-west-1'],
  ])('%j', (envelope, because) => {
    expect(readEvent(taskEvent({}, envelope))).toEqual(ignored(because));
  });
});

function taskChangeExpected(got: string): string {
  return `its detail-type is ${got}, not "ECS Task State Change"`;
}

const TASK_EXPECTED = 'a task ARN such as arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef';
const CLUSTER_EXPECTED = 'a cluster ARN such as arn:aws:ecs:eu-west-1:111122223333:cluster/prod';

describe('an event that cannot be read says what is wrong:', () => {
  it.each([null, undefined, 'text', 7, [], [taskEvent()]])('%s is no object', (event) => {
    expect(readEvent(event)).toEqual(unreadable('it is not a JSON object'));
  });

  it.each([undefined, null, 'RUNNING', []])('no detail: %s', (detail) => {
    expect(readEvent(taskEvent({}, { detail }))).toEqual(unreadable('it has no detail'));
  });

  it('an empty detail', () => {
    expect(readEvent(taskEvent({}, { detail: {} }))).toEqual(unreadable('its detail is empty'));
  });

  it.each([
    ['task/prod/1', '"task/prod/1"'],
    [7, 'a number'],
    ['', '""'],
  ])('the task %s', (arn, told) => {
    expect(readEvent(taskEvent({ taskArn: arn }))).toEqual(unreadable(`its taskArn is ${told}; expected ${TASK_EXPECTED}`));
  });

  it.each([
    [[], 'missing'],
    [undefined, 'missing'],
    [{ 0: taskArn('t1') }, 'missing'],
    [[7], 'a number'],
    [['s3'], '"s3"'],
  ])('no task, and the resources %j', (resources, told) => {
    const event = taskEvent({ taskArn: undefined }, { resources });
    expect(readEvent(event)).toEqual(unreadable(`its taskArn is ${told}; expected ${TASK_EXPECTED}`));
  });

  it.each([
    ['prod', '"prod"'],
    [undefined, 'missing'],
    [null, 'a object'],
  ])('the cluster %s', (arn, told) => {
    const because = `its clusterArn is ${told}; expected ${CLUSTER_EXPECTED}`;
    expect(readEvent(taskEvent({ clusterArn: arn }))).toEqual(unreadable(because));
  });

  it('a task of another cluster than its own', () => {
    const because = `its task ${taskArn('t1')} is not of its cluster ${clusterArn('staging')}`;
    expect(readEvent(taskEvent({ clusterArn: clusterArn('staging') }))).toEqual(unreadable(because));
  });
});

describe('a reason', () => {
  it('quotes at most 60 characters of a foreign value, on one line', () => {
    expect(readEvent(taskEvent({}, { source: 'a'.repeat(61) }))).toEqual(
      ignored(`its source is "${'a'.repeat(60)}", not "aws.ecs"`),
    );
  });

  it('keeps the letters that names and ARNs are made of, and masks the others', () => {
    const source = 'aZ_09 .:/*#<>-"\n\t{}$;=\u0000é\\';
    expect(readEvent(taskEvent({}, { source }))).toEqual(ignored('its source is "aZ_09 .:/*#<>-???????????", not "aws.ecs"'));
  });
});

const CANARY = 'CANARY-4711';

/** Either the right value or the canary; a field whose text a reason or a hint may carry never holds the canary. */
const fields = {
  detail: fc.record({
    lastStatus: fc.constantFrom('RUNNING', 'PENDING', undefined),
    desiredStatus: fc.constantFrom('RUNNING', 'STOPPED', CANARY, undefined),
    taskArn: fc.constantFrom(taskArn('t1'), 'x', undefined),
    clusterArn: fc.constantFrom(clusterArn(), clusterArn('staging'), 'x', undefined),
    version: fc.constantFrom(4, CANARY, undefined),
    group: fc.constantFrom('service:app', undefined),
    stoppedReason: fc.constant(CANARY),
    overrides: fc.constant({ containerOverrides: [{ environment: [{ name: CANARY, value: CANARY }] }] }),
    attachments: fc.constant([
      {
        [CANARY]: CANARY,
        details: [
          { name: CANARY, value: CANARY },
          { name: 'Address', value: CANARY },
        ],
      },
    ]),
    updatedAt: fc.constant(CANARY),
    stoppingAt: fc.constant(CANARY),
    containers: fc.constant([{ name: CANARY, networkInterfaces: [{ privateIpv4Address: CANARY }] }]),
    [CANARY]: fc.constant(CANARY),
  }),
  envelope: fc.record({
    source: fc.constantFrom('aws.ecs', 'aws.ec2', undefined),
    'detail-type': fc.constantFrom('ECS Task State Change', 'other', undefined),
    account: fc.constantFrom('111122223333', '999999999999', undefined),
    region: fc.constantFrom('eu-west-1', 'eu-west-2', undefined),
    time: fc.constant(CANARY),
    [CANARY]: fc.constant({ nested: [CANARY] }),
  }),
};

describe('whatever is in an event', () => {
  it('nothing reaches a reason or a hint but the fields that are read', () => {
    holds(
      fc.property(fields.detail, fields.envelope, (detail, envelope) => {
        expect(JSON.stringify(readEvent(taskEvent(detail, envelope)))).not.toContain(CANARY);
      }),
      1_000,
    );
  });

  it('a hint has exactly the keys of its interface', () => {
    const extra = fc.dictionary(fc.string(), fc.jsonValue());
    const own = ['taskArn', 'clusterArn', 'lastStatus', 'desiredStatus'];
    holds(
      fc.property(extra, extra, (detail, envelope) => {
        const rest = Object.fromEntries(Object.entries(detail).filter(([key]) => !own.includes(key)));
        const reading = readEvent({ ...envelope, ...taskEvent(rest) });
        expect(Object.keys(hintOf(reading))).toEqual(Object.keys(HINT));
      }),
    );
  });

  it('reading it never throws', () => {
    holds(
      fc.property(fc.anything(), fc.anything(), (detail, other) => {
        expect(['hint', 'ignored', 'unreadable']).toContain(readEvent(other).kind);
        expect(['hint', 'ignored', 'unreadable']).toContain(readEvent(taskEvent({}, { detail, resources: other })).kind);
        expect(['hint', 'ignored', 'unreadable']).toContain(readEvent(taskEvent({ attachments: detail, version: other })).kind);
        expect(['hint', 'tags', 'ignored']).toContain(readEvent({ source: 'aws.tag', resources: [other], detail }).kind);
      }),
    );
  });
});

describe('the screen', () => {
  it('lets a hint through at a cluster of the stack', () => {
    const reading: Reading = { kind: 'hint', hint: HINT };
    expect(screen(reading, [clusterArn('staging'), clusterArn()])).toBe(reading);
  });

  it('lets every hint through where the stack names no clusters: the policy of its role says what it may read', () => {
    const reading: Reading = { kind: 'hint', hint: HINT };
    expect(screen(reading, [])).toBe(reading);
  });

  it('ignores a hint at any other cluster: no call is made for it', () => {
    const because = `its cluster ${clusterArn()} is not in the stack's parameter ClusterArns`;
    expect(screen({ kind: 'hint', hint: HINT }, [clusterArn('staging')])).toEqual(ignored(because));
  });

  it('leaves every other reading as it is', () => {
    const readings: readonly Reading[] = [ignored('a'), unreadable('b'), { kind: 'tags' }];
    for (const clusters of [[], [clusterArn('staging')]]) {
      expect(readings.map((reading) => screen(reading, clusters))).toEqual(readings);
    }
  });
});

describe('a selector may mean a hinted task', () => {
  const service: Selector = { kind: 'service', cluster: clusterArn(), name: 'app' };
  const family: Selector = { kind: 'family', cluster: clusterArn(), name: 'app' };
  const at = (words: Partial<Hint>): Hint => aHint(taskArn('t1'), 1, words);

  it.each([
    { of: 'its service', selector: service, hint: at({}), may: true },
    { of: 'another service', selector: service, hint: at({ group: 'service:api' }), may: false },
    { of: 'another cluster', selector: service, hint: at({ cluster: clusterArn('staging') }), may: false },
    {
      of: 'another cluster, nameless',
      selector: service,
      hint: at({ cluster: clusterArn('x'), group: undefined }),
      may: false,
    },
    { of: 'no group that is told', selector: service, hint: at({ group: undefined }), may: true },
    { of: 'no group that is told, for a family', selector: family, hint: at({ group: undefined }), may: true },
    { of: 'its service, without definition', selector: service, hint: at({ definition: undefined }), may: true },
    {
      of: 'another service, without definition',
      selector: service,
      hint: at({ group: 'x', definition: undefined }),
      may: false,
    },
    { of: 'its family', selector: family, hint: at({ group: 'family:app' }), may: true },
    { of: 'its family, by a group of the caller', selector: family, hint: at({ group: 'batch' }), may: true },
    { of: 'another family', selector: family, hint: at({ group: 'batch', definition: 'api:7' }), may: false },
    { of: 'its family, started by a service', selector: family, hint: at({}), may: false },
    { of: 'no definition', selector: family, hint: at({ group: 'batch', definition: undefined }), may: true },
    { of: 'no definition, of a service', selector: family, hint: at({ definition: undefined }), may: false },
  ])('of $of: $may', ({ selector, hint, may }) => {
    expect(mayMean(selector, hint)).toBe(may);
  });
});
