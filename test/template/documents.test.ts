import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costTables, dollarsOf, exampleLines, METRICS, productLines } from '../../scripts/tools/docs/cost.ts';
import { drawScenario } from '../../scripts/tools/docs/diagram.ts';
import { withMade } from '../../scripts/tools/docs/made.ts';
import { FILES, ofType, viewOf } from '../../scripts/tools/template/templates.ts';

const view = viewOf(FILES);

describe('documents', () => {
  it.each([
    ['infrastructure.md', 'scenario', drawScenario(view)],
    ['cost.md', 'cost', costTables(view)],
  ])('docs/%s shows the templates as they are: npm run docs', (file, name, made) => {
    const text = readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
    expect(withMade(text, name, made)).toBe(text);
  });

  it('have a place for what is made', () => {
    expect(() => withMade('# Cost', 'cost', '')).toThrow('no place for cost');
  });
});

describe('the drawing', () => {
  it('has every service and every way between them', () => {
    const drawing = drawScenario(view);
    for (const { properties } of ofType(view.scenario(), 'AWS::ECS::Service'))
      expect(drawing).toContain(`service ${properties['ServiceName']} :`);
    expect(drawing).toContain('balancer -->|":8080"| App');
    expect(drawing).toContain('App -->|":3306"| Database');
    expect(drawing).toContain('tag: service=app port=8080');
  });
});

describe('the cost', () => {
  it('of the product stays below three and a half dollars a month', () => {
    expect(dollarsOf(productLines(view.root()))).toBeLessThan(3.5);
  });

  it('counts the metrics that are published', () => {
    const telemetry = readFileSync(new URL('../../functions/adapters/telemetry.ts', import.meta.url), 'utf8');
    const [, names = ''] = /const METRICS = \[(.*?)\]/s.exec(telemetry) ?? [];
    expect(names.match(/'[A-Za-z]+'/g)).toHaveLength(METRICS);
  });

  it('follows the templates: more NAT costs more, nothing running costs less', () => {
    const usual = dollarsOf(exampleLines(view.scenario()));
    expect(dollarsOf(exampleLines(view.scenario({ NatMode: 'perAz' }))) - usual).toBeCloseTo(730 * (0.045 + 0.005), 5);
    expect(dollarsOf(exampleLines(view.scenario({ DesiredCount: 0 })))).toBeLessThan(usual);
  });
});
