/** `drift`: tasks, targets and instances side by side, what differs, since when, and the command that would mend it. Reads only. */
import { parseArgs } from 'node:util';
import { systemClock } from '../../../functions/adapters/aws.ts';
import { taskIdOf } from '../../../functions/core/values.ts';
import { ACCOUNT_OPTIONS, clientOptionsOf } from '../account.ts';
import { errors, typed } from '../errors.ts';
import { IN_STEP } from '../exit.ts';
import { explainFailures } from '../failures.ts';
import { type CommandSpec, HELP_OPTION, numberOf, parseOptions, toldHelp } from '../options.ts';
import { writePage } from '../page.ts';
import { endOf } from '../plan/command.ts';
import { ACCOUNT_EXITS } from '../plan/plan.ts';
import { openAccount } from '../read-account.ts';
import { joined } from '../render.ts';
import { namedBy, SETTINGS_OPTIONS } from '../settings.ts';
import { type AccountDrift, type DriftAnswer, driftAnswer, readDrift } from './read.ts';
import { addressesTable, renderDrift, renderTask } from './render.ts';
import { openSimulatedAccount } from './simulated.ts';

const DRIFT = {
  name: 'drift',
  examples: [typed('drift', '--simulated'), typed('drift')],
  about:
    'Whether ECS, the target groups and Cloud Map agree: one row per address, what differs and since when, the command that would ' +
    'mend it, and limits that are nearly reached. Reads only. What no option names is found: clusters, and target groups and Cloud ' +
    'Map services with the tag alb-target-sync. A difference that was not there before is looked at twice, 10 s apart.',
  options: {
    simulated: { type: 'boolean', about: 'a simulated account in which things have come apart; needs no credentials' },
    task: { type: 'string', value: 'ID', about: 'this task alone: its interface, addresses, targets and instances' },
    watch: { type: 'boolean', about: 'read again and again until Ctrl-C' },
    every: { type: 'string', value: 'SECONDS', about: 'with --watch: from one reading to the next, 5 to 3600. Default: 30' },
    ...SETTINGS_OPTIONS,
    json: { type: 'boolean', about: 'one JSON document on standard output, with --watch one a line (docs/reference.md)' },
    html: { type: 'string', value: 'FILE', about: 'write a page, too' },
    ...ACCOUNT_OPTIONS,
    ...HELP_OPTION,
  },
  exits: [
    [0, 'in step: everything was read, it agrees, and nothing was found'],
    [1, 'nothing or not everything could be compared, or a named file cannot be read'],
    [2, 'an address differs, or something else was found'],
    [130, 'ended by Ctrl-C'],
    [252, 'an option is wrong'],
    ...ACCOUNT_EXITS,
  ],
} as const satisfies CommandSpec;

type Values = ReturnType<typeof valuesFrom>;

/** Reads the account; called again, what differs is known since the first time. */
interface Source {
  read(): Promise<{ readonly drift: AccountDrift; readonly answer: DriftAnswer }>;
  /** Waits for the next reading. */
  wait(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export async function driftCommand(args: readonly string[]): Promise<number> {
  const values = valuesFrom(args);
  if (toldHelp(DRIFT, values)) return IN_STEP;
  const everyMs = 1_000 * numberOf({ option: '--every', text: values.every, fallback: 30, from: 5, to: 3_600 });
  refuseMixtures(values);
  const source = await sourceOf(values);
  try {
    if (values.watch) return await watch(source, values, everyMs);
    const { drift, answer } = await source.read();
    await show(drift, answer, values);
    return endOf(answer);
  } finally {
    await source.close();
  }
}

function valuesFrom(args: readonly string[]) {
  return parseOptions(DRIFT, () => parseArgs({ args: [...args], options: DRIFT.options })).values;
}

/** An option that would have no effect is a misunderstanding. */
function refuseMixtures(values: Values): void {
  const refuse = (name: string, why: string): never => {
    throw errors.uselessOption('drift', `--${name}`, why);
  };
  if (values.every !== undefined && !values.watch) refuse('every', 'only goes with --watch');
  if (values.watch && values.html !== undefined) refuse('html', 'does not go with --watch');
  if (values.task !== undefined && values.json) refuse('json', 'does not go with --task');
  if (values.task !== undefined && values.html !== undefined) refuse('html', 'does not go with --task');
  const ofAccount = [
    'cluster',
    'target-group',
    'cloud-map-service',
    'bind',
    'settings',
    'profile',
    'region',
    'endpoint-url',
  ] as const;
  const idle = values.simulated ? ofAccount.find((name) => values[name] !== undefined) : undefined;
  if (idle !== undefined) refuse(idle, 'does not go with --simulated');
}

async function sourceOf(values: Values): Promise<Source> {
  let beganMs: number | undefined;
  if (values.simulated) {
    const { account, options, clock, close } = await openSimulatedAccount();
    const wait = async (milliseconds: number): Promise<void> => {
      await systemClock.sleep(milliseconds);
      await clock.sleep(milliseconds);
    };
    return { close, wait, read: () => readOnce(account, options) };
  }
  const named = namedBy(values);
  const options = clientOptionsOf(values, named);
  const account = await openAccount(named, values);
  return {
    close: async () => undefined,
    wait: (milliseconds) => systemClock.sleep(milliseconds),
    read: () => readOnce(account, options),
  };

  async function readOnce(...[opened, from]: [Parameters<typeof readDrift>[0], Parameters<typeof readDrift>[1]]) {
    const drift = await readDrift(opened, from, beganMs);
    beganMs ??= drift.beganMs;
    return { drift, answer: driftAnswer(drift, from) };
  }
}

/** Ends by Ctrl-C, with the exit code for that. */
async function watch(source: Source, values: Values, everyMs: number): Promise<never> {
  for (;;) {
    const { drift, answer } = await source.read();
    if (process.stdout.isTTY && !values.json) process.stdout.write('\x1b[2J\x1b[H');
    await show(drift, answer, values);
    // While somebody watches, what cannot be read now may be readable at the next reading.
    if (answer.failures.length > 0) process.stderr.write(`${explainFailures(answer.failures)}\n`);
    if (!values.json) console.log('');
    await source.wait(everyMs);
  }
}

async function show(drift: AccountDrift, answer: DriftAnswer, values: Values): Promise<void> {
  const report = { ...answer, source: 'drift', tables: [addressesTable(answer)], timeline: undefined };
  const page = values.html === undefined ? '' : await writePage(values.html, report);
  if (values.json) console.log(JSON.stringify(answer));
  else if (values.task === undefined) console.log(joined([renderDrift(answer), page]));
  else console.log(screenOf(drift, answer, values.task));
}

/** A task that is not found may be one that could not be read: then it is not the id that is wrong. */
function screenOf(drift: AccountDrift, answer: DriftAnswer, id: string): string {
  const screen = renderTask(drift, id);
  if (screen !== undefined) return screen;
  if (answer.failures.length > 0) return answer.headline;
  throw errors.unknownTask(
    id,
    drift.tasks.map(({ arn }) => taskIdOf(arn)),
  );
}
