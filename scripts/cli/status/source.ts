/** Where `status` reads: a deployed stack, or a simulated one. It can be read again and again. */
import { type ClientOptions, systemClock } from '../../../functions/adapters/aws.ts';
import type { clientOptionsOf } from '../account.ts';
import { Looker } from '../drift/looker.ts';
import { type OpenAccount, openNamed } from '../read-account.ts';
import type { Named } from '../settings.ts';
import { alarmsIn, readLastRun, readQueue } from './read.ts';
import { openSimulatedStack } from './simulated.ts';
import { DEAD_LETTERS, HINTS, type StatusAnswer, statusAnswer } from './status.ts';

export interface Source {
  read(): Promise<StatusAnswer>;
  /** Waits for the next reading. */
  wait(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

interface SourceValues extends NonNullable<Parameters<typeof clientOptionsOf>[0]> {
  readonly simulated?: boolean | undefined;
  readonly settings?: string | undefined;
  readonly alarms?: string | undefined;
}

export async function openSource(values: SourceValues): Promise<Source> {
  if (values.simulated) {
    const { close, clock, ringing, ...stack } = await openSimulatedStack();
    const wait = async (milliseconds: number): Promise<void> => {
      await systemClock.sleep(milliseconds);
      await clock.sleep(milliseconds);
    };
    return { close, wait, read: () => readStack({ ...stack, nowMs: clock.now(), alarms: ringing() }) };
  }
  const { named, options, account } = await openNamed(values);
  return {
    close: async () => undefined,
    wait: (milliseconds) => systemClock.sleep(milliseconds),
    read: () => {
      // Whoever watches may write the file anew.
      const alarms = values.alarms === undefined ? undefined : alarmsIn(values.alarms);
      return readStack({ named, options, account, nowMs: systemClock.now(), alarms });
    },
  };
}

interface OpenStack {
  readonly named: Named;
  readonly options: ClientOptions;
  readonly account: OpenAccount;
  readonly nowMs: number;
  readonly alarms: readonly string[] | undefined;
}

async function readStack({ named, options, account, nowMs, alarms }: OpenStack): Promise<StatusAnswer> {
  const looker = new Looker();
  const countOf = (url: string | undefined): Promise<number | undefined> =>
    url === undefined ? Promise.resolve(undefined) : readQueue(looker, options, url);
  const [lastRun, hints, deadLetters] = await Promise.all([
    named.logGroup === undefined ? undefined : readLastRun(looker, options, named.logGroup, nowMs),
    countOf(named.outputs[HINTS]),
    countOf(named.outputs[DEAD_LETTERS]),
  ]);
  const reading = await account.read();
  return statusAnswer({ named, reading, looker, lastRun, hints, deadLetters, alarms }, options);
}
