/** The laws behind the examples of plan.test.ts, over worlds in which tasks, targets, lists and descriptions are in any state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selects } from '../../functions/core/binding.ts';
import { type Change, planChanges } from '../../functions/core/plan.ts';
import {
  isReady,
  type ListedBinding,
  membersOf,
  registeredAddresses,
  type Snapshot,
  wantedAddresses,
} from '../../functions/core/snapshot.ts';
import { type Target, targetOf } from '../../functions/core/target.ts';
import { isLive, isServing, phaseOf, type Task } from '../../functions/core/task.ts';
import { DESCRIBED_AT_MS, holds, reordered, wholeAws, world } from '../support/arbitraries.ts';

/** What the group looks like once ELB has taken the changes. */
function applied(snapshot: Snapshot, changes: readonly Change[]): Snapshot {
  const removed = new Set(changes.filter(({ kind }) => kind === 'deregister').map(({ address }) => address));
  const added = changes.filter(({ kind }) => kind === 'register');
  const addedAddresses = new Set(added.map(({ address }) => address));
  const targets: Target[] = [
    ...snapshot.targets
      .filter(({ address }) => !addedAddresses.has(address))
      .map((each) => (removed.has(each.address) ? { ...each, state: 'draining' } : each)),
    ...added.map(({ descriptor }) => targetOf(descriptor, 'initial', undefined)),
  ];
  return { ...snapshot, targets };
}

function taskOf(snapshot: Snapshot, change: Change): Task {
  const task = snapshot.tasks.get(change.because.task);
  if (task === undefined) throw new Error('The change names a task that nobody knows.');
  return task;
}

describe('in every world', () => {
  it('planning again after the changes changes nothing', () => {
    holds(
      fc.property(world, (snapshot) => {
        expect(planChanges(applied(snapshot, planChanges(snapshot)))).toEqual([]);
      }),
    );
  });

  it('no change names an address that is not ours', () => {
    holds(
      fc.property(world, (snapshot) => {
        const ours = new Set(membersOf(snapshot).map(({ address }) => address));
        for (const change of planChanges(snapshot)) expect(ours).toContain(change.address);
      }),
    );
  });

  it('nothing is removed where a wanted task is live', () => {
    holds(
      fc.property(world, (snapshot) => {
        const wanted = wantedAddresses(membersOf(snapshot));
        const removed = planChanges(snapshot).filter(({ kind }) => kind === 'deregister');
        for (const { address } of removed) expect(wanted).not.toContain(address);
      }),
    );
  });

  it('each change carries the proof that this pass has read, of a task that its binding means', () => {
    holds(
      fc.property(world, (snapshot) => {
        for (const change of planChanges(snapshot)) {
          const task = taskOf(snapshot, change);
          const { version, last, desired } = task;
          expect(change.because).toMatchObject({ version, last, desired, describedAtMs: DESCRIBED_AT_MS });
          expect(snapshot.describedAtMs.has(task.arn)).toBe(true);
          expect(selects(change.binding.selector, task)).toBe(true);
          expect(snapshot.bindings).toContain(change.binding);
        }
      }),
    );
  });

  it('a removal is proved by a task told to stop, by a line that drains, or by the tag of the task', () => {
    holds(
      fc.property(world, (snapshot) => {
        for (const change of planChanges(snapshot).filter(({ kind }) => kind === 'deregister')) {
          const isDrained = change.because.rule === 'binding drains' && change.binding.drain;
          const isHeld = change.because.rule === 'task is on hold' && snapshot.held?.has(change.because.task) === true;
          expect(taskOf(snapshot, change).desired === 'STOPPED' || isDrained || isHeld).toBe(true);
        }
      }),
    );
  });

  it('a removal rests on the proof that needs the least care, and on one of a line that may write where there is one', () => {
    const care = (binding: ListedBinding, task: Task): number =>
      (binding.writes && !binding.native ? 0 : 2) + (phaseOf(task) === 'released' ? 1 : 0);
    holds(
      fc.property(world, (snapshot) => {
        const owners = membersOf(snapshot).filter(({ task }) => snapshot.describedAtMs.has(task.arn));
        for (const change of planChanges(snapshot).filter(({ kind }) => kind === 'deregister')) {
          const cares = owners
            .filter(({ address }) => address === change.address)
            .map(({ binding, task }) => care(binding, task));
          expect(care(change.binding, taskOf(snapshot, change))).toBe(Math.min(...cares));
        }
      }),
    );
  });

  it('only tasks that are proved, described and serving are registered, and no line that drains registers', () => {
    holds(
      fc.property(world, (snapshot) => {
        for (const { kind, binding, because } of planChanges(snapshot)) {
          if (kind === 'deregister') continue;
          const task = snapshot.tasks.get(because.task);
          const isDeployed = task !== undefined && binding.deployments.has(task.startedBy);
          expect(isDeployed || binding.listed.has(because.task) || binding.selector.kind === 'family').toBe(true);
          expect(task !== undefined && isServing(task)).toBe(true);
          expect(binding.drain).toBe(false);
        }
      }),
    );
  });

  it('each address is changed at most once', () => {
    holds(
      fc.property(world, (snapshot) => {
        const addresses = planChanges(snapshot).map(({ address }) => address);
        expect(new Set(addresses).size).toBe(addresses.length);
        expect(addresses.toSorted()).toEqual(addresses);
      }),
    );
  });

  it('a removal repeats the descriptor that ELB gave, and nothing that drains is removed', () => {
    holds(
      fc.property(world, (snapshot) => {
        const registered = snapshot.targets.filter(({ state }) => state !== 'draining').map(({ descriptor }) => descriptor);
        for (const change of planChanges(snapshot).filter(({ kind }) => kind === 'deregister')) {
          expect(registered).toContain(change.descriptor);
        }
      }),
    );
  });

  it('health decides nothing: only whether a target drains does', () => {
    const state = fc.constantFrom('initial', 'healthy', 'unhealthy', 'unhealthy.draining', 'unused', 'unavailable');
    holds(
      fc.property(world, state, (snapshot, other) => {
        const targets = snapshot.targets.map((each) => (each.state === 'draining' ? each : { ...each, state: other }));
        const plan = (seen: Snapshot): unknown => planChanges(seen).map((change) => ({ ...change, state: undefined }));
        expect(plan({ ...snapshot, targets })).toEqual(plan(snapshot));
      }),
    );
  });

  it('the order in which anything was read does not matter', () => {
    const both = world.chain((snapshot) => fc.tuple(fc.constant(snapshot), reordered(snapshot)));
    const essence = (snapshot: Snapshot): unknown => planChanges(snapshot).map((change) => ({ ...change, binding: undefined }));
    holds(
      fc.property(both, ([one, other]) => {
        expect(essence(other)).toEqual(essence(one));
      }),
    );
  });
});

describe('in every world that is read whole', () => {
  it('the group receives exactly what serves and what is not ours', () => {
    holds(
      fc.property(wholeAws, (snapshot) => {
        const members = membersOf(snapshot);
        const serving = members.filter((member) => !member.binding.drain && isReady(member));
        const owned = new Set(members.map(({ address }) => address));
        const live = new Set(
          members
            .filter(({ binding, task, isHeld }) => !binding.drain && isLive(task) && !isHeld)
            .map(({ address }) => address),
        );
        const before = registeredAddresses(snapshot.targets);
        const kept = [...before].filter((address) => !owned.has(address) || live.has(address));
        const after = registeredAddresses(applied(snapshot, planChanges(snapshot)).targets);
        expect(after).toEqual(new Set([...serving.map(({ address }) => address), ...kept]));
      }),
    );
  });
});
