/** What a pass would change in an account now: the same plan as {"check": true}, read with the caller's own credentials. */
import { createAwsApi, systemClock } from '../../../functions/adapters/aws.ts';
import { createEnvironment, type Reporter } from '../../../functions/app/invocation.ts';
import type { AwsApi, Outcome } from '../../../functions/app/ports.ts';
import { run } from '../../../functions/app/run.ts';
import type { Settings } from '../../../functions/core/binding-sources.ts';
import { explainFailure, type Failure } from '../../../functions/core/failure.ts';
import type { Finding } from '../../../functions/core/finding.ts';
import type { Pass } from '../../../functions/core/report.ts';
import { err } from '../../../functions/core/result.ts';
import type { ToldChange } from '../report/timeline.ts';

export interface AccountOptions {
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly endpointUrl: string | undefined;
}

export interface AccountPlan {
  readonly changes: readonly PlannedChange[];
  readonly targets: readonly {
    readonly targetGroup: string;
    readonly ip: string;
    readonly port: number;
    readonly state: string;
  }[];
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  readonly calls: Readonly<Record<string, number>>;
}

interface PlannedChange extends ToldChange {
  /** Why the deployed function would not do it now, where it would not. */
  readonly held: string | undefined;
}

/** A person waits for this, and a group of a thousand targets takes a few seconds. */
const TIME_MS = 120_000;

/** Reads the account and plans. No write can leave: the world that it is given has none. */
export async function planAccount(settings: Settings, options: AccountOptions): Promise<AccountPlan> {
  const notes = new Notes();
  const environment = createEnvironment(settings, readOnly(worldOf(options)), systemClock);
  await run(environment, { trigger: 'check', hints: [], deadlineMs: Date.now() + TIME_MS }, notes);
  return notes.plan();
}

/** What the passes of a check tell. */
class Notes implements Reporter {
  readonly failures: Failure[] = [];
  readonly #ofSettings: Finding[] = [];
  readonly #found: Finding[] = [];
  readonly #passes: Pass[] = [];
  #calls: ReadonlyMap<string, number> = new Map();

  configured: Reporter['configured'] = ({ configuration, failures }) => {
    // Reported again only when it is read again.
    this.#ofSettings.splice(0, Number.POSITIVE_INFINITY, ...configuration.findings);
    this.failures.push(...failures);
  };

  passed: Reporter['passed'] = (pass) => {
    this.#passes.push(pass);
    this.#found.push(...pass.findings);
    this.failures.push(...pass.failures);
  };

  checked: Reporter['checked'] = ({ findings, failures }) => {
    this.#found.push(...findings);
    this.failures.push(...failures);
  };

  recorded: Reporter['recorded'] = () => undefined;

  called: Reporter['called'] = (calls) => {
    this.#calls = calls;
  };

  plan(): AccountPlan {
    const findings = [...this.#ofSettings, ...this.#found];
    return {
      changes: this.#passes.flatMap(changesOf),
      targets: this.#passes.flatMap(targetsOf),
      // So few looks do not know since when: every time would be that of a look.
      findings: findings.map(({ kind, subject, message, command }) => ({ kind, subject, message, command })),
      failures: this.failures,
      calls: Object.fromEntries([...this.#calls].sort()),
    };
  }
}

export function explainFailures(failures: readonly Failure[]): string[] {
  return [...new Set(failures.map(explainFailure))];
}

function worldOf({ region, profile, endpointUrl }: AccountOptions): AwsApi {
  return createAwsApi({
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  });
}

/** Writes never leave, whatever a plan says. */
function readOnly(world: AwsApi): AwsApi {
  const refuse = (): Promise<Outcome<null>> =>
    Promise.resolve(err({ kind: 'refused', message: 'this command only reads; the deployed function writes' }));
  return { ...world, RegisterTargets: refuse, DeregisterTargets: refuse };
}

function changesOf({ group, held }: Pass): PlannedChange[] {
  return held.map(({ change, because }) => ({
    kind: change.kind,
    targetGroup: group.name,
    ip: change.descriptor.id,
    port: change.descriptor.port,
    because: change.because.rule,
    taskArn: change.because.task,
    held: because === 'check only' ? undefined : because,
  }));
}

function targetsOf({ group, snapshot }: Pass) {
  return (snapshot?.targets ?? []).map(({ descriptor, state }) => ({
    targetGroup: group.name,
    ip: descriptor.id,
    port: descriptor.port,
    state,
  }));
}
