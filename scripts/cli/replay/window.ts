/** The stretch of a stream of bytes that is being looked at: it grows at its end and is let go of at its start. */

const NEWLINE = 0x0a;
/** Most texts are shorter than this, and each has a window of its own; for a longer one the room doubles. */
const FIRST_CAPACITY = 131_072;

export class Window {
  /** What is held; `bytes[0]` is at the offset `base` of the stream. */
  bytes: Buffer;
  base = 0;
  /** The offset behind the last byte. */
  end: number;
  /** Whether nothing comes after `end`. */
  isComplete: boolean;
  #keepFrom = 0;
  #line = 1;
  #countedTo = 0;

  /** A window on a whole text, or one that is to be filled. */
  constructor(whole?: Uint8Array) {
    const { buffer, byteOffset, byteLength } = whole ?? new Uint8Array();
    this.bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.end = byteLength;
    this.isComplete = whole !== undefined;
  }

  /** Nothing before the offset is needed any more. */
  release(offset: number): void {
    this.#keepFrom = Math.max(this.#keepFrom, offset);
  }

  append(chunk: Uint8Array): void {
    if (this.end - this.base + chunk.length > this.bytes.length) this.#makeRoom(chunk.length);
    this.bytes.set(chunk, this.end - this.base);
    this.end += chunk.length;
  }

  /** The byte at an offset that is held; 0 behind the end. */
  at(offset: number): number {
    return offset < this.end ? (this.bytes[offset - this.base] ?? 0) : 0;
  }

  text(from: number, to: number): string {
    return this.bytes.toString('utf8', from - this.base, to - this.base);
  }

  /** The number of the line on which the offset is, from 1. Asked for in rising order: what was let go of cannot be counted. */
  lineAt(offset: number): number {
    if (offset <= this.#countedTo) return this.#line;
    const stretch = this.bytes.subarray(this.#countedTo - this.base, offset - this.base);
    for (let at = stretch.indexOf(NEWLINE); at >= 0; at = stretch.indexOf(NEWLINE, at + 1)) this.#line += 1;
    this.#countedTo = offset;
    return this.#line;
  }

  #makeRoom(length: number): void {
    this.lineAt(this.#keepFrom);
    const live = this.bytes.subarray(this.#keepFrom - this.base, this.end - this.base);
    const needed = live.length + length;
    // To move a long stretch for little room would be done again at each chunk: then a larger buffer is cheaper.
    const isRoomy = live.length <= this.bytes.length / 2 && needed <= this.bytes.length;
    const target = isRoomy ? this.bytes : Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, needed * 2));
    live.copy(target);
    this.bytes = target;
    this.base = this.#keepFrom;
  }
}
