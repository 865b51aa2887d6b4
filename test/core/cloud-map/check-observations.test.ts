/** When a difference between tasks and instances becomes a finding, how it is dated, and which tasks have to be read for it. */
import { describe, expect, it } from 'vitest';
import {
  checkInstances,
  type InstanceObservations,
  OBSERVE_AGAIN_AFTER_MS,
  tasksBehindInstances,
} from '../../../functions/core/cloud-map/check.ts';
import type { Instance } from '../../../functions/core/cloud-map/instance.ts';
import type { Task } from '../../../functions/core/task.ts';
import { APP, instance, look, NOW_MS } from '../../support/looks.ts';
import { clusterArn, runningTask, stoppedTask, stoppingTask, taskArn } from '../../support/values.ts';

describe('a difference', () => {
  const tasks = [runningTask('t1', '10.0.0.1', { startedAtMs: 0 })];
  const key = `missing ${taskArn('t1')}`;
  const observations = (of: Readonly<Record<string, number>>): InstanceObservations => ({
    lookedAtMs: NOW_MS - 60_000,
    seen: new Map(Object.entries(of).map(([each, atMs]) => [each, { atMs, sinceMs: atMs - 7 }])),
  });

  it('is a finding when it was already there ten seconds ago, since lists may lag', () => {
    expect(OBSERVE_AGAIN_AFTER_MS).toBe(10_000);
    const at = (agoMs: number) => checkInstances(look({ tasks }), observations({ [key]: NOW_MS - agoMs }));
    expect(at(9_999)).toMatchObject({ findings: [], isOpen: true });
    expect(at(10_000)).toMatchObject({ findings: [{ sinceMs: NOW_MS - 10_007 }], isOpen: false });
    expect(at(10_001)).toMatchObject({ findings: [{ sinceMs: NOW_MS - 10_008 }], isOpen: false });
  });

  it('is remembered with the time of its first observation, and forgotten when it is gone', () => {
    const first = checkInstances(look({ tasks }), {
      lookedAtMs: undefined,
      seen: new Map([['stale t9', { atMs: 5, sinceMs: 5 }]]),
    });
    expect(first.observations).toEqual({ lookedAtMs: NOW_MS, seen: new Map([[key, { atMs: NOW_MS, sinceMs: NOW_MS }]]) });
    const later = checkInstances(look({ tasks, nowMs: NOW_MS + 70_000 }), first.observations);
    expect(later.observations).toEqual({ lookedAtMs: NOW_MS + 70_000, seen: first.observations.seen });
    expect(later.findings).toMatchObject([{ kind: 'missing', sinceMs: NOW_MS }]);
    const mended = checkInstances(look({ tasks, instances: [instance('t1', '10.0.0.1')] }), later.observations);
    expect(mended).toEqual({ findings: [], observations: { lookedAtMs: NOW_MS, seen: new Map() }, isOpen: false });
  });

  it('is dated halfway between the look without it and the one with it, and never before its task began', () => {
    const since = (lookedAtMs: number, startedAtMs = 0): number | undefined =>
      checkInstances(look({ tasks: [runningTask('t1', '10.0.0.1', { startedAtMs })] }), {
        lookedAtMs,
        seen: new Map(),
      }).observations.seen.get(key)?.sinceMs;
    expect(since(NOW_MS - 40_000)).toBe(NOW_MS - 20_000);
    expect(since(NOW_MS - 150_000)).toBe(NOW_MS - 75_000);
    expect(since(NOW_MS - 150_001)).toBe(NOW_MS);
    expect(since(NOW_MS - 40_000, NOW_MS - 5_000)).toBe(NOW_MS - 5_000);
  });

  it('that was seen long ago has to be seen twice again', () => {
    const at = (agoMs: number) =>
      checkInstances(look({ tasks }), { lookedAtMs: NOW_MS - agoMs, seen: observations({ [key]: 0 }).seen }).findings;
    expect(at(150_000)).toHaveLength(1);
    expect(at(150_001)).toEqual([]);
  });

  it('of one kind does not stand for one of another', () => {
    const instances = [instance('t1', '10.0.0.2')];
    const earlier = observations({ 'stale t1': 0, 'mismatched t2': 0 });
    expect(checkInstances(look({ tasks, instances }), earlier).findings).toEqual([]);
    expect(checkInstances(look({ tasks, instances }), observations({ 'mismatched t1': 0 })).findings).toHaveLength(1);
  });
});

describe('the tasks to ask ECS about', () => {
  const ids = (listed: readonly Task[], facts: readonly Task[], instances: readonly Instance[] = []): string[] => {
    const known = { listed: new Set(listed.map(({ arn }) => arn)), described: facts };
    const references = tasksBehindInstances(APP, instances, known);
    for (const { cluster } of references) expect(cluster).toBe(clusterArn());
    return references.map(({ arn }) => arn.slice(arn.lastIndexOf('/') + 1));
  };
  const task = runningTask('t1', '10.0.0.1');

  it('are those listed that nobody knows, or that may have started', () => {
    expect(ids([task], [])).toEqual(['t1']);
    const starting = runningTask('t1', '10.0.0.1', { last: 'PENDING' });
    expect(ids([starting], [starting])).toEqual(['t1']);
    expect(ids([task], [task])).toEqual([]);
  });

  it('are those known live that are no longer listed', () => {
    expect(ids([], [task])).toEqual(['t1']);
    expect(ids([], [stoppedTask('t1', '10.0.0.1')])).toEqual([]);
  });

  it('are those that stopped when last read, while an instance still names them: it is stale as soon as they have', () => {
    const stopping = stoppingTask('t1', '10.0.0.1');
    const theirs = [instance('t1', '10.0.0.1')];
    expect(ids([], [stopping], theirs)).toEqual(['t1']);
    expect(ids([], [stopping], [instance('t2', '10.0.0.1', { ofEcs: false })])).toEqual([]);
    expect(ids([], [stoppedTask('t1', '10.0.0.1')], theirs)).toEqual([]);
    expect(ids([task], [task], theirs)).toEqual([]);
  });

  it('are those that an instance of ECS names and nobody knows', () => {
    expect(ids([], [], [instance('t9', '10.0.0.9')])).toEqual(['t9']);
    expect(ids([], [], [instance('t9', '10.0.0.9', { ofEcs: false })])).toEqual([]);
    expect(ids([], [], [instance('not a task id', '10.0.0.9')])).toEqual([]);
    expect(ids([], [stoppedTask('t9', '10.0.0.9')], [instance('t9', '10.0.0.9')])).toEqual([]);
  });

  it('are not those of another line, whose own look asks about them', () => {
    const others = [runningTask('t8', '10.0.0.8', { group: 'service:api' })];
    expect(ids([], others, [instance('t8', '10.0.0.8')])).toEqual([]);
    expect(ids([], [stoppingTask('t8', '10.0.0.8', { group: 'service:api' })], [instance('t8', '10.0.0.8')])).toEqual([]);
  });

  it('are not those of another cluster, which this one would not know', () => {
    expect(ids([], [], [instance('t9', '10.0.0.9', { cluster: 'prod' })])).toEqual(['t9']);
    expect(ids([], [], [instance('t9', '10.0.0.9', { cluster: 'staging' })])).toEqual([]);
  });

  it('are named once each, in the order of their ARNs', () => {
    const listed = ['c', 'a'].map((id) => runningTask(id, '10.0.0.1'));
    expect(ids(listed, [], [instance('b', '10.0.0.2'), instance('a', '10.0.0.1')])).toEqual(['a', 'b', 'c']);
  });
});
