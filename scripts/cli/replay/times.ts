/** Times as captures tell them: as text, as numbers since 1970, and as what cannot be a time of an ECS task. */
import { isObject, type JsonObject } from '../../../functions/core/json.ts';

/** Fields of tasks and of the details of their events that are times. */
const OF_TASKS = [
  'connectivityAt',
  'createdAt',
  'executionStoppedAt',
  'pullStartedAt',
  'pullStoppedAt',
  'startedAt',
  'stoppedAt',
  'stoppingAt',
  'updatedAt',
] as const;

/** ECS came in 2014. What is before is a field that nobody has set: 1970, or year 1 as Go writes it. */
const FIRST_MS = Date.parse('2014-01-01T00:00:00Z');
const LAST_MS = Date.parse('2100-01-01T00:00:00Z');
const PLAIN = /^20(?:1[4-9]|[2-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/;
const WITHOUT_ZONE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d+)?)$/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;
/** ConvertTo-Json of Windows PowerShell. */
const OF_POWERSHELL = /^\/Date\((-?\d+)/;
/** Numbers above are milliseconds, microseconds and nanoseconds, not seconds. */
const [MILLISECONDS_FROM, MICROSECONDS_FROM, NANOSECONDS_FROM] = [1e11, 1e14, 1e17] as const;

/** The task, or detail, with its times as ISO 8601, and without those that cannot be; the very same where nothing is to be done. */
export function withTimes(task: JsonObject): { readonly value: JsonObject; readonly impossible: number } {
  return repaired(task, OF_TASKS);
}

/** The same for the `time` of an event. */
export function withTime(event: JsonObject): { readonly value: JsonObject; readonly impossible: number } {
  return repaired(event, ['time']);
}

function repaired(value: JsonObject, names: readonly string[]): { readonly value: JsonObject; readonly impossible: number } {
  const odd = names.filter((name) => value[name] !== undefined && !isPlain(value[name]));
  if (odd.length === 0) return { value, impossible: 0 };
  const times = new Map(odd.map((name) => [name, isoOf(value[name])]));
  const entries = Object.entries(value).flatMap(([key, each]) => {
    const time = times.has(key) ? times.get(key) : each;
    return time === undefined ? [] : [[key, time] as const];
  });
  // A field that has no value is no time that cannot be.
  const impossible = odd.filter((name) => times.get(name) === undefined && value[name] !== null && value[name] !== '').length;
  return { value: Object.fromEntries(entries), impossible };
}

function isPlain(time: unknown): boolean {
  return typeof time === 'string' && PLAIN.test(time);
}

function isoOf(time: unknown): string | undefined {
  const atMs = millisecondsOf(isObject(time) ? (time['DateTime'] ?? time['value']) : time);
  return atMs >= FIRST_MS && atMs < LAST_MS ? new Date(atMs).toISOString() : undefined;
}

/** NaN where it is no time. */
function millisecondsOf(time: unknown): number {
  if (typeof time === 'number') return ofNumber(time);
  if (typeof time !== 'string') return Number.NaN;
  const text = time.trim();
  if (NUMBER.test(text)) return ofNumber(Number(text));
  const ofPowershell = OF_POWERSHELL.exec(text)?.[1];
  if (ofPowershell !== undefined) return Number(ofPowershell);
  // Without a zone, JavaScript would take it for this machine's time; AWS tells UTC.
  const [, day, clock] = WITHOUT_ZONE.exec(text) ?? [];
  return Date.parse(day === undefined ? text : `${day}T${clock?.replace(',', '.')}Z`);
}

function ofNumber(number: number): number {
  if (number >= NANOSECONDS_FROM) return number / 1e6;
  if (number >= MICROSECONDS_FROM) return number / 1e3;
  return number >= MILLISECONDS_FROM ? number : number * 1e3;
}
