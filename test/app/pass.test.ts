import { describe, expect, it } from 'vitest';
import { learn } from '../../functions/app/cache.ts';
import { createEnvironment } from '../../functions/app/invocation.ts';
import { changeKey, PROOF_AGE_MAX_MS, refusalPauseMs } from '../../functions/core/guard.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import { boundGroup, cacheOf, contextOf, passOver, worldOf } from '../support/passes.ts';
import { describing, FakeAws, fails, ok, page, START_MS } from '../support/ports.ts';
import { aHint, aSettings, at, groupArn, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

const RUNNING = runningTask('t1', '10.0.0.1');
const STOPPING = stoppingTask('t2', '10.0.0.2');
/** One task to register and one to remove, of which the environment knows that it stops. */
const MIXED = { targets: [target('10.0.0.2')], tasks: [RUNNING, STOPPING] };

function mixed() {
  const fake = worldOf(MIXED);
  const context = contextOf(fake);
  learn(context.cache, STOPPING, START_MS);
  return { fake, context };
}

describe('a pass', () => {
  it('reads the targets before the tasks, and then writes: registers first', async () => {
    const { fake, context } = mixed();
    const pass = await passOver(context);
    expect(fake.names).toEqual(['DescribeTargetHealth', 'ListTasks', 'DescribeTasks', 'RegisterTargets', 'DeregisterTargets']);
    expect(pass.written.done.map(({ kind, address }) => [kind, address])).toEqual([
      ['register', at('10.0.0.1')],
      ['deregister', at('10.0.0.2')],
    ]);
    expect(pass).toMatchObject({ held: [], findings: [], failures: [], behind: [], open: NOTHING_OPEN });
    expect(pass.planned).toEqual(pass.written.done);
    expect(fake.inputs('DescribeTargetHealth')).toEqual([{ group: groupArn() }]);
  });

  it('says what it was and when, and caches what it has seen, dealt with and written', async () => {
    const { fake, context } = mixed();
    fake.callMs = () => 10;
    const hints = [aHint(RUNNING.arn, 3), aHint(taskArn('t9'), 1, { group: 'service:other' })];
    const pass = await passOver({ ...context, hints });
    const nowMs = fake.clock.now();
    const { group } = context.bound;
    expect(pass).toMatchObject({ group, trigger: 'messages', startedAtMs: START_MS, endedAtMs: nowMs, hints: 1 });
    expect(cacheOf(context)).toMatchObject({
      lastPassAtMs: START_MS,
      passesAtMs: [START_MS],
      binding: 'cluster=prod service=app port=8080',
      listedTasks: 1,
      budget: { removed: 1, peak: 1 },
      firstSeenMs: new Map([[at('10.0.0.2'), START_MS + 10]]),
      covered: new Map([
        [STOPPING.arn, Number.POSITIVE_INFINITY],
        [RUNNING.arn, RUNNING.version],
      ]),
      writtenAtMs: new Map(pass.written.done.map((change) => [changeKey(change), nowMs])),
    });
  });

  it('over an unchanged group is one read of targets and one list', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const context = contextOf(fake);
    await passOver(context);
    fake.asked.length = 0;
    expect((await passOver(context)).planned).toEqual([]);
    expect(fake.names).toEqual(['DescribeTargetHealth', 'ListTasks']);
    expect(cacheOf(context).owners).toEqual(new Map([[at('10.0.0.1'), { task: RUNNING.arn, atMs: fake.clock.now() }]]));
  });

  it('that follows its hints describes their tasks and lists nothing', async () => {
    const fake = worldOf(MIXED);
    const hints = [aHint(RUNNING.arn, 3), aHint(STOPPING.arn, 5)];
    const pass = await passOver(contextOf(fake, { hints, isListing: false }));
    expect(fake.names).toEqual([
      'DescribeTargetHealth',
      'DescribeTasks',
      'DescribeServices',
      'RegisterTargets',
      'DeregisterTargets',
    ]);
    expect(pass.written.done.map(({ because }) => because.task)).toEqual([RUNNING.arn, STOPPING.arn]);
  });

  it('caches the binding of all its lines together, and forgets what it concluded under another one', async () => {
    const context = contextOf(worldOf({}), {}, 'service=app port=8080', 'service=api port=9090');
    cacheOf(context).covered = new Map([[taskArn('t9'), 3]]);
    await passOver(context);
    expect(cacheOf(context).binding).toBe('cluster=prod service=app port=8080; cluster=prod service=api port=9090');
    expect(cacheOf(context).covered).toEqual(new Map());
  });

  it('records what it is about to write, before the call leaves, and a removal that failed', async () => {
    const { fake, context } = mixed();
    fake.answers.DeregisterTargets = () => fails('unavailable');
    const lines: string[] = [];
    const recorded = (kind: string, group: string, targets: readonly { address: string; task: string }[]) =>
      lines.push(...targets.map(({ address, task }) => `${fake.names.at(-1)}: ${kind} ${group} ${address} ${task}`));
    await passOver({ ...context, reporter: { ...context.reporter, recorded } });
    const about = ({ arn }: { arn: string }, address: string) => `${groupArn()} ${address}:8080 ${arn}`;
    expect(lines).toEqual([
      `DescribeTasks: register ${about(RUNNING, '10.0.0.1')}`,
      `RegisterTargets: deregister ${about(STOPPING, '10.0.0.2')}`,
      `DeregisterTargets: failed ${about(STOPPING, '10.0.0.2')}`,
    ]);
  });
});

describe('a pass that cannot read', () => {
  it.each([
    ['unavailable', true],
    ['denied', false],
  ] as const)('the targets (%s) does nothing else, and is tried again: %s', async (kind, failed) => {
    const fake = new FakeAws({ DescribeTargetHealth: () => fails(kind, 'no') });
    const context = contextOf(fake);
    const pass = await passOver(context);
    expect(pass).toEqual({
      group: context.bound.group,
      trigger: 'messages',
      startedAtMs: START_MS,
      endedAtMs: fake.clock.now(),
      hints: 0,
      snapshot: undefined,
      planned: [],
      written: { done: [], refused: [], failures: [], aged: [] },
      held: [],
      findings: [],
      failures: [{ kind, operation: 'DescribeTargetHealth', resource: 'web', message: 'no' }],
      behind: [],
      open: { ...NOTHING_OPEN, failed },
    });
    expect(new Set(fake.names)).toEqual(new Set(['DescribeTargetHealth']));
    expect(cacheOf(context)).toMatchObject({ lastPassAtMs: START_MS, firstSeenMs: new Map() });
  });

  it('a list removes nothing, and what it has proved is still registered', async () => {
    const fake = worldOf(MIXED);
    fake.answers.ListTasks = ({ selector }) => (selector.kind === 'family' ? fails('unexpected', 'no') : page([RUNNING]));
    const context = contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080');
    learn(context.cache, STOPPING, START_MS);
    const pass = await passOver(context);
    expect(pass.written.done.map(({ address }) => address)).toEqual([at('10.0.0.1')]);
    expect(pass.held.map(({ because, change }) => [because, change.address])).toEqual([['a read failed', at('10.0.0.2')]]);
    expect(pass.failures.map(({ operation }) => operation)).toEqual(['ListTasks']);
    expect(pass.open.failed).toBe(true);
    // Not everything was read: a hint at any of these tasks still makes another pass look.
    expect(cacheOf(context).covered.size).toBe(0);
  });

  it('for a reason that does not pass by waiting is not tried again', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.answers.DescribeTasks = () => fails('denied');
    expect(await passOver(contextOf(fake))).toMatchObject({ open: { failed: false }, failures: [{ kind: 'denied' }] });
  });

  it.each(['unavailable', 'denied'] as const)(
    'the list of stopped tasks (%s) has a failure, and what it has dealt with all the same',
    async (kind) => {
      const fake = worldOf({ targets: [target('10.0.0.1'), target('10.0.0.9')], tasks: [RUNNING] });
      fake.answers.ListTasks = ({ desired }) => (desired === 'RUNNING' ? page([RUNNING]) : fails(kind));
      const context = contextOf(fake);
      // Nothing waits for the search, and the next pass makes it.
      expect(await passOver(context)).toMatchObject({ failures: [{ kind, operation: 'ListTasks' }], open: NOTHING_OPEN });
      expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(true);
    },
  );
});

describe('a write that fails', () => {
  it('is a failure of the pass, which then has dealt with nothing', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    fake.answers.RegisterTargets = () => fails('unavailable', 'no');
    const context = contextOf(fake);
    const pass = await passOver(context);
    expect(pass).toMatchObject({ open: { failed: true }, failures: [{ kind: 'unavailable', operation: 'RegisterTargets' }] });
    expect(cacheOf(context)).toMatchObject({ covered: new Map(), writtenAtMs: new Map() });
  });

  it.each([
    ['refused', 'initial', 'refused', 'refused'],
    ['quota', 'initial', 'quota', 'waiting'],
    ['refused', 'draining', 'draining', 'waiting'],
    ['quota', 'draining', 'quota', 'waiting'],
  ] as const)('as %s on a target that is %s is reported and left alone for a while', async (kind, state, why, finding) => {
    const targets = state === 'draining' ? [target('10.0.0.1', state)] : [];
    const fake = worldOf({ targets, tasks: [RUNNING] });
    fake.answers.RegisterTargets = () => fails(kind, 'the reason');
    const context = contextOf(fake);
    const pass = await passOver(context);
    const endedAtMs = fake.clock.now();
    expect(pass).toMatchObject({ failures: [], open: NOTHING_OPEN });
    expect(pass.findings).toEqual([expect.objectContaining({ kind: finding, subject: at('10.0.0.1') })]);
    const untilMs = endedAtMs + refusalPauseMs(why, 1);
    expect(cacheOf(context).refused).toEqual(new Map([[at('10.0.0.1'), { times: 1, untilMs }]]));
    // It is not dealt with: a hint at its task makes another pass look.
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(false);
    expect((await passOver(context)).held.map(({ because }) => because)).toEqual(['refused before']);
    fake.clock.nowMs = untilMs;
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
    fake.answers.ListTasks = () => page([]);
    learn(context.cache, stoppingTask('t1', '10.0.0.1'), START_MS);
    await passOver(context);
    expect(cacheOf(context).refused.size).toBe(0);
  });

  it('as refused lets the removals pass at the next try, and its share of a call is kept', async () => {
    const { fake, context } = mixed();
    fake.answers.RegisterTargets = () => fails('refused', 'the reason');
    const known = cacheOf(context);
    known.refused.set(at('10.0.0.1'), { times: 1, untilMs: START_MS });
    known.binding = 'cluster=prod service=app port=8080';
    await passOver(context);
    expect(fake.names.slice(-2)).toEqual(['DeregisterTargets', 'RegisterTargets']);
    expect(known.shares).toEqual(new Map([[at('10.0.0.1'), 1]]));
  });

  it('as refused is the same of a removal, whatever the target does', async () => {
    const { fake, context } = mixed();
    fake.answers.DeregisterTargets = () => fails('refused', 'the reason');
    expect((await passOver(context)).findings).toEqual([expect.objectContaining({ kind: 'refused', subject: at('10.0.0.2') })]);
    expect(cacheOf(context).refused.get(at('10.0.0.2'))).toMatchObject({ times: 1 });
    expect(cacheOf(context).budget).toMatchObject({ removed: 0 });
  });

  it('because its proof grew too old makes another pass', async () => {
    const other = runningTask('t4', '10.0.0.4');
    const fake = worldOf({ tasks: [RUNNING, other], targets: [target('10.0.0.4', 'draining')] });
    fake.callMs = (name) => (name === 'RegisterTargets' ? PROOF_AGE_MAX_MS + 1 : 0);
    const context = contextOf(fake);
    const { written, open } = await passOver(context);
    expect([written.done.length, written.aged.length, open.failed]).toEqual([1, 1, true]);
    expect(cacheOf(context).covered.size).toBe(0);
  });
});

describe('a plan that is held', () => {
  it('because its proofs came too late makes another pass', async () => {
    // The record is read for a removal that comes late, and takes its time.
    const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: START_MS - 60_000 });
    const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [RUNNING, gone] });
    fake.callMs = (name) => (name === 'FilterLogEvents' ? PROOF_AGE_MAX_MS + 1 : 0);
    const context = contextOf(fake);
    learn(context.cache, gone, START_MS);
    const pass = await passOver(context);
    expect(pass.held.map(({ because }) => because)).toEqual(['proof is too old', 'ownership is unknown']);
    expect(pass.open.failed).toBe(true);
    expect(cacheOf(context).covered.size).toBe(0);
  });

  it.each([
    [60_000, 0],
    [60_001, 1],
  ])('because the binding is %i ms old holds %i, and makes another pass', async (ageMs, held) => {
    const fake = worldOf({ tasks: [RUNNING] });
    const bound = { ...boundGroup('service=app port=8080'), bindingsReadAtMs: START_MS + 10 - ageMs };
    const pass = await passOver(contextOf(fake, { bound }));
    expect(pass.held.map(({ because }) => because)).toEqual(held === 1 ? ['bindings are older than a minute'] : []);
    expect(pass.open.failed).toBe(held === 1);
  });

  it('by a check is complete, remains to be dealt with, and names what only a check holds', async () => {
    const fake = worldOf({ tasks: [runningTask('t1', '10.0.0.1', { startedAtMs: START_MS })] });
    const context = contextOf(fake, { trigger: 'check' });
    const pass = await passOver(context);
    expect(pass.held.map(({ because }) => because)).toEqual(['check only']);
    expect(fake.names).not.toContain('RegisterTargets');
    expect(pass).toMatchObject({ open: NOTHING_OPEN, findings: [] });
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(false);
  });

  it.each([
    ['service=app port=8080 mode=observe', {}, 'observe'],
    ['service=app port=8080', { native: true }, 'ECS manages this group'],
    ['service=app port=8080 mode=register-only', {}, 'register only'],
  ] as const)('for good (%s, %j) is dealt with', async (line, words, because) => {
    const fake = worldOf({ targets: [target('10.0.0.2')], tasks: [STOPPING] });
    const group = boundGroup(line);
    const bound = { ...group, bindings: group.bindings.map((each) => ({ ...each, ...words })) };
    const context = contextOf(fake, { bound });
    learn(context.cache, STOPPING, START_MS);
    const pass = await passOver(context);
    expect(pass.held.map((each) => each.because)).toEqual([because]);
    expect(cacheOf(context).covered.get(STOPPING.arn)).toBe(Number.POSITIVE_INFINITY);
    expect(pass.open).toEqual(NOTHING_OPEN);
  });

  it('for the event that is on its way is left to it, and taken up by the schedule when that must have come', async () => {
    const young = runningTask('t1', '10.0.0.1', { startedAtMs: START_MS - 1_000 });
    const fake = worldOf({ tasks: [young] });
    const environment = createEnvironment(aSettings(), fake.world, fake.clock, 0.5);
    const held = await passOver(contextOf(fake, { environment }));
    expect(held.held.map(({ because }) => because)).toEqual(['its event is on the way']);
    expect(held.open).toEqual(NOTHING_OPEN);
    const scheduled = await passOver(contextOf(fake, { environment, trigger: 'schedule' }));
    expect(scheduled.open.eventsMs).toEqual([START_MS + 2_000]);
    const named = contextOf(fake, { environment, hints: [aHint(young.arn, 3)] });
    cacheOf(named).covered = new Map();
    expect((await passOver(named)).written.done).toHaveLength(1);
  });
});

describe('a target that keeps vanishing', () => {
  it('is written again by the schedule only, and reported', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake);
    await passOver(context);
    fake.clock.nowMs += 59_000;
    const held = await passOver(context);
    expect(held.held.map(({ because }) => because)).toEqual(['contested']);
    expect(held.findings).toEqual([expect.objectContaining({ kind: 'contested', subject: at('10.0.0.1') })]);
    expect((await passOver({ ...context, trigger: 'schedule' })).written.done).toHaveLength(1);
  });
});

describe('hints', () => {
  it('that ECS is behind of are reported, and remain open', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const hint = aHint(RUNNING.arn, RUNNING.version + 1);
    const context = contextOf(fake, { hints: [hint, aHint(taskArn('unknown'), 3)] });
    const pass = await passOver(context);
    expect(pass).toMatchObject({ behind: [hint], open: { ...NOTHING_OPEN, behind: true } });
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(false);
  });

  it('that are dealt with are no reason for a pass', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [RUNNING] });
    const context = contextOf(fake, { hints: [aHint(RUNNING.arn, 3)] });
    expect((await passOver(context)).hints).toBe(1);
    expect((await passOver(context)).hints).toBe(0);
  });
});

describe('what another pass has read in the meantime', () => {
  it('stops a write that it contradicts, and makes another pass', async () => {
    const { fake, context } = mixed();
    const { caller } = context;
    const original = caller.write.bind(caller);
    // The wait for the turn of the call is where another group's pass learns something.
    caller.write = (name, resource, input, how) => {
      learn(context.cache, stoppingTask('t1', '10.0.0.1'), START_MS);
      learn(context.cache, runningTask('heir', '10.0.0.2'), START_MS);
      return original(name, resource, input, how);
    };
    const pass = await passOver(context);
    expect([pass.written.aged.length, pass.open.failed]).toEqual([2, true]);
    expect(fake.names).not.toContain('RegisterTargets');
    expect(fake.names).not.toContain('DeregisterTargets');
  });
});

describe('findings of a pass', () => {
  it('are those of the audit, with what was searched for', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1'), target('10.0.0.9')], tasks: [RUNNING] });
    const { findings } = await passOver(contextOf(fake));
    expect(findings).toEqual([expect.objectContaining({ kind: 'foreign', subject: at('10.0.0.9'), sinceMs: START_MS })]);
  });

  it('name no stranger that a pass without lists has not searched for', async () => {
    const fake = worldOf({ targets: [target('10.0.0.9')] });
    expect((await passOver(contextOf(fake, { isListing: false }))).findings).toEqual([]);
    expect(fake.names).toEqual(['DescribeTargetHealth']);
  });
});

it('a search that has found an owner opens another pass, which removes its target', async () => {
  const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: START_MS - 6_000 });
  const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [gone] });
  fake.answers.DescribeTasks = describing(gone);
  const context = contextOf(fake);
  expect(await passOver(context)).toMatchObject({ planned: [], open: { searching: true } });
  expect((await passOver(context)).written.done).toMatchObject([{ kind: 'deregister', address: at('10.0.0.3') }]);
});
