/** Plays one fault in a watched stack: how long until alarms ring, and until they clear once the cause is gone. */
import type { Transition } from '../../../scripts/simulator/alarms.ts';
import type { SettingsText } from '../../../scripts/simulator/deployment.ts';
import { compositeAlarms, metricAlarms } from '../../../scripts/tools/template/alarms.ts';
import { Told } from './told.ts';
import { LINE, MINUTE_MS, World } from './world.ts';

/** Alarms that reach the topic of those who want one page. */
const PAGING = new Set([
  ...compositeAlarms().map(({ name }) => name),
  ...metricAlarms().flatMap(({ name, pagesWithoutData }) => (pagesWithoutData ? [name] : [])),
]);
/** So long everything is well before the fault, and again after its end. */
const WELL_MS = 10 * MINUTE_MS;
/** Whatever has not cleared by then does not clear by itself. */
const CLEARS_WITHIN_MS = 30 * MINUTE_MS;

export interface Fault {
  readonly name: string;
  /** What the function says about it, among other things. */
  readonly kinds: readonly string[];
  /** Every alarm that rings, and no other. */
  readonly alarms: readonly string[];
  /** Those of them that clear before the end, as their own cause is gone by then. */
  readonly passes?: readonly string[];
  readonly settings?: Partial<SettingsText>;
  /** Somebody runs `drift` once a minute. */
  readonly runsDrift?: boolean;
  /** What is the case before, besides four tasks in step. */
  readonly prepare?: (world: World) => void;
  readonly begin: (world: World) => void | Promise<void>;
  /** Half an hour unless it says so. */
  readonly lastsMs?: number;
  /** What a person does about it, or what passes by itself. */
  readonly end: (world: World) => void;
}

export interface Ring {
  readonly alarm: string;
  readonly afterMs: number;
  /** From the end of the cause; undefined where it has not cleared. */
  readonly clearedAfterMs: number | undefined;
  readonly pages: boolean;
  /** More than once is flapping. */
  readonly times: number;
}

/** A kind of finding, from the fault to when it is told, and from the end of the cause to when it no longer stands. */
export interface Found {
  readonly kind: string;
  readonly afterMs: number;
  /** Undefined where it still stands at the end. */
  readonly endedAfterMs: number | undefined;
}

export interface Played {
  readonly fault: Fault;
  readonly rings: readonly Ring[];
  /** What was told since the fault, or stood then. */
  readonly found: readonly Found[];
  /** Kinds of the findings that the output CheckCommand lists when it has lasted so long. */
  readonly kinds: readonly string[];
  /** Alarms that rang before anything was wrong, or after it was over. */
  readonly falseAlarms: readonly string[];
}

export async function play(fault: Fault): Promise<Played> {
  const world = new World(fault.settings);
  const { watched } = world;
  const told = new Told(world);
  const rung = () => watched.alarms.transitions.filter(({ rings }) => rings);
  world.tag(LINE);
  fault.prepare?.(world);
  world.start(4);
  await watched.pass(WELL_MS);
  const early = rung().map(({ alarm }) => alarm);

  await fault.begin(world);
  const beganMs = world.nowMs;
  await pass(world, told, fault, fault.lastsMs ?? 30 * MINUTE_MS);
  const kinds = await told.without(() => world.kinds());

  fault.end(world);
  const endedMs = world.nowMs;
  await pass(world, told, fault, CLEARS_WITHIN_MS);
  const stuck = new Set(watched.alarms.ringing);
  const names = new Set(rung().map(({ alarm }) => alarm));
  // What rings so late after the end of its cause was not rung by it.
  const late = rung().filter(({ atMs }) => atMs > endedMs + WELL_MS);
  return {
    fault,
    rings: [...names].map((alarm) =>
      ringOf(watched.alarms.transitions, alarm, { beganMs, endedMs, isStuck: stuck.has(alarm) }),
    ),
    found: told.spans
      .filter(({ untilMs }) => untilMs === undefined || untilMs > beganMs)
      .map(({ kind, fromMs, untilMs }) => ({
        kind,
        afterMs: fromMs - beganMs,
        endedAfterMs: untilMs === undefined ? undefined : untilMs - endedMs,
      })),
    kinds,
    falseAlarms: [...early, ...late.map(({ alarm }) => alarm)],
  };
}

async function pass(world: World, told: Told, { runsDrift }: Fault, milliseconds: number): Promise<void> {
  const untilMs = world.nowMs + milliseconds;
  while (runsDrift === true && world.nowMs + MINUTE_MS <= untilMs) {
    await told.runDrift();
    await world.watched.pass(MINUTE_MS);
  }
  await world.watched.pass(untilMs - world.nowMs);
}

interface Cause {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly isStuck: boolean;
}

function ringOf(transitions: readonly Transition[], alarm: string, { beganMs, endedMs, isStuck }: Cause): Ring {
  const own = transitions.filter((transition) => transition.alarm === alarm);
  const first = own.find(({ rings }) => rings);
  const clearedMs = isStuck ? undefined : own.findLast(({ rings }) => !rings)?.atMs;
  return {
    alarm,
    afterMs: (first?.atMs ?? beganMs) - beganMs,
    clearedAfterMs: clearedMs === undefined ? undefined : clearedMs - endedMs,
    pages: PAGING.has(alarm),
    times: own.filter(({ rings }) => rings).length,
  };
}
