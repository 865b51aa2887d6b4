/** Reads bytes as the replay reads files, and tells what was found. */
import { isObject } from '../../../functions/core/json.ts';
import { readItems } from '../../../scripts/cli/replay/envelopes.ts';
import type { Item } from '../../../scripts/cli/replay/item.ts';

export interface Reading {
  readonly items: readonly Item[];
  /** `position: what` of everything known that carries no event. */
  readonly skipped: readonly string[];
  readonly progress: readonly (readonly [bytes: number, items: number])[];
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export async function read(files: Readonly<Record<string, Chunks>>): Promise<Reading> {
  const items: Item[] = [];
  const skipped: string[] = [];
  const progress: [number, number][] = [];
  const open = async function* (file: string): AsyncGenerator<Uint8Array> {
    yield* files[file] ?? [];
  };
  for await (const item of readItems(
    Object.keys(files),
    open,
    (bytes, found) => progress.push([bytes, found]),
    (what, { position }) => skipped.push(`${position}: ${what}`),
  )) {
    items.push(item);
  }
  return { items, skipped, progress };
}

/** What was found in one file with these bytes. */
export async function readBytes(bytes: Uint8Array | string): Promise<readonly Item[]> {
  return (await read({ file: [Buffer.from(bytes)] })).items;
}

/** An item in a line: where it stood, and what it is. */
function told(item: Item): string {
  return `${item.place.position}: ${item.kind === 'event' ? idOf(item.event) : item.kind === 'snapshot' ? item.snapshot.kind : item.because}`;
}

export function tellAll(items: readonly Item[]): string[] {
  return items.map(told);
}

/** The number at the end of an event's id, or of its task where it has none. */
export function idOf(event: unknown): string {
  const { id, detail } = isObject(event) ? event : {};
  const text = id ?? (isObject(detail) ? detail['taskArn'] : undefined);
  const digits = typeof text === 'string' ? /-0*(\d+)$|0([0-9a-f]{2})$/.exec(text) : null;
  return `event ${digits?.[1] ?? Number.parseInt(digits?.[2] ?? '0', 16)}`;
}

/** The bytes in chunks of the given sizes, again and again. */
export function inChunks(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = Math.max(1, sizes[index % sizes.length] ?? bytes.length);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
