/** Takes the four inputs, visits the groups, and says which messages have to come again. */
import type { SQSBatchResponse } from 'aws-lambda';
import type { Environment, Reporter, Request } from '../app/invocation.ts';
import { run } from '../app/run.ts';
import { screen } from '../core/event.ts';
import { hintsOf, type Message, readTrigger, tellsOfTags } from '../core/trigger.ts';
import { type CheckAnswer, createCheck } from './check.ts';

/** At most this many failures are quoted in the error of a failed invocation. */
const QUOTED_MAX = 3;

/** Where an invocation tells what happened. */
export interface InvocationReporter extends Reporter {
  /** Every call of this invocation that failed, in words. */
  readonly errors: readonly string[];
  /** Takes the messages that are no hints, with the reason of each. */
  setAside(messages: readonly Message[]): void;
}

/** What one invocation is handed: a `Request` before it is read. */
export interface RawRequest {
  readonly input: unknown;
  readonly deadlineMs: number;
}

export type SyncAnswer = SQSBatchResponse | CheckAnswer | undefined;

/** One invocation, until `deadlineMs`. Throws where the caller of the function should see it as failed. */
export async function sync(
  environment: Environment,
  reports: InvocationReporter,
  { input, deadlineMs }: RawRequest,
): Promise<SyncAnswer> {
  const { clusters } = environment.settings;
  const trigger = readTrigger(input);
  switch (trigger.kind) {
    case 'messages': {
      const messages = trigger.messages.map(({ id, reading }) => ({ id, reading: screen(reading, clusters) }));
      return { batchItemFailures: await syncMessages(environment, reports, { trigger: 'messages', messages, deadlineMs }) };
    }
    case 'event': {
      const message = { id: 'event', reading: screen(trigger.reading, clusters) };
      const failed = await syncMessages(environment, reports, { trigger: 'event', messages: [message], deadlineMs });
      // Lambda calls again on its own when an event that a rule sent straight here has failed.
      if (failed.length > 0) throw failure('The event', reports);
      return undefined;
    }
    case 'schedule': {
      const request = { trigger: 'schedule' as const, hints: [], deadlineMs };
      const { unfinished } = await run(environment, request, reports);
      // A pass that fails each minute must not look like one that succeeds: the function's error count is what alarms watch.
      if (unfinished.length > 0 || reports.errors.length > 0) throw failure('The scheduled pass', reports);
      return undefined;
    }
    case 'check': {
      const check = createCheck(reports, () => environment.clock.now());
      await run(environment, { trigger: 'check', hints: [], deadlineMs }, check.reporter);
      return check.answer();
    }
    case 'unknown':
      throw new Error(trigger.message);
  }
}

interface Batch extends Pick<Request, 'trigger' | 'deadlineMs'> {
  readonly messages: readonly Message[];
}

/**
 * Messages go back to the queue only when the pass over a group that they may mean has failed for something that may pass.
 * What is unreadable, ignored, held or refused would be so again: it is acknowledged, counted and reported.
 */
async function syncMessages(
  environment: Environment,
  reports: InvocationReporter,
  { messages, ...asked }: Batch,
): Promise<{ itemIdentifier: string }[]> {
  reports.setAside(messages);
  const readings = messages.map(({ reading }) => reading);
  const request = { ...asked, hints: hintsOf(readings), areTagsChanged: tellsOfTags(readings) };
  const { unfinishedHints, unboundHints } = await run(environment, request, reports);
  reports.setAside(
    messages.flatMap(({ id, reading }) => {
      if (reading.kind !== 'hint' || !unboundHints.has(reading.hint)) return [];
      return [{ id, reading: { kind: 'ignored' as const, because: 'no line of binding means its task' } }];
    }),
  );
  return messages
    .filter(({ reading }) => reading.kind === 'hint' && unfinishedHints.has(reading.hint))
    .map(({ id }) => ({ itemIdentifier: id }));
}

function failure(what: string, { errors }: InvocationReporter): Error {
  const more = errors.length > QUOTED_MAX ? ` (and ${errors.length - QUOTED_MAX} more, see the log)` : '';
  const quoted = errors.slice(0, QUOTED_MAX).join(' ') || 'a group could not be dealt with in the time given.';
  return new Error(`${what} is not complete: ${quoted}${more}`);
}
