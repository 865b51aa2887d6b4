/** What wakes the function: the four inputs it takes, and what is made of each message. */
import { type Hint, type Reading, readEvent } from './event.ts';
import { isObject } from './json.ts';

/** One message of an SQS batch, and what was made of it. */
export interface Message {
  readonly id: string;
  readonly reading: Reading;
}

export type Trigger =
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }
  | { readonly kind: 'event'; readonly reading: Reading }
  | { readonly kind: 'schedule' }
  | { readonly kind: 'check' }
  | { readonly kind: 'unknown'; readonly message: string };

/** Tells which of the four inputs this is; anything else becomes an error that names them. */
export function readTrigger(input: unknown): Trigger {
  if (!isObject(input)) return unknown(input === null ? 'null' : typeof input);
  if (input['check'] === true) return { kind: 'check' };
  if (Array.isArray(input['Records'])) return readBatch(input['Records']);
  if (input['source'] === 'aws.events' || input['source'] === 'aws.scheduler') return { kind: 'schedule' };
  if ('detail-type' in input && 'source' in input) return { kind: 'event', reading: readEvent(input) };
  return unknown(`an object with the keys ${Object.keys(input).slice(0, 5).map(printable).join(', ') || '(none)'}`);
}

/** Whether one of them tells of changed tags of a target group or Cloud Map service. */
export function tellsOfTags(readings: readonly Reading[]): boolean {
  return readings.some(({ kind }) => kind === 'tags');
}

/** The hints among readings. */
export function hintsOf(readings: readonly Reading[]): Hint[] {
  return readings.flatMap((reading) => (reading.kind === 'hint' ? [reading.hint] : []));
}

function readBatch(records: readonly unknown[]): Trigger {
  const messages: Message[] = [];
  for (const record of records) {
    if (!isObject(record) || typeof record['messageId'] !== 'string') {
      return unknown('a batch with a record that has no messageId, so it does not come from SQS');
    }
    messages.push({ id: record['messageId'], reading: readBody(record['body']) });
  }
  return { kind: 'messages', messages };
}

function readBody(body: unknown): Reading {
  if (typeof body !== 'string') return { kind: 'unreadable', because: 'the message has no body' };
  try {
    return readEvent(JSON.parse(body));
  } catch {
    // JSON.parse quotes the text in its message. The text may hold secrets, so only the size is told.
    return { kind: 'unreadable', because: `the body (${body.length} characters) is not JSON` };
  }
}

function unknown(got: string): Trigger {
  return {
    kind: 'unknown',
    message:
      `The function got ${got}. It takes four inputs: a batch of SQS messages {"Records":[...]}, the schedule's event ` +
      '{"source":"aws.events",...}, one EventBridge event {"source":"aws.ecs","detail-type":"ECS Task State Change",...}, ' +
      'or {"check":true}.',
  };
}

/** A key of unknown input goes into an error message: keep it short and on one line. */
function printable(key: string): string {
  return `"${key.slice(0, 30).replaceAll(/[^\w.-]/g, '?')}"`;
}
