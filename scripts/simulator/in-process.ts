/** The function in process: the sources, on virtual time, with a simulated world for each environment. */
import { createEnvironment } from '../../functions/app/environment.ts';
import type { Clock, World } from '../../functions/app/ports.ts';
import type { Settings } from '../../functions/core/wirings.ts';
import { type Journal, sync } from '../../functions/sync/sync.ts';
import { KeptJournal } from './kept-reports.ts';
import type { Runtime } from './lambda.ts';

/** As in functions/sync/handler.ts. */
const RESERVE_MS = 1_500;

export interface InProcessRuntime extends Runtime {
  readonly journal: KeptJournal;
}

/** A cold environment of the function. */
export function spawnInProcess(settings: Settings, world: World, clock: Clock): InProcessRuntime {
  const environment = createEnvironment(settings, world, clock);
  const kept = new KeptJournal(() => clock.now());
  return {
    journal: kept,
    invoke: async (input, remainingMs) => {
      const journal = journalOfInvocation(kept);
      return sync(environment, journal, input, clock.now() + remainingMs() - RESERVE_MS);
    },
  };
}

/** Errors are those of one invocation; everything else is kept for the whole run. */
function journalOfInvocation(kept: KeptJournal): Journal {
  const from = kept.errors.length;
  return {
    get errors() {
      return kept.errors.slice(from);
    },
    configured: (read) => kept.configured(read),
    passed: (wired, pass) => kept.passed(wired, pass),
    found: (subject, findings, failures) => kept.found(subject, findings, failures),
    setAside: (messages) => kept.setAside(messages),
  };
}
