/**
 * What one environment remembers of a target group between invocations. It saves calls and holds writes back: no write rests on it alone,
 * and what was lost with an environment has to be read again.
 */

import type { TargetsRead } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import type { Finding } from '../core/finding.ts';
import { CONTEST_SEEN_MS, changeKey, keyOf, refusalPauseMs } from '../core/guard.ts';
import type { Change } from '../core/plan.ts';
import { type Member, registeredAddresses } from '../core/snapshot.ts';
import { isDraining, type Target } from '../core/target.ts';
import { isLive, isServing, type Task } from '../core/task.ts';
import type { Address, TaskArn } from '../core/values.ts';
import type { ZoneForm } from '../core/zone.ts';

/** Passes within this time of each other are one burst. */
const BURST_MS = 5_000;
const BUDGET_MS = 60_000;
/** Of two environments that take turns with the schedule, each has a full run more often than this. */
const FULL_RUNS_APART_MS = 300_000;
/** So many targets may always leave within a minute: a small group may be replaced whole. */
const BUDGET_MIN = 20;

interface Refusal {
  readonly untilMs: number;
  readonly times: number;
}

/** How far the search among the stopped tasks for an unexplained address has come. */
interface Search {
  /** When it last came to its end. */
  readonly atMs: number;
  readonly times: number;
}

export interface GroupCache {
  /** The binding that everything below was learned under, as text: under another one it may not hold. */
  binding: string;
  /** Versions of tasks that a complete pass over this group has dealt with; Infinity for one known stopped. */
  covered: ReadonlyMap<TaskArn, number>;
  lastPassAtMs: number;
  /** When the last passes over the group began, newest first. */
  passesAtMs: readonly number[];
  firstSeenMs: ReadonlyMap<Address, number>;
  /** Of the addresses in `firstSeenMs`: when the look before that was, which did not see them. */
  absentAtMs: ReadonlyMap<Address, number>;
  /** When the targets were last read. */
  lookedAtMs: number | undefined;
  /** Since when the looks have come so often that what happened in between is known. */
  watchedSinceMs: number;
  targetsRead: TargetsRead | undefined;
  seenHealthy: ReadonlySet<Address>;
  /** When the look began that last saw a registered target fail its health checks. */
  failingAtMs: ReadonlyMap<Address, number>;
  /** Searches among the stopped tasks, by unexplained address. */
  searches: ReadonlyMap<Address, Search>;
  /** Where the search under way goes on in each list, by `selectorKey`; `done` at its end. Empty when none is. */
  searching: ReadonlyMap<string, string | 'done' | undefined>;
  /** When the settings of the group and its tasks' definitions were last looked at. */
  settingsAuditedAtMs: number;
  readonly refused: Map<Address, Refusal>;
  /** What ELB has asked for as the zone of an address, by range. */
  readonly zoneForms: Map<string, ZoneForm>;
  /** How many targets may share a call with the address, where ELB has refused a larger one with it. */
  readonly shares: Map<Address, number>;
  readonly writtenAtMs: Map<string, number>;
  /** When removals were first known proved, by `changeKey`. */
  provedAtMs: ReadonlyMap<string, number>;
  /** Targets whose task had ended when the last pass saw them. */
  ended: ReadonlyMap<Address, Pick<Owner, 'task'>>;
  /** Since when targets drain. */
  drainingSinceMs: ReadonlyMap<Address, number>;
  /** How long targets drain, where it was read. */
  deregistrationDelayMs: number | undefined;
  /** The targets of this minute: what the budget of removals is measured by. */
  budget: Budget | undefined;
  /** When targets were last seen registered while their task lived. */
  owners: ReadonlyMap<Address, Owner>;
  /** Tasks in the group's lists, when they were last read. */
  listedTasks: number;
  /** How often in a row the schedule did not get to it. */
  deferrals: number;
  /** When a pass last read everything. */
  wholeAtMs: number | undefined;
  /** When the bindings changed under this environment's eyes. */
  boundAtMs: number;
  /** When the last pass began that compared every task and target. */
  comparedAtMs: number;
  /** Since when the changes are due that the last pass has left open, by `changeKey`. */
  open: ReadonlyMap<string, number>;
  /** While full runs cannot read the group whole. */
  unread: Unread | undefined;
  /** What the last pass has found; of that, what the last whole reading has; and what the last look at settings has. */
  findings: readonly Finding[];
  audited: readonly Finding[];
  settingsFindings: readonly Finding[];
  /** Of targets that no task explains: what the record of writes says of them. */
  origins: ReadonlyMap<Address, TaskArn>;
  /** Targets that another writer must have registered, and when that was last recorded. */
  readonly strangers: Map<Address, number>;
  /** Targets that no task known here explained, and when they were first seen so: another writer's, or ours by another environment. */
  readonly unexplained: Map<Address, number>;
  /** Until when the record was read for what other environments have seen of such targets. */
  recordReadAtMs: number;
  /** For which task a target of ours was last recorded, and when. */
  recorded: ReadonlyMap<Address, Owner>;
}

/** Full runs of this environment, one after the other, that could not read a group whole. */
interface Unread {
  /** When the first of them began, and the last. */
  readonly sinceMs: number;
  readonly lastMs: number;
}

interface Budget {
  readonly sinceMs: number;
  /** The most targets that were registered at once. */
  readonly peak: number;
  readonly removed: number;
}

export interface Owner {
  readonly task: TaskArn;
  readonly atMs: number;
}

export function createGroupCache(): GroupCache {
  return {
    binding: '',
    covered: new Map(),
    lastPassAtMs: Number.NEGATIVE_INFINITY,
    passesAtMs: [],
    firstSeenMs: new Map(),
    absentAtMs: new Map(),
    lookedAtMs: undefined,
    watchedSinceMs: 0,
    targetsRead: undefined,
    seenHealthy: new Set(),
    failingAtMs: new Map(),
    searches: new Map(),
    searching: new Map(),
    settingsAuditedAtMs: Number.NEGATIVE_INFINITY,
    refused: new Map(),
    zoneForms: new Map(),
    shares: new Map(),
    writtenAtMs: new Map(),
    provedAtMs: new Map(),
    ended: new Map(),
    drainingSinceMs: new Map(),
    deregistrationDelayMs: undefined,
    budget: undefined,
    owners: new Map(),
    listedTasks: 0,
    deferrals: 0,
    wholeAtMs: undefined,
    boundAtMs: Number.NEGATIVE_INFINITY,
    comparedAtMs: Number.NEGATIVE_INFINITY,
    open: new Map(),
    unread: undefined,
    findings: [],
    audited: [],
    settingsFindings: [],
    origins: new Map(),
    strangers: new Map(),
    unexplained: new Map(),
    recordReadAtMs: Number.NEGATIVE_INFINITY,
    recorded: new Map(),
  };
}

/**
 * Forgets what was concluded under another binding: an address that the stopped tasks of one service did not explain may well
 * belong to those of another, and a task that one binding let go may be wanted by the next.
 */
export function noteBindings(group: GroupCache, binding: string, nowMs: number): void {
  if (group.binding === binding) return;
  if (group.binding !== '') group.boundAtMs = nowMs;
  group.binding = binding;
  group.open = new Map();
  group.covered = new Map();
  group.searches = new Map();
  group.searching = new Map();
  group.refused.clear();
  group.shares.clear();
}

/**
 * Whether a complete pass over the group has already dealt with what the hint tells. A task known to have stopped is dealt
 * with at any version, since STOPPED is final: the four to five events of one stop cost one look.
 */
export function isCovered(group: GroupCache, hint: Hint): boolean {
  return !hint.isTagged && (group.covered.get(hint.task) ?? Number.NEGATIVE_INFINITY) >= hint.version;
}

/** What a complete pass has dealt with: every task that it read or knew, but for those whose change is still open. */
export function coveredBy(tasks: ReadonlyMap<TaskArn, Task>, open: ReadonlySet<TaskArn>): Map<TaskArn, number> {
  const covered = new Map<TaskArn, number>();
  for (const [arn, task] of tasks) {
    if (!open.has(arn)) covered.set(arn, isLive(task) ? task.version : Number.POSITIVE_INFINITY);
  }
  return covered;
}

/**
 * Notes whether a full run has read the group whole. Another environment may have read it since this one had a full run: what is as old as
 * that says nothing of now, and an age counted from it would ring for an outage that was over long ago.
 */
export function noteFullRun(group: GroupCache, beganAtMs: number): void {
  const { unread, wholeAtMs, lookedAtMs } = group;
  if (isSince(wholeAtMs, beganAtMs)) group.unread = undefined;
  else {
    const goesOn = isSince(unread?.lastMs, beganAtMs - FULL_RUNS_APART_MS);
    if (!goesOn && !isSince(lookedAtMs, beganAtMs - FULL_RUNS_APART_MS)) group.open = new Map();
    group.unread = { sinceMs: (goesOn ? unread?.sinceMs : undefined) ?? beganAtMs, lastMs: beganAtMs };
  }
}

/** How old the oldest difference of the group is; a group that cannot be read counts as different for as long. */
export function driftAgeMs({ open, unread }: GroupCache, nowMs: number): number {
  return nowMs - Math.min(nowMs, ...open.values(), unread?.sinceMs ?? nowMs);
}

function isSince(atMs: number | undefined, sinceMs: number): boolean {
  return atMs !== undefined && atMs >= sinceMs;
}

export function notePass(group: GroupCache, nowMs: number): void {
  group.lastPassAtMs = nowMs;
  group.passesAtMs = [nowMs, ...group.passesAtMs.filter((atMs) => nowMs - atMs < BURST_MS)];
}

/** Whether passes follow each other so fast that one which lists every task settles more than those that follow hints. */
export function isBurst({ passesAtMs }: GroupCache, passes: number, nowMs: number): boolean {
  return passesAtMs.filter((atMs) => nowMs - atMs < BURST_MS).length >= passes;
}

/** When the passes that follow each other so fast began. */
export function burstBeganMs({ passesAtMs }: GroupCache, nowMs: number): number {
  return Math.min(nowMs, ...passesAtMs.filter((atMs) => nowMs - atMs < BURST_MS));
}

/** Keeps since when the task of each planned removal is known to have ended: that it stops, or that a line drains, says nothing of it. */
export function noteProofs(group: GroupCache, planned: readonly Change[], nowMs: number): void {
  const ended = planned.filter(({ because }) => because.rule === 'task has stopped');
  group.ended = new Map(ended.map(({ address, because }) => [address, { task: because.task }]));
  group.provedAtMs = new Map(ended.map(changeKey).map((key) => [key, group.provedAtMs.get(key) ?? nowMs]));
}

/** Keeps which registered targets have a live task, and since when that was last seen. */
export function noteOwners(
  group: GroupCache,
  registered: ReadonlySet<Address>,
  members: readonly Member[],
  nowMs: number,
): void {
  const live = members.filter(({ address, task }) => registered.has(address) && isServing(task));
  const seen = new Map(live.map(({ address, task }) => [address, { task: task.arn, atMs: nowMs }] as const));
  const kept = [...group.owners].filter(([address]) => registered.has(address));
  group.owners = new Map([...kept, ...seen]);
}

/** How many more targets may leave the group within this minute. */
export function removalsLeft(group: GroupCache, registered: number, percent: number, nowMs: number): number {
  const old = group.budget;
  const isOver = old === undefined || nowMs - old.sinceMs >= BUDGET_MS;
  const budget = isOver ? { sinceMs: nowMs, peak: registered, removed: 0 } : { ...old, peak: Math.max(old.peak, registered) };
  group.budget = budget;
  const floor = Math.ceil((budget.peak * (100 - percent)) / 100);
  return Math.max(BUDGET_MIN - budget.removed, registered - floor);
}

export function noteRemovals(group: GroupCache, removed: number): void {
  if (group.budget !== undefined) group.budget = { ...group.budget, removed: group.budget.removed + removed };
}

/** Notes a write, and forgets those that no rule asks for any more. */
export function noteWrite(group: GroupCache, change: Change, nowMs: number): void {
  for (const [each, atMs] of group.writtenAtMs) if (nowMs - atMs > CONTEST_SEEN_MS) group.writtenAtMs.delete(each);
  group.writtenAtMs.set(changeKey(change), nowMs);
  // What we have undone ourselves, nobody else has: a task that was held and comes back is no contest.
  group.writtenAtMs.delete(keyOf(change.kind === 'register' ? 'deregister' : 'register', change));
  group.refused.delete(change.address);
  group.shares.delete(change.address);
}

/** Notes that ELB refused a target, and until when it is left alone: one that drains until it can have drained. */
export function noteRefusal(
  group: GroupCache,
  address: Address,
  why: Parameters<typeof refusalPauseMs>[0],
  nowMs: number,
): void {
  const times = (group.refused.get(address)?.times ?? 0) + 1;
  const drainedMs = (group.drainingSinceMs.get(address) ?? nowMs) + (group.deregistrationDelayMs ?? 0);
  const untilMs = nowMs + refusalPauseMs(why, times);
  group.refused.set(address, { times, untilMs: why === 'draining' ? Math.max(untilMs, drainedMs) : untilMs });
}

/** Forgets refusals that nobody asks about any more: the next task at the address must not wait out what the last one was refused. */
export function keepRefusals(group: GroupCache, asked: ReadonlySet<Address>): void {
  for (const kept of [group.refused, group.shares]) {
    for (const address of kept.keys()) if (!asked.has(address)) kept.delete(address);
  }
}

/** Keeps first observations and health of the targets that are still there, and takes up the new ones. */
export function noteTargets(group: GroupCache, targets: readonly Target[], beganAtMs: number, nowMs: number): void {
  const registered = registeredAddresses(targets);
  // When the last look began, not when its answer was read: an environment that was frozen in between has an old answer.
  const lookedFromMs = group.targetsRead?.beganAtMs;
  group.targetsRead = { beganAtMs, registered };
  group.absentAtMs = new Map(
    [...registered].flatMap((address) => {
      const atMs = group.firstSeenMs.has(address) ? group.absentAtMs.get(address) : lookedFromMs;
      return atMs === undefined ? [] : [[address, atMs] as const];
    }),
  );
  // An environment that waited for minutes has not seen what was healthy meanwhile, and may come back to see it stop.
  if (nowMs - (group.lookedAtMs ?? 0) > FULL_RUNS_APART_MS) group.watchedSinceMs = nowMs;
  group.lookedAtMs = nowMs;
  const draining = targets.filter(isDraining).map(({ address }) => address);
  group.drainingSinceMs = new Map(draining.map((address) => [address, group.drainingSinceMs.get(address) ?? nowMs]));
  group.firstSeenMs = new Map([...registered].map((address) => [address, group.firstSeenMs.get(address) ?? nowMs]));
  const healthy = targets.filter((target) => target.state === 'healthy').map((target) => target.address);
  group.seenHealthy = new Set([...group.seenHealthy, ...healthy].filter((address) => registered.has(address)));
  const failing = targets.filter(({ state }) => state === 'unhealthy').map(({ address }) => [address, beganAtMs] as const);
  group.failingAtMs = new Map([...group.failingAtMs, ...failing].filter(([address]) => registered.has(address)));
  group.searches = new Map([...group.searches].filter(([address]) => registered.has(address)));
}
