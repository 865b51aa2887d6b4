/** Bytes that come in chunks, with a look ahead at the next few. */

export type Bytes = AsyncGenerator<Uint8Array, void>;

export class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();
  /** Where in `#held` the next byte is. */
  #at = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, or fewer at the end, which stay where they are. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#held.length - this.#at < length) {
      const { value, done } = await this.#chunks.next();
      if (done === true) break;
      const rest = this.#held.subarray(this.#at);
      this.#held = rest.length === 0 ? value : Buffer.concat([rest, value]);
      this.#at = 0;
    }
    return this.#held.subarray(this.#at, this.#at + length);
  }

  /** The next bytes, at most so many; none only at the end. */
  async take(lengthMax: number): Promise<Uint8Array> {
    await this.peek(1);
    const bytes = this.#held.subarray(this.#at, this.#at + lengthMax);
    this.#at += bytes.length;
    return bytes;
  }

  skip(length: number): void {
    this.#at += length;
  }

  /** Puts back the last bytes of what was taken last. */
  unread(length: number): void {
    this.#at -= length;
  }

  /** What is left, in the chunks in which it comes. */
  async *rest(): Bytes {
    const rest = this.#held.subarray(this.#at);
    if (rest.length > 0) yield rest;
    for (let next = await this.#chunks.next(); next.done !== true; next = await this.#chunks.next()) yield next.value;
  }

  /** Lets go of where the bytes come from. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
