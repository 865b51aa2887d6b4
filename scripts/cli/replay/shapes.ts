/**
 * Tells by its shape what a JSON value is, and what is in it. Never by a file's name: people rename files, and pipes have none.
 * Each shape names the page on which AWS shows it.
 */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';
import { parseWhole } from './documents.ts';
import { gunzipWhole } from './gzip.ts';
import type { Snapshot } from './item.ts';
import { EVENT_SPELLING, respelled, valueIn } from './spelling.ts';
import { isTask, otherAnswer, snapshotOf, taskOf } from './state-shapes.ts';

/** Something to be opened in turn; `path` leads to it from the value that holds it. A text in it is JSON, or words. */
interface Inside {
  readonly kind: 'inside';
  readonly path: string;
  readonly inside: unknown;
  /** Whether somebody has logged it: then it may be words, and they are no mistake. */
  readonly isLogged: boolean;
}

export type Content =
  | Inside
  | { readonly kind: 'event'; readonly event: unknown; readonly isDetail?: true }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** Known, and without an event. It is counted as what it is: nothing is wrong with it. */
  | { readonly kind: 'skipped'; readonly what: string }
  | { readonly kind: 'unreadable'; readonly because: string };

interface Shape {
  readonly matches: (value: JsonObject) => boolean;
  readonly contents: (value: JsonObject, skipped: number) => readonly Content[];
}

export const EXPECTED = 'expected an EventBridge event, an envelope with events in it, or a snapshot';
const LISTS = ['events', 'logEvents', 'Messages', 'Records', 'records', 'Entries', 'results'] as const;
const SQS_KEYS = ['messageId', 'MessageId', 'receiptHandle', 'ReceiptHandle'];
const LOG_KEYS = ['ingestionTime', 'eventId', 'logStreamName', 'timestamp'];
/** What stands beside the base64 of a record: of Firehose, of `aws kinesis get-records`, of a pipe. */
const RECORD_KEYS = ['recordId', 'approximateArrivalTimestamp', 'PartitionKey', 'partitionKey', 'SequenceNumber'];
const BASE64 = /^[\w+/=\s-]{16,}$/;
/** An object of unknown shape may hold an event so deep. */
const HOLDER_DEPTH_MAX = 3;

/**
 * What is in a value; for one of unknown shape, a reason that says what it is and what was expected. `before` elements of its
 * list came before it, in other parts of the same value; `isLogged` says whether it was found in a log.
 */
export function contentsOf(value: unknown, before = 0, isLogged = false): readonly Content[] {
  if (isRow(value)) return contentsOfRow(value.find(({ field }) => field === '@message')?.['value']);
  if (Array.isArray(value)) return contentsOfList(value, '', before, isLogged);
  if (!isObject(value)) return unreadable(`it is ${value === null ? 'null' : `a ${typeof value}`}; ${EXPECTED}`);
  return shapeOf(value)?.contents(value, before) ?? contentsOfHolder(value, isLogged);
}

/** What is left is looked for below names that nobody knows, such as those that an input transformer or a log shipper gives. */
function contentsOfHolder(value: JsonObject, isLogged: boolean): readonly Content[] {
  const holders = Object.entries(value).filter(([, each]) => holdsKnown(each, HOLDER_DEPTH_MAX));
  if (holders.length > 0) return holders.map(([key, each]) => inside(key, each, isLogged));
  return unreadable(otherAnswer(value) ?? `it is ${describe(value)}; ${EXPECTED}`);
}

function holdsKnown(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return /^\s*[{[]\s*["{]/.test(value);
  if (isKnown(value)) return true;
  return depth > 1 && isObject(value) && Object.values(value).some((each) => holdsKnown(each, depth - 1));
}

/** Whether a value that stands among words is to be taken for more than words. */
export function isKnown(value: unknown): boolean {
  if (typeof value === 'string') return /^\s*(?:[{[]|H4sI)/.test(value);
  if (Array.isArray(value)) return value.some((element) => typeof element !== 'string' && isKnown(element));
  return isObject(value) && shapeOf(value) !== undefined;
}

function shapeOf(value: JsonObject): Shape | undefined {
  return SHAPES.find(({ matches }) => matches(value));
}

/** Each kind of object, the more telling ones first: a line of a log may have any key besides its own. */
const SHAPES: readonly Shape[] = [
  // EventBridge guide, "AWS service event metadata"; `replay-name` is in an archive's replay (API reference, StartReplay).
  {
    matches: (value) => 'detail-type' in value,
    contents: (value) => [{ kind: 'event', event: withParsedDetail(value) }],
  },
  // `aws events put-events` (API reference, PutEventsRequestEntry): the detail is JSON text.
  {
    matches: (value) => typeof value['Detail'] === 'string' && ('DetailType' in value || 'Source' in value),
    contents: contentsOfEntry,
  },
  // The same event as a client library in another language writes it.
  {
    matches: (value) => typeof valueIn(value, 'detail-type') === 'string' && valueIn(value, 'detail') !== undefined,
    contents: (value) => {
      const event = respelled(value, EVENT_SPELLING);
      return [{ kind: 'event', event: isObject(event) ? withParsedDetail(event) : event }];
    },
  },
  // CloudWatch guide, "Specification: Embedded metric format".
  {
    matches: ({ _aws }) => isObject(_aws) && Array.isArray(_aws['CloudWatchMetrics']),
    contents: () => skipped('metrics in a log'),
  },
  // Powertools for AWS Lambda, "Logger" (`logEvent`), and Lambda guide, "Configuring JSON and plain text log formats".
  {
    matches: (value) => typeof value['level'] === 'string' && ('message' in value || 'event' in value),
    contents: (value) => {
      const path = ['event', 'message'].find((key) => isKnown(value[key]) || holdsJson(value[key]));
      return path === undefined ? skipped('a log line that carries no event') : [inside(path, value[path], true)];
    },
  },
  {
    matches: ({ type }) => typeof type === 'string' && type.startsWith('platform.'),
    contents: () => skipped('a line of the Lambda platform'),
  },
  // Lambda guide, "Capturing records of Lambda asynchronous invocations".
  {
    matches: (value) => 'requestPayload' in value,
    contents: ({ requestPayload }) => [inside('requestPayload', requestPayload)],
  },
  // SNS guide, "Parsing Amazon SNS message formats"; in the records of Lambda guide, "Invoking Lambda functions with SNS".
  { matches: isSns, contents: contentsOfSns },
  { matches: ({ Sns }) => isObject(Sns), contents: ({ Sns }) => [inside('Sns', Sns)] },
  // `aws sqs receive-message`; Lambda guide, "Using Lambda with Amazon SQS"; EventBridge guide, "Using dead-letter queues":
  // there the event is in the body as it was, and attributes such as ERROR_CODE stand beside it.
  {
    matches: (value) => SQS_KEYS.some((key) => key in value),
    contents: (value) => {
      const path = typeof value['body'] === 'string' ? 'body' : 'Body';
      return typeof value[path] === 'string' ? [inside(path, value[path])] : unreadable('the message has no body');
    },
  },
  // CloudWatch Logs guide, "Using CloudWatch Logs subscription filters": as Lambda gets it, and once it is decoded.
  {
    matches: ({ awslogs }) => isObject(awslogs) && typeof awslogs['data'] === 'string',
    contents: ({ awslogs }) => [inside('awslogs.data', isObject(awslogs) ? awslogs['data'] : undefined, true)],
  },
  {
    matches: ({ messageType }) => messageType === 'CONTROL_MESSAGE',
    contents: () => skipped('a control message of CloudWatch Logs'),
  },
  // `aws logs filter-log-events`, `get-log-events`, `tail --format none`: one of their events.
  {
    matches: (value) =>
      typeof value['message'] === 'string' && (Object.keys(value).length === 1 || LOG_KEYS.some((key) => key in value)),
    contents: ({ message }) => [inside('message', message, true)],
  },
  // CloudWatch Logs guide, "CloudWatch Logs Insights": a row as the console exports it, with the message parsed or not.
  {
    matches: (value) => '@message' in value || '@timestamp' in value || '@ptr' in value,
    contents: (value) => contentsOfRow(value['@message']),
  },
  // The detail of an event, which `InputPath` leaves or somebody has cut out: DescribeTasks has no updatedAt.
  {
    matches: (value) => isTask(value) && valueIn(value, 'updatedAt') !== undefined,
    contents: (value) => [eventOfDetail(value)],
  },
  {
    matches: (value) => snapshotOf(value) !== undefined,
    contents: (value) => {
      const snapshot = snapshotOf(value);
      return snapshot === undefined ? [] : [{ kind: 'snapshot', snapshot }];
    },
  },
  // Lambda guide, "Using Lambda with Amazon Kinesis"; `aws kinesis get-records`; Firehose guide, "Transform source data".
  {
    matches: ({ kinesis }) => isObject(kinesis) && typeof kinesis['data'] === 'string',
    contents: ({ kinesis }) => encoded('kinesis.data', isObject(kinesis) ? kinesis['data'] : undefined),
  },
  {
    matches: (value) =>
      typeof dataOf(value) === 'string' && (Object.keys(value).length === 1 || RECORD_KEYS.some((key) => key in value)),
    contents: (value) => encoded('data' in value ? 'data' : 'Data', dataOf(value)),
  },
  // Lambda guide, "Using Lambda with Amazon MSK": records by topic and partition.
  {
    matches: ({ topic, value }) => typeof topic === 'string' && typeof value === 'string',
    contents: ({ value }) => encoded('value', value),
  },
  {
    matches: ({ eventSource, records }) => /kafka/i.test(String(eventSource)) && isObject(records),
    contents: ({ records }) =>
      Object.entries(isObject(records) ? records : {}).map(([topic, each]) => inside(`records.${topic}`, each)),
  },
  // The lists of the commands and services above.
  {
    matches: (value) => LISTS.some((key) => Array.isArray(value[key])),
    contents: (value, before) =>
      LISTS.filter((key) => Array.isArray(value[key])).flatMap((key) =>
        contentsOfList(list(value[key]), key, before, key === 'events' || key === 'logEvents'),
      ),
  },
  // An event from which somebody has left out the rest: the function itself says what it takes it for.
  {
    matches: ({ detail }) => isObject(detail),
    contents: (value) => {
      const { detail } = value;
      const isBare = isObject(detail) && isTask(detail) && value['source'] === undefined;
      return [isBare ? eventOfDetail(detail, value) : { kind: 'event', event: value }];
    },
  },
];

/** EventBridge never sends the detail as text; whoever has stored an event column by column does. */
function withParsedDetail(event: JsonObject): JsonObject {
  const { detail } = event;
  const parsed = typeof detail === 'string' ? parseWhole(detail) : detail;
  const spelled = isObject(parsed) && !('taskArn' in parsed) && isTask(parsed) ? taskOf(parsed) : parsed;
  return spelled === detail ? event : { ...event, detail: spelled };
}

/** A detail says all that is needed; the rest of its event is what EventBridge puts around every such detail. */
export function eventOfDetail(told: JsonObject, rest: JsonObject = {}): Content & { readonly kind: 'event' } {
  const detail = taskOf(told);
  const resources = isObject(detail) ? [detail['taskArn']] : [];
  const made = { version: '0', 'detail-type': 'ECS Task State Change', source: 'aws.ecs', resources };
  return { kind: 'event', event: { ...made, ...rest, detail }, isDetail: true };
}

function dataOf(value: JsonObject): unknown {
  return value['data'] ?? value['Data'];
}

/** Base64, of gzip or not; text that was decoded before is taken as it is. */
function encoded(path: string, data: unknown): readonly Content[] {
  if (typeof data !== 'string' || isKnown(data) || !BASE64.test(data)) return [inside(path, data)];
  const bytes = gunzipWhole(Buffer.from(data, 'base64'));
  return bytes === undefined
    ? unreadable(`its ${path} is damaged gzip data`)
    : [inside(path, Buffer.from(bytes).toString('utf8'))];
}

/** Whether JSON stands somewhere in the text, as in `Received event: {"version": "0", ...`. */
function holdsJson(text: unknown): boolean {
  return typeof text === 'string' && (/\{\s*"/.test(text) || PRINTED.test(text));
}

/** How Python and JavaScript print an event: neither is JSON. */
export const PRINTED = /'detail-type'\s*:\s*'/;

/** EventBridge would add id, account and region, and the time where there is none. */
function contentsOfEntry({ Detail, DetailType, Source, Time, Resources }: JsonObject): readonly Content[] {
  const detail = typeof Detail === 'string' ? parseWhole(Detail) : undefined;
  if (!isObject(detail)) return unreadable('its Detail is not the JSON text of an object');
  const seconds = typeof Time === 'number' && Math.abs(Time) < 8e12 ? new Date(Time * 1_000).toISOString() : Time;
  const time = typeof seconds === 'string' ? { time: seconds } : {};
  const resources = Array.isArray(Resources) ? Resources : [];
  return [{ kind: 'event', event: { version: '0', 'detail-type': DetailType, source: Source, ...time, resources, detail } }];
}

function isSns({ Type, Message }: JsonObject): boolean {
  return typeof Message === 'string' && typeof Type === 'string' && /^(?:Notification|\w+Confirmation)$/.test(Type);
}

function contentsOfSns({ Type, Message }: JsonObject): readonly Content[] {
  return Type === 'Notification' ? [inside('Message', Message)] : skipped('an SNS message about a subscription');
}

/** A row of `aws logs get-query-results`. */
function isRow(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.length > 0 && value.every((cell) => isObject(cell) && typeof cell['field'] === 'string');
}

function contentsOfRow(message: unknown): readonly Content[] {
  if (message === undefined) return unreadable('the row has no @message; expected a query with `fields @message`');
  return [inside('@message', message, true)];
}

function contentsOfList(elements: readonly unknown[], key: string, before: number, isLogged: boolean): readonly Content[] {
  if (elements.length === 0) return skipped('an empty list');
  // A list of a million numbers is one mistake, not a million.
  if (!elements.some((element) => typeof element === 'object' || typeof element === 'string')) {
    return unreadable(`it is a list of ${typeof elements[0]}s; ${EXPECTED}`);
  }
  return elements.map((element, index) => inside(`${key}[${before + index}]`, element, isLogged));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function inside(path: string, value: unknown, isLogged = false): Inside {
  return { kind: 'inside', path, inside: value, isLogged };
}

function skipped(what: string): readonly Content[] {
  return [{ kind: 'skipped', what }];
}

function unreadable(because: string): readonly Content[] {
  return [{ kind: 'unreadable', because }];
}

/** The keys tell people what they gave; the values may be nobody's business. */
function describe(value: JsonObject): string {
  const keys = Object.keys(value).slice(0, 5);
  const told = keys.map((key) => `"${key.slice(0, 30).replaceAll(/[^\w.@:/ -]/g, '?')}"`).join(', ');
  return keys.length === 0 ? 'an object without keys' : `an object with the keys ${told}`;
}
