/**
 * Judges writes by what is true in the account at the moment they take effect, and not by what anybody has read: whose the target is,
 * whoever registered it. It shares no code with the rules that it judges.
 */
import type { Account } from '../../scripts/simulator/account.ts';
import type { ApiName } from '../../scripts/simulator/api.ts';
import { type Input, text } from '../../scripts/simulator/api-input.ts';
import type { VirtualClock } from '../../scripts/simulator/clock.ts';
import { present, type TaskRecord, type TaskState } from '../../scripts/simulator/ecs.ts';
import type { Judge, Violation } from './judge.ts';
import { Shown } from './shown.ts';
import { targetsOf } from './temporal-checks.ts';

/** One line as the scenario's author meant it. */
export interface TrueLine {
  readonly cluster: string;
  readonly kind: 'service' | 'family';
  readonly name: string;
  readonly port: number;
  readonly mode: 'enforce' | 'observe' | 'drain' | 'register-only';
  /** `task`: the task's own. */
  readonly zone?: string | undefined;
  readonly ready?: boolean | undefined;
}

export interface Truth {
  /** The lines that the stack may act on for the group: those of now and of a minute ago. */
  linesOf(group: string): readonly TrueLine[];
  /** Who wants the running task's target in the group: stacks, ECS, a person. */
  writersOf(group: string, port: number, task: TaskRecord): readonly string[];
  /** The farthest that a read is behind. */
  readonly lagMaxMs: number;
}

/** A proof may be so old when its write leaves, and the write takes a moment to take effect. */
const PROOF_MS = 4_500;
/** What an environment may send at once and per second, by the kind of call; AWS's own limits are three times this (ELB and ECS guides). */
const PACE: Readonly<Record<string, { readonly burst: number; readonly perSecond: number }>> = {
  RegisterTargets: { burst: 10, perSecond: 2.4 },
  DescribeTargetHealth: { burst: 15, perSecond: 6 },
  ListTasks: { burst: 30, perSecond: 12 },
  DescribeServices: { burst: 30, perSecond: 12 },
};
const SHARES: Readonly<Record<string, string>> = {
  DeregisterTargets: 'RegisterTargets',
  DescribeTags: 'DescribeTargetHealth',
  DescribeTargetGroups: 'DescribeTargetHealth',
  DescribeTargetGroupAttributes: 'DescribeTargetHealth',
  DescribeTasks: 'ListTasks',
};
const PACE_WINDOW_MS = 10_000;
/** The same write of the same target so often within a minute is a fight. */
const REPEATS_PER_MINUTE = 6;

export class TruthJudge implements Judge {
  readonly violations: Violation[] = [];
  /** Targets of running tasks that were taken out although somebody wants them there, by who wants them. */
  readonly liveRemovals = new Map<string, number>();
  /** Those of them that nothing showed to the stack: another writer had come to want a target that we had left. */
  unseenRemovals = 0;
  readonly #shown = new Shown();
  readonly #clock: VirtualClock;
  readonly #accounts: readonly Account[];
  readonly #truth: Truth;
  /** Tasks by every address that they ever had. */
  readonly #byIp = new Map<string, Set<TaskRecord>>();
  readonly #sentMs = new Map<string, number[]>();
  readonly #writtenMs = new Map<string, number[]>();

  /** `others`: the accounts of spokes. */
  constructor(account: Account, truth: Truth, others: readonly Account[] = []) {
    this.#clock = account.clock;
    this.#accounts = [account, ...others];
    this.#truth = truth;
    for (const each of this.#accounts) this.#watch(each);
  }

  #watch(account: Account): void {
    account.onEvent(({ detail }) => {
      const task = account.ecs.tasks.get(detail.taskArn);
      if (task === undefined) return;
      for (const ip of [present(task).ipv4, present(task).ipv6]) {
        if (ip !== undefined) this.#byIp.set(ip, (this.#byIp.get(ip) ?? new Set()).add(task));
      }
    });
  }

  get liveCount(): number {
    return [...this.liveRemovals.values()].reduce((sum, count) => sum + count, 0);
  }

  sent(environment: number, name: ApiName, input: Input): void {
    const kind = kindOf(name);
    const pace = PACE[kind];
    if (pace === undefined) return;
    const nowMs = this.#clock.now();
    const key = `${environment} ${kind} ${placeOf(input)}`;
    const recent = [...(this.#sentMs.get(key) ?? []), nowMs].filter((atMs) => atMs > nowMs - PACE_WINDOW_MS);
    this.#sentMs.set(key, recent);
    const most = pace.burst + Math.ceil((pace.perSecond * PACE_WINDOW_MS) / 1_000) + 1;
    if (recent.length > most)
      this.#report('S26', environment, `${recent.length} calls like ${kind} within 10 s; at most ${most}`);
  }

  answered(environment: number, name: ApiName, input: Input, output: unknown): void {
    if (name !== 'DescribeTargetHealth' || output === undefined) return;
    const group = text(input, 'TargetGroupArn') ?? '';
    const lines = this.#truth.linesOf(group);
    this.#shown.note(
      environment,
      group,
      output,
      this.#clock.now(),
      ({ ip, port }) => this.#ownersOf(lines, ip, port).length > 0,
    );
  }

  effected(environment: number, name: ApiName, input: Input): void {
    const group = text(input, 'TargetGroupArn') ?? '';
    const judge = { RegisterTargets: this.#judgeRegistration, DeregisterTargets: this.#judgeRemoval }[String(name)];
    if (judge === undefined) return;
    const lines = this.#truth.linesOf(group);
    for (const { ip, port, zone } of targetsOf(input)) judge.call(this, environment, group, lines, { ip, port, zone });
  }

  #judgeRegistration(environment: number, group: string, lines: readonly TrueLine[], target: JudgedTarget): void {
    const { ip, port, zone } = target;
    const atPort = lines.filter((line) => line.port === port && (line.mode === 'enforce' || line.mode === 'register-only'));
    const meant = this.#tasksAt(ip).flatMap((task) =>
      atPort.filter((line) => isMeantBy(line, task)).map((line) => ({ task, line })),
    );
    if (meant.length === 0)
      this.#report('S27', environment, `registers ${ip}:${port} in ${nameOf(group)}: no line means a task there`);
    const sinceMs = this.#clock.now() - this.#truth.lagMaxMs - PROOF_MS;
    const served = meant.filter(({ task, line }) => wasServing(task, sinceMs, line.ready === true));
    if (meant.length > 0 && served.length === 0) {
      this.#report('S28', environment, `registers ${ip}:${port} in ${nameOf(group)}: its task did not serve`);
    }
    if (served.length > 0 && !served.some(({ task, line }) => isItsZone(line, task, zone))) {
      this.#report(
        'S29',
        environment,
        `registers ${ip}:${port} in ${nameOf(group)} with zone ${zone}: its line says otherwise`,
      );
    }
    this.#judgePersistence(environment, group, `registers ${ip}:${port}`);
  }

  #judgeRemoval(environment: number, group: string, lines: readonly TrueLine[], target: JudgedTarget): void {
    const { ip, port } = target;
    const key = `${ip}:${port}`;
    const atPort = lines.filter((line) => line.port === port);
    const owners = this.#ownersOf(lines, ip, port);
    if (owners.length === 0)
      this.#report('S27', environment, `removes ${key} from ${nameOf(group)}: no line ever meant a task there`);
    const mayGo = owners.some(
      (task) =>
        present(task).desired === 'STOPPED' ||
        task.tags.get('alb-target-sync') === 'hold' ||
        atPort.some((line) => line.mode === 'drain' && isMeantBy(line, task)),
    );
    if (owners.length > 0 && atPort.every((line) => line.mode === 'register-only'))
      this.#report('S18', environment, `removes ${key} from ${nameOf(group)}: its line only registers`);
    if (owners.length > 0 && !mayGo)
      this.#report('S28', environment, `removes ${key} from ${nameOf(group)}: its task still serves`);
    this.#countLive(environment, group, { ip, port }, owners);
    this.#judgePersistence(environment, group, `removes ${key}`);
  }

  #countLive(
    environment: number,
    group: string,
    { ip, port }: Pick<JudgedTarget, 'ip' | 'port'>,
    owners: readonly TaskRecord[],
  ): void {
    const endedMs = Math.max(...owners.map(stoppingMs));
    for (const task of this.#accounts.flatMap(({ ecs }) => ecs.holdersOf(ip))) {
      if (present(task).last !== 'RUNNING') continue;
      const claim = { ip, port, endedMs, ranMs: present(task).startedAtMs ?? 0 };
      const isOurs = owners.includes(task);
      const isShown = isOurs || owners.length === 0 || this.#shown.shows(environment, group, claim, this.#clock.now());
      for (const writer of this.#truth.writersOf(group, port, task)) {
        // What ECS keeps itself can be asked of ECS.
        if (!isShown && writer !== 'ECS') {
          this.unseenRemovals += 1;
          continue;
        }
        this.liveRemovals.set(writer, (this.liveRemovals.get(writer) ?? 0) + 1);
        this.#report(
          'LIVE',
          environment,
          `removes ${ip}:${port} of ${writer} from ${nameOf(group)}: task ${task.id.slice(-4)} serves`,
        );
      }
    }
  }

  #judgePersistence(environment: number, group: string, what: string): void {
    const nowMs = this.#clock.now();
    const key = `${environment} ${group} ${what}`;
    const recent = [...(this.#writtenMs.get(key) ?? []), nowMs].filter((atMs) => atMs > nowMs - 60_000);
    this.#writtenMs.set(key, recent);
    if (recent.length > REPEATS_PER_MINUTE) this.#report('S19', environment, `${what} ${recent.length} times within a minute`);
  }

  /** The tasks that had the address and that a line means to have a target at the port. */
  #ownersOf(lines: readonly TrueLine[], ip: string, port: number): TaskRecord[] {
    const atPort = lines.filter((line) => line.port === port);
    return this.#tasksAt(ip).filter((task) => atPort.some((line) => isMeantBy(line, task)));
  }

  #tasksAt(ip: string): TaskRecord[] {
    return [...(this.#byIp.get(ip) ?? [])];
  }

  #report(invariant: string, environment: number, detail: string): void {
    this.violations.push({ invariant, atMs: this.#clock.now(), environment, detail });
  }
}

/** Calls that draw on one bucket are of one kind. */
export function kindOf(name: ApiName): string {
  return SHARES[name] ?? name;
}

interface JudgedTarget {
  readonly ip: string;
  readonly port: number;
  readonly zone: string | undefined;
}

export function isMeantBy(line: Pick<TrueLine, 'cluster' | 'kind' | 'name'>, task: TaskRecord): boolean {
  if (task.clusterArn !== line.cluster) return false;
  // The group is text that whoever calls RunTask may write; who started the task is ECS's own word.
  if (line.kind === 'service') return task.group === `service:${line.name}` && task.startedBy?.startsWith('ecs-svc/') !== false;
  return !task.group.startsWith('service:') && task.definition.split(':')[0] === line.name;
}

function isItsZone({ zone: wanted }: TrueLine, task: TaskRecord, zone: string | undefined): boolean {
  return wanted === undefined || (wanted === 'task' ? task.zone : wanted) === zone;
}

/** When the task was told to stop, or ended by itself; never, if it still runs. */
function stoppingMs(task: TaskRecord): number {
  return task.history.find(({ desired }) => desired === 'STOPPED')?.atMs ?? Number.POSITIVE_INFINITY;
}

/** Whether the task could have been read as serving since then. */
function wasServing(task: TaskRecord, sinceMs: number, isReadyOnly: boolean): boolean {
  return task.history.some((state, index) => {
    const untilMs = task.history[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    return untilMs >= sinceMs && serves(state) && (!isReadyOnly || state.health === 'HEALTHY');
  });
}

function serves({ desired, last, interface: attached }: TaskState): boolean {
  return desired === 'RUNNING' && last === 'RUNNING' && attached === 'ATTACHED';
}

/** Whose rates a call uses up: those of the cluster's account and region, or the stack's own. */
function placeOf(input: Input): string {
  const [, , , region = '', account = ''] = (text(input, 'cluster') ?? '').split(':');
  return `${account} ${region}`;
}

function nameOf(group: string): string {
  return group.split('/')[1] ?? group;
}
