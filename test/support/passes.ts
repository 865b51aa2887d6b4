/** One group at the ports: a world that has it, and an invocation that passes over it. */
import type { Cache } from '../../functions/app/cache.ts';
import type { GroupCache } from '../../functions/app/group-cache.ts';
import {
  beginInvocation,
  createEnvironment,
  forGroup,
  type GroupInvocation,
  type Invocation,
} from '../../functions/app/invocation.ts';
import { type Listing, runPass } from '../../functions/app/pass.ts';
import type { ReadConfiguration } from '../../functions/app/read-configuration.ts';
import { type BoundGroup, type Copies, NO_COPIES, resolveConfiguration } from '../../functions/core/configuration.ts';
import type { Pass } from '../../functions/core/report.ts';
import type { Target } from '../../functions/core/target.ts';
import type { DescribedTask, Task } from '../../functions/core/task.ts';
import { describing, FakeAws, ok, page, START_MS } from './ports.ts';
import {
  aGroup,
  aService,
  aSettings,
  groupArn,
  parsedBinding,
  runningTask,
  stoppedTask,
  stoppingTask,
  target,
} from './values.ts';

interface Words {
  readonly targets?: readonly Target[];
  readonly tasks?: readonly DescribedTask[];
  /** The tasks in the list of the running ones; those that are to run by default. */
  readonly listed?: readonly Task[];
}

/** A group with these targets, and an ECS that knows these tasks; every write is taken, and nothing was ever recorded. */
export function worldOf({
  targets = [],
  tasks = [],
  listed = tasks.filter(({ desired }) => desired === 'RUNNING'),
}: Words): FakeAws {
  return new FakeAws({
    DescribeTargetHealth: () => ok(targets),
    ListTasks: ({ desired }) => page(desired === 'RUNNING' ? listed : tasks.filter(({ desired: of }) => of === 'STOPPED')),
    DescribeTasks: describing(...tasks),
    DescribeServices: ({ names }) => ok(names.map((name) => aService(name))),
    ListServices: () => ok({ items: [], nextToken: undefined }),
    FilterLogEvents: () => ok({ items: [], nextToken: undefined }),
    RegisterTargets: () => ok(null),
    DeregisterTargets: () => ok(null),
  });
}

/** An invocation with the group that a pass is to run over, and whether it lists every task. */
export interface PassContext extends GroupInvocation {
  readonly listing: Listing;
}

/** A pass that messages asked for, in a cold environment; it has no hints and lists every task unless the test says otherwise. */
export function contextOf(fake: FakeAws, words: Partial<PassContext> = {}, ...lines: readonly string[]): PassContext {
  const environment = words.environment ?? createEnvironment({ settings: aSettings(), api: fake.world, clock: fake.clock });
  const request = { trigger: words.trigger ?? 'messages', hints: words.hints ?? [], deadlineMs: START_MS + 10_000_000 };
  const bound = words.bound ?? boundGroup(...(lines.length === 0 ? ['service=app port=8080'] : lines));
  return {
    ...forGroup(beginInvocation(environment, { ...request, ...words }, words.reporter ?? silent), bound),
    listing: 'full',
    ...words,
  };
}

export function passOver(context: PassContext): Promise<Pass> {
  return runPass(context, context.listing);
}

/** A group that is bound by the lines. */
export function boundGroup(...lines: readonly string[]): BoundGroup {
  const bindings = lines.map((line) => ({
    ...parsedBinding(line),
    native: false,
    deployments: new Set<string>(),
    lacksConfirmation: false,
  }));
  return { group: aGroup(), bindings, bindingsReadAtMs: undefined };
}

/** The bindings as they were read, of which a pass uses little more than whether the stack is paused. */
export function aReading(words: Partial<Copies> = {}): ReadConfiguration {
  const configuration = resolveConfiguration(aSettings(), NO_COPIES);
  return { configuration, failures: [], copies: { ...NO_COPIES, ...words }, readAtMs: START_MS, groupsReadAtMs: START_MS };
}

export const RUNNING = runningTask('t1', '10.0.0.1');
export const STOPPING = stoppingTask('t2', '10.0.0.2');
/** One task to register and one to remove. */
export const MIXED = { targets: [target('10.0.0.2')], tasks: [RUNNING, STOPPING] };

/** The environment knows of the one that it stops. */
export function mixed() {
  const fake = worldOf(MIXED);
  const context = contextOf(fake);
  context.cache.learn(STOPPING, START_MS);
  return { fake, context };
}

const silent: Invocation['reporter'] = {
  configured: () => undefined,
  passed: () => undefined,
  checked: () => undefined,
  recorded: () => undefined,
  ended: () => undefined,
};

/** What the environment of the pass has cached of the group. */
export function cacheOf({ cache }: { readonly cache: Cache }): GroupCache {
  return cache.group(groupArn());
}

/** Why a pass held what it did not do. */
export const reasons = ({ held }: Pass): string[] => held.map(({ because }) => because);

/** A group with the target of a task that has stopped so long ago, which this environment knows; `undefined`: ECS does not say when. */
export function ended(
  agoMs: number | undefined,
  ...others: readonly DescribedTask[]
): { fake: FakeAws; context: PassContext; gone: DescribedTask } {
  const gone = stoppedTask('t3', '10.0.0.3', { stoppedAtMs: agoMs === undefined ? undefined : START_MS - agoMs });
  const fake = worldOf({ targets: [target('10.0.0.3')], tasks: [gone, ...others] });
  const context = contextOf(fake);
  context.cache.learn(gone, START_MS);
  return { fake, context, gone };
}
