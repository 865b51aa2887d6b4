/** One invocation of the function, the environment it runs in, and the invocation as one of its groups sees it. */
import type { Settings } from '../core/binding-sources.ts';
import type { Instance } from '../core/cloud-map/instance.ts';
import type { BoundGroup } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import type { Failure } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import type { RecordedTarget, RecordKind } from '../core/ownership.ts';
import type { Pass, TriggerName } from '../core/report.ts';
import type { Task } from '../core/task.ts';
import type { TargetGroupArn } from '../core/values.ts';
import { Cache } from './cache.ts';
import { Caller } from './caller.ts';
import type { GroupCache } from './group-cache.ts';
import type { AwsApi, Clock } from './ports.ts';
import { isCurrent, type ReadConfiguration, readConfiguration } from './read-configuration.ts';
import { Reads } from './reads.ts';
import { Turns } from './turns.ts';

/** What an environment is given when it starts. */
interface Given {
  readonly settings: Settings;
  readonly api: AwsApi;
  readonly clock: Clock;
}

/** One execution environment of the function: what outlives an invocation. */
export interface Environment extends Given {
  readonly cache: Cache;
  configuration: ReadConfiguration | undefined;
  /** The read in flight, shared by all groups. */
  configurationInFlight: Promise<ReadConfiguration> | undefined;
  /**
   * So long after its cause, a change that no message of ours names may still have its message with another environment. It differs
   * between environments, so that two of them do not come to the same change at one moment.
   */
  readonly eventAgeMs: number;
  /** After so many passes within a few seconds, the next one lists every task. It differs between environments as well. */
  readonly burstPasses: number;
  /**
   * A confirmation is made so long after it may be: two environments that got events of one stop would otherwise make it at one moment, and the
   * removal twice.
   */
  readonly confirmationLagMs: number;
}

/** What one invocation is asked to do, and until when. */
export interface Request {
  readonly trigger: TriggerName;
  readonly hints: readonly Hint[];
  /** Tags of a group or Cloud Map service have changed: the bindings are read anew. */
  readonly areTagsChanged?: boolean;
  readonly deadlineMs: number;
}

export interface Invocation extends Request {
  readonly beganAtMs: number;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly cache: Cache;
  readonly caller: Caller;
  readonly reads: Reads;
  readonly turns: Turns;
  readonly reporter: Reporter;
}

/** An invocation as one of its groups sees it. */
export interface GroupInvocation extends Invocation {
  readonly bound: BoundGroup;
  readonly known: GroupCache;
}

/** What was read of a Cloud Map service. */
interface InstanceReport {
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
  readonly read?: InstanceReport;
}

/** How the stack stands at the end of an invocation. */
export interface RunStatus {
  readonly trigger: TriggerName;
  readonly tookMs: number;
  /** Bound groups, and how many of them this invocation has reconciled and left without an open change. */
  readonly groups: number;
  readonly reconciled: number;
  readonly inStep: number;
  /** Calls made, by operation. */
  readonly calls: ReadonlyMap<string, number>;
  /** What is the case at the end of a full run, whether or not it was read anew; undefined after any other. */
  readonly standing: Standing | undefined;
}

export interface Standing {
  readonly findings: readonly Finding[];
  /** The age in milliseconds of the oldest difference between tasks and targets. */
  readonly driftAgeMs: number;
}

/** Hears of each step when it ends, so that its record is out even if the invocation is cut off later. */
export interface Reporter {
  configured(read: ReadConfiguration): void;
  passed(pass: Pass): void;
  checked(check: Check): void;
  /** Before a registration leaves, after a removal, and once an hour: what `core/ownership.ts` reads. */
  recorded(kind: RecordKind, group: TargetGroupArn, targets: readonly RecordedTarget[]): void;
  /** Once, at the end: how the stack stands. */
  ended(status: RunStatus): void;
}

/** With the five seconds before a confirmation, this stays below the eight after which a removal needs the record. */
const CONFIRMATION_LAG_MAX_MS = 2_000;
const EVENT_AGE_MIN_MS = 2_000;
const EVENT_AGE_MAX_MS = 4_000;
const BURST_PASSES_MIN = 1;
const BURST_PASSES_MAX = 5;

/** A number from 0 to 1 that differs between environments, by the name of their log streams: Lambda gives each its own. */
export function saltOf(logStream: string): number {
  // FNV-1a, 32 bits: its last bits differ where only the last letter does.
  let hash = 0x811c9dc5;
  for (const letter of logStream) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (hash % 1_000) / 1_000;
}

/** `salt`: see `saltOf`. */
export function createEnvironment({ settings, api, clock }: Given, salt = 0): Environment {
  return {
    settings,
    api,
    clock,
    cache: new Cache(),
    configuration: undefined,
    configurationInFlight: undefined,
    eventAgeMs: EVENT_AGE_MIN_MS + salt * (EVENT_AGE_MAX_MS - EVENT_AGE_MIN_MS),
    confirmationLagMs: salt * CONFIRMATION_LAG_MAX_MS,
    burstPasses: BURST_PASSES_MIN + Math.round(salt * (BURST_PASSES_MAX - BURST_PASSES_MIN)),
  };
}

export function beginInvocation(environment: Environment, request: Request, reporter: Reporter): Invocation {
  const { api, clock, cache, settings } = environment;
  const caller = new Caller({ api, clock, buckets: cache.buckets, home: settings.home }, request.deadlineMs);
  return {
    ...request,
    beganAtMs: clock.now(),
    environment,
    clock,
    cache,
    caller,
    reads: new Reads(caller, clock, cache),
    turns: new Turns(),
    reporter,
  };
}

export function forGroup(invocation: Invocation, bound: BoundGroup): GroupInvocation {
  return { ...invocation, bound, known: invocation.cache.group(bound.group.arn) };
}

/** Those of the hints that a pass over the group has to settle by now. */
export function openHints(invocation: Invocation, bound: BoundGroup, hints = invocation.hints): Hint[] {
  const { cache, clock, environment } = invocation;
  return cache.hintsFor(bound, hints, { nowMs: clock.now(), eventAgeMs: environment.eventAgeMs });
}

/** Whether every group is reconciled, whatever the events say. */
export function isFull({ trigger }: Pick<Request, 'trigger'>): boolean {
  return trigger === 'schedule' || trigger === 'check';
}

/** The configuration, read again if the copy is old, its read failed, or tags have changed since. */
export function currentConfiguration(invocation: Invocation): Promise<ReadConfiguration> {
  const { environment, clock, areTagsChanged = false, beganAtMs, trigger } = invocation;
  const { configuration: known } = environment;
  // A person who checks asks for what is the case now.
  const isAsked = areTagsChanged || trigger === 'check';
  const isFresh = !isAsked || (known !== undefined && known.readAtMs >= beganAtMs);
  if (isFresh && isCurrent(known, clock.now(), trigger === 'schedule')) return Promise.resolve(known);
  environment.configurationInFlight ??= readAndKeep(invocation);
  return environment.configurationInFlight;
}

async function readAndKeep({ environment, caller, reporter }: Invocation): Promise<ReadConfiguration> {
  try {
    const read = await readConfiguration(environment, caller);
    environment.configuration = read;
    reporter.configured(read);
    return read;
  } finally {
    environment.configurationInFlight = undefined;
  }
}
