/** Where the time axis has its ticks, from milliseconds to years, and what stands at them. */
import { DAY, dateOf, dayOf, HOUR, MINUTE, SECOND, timeOfDay } from './clock.ts';

/** The part of time that is drawn, and on how many pixels. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
  readonly width: number;
}

interface Tick {
  readonly atMs: number;
  readonly label: string;
}

const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000].map((count) => count * DAY),
];

/** A label such as `12:00:03.250` and some air. */
const TICK_PIXELS_MIN = 105;

/** The smallest step a person would count in that cuts the time into at most so many parts. */
export function stepFor(spanMs: number, partsMax: number): number {
  return STEPS.find((step) => spanMs / step <= partsMax) ?? Math.ceil(spanMs / partsMax);
}

export function ticksOf({ fromMs, toMs, width }: View): Tick[] {
  const step = stepFor(toMs - fromMs, Math.max(1, Math.floor(width / TICK_PIXELS_MIN)));
  const first = Math.ceil(fromMs / step);
  const count = Math.max(0, Math.floor(toMs / step) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * step).map((atMs) => ({
    atMs,
    label: labelOf(atMs, step),
  }));
}

function labelOf(atMs: number, step: number): string {
  // At midnight the time would say nothing, and the date is what one looks for.
  if (atMs % DAY === 0) return step > 200 * DAY || dayOf(atMs) === '1 Jan' ? dateOf(atMs) : dayOf(atMs);
  if (step >= MINUTE) return timeOfDay(atMs).slice(0, 5);
  return step >= SECOND ? timeOfDay(atMs).slice(0, 8) : timeOfDay(atMs);
}
