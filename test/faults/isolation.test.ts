/** One bad element of a list stops nothing but itself, and is named: each list, and each way in which an element can be bad. */
import { describe, expect, it } from 'vitest';
import { isCurrent } from '../../scripts/tools/docs/section.ts';
import { LISTS } from './isolation/cells.ts';
import { playCell } from './isolation/play.ts';
import { isolationTable } from './isolation/table.ts';

describe.each(Object.entries(LISTS))('%s: one that is', (_, cells) => {
  for (const [way, cell] of Object.entries(cells)) {
    if (typeof cell === 'string') continue;
    it(`${way} stops nothing else${cell.named === undefined ? '' : ', and is named'}`, async () => {
      const { registered, serving, told, deadLetters } = await playCell(cell);
      expect(serving.map(({ length }) => length > 0)).toEqual([true, true]);
      expect(registered).toEqual(serving);
      expect(told).toContain(cell.named ?? '');
      expect(told).toContain(cell.goodTold ?? '');
      expect(deadLetters).toBe(0);
    });
  }
});

it('docs/faults.md has the table of them', () => {
  expect(isCurrent(new URL('../../docs/faults.md', import.meta.url), 'isolation', isolationTable())).toBe(true);
});
