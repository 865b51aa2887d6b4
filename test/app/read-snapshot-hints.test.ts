/** What a pass reads of tasks that follows its hints and lists nothing, unless it has to. */
import { describe, expect, it } from 'vitest';
import { selectorKey } from '../../functions/core/binding.ts';
import type { Hint } from '../../functions/core/event.ts';
import { readTasks } from '../support/pass-parts.ts';
import { contextOf, type PassContext, RUNNING, worldOf } from '../support/passes.ts';
import { describing, type FakeAws, fails, ok, START_MS } from '../support/ports.ts';
import {
  aHint,
  aService,
  clusterArn,
  DEPLOYMENT,
  parsedBinding,
  runningTask,
  stoppedTask,
  stoppingTask,
  target,
  taskArn,
} from '../support/values.ts';

const OTHER = runningTask('t2', '10.0.0.2');
const STRANGER = runningTask('t5', '10.0.0.5', { group: 'service:other' });
const APP = parsedBinding('service=app port=8080').selector;

/** A pass that follows these hints and lists nothing. */
function hinted(fake: FakeAws, hints: readonly Hint[], ...lines: readonly string[]): PassContext {
  return contextOf(fake, { hints, listing: 'none' }, ...lines);
}

describe('the snapshot of a pass that follows its hints', () => {
  it('describes what they name, and lists nothing for tasks that are to leave or are known', async () => {
    const stopping = stoppingTask('t2', '10.0.0.2');
    const fake = worldOf({ tasks: [RUNNING, stopping] });
    const context = hinted(fake, [aHint(stopping.arn, 5), aHint(STRANGER.arn, 1)]);
    const { snapshot, listedAtMs, failures } = await readTasks(context);
    expect(fake.names).toEqual(['DescribeTasks']);
    expect(snapshot.bindings).toMatchObject([{ list: 'unread', listed: new Set() }]);
    expect([snapshot.tasks.get(stopping.arn), listedAtMs, failures]).toEqual([stopping, undefined, []]);
  });

  it('proves a task that serves by the deployments of its service, in one call, and caches them', async () => {
    const fake = worldOf({ tasks: [RUNNING, OTHER] });
    const context = hinted(fake, [aHint(RUNNING.arn, 3)]);
    const { snapshot } = await readTasks(context);
    expect(fake.names).toEqual(['DescribeTasks', 'DescribeServices']);
    expect(snapshot.bindings).toMatchObject([{ list: 'unread', deployments: new Set([DEPLOYMENT]) }]);
    expect(snapshot.describedAtMs.has(RUNNING.arn)).toBe(true);
    expect(context.cache.deployments).toEqual(new Map([[selectorKey(APP), new Set([DEPLOYMENT])]]));
    fake.asked.length = 0;
    await readTasks({ ...context, hints: [aHint(OTHER.arn, 3)] });
    expect(fake.names).toEqual(['DescribeTasks']);
  });

  it('asks nobody about a task of a deployment that the configuration knows', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = hinted(fake, [aHint(RUNNING.arn, 3)]);
    const bindings = context.bound.bindings.map((each) => ({ ...each, deployments: new Set([DEPLOYMENT]) }));
    await readTasks({ ...context, bound: { ...context.bound, bindings } });
    expect(fake.names).toEqual(['DescribeTasks']);
  });

  it.each([
    ['its service has other deployments', () => ok([aService('app', { deployments: ['ecs-svc/2'] })]), RUNNING],
    ['ECS does not know the service', () => ok([]), RUNNING],
    ['the service cannot be read', () => fails('denied'), RUNNING],
    ['the task says that no service started it', () => ok([]), { ...RUNNING, startedBy: 'a person' }],
  ] as const)('lists where %s: what a task says of itself proves nothing', async (_, services, task) => {
    const fake = worldOf({ tasks: [task] });
    fake.answers.DescribeServices = services;
    const { snapshot, failures, listedAtMs } = await readTasks(hinted(fake, [aHint(task.arn, 3)]));
    expect(fake.names.at(-1)).toBe('ListTasks');
    expect(fake.names.includes('DescribeServices')).toBe(task === RUNNING);
    expect(snapshot.bindings).toMatchObject([{ list: 'read', listed: new Set([task.arn]) }]);
    expect([failures, listedAtMs]).toEqual([[], fake.asked.at(-1)?.atMs]);
  });

  it('lists for the bindings that mean the task, and for no other', async () => {
    const fake = worldOf({ tasks: [{ ...RUNNING, startedBy: '' }] });
    const lines = ['service=api port=9090', 'service=app port=8080'];
    const { snapshot, listedAtMs } = await readTasks(hinted(fake, [aHint(RUNNING.arn, 3)], ...lines));
    expect(snapshot.bindings.map(({ list }) => list)).toEqual(['unread', 'read']);
    expect(fake.names).toEqual(['DescribeTasks', 'ListTasks']);
    expect(fake.inputs('ListTasks')).toMatchObject([{ selector: APP }]);
    // Of only one list it is not known whether somebody else of ours has an address.
    expect(listedAtMs).toBeUndefined();
  });

  it.each([
    ['a service that has another deployment', 'ecs-svc/2', ['DescribeTasks', 'DescribeServices', 'ListTasks']],
    ['nobody that is known', 'a person', ['DescribeTasks', 'ListTasks']],
  ])('lists also where only one of the hinted tasks was started by %s', async (_, startedBy, calls) => {
    const fake = worldOf({ tasks: [RUNNING, { ...OTHER, startedBy }] });
    const hints = [RUNNING, OTHER].map(({ arn }) => aHint(arn, 3));
    const { snapshot } = await readTasks(hinted(fake, hints), [target('10.0.0.1'), target('10.0.0.2')]);
    expect(fake.names).toEqual(calls);
    expect(snapshot.bindings).toMatchObject([{ list: 'read' }]);
  });

  it.each([
    [true, 'one of them is on hold', [RUNNING, { ...OTHER, isHeld: true }]],
    [false, 'none of them is', [RUNNING, OTHER]],
    [false, 'the one on hold is to leave anyway', [RUNNING, stoppingTask('t2', '10.0.0.2', { isHeld: true })]],
    [false, 'the one on hold is of no line', [RUNNING, { ...STRANGER, isHeld: true }]],
  ])('lists (%s) where %s: nothing else tells whether others serve', async (isListed, _, tasks) => {
    const fake = worldOf({ tasks });
    const context = hinted(
      fake,
      tasks.map(({ arn, version }) => aHint(arn, version)),
    );
    // Whose the tasks are needs no proof.
    context.cache.deployments.set(selectorKey(APP), new Set([DEPLOYMENT]));
    const { snapshot } = await readTasks(context, [target('10.0.0.1'), target('10.0.0.2')]);
    expect(snapshot.bindings).toMatchObject([{ list: isListed ? 'read' : 'unread' }]);
    expect(fake.names.includes('ListTasks')).toBe(isListed);
  });

  it('describes whom it knows for live at the address of a task that it has read to stop: that stop may not have come here', async () => {
    const [stopping, ended] = [stoppingTask('t2', '10.0.0.1'), stoppedTask('t1', '10.0.0.1')];
    const fake = worldOf({ tasks: [stopping, ended] });
    const context = hinted(fake, [aHint(stopping.arn, 5)]);
    context.cache.learn(RUNNING, START_MS - 60_000);
    const { snapshot } = await readTasks(context);
    expect(fake.names).toEqual(['DescribeTasks', 'DescribeTasks']);
    expect([...snapshot.describedAtMs.keys()]).toEqual([stopping.arn, ended.arn]);
    expect(snapshot.tasks.get(ended.arn)?.desired).toBe('STOPPED');
  });

  it('does not describe again what it has described, when it then lists', async () => {
    const fake = worldOf({ tasks: [{ ...RUNNING, startedBy: '' }, OTHER] });
    // The target of neither is there: a registration of each may follow.
    const { snapshot } = await readTasks(hinted(fake, [aHint(RUNNING.arn, 3)]), []);
    expect(fake.inputs('DescribeTasks')).toEqual([
      { cluster: clusterArn(), tasks: [RUNNING.arn] },
      { cluster: clusterArn(), tasks: [OTHER.arn] },
    ]);
    expect([...snapshot.describedAtMs.keys()]).toEqual([RUNNING.arn, OTHER.arn]);
  });

  it('has the failures of both readings, each once', async () => {
    const strange = taskArn('strange');
    const fake = worldOf({ tasks: [{ ...RUNNING, startedBy: '' }] });
    fake.answers.ListTasks = () => fails('denied');
    const context = hinted(fake, [aHint(RUNNING.arn, 3), aHint(strange, 1, { cluster: clusterArn('test') })]);
    fake.answers.DescribeTasks = (input) =>
      input.cluster === clusterArn() ? describing({ ...RUNNING, startedBy: '' })(input) : fails('denied');
    const { snapshot, failures } = await readTasks(context);
    expect(failures.map(({ operation }) => operation)).toEqual(['DescribeTasks', 'ListTasks', 'DescribeTasks']);
    expect(snapshot.bindings).toMatchObject([{ list: 'failed' }]);
  });
});
