/** All that the page is made of. It is worked out twice, for the file and again in the browser, by this one function. */
import { stampFor } from './clock.ts';
import { type Lane, type LaneGroup, layOut } from './lanes.ts';
import { type Load, loadOf } from './load.ts';
import { type Row, rowsOf, type TableName } from './rows.ts';
import type { FindingMark, Timeline } from './timeline.ts';
import { type Waits, waitsOf } from './waits.ts';
import type { Scene } from './words.ts';

/** What the script of the page gets of the report: the rest stands in the file as it is shown. */
export interface PageData {
  readonly timeline: Timeline | undefined;
  readonly findings: readonly FindingMark[];
}

export interface Model {
  readonly timeline: Timeline;
  readonly scene: Scene;
  readonly groups: readonly LaneGroup[];
  /** The lanes of all groups, from top to bottom: a lane is known by its place here. */
  readonly lanes: readonly PlacedLane[];
  readonly load: Load;
  readonly waits: Waits;
  readonly rows: Readonly<Record<TableName, readonly Row[]>>;
}

export interface PlacedLane {
  readonly lane: Lane;
  readonly group: LaneGroup;
}

export function modelOf(given: Timeline, findings: readonly FindingMark[]): Model {
  // A timeline of one moment is still drawn, as a millisecond: nothing divides by zero.
  const timeline = { ...given, toMs: Math.max(given.toMs, given.fromMs + 1) };
  const groups = layOut(timeline);
  const lanes = groups.flatMap((group) => group.lanes.map((lane) => ({ lane, group })));
  const scene = { stamp: stampFor(timeline), endMs: timeline.toMs };
  const load = loadOf(
    timeline,
    lanes.map(({ lane }) => lane),
  );
  const waits = waitsOf(groups, timeline.toMs);
  return { timeline, scene, groups, lanes, load, waits, rows: rowsOf(findings, lanes) };
}
