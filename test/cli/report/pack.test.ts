import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, unpack } from '../../../scripts/cli/report/pack.ts';
import { anyTimeline } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { churn } from '../../support/timelines.ts';

describe('the packed timeline', () => {
  it('comes out of its JSON as it went in', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        expect(unpack(JSON.parse(JSON.stringify(pack(timeline))))).toEqual(timeline);
      }),
    );
  });

  it('comes out of its JSON as it went in, two thousand tasks as well', () => {
    const timeline = churn({ tasks: 2_000, seed: 7 });
    expect(unpack(JSON.parse(JSON.stringify(pack(timeline))))).toEqual(timeline);
  });

  it('keeps every text once', () => {
    const { texts } = pack(churn({ tasks: 60 }));
    expect(new Set(texts).size).toBe(texts.length);
  });
});
