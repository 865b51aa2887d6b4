import { describe, expect, it } from 'vitest';
import { table } from '../../../scripts/cli/report/table.ts';

describe('a table in a terminal', () => {
  it('has aligned columns, and a last one that is as long as it likes', () => {
    expect(table([['a', 'bb', 'the rest'], ['aaa', 'b', 'r'], ['a']])).toBe('  a    bb  the rest\n  aaa  b   r\n  a');
  });

  it('is nothing without rows', () => {
    expect(table([])).toBe('');
  });
});
