/** The worlds whose exposure is told: one fault each, as strong as its name says, and nothing else wrong; then all at once. */
import type { LambdaSettings } from '../../scripts/simulator/lambda.ts';
import type { FaultMix } from './fault-mix.ts';

export interface Cell {
  readonly name: string;
  readonly fixed: (seed: number) => Partial<FaultMix>;
  readonly lambda?: Partial<LambdaSettings>;
  /** Whether each seed draws faults beside those that are fixed, as in `npm run simulate`. */
  readonly withDrawnFaults?: boolean;
}

/** A small subnet hands addresses on soon. A container takes two seconds to stop: of quicker ones the crashes tell. */
const REUSE = { reuseAfterMs: 5_000, stoppingMinMs: 2_000 };
/** AWS may hand an address on within one to three seconds; each seed has its own time. */
const quickReuse = (seed: number): Partial<FaultMix> => ({ ...REUSE, reuseAfterMs: 1_000 + ((seed * 997) % 2_001) });
const lag = (lagMaxMs: number) => (): Partial<FaultMix> => ({ ...REUSE, lagMaxMs });

export const CELLS: readonly Cell[] = [
  { name: 'no faults', fixed: () => REUSE },
  { name: '5 % of the events lost', fixed: () => ({ ...REUSE, lossP: 0.05 }) },
  { name: 'all events lost', fixed: () => ({ ...REUSE, lossP: 1 }) },
  { name: 'reads up to 3 s behind', fixed: lag(3_000) },
  { name: 'reads up to 10 s behind', fixed: lag(10_000) },
  { name: 'reads up to 30 s behind', fixed: lag(30_000) },
  { name: 'addresses re-used after 1 to 3 s', fixed: quickReuse },
  {
    name: 'addresses re-used after 1 to 3 s, reads up to 3 s behind',
    fixed: (seed) => ({ ...quickReuse(seed), lagMaxMs: 3_000 }),
  },
  {
    name: 'no faults, batching window of 1 s that takes up to 20 s on a quiet queue',
    fixed: () => REUSE,
    lambda: { windowMs: 1_000, quietWaitMaxMs: 20_000 },
  },
  { name: 'faults as each seed draws them', fixed: () => ({}), withDrawnFaults: true },
  { name: 'faults as drawn, addresses re-used after 1 to 3 s', fixed: quickReuse, withDrawnFaults: true },
  { name: 'no faults, every stop a crash', fixed: () => ({ ...REUSE, crashP: 1 }) },
  { name: '5 % of the events lost, every stop a crash', fixed: () => ({ ...REUSE, lossP: 0.05, crashP: 1 }) },
  { name: 'all events lost, every stop a crash', fixed: () => ({ ...REUSE, lossP: 1, crashP: 1 }) },
];
