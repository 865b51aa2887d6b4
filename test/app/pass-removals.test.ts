/** Removals of tasks that have stopped: their confirmation, whose the target is, and how many may leave at once. */
import { describe, expect, it } from 'vitest';
import { ADDRESS_FREE_MS, CONFIRM_AFTER_MS } from '../../functions/core/guard.ts';
import type { RecordKind } from '../../functions/core/ownership.ts';
import type { Pass } from '../../functions/core/report.ts';
import type { DescribedTask } from '../../functions/core/task.ts';
import { cacheOf, contextOf, type PassContext, passOver, worldOf } from '../support/passes.ts';
import { describing, type FakeAws, fails, inTurn, ok, page, START_MS } from '../support/ports.ts';
import { aService, at, groupArn, runningTask, stoppedTask, target, taskArn } from '../support/values.ts';

const reasons = ({ held }: Pass): string[] => held.map(({ because }) => because);

/** A group with the target of a task that has stopped so long ago, which this environment knows; `undefined`: ECS does not say when. */
function ended(
  agoMs: number | undefined,
  ...others: readonly DescribedTask[]
): { fake: FakeAws; context: PassContext; gone: DescribedTask } {
  const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: agoMs === undefined ? undefined : START_MS - agoMs });
  const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [gone, ...others] });
  const context = contextOf(fake);
  context.cache.learn(gone, START_MS);
  return { fake, context, gone };
}

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
  const recorded = (fake: FakeAws, ...kinds: readonly RecordKind[]) => {
    fake.answers.FilterLogEvents = () =>
      ok({
        items: kinds.map((kind, index) => ({
          kind,
          atMs: START_MS - 90_000 + index,
          address: at('10.0.0.3'),
          task: taskArn('t3'),
        })),
        nextToken: undefined,
      });
  };

  it("is made where the record says that the target is the task's", async () => {
    const { fake, context } = ended(LATE_MS);
    recorded(fake, 'register', 'kept');
    expect((await passOver(context)).written.done).toHaveLength(1);
  });

  it.each([
    [['register', 'deregister'], 'was let go before', 'foreign'],
    [[], 'ownership is unknown', 'unproven'],
  ] as const)('is not made after %j: %s', async (kinds, because, kind) => {
    const { fake, context, gone } = ended(LATE_MS);
    recorded(fake, ...kinds);
    const pass = await passOver(context);
    expect(reasons(pass)).toEqual([because]);
    expect(pass.findings).toContainEqual(expect.objectContaining({ kind, subject: at('10.0.0.3') }));
    // No later pass would do it either: it is dealt with.
    expect(cacheOf(context).covered.has(gone.arn)).toBe(true);
    expect(fake.names).not.toContain('DeregisterTargets');
  });

  it.each([
    ['unavailable', true],
    ['denied', false],
  ] as const)('is not made where the record cannot be read (%s), which is a failure of the pass', async (kind, failed) => {
    const { fake, context, gone } = ended(LATE_MS);
    fake.answers.FilterLogEvents = () => fails(kind, 'no');
    const pass = await passOver(context);
    expect(reasons(pass)).toEqual(['ownership is unknown']);
    expect(pass.failures).toMatchObject([{ kind, operation: 'FilterLogEvents', resource: 'the record of web' }]);
    expect(pass.open.failed).toBe(failed);
    // The message that comes again for it is looked at.
    expect(cacheOf(context).covered.has(gone.arn)).toBe(false);
  });

  it('is not made where ELB has just begun to check the target: somebody registered it a moment ago', async () => {
    const { fake, context } = ended(LATE_MS);
    recorded(fake, 'register');
    fake.answers.DescribeTargetHealth = () => ok([target('10.0.0.3', 'initial')]);
    expect(reasons(await passOver(context))).toEqual(['registered a moment ago']);
  });

  it.each([
    [LATE_MS, 4_200_000, ["may be another writer's"]],
    [LATE_MS, 4_200_001, []],
    [6_000, 0, []],
  ])('(%i ms) is not made while others write to the group too, last seen %i ms ago: held %j', async (agoMs, seenMs, held) => {
    const { fake, context, gone } = ended(agoMs);
    recorded(fake, 'register');
    // Of the pass, whose reads take ten milliseconds.
    cacheOf(context).strangers.set(at('10.0.0.9'), START_MS + 10 - seenMs);
    const pass = await passOver(context);
    expect(reasons(pass)).toEqual(held);
    expect(pass.written.done).toHaveLength(1 - held.length);
    // Nothing that comes changes that: it is dealt with either way.
    expect(cacheOf(context).covered.has(gone.arn)).toBe(true);
    expect(pass.findings.map(({ kind }) => kind)).toEqual(held.map(() => 'unproven'));
  });

  it('is not made where another environment has seen that others write to the group', async () => {
    const { fake, context } = ended(LATE_MS);
    recorded(fake, 'register', 'shared');
    expect(reasons(await passOver(context))).toEqual(["may be another writer's"]);
  });

  describe('while another target is unexplained', () => {
    /** The late removal beside a target at 10.0.0.9. */
    function beside(...others: readonly DescribedTask[]) {
      const world = ended(LATE_MS);
      recorded(world.fake, 'register');
      world.fake.answers.DescribeTargetHealth = () => ok([target('10.0.0.3'), target('10.0.0.9')]);
      world.fake.answers.ListTasks = ({ desired }) => page(desired === 'STOPPED' ? [world.gone, ...others] : []);
      world.fake.answers.DescribeTasks = describing(world.gone, ...others);
      return world;
    }

    it('waits for the search that ends the pass, and is not made where nothing explains it: others write here', async () => {
      const { context, gone } = beside();
      const pass = await passOver(context);
      expect(reasons(pass)).toEqual(['targets are still unexplained']);
      expect(pass.open.searching).toBe(true);
      expect(cacheOf(context).covered.has(gone.arn)).toBe(false);
      const next = await passOver(context);
      expect(reasons(next)).toEqual(["may be another writer's"]);
      expect(next.open.searching).toBe(false);
    });

    it('waits for it, and is made where a stopped task of ours explains it', async () => {
      const { context } = beside(stoppedTask('t9', '10.0.0.9', { stoppedAtMs: START_MS - 600_000 }));
      expect(reasons(await passOver(context))).toEqual(['targets are still unexplained']);
      const next = await passOver(context);
      expect(next.written.done.map(({ address }) => address)).toEqual([at('10.0.0.3')]);
    });

    it('waits for the next pass without asking for one where the search has failed', async () => {
      const { fake, context } = beside();
      fake.answers.ListTasks = ({ desired }) => (desired === 'STOPPED' ? fails('denied') : page([]));
      const pass = await passOver(context);
      expect(reasons(pass)).toEqual(['targets are still unexplained']);
      expect(pass.open.searching).toBe(false);
    });

    it('knows from an earlier pass that others write here, when their targets are gone and the record has none for ours', async () => {
      const { fake, context } = ended(LATE_MS);
      cacheOf(context).unexplained.set(at('10.0.0.9'), START_MS - 60_000);
      recorded(fake, 'register');
      expect(reasons(await passOver(context))).toEqual(["may be another writer's"]);
    });
  });

  describe('where ECS itself keeps a service in the group', () => {
    /** The late removal, and a cluster with these services, all of which ECS keeps in the group. */
    function attached(...names: readonly string[]) {
      const world = ended(LATE_MS);
      recorded(world.fake, 'register');
      world.fake.answers.ListServices = () => ok({ items: names, nextToken: undefined });
      world.fake.answers.DescribeServices = (input) =>
        ok(input.names.map((name) => ({ ...aService(name), targetGroups: names.includes(name) ? [groupArn()] : [] })));
      return world;
    }

    it('that no binding selects is not made: its task may have come to the address', async () => {
      const { fake, context } = attached('api');
      expect(reasons(await passOver(context))).toEqual(["may be another writer's"]);
      await passOver(context);
      expect(fake.inputs('ListServices')).toHaveLength(1);
    });

    it('that the binding selects, or none at all, is made', async () => {
      for (const names of [['app'], []]) expect((await passOver(attached(...names).context)).written.done).toHaveLength(1);
    });

    it('is not made while the services cannot be read, which is a failure of the pass', async () => {
      const { fake, context } = attached();
      fake.answers.ListServices = () => fails('unavailable');
      const pass = await passOver(context);
      expect(reasons(pass)).toEqual(['ownership is unknown']);
      expect(pass.failures).toMatchObject([{ operation: 'ListServices' }]);
      expect(pass.open.failed).toBe(true);
    });
  });

  it('costs no read of the record and of services as long as it is not late', async () => {
    const { fake, context } = ended(6_000);
    await passOver(context);
    expect(fake.names).not.toContain('FilterLogEvents');
    expect(fake.names).not.toContain('ListServices');
  });

  it('is made by what this environment has seen itself, and is not when it has seen the address unregistered since', async () => {
    const task = runningTask('t3', '10.0.0.3');
    const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [task] });
    const context = contextOf(fake);
    await passOver(context);
    fake.clock.nowMs += 60_000;
    const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: fake.clock.now() - LATE_MS });
    fake.answers.ListTasks = () => page([]);
    fake.answers.DescribeTasks = () => ok([gone]);
    const absent = contextOf(fake, { environment: context.environment });
    expect((await passOver(absent)).written.done).toHaveLength(1);
    // It left, and somebody has registered the address again: for whom, nobody here knows.
    fake.answers.DescribeTargetHealth = () => ok([]);
    fake.clock.nowMs += 1_000;
    await passOver(context);
    fake.answers.DescribeTargetHealth = () => ok([target('10.0.0.3')]);
    fake.clock.nowMs += 1_000;
    const pass = await passOver(context);
    expect(pass.written.done).toEqual([]);
    expect(reasons(pass)).toEqual(['ownership is unknown']);
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
