/** The faults of docs/faults.md: each row is a test, and the figure in its last column is what the test measures. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Play, type PlayOptions } from './simulations.ts';

interface Row {
  readonly number: string;
  readonly fault: string;
  readonly promise: string;
  /** The file of the test, relative to the repository. */
  readonly file: string;
  readonly figure: string;
}

const TABLE = fileURLToPath(new URL('../../docs/faults.md', import.meta.url));

/** Every row of the table, in its order. */
export function readFaults(): Row[] {
  const lines = readFileSync(TABLE, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const found = /^\| (F\d\d) \| (.*?) \| (.*?) \| \[.*?\]\(\.\.\/(.*?)\) \| (.*?) \|$/.exec(line);
    if (found === null) return [];
    const [, number = '', fault = '', promise = '', file = '', figure = ''] = found;
    return [{ number, fault, promise, file, figure }];
  });
}

/**
 * The test of one fault. It plays on a deployment of its own, on which no invariant may break, and returns its figure: what the
 * table says has to be what was measured, so that no figure of it grows old.
 */
export function fault(number: string, play: (play: Play) => Promise<string>, options: PlayOptions = {}): void {
  const row = readFaults().find((each) => each.number === number);
  if (row === undefined) throw new Error(`docs/faults.md has no row ${number}.`);
  it(`${number}, ${row.fault}: ${row.promise}`, async () => {
    const on = new Play(options);
    const figure = await play(on);
    expect(on.violations).toEqual([]);
    expect(figure, `the figure of ${number} in docs/faults.md`).toBe(row.figure);
  });
}
