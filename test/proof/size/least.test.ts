import { describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../../scripts/simulator/buckets.ts';
import { VirtualClock } from '../../../scripts/simulator/clock.ts';
import { bucketMs, leastMs } from './least.ts';

describe('the least time', () => {
  it.each([1, 20, 21, 60, 100])(
    'is when the simulated account lets the last of %i writes through, however early one tries',
    (calls) => {
      const clock = new VirtualClock(0);
      const buckets = new TokenBuckets(clock);
      buckets.othersUse = 0.5;
      for (let taken = 0; taken < calls; ) {
        if (isTaken(() => buckets.take('RegisterTargets'))) taken += 1;
        else clock.jump(clock.now() + 10);
      }
      expect(clock.now()).toBe(bucketMs('elb-write', calls));
    },
  );

  it('is 20 s for two changes in each of 30 groups at one moment, and 5 s where the old tasks stop later', () => {
    const size = { groups: 30, tasks: 1_000, events: 'delivered', replaced: 1 } as const;
    expect(leastMs(size)).toBe(20_000);
    expect(leastMs({ ...size, stopsAfterMs: 40_000 })).toBe(5_000);
  });

  it.each([
    [59_000, 59_000],
    // The run before was under way for so long that it may still have seen the change in some groups.
    [58_000, 58_000],
    [57_999, 77_999],
    [30_000, 50_000],
  ])('begins with the scheduled run, %i ms after the change, where events are lost: %i ms', (scheduleAfterMs, expected) => {
    expect(leastMs({ groups: 30, tasks: 1_000, events: 'lost', replaced: 1, scheduleAfterMs })).toBe(expected);
  });
});

function isTaken(take: () => void): boolean {
  try {
    take();
    return true;
  } catch {
    return false;
  }
}
