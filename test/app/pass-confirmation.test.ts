/** Second looks, and what else comes between a plan and its write. */
import { describe, expect, it } from 'vitest';
import { learn } from '../../functions/app/cache.ts';
import { CONFIRM_AFTER_MS, PROOF_AGE_MAX_MS } from '../../functions/core/guard.ts';
import { cacheOf, contextOf, passOver, worldOf } from '../support/passes.ts';
import { describing, fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { aHint, at, runningTask, stoppedTask, stoppingTask, target, taskArn } from '../support/values.ts';

const RUNNING = runningTask('t1', '10.0.0.1');
const STOPPED = stoppedTask('t3', '10.0.0.3');
const REMOVAL = `deregister ${at('10.0.0.3')} ${STOPPED.arn}`;

describe('the second look', () => {
  const released = { targets: [target('10.0.0.3')], tasks: [STOPPED] };

  it('is waited for, since the address may have a new owner', async () => {
    const fake = worldOf({ ...released, targets: [...released.targets, target('10.0.0.9')] });
    fake.callMs = () => 10;
    const context = contextOf(fake);
    learn(context.cache, STOPPED, START_MS);
    const pass = await passOver(context);
    // Its description has arrived before the search for the other target: from the decision on it surely counts as proved.
    const decidedAtMs = fake.clock.nowMs;
    expect(pass.held[0]?.change.because.describedAtMs).toBeLessThan(decidedAtMs);
    expect(pass.held.map(({ because }) => because)).toEqual(['waits for confirmation']);
    expect(pass.unconfirmed).toEqual(new Map([[REMOVAL, decidedAtMs]]));
    expect(pass.isUnfinished).toBe(false);
    expect(cacheOf(context).covered.has(STOPPED.arn)).toBe(false);
    expect(fake.names).not.toContain('DeregisterTargets');
  });

  it.each([
    [CONFIRM_AFTER_MS - 1, 0, 'waits for confirmation'],
    [CONFIRM_AFTER_MS, 1, undefined],
  ] as const)('after %i ms removes %i, with the lists read once more before it', async (sinceMs, removed, because) => {
    const fake = worldOf(released);
    const firstProofMs = new Map([[REMOVAL, START_MS - sinceMs]]);
    const context = contextOf(fake, { firstProofMs });
    learn(context.cache, STOPPED, START_MS);
    const pass = await passOver(context);
    expect(pass.written.done).toHaveLength(removed);
    expect(pass.held.map((each) => each.because)).toEqual(because === undefined ? [] : [because]);
    expect(fake.inputs('ListTasks')).toHaveLength(1 + removed);
    // Who waits longer keeps the time of the first proof.
    expect(pass.unconfirmed).toEqual(removed === 1 ? new Map() : firstProofMs);
  });

  it('is kept for what only a failed read held back', async () => {
    const fake = worldOf(released);
    fake.answers.ListTasks = inTurn(fails('unexpected'), page([]));
    const firstProofMs = new Map([[REMOVAL, START_MS - 1_000]]);
    const context = contextOf(fake, { firstProofMs });
    learn(context.cache, STOPPED, START_MS);
    const pass = await passOver(context);
    expect(pass.held.map(({ because }) => because)).toEqual(['a read failed']);
    expect(pass.unconfirmed).toEqual(firstProofMs);
    const fresh = worldOf(released);
    fresh.answers.ListTasks = inTurn(fails('unexpected'), page([]));
    const other = contextOf(fresh);
    learn(other.cache, STOPPED, START_MS);
    expect((await passOver(other)).unconfirmed).toEqual(new Map());
  });

  it('is kept for what came too late, or rests on old binding', async () => {
    const firstProofMs = new Map([[REMOVAL, START_MS - 6_000]]);
    const late = worldOf(released);
    // The hinted task is described in the second try, which takes so long that the proof beside it has grown old by then.
    let tries = 0;
    late.answers.DescribeTasks = ({ cluster, tasks }) => {
      if (!tasks.includes(taskArn('slow'))) return describing(STOPPED)({ cluster, tasks });
      tries += 1;
      if (tries % 2 === 1) return fails('throttled');
      late.clock.nowMs += PROOF_AGE_MAX_MS + 1;
      return ok([]);
    };
    const context = contextOf(late, { firstProofMs, hints: [aHint(taskArn('slow'), 1)] });
    learn(context.cache, STOPPED, START_MS);
    const tooLate = await passOver(context);
    expect(tooLate.held.map(({ because }) => because)).toEqual(['proof is too old']);
    expect(tooLate.unconfirmed).toEqual(firstProofMs);
    const old = contextOf(worldOf(released), { firstProofMs });
    const onOld = await passOver({ ...old, bound: { ...old.bound, bindingsReadAtMs: START_MS - 60_001 } });
    expect(onOld.held.map(({ because }) => because)).toEqual(['bindings are older than a minute']);
    expect(onOld.unconfirmed).toEqual(firstProofMs);
  });

  it('is not kept for what is held for good', async () => {
    const firstProofMs = new Map([[REMOVAL, START_MS - 6_000]]);
    const context = contextOf(worldOf(released), { firstProofMs }, 'service=app port=8080 mode=observe');
    const pass = await passOver(context);
    expect(pass.held.map(({ because }) => because)).toEqual(['observe']);
    expect(pass.unconfirmed.size).toBe(0);
    expect(pass.findings).toEqual([]);
  });

  it('is that of one task: a later owner that has stopped unseen has its own', async () => {
    const later = { ...stoppedTask('t9', '10.0.0.3'), startedAtMs: START_MS };
    const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [STOPPED, later] });
    const context = contextOf(fake, { firstProofMs: new Map([[REMOVAL, START_MS - 6_000]]) });
    for (const task of [STOPPED, later]) learn(context.cache, task, START_MS);
    const pass = await passOver(context);
    expect(pass.written.done).toEqual([]);
    expect(pass.unconfirmed).toEqual(new Map([[`deregister ${at('10.0.0.3')} ${later.arn}`, START_MS]]));
  });

  it('is called off by a live task at the address', async () => {
    const owner = runningTask('t7', '10.0.0.3');
    const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [STOPPED, owner] });
    const context = contextOf(fake, { firstProofMs: new Map([[REMOVAL, START_MS - 6_000]]) });
    learn(context.cache, STOPPED, START_MS);
    const pass = await passOver(context);
    expect(pass.planned).toEqual([]);
    expect(pass.unconfirmed.size).toBe(0);
  });
});

describe('what another pass has read in the meantime', () => {
  it('stops a write that it contradicts', async () => {
    const fake = worldOf({ targets: [target('10.0.0.9')], tasks: [RUNNING] });
    const context = contextOf(fake);
    fake.answers.DescribeTasks = describing(RUNNING);
    // While the stopped list is read for the foreign address, the pass of another group learns that the task stops.
    fake.answers.ListTasks = ({ desired }) => {
      if (desired === 'STOPPED') learn(context.cache, stoppingTask('t1', '10.0.0.1'), START_MS);
      return page(desired === 'RUNNING' ? [RUNNING] : []);
    };
    const pass = await passOver(context);
    expect(fake.names).not.toContain('RegisterTargets');
    expect(pass.written.done).toEqual([]);
  });

  it('makes the pass unfinished where it comes between plan and write', async () => {
    const fake = worldOf({ tasks: [RUNNING] });
    const context = contextOf(fake);
    const original = context.caller.write.bind(context.caller);
    context.caller.write = (name, resource, input, isDue) => {
      learn(context.cache, stoppingTask('t1', '10.0.0.1'), START_MS);
      return original(name, resource, input, isDue);
    };
    const pass = await passOver(context);
    expect([pass.written.aged.length, pass.isUnfinished]).toEqual([1, true]);
    expect(fake.names).not.toContain('RegisterTargets');
  });
});
