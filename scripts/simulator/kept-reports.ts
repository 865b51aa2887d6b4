/** What the function told while it ran in process: kept for assertions instead of printed. */
import type { Pass } from '../../functions/app/reconcile.ts';
import type { BoundGroup } from '../../functions/core/configuration.ts';
import { explainFailure, type Failure } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import type { Change } from '../../functions/core/plan.ts';
import type { Message } from '../../functions/core/trigger.ts';
import type { InvocationReporter } from '../../functions/sync/sync.ts';

export interface PassEntry {
  readonly atMs: number;
  readonly group: string;
  readonly pass: Pass;
}

export class KeptReports implements InvocationReporter {
  readonly #now: () => number;
  readonly passes: PassEntry[] = [];
  readonly findings: Finding[] = [];
  readonly setAsides: Message[] = [];
  readonly errors: string[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  get changes(): Change[] {
    return this.passes.flatMap(({ pass }) => pass.written.done);
  }

  configured(read: {
    readonly configuration: { readonly findings: readonly Finding[] };
    readonly failures: readonly Failure[];
  }): void {
    this.findings.push(...read.configuration.findings);
    this.errors.push(...read.failures.map(explainFailure));
  }

  passed(bound: BoundGroup, pass: Pass): void {
    this.passes.push({ atMs: this.#now(), group: bound.group.name, pass });
    this.findings.push(...pass.findings);
    this.errors.push(...pass.failures.map(explainFailure));
  }

  found(_subject: string, findings: readonly Finding[], failures: readonly Failure[]): void {
    this.findings.push(...findings);
    this.errors.push(...failures.map(explainFailure));
  }

  setAside(messages: readonly Message[]): void {
    this.setAsides.push(...messages);
  }
}
