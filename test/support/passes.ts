/** One group at the ports: a world that has it, and the context of a pass over it. */

import { createCache, type GroupCache, groupCache } from '../../functions/app/cache.ts';
import { Caller } from '../../functions/app/caller.ts';
import type { PassContext } from '../../functions/app/context.ts';
import type { Target } from '../../functions/core/target.ts';
import type { Task } from '../../functions/core/task.ts';
import { describing, FakeAws, ok, page, START_MS } from './ports.ts';
import { aGroup, binding, groupArn } from './values.ts';

interface Words {
  readonly targets?: readonly Target[];
  readonly tasks?: readonly Task[];
  /** The tasks in the list of the running ones; those that are to run by default. */
  readonly listed?: readonly Task[];
}

/** A group with these targets, and an ECS that knows these tasks; every write is taken. */
export function worldOf({
  targets = [],
  tasks = [],
  listed = tasks.filter(({ desired }) => desired === 'RUNNING'),
}: Words): FakeAws {
  return new FakeAws({
    DescribeTargetHealth: () => ok(targets),
    ListTasks: ({ desired }) => page(desired === 'RUNNING' ? listed : tasks.filter(({ desired: of }) => of === 'STOPPED')),
    DescribeTasks: describing(...tasks),
    RegisterTargets: () => ok(null),
    DeregisterTargets: () => ok(null),
  });
}

/** A pass that messages asked for, without hints, in a cold environment. */
export function contextOf(fake: FakeAws, words: Partial<PassContext> = {}, line = 'service=app port=8080'): PassContext {
  return {
    bound: { group: aGroup(), feeds: [{ binding: binding(line, 'enforce'), native: false }], bindingReadAtMs: undefined },
    hints: [],
    trigger: 'messages',
    firstProofMs: new Map(),
    caller: new Caller(fake.world, fake.clock, new Map(), START_MS + 10_000_000),
    clock: fake.clock,
    cache: createCache(),
    ...words,
  };
}

/** What the environment of the pass remembers of the group. */
export function cacheOf({ cache }: Pick<PassContext, 'cache'>): GroupCache {
  return groupCache(cache, groupArn());
}
