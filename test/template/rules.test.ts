import { describe, expect, it } from 'vitest';
import { FILES, viewOf } from '../../scripts/tools/template/templates.ts';
import { RULES } from './rules/rules.ts';

describe('the templates', () => {
  const view = viewOf(FILES);

  it.each(RULES)('$name', ({ check }) => {
    expect.hasAssertions();
    check(view);
  });

  it('are held by rules of different names', () => {
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
  });
});
