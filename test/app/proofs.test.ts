/** Whether a write that a pass has planned may still leave when its turn has come. */
import { describe, expect, it } from 'vitest';
import { Proofs } from '../../functions/app/proofs.ts';
import { TaskReader } from '../../functions/app/read-snapshot.ts';
import { PROOF_AGE_MAX_MS } from '../../functions/core/guard.ts';
import { planChanges } from '../../functions/core/plan.ts';
import type { DescribedTask } from '../../functions/core/task.ts';
import { cacheOf, contextOf, mixed, passOver, RUNNING, worldOf } from '../support/passes.ts';
import { describing, fails, ok, START_MS } from '../support/ports.ts';
import { clusterArn, runningTask, stoppedTask, stoppingTask, target } from '../support/values.ts';

/** A pass with two registrations, of which the second waits until its proof is older than a write may be. */
function agingWrite() {
  const other = runningTask('t4', '10.0.0.4');
  const fake = worldOf({ tasks: [RUNNING, other], targets: [target('10.0.0.4', 'draining')] });
  fake.callMs = (name) => (name === 'RegisterTargets' ? PROOF_AGE_MAX_MS + 1 : 0);
  return { fake, context: contextOf(fake) };
}

function addressesOf(changes: readonly { readonly address: string }[]): string[] {
  return changes.map(({ address }) => address);
}

describe('a write that waited for its turn until its proof was too old', () => {
  it('leaves with a new description of its task', async () => {
    const { fake, context } = agingWrite();
    const { written } = await passOver(context);
    expect(fake.names.slice(-3)).toEqual(['RegisterTargets', 'DescribeTasks', 'RegisterTargets']);
    const [first = 0, second = 0] = written.done.map(({ because }) => because.describedAtMs);
    expect(second - first).toBeGreaterThan(PROOF_AGE_MAX_MS);
    expect(written.aged).toEqual([]);
  });

  it('does not leave where the task has been told to stop since', async () => {
    const { fake, context } = agingWrite();
    fake.answers.RegisterTargets = () => {
      fake.answers.DescribeTasks = () => ok([stoppingTask('t4', '10.0.0.4')]);
      return ok(null);
    };
    const { written } = await passOver(context);
    expect(addressesOf(written.done)).toEqual(['10.0.0.1:8080']);
    expect(addressesOf(written.aged)).toEqual(['10.0.0.4:8080']);
  });

  it('does not leave where ECS does not know the task any more', async () => {
    const { fake, context } = agingWrite();
    fake.answers.RegisterTargets = () => {
      fake.answers.DescribeTasks = () => ok([]);
      return ok(null);
    };
    expect(addressesOf((await passOver(context)).written.aged)).toEqual(['10.0.0.4:8080']);
  });

  it('makes another pass where its proof cannot be had anew', async () => {
    const { fake, context } = agingWrite();
    // Its proof cannot be described anew.
    const answered = fake.answers.RegisterTargets;
    fake.answers.RegisterTargets = (input) => {
      fake.answers.DescribeTasks = () => fails('unavailable');
      return answered?.(input) ?? ok(null);
    };
    const { written, open } = await passOver(context);
    expect([written.done.length, written.aged.length, open.failed]).toEqual([1, 1, true]);
    expect(cacheOf(context).covered.size).toBe(0);
  });
});

describe('removals behind a registration that waited too long', () => {
  /** The removals of a pass in which the waiting registration's task is described anew, or cannot be. */
  async function removedBehind(isDescribed: boolean): Promise<string[]> {
    const stopping = stoppingTask('t5', '10.0.0.5');
    const waiting = runningTask('t4', '10.0.0.4');
    const targets = [target('10.0.0.4', 'draining'), target('10.0.0.5')];
    const fake = worldOf({ tasks: [RUNNING, waiting, stopping], targets });
    fake.callMs = (name) => (name === 'RegisterTargets' ? PROOF_AGE_MAX_MS + 1 : 0);
    const describing = fake.answers.DescribeTasks;
    fake.answers.RegisterTargets = () => {
      fake.answers.DescribeTasks = (input) =>
        isDescribed || !input.tasks.includes(waiting.arn) ? (describing?.(input) ?? ok([])) : fails('unavailable');
      return ok(null);
    };
    const context = contextOf(fake);
    context.cache.learn(stopping, START_MS);
    const { written } = await passOver(context);
    expect(addressesOf(written.aged)).toEqual(isDescribed ? [] : ['10.0.0.4:8080', '10.0.0.5:8080']);
    return addressesOf(written.done.filter(({ kind }) => kind === 'deregister'));
  }

  it('leave where its task was described anew, and not where that failed: what could not be read may be at their address', async () => {
    expect(await removedBehind(true)).toEqual(['10.0.0.5:8080']);
    expect(await removedBehind(false)).toEqual([]);
  });
});

describe('what another pass has read in the meantime', () => {
  it.each([
    ['takes the task out of rotation', { tasks: [RUNNING] }, { ...RUNNING, isHeld: true }],
    [
      'puts the task back into rotation',
      {
        targets: [target('10.0.0.1'), target('10.0.0.4')],
        tasks: [runningTask('t4', '10.0.0.4'), { ...RUNNING, isHeld: true }],
      },
      RUNNING,
    ],
  ])('stops a write when it %s', async (_, words, news) => {
    const fake = worldOf(words);
    const context = contextOf(fake);
    const { caller } = context;
    const original = caller.write.bind(caller);
    caller.write = (name, resource, write) => {
      context.cache.learn(news, START_MS);
      return original(name, resource, write);
    };
    const { written, open } = await passOver(context);
    expect([written.done, written.aged.length, open.failed]).toEqual([[], 1, true]);
    expect(fake.names.filter((name) => name.endsWith('egisterTargets'))).toEqual([]);
  });

  it('stops a write that it contradicts, and makes another pass', async () => {
    const { fake, context } = mixed();
    const { caller } = context;
    const original = caller.write.bind(caller);
    // The wait for the turn of the call is where another group's pass learns something.
    caller.write = (name, resource, write) => {
      context.cache.learn(stoppingTask('t1', '10.0.0.1'), START_MS);
      context.cache.learn(runningTask('heir', '10.0.0.2'), START_MS);
      return original(name, resource, write);
    };
    const pass = await passOver(context);
    expect([pass.written.aged.length, pass.open.failed]).toEqual([2, true]);
    expect(fake.names).not.toContain('RegisterTargets');
    expect(fake.names).not.toContain('DeregisterTargets');
  });
});

describe('the proofs of several writes', () => {
  const [registered, stopping, gone] = [
    RUNNING,
    stoppingTask('t5', '10.0.0.5'),
    stoppedTask('t6', '10.0.0.6', { stoppedAtMs: START_MS }),
  ];

  /** What a pass has planned of these tasks; the targets of those that are not to run are registered. */
  async function planned(...tasks: readonly DescribedTask[]) {
    const leaving = tasks.filter(({ desired }) => desired === 'STOPPED');
    const targets = leaving.map(({ ipv4 }) => target(ipv4 ?? ''));
    const fake = worldOf({ tasks, targets });
    const context = contextOf(fake);
    for (const task of leaving) context.cache.learn(task, START_MS);
    const reader = new TaskReader(context);
    const { snapshot } = await reader.read({ targets, hints: [], isListing: true });
    fake.asked.length = 0;
    return { fake, changes: planChanges(snapshot), proofs: new Proofs(context, reader, snapshot) };
  }

  it('are asked for in one call, and are as young as that', async () => {
    const { fake, changes, proofs } = await planned(registered, stopping);
    fake.clock.nowMs += PROOF_AGE_MAX_MS + 1;
    const renewed = await proofs.renew(changes);
    expect(fake.inputs('DescribeTasks')).toEqual([{ cluster: clusterArn(), tasks: [registered.arn, stopping.arn] }]);
    const describedAtMs = fake.clock.now();
    expect([...(renewed ?? []).values()]).toEqual(changes.map(({ because }) => ({ ...because, describedAtMs })));
  });

  it('are not asked for where one of the tasks has stopped: targets and lists have to be read again then', async () => {
    const { fake, changes, proofs } = await planned(stopping, gone);
    expect(changes.map(({ because }) => because.rule)).toEqual(['task is stopping', 'task has stopped']);
    expect(await proofs.renew(changes)).toBeUndefined();
    expect(fake.asked).toEqual([]);
    expect(await proofs.renew(changes.slice(0, 1))).toBeDefined();
  });

  it('are none where one of the tasks has come to its end since: its address may have a new owner', async () => {
    const other = stoppingTask('t7', '10.0.0.7');
    const { fake, changes, proofs } = await planned(stopping, other);
    fake.answers.DescribeTasks = describing(stopping, stoppedTask('t7', '10.0.0.7'));
    expect(await proofs.renew(changes)).toBeUndefined();
  });

  it('that could not be read keep every call with a removal back from then on, and no other', async () => {
    const { fake, changes, proofs } = await planned(registered, stopping);
    const both = [changes.slice(0, 1), changes.slice(1), changes];
    expect(both.map((each) => proofs.mayLeave(each))).toEqual([true, true, true]);
    fake.answers.DescribeTasks = () => fails('unavailable');
    await proofs.renew(changes);
    expect(both.map((each) => proofs.mayLeave(each))).toEqual([true, false, false]);
  });
});
