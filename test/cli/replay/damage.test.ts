/** Bad input is told by file and position, and costs nothing but itself. */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../scripts/cli/replay/item.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { idOf, inChunks, read, readBytes, tellAll } from './reading.ts';

const RUNS = 150;

function eventText(number: number, detail: unknown = {}): string {
  const id = `e0000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return JSON.stringify({ id, 'detail-type': 'ECS Task State Change', source: 'aws.ecs', detail });
}

/** Details with everything in them that could be mistaken for the end of a value. */
const DETAIL = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    { '': '', '{{': 0, '[{': '' },
    '"}{"',
    '\\"]}',
    { 'a\\"{[': '\n}{' },
    [[['{"detail-type":1}']]],
    'H4sIAAAA',
    'é😀\u0000',
  ),
);

/** How a row of events can stand in a file. */
const ROWS: Readonly<Record<string, (texts: readonly string[]) => string>> = {
  lines: (texts) => texts.map((text) => `${text}\n`).join(''),
  'nothing between': (texts) => texts.join(''),
  'a list': (texts) => `[${texts.join(',')}]`,
  'a list over many lines': (texts) => `[\n  ${texts.join(',\n  ')}\n]\n`,
  'a list in an object': (texts) => `{"Records":[${texts.join(', ')}]}`,
  'lines of a log': (texts) => texts.map((text) => `2026-03-02T10:00:00.000Z ${text}\r\n`).join(''),
};

function eventsOf(items: readonly Item[]): string[] {
  return items.flatMap((item) => (item.kind === 'event' ? [idOf(item.event)] : []));
}

describe('what is whole', () => {
  it.each(Object.entries(ROWS))('is found, whatever is in it and wherever the chunks end: %s', async (_, row) => {
    const property = fc.asyncProperty(
      fc.array(DETAIL, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (details, sizes, isPacked) => {
        const text = Buffer.from(row(details.map((detail, index) => eventText(index + 1, detail))));
        const bytes = isPacked ? gzipSync(text) : text;
        const { items } = await read({ file: inChunks(bytes, sizes) });
        expect(eventsOf(items)).toEqual(details.map((_, index) => `event ${index + 1}`));
        expect(items).toHaveLength(details.length);
        expect(items).toEqual(await readBytes(bytes));
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  });

  it('survives the byte order mark and the UTF-16 of Windows PowerShell', async () => {
    const text = ROWS['lines']?.([eventText(1, 'é😀'), eventText(2)]) ?? '';
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [Buffer.from(`\ufeff${text}`), little, Buffer.from(little).swap16()]) {
      const { items } = await read({ file: inChunks(bytes, [3, 1, 7]) });
      expect(tellAll(items)).toEqual(['line 1: event 1', 'line 2: event 2']);
    }
  });
});

describe('what is damaged', () => {
  it.each(Object.entries(ROWS))('costs itself only: one event of several is cut short: %s', async (_, row) => {
    const whole = Array.from({ length: 5 }, (_, index) => eventText(index + 1, { a: [1, { b: 'x' }] }));
    const length = whole[0]?.length ?? 0;
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 5, max: length - 1 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 3 }),
      async (which, cut, sizes) => {
        const texts = whole.map((text, index) => (index === which ? text.slice(0, cut) : text));
        const { items } = await read({ file: inChunks(Buffer.from(row(texts)), sizes) });
        const others = [1, 2, 3, 4, 5].filter((number) => number !== which + 1).map((number) => `event ${number}`);
        expect(eventsOf(items)).toEqual(others);
        expect(items.filter(({ kind }) => kind === 'unreadable')).toHaveLength(1);
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  });

  it('never costs more than the events that a byte was changed in, or their neighbours in one text', async () => {
    const texts = Array.from({ length: 6 }, (_, index) => eventText(index + 1, { a: [1, { b: 'x' }], c: null }));
    const bytes = Buffer.from(ROWS['lines']?.(texts) ?? '');
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: bytes.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      async (at, byte) => {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        const hit = changed.subarray(0, at).filter((each) => each === 0x0a).length + 1;
        const found = new Set(eventsOf(await readBytes(changed)));
        // A changed end of line may join two lines; a changed id is still an event, of another number.
        const others = [1, 2, 3, 4, 5, 6].filter((number) => number !== hit);
        expect(others.filter((number) => !found.has(`event ${number}`))).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: 400 });
  });

  it('never makes it throw, whatever the bytes are', async () => {
    const property = fc.asyncProperty(
      fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: anyCharacter, maxLength: 200 }).map(Buffer.from)),
      fc.constantFrom(
        Buffer.of(),
        Buffer.of(0x1f, 0x8b, 0x08),
        Buffer.from('{"Records":['),
        gzipSync('{"a":1}').subarray(0, 20),
      ),
      async (bytes, before) => {
        const items = await readBytes(Buffer.concat([before, bytes]));
        for (const item of items) expect(['event', 'snapshot', 'unreadable']).toContain(item.kind);
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });

  it.each([
    ['{"detail-type":"x"}\nnot an event\n{"detail-type":"y"}\n', 'line 2: it is text; expected an EventBridge event'],
    ['{"detail-type":"x"}\n{"detail-type":', 'line 2: its JSON ends before it is complete'],
    ['{"detail-type":"x"}\n{"detail-type":"y",}\n', 'line 2: it is not valid JSON'],
    ['{"detail-type":"x"}\n{"a":1}\n', 'line 2: it is an object with the keys "a"; expected an EventBridge event'],
    ['{"detail-type":"x"}\n[1,2]\n', 'line 2: it is a list of numbers'],
    [
      '{"Records":[{"messageId":"1","body":"{\\"detail-type\\":\\"x\\"}"},{"messageId":"2","body":"lost"}]}',
      'Records[1].body: it is text',
    ],
    [
      '{"Records":[{"messageId":"1","body":"{\\"detail-type\\":\\"x\\"}"},{"messageId":"2"}]}',
      'Records[1]: the message has no body',
    ],
    ['[{"detail-type":"x"},{"Detail":"{","DetailType":"x","Source":"y"}]', '[1]: its Detail is not the JSON text of an object'],
    ['[{"detail-type":"x"},{"@timestamp":"t"}]', '[1]: the row has no @message; expected a query with `fields @message`'],
    ['{"detail-type":"x"}\n{"awslogs":{"data":"H4sIAAAAAAAAA6tWykxRslIyVNJRykvMTVWyUqqtBQA"}}\n', 'line 2, awslogs.data: '],
    [`{"detail-type":"x"}\n${'['.repeat(300)}`, 'line 2: it is nested more than 200 levels deep'],
  ])('is told with its place and what was expected: %s', async (text, expected) => {
    const items = await readBytes(text);
    expect(items.filter(({ kind }) => kind === 'event')).not.toEqual([]);
    expect(tellAll(items.filter(({ kind }) => kind === 'unreadable'))).toEqual([expect.stringContaining(expected)]);
  });

  it('tells words over many lines as one thing', async () => {
    const items = await readBytes(`${eventText(1)}\nDear team,\n\nthe events are above.\n${eventText(2)}\n`);
    expect(tellAll(items)).toEqual(['line 1: event 1', expect.stringMatching(/^lines 2 to 4: it is text/), 'line 5: event 2']);
  });

  it('has at most 30 envelopes around an event: more are a trick', async () => {
    const wrapped = (count: number): string =>
      count === 0 ? eventText(1) : JSON.stringify({ Type: 'Notification', Message: wrapped(count - 1) });
    // Quotes in quotes double with every text in a text; these are objects in an object.
    const nested = (count: number): unknown => (count === 0 ? JSON.parse(eventText(1)) : { Sns: nested(count - 1) });
    expect(eventsOf(await readBytes(wrapped(9)))).toEqual(['event 1']);
    expect(eventsOf(await readBytes(JSON.stringify(nested(30))))).toEqual(['event 1']);
    expect(tellAll(await readBytes(JSON.stringify(nested(31))))).toEqual([
      expect.stringContaining('more than 30 envelopes are around it'),
    ]);
  });

  it('says so where a file is empty', async () => {
    for (const text of ['', '\n \n', '\ufeff']) {
      expect(tellAll(await readBytes(text))).toEqual([expect.stringMatching(/^: there is nothing in it; expected/)]);
    }
  });
});
