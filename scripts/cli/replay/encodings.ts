/** Text as UTF-8, whatever it was written in: PowerShell writes UTF-16, and its `>>` adds UTF-16 to a file that began as something else. */
import type { Bytes } from './source.ts';

const [NUL, NEWLINE, OPEN_LIST, OPEN_OBJECT] = [0x00, 0x0a, 0x5b, 0x7b];
/** So many bytes are kept back at the end of a chunk: what they mean depends on the next ones. */
const KEPT_BYTES = 6;

/** UTF-16 that is being read. */
interface Wide {
  readonly encoding: 'utf-16le' | 'utf-16be';
  readonly decode: (bytes?: Uint8Array, isMore?: boolean) => Uint8Array;
}

export async function* decode(bytes: AsyncIterable<Uint8Array>): Bytes {
  const decoder = new MixedDecoder();
  try {
    for await (const chunk of bytes) yield* decoder.take(chunk);
  } catch (error) {
    // What came before the damage is still text.
    yield* decoder.end();
    throw error;
  }
  yield* decoder.end();
}

class MixedDecoder {
  #kept: Uint8Array = new Uint8Array();
  #isFirst = true;
  #wide: Wide | undefined;

  *take(chunk: Uint8Array): Generator<Uint8Array, void> {
    yield* this.#read(this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]), KEPT_BYTES);
  }

  *end(): Generator<Uint8Array, void> {
    yield* this.#read(this.#kept, 0);
    if (this.#wide !== undefined) yield this.#wide.decode();
  }

  /** Reads all but the last bytes, which are kept. */
  *#read(bytes: Uint8Array, kept: number): Generator<Uint8Array, void> {
    let rest = bytes;
    while (rest.length > kept) {
      if (this.#isFirst) rest = this.#skipMark(rest);
      const { text, length } = this.#wide === undefined ? this.#narrow(rest, kept) : this.#widely(rest, kept, this.#wide);
      if (text.length > 0) yield text;
      rest = rest.subarray(length);
      if (length === 0) break;
    }
    this.#kept = rest;
  }

  /** A mark at the very beginning says what the file is; big-endian text without one begins with a zero. */
  #skipMark(bytes: Uint8Array): Uint8Array {
    this.#isFirst = false;
    const [first, second] = bytes;
    if (first === 0xff && second === 0xfe) return this.#widen('utf-16le', bytes.subarray(2));
    if (first === 0xfe && second === 0xff) return this.#widen('utf-16be', bytes.subarray(2));
    return alternates(bytes, 0) ? this.#widen('utf-16be', bytes) : bytes;
  }

  #widen(encoding: Wide['encoding'], rest: Uint8Array): Uint8Array {
    const decoder = new TextDecoder(encoding);
    this.#wide = { encoding, decode: (bytes, isMore = false) => Buffer.from(decoder.decode(bytes, { stream: isMore })) };
    return rest;
  }

  /** Text of one byte a character until every other byte is zero: the character before is the first of UTF-16. */
  #narrow(bytes: Uint8Array, kept: number): Stretch {
    let zero = bytes.indexOf(NUL);
    while (zero >= 0 && !alternates(bytes, zero)) zero = bytes.indexOf(NUL, zero + 1);
    const length = bytes.length - kept;
    // What is kept is looked at again when more of it is here.
    if (zero < 1 || zero > length) return { text: bytes.subarray(0, length), length };
    if (bytes[zero - 2] === 0xfe && bytes[zero - 1] === 0xff) {
      this.#widen('utf-16be', bytes);
      return { text: bytes.subarray(0, zero - 2), length: zero };
    }
    this.#widen('utf-16le', bytes);
    const isMarked = bytes[zero - 3] === 0xff && bytes[zero - 2] === 0xfe;
    return { text: bytes.subarray(0, isMarked ? zero - 3 : zero - 1), length: zero - 1 };
  }

  /** UTF-16 until a line that begins with one byte a character. */
  #widely(bytes: Uint8Array, kept: number, { encoding, decode }: Wide): Stretch {
    const [low, high] = encoding === 'utf-16le' ? [0, 1] : [1, 0];
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      const next = at - low + 2;
      const isNewline = (at - low) % 2 === 0 && bytes[at - low + high] === NUL;
      if (!isNewline || next + 1 >= bytes.length) continue;
      if (!beginsNarrow(bytes[next], bytes[next + 1])) continue;
      this.#wide = undefined;
      return { text: decode(bytes.subarray(0, next)), length: next };
    }
    const length = bytes.length - kept - ((bytes.length - kept) % 2);
    const all = kept === 0 ? bytes.length : length;
    return { text: decode(bytes.subarray(0, all), true), length: all };
  }
}

interface Stretch {
  readonly text: Uint8Array;
  /** So many bytes it was made of. */
  readonly length: number;
}

/** Whether text of two bytes a character has its zeros from here on. One alone is damage, and many in a row pad a file. */
function alternates(bytes: Uint8Array, zero: number): boolean {
  const [first, between, second] = [bytes[zero], bytes[zero + 1], bytes[zero + 2]];
  return first === NUL && second === NUL && between !== undefined && between !== NUL;
}

/** A value, or the mark of UTF-8: in UTF-16, the second byte of a brace is zero. */
function beginsNarrow(first: number | undefined, second: number | undefined): boolean {
  if (first === 0xef && second === 0xbb) return true;
  return (first === OPEN_OBJECT || first === OPEN_LIST) && second !== NUL && second !== undefined && second < 0x80;
}
