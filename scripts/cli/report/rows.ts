/** The same data as tables: one row for every finding, change and event, which knows the lane that it belongs to. */
import { worstFirst } from './findings.ts';
import type { Lane, LaneGroup } from './lanes.ts';
import type { ChangeMark, EventMark, FindingMark } from './timeline.ts';

export const TABLE_NAMES = ['findings', 'changes', 'events'] as const;

export type TableName = (typeof TABLE_NAMES)[number];

export type Row = Placed & (FindingRow | ChangeRow | EventRow);

interface Placed {
  /** What the filter by kind looks at. */
  readonly kind: string;
  /** The place of its lane; -1 where it has none. */
  readonly lane: number;
}

interface FindingRow {
  readonly table: 'findings';
  readonly finding: FindingMark;
}

interface ChangeRow {
  readonly table: 'changes';
  readonly change: ChangeMark;
}

interface EventRow {
  readonly table: 'events';
  readonly event: EventMark;
}

type Lanes = readonly { readonly lane: Lane; readonly group: LaneGroup }[];

export function rowsOf(findings: readonly FindingMark[], lanes: Lanes): Readonly<Record<TableName, readonly Row[]>> {
  const laneOf = laneFinder(lanes);
  const changes = lanes.flatMap(({ lane }, place) => lane.changes.map((change) => ({ change, place })));
  const events = lanes.flatMap(({ lane }, place) => lane.events.map((event) => ({ event, place })));
  return {
    findings: worstFirst(findings).map((finding) => {
      return { table: 'findings', finding, kind: findingKind(finding.kind), lane: laneOf(finding.subject) };
    }),
    changes: changes
      .sort((one, other) => one.change.atMs - other.change.atMs)
      .map(({ change, place }) => ({ table: 'changes', change, kind: change.kind, lane: place })),
    events: events
      .sort((one, other) => one.event.atMs - other.event.atMs)
      .map(({ event, place }) => ({ table: 'events', event, kind: event.reading, lane: place })),
  };
}

/** A finding may be called `missing` or `stale` as well, which means another thing there. */
export function findingKind(kind: string): string {
  return `finding: ${kind}`;
}

/** All the words of a row, for the filter by text. */
export function wordsOf(row: Row): readonly string[] {
  switch (row.table) {
    case 'findings':
      return [row.finding.kind, row.finding.subject, row.finding.message, row.finding.command ?? ''];
    case 'changes': {
      const { kind, targetGroup, ip, port, because, taskArn } = row.change;
      return [kind, targetGroup, `${ip}:${port}`, because, taskArn];
    }
    case 'events': {
      const { reading, because, id, file, taskArn } = row.event;
      return [reading, because, id, file, taskArn ?? ''];
    }
  }
}

/** Finds the lane that a finding's subject names: by the task's ARN, else by its address, which is the last holder's. */
function laneFinder(lanes: Lanes): (subject: string) => number {
  const places = new Map<string, number>();
  for (const [place, { lane }] of lanes.entries()) {
    places.set(lane.address, place);
    if (lane.task !== undefined) places.set(lane.task.arn, place);
  }
  return (subject) => {
    const words = subject.split(/[\s,]+/).flatMap((word) => [word, word.replace(/:\d+$/, '')]);
    return words.map((word) => places.get(word)).find((place) => place !== undefined) ?? -1;
  };
}
