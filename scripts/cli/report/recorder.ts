/** Listens to a simulated account and keeps what happens as a timeline. */

import { linesOfParameter, type Settings } from '../../../functions/core/binding-sources.ts';
import { NO_COPIES, scopeOf } from '../../../functions/core/configuration.ts';
import { arnParts } from '../../../functions/core/values.ts';
import type { Service } from '../../simulator/api.ts';
import type { TaskRecord } from '../../simulator/ecs.ts';
import type { BindingMark, ChangeMark, EventMark, FindingMark, TargetSpan, TaskLane, Timeline } from './timeline.ts';

interface OpenSpan {
  readonly targetGroup: string;
  readonly ip: string;
  readonly port: number;
  readonly fromMs: number;
  deregisteredMs: number | undefined;
  goneMs: number | undefined;
}

/** Where the settings' lines of binding want tasks to be. */
export function boundGroups(settings: Settings): BindingMark[] {
  return linesOfParameter(scopeOf(settings, NO_COPIES)).bindings.map(({ group, binding: { selector } }) => {
    return { group: `${selector.kind}:${selector.name}`, targetGroup: arnParts(group).name };
  });
}

export class Recorder {
  readonly changes: ChangeMark[] = [];
  readonly events: EventMark[] = [];
  readonly calls: { readonly atMs: number; readonly operation: string }[] = [];
  readonly #service: Service;
  readonly #findings = new Map<string, FindingMark>();
  readonly #spans: OpenSpan[] = [];
  /** Those of them that are not over, which are few; over the days of a long capture, the others are many. */
  #live: OpenSpan[] = [];
  readonly #lanes: TaskLane[] = [];

  constructor(service: Service) {
    this.#service = service;
    const { clock } = service.account;
    service.performed = (name) => {
      this.calls.push({ atMs: clock.now(), operation: name });
      if (name === 'RegisterTargets' || name === 'DeregisterTargets') this.noteTargets();
    };
  }

  /** Takes up every group as it is now; to be called as well when somebody else has written. */
  noteTargets(): void {
    const { elb, clock } = this.#service.account;
    this.#live = this.#live.filter(({ goneMs }) => goneMs === undefined || goneMs > clock.now());
    for (const group of elb.groups.values()) {
      const present = [...elb.group(group.arn).targets.values()];
      const open = this.#live.filter((span) => span.targetGroup === group.name && span.goneMs === undefined);
      for (const span of open) {
        const target = present.find(({ id, port }) => id === span.ip && port === span.port);
        const isLeaving = target === undefined || target.drainsUntilMs !== undefined;
        if (isLeaving) span.deregisteredMs ??= clock.now();
        if (isLeaving) span.goneMs = target?.drainsUntilMs ?? clock.now();
      }
      for (const { id, port, drainsUntilMs } of present) {
        const isKnown = open.some((span) => span.ip === id && span.port === port && span.deregisteredMs === undefined);
        if (isKnown || drainsUntilMs !== undefined) continue;
        this.#endDraining(group.name, id, port);
        const times = { fromMs: clock.now(), deregisteredMs: undefined, goneMs: undefined };
        const span: OpenSpan = { targetGroup: group.name, ip: id, port, ...times };
        this.#spans.push(span);
        this.#live.push(span);
      }
    }
  }

  /** A target that is registered again drains no longer, whatever its delay said. */
  #endDraining(targetGroup: string, ip: string, port: number): void {
    const nowMs = this.#service.account.clock.now();
    for (const span of this.#live) {
      const isSame = span.targetGroup === targetGroup && span.ip === ip && span.port === port;
      if (isSame && span.goneMs !== undefined && span.goneMs > nowMs) span.goneMs = nowMs;
    }
  }

  /** Keeps of a task what the timeline tells of it: the account has let go of it. */
  keepLane(task: TaskRecord): void {
    this.#lanes.push(laneOf(task));
  }

  found(finding: FindingMark): void {
    this.#findings.set(`${finding.kind} ${finding.subject}`, finding);
  }

  get findings(): FindingMark[] {
    return [...this.#findings.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, finding]) => finding);
  }

  timeline(bindings: readonly BindingMark[] = []): Timeline {
    const { account } = this.#service;
    const tasks = [...this.#lanes, ...[...account.ecs.tasks.values()].map(laneOf)].sort(byStart);
    const starts = [...tasks.flatMap(({ states }) => states.map(({ atMs }) => atMs)), ...this.events.map(({ atMs }) => atMs)];
    const fromMs = starts.reduce((least, each) => Math.min(least, each), account.clock.now());
    return {
      fromMs,
      toMs: account.clock.now(),
      tasks,
      targets: this.#spans.map((span) => spanUntil(span, account.clock.now())),
      changes: this.changes,
      events: this.events,
      calls: this.calls,
      bindings,
    };
  }
}

/** What will only have drained after the end is still draining. */
function spanUntil(span: OpenSpan, toMs: number): TargetSpan {
  return span.goneMs !== undefined && span.goneMs > toMs ? { ...span, goneMs: undefined } : { ...span };
}

function laneOf(task: TaskRecord): TaskLane {
  const ip = task.history.map(({ ipv4 }) => ipv4).findLast((each) => each !== undefined);
  return {
    arn: task.arn,
    group: task.group || `family:${task.definition.split(':')[0]}`,
    ip,
    states: task.history.map(({ atMs, last, desired }) => ({ atMs, last, desired })),
  };
}

function byStart(one: TaskLane, other: TaskLane): number {
  return (one.states[0]?.atMs ?? 0) - (other.states[0]?.atMs ?? 0) || (one.arn < other.arn ? -1 : 1);
}
