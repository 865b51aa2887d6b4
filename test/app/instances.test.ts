import { describe, expect, it } from 'vitest';
import { createEnvironment, type InstanceReport, type Request } from '../../functions/app/environment.ts';
import { checkServices, isLookDue } from '../../functions/app/instances.ts';
import { learn } from '../../functions/app/memory.ts';
import type { Instance } from '../../functions/core/instance.ts';
import type { Feed } from '../../functions/core/snapshot.ts';
import type { Task } from '../../functions/core/task.ts';
import { describing, FakeWorld, fails, ok, page, START_MS } from '../support/ports.ts';
import { aSnapshot, cloudMapArn, clusterArn, feed, ip, runningTask, stoppedTask, target, taskArn } from '../support/values.ts';

const SELECTOR = { kind: 'service', cluster: clusterArn(), name: 'app' } as const;
const WIRINGS = [{ selector: SELECTOR, port: undefined, source: 'the tag' }];
const CHECKED = { service: cloudMapArn(), wirings: WIRINGS, isManaged: false };
const SETTINGS = {
  clusters: [clusterArn()],
  targetGroups: [],
  cloudMapServices: [cloudMapArn()],
  wiring: '',
  mode: 'enforce' as const,
};
const LONG_AGO = { startedAtMs: START_MS - 600_000 };

function instance(id: string, address: string): Instance {
  return { id, ipv4: ip(address), ipv6: undefined, port: undefined, ofEcs: true };
}

interface Words {
  readonly instances?: readonly Instance[];
  readonly tasks?: readonly Task[];
  readonly listed?: readonly Task[];
}

function stage({ instances = [], tasks = [], listed = tasks }: Words) {
  const fake = new FakeWorld({
    ListInstances: () => ok({ items: instances, nextToken: undefined }),
    ListTasks: () => page(listed),
    DescribeTasks: describing(...tasks),
  });
  const environment = createEnvironment(SETTINGS, fake.world, fake.clock);
  const feeds: Feed[] = [];
  const check = async (words: Partial<Request> = {}): Promise<InstanceReport> => {
    const told: InstanceReport[] = [];
    const request = { trigger: 'messages' as const, hints: [], deadlineMs: fake.clock.nowMs + 1_000_000, ...words };
    const observer = {
      configured: () => undefined,
      passed: () => undefined,
      found: (...[subject, findings, failures, , report]: Parameters<Parameters<typeof checkServices>[2]['found']>) => {
        expect([subject, report]).toMatchObject([CHECKED.service, { findings, failures }]);
        if (report !== undefined) told.push(report);
      },
    };
    const passes = feeds.length === 0 ? [] : [aSnapshot({ feeds, targets: [target('10.0.0.1')] })];
    await checkServices(environment, request, observer, [CHECKED], passes);
    const [report] = told;
    if (report === undefined || told.length > 1) throw new Error(`The check told ${told.length} reports; expected one.`);
    return report;
  };
  return { fake, environment, memory: environment.memory, feeds, check };
}

describe('a look at a Cloud Map service', () => {
  it('compares instances with what ECS lists and describes', async () => {
    const task = runningTask('t1', '10.0.0.1', LONG_AGO);
    const { fake, check } = stage({ instances: [instance('t1', '10.0.0.1')], tasks: [task] });
    const instances = [instance('t1', '10.0.0.1')];
    expect(await check()).toEqual({ instances, tasks: [task], findings: [], failures: [], isOpen: false });
    expect(fake.asked.map(({ name, input }) => [name, input])).toEqual([
      ['ListInstances', { service: cloudMapArn(), nextToken: undefined }],
      ['ListTasks', { selector: SELECTOR, desired: 'RUNNING', nextToken: undefined }],
      ['DescribeTasks', { cluster: clusterArn(), tasks: [task.arn] }],
    ]);
  });

  it('finds a difference in the second look, ten seconds on, and names since when', async () => {
    const { fake, memory, check } = stage({ tasks: [runningTask('t1', '10.0.0.1', LONG_AGO)] });
    expect((await check()).findings).toEqual([]);
    expect(memory.instances.get(cloudMapArn())).toEqual({
      lookedAtMs: START_MS,
      seen: new Map([[`missing ${taskArn('t1')}`, { atMs: START_MS, sinceMs: START_MS }]]),
    });
    fake.clock.nowMs = START_MS + 9_999;
    expect((await check()).findings).toEqual([]);
    fake.clock.nowMs = START_MS + 10_000;
    const { findings } = await check();
    expect(findings).toEqual([expect.objectContaining({ kind: 'missing', subject: taskArn('t1'), sinceMs: START_MS })]);
  });

  it('asks about a stranger that an instance names, and judges by what is said of it', async () => {
    const stranger = stoppedTask('t9', '10.0.0.9', { group: 'service:other' });
    const { fake, check } = stage({ instances: [instance('t9', '10.0.0.9')], tasks: [stranger], listed: [] });
    await check();
    fake.clock.nowMs += 10_000;
    const { findings } = await check();
    expect(findings).toEqual([expect.objectContaining({ kind: 'stale', subject: 't9' })]);
    expect(findings[0]?.message).toContain(`belongs to task ${stranger.arn}, which has stopped`);
    expect(fake.inputs('DescribeTasks')[0]).toEqual({ cluster: clusterArn(), tasks: [stranger.arn] });
  });

  it('judges by no task of another service that nobody asked about', async () => {
    const { memory, check, fake } = stage({ instances: [] });
    learn(memory, runningTask('t7', '10.0.0.7', { ...LONG_AGO, group: 'service:other' }), START_MS);
    await check();
    fake.clock.nowMs += 10_000;
    expect((await check()).findings).toEqual([]);
    expect(fake.names).not.toContain('DescribeTasks');
  });

  it("takes an instance that ECS did not write for somebody else's, whatever else is known under its name", async () => {
    const byHand = { ...instance('t7', '10.0.0.99'), ofEcs: false };
    const { memory, check, fake } = stage({ instances: [byHand] });
    learn(memory, stoppedTask('t7', '10.0.0.7', { group: 'service:other' }), START_MS);
    await check();
    fake.clock.nowMs += 10_000;
    expect((await check()).findings).toMatchObject([{ kind: 'foreign', subject: 't7' }]);
  });

  it('does not ask again about tasks that are known to serve', async () => {
    const task = runningTask('t1', '10.0.0.1', LONG_AGO);
    const { fake, check } = stage({ instances: [instance('t1', '10.0.0.1')], tasks: [task] });
    await check();
    fake.asked.length = 0;
    await check();
    expect(fake.names).toEqual(['ListInstances', 'ListTasks']);
  });

  it('uses the list that a pass has just read', async () => {
    const task = runningTask('t1', '10.0.0.1', LONG_AGO);
    const { fake, feeds, check } = stage({ instances: [instance('t1', '10.0.0.1')], tasks: [task], listed: [] });
    feeds.push(feed('service=other port=8080'), feed('service=app port=8080', { listed: [task] }));
    await check();
    expect(fake.names).toEqual(['ListInstances', 'DescribeTasks']);
  });
});

describe('a service in which something is new', () => {
  const task = runningTask('t1', '10.0.0.1', LONG_AGO);

  it.each(['schedule', 'check'] as const)(
    'is looked at again after ten seconds by the %s, with a list of its own',
    async (trigger) => {
      const { fake, feeds, check } = stage({ tasks: [task] });
      feeds.push(feed('service=app port=8080', { listed: [task] }));
      const { findings } = await check({ trigger });
      expect(findings).toMatchObject([{ kind: 'missing', target: 'healthy' }]);
      expect(fake.clock.slept).toEqual([10_000]);
      expect(fake.names).toEqual(['ListInstances', 'DescribeTasks', 'ListInstances', 'ListTasks']);
    },
  );

  it('is looked at three times at most, where something new comes up each time', async () => {
    const { fake, check } = stage({ tasks: [task] });
    let count = 0;
    fake.answers.ListInstances = () => {
      count += 1;
      return ok({ items: [{ ...instance(`x${count}`, '10.0.0.8'), ofEcs: false }], nextToken: undefined });
    };
    expect((await check({ trigger: 'schedule' })).isOpen).toBe(true);
    expect(count).toBe(3);
  });

  it('is not waited for behind an event, nor where the time does not carry another look', async () => {
    const { fake, check } = stage({ tasks: [task] });
    expect((await check({ trigger: 'messages' })).isOpen).toBe(true);
    const short = stage({ tasks: [task] });
    await short.check({ trigger: 'schedule', deadlineMs: START_MS + 15_999 });
    const enough = stage({ tasks: [task] });
    await enough.check({ trigger: 'schedule', deadlineMs: START_MS + 16_000 });
    expect([fake.clock.slept, short.fake.clock.slept, enough.fake.clock.slept]).toEqual([[], [], [10_000]]);
  });

  it('is due for an event ten seconds after its last look', async () => {
    const { fake, environment, check } = stage({});
    expect(isLookDue(environment, CHECKED)).toBe(true);
    await check();
    fake.clock.nowMs = START_MS + 9_999;
    expect(isLookDue(environment, CHECKED)).toBe(false);
    fake.clock.nowMs = START_MS + 10_000;
    expect(isLookDue(environment, CHECKED)).toBe(true);
  });
});

describe('what is gone', () => {
  it('is a finding where it is the Cloud Map service', async () => {
    const { fake, check } = stage({});
    fake.answers.ListInstances = () => fails('gone');
    expect(await check()).toMatchObject({ findings: [{ kind: 'unusable', subject: cloudMapArn() }], failures: [] });
  });

  it('leaves its instances stale where it is the ECS service', async () => {
    const { fake, check } = stage({ instances: [instance('t1', '10.0.0.1')] });
    fake.answers.ListTasks = () => fails('gone');
    expect(await check({ trigger: 'schedule' })).toMatchObject({ findings: [{ kind: 'stale', subject: 't1' }], failures: [] });
  });
});

describe('a look that cannot be completed', () => {
  it.each(['ListInstances', 'ListTasks', 'DescribeTasks'] as const)('tells that %s failed, and finds nothing', async (name) => {
    const { fake, memory, check } = stage({ tasks: [runningTask('t1', '10.0.0.1', LONG_AGO)] });
    fake.answers[name] = () => fails('denied', 'no');
    const report = await check();
    expect(report).toMatchObject({
      instances: [],
      findings: [],
      failures: [{ kind: 'denied', operation: name }],
    });
    expect(report.failures).toHaveLength(1);
    expect(memory.instances.size).toBe(0);
  });

  it('says so too where only one description of many failed', async () => {
    const tasks = Array.from({ length: 150 }, (_, index) => runningTask(`t${index}`, `10.0.1.${index + 1}`, LONG_AGO));
    const { fake, check } = stage({ tasks });
    fake.answers.DescribeTasks = ({ tasks: asked }) => (asked.length < 100 ? fails('denied') : ok([]));
    expect(await check()).toMatchObject({ findings: [], failures: [{ resource: `50 tasks of ${clusterArn()}` }] });
  });

  it('drops an id of an instance that ECS does not take', async () => {
    const { fake, check } = stage({ instances: [instance('t1', '10.0.0.1')], listed: [] });
    fake.answers.DescribeTasks = () => fails('refused');
    expect(await check()).toMatchObject({ instances: [{ id: 't1' }], failures: [] });
  });
});
