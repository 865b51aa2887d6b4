/**
 * Judges what docs/architecture.md promises of the record, the pause, the removal budget, holds and the pace of passes: by the log, the
 * targets and the clock, and not by what anybody has read.
 */
import { isObject } from '../../functions/core/json.ts';
import type { Account } from '../../scripts/simulator/account.ts';
import type { ApiName } from '../../scripts/simulator/api.ts';
import { type Input, objects, text, texts } from '../../scripts/simulator/api-input.ts';
import { present, type TaskRecord } from '../../scripts/simulator/ecs.ts';
import { keyOf } from '../../scripts/simulator/elb.ts';
import type { Judge, Violation } from './judge.ts';
import { targetsOf } from './temporal-checks.ts';
import { isMeantBy, type TrueLine } from './truth.ts';

export interface Promised {
  readonly logGroup: string;
  /** Calls of one group alone can be told apart into passes. */
  readonly isSingleGroup: boolean;
  readonly isBoundByTags: boolean;
  linesOf(group: string): readonly TrueLine[];
}

/** A removal this long after the end of the task needs the record; the function counts from 8 s on, and its calls take a moment. */
const LATE_MS = 10_000;
/** Between the end of a task, or the order to stop it, and the removal of its target, where its interface may be gone. */
const CONFIRM_AFTER_MS = 5_000;
/** A line of the record is written right before the call that it is about. */
const RECORDED_WITHIN_MS = 1_000;
/** The brake is read with the rest of the configuration, and no write rests on one older than a minute. */
const PAUSE_SEEN_MS = 65_000;
/** An environment counts its minute from some pass on: two of them may meet, but not within seconds. */
const BUDGET_WINDOW_MS = 10_000;
const BUDGET_SHARE = 0.75;
const BUDGET_MIN = 20;
const TAGS_AGE_MS = 60_500;
/** Passes over one group are a second apart. */
const INTERVAL_MS = 900;

interface RecordLine {
  readonly atMs: number;
  readonly kind: string;
  /** `ADDRESS TASK`. */
  readonly targets: readonly string[];
}

export class PromiseJudge implements Judge {
  readonly violations: Violation[] = [];
  readonly #account: Account;
  readonly #promised: Promised;
  readonly #removedMs = new Map<string, number[]>();
  /** The most targets that a group had registered within the last two minutes. */
  readonly #peaks = new Map<string, { readonly atMs: number; readonly count: number }>();
  /** When each group's targets were last asked for and given, by environment. */
  readonly #readMs = new Map<string, number>();
  readonly #askedMs = new Map<string, number>();
  /** By environment: tasks that it has read to be stopped, and to be past STOPPING, and since when. */
  readonly #known = new Map<number, { readonly stopped: Map<string, number>; readonly released: Map<string, number> }>();
  readonly #passes = new Map<number, { readonly failed: Set<string>; hasRemoved: boolean }>();
  readonly #tagsMs = new Map<number, number>();
  /** Environments of which ELB has refused a registration. */
  readonly #refused = new Set<number>();
  #pausedSinceMs: number | undefined;

  constructor(account: Account, promised: Promised) {
    this.#account = account;
    this.#promised = promised;
  }

  sent(environment: number, name: ApiName, input: Input): void {
    if (name === 'RegisterTargets' || name === 'DeregisterTargets') {
      this.#judgeKnown(environment, name, input);
      this.#judgePass(environment, name);
    }
    if (name === 'DescribeTargetHealth') this.#passes.set(environment, { failed: new Set(), hasRemoved: false });
    if (name !== 'DescribeTargetHealth') return;
    const nowMs = this.#account.clock.now();
    const key = `${environment} ${text(input, 'TargetGroupArn')}`;
    const agoMs = nowMs - (this.#readMs.get(key) ?? Number.NEGATIVE_INFINITY);
    if (agoMs < INTERVAL_MS) this.#report('S36', environment, `begins a pass over a group ${agoMs} ms after the last one`);
    this.#askedMs.set(key, nowMs);
  }

  answered(environment: number, name: ApiName, input: Input, output: unknown, code: string): void {
    this.#notePass(environment, name, input, output, code);
    if (name === 'DescribeTasks' && isObject(output)) this.#learn(environment, objects(output, 'tasks'));
    if (name !== 'DescribeTargetHealth') return;
    const key = `${environment} ${text(input, 'TargetGroupArn')}`;
    const askedMs = this.#askedMs.get(key);
    if (output !== undefined && askedMs !== undefined) this.#readMs.set(key, askedMs);
  }

  effected(environment: number, name: ApiName, input: Input): void {
    if (name !== 'RegisterTargets' && name !== 'DeregisterTargets') return;
    const arn = text(input, 'TargetGroupArn') ?? '';
    const record = this.#recordOf(arn);
    this.#judgePause(environment, name);
    for (const { ip, port, key } of targetsOf(input)) {
      if (name === 'RegisterTargets') this.#judgeRecord(environment, record, key);
      if (name === 'DeregisterTargets') this.#judgeRemoval(environment, arn, record, { ip, port, key });
    }
    this.#judgeBudget(environment, arn, name === 'DeregisterTargets' ? targetsOf(input).length : 0);
  }

  #notePass(environment: number, name: ApiName, input: Input, output: unknown, code: string): void {
    if (name === 'DescribeTags' && output !== undefined) this.#tagsMs.set(environment, this.#account.clock.now());
    const pass = this.#passes.get(environment);
    // A registration that ELB refused may come after the removals that make room for it.
    if (name === 'RegisterTargets' && output === undefined) this.#refused.add(environment);
    const isRead = name === 'DescribeTasks' || (name === 'ListTasks' && input['desiredStatus'] === 'RUNNING');
    if (pass === undefined || !isRead) return;
    // That a service does not exist is an answer.
    if (output === undefined && code !== 'ServiceNotFoundException') pass.failed.add(JSON.stringify(input));
    else pass.failed.delete(JSON.stringify(input));
  }

  #judgePass(environment: number, name: ApiName): void {
    const nowMs = this.#account.clock.now();
    const tagsMs = this.#tagsMs.get(environment) ?? Number.NEGATIVE_INFINITY;
    if (this.#promised.isBoundByTags && nowMs - tagsMs > TAGS_AGE_MS)
      this.#report('S21', environment, `${name} on tags that were read ${nowMs - tagsMs} ms ago`);
    const pass = this.#passes.get(environment);
    if (pass === undefined || !this.#promised.isSingleGroup) return;
    if (name === 'RegisterTargets' && pass.hasRemoved && !this.#refused.has(environment))
      this.#report('S9', environment, 'registers after it has removed in the same pass');
    if (name !== 'DeregisterTargets') return;
    pass.hasRemoved = true;
    if (pass.failed.size > 0) this.#report('S8', environment, `removes although ${[...pass.failed].join(', ')} failed`);
  }

  /** What the environment has read before this moment: nothing of that may be ignored by a write that had to wait. */
  #learn(environment: number, described: readonly Input[]): void {
    const known = this.#known.get(environment) ?? { stopped: new Map(), released: new Map() };
    this.#known.set(environment, known);
    const nowMs = this.#account.clock.now();
    for (const task of described) {
      const arn = text(task, 'taskArn') ?? '';
      if (task['desiredStatus'] !== 'STOPPED') continue;
      if (!known.stopped.has(arn)) known.stopped.set(arn, nowMs);
      const isReleased = ['DEPROVISIONING', 'STOPPED'].includes(text(task, 'lastStatus') ?? '');
      if (isReleased && !known.released.has(arn)) known.released.set(arn, nowMs);
    }
  }

  #judgeKnown(environment: number, name: ApiName, input: Input): void {
    const nowMs = this.#account.clock.now();
    const known = this.#known.get(environment);
    const lines = this.#promised.linesOf(text(input, 'TargetGroupArn') ?? '');
    for (const { ip, port, key } of targetsOf(input)) {
      const owners = [...this.#account.ecs.tasks.values()].filter(
        (task) => hasHad(task, ip) && lines.some((line) => line.port === port && isMeantBy(line, task)),
      );
      const isKnown = (since: ReadonlyMap<string, number> | undefined, task: TaskRecord): boolean =>
        (since?.get(task.arn) ?? nowMs) < nowMs;
      if (name === 'RegisterTargets') {
        const isOver = owners.length > 0 && owners.every((task) => isKnown(known?.stopped, task));
        if (isOver) this.#report('S5', environment, `registers ${key}, whose task it has read to be stopped`);
      } else {
        const [last] = owners.toSorted((one, other) => other.createdAtMs - one.createdAtMs);
        if (last === undefined || !isKnown(known?.released, last)) continue;
        const knownMs = nowMs - (known?.stopped.get(last.arn) ?? nowMs);
        if (knownMs < CONFIRM_AFTER_MS && nowMs - endOf(last) < CONFIRM_AFTER_MS)
          this.#report('S7', environment, `removes ${key} ${knownMs} ms after its task was known to have ended`);
      }
    }
  }

  #judgePause(environment: number, name: ApiName): void {
    const nowMs = this.#account.clock.now();
    const isPaused = this.#account.logs.tagsOf(this.#promised.logGroup).get('alb-target-sync') === 'paused';
    this.#pausedSinceMs = isPaused ? (this.#pausedSinceMs ?? nowMs) : undefined;
    if (this.#pausedSinceMs !== undefined && nowMs - this.#pausedSinceMs > PAUSE_SEEN_MS) {
      this.#report('S34', environment, `${name} although the stack has been paused for ${nowMs - this.#pausedSinceMs} ms`);
    }
  }

  /** The scenario says when somebody pauses the stack: no write need come for it to be noticed. */
  paused(): void {
    this.#pausedSinceMs = this.#account.clock.now();
  }

  #judgeRecord(environment: number, record: readonly RecordLine[], key: string): void {
    const sinceMs = this.#account.clock.now() - RECORDED_WITHIN_MS;
    const isRecorded = record.some(
      (line) => line.kind === 'register' && line.atMs >= sinceMs && line.targets.some((each) => each.startsWith(`${key} `)),
    );
    if (!isRecorded) this.#report('S30', environment, `registers ${key} without a line in the record before it`);
  }

  #judgeRemoval(
    environment: number,
    group: string,
    record: readonly RecordLine[],
    { ip, port, key }: { readonly ip: string; readonly port: number; readonly key: string },
  ): void {
    const nowMs = this.#account.clock.now();
    const lines = this.#promised.linesOf(group).filter((line) => line.port === port);
    const all = [...this.#account.ecs.tasks.values()];
    const owners = all.filter((task) => hasHad(task, ip) && lines.some((line) => isMeantBy(line, task)));
    const isLate = owners.length > 0 && owners.every((task) => nowMs - endOf(task) > LATE_MS);
    if (isLate && !isOursByRecord(record, key)) {
      this.#report('S31', environment, `removes ${key} late, and the record does not have it as our task's`);
    }
    const isHeld = owners.some((task) => present(task).desired === 'RUNNING' && task.tags.get('alb-target-sync') === 'hold');
    if (isHeld && !this.#servesOtherwise(group, key)) {
      this.#report('S33', environment, `removes ${key}, the last target that serves, for a tag of its task`);
    }
  }

  #servesOtherwise(arn: string, but: string): boolean {
    const targets = [...(this.#account.elb.groups.get(arn)?.targets.values() ?? [])];
    return targets.some(
      (target) =>
        target.drainsUntilMs === undefined &&
        keyOf(target) !== but &&
        this.#account.ecs.holdersOf(target.id).some((task) => present(task).last === 'RUNNING'),
    );
  }

  #judgeBudget(environment: number, arn: string, removed: number): void {
    const nowMs = this.#account.clock.now();
    const group = this.#account.elb.groups.get(arn);
    const count = (group === undefined ? 0 : this.#account.elb.registered(group).length) + removed;
    const peak = this.#peaks.get(arn);
    if (peak === undefined || count >= peak.count || nowMs - peak.atMs > 120_000) this.#peaks.set(arn, { atMs: nowMs, count });
    if (removed === 0) return;
    const key = `${environment} ${arn}`;
    const own = Array.from({ length: removed }, () => nowMs);
    const recent = [...(this.#removedMs.get(key) ?? []), ...own].filter((atMs) => atMs > nowMs - BUDGET_WINDOW_MS);
    this.#removedMs.set(key, recent);
    const most = Math.max(BUDGET_MIN, Math.ceil((this.#peaks.get(arn)?.count ?? 0) * BUDGET_SHARE));
    if (recent.length > most) this.#report('S35', environment, `removes ${recent.length} targets at once; at most ${most}`);
  }

  #recordOf(group: string): readonly RecordLine[] {
    return (this.#account.logs.groups.get(this.#promised.logGroup) ?? []).flatMap(({ atMs, message }) => {
      if (!message.includes(group)) return [];
      const line: unknown = JSON.parse(message);
      if (!isObject(line) || line['message'] !== 'record' || line['targetGroupArn'] !== group) return [];
      return [{ atMs, kind: text(line, 'kind') ?? '', targets: texts(line, 'targets') }];
    });
  }

  #report(invariant: string, environment: number, detail: string): void {
    this.violations.push({ invariant, atMs: this.#account.clock.now(), environment, detail });
  }
}

/** Whether by the record the target is one of ours: registered for a task, and not removed since. */
function isOursByRecord(record: readonly RecordLine[], key: string): boolean {
  const kinds = record.filter(({ targets }) => targets.some((each) => each.startsWith(`${key} `))).map(({ kind }) => kind);
  return ['register', 'kept'].includes(kinds.filter((kind) => kind !== 'left').at(-1) ?? '');
}

function hasHad({ history }: TaskRecord, ip: string): boolean {
  return history.some(({ ipv4 }) => ipv4 === ip);
}

/** When the containers of the task ended; never, as long as they run. */
function endOf({ history }: TaskRecord): number {
  return history.find(({ last }) => last === 'DEPROVISIONING')?.atMs ?? Number.POSITIVE_INFINITY;
}
