/** Every wrapping in which people have events: one fixture and one expectation each, then all of them in one file. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../../functions/core/json.ts';
import { openInput } from '../../../scripts/cli/replay/input.ts';
import { read, readBytes, tellAll } from './reading.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/envelopes/', import.meta.url));

/** By the number that the envelope has in the list of those that the replay takes. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  '01-eventbridge.json': [': event 1'],
  '01-eventbridge-replayed.json': [': event 2'],
  '02-list.json': ['[0]: event 3', '[1]: event 4'],
  '03-lines.ndjson': ['line 1: event 5', 'line 2: event 6'],
  '04-firehose': ['byte 0: event 7', 'byte 1531: event 8'],
  '04-firehose.gz': ['byte 0: event 9', 'byte 1531: event 10'],
  '05-filter-log-events.json': ['events[0].message: event 11', 'events[1].message: event 12'],
  '05-get-log-events.json': ['events[0].message: event 13'],
  '06-tail-detailed.txt': ['line 1: event 14', 'line 2: event 15'],
  '06-tail-short.txt': [': event 16'],
  '06-tail-json.txt': [': event 17'],
  '07-export.gz': ['line 1: event 19', 'line 2: event 18'],
  '08-get-query-results.json': ['results[0].@message: event 20', 'results[1].@message: event 21'],
  '08-console.json': ['[0].@message: event 22', '[1].@message: event 23'],
  '09-subscription.json': ['awslogs.data.logEvents[0].message: event 24', 'awslogs.data.logEvents[1].message: event 25'],
  '09-subscription-decoded.json': ['logEvents[0].message: event 26'],
  '10-receive-message.json': ['Messages[0].Body: event 27', 'Messages[1].Body: event 28'],
  '11-lambda-sqs.json': ['Records[0].body: event 29', 'Records[1].body: event 30'],
  '12-rule-dead-letter.json': ['Messages[0].Body: event 31'],
  '13-lambda-destination.json': ['requestPayload: event 32'],
  '14-sns-in-sqs.json': ['Records[0].body.Message: event 33'],
  '14-sns-record.json': ['Records[0].Sns.Message: event 34'],
  '15-put-events.json': ['[0]: event 35', '[1]: event 36'],
  '15-put-events-request.json': ['Entries[0]: event 37'],
  '16-log-lines.txt': ['line 3, event.Records[0].body: event 38', 'line 5, message: event 39'],
  '17-describe-tasks.json': [': tasks'],
  '17-describe-target-health.json': [': targets'],
  '17-list-instances.json': [': instances'],
};

function bytesOf(file: string): Buffer {
  return readFileSync(`${FOLDER}${file}`);
}

/** What is in the file, unpacked and with an end of line. */
function plainOf(file: string): Buffer {
  const bytes = bytesOf(file);
  return Buffer.concat([file.endsWith('.gz') ? gunzipSync(bytes) : bytes, Buffer.from('\n')]);
}

/** What is found, without the way to it. */
function withoutPlaces(lines: readonly string[]): string[] {
  return lines.map((line) => line.slice(line.lastIndexOf(': ') + 2));
}

const ALL = withoutPlaces(Object.values(EXPECTED).flat());

describe('envelopes', () => {
  it('has an expectation for every fixture, and a fixture for each of the 17 envelopes', () => {
    const files = readdirSync(FOLDER);
    expect(files.sort()).toEqual(Object.keys(EXPECTED).sort());
    const numbers = new Set(files.map((file) => Number(file.slice(0, 2))));
    expect([...numbers]).toEqual(Array.from({ length: 17 }, (_, index) => index + 1));
  });

  it.each(Object.entries(EXPECTED))('%s', async (file, expected) => {
    expect(tellAll(await readBytes(bytesOf(file)))).toEqual(expected);
  });

  it('takes each for what it is whatever the file is called', async () => {
    const files = Object.fromEntries(Object.keys(EXPECTED).map((file, index) => [`file-${index}.dat`, [bytesOf(file)]]));
    expect(withoutPlaces(tellAll((await read(files)).items))).toEqual(ALL);
  });

  it('hands over the event itself, untouched', async () => {
    const event: unknown = JSON.parse(bytesOf('01-eventbridge.json').toString());
    for (const wrapped of [event, [event], { events: [{ message: JSON.stringify(event), eventId: '1' }] }]) {
      const [item] = await readBytes(JSON.stringify(wrapped));
      expect(item).toMatchObject({ kind: 'event', event });
    }
  });

  it('gives an entry of put-events the shape in which EventBridge would deliver it', async () => {
    const [item] = await readBytes(bytesOf('15-put-events.json'));
    const event = item?.kind === 'event' && isObject(item.event) ? item.event : {};
    expect(event).toMatchObject({ 'detail-type': 'ECS Task State Change', source: 'aws.ecs', time: '2026-03-02T10:35:05Z' });
    expect(event['detail']).toMatchObject({ lastStatus: 'RUNNING', version: 4 });
  });

  it('reads one gzip file that mixes all of them, in one member or in many, and gzip in gzip', async () => {
    const files = Object.keys(EXPECTED);
    const one = gzipSync(Buffer.concat(files.map(plainOf)));
    const many = Buffer.concat(files.map((file) => gzipSync(plainOf(file))));
    for (const bytes of [one, many, gzipSync(one), gzipSync(gzipSync(many))]) {
      expect(withoutPlaces(tellAll(await readBytes(bytes)))).toEqual(ALL);
    }
  });

  it('reads several files in their order, and tells of each by its name', async () => {
    const { items } = await read({ b: [bytesOf('03-lines.ndjson')], a: [bytesOf('02-list.json')] });
    expect(items.map(({ place }) => `${place.file} ${place.position}`)).toEqual(['b line 1', 'b line 2', 'a [0]', 'a [1]']);
  });

  it('tells of a file that is not there, and of a folder, and reads the others', async () => {
    const files = [`${FOLDER}none.json`, FOLDER, `${FOLDER}01-eventbridge.json`];
    const { items } = await read(Object.fromEntries(files.map((file) => [file, openInput(file)])));
    expect(tellAll(items)).toEqual([': there is no such file', ': it is a directory; name the files in it', ': event 1']);
    expect(items.map(({ place }) => place.file)).toEqual(files);
  });

  it('tells of what is known and carries no event, and takes none of it for a mistake', async () => {
    const { skipped } = await read({ log: [bytesOf('16-log-lines.txt')] });
    expect(skipped.map((line) => line.replace(/^.*: /, ''))).toEqual([
      'words in a log',
      'words in a log',
      'a log line that carries no event',
      'words in a log',
      'words in a log',
    ]);
    const control = JSON.stringify({
      messageType: 'CONTROL_MESSAGE',
      logEvents: [{ id: '', timestamp: 1, message: 'CWL CONTROL' }],
    });
    expect((await read({ control: [Buffer.from(control)] })).skipped).toEqual([': a control message of CloudWatch Logs']);
    expect((await read({ empty: [Buffer.from('{"events":[],"searchedLogStreams":[]}')] })).skipped).toEqual([
      ': an empty list',
    ]);
  });
});
