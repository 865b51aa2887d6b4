/** The simulated CloudWatch alarms: evaluated once a minute over the simulated metrics, as the CloudWatch guide says. */
import { type CloudWatch, type MetricName, PERIOD_MS, statistic } from './cloudwatch.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface MetricAlarm {
  readonly name: string;
  readonly metric: MetricName;
  readonly statistic: string;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  readonly missingData: 'missing' | 'notBreaching' | 'breaching';
  /** It notifies when it changes to INSUFFICIENT_DATA, too. */
  readonly notifiesWithoutData: boolean;
  /** The same to the topic of those who want one page. */
  readonly pagesWithoutData: boolean;
}

/** Rings while any of the alarms is in ALARM. */
export interface CompositeAlarm {
  readonly name: string;
  readonly anyOf: readonly string[];
}

export interface Transition {
  readonly alarm: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly atMs: number;
  /** Somebody is called: the alarm has begun. */
  readonly rings: boolean;
}

/**
 * More data points are read than the alarm counts, so that gaps can be bridged (CloudWatch guide, "Configuring how CloudWatch alarms treat
 * missing data"). How many more, it does not say; its examples have two.
 */
const FURTHER_PERIODS = 2;
/** A minute's data is looked at so long after it has ended: chosen, not measured. */
const DATA_LATE_MS = 60_000;

export class Alarms {
  readonly transitions: Transition[] = [];
  readonly #alarms: readonly MetricAlarm[];
  readonly #composites: readonly CompositeAlarm[];
  readonly #states = new Map<string, AlarmState>();

  constructor(alarms: readonly MetricAlarm[], composites: readonly CompositeAlarm[]) {
    this.#alarms = alarms;
    this.#composites = composites;
    for (const { name } of [...alarms, ...composites]) this.#states.set(name, 'INSUFFICIENT_DATA');
  }

  /** Alarms that have called somebody and not said yet that it is over. */
  get ringing(): string[] {
    const last = new Map(this.transitions.map((transition) => [transition.alarm, transition]));
    return [...last.values()].filter(({ rings }) => rings).map(({ alarm }) => alarm);
  }

  stateOf(name: string): AlarmState {
    const state = this.#states.get(name);
    if (state === undefined) throw new Error(`There is no alarm ${name}.`);
    return state;
  }

  evaluate(cloudWatch: CloudWatch, nowMs: number): void {
    const last = Math.floor((nowMs - DATA_LATE_MS) / PERIOD_MS) - 1;
    for (const alarm of this.#alarms) {
      const to = nextState(alarm, cloudWatch, last);
      const isSilence = to === 'INSUFFICIENT_DATA' && alarm.notifiesWithoutData;
      this.#enter(alarm.name, to, nowMs, to === 'ALARM' || isSilence);
    }
    for (const { name, anyOf } of this.#composites) {
      const isRinging = anyOf.some((each) => this.stateOf(each) === 'ALARM');
      this.#enter(name, isRinging ? 'ALARM' : 'OK', nowMs, isRinging);
    }
  }

  #enter(alarm: string, to: AlarmState, atMs: number, rings: boolean): void {
    const from = this.stateOf(alarm);
    if (from === to) return;
    this.#states.set(alarm, to);
    this.transitions.push({ alarm, from, to, atMs, rings });
  }
}

/** The state that the last periods up to the given minute ask for. */
export function nextState(alarm: MetricAlarm, cloudWatch: CloudWatch, last: number): AlarmState {
  const { evaluationPeriods, datapointsToAlarm, missingData } = alarm;
  const minutes = Array.from({ length: evaluationPeriods + FURTHER_PERIODS }, (_, index) => last - index);
  const points = minutes
    .map((minute) => statistic(cloudWatch.values(alarm.metric, minute), alarm.statistic))
    .filter((value) => value !== undefined)
    .slice(0, evaluationPeriods);
  const breaching = points.filter((value) => breaches(alarm, value)).length;
  const filled = evaluationPeriods - points.length;
  switch (missingData) {
    case 'notBreaching':
      return breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
    case 'breaching':
      return breaching + filled >= datapointsToAlarm ? 'ALARM' : 'OK';
    case 'missing':
      if (points.length === 0) return 'INSUFFICIENT_DATA';
      // With too few points, those that there are decide.
      return breaching >= Math.min(datapointsToAlarm, points.length) ? 'ALARM' : 'OK';
  }
}

function breaches({ comparison, threshold }: MetricAlarm, value: number): boolean {
  return comparison === 'GreaterThanThreshold' ? value > threshold : value < threshold;
}
