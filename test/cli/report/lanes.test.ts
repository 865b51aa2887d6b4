import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Lane, layOut, nounOf } from '../../../scripts/cli/report/lanes.ts';
import type { TaskLane, Timeline } from '../../../scripts/cli/report/timeline.ts';
import { anyTimeline } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { churn, START_MS, taskArnOf } from '../../support/timelines.ts';

const EMPTY: Timeline = {
  ...{ fromMs: START_MS, toMs: START_MS + 60_000 },
  ...{ tasks: [], targets: [], changes: [], events: [], calls: [], bindings: [] },
};

function task(id: string, words: Partial<TaskLane> = {}): TaskLane {
  const states = [{ atMs: START_MS, last: 'RUNNING', desired: 'RUNNING' }];
  return { arn: taskArnOf(id), group: 'service:web', ip: '10.0.0.4', states, ...words };
}

const lanesOf = (timeline: Timeline): readonly Lane[] => layOut(timeline).flatMap(({ lanes }) => lanes);

describe('the lanes', () => {
  it('hold every task, change and event exactly once, whatever the timeline is like', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        const lanes = lanesOf(timeline);
        expect(lanes.flatMap((lane) => lane.task ?? []).sort(byArn)).toEqual(timeline.tasks.toSorted(byArn));
        expect(new Set(lanes.flatMap(({ changes }) => changes))).toEqual(new Set(timeline.changes));
        expect(lanes.flatMap(({ changes }) => changes)).toHaveLength(timeline.changes.length);
        expect(new Set(lanes.flatMap(({ events }) => events))).toEqual(new Set(timeline.events));
        expect(lanes.flatMap(({ events }) => events)).toHaveLength(timeline.events.length);
      }),
    );
  });

  it('show a stretch as stale exactly where a fault was played', () => {
    const timeline = churn({ tasks: 300, lengthMs: 600_000 });
    const late = timeline.tasks.filter(({ arn, states }) => {
      const endMs = states.find(({ last }) => last === 'STOPPED')?.atMs;
      const came = timeline.changes.some(({ kind, taskArn }) => kind === 'register' && taskArn === arn);
      const leftMs = timeline.changes.find(({ kind, taskArn }) => kind === 'deregister' && taskArn === arn)?.atMs;
      return endMs !== undefined && came && (leftMs ?? timeline.toMs) > endMs;
    });
    const stale = lanesOf(timeline).filter(({ target }) => target.some(({ kind }) => kind === 'stale'));
    expect(late.length).toBeGreaterThan(2);
    expect(new Set(stale.map(({ task }) => task))).toEqual(new Set(late));
  });

  it('have a target that no task explains below the tasks, and the events of unknown tasks as well', () => {
    const about = { targetGroup: 'web', ip: '10.9.9.9', port: 80 };
    const span = { ...about, fromMs: START_MS, deregisteredMs: undefined, goneMs: undefined };
    const event = { atMs: START_MS, id: 'e', reading: 'hint' as const, because: '', taskArn: taskArnOf('f'), file: '' };
    const groups = layOut({ ...EMPTY, tasks: [task('a')], targets: [span], events: [event] });
    expect(groups.map(({ name, lanes }) => [name, lanes.map((lane) => lane.name)])).toEqual([
      ['service:web', ['a']],
      ['Not tied to a known task', ['10.9.9.9', 'events']],
    ]);
    expect(groups.map(nounOf)).toEqual(['task', 'lane']);
  });

  it('give a change without a known task to the one that held the address', () => {
    const change = { kind: 'register' as const, targetGroup: 'web', ip: '10.0.0.4', port: 80, because: '', taskArn: '' };
    const from = (atMs: number) => [{ atMs, last: 'RUNNING', desired: 'RUNNING' }];
    const tasks = [task('a', { states: from(START_MS + 10) }), task('b', { states: from(START_MS + 20) })];
    const changes = [9, 10, 19, 20, 21].map((ms) => ({ ...change, atMs: START_MS + ms }));
    const lanes = lanesOf({ ...EMPTY, tasks, changes });
    expect(lanes.map((lane) => [lane.name, lane.changes.map(({ atMs }) => atMs - START_MS)])).toEqual([
      ['a', [10, 19]],
      ['b', [20, 21]],
      ['10.0.0.4', [9]],
    ]);
  });

  it('miss a target only in groups that the ECS group is registered in', () => {
    const tasks = [task('a'), task('b', { ip: '10.0.0.5' }), task('c', { ip: '10.0.0.6', group: 'family:report' })];
    const span = {
      targetGroup: 'web',
      ip: '10.0.0.4',
      port: 80,
      fromMs: START_MS,
      deregisteredMs: undefined,
      goneMs: undefined,
    };
    const kinds = lanesOf({ ...EMPTY, tasks, targets: [span] }).map(({ name, target }) => [
      name,
      target.map(({ kind }) => kind),
    ]);
    expect(kinds).toEqual([
      ['b', ['missing']],
      ['a', ['registered']],
      ['c', []],
    ]);
  });

  it('are held against the binding where it is known, even if no task was ever registered', () => {
    const bindings = [{ group: 'service:web', targetGroup: 'web' }];
    const [group] = layOut({ ...EMPTY, tasks: [task('a')], bindings });
    expect(group?.targetGroups).toEqual(['web']);
    expect(group?.lanes.map(({ target, wrongMs }) => [target.map(({ kind }) => kind), wrongMs])).toEqual([
      [['missing'], 60_000],
    ]);
  });

  it('stand with the worst first, groups and tasks', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        const groups = layOut(timeline).filter(({ isOfTasks }) => isOfTasks);
        for (const { lanes, problems } of groups) {
          const wrong = lanes.map(({ wrongMs }) => wrongMs);
          expect(wrong).toEqual(wrong.toSorted((one, other) => other - one));
          expect(wrong.filter((ms) => ms > 0)).toHaveLength(problems);
        }
        const troubled = groups.findLastIndex(({ problems }) => problems > 0);
        expect(groups.slice(0, troubled + 1).every(({ problems }) => problems > 0)).toBe(true);
      }),
    );
  });

  it('stand otherwise in the order in which the tasks began', () => {
    const at = (atMs: number) => [{ atMs, last: 'PENDING', desired: 'RUNNING' }];
    const tasks = [task('b', { states: at(2) }), task('c', { states: at(1) }), task('a', { states: at(2) })];
    expect(lanesOf({ ...EMPTY, tasks }).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });
});

describe('the name of a lane', () => {
  it('is the end of the id, as in the tables of the command line', () => {
    expect(lanesOf({ ...EMPTY, tasks: [task('0123456789abcdef')] }).map(({ name }) => name)).toEqual(['89abcdef']);
  });
});

function byArn(one: TaskLane, other: TaskLane): number {
  return one.arn < other.arn ? -1 : 1;
}
