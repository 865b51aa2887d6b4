import { describe, expect, it } from 'vitest';
import { costTables, dollarsOf, exampleLines, productLines } from '../../scripts/tools/docs/cost.ts';
import { isCurrent } from '../../scripts/tools/docs/section.ts';
import { FILES, viewOf } from '../../scripts/tools/template/templates.ts';

const view = viewOf(FILES);

describe('the cost', () => {
  it('is counted in docs/cost.md from the templates as they are: npm run docs', () => {
    expect(isCurrent(new URL('../../docs/cost.md', import.meta.url), 'cost', costTables(view))).toBe(true);
  });

  it('of the product stays below five dollars a month', () => {
    expect(dollarsOf(productLines(view.root()))).toBeLessThan(5);
  });

  it('follows the templates: more NAT costs more, nothing running costs less', () => {
    const usual = dollarsOf(exampleLines(view.scenario()));
    expect(dollarsOf(exampleLines(view.scenario({ NatMode: 'perAz' }))) - usual).toBeCloseTo(730 * (0.045 + 0.005), 5);
    expect(dollarsOf(exampleLines(view.scenario({ DesiredCount: 0 })))).toBeLessThan(usual);
  });
});
