/** docs/faults.md says where each fault is tested: here is checked that it is so. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readFaults } from '../support/faults.ts';

const ROWS = readFaults();
const HERE = new URL('./', import.meta.url);

/** The faults that a file tests. */
function testedIn(file: string): string[] {
  const calls = readFileSync(new URL(file, HERE), 'utf8').matchAll(/^\s*fault\(\s*'(F\d\d)'/gm);
  return [...calls].map(([, number = '']) => number);
}

it('has a row for each of the 48 faults, in order', () => {
  const numbers = Array.from({ length: 48 }, (_, index) => `F${String(index + 1).padStart(2, '0')}`);
  expect(ROWS.map(({ number }) => number)).toEqual(numbers);
});

it.each(ROWS)('$number is tested in $file', ({ number, file, figure }) => {
  expect(testedIn(`../../${file}`)).toContain(number);
  expect(figure).not.toMatch(/^\W*$/);
});

it('has each fault tested once', () => {
  const files = readdirSync(HERE).filter((file) => file.endsWith('.test.ts'));
  const tested = files.flatMap(testedIn).toSorted();
  expect(tested).toEqual(ROWS.map(({ number }) => number));
});
