import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Filter, Sieve } from '../../../scripts/cli/report/filter.ts';
import { modelOf } from '../../../scripts/cli/report/model.ts';
import { TABLE_NAMES, wordsOf } from '../../../scripts/cli/report/rows.ts';
import { anyTimeline } from '../../support/any-timeline.ts';
import { holds } from '../../support/arbitraries.ts';
import { churn, churnReport } from '../../support/timelines.ts';

const { timeline: sixty, findings } = churnReport({ tasks: 60, seed: 4 });
const model = modelOf(sixty, findings);
const sieve = new Sieve(model);
const NONE: Filter = { text: '', group: '', kind: '' };

const laneNames = (filter: Partial<Filter>): string[] => {
  const { lanes } = sieve.apply({ ...NONE, ...filter });
  return model.lanes.filter((_, place) => lanes[place]).map(({ lane }) => lane.name);
};

describe('the filter', () => {
  it('leaves everything while it is empty', () => {
    holds(
      fc.property(anyTimeline, (timeline) => {
        const any = modelOf(timeline, []);
        const { lanes, rows } = new Sieve(any).apply({ ...NONE, text: ' ' });
        expect(lanes).toEqual(any.lanes.map(() => true));
        expect(rows).toEqual(any.rows);
      }),
    );
  });

  it('finds a task by id, address, reason and event, in whatever case', () => {
    const [first] = model.lanes;
    const lane = first?.lane;
    expect(laneNames({ text: lane?.name.toUpperCase() ?? '' })).toEqual([lane?.name]);
    expect(laneNames({ text: lane?.events[0]?.id ?? '' })).toEqual([lane?.name]);
    expect(laneNames({ text: 'no such thing' })).toEqual([]);
  });

  it('wants all of the words, in any order', () => {
    const name = model.lanes.find(({ lane }) => lane.changes.length > 0)?.lane.name ?? '';
    expect(laneNames({ text: `${name} version` })).toEqual([name]);
    expect(laneNames({ text: `version ${name}` })).toEqual([name]);
    expect(laneNames({ text: `${name} nonsense` })).toEqual([]);
  });

  it('shows of a group its lanes and rows and no others', () => {
    for (const group of model.groups) {
      const { lanes, rows } = sieve.apply({ ...NONE, group: group.name });
      expect(lanes).toEqual(model.lanes.map((placed) => placed.group === group));
      for (const row of TABLE_NAMES.flatMap((name) => rows[name])) expect(model.lanes[row.lane]?.group).toBe(group);
      expect(rows.changes).toHaveLength(group.lanes.reduce((sum, { changes }) => sum + changes.length, 0));
    }
  });

  it('shows of a kind of stretch the lanes that have it, with all of their rows', () => {
    const { lanes, rows } = sieve.apply({ ...NONE, kind: 'missing' });
    const wanted = model.lanes.map(({ lane }) => lane.target.some(({ kind }) => kind === 'missing'));
    expect(lanes).toEqual(wanted);
    expect(wanted).toContain(false);
    expect(rows.changes).toEqual(model.rows.changes.filter(({ lane }) => wanted[lane]));
  });

  it('shows of a kind of row those rows, and of the other tables what belongs to the same tasks', () => {
    const { lanes, rows } = sieve.apply({ ...NONE, kind: 'deregister' });
    expect(rows.changes).toEqual(model.rows.changes.filter(({ kind }) => kind === 'deregister'));
    expect(rows.events).toEqual(model.rows.events.filter(({ lane }) => lanes[lane]));
    expect(rows.events.length).toBeGreaterThan(rows.changes.length);
  });

  it('does not take a finding called missing for a task that is', () => {
    const finding = { kind: 'missing', subject: 'x', message: '', command: undefined };
    const found = modelOf(churn({ tasks: 5 }), [finding]);
    expect(new Sieve(found).apply({ ...NONE, kind: 'missing' }).rows.findings).toEqual([]);
    expect(new Sieve(found).apply({ ...NONE, kind: 'finding: missing' }).rows.findings).toHaveLength(1);
  });

  it('shows the rows that have the words themselves or belong to a lane that has them', () => {
    holds(
      fc.property(anyTimeline, fc.constantFrom('web', '10.0.0.4', 'register', 'alert', '>'), (timeline, text) => {
        const any = modelOf(timeline, []);
        const { rows } = new Sieve(any).apply({ ...NONE, text });
        for (const name of TABLE_NAMES) {
          const own = any.rows[name].filter((row) => wordsOf(row).join(' ').toLowerCase().includes(text));
          for (const row of own) expect(rows[name]).toContain(row);
        }
      }),
    );
  });
});
