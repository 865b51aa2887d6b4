/** Amazon EventBridge as an API (EventBridge API reference, PutEvents). */
import { isObject } from '../../functions/core/json.ts';
import type { Account } from './account.ts';
import { ApiError } from './api-error.ts';
import { type Input, objects, text, texts } from './api-input.ts';

const ENTRIES_MAX = 10;
const BYTES_MAX = 1_048_576;

export function eventsApi(account: Account) {
  return { PutEvents: (input: Input) => putEvents(account, input) };
}

function putEvents(account: Account, input: Input) {
  const entries = objects(input, 'Entries');
  if (entries.length < 1 || entries.length > ENTRIES_MAX) {
    const bound = entries.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${ENTRIES_MAX}`;
    throw new ApiError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length ${bound}`,
    );
  }
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) >= BYTES_MAX) {
    throw new ApiError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  const results = entries.map((entry) => {
    const refusal = refusalOf(entry);
    return refusal ?? { EventId: put(account, entry) };
  });
  return { FailedEntryCount: results.filter((each) => 'ErrorCode' in each).length, Entries: results };
}

/** As EventBridge counts (EventBridge guide, "Calculating PutEvents event entry size"). */
function sizeOf(entry: Input): number {
  const words = [text(entry, 'Source'), text(entry, 'DetailType'), text(entry, 'Detail'), ...texts(entry, 'Resources')];
  const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word ?? ''), 0);
  return bytes + (entry['Time'] === undefined ? 0 : 14);
}

function refusalOf(entry: Input): { readonly ErrorCode: string; readonly ErrorMessage: string } | undefined {
  for (const name of ['Source', 'DetailType', 'Detail']) {
    if (text(entry, name)) continue;
    return {
      ErrorCode: 'InvalidArgument',
      ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
    };
  }
  // Whatever begins like this is AWS's own.
  if (text(entry, 'Source')?.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  return detailOf(entry) === undefined ? { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' } : undefined;
}

/** An event for a bus that does not exist is taken and never seen again (aws/aws-cli#9186, aws/aws-sdk-ruby#2657). */
function put(account: Account, entry: Input): string {
  const id = account.nextEventId();
  account.buses.get(busName(entry))?.put({
    version: '0',
    id,
    'detail-type': text(entry, 'DetailType') ?? '',
    source: text(entry, 'Source') ?? '',
    account: account.home.id,
    time: `${timeOf(account, entry).toISOString().slice(0, 19)}Z`,
    region: account.home.region,
    resources: texts(entry, 'Resources'),
    detail: detailOf(entry) ?? {},
  });
  return id;
}

/** On the wire a time is seconds. */
function timeOf(account: Account, { Time }: Input): Date {
  if (Time instanceof Date) return Time;
  return new Date(typeof Time === 'number' ? Time * 1_000 : account.clock.now());
}

function detailOf(entry: Input): Input | undefined {
  try {
    const detail: unknown = JSON.parse(text(entry, 'Detail') ?? '');
    return isObject(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

function busName(entry: Input): string {
  const name = text(entry, 'EventBusName') ?? 'default';
  return name.slice(name.lastIndexOf('/') + 1);
}
