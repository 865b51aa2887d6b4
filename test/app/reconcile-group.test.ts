import { describe, expect, it } from 'vitest';
import { beginInvocation, currentConfiguration, forGroup, type Request } from '../../functions/app/invocation.ts';
import { reconcileGroup } from '../../functions/app/reconcile-group.ts';
import { PASS_INTERVAL_MS, PASS_TIME_MS } from '../../functions/core/next-pass.ts';
import { fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { Runs, reconcile } from '../support/runs.ts';
import { aHint, at, groupArn, ip, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

const WEB = groupArn();
const RUNNING = runningTask('t1', '10.0.0.1');

/** A group with the targets of tasks that have stopped, which ended so long ago or at a time that ECS does not say. */
function withStopped(...endedAgoMs: readonly (number | undefined)[]): Runs {
  const runs = new Runs();
  for (const [index, agoMs] of endedAgoMs.entries()) {
    const task = stoppedTask(`s${index}`, `10.0.0.${index}`, {
      stoppedAtMs: agoMs === undefined ? undefined : START_MS - agoMs,
    });
    runs.tasks.push(task);
    runs.environment.cache.learn(task, START_MS);
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

  it('lists its tasks for the schedule, for a check and for changed tags, and not for messages', async () => {
    const runs = new Runs();
    const lists = (): number => runs.fake.inputs('ListTasks').length;
    await reconcile(runs);
    expect(lists()).toBe(0);
    for (const request of [{ trigger: 'schedule' }, { trigger: 'check' }, { areTagsChanged: true }] as const) {
      const before = lists();
      await reconcile(runs, request);
      expect(lists()).toBe(before + 1);
    }
  });
});

describe('a burst of messages', () => {
  /** So many hints of tasks that ECS does not know. */
  const hintsOf = (count: number) => Array.from({ length: count }, (_, index) => aHint(taskArn(`b${index}`), 1));
  const lists = (runs: Runs): number => runs.fake.inputs('ListTasks').length;

  it.each([
    [9, 0],
    [10, 1],
  ])('is one of full batches: with %i messages in each it lists %i times', async (messages, times) => {
    const runs = new Runs({}, 0.5);
    // Of five environments, one in the middle takes three passes within five seconds for a burst.
    for (let passes = 0; passes < 3; passes += 1) await reconcile(runs, { hints: hintsOf(messages) });
    expect(lists(runs)).toBe(0);
    await reconcile(runs, { hints: hintsOf(messages) });
    expect(lists(runs)).toBe(times);
  });

  it('is over when five seconds have passed', async () => {
    for (const [pauseMs, times] of [
      [4_999, 1],
      [5_000, 0],
    ] as const) {
      const runs = new Runs({}, 0);
      await reconcile(runs, { hints: hintsOf(1) });
      runs.fake.clock.nowMs = START_MS + pauseMs;
      await reconcile(runs, { hints: hintsOf(10) });
      expect(lists(runs)).toBe(times);
    }
  });

  it('is listed when what began with it is due for everybody', async () => {
    const runs = new Runs({}, 0);
    await reconcile(runs, { hints: hintsOf(10) });
    await reconcile(runs, { hints: hintsOf(10) });
    // In the first environment an event counts as on its way for two seconds.
    expect(runs.times).toEqual([0, 2_000]);
    expect(lists(runs)).toBe(1);
    // By the next one that has been waited for.
    await reconcile(runs, { hints: hintsOf(10) });
    expect(runs.times).toEqual([0, 2_000, 3_000]);
  });

  it('lists nothing where no message is left to settle', async () => {
    const runs = new Runs({}, 0);
    runs.targets.set(WEB, [target('10.0.0.1')]);
    await reconcile(runs, { hints: hintsOf(1) });
    const claim = { addresses: [ip('10.0.0.1')], isStop: false, atMs: START_MS };
    await reconcile(runs, { hints: hintsOf(10).map((hint) => ({ ...hint, claim })) });
    expect([runs.passes.length, lists(runs)]).toEqual([2, 0]);
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

  it('is made again as it was asked for: one that follows hints lists nothing the second time either', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = inTurn(fails('unexpected'), fails('unexpected'), ok([]));
    await reconcile(runs, { hints: [aHint(RUNNING.arn, 3)] });
    expect([runs.passes.length, runs.fake.inputs('ListTasks').length]).toEqual([3, 0]);
    const other = new Runs();
    other.tasks.push(RUNNING);
    other.fake.answers.RegisterTargets = inTurn(fails('unexpected'), ok(null));
    await reconcile(other, { hints: [aHint(RUNNING.arn, 3)] });
    expect([writes(other), other.fake.inputs('ListTasks').length]).toEqual([[0, 1], 0]);
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

  it('is all that a list is made for: a pass that comes after it for another reason lists nothing', async () => {
    const runs = withStopped(3_000);
    runs.fake.answers.ListTasks = () => {
      // By then a task has started, and ELB does not take it at once.
      if (!runs.tasks.includes(RUNNING)) runs.tasks.push(RUNNING);
      return page([RUNNING]);
    };
    const { RegisterTargets } = runs.fake.answers;
    runs.fake.answers.RegisterTargets = (input) => {
      const isFirst = runs.fake.inputs('RegisterTargets').length === 1;
      return isFirst ? fails('unexpected') : (RegisterTargets?.(input) ?? ok(null));
    };
    await reconcile(runs, { hints: [aHint(taskArn('s0'), 99)] });
    expect(writes(runs)).toEqual([0, 1, 1]);
    expect(runs.fake.times('ListTasks')).toEqual([2_000]);
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
    [100_000, 8_000, 0],
    [100_000, 8_001, 1],
  ])('is a pass that lists %i tasks with %i ms left: %i are made', async (listedTasks, leftMs, passes) => {
    const runs = new Runs();
    runs.environment.cache.group(WEB).listedTasks = listedTasks;
    const result = await reconcile(runs, { trigger: 'schedule', deadlineMs: START_MS + leftMs });
    expect(runs.passes).toHaveLength(passes);
    expect(result.isDeferred).toBe(passes === 0);
    expect(runs.environment.cache.resumeAt).toBe(passes === 0 ? WEB : undefined);
  });

  it('is never a pass that follows hints: with a millisecond left it is begun, and says what it could not do', async () => {
    const runs = new Runs();
    const result = await reconcile(runs, { hints: [aHint(RUNNING.arn, 3)], deadlineMs: START_MS + 1 });
    expect(result).toMatchObject({ isDeferred: false, isUnfinished: true });
    expect(runs.passes.map(({ failures }) => failures.map(({ kind }) => kind))).toEqual([['out-of-time']]);
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
    const hints = Array.from({ length: 10 }, (_, index) => aHint(taskArn(`b${index}`), 1));
    const result = await reconcile(runs, { hints, deadlineMs: runs.fake.clock.now() + 4_000 });
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

describe('a scheduled pass', () => {
  it('is no deferred one where something else failed', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    const result = await reconcile(runs, { trigger: 'schedule' });
    expect(result).toMatchObject({ isDeferred: false, isUnfinished: true });
    expect(runs.environment.cache.resumeAt).toBeUndefined();
  });

  it('tells of every failure but the time', async () => {
    const runs = new Runs({ bindings: 'target-group=web service=app port=8080; target-group=web service=api port=8080' });
    // The list of one service fails, and that of the other comes so late that its task cannot be described.
    runs.fake.answers.ListTasks = ({ selector }) => (selector.name === 'api' ? fails('denied') : page([RUNNING]));
    runs.fake.callMs = (name) => (name === 'ListTasks' ? 3_000 : 0);
    const result = await reconcile(runs, { trigger: 'schedule', deadlineMs: START_MS + 5_000 });
    expect(result.isDeferred).toBe(true);
    expect(runs.passes.map(({ failures }) => failures.map(({ kind }) => kind))).toEqual([['denied']]);
  });
});

describe('where six passes list already', () => {
  /** How long after the start the pass over the group began. */
  async function beganMs(request: Partial<Request>): Promise<number[]> {
    const runs = new Runs();
    const invocation = beginInvocation(runs.environment, runs.request(request), runs.reporter);
    const [bound] = (await currentConfiguration(invocation)).configuration.groups;
    if (bound === undefined) throw new Error('The group is bound.');
    const others = Array.from({ length: 6 }, () => invocation.turns.take(true, () => runs.fake.clock.pass(700)));
    await reconcileGroup(forGroup(invocation, bound));
    await Promise.all(others);
    return runs.times;
  }

  it('one more waits until one of them has ended', async () => {
    expect(await beganMs({ trigger: 'schedule' })).toEqual([700]);
  });

  it('one that follows hints waits for nobody', async () => {
    expect(await beganMs({ hints: [aHint(RUNNING.arn, 3)] })).toEqual([0]);
  });
});
