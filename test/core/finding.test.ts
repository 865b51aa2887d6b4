import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Finding, sortFindings } from '../../functions/core/finding.ts';
import { holds } from '../support/arbitraries.ts';

describe('findings', () => {
  it('stand in the order of kind, subject and message', () => {
    const sorted: Finding[] = [
      { kind: 'foreign', subject: 'a', message: '1' },
      { kind: 'foreign', subject: 'a', message: '2' },
      { kind: 'foreign', subject: 'b', message: '0' },
      { kind: 'stale', subject: 'a', message: '0' },
    ];
    holds(
      fc.property(fc.shuffledSubarray(sorted, { minLength: 4 }), (shuffled) => {
        expect(sortFindings(shuffled)).toEqual(sorted);
      }),
    );
  });

  it('that differ in nothing but their age keep the order in which they were found', () => {
    const one: Finding = { kind: 'foreign', subject: 'a', message: '1', sinceMs: 1 };
    const other: Finding = { ...one, sinceMs: 2 };
    expect(sortFindings([one, other])).toEqual([one, other]);
    expect(sortFindings([other, one])).toEqual([other, one]);
  });

  it('are not changed where they stand', () => {
    const findings: readonly Finding[] = Object.freeze([
      { kind: 'stale' as const, subject: 'b', message: '' },
      { kind: 'foreign' as const, subject: 'a', message: '' },
    ]);
    expect(sortFindings(findings)).toHaveLength(2);
    expect(findings[0]?.kind).toBe('stale');
  });
});
