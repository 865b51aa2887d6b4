/** The function in process: the sources, on virtual time, with a simulated world for each environment. */
import { createEnvironment } from '../../functions/app/invocation.ts';
import type { AwsApi, Clock } from '../../functions/app/ports.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import { type InvocationReporter, sync } from '../../functions/sync/sync.ts';
import { KeptReports } from './kept-reports.ts';
import type { Runtime } from './lambda.ts';

/** As in functions/sync/handler.ts. */
const RESERVE_MS = 1_500;

export interface InProcessRuntime extends Runtime {
  readonly reports: KeptReports;
}

/** A cold environment of the function. */
export function spawnInProcess(settings: Settings, world: AwsApi, clock: Clock): InProcessRuntime {
  const environment = createEnvironment(settings, world, clock);
  const kept = new KeptReports();
  return {
    reports: kept,
    invoke: async (input, remainingMs) => {
      const reports = reportsOfInvocation(kept);
      return sync(environment, reports, input, clock.now() + remainingMs() - RESERVE_MS);
    },
  };
}

/** Errors are those of one invocation; everything else is kept for the whole run. */
function reportsOfInvocation(kept: KeptReports): InvocationReporter {
  const from = kept.errors.length;
  return {
    get errors() {
      return kept.errors.slice(from);
    },
    configured: (read) => kept.configured(read),
    passed: (pass) => kept.passed(pass),
    checked: (check) => kept.checked(check),
    called: () => kept.called(),
    setAside: (messages) => kept.setAside(messages),
  };
}
