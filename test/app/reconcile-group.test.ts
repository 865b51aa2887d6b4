import { describe, expect, it } from 'vitest';
import { groupCache, learn } from '../../functions/app/cache.ts';
import { beginInvocation, currentConfiguration, type Request } from '../../functions/app/invocation.ts';
import { readDrainFindings, reconcileGroup } from '../../functions/app/reconcile-group.ts';
import { PASS_INTERVAL_MS, PASS_TIME_MS } from '../../functions/core/next-pass.ts';
import { contextOf } from '../support/passes.ts';
import { FakeAws, fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { aHint, at, groupArn, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

const WEB = groupArn();
const RUNNING = runningTask('t1', '10.0.0.1');
const QUARTER_HOUR_MS = 900_000;

async function reconcile(runs: Runs, request: Partial<Request> = {}) {
  const begin = (words: Partial<Request>) => beginInvocation(runs.environment, runs.request(words), runs.reporter);
  // What feeds the group is known, however short the time of the request.
  const [bound] = (await currentConfiguration(begin({}))).configuration.groups;
  if (bound === undefined) throw new Error('The group is bound.');
  return reconcileGroup(begin(request), bound);
}

/** A group with the targets of tasks that have stopped, which ended so long ago or at a time that ECS does not say. */
function withStopped(...endedAgoMs: readonly (number | undefined)[]): Runs {
  const runs = new Runs();
  for (const [index, agoMs] of endedAgoMs.entries()) {
    const task = stoppedTask(`s${index}`, `10.0.0.${index}`, {
      stoppedAtMs: agoMs === undefined ? undefined : START_MS - agoMs,
    });
    runs.tasks.push(task);
    learn(runs.environment.cache, task, START_MS);
    runs.targets.set(WEB, [...(runs.targets.get(WEB) ?? []), target(`10.0.0.${index}`)]);
  }
  return runs;
}

const writes = ({ passes }: Runs): number[] => passes.map(({ written }) => written.done.length);

describe('a group', () => {
  it('takes one pass where nothing stays open, and hands on what that has read', async () => {
    const runs = new Runs();
    runs.tasks.push(RUNNING);
    const result = await reconcile(runs, {
      hints: [aHint(RUNNING.arn, 3), aHint(taskArn('t8'), 1, { group: 'service:other' })],
    });
    expect(runs.passes).toMatchObject([{ trigger: 'messages', hints: 1, startedAtMs: START_MS }]);
    expect(result).toEqual({ group: WEB, isUnfinished: false, isDeferred: false, snapshot: runs.passes[0]?.snapshot });
    expect(runs.passes[0]?.snapshot?.targets).toEqual([]);
    expect(runs.recorded('register')).toEqual([at('10.0.0.1')]);
  });

  it('keeps its distance to the last pass over it', async () => {
    const runs = new Runs();
    await reconcile(runs);
    runs.fake.clock.nowMs += 300;
    await reconcile(runs);
    expect(runs.times).toEqual([0, PASS_INTERVAL_MS]);
    runs.fake.clock.nowMs += PASS_INTERVAL_MS;
    await reconcile(runs);
    expect(runs.fake.clock.slept).toEqual([PASS_INTERVAL_MS - 300]);
  });

  it('hands on nothing where its last pass could not read the targets', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    expect(await reconcile(runs)).toEqual({ group: WEB, isUnfinished: false, isDeferred: false, snapshot: undefined });
  });

  it('lists its tasks for the schedule, and not for messages, unless these come as a burst', async () => {
    const runs = new Runs({}, 0.5);
    const lists = (): number => runs.fake.inputs('ListTasks').length;
    await reconcile(runs, { trigger: 'schedule' });
    expect(lists()).toBe(1);
    for (let times = 0; times < 3; times += 1) await reconcile(runs);
    // Of five environments, one in the middle takes four passes within five seconds for a burst.
    expect(lists()).toBe(1);
    await reconcile(runs);
    expect(lists()).toBe(2);
  });
});

describe('a pass that failed for something that may pass', () => {
  it('is made again after 1, 1, 2 and 4 seconds, for as long as the time allows, and then has to come again', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    expect(await reconcile(runs)).toMatchObject({ isUnfinished: true, isDeferred: false });
    expect(runs.times).toEqual([0, 1_000, 2_000, 4_000, 8_000, 12_000, 16_000, 20_000, 24_000]);
  });

  it('is made again until it succeeds', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = inTurn(fails('unexpected'), fails('unexpected'), ok([]));
    expect(await reconcile(runs)).toMatchObject({ isUnfinished: false });
    expect(runs.times).toEqual([0, 1_000, 2_000]);
  });

  it('is made once for a check', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    expect(await reconcile(runs, { trigger: 'check' })).toMatchObject({ isUnfinished: true });
    expect(runs.times).toEqual([0]);
  });
});

describe('a read that is behind a hint', () => {
  it('is made again twice, and then left to the schedule', async () => {
    const runs = new Runs();
    runs.tasks.push(RUNNING);
    runs.targets.set(WEB, [target('10.0.0.1')]);
    expect(await reconcile(runs, { hints: [aHint(RUNNING.arn, 9)] })).toMatchObject({ isUnfinished: false });
    expect(runs.passes.map(({ hints, behind }) => [hints, behind.length])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  it('has both of its tries, however many passes failed before', async () => {
    const runs = new Runs();
    runs.tasks.push(RUNNING);
    const targets = ok([target('10.0.0.1')]);
    runs.fake.answers.DescribeTargetHealth = inTurn(fails('unexpected'), fails('unexpected'), targets);
    await reconcile(runs, { hints: [aHint(RUNNING.arn, 9)] });
    expect(runs.passes.map(({ behind }) => behind.length)).toEqual([0, 0, 1, 1, 1]);
  });
});

describe('a removal that waits for its confirmation', () => {
  it('has it in the same invocation, by a pass that lists five seconds after the task has ended', async () => {
    const runs = withStopped(3_000);
    await reconcile(runs, { hints: [aHint(taskArn('s0'), 99)] });
    expect(runs.times).toEqual([0, 2_000]);
    expect(writes(runs)).toEqual([0, 1]);
    expect(runs.fake.times('ListTasks')).toEqual([2_000]);
    expect(runs.targets.get(WEB)).toEqual([]);
  });

  it('comes for the earliest of several, and then for the next', async () => {
    const runs = withStopped(3_000, 2_500);
    await reconcile(runs);
    // The second one is due half a second after the first, and passes are a second apart.
    const [first = 0, second = 0, third = 0] = runs.times;
    expect([first, second]).toEqual([0, 2_000]);
    expect(third - second).toBeGreaterThanOrEqual(PASS_INTERVAL_MS);
    expect(writes(runs)).toEqual([0, 1, 1]);
  });

  it('keeps its time through a pass that could not even read the targets', async () => {
    const runs = withStopped(0);
    const { DescribeTargetHealth } = runs.fake.answers;
    let reads = 0;
    runs.fake.answers.DescribeTargetHealth = (input) => {
      reads += 1;
      return reads === 2 ? fails('unexpected') : (DescribeTargetHealth?.(input) ?? ok([]));
    };
    await reconcile(runs, { hints: [aHint(taskArn('s0'), 99)] });
    expect(runs.times).toEqual([0, 5_000, 6_000]);
    expect(writes(runs)).toEqual([0, 0, 1]);
  });

  it.each([
    [PASS_TIME_MS - 1, [0]],
    [PASS_TIME_MS + 1, [0, 5_000]],
  ])(
    'is left to the schedule where the time does not carry it: with %i ms after it the passes are at %j',
    async (leftMs, times) => {
      const runs = withStopped(0);
      await reconcile(runs, { hints: [aHint(taskArn('s0'), 99)], deadlineMs: START_MS + 5_000 + leftMs });
      expect(runs.times).toEqual(times);
    },
  );
});

describe('a change that is left to its event', () => {
  it('is made by the schedule when the event must have come', async () => {
    const runs = new Runs();
    runs.tasks.push(runningTask('t1', '10.0.0.1', { startedAtMs: START_MS - 500 }));
    await reconcile(runs, { trigger: 'schedule' });
    // In the first environment an event counts as on its way for two seconds.
    expect(runs.times).toEqual([0, 1_500]);
    expect(writes(runs)).toEqual([0, 1]);
  });
});

describe('a search among stopped tasks', () => {
  it('that has found an owner is followed by a pass that removes its target', async () => {
    const runs = new Runs();
    runs.tasks.push(stoppingTask('t2', '10.0.0.2'));
    runs.targets.set(WEB, [target('10.0.0.2')]);
    await reconcile(runs, { trigger: 'schedule' });
    expect(writes(runs)).toEqual([0, 1]);
  });

  it('belongs to the one pass of a check', async () => {
    const runs = new Runs();
    runs.tasks.push(stoppingTask('t2', '10.0.0.2'));
    runs.targets.set(WEB, [target('10.0.0.2')]);
    await reconcile(runs, { trigger: 'check' });
    expect(runs.passes.map(({ held }) => held.map(({ because }) => because))).toEqual([['check only']]);
  });
});

describe('what the time does not suffice for', () => {
  it.each([
    [0, 4_000, 0],
    [0, 4_001, 1],
    [1_000, 6_000, 0],
    [1_000, 6_001, 1],
    [1_001, 6_200, 0],
  ])('is a pass that lists %i tasks with %i ms left: %i are made', async (listedTasks, leftMs, passes) => {
    const runs = new Runs();
    groupCache(runs.environment.cache, WEB).listedTasks = listedTasks;
    const result = await reconcile(runs, { trigger: 'schedule', deadlineMs: START_MS + leftMs });
    expect(runs.passes).toHaveLength(passes);
    expect(result.isDeferred).toBe(passes === 0);
    expect(runs.environment.cache.resumeAt).toBe(passes === 0 ? WEB : undefined);
  });

  it('is where the next run begins, and a failure when it happens again and again', async () => {
    const runs = new Runs();
    const short = { trigger: 'schedule' as const, deadlineMs: START_MS };
    const deferred = { group: WEB, isDeferred: true, snapshot: undefined };
    for (let times = 1; times <= 3; times += 1) {
      expect(await reconcile(runs, short)).toEqual({ ...deferred, isUnfinished: false });
    }
    expect(await reconcile(runs, short)).toEqual({ ...deferred, isUnfinished: true });
    // A pass that is made ends the count.
    expect(await reconcile(runs, { trigger: 'schedule' })).toMatchObject({ isUnfinished: false, isDeferred: false });
    expect(await reconcile(runs, { ...short, deadlineMs: runs.fake.clock.now() })).toMatchObject({ isUnfinished: false });
  });

  it('comes again at once where messages asked for it', async () => {
    const runs = new Runs({}, 0);
    for (let times = 0; times < 3; times += 1) await reconcile(runs);
    // As a burst it has to list, for which there is no time.
    const result = await reconcile(runs, { deadlineMs: runs.fake.clock.now() + 4_000 });
    expect(result).toEqual({ group: WEB, isUnfinished: true, isDeferred: true, snapshot: undefined });
  });

  it('keeps the place of the first group that it happened to', async () => {
    const runs = new Runs();
    runs.environment.cache.resumeAt = groupArn('first');
    await reconcile(runs, { trigger: 'schedule', deadlineMs: START_MS });
    expect(runs.environment.cache.resumeAt).toBe(groupArn('first'));
  });

  it('is no failure of a scheduled pass that ran out of time, but of one that messages asked for', async () => {
    for (const [trigger, isDeferred, failures] of [
      ['schedule', true, []],
      ['messages', false, [expect.objectContaining({ kind: 'out-of-time' })]],
    ] as const) {
      const runs = new Runs();
      runs.tasks.push({ ...RUNNING, startedBy: '' });
      // The targets take all the time but what a list needs; it is not begun.
      runs.fake.callMs = (name) => (name === 'DescribeTargetHealth' ? 2_900 : 0);
      const result = await reconcile(runs, { trigger, hints: [aHint(RUNNING.arn, 3)], deadlineMs: START_MS + 5_800 });
      expect(runs.passes.map((pass) => pass.failures)).toEqual([failures]);
      expect(result).toMatchObject({ isDeferred, isUnfinished: !isDeferred });
    }
  });
});

describe('the audit of drain times', () => {
  const audits = ({ fake }: Runs): number => fake.inputs('DescribeTargetGroupAttributes').length;

  it('is made by the schedule, of the definitions that serve', async () => {
    const runs = new Runs();
    const old = stoppedTask('t3', '10.0.0.3', { definition: 'old:1' });
    runs.tasks.push(RUNNING, old);
    runs.targets.set(WEB, [target('10.0.0.1'), target('10.0.0.3', 'draining')]);
    learn(runs.environment.cache, old, START_MS);
    await reconcile(runs, { trigger: 'schedule' });
    expect(runs.checks).toEqual([
      { subject: 'web', findings: [expect.objectContaining({ kind: 'drain-time' })], failures: [] },
    ]);
    expect(runs.fake.inputs('DescribeTaskDefinition')).toEqual([{ definition: 'app:7' }]);
    expect(groupCache(runs.environment.cache, WEB).deregistrationDelayMs).toBe(30_000);
  });

  it.each([
    [QUARTER_HOUR_MS - 1, 1],
    [QUARTER_HOUR_MS, 2],
  ])('has been made %i ms after the first: in all %i times', async (afterMs, times) => {
    const runs = new Runs();
    await reconcile(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs = START_MS + afterMs;
    await reconcile(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(times);
  });

  it('is made again where it could not read, and reports nothing then', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetGroupAttributes = () => fails('denied');
    await reconcile(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs += 60_000;
    await reconcile(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(2);
    expect(runs.checks.map(({ findings }) => findings)).toEqual([[], []]);
  });

  it('is not made by messages, by a check, or after a pass that failed', async () => {
    const runs = new Runs();
    await reconcile(runs);
    await reconcile(runs, { trigger: 'check' });
    runs.fake.answers.ListTasks = () => fails('unexpected');
    await reconcile(runs, { trigger: 'schedule' });
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    await reconcile(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(0);
  });

  it.each([
    [PASS_TIME_MS, 0],
    [PASS_TIME_MS + 1, 1],
  ])('with %i ms left after the pass is made %i times', async (leftMs, times) => {
    const runs = new Runs();
    runs.fake.callMs = (name) => (name === 'ListTasks' ? 2_000 : 0);
    await reconcile(runs, { trigger: 'schedule', deadlineMs: START_MS + 2_000 + leftMs });
    expect(audits(runs)).toBe(times);
  });
});

describe('the settings that an audit reads', () => {
  const read = (fake: FakeAws, definitions: readonly string[]) => {
    const context = contextOf(fake);
    return readDrainFindings(context, context.bound, definitions);
  };
  const slow = () =>
    new FakeAws({
      DescribeTargetGroupAttributes: () => ok({ deregistrationDelaySeconds: 30 }),
      DescribeTaskDefinition: ({ definition }) => ok({ stopTimeoutSeconds: definition === 'app:1' ? 29 : 30 }),
    });

  it('are a finding where a container is killed before its target has drained', async () => {
    const fake = slow();
    const findings = await read(fake, ['app:2', 'app:1']);
    expect(findings).toEqual([expect.objectContaining({ kind: 'drain-time', subject: 'web' })]);
    expect(findings?.[0]?.message).toContain('Targets drain for 30 s, but a container of app:1 is killed 29 s');
    expect(fake.inputs('DescribeTargetGroupAttributes')).toEqual([{ group: WEB }]);
    expect(await read(slow(), [])).toEqual([]);
  });

  it('are asked for each definition once, in order, five of them at most, and no nameless one', async () => {
    const fake = slow();
    await read(fake, ['f:1', 'b:1', 'a:1', '', 'b:1', 'd:1', 'c:1', 'e:1']);
    const asked = ['a:1', 'b:1', 'c:1', 'd:1', 'e:1'].map((definition) => ({ definition }));
    expect(fake.inputs('DescribeTaskDefinition')).toEqual(asked);
  });

  it('are unknown when the group or a definition cannot be read, and then nothing else is asked', async () => {
    const fake = new FakeAws({ DescribeTargetGroupAttributes: () => fails('denied') });
    expect(await read(fake, ['app:1'])).toBeUndefined();
    expect(fake.asked).toHaveLength(1);
    const other = slow();
    other.answers.DescribeTaskDefinition = () => fails('refused');
    expect(await read(other, ['app:1', 'app:2'])).toBeUndefined();
    expect(other.inputs('DescribeTaskDefinition')).toHaveLength(1);
  });
});

it('a pass waits for a turn among those that list', async () => {
  const runs = new Runs();
  runs.fake.answers.ListTasks = () => page([]);
  const invocation = beginInvocation(runs.environment, runs.request({ trigger: 'schedule' }), runs.reporter);
  const [bound] = (await currentConfiguration(invocation)).configuration.groups;
  if (bound === undefined) throw new Error('The group is bound.');
  const others = Array.from({ length: 6 }, () => invocation.turns.take(true, () => runs.fake.clock.pass(700)));
  await reconcileGroup(invocation, bound);
  expect(runs.times).toEqual([700]);
  await Promise.all(others);
});
