import { describe, expect, it } from 'vitest';
import {
  type Copies,
  type DescribedGroup,
  isTagged,
  lostTheirTag,
  NO_COPIES,
  PAUSED,
  resolveConfiguration,
} from '../../functions/core/configuration.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { aGroup, aSettings, groupArn } from '../support/values.ts';

const WEB = groupArn('web');
const IP: DescribedGroup = { group: aGroup(), targetType: 'ip' };

function tagged(value: string): Copies['tags'] {
  return new Map([[WEB, { tags: [{ key: 'alb-target-sync', value }], readAtMs: 5_000 }]]);
}

describe('a group that has lost its tag', () => {
  const WITHOUT = [{ key: 'Name', value: 'web' }];
  const without: Copies['tags'] = new Map([[WEB, { tags: WITHOUT, readAtMs: 9_000 }]]);
  const told = (words: Partial<Copies>): readonly Finding[] => {
    const discovered = { targetGroups: [], cloudMapServices: [] };
    const copies = { ...NO_COPIES, discovered, groups: new Map([[WEB, IP]]), released: [WEB], ...words };
    return resolveConfiguration(aSettings({ targetGroups: [] }), copies).findings;
  };

  it('is one that had it at the reading before, and has no line any more', () => {
    expect(lostTheirTag(tagged('service=app port=80'), without)).toEqual([WEB]);
    expect(lostTheirTag(tagged('nonsense'), without)).toEqual([WEB]);
  });

  it.each([
    ['that still has it', tagged('service=app port=80'), tagged('service=api port=80')],
    ['that had none before', without, without],
    ['that is new', new Map(), without],
    ['whose tags were not read again', tagged('service=app port=80'), new Map()],
  ])('is none %s', (_, before, now) => {
    expect(lostTheirTag(before, now)).toEqual([]);
  });

  it('is told, with the targets that nobody keeps any more, and the line that would bind it again', () => {
    const message = (counted: string): string =>
      `Target group ${WEB} has lost its tag alb-target-sync, so nobody keeps it any more. The targets that it has left${counted} ` +
      'stay: tasks that stop stay in, and new ones stay out. If that was not meant, tag it again: ' +
      'alb-target-sync="service=NAME port=8080".';
    expect(told({ unboundTargets: new Map([[WEB, 2]]) })).toEqual([
      { kind: 'released', subject: 'web', message: message(' (2)') },
    ]);
    expect(told({})).toEqual([{ kind: 'released', subject: 'web', message: message('') }]);
  });

  it('is no finding where it is gone itself, could not be served, or nothing has been read yet', () => {
    for (const group of [undefined, 'gone', 'refused', { ...IP, targetType: 'lambda' }] as const) {
      const groups = new Map(group === undefined ? [] : [[WEB, group] as const]);
      expect(told({ groups })).toEqual([]);
    }
    expect(NO_COPIES.released).toEqual([]);
  });
});

describe('a resource keeps its place among what was found', () => {
  const line = { key: 'alb-target-sync:2', value: 'nonsense' };

  it.each([
    ['with a line, be it a wrong one', [line], true],
    ['while its tags could not be read', undefined, true],
    ['not without a line', [{ key: 'Name', value: 'web' }], false],
    ['not when it is gone', 'gone', false],
  ] as const)('%s', (_, answer, expected) => {
    expect(isTagged(answer)).toBe(expected);
  });
});

describe('the tag that pauses the stack', () => {
  it('has the value that people have written', () => {
    expect(PAUSED).toBe('paused');
  });
});
