/** What is around events: tables, logs, streams, and nothing at all. */
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../../../functions/core/json.ts';
import { base64, cellOf, csv, DETAILS, keyed, LIFE, ndjson, pascal, snake, utf16le } from './capture.ts';
import { type Input, kind } from './input.ts';

const TABLES = kind('CSV', [
  { name: 'as Logs Insights exports it', files: { csv: csv(['@timestamp', '@message'], cellOf) } },
  { name: 'with a mark, and CRLF', files: { csv: `\uFEFF${csv(['@timestamp', '@message'], cellOf, ',', '\r\n')}` } },
  { name: 'with semicolons', files: { csv: csv(['@timestamp', '@message'], cellOf, ';') } },
  { name: 'with tabs', files: { csv: csv(['@timestamp', '@message'], cellOf, '\t') } },
  { name: 'with the choice of a delimiter', files: { csv: `sep=;\n${csv(['@message', '@timestamp'], cellOf, ';')}` } },
  { name: 'with other columns, in another order', files: { csv: csv(['@logStream', '@message', '@timestamp', 'x'], cellOf) } },
  { name: 'of messages alone', files: { csv: csv(['@message'], cellOf) } },
  {
    name: 'with line ends in the quotes',
    files: {
      csv: csv(['@timestamp', '@message'], (event, column) => (column === '@message' ? JSON.stringify(event, null, 2) : 'x')),
    },
  },
  {
    name: 'from another product, by its content',
    files: { csv: csv(['Time', 'Log'], (event, column) => (column === 'Log' ? JSON.stringify(event) : '1')) },
  },
  {
    name: 'without names of columns',
    files: { csv: csv(['@timestamp', '@message'], cellOf).split('\n').slice(1).join('\n') },
  },
  { name: 'in gzip and UTF-16', files: { csv: gzipSync(utf16le(`\uFEFF${csv(['@timestamp', '@message'], cellOf)}`)) } },
  {
    name: 'of a query without messages',
    files: { csv: '@timestamp,detail.lastStatus\n2026-03-02 10:15:33.000,RUNNING\n' },
    code: 1,
    changes: 'none',
    says: [/^NOT PLAYED/, /it is CSV with the columns "@timestamp", "detail\.lastStatus"; expected .*@message/],
    never: /not valid JSON/,
  },
]);

const line = (message: unknown): JsonObject => ({ timestamp: '2026-03-02T10:15:33Z', level: 'INFO', requestId: 'r', message });
const LOGS = kind('logs of functions', [
  {
    name: 'words, then the event as text',
    files: { log: ndjson(LIFE.map((event) => line(`Received event: ${JSON.stringify(event)}`))) },
  },
  {
    name: 'words, then the event over many lines',
    files: { log: ndjson(LIFE.map((event) => line(`got\n${JSON.stringify(event, null, 2)}`))) },
  },
  { name: 'the event as the message', files: { log: ndjson(LIFE.map(line)) } },
  {
    name: 'the event below a name of its own',
    files: { log: ndjson(LIFE.map((event) => ({ ts: 1, ctx: { payload: event } }))) },
  },
  {
    name: 'what a log shipper makes of it',
    files: { log: ndjson(LIFE.map((event) => ({ log: `${JSON.stringify(event)}\n`, container_name: 'x' }))) },
  },
  {
    name: 'the event as JavaScript prints it',
    files: {
      log: ndjson([line("Received event: { version: '0', 'detail-type': 'ECS Task State Change', detail: [Object] }")]),
    },
    code: 1,
    changes: 'none',
    says: [
      /^NOT PLAYED/,
      /as Python or JavaScript prints it, which is not JSON; log it with json\.dumps\(event\) or JSON\.stringify\(event\)/,
    ],
  },
  {
    name: 'the event as Python prints it',
    files: { log: "{'version': '0', 'detail-type': 'ECS Task State Change', 'source': 'aws.ecs'}\n" },
    code: 1,
    changes: 'none',
    says: [/as Python or JavaScript prints it/],
  },
]);

const STREAMS = kind('streams', [
  {
    name: 'Kinesis, as Lambda gets it',
    files: {
      batch: JSON.stringify({
        Records: LIFE.map((event) => ({ kinesis: { data: base64(event) }, eventSource: 'aws:kinesis' })),
      }),
    },
  },
  {
    name: 'Kinesis, by get-records',
    files: {
      batch: JSON.stringify({
        Records: LIFE.map((event) => ({ SequenceNumber: '1', Data: base64(event), PartitionKey: 'p' })),
      }),
    },
  },
  {
    name: 'Firehose, as a transformation gets it',
    files: { batch: JSON.stringify({ records: LIFE.map((event) => ({ recordId: '1', data: base64(event) })) }, null, 2) },
  },
  {
    name: 'a subscription in gzip in Kinesis',
    files: {
      batch: JSON.stringify({
        Records: LIFE.map((event) => ({
          kinesis: {
            data: gzipSync(
              JSON.stringify({
                messageType: 'DATA_MESSAGE',
                logEvents: [{ id: '1', timestamp: 1, message: JSON.stringify(event) }],
              }),
            ).toString('base64'),
          },
        })),
      }),
    },
  },
  {
    name: 'Kafka',
    files: {
      batch: JSON.stringify({
        eventSource: 'aws:kafka',
        records: { 'events-0': LIFE.map((event) => ({ topic: 'events', value: base64(event) })) },
      }),
    },
  },
  {
    name: 'with data of somebody else',
    files: {
      batch: JSON.stringify({
        Records: [{ kinesis: { data: Buffer.from('nothing of ours, only words').toString('base64') } }],
      }),
    },
    code: 1,
    changes: 'none',
    says: [/Records\[0\]\.kinesis\.data/, /it is text; expected/],
  },
]);

const PARTS = kind('details without their events', [
  { name: 'alone, one a line', files: { details: ndjson(DETAILS) }, says: [/details came without the rest of the event/] },
  { name: 'in an object of an input transformer', files: { details: ndjson(DETAILS.map((event) => ({ event }))) } },
  { name: 'two names deep', files: { details: ndjson(DETAILS.map((task) => ({ data: { task }, at: 1 }))) } },
  { name: 'below their own name, without a source', files: { details: ndjson(DETAILS.map((detail) => ({ detail }))) } },
  {
    name: 'as text in an event',
    files: { details: ndjson(LIFE.map((event) => ({ ...event, detail: JSON.stringify(event['detail']) }))) },
  },
  { name: 'in the spelling of a database', files: { details: ndjson(DETAILS.map((detail) => keyed(detail, snake))) } },
  {
    name: 'of an emulator, without updatedAt',
    files: { details: ndjson(DETAILS.map(({ updatedAt, ...detail }) => ({ ...detail, createdAt: updatedAt }))) },
  },
  {
    name: 'in events of .NET',
    files: { events: ndjson(LIFE.map((event) => keyed(event, (key) => (key === 'detail-type' ? 'DetailType' : pascal(key))))) },
  },
]);

export const WRAPPED: readonly Input[] = [...TABLES, ...LOGS, ...STREAMS, ...PARTS];
