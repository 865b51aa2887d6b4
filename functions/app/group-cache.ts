/**
 * What one environment remembers of a target group between invocations. It saves calls and holds writes back: no write rests on it alone,
 * and what was lost with an environment has to be read again.
 */

import type { TargetsRead } from '../core/configuration.ts';
import type { Hint } from '../core/event.ts';
import type { Finding } from '../core/finding.ts';
import { CONTEST_SEEN_MS, changeKey, keyOf, refusalPauseMs } from '../core/guard.ts';
import type { Change } from '../core/plan.ts';
import { refusalOf, type Written } from '../core/report.ts';
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

interface RefusalPause {
  readonly untilMs: number;
  readonly times: number;
}

/** How far the search among the stopped tasks for an unexplained address has come. */
interface SearchState {
  /** When it last came to its end. */
  readonly atMs: number;
  readonly times: number;
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

export class GroupCache {
  /** The binding that everything below was learned under, as text: under another one it may not hold. */
  binding = '';
  /** Versions of tasks that a complete pass over this group has dealt with; Infinity for one known stopped. */
  covered: ReadonlyMap<TaskArn, number> = new Map();
  lastPassAtMs = Number.NEGATIVE_INFINITY;
  /** When the last passes over the group began, newest first. */
  passesAtMs: readonly number[] = [];
  firstSeenMs: ReadonlyMap<Address, number> = new Map();
  /** Of the addresses in `firstSeenMs`: when the look before that was, which did not see them. */
  absentAtMs: ReadonlyMap<Address, number> = new Map();
  /** When the targets were last read. */
  lookedAtMs: number | undefined;
  /** Since when the looks have come so often that what happened in between is known. */
  watchedSinceMs = 0;
  targetsRead: TargetsRead | undefined;
  seenHealthy: ReadonlySet<Address> = new Set();
  /** When the look began that last saw a registered target fail its health checks. */
  failingAtMs: ReadonlyMap<Address, number> = new Map();
  /** Searches among the stopped tasks, by unexplained address. */
  searches: ReadonlyMap<Address, SearchState> = new Map();
  /** Where the search under way goes on in each list, by `selectorKey`; `done` at its end. Empty when none is. */
  searching: ReadonlyMap<string, string> = new Map();
  /** When the settings of the group and its tasks' definitions were last looked at. */
  settingsAuditedAtMs = Number.NEGATIVE_INFINITY;
  readonly refused = new Map<Address, RefusalPause>();
  /** What ELB has asked for as the zone of an address, by range. */
  readonly zoneForms = new Map<string, ZoneForm>();
  /** How many targets may share a call with the address, where ELB has refused a larger one with it. */
  readonly shares = new Map<Address, number>();
  readonly writtenAtMs = new Map<string, number>();
  /** When removals were first known proved, by `changeKey`. */
  provedAtMs: ReadonlyMap<string, number> = new Map();
  /** Targets whose task had ended when the last pass saw them. */
  ended: ReadonlyMap<Address, Pick<Owner, 'task'>> = new Map();
  /** Since when targets drain. */
  drainingSinceMs: ReadonlyMap<Address, number> = new Map();
  /** How long targets drain, where it was read. */
  deregistrationDelayMs: number | undefined;
  /** The targets of this minute: what the budget of removals is measured by. */
  budget: Budget | undefined;
  /** When targets were last seen registered while their task lived. */
  owners: ReadonlyMap<Address, Owner> = new Map();
  /** Tasks in the group's lists, when they were last read. */
  listedTasks = 0;
  /** How often in a row the schedule did not get to it. */
  deferrals = 0;
  /** When a pass last read everything. */
  wholeAtMs: number | undefined;
  /** When the bindings changed under this environment's eyes. */
  boundAtMs = Number.NEGATIVE_INFINITY;
  /** When the last pass began that compared every task and target. */
  comparedAtMs = Number.NEGATIVE_INFINITY;
  /** Since when the changes are due that the last pass has left open, by `changeKey`. */
  open: ReadonlyMap<string, number> = new Map();
  /** While full runs cannot read the group whole. */
  unread: Unread | undefined;
  /** What the last pass has found; of that, what the last whole reading has; and what the last look at settings has. */
  findings: readonly Finding[] = [];
  audited: readonly Finding[] = [];
  settingsFindings: readonly Finding[] = [];
  /** Of targets that no task explains: what the record of writes says of them. */
  origins: ReadonlyMap<Address, TaskArn> = new Map();
  /** Targets that another writer must have registered, and when that was last recorded. */
  readonly strangers = new Map<Address, number>();
  /** Targets that no task known here explained, and when they were first seen so: another writer's, or ours by another environment. */
  readonly unexplained = new Map<Address, number>();
  /** Until when the record was read for what other environments have seen of such targets. */
  recordReadAtMs = Number.NEGATIVE_INFINITY;
  /** For which task a target of ours was last recorded, and when. */
  recorded: ReadonlyMap<Address, Owner> = new Map();

  /**
   * Forgets what was concluded under another binding: an address that the stopped tasks of one service did not explain may well
   * belong to those of another, and a task that one binding let go may be wanted by the next.
   */
  noteBindings(binding: string, nowMs: number): void {
    if (this.binding === binding) return;
    if (this.binding !== '') this.boundAtMs = nowMs;
    this.binding = binding;
    this.open = new Map();
    this.covered = new Map();
    this.searches = new Map();
    this.searching = new Map();
    this.refused.clear();
    this.shares.clear();
  }

  /**
   * Whether a complete pass over the group has already dealt with what the hint tells. A task known to have stopped is dealt
   * with at any version, since STOPPED is final: the four to five events of one stop cost one look.
   */
  isCovered(hint: Hint): boolean {
    return !hint.isTagged && (this.covered.get(hint.task) ?? Number.NEGATIVE_INFINITY) >= hint.version;
  }

  /** Notes that a complete pass has dealt with every task that it read or knew, but for those whose change is still open. */
  noteCovered(tasks: ReadonlyMap<TaskArn, Task>, open: ReadonlySet<TaskArn>): void {
    const settled = [...tasks].filter(([arn]) => !open.has(arn));
    this.covered = new Map(settled.map(([arn, task]) => [arn, isLive(task) ? task.version : Number.POSITIVE_INFINITY]));
  }

  /**
   * Notes whether a full run has read the group whole. Another environment may have read it since this one had a full run: what is as old as
   * that says nothing of now, and an age counted from it would ring for an outage that was over long ago.
   */
  noteFullRun(beganAtMs: number): void {
    const { unread, wholeAtMs, lookedAtMs } = this;
    if (isSince(wholeAtMs, beganAtMs)) this.unread = undefined;
    else {
      const before = isSince(unread?.lastMs, beganAtMs - FULL_RUNS_APART_MS) ? unread : undefined;
      if (before === undefined && !isSince(lookedAtMs, beganAtMs - FULL_RUNS_APART_MS)) this.open = new Map();
      this.unread = { sinceMs: before?.sinceMs ?? beganAtMs, lastMs: beganAtMs };
    }
  }

  /** How old the oldest difference of the group is; a group that cannot be read counts as different for as long. */
  driftAgeMs(nowMs: number): number {
    return nowMs - Math.min(nowMs, ...this.open.values(), this.unread?.sinceMs ?? nowMs);
  }

  notePass(nowMs: number): void {
    this.lastPassAtMs = nowMs;
    this.passesAtMs = [nowMs, ...this.#burst(nowMs)];
  }

  /** Whether passes follow each other so fast that one which lists every task settles more than those that follow hints. */
  isBurst(passes: number, nowMs: number): boolean {
    return this.#burst(nowMs).length >= passes;
  }

  /** When the passes that follow each other so fast began. */
  burstBeganMs(nowMs: number): number {
    return Math.min(nowMs, ...this.#burst(nowMs));
  }

  #burst(nowMs: number): readonly number[] {
    return this.passesAtMs.filter((atMs) => nowMs - atMs < BURST_MS);
  }

  /** Keeps since when the task of each planned removal is known to have ended: that it stops, or that a line drains, says nothing of it. */
  noteProofs(planned: readonly Change[], nowMs: number): void {
    const ended = planned.filter(({ because }) => because.rule === 'task has stopped');
    this.ended = new Map(ended.map(({ address, because }) => [address, { task: because.task }]));
    this.provedAtMs = new Map(ended.map(changeKey).map((key) => [key, this.provedAtMs.get(key) ?? nowMs]));
  }

  /** Keeps which registered targets have a live task, and since when that was last seen. */
  noteOwners(registered: ReadonlySet<Address>, members: readonly Member[], nowMs: number): void {
    const live = members.filter(({ address, task }) => registered.has(address) && isServing(task));
    const seen = new Map(live.map(({ address, task }) => [address, { task: task.arn, atMs: nowMs }] as const));
    const kept = [...this.owners].filter(([address]) => registered.has(address));
    this.owners = new Map([...kept, ...seen]);
  }

  /** Notes targets that no known task explains. An environment that follows events knows only the tasks that these have named. */
  noteUnexplained(addresses: readonly Address[], nowMs: number): void {
    for (const address of addresses) if (!this.unexplained.has(address)) this.unexplained.set(address, nowMs);
  }

  /** How many more targets may leave the group within this minute. */
  removalsLeft(registered: number, percent: number, nowMs: number): number {
    const old = this.budget;
    const isOver = old === undefined || nowMs - old.sinceMs >= BUDGET_MS;
    const budget = isOver ? { sinceMs: nowMs, peak: registered, removed: 0 } : { ...old, peak: Math.max(old.peak, registered) };
    this.budget = budget;
    const floor = Math.ceil((budget.peak * (100 - percent)) / 100);
    return Math.max(BUDGET_MIN - budget.removed, registered - floor);
  }

  /** Notes what a pass has written, and what ELB has refused it. */
  noteWritten({ done, refused }: Pick<Written, 'done' | 'refused'>, nowMs: number): void {
    for (const change of done) this.#noteWrite(change, nowMs);
    const removed = done.filter(({ kind }) => kind === 'deregister').length;
    if (this.budget !== undefined) this.budget = { ...this.budget, removed: this.budget.removed + removed };
    for (const refusal of refused) this.#noteRefusal(refusal.change.address, refusalOf(refusal), nowMs);
  }

  /** Notes a write, and forgets those that no rule asks for any more. */
  #noteWrite(change: Change, nowMs: number): void {
    for (const [each, atMs] of this.writtenAtMs) if (nowMs - atMs > CONTEST_SEEN_MS) this.writtenAtMs.delete(each);
    this.writtenAtMs.set(changeKey(change), nowMs);
    // What we have undone ourselves, nobody else has: a task that was held and comes back is no contest.
    this.writtenAtMs.delete(keyOf(change.kind === 'register' ? 'deregister' : 'register', change));
    this.refused.delete(change.address);
    this.shares.delete(change.address);
  }

  /** Notes that ELB refused a target, and until when it is left alone: one that drains until it can have drained. */
  #noteRefusal(address: Address, why: ReturnType<typeof refusalOf>, nowMs: number): void {
    const times = (this.refused.get(address)?.times ?? 0) + 1;
    const drainedMs = (this.drainingSinceMs.get(address) ?? nowMs) + (this.deregistrationDelayMs ?? 0);
    const untilMs = nowMs + refusalPauseMs(why, times);
    this.refused.set(address, { times, untilMs: why === 'draining' ? Math.max(untilMs, drainedMs) : untilMs });
  }

  /** Forgets refusals that nobody asks about any more: the next task at the address must not wait out what the last one was refused. */
  keepRefusals(asked: ReadonlySet<Address>): void {
    for (const kept of [this.refused, this.shares]) {
      for (const address of kept.keys()) if (!asked.has(address)) kept.delete(address);
    }
  }

  /** Keeps first observations and health of the targets that are still there, and takes up the new ones. */
  noteTargets(targets: readonly Target[], beganAtMs: number, nowMs: number): void {
    const registered = registeredAddresses(targets);
    // When the last look began, not when its answer was read: an environment that was frozen in between has an old answer.
    const lookedFromMs = this.targetsRead?.beganAtMs;
    this.targetsRead = { beganAtMs, registered };
    this.absentAtMs = new Map(
      [...registered].flatMap((address) => {
        const atMs = this.firstSeenMs.has(address) ? this.absentAtMs.get(address) : lookedFromMs;
        return atMs === undefined ? [] : [[address, atMs] as const];
      }),
    );
    // An environment that waited for minutes has not seen what was healthy meanwhile, and may come back to see it stop.
    if (nowMs - (this.lookedAtMs ?? 0) > FULL_RUNS_APART_MS) this.watchedSinceMs = nowMs;
    this.lookedAtMs = nowMs;
    const draining = targets.filter(isDraining).map(({ address }) => address);
    this.drainingSinceMs = new Map(draining.map((address) => [address, this.drainingSinceMs.get(address) ?? nowMs]));
    this.firstSeenMs = new Map([...registered].map((address) => [address, this.firstSeenMs.get(address) ?? nowMs]));
    const healthy = targets.filter((target) => target.state === 'healthy').map((target) => target.address);
    this.seenHealthy = new Set([...this.seenHealthy, ...healthy].filter((address) => registered.has(address)));
    const failing = targets.filter(({ state }) => state === 'unhealthy').map(({ address }) => [address, beganAtMs] as const);
    this.failingAtMs = new Map([...this.failingAtMs, ...failing].filter(([address]) => registered.has(address)));
    this.searches = new Map([...this.searches].filter(([address]) => registered.has(address)));
  }
}

function isSince(atMs: number | undefined, sinceMs: number): boolean {
  return (atMs ?? Number.NEGATIVE_INFINITY) >= sinceMs;
}
