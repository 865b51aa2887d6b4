/** Checksums in the form that `sha256sum --check` reads. */
import { createHash } from 'node:crypto';

export function checksumsOf(files: ReadonlyMap<string, string | Uint8Array>): string {
  const names = [...files.keys()].sort();
  return names
    .map(
      (name) =>
        `${createHash('sha256')
          .update(files.get(name) ?? '')
          .digest('hex')}  ${name}\n`,
    )
    .join('');
}
