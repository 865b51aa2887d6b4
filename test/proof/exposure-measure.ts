/** Plays the seeds of one cell and adds up what the users of its target groups would have felt. */

import type { Cell } from './exposure-cells.ts';
import type { FaultClass } from './fault-mix.ts';
import { runScenario } from './scenario.ts';

export interface Measured {
  readonly tasks: number;
  readonly stops: number;
  readonly liveRemovals: number;
  /** Writes that went against what some environment had read, or promises that were not kept in time. */
  readonly violations: number;
  readonly missingMs: number;
  readonly goneMs: number;
  readonly registerMs: readonly number[];
  readonly deregisterMs: readonly number[];
  readonly outOfStepMs: number;
}

export async function measure(cell: Cell, from: number, seeds: number): Promise<Measured> {
  const scenarios = [];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const allowed = cell.withDrawnFaults ? undefined : new Set<FaultClass>();
    scenarios.push(await runScenario(seed, { allowed, fixed: cell.fixed(seed), lambda: cell.lambda }));
  }
  const exposures = scenarios.map(({ exposure }) => exposure);
  return {
    tasks: sum(exposures.map(({ tasks }) => tasks)),
    stops: sum(exposures.map(({ stops }) => stops)),
    liveRemovals: sum(scenarios.map(({ liveRemovals }) => liveRemovals)),
    violations: sum(scenarios.map(({ violations }) => violations.length)),
    missingMs: sum(exposures.map(({ liveUnregisteredMs }) => liveUnregisteredMs)),
    goneMs: sum(exposures.map(({ goneRegisteredMs }) => goneRegisteredMs)),
    registerMs: exposures.flatMap(({ registerMs }) => registerMs),
    deregisterMs: exposures.flatMap(({ deregisterMs }) => deregisterMs),
    outOfStepMs: Math.max(...scenarios.map(({ outOfStepMs }) => outOfStepMs)),
  };
}

/** The value that so many of them do not exceed; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const inOrder = values.toSorted((one, other) => one - other);
  return inOrder[Math.min(inOrder.length - 1, Math.ceil(share * inOrder.length) - 1)] ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
