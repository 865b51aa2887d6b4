import { describe, expect, it } from 'vitest';
import { learn } from '../../functions/app/cache.ts';
import { CONTEST_PAUSE_MS, changeKey, PROOF_AGE_MAX_MS, refusalPauseMs } from '../../functions/core/guard.ts';
import type { Task } from '../../functions/core/task.ts';
import { cacheOf, contextOf, passOver, worldOf } from '../support/passes.ts';
import { FakeAws, fails, ok, page, START_MS } from '../support/ports.ts';
import {
  aGroup,
  aHint,
  at,
  binding,
  groupArn,
  runningTask,
  stoppedTask,
  stoppingTask,
  target,
  taskArn,
} from '../support/values.ts';

const RUNNING = runningTask('t1', '10.0.0.1');
const STOPPING = stoppingTask('t2', '10.0.0.2');

describe('a pass', () => {
  it('reads the targets before the tasks, and then writes: registers first', async () => {
    const fake = worldOf({ targets: [target('10.0.0.2')], tasks: [RUNNING, STOPPING] });
    const pass = await passOver(contextOf(fake));
    expect(fake.names).toEqual([
      'DescribeTargetHealth',
      'ListTasks',
      'DescribeTasks',
      'ListTasks',
      'DescribeTasks',
      'RegisterTargets',
      'DeregisterTargets',
    ]);
    expect(pass.written.done.map(({ kind, address }) => [kind, address])).toEqual([
      ['register', at('10.0.0.1')],
      ['deregister', at('10.0.0.2')],
    ]);
    expect(pass).toMatchObject({ held: [], findings: [], failures: [], behind: [], isUnfinished: false });
    expect(pass.planned).toEqual(pass.written.done);
    expect(pass.unconfirmed.size).toBe(0);
    expect(fake.inputs('DescribeTargetHealth')).toEqual([{ group: groupArn() }]);
  });

  it('remembers when it began, what it has seen, dealt with and written', async () => {
    const fake = worldOf({ targets: [target('10.0.0.2')], tasks: [RUNNING, STOPPING] });
    fake.callMs = () => 10;
    const context = contextOf(fake);
    const pass = await passOver(context);
    const cache = cacheOf(context);
    expect(cache.lastPassAtMs).toBe(START_MS);
    expect(cache.binding).toBe('cluster=prod service=app port=8080');
    expect(cache.firstSeenMs).toEqual(new Map([[at('10.0.0.2'), START_MS + 10]]));
    expect(cache.covered).toEqual(
      new Map([
        [RUNNING.arn, RUNNING.version],
        [STOPPING.arn, Number.POSITIVE_INFINITY],
      ]),
    );
    const nowMs = fake.clock.now();
    expect(cache.writtenAtMs).toEqual(new Map(pass.written.done.map((change) => [changeKey(change), nowMs])));
  });

  it('over an unchanged group is one read of targets and one list', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const context = contextOf(fake);
    await passOver(context);
    fake.asked.length = 0;
    const again = await passOver(context);
    expect(fake.names).toEqual(['DescribeTargetHealth', 'ListTasks']);
    expect(again.planned).toEqual([]);
  });

  it('remembers the binding of all its lines together', async () => {
    const fake = worldOf({});
    const bindings = ['service=app port=8080', 'service=api port=9090'].map((line) => ({
      binding: binding(line, 'enforce'),
      native: false,
    }));
    const context = contextOf(fake, { bound: { group: aGroup(), bindings, bindingsReadAtMs: undefined } });
    await passOver(context);
    expect(cacheOf(context).binding).toBe('cluster=prod service=app port=8080; cluster=prod service=api port=9090');
  });
});

describe('a pass that cannot read', () => {
  it.each([
    ['unavailable', true],
    ['denied', false],
  ] as const)('the targets (%s) does nothing else, and is unfinished: %s', async (kind, isUnfinished) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails(kind, 'no') });
    const context = contextOf(fake);
    expect(await passOver(context)).toEqual({
      snapshot: undefined,
      planned: [],
      written: { done: [], refused: [], failures: [], aged: [] },
      held: [],
      findings: [],
      failures: [{ kind, operation: 'DescribeTargetHealth', resource: 'web', message: 'no' }],
      behind: [],
      unconfirmed: new Map(),
      isUnfinished,
    });
    expect(new Set(fake.names)).toEqual(new Set(['DescribeTargetHealth']));
    expect(cacheOf(context).lastPassAtMs).toBe(START_MS);
    expect(cacheOf(context).firstSeenMs.size).toBe(0);
  });

  it('a list removes nothing, and what it has proved is still registered', async () => {
    const fake = worldOf({ targets: [target('10.0.0.2')], tasks: [RUNNING, STOPPING] });
    fake.answers.ListTasks = ({ desired, selector }) =>
      selector.kind === 'family' || desired === 'STOPPED' ? fails('unexpected', 'no') : page([RUNNING]);
    const bindings = ['service=app port=8080', 'family=job port=8080'].map((line) => ({
      binding: binding(line, 'enforce'),
      native: false,
    }));
    const context = contextOf(fake, { bound: { group: aGroup(), bindings, bindingsReadAtMs: undefined } });
    learn(context.cache, STOPPING, START_MS);
    const pass = await passOver(context);
    expect(pass.written.done.map(({ address }) => address)).toEqual([at('10.0.0.1')]);
    expect(pass.held.map(({ because, change }) => [because, change.address])).toEqual([['a read failed', at('10.0.0.2')]]);
    expect(pass.failures.map(({ operation }) => operation)).toEqual(['ListTasks']);
    expect(pass.isUnfinished).toBe(true);
    // Not everything was read: a hint at any of these tasks still makes another pass look.
    expect(cacheOf(context).covered.size).toBe(0);
  });

  it('for a reason that does not pass by waiting is finished', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.answers.DescribeTasks = () => fails('denied');
    expect(await passOver(contextOf(fake))).toMatchObject({ isUnfinished: false, failures: [{ kind: 'denied' }] });
  });
});

describe('a write that fails', () => {
  it('is a failure of the pass, which then has dealt with nothing', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.answers.RegisterTargets = () => fails('unavailable', 'no');
    const context = contextOf(fake);
    const pass = await passOver(context);
    expect(pass).toMatchObject({ isUnfinished: true, failures: [{ kind: 'unavailable', operation: 'RegisterTargets' }] });
    expect(cacheOf(context).covered.size).toBe(0);
    expect(cacheOf(context).writtenAtMs.size).toBe(0);
  });

  it.each([
    ['refused', 'initial', 'refused', 'refused', 'is refused'],
    ['quota', 'initial', 'quota', 'waiting', 'waits: the group is full'],
    ['refused', 'draining', 'draining', 'waiting', 'still drains from its earlier life'],
  ] as const)('as %s on a target that is %s is told and left alone for a while', async (kind, state, why, finding, words) => {
    const targets = state === 'draining' ? [target('10.0.0.1', state)] : [];
    const fake = worldOf({ targets, tasks: [RUNNING] });
    fake.answers.RegisterTargets = () => fails(kind, 'the reason');
    const context = contextOf(fake);
    const pass = await passOver(context);
    expect(pass).toMatchObject({ failures: [], isUnfinished: false });
    expect(pass.findings).toEqual([expect.objectContaining({ kind: finding, subject: at('10.0.0.1') })]);
    expect(pass.findings[0]?.message).toContain(`The target of task ${RUNNING.arn} ${words}`);
    expect(pass.findings[0]?.message.includes('(the reason)')).toBe(why !== 'draining');
    expect(cacheOf(context).refused).toEqual(
      new Map([[at('10.0.0.1'), { times: 1, untilMs: START_MS + refusalPauseMs(why, 1) }]]),
    );
    // It is not dealt with: a hint at its task makes another pass look.
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(false);
    const again = await passOver(context);
    expect(again.held.map(({ because }) => because)).toEqual(['refused before']);
    fake.clock.nowMs = START_MS + refusalPauseMs(why, 1);
    fake.answers.RegisterTargets = () => ok(null);
    expect((await passOver(context)).written.done).toHaveLength(1);
    expect(cacheOf(context).refused.size).toBe(0);
  });

  it('as refused is forgotten when its task has gone, but not when the task could not be read', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.answers.RegisterTargets = () => fails('refused', 'the reason');
    const context = contextOf(fake);
    await passOver(context);
    fake.answers.DescribeTasks = () => fails('unavailable');
    await passOver(context);
    expect([...cacheOf(context).refused.keys()]).toEqual([at('10.0.0.1')]);
    fake.answers.DescribeTasks = () => ok([STOPPING]);
    await passOver(context);
    expect(cacheOf(context).refused.size).toBe(0);
  });

  it('as refused lets the removals pass at the next try', async () => {
    const fake = worldOf({ targets: [target('10.0.0.2')], tasks: [RUNNING, STOPPING] });
    fake.answers.RegisterTargets = () => fails('refused', 'the reason');
    const context = contextOf(fake);
    cacheOf(context).refused.set(at('10.0.0.1'), { times: 1, untilMs: START_MS });
    cacheOf(context).binding = 'cluster=prod service=app port=8080';
    await passOver(context);
    expect(fake.names.slice(-2)).toEqual(['DeregisterTargets', 'RegisterTargets']);
  });

  it('tells the same of a removal, whatever the target does', async () => {
    const fake = worldOf({ targets: [target('10.0.0.2')], tasks: [STOPPING] });
    fake.answers.DeregisterTargets = () => fails('refused', 'the reason');
    const context = contextOf(fake);
    expect((await passOver(context)).findings).toEqual([expect.objectContaining({ kind: 'refused', subject: at('10.0.0.2') })]);
    expect(cacheOf(context).refused.get(at('10.0.0.2'))?.untilMs).toBe(START_MS + refusalPauseMs('refused', 1));
  });

  it('because its proof grew too old makes the pass unfinished', async () => {
    const fake = worldOf({ tasks: [RUNNING, runningTask('t4', '10.0.0.4')], targets: [target('10.0.0.4', 'draining')] });
    fake.callMs = (name) => (name === 'RegisterTargets' ? PROOF_AGE_MAX_MS + 1 : 0);
    const context = contextOf(fake);
    const pass = await passOver(context);
    expect([pass.written.done.length, pass.written.aged.length, pass.isUnfinished]).toEqual([1, 1, true]);
    expect(cacheOf(context).covered.size).toBe(0);
  });
});

describe('a plan that is held', () => {
  it('because its proofs came too late makes the pass unfinished', async () => {
    const fake = worldOf({ targets: [target('10.0.0.9')], tasks: [RUNNING] });
    fake.answers.ListTasks = ({ desired }) => {
      if (desired === 'STOPPED') fake.clock.nowMs += PROOF_AGE_MAX_MS + 1;
      return page(desired === 'RUNNING' ? [RUNNING] : []);
    };
    const context = contextOf(fake);
    const pass = await passOver(context);
    expect(pass.held.map(({ because }) => because)).toEqual(['proof is too old']);
    expect(pass.isUnfinished).toBe(true);
    expect(cacheOf(context).covered.size).toBe(0);
  });

  it('because the binding is old makes the pass unfinished', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake);
    const old = { ...context, bound: { ...context.bound, bindingsReadAtMs: START_MS - 60_001 } };
    const pass = await passOver(old);
    expect(pass.held.map(({ because }) => because)).toEqual(['bindings are older than a minute']);
    expect(pass.isUnfinished).toBe(true);
    const young = { ...context, bound: { ...context.bound, bindingsReadAtMs: START_MS - 60_000 } };
    expect((await passOver(young)).written.done).toHaveLength(1);
  });

  it('by a check is finished, and remains to be dealt with', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake, { trigger: 'check' });
    const pass = await passOver(context);
    expect(pass.held.map(({ because }) => because)).toEqual(['check only']);
    expect(fake.names).not.toContain('RegisterTargets');
    expect(pass).toMatchObject({ isUnfinished: false, findings: [] });
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(false);
  });

  it.each([
    ['service=app port=8080 mode=observe', false, 'observe'],
    ['service=app port=8080', true, 'ECS manages this group'],
  ] as const)('for good (%s, native %s) is dealt with', async (line, native, because) => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake, {
      bound: { group: aGroup(), bindings: [{ binding: binding(line, 'enforce'), native }], bindingsReadAtMs: undefined },
    });
    expect((await passOver(context)).held.map((each) => each.because)).toEqual([because]);
    expect(cacheOf(context).covered.get(RUNNING.arn)).toBe(RUNNING.version);
  });
});

describe('the address of a stopped task that is registered again after a look without it', () => {
  /** A look without the target half a minute after the task's end, and one with it, with these tasks besides. */
  async function passOver(endedAgoMs: number, ...others: readonly Task[]) {
    const fake = worldOf({ tasks: [stoppedTask('t1', '10.0.0.1', { stoppedAtMs: START_MS - endedAgoMs }), ...others] });
    const context = contextOf(fake);
    await passOver(context);
    fake.clock.nowMs += 10_000;
    fake.answers.DescribeTargetHealth = () => ok([target('10.0.0.1')]);
    return passOver(context);
  }

  it('is left alone, and told with the command that would remove it', async () => {
    const { planned, findings } = await passOver(30_000);
    expect(planned).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'foreign', subject: '10.0.0.1:8080', command: expect.stringContaining('Id=10.0.0.1,') }),
    );
  });

  it('is still its own where the registration may only have been late', async () => {
    const { planned } = await passOver(29_999);
    expect(planned).toMatchObject([{ kind: 'deregister', because: { task: taskArn('t1'), rule: 'task has stopped' } }]);
  });

  it('is that of a later owner, whose stop is a proof of its own', async () => {
    const { planned } = await passOver(600_000, stoppedTask('t2', '10.0.0.1', { stoppedAtMs: START_MS + 5_000 }));
    expect(planned).toMatchObject([{ kind: 'deregister', because: { task: taskArn('t2'), rule: 'task has stopped' } }]);
  });
});

describe('a target that keeps vanishing', () => {
  it('is written again by the schedule only, and told', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake);
    await passOver(context);
    fake.clock.nowMs += CONTEST_PAUSE_MS - 1;
    const held = await passOver(context);
    expect(held.held.map(({ because }) => because)).toEqual(['contested']);
    expect(held.findings).toEqual([
      {
        kind: 'contested',
        subject: at('10.0.0.1'),
        message:
          `The target of task ${RUNNING.arn} was registered here and has vanished within a minute: something else writes to this ` +
          'group (a person, another stack, a controller that takes the group for its own). It is written again by the schedule, ' +
          'once a minute.',
      },
    ]);
    expect((await passOver({ ...context, trigger: 'schedule' })).written.done).toHaveLength(1);
  });

  it('is told the other way round where it keeps coming back', async () => {
    const fake = worldOf({ targets: [target('10.0.0.2')], tasks: [STOPPING] });
    const context = contextOf(fake);
    await passOver(context);
    const { findings } = await passOver(context);
    expect(findings[0]?.message).toContain('was removed here and is back within a minute');
  });
});

describe('hints', () => {
  it('that ECS is behind of are told, and remain open', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const hint = aHint(RUNNING.arn, RUNNING.version + 1);
    const context = contextOf(fake, { hints: [hint, aHint(taskArn('unknown'), 3)] });
    const pass = await passOver(context);
    expect(pass.behind).toEqual([hint]);
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(false);
  });
});

describe('findings', () => {
  it('tell of foreign targets once the stopped tasks were searched, since when they are there', async () => {
    const fake = worldOf({ targets: [target('10.0.0.99')] });
    const context = contextOf(fake);
    const { findings } = await passOver(context);
    expect(findings).toEqual([
      expect.objectContaining({ kind: 'foreign', subject: at('10.0.0.99'), sinceMs: START_MS }),
      expect.objectContaining({ kind: 'empty-list' }),
    ]);
  });

  it('tell nothing foreign where the search has failed', async () => {
    const fake = worldOf({ targets: [target('10.0.0.99')], tasks: [RUNNING] });
    fake.answers.ListTasks = ({ desired }) => (desired === 'RUNNING' ? page([RUNNING]) : fails('denied'));
    expect((await passOver(contextOf(fake))).findings).toEqual([]);
  });

  it('tell of a target that was never healthy, by what the environment remembers of it', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1', 'unhealthy')], tasks: [RUNNING] });
    const context = contextOf(fake);
    await passOver(context);
    fake.clock.nowMs += 180_000;
    expect((await passOver(context)).findings).toEqual([
      expect.objectContaining({ kind: 'never-healthy', subject: at('10.0.0.1') }),
    ]);
  });
});
