/** Where the bytes of a replay come from: files, and standard input for `-`. */
import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 262_144;

/** Opens a file by its path, or standard input. What cannot be opened fails at the first byte. */
export function openInput(file: string): AsyncIterable<Uint8Array> {
  return file === '-' ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
}
