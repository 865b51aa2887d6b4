/** Filter patterns of CloudWatch Logs, as far as they are needed here (CloudWatch Logs guide, "Filter pattern syntax"). */
import { isObject } from '../../functions/core/json.ts';
import { ApiError } from './api-error.ts';

type Filter = (message: string) => boolean;

/** One comparison: `$.path`, the sign, and a value in quotes or a single word. */
const COMPARISON = /^\s*\$((?:\.[\w-]+|\[\d+\])+)\s*(!?=)\s*("(?:[^"\\]|\\.)*"|[^\s"&|()]+)\s*$/;
const LENGTH_MAX = 1_024;

/**
 * Whether a message matches the pattern. Two kinds are known: comparisons of JSON fields that are joined by `&&`, and terms that
 * a text has to have (`"a phrase"`, `word`) or must not have (`-word`). Throws what AWS answers to a pattern that is none.
 */
export function filterOf(pattern: string): Filter {
  if (pattern.length > LENGTH_MAX) throw invalid();
  const trimmed = pattern.trim();
  if (trimmed === '') return () => true;
  if (trimmed.startsWith('{')) return jsonFilter(trimmed);
  return textFilter(trimmed);
}

function jsonFilter(pattern: string): Filter {
  if (!pattern.endsWith('}')) throw invalid();
  const comparisons = partsOf(pattern.slice(1, -1)).map(comparisonOf);
  return (message) => {
    const record = parsed(message);
    return isObject(record) && comparisons.every((compare) => compare(record));
  };
}

/** Splits at `&&` outside of quotes. */
function partsOf(text: string): string[] {
  const parts = [''];
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|&&|[^"&]+|["&]/g)) {
    if (piece === '&&') parts.push('');
    else parts.push((parts.pop() ?? '') + piece);
  }
  return parts;
}

function comparisonOf(text: string): (record: unknown) => boolean {
  const [, path = '', sign = '', written = ''] = COMPARISON.exec(text) ?? [];
  if (path === '') throw invalid();
  const steps = [...path.matchAll(/\.([\w-]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
  const isEqual = equalityWith(written);
  return (record) => {
    const value = steps.reduce<unknown>(step, record);
    // A field that is missing matches neither sign.
    return value !== undefined && isEqual(value) === (sign === '=');
  };
}

function step(value: unknown, name: string | number): unknown {
  if (typeof name === 'number') return Array.isArray(value) ? value[name] : undefined;
  return isObject(value) ? value[name] : undefined;
}

/** A word of digits is a number; `*` in a text stands for anything. */
function equalityWith(written: string): (value: unknown) => boolean {
  if (/^-?\d+(\.\d+)?$/.test(written)) return (value) => value === Number(written);
  const text = written.startsWith('"') ? written.slice(1, -1).replace(/\\(.)/g, '$1') : written;
  const pieces = text.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${pieces.join('.*')}$`, 's');
  return (value) => typeof value === 'string' && expression.test(value);
}

function textFilter(pattern: string): Filter {
  const terms = [...pattern.matchAll(/(-?)(?:"((?:[^"\\]|\\.)*)"|([\w./:@-]+))(?:\s+|$)/gy)];
  const length = terms.reduce((sum, [whole]) => sum + whole.length, 0);
  // Anything else, such as a term with a sign in it, has to stand in quotes.
  if (length !== pattern.length) throw invalid();
  return (message) =>
    terms.every(
      ([, minus, phrase, word]) => message.includes(phrase?.replace(/\\(.)/g, '$1') ?? word ?? '') === (minus === ''),
    );
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

function invalid(): ApiError {
  return new ApiError('InvalidParameterException', 'Invalid filter pattern');
}
