/** The scenario in a terminal that has no colours: vitest's is none. */
import { describe, expect, it } from 'vitest';
import {
  chapterLines,
  clockOf,
  findingLines,
  foundLine,
  HEADING,
  type Moment,
  momentLine,
} from '../../../scripts/cli/demo/screen.ts';
import { type Outcome, summaryOf } from '../../../scripts/cli/demo/summary.ts';

const MOMENT: Moment = { time: '0:15', tasks: ['a', 'b', 'c'], targets: ['a', 'b', 'c'], draining: 0, events: 3, calls: 12 };
const signs = (moment: Partial<Moment>): string | undefined =>
  momentLine({ ...MOMENT, ...moment })
    .split(/ {2,}/)
    .at(-1);

describe('a line of the scenario', () => {
  it('has its figures below their names', () => {
    const line = momentLine({ ...MOMENT, events: 1_234 });
    for (const [name, figure] of [
      ['time', '0:15'],
      ['tasks', '3'],
      ['targets', '3'],
      ['events', '1234'],
      ['calls', '12'],
    ] as const) {
      const end = HEADING.indexOf(name) + name.length;
      expect(line.slice(0, end).endsWith(figure), name).toBe(true);
    }
  });

  it('tells tasks in the group, tasks outside of it and targets without a task apart without colour', () => {
    expect(signs({})).toBe('===');
    expect(signs({ targets: ['a'] })).toBe('=..');
    expect(signs({ targets: [...MOMENT.targets, 'd'] })).toBe('===+');
    expect(signs({ targets: ['d'] })).toBe('...+');
    expect(signs({ draining: 2 })).toBe('=== 2 draining');
  });

  it('stands at the same place for chapters and findings', () => {
    const column = HEADING.indexOf('one sign');
    expect(
      chapterLines('0:00', 'one\ntwo')
        .split('\n')
        .map((line) => line.search(/one|two/)),
    ).toEqual([column, column]);
    expect(foundLine('stale', 'x')).toBe(`${' '.repeat(column)}found stale: x`);
  });

  it('shortens the ARN of a task', () => {
    expect(foundLine('missing', 'arn:aws:ecs:eu-west-1:111122223333:task/prod/0a').trim()).toBe('found missing: task/prod/0a');
  });
});

describe('a finding at the end', () => {
  const lines = (message: string, command?: string) => {
    return findingLines({ kind: 'stale', subject: 'x', message, command }).split('\n').slice(1);
  };

  it('is broken between words, and loses none', () => {
    for (const length of [1, 2, 99, 100, 101, 150]) {
      const message = `${'a'.repeat(length)} b ${'long words '.repeat(30)}end`;
      const told = lines(message);
      expect(told.map((line) => line.trim()).join(' ')).toBe(message);
      for (const line of told) expect(line.length <= 102 || !line.trim().includes(' '), line).toBe(true);
      expect(told.length).toBeLessThan(6);
    }
  });

  it('has its command in one line, to be copied', () => {
    const command = `aws ${'option '.repeat(40)}end`;
    expect(lines('Remove it.', command)).toEqual(['  Remove it.', `  ${command}`]);
  });
});

describe('clockOf', () => {
  it('counts minutes and seconds', () => {
    expect([0, 59_000, 60_000, 754_000].map(clockOf)).toEqual(['0:00', '0:59', '1:00', '12:34']);
  });
});

describe('the summary', () => {
  const outcome: Outcome = {
    ...{ isInStep: true, post: { late: 3, doubled: 2, lost: 1, delivered: 20 }, tasks: 9, reused: 4 },
    ...{ toldMs: [300, 100, 2_200], silentMs: [], leaveMs: [400], goneMs: 0, findings: { foreign: 1, stale: 2 } },
    calls: new Map([
      ['RegisterTargets', 3],
      ['DeregisterTargets', 2],
      ['ListTasks', 10],
    ]),
  };
  const values = (given: Partial<Outcome>) =>
    Object.fromEntries(summaryOf({ ...outcome, ...given }).map(({ label, value }) => [label, value]));

  it('says what was measured', () => {
    expect(values({})).toEqual({
      'tasks and targets': 'in step',
      events: '20 delivered: 3 late, 2 twice; 1 lost',
      'addresses used again': 'by 4 of 9 tasks',
      'RUNNING to registered': 'median 0.3 s, at most 2.2 s',
      'order to stop to out': 'median 0.4 s, at most 0.4 s',
      'gone but still in the group': '0.0 s in all',
      'found, and left to people': '1 foreign, 2 stale',
      'calls made': '15: 5 writes, 10 reads, a full check every minute included',
      'calls of a per-event handler': '40: 20 writes, 20 reads to look up the task, no check',
    });
  });

  it('says what is wrong', () => {
    expect(values({ isInStep: false, goneMs: 1_500, silentMs: [1_000, 40_000], findings: {} })).toMatchObject({
      'tasks and targets': 'NOT in step',
      'RUNNING to registered': 'median 0.3 s, at most 2.2 s; where the event was lost, at most 40.0 s',
      'gone but still in the group': '1.5 s in all',
      'found, and left to people': 'nothing',
    });
  });
});
