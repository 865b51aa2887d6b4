/** One execution environment of the function: what outlives an invocation, and its copy of the configuration. */

import type { Settings } from '../core/binding-sources.ts';
import type { BoundGroup } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import type { Failure } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import type { Instance } from '../core/instance.ts';
import type { TriggerName } from '../core/report.ts';
import type { Task } from '../core/task.ts';
import { type Cache, createCache } from './cache.ts';
import { Caller } from './caller.ts';
import { isCurrent, type ReadConfiguration, readConfiguration } from './configuration.ts';
import type { AwsApi, Clock } from './ports.ts';
import type { Pass } from './reconcile.ts';
import type { PassDetails } from './record.ts';

export interface Environment {
  readonly settings: Settings;
  readonly world: AwsApi;
  readonly clock: Clock;
  readonly cache: Cache;
  configuration: ReadConfiguration | undefined;
  /** The reading under way, which the visits of several groups share. */
  configurationUnderWay: Promise<ReadConfiguration> | undefined;
}

/** What one invocation is asked to do, and until when. */
export interface Request {
  readonly trigger: TriggerName;
  readonly hints: readonly Hint[];
  readonly deadlineMs: number;
}

/** Whether everything is to be visited, whatever events say. */
export function isFull({ trigger }: Request): boolean {
  return trigger === 'schedule' || trigger === 'check';
}

/** What a look at one Cloud Map service came to. */
export interface InstanceReport {
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  readonly instances: readonly Instance[];
  readonly tasks: readonly Task[];
  /** Differences were seen for the first time, which another look may make findings. */
  readonly isOpen: boolean;
}

/** Told after each step, so that its record is out even if the invocation is cut off later. */
export interface Reporter {
  configured(read: ReadConfiguration, calls: ReadonlyMap<string, number>): void;
  passed(bound: BoundGroup, pass: Pass, details: PassDetails): void;
  /** Findings and failures that belong to no pass, such as those of a Cloud Map service; for one of those, what was read of it too. */
  found(
    subject: string,
    findings: readonly Finding[],
    failures: readonly Failure[],
    calls: ReadonlyMap<string, number>,
    report?: InstanceReport,
  ): void;
}

export function createEnvironment(settings: Settings, world: AwsApi, clock: Clock): Environment {
  const cache = createCache();
  return { settings, world, clock, cache, configuration: undefined, configurationUnderWay: undefined };
}

/** A caller of its own for each pass, so that its record can tell what the pass alone has cost. */
export function openCaller({ world, clock, cache }: Environment, request: Request): Caller {
  return new Caller(world, clock, cache.buckets, request.deadlineMs);
}

/** The configuration, read again where the copy is older than a minute or the last reading failed. */
export function currentConfiguration(
  environment: Environment,
  request: Request,
  reporter: Reporter,
): Promise<ReadConfiguration> {
  const { configuration, clock } = environment;
  if (isCurrent(configuration, clock.now())) return Promise.resolve(configuration);
  environment.configurationUnderWay ??= readAndKeep(environment, request, reporter);
  return environment.configurationUnderWay;
}

async function readAndKeep(environment: Environment, request: Request, reporter: Reporter): Promise<ReadConfiguration> {
  const { settings, clock, configuration } = environment;
  const caller = openCaller(environment, request);
  try {
    const read = await readConfiguration(settings, caller, clock, configuration);
    environment.configuration = read;
    reporter.configured(read, caller.calls);
    return read;
  } finally {
    environment.configurationUnderWay = undefined;
  }
}
