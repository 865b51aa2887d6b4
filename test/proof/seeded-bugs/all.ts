/**
 * Wrong algorithms, each as a small change to the function's sources: what people write, and what a careless edit would make
 * of this code. The referee is worth what it notices of them.
 */
import { WRONG_ADDITIONS } from './additions.ts';
import { WRONG_CONDUCT } from './conduct.ts';
import { WRONG_REMOVALS } from './removals.ts';
import type { Mutant } from './seeded-bug.ts';

export const MUTANTS: readonly Mutant[] = [...WRONG_REMOVALS, ...WRONG_ADDITIONS, ...WRONG_CONDUCT];
