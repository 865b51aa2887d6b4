/** Time as the page writes it: always UTC, never in the reader's language, so that two readers can talk about one page. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS = [
  { ms: DAY, name: 'd' },
  { ms: HOUR, name: 'h' },
  { ms: MINUTE, name: 'min' },
  { ms: SECOND, name: 's' },
] as const;

/** Writes a moment. */
export type Stamp = (atMs: number) => string;

/** `12:00:03.250`. */
export function timeOfDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23);
}

/** `1 Mar 2026`. */
export function dateOf(atMs: number): string {
  return `${dayOf(atMs)} ${new Date(atMs).getUTCFullYear()}`;
}

/** `1 Mar`. */
export function dayOf(atMs: number): string {
  const date = new Date(atMs);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** `1 Mar 2026, 12:00:00 to 12:05:00 (5 min)`: milliseconds would be noise where one asks when something was. */
export function rangeOf({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string {
  const moment = (atMs: number): string => timeOfDay(atMs).slice(0, 8);
  const end = dateOf(fromMs) === dateOf(toMs) ? moment(toMs) : `${dateOf(toMs)}, ${moment(toMs)}`;
  return `${dateOf(fromMs)}, ${moment(fromMs)} to ${end} UTC (${durationOf(toMs - fromMs)})`;
}

/** The date is written only where it tells two moments of the page apart. */
export function stampFor({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Stamp {
  const isOneDay = Math.floor(fromMs / DAY) === Math.floor(toMs / DAY);
  return isOneDay ? timeOfDay : (atMs) => `${new Date(atMs).toISOString().slice(0, 10)} ${timeOfDay(atMs)}`;
}

/** `250 ms`, `3.2 s`, `1 min 5 s`, `2 h 3 min`: as much as one can take in at a glance. */
export function durationOf(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${Math.floor(ms / 100) / 10} s`;
  const index = UNITS.findIndex((unit) => ms >= unit.ms);
  const [large, small] = [UNITS[index], UNITS[index + 1]];
  if (large === undefined || small === undefined) return `${ms} ms`;
  const rest = Math.floor((ms % large.ms) / small.ms);
  return `${Math.floor(ms / large.ms)} ${large.name}${rest === 0 ? '' : ` ${rest} ${small.name}`}`;
}
