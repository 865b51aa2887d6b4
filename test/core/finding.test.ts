import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Finding, SEVERITY, severityOf, sortFindings } from '../../functions/core/finding.ts';
import { holds } from '../support/arbitraries.ts';

describe('how bad a finding is', () => {
  it('follows from its kind', () => {
    const severities = (['leftover', 'wrong-line', 'held'] as const).map((kind) => severityOf({ kind }));
    expect(severities).toEqual(['outage', 'mistake', 'notice']);
  });

  it('is an outage where live tasks get no traffic or the dead do, which an alarm stands on', () => {
    const outages = Object.entries(SEVERITY).flatMap(([kind, severity]) => (severity === 'outage' ? [kind] : []));
    expect(outages.sort()).toEqual(['contested', 'full', 'leftover', 'no-address', 'refused']);
  });

  it('is a notice where the stack does what it was told, and nobody has to mend anything', () => {
    const notices = Object.entries(SEVERITY).flatMap(([kind, severity]) => (severity === 'notice' ? [kind] : []));
    expect(notices.sort()).toEqual([
      ...['drain-time', 'draining', 'ecs-managed', 'foreign', 'held', 'limit', 'not-bound', 'paused'],
      ...['released', 'removal-budget', 'unchecked', 'waiting'],
    ]);
  });
});

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
