import { expect, it } from 'vitest';
import { err, ok, problemsOf, type Result, valuesOf } from '../../functions/core/result.ts';

it('a result is a value or the problem that kept it away', () => {
  const results: readonly Result<number, string>[] = [ok(1), err('no'), ok(2)];
  expect(results).toEqual([
    { ok: true, value: 1 },
    { ok: false, problem: 'no' },
    { ok: true, value: 2 },
  ]);
  expect([valuesOf(results), problemsOf(results)]).toEqual([[1, 2], ['no']]);
});
