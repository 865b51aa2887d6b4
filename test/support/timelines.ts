/** Timelines made up from a seed: churn as the page has to show it, with everything that can go wrong now and then. */
import type { Report } from '../../scripts/cli/report/report.ts';
import type { ChangeMark, EventMark, FindingMark, TargetSpan, TaskLane, Timeline } from '../../scripts/cli/report/timeline.ts';

interface ChurnWords {
  readonly tasks: number;
  readonly seed?: number;
  readonly fromMs?: number;
  readonly lengthMs?: number;
}

/** One task's part in the timeline. */
interface Part {
  readonly lane: TaskLane;
  readonly targets: readonly TargetSpan[];
  readonly changes: readonly ChangeMark[];
  readonly events: readonly EventMark[];
}

/** What one task is to go through. */
interface Fate {
  readonly arn: string;
  readonly group: string;
  readonly ip: string;
  readonly startMs: number;
  readonly runningMs: number;
  readonly stopMs: number;
  readonly endMs: number;
  readonly endsMs: number;
  readonly fault: 'none' | 'stale' | 'late' | 'never';
}

export const START_MS = Date.UTC(2026, 2, 1, 12);
const PORT = 8080;
const DRAIN_MS = 15_000;
const GROUPS = [
  { group: 'service:web', targetGroup: 'web' },
  { group: 'service:web', targetGroup: 'web' },
  { group: 'service:checkout-api', targetGroup: 'api' },
  { group: 'family:nightly-report', targetGroup: undefined },
] as const;

/** Numbers that look random and are the same for the same seed. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Mulberry32, by Tommy Ettinger. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(least: number, most: number): number {
    return Math.floor(least + this.next() * (most - least));
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.between(0, 16).toString(16)).join('');
  }
}

export function taskArnOf(id: string): string {
  return `arn:aws:ecs:eu-west-1:111122223333:task/prod/${id}`;
}

/** Tasks come and go; about a third of the addresses is used again by a later task. */
export function churn({ tasks, seed = 1, fromMs = START_MS, lengthMs = 300_000 }: ChurnWords): Timeline {
  const dice = new Dice(seed);
  const free: { ip: string; fromMs: number }[] = [];
  const toMs = fromMs + lengthMs;
  const starts = Array.from({ length: tasks }, () => fromMs + Math.floor(dice.next() ** 1.5 * lengthMs * 0.8)).sort(
    (a, b) => a - b,
  );
  const parts = starts.map((startMs, index) => {
    const found = free.findIndex((each) => each.fromMs <= startMs);
    const ip = free.splice(found, found < 0 ? 0 : 1)[0]?.ip ?? `10.0.${Math.floor(index / 250)}.${(index % 250) + 4}`;
    const fate = drawFate(dice, { index, ip, startMs, toMs, lengthMs });
    free.push({ ip, fromMs: fate.endMs + 2_000 });
    return play(dice, fate);
  });
  const byTime = (one: { atMs: number }, other: { atMs: number }): number => one.atMs - other.atMs;
  const changes = parts.flatMap((part) => part.changes).sort(byTime);
  const events = parts.flatMap((part) => part.events).sort(byTime);
  return {
    fromMs,
    toMs,
    tasks: parts.map(({ lane }) => lane),
    targets: parts.flatMap(({ targets }) => targets),
    changes,
    events,
    calls: callsFor(dice, changes),
    bindings: [],
  };
}

export type TimedReport = Report & { readonly timeline: Timeline };

/** A report of such a churn, as a replay would give it. */
export function churnReport(words: ChurnWords): TimedReport {
  return reportOf(churn(words), `churn-${words.tasks}.json`);
}

/** A report of a timeline in which all was read and is in step, with two findings. */
export function reportOf(timeline: Timeline, source = 'capture.json'): TimedReport {
  return {
    source,
    verdict: 'in step',
    headline: 'All tasks are targets.',
    startedAt: null,
    endedAt: null,
    resources: [{ type: 'target group', name: 'web', isRead: true, why: null }],
    changes: [],
    failures: [],
    calls: {},
    tables: [],
    findings: findingsFor(timeline.tasks),
    timeline,
  };
}

interface FateWords {
  readonly index: number;
  readonly ip: string;
  readonly startMs: number;
  readonly toMs: number;
  readonly lengthMs: number;
}

function drawFate(dice: Dice, { index, ip, startMs, toMs, lengthMs }: FateWords): Fate {
  const { group } = GROUPS[dice.between(0, GROUPS.length)] ?? GROUPS[0];
  const runningMs = startMs + dice.between(2_000, 9_000);
  const lives = dice.next() < 0.25 ? lengthMs * 2 : dice.between(lengthMs * 0.1, lengthMs * 0.6);
  const stopMs = runningMs + lives;
  const chance = dice.next();
  const fault = chance < 0.03 ? 'stale' : chance < 0.06 ? 'late' : chance < 0.07 ? 'never' : 'none';
  const arn = taskArnOf(`${dice.hex(28)}${index.toString(16).padStart(4, '0')}`);
  return { arn, group, ip, startMs, runningMs, stopMs, endMs: stopMs + dice.between(18_000, 30_000), endsMs: toMs, fault };
}

function play(dice: Dice, fate: Fate): Part {
  const { arn, group, ip, startMs, runningMs, stopMs, endMs, endsMs } = fate;
  const states = [
    { atMs: startMs, last: 'PROVISIONING', desired: 'RUNNING' },
    { atMs: startMs + Math.floor((runningMs - startMs) * 0.4), last: 'PENDING', desired: 'RUNNING' },
    { atMs: runningMs, last: 'RUNNING', desired: 'RUNNING' },
    { atMs: stopMs, last: 'RUNNING', desired: 'STOPPED' },
    { atMs: stopMs + 3_000, last: 'STOPPING', desired: 'STOPPED' },
    { atMs: endMs - 4_000, last: 'DEPROVISIONING', desired: 'STOPPED' },
    { atMs: endMs, last: 'STOPPED', desired: 'STOPPED' },
  ].filter(({ atMs }) => atMs < endsMs);
  const spans = drawSpans(dice, fate);
  const events = states
    .filter(({ last, desired }) => last === 'RUNNING' || desired === 'STOPPED')
    .map(({ atMs, last }) => drawEvent(dice, { atMs, last, arn, endsMs }));
  return { lane: { arn, group, ip, states }, targets: spans, changes: spans.flatMap((span) => changesOf(span, fate)), events };
}

function drawSpans(dice: Dice, { group, ip, runningMs, stopMs, endMs, endsMs, fault }: Fate): TargetSpan[] {
  const targetGroup = GROUPS.find((each) => each.group === group)?.targetGroup;
  if (targetGroup === undefined || fault === 'never') return [];
  const fromMs = runningMs + (fault === 'late' ? 14_000 : dice.between(250, 1_600));
  const leftMs = fault === 'stale' ? endMs + dice.between(1_500, 8_000) : stopMs + dice.between(250, 1_600);
  if (fromMs >= Math.min(endsMs, leftMs)) return [];
  const deregisteredMs = leftMs < endsMs ? leftMs : undefined;
  const goneMs = leftMs + DRAIN_MS < endsMs ? leftMs + DRAIN_MS : undefined;
  return [{ targetGroup, ip, port: PORT, fromMs, deregisteredMs, goneMs }];
}

function changesOf({ targetGroup, ip, port, fromMs, deregisteredMs }: TargetSpan, { arn, group }: Fate): ChangeMark[] {
  const about = { targetGroup, ip, port, taskArn: arn };
  const came = `task of ${group} at version 3 is RUNNING (desired RUNNING) and not a target`;
  const left = `task of ${group} at version 5 is told to stop (desired STOPPED, last RUNNING)`;
  const register = { ...about, atMs: fromMs, kind: 'register' as const, because: came };
  if (deregisteredMs === undefined) return [register];
  return [register, { ...about, atMs: deregisteredMs, kind: 'deregister', because: left }];
}

function drawEvent(
  dice: Dice,
  { atMs, last, arn, endsMs }: { atMs: number; last: string; arn: string; endsMs: number },
): EventMark {
  const id = [8, 4, 4, 4, 12].map((length) => dice.hex(length)).join('-');
  const isIgnored = last === 'DEPROVISIONING';
  return {
    atMs: Math.min(atMs + dice.between(80, 900), endsMs),
    id,
    reading: isIgnored ? 'ignored' : 'hint',
    because: isIgnored ? 'newer facts are known' : `lastStatus ${last}`,
    taskArn: arn,
    file: 'churn.json',
  };
}

function callsFor(dice: Dice, changes: readonly ChangeMark[]): Timeline['calls'] {
  return changes.flatMap(({ atMs, kind }) => [
    { atMs: atMs - 120, operation: 'DescribeTargetHealth' },
    ...(dice.next() < 0.5 ? [{ atMs: atMs - 90, operation: 'ListTasks' }] : []),
    { atMs: atMs - 60, operation: 'DescribeTasks' },
    { atMs, operation: kind === 'register' ? 'RegisterTargets' : 'DeregisterTargets' },
  ]);
}

function findingsFor([lane]: readonly TaskLane[]): FindingMark[] {
  const foreign: FindingMark = {
    kind: 'foreign',
    subject: '10.9.9.9:8080',
    message: 'No task of ours explains this target of web. It has been there since before the record began, and is healthy.',
    command: 'aws elbv2 deregister-targets --target-group-arn arn:aws:elasticloadbalancing:… --targets Id=10.9.9.9,Port=8080',
  };
  if (lane === undefined) return [foreign];
  const subject = `${lane.ip}:${PORT}`;
  const message = 'The target has never been healthy: Target.Timeout. Does its security group let the load balancer in?';
  return [foreign, { kind: 'never-healthy', subject, message, command: undefined }];
}
