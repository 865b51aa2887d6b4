/** What a pass would change in an account now: the same plan as {"check": true}, read with the caller's own credentials. */
import { createWorld, systemClock } from '../../functions/adapters/aws.ts';
import { createEnvironment, type Observer } from '../../functions/app/environment.ts';
import type { Outcome, World } from '../../functions/app/ports.ts';
import type { Pass } from '../../functions/app/reconcile.ts';
import { visit } from '../../functions/app/visit.ts';
import type { WiredGroup } from '../../functions/core/configuration.ts';
import { explainFailure, type Failure } from '../../functions/core/failure.ts';
import type { Finding } from '../../functions/core/finding.ts';
import type { Settings } from '../../functions/core/wirings.ts';

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

interface PlannedChange {
  readonly kind: 'register' | 'deregister';
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly because: string;
  readonly taskArn: string;
  /** Why the deployed function would not do it now, where it would not. */
  readonly held: string | undefined;
}

/** A person waits for this, and a group of a thousand targets takes a few seconds. */
const TIME_MS = 120_000;

/** Reads the account and plans. No write can leave: the world that it is given has none. */
export async function planAccount(settings: Settings, options: AccountOptions): Promise<AccountPlan> {
  const passes: { readonly wired: WiredGroup; readonly pass: Pass }[] = [];
  const findings: Finding[] = [];
  const failures: Failure[] = [];
  const calls = new Map<string, number>();
  const observer: Observer = {
    configured(read, made) {
      findings.push(...read.configuration.findings);
      failures.push(...read.failures);
      add(calls, made);
    },
    passed(wired, pass, details) {
      passes.push({ wired, pass });
      findings.push(...pass.findings);
      failures.push(...pass.failures);
      add(calls, details.calls);
    },
    found(_subject, found, failed, made) {
      findings.push(...found);
      failures.push(...failed);
      add(calls, made);
    },
  };
  const environment = createEnvironment(settings, readOnly(worldOf(options)), systemClock);
  await visit(environment, { trigger: 'check', hints: [], deadlineMs: Date.now() + TIME_MS }, observer);
  return {
    changes: passes.flatMap(({ wired, pass }) => changesOf(wired, pass)),
    targets: passes.flatMap(({ wired, pass }) => targetsOf(wired, pass)),
    // One look does not know since when: every time would be the moment of the look.
    findings: findings.map(({ kind, subject, message, command }) => ({ kind, subject, message, command })),
    failures,
    calls: Object.fromEntries([...calls].sort()),
  };
}

export function explainFailures(failures: readonly Failure[]): string[] {
  return [...new Set(failures.map(explainFailure))];
}

function worldOf({ region, profile, endpointUrl }: AccountOptions): World {
  return createWorld({
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  });
}

/** Writes never leave, whatever a plan says. */
function readOnly(world: World): World {
  const refuse = (): Promise<Outcome<null>> =>
    Promise.resolve({ ok: false, kind: 'refused', message: 'this command only reads; the deployed function writes' });
  return { ...world, RegisterTargets: refuse, DeregisterTargets: refuse };
}

function changesOf({ group }: WiredGroup, { held }: Pass): PlannedChange[] {
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

function targetsOf({ group }: WiredGroup, { snapshot }: Pass) {
  return (snapshot?.targets ?? []).map(({ descriptor, state }) => ({
    targetGroup: group.name,
    ip: descriptor.id,
    port: descriptor.port,
    state,
  }));
}

function add(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [operation, count] of more) sums.set(operation, (sums.get(operation) ?? 0) + count);
}
