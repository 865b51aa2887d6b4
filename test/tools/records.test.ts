/** The events and log records of docs/reference.md against what the code sends and logs. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { announceChanges, announceFindings } from '../../functions/core/announcement.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { NOTHING_OPEN } from '../../functions/core/next-pass.ts';
import { recordFields } from '../../functions/core/ownership.ts';
import { planChanges } from '../../functions/core/plan.ts';
import { changeRecords, NOTHING_WRITTEN, type Pass, passRecord } from '../../functions/core/report.ts';
import { aGroup, aSnapshot, binding, groupArn, runningTask } from '../support/values.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PAGE = read('docs/reference.md');

/** The cells of each table row between the text and the next heading or table. */
function rowsAfter(text: string): string[][] {
  const [, rest = ''] = PAGE.split(text);
  const table = /\| --- [^\n]*\n((?:\|[^\n]*\n)+)/.exec(rest)?.[1] ?? '';
  return table
    .trim()
    .split('\n')
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '')));
}

/** The words in backquotes. */
function wordsIn(cell = ''): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
}

/** Fields that a row of the log records names, without the values in parentheses. */
function fieldsOf(record: string): string[] {
  const row = rowsAfter('\n## Log records\n').find(([name]) => name === record);
  return wordsIn(row?.[2]?.replaceAll(/\([^)]*\)/g, ''));
}

const TASK = runningTask('new', '10.0.0.1', { startedAtMs: 98_000 });
const CHANGES = planChanges(
  aSnapshot({
    tasks: [TASK],
    targets: [],
    describedAtMs: 99_000,
    bindings: [binding('service=app port=8080 zone=all', { listed: [TASK] })],
  }),
);
const PASS: Pass = {
  group: aGroup(),
  trigger: 'messages',
  startedAtMs: 99_000,
  endedAtMs: 100_000,
  hints: 0,
  snapshot: undefined,
  planned: CHANGES,
  written: { ...NOTHING_WRITTEN, done: CHANGES },
  held: [],
  findings: [],
  failures: [],
  behind: [],
  open: NOTHING_OPEN,
};
/** The compiler wants every field that a finding may have. */
const FINDING: Required<Finding> = {
  kind: 'stale',
  subject: 'i-1',
  message: 'It is stale.',
  sinceMs: 1_000,
  command: 'aws help',
  address: '10.0.0.1',
  task: 'none',
  target: 'none',
  instance: 'i-1',
  expected: 'none',
};

describe('the events of docs/reference.md', () => {
  it.each([
    ['Target Deregistered`:', announceChanges(PASS)],
    ['`kind` and `subject` are:', announceFindings(new Map(), new Map([['stale i-1', FINDING]]), 100_000)],
  ])('have the fields that are sent (%s)', (text, [announcement]) => {
    const documented = rowsAfter(text).flatMap(([cell]) => wordsIn(cell));
    expect(documented.sort()).toEqual(Object.keys(announcement?.detail ?? {}).sort());
  });
});

describe('the log records of docs/reference.md', () => {
  it('are those that the code writes', () => {
    const calls = [
      ...read('functions/adapters/telemetry.ts').matchAll(
        /(?:#logger(?:\.\w+|\[[^\]]+\])|#log)\('([^']+)'|'message', '(run)'/g,
      ),
    ];
    const logged = new Set(calls.map(([, name, run]) => name ?? run));
    expect(
      rowsAfter('\n## Log records\n')
        .map(([name]) => name)
        .sort(),
    ).toEqual([...logged].sort());
    expect(logged.size).toBeGreaterThan(5);
  });

  it('have the fields of a pass, a change and the record of writes', () => {
    expect(fieldsOf('pass').sort()).toEqual(Object.keys(passRecord(PASS)).sort());
    expect(fieldsOf('record').sort()).toEqual(Object.keys(recordFields('register', groupArn(), [])).sort());
    const detail = rowsAfter('Target Deregistered`:').flatMap(([cell]) => wordsIn(cell));
    const left = ['schemaVersion', 'targetGroupArn'];
    expect(['kind', ...detail.filter((field) => !left.includes(field))].sort()).toEqual(
      Object.keys(changeRecords(PASS)[0] ?? {}).sort(),
    );
  });
});
