/** Events whose shapes are mutated: those of this repository, and any that lie in a folder of the caller's choice. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isObject, type JsonObject } from '../../functions/core/json.ts';

const OWN = fileURLToPath(new URL('../fixtures/events/', import.meta.url));

/** Every JSON object in the folders' files, each file once, in the order of their names. */
export function readShapes(folders: readonly string[] = []): JsonObject[] {
  return [OWN, ...folders].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8')))
      .filter(isObject),
  );
}
