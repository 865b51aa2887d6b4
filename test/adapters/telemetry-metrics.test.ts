/** What the function tells CloudWatch in numbers, one line for each invocation, and the errors of an invocation. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { METRICS, Telemetry } from '../../functions/adapters/telemetry.ts';
import type { RunStatus } from '../../functions/app/invocation.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import type { Pass } from '../../functions/core/report.ts';
import { BUSY, change, FOREIGN, failure, NOTHING, NOW_MS, reading, useLines } from '../support/reported.ts';

let telemetry: Telemetry;
const { lines, records, metrics } = useLines();

beforeEach(() => {
  telemetry = new Telemetry(() => NOW_MS);
});

/** The same, with tasks that have started 4 and a quarter seconds ago, and one whose start is not known. */
const BUSY_AND_QUICK: Pass = {
  ...BUSY,
  written: {
    ...BUSY.written,
    done: [
      { ...change('register', 1), sinceMs: NOW_MS - 4_000 },
      { ...change('register', 2), sinceMs: NOW_MS - 250 },
      change('register', 7),
      { ...change('deregister', 3), sinceMs: NOW_MS - 9_000 },
    ],
  },
};

/** A scheduled run that came to its end, in which nothing was found. */
const STATUS: RunStatus = {
  trigger: 'schedule',
  tookMs: 812,
  groups: 3,
  reconciled: 3,
  inStep: 2,
  calls: new Map([
    ['ListTasks', 6],
    ['DescribeTasks', 4],
  ]),
  standing: { findings: [], driftAgeMs: 0 },
};

/** The metrics of the line, by name. */
function countsOf(line: JsonObject | undefined): JsonObject {
  return Object.fromEntries(Object.entries(line ?? {}).filter(([name]) => name in METRICS));
}

/** Name and unit of each metric of the first line that has any. */
function definitions(): unknown {
  const [line] = metrics();
  const described = isObject(line?.['_aws']) ? line['_aws']['CloudWatchMetrics'] : undefined;
  const [directive]: readonly unknown[] = Array.isArray(described) ? described : [];
  return isObject(directive) ? directive['Metrics'] : undefined;
}

describe('the metrics of an invocation', () => {
  it('are none where nothing happened, and no line either', () => {
    telemetry.publish();
    telemetry.passed(NOTHING);
    telemetry.ended({ ...STATUS, trigger: 'messages', standing: undefined });
    telemetry.publish();
    expect(metrics()).toEqual([]);
  });

  it('are at most eight, since each is paid for by the month', () => {
    expect(Object.keys(METRICS).length).toBeLessThanOrEqual(8);
  });

  it('are one line in the embedded format, in our namespace, with the units of the table', () => {
    telemetry.passed(BUSY_AND_QUICK);
    telemetry.ended(STATUS);
    telemetry.publish();
    expect(metrics()).toHaveLength(1);
    const units = Object.entries(METRICS).map(([Name, Unit]) => ({ Name, Unit }));
    expect(definitions()).toEqual(expect.arrayContaining(units));
    expect(definitions()).toHaveLength(units.length);
    expect(metrics()).toMatchObject([
      { _aws: { CloudWatchMetrics: [{ Namespace: 'AlbTargetSync', Dimensions: [['service']] }] } },
    ]);
  });

  it('can be found by the request and the trace, as every record can', () => {
    vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0');
    telemetry.begin({ awsRequestId: 'request-1' });
    telemetry.setAside([{ id: '1', reading: { kind: 'unreadable', because: 'it has no detail' } }]);
    telemetry.publish();
    vi.stubEnv('_X_AMZN_TRACE_ID', undefined);
    telemetry.begin({ awsRequestId: 'request-2' });
    telemetry.ended(STATUS);
    telemetry.publish();
    expect(lines.map(({ message, requestId, xray_trace_id }) => [message, requestId, xray_trace_id])).toEqual([
      ['message unreadable', 'request-1', '1-5759e988-bd862e3fe1be46a994272793'],
      ['run', 'request-1', '1-5759e988-bd862e3fe1be46a994272793'],
      ['run', 'request-2', undefined],
    ]);
  });

  it('are zero at the end of a full run, so that an alarm sees the difference to no data', () => {
    telemetry.ended(STATUS);
    telemetry.publish();
    const zeros = { DriftAge: 0, Outages: 0, Mistakes: 0, Registered: 0, Deregistered: 0, Held: 0, Errors: 0 };
    expect(metrics().map(countsOf)).toEqual([zeros]);
  });

  it('name nothing that did not happen where the run was not full', () => {
    telemetry.passed({ ...NOTHING, written: BUSY.written });
    telemetry.publish();
    expect(metrics().map(countsOf)).toEqual([{ Registered: 2, Deregistered: 1, Held: 1 }]);
  });

  it('count what was changed, held or refused, and failed, and not what is held for good', () => {
    telemetry.passed(BUSY);
    telemetry.publish();
    expect(metrics().map(countsOf)).toEqual([{ Registered: 2, Deregistered: 1, Held: 3, Errors: 1 }]);
  });

  it('are the sum of all passes and checks', () => {
    telemetry.passed(BUSY);
    telemetry.passed(BUSY);
    telemetry.checked({ subject: 'srv-1', findings: [FOREIGN], failures: [failure('denied')] });
    telemetry.publish();
    expect(metrics().map(countsOf)).toEqual([{ Registered: 4, Deregistered: 2, Held: 6, Errors: 3 }]);
  });

  it('begin anew after they were published', () => {
    telemetry.passed(BUSY);
    telemetry.ended(STATUS);
    telemetry.publish();
    telemetry.publish();
    telemetry.fail('gone');
    telemetry.publish();
    expect(metrics().slice(1)).toHaveLength(1);
    expect(countsOf(metrics()[1])).toEqual({ Errors: 1 });
    expect(metrics()[1]).not.toHaveProperty('calls');
  });

  it('are not told with the run of an invocation that had none', () => {
    telemetry.ended({ ...STATUS, trigger: 'messages', standing: undefined });
    telemetry.publish();
    telemetry.fail('gone');
    telemetry.publish();
    expect(metrics()).toHaveLength(1);
    expect(metrics()[0]).not.toHaveProperty('trigger');
  });

  it('tell how long registered tasks have waited, a value each', () => {
    telemetry.passed(BUSY_AND_QUICK);
    telemetry.publish();
    expect(countsOf(metrics()[0])['RegisterLatency']).toEqual([4_000, 250]);
  });
});

describe('how the stack stands at the end of a full run', () => {
  const finding = (kind: Finding['kind'], subject: string): Finding => ({ kind, subject, message: 'Something.' });

  it('are its findings by severity, notices left out', () => {
    const findings = [finding('no-address', 'a'), finding('stale', 'b'), finding('unbound', 'c'), finding('foreign', 'd')];
    telemetry.ended({ ...STATUS, standing: { findings, driftAgeMs: 0 } });
    telemetry.publish();
    expect(metrics()).toMatchObject([{ Outages: 1, Mistakes: 2 }]);
  });

  it.each([
    [499, 0],
    [500, 1],
    [61_499, 61],
  ])('is the age of its oldest difference: %i ms are %i seconds', (driftAgeMs, seconds) => {
    telemetry.ended({ ...STATUS, standing: { findings: [], driftAgeMs } });
    telemetry.publish();
    expect(metrics()).toMatchObject([{ DriftAge: seconds }]);
  });

  it('is told beside the metrics, with the calls in the order of their names', () => {
    telemetry.ended(STATUS);
    telemetry.publish();
    const told = { message: 'run', trigger: 'schedule', tookMs: '812', groups: '3', reconciled: '3', inStep: '2' };
    expect(metrics()).toMatchObject([{ ...told, calls: 'DescribeTasks 4, ListTasks 6' }]);
  });

  it('can be found by the request', () => {
    telemetry.begin({ awsRequestId: 'request-1' });
    telemetry.passed(BUSY);
    telemetry.publish();
    expect(lines.map(({ requestId }) => requestId)).toEqual(lines.map(() => 'request-1'));
    expect(lines.length).toBeGreaterThan(1);
  });
});

describe('who else listens', () => {
  it('hears of every pass and of the end, quiet ones too', () => {
    const listener = { passed: vi.fn(), ended: vi.fn() };
    const ours = new Telemetry(() => NOW_MS, listener);
    const quiet: Pass = { ...NOTHING, trigger: 'schedule' };
    ours.passed(quiet);
    ours.passed(quiet);
    ours.ended({ ...STATUS, standing: undefined });
    expect(listener.passed.mock.calls).toEqual([[quiet], [quiet]]);
    expect(listener.ended.mock.calls).toEqual([[{ ...STATUS, standing: undefined }]]);
  });
});

describe('the errors of an invocation', () => {
  it('are every failed call in words, in the order in which they were told', () => {
    telemetry.configured(reading([], [failure('denied')]));
    telemetry.passed(BUSY);
    telemetry.checked({
      subject: 'srv-1',
      findings: [],
      failures: [{ ...failure('unavailable'), operation: 'ListInstances' }],
    });
    expect(telemetry.errors.map((error) => error.slice(0, error.indexOf(' ')))).toEqual([
      'ListTasks',
      'ListTasks',
      'ListInstances',
    ]);
    expect(telemetry.errors[0]).toContain('(ThrottlingException: Rate exceeded)');
  });

  it('are what else failed as well', () => {
    telemetry.passed(BUSY);
    telemetry.fail('PutEvents failed.');
    telemetry.publish();
    expect(records('event bus')).toMatchObject([{ level: 'WARN', problem: 'PutEvents failed.' }]);
    expect(metrics()).toMatchObject([{ Errors: 2 }]);
    telemetry.fail('PutEvents failed again.');
    expect(telemetry.errors).toEqual(['PutEvents failed again.']);
  });

  it('are cleared when the metrics are published', () => {
    telemetry.passed(BUSY);
    telemetry.publish();
    expect(telemetry.errors).toEqual([]);
  });

  it('that somebody holds are not cleared with them', () => {
    telemetry.passed(BUSY);
    const { errors } = telemetry;
    telemetry.publish();
    expect(errors).toHaveLength(1);
  });
});
