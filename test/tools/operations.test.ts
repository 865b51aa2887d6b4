/** docs/operations.md against template.yaml: a section for each alarm, with the four parts that somebody on call needs. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../functions/core/json.ts';
import { lookUp, objectOf, parseTemplate, TEXT } from '../../scripts/tools/template/template.ts';

const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const IS_ALARM = /^AWS::CloudWatch::(Composite)?Alarm$/;

/** Texts of the sections of the second level by their anchors, as GitHub makes them. */
function sectionsIn(page: string): Map<string, string> {
  return new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((text) => [text.split('\n', 1).join('').toLowerCase().replaceAll(' ', '-'), text]),
  );
}

/** What each alarm's text ends with. */
function anchorsOfAlarms(): string[] {
  const resources = Object.values(objectOf(parseTemplate(TEXT)['Resources'])).filter(isObject);
  const alarms = resources.filter(({ Type }) => IS_ALARM.test(String(Type)));
  return alarms.map((alarm) => {
    const text = String(lookUp(alarm, 'Properties', 'AlarmDescription')).trim();
    return / Runbook: docs\/operations\.md#([a-z-]+)$/.exec(text)?.[1] ?? `no anchor: ${text}`;
  });
}

describe('docs/operations.md', () => {
  it('has one section for each alarm of the template, and a section of that form for nothing else', () => {
    const runbook = [...sectionsIn(PAGE)].filter(([, text]) => text.includes('**It means:**')).map(([anchor]) => anchor);
    expect(anchorsOfAlarms().length).toBeGreaterThan(10);
    expect(anchorsOfAlarms().sort()).toEqual(runbook.sort());
  });

  it.each(anchorsOfAlarms())(
    'says under %s what it means, where to look, what to do and how to see that it is over',
    (anchor) => {
      expect(sectionsIn(PAGE).get(anchor)).toMatch(
        /\*\*It means:\*\* \S[\s\S]+\*\*Look here( and do this)?:\*\* \S[\s\S]+\*\*It is over\*\* when \S/,
      );
      expect(sectionsIn(PAGE).get(anchor)).toMatch(/\*\*(Do this|Look here and do this):\*\*/);
    },
  );

  it('names no output of the stack that the template has not, and every command among them', () => {
    const outputs = Object.keys(objectOf(parseTemplate(TEXT)['Outputs']));
    const named = [...PAGE.matchAll(/`(\w+Command\w*)`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !outputs.includes(name))).toEqual([]);
    expect(outputs.filter((name) => name.includes('Command') && !named.includes(name))).toEqual([]);
  });

  it('links to sections that exist', () => {
    const findings = readFileSync(new URL('../../docs/findings.md', import.meta.url), 'utf8');
    const anchors = new Set([...findings.matchAll(/^#{2,3} (.+)$/gm)].map(([, title = '']) => title.toLowerCase()));
    const links = (page: string, to: string) =>
      [...page.matchAll(/\]\(([a-z.]*)#([a-z-]+)\)/g)].filter(([, file]) => file === to).map(([, , anchor = '']) => anchor);
    expect(links(PAGE, '').filter((anchor) => !sectionsIn(PAGE).has(anchor))).toEqual([]);
    expect(links(PAGE, 'findings.md').filter((anchor) => !anchors.has(anchor))).toEqual([]);
    expect(links(findings, 'operations.md').filter((anchor) => !sectionsIn(PAGE).has(anchor))).toEqual([]);
    expect(links(findings, '').filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });
});
