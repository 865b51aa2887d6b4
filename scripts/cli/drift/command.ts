/** `drift`: tasks, targets and instances side by side, what differs, since when, and the command that would mend it. Reads only. */
import { parseArgs } from 'node:util';
import { findingRecord } from '../../../functions/core/report.ts';
import { ACCOUNT_OPTIONS, failureOf, optionsOf } from '../account.ts';
import { badSyntax, DIFFERENCES, IN_STEP } from '../exit.ts';
import { parseOptions } from '../options.ts';
import { explainFailures } from '../plan/plan.ts';
import { SETTINGS_OPTIONS, settingsOf } from '../settings.ts';
import { type AccountDrift, readDrift } from './read.ts';
import { renderDrift, renderTask } from './render.ts';
import { rowsOf } from './rows.ts';
import { readSimulatedDrift } from './simulated.ts';

const DRIFT_HELP = `alb-target-sync drift [options]

Whether ECS, the target groups and Cloud Map agree: one row per address, what differs and since when, the command that would
mend it, and limits that are nearly reached. Reads only. A difference that was not there before is looked at twice, 10 s apart.

  --task ID                 this task alone: its interface, addresses, targets and instances
  --simulated               an account that is simulated, in which things have come apart; needs no credentials
  --cluster ARN             cluster to read; may be repeated
  --target-group ARN        target group to compare; may be repeated
  --cloud-map-service ARN   Cloud Map service to compare; may be repeated
  --bind LINE               a line of binding, such as "target-group=web service=app port=8080"; may be repeated.
                            Without it, the groups' tags decide; Cloud Map services are bound by their tags
  --settings FILE           take all of these from the deployed function instead: the output of
                            aws lambda get-function-configuration (- for standard input)
  --json                    one JSON document on standard output
  --profile, --region, --endpoint-url   as in the AWS CLI

Exit codes: 0 in step, 2 something was found, 252 bad options, 253 no credentials or region, 254 AWS refused or did not answer.`;

export async function driftCommand(args: readonly string[]): Promise<number> {
  const values = valuesFrom(args);
  if (values.help) {
    console.log(DRIFT_HELP);
    return IN_STEP;
  }
  const drift = values.simulated ? await readSimulatedDrift() : await readAccount(values);
  if (values.json) console.log(JSON.stringify(recordOf(drift)));
  else if (values.task === undefined) console.log(renderDrift(drift));
  else console.log(screenOf(drift, values.task));
  if (drift.failures.length > 0) throw failureOf(drift);
  return drift.findings.length + drift.planned.length > 0 ? DIFFERENCES : IN_STEP;
}

function valuesFrom(args: readonly string[]) {
  return parseOptions('drift', () =>
    parseArgs({
      args: [...args],
      options: {
        ...SETTINGS_OPTIONS,
        ...ACCOUNT_OPTIONS,
        task: { type: 'string' },
        simulated: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }),
  ).values;
}

function readAccount(values: ReturnType<typeof valuesFrom>): Promise<AccountDrift> {
  const settings = settingsOf(values);
  return readDrift(settings, optionsOf(settings, values));
}

function screenOf(drift: AccountDrift, id: string): string {
  const screen = renderTask(drift, id);
  if (screen !== undefined) return screen;
  throw badSyntax(
    `No task of the bindings has the id ${id}, running or known by an instance. Give the id or the ARN of one of them.`,
  );
}

function recordOf(drift: AccountDrift) {
  const { findings, failures, calls, extras, nowMs } = drift;
  return {
    mode: 'drift',
    rows: rowsOf(drift),
    findings: findings.map((each) => findingRecord(each, nowMs)),
    failures: explainFailures(failures),
    unread: extras.failures,
    calls,
  };
}
