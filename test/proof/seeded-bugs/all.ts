/**
 * Wrong algorithms, each as a small change to the function's sources: what operators write, and what a careless edit would make
 * of this code. The oracle is worth what it notices of them.
 */
import { WRONG_ADDITIONS } from './additions.ts';
import { MISREAD } from './architecture.ts';
import { WRONG_REMOVALS } from './removals.ts';
import { REVIEWED } from './review.ts';
import type { SeededBug } from './seeded-bug.ts';
import { WRONG_CONDUCT } from './temporal.ts';

export const SEEDED_BUGS: readonly SeededBug[] = [
  ...WRONG_REMOVALS,
  ...WRONG_ADDITIONS,
  ...WRONG_CONDUCT,
  ...REVIEWED,
  ...MISREAD,
];
