/** `plan`: what a pass would change in an account now, as a table or as JSON. Nothing is written. */
import { parseArgs } from 'node:util';
import { ACCOUNT_OPTIONS, failureOf, optionsOf } from '../account.ts';
import { DIFFERENCES, IN_STEP } from '../exit.ts';
import { parseOptions } from '../options.ts';
import { table } from '../report/table.ts';
import { SETTINGS_OPTIONS, settingsOf } from '../settings.ts';
import { type AccountPlan, explainFailures, planAccount } from './plan.ts';

const PLAN_HELP = `alb-target-sync plan [options]

What a pass would change in the account now, and why. Reads only: the same plan as {"check": true} of the deployed function.

  --cluster ARN             cluster to read; may be repeated
  --target-group ARN        target group to plan for; may be repeated
  --cloud-map-service ARN   Cloud Map service to check; may be repeated. A new difference takes 10 s more
  --bind LINE               a line of binding, such as "target-group=web service=app port=8080"; may be repeated.
                            Without it, the groups' tags decide
  --settings FILE           take all of these from the deployed function instead: the output of
                            aws lambda get-function-configuration (- for standard input)
  --json                    one JSON document on standard output
  --profile, --region, --endpoint-url   as in the AWS CLI

Exit codes: 0 in step, 2 changes are planned, 252 bad options, 253 no credentials or region, 254 AWS refused or did not answer.`;

export async function planCommand(args: readonly string[]): Promise<number> {
  const values = valuesFrom(args);
  if (values.help) {
    console.log(PLAN_HELP);
    return IN_STEP;
  }
  const settings = settingsOf(values);
  const plan = await planAccount(settings, optionsOf(settings, values));
  if (values.json) console.log(JSON.stringify({ mode: 'plan', ...plan, failures: explainFailures(plan.failures) }));
  else console.log(renderPlan(plan));
  if (plan.failures.length > 0) throw failureOf(plan);
  return plan.changes.some(({ held }) => held === undefined) ? DIFFERENCES : IN_STEP;
}

function valuesFrom(args: readonly string[]) {
  return parseOptions('plan', () =>
    parseArgs({
      args: [...args],
      options: {
        ...SETTINGS_OPTIONS,
        ...ACCOUNT_OPTIONS,
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }),
  ).values;
}

/** The plan as text: the answer first. */
export function renderPlan(plan: AccountPlan): string {
  const due = plan.changes.filter(({ held }) => held === undefined);
  const later = plan.changes.filter(({ held }) => held !== undefined);
  const reads = Object.values(plan.calls).reduce((sum, count) => sum + count, 0);
  const rows = (changes: AccountPlan['changes']): string =>
    table(
      changes.map(({ kind, targetGroup, ip, port, because, taskArn, held }) => [
        kind === 'register' ? '+' : '-',
        `${ip}:${port}`,
        targetGroup,
        held === undefined ? because : `${because}; held: ${held}`,
        taskArn,
      ]),
    );
  return [
    due.length === 0 ? 'In step: nothing would be changed.' : `${due.length} changes would be made\n${rows(due)}`,
    later.length === 0 ? '' : `${later.length} more would be held\n${rows(later)}`,
    ...plan.findings.map(({ kind, subject, message, command }) =>
      [`${kind}  ${subject}`, `    ${message}`, ...(command === undefined ? [] : [`    ${command}`])].join('\n'),
    ),
    `Nothing was written: ${reads} read calls, 0 write calls.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
