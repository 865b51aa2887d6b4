/** The promised size, made small enough for every run: more groups than a call may name, and a schedule that has to do it all. */
import { describe, expect, it } from 'vitest';
import { runSize } from './scene.ts';

/** The next scheduled run comes at most 60 s after the change, and has to get to every group. */
const PROMISED_MS = 75_000;

describe('a stack of many groups', () => {
  it.each([
    { groups: 20, tasks: 5, replaced: 1 },
    { groups: 21, tasks: 5, replaced: 1 },
    { groups: 30, tasks: 20, replaced: 3 },
  ])('of $groups with $tasks tasks each is in step within 75 s when all events are lost', async (size) => {
    const { registerMs, deregisterMs, deadLetters, failedInvocations } = await runSize({ ...size, events: 'lost' });
    expect([registerMs.length, deregisterMs.length]).toEqual([size.groups * size.replaced, size.groups * size.replaced]);
    expect(Math.max(...registerMs, ...deregisterMs)).toBeLessThanOrEqual(PROMISED_MS);
    expect([deadLetters, failedInvocations]).toEqual([0, 0]);
  });

  it('registers and removes by events with nothing left for the schedule', async () => {
    const { registerMs, deregisterMs, deadLetters } = await runSize({ groups: 30, tasks: 5, replaced: 1, events: 'delivered' });
    expect(Math.max(...registerMs, ...deregisterMs)).toBeLessThanOrEqual(30_000);
    expect(deadLetters).toBe(0);
  });
});
