import { describe, expect, it } from 'vitest';
import type { Finding } from '../../functions/core/finding.ts';
import {
  checkInstances,
  type Instance,
  type InstanceSnapshot,
  MISSING_GRACE_MS,
  SECOND_LOOK_AFTER_MS,
  tasksBehindInstances,
} from '../../functions/core/instances.ts';
import type { Task } from '../../functions/core/task.ts';
import { parseInstanceWiring, type Selector } from '../../functions/core/wiring.ts';
import { cloudMapArn, clusterArn, ip, lineOf, runningTask, stoppedTask, stoppingTask, taskArn } from '../support/values.ts';

const NOW_MS = 1_000_000;
const MYSQL = cloudMapArn();
const APP: Selector = { kind: 'service', cluster: clusterArn(), name: 'app' };

function instance(id: string, address?: string, words: Partial<Instance> = {}): Instance {
  const known = address === undefined ? undefined : ip(address);
  const isIpv6 = known?.includes(':') === true;
  return { id, ipv4: isIpv6 ? undefined : known, ipv6: isIpv6 ? known : undefined, port: undefined, ofEcs: true, ...words };
}

interface Words {
  readonly line?: string;
  readonly tasks?: readonly Task[];
  readonly instances?: readonly Instance[];
  readonly asked?: readonly Task[];
  readonly nowMs?: number;
}

function look({ line = 'service=app', tasks = [], instances = [], asked = [], nowMs = NOW_MS }: Words): InstanceSnapshot {
  const wiring = lineOf(parseInstanceWiring(line, { source: 'the tag', clusters: [clusterArn()], stackMode: 'enforce' }));
  const references = asked.map(({ arn, cluster }) => ({ arn, cluster }));
  return { service: MYSQL, wiring, instances, tasks, asked: references, nowMs };
}

/** The findings of a look that sees what an earlier one saw, long ago. */
function findings(words: Words): Finding[] {
  const first = checkInstances(look({ ...words, nowMs: NOW_MS - 10_000 }), new Map());
  expect(first.findings).toEqual([]);
  return [...checkInstances(look({ ...words }), first.firstSeenMs).findings];
}

const SINCE = { sinceMs: NOW_MS - 10_000 };

describe('instances in step with their tasks', () => {
  it('give no finding', () => {
    const tasks = [runningTask('t1', '10.0.0.1', { startedAtMs: 0 }), stoppingTask('t2', '10.0.0.2')];
    expect(findings({ tasks, instances: [instance('t1', '10.0.0.1'), instance('t2', '10.0.0.2')] })).toEqual([]);
    expect(findings({})).toEqual([]);
  });

  it('may be there before their tasks run', () => {
    const tasks = [runningTask('t1', '10.0.0.1', { last: 'ACTIVATING' })];
    expect(findings({ tasks, instances: [instance('t1', '10.0.0.1')] })).toEqual([]);
  });
});

describe('a task without instance', () => {
  const missing = (at: string): Finding => ({
    kind: 'missing',
    subject: taskArn('t1'),
    message:
      `Task ${taskArn('t1')} runs at ${at}, and ${MYSQL} has no instance for it, so ` +
      'clients do not find it. ECS registers at start only: force a new deployment of app.',
    ...SINCE,
  });
  const task = (words: Partial<Task> = {}): Task => runningTask('t1', '10.0.0.1', { startedAtMs: 0, ...words });

  it('is missing, with its address', () => {
    expect(findings({ tasks: [task()] })).toEqual([missing('10.0.0.1')]);
    expect(findings({ tasks: [task({ ipv6: ip('2001:db8::1') })] })).toEqual([missing('10.0.0.1')]);
    expect(findings({ tasks: [task({ ipv4: undefined, ipv6: ip('2001:db8::1') })] })).toEqual([missing('2001:db8::1')]);
    expect(findings({ tasks: [task({ ipv4: undefined })] })).toEqual([missing('an unknown address')]);
    expect(findings({ tasks: [task()], instances: [instance('t2', '10.0.0.1', { ofEcs: false })] })).toEqual([
      missing('10.0.0.1'),
    ]);
  });

  it('has a minute to get one', () => {
    expect(MISSING_GRACE_MS).toBe(60_000);
    const seen = (startedAtMs: number | undefined): number =>
      checkInstances(look({ tasks: [task({ startedAtMs })] }), new Map()).firstSeenMs.size;
    expect(seen(NOW_MS - 60_001)).toBe(1);
    expect(seen(NOW_MS - 60_000)).toBe(0);
    expect(seen(NOW_MS - 59_999)).toBe(0);
    expect(seen(undefined)).toBe(0);
  });

  it('is no finding where it does not serve, or belongs to somebody else', () => {
    expect(findings({ tasks: [task({ last: 'ACTIVATING' })] })).toEqual([]);
    expect(findings({ tasks: [task({ desired: 'STOPPED' })] })).toEqual([]);
    expect(findings({ tasks: [task({ group: 'service:api' })] })).toEqual([]);
  });

  it('has one as soon as its id is listed, wrong as it may be', () => {
    expect(findings({ tasks: [task()], instances: [instance('t1')] })).toEqual([]);
  });
});

describe('an instance without task', () => {
  const stale = (what: string): Finding => ({
    kind: 'stale',
    subject: 't1',
    message: `${what}: clients may resolve a dead address, or one that somebody else has by now.`,
    command: 'aws servicediscovery deregister-instance --service-id srv-mysql --instance-id t1',
    ...SINCE,
  });
  const dead = stoppedTask('t1', '10.0.0.1');

  it('is stale where its task has stopped', () => {
    const told = (address: string): string => `Instance t1 (${address}) belongs to task ${dead.arn}, which has stopped`;
    expect(findings({ tasks: [dead], instances: [instance('t1', '10.0.0.1')] })).toEqual([stale(told('10.0.0.1'))]);
    expect(findings({ tasks: [dead], instances: [instance('t1', '2001:db8::1')] })).toEqual([stale(told('2001:db8::1'))]);
    expect(findings({ tasks: [dead], instances: [instance('t1')] })).toEqual([stale(told('no address'))]);
  });

  it('is stale where ECS was asked for its task and does not know it', () => {
    const told = 'Instance t1 (10.0.0.1) has no task that ECS still knows';
    expect(findings({ asked: [dead], instances: [instance('t1', '10.0.0.1')] })).toEqual([stale(told)]);
  });

  it('is not judged where ECS was not asked', () => {
    const others = [stoppedTask('t2', '10.0.0.1')];
    expect(findings({ instances: [instance('t1', '10.0.0.1')] })).toEqual([]);
    expect(findings({ instances: [instance('t1', '10.0.0.1')], asked: others })).toEqual([]);
  });

  it('is not stale while its task drains: it still holds its address', () => {
    expect(findings({ tasks: [stoppingTask('t1', '10.0.0.1')], instances: [instance('t1', '10.0.0.1')] })).toEqual([]);
  });
});

describe('an instance with another address than its task', () => {
  const task = runningTask('t1', '10.0.0.1', { ipv6: ip('2001:db8::1') });
  const mismatched = (has: string, expected: string): Finding => ({
    kind: 'mismatched',
    subject: 't1',
    message: `Instance t1 has ${has}, but its task ${taskArn('t1')} has ${expected}. Clients reach the wrong address.`,
    ...SINCE,
  });
  const check = (words: Partial<Instance>, line = 'service=app', of = task): Finding[] =>
    findings({ line, tasks: [of], instances: [instance('t1', undefined, words)] });

  it('is mismatched, by either family or by port', () => {
    expect(check({ ipv4: ip('10.0.0.2') })).toEqual([mismatched('10.0.0.2', '10.0.0.1')]);
    expect(check({ ipv6: ip('2001:db8::2') })).toEqual([mismatched('2001:db8::2', '2001:db8::1')]);
    expect(check({ ipv4: ip('10.0.0.1'), ipv6: ip('2001:db8::2') })).toEqual([mismatched('10.0.0.1', '2001:db8::1')]);
    const wrongPort = { ipv4: ip('10.0.0.1'), port: 3307 };
    expect(check(wrongPort, 'service=app port=3306')).toEqual([mismatched('10.0.0.1', 'port 3306')]);
  });

  it('is mismatched by what both have, though one of them lacks something else', () => {
    const only4 = runningTask('t1', '10.0.0.1');
    const only6 = runningTask('t1', '2001:db8::1');
    const both = { ipv4: ip('10.0.0.2'), ipv6: ip('2001:db8::2'), port: 3307 };
    expect(check(both, 'service=app', only6)).toEqual([mismatched('10.0.0.2', '2001:db8::1')]);
    const right4 = { ...both, ipv4: ip('10.0.0.1') };
    expect(check(right4, 'service=app port=3306', only4)).toEqual([mismatched('10.0.0.1', 'port 3306')]);
  });

  it('is not mismatched by what either side lacks', () => {
    expect(check({ ipv4: ip('10.0.0.1'), ipv6: ip('2001:db8::1'), port: 3306 }, 'service=app port=3306')).toEqual([]);
    expect(check({ ipv4: ip('10.0.0.1') }, 'service=app port=3306')).toEqual([]);
    expect(check({ port: 3307 })).toEqual([]);
    expect(check({ ipv6: ip('2001:db8::2') }, 'service=app', runningTask('t1', '10.0.0.1'))).toEqual([]);
    expect(check({ ipv4: ip('10.0.0.2') }, 'service=app', runningTask('t1', '2001:db8::1'))).toEqual([]);
  });
});

describe('a difference', () => {
  const tasks = [runningTask('t1', '10.0.0.1', { startedAtMs: 0 })];
  const key = `missing ${taskArn('t1')}`;

  it('is a finding when it was already there ten seconds ago, since lists may lag', () => {
    expect(SECOND_LOOK_AFTER_MS).toBe(10_000);
    const age = (agoMs: number): readonly Finding[] =>
      checkInstances(look({ tasks }), new Map([[key, NOW_MS - agoMs]])).findings;
    expect(age(9_999)).toEqual([]);
    expect(age(10_000)).toMatchObject([{ sinceMs: NOW_MS - 10_000 }]);
    expect(age(10_001)).toMatchObject([{ sinceMs: NOW_MS - 10_001 }]);
  });

  it('is remembered with the time of its first sight, and forgotten when it is gone', () => {
    const first = checkInstances(look({ tasks }), new Map([['stale t9', 5]]));
    expect(first.firstSeenMs).toEqual(new Map([[key, NOW_MS]]));
    const later = checkInstances(look({ tasks, nowMs: NOW_MS + 70_000 }), first.firstSeenMs);
    expect(later.firstSeenMs).toEqual(first.firstSeenMs);
    expect(later.findings).toMatchObject([{ kind: 'missing', sinceMs: NOW_MS }]);
    const mended = checkInstances(look({ tasks, instances: [instance('t1', '10.0.0.1')] }), later.firstSeenMs);
    expect(mended).toEqual({ findings: [], firstSeenMs: new Map() });
  });

  it('of one kind does not stand for one of another', () => {
    const instances = [instance('t1', '10.0.0.2')];
    const earlier = new Map([
      ['stale t1', 0],
      ['mismatched t2', 0],
    ]);
    expect(checkInstances(look({ tasks, instances }), earlier).findings).toEqual([]);
    expect(checkInstances(look({ tasks, instances }), new Map([['mismatched t1', 0]])).findings).toHaveLength(1);
  });
});

describe('the tasks to ask ECS about', () => {
  const ids = (listed: readonly Task[], facts: readonly Task[], instances: readonly Instance[] = []): string[] => {
    const references = tasksBehindInstances(APP, instances, new Set(listed.map(({ arn }) => arn)), facts);
    for (const { cluster } of references) expect(cluster).toBe(clusterArn());
    return references.map(({ arn }) => arn.slice(arn.lastIndexOf('/') + 1));
  };
  const task = runningTask('t1', '10.0.0.1');

  it('are those listed that nobody knows, or that may have started', () => {
    expect(ids([task], [])).toEqual(['t1']);
    const starting = runningTask('t1', '10.0.0.1', { last: 'PENDING' });
    expect(ids([starting], [starting])).toEqual(['t1']);
    expect(ids([task], [task])).toEqual([]);
  });

  it('are those known live that are no longer listed', () => {
    expect(ids([], [task])).toEqual(['t1']);
    expect(ids([], [stoppedTask('t1', '10.0.0.1')])).toEqual([]);
  });

  it('are those that stopped when last read, while an instance still names them: it is stale as soon as they have', () => {
    const stopping = stoppingTask('t1', '10.0.0.1');
    const theirs = [instance('t1', '10.0.0.1')];
    expect(ids([], [stopping], theirs)).toEqual(['t1']);
    expect(ids([], [stopping], [instance('t2', '10.0.0.1', { ofEcs: false })])).toEqual([]);
    expect(ids([], [stoppedTask('t1', '10.0.0.1')], theirs)).toEqual([]);
    expect(ids([task], [task], theirs)).toEqual([]);
  });

  it('are those that an instance of ECS names and nobody knows', () => {
    expect(ids([], [], [instance('t9', '10.0.0.9')])).toEqual(['t9']);
    expect(ids([], [], [instance('t9', '10.0.0.9', { ofEcs: false })])).toEqual([]);
    expect(ids([], [], [instance('not a task id', '10.0.0.9')])).toEqual([]);
    expect(ids([], [stoppedTask('t9', '10.0.0.9')], [instance('t9', '10.0.0.9')])).toEqual([]);
  });

  it('are named once each, in the order of their ARNs', () => {
    const listed = ['c', 'a'].map((id) => runningTask(id, '10.0.0.1'));
    expect(ids(listed, [], [instance('b', '10.0.0.2'), instance('a', '10.0.0.1')])).toEqual(['a', 'b', 'c']);
  });
});
