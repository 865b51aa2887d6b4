/** One invocation of the function and the environment it runs in: passed first to everything in this folder. */
import type { Settings } from '../core/binding-sources.ts';
import type { Instance } from '../core/cloud-map/instance.ts';
import type { Hint } from '../core/event.ts';
import type { Failure } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import type { Pass, TriggerName } from '../core/report.ts';
import type { Task } from '../core/task.ts';
import { type Cache, createCache } from './cache.ts';
import { Caller } from './caller.ts';
import type { AwsApi, Clock } from './ports.ts';
import { isCurrent, type ReadConfiguration, readConfiguration } from './read-configuration.ts';

/** One execution environment of the function: what outlives an invocation. */
export interface Environment {
  readonly settings: Settings;
  readonly api: AwsApi;
  readonly clock: Clock;
  readonly cache: Cache;
  configuration: ReadConfiguration | undefined;
  /** The read in flight, shared by all groups. */
  configurationInFlight: Promise<ReadConfiguration> | undefined;
}

/** What one invocation is asked to do, and until when. */
export interface Request {
  readonly trigger: TriggerName;
  readonly hints: readonly Hint[];
  readonly deadlineMs: number;
}

export interface Invocation extends Request {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly cache: Cache;
  readonly caller: Caller;
  readonly reporter: Reporter;
}

/** What was read of a Cloud Map service. */
export interface InstanceReport {
  readonly instances: readonly Instance[];
  readonly tasks: readonly Task[];
  /** Differences were observed for the first time: another observation may make them findings. */
  readonly isOpen: boolean;
}

/** The result of a check that belongs to no pass. */
export interface Check {
  readonly subject: string;
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  /** Only for a Cloud Map service. */
  readonly read?: InstanceReport | undefined;
}

/** Hears of each step when it ends, so that its record is out even if the invocation is cut off later. */
export interface Reporter {
  configured(read: ReadConfiguration): void;
  passed(pass: Pass): void;
  checked(check: Check): void;
  /** The number of calls by operation, once, at the end. */
  called(calls: ReadonlyMap<string, number>): void;
}

export function createEnvironment(settings: Settings, api: AwsApi, clock: Clock): Environment {
  return { settings, api, clock, cache: createCache(), configuration: undefined, configurationInFlight: undefined };
}

export function beginInvocation(environment: Environment, request: Request, reporter: Reporter): Invocation {
  const { api, clock, cache } = environment;
  return { ...request, environment, clock, cache, caller: new Caller(api, clock, cache.buckets, request.deadlineMs), reporter };
}

/** Whether every group is reconciled, whatever the events say. */
export function isFull({ trigger }: Pick<Request, 'trigger'>): boolean {
  return trigger === 'schedule' || trigger === 'check';
}

/** The configuration, read again if the copy is older than a minute or its read failed. */
export function currentConfiguration(invocation: Invocation): Promise<ReadConfiguration> {
  const { environment, clock } = invocation;
  if (isCurrent(environment.configuration, clock.now())) return Promise.resolve(environment.configuration);
  environment.configurationInFlight ??= readAndKeep(invocation);
  return environment.configurationInFlight;
}

async function readAndKeep({ environment, caller, clock, reporter }: Invocation): Promise<ReadConfiguration> {
  try {
    const read = await readConfiguration(environment.settings, caller, clock, environment.configuration);
    environment.configuration = read;
    reporter.configured(read);
    return read;
  } finally {
    environment.configurationInFlight = undefined;
  }
}
