/** Many seeds: what they found, added up, and a failing one made as small as it gets. */
import { EPOCH_MS } from '../../scripts/simulator/clock.ts';
import { ACTS, playAct } from './acts.ts';
import { CHURN_MS, FAULT_CLASSES, type FaultClass, type FaultMixOptions } from './fault-mix.ts';
import { runScenario, type ScenarioResult } from './scenario.ts';

/** What one seed came to, small enough to be handed from thread to thread. */
export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly liveRemovals: number;
  readonly unseenRemovals: number;
  readonly outOfStepMs: number;
  readonly leftovers: ScenarioResult['leftovers'];
  readonly marks: readonly string[];
  readonly hash: string;
}

/** The smallest scenario that still fails. */
export interface Shrunk {
  readonly seed: number;
  readonly classes: readonly FaultClass[];
  readonly churnMs: number;
  readonly violation: string;
}

/** States that a campaign has to reach before its silence means anything: a fault that never fired proves nothing. */
export const SOMETIMES: readonly string[] = [
  'RegisterTargets: InvalidTarget',
  'RegisterTargets: Throttling',
  'RegisterTargets: TooManyTargets',
  'RegisterTargets: no answer in time',
  'DeregisterTargets: Throttling',
  'DeregisterTargets: no answer in time',
  'DescribeTags: AccessDenied',
  'DescribeTargetHealth: InternalFailure',
  'ListTasks: ServiceNotFoundException',
  'ListTasks: no answer in time',
  'a proof grew too old before its write',
  'a read was behind a hint',
  'change: task has stopped',
  'change: task is running',
  'change: task is stopping',
  'change: binding drains',
  'failure: out-of-time',
  'finding: contested',
  'finding: empty-list',
  'finding: foreign',
  'finding: refused',
  'finding: unproven',
  'finding: waiting',
  'held: ECS manages this group',
  'held: a read failed',
  'held: contested',
  'held: observe',
  'held: refused before',
  'held: waits for confirmation',
  'held: bindings are older than a minute',
  'invocation: killed',
  'invocation: timed out',
  'killed after a write',
  'killed before a write',
  'message: ignored',
  'message: unreadable',
  'an address was wanted again while it drained',
  'a list had a second page',
  'a confirmation found the address taken',
  'an event was lost in an outage',
  'the stopped list was searched',
];

/** Fewer seeds than this are no campaign: rare states may not have come up. */
export const SOMETIMES_FROM_SEEDS = 3_000;

export async function runSeed(seed: number, options: FaultMixOptions = {}): Promise<SeedReport> {
  const { violations, liveRemovals, unseenRemovals, outOfStepMs, leftovers, marks, hash } = await runScenario(seed, options);
  const told = violations.map(describeViolation);
  const live = liveRemovals === 0 ? [] : [`LIVE removals in the true world: ${liveRemovals}`];
  return {
    seed,
    violations: [...told, ...live],
    liveRemovals,
    unseenRemovals,
    outOfStepMs,
    leftovers,
    marks: [...marks].sort(),
    hash,
  };
}

/** One act by its name, told as the seed has it. */
export async function runAct(seed: number, name: string): Promise<Pick<SeedReport, 'seed' | 'violations'>> {
  const act = ACTS.find((each) => each.name === name);
  if (act === undefined) throw new Error(`There is no act "${name}"; there are: ${ACTS.map((each) => each.name).join('; ')}.`);
  return { seed, violations: (await playAct(act, seed)).map(describeViolation) };
}

/** Leaves out fault classes and cuts the scenario short, as long as it still fails. */
export async function shrink(seed: number, options: FaultMixOptions = {}): Promise<Shrunk | undefined> {
  const whole = await failure(seed, new Set(FAULT_CLASSES), CHURN_MS, options);
  if (whole === undefined) return undefined;
  let smallest: Shrunk = whole;
  for (const each of whole.classes) {
    const without: ReadonlySet<FaultClass> = new Set(smallest.classes.filter((other) => other !== each));
    smallest = (await failure(seed, without, smallest.churnMs, options)) ?? smallest;
  }
  for (let churnMs = 10_000; churnMs < smallest.churnMs; churnMs += 10_000) {
    const shorter = await failure(seed, new Set(smallest.classes), churnMs, options);
    if (shorter !== undefined) return shorter;
  }
  return smallest;
}

async function failure(
  seed: number,
  allowed: ReadonlySet<FaultClass>,
  churnMs: number,
  options: FaultMixOptions,
): Promise<Shrunk | undefined> {
  const result = await runScenario(seed, { ...options, allowed, churnMs });
  const violation = firstViolation(result);
  if (violation === undefined) return undefined;
  return { seed, classes: [...result.mix.classes], churnMs, violation };
}

function firstViolation({ violations: [first], liveRemovals }: ScenarioResult): string | undefined {
  if (first !== undefined) return describeViolation(first);
  return liveRemovals > 0 ? `LIVE removals in the true world: ${liveRemovals}` : undefined;
}

function describeViolation({ invariant, atMs, environment, detail }: ScenarioResult['violations'][number]): string {
  return `${invariant} at ${((atMs - EPOCH_MS) / 1_000).toFixed(3)} s, environment ${environment}: ${detail}`;
}
