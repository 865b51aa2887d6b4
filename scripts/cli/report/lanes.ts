/** The lanes of the picture: one for every task, and below them what belongs to no task that is known. */
import { shortTask } from './ids.ts';
import { type HeldStretch, lifeStretches, missingStretches, type Stretch, spanStretches, type ToldSpan } from './stretches.ts';
import { lifeOf, type Tenure, tenuresOf } from './tenure.ts';
import type { ChangeMark, EventMark, TargetSpan, TaskLane, Timeline } from './timeline.ts';

export interface Lane {
  /** Undefined for a target, or for events, that no task of the timeline explains. */
  readonly task: TaskLane | undefined;
  /** The task's short id; for other lanes what they are about. */
  readonly name: string;
  readonly address: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly life: readonly Stretch[];
  readonly target: readonly Stretch[];
  /** How long it was not in a group that it belongs in, or in one after its end. */
  readonly wrongMs: number;
  readonly changes: readonly ChangeMark[];
  readonly events: readonly EventMark[];
}

export interface LaneGroup {
  readonly name: string;
  /** Whether these are the lanes of tasks. */
  readonly isOfTasks: boolean;
  /** Where its tasks belong: each target group has its own height inside a bar, the same in every lane. */
  readonly targetGroups: readonly string[];
  /** Those in which something was wrong come first, the worst before all. */
  readonly lanes: readonly Lane[];
  readonly problems: number;
}

interface Marks {
  readonly changes: ChangeMark[];
  readonly events: EventMark[];
}

const UNTIED = 'Not tied to a known task';
/** A change is noted when its call returns, the span when the world changes: not always the same moment. */
const SAME_CHANGE_MS = 10_000;

export function layOut(timeline: Timeline): LaneGroup[] {
  const tenures = tenuresOf(timeline.tasks);
  const groupOf = new Map(timeline.tasks.map(({ arn, group }) => [arn, group]));
  const changesAt = Map.groupBy(timeline.changes, endpointOf);
  const held = timeline.targets.flatMap((span) =>
    spanStretches(tellSpan(span, changesAt), tenures.get(span.ip) ?? [], (arn) => groupOf.get(arn)),
  );
  const heldBy = Map.groupBy(held, ({ holder }) => holder?.task.arn);
  const marks = marksOf(timeline, tenures);
  const byGroup = Map.groupBy(timeline.tasks, ({ group }) => group);
  const groups = [...byGroup].map(([name, tasks]) => groupOfTasks({ name, tasks, heldBy, marks, timeline })).sort(byInterest);
  const untied = untiedLanes(heldBy.get(undefined) ?? [], marks.get(undefined));
  return untied.length === 0
    ? groups
    : [...groups, { name: UNTIED, isOfTasks: false, targetGroups: [], lanes: untied, problems: 0 }];
}

/** What its lanes are called when they are counted. */
export function nounOf({ isOfTasks }: LaneGroup): string {
  return isOfTasks ? 'task' : 'lane';
}

/** A target's name in every list: `web 10.0.0.1:8080`. */
function endpointOf({ targetGroup, ip, port }: Pick<TargetSpan, 'targetGroup' | 'ip' | 'port'>): string {
  return `${targetGroup} ${ip}:${port}`;
}

function tellSpan(span: TargetSpan, changesAt: ReadonlyMap<string, readonly ChangeMark[]>): ToldSpan {
  const changes = changesAt.get(endpointOf(span)) ?? [];
  const nearest = (kind: ChangeMark['kind'], atMs: number): ChangeMark | undefined =>
    changes
      .filter((change) => change.kind === kind && Math.abs(change.atMs - atMs) <= SAME_CHANGE_MS)
      .toSorted((one, other) => Math.abs(one.atMs - atMs) - Math.abs(other.atMs - atMs))[0];
  const { fromMs, deregisteredMs } = span;
  const deregistered = deregisteredMs === undefined ? undefined : nearest('deregister', deregisteredMs);
  return { span, registered: nearest('register', fromMs), deregistered };
}

/** Every mark under the ARN of its task, else of the task that held the address, else under none. */
function marksOf(timeline: Timeline, tenures: ReadonlyMap<string, readonly Tenure[]>): ReadonlyMap<string | undefined, Marks> {
  const marks = new Map<string | undefined, Marks>([[undefined, { changes: [], events: [] }]]);
  for (const { arn } of timeline.tasks) marks.set(arn, { changes: [], events: [] });
  const marksOfTask = (arn: string | undefined): Marks | undefined => marks.get(arn) ?? marks.get(undefined);
  for (const change of timeline.changes) {
    const holder = tenures.get(change.ip)?.find(({ fromMs, untilMs }) => fromMs <= change.atMs && change.atMs < untilMs);
    marksOfTask(marks.has(change.taskArn) ? change.taskArn : holder?.task.arn)?.changes.push(change);
  }
  for (const event of timeline.events) marksOfTask(event.taskArn)?.events.push(event);
  return marks;
}

interface GroupParts {
  readonly name: string;
  readonly tasks: readonly TaskLane[];
  readonly heldBy: ReadonlyMap<string | undefined, readonly HeldStretch[]>;
  readonly marks: ReadonlyMap<string | undefined, Marks>;
  readonly timeline: Timeline;
}

function groupOfTasks({ name, tasks, heldBy, marks, timeline }: GroupParts): LaneGroup {
  const lanes = tasks.map((task) => {
    const target = (heldBy.get(task.arn) ?? []).map(({ stretch }) => stretch);
    return laneOf(task, target, marks.get(task.arn));
  });
  const bound = timeline.bindings.filter(({ group }) => group === name).map(({ targetGroup }) => targetGroup);
  const wanted = bound.length > 0 ? [...new Set(bound)].sort() : inferredGroups(lanes);
  const judged = lanes.map((lane) => judge(lane, wanted, timeline)).toSorted(byTrouble);
  const problems = judged.filter(({ wrongMs }) => wrongMs > 0).length;
  return { name, isOfTasks: true, targetGroups: wanted, lanes: judged, problems };
}

/** Where tasks of the group belong, judged by where any of them has been. */
function inferredGroups(lanes: readonly Lane[]): string[] {
  const registered = lanes.flatMap(({ target }) => target.filter(({ kind }) => kind === 'registered'));
  const written = lanes.flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'register'));
  return [...new Set([...registered, ...written].flatMap(({ targetGroup }) => targetGroup ?? []))].sort();
}

/** Adds when the task was not in a group that it belongs in, and sums up what was wrong. */
function judge(lane: Lane, wanted: readonly string[], { fromMs, toMs }: Timeline): Lane {
  const { task } = lane;
  if (task === undefined) return lane;
  const known = { registered: lane.target, knownMs: toMs };
  const missing = wanted.flatMap((targetGroup) => missingStretches(lifeOf(task), targetGroup, known));
  const target = [...lane.target, ...missing].toSorted((one, other) => one.fromMs - other.fromMs);
  const wrong = target.filter(({ kind }) => kind === 'missing' || kind === 'stale');
  const wrongMs = wrong.reduce((sum, each) => sum + Math.max(0, Math.min(each.toMs, toMs) - Math.max(each.fromMs, fromMs)), 0);
  return { ...lane, target, wrongMs };
}

function laneOf(task: TaskLane, target: readonly Stretch[], marks: Marks | undefined): Lane {
  const life = lifeOf(task);
  return {
    task,
    name: shortTask(task.arn),
    wrongMs: 0,
    address: task.ip ?? 'no address',
    startMs: life.startMs,
    endMs: life.endMs,
    life: lifeStretches(life),
    target,
    changes: marks?.changes ?? [],
    events: marks?.events ?? [],
  };
}

function untiedLanes(held: readonly HeldStretch[], marks: Marks | undefined): Lane[] {
  const never = { wrongMs: 0, startMs: Number.POSITIVE_INFINITY, endMs: Number.POSITIVE_INFINITY };
  const stretches = Map.groupBy(held, ({ stretch }) => stretch.told?.span.ip ?? '');
  const changes = Map.groupBy(marks?.changes ?? [], ({ ip }) => ip);
  const addresses = [...new Set([...stretches.keys(), ...changes.keys()])].sort();
  const lanes = addresses.map((ip) => {
    const target = (stretches.get(ip) ?? []).map(({ stretch }) => stretch);
    return { task: undefined, name: ip, address: ip, ...never, life: [], target, changes: changes.get(ip) ?? [], events: [] };
  });
  const events = marks?.events ?? [];
  if (events.length === 0) return lanes;
  return [...lanes, { task: undefined, name: 'events', address: '', ...never, life: [], target: [], changes: [], events }];
}

/** Groups with problems come first, then those that have to do with target groups. */
function byInterest(one: LaneGroup, other: LaneGroup): number {
  const rank = ({ problems, targetGroups }: LaneGroup): number => (problems > 0 ? 0 : targetGroups.length > 0 ? 1 : 2);
  return rank(one) - rank(other) || (one.name < other.name ? -1 : 1);
}

function byTrouble(one: Lane, other: Lane): number {
  return other.wrongMs - one.wrongMs || one.startMs - other.startMs || (one.name < other.name ? -1 : 1);
}
