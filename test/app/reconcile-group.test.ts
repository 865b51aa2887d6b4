import { describe, expect, it } from 'vitest';
import { groupCache, learn } from '../../functions/app/cache.ts';
import type { Request } from '../../functions/app/invocation.ts';
import { currentConfiguration } from '../../functions/app/invocation.ts';
import { hintsFor, isMeant, reconcileGroup } from '../../functions/app/reconcile-group.ts';
import { PASS_INTERVAL_MS, PASS_TIME_MS } from '../../functions/core/next-pass.ts';
import { fails, inTurn, ok, START_MS } from '../support/ports.ts';
import { Runs } from '../support/runs.ts';
import { aHint, at, groupArn, runningTask, stoppedTask, target, taskArn } from '../support/values.ts';

const WEB = groupArn();
const RUNNING = runningTask('t1', '10.0.0.1');
const STOPPED = stoppedTask('t3', '10.0.0.3');
const QUARTER_HOUR_MS = 900_000;

function visit(runs: Runs, request: Partial<Request> = {}) {
  return reconcileGroup(runs.environment, runs.request(request), runs.reporter, WEB);
}

describe('a visit', () => {
  it('is one pass where nothing stays open, and hands on what it has read', async () => {
    const runs = new Runs();
    runs.tasks.push(RUNNING);
    runs.fake.callMs = () => 10;
    const hint = aHint(RUNNING.arn, 3);
    const result = await visit(runs, { hints: [hint, aHint(taskArn('t8'), 1, { group: 'service:other' })] });
    const { snapshot } = runs.passes[0]?.pass ?? {};
    expect(snapshot?.bindings.map(({ listed }) => listed)).toEqual([new Set([RUNNING.arn])]);
    expect(result).toEqual({ group: WEB, isUnfinished: false, snapshot });
    expect(runs.passes.map(({ group, details }) => ({ group, ...details }))).toEqual([
      {
        group: 'web',
        startedAtMs: START_MS + 20,
        endedAtMs: START_MS + 60,
        trigger: 'messages',
        hints: 1,
        calls: new Map([
          ['DescribeTargetHealth', 1],
          ['ListTasks', 1],
          ['DescribeTasks', 1],
          ['RegisterTargets', 1],
        ]),
      },
    ]);
    expect(runs.fake.clock.slept).toEqual([]);
  });

  it('is of the group that was asked for, and of no other', async () => {
    const binding = 'target-group=api service=api port=9090; target-group=web service=app port=8080';
    const runs = new Runs({ targetGroups: [groupArn('api'), WEB], binding });
    await visit(runs);
    expect(runs.passes.map(({ group }) => group)).toEqual(['web']);
  });

  it('keeps its distance to the last pass over the group', async () => {
    const runs = new Runs();
    await visit(runs);
    runs.fake.clock.nowMs += 300;
    await visit(runs);
    expect(runs.times).toEqual([0, PASS_INTERVAL_MS]);
    runs.fake.clock.nowMs += PASS_INTERVAL_MS;
    await visit(runs);
    expect(runs.fake.clock.slept).toEqual([PASS_INTERVAL_MS - 300]);
  });

  it('does nothing for a group that is not bound any more, and comes again for one that could not be read', async () => {
    const gone = new Runs({ binding: 'target-group=web service=app' });
    expect(await visit(gone)).toEqual({ group: WEB, isUnfinished: false, snapshot: undefined });
    const unread = new Runs();
    unread.fake.answers.DescribeServices = () => fails('unavailable');
    expect(await visit(unread)).toEqual({ group: WEB, isUnfinished: true, snapshot: undefined });
    expect([...gone.passes, ...unread.passes]).toEqual([]);
  });

  it('hands on what its last pass has read, and nothing where it could not read the targets', async () => {
    const runs = new Runs();
    const { snapshot } = await visit(runs);
    expect(snapshot).toBe(runs.passes.at(-1)?.pass.snapshot);
    expect(snapshot?.bindings).toMatchObject([{ list: 'read' }]);
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    expect((await visit(runs)).snapshot).toBeUndefined();
  });
});

describe('a pass that failed for something that may pass', () => {
  it('is made again after 1, 1, 2 and 4 seconds, for as long as the time allows, and then has to come again', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    expect(await visit(runs)).toMatchObject({ isUnfinished: true });
    expect(runs.times).toEqual([0, 1_000, 2_000, 4_000, 8_000, 12_000, 16_000, 20_000, 24_000]);
  });

  it('is made again until it succeeds', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = inTurn(fails('unexpected'), fails('unexpected'), ok([]));
    expect(await visit(runs)).toMatchObject({ isUnfinished: false });
    expect(runs.times).toEqual([0, 1_000, 2_000]);
  });

  it('is made once for a check', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetHealth = () => fails('unexpected');
    expect(await visit(runs, { trigger: 'check' })).toMatchObject({ isUnfinished: true });
    expect(runs.times).toEqual([0]);
  });
});

describe('a read that is behind a hint', () => {
  it('is looked at again twice, and then left to the schedule', async () => {
    const runs = new Runs();
    runs.tasks.push(RUNNING);
    runs.targets.set(WEB, [target('10.0.0.1')]);
    expect(await visit(runs, { hints: [aHint(RUNNING.arn, 9)] })).toMatchObject({ isUnfinished: false });
    expect(runs.times).toEqual([0, 1_000, 2_000]);
    expect(runs.passes.map(({ details }) => details.hints)).toEqual([1, 1, 1]);
  });
});

describe('passes that failed', () => {
  it('are no looks again: a read that is behind still gets both of its own', async () => {
    const runs = new Runs();
    runs.tasks.push(RUNNING);
    const targets = ok([target('10.0.0.1')]);
    runs.fake.answers.DescribeTargetHealth = inTurn(fails('unexpected'), fails('unexpected'), targets);
    await visit(runs, { hints: [aHint(RUNNING.arn, 9)] });
    expect(runs.times).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  });
});

describe('a removal that needs a second look', () => {
  it('gets it in the same visit, five seconds after the proof', async () => {
    const runs = new Runs();
    runs.tasks.push(STOPPED);
    runs.targets.set(WEB, [target('10.0.0.3')]);
    await visit(runs);
    expect(runs.times).toEqual([0, 5_000]);
    expect(runs.passes.map(({ pass }) => pass.written.done.length)).toEqual([0, 1]);
  });

  it('waits for the earliest of several proofs, and then for the next', async () => {
    const runs = new Runs();
    runs.tasks.push(STOPPED, runningTask('t4', '10.0.0.4'));
    runs.targets.set(WEB, [target('10.0.0.3'), target('10.0.0.4')]);
    runs.fake.callMs = () => {
      if (runs.passes.length === 1) runs.tasks[1] = stoppedTask('t4', '10.0.0.4');
      return 0;
    };
    runs.fake.answers.DeregisterTargets = ({ group, targets }) => {
      const left = runs.targets.get(group)?.filter(({ descriptor }) => targets.every(({ id }) => id !== descriptor.id));
      runs.targets.set(group, left ?? []);
      return ok(null);
    };
    await visit(runs, { hints: [aHint(taskArn('t4'), 8)] });
    expect(runs.times).toEqual([0, 1_000, 5_000, 6_000]);
    expect(runs.passes.flatMap(({ pass }) => pass.written.done.map(({ address }) => address))).toEqual([
      at('10.0.0.3'),
      at('10.0.0.4'),
    ]);
  });

  it('keeps its first proof through a pass that could not even read the targets', async () => {
    const runs = new Runs();
    runs.tasks.push(STOPPED);
    const targets = ok([target('10.0.0.3')]);
    runs.fake.answers.DescribeTargetHealth = inTurn(targets, fails('unexpected'), targets);
    await visit(runs);
    expect(runs.times).toEqual([0, 5_000, 6_000]);
    expect(runs.passes.at(-1)?.pass.written.done).toHaveLength(1);
  });

  it('is left to the schedule where the time does not carry it', async () => {
    const runs = new Runs();
    runs.tasks.push(STOPPED);
    runs.targets.set(WEB, [target('10.0.0.3')]);
    await visit(runs, { deadlineMs: START_MS + 5_000 + PASS_TIME_MS - 1 });
    expect(runs.times).toEqual([0]);
    runs.fake.clock.nowMs = START_MS;
    runs.passes.length = 0;
    groupCache(runs.environment.cache, WEB).lastPassAtMs = 0;
    await visit(runs, { deadlineMs: START_MS + 5_000 + PASS_TIME_MS });
    expect(runs.times).toEqual([0, 5_000]);
  });
});

describe('the audit of drain times', () => {
  const audits = ({ fake }: Runs): number => fake.inputs('DescribeTargetGroupAttributes').length;

  it('is made by the schedule of what serves, and tells what it cost', async () => {
    const runs = new Runs();
    runs.tasks.push(RUNNING, { ...STOPPED, definition: 'old:1' });
    runs.targets.set(WEB, [target('10.0.0.1'), target('10.0.0.3', 'draining')]);
    learn(runs.environment.cache, { ...STOPPED, definition: 'old:1' }, START_MS);
    await visit(runs, { trigger: 'schedule' });
    expect(runs.found).toEqual([
      {
        subject: 'web',
        findings: [expect.objectContaining({ kind: 'drain-time' })],
        failures: [],
        calls: new Map([
          ['DescribeTargetGroupAttributes', 1],
          ['DescribeTaskDefinition', 1],
        ]),
      },
    ]);
    expect(runs.fake.inputs('DescribeTaskDefinition')).toEqual([{ definition: 'app:7' }]);
  });

  it.each([
    [QUARTER_HOUR_MS - 1, 1],
    [QUARTER_HOUR_MS, 2],
  ])('has been made %i ms after the first: in all %i times', async (afterMs, times) => {
    const runs = new Runs();
    await visit(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs = START_MS + afterMs;
    await visit(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(times);
  });

  it('is made again where it could not read, and tells nothing then', async () => {
    const runs = new Runs();
    runs.fake.answers.DescribeTargetGroupAttributes = () => fails('denied');
    await visit(runs, { trigger: 'schedule' });
    runs.fake.clock.nowMs += 60_000;
    await visit(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(2);
    expect(runs.found.map(({ findings }) => findings)).toEqual([[], []]);
  });

  it('is not made by messages, by a check, or after a pass that failed', async () => {
    const runs = new Runs();
    await visit(runs);
    await visit(runs, { trigger: 'check' });
    runs.fake.answers.ListTasks = () => fails('unexpected');
    await visit(runs, { trigger: 'schedule' });
    runs.fake.answers.DescribeTargetHealth = () => fails('denied');
    await visit(runs, { trigger: 'schedule' });
    expect(audits(runs)).toBe(0);
  });

  it.each([
    [PASS_TIME_MS, 0],
    [PASS_TIME_MS + 1, 1],
  ])('with %i ms left is made %i times', async (leftMs, times) => {
    const runs = new Runs();
    await currentConfiguration(runs.environment, runs.request(), runs.reporter);
    await visit(runs, { trigger: 'schedule', deadlineMs: runs.fake.clock.now() + leftMs });
    expect(audits(runs)).toBe(times);
  });
});

describe('a hint', () => {
  it('is for a group whose lines may mean it, and whose passes have not dealt with it', async () => {
    const runs = new Runs({ binding: 'service=app port=8080; service=api port=9090' });
    const { configuration } = await currentConfiguration(runs.environment, runs.request(), runs.reporter);
    const [bound] = configuration.groups;
    if (bound === undefined) throw new Error('The group is bound.');
    const [meant, other] = [aHint(taskArn('t1'), 3), aHint(taskArn('t1'), 3, { group: 'service:other' })];
    expect([isMeant(bound, meant), isMeant(bound, other)]).toEqual([true, false]);
    expect(hintsFor(runs.environment, bound, [meant, other])).toEqual([meant]);
    groupCache(runs.environment.cache, WEB).covered = new Map([[taskArn('t1'), 3]]);
    expect(hintsFor(runs.environment, bound, [meant, aHint(taskArn('t1'), 4)])).toEqual([aHint(taskArn('t1'), 4)]);
  });
});
