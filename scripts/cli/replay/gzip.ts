/** Gzip, known by its first bytes: several members one after the other, gzip in gzip, and what can be had of a damaged one. */
import { once } from 'node:events';
import { constants, crc32, createInflateRaw, gunzipSync, type InflateRaw } from 'node:zlib';
import { type Bytes, Source } from './source.ts';

/** How often gzip may be in gzip: a subscription sends gzip, and Firehose may compress that again. */
const LAYERS_MAX = 5;
/** A message has at most 1 MB; one that becomes more than this is a trick. */
const WHOLE_BYTES_MAX = 64 * 1_048_576;
/** So much is fed at once, so that what comes of it fits into memory even at the highest rate of compression. */
const FED_BYTES = 65_536;
/** RFC 1952: two bytes that mark a member, and the one method that there is; then flags and what they announce. */
const MAGIC = [0x1f, 0x8b, 0x08] as const;
const [FLAG_CRC, FLAG_EXTRA, FLAG_NAME, FLAG_COMMENT] = [2, 4, 8, 16];
const [HEADER_BYTES, NAME_BYTES_MAX, TRAILER_BYTES] = [10, 65_536, 8];

/** Compressed data that cannot be read on. What came before has been handed over. */
export class GzipError extends Error {
  constructor() {
    super('its gzip data is damaged or ends too early');
  }
}

/** What is in the bytes, however often they are gzip; undefined where they are damaged. */
export function gunzipWhole(bytes: Uint8Array): Uint8Array | undefined {
  let plain = bytes;
  try {
    for (let layer = 0; layer < LAYERS_MAX && isGzip(plain); layer += 1) {
      // Data that was cut off gives what there is of it: that something is missing shows in the JSON.
      plain = gunzipSync(plain, { maxOutputLength: WHOLE_BYTES_MAX, finishFlush: constants.Z_SYNC_FLUSH });
    }
    return plain;
  } catch {
    return undefined;
  }
}

/** What is in the bytes, however often they are gzip. Throws GzipError where they are damaged, after what was before that. */
export async function* gunzip(bytes: AsyncIterable<Uint8Array>, layers = LAYERS_MAX): Bytes {
  const source = new Source(bytes);
  try {
    if (layers > 0 && isGzip(await source.peek(MAGIC.length))) yield* gunzip(members(source), layers - 1);
    else yield* source.rest();
  } finally {
    await source.close();
  }
}

/** One member after the other; zeros that pad the last one are left out, and anything else behind it is handed over as it is. */
async function* members(source: Source): Bytes {
  while (isGzip(await source.peek(MAGIC.length))) {
    await skipHeader(source);
    yield* member(source);
    while ((await source.peek(1))[0] === 0) source.skip(1);
  }
  yield* source.rest();
}

async function skipHeader(source: Source): Promise<void> {
  const { 3: flags = 0 } = await source.peek(HEADER_BYTES);
  source.skip(HEADER_BYTES);
  if (flags & FLAG_EXTRA) {
    const [low = 0, high = 0] = await source.peek(2);
    const length = 2 + low + 256 * high;
    await source.peek(length);
    source.skip(length);
  }
  const names = (flags & FLAG_NAME ? 1 : 0) + (flags & FLAG_COMMENT ? 1 : 0);
  for (let name = 0; name < names; name += 1) {
    const end = (await source.peek(NAME_BYTES_MAX)).indexOf(0);
    if (end < 0) throw new GzipError();
    source.skip(end + 1);
  }
  if (flags & FLAG_CRC) {
    await source.peek(2);
    source.skip(2);
  }
}

async function* member(source: Source): Bytes {
  // Node's gunzip takes whatever follows a member for the next one; where it is none, what came before is lost with it.
  const engine = createInflateRaw();
  const over = once(engine, 'end');
  const pieces: Buffer[] = [];
  engine.on('data', (piece: Buffer) => pieces.push(piece));
  let [checksum, length, fed] = [0, 0, 0];
  try {
    for (let isOver = false; !isOver; ) {
      const chunk = await source.take(FED_BYTES);
      isOver = await feed(engine, chunk, over);
      fed += chunk.length;
      for (const piece of pieces.splice(0)) {
        checksum = crc32(piece, checksum);
        length += piece.length;
        yield piece;
      }
    }
    source.unread(fed - engine.bytesWritten);
  } finally {
    engine.destroy();
  }
  const trailer = Buffer.from(await source.peek(TRAILER_BYTES));
  source.skip(trailer.length);
  const isWhole = trailer.length === TRAILER_BYTES && trailer.readUInt32LE() === checksum;
  if (!isWhole || trailer.readUInt32LE(4) !== length % 2 ** 32) throw new GzipError();
}

/** Whether the compressed data has come to its end. An empty chunk says that there is no more of it. */
async function feed(engine: InflateRaw, chunk: Uint8Array, over: Promise<unknown>): Promise<boolean> {
  const taken = new Promise<void>((resolve) => {
    if (chunk.length === 0) engine.end();
    else engine.write(chunk, () => resolve());
  });
  try {
    await Promise.race([over, taken]);
  } catch {
    throw new GzipError();
  }
  return engine.readableEnded;
}

function isGzip(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}
