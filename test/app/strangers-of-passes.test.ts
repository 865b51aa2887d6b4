/** What a pass makes of targets whose owner it has to ask for: removals that come late, and targets that nothing explains. */
import { describe, expect, it } from 'vitest';
import { ADDRESS_FREE_MS } from '../../functions/core/guard.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import type { RecordKind } from '../../functions/core/ownership.ts';
import type { DescribedTask } from '../../functions/core/task.ts';
import { cacheOf, contextOf, ended, passOver, RUNNING, reasons, worldOf } from '../support/passes.ts';
import { describing, type FakeAws, fails, ok, page, START_MS } from '../support/ports.ts';
import { aService, at, clusterArn, groupArn, runningTask, stoppedTask, target, taskArn } from '../support/values.ts';

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

describe('findings of a pass', () => {
  it('are those of the audit, with what was searched for', async () => {
    const fake = worldOf({ targets: [target('10.0.0.1'), target('10.0.0.9')], tasks: [RUNNING] });
    const { findings } = await passOver(contextOf(fake));
    expect(findings).toEqual([expect.objectContaining({ kind: 'foreign', subject: at('10.0.0.9'), sinceMs: START_MS })]);
  });

  it.each([
    ['its task still runs', [runningTask('t9', '10.0.0.9', { group: 'service:gone' })], 'unbound'],
    ['ECS knows its task no more', [], 'leftover'],
  ])('tell a target that this stack registered from a stranger: %s', async (_, tasks, kind) => {
    const fake = worldOf({ targets: [target('10.0.0.9')], tasks, listed: [] });
    const entry = { kind: 'register', atMs: START_MS - 60_000, address: at('10.0.0.9'), task: taskArn('t9') } as const;
    fake.answers.FilterLogEvents = () => ok({ items: [entry], nextToken: undefined });
    const { findings, written } = await passOver(contextOf(fake));
    expect(findings).toContainEqual(expect.objectContaining({ kind, subject: at('10.0.0.9') }));
    expect(written.done).toEqual([]);
  });

  it('name the services of the clusters that the group is bound to, whose tasks ECS itself registers in it', async () => {
    const fake = worldOf({ targets: [target('10.0.0.9')] });
    fake.answers.ListServices = () => ok({ items: ['api'], nextToken: undefined });
    fake.answers.DescribeServices = () => ok([aService('api', { targetGroups: [groupArn()] })]);
    const context = contextOf(fake);
    const services = new Map([[groupArn(), [{ kind: 'service', cluster: clusterArn('test'), name: 'far' } as const]]]);
    context.cache.natives.set(clusterArn('test'), { atMs: START_MS, services });
    const message = (await passOver(context)).findings.find(({ kind }) => kind === 'foreign')?.message;
    expect(message).toContain('cluster=prod service=api');
    expect(message).not.toContain('far');
  });

  it('do without a record that cannot be read, and the pass has the failure and is not made again for it', async () => {
    const fake = worldOf({ targets: [target('10.0.0.9')] });
    fake.answers.FilterLogEvents = () => fails('unavailable');
    const { failures, open, findings } = await passOver(contextOf(fake));
    expect(failures).toMatchObject([{ kind: 'unavailable', operation: 'FilterLogEvents' }]);
    expect(open).toEqual(NOTHING_OPEN);
    expect(findings.map(({ kind }) => kind)).toEqual(['foreign', 'empty-list']);
  });

  it('name no stranger that a pass without lists has not searched for', async () => {
    const fake = worldOf({ targets: [target('10.0.0.9')] });
    expect((await passOver(contextOf(fake, { listing: 'none' }))).findings).toEqual([]);
    expect(fake.names).toEqual(['DescribeTargetHealth']);
  });
});
