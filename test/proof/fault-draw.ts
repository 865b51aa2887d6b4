/** What happens to a single call under a mix: drawn anew for each. */
import type { Fault } from '../../scripts/simulator/faults.ts';
import type { Random } from '../../scripts/simulator/random.ts';
import type { FaultMix } from './fault-mix.ts';

const WRITES = new Set(['RegisterTargets', 'DeregisterTargets']);

export function drawFault(mix: FaultMix, random: Random, operation: string): Fault | undefined {
  // Each chance is drawn whether or not it is needed: a class that is left out must not shift the draws of the others.
  const [throttled, failed, hung, lost, unreadable] = [
    random.next(),
    random.next(),
    random.next(),
    random.next(),
    random.next(),
  ];
  if (operation === mix.deadCall || throttled < mix.throttleP) return { kind: 'throttled' };
  if (failed < mix.errorP) return { kind: 'error', code: 'InternalFailure', status: 500 };
  if (hung < mix.hangP) return { kind: 'hang' };
  if (WRITES.has(operation) && lost < mix.lostAnswerP) return { kind: 'answer lost' };
  if (operation === 'DescribeTags' && mix.classes.has('unreadable tags') && unreadable < 0.7) {
    return { kind: 'error', code: 'AccessDenied', status: 403 };
  }
  return undefined;
}
