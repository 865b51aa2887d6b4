/** Removals of tasks that have stopped: their confirmation, whose the target is, and how many may leave at once. */
import { describe, expect, it } from 'vitest';
import { ADDRESS_FREE_MS, CONFIRM_AFTER_MS, PROOF_AGE_MAX_MS } from '../../functions/core/guard.ts';
import type { DescribedTask } from '../../functions/core/task.ts';
import { cacheOf, contextOf, ended, passOver, RUNNING, reasons, worldOf } from '../support/passes.ts';
import { fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { aHint, at, runningTask, stoppedTask, target, taskArn } from '../support/values.ts';

describe('the removal of a task that has stopped', () => {
  it.each([
    [CONFIRM_AFTER_MS - 1, ['waits for confirmation']],
    [CONFIRM_AFTER_MS, []],
  ])('is confirmed by a list begun %i ms after its end: held %j', async (agoMs, held) => {
    const { fake, context, gone } = ended(agoMs);
    const pass = await passOver(context);
    expect(reasons(pass)).toEqual(held);
    expect(pass.written.done).toHaveLength(1 - held.length);
    expect(pass.open.confirmationsMs).toEqual(held.map(() => START_MS + 1));
    // One that waits is not dealt with.
    expect(cacheOf(context).covered.has(gone.arn)).toBe(held.length === 0);
    expect(fake.names.includes('DeregisterTargets')).toBe(held.length === 0);
  });

  it('counts from when it was first planned, where ECS does not say when it ended', async () => {
    const { fake, context } = ended(undefined);
    const provedAtMs = START_MS + 10;
    expect((await passOver(context)).open.confirmationsMs).toEqual([provedAtMs + CONFIRM_AFTER_MS]);
    fake.clock.nowMs = provedAtMs + CONFIRM_AFTER_MS - 1;
    expect(reasons(await passOver(context))).toEqual(['waits for confirmation']);
    fake.clock.nowMs = provedAtMs + CONFIRM_AFTER_MS;
    // Whose it is has to be known as well: it may have ended long ago.
    expect(reasons(await passOver(context))).toEqual(['ownership is unknown']);
  });

  it('may have its confirmation somewhat later than that, by another time in each environment', async () => {
    const { context } = ended(CONFIRM_AFTER_MS - 1);
    const environment = { ...context.environment, confirmationLagMs: 700 };
    expect((await passOver({ ...context, environment })).open.confirmationsMs).toEqual([START_MS + 1 + 700]);
  });

  it('is planned again where it waits too long for the registrations before it', async () => {
    const { fake, context, gone } = ended(6_000, RUNNING);
    fake.callMs = (name) => (name === 'RegisterTargets' ? PROOF_AGE_MAX_MS + 1 : 0);
    const pass = await passOver(context);
    expect(pass.written).toMatchObject({ done: [{ kind: 'register' }], aged: [{ address: at('10.0.0.3') }], failures: [] });
    expect(pass.open.failed).toBe(true);
    expect(cacheOf(context).covered.has(gone.arn)).toBe(false);
  });

  it('keeps that time through a pass that could not even read the targets', async () => {
    const { fake, context } = ended(undefined);
    fake.answers.DescribeTargetHealth = inTurn(ok([target('10.0.0.3')]), fails('denied'), ok([target('10.0.0.3')]));
    const { open } = await passOver(context);
    await passOver(context);
    expect((await passOver(context)).open.confirmationsMs).toEqual(open.confirmationsMs);
  });

  it('is not confirmed by a pass that lists nothing, nor by lists of which one could not be read', async () => {
    const unlisted = ended(6_000);
    expect(reasons(await passOver({ ...unlisted.context, listing: 'none' }))).toEqual(['waits for confirmation']);
    const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: START_MS - 6_000 });
    const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [gone] });
    fake.answers.ListTasks = ({ selector }) => (selector.kind === 'family' ? fails('denied') : page([]));
    const context = contextOf(fake, {}, 'service=app port=8080', 'family=job port=8080');
    context.cache.learn(gone, START_MS);
    expect(reasons(await passOver(context))).toEqual(['a read failed']);
  });

  it('is called off by a live task at the address, started or not', async () => {
    for (const last of ['RUNNING', 'PENDING'] as const) {
      const { context } = ended(6_000, runningTask('heir', '10.0.0.3', { last }));
      expect(await passOver(context)).toMatchObject({ planned: [], held: [] });
    }
  });

  it('of a later owner of the address has a time of its own', async () => {
    const later = stoppedTask('t9', '10.0.0.3', { startedAtMs: START_MS, stoppedAtMs: START_MS - 4_000 });
    const { context } = ended(6_000, later);
    context.cache.learn(later, START_MS);
    const pass = await passOver(context);
    expect(pass.held).toMatchObject([{ because: 'waits for confirmation', change: { because: { task: taskArn('t9') } } }]);
  });
});

describe('a removal that comes late', () => {
  const LATE_MS = ADDRESS_FREE_MS + 1_000;
  const entry = { kind: 'register', atMs: START_MS - 90_000, address: at('10.0.0.3'), task: taskArn('t3') } as const;

  it.each([
    ['is not on record', true, ok({ items: [], nextToken: undefined })],
    ['could not be looked up in the record', false, fails('denied')],
  ])('is held for good where it %s, which settles its task: %s', async (_, isCovered, answer) => {
    const { fake, context, gone } = ended(LATE_MS, RUNNING);
    fake.answers.FilterLogEvents = () => answer;
    const pass = await passOver(context);
    expect(reasons(pass)).toEqual(['ownership is unknown']);
    expect(cacheOf(context).covered.has(gone.arn)).toBe(isCovered);
    // Of the others, nothing was left to find out.
    expect(cacheOf(context).covered.has(RUNNING.arn)).toBe(true);
  });

  /** The same beside a target that nothing explains, and a task that its tag holds. */
  function besideUnexplained() {
    const onHold = runningTask('t4', '10.0.0.4', { isHeld: true });
    const world = ended(LATE_MS, onHold);
    world.fake.answers.DescribeTargetHealth = () => ok([target('10.0.0.3'), target('10.0.0.9')]);
    world.fake.answers.ListTasks = ({ desired }) => page(desired === 'RUNNING' ? [onHold] : [world.gone]);
    world.fake.answers.FilterLogEvents = () => ok({ items: [entry], nextToken: undefined });
    return { ...world, onHold };
  }

  it('waits for the search that a pass that lists has made, and asks for another pass', async () => {
    const { context } = besideUnexplained();
    const pass = await passOver(context);
    expect([reasons(pass), pass.open.searching]).toEqual([['targets are still unexplained'], true]);
    const next = await passOver(context);
    expect([reasons(next), next.open.searching]).toEqual([["may be another writer's"], false]);
  });

  it('asks for none where the search has failed', async () => {
    const { fake, context, onHold } = besideUnexplained();
    fake.answers.ListTasks = ({ desired }) => (desired === 'RUNNING' ? page([onHold]) : fails('denied'));
    const pass = await passOver(context);
    expect([reasons(pass), pass.open.searching]).toEqual([['targets are still unexplained'], false]);
  });

  it('asks for none where nobody has searched: the pass has only listed for a task on hold that a hint names', async () => {
    const { fake, context, onHold } = besideUnexplained();
    const pass = await passOver({ ...context, listing: 'none', hints: [aHint(onHold.arn, 3)] });
    expect([reasons(pass), pass.open.searching]).toEqual([['targets are still unexplained'], false]);
    expect(fake.inputs('ListTasks')).toHaveLength(1);
  });
});

describe('an address that was seen unregistered after its task had stopped', () => {
  /** A pass without the target so long after the environment knew of the end, and one with it, with these tasks besides. */
  async function seenAgain(afterMs: number, ...others: readonly DescribedTask[]) {
    const gone = stoppedTask('t1', '10.0.0.1', { stoppedAtMs: START_MS - 600_000 });
    const fake = worldOf({ tasks: [gone, ...others] });
    const context = contextOf(fake);
    context.cache.learn(gone, START_MS);
    fake.clock.nowMs = START_MS + afterMs;
    await passOver(context);
    fake.clock.nowMs += 10_000;
    fake.answers.DescribeTargetHealth = () => ok([target('10.0.0.1')]);
    await passOver(context);
    return passOver(context);
  }

  it("is no more the task's, and is reported with the command that would remove it", async () => {
    const { planned, findings } = await seenAgain(8_000);
    expect(planned).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'foreign', subject: '10.0.0.1:8080', command: expect.stringContaining('Id=10.0.0.1,') }),
    );
  });

  it("is still the task's where the registration may only have been late", async () => {
    const { planned } = await seenAgain(7_999);
    expect(planned).toMatchObject([{ kind: 'deregister', because: { task: taskArn('t1'), rule: 'task has stopped' } }]);
  });

  it('is that of a later owner, whose stop is a proof of its own', async () => {
    const { planned } = await seenAgain(60_000, stoppedTask('t2', '10.0.0.1'));
    expect(planned).toMatchObject([{ kind: 'deregister', because: { task: taskArn('t2'), rule: 'task has stopped' } }]);
  });
});

describe('more removals than the budget of a minute', () => {
  it('are made up to three quarters of the group, and the rest in the next minute', async () => {
    const all = Array.from({ length: 100 }, (_, index) =>
      stoppedTask(`t${index}`, `10.0.0.${index + 1}`, { stoppedAtMs: START_MS - 6_000 }),
    );
    let targets = all.map(({ ipv4 }) => target(ipv4 ?? ''));
    const fake = worldOf({ tasks: all });
    fake.answers.DescribeTargetHealth = () => ok(targets);
    fake.answers.DeregisterTargets = (input) => {
      const gone = new Set(input.targets.map(({ id }) => id));
      targets = targets.filter(({ descriptor }) => !gone.has(descriptor.id));
      return ok(null);
    };
    const context = contextOf(fake);
    for (const task of all) context.cache.learn(task, START_MS);
    const pass = await passOver(context);
    expect(pass.written.done).toHaveLength(75);
    expect(new Set(reasons(pass))).toEqual(new Set(['removal budget is spent']));
    expect(pass.findings.filter(({ kind }) => kind === 'removal-budget')).toHaveLength(25);
    expect((await passOver(context)).written.done).toEqual([]);
    // They come late by now, and are known for ours by the environment's own writes.
    fake.answers.FilterLogEvents = () =>
      ok({
        items: all.map(({ arn, ipv4 }) => ({ kind: 'register' as const, atMs: 1, address: at(ipv4 ?? ''), task: arn })),
        nextToken: undefined,
      });
    fake.clock.nowMs += 60_000;
    expect((await passOver(context)).written.done).toHaveLength(20);
  });
});
