import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelOf } from '../../../scripts/cli/report/model.ts';
import { SLOW_MS } from '../../../scripts/cli/report/stretches.ts';
import type { TaskLane, Timeline } from '../../../scripts/cli/report/timeline.ts';
import { binsOf, spreadOf, type Wait, type Waits } from '../../../scripts/cli/report/waits.ts';
import { anyTimeline } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { START_MS, taskArnOf } from '../../support/timelines.ts';

const at = (ms: number, last: string, desired = 'RUNNING') => ({ atMs: START_MS + ms, last, desired });
const target = (fromMs: number, deregisteredMs?: number) => ({
  ...{ targetGroup: 'web', ip: '10.0.0.4', port: 80, fromMs: START_MS + fromMs, goneMs: undefined },
  deregisteredMs: deregisteredMs === undefined ? undefined : START_MS + deregisteredMs,
});

/** RUNNING at 1 s, told to stop at 30 s, over at 40 s. */
const TASK: TaskLane = {
  ...{ arn: taskArnOf('a'), group: 'service:web', ip: '10.0.0.4' },
  states: [at(0, 'PENDING'), at(1_000, 'RUNNING'), at(30_000, 'RUNNING', 'STOPPED'), at(40_000, 'STOPPED', 'STOPPED')],
};

function waitsOf(targets: Timeline['targets'], tasks: readonly TaskLane[] = [TASK], lengthMs = 60_000): Waits {
  const bindings = [{ group: 'service:web', targetGroup: 'web' }];
  const none = { changes: [], events: [], calls: [] };
  return modelOf({ fromMs: START_MS, toMs: START_MS + lengthMs, tasks, targets, bindings, ...none }, []).waits;
}

const lengths = (waits: readonly Wait[]): number[] => waits.map(({ ms }) => ms);

describe('the waits', () => {
  it('begin with RUNNING and with the order to stop', () => {
    const { served, left, unserved } = waitsOf([target(1_700, 31_200)]);
    expect([served, left, unserved].map(lengths)).toEqual([[700], [1_200], []]);
    expect(served[0]).toMatchObject({ taskArn: TASK.arn, targetGroup: 'web' });
  });

  it('are nothing where the address was a target already', () => {
    expect(lengths(waitsOf([target(500, 31_000)]).served)).toEqual([0]);
  });

  it('last up to the order to stop, or the end of what is known, where nobody registered the task', () => {
    expect(
      [waitsOf([]), waitsOf([], [TASK], 20_000), waitsOf([target(30_000)])].map(({ unserved }) => lengths(unserved)),
    ).toEqual([...[[29_000], [19_000], [29_000]]]);
  });

  it('do not count a target that passed on to the next task, or is still there', () => {
    const next = {
      ...TASK,
      arn: taskArnOf('b'),
      states: TASK.states.map((state) => ({ ...state, atMs: state.atMs + 45_000 })),
    };
    expect(lengths(waitsOf([target(1_500, 50_000)], [TASK, next]).left)).toEqual([]);
    expect(lengths(waitsOf([target(1_500)]).left)).toEqual([]);
    expect(lengths(waitsOf([target(1_500, 44_000)], [TASK, next]).left)).toEqual([14_000]);
  });

  it('are of every running task and its groups once, whatever the timeline is like', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        const { groups, waits } = modelOf(timeline, []);
        for (const { lanes, targetGroups } of groups) {
          for (const { task, target: stretches } of lanes) {
            const all = [...waits.served, ...waits.unserved].filter(({ taskArn }) => taskArn === task?.arn);
            const hasRun = all.length > 0;
            expect(all).toHaveLength(hasRun ? targetGroups.length : 0);
            const gaps = stretches.filter(({ kind }) => kind === 'waiting' || kind === 'missing');
            if (gaps.some(({ fromMs }) => fromMs < timeline.toMs)) expect(hasRun).toBe(true);
          }
        }
      }),
    );
  });
});

const anyWaits = fc
  .array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 30 })
  .map((all) => all.sort((one, other) => one - other).map((ms) => ({ ms, taskArn: '', targetGroup: '' })));

describe('the spread', () => {
  it('has half of the waits up to the median, nine of ten up to the next, and all up to the worst', () => {
    holds(
      fc.property(anyWaits, (waits) => {
        const spread = spreadOf(waits);
        const upTo = (ms = 0): number => waits.filter((wait) => wait.ms <= ms).length / waits.length;
        expect(spread === undefined).toBe(waits.length === 0);
        if (spread === undefined) return;
        const { count, medianMs, ninetyMs, worstMs } = spread;
        expect([count, upTo(medianMs) >= 0.5, upTo(ninetyMs) >= 0.9, upTo(worstMs)]).toEqual([waits.length, true, true, 1]);
        for (const ms of [medianMs, ninetyMs, worstMs]) expect(lengths(waits)).toContain(ms);
        expect(waits.filter(({ ms }) => ms < medianMs).length / waits.length).toBeLessThan(0.5);
        expect(waits.filter(({ ms }) => ms < ninetyMs).length / waits.length).toBeLessThan(0.9);
      }),
    );
  });
});

describe('the bins', () => {
  it('have every wait once, from the shortest to the longest, without a gap', () => {
    holds(
      fc.property(anyWaits, (waits) => {
        const bins = binsOf(waits);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(waits.length);
        for (const [index, { fromMs, toMs, count }] of bins.entries()) {
          expect(count).toBe(waits.filter(({ ms }) => fromMs <= ms && ms < toMs).length);
          expect(bins[index + 1]?.fromMs ?? toMs).toBe(toMs);
        }
        for (const bin of [bins[0], bins.at(-1)]) expect(bin?.count).not.toBe(0);
      }),
    );
  });

  it('are slow from the border on at which a registration is', () => {
    const bins = binsOf([SLOW_MS - 1, SLOW_MS].map((ms) => ({ ms, taskArn: '', targetGroup: '' })));
    expect(bins.map(({ count, isSlow }) => [count, isSlow])).toEqual([
      [1, false],
      [1, true],
    ]);
  });
});
