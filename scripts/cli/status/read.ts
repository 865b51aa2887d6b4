/** What only a look at a deployed stack needs: the newest scheduled run by the function's log, dead letters, alarms. */
import { readFileSync } from 'node:fs';
import { CloudWatchLogsClient, type FilteredLogEvent, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { ClientOptions } from '../../../functions/adapters/aws.ts';
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import { timeOf } from '../answer.ts';
import type { Looker } from '../drift/looker.ts';
import { errors, reasonOf } from '../errors.ts';

/** The newest scheduled run, by the line that the function logs at its end. */
export interface LastRun {
  readonly at: string;
  readonly driftAgeSeconds: number;
  readonly outages: number;
  readonly mistakes: number;
  /** Calls that failed, and messages that could not be read. */
  readonly errors: number;
}

/** A run a minute: a function that has logged none for so long has stopped. */
export const RUNS_WINDOW_MS = 900_000;
/** Metrics and run in one line (functions/adapters/telemetry.ts). */
const PATTERN = '{ $.message = "run" && $.trigger = "schedule" }';

/** The newest scheduled run; null if the log has none of the last quarter of an hour, undefined if it could not be read. */
export async function readLastRun(
  looker: Looker,
  options: ClientOptions,
  logGroup: string,
  nowMs: number,
): Promise<LastRun | null | undefined> {
  const logs = looker.watch(new CloudWatchLogsClient(options));
  const read = async (): Promise<LastRun | null> => {
    const runs: LastRun[] = [];
    let nextToken: string | undefined;
    do {
      const startTime = nowMs - RUNS_WINDOW_MS;
      const asked = { logGroupName: logGroup, startTime, filterPattern: PATTERN, nextToken };
      const answer = await logs.send(new FilterLogEventsCommand(asked));
      runs.push(...(answer.events ?? []).flatMap(runOf));
      nextToken = answer.nextToken;
    } while (nextToken !== undefined);
    return runs.toSorted((one, other) => (one.at < other.at ? 1 : -1))[0] ?? null;
  };
  return looker.try<LastRun | null | undefined>('FilterLogEvents', logGroup, read, undefined);
}

/** A line without the figures, which another version may write, is no evidence of how the stack is. */
function runOf({ timestamp, message = '' }: FilteredLogEvent): LastRun[] {
  const record = recordIn(message);
  const { DriftAge, Outages, Mistakes, Errors } = record;
  if (timestamp === undefined || ![DriftAge, Outages, Mistakes, Errors].every((each) => typeof each === 'number')) return [];
  return [
    {
      at: timeOf(timestamp),
      driftAgeSeconds: Number(DriftAge),
      outages: Number(Outages),
      mistakes: Number(Mistakes),
      errors: Number(Errors),
    },
  ];
}

function recordIn(message: string): JsonObject {
  try {
    const record: unknown = JSON.parse(message);
    return isObject(record) ? record : {};
  } catch {
    return {};
  }
}

/** How many messages wait in the queue; undefined if that could not be read. */
export async function readQueue(looker: Looker, options: ClientOptions, url: string): Promise<number | undefined> {
  const sqs = looker.watch(new SQSClient(options));
  const read = async (): Promise<number | undefined> => {
    const AttributeNames = ['ApproximateNumberOfMessages' as const];
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames }));
    return Number(Attributes['ApproximateNumberOfMessages']);
  };
  return looker.try<number | undefined>('GetQueueAttributes', url.slice(url.lastIndexOf('/') + 1), read, undefined);
}

/**
 * Names of the alarms that ring, in a file that `aws cloudwatch describe-alarms` wrote. A client of CloudWatch would be one more package
 * for a question that one command answers.
 */
export function alarmsIn(file: string): string[] {
  const content = contentOf(file);
  if (!isObject(content) || !Array.isArray(content['MetricAlarms'])) throw errors.badAlarms(file, 'it has no MetricAlarms');
  const composite = Array.isArray(content['CompositeAlarms']) ? content['CompositeAlarms'] : [];
  const alarms = [...content['MetricAlarms'], ...composite].filter(isObject);
  return alarms.filter(({ StateValue }) => StateValue === 'ALARM').map(({ AlarmName }) => String(AlarmName));
}

function contentOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw errors.badAlarms(file, 'it is not JSON');
    throw errors.unreadableFile('--alarms ', file, reasonOf(error));
  }
}
