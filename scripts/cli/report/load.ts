/** What the account was up to over time: tasks, targets and calls, counted. */
import type { Lane } from './lanes.ts';
import type { StretchKind } from './stretches.ts';
import { lifeOf } from './tenure.ts';
import { stepFor } from './ticks.ts';
import type { Timeline } from './timeline.ts';

/** A number that holds from a moment on. */
export interface Step {
  readonly atMs: number;
  readonly count: number;
}

export interface Load {
  readonly running: readonly Step[];
  readonly registered: readonly Step[];
  /** Running, and not in a target group that the task belongs in. */
  readonly absent: readonly Step[];
  /** Of these, what lasts too long; and what is in a group after its end. */
  readonly wrong: readonly Step[];
  readonly calls: Timeline['calls'];
}

/** A stretch of time between two grid lines, and what happened in it. */
export interface Bucket {
  readonly fromMs: number;
  readonly toMs: number;
  readonly running: Bounds;
  readonly registered: Bounds;
  readonly absent: Bounds;
  readonly wrong: Bounds;
  readonly calls: ReadonlyMap<string, number>;
}

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Fine enough for a burst to stand out, coarse enough to point at. */
const BUCKETS_MAX = 120;

export function loadOf(timeline: Timeline, lanes: readonly Lane[]): Load {
  const lives = timeline.tasks.map(lifeOf);
  const stretches = (...kinds: readonly StretchKind[]): Step[] =>
    stepsOf(
      lanes.flatMap(({ target }) =>
        target.filter(({ kind }) => kinds.includes(kind)).map(({ fromMs, toMs }) => [fromMs, toMs] as const),
      ),
    );
  return {
    running: stepsOf(lives.map(({ runningMs, stoppingMs, endMs }) => [runningMs, Math.min(stoppingMs, endMs)])),
    registered: stepsOf(
      timeline.targets.map(({ fromMs, deregisteredMs = Number.POSITIVE_INFINITY }) => [fromMs, deregisteredMs]),
    ),
    absent: stretches('waiting', 'missing'),
    wrong: stretches('missing', 'stale'),
    calls: timeline.calls.toSorted((one, other) => one.atMs - other.atMs),
  };
}

export function bucketsOf(load: Load, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Bucket[] {
  const step = stepFor(toMs - fromMs, BUCKETS_MAX);
  const first = Math.floor(fromMs / step);
  const count = Math.max(1, Math.ceil(toMs / step) - first);
  const calls = Map.groupBy(load.calls, ({ atMs }) => Math.floor(atMs / step) - first);
  const [running, registered] = [new Reader(load.running), new Reader(load.registered)];
  const [absent, wrong] = [new Reader(load.absent), new Reader(load.wrong)];
  return Array.from({ length: count }, (_, index) => {
    const bucket = { fromMs: (first + index) * step, toMs: (first + index + 1) * step };
    return {
      ...bucket,
      running: running.within(bucket.fromMs, bucket.toMs),
      registered: registered.within(bucket.fromMs, bucket.toMs),
      absent: absent.within(bucket.fromMs, bucket.toMs),
      wrong: wrong.within(bucket.fromMs, bucket.toMs),
      calls: tally((calls.get(index) ?? []).map(({ operation }) => operation)),
    };
  });
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

export function mostOf(steps: readonly Step[]): number {
  return steps.reduce((most, { count }) => Math.max(most, count), 0);
}

/** How many of these stretches hold at a time, one step for every moment at which that changes. */
function stepsOf(stretches: readonly (readonly [number, number])[]): Step[] {
  const changes = stretches
    .filter(([fromMs, toMs]) => fromMs < toMs)
    .flatMap(([fromMs, toMs]) => [
      { atMs: fromMs, by: 1 },
      { atMs: toMs, by: -1 },
    ])
    .filter(({ atMs }) => Number.isFinite(atMs))
    .sort((one, other) => one.atMs - other.atMs);
  const steps: Step[] = [];
  let count = 0;
  for (const [index, { atMs, by }] of changes.entries()) {
    count += by;
    if (changes[index + 1]?.atMs !== atMs) steps.push({ atMs, count });
  }
  return steps;
}

/** Walks along the steps once, bucket by bucket. */
class Reader {
  readonly #steps: readonly Step[];
  #next = 0;
  #count = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  within(fromMs: number, toMs: number): Bounds {
    this.#walk(fromMs);
    let [least, most] = [this.#count, this.#count];
    for (let step = this.#steps[this.#next]; step !== undefined && step.atMs < toMs; step = this.#steps[this.#next]) {
      this.#walk(step.atMs);
      least = Math.min(least, this.#count);
      most = Math.max(most, this.#count);
    }
    return { least, most };
  }

  #walk(untilMs: number): void {
    for (let step = this.#steps[this.#next]; step !== undefined && step.atMs <= untilMs; step = this.#steps[this.#next]) {
      this.#count = step.count;
      this.#next += 1;
    }
  }
}

function tally(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words.toSorted()) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
