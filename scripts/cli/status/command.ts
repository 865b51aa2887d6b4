/** `status`: what an operator asks first of a deployed stack. Reads only. */
import { parseArgs } from 'node:util';
import { ACCOUNT_OPTIONS } from '../account.ts';
import { errors, typed } from '../errors.ts';
import { IN_STEP } from '../exit.ts';
import { explainFailures } from '../failures.ts';
import { type CommandSpec, HELP_OPTION, numberOf, parseOptions, toldHelp } from '../options.ts';
import { endOf } from '../plan/command.ts';
import { ACCOUNT_EXITS } from '../plan/plan.ts';
import { callsText, count, durationText, findingsPart, joined, section, sentences, timeText, unreadPart } from '../render.ts';
import { SETTINGS_OPTIONS } from '../settings.ts';
import { openSource } from './source.ts';
import { agoSeconds, HINT_QUEUE, LOG, QUEUE, type StatusAnswer, type StatusGroup } from './status.ts';

const STATUS = {
  name: 'status',
  examples: [
    `aws cloudformation describe-stacks --stack-name STACK | ${typed('status', '--settings -')}`,
    typed('status', '--simulated --watch'),
  ],
  about:
    'How a deployed stack is: does the function run, is it paused, is every target group in step or since when not, what was found, ' +
    'and what to do next. Reads only: the tags and the newest lines of the log group, and what plan reads. A difference younger ' +
    'than 90 s is under way, and no trouble.',
  options: {
    settings: {
      ...SETTINGS_OPTIONS.settings,
      about:
        'the stack: the output of aws cloudformation describe-stacks, or that of aws lambda get-function-configuration, which does not ' +
        'name the dead-letter queue (- for standard input)',
    },
    alarms: {
      type: 'string',
      value: 'FILE',
      about: 'its alarms: the output of aws cloudwatch describe-alarms --alarm-name-prefix STACK',
    },
    simulated: { type: 'boolean', about: 'a simulated stack in which something is wrong for a while; needs no credentials' },
    watch: { type: 'boolean', about: 'read again and again until Ctrl-C' },
    every: { type: 'string', value: 'SECONDS', about: 'with --watch: from one reading to the next, 5 to 3600. Default: 30' },
    json: { type: 'boolean', about: 'one JSON document on standard output, with --watch one a line (docs/reference.md)' },
    ...ACCOUNT_OPTIONS,
    ...HELP_OPTION,
  },
  exits: [
    [0, 'in step: everything was read, and nobody has to do anything'],
    [1, 'nothing or not everything could be compared, or a named file cannot be read'],
    [2, 'somebody should look: not running, paused, out of step, an outage, a mistake, an alarm, dead letters'],
    [130, 'ended by Ctrl-C'],
    [252, 'an option is wrong'],
    ...ACCOUNT_EXITS,
  ],
} as const satisfies CommandSpec;

type Values = ReturnType<typeof valuesFrom>;

export async function statusCommand(args: readonly string[]): Promise<number> {
  const values = valuesFrom(args);
  if (toldHelp(STATUS, values)) return IN_STEP;
  const everyMs = 1_000 * numberOf({ option: '--every', text: values.every, fallback: 30, from: 5, to: 3_600 });
  refuseMixtures(values);
  const source = await openSource(values);
  try {
    for (;;) {
      const answer = await source.read();
      show(answer, values);
      if (!values.watch) return endOf(answer);
      // While somebody watches, what cannot be read now may be readable at the next reading.
      if (answer.failures.length > 0) process.stderr.write(`${explainFailures(answer.failures)}\n`);
      await source.wait(everyMs);
    }
  } finally {
    await source.close();
  }
}

function valuesFrom(args: readonly string[]) {
  return parseOptions(STATUS, () => parseArgs({ args: [...args], options: STATUS.options })).values;
}

/** An option that would have no effect is a misunderstanding. */
function refuseMixtures(values: Values): void {
  const refuse = (name: string, why: string): never => {
    throw errors.uselessOption('status', `--${name}`, why);
  };
  if (values.every !== undefined && !values.watch) refuse('every', 'only goes with --watch');
  const ofAccount = ['settings', 'alarms', 'profile', 'region', 'endpoint-url'] as const;
  const idle = values.simulated ? ofAccount.find((name) => values[name] !== undefined) : undefined;
  if (idle !== undefined) refuse(idle, 'does not go with --simulated');
  if (values.settings === undefined && !values.simulated) throw errors.noStack();
  if (values.settings === '-' && values.alarms === '-') throw errors.inputTwice();
  // Standard input can be read once, and the alarms are read each time.
  if (values.watch && values.alarms === '-') refuse('alarms', '- does not go with --watch: name a file, and write it anew');
}

function show(answer: StatusAnswer, { json, watch }: Values): void {
  if (watch && process.stdout.isTTY && !json) process.stdout.write('\x1b[2J\x1b[H');
  console.log(json ? JSON.stringify(answer) : renderStatus(answer));
  if (watch && !json) console.log('');
}

/** The answer first, what to do next below it, and then a line for everything that is not as it should be. */
function renderStatus(answer: StatusAnswer): string {
  const { headline, next, runbook, groups, findings, resources, calls, endedAt } = answer;
  const urgent = findings.filter(({ severity }) => severity !== 'notice').toSorted(byUrgency);
  const notices = findings.length - urgent.length;
  return joined([
    sentences(headline),
    [next === null ? '' : `Next: ${next}`, runbook === null ? '' : `Runbook: ${runbook}`]
      .filter((line) => line !== '')
      .join('\n'),
    section(`Stack ${answer.stack}`, [], stackRows(answer)),
    section(
      'Target groups',
      [],
      groups
        .filter(({ state, outages, mistakes }) => state !== 'agrees' || outages + mistakes > 0)
        .map((group) => groupRow(group, endedAt)),
    ),
    unreadPart(resources),
    findingsPart(urgent),
    unnamed(answer, urgent.length),
    notices === 0 ? '' : `${count(notices, 'notice')} besides (--json has all)`,
    sentences(`${callsText(calls)}${endedAt === null ? '' : ` Read at ${timeText(endedAt)}.`}`),
  ]);
}

/** What only lasts, such as a contest, is seen by the function and by no single look. */
function unnamed({ lastRun }: StatusAnswer, named: number): string {
  const more = (lastRun?.outages ?? 0) + (lastRun?.mistakes ?? 0) - named;
  return more > 0 ? `The function counts ${more} more, which the stack's CheckCommand names.` : '';
}

function byUrgency(one: { readonly severity: string }, other: { readonly severity: string }): number {
  return Number(other.severity === 'outage') - Number(one.severity === 'outage');
}

function stackRows(answer: StatusAnswer): string[][] {
  const { isPaused, lastRun, version, hints, deadLetters, alarms, resources, endedAt } = answer;
  const isLogRead = resources.every(({ type, name, isRead }) => type !== 'stack' || name !== LOG || isRead);
  const ago = lastRun === null ? '' : durationText(agoSeconds(lastRun.at, Date.parse(endedAt ?? lastRun.at)));
  const run =
    lastRun === null
      ? isLogRead
        ? 'none in the last 15 min'
        : 'not read'
      : `${ago} ago: drift age ${durationText(lastRun.driftAgeSeconds)}, outages ${lastRun.outages}, mistakes ${lastRun.mistakes}, errors ${lastRun.errors}`;
  return [
    ['last pass', run],
    ['paused', isPaused === null ? 'not read' : isPaused ? 'yes' : 'no'],
    ['alarms', alarms === null ? 'not asked: --alarms FILE' : alarms.join(', ') || 'none rings'],
    ['dead letters', deadLetters === null ? unreadQueue(resources, QUEUE) : String(deadLetters)],
    ['waiting hints', hints === null ? unreadQueue(resources, HINT_QUEUE) : String(hints)],
    ['version', version ?? 'not known: the settings do not have it'],
  ];
}

function unreadQueue(resources: StatusAnswer['resources'], queue: string): string {
  const isAsked = resources.some(({ type, name }) => type === 'stack' && name === queue);
  return isAsked ? 'not read' : 'not asked: the settings do not name the queue';
}

function groupRow(
  { name, state, since, waiting, left, why, outages, mistakes }: StatusGroup,
  endedAt: string | null,
): string[] {
  const age = since === null ? '' : ` for ${durationText((Date.parse(endedAt ?? since) - Date.parse(since)) / 1_000)}`;
  const told = [
    waiting === 0 ? '' : `${count(waiting, 'change')} to make`,
    left === 0 ? '' : `${count(left, 'change')} left`,
    why.length === 0 ? '' : `(${why.join(', ')})`,
    outages === 0 ? '' : count(outages, 'outage'),
    mistakes === 0 ? '' : count(mistakes, 'mistake'),
  ];
  return [name, `${state}${age}`, told.filter((part) => part !== '').join(' ')];
}
