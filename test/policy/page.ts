/** docs/policy.md, from what was found. */
import type { SettingsText } from '../../scripts/simulator/deployment.ts';
import type { DeniedCase, Party } from './denied.ts';
import { type Grant, type PolicyFindings, reasonOf } from './findings.ts';
import { roleOf, type Statement } from './role.ts';

/** Calls that Lambda makes with the function's role, and not the function: nothing of ours sends them. */
const BY_LAMBDA = /^(?:sqs:|ec2:|kms:|logs:CreateLogStream$|logs:PutLogEvents$)/;

export const PARTIES: readonly Party[] = ['by tag', 'by name', 'spoke', 'between'];

export function isByLambda({ action }: Pick<Grant, 'action'>): boolean {
  return BY_LAMBDA.test(action);
}

export function isUnlimited({ statement }: Grant): boolean {
  return statement.resources.includes('*') && statement.condition === undefined;
}

/** The grants that the function itself uses, in all three roles. */
export function ownGrants({ grants }: PolicyFindings): readonly Grant[] {
  return Object.values(grants).flatMap((each) => each.filter((grant) => !isByLambda(grant)));
}

export function renderPolicyPage(findings: PolicyFindings): string {
  const lines = [
    ...INTRODUCTION,
    ...summaryOf(findings),
    ...grantsOf(findings),
    ...reasons(findings),
    ...byLambda(findings.run.byTag),
    ...between(findings),
    ...deniedCases(findings),
  ];
  return [...lines, ...UNKNOWN, ''].join('\n');
}

const INTRODUCTION = [
  '# What the function may do, and what it does',
  '',
  '<!-- Written by `npm run tables`; a test compares. -->',
  '',
  'The roles in [template.yaml](../template.yaml) and [infra/spoke.yaml](../infra/spoke.yaml) are compared with what the function sends',
  "to simulated accounts, both ways. IAM is simulated by `@cloud-copilot/iam-simulate` with AWS's tables of actions; nothing here was",
  'asked of AWS itself. Every test that plays the function, in process or as the built bundle, fails when a call leaves that the role',
  'of its stack, or of the spoke that it goes to, does not allow.',
  '',
];

const UNKNOWN = [
  '## What this cannot tell',
  '',
  "The tables of actions disagree on `servicediscovery:ListInstances`: AWS's current one knows the Cloud Map service as its resource,",
  'older ones only `*`. Should AWS deny it, the check of Cloud Map fails with a message that says so, and no write is touched.',
];

function summaryOf(findings: PolicyFindings): string[] {
  const { denied, cases, allowed, wanted, wantedAllowed } = findings;
  const own = ownGrants(findings);
  const onAny = own.filter(({ statement }) => statement.resources.includes('*'));
  return [
    '| | |',
    '| --- | --- |',
    `| grants to the function, used by it | ${own.length}, ${own.filter(({ used }) => used > 0).length} |`,
    `| requests of the function that are denied | ${denied.length} |`,
    `| what takes both accounts, allowed | ${wanted.length}, ${wantedAllowed.length} |`,
    `| cases that must be denied, allowed | ${cases.length}, ${allowed.length} |`,
    `| writes on \`*\` | ${onAny.filter(({ narrowing }) => narrowing.writes).length} |`,
    `| reads on \`*\`, of those limited by a condition | ${onAny.length}, ${onAny.filter((grant) => !isUnlimited(grant)).length} |`,
    '',
  ];
}

function grantsOf({ grants }: PolicyFindings): string[] {
  const byTag = new Set(grants['by tag'].map(questionsOf));
  const differing = grants['by name'].filter((grant) => !byTag.has(questionsOf(grant)));
  return [
    '## Grants',
    '',
    '*Used*: so many kinds of calls of the function were allowed by this very statement.',
    '',
    'With no parameter but `SpokeAccountIds`, `SpokeRoleName` and `EventBusName`; without those, `sts` and `events` are not granted. Reads',
    'of tasks reach every region of the account, since a line may name a cluster of another one.',
    '',
    ...tableOf(grants['by tag']),
    'Where parameters name clusters, groups and Cloud Map services, these differ, and `WriteTaggedTargets` is not granted. In `observe`',
    'there is no write.',
    '',
    ...tableOf(differing),
    'The role of a spoke, which the function assumes. It cannot write.',
    '',
    ...tableOf(grants.spoke),
  ];
}

function tableOf(grants: readonly Grant[]): string[] {
  return [
    '| action | | on | where | used |',
    '| --- | --- | --- | --- | --- |',
    ...grants.filter((grant) => !isByLambda(grant)).map(rowOf),
    '',
  ];
}

function questionsOf({ action, statement }: Grant): string {
  return JSON.stringify([action, statement]);
}

function reasons(findings: PolicyFindings): string[] {
  const onAny = ownGrants(findings).filter(({ statement }) => statement.resources.includes('*'));
  const sids = [...new Set(onAny.map(({ statement }) => statement.sid))];
  return [
    '## Reads on `*`, and why',
    '',
    'As the template says beside each. A test holds the reason against the tables of actions.',
    '',
    ...sids.map((sid) => `- **${sid}**: ${reasonOf(sid) ?? 'no reason given'}`),
    '',
  ];
}

/** In a stack with everything that gives Lambda more to do. */
function byLambda(settings: SettingsText): string[] {
  const key = 'arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef';
  const { statements } = roleOf(settings, { SubnetIds: ['subnet-01234567'], KmsKeyArn: key });
  const grants = statements.flatMap((statement: Statement) => statement.actions.map((action) => ({ statement, action })));
  return [
    '## Granted for Lambda',
    '',
    "With the same role, Lambda polls the queue and writes the log. No code of ours makes these calls; they are those that Lambda's",
    'guide asks for ("Using Lambda with Amazon SQS", "Sending Lambda function logs to CloudWatch Logs"). Those of `ec2` are granted with',
    '`SubnetIds` alone, those of `kms` with `KmsKeyArn`.',
    '',
    '| action | on |',
    '| --- | --- |',
    ...grants
      .filter(isByLambda)
      .map(({ action, statement }) => `| ${code(action)} | ${statement.resources.map(code).join('<br>')} |`),
    '',
  ];
}

function between({ wanted, wantedAllowed }: PolicyFindings): string[] {
  return [
    '## Allowed between accounts',
    '',
    'By the role of the one and by the policy of the other: the trust policies of a spoke, and the policy of the bus of the hub.',
    '',
    '| case | tried | allowed |',
    '| --- | --- | --- |',
    ...kindsOf(wanted).map((kind) => `| ${kind} | ${countOf(wanted, kind)} | ${countOf(wantedAllowed, kind)} |`),
    '',
  ];
}

function deniedCases({ cases, allowed }: PolicyFindings): string[] {
  const columns = PARTIES.join(' | ');
  return [
    '## Denied',
    '',
    'Each recorded request on something beside its resource, and every action of the services that the function calls and that is not',
    'granted, on every kind of resource that it takes, with the names, the cluster and the tag of the granted ones. How many were tried',
    'with the role of a stack that finds *by tag*, of one that *names* everything, of a *spoke*, and *between* accounts: there the one',
    'side would allow it. The last column says how many of them were allowed.',
    '',
    `| case | ${columns} | allowed |`,
    `| --- |${' --- |'.repeat(PARTIES.length)} --- |`,
    ...kindsOf(cases).map((kind) => {
      const tried = PARTIES.map((party) => countOf(cases, kind, party) || '');
      return `| ${[kind, ...tried, countOf(allowed, kind)].join(' | ')} |`;
    }),
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

function kindsOf(cases: readonly DeniedCase[]): string[] {
  return [...new Set(cases.map(({ kind }) => kind))];
}

function countOf(cases: readonly DeniedCase[], kind: string, party?: Party): number {
  return cases.filter((each) => each.kind === kind && (party === undefined || each.party === party)).length;
}

function code(text: string): string {
  return `\`${text}\``;
}
