/**
 * Reads captured files, whatever they are wrapped in: what a console or the AWS CLI wrote, what Firehose delivered, what was left
 * in a dead-letter queue. The envelopes are in shapes.ts; nothing is decided by a file's name.
 */
import { setImmediate } from 'node:timers/promises';
import { HEAD_BYTES, TableReader, tableOf } from './csv.ts';
import { type Piece, split } from './documents.ts';
import { decode } from './encodings.ts';
import { GzipError, gunzip } from './gzip.ts';
import type { Item, Place } from './item.ts';
import { EXPECTED, isKnown } from './shapes.ts';
import { type Bytes, Source } from './source.ts';
import { type Found, isLogPrefix, Unwrapper } from './unwrap.ts';
import { Window } from './window.ts';

/** Opens a file, or standard input for `-`. What it throws, at once or later, becomes an item. */
export type ReadBytes = (file: string) => AsyncIterable<Uint8Array>;

/** Told now and then: how many bytes were read, as they are in the files, and how many items were found. */
export type Progress = (bytesRead: number, itemsFound: number) => void;

/** Told of what is known and carries no event, such as a log line of the function's own. */
export type Skipped = (what: string, place: Place) => void;

/** After so many bytes, others have their turn. */
const STEP_BYTES = 262_144;

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory; name the files in it',
  EACCES: 'it may not be read',
};

interface Tally {
  bytes: number;
  items: number;
}

/**
 * Everything in the files, in their order: events, snapshots, and what is neither, with the reason and what was expected instead.
 * Bad input never throws, and costs nothing but itself. No file is held in memory: only the value that is being read.
 */
export async function* readItems(
  files: readonly string[],
  read: ReadBytes,
  progress: Progress,
  skipped: Skipped = () => undefined,
): AsyncGenerator<Item, void> {
  const tally: Tally = { bytes: 0, items: 0 };
  const step = () => progress(tally.bytes, tally.items);
  for (const file of files) {
    for await (const { position, ...found } of readFile(file, read, tally, step)) {
      const place = { file, position };
      if (found.kind === 'skipped') {
        skipped(found.what, place);
      } else {
        tally.items += 1;
        yield { ...found, place };
      }
    }
    step();
  }
}

async function* readFile(file: string, read: ReadBytes, tally: Tally, step: () => void): AsyncGenerator<Found, void> {
  const broken: string[] = [];
  const source = new Source(readable(file, read, tally, broken));
  const table = tableOf(Buffer.from(await source.peek(HEAD_BYTES)).toString('utf8'));
  const reader = table === undefined ? new ValueReader() : new TableReader(table);
  let found = 0;
  let sinceStep = 0;
  for await (const bytes of source.rest()) {
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      const chunk = bytes.subarray(at, at + STEP_BYTES);
      for (const each of reader.take(chunk)) {
        found += 1;
        yield each;
      }
      sinceStep += chunk.length;
      if (sinceStep < STEP_BYTES) continue;
      sinceStep = 0;
      step();
      await setImmediate();
    }
  }
  for (const each of reader.end()) {
    found += 1;
    yield each;
  }
  if (found === 0 && broken.length === 0) broken.push(`there is nothing in it; ${EXPECTED}`);
  for (const because of broken) yield { kind: 'unreadable', because, position: '' };
}

/** Reads values one after the other, and the words around them. */
class ValueReader {
  readonly #window = new Window();
  readonly #pieces = split(this.#window, { isKnown, isPrefix: isLogPrefix });
  readonly #unwrapper = new Unwrapper();

  *take(chunk: Uint8Array): Generator<Found, void> {
    this.#window.append(chunk);
    yield* arrived(this.#pieces, this.#unwrapper);
  }

  *end(): Generator<Found, void> {
    this.#window.isComplete = true;
    yield* arrived(this.#pieces, this.#unwrapper);
    yield* this.#unwrapper.end();
  }
}

/** What the bytes that have come so far make whole. */
function* arrived(pieces: Generator<Piece | undefined, void>, unwrapper: Unwrapper): Generator<Found, void> {
  for (;;) {
    const { value, done } = pieces.next();
    if (done === true || value === undefined) return;
    yield* unwrapper.take(value);
  }
}

/** The bytes of a file, unpacked, as far as they can be read; then the reason why no further. */
async function* readable(file: string, read: ReadBytes, tally: Tally, broken: string[]): Bytes {
  const before = tally.bytes;
  try {
    yield* decode(gunzip(counted(read(file), tally)));
  } catch (error) {
    const read = tally.bytes - before;
    const because = error instanceof GzipError ? error.message : reasonOf(error);
    broken.push(read === 0 ? because : `${because}; ${read.toLocaleString('en')} bytes were read before`);
  }
}

async function* counted(bytes: AsyncIterable<Uint8Array>, tally: Tally): Bytes {
  for await (const chunk of bytes) {
    tally.bytes += chunk.length;
    yield chunk;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `it cannot be read: ${String(error)}`;
  const code = 'code' in error ? String(error.code) : '';
  return WHY[code] ?? `it cannot be read: ${error.message}`;
}
