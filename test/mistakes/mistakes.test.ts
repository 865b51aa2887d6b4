import { describe, expect, it } from 'vitest';
import { FILES, type Files, viewOf } from '../../scripts/tools/template/templates.ts';
import { RULES } from '../template/rules/rules.ts';
import { brokenRules } from './broken.ts';
import { type Mistake, plant } from './mistake.ts';
import { MISTAKES } from './mistakes.ts';
import { VARIANTS } from './variants.ts';

describe('a mistake of one line', () => {
  it.each(MISTAKES)('is noticed: $name ($file)', (mistake) => {
    expect(brokenRules(viewOf(plant(mistake, FILES)), mistake.caughtBy)).toHaveLength(1);
  });

  it('is one of at least sixty, each in one line and of its own kind', () => {
    expect(MISTAKES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(MISTAKES.map(({ file, name }) => `${file} ${name}`)).size).toBe(MISTAKES.length);
    for (const mistake of MISTAKES) expect([mistake.name, changedLines(mistake)]).toEqual([mistake.name, 1]);
  });

  it('is known for every rule: a rule that no mistake breaks holds nothing', () => {
    const needed = RULES.filter(({ name }) => !MISTAKES.some(({ caughtBy }) => name.startsWith(caughtBy)));
    expect(needed.map(({ name }) => name)).toEqual([]);
    for (const { caughtBy } of MISTAKES) expect(RULES.filter(({ name }) => name.startsWith(caughtBy))).toHaveLength(1);
  });
});

describe('another way to be right', () => {
  it.each(VARIANTS)('breaks no rule: $name', ({ edits }) => {
    const files = edits.reduce((sum: Files, edit) => plant({ name: 'variant', caughtBy: '', ...edit }, sum), FILES);
    expect(files).not.toEqual(FILES);
    expect(brokenRules(viewOf(files))).toEqual([]);
  });
});

/** How many lines were changed, added or taken away. */
function changedLines(mistake: Mistake): number {
  const before = (FILES[mistake.file] ?? '').split('\n');
  const after = (plant(mistake, FILES)[mistake.file] ?? '').split('\n');
  const same = before.findIndex((line, index) => line !== after[index]);
  const tail = (lines: readonly string[]) => lines.slice(same).reverse();
  const sameTail = tail(before).findIndex((line, index) => line !== tail(after)[index]);
  const [left, right] = [before, after].map(
    (lines) => lines.length - same - (sameTail < 0 ? Math.min(tail(before).length, tail(after).length) : sameTail),
  );
  return Math.max(left ?? 0, right ?? 0);
}
