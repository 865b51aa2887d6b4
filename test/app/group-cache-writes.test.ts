/** What is remembered of writes, and of what ELB has refused. */
import { describe, expect, it } from 'vitest';
import { GroupCache } from '../../functions/app/group-cache.ts';
import { CONTEST_SEEN_MS, changeKey, refusalPauseMs } from '../../functions/core/guard.ts';
import { type Change, planChanges } from '../../functions/core/plan.ts';
import type { refusalOf } from '../../functions/core/report.ts';
import type { Target } from '../../functions/core/target.ts';
import type { Address } from '../../functions/core/values.ts';
import { START_MS } from '../support/ports.ts';
import { aSnapshot, at, runningTask, stoppingTask, target } from '../support/values.ts';

const IPS: Readonly<Record<string, string>> = { a: '10.0.0.1', b: '10.0.0.2', c: '10.0.0.3' };

/** The change of one of three tasks, each with an address of its own. */
function change(kind: Change['kind'], id: string): Change {
  const ip = IPS[id] ?? '';
  const task = kind === 'register' ? runningTask(id, ip) : stoppingTask(id, ip);
  const [planned] = planChanges(aSnapshot({ tasks: [task], targets: kind === 'register' ? [] : [target(ip)] }));
  if (planned?.kind !== kind) throw new Error(`no plan to ${kind} ${id}`);
  return planned;
}

const key = (kind: Change['kind'], id: string): string => changeKey(change(kind, id));

function write(group: GroupCache, written: Change, nowMs: number): void {
  group.noteWritten({ done: [written], refused: [] }, nowMs);
}

/** ELB refuses the registration of this address. */
function refuse(group: GroupCache, address: Address, why: ReturnType<typeof refusalOf>, nowMs: number): void {
  const asked = change('register', 'a');
  if (asked.kind !== 'register') throw new Error('The test expects a registration.');
  const refused = { ...asked, address, draining: why === 'draining' };
  const kind = why === 'quota' ? 'quota' : 'refused';
  const failure = { kind, operation: 'RegisterTargets', resource: 'web', message: 'no' } as const;
  group.noteWritten({ done: [], refused: [{ change: refused, failure }] }, nowMs);
}

/** A read of targets that took no time. */
function see(group: GroupCache, targets: readonly Target[], nowMs: number): void {
  group.noteTargets(targets, nowMs, nowMs);
}

describe('writes', () => {
  it('are remembered for as long as a rule asks for them', () => {
    const group = new GroupCache();
    write(group, change('register', 'a'), START_MS);
    write(group, change('register', 'b'), START_MS + CONTEST_SEEN_MS);
    expect([...group.writtenAtMs.keys()]).toEqual([key('register', 'a'), key('register', 'b')]);
    write(group, change('register', 'c'), START_MS + CONTEST_SEEN_MS + 1);
    expect(group.writtenAtMs).toEqual(
      new Map([
        [key('register', 'b'), START_MS + CONTEST_SEEN_MS],
        [key('register', 'c'), START_MS + CONTEST_SEEN_MS + 1],
      ]),
    );
  });

  it('are forgotten where we undo them ourselves: nobody else has', () => {
    const group = new GroupCache();
    const keys = (): string[] => [...group.writtenAtMs.keys()];
    write(group, change('register', 'a'), START_MS);
    write(group, change('deregister', 'b'), START_MS);
    write(group, change('deregister', 'a'), START_MS);
    expect(keys()).toEqual([key('deregister', 'b'), key('deregister', 'a')]);
    write(group, change('register', 'b'), START_MS);
    expect(keys()).toEqual([key('deregister', 'a'), key('register', 'b')]);
  });

  it('end what was remembered of refusals at their address, and at no other', () => {
    const group = new GroupCache();
    refuse(group, at('10.0.0.1'), 'refused', START_MS);
    refuse(group, at('10.0.0.2'), 'refused', START_MS);
    for (const address of [at('10.0.0.1'), at('10.0.0.2')]) group.shares.set(address, 1);
    write(group, change('register', 'a'), START_MS);
    expect([...group.refused.keys()]).toEqual([at('10.0.0.2')]);
    expect([...group.shares.keys()]).toEqual([at('10.0.0.2')]);
  });

  it('that were refused are forgotten where nobody asks for the address any more', () => {
    const group = new GroupCache();
    for (const address of [at('10.0.0.1'), at('10.0.0.2')]) {
      refuse(group, address, 'refused', START_MS);
      group.shares.set(address, 1);
    }
    group.keepRefusals(new Set([at('10.0.0.2'), at('10.0.0.3')]));
    expect([...group.refused.keys()]).toEqual([at('10.0.0.2')]);
    expect([...group.shares.keys()]).toEqual([at('10.0.0.2')]);
  });

  it('that are refused are left alone for longer each time, however long targets of the group drain', () => {
    const group = new GroupCache();
    group.deregistrationDelayMs = 3_600_000;
    for (let times = 1; times <= 4; times += 1) {
      refuse(group, at('10.0.0.1'), 'refused', START_MS);
      const untilMs = START_MS + refusalPauseMs('refused', times);
      expect(group.refused.get(at('10.0.0.1'))).toEqual({ times, untilMs });
    }
    refuse(group, at('10.0.0.2'), 'quota', START_MS);
    expect(group.refused.get(at('10.0.0.2'))).toEqual({ times: 1, untilMs: START_MS + refusalPauseMs('quota', 1) });
  });

  it('that are refused since the target drains are left alone until it can have drained', () => {
    const group = new GroupCache();
    const untilMs = (ms: number, why: 'draining' | 'refused' = 'draining'): number => {
      refuse(group, at('10.0.0.1'), why, START_MS + ms);
      return (group.refused.get(at('10.0.0.1'))?.untilMs ?? 0) - START_MS;
    };
    expect(untilMs(0)).toBe(10_000);
    group.deregistrationDelayMs = 30_000;
    expect(untilMs(0)).toBe(30_000);
    see(group, [target('10.0.0.1', 'draining')], START_MS);
    see(group, [target('10.0.0.1', 'draining')], START_MS + 5_000);
    expect([untilMs(5_000), untilMs(19_999), untilMs(20_001), untilMs(0, 'refused')]).toEqual([
      30_000,
      30_000,
      30_001,
      refusalPauseMs('refused', 6),
    ]);
    see(group, [], START_MS + 6_000);
    see(group, [target('10.0.0.1', 'draining')], START_MS + 7_000);
    expect(untilMs(7_000)).toBe(37_000);
    // It drains since it was told to, and not since it was first seen.
    see(group, [target('10.0.0.1', 'healthy')], START_MS + 8_000);
    see(group, [target('10.0.0.1', 'draining')], START_MS + 9_000);
    expect(untilMs(9_000)).toBe(39_000);
  });
});
