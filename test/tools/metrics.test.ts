/** The metrics of docs/reference.md against those that the code sends, and those on which alarms of the template stand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../functions/adapters/telemetry.ts';
import { isObject } from '../../functions/core/json.ts';
import { lookUp, objectOf, parseTemplate, TEXT } from '../../scripts/tools/template/template.ts';

const PAGE = readFileSync(new URL('../../docs/reference.md', import.meta.url), 'utf8');

/** Rows of the table below the heading. */
const ROWS = (/^## Metrics\n([\s\S]*?)(?:\n## |$(?![\s\S]))/m.exec(PAGE)?.[1] ?? '')
  .split('\n')
  .filter((line) => /^\| [A-Z]/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the metrics of docs/reference.md', () => {
  it('are those that the code sends, in their units', () => {
    expect(Object.fromEntries(ROWS.map(([, name = '', unit = '']) => [name, unit]))).toEqual(METRICS);
  });

  it('name the section of the alarm that stands on them, where there is one', () => {
    const alarms = Object.values(objectOf(parseTemplate(TEXT)['Resources']))
      .filter(isObject)
      .filter((resource) => lookUp(resource, 'Properties', 'Namespace') === 'AlbTargetSync')
      .map((alarm) => {
        const text = String(lookUp(alarm, 'Properties', 'AlarmDescription'));
        return [String(lookUp(alarm, 'Properties', 'MetricName')), /operations\.md#[a-z-]+/.exec(text)?.[0]] as const;
      });
    const linked = ROWS.filter(([, , , alarm]) => alarm !== '').map(
      ([, name = '', , alarm = '']) => [name, /operations\.md#[a-z-]+/.exec(alarm)?.[0]] as const,
    );
    expect(linked.sort()).toEqual(alarms.sort());
  });
});
