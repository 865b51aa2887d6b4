/** Lists come from shelves that are kept up to date. Whatever happens, they have to say what a look at every task would say. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clusterArn } from '../../scripts/simulator/account.ts';
import { VirtualClock } from '../../scripts/simulator/clock.ts';
import { Ecs, type TaskRecord, type TaskSpec } from '../../scripts/simulator/ecs.ts';

const CLUSTERS = [clusterArn('prod'), clusterArn('test')] as const;
const GROUPS = ['service:app', 'service:api', 'family:app'] as const;
const DEFINITIONS = ['app:1', 'app:2', 'api:1'] as const;
const TIMING = { provisioningMs: 1_000, pendingMs: 2_000, stoppingMs: 3_000, deprovisioningMs: 4_000 };
const HOUR_MS = 3_600_000;

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('start'), cluster: fc.nat(1), group: fc.nat(2), definition: fc.nat(2) }),
    fc.record({ kind: fc.constantFrom('stop', 'crash', 'copy', 'take out', 'revive'), task: fc.nat(20) }),
    fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(0, 1, 500, 5_000, 20_000, HOUR_MS, HOUR_MS + 30_000) }),
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

const QUESTIONS = CLUSTERS.flatMap((clusterArn) =>
  [...GROUPS.map((group) => ({ clusterArn, group })), { clusterArn, family: 'app' }, { clusterArn }].flatMap((wanted) =>
    (['RUNNING', 'STOPPED'] as const).flatMap((desired) =>
      [0, 3_000, 30_000].map((behindMs) => ({ wanted, desired, behindMs })),
    ),
  ),
);

it('lists of tasks are what a look at every task would give, at any lag and in the order of their making', () => {
  let tasksListed = 0;
  fc.assert(
    fc.property(steps, (story) => {
      const clock = new VirtualClock();
      const ecs = new Ecs(clock, () => undefined);
      const made: TaskRecord[] = [];
      for (const step of story) {
        if ('definition' in step) made.push(ecs.start(specOf(step)));
        else if ('ms' in step) pass(clock, step.ms);
        else change(ecs, made[step.task % Math.max(1, made.length)], step.kind);
        for (const { wanted, desired, behindMs } of QUESTIONS) {
          const found = ecs.listed(wanted, desired, behindMs);
          const expected = lookAtAll(ecs, wanted).filter((task) => ecs.seen(task, behindMs)?.desired === desired);
          expect(namesOf(found)).toBe(namesOf(expected));
          tasksListed += found.length;
        }
      }
    }),
    { seed: 4711, numRuns: 100 },
  );
  // A property over empty lists would hold whatever the shelves do.
  expect(tasksListed).toBeGreaterThan(10_000);
});

function namesOf(tasks: readonly TaskRecord[]): string {
  return tasks.map(({ id }) => id.slice(-4)).join();
}

function lookAtAll(
  ecs: Ecs,
  wanted: { readonly clusterArn: string; readonly group?: string; readonly family?: string },
): TaskRecord[] {
  return [...ecs.tasks.values()].filter(
    ({ clusterArn, group, definition }) =>
      clusterArn === wanted.clusterArn &&
      (wanted.group === undefined || group === wanted.group) &&
      (wanted.family === undefined || definition.startsWith(`${wanted.family}:`)),
  );
}

function specOf({ cluster, group, definition }: Readonly<Record<'cluster' | 'group' | 'definition', number>>): TaskSpec {
  return {
    clusterArn: CLUSTERS[cluster] ?? CLUSTERS[0],
    group: GROUPS[group] ?? GROUPS[0],
    definition: DEFINITIONS[definition] ?? DEFINITIONS[0],
    timing: TIMING,
  };
}

function pass(clock: VirtualClock, milliseconds: number): void {
  const untilMs = clock.now() + milliseconds;
  while (clock.step(untilMs));
  clock.jump(untilMs);
}

function change(ecs: Ecs, task: TaskRecord | undefined, kind: string): void {
  if (task === undefined) return;
  if (kind === 'stop') ecs.stop(task);
  if (kind === 'crash') ecs.crash(task);
  // Whoever changes the timing of a task stops a copy of its record.
  if (kind === 'copy') ecs.stop({ ...task, timing: { ...task.timing, stoppingMs: 60_000 } });
  if (kind === 'take out') ecs.tasks.delete(task.arn);
  // Captured events may come in any order: a task that had ended runs again.
  if (kind === 'revive' && ecs.tasks.has(task.arn)) {
    const state = { version: 9, last: 'RUNNING', desired: 'RUNNING' as const, interface: 'NONE' };
    const nothing = { ipv4: undefined, ipv6: undefined, startedAtMs: undefined, stoppingAtMs: undefined };
    ecs.adopt(task, { ...state, ...nothing, stoppedAtMs: undefined });
  }
}

it('the pages of a list are cut from one list while nothing changes', () => {
  const ecs = new Ecs(new VirtualClock(), () => undefined);
  for (let count = 0; count < 3; count += 1) ecs.start({ clusterArn: CLUSTERS[0], group: 'service:app', definition: 'app:1' });
  const ask = () => ecs.listed({ clusterArn: CLUSTERS[0], group: 'service:app' }, 'RUNNING', 0);
  const first = ask();
  expect(ask()).toBe(first);
  ecs.start({ clusterArn: CLUSTERS[0], group: 'service:app', definition: 'app:1' });
  expect(ask()).toHaveLength(4);
});
