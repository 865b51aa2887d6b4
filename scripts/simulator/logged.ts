/** The function in process with the reporter of the deployed one: its lines, metrics among them, are those that CloudWatch Logs would get. */
import { Writable } from 'node:stream';
import { Telemetry } from '../../functions/adapters/telemetry.ts';
import { createEnvironment } from '../../functions/app/invocation.ts';
import type { AwsApi, Clock } from '../../functions/app/ports.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import { sync } from '../../functions/sync/sync.ts';
import type { Runtime } from './lambda.ts';

/** As in functions/sync/handler.ts. */
const RESERVE_MS = 1_500;

export interface LoggedOptions {
  /** Differs between environments; see createEnvironment. */
  readonly salt: number;
  /** Takes every line that the function writes. */
  readonly sink: (line: string) => void;
  /** The name of the stack: the dimension of its metrics. */
  readonly stackName: string;
  /** Hears what an event bus would be told. */
  readonly listener?: ConstructorParameters<typeof Telemetry>[1];
}

/** A cold environment of the function. */
export function spawnLogged(settings: Settings, api: AwsApi, clock: Clock, options: LoggedOptions): Runtime {
  const environment = createEnvironment({ settings, api, clock }, options.salt);
  const telemetry = telemetryTo(options, () => clock.now());
  let count = 0;
  return {
    invoke: async (input, remainingMs) => {
      count += 1;
      telemetry.begin({ awsRequestId: `request-${count}` });
      try {
        return await sync(environment, telemetry, { input, deadlineMs: clock.now() + remainingMs() - RESERVE_MS });
      } finally {
        telemetry.publish();
      }
    },
  };
}

/** Powertools takes the output and the name of the service from the process, once, when it is made. */
function telemetryTo({ sink, stackName, listener }: LoggedOptions, now: () => number): Telemetry {
  const name = process.env['POWERTOOLS_SERVICE_NAME'];
  const streams = (['stdout', 'stderr'] as const).map((key) => [key, Object.getOwnPropertyDescriptor(process, key)] as const);
  try {
    process.env['POWERTOOLS_SERVICE_NAME'] = stackName;
    for (const [key] of streams) Object.defineProperty(process, key, { configurable: true, value: lineWriter(sink) });
    return new Telemetry(now, listener);
  } finally {
    for (const [key, before] of streams) if (before !== undefined) Object.defineProperty(process, key, before);
    if (name === undefined) delete process.env['POWERTOOLS_SERVICE_NAME'];
    else process.env['POWERTOOLS_SERVICE_NAME'] = name;
  }
}

/** The console writes each record whole, in one piece. */
function lineWriter(sink: (line: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(piece, _encoding, done) {
      for (const line of String(piece).split('\n')) if (line !== '') sink(line);
      done();
    },
  });
}
