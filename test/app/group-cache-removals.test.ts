/** Since when removals are proved, and how many may be made within a minute. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupCache } from '../../functions/app/group-cache.ts';
import { changeKey } from '../../functions/core/guard.ts';
import { type Change, planChanges } from '../../functions/core/plan.ts';
import { holds } from '../support/arbitraries.ts';
import { START_MS } from '../support/ports.ts';
import { aSnapshot, at, runningTask, stoppingTask, target } from '../support/values.ts';

const [add, stopping] = planChanges(
  aSnapshot({
    tasks: [runningTask('t1', '10.0.0.1'), stoppingTask('t2', '10.0.0.2')],
    targets: [target('10.0.0.2')],
  }),
);
if (add === undefined || stopping === undefined) throw new Error('The test expects a registration and a removal.');
const removal: Change = stopping;

function remove(group: GroupCache, count: number): void {
  group.noteWritten({ done: Array.from({ length: count }, () => removal), refused: [] }, START_MS);
}

describe('removals', () => {
  it('keep since when their tasks are known to have ended, for as long as they are planned, and others keep nothing', () => {
    const group = new GroupCache();
    const ended = { ...stopping, because: { ...stopping.because, rule: 'task has stopped' as const } };
    const other = { ...ended, address: at('10.0.0.3') };
    // A target is planned to leave because its task stops or a line drains long before its task ends.
    group.noteProofs([add, stopping], START_MS - 5);
    expect(group.provedAtMs).toEqual(new Map());
    group.noteProofs([add, ended], START_MS);
    group.noteProofs([other, ended], START_MS + 5);
    expect(group.provedAtMs).toEqual(
      new Map([
        [changeKey(other), START_MS + 5],
        [changeKey(ended), START_MS],
      ]),
    );
    expect(group.ended).toEqual(
      new Map([
        [other.address, { task: other.because.task }],
        [ended.address, { task: ended.because.task }],
      ]),
    );
    group.noteProofs([], START_MS + 9);
    expect([group.provedAtMs, group.ended]).toEqual([new Map(), new Map()]);
  });

  it.each([
    [100, 75, 75],
    [1_000, 75, 750],
    [1_000, 70, 700],
    [101, 75, 75],
    [102, 75, 76],
    [100, 100, 100],
    [100, 1, 20],
    [26, 75, 20],
    [10, 75, 20],
  ])('of a group of %i may be, at %i percent, %i within a minute', (registered, percent, expected) => {
    expect(new GroupCache().removalsLeft(registered, percent, START_MS)).toBe(expected);
  });

  it('are measured by the most targets of the minute, and a new minute begins anew', () => {
    const group = new GroupCache();
    const left = (registered: number, ms: number): number => group.removalsLeft(registered, 75, START_MS + ms);
    expect([left(60, 0), left(100, 1_000)]).toEqual([45, 75]);
    remove(group, 75);
    expect([left(25, 2_000), left(40, 3_000), left(40, 59_999)]).toEqual([0, 15, 15]);
    remove(group, 15);
    expect([left(25, 59_999), left(25, 60_000)]).toEqual([0, 20]);
  });

  it('never leave less of a group than its share, but for the first twenty of a minute', () => {
    const step = fc.record({ joins: fc.nat(40), asks: fc.nat(200), pauseMs: fc.nat(20_000) });
    holds(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 100 }), fc.array(step), (size, percent, steps) => {
        const group = new GroupCache();
        let [nowMs, registered, peak, removed, sinceMs] = [START_MS, size, size, 0, START_MS];
        group.removalsLeft(registered, percent, nowMs);
        for (const { joins, asks, pauseMs } of steps) {
          nowMs += pauseMs;
          registered += joins;
          if (nowMs - sinceMs >= 60_000) [sinceMs, peak, removed] = [nowMs, 0, 0];
          peak = Math.max(peak, registered);
          const leaving = Math.min(registered, asks, Math.max(0, group.removalsLeft(registered, percent, nowMs)));
          remove(group, leaving);
          registered -= leaving;
          removed += leaving;
          if (leaving > 0 && removed > 20) expect(registered).toBeGreaterThanOrEqual((peak * (100 - percent)) / 100);
        }
      }),
    );
  });

  it('are counted alone: what is registered spends nothing of the budget', () => {
    const group = new GroupCache();
    group.removalsLeft(100, 75, START_MS);
    group.noteWritten({ done: [add], refused: [] }, START_MS);
    expect(group.budget?.removed).toBe(0);
    remove(group, 1);
    expect(group.budget?.removed).toBe(1);
  });

  it('are counted for nobody before a pass has asked for the budget', () => {
    const group = new GroupCache();
    remove(group, 3);
    expect(group.budget).toBeUndefined();
  });
});
