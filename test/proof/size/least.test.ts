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

  it('begins with the scheduled run where events are lost', () => {
    expect(leastMs({ groups: 30, tasks: 1_000, events: 'lost', replaced: 1 })).toBe(59_000);
    expect(leastMs({ groups: 30, tasks: 1_000, events: 'lost', replaced: 1, scheduleAfterMs: 30_000 })).toBe(30_000);
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
