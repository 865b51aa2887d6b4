/**
 * Matches an event against an EventBridge pattern, as far as our rule needs it: fields, lists of values, `$or`. Anything else of
 * the language is an error, so that a pattern which grows is not judged by half. `npm run verify` asks AWS's own matcher too.
 */
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { listOf } from '../../scripts/tools/template/template.ts';

export function matches(pattern: JsonObject, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') return listOf(wanted).some((branch) => isObject(branch) && matches(branch, event));
    const found = isObject(event) ? event[field] : undefined;
    if (Array.isArray(wanted)) return listOf(found).some((value) => wanted.some((each) => isSame(each, value)));
    if (isObject(wanted)) return listOf(found).some((each) => matches(wanted, each));
    throw new Error(`The pattern has ${JSON.stringify(wanted)} for ${field}; expected a list of values or more fields.`);
  });
}

function isSame(wanted: unknown, value: unknown): boolean {
  if (isObject(wanted)) throw new Error(`This matcher knows values only, not ${JSON.stringify(wanted)}.`);
  return wanted === value;
}
