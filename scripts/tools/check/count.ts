/** Counts the tests in the report that vitest's JSON reporter writes. A test that did not run is not one that passed. */
import { isObject } from '../../../functions/core/json.ts';

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  /** The names of the tests that were left out. */
  readonly skipped: readonly string[];
}

interface Test {
  readonly name: string;
  readonly status: string;
}

/** Each test once; a file that failed outside its tests, for example while it was loaded, counts as one failure more. */
export function countTests(report: unknown): TestCount {
  const files = listIn(report, 'testResults');
  const tests = files.flatMap(testsOf);
  const failed = tests.filter(({ status }) => status === 'failed').length;
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const skipped = tests.filter(({ status }) => status !== 'failed' && status !== 'passed').map(({ name }) => name);
  return { passed, failed: failed + files.filter(failedOutside).length, skipped };
}

function failedOutside(file: unknown): boolean {
  return textIn(file, 'status') === 'failed' && testsOf(file).every(({ status }) => status !== 'failed');
}

function testsOf(file: unknown): Test[] {
  return listIn(file, 'assertionResults').map((test) => ({ name: textIn(test, 'fullName'), status: textIn(test, 'status') }));
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = isObject(value) ? value[key] : undefined;
  if (!Array.isArray(list)) throw new Error(`The report of vitest has no list ${key}: has its JSON reporter changed?`);
  return list;
}

function textIn(value: unknown, key: string): string {
  const text = isObject(value) ? value[key] : undefined;
  if (typeof text !== 'string') throw new Error(`The report of vitest has no text ${key}: has its JSON reporter changed?`);
  return text;
}
