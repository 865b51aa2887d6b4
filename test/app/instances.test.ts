import { describe, expect, it } from 'vitest';
import { Caller } from '../../functions/app/caller.ts';
import { checkService } from '../../functions/app/instances.ts';
import { createMemory, learn } from '../../functions/app/memory.ts';
import type { Instance } from '../../functions/core/instances.ts';
import type { Task } from '../../functions/core/task.ts';
import type { TaskArn } from '../../functions/core/values.ts';
import { selectorKey } from '../../functions/core/wiring.ts';
import { describing, FakeWorld, fails, ok, page, START_MS } from '../support/ports.ts';
import { cloudMapArn, clusterArn, ip, runningTask, stoppedTask, taskArn } from '../support/values.ts';

const SELECTOR = { kind: 'service', cluster: clusterArn(), name: 'app' } as const;
const CHECKED = { service: cloudMapArn(), wiring: { selector: SELECTOR, port: undefined, source: 'the tag' } };
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
  const memory = createMemory();
  const caller = new Caller(fake.world, fake.clock, new Map(), START_MS + 1_000_000);
  const lists = new Map<string, ReadonlySet<TaskArn>>();
  const context = { checked: CHECKED, caller, clock: fake.clock, memory, lists };
  return { fake, memory, lists, check: () => checkService(context) };
}

describe('a look at a Cloud Map service', () => {
  it('compares instances with what ECS lists and describes', async () => {
    const task = runningTask('t1', '10.0.0.1', LONG_AGO);
    const { fake, check } = stage({ instances: [instance('t1', '10.0.0.1')], tasks: [task] });
    expect(await check()).toEqual({ checked: CHECKED, instances: 1, findings: [], failures: [] });
    expect(fake.asked.map(({ name, input }) => [name, input])).toEqual([
      ['ListInstances', { service: cloudMapArn(), nextToken: undefined }],
      ['ListTasks', { selector: SELECTOR, desired: 'RUNNING', nextToken: undefined }],
      ['DescribeTasks', { cluster: clusterArn(), tasks: [task.arn] }],
    ]);
  });

  it('finds a difference in the second look, ten seconds on, and names since when', async () => {
    const { fake, memory, check } = stage({ tasks: [runningTask('t1', '10.0.0.1', LONG_AGO)] });
    expect((await check()).findings).toEqual([]);
    expect(memory.instances.get(cloudMapArn())).toEqual(new Map([[`missing ${taskArn('t1')}`, START_MS]]));
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

  it('leaves an instance alone that ECS did not write, whatever else is known under its name', async () => {
    const byHand = { ...instance('t7', '10.0.0.99'), ofEcs: false };
    const { memory, check, fake } = stage({ instances: [byHand] });
    learn(memory, stoppedTask('t7', '10.0.0.7', { group: 'service:other' }), START_MS);
    await check();
    fake.clock.nowMs += 10_000;
    expect((await check()).findings).toEqual([]);
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
    const { fake, lists, check } = stage({ instances: [instance('t1', '10.0.0.1')], tasks: [task], listed: [] });
    lists.set(selectorKey(SELECTOR), new Set([task.arn]));
    lists.set('another selector', new Set());
    await check();
    expect(fake.names).toEqual(['ListInstances', 'DescribeTasks']);
  });
});

describe('a look that cannot be completed', () => {
  it.each(['ListInstances', 'ListTasks', 'DescribeTasks'] as const)('tells that %s failed, and finds nothing', async (name) => {
    const { fake, memory, check } = stage({ tasks: [runningTask('t1', '10.0.0.1', LONG_AGO)] });
    fake.answers[name] = () => fails('denied', 'no');
    const report = await check();
    expect(report).toMatchObject({
      checked: CHECKED,
      instances: 0,
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
    expect(await check()).toMatchObject({ instances: 1, failures: [] });
  });
});
