/** Amazon CloudWatch Logs as an API (CloudWatch Logs API reference, FilterLogEvents). */
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { type Input, text, texts, whole } from './api-input.ts';
import { filterOf } from './log-filter.ts';
import type { LogLine } from './logs.ts';

const EVENTS_MAX = 10_000;
const PAGE_BYTES_MAX = 1_048_576;

export function logsApi({ logs, home }: Account) {
  return {
    'logs.ListTagsForResource': (input: Input) => {
      const arn = text(input, 'resourceArn') ?? '';
      const group = [...logs.groups.keys()].find((each) => logs.arnOf(each) === arn);
      if (group === undefined) throw new ApiError('ResourceNotFoundException', 'The specified resource does not exist.');
      return { tags: Object.fromEntries(logs.tagsOf(group)) };
    },
    FilterLogEvents: (input: Input) => {
      const name = groupOf(input, `arn:aws:logs:${home.region}:${home.id}:log-group:`);
      const lines = logs.found(name, whole(input, 'startTime') ?? 0);
      if (lines === undefined) throw new ApiError('ResourceNotFoundException', 'The specified log group does not exist.');
      const limit = whole(input, 'limit') ?? EVENTS_MAX;
      if (limit < 1 || limit > EVENTS_MAX) throw outOfRange(limit);
      const matches = filterOf(text(input, 'filterPattern') ?? '');
      const rest = after(lines.filter(isAsked(input)), text(input, 'nextToken'));
      const found: LogLine[] = [];
      let scanned = 0;
      let bytes = 0;
      for (const line of rest) {
        const size = matches(line.message) ? Buffer.byteLength(line.message) : undefined;
        const isFull = scanned >= logs.scanMax || found.length >= limit || bytes + (size ?? 0) > PAGE_BYTES_MAX;
        if (isFull) break;
        scanned += 1;
        if (size === undefined) continue;
        bytes += size;
        found.push(line);
      }
      const last = rest[scanned - 1];
      return {
        events: found.map(({ id, stream, atMs, ingestedAtMs, message }) => ({
          eventId: id,
          logStreamName: stream,
          timestamp: atMs,
          ingestionTime: ingestedAtMs,
          message,
        })),
        searchedLogStreams: [],
        nextToken: scanned < rest.length && last !== undefined ? tokenOf(last) : undefined,
      };
    },
  };
}

function groupOf(input: Input, prefix: string): string {
  const [name, identifier] = [text(input, 'logGroupName'), text(input, 'logGroupIdentifier')];
  if ((name === undefined) === (identifier === undefined)) {
    throw new ApiError('InvalidParameterException', 'Specify either logGroupName or logGroupIdentifier, but not both.');
  }
  return name ?? identifier?.replace(prefix, '').replace(/:\*$/, '') ?? '';
}

function isAsked(input: Input): (line: LogLine) => boolean {
  const streams = texts(input, 'logStreamNames');
  const prefix = text(input, 'logStreamNamePrefix');
  if (streams.length > 0 && prefix !== undefined) {
    throw new ApiError('InvalidParameterException', 'logStreamNamePrefix and logStreamNames cannot both be specified.');
  }
  const fromMs = whole(input, 'startTime') ?? 0;
  const toMs = whole(input, 'endTime') ?? Number.POSITIVE_INFINITY;
  return ({ atMs, stream }) =>
    atMs >= fromMs && atMs <= toMs && (streams.length === 0 || streams.includes(stream)) && stream.startsWith(prefix ?? '');
}

/** The token is the last line that was looked at: what comes in late behind it is found, what comes in before it is not. */
function tokenOf({ atMs, id }: LogLine): string {
  return `simulated/${atMs}/${id}`;
}

function after(lines: readonly LogLine[], token: string | undefined): readonly LogLine[] {
  if (token === undefined) return lines;
  const [, atText, id = ''] = /^simulated\/(\d+)\/(\d+)$/.exec(token) ?? [];
  if (atText === undefined) throw new ApiError('InvalidParameterException', 'The specified nextToken is invalid.');
  const atMs = Number(atText);
  return lines.filter((line) => line.atMs > atMs || (line.atMs === atMs && line.id > id));
}

function outOfRange(limit: number): ApiError {
  const bound = limit < 1 ? 'greater than or equal to 1' : `less than or equal to ${EVENTS_MAX}`;
  return new ApiError(
    'InvalidParameterException',
    `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value ${bound}`,
  );
}
