/** The simulated CloudWatch: metrics out of log lines, and the states of alarms where data are missing. */
import { describe, expect, it } from 'vitest';
import { type AlarmState, Alarms, type MetricAlarm, nextState } from '../../scripts/simulator/alarms.ts';
import { EPOCH_MS, VirtualClock } from '../../scripts/simulator/clock.ts';
import { CloudWatch, PERIOD_MS, statistic } from '../../scripts/simulator/cloudwatch.ts';
import { compositeAlarms, metricAlarms } from '../../scripts/tools/template/alarms.ts';

const METRIC = { namespace: 'N', name: 'M', dimensions: { service: 's' } };
const ALARM: MetricAlarm = {
  name: 'A',
  metric: METRIC,
  statistic: 'Maximum',
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  comparison: 'GreaterThanThreshold',
  threshold: 0,
  missingData: 'missing',
  notifiesWithoutData: false,
  pagesWithoutData: false,
};
const FIRST = EPOCH_MS / PERIOD_MS;

/** A minute for each letter: `0` within the threshold, `X` beyond it, `-` without data. */
function dataOf(points: string): CloudWatch {
  const cloudWatch = new CloudWatch(new VirtualClock());
  for (const [index, point] of [...points].entries()) {
    if (point !== '-') cloudWatch.put(METRIC, point === 'X' ? 1 : 0, EPOCH_MS + index * PERIOD_MS);
  }
  return cloudWatch;
}

function stateAfter(points: string, given: Partial<MetricAlarm>): AlarmState {
  return nextState({ ...ALARM, ...given }, dataOf(points), FIRST + points.length - 1);
}

describe('the state of an alarm', () => {
  // The examples of the CloudWatch guide, "Configuring how CloudWatch alarms treat missing data": three of three, then two of three.
  it.each([
    ['0-X-X', 3, 'OK', 'OK', 'OK'],
    ['0----', 3, 'OK', 'OK', 'OK'],
    ['-----', 3, 'INSUFFICIENT_DATA', 'ALARM', 'OK'],
    ['0XX-X', 3, 'ALARM', 'ALARM', 'ALARM'],
    ['--X--', 3, 'ALARM', 'ALARM', 'OK'],
    ['0-X-X', 2, 'ALARM', 'ALARM', 'ALARM'],
    ['00X0X', 2, 'ALARM', 'ALARM', 'ALARM'],
    ['0-X--', 2, 'OK', 'ALARM', 'OK'],
    ['----0', 2, 'OK', 'ALARM', 'OK'],
    ['---X-', 2, 'ALARM', 'ALARM', 'OK'],
  ] as const)(
    'after %s, %i to alarm: missing %s, breaching %s, not breaching %s',
    (points, datapointsToAlarm, missing, breaching, not) => {
      const states = (['missing', 'breaching', 'notBreaching'] as const).map((missingData) =>
        // The guide's second row keeps only one real point in view, whatever is filled in for the rest.
        stateAfter(points, { datapointsToAlarm, missingData }),
      );
      expect(states).toEqual([missing, breaching, not]);
    },
  );

  it('is decided at the border of the threshold, and from the other side where less is worse', () => {
    expect(stateAfter('000', { threshold: 0 })).toBe('OK');
    expect(stateAfter('XXX', { threshold: 1 })).toBe('OK');
    expect(stateAfter('000', { comparison: 'LessThanThreshold', threshold: 0 })).toBe('OK');
    expect(stateAfter('000', { comparison: 'LessThanThreshold', threshold: 1 })).toBe('ALARM');
  });

  it('rings once when it begins, and where silence tells, at the change to no data', () => {
    const ringsAt = (points: string, given: Partial<MetricAlarm>): number[] => {
      const alarms = new Alarms([{ ...ALARM, ...given }], [{ name: 'C', anyOf: ['A'] }]);
      const data = dataOf(points);
      for (let minute = 1; minute <= points.length + 1; minute += 1) alarms.evaluate(data, EPOCH_MS + minute * PERIOD_MS);
      return alarms.transitions
        .filter(({ alarm, rings }) => alarm === 'A' && rings)
        .map(({ atMs }) => (atMs - EPOCH_MS) / PERIOD_MS);
    };
    // The third bad minute has ended at 4, and is looked at a minute later.
    expect(ringsAt('0XXXX000', {})).toEqual([5]);
    expect(ringsAt('-----0000', { notifiesWithoutData: true })).toEqual([]);
    expect(ringsAt('0000------', { notifiesWithoutData: true })).toEqual([10]);
    expect(ringsAt('0000------', { notifiesWithoutData: false })).toEqual([]);
  });
});

describe('the metrics of a log line', () => {
  it('are taken with namespace, dimensions and every value, at the time of the line', () => {
    const clock = new VirtualClock();
    clock.jump(EPOCH_MS + 5 * PERIOD_MS);
    const cloudWatch = new CloudWatch(clock);
    const directive = { Namespace: 'N', Dimensions: [['service']], Metrics: [{ Name: 'M', Unit: 'Count' }, { Name: 'L' }] };
    cloudWatch.takeLine(
      JSON.stringify({ _aws: { Timestamp: 0, CloudWatchMetrics: [directive] }, service: 's', M: 7, L: [1, 3] }),
    );
    cloudWatch.takeLine(JSON.stringify({ message: 'no metrics', M: 8 }));
    expect(cloudWatch.values(METRIC, FIRST + 5)).toEqual([7]);
    expect(cloudWatch.values({ ...METRIC, name: 'L' }, FIRST + 5)).toEqual([1, 3]);
    expect(cloudWatch.values({ ...METRIC, dimensions: { service: 'other' } }, FIRST + 5)).toEqual([]);
  });

  it('are one number by each statistic, and none where there is no value', () => {
    const names = ['Sum', 'Average', 'Maximum', 'Minimum', 'SampleCount', 'p50', 'p99'];
    expect(names.map((name) => statistic([1, 2, 6], name))).toEqual([9, 3, 6, 1, 3, 2, 6]);
    expect(statistic([], 'Sum')).toBeUndefined();
    expect(() => statistic([1], 'tm99')).toThrow('has no statistic tm99');
  });
});

it('reads every alarm of the template, and the composite one as any of five', () => {
  expect(metricAlarms()).toHaveLength(13);
  expect(compositeAlarms()).toEqual([
    {
      name: 'NotDoingItsJobAlarm',
      anyOf: ['DriftAgeAlarm', 'OutagesAlarm', 'FunctionErrorsAlarm', 'ThrottlesAlarm', 'HeartbeatAlarm'],
    },
  ]);
});
