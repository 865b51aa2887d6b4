/** The function in process: the sources, on virtual time, with a simulated world for each environment. */
import { createEnvironment } from '../../functions/app/invocation.ts';
import type { AwsApi, Clock } from '../../functions/app/ports.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import { recordFields } from '../../functions/core/ownership.ts';
import { type InvocationReporter, sync } from '../../functions/sync/sync.ts';
import { KeptReports } from './kept-reports.ts';
import type { Runtime } from './lambda.ts';

/** As in functions/sync/handler.ts. */
const RESERVE_MS = 1_500;

export interface InProcessRuntime extends Runtime {
  readonly reports: KeptReports;
}

export interface SpawnOptions {
  /** Differs between environments; see createEnvironment. */
  readonly salt?: number;
  /** Takes the lines of the function's log that the function itself reads. */
  readonly log?: (fields: Readonly<Record<string, unknown>>) => void;
}

/** Fields as lines of JSON, as the function's logger writes them. */
export function logTo(sink: (line: string) => void): NonNullable<SpawnOptions['log']> {
  return (fields) => sink(JSON.stringify(fields));
}

/** A cold environment of the function. */
export function spawnInProcess(settings: Settings, api: AwsApi, clock: Clock, how: SpawnOptions = {}): InProcessRuntime {
  const environment = createEnvironment({ settings, api, clock }, how.salt);
  const log = how.log ?? (() => undefined);
  const kept = new KeptReports();
  return {
    reports: kept,
    invoke: async (input, remainingMs) => {
      const reports = reportsOfInvocation(kept, log);
      return sync(environment, reports, { input, deadlineMs: clock.now() + remainingMs() - RESERVE_MS });
    },
  };
}

/** Errors are those of one invocation; everything else is kept for the whole run. */
function reportsOfInvocation(kept: KeptReports, log: NonNullable<SpawnOptions['log']>): InvocationReporter {
  const from = kept.errors.length;
  return {
    get errors() {
      return kept.errors.slice(from);
    },
    configured: (read) => kept.configured(read),
    passed: (pass) => kept.passed(pass),
    checked: (check) => kept.checked(check),
    ended: (status) => kept.ended(status),
    recorded: (kind, group, targets) => log({ message: 'record', ...recordFields(kind, group, targets) }),
    setAside: (messages) => kept.setAside(messages),
  };
}
