import { describe, expect, it } from 'vitest';
import { matches } from '../support/pattern.ts';
import { hasCaptured, patternCases } from '../support/pattern-cases.ts';
import { skipUnless } from '../support/skip.ts';

describe('the pattern of the rule', () => {
  const cases = patternCases();

  it('takes every event that tells of a task that runs or is to stop', () => {
    const wanted = cases.filter((each) => each.wanted);
    expect(wanted.length).toBeGreaterThanOrEqual(13);
    expect(wanted.filter(({ pattern, event }) => !matches(pattern, event)).map(({ name }) => name)).toEqual([]);
  });

  it('leaves every other event alone: other kinds, sources, accounts, clusters and statuses', () => {
    const noise = cases.filter((each) => !each.wanted);
    expect(noise.length).toBeGreaterThanOrEqual(100);
    expect(noise.filter(({ pattern, event }) => matches(pattern, event)).map(({ name }) => name)).toEqual([]);
  });

  it('has been tried on captured events', (context) => {
    skipUnless(hasCaptured(), context, 'the captured events, which are not ours to publish');
    expect(cases.filter(({ name, wanted }) => wanted && !name.includes(',')).length).toBeGreaterThanOrEqual(40);
  });
});

describe('the matcher in process', () => {
  it('takes any of the values, of all of the fields, of one of the branches', () => {
    const pattern = { source: ['a', 'b'], detail: { $or: [{ x: [1] }, { y: [null] }] } };
    expect(matches(pattern, { source: 'b', detail: { x: 1 } })).toBe(true);
    expect(matches(pattern, { source: 'b', detail: { y: null, z: 2 } })).toBe(true);
    expect(matches(pattern, { source: ['c', 'a'], detail: { x: 1 } })).toBe(true);
    expect(matches(pattern, { source: 'b', detail: { x: 2 } })).toBe(false);
    expect(matches(pattern, { source: 'c', detail: { x: 1 } })).toBe(false);
    expect(matches(pattern, { source: 'a' })).toBe(false);
  });

  it('judges nothing that it does not know', () => {
    expect(() => matches({ source: [{ prefix: 'aws.' }] }, { source: 'aws.ecs' })).toThrow('prefix');
    expect(() => matches({ source: 'aws.ecs' }, { source: 'aws.ecs' })).toThrow('expected a list');
  });
});
