/** The timeline on its way to the script of the page: every text once, and numbers that compress well. */
import type { ChangeMark, EventMark, TargetSpan, TaskLane, Timeline } from './timeline.ts';

export interface Packed {
  readonly texts: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly tasks: readonly Numbers[];
  readonly targets: readonly Numbers[];
  readonly changes: readonly Numbers[];
  readonly events: readonly Numbers[];
  readonly calls: readonly Numbers[];
  readonly plain: Pick<Timeline, 'title' | 'findings' | 'summary'>;
}

/** Times count from the row before: most differences are small. What is undefined is null. */
type Numbers = readonly (number | null)[];

const READINGS = ['hint', 'ignored', 'unreadable', 'lost'] as const;

export function pack(timeline: Timeline): Packed {
  const { title, fromMs, toMs, findings, summary } = timeline;
  const texts = new Map<string, number>();
  const text = (value: string): number => {
    const index = texts.get(value) ?? texts.size;
    texts.set(value, index);
    return index;
  };
  const optional = (value: string | undefined): number | null => (value === undefined ? null : text(value));
  const tasks = timeline.tasks.map(({ arn, group, ip, states }) => {
    const times = sinceBefore(states, fromMs);
    return [text(arn), text(group), optional(ip), ...states.flatMap((state, index) => packState(state, times[index], text))];
  });
  const targets = timeline.targets.map(({ targetGroup, ip, port, fromMs: atMs, deregisteredMs, goneMs }) => {
    return [text(targetGroup), text(ip), port, atMs - fromMs, since(deregisteredMs, fromMs), since(goneMs, fromMs)];
  });
  const changed = sinceBefore(timeline.changes, fromMs);
  const changes = timeline.changes.map(({ kind, targetGroup, ip, port, because, taskArn }, index) => {
    return [changed[index] ?? 0, kind === 'register' ? 0 : 1, text(targetGroup), text(ip), port, text(because), text(taskArn)];
  });
  const heard = sinceBefore(timeline.events, fromMs);
  const events = timeline.events.map(({ id, reading, because, taskArn, file }, index) => {
    return [heard[index] ?? 0, text(id), READINGS.indexOf(reading), text(because), optional(taskArn), text(file)];
  });
  const called = sinceBefore(timeline.calls, fromMs);
  const calls = timeline.calls.map(({ operation }, index) => [called[index] ?? 0, text(operation)]);
  return {
    texts: [...texts.keys()],
    fromMs,
    toMs,
    tasks,
    targets,
    changes,
    events,
    calls,
    plain: { title, findings, summary },
  };
}

export function unpack({ texts, fromMs, toMs, plain, ...packed }: Packed): Timeline {
  const text = (index: number | null | undefined): string => texts[index ?? -1] ?? '';
  const optional = (index: number | null | undefined): string | undefined => (index === null ? undefined : text(index));
  const [changed, heard, called] = [
    running(packed.changes, fromMs),
    running(packed.events, fromMs),
    running(packed.calls, fromMs),
  ];
  return {
    ...plain,
    fromMs,
    toMs,
    tasks: packed.tasks.map(([arn, group, ip, ...states]): TaskLane => {
      return { arn: text(arn), group: text(group), ip: optional(ip), states: unpackStates(states, fromMs, text) };
    }),
    targets: packed.targets.map(([targetGroup, ip, port, atMs, deregisteredMs, goneMs]): TargetSpan => {
      const times = {
        fromMs: fromMs + (atMs ?? 0),
        deregisteredMs: after(deregisteredMs, fromMs),
        goneMs: after(goneMs, fromMs),
      };
      return { targetGroup: text(targetGroup), ip: text(ip), port: port ?? 0, ...times };
    }),
    changes: packed.changes.map(([, kind, targetGroup, ip, port, because, taskArn], index): ChangeMark => {
      const about = {
        targetGroup: text(targetGroup),
        ip: text(ip),
        port: port ?? 0,
        because: text(because),
        taskArn: text(taskArn),
      };
      return { atMs: changed[index] ?? 0, kind: kind === 0 ? 'register' : 'deregister', ...about };
    }),
    events: packed.events.map(([, id, reading, because, taskArn, file], index): EventMark => {
      const about = { because: text(because), taskArn: optional(taskArn), file: text(file) };
      return { atMs: heard[index] ?? 0, id: text(id), reading: READINGS[reading ?? 0] ?? 'hint', ...about };
    }),
    calls: packed.calls.map(([, operation], index) => ({ atMs: called[index] ?? 0, operation: text(operation) })),
  };
}

function packState({ last, desired }: TaskLane['states'][number], sinceMs = 0, text: (value: string) => number): number[] {
  return [sinceMs, text(last), text(desired)];
}

function unpackStates(states: Numbers, fromMs: number, text: (index: number | null | undefined) => string): TaskLane['states'] {
  const rows = Array.from({ length: states.length / 3 }, (_, index) => states.slice(index * 3, index * 3 + 3));
  const times = running(rows, fromMs);
  return rows.map(([, last, desired], index) => ({ atMs: times[index] ?? 0, last: text(last), desired: text(desired) }));
}

function sinceBefore(rows: readonly { readonly atMs: number }[], fromMs: number): number[] {
  return rows.map(({ atMs }, index) => atMs - (rows[index - 1]?.atMs ?? fromMs));
}

function running(rows: readonly Numbers[], fromMs: number): number[] {
  let atMs = fromMs;
  return rows.map(([since]) => {
    atMs += since ?? 0;
    return atMs;
  });
}

function since(atMs: number | undefined, fromMs: number): number | null {
  return atMs === undefined ? null : atMs - fromMs;
}

function after(sinceMs: number | null | undefined, fromMs: number): number | undefined {
  return sinceMs === null || sinceMs === undefined ? undefined : fromMs + sinceMs;
}
