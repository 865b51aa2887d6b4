import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  densityOf,
  drawAbsent,
  drawCalls,
  drawCounts,
  drawLane,
  LANE_HEIGHT,
  LOAD_HEIGHT,
  x,
} from '../../../scripts/cli/report/draw.ts';
import { bucketsOf, mostOf, sumOf } from '../../../scripts/cli/report/load.ts';
import { modelOf } from '../../../scripts/cli/report/model.ts';
import { anyTimeline, LENGTH_MS } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { churn, START_MS } from '../../support/timelines.ts';

const WIDTH = 800;
const view = fc.tuple(fc.integer({ min: 0, max: LENGTH_MS }), fc.integer({ min: 0, max: LENGTH_MS })).map(([one, other]) => ({
  fromMs: START_MS + Math.min(one, other),
  toMs: START_MS + Math.max(one, other) + 5,
  width: WIDTH,
}));

describe('what is drawn', () => {
  it('never lies outside, at whatever zoom', () => {
    holds(
      fc.property(anyTimeline, view, (timeline, zoomed) => {
        const { lanes, load } = modelOf(timeline, []);
        for (const { lane, group } of lanes) expectInside(drawLane(lane, group.targetGroups, zoomed), LANE_HEIGHT);
        const most = Math.max(mostOf(load.running), mostOf(load.registered));
        expectInside(drawCounts(load, most, zoomed), LOAD_HEIGHT);
        expectInside(drawAbsent(load, Math.max(mostOf(load.absent), mostOf(load.wrong)), zoomed), LOAD_HEIGHT);
        const buckets = bucketsOf(load, zoomed);
        expectInside(drawCalls(buckets, Math.max(...buckets.map(({ calls }) => sumOf(calls))), zoomed), LOAD_HEIGHT);
      }),
    );
  });

  it('shows what is wrong however short it was, and a mere wait not at all', () => {
    const { lanes } = modelOf(churn({ tasks: 300, lengthMs: 600_000 }), []);
    const wrong = lanes.find(({ lane }) => lane.target.some(({ kind }) => kind === 'stale'));
    const far = { fromMs: START_MS, toMs: START_MS + 1e9, width: WIDTH };
    expect(wrong && drawLane(wrong.lane, wrong.group.targetGroups, far)).toMatch(/class="stale" d="M[\d.]+ 3h4v13h-4z"/);
    const missing = lanes.find(({ lane }) => lane.target.some(({ kind }) => kind === 'missing'));
    expect(missing && drawLane(missing.lane, missing.group.targetGroups, far)).toMatch(/class="missing" d="M[\d.]+ 5h4v9h-4z"/);
    const waiting = lanes.find(({ lane }) => lane.wrongMs === 0 && lane.target.some(({ kind }) => kind === 'waiting'));
    const near = { fromMs: START_MS, toMs: START_MS + 1_000, width: WIDTH };
    expect(waiting && drawLane(waiting.lane, waiting.group.targetGroups, near)).not.toMatch(/missing|waiting/);
  });

  it('gives each target group its own height inside the bar', () => {
    const stretch = { kind: 'registered', fromMs: START_MS, toMs: START_MS + 10, told: undefined } as const;
    const lane = { ...modelOf(churn({ tasks: 1 }), []).lanes[0]?.lane, life: [], changes: [], events: [], endMs: 0 };
    const target = ['a', 'b', 'c'].map((targetGroup) => ({ ...stretch, targetGroup }));
    const whole = { task: undefined, name: '', address: '', startMs: 0, wrongMs: 0, ...lane, target };
    const drawn = drawLane(whole, ['a', 'b', 'c'], { fromMs: START_MS, toMs: START_MS + 10, width: 100 });
    expect(drawn).toBe('<path class="registered" d="M0 5h100v3h-100zM0 8h100v3h-100zM0 11h100v3h-100z"/>');
  });
});

describe('x', () => {
  it('spreads the time over the width, and stays at the border beyond', () => {
    const given = { fromMs: 100, toMs: 200, width: 50 };
    expect([0, 100, 150, 200, 300].map((atMs) => x(atMs, given))).toEqual([0, 0, 25, 50, 50]);
    expect(x(Number.POSITIVE_INFINITY, given)).toBe(50);
  });
});

describe('the height of lanes', () => {
  it('shrinks with their number', () => {
    expect([0, 20, 21, 150, 151, 600, 601].map(densityOf)).toEqual([
      ...(['roomy', 'roomy', 'normal', 'normal', 'thin', 'thin', 'hair'] as const),
    ]);
  });
});

/**
 * Walks along every path with what SVG's commands mean. A mark may stand out by half of its own width. One assertion for all points:
 * there are tens of thousands, and each assertion takes longer than the question.
 */
function expectInside(shapes: string, height: number): void {
  const outside: string[] = [];
  for (const [, d = ''] of shapes.matchAll(/ d="([^"]*)"/g)) {
    let [atX, atY] = [0, 0];
    for (const [, command = '', text = ''] of d.matchAll(/([MHVhvlz])([^MHVhvlz]*)/g)) {
      const [first = 0, second = 0] = (text.match(/-?[\d.]+/g) ?? []).map(Number);
      const isAlong = command === 'h' || command === 'l';
      atX = command === 'M' || command === 'H' ? first : atX + (isAlong ? first : 0);
      const down = command === 'v' ? first : command === 'l' ? second : 0;
      atY = command === 'M' ? second : command === 'V' ? first : atY + down;
      const isInside = atX >= -4 && atX <= WIDTH + 4 && atY >= -0.05 && atY <= height + 0.05;
      if (!isInside) outside.push(`${atX},${atY} of ${d}`);
    }
  }
  expect(outside).toEqual([]);
}
