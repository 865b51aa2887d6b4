/** The one way to leave a test out. */
import { expect, test } from 'vitest';
import { skipUnless } from '../support/skip.ts';

test('a test that has what it needs runs', (context) => {
  skipUnless(true, context, 'nothing');
  expect(reasons(true)).toEqual([]);
});

test('a test that lacks something is left out, and says what', () => {
  expect(reasons(false)).toEqual(['no Python']);
});

function reasons(available: boolean): string[] {
  const left: string[] = [];
  const context = {
    skip(condition: boolean, note: string): void {
      if (condition) left.push(note);
    },
  };
  skipUnless(available, context, 'no Python');
  return left;
}
