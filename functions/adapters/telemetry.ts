/** Tells what happened: a log record per change and per pass that says something new, and eight metrics. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Check, Reporter, RunStatus } from '../app/invocation.ts';
import type { ReadConfiguration } from '../app/read-configuration.ts';
import { chunks } from '../core/batches.ts';
import { registerLatenciesMs } from '../core/drift.ts';
import { explainFailure, type Failure } from '../core/failure.ts';
import { severityOf } from '../core/finding.ts';
import { isFinalHold } from '../core/guard.ts';
import { RECORDED_MAX, type RecordedTarget, type RecordKind, recordFields } from '../core/ownership.ts';
import { changeRecords, type Fields, findingRecords, type Pass, passRecord } from '../core/report.ts';
import type { Message } from '../core/trigger.ts';
import type { TargetGroupArn } from '../core/values.ts';

/** At most eight, so that a stack with its alarms costs less than 5 USD a month: each is paid for by the month. */
export const METRICS = {
  /** The age of the oldest difference between tasks and targets. */
  DriftAge: MetricUnit.Seconds,
  /** Findings of that severity, as they stand at the end of a scheduled pass. */
  Outages: MetricUnit.Count,
  Mistakes: MetricUnit.Count,
  Registered: MetricUnit.Count,
  Deregistered: MetricUnit.Count,
  /** Changes that were planned, and wait or were refused. */
  Held: MetricUnit.Count,
  /** From a task's start to its registration. */
  RegisterLatency: MetricUnit.Milliseconds,
  /** Calls that failed, and messages that could not be read. */
  Errors: MetricUnit.Count,
} as const;
type Metric = keyof typeof METRICS;

/** What Lambda says of an invocation. */
export interface InvocationContext {
  readonly awsRequestId: string;
}

type Listener = Pick<Reporter, 'passed' | 'ended'>;

/** What a pass or a check has found, and what it could not do. */
type Checked = Pick<Pass, 'findings' | 'failures'>;

export class Telemetry implements Reporter {
  readonly #now: () => number;
  readonly #listener: Listener | undefined;
  readonly #logger = new Logger();
  readonly #metrics = new Metrics({ namespace: 'AlbTargetSync' });
  readonly #totals = new Map<Metric, number>();
  /** What was last logged on a subject: what has not changed is not logged again. */
  readonly #logged = new Map<string, string>();
  #errors: string[] = [];

  /** `listener`: who else is to hear of changes and findings. */
  constructor(now: () => number, listener?: Listener) {
    this.#now = now;
    this.#listener = listener;
  }

  /** Every record that follows can be found by the request and the trace, which Powertools adds to those of the logger only. */
  begin({ awsRequestId }: InvocationContext): void {
    this.#logger.appendKeys({ requestId: awsRequestId });
    this.#metrics.addMetadata('requestId', awsRequestId);
    // Lambda writes it anew for each invocation.
    const [, trace] = /Root=([\w-]+)/.exec(process.env['_X_AMZN_TRACE_ID'] ?? '') ?? [];
    if (trace !== undefined) this.#metrics.addMetadata('xray_trace_id', trace);
  }

  /** Every call of this invocation that failed, in words. Cleared by `publish`. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  configured({ configuration, failures }: ReadConfiguration): void {
    this.#fail(failures);
    const targetGroups = configuration.groups.map(({ group }) => group.name);
    const { findings, unread } = configuration;
    this.#log('configuration', { findings, failures }, { targetGroups, unread });
  }

  passed(pass: Pass): void {
    const { written, held, failures, findings } = pass;
    this.#listener?.passed(pass);
    for (const record of changeRecords(pass)) this.#logger.info('change', record);
    this.#count('Registered', written.done.filter(({ kind }) => kind === 'register').length);
    this.#count('Deregistered', written.done.filter(({ kind }) => kind === 'deregister').length);
    this.#count('Held', held.filter((each) => !isFinalHold(each)).length + written.refused.length);
    for (const ms of registerLatenciesMs(written.done, pass.endedAtMs)) {
      this.#metrics.addMetric('RegisterLatency', METRICS.RegisterLatency, ms);
    }
    this.#fail(failures);
    // A minute in which nothing happens is not worth a line for each group.
    const kept = held.filter(isFinalHold).map(({ because, change: { address } }) => ({ kind: because, subject: address }));
    const isNew = this.#isNew(`pass ${pass.group.arn}`, [...findings, ...kept]);
    const isQuiet = held.every(isFinalHold) && Object.values(written).every((changes) => changes.length === 0);
    if (pass.trigger === 'schedule' && isQuiet && !isNew && failures.length === 0) return;
    this.#logger[logLevelOf(pass)]('pass', passRecord(pass));
  }

  checked(check: Check): void {
    const { subject, failures, read } = check;
    this.#fail(failures);
    this.#log('check', check, { subject, ...(read && { instances: read.instances.length }) });
  }

  recorded(kind: RecordKind, group: TargetGroupArn, targets: readonly RecordedTarget[]): void {
    for (const part of chunks(targets, RECORDED_MAX)) this.#logger.info('record', recordFields(kind, group, part));
  }

  ended(status: RunStatus): void {
    const { trigger, tookMs, groups, reconciled, inStep, calls, standing } = status;
    this.#listener?.ended(status);
    const made = [...calls].sort().map(([name, count]) => `${name} ${count}`);
    const metadata = { trigger, tookMs, groups, reconciled, inStep, calls: made.join(', ') };
    for (const [key, value] of Object.entries(metadata)) this.#metrics.addMetadata(key, String(value));
    if (standing === undefined) return;
    const severities = standing.findings.map(severityOf);
    this.#totals.set('DriftAge', Math.round(standing.driftAgeMs / 1_000));
    this.#totals.set('Outages', severities.filter((severity) => severity === 'outage').length);
    this.#totals.set('Mistakes', severities.filter((severity) => severity === 'mistake').length);
    // With these, an alarm sees that nothing happened, and not only that nothing was said.
    for (const name of ['Registered', 'Deregistered', 'Held', 'Errors'] as const) this.#count(name, 0);
  }

  /** The messages that are no hints: counted, with the reason of each and nothing else of them. */
  setAside(messages: readonly Message[]): void {
    for (const { id, reading } of messages) {
      if (reading.kind === 'hint' || reading.kind === 'tags') continue;
      const fields = { messageId: id, because: reading.because };
      if (reading.kind === 'ignored') this.#logger.info('message ignored', fields);
      else {
        this.#logger.warn('message unreadable', fields);
        this.#count('Errors', 1);
      }
    }
  }

  /** Something beside the calls of a pass failed. */
  fail(problem: string): void {
    this.#logger.warn('event bus', { problem });
    this.#errors.push(problem);
    this.#count('Errors', 1);
  }

  /** Writes the metrics of the invocation and how it went, in one line; none where there is nothing to count. */
  publish(): void {
    for (const [name, value] of this.#totals) {
      if (value > 0 || this.#totals.has('DriftAge')) this.#metrics.addMetric(name, METRICS[name], value);
    }
    // A batch in which nothing could be read is counted, too, and ends before anything is run.
    this.#metrics.addMetadata('message', 'run');
    if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
    this.#metrics.clearMetadata();
    this.#totals.clear();
    this.#errors = [];
  }

  #log(message: string, outcome: Checked, fields: Fields): void {
    const { findings, failures } = outcome;
    const isNew = this.#isNew(`${message} ${JSON.stringify(fields)}`, findings);
    if (!isNew && failures.length === 0) return;
    this.#logger[logLevelOf(outcome)](message, {
      ...fields,
      ...findingRecords(findings, this.#now()),
      failures: failures.map(explainFailure),
    });
  }

  /** Whether the subject was not logged yet, or with something else to say of it. */
  #isNew(subject: string, findings: readonly { readonly kind: string; readonly subject: string }[]): boolean {
    const text = findings
      .map(({ kind, subject: about }) => `${kind} ${about}`)
      .sort()
      .join(', ');
    if (this.#logged.get(subject) === text) return false;
    this.#logged.set(subject, text);
    return true;
  }

  #count(metric: Metric, value: number): void {
    this.#totals.set(metric, (this.#totals.get(metric) ?? 0) + value);
  }

  #fail(failures: readonly Failure[]): void {
    this.#errors.push(...failures.map(explainFailure));
    this.#count('Errors', failures.length);
  }
}

function logLevelOf({ findings, failures }: Checked): 'info' | 'warn' {
  return findings.some((finding) => severityOf(finding) !== 'notice') || failures.length > 0 ? 'warn' : 'info';
}
