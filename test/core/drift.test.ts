import { describe, expect, it } from 'vitest';
import { openChanges, registerLatenciesMs } from '../../functions/core/drift.ts';
import { changeKey, type HoldReason } from '../../functions/core/guard.ts';
import { type Change, planChanges } from '../../functions/core/plan.ts';
import { NOTHING_WRITTEN } from '../../functions/core/report.ts';
import { aSnapshot, runningTask, stoppingTask, target } from '../support/values.ts';

const NOW_MS = 10_000_000;

function registration(agoMs: number | undefined): Change {
  return only(planChanges(aSnapshot({ tasks: [runningTask('t1', '10.0.0.1', { startedAtMs: before(agoMs) })] })));
}

function removal(agoMs: number | undefined): Change {
  const tasks = [stoppingTask('t2', '10.0.0.2', { stoppingAtMs: before(agoMs) })];
  return only(planChanges(aSnapshot({ tasks, targets: [target('10.0.0.2')] })));
}

function before(agoMs: number | undefined): number | undefined {
  return agoMs === undefined ? undefined : NOW_MS - agoMs;
}

function only([change]: readonly Change[]): Change {
  if (change === undefined) throw new Error('The test expects a change.');
  return change;
}

interface DriftWords {
  readonly done?: readonly Change[];
  readonly held?: readonly (readonly [Change, HoldReason])[];
  readonly boundAgoMs?: number;
  readonly comparedAgoMs?: number;
  readonly open?: ReadonlyMap<string, number>;
}

function drift(planned: readonly Change[], words: DriftWords = {}): number | undefined {
  const { done = [], held = [], boundAgoMs, comparedAgoMs, open = new Map() } = words;
  const written = { ...NOTHING_WRITTEN, done };
  const holds = held.map(([change, because]) => ({ change, because }));
  const compared = {
    boundAtMs: before(boundAgoMs) ?? Number.NEGATIVE_INFINITY,
    comparedAtMs: before(comparedAgoMs) ?? Number.NEGATIVE_INFINITY,
    open,
  };
  const since = [...openChanges({ planned, written, held: holds, endedAtMs: NOW_MS }, compared).values()];
  return since.length === 0 ? undefined : NOW_MS - Math.min(...since);
}

describe('a group is out of step', () => {
  const [add, remove] = [registration(7_000), removal(9_000)];

  it('for as long as its oldest change that was not made', () => {
    expect(drift([add, remove])).toBe(9_000);
    expect(drift([add, remove], { done: [remove] })).toBe(7_000);
    expect(drift([add, remove], { done: [add, remove] })).toBeUndefined();
    expect(drift([])).toBeUndefined();
  });

  it.each<HoldReason>(['waits for confirmation', 'its event is on the way', 'a read failed', 'contested', 'refused before'])(
    'while the change is held for now: %s',
    (because) => {
      expect(drift([remove], { held: [[remove, because]] })).toBe(9_000);
    },
  );

  it.each<HoldReason>(['observe', 'paused', 'register only', 'ownership is unknown', "may be another writer's"])(
    'not by what the stack is told to leave: %s',
    (because) => {
      expect(drift([add, remove], { held: [[remove, because]] })).toBe(7_000);
    },
  );

  it('not for longer than it is bound: nobody was to make the change before', () => {
    expect([drift([remove], { boundAgoMs: 8_999 }), drift([remove], { boundAgoMs: 9_001 })]).toEqual([8_999, 9_000]);
  });

  it('not for longer than since the last comparison that did not find it, and for as long as each that did', () => {
    expect(drift([remove], { comparedAgoMs: 2_000 })).toBe(2_000);
    expect(drift([remove], { comparedAgoMs: 2_000, open: new Map([[changeKey(remove), NOW_MS - 8_000]]) })).toBe(8_000);
    expect(drift([remove], { comparedAgoMs: 2_000, open: new Map([[changeKey(add), NOW_MS - 8_000]]) })).toBe(2_000);
  });

  it('for no time where nobody knows since when, or the clock of ECS is ahead', () => {
    expect([drift([registration(undefined)]), drift([removal(-1)])]).toEqual([0, 0]);
  });
});

describe('the latency of a registration', () => {
  it('is the time since the start of its task; a removal has none', () => {
    expect(registerLatenciesMs([registration(7_000), removal(9_000), registration(0)], NOW_MS)).toEqual([7_000, 0]);
  });

  it('is none where nobody knows the start, where it lies ahead, or where the task waited for a line and not for us', () => {
    expect(registerLatenciesMs([undefined, -1, 900_001].map(registration), NOW_MS)).toEqual([]);
    expect(registerLatenciesMs([registration(900_000)], NOW_MS)).toEqual([900_000]);
  });
});
