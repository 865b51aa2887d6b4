/** How a described task is read: its interface wherever it stands, its address however it is spelled, its state as far as it is known. */
import type { Attachment, Container, Task as SdkTask } from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskFrom } from '../../functions/adapters/ecs.ts';
import { UnreadableAnswer } from '../../functions/adapters/outcome.ts';
import { isServing } from '../../functions/core/task.ts';
import { SEED } from '../support/arbitraries.ts';
import { CLUSTER, ip, mockedAws, taskArn } from '../support/sdk.ts';

const BARE: SdkTask = { taskArn: taskArn(1), clusterArn: CLUSTER };

const HOLD = { key: 'alb-target-sync', value: 'hold' };
const IPV4 = { name: 'privateIPv4Address', value: '10.0.1.7' };
const IPV6 = { name: 'ipv6Address', value: '2001:db8::7' };
const DETAILS = [
  { name: 'subnetId', value: 'subnet-0123456789abcdef0' },
  { name: 'networkInterfaceId', value: 'eni-0123456789abcdef0' },
  { name: 'macAddress', value: '06:0b:2f:57:a9:11' },
  { name: 'privateDnsName', value: 'ip-10-0-1-7.eu-west-1.compute.internal' },
  IPV4,
];

function interfaceWith(details: Attachment['details'], status = 'ATTACHED', type = 'eni'): Attachment {
  return { id: 'interface-1', type, status, details };
}

/** As events and DescribeTasks tell of what else is attached to a task. */
const OTHERS: readonly Attachment[] = [
  { id: 'instance-1', type: 'sdi', status: 'ATTACHED', details: [{ name: 'privateIPv4Address', value: '10.0.9.9' }] },
  { id: 'target-1', type: 'elb', status: 'ATTACHED', details: [{ name: 'privateIPv4Address', value: '10.0.9.8' }] },
  { id: 'connect-1', type: 'ServiceConnect', status: 'ATTACHING', details: [{ name: 'ContainerName', value: 'proxy' }] },
  { id: 'volume-1', type: 'AmazonElasticBlockStorage', status: 'DELETED', details: [{ name: 'volumeId', value: 'vol-1' }] },
];

describe('the interface of a task', () => {
  it.each(['eni', 'ElasticNetworkInterface'])('is found under the type %s', (type) => {
    const task = taskFrom({ ...BARE, attachments: [interfaceWith(DETAILS, 'ATTACHED', type)] });
    expect(task).toMatchObject({ interface: 'ATTACHED', ipv4: '10.0.1.7', ipv6: undefined });
  });

  it.each(OTHERS)('is not the attachment of type $type, also where that comes first', (other) => {
    const task = taskFrom({ ...BARE, attachments: [other, interfaceWith(DETAILS)] });
    expect(task).toMatchObject({ interface: 'ATTACHED', ipv4: '10.0.1.7' });
  });

  it.each(OTHERS)('is missing where $type is all that is attached', (other) => {
    expect(taskFrom({ ...BARE, attachments: [other] })).toMatchObject({ interface: 'NONE', ipv4: undefined });
  });

  it.each([
    { told: 'no attachments', attachments: undefined },
    { told: 'an empty list', attachments: [] },
    { told: 'an attachment of no type', attachments: [{ status: 'ATTACHED', details: DETAILS }] },
    { told: 'an attachment of an unknown type', attachments: [interfaceWith(DETAILS, 'ATTACHED', 'ENI')] },
  ])('is missing where ECS tells of $told, as in bridge mode', ({ attachments }) => {
    const containers = [{ networkInterfaces: [{ privateIpv4Address: '10.0.1.7' }] }];
    const task = taskFrom({ ...BARE, attachments, containers });
    expect(task).toMatchObject({ interface: 'NONE', ipv4: undefined, ipv6: undefined });
    expect(isServing({ ...task, desired: 'RUNNING', last: 'RUNNING' })).toBe(false);
  });
});

const STATES = [
  { status: 'PRECREATED', details: [{ name: 'subnetId', value: 'subnet-1' }], ipv4: undefined },
  { status: 'CREATED', details: DETAILS, ipv4: '10.0.1.7' },
  { status: 'ATTACHING', details: DETAILS, ipv4: '10.0.1.7' },
  { status: 'ATTACHED', details: DETAILS, ipv4: '10.0.1.7' },
  { status: 'DETACHING', details: DETAILS, ipv4: '10.0.1.7' },
  { status: 'DETACHED', details: DETAILS, ipv4: '10.0.1.7' },
  { status: 'DELETED', details: DETAILS, ipv4: '10.0.1.7' },
  { status: 'FAILED', details: undefined, ipv4: undefined },
];

describe('the state of an interface', () => {
  it.each(STATES)('$status is kept with the address that it has', ({ status, details, ipv4 }) => {
    expect(taskFrom({ ...BARE, attachments: [interfaceWith(details, status)] })).toMatchObject({ interface: status, ipv4 });
  });

  it.each([undefined, 'attached', 'REATTACHING'])('%s is none that we know, and the task cannot serve', (status) => {
    const attachment: Attachment = { type: 'eni', details: DETAILS };
    const attachments = [status === undefined ? attachment : { ...attachment, status }];
    expect(taskFrom({ ...BARE, attachments })).toMatchObject({ interface: 'NONE', ipv4: '10.0.1.7' });
  });
});

interface Spelling {
  readonly told: string;
  readonly details: Attachment['details'];
  readonly networkInterfaces?: Container['networkInterfaces'];
  readonly ipv4?: string;
  readonly ipv6?: string;
}

const SPELLINGS: readonly Spelling[] = [
  { told: 'in the details alone', details: DETAILS, ipv4: '10.0.1.7' },
  {
    told: 'at the container alone',
    details: [],
    networkInterfaces: [{ attachmentId: 'interface-1', privateIpv4Address: '10.0.1.7' }],
    ipv4: '10.0.1.7',
  },
  {
    told: 'twice, and the same',
    details: DETAILS,
    networkInterfaces: [{ attachmentId: 'interface-1', privateIpv4Address: '10.0.1.7' }],
    ipv4: '10.0.1.7',
  },
  {
    told: 'twice, and differently',
    details: DETAILS,
    networkInterfaces: [{ attachmentId: 'interface-1', privateIpv4Address: '10.0.1.8' }],
  },
  {
    told: 'differently at a container that does not say of which interface it speaks',
    details: DETAILS,
    networkInterfaces: [{ privateIpv4Address: '10.0.1.8' }],
  },
  {
    told: 'differently at a container, of another interface',
    details: DETAILS,
    networkInterfaces: [{ attachmentId: 'interface-2', privateIpv4Address: '10.0.1.8' }],
    ipv4: '10.0.1.7',
  },
  { told: 'masked as "123"', details: [{ name: 'privateIPv4Address', value: '123' }] },
  { told: 'masked as "xx.xx.xx.xxx"', details: [{ name: 'privateIPv4Address', value: 'xx.xx.xx.xxx' }] },
  {
    told: 'masked in the details and plain at the container',
    details: [{ name: 'privateIPv4Address', value: 'xx.xx.xx.xxx' }],
    networkInterfaces: [{ attachmentId: 'interface-1', privateIpv4Address: '10.0.1.7' }],
    ipv4: '10.0.1.7',
  },
  { told: 'as an empty text', details: [{ name: 'privateIPv4Address', value: '' }] },
  { told: 'without a value', details: [{ name: 'privateIPv4Address' }] },
  { told: 'under no name', details: [{ value: '10.0.1.7' }] },
  { told: 'under a name that is no address', details: [{ name: 'subnetId', value: '10.0.1.7' }] },
  {
    told: 'outside the private ranges',
    details: [{ name: 'privateIPv4Address', value: '172.32.0.220' }],
    ipv4: '172.32.0.220',
  },
  { told: 'as a loopback address', details: [{ name: 'privateIPv4Address', value: '127.0.0.1' }] },
  { told: 'of both families', details: [...DETAILS, IPV6], ipv4: '10.0.1.7', ipv6: '2001:db8::7' },
  { told: 'of IPv6 alone', details: [IPV6], ipv6: '2001:db8::7' },
  {
    told: 'of IPv6 in another spelling',
    details: [{ name: 'ipv6Address', value: '2001:0DB8:0:0:0:0:0:7' }],
    networkInterfaces: [{ attachmentId: 'interface-1', ipv6Address: '2001:db8::7' }],
    ipv6: '2001:db8::7',
  },
  {
    told: 'of both families, and IPv6 differently',
    details: [...DETAILS, IPV6],
    networkInterfaces: [{ attachmentId: 'interface-1', privateIpv4Address: '10.0.1.7', ipv6Address: '2001:db8::8' }],
    ipv4: '10.0.1.7',
  },
  {
    told: 'of a container for IPv6 alone',
    details: [],
    networkInterfaces: [{ attachmentId: 'interface-1', ipv6Address: '2001:db8::7' }],
    ipv6: '2001:db8::7',
  },
];

describe('the address of a task', () => {
  it.each(SPELLINGS)('is read as far as it is certain: told $told', ({ details, networkInterfaces, ipv4, ipv6 }) => {
    const containers = [{ name: 'app' }, { name: 'log', ...(networkInterfaces === undefined ? {} : { networkInterfaces }) }];
    const task = taskFrom({ ...BARE, attachments: [interfaceWith(details)], containers });
    expect({ ipv4: task.ipv4, ipv6: task.ipv6 }).toEqual({ ipv4, ipv6 });
  });
});

describe('the fields of a task', () => {
  it('are read with what they say', () => {
    const startedAt = new Date('2026-03-01T12:00:00.250Z');
    const taskDefinitionArn = 'arn:aws:ecs:eu-west-1:111122223333:task-definition/app:12';
    const task = taskFrom({
      ...BARE,
      version: 7,
      desiredStatus: 'STOPPED',
      lastStatus: 'STOPPING',
      group: 'service:app',
      startedBy: 'ecs-svc/1',
      taskDefinitionArn,
      startedAt,
      stoppingAt: new Date(startedAt.getTime() + 1),
      executionStoppedAt: new Date(startedAt.getTime() + 2),
      stoppedAt: new Date(startedAt.getTime() + 3),
      availabilityZone: 'eu-west-1a',
      healthStatus: 'UNHEALTHY',
      tags: [{ key: 'alb-target-sync', value: 'hold' }],
    });
    expect(task).toEqual({
      arn: taskArn(1),
      cluster: CLUSTER,
      version: 7,
      desired: 'STOPPED',
      last: 'STOPPING',
      group: 'service:app',
      startedBy: 'ecs-svc/1',
      definition: 'app:12',
      interface: 'NONE',
      ipv4: undefined,
      ipv6: undefined,
      startedAtMs: startedAt.getTime(),
      stoppingAtMs: startedAt.getTime() + 1,
      stoppedAtMs: startedAt.getTime() + 2,
      zone: 'eu-west-1a',
      health: 'UNHEALTHY',
      isHeld: true,
    });
    expect(taskFrom({ ...BARE, stoppedAt: startedAt }).stoppedAtMs).toBe(startedAt.getTime());
  });

  it('may all be missing but the two ARNs, as in tasks of 2016', () => {
    const unknown = {
      version: 0,
      desired: 'UNKNOWN',
      last: 'UNKNOWN',
      group: '',
      startedBy: '',
      definition: '',
      interface: 'NONE',
      health: 'UNKNOWN',
      isHeld: false,
    };
    const times = { startedAtMs: undefined, stoppingAtMs: undefined, stoppedAtMs: undefined };
    expect(taskFrom(BARE)).toMatchObject({ ...unknown, ...times, zone: undefined });
  });

  it.each([
    'PROVISIONING',
    'PENDING',
    'ACTIVATING',
    'RUNNING',
    'DEACTIVATING',
    'STOPPING',
    'DEPROVISIONING',
    'STOPPED',
    'DELETED',
  ])('have the last status %s', (lastStatus) => {
    expect(taskFrom({ ...BARE, lastStatus }).last).toBe(lastStatus);
  });

  it.each(['running', 'HIBERNATED', ''])('have no status that we know where ECS says "%s"', (text) => {
    expect(taskFrom({ ...BARE, lastStatus: text, desiredStatus: text })).toMatchObject({ last: 'UNKNOWN', desired: 'UNKNOWN' });
  });

  it.each(['PENDING', 'RUNNING', 'STOPPED'])('have the desired status %s', (desiredStatus) => {
    expect(taskFrom({ ...BARE, desiredStatus }).desired).toBe(desiredStatus);
  });

  it.each(['HEALTHY', 'UNHEALTHY', 'UNKNOWN'] as const)('have the health %s', (healthStatus) => {
    expect(taskFrom({ ...BARE, healthStatus }).health).toBe(healthStatus);
  });

  it.each([
    { told: 'the tag of a hold among others', tags: [{ key: 'team', value: 'web' }, HOLD], isHeld: true },
    { told: 'no tags', tags: [], isHeld: false },
    { told: 'the tag with another value', tags: [{ ...HOLD, value: 'holds' }], isHeld: false },
    { told: 'the tag in capitals', tags: [{ ...HOLD, value: 'HOLD' }], isHeld: false },
    { told: 'the tag without a value', tags: [{ key: HOLD.key }], isHeld: false },
    { told: 'the value under another key', tags: [{ ...HOLD, key: 'alb-target-sync:1' }], isHeld: false },
  ])('say whether a person holds it: with $told, $isHeld', ({ tags, isHeld }) => {
    expect(taskFrom({ ...BARE, tags }).isHeld).toBe(isHeld);
  });

  it('take an ARN of the short form', () => {
    const short = 'arn:aws:ecs:eu-west-1:111122223333:task/9781c248-0edd-4cdb-9a93-f63cb662a5d3';
    expect(taskFrom({ ...BARE, taskArn: short }).arn).toBe(short);
  });
});

const UNREADABLE: readonly SdkTask[] = [
  { clusterArn: CLUSTER },
  { ...BARE, taskArn: 'arn:aws:ecs:eu-west-1:xxxxxxxxxxxx:task/prod/1' },
  { ...BARE, taskArn: '' },
  { taskArn: taskArn(1) },
  { ...BARE, clusterArn: 'prod' },
  { ...BARE, clusterArn: taskArn(1) },
];

describe('a task without a name', () => {
  it.each(UNREADABLE)('is not readable: %j', (described) => {
    expect(() => taskFrom(described)).toThrow(UnreadableAnswer);
    expect(() => taskFrom(described)).toThrow(
      /^a (taskArn|clusterArn) is .*; expected a (task|cluster) ARN such as arn:aws:ecs:/,
    );
  });
});

describe('the order in which ECS tells things', () => {
  const attachments = fc.shuffledSubarray([...OTHERS, interfaceWith([...DETAILS, IPV6])], { minLength: 5 });
  const details = fc.shuffledSubarray([...DETAILS, IPV6], { minLength: 6 });
  const read = { interface: 'ATTACHED', ipv4: ip('10.0.1.7'), ipv6: ip('2001:db8::7') };

  it('of attachments does not matter', () => {
    fc.assert(
      fc.property(attachments, (shuffled) => {
        expect(taskFrom({ ...BARE, attachments: shuffled })).toMatchObject(read);
      }),
      { seed: SEED },
    );
  });

  it('of details does not matter', () => {
    fc.assert(
      fc.property(details, (shuffled) => {
        expect(taskFrom({ ...BARE, attachments: [...OTHERS, interfaceWith(shuffled)] })).toMatchObject(read);
      }),
      { seed: SEED },
    );
  });

  it('of containers does not matter, also where they disagree', () => {
    const networkInterfaces = fc.array(fc.record({ privateIpv4Address: fc.constantFrom('10.0.1.7', '10.0.1.8', '123') }));
    fc.assert(
      fc.property(fc.array(fc.record({ networkInterfaces })), (containers) => {
        const one = taskFrom({ ...BARE, attachments: [interfaceWith(DETAILS)], containers });
        const other = taskFrom({ ...BARE, attachments: [interfaceWith(DETAILS)], containers: containers.toReversed() });
        expect(one).toEqual(other);
      }),
      { seed: SEED },
    );
  });
});

/** Optional fields with anything in them that JSON can hold, written as text so that no type stands in the way. */
const GARBAGE = fc
  .record(
    {
      version: fc.jsonValue(),
      desiredStatus: fc.jsonValue(),
      lastStatus: fc.jsonValue(),
      group: fc.jsonValue(),
      taskDefinitionArn: fc.jsonValue(),
      attachments: fc.oneof(fc.jsonValue(), fc.array(fc.record({ type: fc.constant('eni'), details: fc.jsonValue() }))),
      healthStatus: fc.jsonValue(),
      tags: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())),
      containers: fc.oneof(fc.jsonValue(), fc.array(fc.record({ networkInterfaces: fc.jsonValue() }))),
    },
    { requiredKeys: [] },
  )
  .map((fields) => JSON.stringify({ ...BARE, ...fields }));

describe('a task with garbage in its optional fields', () => {
  it('is read or told as unexpected, and is never taken for a network that will be back', async () => {
    await fc.assert(
      fc.asyncProperty(GARBAGE, async (text) => {
        const { world, mocks } = mockedAws();
        mocks.ecs.resolves({ tasks: [JSON.parse(text)] });
        const outcome = await world.DescribeTasks({ cluster: CLUSTER, tasks: [taskArn(1)] });
        expect(outcome.ok ? 'read' : outcome.problem.kind).toMatch(/^(read|unexpected)$/);
      }),
      { seed: SEED },
    );
  });
});
