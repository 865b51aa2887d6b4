/** Those who simulate AWS as well and share no code with us: what they confirm does not rest on documentation alone. */
import { readLedger } from './ledger.ts';
import type { Referee } from './page.ts';

export const REFEREES: readonly Referee[] = [
  { name: 'moto', ledger: readLedger('moto') },
  { name: 'ministack', ledger: readLedger('ministack') },
];
