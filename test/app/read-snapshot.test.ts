import { describe, expect, it } from 'vitest';
import { TaskReader } from '../../functions/app/read-snapshot.ts';
import { type DescribedTask, definitionKey } from '../../functions/core/task.ts';
import { readTasks } from '../support/pass-parts.ts';
import { cacheOf, contextOf, RUNNING, worldOf } from '../support/passes.ts';
import { describing, FakeAws, fails, ok, page, START_MS } from '../support/ports.ts';
import {
  aDefinition,
  aGroup,
  aHint,
  at,
  clusterArn,
  parsedBinding,
  runningTask,
  stoppedTask,
  target,
  taskArn,
} from '../support/values.ts';

const OTHER = runningTask('t2', '10.0.0.2');
const STOPPED = stoppedTask('t9', '10.0.0.9');
const STRANGER = runningTask('t5', '10.0.0.5', { group: 'service:other' });
const APP = parsedBinding('service=app port=8080').selector;
/** Descriptions wait so long for others to share their call. */
const GATHER_MS = 10;

describe('the snapshot of a pass that lists', () => {
  it('is of the lists, and describes what they leave open', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.callMs = () => 30;
    const context = contextOf(fake);
    const targets = [target('10.0.0.1')];
    expect(await readTasks(context, targets)).toEqual({
      snapshot: {
        group: aGroup(),
        targets,
        bindings: [{ ...context.bound.bindings[0], list: 'read', listed: new Set([RUNNING.arn]) }],
        tasks: new Map([[RUNNING.arn, RUNNING]]),
        describedAtMs: new Map([[RUNNING.arn, START_MS + 30 + GATHER_MS]]),
        absentAtMs: new Map(),
        knownStoppedAtMs: new Map(),
        held: new Set(),
        definitions: new Map(),
        zoneForms: new Map(),
      },
      failures: [],
      listedAtMs: START_MS,
    });
    expect(fake.inputs('ListTasks')).toEqual([{ selector: APP, desired: 'RUNNING', nextToken: undefined }]);
  });

  it('of a quiet group costs one list, and keeps the facts young', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake);
    context.cache.learn(RUNNING, START_MS - 1_000);
    const { snapshot } = await readTasks(context);
    expect(fake.names).toEqual(['ListTasks']);
    expect([snapshot.tasks.get(RUNNING.arn), snapshot.describedAtMs.size]).toEqual([RUNNING, 0]);
    expect(context.cache.tasks.get(RUNNING.arn)?.seenAtMs).toBe(START_MS);
  });

  it('reads the list of a selector once, however many lines name it, and keeps what each line says', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake, {}, 'service=app port=8080', 'service=app port=9090', 'family=job port=8080');
    const bindings = context.bound.bindings.map((each, index) => ({ ...each, native: index === 1 }));
    const { snapshot } = await readTasks({ ...context, bound: { ...context.bound, bindings } });
    expect(fake.inputs('ListTasks')).toHaveLength(2);
    expect(snapshot.bindings.map(({ native, port, selector }) => [selector.kind, port, native])).toEqual([
      ['service', 8080, false],
      ['service', 9090, true],
      ['family', 8080, false],
    ]);
  });

  it('lists anew in every pass: an older list could not confirm anything', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake);
    await readTasks(context);
    fake.clock.nowMs += 1;
    expect((await readTasks(context)).listedAtMs).toBe(fake.clock.now());
  });

  it('is listed as of the oldest of its lists, and not at all while one of them is missing', async () => {
    const fake = worldOf({});
    const lines = ['service=app port=8080', 'family=job port=8080'];
    const context = contextOf(fake, {}, ...lines);
    // The list of one waits for the targets of another group of its service.
    fake.callMs = (name) => (name === 'DescribeTargetHealth' ? 400 : 0);
    void context.reads.targets({ ...context.bound, bindings: context.bound.bindings.slice(1) });
    expect((await readTasks(context)).listedAtMs).toBe(START_MS);
    expect(fake.times('ListTasks')).toEqual([0, 400]);
    fake.answers.ListTasks = ({ selector }) => (selector.kind === 'family' ? fails('denied') : page([]));
    expect((await readTasks(contextOf(fake, {}, ...lines))).listedAtMs).toBeUndefined();
    fake.answers.ListTasks = () => fails('gone');
    expect((await readTasks(contextOf(fake, {}, ...lines))).listedAtMs).toBe(fake.clock.now());
  });

  it('tells a list that failed from one of a service that is gone', async () => {
    const fake = new FakeAws({
      ListTasks: ({ selector }) => (selector.kind === 'service' ? fails('denied', 'no') : fails('gone')),
    });
    const { snapshot, failures } = await readTasks(contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080'));
    expect(snapshot.bindings.map(({ list, listed }) => [list, listed.size])).toEqual([
      ['failed', 0],
      ['gone', 0],
    ]);
    expect(failures).toEqual([
      {
        kind: 'denied',
        operation: 'ListTasks',
        resource: 'cluster=prod service=app (RUNNING)',
        cluster: clusterArn(),
        message: 'no',
      },
    ]);
  });

  it('takes up what the environment knows of tasks that a line means or a hint names, and of no other', async () => {
    const context = contextOf(
      worldOf({}),
      { hints: [aHint(STRANGER.arn, 1)] },
      'service=app port=8080',
      'family=job port=8080',
    );
    for (const task of [STOPPED, STRANGER, runningTask('t6', '10.0.0.6', { group: 'service:other' })])
      context.cache.learn(task, START_MS - 5);
    cacheOf(context).absentAtMs = new Map([[at('10.0.0.1'), 7]]);
    const { snapshot } = await readTasks(context);
    expect([...snapshot.tasks.keys()].toSorted()).toEqual([STRANGER.arn, STOPPED.arn]);
    expect(snapshot).toMatchObject({
      absentAtMs: new Map([[at('10.0.0.1'), 7]]),
      knownStoppedAtMs: new Map([[STOPPED.arn, START_MS - 5]]),
    });
  });

  it('describes a hinted task apart, and drops an id that ECS does not take', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const strange = taskArn('strange');
    fake.answers.DescribeTasks = (input) => (input.tasks.includes(strange) ? fails('refused') : describing(RUNNING)(input));
    const { snapshot, failures } = await readTasks(contextOf(fake, { hints: [aHint(strange, 1)] }));
    expect(fake.inputs('DescribeTasks')).toEqual([
      { cluster: clusterArn(), tasks: [RUNNING.arn] },
      { cluster: clusterArn(), tasks: [strange] },
    ]);
    expect([snapshot.describedAtMs.has(RUNNING.arn), snapshot.describedAtMs.has(strange), failures]).toEqual([true, false, []]);
  });

  it('does not describe a hinted stranger whose version it knows', async () => {
    const fake = worldOf({});
    const context = contextOf(fake, { hints: [aHint(STRANGER.arn, STRANGER.version)] });
    context.cache.learn(STRANGER, START_MS);
    await readTasks(context);
    expect(fake.names).toEqual(['ListTasks']);
  });

  it('never drops a task that ECS itself has listed: what is not read of it is a failed read', async () => {
    const fake = worldOf({ tasks: [RUNNING, OTHER] });
    fake.answers.DescribeTasks = () => fails('refused', 'no');
    const { failures } = await readTasks(contextOf(fake));
    expect(failures).toEqual([
      {
        kind: 'refused',
        operation: 'DescribeTasks',
        resource: `tasks of ${clusterArn()}`,
        cluster: clusterArn(),
        message: 'no',
      },
    ]);
  });

  it('asks no service about a hinted task that its list lacks: the list is the last word of such a pass', async () => {
    const fake = worldOf({ tasks: [RUNNING], listed: [] });
    const { snapshot } = await readTasks(contextOf(fake, { hints: [aHint(RUNNING.arn, 3)] }));
    expect(fake.names).toEqual(['ListTasks', 'DescribeTasks']);
    expect(snapshot.bindings).toMatchObject([{ list: 'read', listed: new Set() }]);
  });

  it('has the failures of lists and of descriptions', async () => {
    const fake = new FakeAws({
      ListTasks: ({ selector }) => (selector.kind === 'family' ? fails('denied') : page([RUNNING])),
      DescribeTasks: () => fails('unexpected'),
    });
    const { failures } = await readTasks(contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080'));
    expect(failures.map(({ kind }) => kind)).toEqual(['denied', 'unexpected']);
  });
});

describe('what a snapshot has besides tasks', () => {
  it('is which tasks are on hold, by their own description or by the search for tags, and only of those that it has', async () => {
    const tasks = [RUNNING, OTHER, runningTask('t3', '10.0.0.3', { isHeld: true })];
    const fake = worldOf({ tasks });
    const context = contextOf(fake);
    for (const task of tasks) context.cache.learn(task, START_MS);
    context.cache.learn({ ...STRANGER, isHeld: true }, START_MS);
    context.cache.holds = new Set([OTHER.arn, taskArn('t8')]);
    // The targets are theirs, so that nobody describes them anew.
    const { snapshot } = await readTasks(context, [target('10.0.0.1'), target('10.0.0.2'), target('10.0.0.3')]);
    expect(snapshot.held).toEqual(new Set([taskArn('t3')]));
    expect([...snapshot.describedAtMs.keys()]).toEqual([OTHER.arn, taskArn('t3')]);
  });

  it('is what ELB has asked for as the zone of addresses', async () => {
    const context = contextOf(worldOf({}));
    cacheOf(context).zoneForms.set('10.0.0', 'all');
    expect((await readTasks(context)).snapshot.zoneForms).toEqual(new Map([['10.0.0', 'all']]));
  });
});

describe('what another group has found while a pass describes its tasks', () => {
  /** What a pass asks ECS to describe, and what it has described, when the environment learns of these tasks in the meantime. */
  async function passBeside(...learned: readonly DescribedTask[]) {
    const fake = worldOf({ tasks: [RUNNING, ...learned], listed: [RUNNING, OTHER] });
    const context = contextOf(fake);
    context.cache.learn(STOPPED, START_MS - 1_000);
    const answer = fake.answers.DescribeTasks;
    fake.answers.DescribeTasks = (input) => {
      for (const task of learned) context.cache.learn(task, fake.clock.now());
      return answer?.(input) ?? ok([]);
    };
    const { snapshot } = await readTasks(context, [target('10.0.0.9'), target('10.0.0.7')]);
    return { asked: fake.inputs('DescribeTasks'), described: [...snapshot.describedAtMs.keys()] };
  }
  const FOUND = stoppedTask('t7', '10.0.0.7');
  // ECS lists t2 and does not describe it yet: nobody asks for it again.
  const FIRST = { cluster: clusterArn(), tasks: [RUNNING.arn, OTHER.arn, STOPPED.arn] };

  it('is described as well where it owns a target: it would explain it, and be no proof that it has to go', async () => {
    expect(await passBeside(FOUND)).toEqual({
      asked: [FIRST, { cluster: clusterArn(), tasks: [FOUND.arn] }],
      described: [RUNNING.arn, FOUND.arn],
    });
  });

  it('is not described where nothing of the group follows from it', async () => {
    for (const learned of [[stoppedTask('t6', '10.0.0.6')], []])
      expect(await passBeside(...learned)).toEqual({ asked: [FIRST], described: [RUNNING.arn] });
  });
});

describe('a snapshot some time after it was read', () => {
  it('has what the environment has learned since of the tasks that a line means or a hint named, and of no other', async () => {
    const context = contextOf(worldOf({ tasks: [RUNNING, STRANGER] }), { hints: [aHint(STRANGER.arn, 3)] });
    const reader = new TaskReader(context);
    const { snapshot } = await reader.read({ targets: [], hints: context.hints, isListing: true });
    const [ended, moved] = [stoppedTask('t1', '10.0.0.1'), { ...STRANGER, version: 9 }];
    const unheard = runningTask('t6', '10.0.0.6', { group: 'service:other' });
    for (const task of [ended, moved, { ...OTHER, isHeld: true }, unheard]) context.cache.learn(task, START_MS + 60_000);
    const { tasks, ...others } = reader.upToDate(snapshot);
    expect([...tasks.values()].map(({ arn, version }) => [arn, version])).toEqual([
      [ended.arn, 8],
      [moved.arn, 9],
      [OTHER.arn, 3],
    ]);
    const knownStoppedAtMs = new Map([[ended.arn, START_MS + 60_000]]);
    expect({ ...others, tasks: snapshot.tasks }).toEqual({ ...snapshot, knownStoppedAtMs, held: new Set([OTHER.arn]) });
  });
});

describe('the definitions of tasks', () => {
  const NAMED = 'service=app port=http';
  const asked = (fake: FakeAws) => fake.inputs('DescribeTaskDefinition');

  it('are read once each where a line names a port, also of a task that the pass has only just read, and kept', async () => {
    const next = runningTask('t3', '10.0.0.3', { definition: 'app:8' });
    const fake = worldOf({ tasks: [RUNNING, OTHER, next] });
    fake.answers.DescribeTaskDefinition = () => ok(aDefinition());
    const context = contextOf(fake, {}, NAMED, 'family=job port=8080');
    for (const task of [RUNNING, OTHER]) context.cache.learn(task, START_MS);
    const { snapshot, failures } = await readTasks(context);
    expect(asked(fake)).toEqual(['app:7', 'app:8'].map((definition) => ({ cluster: clusterArn(), definition })));
    const both = [RUNNING, next].map((task) => [definitionKey(task), aDefinition()] as const);
    expect([snapshot.definitions, failures]).toEqual([new Map(both), []]);
    // The port tells which addresses a change may follow at, before anything is described.
    expect(snapshot.describedAtMs.has(RUNNING.arn)).toBe(false);
    expect(snapshot.describedAtMs.has(OTHER.arn)).toBe(true);
    await readTasks(context);
    expect(asked(fake)).toHaveLength(2);
  });

  it('are read for the tasks of each line that names a port', async () => {
    const job = runningTask('t4', '10.0.0.4', { group: 'service:job', definition: 'job:1' });
    const fake = worldOf({ tasks: [RUNNING, job] });
    fake.answers.ListTasks = ({ selector }) => page(selector.name === 'job' ? [job] : [RUNNING]);
    fake.answers.DescribeTaskDefinition = () => ok(aDefinition());
    const { snapshot } = await readTasks(contextOf(fake, {}, NAMED, 'service=job port=http'));
    expect([...(snapshot.definitions?.keys() ?? [])]).toEqual([RUNNING, job].map(definitionKey));
  });

  it.each([
    ['a number', 'service=app port=8080', RUNNING],
    ['the port of another service', 'service=api port=http', RUNNING],
    ['the port of a task whose definition ECS does not name', NAMED, { ...RUNNING, definition: '' }],
  ])('are not read for %s', async (_, line, task) => {
    const fake = worldOf({ tasks: [task], listed: [] });
    const context = contextOf(fake, {}, line);
    context.cache.learn(task, START_MS);
    await readTasks(context);
    expect(asked(fake)).toEqual([]);
  });

  it('of a hinted task are read whatever it belongs to', async () => {
    const fake = worldOf({ tasks: [STRANGER] });
    fake.answers.DescribeTaskDefinition = () => ok(aDefinition());
    await readTasks(contextOf(fake, { hints: [aHint(STRANGER.arn, 3)], listing: 'none' }, NAMED));
    expect(asked(fake)).toHaveLength(1);
  });

  it('that cannot be read are a failure, which is told once', async () => {
    const fake = worldOf({ tasks: [RUNNING, OTHER] });
    fake.answers.DescribeTaskDefinition = () => fails('denied', 'no');
    const context = contextOf(fake, {}, NAMED);
    context.cache.learn(RUNNING, START_MS);
    const { snapshot, failures } = await readTasks(context);
    expect(failures).toEqual([
      { kind: 'denied', operation: 'DescribeTaskDefinition', resource: 'app:7', cluster: clusterArn(), message: 'no' },
    ]);
    expect(snapshot.definitions).toEqual(new Map());
  });
});
