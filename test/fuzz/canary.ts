/** Words planted into every field of a message, each naming its field, so that the log can be searched for what it gave away. */
import { isObject, type JsonObject } from '../../functions/core/json.ts';

/** The places in a reason where a piece of the message may stand: without them nobody could tell what was wrong with it. */
const QUOTES = /(its (?:source|detail-type|taskArn|clusterArn|account|region) is|the task is) "[^"]{0,60}"/g;

/** Makes the word for the field at the path. */
export function canaryOf(path: string): string {
  return `canary<${path}>`;
}

/** The value with a canary in place of every text for which `isKept` does not speak. */
export function plantCanaries(value: unknown, isKept: (path: string) => boolean, path = ''): unknown {
  const below = (key: string | number): string => pathOf(path, key);
  if (typeof value === 'string') return isKept(path) ? value : canaryOf(path);
  if (Array.isArray(value)) return value.map((item: unknown, index) => plantCanaries(item, isKept, below(index)));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plantCanaries(item, isKept, below(key))]));
}

/** The canaries that a record of the log gives away: any that does not stand where a reason may quote. */
export function leaksIn(record: JsonObject): string[] {
  const because = String(record['because'] ?? '').replaceAll(QUOTES, '$1 something');
  const rest = JSON.stringify({ ...record, because });
  return [...new Set([...rest.matchAll(/canary[^"\\]{0,60}/g)].map(([leak]) => leak))].sort();
}

export function pathOf(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`;
}
