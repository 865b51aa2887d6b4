/** Tells what happened: one log record per pass and one per change, and six metrics. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Check, Reporter } from '../app/invocation.ts';
import type { ReadConfiguration } from '../app/read-configuration.ts';
import { chunks } from '../core/batches.ts';
import { explainFailure, type Failure } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import { RECORDED_MAX, type RecordedTarget, type RecordKind, recordFields } from '../core/ownership.ts';
import { changeRecords, type Fields, findingRecords, type Pass, passRecord } from '../core/report.ts';
import type { Message } from '../core/trigger.ts';
import type { TargetGroupArn } from '../core/values.ts';

const METRICS = ['Registered', 'Deregistered', 'Held', 'Drift', 'Errors', 'Calls'] as const;
type Metric = (typeof METRICS)[number];

export class Telemetry implements Reporter {
  readonly #now: () => number;
  readonly #logger = new Logger();
  readonly #metrics = new Metrics({ namespace: 'AlbTargetSync' });
  readonly #totals = new Map<Metric, number>();
  #errors: string[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Every call of this invocation that failed, in words. Cleared by `publish`. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  configured({ configuration, failures }: ReadConfiguration): void {
    this.#fail(failures);
    // A wrong line stops only that line. It is logged and counted at every read until somebody corrects it.
    this.#count('Errors', configuration.findings.filter(({ kind }) => kind !== 'ecs-managed').length);
    const groups = configuration.groups.map(({ group }) => group.name);
    this.#log('configuration', configuration.findings, failures, { targetGroups: groups, unread: configuration.unread });
  }

  passed(pass: Pass): void {
    const { written, held, failures, findings } = pass;
    for (const record of changeRecords(pass)) this.#logger.info('change', record);
    this.#count('Registered', written.done.filter(({ kind }) => kind === 'register').length);
    this.#count('Deregistered', written.done.filter(({ kind }) => kind === 'deregister').length);
    this.#count('Held', held.length + written.refused.length);
    this.#fail(failures);
    this.#logger[levelOf(findings, failures)]('pass', passRecord(pass));
  }

  checked({ subject, findings, failures, read }: Check): void {
    this.#fail(failures);
    // One for each address where task, target and instance do not agree.
    if (read !== undefined) this.#count('Drift', findings.length);
    this.#log('check', findings, failures, { subject, ...(read && { instances: read.instances.length }) });
  }

  recorded(kind: RecordKind, group: TargetGroupArn, targets: readonly RecordedTarget[]): void {
    for (const part of chunks(targets, RECORDED_MAX)) this.#logger.info('record', recordFields(kind, group, part));
  }

  called(calls: ReadonlyMap<string, number>): void {
    const number = [...calls.values()].reduce((sum, count) => sum + count, 0);
    if (number === 0) return;
    this.#count('Calls', number);
    this.#logger.info('calls', Object.fromEntries([...calls].sort()));
  }

  /** The messages that are no hints: counted, with the reason of each and nothing else of them. */
  setAside(messages: readonly Message[]): void {
    for (const { id, reading } of messages) {
      if (reading.kind === 'hint') continue;
      const fields = { messageId: id, because: reading.because };
      if (reading.kind === 'ignored') this.#logger.info('message ignored', fields);
      else {
        this.#logger.warn('message unreadable', fields);
        this.#count('Errors', 1);
      }
    }
  }

  /** Writes the metrics of the invocation. */
  publish(): void {
    for (const name of METRICS) this.#metrics.addMetric(name, MetricUnit.Count, this.#totals.get(name) ?? 0);
    this.#metrics.publishStoredMetrics();
    this.#totals.clear();
    this.#errors = [];
  }

  #log(message: string, findings: readonly Finding[], failures: readonly Failure[], fields: Fields): void {
    this.#logger[levelOf(findings, failures)](message, {
      ...fields,
      ...findingRecords(findings, this.#now()),
      failures: failures.map(explainFailure),
    });
  }

  #count(metric: Metric, value: number): void {
    this.#totals.set(metric, (this.#totals.get(metric) ?? 0) + value);
  }

  #fail(failures: readonly Failure[]): void {
    this.#errors.push(...failures.map(explainFailure));
    this.#count('Errors', failures.length);
  }
}

function levelOf(findings: readonly Finding[], failures: readonly Failure[]): 'info' | 'warn' {
  return findings.length + failures.length > 0 ? 'warn' : 'info';
}
