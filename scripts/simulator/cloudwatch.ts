/** The simulated CloudWatch: metrics by the minute, from lines in the embedded metric format or put by a service. */
import { isObject } from '../../functions/core/json.ts';
import type { VirtualClock } from './clock.ts';

export const PERIOD_MS = 60_000;

/** A metric as alarms and dashboards name it. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export class CloudWatch {
  readonly #clock: VirtualClock;
  /** The values of each minute, by the metric's key and the minute's number. */
  readonly #series = new Map<string, Map<number, number[]>>();
  readonly #names = new Map<string, MetricName>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Every metric that ever had a value. */
  get metrics(): readonly MetricName[] {
    return [...this.#names.values()];
  }

  put(metric: MetricName, value: number, atMs = this.#clock.now()): void {
    const key = keyOf(metric);
    this.#names.set(key, metric);
    const minutes = this.#series.get(key) ?? new Map<number, number[]>();
    this.#series.set(key, minutes);
    const minute = Math.floor(atMs / PERIOD_MS);
    minutes.set(minute, [...(minutes.get(minute) ?? []), value]);
  }

  /** Takes the metrics out of a line of a log, if it has any. Their time is the line's: in process, Powertools has the machine's clock. */
  takeLine(line: string): void {
    if (!line.includes('"_aws"')) return;
    const record: unknown = JSON.parse(line);
    if (!isObject(record) || !isObject(record['_aws'])) return;
    for (const directive of objectsIn(record['_aws']['CloudWatchMetrics'])) {
      for (const { Name } of objectsIn(directive['Metrics'])) {
        for (const names of listsIn(directive['Dimensions'])) {
          const dimensions = Object.fromEntries(names.map((name) => [String(name), String(record[String(name)])]));
          const metric = { namespace: String(directive['Namespace']), name: String(Name), dimensions };
          for (const value of [record[String(Name)]].flat()) this.put(metric, Number(value));
        }
      }
    }
  }

  /** The values that the metric had in the minute; none where it is missing. */
  values(metric: MetricName, minute: number): readonly number[] {
    return this.#series.get(keyOf(metric))?.get(minute) ?? [];
  }

  /** Forgets what lies before the minute: whoever watches for weeks looks at the last minutes only. */
  forgetBefore(minute: number): void {
    for (const minutes of this.#series.values()) for (const each of minutes.keys()) if (each < minute) minutes.delete(each);
  }
}

/** One number for the values of a period; undefined where there are none. */
export function statistic(values: readonly number[], name: string): number | undefined {
  if (values.length === 0) return undefined;
  const sum = values.reduce((total, value) => total + value, 0);
  const share = /^p(\d+(?:\.\d+)?)$/.exec(name)?.[1];
  if (share !== undefined) {
    const inOrder = values.toSorted((one, other) => one - other);
    return inOrder[Math.min(inOrder.length - 1, Math.ceil((Number(share) / 100) * inOrder.length) - 1)];
  }
  switch (name) {
    case 'Sum':
      return sum;
    case 'Average':
      return sum / values.length;
    case 'Maximum':
      return Math.max(...values);
    case 'Minimum':
      return Math.min(...values);
    case 'SampleCount':
      return values.length;
    default:
      throw new Error(
        `The simulated CloudWatch has no statistic ${name}: Sum, Average, Maximum, Minimum, SampleCount and p0 to p100.`,
      );
  }
}

/** Alarms ask for the same few metrics every minute. */
const KEYS = new WeakMap<MetricName, string>();

/** Two names of one metric have one key, in whatever order they tell its dimensions. */
export function keyOf(metric: MetricName): string {
  const known = KEYS.get(metric);
  if (known !== undefined) return known;
  const { namespace, name, dimensions } = metric;
  const sorted = Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1));
  const key = [namespace, name, ...sorted.map((pair) => pair.join('='))].join(' ');
  KEYS.set(metric, key);
  return key;
}

function objectsIn(value: unknown) {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function listsIn(value: unknown): unknown[][] {
  return Array.isArray(value) ? value.filter(Array.isArray) : [];
}
