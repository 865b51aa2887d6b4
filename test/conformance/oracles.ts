/** Those who simulate AWS as well and share no code with us: what they confirm does not rest on documentation alone. */
import { readLedger } from './ledger.ts';
import type { Oracle } from './page.ts';

export const ORACLES: readonly Oracle[] = [
  { name: 'moto', ledger: readLedger('moto') },
  { name: 'ministack', ledger: readLedger('ministack') },
];
