/** What fast-check draws from, and the one seed that makes each run the same. */
import fc from 'fast-check';
import { selects } from '../../functions/core/binding.ts';
import type { ListedBinding, Snapshot } from '../../functions/core/snapshot.ts';
import type { Target } from '../../functions/core/target.ts';
import {
  type DesiredStatus,
  definitionKey,
  type HealthStatus,
  type InterfaceStatus,
  type LastStatus,
  phaseOf,
  type Task,
} from '../../functions/core/task.ts';
import type { IpFamily } from '../../functions/core/values.ts';
import { aDefinition, aGroup, binding, clusterArn, ip, port, target, taskArn } from './values.ts';

/** A fixed seed: a mutant must not live or die by luck, and a failure tells the same scenario on every machine. */
export const SEED = 20_261_122;

/** Whether a mutant is at work: then it is enough that a property fails, and nobody needs its smallest example. */
const endOnFailure = process.env['MUTATED'] !== undefined;

/** Checks a property with the fixed seed. */
export function holds<Ts>(property: fc.IRawProperty<Ts, false>, numRuns = 300): void {
  fc.assert(property, { seed: SEED, numRuns, endOnFailure });
}

/** Checks a property of something that waits, with the fixed seed. */
export async function holdsInTime<Ts>(property: fc.IAsyncProperty<Ts>, numRuns = 100): Promise<void> {
  await fc.assert(property, { seed: SEED, numRuns, endOnFailure });
}

const LAST: readonly LastStatus[] = [
  ...(['UNKNOWN', 'PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING'] as const),
  ...(['DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED', 'DELETED'] as const),
];
const DESIRED: readonly DesiredStatus[] = ['UNKNOWN', 'PENDING', 'RUNNING', 'STOPPED'];
const INTERFACE: readonly InterfaceStatus[] = [
  ...(['NONE', 'PRECREATED', 'CREATED', 'ATTACHING', 'ATTACHED'] as const),
  ...(['DETACHING', 'DETACHED', 'DELETED', 'FAILED'] as const),
];

const HEALTH: readonly HealthStatus[] = ['UNKNOWN', 'UNHEALTHY', 'HEALTHY'];

// Parsed as they are drawn: a parser that refuses them must fail the tests of the parser, and not the loading of this file.
const ipv4 = fc.constantFrom(undefined, '10.0.0.1', '10.0.0.2').map((text) => text && ip(text));
const ipv6 = fc.constantFrom(undefined, '2001:db8::1', '2001:db8::2').map((text) => text && ip(text));

/** Any reading of one task, be it one that ECS would never give: the join has to hold for all of them. */
export const anyReading: fc.Arbitrary<Task> = fc.record({
  arn: fc.constant('t1').map((id) => taskArn(id)),
  cluster: fc.constant('prod').map((name) => clusterArn(name)),
  version: fc.nat(9),
  desired: fc.constantFrom(...DESIRED),
  last: fc.constantFrom(...LAST),
  group: fc.constantFrom('', 'service:app', 'service:api'),
  startedBy: fc.constantFrom('', 'ecs-svc/1', 'ecs-svc/2'),
  definition: fc.constantFrom('', 'app:7', 'app:8'),
  interface: fc.constantFrom(...INTERFACE),
  ipv4,
  ipv6,
  startedAtMs: fc.option(fc.nat(), { nil: undefined }),
  stoppingAtMs: fc.option(fc.nat(), { nil: undefined }),
  stoppedAtMs: fc.option(fc.nat(), { nil: undefined }),
  zone: fc.constantFrom(undefined, 'eu-west-1a', 'eu-west-1b'),
  health: fc.constantFrom(...HEALTH),
});

const hexGroup = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 0xfe80, 0xff02) },
);

/** One group of an IPv6 address in one of the ways in which it may be written. */
const writtenGroup = (value: number): fc.Arbitrary<string> =>
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()).map(([digits, isUpper]) => {
    const text = value.toString(16).padStart(digits, '0');
    return isUpper ? text.toUpperCase() : text;
  });

/** An IPv6 address in any of its spellings, with or without `::`. */
export const ipv6Spelling: fc.Arbitrary<string> = fc
  .array(hexGroup, { minLength: 8, maxLength: 8 })
  .chain((values) =>
    fc.record({
      values: fc.constant(values),
      texts: fc.tuple(...values.map(writtenGroup)),
      from: fc.nat(7),
      length: fc.integer({ min: 0, max: 8 }),
    }),
  )
  .map(({ values, texts, from, length }) => {
    const run = values.slice(from, from + length);
    if (run.length === 0 || run.some((value) => value !== 0)) return texts.join(':');
    return `${texts.slice(0, from).join(':')}::${texts.slice(from + run.length).join(':')}`;
  });

/** Where tasks come from: three selectors that lines can name, and two that none does. */
const OWNERS = [
  { group: 'service:app', definition: 'app:7', deployment: 'ecs-svc/app' },
  { group: 'service:api', definition: 'api:1', deployment: 'ecs-svc/api' },
  { group: 'family:nightly', definition: 'nightly:3', deployment: 'a person' },
  { group: 'service:other', definition: 'app:7', deployment: 'ecs-svc/other' },
  { group: '', definition: 'other:1', deployment: '' },
] as const;
const NAMED = ['service=app', 'service=api', 'family=nightly'] as const;
/** What `port=http` means; the definitions of the others do not name it, or nobody has read them. */
const DEFINITIONS = [
  ['app:7', [{ name: 'http', port: 8080 }]],
  ['api:1', [{ name: 'http', port: 9090 }]],
  ['nightly:3', [{ name: undefined, port: 8080 }]],
] as const;
const DEPLOYMENTS = { 'service=app': ['ecs-svc/app'], 'service=api': ['ecs-svc/api'], 'family=nightly': [] } as const;

/** The states that a task can be found in, the usual ones more often. */
const taskState = fc.oneof(
  { weight: 6, arbitrary: stateOf('RUNNING', 'RUNNING', 'ATTACHED') },
  { weight: 1, arbitrary: stateOf('RUNNING', 'RUNNING', 'NONE') },
  { weight: 1, arbitrary: stateOf('RUNNING', 'PENDING', 'ATTACHING') },
  { weight: 1, arbitrary: stateOf('RUNNING', 'ACTIVATING', 'ATTACHED') },
  { weight: 1, arbitrary: stateOf('UNKNOWN', 'RUNNING', 'ATTACHED') },
  { weight: 1, arbitrary: stateOf('STOPPED', 'RUNNING', 'ATTACHED') },
  { weight: 1, arbitrary: stateOf('STOPPED', 'DEACTIVATING', 'ATTACHED') },
  { weight: 1, arbitrary: stateOf('STOPPED', 'STOPPING', 'ATTACHED') },
  { weight: 1, arbitrary: stateOf('STOPPED', 'DEPROVISIONING', 'DETACHING') },
  { weight: 2, arbitrary: stateOf('STOPPED', 'STOPPED', 'DELETED') },
  { weight: 1, arbitrary: stateOf('STOPPED', 'UNKNOWN', 'ATTACHED') },
);

function stateOf(
  desired: DesiredStatus,
  last: LastStatus,
  status: InterfaceStatus,
): fc.Arbitrary<Pick<Task, 'desired' | 'last' | 'interface'>> {
  return fc.constant({ desired, last, interface: status });
}

const taskDraft = fc.record({
  owner: fc.oneof({ weight: 2, arbitrary: fc.constant(OWNERS[0]) }, { weight: 2, arbitrary: fc.constantFrom(...OWNERS) }),
  state: taskState,
  slot: fc.integer({ min: 1, max: 5 }),
  families: fc.constantFrom('both', 'both', 'both', 'ipv4', 'ipv6', 'none'),
  /** Text that anybody may write, and the deployment of its service only where ECS started it. */
  isDeployed: fc.boolean(),
  version: fc.nat(9),
  startedAtMs: fc.option(fc.nat(5_000), { nil: undefined }),
  health: fc.constantFrom<HealthStatus>('HEALTHY', 'UNHEALTHY', 'UNKNOWN'),
  isHeld: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  zone: fc.constantFrom(undefined, 'eu-west-1a'),
  /** A list may lag: it may lack a task that runs, and still name one that has been told to stop. */
  isListedRight: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  isDescribed: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
});
type TaskDraft = typeof taskDraft extends fc.Arbitrary<infer Draft> ? Draft : never;

const lineDraft = fc.record({
  selector: fc.constantFrom(NAMED[0], ...NAMED),
  port: fc.constantFrom('8080', '8080', '9090', 'http'),
  zone: fc.constantFrom('', '', ' zone=all', ' zone=task', ' zone=eu-west-1b'),
  ready: fc.constantFrom('', '', ' ready=healthy'),
  mode: fc.constantFrom('', '', '', '', ' mode=drain', ' mode=observe', ' mode=register-only'),
  lacksConfirmation: fc.boolean(),
});

const targetDraft = fc.record({
  slot: fc.integer({ min: 1, max: 6 }),
  port: fc.constantFrom(8080, 8080, 8080, 9090, 80),
  state: fc.constantFrom('initial', 'healthy', 'unhealthy', 'unhealthy.draining', 'unused', 'draining', 'unavailable'),
  zone: fc.constantFrom(undefined, 'all', 'eu-west-1a'),
});

const worldDraft = fc.record({
  family: fc.constantFrom<IpFamily>('ipv4', 'ipv6'),
  lines: fc.uniqueArray(lineDraft, { minLength: 1, maxLength: 4, selector: ({ selector, port }) => `${selector} ${port}` }),
  natives: fc.subarray([...NAMED], { maxLength: 1 }),
  /** Services whose deployments are known. */
  described: fc.subarray([...NAMED]),
  lists: fc.record({ 'service=app': listState(), 'service=api': listState(), 'family=nightly': listState() }),
  tasks: fc.array(taskDraft, { minLength: 3, maxLength: 14, size: 'max' }),
  targets: fc.uniqueArray(targetDraft, {
    minLength: 2,
    maxLength: 9,
    size: 'max',
    selector: ({ slot, port }) => `${slot} ${port}`,
  }),
});
type AwsDraft = typeof worldDraft extends fc.Arbitrary<infer Draft> ? Draft : never;

function listState(): fc.Arbitrary<ListedBinding['list']> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant('read' as const) },
    { weight: 2, arbitrary: fc.constantFrom<ListedBinding['list'][]>('gone', 'failed', 'unread') },
  );
}

/** When the tasks of a generated world were described. */
export const DESCRIBED_AT_MS = 10_000;

/**
 * A world as one pass may see it: tasks in every phase, targets in every state, addresses that went from one task to the next,
 * lists and descriptions with gaps. What holds an interface holds its address alone, as in any VPC.
 */
export const world = drawnOnce(worldDraft.map((draft) => snapshotOf(draft, 'with gaps')));

/** The same worlds read without a gap, with no other writer: every task listed right and described. */
export const wholeAws = drawnOnce(worldDraft.map((draft) => snapshotOf(draft, 'whole')));

/**
 * The same 400 worlds for all properties of a worker: to draw one costs ten times as much as to plan for it. They are sorted by their
 * size, so that a failure shrinks to a small one.
 */
function drawnOnce(worlds: fc.Arbitrary<Snapshot>): fc.Arbitrary<Snapshot> {
  const numRuns = 400;
  let drawn: readonly Snapshot[] | undefined;
  return fc.nat(numRuns - 1).map((index) => {
    drawn ??= fc.sample(worlds, { seed: SEED, numRuns }).sort((one, other) => sizeOf(one) - sizeOf(other));
    const snapshot = drawn[index];
    if (snapshot === undefined) throw new Error('Fewer worlds were drawn than asked for.');
    return snapshot;
  });
}

function sizeOf({ bindings, tasks, targets }: Snapshot): number {
  return bindings.length + tasks.size + targets.length;
}

function snapshotOf(draft: AwsDraft, view: 'with gaps' | 'whole'): Snapshot {
  const { family, lines, natives, lists, tasks, targets } = draft;
  const made = placeTasks(tasks);
  const isWhole = view === 'whole';
  const described = made.filter((each) => isWhole || each.draft.isDescribed);
  return {
    group: aGroup({ family }),
    targets: targets.map((each) => targetAt(each, family)),
    bindings: lines.map(({ selector, port: name, zone, ready, mode, lacksConfirmation }): ListedBinding => {
      const text = `${selector} port=${name}${zone}${ready}${mode}`;
      const meant = made.filter(({ task }) => selects(binding(text).selector, task));
      const listed = meant.filter((each) => (each.task.desired === 'RUNNING') === (isWhole || each.draft.isListedRight));
      const list = isWhole ? 'read' : lists[selector];
      const native = !isWhole && selector !== 'family=nightly' && natives.includes(selector);
      return binding(text, {
        native,
        lacksConfirmation: mode === ' mode=drain' && lacksConfirmation,
        deployments: draft.described.includes(selector) ? DEPLOYMENTS[selector] : [],
        list,
        listed: list === 'read' ? listed.map(({ task }) => task) : [],
      });
    }),
    tasks: new Map(made.map(({ task }) => [task.arn, task])),
    describedAtMs: new Map(described.map(({ task }) => [task.arn, DESCRIBED_AT_MS])),
    held: new Set(made.filter((each) => each.draft.isHeld).map(({ task }) => task.arn)),
    definitions: new Map(
      DEFINITIONS.map(([definition, ports]) => [
        definitionKey({ cluster: clusterArn(), definition }),
        aDefinition({ ports: ports.map((each) => ({ ...each, port: port(each.port) })) }),
      ]),
    ),
  };
}

/** Gives each task its address. One that has let go of its interface may share it with a later owner, others may not. */
function placeTasks(drafts: readonly TaskDraft[]): { readonly task: Task; readonly draft: TaskDraft }[] {
  const taken = new Set<number>();
  return drafts.map((draft, index) => {
    const task = taskOf(draft, index, draft.slot);
    if (phaseOf(task) === 'released') return { task, draft };
    const slot = taken.has(draft.slot) ? 100 + index : draft.slot;
    taken.add(slot);
    return { task: taskOf(draft, index, slot), draft };
  });
}

function taskOf(draft: TaskDraft, index: number, slot: number): Task {
  const { owner, isDeployed, state, families, version, startedAtMs, health, zone } = draft;
  return {
    arn: taskArn(`t${index}`),
    cluster: clusterArn(),
    version,
    ...state,
    group: owner.group,
    startedBy: isDeployed ? owner.deployment : 'ecs-svc/old',
    definition: owner.definition,
    ipv4: families === 'both' || families === 'ipv4' ? ip(`10.0.0.${slot}`) : undefined,
    ipv6: families === 'both' || families === 'ipv6' ? ip(`2001:db8::${slot}`) : undefined,
    startedAtMs,
    health,
    zone,
  };
}

function targetAt(draft: typeof targetDraft extends fc.Arbitrary<infer Draft> ? Draft : never, family: IpFamily): Target {
  const address = family === 'ipv4' ? `10.0.0.${draft.slot}` : `2001:db8::${draft.slot}`;
  return target(address, draft.state, { port: draft.port, ...(draft.zone === undefined ? {} : { zone: draft.zone }) });
}

/** The same snapshot with everything that has no order read in another one. */
export function reordered(snapshot: Snapshot): fc.Arbitrary<Snapshot> {
  const { targets, bindings, tasks, describedAtMs } = snapshot;
  const shuffled = <Item>(items: readonly Item[]): fc.Arbitrary<Item[]> =>
    fc.shuffledSubarray([...items], { minLength: items.length });
  return fc
    .record({
      targets: shuffled(targets),
      bindings: shuffled(bindings),
      tasks: shuffled([...tasks]),
      described: shuffled([...describedAtMs]),
    })
    .map((lists) => ({
      ...snapshot,
      targets: lists.targets,
      bindings: lists.bindings,
      tasks: new Map(lists.tasks),
      describedAtMs: new Map(lists.described),
    }));
}
