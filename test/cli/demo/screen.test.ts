/** The scenario in a terminal that has no colours: vitest's is none. */
import { describe, expect, it } from 'vitest';
import {
  chapterLines,
  clockOf,
  foundLine,
  HEADING,
  LEGEND,
  type Moment,
  momentLine,
  oneLine,
} from '../../../scripts/cli/demo/screen.ts';

const MOMENT: Moment = { time: '0:15', tasks: ['a', 'b', 'c'], targets: ['a', 'b', 'c'], draining: 0, calls: 12 };
const signs = (moment: Partial<Moment>, width = 80): string =>
  momentLine({ ...MOMENT, ...moment }, width).slice(HEADING.length + 1);
const names = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `${from + index}`);

describe('a line of the scenario', () => {
  it('has its figures below their names', () => {
    const line = momentLine({ ...MOMENT, draining: 22, calls: 1_234 }, 80);
    for (const [name, figure] of [
      ['time', '0:15'],
      ['tasks', '3'],
      ['targets', '3'],
      ['draining', '22'],
      ['calls', '1234'],
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
    for (const sign of ['=', '.', '+']) expect(LEGEND).toContain(`${sign} ta`);
  });

  it('counts the signs where there is no room for them, and never gets too wide', () => {
    for (const width of [40, 60, 79, 80, 81]) {
      for (const count of [1, 38, 39, 40, 41, 2_000]) {
        const line = momentLine({ ...MOMENT, tasks: names(count), targets: names(count) }, width);
        expect(line.length, line).toBeLessThanOrEqual(Math.max(width, HEADING.length + 7));
        expect(line.endsWith('='.repeat(count)) || line.endsWith(`=×${count}`), line).toBe(true);
      }
    }
    expect(signs({ tasks: names(60), targets: names(50, 20) })).toBe('=×40 .×20 +×10');
    expect(signs({ tasks: names(39), targets: names(40) })).toBe(`${'='.repeat(39)}+`);
  });

  it('breaks the title of a chapter between words, behind the time', () => {
    expect(chapterLines('0:00', 'one two three four five six seven', 25)).toBe(
      '  0:00  one two three\n        four five six\n        seven',
    );
  });

  it('shortens the ARN of a task', () => {
    const arn = `arn:aws:ecs:eu-west-1:111122223333:task/prod/${'0'.repeat(30)}1f`;
    expect(foundLine('missing', arn, 80)).toBe('        found missing: prod/…0000001f');
  });
});

describe('one line', () => {
  it('ends with … where it would be longer', () => {
    expect([9, 10, 11].map((width) => oneLine('0123456789', width))).toEqual(['01234567…', '0123456789', '0123456789']);
  });
});

describe('clockOf', () => {
  it('counts minutes and seconds', () => {
    expect([0, 59_000, 60_000, 754_000].map(clockOf)).toEqual(['0:00', '0:59', '1:00', '12:34']);
  });
});
