import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf, type Load, mostOf, type Step, sumOf } from '../../../scripts/cli/report/load.ts';
import { modelOf } from '../../../scripts/cli/report/model.ts';
import { SLOW_MS } from '../../../scripts/cli/report/stretches.ts';
import { lifeOf } from '../../../scripts/cli/report/tenure.ts';
import type { Timeline } from '../../../scripts/cli/report/timeline.ts';
import { anyTimeline, LENGTH_MS } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { churn, START_MS } from '../../support/timelines.ts';

const loadOf = (timeline: Timeline): Load => modelOf(timeline, []).load;
const countAt = (steps: readonly Step[], atMs: number): number => steps.findLast((step) => step.atMs <= atMs)?.count ?? 0;

function runningAt({ tasks }: Timeline, atMs: number): number {
  const lives = tasks.map(lifeOf);
  return lives.filter(({ runningMs, stoppingMs, endMs }) => runningMs <= atMs && atMs < Math.min(stoppingMs, endMs)).length;
}

function registeredAt({ targets }: Timeline, atMs: number): number {
  return targets.filter(({ fromMs, deregisteredMs = Number.POSITIVE_INFINITY }) => fromMs <= atMs && atMs < deregisteredMs)
    .length;
}

/** From when until when each of the tasks is in no group that runs so at that moment, though its service is bound to one. */
function absentAt({ tasks, targets, toMs }: Timeline, atMs: number): { fromMs: number; toMs: number }[] {
  return tasks.flatMap((task) => {
    const { runningMs, stoppingMs, endMs } = lifeOf(task);
    const overMs = Math.min(stoppingMs, endMs, toMs);
    const own = targets.filter(({ ip, fromMs }) => ip === task.ip && fromMs >= runningMs && fromMs < overMs);
    const [firstMs = overMs] = own.map(({ fromMs }) => fromMs).sort((one, other) => one - other);
    const isAbsent = task.group.startsWith('service:') && runningMs <= atMs && atMs < Math.min(firstMs, overMs);
    return isAbsent ? [{ fromMs: runningMs, toMs: firstMs }] : [];
  });
}

/** How many targets there are of whose address a task has ended before. */
function leftAt({ tasks, targets }: Timeline, atMs: number): number {
  const ended = new Set(tasks.filter((task) => lifeOf(task).endMs <= atMs).map(({ ip }) => ip));
  return targets.filter(
    ({ ip, fromMs, deregisteredMs = Number.POSITIVE_INFINITY }) => ended.has(ip) && fromMs <= atMs && atMs < deregisteredMs,
  ).length;
}

describe('the counts over time', () => {
  it('are at every moment what counting the tasks and targets gives', () => {
    const moment = fc.integer({ min: START_MS - 1, max: START_MS + LENGTH_MS + 1 });
    holds(
      fc.property(anyTimeline, moment, (timeline, atMs) => {
        const { running, registered } = loadOf(timeline);
        expect(countAt(running, atMs)).toBe(runningAt(timeline, atMs));
        expect(countAt(registered, atMs)).toBe(registeredAt(timeline, atMs));
      }),
    );
  });

  it('tell how many tasks run without being registered where they belong, and how many of these for too long', () => {
    holds(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (seed, share) => {
        const timeline = churn({ tasks: 40, seed });
        const atMs = Math.floor(timeline.fromMs + share * (timeline.toMs - timeline.fromMs));
        const { absent, wrong } = loadOf(timeline);
        const without = absentAt(timeline, atMs);
        const tooLong = without.filter(({ fromMs, toMs }) => toMs - fromMs > SLOW_MS).length;
        expect(countAt(absent, atMs)).toBe(without.length);
        expect(countAt(wrong, atMs)).toBeGreaterThanOrEqual(tooLong);
        expect(countAt(wrong, atMs)).toBeLessThanOrEqual(tooLong + leftAt(timeline, atMs));
      }),
      100,
    );
  });

  it('have one step for a moment, however much happens then', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        const times = loadOf(timeline).running.map(({ atMs }) => atMs);
        expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
      }),
    );
  });
});

describe('a stretch of the chart that can be pointed at', () => {
  const timeline = churn({ tasks: 60 });
  const load = loadOf(timeline);

  it('counts every call once', () => {
    const counted = bucketsOf(load, timeline).reduce((sum, { calls }) => sum + sumOf(calls), 0);
    expect(counted).toBe(timeline.calls.length);
    expect(counted).toBeGreaterThan(100);
  });

  it('knows the least and the most of what was counted in it', () => {
    for (const { fromMs, toMs, running } of bucketsOf(load, timeline)) {
      const moments = [fromMs, ...load.running.map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs && atMs < toMs)];
      const counts = moments.map((atMs) => runningAt(timeline, atMs));
      expect(running).toEqual({ least: Math.min(...counts), most: Math.max(...counts) });
    }
  });

  it('leaves what happens at its end to the next one', () => {
    const [at, second] = [START_MS + 1_000, { fromMs: START_MS, toMs: START_MS + 60_000 }];
    const running = [{ atMs: at, count: 1 }];
    const buckets = bucketsOf({ running, registered: [], absent: [], wrong: [], calls: [] }, second);
    const next = buckets.findIndex(({ fromMs }) => fromMs === at);
    expect(buckets[next - 1]?.running).toEqual({ least: 0, most: 0 });
    expect(buckets[next]?.running).toEqual({ least: 1, most: 1 });
  });

  it('is fine enough to point at a burst, and is there for the shortest time as well', () => {
    expect(bucketsOf(load, timeline).length).toBeGreaterThan(50);
    expect(bucketsOf(load, timeline).length).toBeLessThanOrEqual(121);
    expect(bucketsOf(load, { fromMs: START_MS, toMs: START_MS + 1 })).toHaveLength(1);
  });
});

describe('mostOf', () => {
  it('is zero where nothing was counted', () => {
    expect(mostOf([])).toBe(0);
    expect(
      mostOf([
        { atMs: 1, count: 2 },
        { atMs: 2, count: 1 },
      ]),
    ).toBe(2);
  });
});
