/**
 * Tells by its shape what a JSON value is, and what is in it. Never by a file's name: people rename files, and pipes have none.
 * Each shape names the page on which AWS shows it.
 */
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { timeOf } from './clock-time.ts';
import type { Snapshot } from './item.ts';

/** Something to be opened in turn; `path` leads to it from the value that holds it. */
export interface Inside {
  readonly kind: 'inside';
  readonly path: string;
  readonly inside: unknown;
  /** A text is JSON, or words; in base64, it may be gzip as well. */
  readonly encoding: 'plain' | 'base64';
  /** Whether it is what somebody logged: then it may be words, and they are no mistake. */
  readonly isLogged: boolean;
}

export type Content =
  | Inside
  | { readonly kind: 'event'; readonly event: unknown }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** Known, and without an event. It is counted as what it is: nothing is wrong with it. */
  | { readonly kind: 'skipped'; readonly what: string }
  | { readonly kind: 'unreadable'; readonly because: string };

interface Shape {
  readonly matches: (value: JsonObject) => boolean;
  /** `skipped` elements of its list came before it, in other parts of the same value. */
  readonly contents: (value: JsonObject, skipped: number) => readonly Content[];
}

const EXPECTED = 'expected an EventBridge event, an envelope with events in it, or a snapshot';
const LISTS = ['events', 'logEvents', 'Messages', 'Records', 'Entries', 'results'] as const;
type ListKey = (typeof LISTS)[number];

/** What is in a value; for one of unknown shape, a reason that says what it is and what was expected. */
export function contentsOf(value: unknown, skipped = 0): readonly Content[] {
  if (Array.isArray(value)) return contentsOfList(value, '', skipped, false);
  if (!isObject(value)) return unreadable(`it is ${value === null ? 'null' : `a ${typeof value}`}; ${EXPECTED}`);
  return shapeOf(value)?.contents(value, skipped) ?? unreadable(`it is ${describe(value)}; ${EXPECTED}`);
}

/** Whether a value that stands among words is worth to be taken for more than words. */
export function isKnown(value: unknown): boolean {
  if (typeof value === 'string') return /^\s*(?:[{[]|H4sI)/.test(value);
  if (Array.isArray(value)) return value.some((element) => typeof element !== 'string' && isKnown(element));
  return isObject(value) && shapeOf(value) !== undefined;
}

function shapeOf(value: JsonObject): Shape | undefined {
  return SHAPES.find(({ matches }) => matches(value));
}

/** Each kind of object, the more telling ones first: a log line may have any other key, too. */
const SHAPES: readonly Shape[] = [
  // EventBridge guide, "AWS service event metadata"; `replay-name` is there in an archive's replay (StartReplay).
  {
    matches: (value) => 'detail-type' in value,
    contents: (value) => [{ kind: 'event', event: value }],
  },
  // CloudWatch guide, "Embedded metric format specification".
  {
    matches: ({ _aws }) => isObject(_aws) && Array.isArray(_aws['CloudWatchMetrics']),
    contents: () => skipped('metrics in a log'),
  },
  // Lambda guide, "Configuring JSON and plain text log formats".
  {
    matches: ({ type }) => typeof type === 'string' && type.startsWith('platform.'),
    contents: () => skipped('a line of the Lambda platform'),
  },
  // Powertools, "Logger" (`logEvent`), and Lambda's JSON format; our own lines have no event.
  {
    matches: (value) => typeof value['level'] === 'string' && ('message' in value || 'event' in value),
    contents: (value) => {
      const path = ['event', 'message'].find((key) => isObject(value[key]) || isKnown(value[key]));
      return path === undefined ? skipped('a log line without an event') : [logged(path, value[path])];
    },
  },
  // Lambda guide, "Capturing records of Lambda asynchronous invocations".
  {
    matches: (value) => 'requestPayload' in value,
    contents: ({ requestPayload }) => [inside('requestPayload', requestPayload)],
  },
  // `aws events put-events` (PutEventsRequestEntry): the detail is JSON text, and EventBridge adds id, account and region.
  {
    matches: (value) => typeof value['Detail'] === 'string' && ('DetailType' in value || 'Source' in value),
    contents: (value) => eventOfEntry(value),
  },
  // SQS guide, "Dead-letter queues"; `aws sqs receive-message`; Lambda guide, "Using Lambda with Amazon SQS"; EventBridge guide,
  // "Using dead-letter queues": the attributes ERROR_CODE and so on stand beside an event that is as it was.
  {
    matches: (value) => ['messageId', 'MessageId', 'receiptHandle', 'ReceiptHandle'].some((key) => key in value) && !isSns(value),
    contents: (value) => {
      const path = typeof value['body'] === 'string' ? 'body' : 'Body';
      return typeof value[path] === 'string' ? [inside(path, value[path])] : unreadable('the message has no body');
    },
  },
  // SNS guide, "Parsing message formats"; Lambda guide, "Using Lambda with Amazon SNS".
  { matches: ({ Sns }) => isObject(Sns), contents: ({ Sns }) => [inside('Sns', Sns)] },
  {
    matches: isSns,
    contents: ({ Type, Message }) =>
      Type === 'Notification' ? [inside('Message', Message)] : skipped('an SNS message about a subscription'),
  },
  // CloudWatch Logs guide, "Real-time processing of log data with subscriptions": raw, and decoded.
  {
    matches: ({ awslogs }) => isObject(awslogs) && typeof awslogs['data'] === 'string',
    contents: ({ awslogs }) => [
      { ...inside('awslogs.data', isObject(awslogs) ? awslogs['data'] : ''), encoding: 'base64', isLogged: true },
    ],
  },
  {
    matches: ({ messageType }) => messageType === 'CONTROL_MESSAGE',
    contents: () => skipped('a control message of CloudWatch Logs'),
  },
];
