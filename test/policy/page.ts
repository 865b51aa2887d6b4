/** docs/policy.md, from what was found. */
import { type Grant, type PolicyFindings, reasonOf } from './findings.ts';

/** Calls that Lambda makes with the function's role, and not the function: nothing of ours sends them. */
const BY_LAMBDA = /^(sqs|logs):/;

export function isByLambda({ action }: Grant): boolean {
  return BY_LAMBDA.test(action);
}

export function isUnlimited({ statement }: Grant): boolean {
  return statement.resources.includes('*') && statement.condition === undefined;
}

export function renderPolicyPage(findings: PolicyFindings): string {
  const own = findings.grants.filter((grant) => !isByLambda(grant));
  const lines = [
    ...INTRODUCTION,
    ...summaryOf(findings, own),
    ...grantsOf(own),
    ...byLambda(findings),
    ...deniedCases(findings),
  ];
  return [...lines, ...UNKNOWN, ''].join('\n');
}

const INTRODUCTION = [
  '# What the function may do, and what it does',
  '',
  '<!-- Written by `npm run tables`; a test compares. -->',
  '',
  'The role in [template.yaml](../template.yaml) is compared with what the function sends to a simulated account, both ways. IAM is',
  "simulated by `@cloud-copilot/iam-simulate` with AWS's tables of actions; nothing here was asked of AWS itself. Every test that",
  'plays the function, in process or as the built bundle, fails when a call leaves that the role of its stack does not allow.',
  '',
];

const UNKNOWN = [
  '## What this cannot tell',
  '',
  "The tables of actions disagree on `servicediscovery:ListInstances`: AWS's current one knows the Cloud Map service as its resource,",
  'older ones only `*`. Should AWS deny it, the check of Cloud Map fails with a message that says so, and no write is touched.',
];

function summaryOf({ run, denied, cases, allowed }: PolicyFindings, own: readonly Grant[]): string[] {
  const onAny = own.filter(({ statement }) => statement.resources.includes('*'));
  return [
    '| | |',
    '| --- | --- |',
    `| grants to the function, used by it | ${own.length}, ${own.filter(({ used }) => used > 0).length} |`,
    `| different requests recorded for this page, denied | ${run.recorded.length}, ${denied.length} |`,
    `| cases that must be denied, allowed | ${cases.length}, ${allowed.length} |`,
    `| writes on \`*\` | ${onAny.filter(({ narrowing }) => narrowing.writes).length} |`,
    `| reads on \`*\`, of those limited by a condition | ${onAny.length}, ${onAny.filter((grant) => !isUnlimited(grant)).length} |`,
    '',
  ];
}

function grantsOf(own: readonly Grant[]): string[] {
  const onAny = own.filter(({ statement }) => statement.resources.includes('*'));
  const sids = [...new Set(onAny.map(({ statement }) => statement.sid))];
  return [
    '## Grants',
    '',
    'With `enforce` and one Cloud Map service. *Used* counts the different questions that IAM was asked: per action, resource,',
    'cluster and settings of the stack.',
    '',
    '| action | | on | where | used |',
    '| --- | --- | --- | --- | --- |',
    ...own.map(rowOf),
    '',
    '## Reads on `*`, and why',
    '',
    'As template.yaml says beside each. A test holds the reason against the tables of actions.',
    '',
    ...sids.map((sid) => `- **${sid}**: ${reasonOf(sid) ?? 'no reason given'}`),
    '',
  ];
}

function byLambda({ grants }: PolicyFindings): string[] {
  return [
    '## Granted for Lambda',
    '',
    "With the same role, Lambda polls the queue and writes the log. No code of ours makes these calls; they are those that Lambda's",
    'guide asks for ("Using Lambda with Amazon SQS", "Sending Lambda function logs to CloudWatch Logs").',
    '',
    '| action | on |',
    '| --- | --- |',
    ...grants
      .filter(isByLambda)
      .map(({ action, statement }) => `| ${code(action)} | ${statement.resources.map(code).join('<br>')} |`),
    '',
  ];
}

function deniedCases(findings: PolicyFindings): string[] {
  return [
    '## Denied',
    '',
    'Each recorded request on something beside its resource, and every action of the three services that is not granted, on every',
    'kind of resource that it takes, with the names and the cluster of the granted ones.',
    '',
    '| case | tried | allowed |',
    '| --- | --- | --- |',
    ...kindsOf(findings).map((cells) => `| ${cells.join(' | ')} |`),
    '',
  ];
}

function rowOf({ action, statement, used, narrowing }: Grant): string {
  const where = Object.entries(statement.condition ?? {}).map(([operator, test]) =>
    code(`${operator} ${JSON.stringify(test)}`),
  );
  const cells = [
    code(action),
    narrowing.writes ? 'write' : 'read',
    statement.resources.map(code).join('<br>'),
    where.join('<br>'),
    used,
  ];
  return `| ${cells.join(' | ')} |`;
}

function kindsOf({ cases, allowed }: PolicyFindings): (readonly [string, number, number])[] {
  return [...new Set(cases.map(({ kind }) => kind))].map((kind) => [
    kind,
    cases.filter((each) => each.kind === kind).length,
    allowed.filter((told) => told.startsWith(`${kind}: `)).length,
  ]);
}

function code(text: string): string {
  return `\`${text}\``;
}
