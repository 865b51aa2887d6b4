/** CloudWatch Logs: the function reads its own log for what its environments recorded. */
import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { AwsApi, Operations } from '../app/ports.ts';
import { parseRecord, type RecordEntry } from '../core/ownership.ts';
import type { Place } from '../core/values.ts';
import { outcomeOf } from './outcome.ts';

export type LogsApi = Pick<AwsApi, 'FilterLogEvents' | 'ListLogGroupTags'>;

export function createLogsApi(client: CloudWatchLogsClient, logGroup: string, home: Place | undefined): LogsApi {
  return {
    ListLogGroupTags: () =>
      outcomeOf(async (abortSignal) => {
        // Outside of a stack there is no log group, and nobody to pause it.
        if (home === undefined || logGroup === '') return [];
        const { partition, region, account } = home;
        const arn = `arn:${partition}:logs:${region}:${account}:log-group:${logGroup}`;
        const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn: arn }), { abortSignal });
        return Object.entries(tags ?? {}).map(([key, value]) => ({ key, value }));
      }),

    FilterLogEvents: (input) =>
      outcomeOf(async (abortSignal) => {
        // Without a log group there is no record: to a command line, every late removal is one of unknown owner.
        if (logGroup === '') return { items: [], nextToken: undefined };
        const command = new FilterLogEventsCommand(filterInput(logGroup, input));
        const answer = await client.send(command, { abortSignal });
        return { items: (answer.events ?? []).flatMap(entriesOf), nextToken: answer.nextToken };
      }),
  };
}

/** The lines about the group, and no others: a filter pattern of JSON terms (CloudWatch Logs guide, "Filter pattern syntax"). */
export function filterInput(logGroup: string, { group, sinceMs, nextToken }: Operations['FilterLogEvents']['input']) {
  const filterPattern = `{ $.message = "record" && $.targetGroupArn = "${group}" }`;
  return { logGroupName: logGroup, startTime: Math.floor(sinceMs), filterPattern, nextToken };
}

/** A line that is no JSON is none of ours. */
function entriesOf({ timestamp, message, logStreamName }: FilteredLogEvent): RecordEntry[] {
  if (timestamp === undefined || message === undefined) return [];
  try {
    return parseRecord(JSON.parse(message), timestamp, logStreamName);
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
