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

describe('what befalls one group of a stack', () => {
  const SIZE = { groups: 10, tasks: 20, replaced: 1, stopsAfterMs: 40_000 } as const;
  const WATCHED_MS = 300_000;

  it.each(['delivered', 'lost'] as const)(
    '60 draining targets that ELB refuses for an hour delay no registration of another group by 3 s, events %s',
    async (events) => {
      const without = await runSize({ ...SIZE, events });
      const result = await runSize({ ...SIZE, events, hardship: { refusedTargets: 60, watchMs: WATCHED_MS } });
      const laterMs = result.registerMs.map((ms, index) => ms - (without.registerMs[index] ?? 0));
      expect(laterMs).toHaveLength(SIZE.groups);
      expect(Math.max(...laterMs)).toBeLessThanOrEqual(3_000);
      expect(result).toMatchObject({ deadLetters: 0, failedInvocations: 0, refusedRegistered: 0 });
      // Without them there are none to refuse; with them, ELB has been asked for them and has said no.
      expect(result.calls.get('RegisterTargets')).toBeGreaterThan(without.calls.get('RegisterTargets') ?? 0);
    },
  );

  it.each([false, true])(
    '10,000 tasks that stopped within the hour, and a foreign target, delay no proved removal beyond 12 s (crashes: %s)',
    async (crashes) => {
      const hardship = { stoppedTasks: 10_000, crashes };
      const result = await runSize({ groups: 5, tasks: 20, replaced: 4, events: 'delivered', hardship });
      expect(result.deregisterMs).toHaveLength(20);
      expect(Math.max(...result.deregisterMs)).toBeLessThanOrEqual(12_000);
      expect(result).toMatchObject({ deadLetters: 0, failedInvocations: 0, foreignLeft: 1 });
      // The search was under way: a page of the list of stopped tasks has a hundred of them.
      expect(result.calls.get('ListTasks')).toBeGreaterThan(10);
    },
  );
});
