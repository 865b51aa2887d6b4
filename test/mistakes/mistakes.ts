/** Every mistake that the rules are known to notice: mistakes.yaml, read. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { listOf, lookUp, objectOf } from '../../scripts/tools/template/template.ts';
import type { Mistake } from './mistake.ts';

const TABLE: unknown = parse(readFileSync(new URL('./mistakes.yaml', import.meta.url), 'utf8'));

export const MISTAKES: readonly Mistake[] = Object.entries(objectOf(TABLE)).flatMap(([file, rows]) => {
  return listOf(rows).map((row) => {
    const text = (key: string) => {
      const value = lookUp(row, key);
      if (typeof value !== 'string') throw new Error(`mistakes.yaml, ${file}: ${JSON.stringify(row)} has no text for ${key}.`);
      return value;
    };
    return { name: text('name'), file, after: text('after'), find: text('find'), put: text('put'), caughtBy: text('rule') };
  });
});
