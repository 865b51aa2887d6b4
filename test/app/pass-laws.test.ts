/** The laws behind the examples of a pass, over worlds in which tasks, targets, lists and descriptions are in any state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TargetsOfGroup } from '../../functions/app/ports.ts';
import { selectorKey } from '../../functions/core/binding.ts';
import { membersOf, type Snapshot } from '../../functions/core/snapshot.ts';
import { type Target, targetOf } from '../../functions/core/target.ts';
import { type DescribedTask, definitionKey } from '../../functions/core/task.ts';
import { holdsInTime, world } from '../support/arbitraries.ts';
import { contextOf, passOver } from '../support/passes.ts';
import { FakeAws, fails, ok, page, START_MS } from '../support/ports.ts';
import { aService } from '../support/values.ts';

/** The tasks with what their tags say. */
function knownTo({ tasks, held }: Snapshot): DescribedTask[] {
  return [...tasks.values()].map((task) => ({ ...task, isHeld: held?.has(task.arn) === true }));
}

/** An account that is as the snapshot says, and whose group takes every write. */
function accountOf(snapshot: Snapshot) {
  const { targets: given, bindings, tasks, describedAtMs, definitions } = snapshot;
  let targets: readonly Target[] = given;
  const named = ({ targets: asked }: TargetsOfGroup) => new Set(asked.map(({ id, port }) => `${id} ${port}`));
  const fake = new FakeAws({
    DescribeTargetHealth: () => ok(targets),
    ListTasks: ({ selector, desired }) => {
      const binding = bindings.find((each) => selectorKey(each.selector) === selectorKey(selector));
      if (binding?.list === 'failed') return fails('denied');
      if (binding?.list === 'gone') return fails('gone');
      const stopped = [...tasks.values()].filter((task) => task.desired === 'STOPPED');
      return page(desired === 'STOPPED' ? stopped : [...(binding?.listed ?? [])].map((arn) => ({ arn })));
    },
    FilterLogEvents: () => ok({ items: [], nextToken: undefined }),
    ListServices: () => ok({ items: [], nextToken: undefined }),
    DescribeServices: ({ names }) => ok(names.map((name) => aService(name, { deployments: [] }))),
    DescribeTasks: ({ tasks: asked }) =>
      ok(knownTo(snapshot).filter(({ arn }) => asked.includes(arn) && describedAtMs.has(arn))),
    DescribeTaskDefinition: (task) => {
      const known = definitions?.get(definitionKey(task));
      return known === undefined ? fails('denied') : ok(known);
    },
    RegisterTargets: (input) => {
      const left = targets.filter(({ descriptor }) => !named(input).has(`${descriptor.id} ${descriptor.port}`));
      targets = [...left, ...input.targets.map((descriptor) => targetOf(descriptor, 'initial', undefined))];
      return ok(null);
    },
    DeregisterTargets: (input) => {
      const isNamed = ({ descriptor }: Target): boolean => named(input).has(`${descriptor.id} ${descriptor.port}`);
      targets = targets.map((target) => (isNamed(target) ? { ...target, state: 'draining' } : target));
      return ok(null);
    },
  });
  return fake;
}

/** The world with an environment that knows its tasks, and a pass over its group. */
function start(snapshot: Snapshot) {
  const fake = accountOf(snapshot);
  const bound = { group: snapshot.group, bindings: snapshot.bindings, bindingsReadAtMs: undefined };
  const context = contextOf(fake, { bound });
  for (const task of knownTo(snapshot)) context.cache.learn(task, START_MS);
  return { fake, pass: () => passOver(context) };
}

describe('in every world', () => {
  it('a second pass over the same world writes nothing', async () => {
    await holdsInTime(
      fc.asyncProperty(world, async (snapshot) => {
        const { fake, pass } = start(snapshot);
        const first = await pass();
        const writes = fake.inputs('RegisterTargets').length + fake.inputs('DeregisterTargets').length;
        const second = await pass();
        expect(second.written.done).toEqual([]);
        expect(fake.inputs('RegisterTargets').length + fake.inputs('DeregisterTargets').length).toBe(writes);
        expect(second.held.length).toBeLessThanOrEqual(first.held.length);
      }),
      60,
    );
  });

  it('no write names an address that is not ours', async () => {
    await holdsInTime(
      fc.asyncProperty(world, async (snapshot) => {
        const ours = new Set(membersOf(snapshot).map(({ address }) => address));
        const { written } = await start(snapshot).pass();
        for (const { address } of written.done) expect(ours).toContain(address);
      }),
      60,
    );
  });

  it('nothing is removed after a list or a description that failed', async () => {
    await holdsInTime(
      fc.asyncProperty(world, async (snapshot) => {
        const { fake, pass } = start(snapshot);
        const { failures, written } = await pass();
        if (!snapshot.bindings.some(({ list }) => list === 'failed')) return;
        expect(failures.length).toBeGreaterThan(0);
        expect(written.done.filter(({ kind }) => kind === 'deregister')).toEqual([]);
        expect(fake.names).not.toContain('DeregisterTargets');
      }),
      60,
    );
  });

  it('every change that is planned is done, held or refused, and none is forgotten', async () => {
    await holdsInTime(
      fc.asyncProperty(world, async (snapshot) => {
        const { planned, written, held } = await start(snapshot).pass();
        const told = [...written.done, ...held.map(({ change }) => change)].map(({ kind, address }) => `${kind} ${address}`);
        expect(told.toSorted()).toEqual(planned.map(({ kind, address }) => `${kind} ${address}`).toSorted());
      }),
      60,
    );
  });
});
