/** Waiting for what another process does. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 5;

/** Looks until it holds, and answers how many milliseconds that took. Rejects with what was waited for when the time is up. */
export async function waitUntil(what: string, timeoutMs: number, holds: () => boolean | Promise<boolean>): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - startedAtMs;
    if (performance.now() - startedAtMs > timeoutMs) throw new Error(`Waited ${timeoutMs / 1_000} s in vain: ${what}.`);
    await sleep(LOOK_EVERY_MS);
  }
}
