import { describe, expect, it } from 'vitest';
import {
  checkInstances,
  type InstanceObservations,
  MISSING_GRACE_MS,
  NO_OBSERVATIONS,
} from '../../../functions/core/cloud-map/check.ts';
import type { Instance } from '../../../functions/core/cloud-map/instance.ts';
import type { Finding } from '../../../functions/core/finding.ts';
import type { Task } from '../../../functions/core/task.ts';
import { instance, type LookWords, look, MYSQL, NOW_MS } from '../../support/looks.ts';
import { ip, runningTask, stoppedTask, stoppingTask, taskArn } from '../../support/values.ts';

/** The findings of a look that sees what an earlier one saw ten seconds ago. */
function findings(words: LookWords): Finding[] {
  const first = checkInstances(look({ ...words, nowMs: NOW_MS - 10_000 }), NO_OBSERVATIONS);
  expect(first.findings).toEqual([]);
  return [...checkInstances(look({ ...words }), first.observations).findings];
}

const SINCE = { sinceMs: NOW_MS - 10_000 };

describe('instances in step with their tasks', () => {
  it('give no finding', () => {
    const tasks = [runningTask('t1', '10.0.0.1', { startedAtMs: 0 }), stoppedTask('t2', '10.0.0.2')];
    expect(findings({ tasks, instances: [instance('t1', '10.0.0.1')] })).toEqual([]);
    expect(findings({})).toEqual([]);
  });

  it('may be there before their tasks run', () => {
    const tasks = [runningTask('t1', '10.0.0.1', { last: 'ACTIVATING' })];
    expect(findings({ tasks, instances: [instance('t1', '10.0.0.1')] })).toEqual([]);
  });
});

describe('a task without instance', () => {
  const task = (words: Partial<Task> = {}): Task =>
    runningTask('t1', '10.0.0.1', { startedAtMs: 0, zone: 'eu-west-1a', ...words });
  const attributes =
    'AVAILABILITY_ZONE=eu-west-1a,REGION=eu-west-1,ECS_CLUSTER_NAME=prod,ECS_SERVICE_NAME=app,ECS_TASK_DEFINITION_FAMILY=app';
  const register = (before: string): string =>
    'aws servicediscovery register-instance --service-id srv-mysql --instance-id t1 ' +
    `--attributes ${before === '' ? '' : `${before},`}${attributes}`;
  const missing = (at: string | undefined, command: string): Finding => ({
    kind: 'missing',
    subject: taskArn('t1'),
    message:
      `Task ${taskArn('t1')} runs at ${at ?? 'an unknown address'}, and ${MYSQL} has no instance for it, so ` +
      'clients do not find it. ECS registers at start only: force a new deployment of app.',
    address: at,
    task: taskArn('t1'),
    target: undefined,
    instance: 'none',
    expected: 'an instance',
    command,
    ...SINCE,
  });

  it('is missing, with its address and the command that registers it as ECS does', () => {
    const only4 = missing('10.0.0.1', register('AWS_INSTANCE_IPV4=10.0.0.1'));
    expect(findings({ tasks: [task()] })).toEqual([only4]);
    expect(findings({ tasks: [task({ ipv6: ip('2001:db8::1') })] })).toEqual([
      missing('10.0.0.1', register('AWS_INSTANCE_IPV4=10.0.0.1,AWS_INSTANCE_IPV6=2001:db8::1')),
    ]);
    expect(findings({ tasks: [task({ ipv4: undefined, ipv6: ip('2001:db8::1') })] })).toEqual([
      missing('2001:db8::1', register('AWS_INSTANCE_IPV6=2001:db8::1')),
    ]);
    expect(findings({ tasks: [task({ ipv4: undefined })] })).toEqual([missing(undefined, register(''))]);
  });

  it('gets the port of its line, or the one that its neighbours have', () => {
    const withPort = (port: number): Finding =>
      missing('10.0.0.1', register(`AWS_INSTANCE_IPV4=10.0.0.1,AWS_INSTANCE_PORT=${port}`));
    const neighbours = [instance('t8', '10.0.0.8'), instance('t9', '10.0.0.9', { port: 3306 })];
    const others = [runningTask('t8', '10.0.0.8'), runningTask('t9', '10.0.0.9')];
    expect(findings({ lines: ['service=app port=3307'], tasks: [task()] })).toEqual([withPort(3307)]);
    expect(findings({ tasks: [task(), ...others], instances: neighbours })).toEqual([withPort(3306)]);
    // Where none of the neighbours has one, the records are A or AAAA, and ECS would write none.
    const [without] = findings({
      lines: ['service=app port=3307'],
      tasks: [task(), ...others],
      instances: neighbours.slice(0, 1),
    });
    expect(without?.command).not.toContain('AWS_INSTANCE_PORT');
  });

  it('of Service Connect can only be registered by a deployment', () => {
    const command = 'aws ecs update-service --cluster prod --service app --force-new-deployment';
    expect(findings({ tasks: [task()], isManaged: true })).toEqual([missing('10.0.0.1', command)]);
  });

  it('of a family is registered without the name of a service', () => {
    const [found] = findings({ lines: ['family=app'], tasks: [task({ group: 'family:app', zone: undefined })] });
    expect(found?.command).toMatch(
      /AWS_INSTANCE_IPV4=10.0.0.1,REGION=eu-west-1,ECS_CLUSTER_NAME=prod,ECS_TASK_DEFINITION_FAMILY=app$/,
    );
  });

  it('is missing though somebody else has registered its address under another id', () => {
    const theirs = instance('t2', '10.0.0.1', { ofEcs: false });
    expect(findings({ tasks: [task()], instances: [theirs] }).map(({ kind, subject }) => [kind, subject])).toEqual([
      ['missing', taskArn('t1')],
      ['foreign', 't2'],
    ]);
  });

  it('tells what the target at its address is', () => {
    expect(findings({ tasks: [task()], targets: { '10.0.0.1': 'healthy' } })).toMatchObject([{ target: 'healthy' }]);
  });

  it('has a minute to get one', () => {
    expect(MISSING_GRACE_MS).toBe(60_000);
    const seen: InstanceObservations = {
      lookedAtMs: NOW_MS,
      seen: new Map([[`missing ${taskArn('t1')}`, { atMs: 0, sinceMs: 0 }]]),
    };
    const told = (startedAtMs: number | undefined): number =>
      checkInstances(look({ tasks: [task({ startedAtMs })] }), seen).findings.length;
    expect(told(NOW_MS - 60_001)).toBe(1);
    expect(told(NOW_MS - 60_000)).toBe(1);
    expect(told(NOW_MS - 59_999)).toBe(0);
  });

  it('whose start nobody told has a minute from its first observation', () => {
    const unknown = task({ startedAtMs: undefined });
    const { observations } = checkInstances(look({ tasks: [unknown] }), NO_OBSERVATIONS);
    const told = (laterMs: number): number =>
      checkInstances(look({ tasks: [unknown], nowMs: NOW_MS + laterMs }), observations).findings.length;
    expect(told(59_999)).toBe(0);
    expect(told(60_000)).toBe(1);
  });

  it('asks for no second look while it has its minute, unless that ends before', () => {
    const isOpen = (agoMs: number): boolean =>
      checkInstances(look({ tasks: [task({ startedAtMs: NOW_MS - agoMs })] }), NO_OBSERVATIONS).isOpen;
    expect(isOpen(49_999)).toBe(false);
    expect(isOpen(50_000)).toBe(true);
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

const DEREGISTER = {
  instance: 't1',
  command: 'aws servicediscovery deregister-instance --service-id srv-mysql --instance-id t1',
  target: undefined,
};

describe('an instance without task', () => {
  const stale = (what: string, address: string | undefined, task: string | undefined): Finding => ({
    kind: 'stale',
    subject: 't1',
    message: `${what}: clients may resolve a dead address, or one that somebody else has by now.`,
    address,
    task,
    expected: 'no instance',
    ...DEREGISTER,
    ...SINCE,
  });
  const dead = stoppedTask('t1', '10.0.0.1');

  it('is stale where its task has stopped', () => {
    const check = (address: string | undefined): Finding[] => findings({ tasks: [dead], instances: [instance('t1', address)] });
    const told = (address: string): string => `Instance t1 (${address}) belongs to task ${dead.arn}, which has stopped`;
    expect(check('10.0.0.1')).toEqual([stale(told('10.0.0.1'), '10.0.0.1', dead.arn)]);
    expect(check('2001:db8::1')).toEqual([stale(told('2001:db8::1'), '2001:db8::1', dead.arn)]);
    expect(check(undefined)).toEqual([stale(told('no address'), undefined, dead.arn)]);
  });

  it('is stale since the containers of its task ended, whoever looks first', () => {
    const tasks = [stoppedTask('t1', '10.0.0.1', { stoppedAtMs: 400_000 })];
    expect(findings({ tasks, instances: [instance('t1', '10.0.0.1')] })).toMatchObject([{ sinceMs: 400_000 }]);
  });

  it('is stale where ECS was asked for its task and does not know it', () => {
    const told = 'Instance t1 (10.0.0.1) has no task that ECS still knows';
    const found = findings({ asked: [dead], instances: [instance('t1', '10.0.0.1')] });
    expect(found).toEqual([stale(told, '10.0.0.1', undefined)]);
  });

  it('is mismatched where another task has its address by now: an address alone would look healthy', () => {
    const check = (address: string, holder: Task): string[] =>
      findings({ tasks: [dead, holder], instances: [instance('t1', address), instance('t2', address)] })
        .filter(({ subject }) => subject === 't1')
        .map(({ kind, message }) => `${kind}: ${message}`);
    const told = (address: string): string[] => [
      `mismatched: Instance t1 (${address}) belongs to task ${dead.arn}, which has stopped: the address is task ` +
        `${taskArn('t2')}'s by now, and clients take it for the old one.`,
    ];
    expect(check('10.0.0.1', runningTask('t2', '10.0.0.1'))).toEqual(told('10.0.0.1'));
    expect(check('10.0.0.1', runningTask('t2', '10.0.0.1', { last: 'PENDING' }))).toEqual(told('10.0.0.1'));
    expect(check('2001:db8::1', runningTask('t2', '2001:db8::1'))).toEqual(told('2001:db8::1'));
    expect(check('10.0.0.1', stoppedTask('t2', '10.0.0.1'))).toMatchObject([expect.stringMatching(/^stale/)]);
    expect(check('10.0.0.1', runningTask('t2', '2001:db8::1'))).toMatchObject([expect.stringMatching(/^stale/)]);
    expect(check('2001:db8::1', runningTask('t2', '2001:db8::2'))).toMatchObject([expect.stringMatching(/^stale/)]);
    expect(check('2001:db8::1', runningTask('t2', '10.0.0.1'))).toMatchObject([expect.stringMatching(/^stale/)]);
  });

  it("without an address is nobody's", () => {
    const tasks = [dead, runningTask('t2', '10.0.0.2')];
    const instances = [instance('t1'), instance('t2', '10.0.0.2')];
    expect(findings({ tasks, instances })).toMatchObject([{ kind: 'stale', subject: 't1' }]);
  });

  it('is not judged where ECS was not asked', () => {
    const others = [stoppedTask('t2', '10.0.0.1')];
    expect(findings({ instances: [instance('t1', '10.0.0.1')] })).toEqual([]);
    expect(findings({ instances: [instance('t1', '10.0.0.1')], asked: others })).toEqual([]);
  });

  it('is foreign where it does not come from ECS, whether or not ECS was asked', () => {
    const theirs = [instance('t1', '10.0.0.1', { ofEcs: false })];
    const foreign: Finding = {
      kind: 'foreign',
      subject: 't1',
      message: 'Instance t1 (10.0.0.1) carries no attribute of ECS, and no task has its id. If nobody needs it, remove it.',
      address: '10.0.0.1',
      task: undefined,
      expected: 'an instance of ECS',
      ...DEREGISTER,
      ...SINCE,
    };
    expect(findings({ instances: theirs })).toEqual([foreign]);
    expect(findings({ instances: theirs, asked: [dead] })).toEqual([foreign]);
    expect(findings({ instances: theirs, tasks: [runningTask('t1', '10.0.0.1')] })).toEqual([]);
    expect(findings({ instances: theirs, tasks: [dead] })).toMatchObject([{ kind: 'stale' }]);
  });
});

describe('an instance whose task is told to stop', () => {
  it('is draining, not stale: the task still holds its address, and clients should go elsewhere', () => {
    const task = stoppingTask('t1', '10.0.0.1', { stoppingAtMs: 900_000 });
    const draining: Finding = {
      kind: 'draining',
      subject: 't1',
      message: `Instance t1 (10.0.0.1) is still listed, but its task ${task.arn} is told to stop.`,
      address: '10.0.0.1',
      task: task.arn,
      expected: 'no instance',
      ...DEREGISTER,
      sinceMs: 900_000,
    };
    expect(findings({ tasks: [task], instances: [instance('t1', '10.0.0.1')] })).toEqual([draining]);
    const undated = stoppingTask('t1', '10.0.0.1');
    expect(findings({ tasks: [undated], instances: [instance('t1', '10.0.0.1')] })).toMatchObject([SINCE]);
  });
});

describe('an instance with another address than its task', () => {
  const task = runningTask('t1', '10.0.0.1', { ipv6: ip('2001:db8::1') });
  const mismatched = (has: string, expected: string, attributes: string): Finding => ({
    kind: 'mismatched',
    subject: 't1',
    message: `Instance t1 has ${has}, but its task ${taskArn('t1')} has ${expected}. Clients reach the wrong address.`,
    address: has,
    task: taskArn('t1'),
    target: undefined,
    instance: 't1',
    expected,
    command:
      `aws servicediscovery register-instance --service-id srv-mysql --instance-id t1 --attributes ${attributes},` +
      'REGION=eu-west-1,ECS_CLUSTER_NAME=prod,ECS_SERVICE_NAME=app,ECS_TASK_DEFINITION_FAMILY=app',
    ...SINCE,
  });
  const check = (words: Partial<Instance>, line = 'service=app', of = task): Finding[] =>
    findings({ lines: [line], tasks: [of], instances: [instance('t1', undefined, words)] });
  const both = 'AWS_INSTANCE_IPV4=10.0.0.1,AWS_INSTANCE_IPV6=2001:db8::1';

  it('is mismatched, by either family or by port, and can be written over', () => {
    expect(check({ ipv4: ip('10.0.0.2') })).toEqual([mismatched('10.0.0.2', '10.0.0.1', both)]);
    expect(check({ ipv6: ip('2001:db8::2') })).toEqual([mismatched('2001:db8::2', '2001:db8::1', both)]);
    const half = check({ ipv4: ip('10.0.0.1'), ipv6: ip('2001:db8::2') });
    expect(half).toEqual([mismatched('10.0.0.1', '2001:db8::1', both)]);
    const wrongPort = { ipv4: ip('10.0.0.1'), port: 3307 };
    const mended = `${both},AWS_INSTANCE_PORT=3306`;
    expect(check(wrongPort, 'service=app port=3306')).toEqual([mismatched('10.0.0.1', 'port 3306', mended)]);
    const kept = check({ ipv4: ip('10.0.0.2'), port: 3307 });
    expect(kept).toEqual([mismatched('10.0.0.2', '10.0.0.1', `${both},AWS_INSTANCE_PORT=3307`)]);
    expect(check({ ipv4: ip('10.0.0.2') }, 'service=app port=3306')).toEqual([mismatched('10.0.0.2', '10.0.0.1', both)]);
  });

  it('is mismatched by what both have, though one of them lacks something else', () => {
    const only4 = runningTask('t1', '10.0.0.1');
    const only6 = runningTask('t1', '2001:db8::1');
    const all = { ipv4: ip('10.0.0.2'), ipv6: ip('2001:db8::2'), port: 3307 };
    expect(check(all, 'service=app', only6)).toMatchObject([{ expected: '2001:db8::1' }]);
    const right4 = { ...all, ipv4: ip('10.0.0.1') };
    expect(check(right4, 'service=app port=3306', only4)).toMatchObject([{ expected: 'port 3306' }]);
  });

  it('has no command where no line means its task: whose attributes to write is not known', () => {
    const other = runningTask('t1', '10.0.0.1', { group: 'service:api' });
    for (const port of [undefined, 3307]) {
      const found = check({ ipv4: ip('10.0.0.2'), port }, 'service=app', other);
      expect(found).toMatchObject([{ kind: 'mismatched', expected: '10.0.0.1', command: undefined }]);
    }
    expect(check({ ipv4: ip('10.0.0.1'), port: 3307 }, 'service=app', other)).toEqual([]);
  });

  it('is compared with the port of the line that means its task', () => {
    const lines = ['service=api port=1', 'service=app port=3306'];
    const wrong = [instance('t1', '10.0.0.1', { port: 1 })];
    expect(findings({ lines, tasks: [task], instances: wrong })).toMatchObject([{ expected: 'port 3306' }]);
    expect(findings({ lines, tasks: [task], instances: [instance('t1', '10.0.0.1', { port: 3306 })] })).toEqual([]);
  });

  it('is not mismatched by what either side lacks', () => {
    expect(check({ ipv4: ip('10.0.0.1'), ipv6: ip('2001:db8::1'), port: 3306 }, 'service=app port=3306')).toEqual([]);
    expect(check({ ipv4: ip('10.0.0.1') }, 'service=app port=3306')).toEqual([]);
    expect(check({ port: 3307 })).toEqual([]);
    expect(check({ ipv6: ip('2001:db8::2') }, 'service=app', runningTask('t1', '10.0.0.1'))).toEqual([]);
    expect(check({ ipv4: ip('10.0.0.2') }, 'service=app', runningTask('t1', '2001:db8::1'))).toEqual([]);
  });
});
