import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeMutants, readMutants, scoreOf } from '../../scripts/tools/mutate/score.ts';

const folder = mkdtempSync(join(tmpdir(), 'score-'));
afterAll(() => rmSync(folder, { recursive: true }));

function mutants(...statuses: readonly string[]) {
  return statuses.map((status, index) => ({ status, line: 10 - index, mutator: 'StringLiteral', replacement: '"" +\n  ""' }));
}

describe('a score', () => {
  it('is the share of what tests notice, without the exempt', () => {
    const all = mutants('Killed', 'Killed', 'Timeout', 'Survived', 'NoCoverage', 'RuntimeError', 'Ignored', 'CompileError');
    expect(scoreOf('core/plan', all)).toMatchObject({ file: 'core/plan', percent: 50, killed: 3, alive: 3, exempt: 1 });
  });

  it('is whole where there is nothing to notice', () => {
    expect(scoreOf('app/ports', mutants('Ignored')).percent).toBe(100);
  });

  it('names what is alive in the order of the lines, in one line each', () => {
    expect(describeMutants(mutants('Survived', 'Killed', 'NoCoverage'))).toEqual([
      'line 8: NoCoverage, StringLiteral: "" + ""',
      'line 10: Survived, StringLiteral: "" + ""',
    ]);
  });
});

describe('the report of Stryker', () => {
  it('is read mutant by mutant', () => {
    const file = join(folder, 'kept.json');
    const mutant = { status: 'Killed', location: { start: { line: 3, column: 1 } }, mutatorName: 'BooleanLiteral' };
    writeFileSync(file, JSON.stringify({ files: { 'functions/core/plan.ts': { mutants: [mutant] } } }));
    expect(readMutants(file)).toEqual([{ status: 'Killed', line: 3, mutator: 'BooleanLiteral', replacement: '' }]);
  });

  it('may be missing', () => {
    expect(readMutants(join(folder, 'none.json'))).toBeUndefined();
  });
});
