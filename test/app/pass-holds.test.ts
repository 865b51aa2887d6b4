/** What a pass plans and does not do, and when it comes back to it. */
import { describe, expect, it } from 'vitest';
import { createEnvironment } from '../../functions/app/invocation.ts';
import { PROOF_AGE_MAX_MS } from '../../functions/core/guard.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import { aReading, boundGroup, cacheOf, contextOf, mixed, passOver, RUNNING, STOPPING, worldOf } from '../support/passes.ts';
import { fails, ok, page, START_MS } from '../support/ports.ts';
import { aHint, aSettings, at, runningTask, stoppedTask, target } from '../support/values.ts';

describe('a plan that is held', () => {
  it('because its proofs came too late makes another pass', async () => {
    // The record is read for a removal that comes late, and takes its time.
    const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: START_MS - 60_000 });
    const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [RUNNING, gone] });
    fake.callMs = (name) => (name === 'FilterLogEvents' ? PROOF_AGE_MAX_MS + 1 : 0);
    const context = contextOf(fake);
    context.cache.learn(gone, START_MS);
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
    context.cache.learn(STOPPING, START_MS);
    const pass = await passOver(context);
    expect(pass.held.map((each) => each.because)).toEqual([because]);
    expect(cacheOf(context).covered.get(STOPPING.arn)).toBe(Number.POSITIVE_INFINITY);
    expect(pass.open).toEqual(NOTHING_OPEN);
  });

  it('for the event that is on its way is left to it, and taken up by the schedule when that must have come', async () => {
    const young = runningTask('t1', '10.0.0.1', { startedAtMs: START_MS - 1_000 });
    const fake = worldOf({ tasks: [young] });
    const environment = createEnvironment({ settings: aSettings(), api: fake.world, clock: fake.clock }, 0.5);
    const held = await passOver(contextOf(fake, { environment }));
    expect(held.held.map(({ because }) => because)).toEqual(['its event is on the way']);
    expect(held.open).toEqual(NOTHING_OPEN);
    const scheduled = await passOver(contextOf(fake, { environment, trigger: 'schedule' }));
    expect(scheduled.open.eventsMs).toEqual([START_MS + 2_000]);
    // Whoever tags a group does not wait for the schedule.
    const tagged = await passOver(contextOf(fake, { environment, areTagsChanged: true }));
    expect(tagged.open.eventsMs).toEqual([START_MS + 2_000]);
    const named = contextOf(fake, { environment, hints: [aHint(young.arn, 3)] });
    cacheOf(named).covered = new Map();
    expect((await passOver(named)).written.done).toHaveLength(1);
  });
});

describe('a paused stack', () => {
  it.each([
    [undefined, []],
    [START_MS - 1, ['paused', 'paused']],
  ])('since %j: held %j, which no later pass does either', async (pausedSinceMs, held) => {
    const { fake, context } = mixed();
    context.environment.configuration = aReading({ pausedSinceMs });
    const pass = await passOver(context);
    expect(pass.held.map(({ because }) => because)).toEqual(held);
    expect(pass.written.done).toHaveLength(2 - held.length);
    expect(fake.names.includes('DeregisterTargets')).toBe(held.length === 0);
    expect([...cacheOf(context).covered.keys()].toSorted()).toEqual([RUNNING.arn, STOPPING.arn]);
  });
});

describe('a task on hold', () => {
  const onHold = runningTask('t4', '10.0.0.4', { isHeld: true });

  it('leaves a group that others serve', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1'), target('10.0.0.4')], tasks: [RUNNING, onHold] });
    const { written, findings } = await passOver(contextOf(fake));
    expect(written.done).toMatchObject([{ kind: 'deregister', address: at('10.0.0.4'), because: { rule: 'task is on hold' } }]);
    expect(findings).toMatchObject([{ kind: 'held', subject: onHold.arn }]);
  });

  it.each([
    ['is not registered', [], RUNNING],
    ['is on hold as well', [target('10.0.0.1')], { ...RUNNING, isHeld: true }],
  ])('stays where it is the last that serves: the other one %s', async (_, others, other) => {
    const fake = worldOf({ targets: [target('10.0.0.4'), ...others], tasks: [onHold, other] });
    fake.answers.RegisterTargets = () => fails('refused');
    const pass = await passOver(contextOf(fake));
    expect(pass.written.done).toEqual([]);
    const last = pass.held.filter(({ because }) => because === 'last serving target');
    expect(last.map(({ change }) => change.address)).toContain(at('10.0.0.4'));
    expect(pass.findings).toContainEqual(expect.objectContaining({ kind: 'held-last', subject: at('10.0.0.4') }));
  });
});

describe('a task that is registered when ECS calls it healthy', () => {
  const LINE = 'service=app port=8080 ready=healthy';

  it.each([
    ['schedule', 'UNKNOWN', 1],
    ['schedule', 'UNHEALTHY', 1],
    ['schedule', 'HEALTHY', 0],
    ['messages', 'UNKNOWN', 0],
  ] as const)('is asked for by the %s every five seconds while it is %s: %i times', async (trigger, health, polls) => {
    const fake = worldOf({ tasks: [{ ...RUNNING, health }] });
    const pass = await passOver(contextOf(fake, { trigger }, LINE));
    expect(pass.written.done).toHaveLength(health === 'HEALTHY' ? 1 : 0);
    expect(pass.open.eventsMs).toEqual(Array(polls).fill(pass.endedAtMs + 5_000));
  });

  it('is not asked for when it is told to stop, nor by a line without the word', async () => {
    const stopping = worldOf({ tasks: [STOPPING] });
    const context = contextOf(stopping, { trigger: 'schedule' }, LINE);
    context.cache.learn(STOPPING, START_MS);
    expect((await passOver(context)).open.eventsMs).toEqual([]);
    // One on hold waits for its tag, not for its health.
    const plain = worldOf({ tasks: [{ ...RUNNING, isHeld: true }] });
    expect((await passOver(contextOf(plain, { trigger: 'schedule' }))).open.eventsMs).toEqual([]);
  });
});

describe('the oldest difference', () => {
  it('begins with what is left open, not before the bindings, and is none where all is done', async () => {
    const fake = worldOf({ tasks: [runningTask('t1', '10.0.0.1', { startedAtMs: START_MS - 70_000 })] });
    fake.answers.RegisterTargets = () => fails('refused');
    const context = contextOf(fake);
    await passOver(context);
    expect([...cacheOf(context).open.values()]).toEqual([START_MS - 70_000]);
    cacheOf(context).binding = 'another one';
    fake.clock.nowMs += 60_000;
    const later = await passOver(context);
    expect([...cacheOf(context).open.values()]).toEqual([later.startedAtMs]);
    fake.answers.RegisterTargets = () => ok(null);
    fake.clock.nowMs += 60_000;
    await passOver(context);
    expect(cacheOf(context).open).toEqual(new Map());
  });
});

describe('a difference that a comparison of all tasks and targets did not find', () => {
  const LONG_AGO_MS = START_MS - 70_000;

  it.each([
    ['is no older than that', 'full', page([RUNNING]), START_MS],
    ['is as old as its task where that pass listed nothing', 'none', page([RUNNING]), LONG_AGO_MS],
    ['is as old as its task where that pass could not list', 'full', fails('denied'), LONG_AGO_MS],
  ] as const)('%s', async (_, listing, list, sinceMs) => {
    const fake = worldOf({ targets: [target('10.0.0.1')], tasks: [{ ...RUNNING, startedAtMs: LONG_AGO_MS }] });
    const context = contextOf(fake);
    fake.answers.ListTasks = () => list;
    await passOver({ ...context, listing });
    // Somebody takes the target out, and ELB does not take it back.
    fake.answers.DescribeTargetHealth = () => ok([]);
    fake.answers.RegisterTargets = () => fails('refused');
    fake.answers.ListTasks = () => page([RUNNING]);
    fake.clock.nowMs += 20_000;
    await passOver(context);
    expect([...cacheOf(context).open.values()]).toEqual([sinceMs]);
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
