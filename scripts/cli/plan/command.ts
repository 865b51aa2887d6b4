/** `plan`: what a pass would change in an account now, as text, as JSON or as a page. Nothing is written. */
import { parseArgs } from 'node:util';
import { ACCOUNT_OPTIONS } from '../account.ts';
import type { Answer } from '../answer.ts';
import { errors, typed } from '../errors.ts';
import { IN_STEP } from '../exit.ts';
import { explainFailures } from '../failures.ts';
import { type CommandSpec, HELP_OPTION, parseOptions, toldHelp } from '../options.ts';
import { writePage } from '../page.ts';
import { openNamed } from '../read-account.ts';
import { callsText, changesTable, findingsPart, joined, sentences, timeText, unreadPart } from '../render.ts';
import { SETTINGS_OPTIONS } from '../settings.ts';
import { ACCOUNT_EXITS, planAnswer } from './plan.ts';

const PLAN = {
  name: 'plan',
  examples: [typed('plan'), typed('plan', '--cluster ARN --target-group ARN --bind "service=app port=8080"')],
  about:
    'What a pass would change in the account now, and why: the same plan as {"check": true} of the deployed function, without ' +
    'anything deployed. Reads only. What no option names is found: clusters, and target groups and Cloud Map services with the tag ' +
    'alb-target-sync. A new difference in Cloud Map takes 10 s more, since it is looked at twice.',
  options: {
    ...SETTINGS_OPTIONS,
    json: { type: 'boolean', about: 'one JSON document on standard output (docs/reference.md)' },
    html: { type: 'string', value: 'FILE', about: 'write a page, too' },
    ...ACCOUNT_OPTIONS,
    ...HELP_OPTION,
  },
  exits: [
    [0, 'in step: everything was read, and nothing would be changed'],
    [1, 'nothing or not everything could be compared, or a named file cannot be read'],
    [2, 'changes are due or held, or an instance in Cloud Map differs'],
    [252, 'an option is wrong'],
    ...ACCOUNT_EXITS,
  ],
} as const satisfies CommandSpec;

export async function planCommand(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(PLAN, () => parseArgs({ args: [...args], options: PLAN.options }));
  if (toldHelp(PLAN, values)) return IN_STEP;
  const { options, account } = await openNamed(values);
  const answer = planAnswer(await account.read(), options);
  const page =
    values.html === undefined
      ? ''
      : await writePage(values.html, { ...answer, source: 'plan', tables: [], timeline: undefined });
  if (values.json) console.log(JSON.stringify(answer));
  else console.log(joined([renderPlan(answer), page]));
  return endOf(answer);
}

/** The exit code of the answer. Why something could not be read goes to standard error, after the answer. */
export function endOf({ failures, exitCode }: Pick<Answer, 'failures' | 'exitCode'>): number {
  if (failures.length > 0) throw errors.notRead(exitCode, explainFailures(failures));
  return exitCode;
}

/** The plan as text: the answer first. */
export function renderPlan({ headline, changes, findings, resources, calls, endedAt }: Answer): string {
  return joined([
    sentences(headline),
    changesTable(
      'Due now',
      changes.filter(({ outcome }) => outcome === 'due'),
    ),
    changesTable(
      'Would change (observe)',
      changes.filter(({ outcome }) => outcome === 'observed'),
    ),
    changesTable(
      'Held',
      changes.filter(({ outcome }) => outcome === 'held'),
    ),
    unreadPart(resources),
    findingsPart(findings),
    sentences(`${callsText(calls)}${endedAt === null ? '' : ` Read at ${timeText(endedAt)}.`}`),
  ]);
}
