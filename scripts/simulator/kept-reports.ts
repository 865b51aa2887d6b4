/** What the function reported while it ran in process: kept for assertions instead of logged. */
import type { Check, RunStatus } from '../../functions/app/invocation.ts';
import type { ReadConfiguration } from '../../functions/app/read-configuration.ts';
import { explainFailure } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import type { Change } from '../../functions/core/plan.ts';
import type { Pass } from '../../functions/core/report.ts';
import type { Message } from '../../functions/core/trigger.ts';
import type { InvocationReporter } from '../../functions/sync/sync.ts';

export class KeptReports implements InvocationReporter {
  readonly passes: Pass[] = [];
  readonly findings: Finding[] = [];
  readonly setAsides: Message[] = [];
  readonly errors: string[] = [];
  readonly runs: RunStatus[] = [];

  get changes(): Change[] {
    return this.passes.flatMap(({ written }) => written.done);
  }

  /** Lets go of everything but errors, which an invocation under way counts. */
  forget(): void {
    for (const list of [this.passes, this.findings, this.setAsides, this.runs]) list.length = 0;
  }

  configured({ configuration, failures }: ReadConfiguration): void {
    this.checked({ findings: configuration.findings, failures });
  }

  passed(pass: Pass): void {
    this.passes.push(pass);
    this.checked(pass);
  }

  checked({ findings, failures }: Pick<Check, 'findings' | 'failures'>): void {
    this.findings.push(...findings);
    this.errors.push(...failures.map(explainFailure));
  }

  ended(status: RunStatus): void {
    this.runs.push(status);
  }

  recorded(): void {
    // What the function records it reads from its log, which whoever starts it provides.
  }

  setAside(messages: readonly Message[]): void {
    this.setAsides.push(...messages);
  }
}
