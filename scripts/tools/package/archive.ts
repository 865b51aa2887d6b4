/**
 * The archive that Lambda unpacks. The same content gives the same bytes, whenever and wherever it is packed. Node's own zlib
 * would pack it 4 % smaller, but not the same on every processor.
 */
import { type Zippable, zipSync } from 'fflate';

/** Unix, because only then the permissions mean something: a file that nobody may read is a function that does not start. */
const UNIX = 3;
const READABLE = 0o100644;

export function packArchive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  // The first day that the format knows. It is taken apart in local time, so it has to be made of local time.
  const mtime = new Date(1980, 0, 1);
  const names = [...files.keys()].sort();
  const entries = names.map((name): [string, Zippable[string]] => [
    name,
    [files.get(name) ?? new Uint8Array(), { mtime, os: UNIX, attrs: READABLE * 2 ** 16, level: 9 }],
  ]);
  return zipSync(Object.fromEntries(entries));
}
