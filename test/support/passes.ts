/** One group at the ports: a world that has it, and the context of a pass over it. */

import { createCache, type GroupCache, groupCache } from '../../functions/app/cache.ts';
import { Caller } from '../../functions/app/caller.ts';
import type { Invocation } from '../../functions/app/invocation.ts';
import { runPass } from '../../functions/app/pass.ts';
import type { BoundGroup } from '../../functions/core/configuration.ts';
import type { Pass } from '../../functions/core/report.ts';
import type { Target } from '../../functions/core/target.ts';
import type { Task } from '../../functions/core/task.ts';
import { describing, FakeAws, ok, page, START_MS } from './ports.ts';
import { aGroup, groupArn, parsedBinding } from './values.ts';

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

/** An invocation, with the group that a pass is to run over. */
export interface PassContext extends Invocation {
  readonly bound: BoundGroup;
  readonly firstProofMs: ReadonlyMap<string, number>;
}

/** A pass that messages asked for, without hints, in a cold environment. */
export function contextOf(fake: FakeAws, words: Partial<PassContext> = {}, line = 'service=app port=8080'): PassContext {
  const { world: api, clock } = fake;
  const cache = words.cache ?? createCache();
  const settings = { clusters: [], targetGroups: [], cloudMapServices: [], binding: '', mode: 'enforce' as const };
  return {
    bound: boundGroup(line),
    firstProofMs: new Map(),
    environment: { settings, api, clock, cache, configuration: undefined, configurationInFlight: undefined },
    hints: [],
    trigger: 'messages',
    deadlineMs: START_MS + 10_000_000,
    caller: new Caller(api, clock, new Map(), START_MS + 10_000_000),
    clock,
    cache,
    reporter: silent,
    ...words,
  };
}

export function passOver(context: PassContext): Promise<Pass> {
  return runPass(context, context.bound, context.firstProofMs);
}

/** A group that is bound by the lines. */
export function boundGroup(...lines: readonly string[]): BoundGroup {
  const bindings = lines.map((line) => ({ ...parsedBinding(line), native: false }));
  return { group: aGroup(), bindings, bindingsReadAtMs: undefined };
}

const silent: Invocation['reporter'] = {
  configured: () => undefined,
  passed: () => undefined,
  checked: () => undefined,
  called: () => undefined,
};

/** What the environment of the pass has cached of the group. */
export function cacheOf({ cache }: Pick<PassContext, 'cache'>): GroupCache {
  return groupCache(cache, groupArn());
}
