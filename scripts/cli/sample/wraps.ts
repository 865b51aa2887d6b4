/** Wraps events as the services and commands deliver them. What is made here, scripts/replay reads. */
import { createHash } from 'node:crypto';
import type { Random } from '../../simulator/random.ts';
import { hex, type SampleEvent, uuid } from './event.ts';

type Wrapper = (events: readonly SampleEvent[], random: Random) => string;

/** How long after an event its message, or its line in a log, comes in. */
const DELAY_MS = 400;

const WRAPPERS = {
  /** A list over many lines, as people keep them. */
  array: (events) => pretty(events),
  /** What Lambda hands to a function that a queue feeds (Lambda guide, "Using Lambda with Amazon SQS"). */
  sqs: (events, random) => pretty({ Records: events.map((event) => recordOf(event, JSON.stringify(event), random)) }),
  /** `aws sqs receive-message` */
  'receive-message': (events, random) => pretty({ Messages: events.map((event) => messageOf(event, random)) }),
  /** `aws logs filter-log-events` on the log group of the ECS console's event capture. */
  logs: (events, random) => pretty({ events: events.map((event) => logEventOf(event, random)), searchedLogStreams: [] }),
  /** `aws events put-events --entries`. EventBridge takes `aws.ecs` as a source from AWS only: a rule has to match another one. */
  'put-events': (events) => pretty(events.map(entryOf)),
  /** A topic that is between the rule and the queue (SNS guide, "Parsing Amazon SNS message formats"). */
  'sns-in-sqs': (events, random) =>
    pretty({ Records: events.map((event) => recordOf(event, JSON.stringify(notificationOf(event, random)), random)) }),
} as const satisfies Readonly<Record<string, Wrapper>>;

/** What stands behind each event where nothing is around them all: such a capture has no end in sight, and is made one by one. */
const ENDS = {
  /** One event a line. */
  eventbridge: '\n',
  /** An object that Firehose wrote: nothing is between the events (Firehose guide, "Understand data delivery"). */
  firehose: '',
} as const;

export type Wrap = keyof typeof WRAPPERS | keyof typeof ENDS;

/** The names of the wraps, for those who ask for one. */
export const WRAPS: readonly Wrap[] = [
  'eventbridge',
  'array',
  'sqs',
  'receive-message',
  'logs',
  'put-events',
  'sns-in-sqs',
  'firehose',
];

/** The events in their wrap, as text. */
export function* wrappedEvents(wrap: Wrap, events: Iterable<SampleEvent>, random: Random): Generator<string, void> {
  if (wrap === 'eventbridge' || wrap === 'firehose') {
    for (const event of events) yield `${JSON.stringify(event)}${ENDS[wrap]}`;
    return;
  }
  const wrapper: Wrapper = WRAPPERS[wrap];
  yield wrapper([...events], random);
}

function recordOf({ time, region, account }: SampleEvent, body: string, random: Random): unknown {
  const sentMs = Date.parse(time) + DELAY_MS;
  return {
    messageId: uuid(random),
    receiptHandle: hex(random, 64),
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(sentMs),
      SenderId: 'AIDAEXAMPLE',
      ApproximateFirstReceiveTimestamp: String(sentMs + DELAY_MS),
    },
    messageAttributes: {},
    md5OfBody: md5(body),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${region}:${account}:alb-target-sync`,
    awsRegion: region,
  };
}

function messageOf(event: SampleEvent, random: Random): unknown {
  const body = JSON.stringify(event);
  const SentTimestamp = String(Date.parse(event.time) + DELAY_MS);
  return {
    MessageId: uuid(random),
    ReceiptHandle: hex(random, 64),
    MD5OfBody: md5(body),
    Body: body,
    Attributes: { SentTimestamp, ApproximateReceiveCount: '1' },
  };
}

function logEventOf(event: SampleEvent, random: Random): unknown {
  const timestamp = Date.parse(event.time);
  return {
    logStreamName: uuid(random),
    timestamp,
    message: JSON.stringify(event),
    ingestionTime: timestamp + DELAY_MS,
    eventId: String(random.whole(10 ** 15, 10 ** 16 - 1)).padEnd(56, '0'),
  };
}

function entryOf({ time, source, resources, detail, ...event }: SampleEvent): unknown {
  return {
    Time: time,
    Source: source,
    Resources: resources,
    DetailType: event['detail-type'],
    Detail: JSON.stringify(detail),
  };
}

function notificationOf(event: SampleEvent, random: Random): unknown {
  const { region, account } = event;
  return {
    Type: 'Notification',
    MessageId: uuid(random),
    TopicArn: `arn:aws:sns:${region}:${account}:ecs-events`,
    Message: JSON.stringify(event),
    Timestamp: new Date(Date.parse(event.time) + DELAY_MS).toISOString(),
    SignatureVersion: '1',
  };
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
