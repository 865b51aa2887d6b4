import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  announceChanges,
  announceFindings,
  byKindAndSubject,
  type StandingFindings,
} from '../../functions/core/announcement.ts';
import { type Finding, type FindingKind, severityOf } from '../../functions/core/finding.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import { planChanges } from '../../functions/core/plan.ts';
import { changeRecords, NOTHING_WRITTEN, type Pass } from '../../functions/core/report.ts';
import { holds } from '../support/arbitraries.ts';
import { aGroup, aSnapshot, groupArn, runningTask, stoppingTask, target, taskArn } from '../support/values.ts';

const NOW_MS = 100_000;

function finding(kind: FindingKind, subject: string, words: Partial<Finding> = {}): Finding {
  return { kind, subject, message: `${kind} of ${subject}`, ...words };
}

describe('the changes of a pass', () => {
  const tasks = [runningTask('new', '10.0.0.1', { startedAtMs: 98_000 }), stoppingTask('old', '10.0.0.2')];
  const changes = planChanges(aSnapshot({ tasks, targets: [target('10.0.0.2')], describedAtMs: 99_000 }));
  const pass = (words: Partial<Pass>): Pass => ({
    group: aGroup(),
    trigger: 'messages',
    startedAtMs: 99_000,
    endedAtMs: NOW_MS,
    hints: 0,
    snapshot: undefined,
    planned: changes,
    written: NOTHING_WRITTEN,
    held: [],
    findings: [],
    failures: [],
    behind: [],
    open: NOTHING_OPEN,
    ...words,
  });

  it('are announced one by one, with what the log says of each', () => {
    const done = pass({ written: { ...NOTHING_WRITTEN, done: changes } });
    const announced = announceChanges(done);
    expect(announced.map(({ type }) => type)).toEqual(['Target Registered', 'Target Deregistered']);
    for (const [index, { kind: _, ...logged }] of changeRecords(done).entries()) {
      expect(announced[index]?.detail).toEqual({ schemaVersion: 1, targetGroupArn: groupArn(), ...logged });
    }
    expect(announced[0]?.detail).toMatchObject({ ip: '10.0.0.1', taskArn: taskArn('new'), latencyMs: 2_000 });
  });

  it('are announced only where they were made', () => {
    expect(announceChanges(pass({}))).toEqual([]);
    const [change] = changes;
    if (change === undefined) throw new Error('The test expects a change.');
    const failure = { kind: 'refused', operation: 'RegisterTargets', resource: 'web', message: 'no' } as const;
    const written = { ...NOTHING_WRITTEN, refused: [{ change, failure }], aged: changes };
    expect(announceChanges(pass({ written, held: [{ change, because: 'observe' }] }))).toEqual([]);
  });
});

describe('findings', () => {
  it('are announced when they begin and when they end, with how bad they are', () => {
    const gone = finding('leftover', '10.0.0.1:80', { sinceMs: 40_000, command: 'aws help' });
    const stays = finding('foreign', '10.0.0.2:80');
    const comes = finding('wrong-line', 'the tag', { sinceMs: 98_600 });
    expect(announceFindings(byKindAndSubject([gone, stays]), byKindAndSubject([stays, comes]), NOW_MS)).toEqual([
      {
        type: 'Finding Began',
        detail: {
          schemaVersion: 1,
          severity: 'mistake',
          kind: 'wrong-line',
          subject: 'the tag',
          message: 'wrong-line of the tag',
          ageSeconds: 1,
        },
      },
      {
        type: 'Finding Ended',
        detail: {
          schemaVersion: 1,
          severity: 'outage',
          kind: 'leftover',
          subject: '10.0.0.1:80',
          message: 'leftover of 10.0.0.1:80',
          command: 'aws help',
          ageSeconds: 60,
        },
      },
    ]);
  });

  it('are the same while kind and subject are, whatever seconds their message counts', () => {
    const before = byKindAndSubject([finding('never-healthy', 'a', { message: 'for 180 s' })]);
    expect(
      announceFindings(before, byKindAndSubject([finding('never-healthy', 'a', { message: 'for 240 s' })]), NOW_MS),
    ).toEqual([]);
    const other = announceFindings(before, byKindAndSubject([finding('not-ready', 'a')]), NOW_MS);
    expect(other.map(({ type }) => type)).toEqual(['Finding Began', 'Finding Ended']);
  });

  const anyFindings = fc.array(
    fc
      .tuple(fc.constantFrom<FindingKind[]>('foreign', 'held', 'refused'), fc.constantFrom('a', 'b', 'c'))
      .map(([kind, subject]) => finding(kind, subject)),
  );
  const keyOf = ({ kind, subject }: Finding): string => `${kind} ${subject}`;

  it('that are told again and again, whatever came in between, leave who counts them with those that stand', () => {
    holds(
      fc.property(fc.array(anyFindings), (turns) => {
        const told = new Set<string>();
        let before: StandingFindings = new Map();
        for (const found of turns) {
          const after = byKindAndSubject(found);
          for (const { type, detail } of announceFindings(before, after, NOW_MS)) {
            const key = `${detail['kind']} ${detail['subject']}`;
            // Nothing begins twice, and nothing ends that has not begun.
            expect(told.has(key)).toBe(type === 'Finding Ended');
            if (type === 'Finding Began') told.add(key);
            else told.delete(key);
          }
          expect(told).toEqual(new Set(found.map(keyOf)));
          before = after;
        }
      }),
    );
  });

  it('have the severity of their kind', () => {
    holds(
      fc.property(anyFindings, (found) => {
        const announced = announceFindings(new Map(), byKindAndSubject(found), NOW_MS);
        expect(announced.map(({ detail }) => detail['severity'])).toEqual(
          [...byKindAndSubject(found).values()].map(severityOf),
        );
      }),
    );
  });
});
