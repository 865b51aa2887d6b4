/** What each backend is known to get wrong. Both surprises are failures: one that fails unlisted, and one listed that passes. */
import { readFileSync } from 'node:fs';
import { isObject } from '../../functions/core/json.ts';
import type { Check } from './check.ts';
import type { Backend } from './scene.ts';

/** Name of a check to the reason why the backend fails it. */
export type Ledger = Readonly<Record<string, string>>;

export interface Result {
  readonly name: string;
  /** What was expected and not found; undefined where the check passed. */
  readonly failure: string | undefined;
}

export function readLedger(name: string): Ledger {
  return ledgerFrom(readFileSync(new URL(`./ledgers/${name}.json`, import.meta.url), 'utf8'));
}

export function ledgerFrom(text: string): Ledger {
  const parsed: unknown = JSON.parse(text);
  if (!isObject(parsed)) throw new Error('A ledger is a JSON object: the name of each check that fails, and why.');
  return Object.fromEntries(Object.entries(parsed).map(([name, reason]) => [name, String(reason)]));
}

/** Asks the backend every question, each in a scene of its own. */
export async function runChecks(checks: readonly Check[], backend: Backend): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const { name, run } of checks) {
    const scene = await backend.open();
    const failure = await run(scene).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    );
    results.push({ name, failure });
  }
  return results;
}

/** Surprises, in words; none where the backend does what its ledger says. */
export function surprisesOf(results: readonly Result[], ledger: Ledger): string[] {
  const asked = new Set(results.map(({ name }) => name));
  const unknown = Object.keys(ledger).filter((name) => !asked.has(name));
  const without = Object.entries(ledger).filter(([, reason]) => reason.trim() === '');
  return [
    ...unknown.map((name) => `the ledger lists "${name}", which is no check`),
    ...without.map(([name]) => `the ledger gives no reason for "${name}"`),
    ...results.flatMap(({ name, failure }) => {
      const isListed = Object.hasOwn(ledger, name);
      if (failure !== undefined && !isListed) return [`"${name}" failed: ${failure}`];
      if (failure === undefined && isListed) return [`"${name}" passed, though the ledger lists it: take it out`];
      return [];
    }),
  ];
}
