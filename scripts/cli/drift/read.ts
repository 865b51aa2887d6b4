/** Reads tasks, targets and instances of an account as the function does, with a world that cannot write. */
import { createAwsApi, systemClock } from '../../../functions/adapters/aws.ts';
import { type Check, createEnvironment, type Reporter } from '../../../functions/app/invocation.ts';
import type { AwsApi, Clock, Outcome } from '../../../functions/app/ports.ts';
import { run } from '../../../functions/app/run.ts';
import type { Settings } from '../../../functions/core/binding-sources.ts';
import type { Instance, InstanceService } from '../../../functions/core/cloud-map/instance.ts';
import type { Failure } from '../../../functions/core/failure.ts';
import type { Finding } from '../../../functions/core/finding.ts';
import type { Pass } from '../../../functions/core/report.ts';
import { err } from '../../../functions/core/result.ts';
import type { Task } from '../../../functions/core/task.ts';
import { cloudMapServiceIdOf } from '../../../functions/core/values.ts';
import type { AccountOptions } from '../plan/plan.ts';
import { type Extras, readExtras } from './extras.ts';
import {
  findDenseInstances,
  findFullGroups,
  findFullServices,
  findSlowChecks,
  findUnchecked,
  findUnusedTargets,
} from './limits.ts';
import type { Sides } from './rows.ts';

export interface AccountDrift extends Sides {
  readonly extras: Extras;
  /** Reads that failed: what is said of the rest may be incomplete. */
  readonly failures: readonly Failure[];
  readonly calls: number;
}

/** A person waits for this; a difference that is new is looked at for a second time, 10 s later. */
const TIME_MS = 120_000;

interface Reading {
  readonly passes: Pass[];
  readonly instances: Map<string, readonly Instance[]>;
  readonly findings: Finding[];
  readonly failures: Failure[];
  calls: number;
}

/** Reads the account with the caller's own credentials. */
export function readDrift(settings: Settings, { region, profile, endpointUrl }: AccountOptions): Promise<AccountDrift> {
  const options = {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  };
  return readDriftOf(settings, createAwsApi(options), systemClock, (what) => readExtras(options, what));
}

/** Reads whatever the world gives. */
export async function readDriftOf(
  settings: Settings,
  world: AwsApi,
  clock: Clock,
  extrasOf: (what: Parameters<typeof readExtras>[1]) => Promise<Extras>,
): Promise<AccountDrift> {
  const reading: Reading = { passes: [], instances: new Map(), findings: [], failures: [], calls: 0 };
  const environment = createEnvironment(settings, readOnly(world), clock);
  const beganMs = clock.now();
  const request = { trigger: 'check' as const, hints: [], deadlineMs: beganMs + TIME_MS };
  await run(environment, request, reporterOf(reading));
  const tasks = [...environment.cache.tasks.values()].map(({ task }) => task);
  const services = environment.configuration?.configuration.cloudMapServices ?? [];
  const groups = reading.passes.map(({ group }) => group);
  const extras = await extrasOf({ groups, services, tasks });
  return assemble(reading, extras, tasks, services, { beganMs, nowMs: clock.now() });
}

function reporterOf(reading: Reading): Reporter {
  const take = ({ findings, failures }: Pick<Check, 'findings' | 'failures'>): void => {
    reading.findings.push(...findings);
    reading.failures.push(...failures);
  };
  return {
    configured: ({ configuration, failures }) => take({ findings: configuration.findings, failures }),
    passed: (pass) => {
      reading.passes.push(pass);
      take(pass);
    },
    checked: (check) => {
      if (check.read !== undefined) reading.instances.set(check.subject, check.read.instances);
      take(check);
    },
    recorded: () => undefined,
    called: (calls) => {
      reading.calls = [...calls.values()].reduce((sum, count) => sum + count, 0);
    },
  };
}

function assemble(
  reading: Reading,
  extras: Extras,
  tasks: readonly Task[],
  services: readonly InstanceService[],
  times: Pick<Sides, 'beganMs' | 'nowMs'>,
): AccountDrift {
  const zones = new Map(
    tasks.flatMap(({ ipv4, ipv6, zone }) => [ipv4, ipv6].flatMap((ip) => (ip && zone ? [[ip, zone] as const] : []))),
  );
  const groups = reading.passes.map(({ group, snapshot }) => ({ group: group.name, targets: snapshot?.targets ?? [] }));
  const settings = extras.groups.map((group) => {
    const targets = groups.find((each) => each.group === group.name)?.targets ?? [];
    return { ...group, targets, zones };
  });
  const unused = settings.flatMap(findUnusedTargets);
  const explained = new Set(unused.map(({ subject }) => subject));
  return {
    tasks,
    groups,
    services: services.map(({ service }) => ({
      service: extras.services.find((each) => each.service === service)?.name ?? cloudMapServiceIdOf(service),
      instances: reading.instances.get(service) ?? [],
      health: extras.health.get(service) ?? new Map(),
      ttlSeconds: extras.services.find((each) => each.service === service)?.ttlSeconds,
    })),
    findings: [
      ...reading.findings.filter(({ kind, subject }) => kind !== 'unused' || !explained.has(subject)),
      ...unused,
      ...findUnchecked(extras.services),
      ...findDenseInstances(extras.containerInstances),
      ...findFullGroups(settings),
      ...findFullServices(extras.services),
      ...settings.flatMap((group) => findSlowChecks(group, extras.stopTimeouts)),
      ...extras.drainFindings,
    ],
    planned: reading.passes.flatMap(({ held }) =>
      held
        .filter(({ because }) => because === 'check only')
        .map(({ change }) => ({
          ip: change.descriptor.id,
          what: change.kind === 'register' ? 'no target' : 'target to remove',
        })),
    ),
    extras,
    failures: reading.failures,
    calls: reading.calls + extras.calls,
    ...times,
  };
}

/** Writes never leave, whatever a plan says. */
function readOnly(world: AwsApi): AwsApi {
  const refuse = (): Promise<Outcome<null>> => Promise.resolve(err({ kind: 'refused', message: 'this command only reads' }));
  return { ...world, RegisterTargets: refuse, DeregisterTargets: refuse };
}
