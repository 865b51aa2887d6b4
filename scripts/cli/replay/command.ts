/** `replay`: plays captured events, or says what an account needs now where they were captured. */

import { closeSync, fstatSync, openSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { wordIn } from '../../../functions/core/binding.ts';
import { linesOfParameter } from '../../../functions/core/binding-sources.ts';
import { NO_COPIES, scopeOf } from '../../../functions/core/configuration.ts';
import { ACCOUNT_OPTIONS } from '../account.ts';
import type { AnsweredFailure } from '../answer.ts';
import { errors, reasonOf, typed } from '../errors.ts';
import { IN_STEP } from '../exit.ts';
import { explainFailures } from '../failures.ts';
import { type CommandSpec, HELP_OPTION, numberOf, parseOptions, toldHelp, wordOf } from '../options.ts';
import { writePage } from '../page.ts';
import { endOf } from '../plan/command.ts';
import { ACCOUNT_EXITS } from '../plan/plan.ts';
import { count, joined, sentences } from '../render.ts';
import { boundGroups } from '../report/recorder.ts';
import type { Report } from '../report/report.ts';
import { progressLine } from '../report/screen.ts';
import { mistakesIn, SETTINGS_OPTIONS } from '../settings.ts';
import { answerOf, markEvents, type ReplayAnswer } from './answer.ts';
import type { Order } from './delivery-order.ts';
import { readItems } from './envelopes.ts';
import { openInput } from './input.ts';
import type { Item } from './item.ts';
import { type Played, type PlayOptions, play, settingsOfItems } from './player.ts';
import { renderEvents, renderReplay } from './render.ts';
import { Repair } from './repair.ts';

const { bind, ...ACCOUNT_SETTINGS } = SETTINGS_OPTIONS;

const REPLAY = {
  name: 'replay',
  examples: [
    typed('replay', 'churn.json'),
    typed('replay', 'churn.json tasks.json --bind "target-group=web service=app port=8080" --html report.html'),
  ],
  about:
    'Plays captured ECS events against a simulated account: its tasks become what the events tell, each event is delivered, and the ' +
    'answer says what each event was taken for and why each target was changed. No account, no credentials. Files may be what the ' +
    'AWS CLI, the console, SQS, SNS, Firehose, CloudWatch Logs or Lambda make of events, gzip or not; - or no file is standard ' +
    'input. The outputs of describe-tasks, describe-target-health and list-instances are the state to begin with.',
  options: {
    bind: {
      ...bind,
      about:
        'what feeds what, such as "target-group=web service=app port=8080"; may be repeated. Without it, each service or family of the capture gets ' +
        'a target group of its own',
    },
    port: { type: 'string', value: 'N', about: 'the port of those groups. Default: 8080' },
    order: { type: 'string', default: 'time', value: 'ORDER', about: 'deliver by time (default), as-is, or shuffle=SEED' },
    duplicate: { type: 'string', value: 'P', about: 'deliver an event twice with this chance, 0 to 1' },
    lose: { type: 'string', value: 'P', about: 'never deliver it with this chance, 0 to 1' },
    delay: { type: 'string', value: 'SECONDS', about: 'deliver each event so much later' },
    lag: { type: 'string', value: 'SECONDS', about: 'reads of ECS are up to so far behind' },
    seed: { type: 'string', value: 'N', about: 'which events are doubled and lost. Default: 1' },
    html: { type: 'string', value: 'FILE', about: 'write a report page, too' },
    json: { type: 'boolean', about: 'one JSON document on standard output (docs/reference.md)' },
    strict: { type: 'boolean', about: 'exit with 1 if anything in the files could not be read' },
    against: {
      type: 'string',
      value: 'account',
      about:
        'read the account where the events come from instead, and say what a pass would change there now. Nothing is written. ' +
        'The options below are for it',
    },
    ...ACCOUNT_SETTINGS,
    ...ACCOUNT_OPTIONS,
    ...HELP_OPTION,
  },
  exits: [
    [0, 'in step, or what could be read agrees'],
    [1, 'nothing could be played, a named file cannot be read, or, with --strict, anything in one'],
    [2, 'tasks and targets differ, or a --bind line selects no task'],
    [130, 'ended by Ctrl-C'],
    [252, 'an option is wrong'],
    ...ACCOUNT_EXITS,
  ],
} as const satisfies CommandSpec;

export type ReplayValues = ReturnType<typeof read>['values'];

export async function replayCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args);
  if (toldHelp(REPLAY, values)) return IN_STEP;
  const options = playOptionsOf(values);
  const { files, failures } = openable(filesOf(positionals));
  const { items, notes } = await collect(files);
  const isEmpty = items.every(({ kind }) => kind === 'unreadable');
  // The SDK and the page are loaded only where they are needed: they take longer to load than most captures to play.
  if (values.against !== undefined && !isEmpty)
    return (await import('./against.ts')).compareWithAccount(items, failures, values);
  const played = await playItems(items, options);
  const answer = answerOf(items, played, { failures, notes, isStrict: values.strict === true });
  if (answer.notes.length > 0 && values.json) process.stderr.write(`${answer.notes.join('\n')}\n`);
  if (isEmpty) return refuse(answer, values.json === true);
  const page =
    values.html === undefined ? '' : await writePage(values.html, reportOf(titleOf(positionals, played), answer, played));
  console.log(values.json ? JSON.stringify(answer) : joined([renderReplay(answer, played), page]));
  return endOf(answer);
}

/** Where nothing was played there is no answer: what was given, and why it is none, is the error. */
function refuse(answer: ReplayAnswer, isJson: boolean): number {
  if (isJson) console.log(JSON.stringify(answer));
  const { headline, events, failures, notes, exitCode } = answer;
  const files = failures.length === 0 ? '' : explainFailures(failures);
  throw errors.notRead(
    exitCode,
    joined([sentences(headline), events.length === 0 ? '' : renderEvents(events), files, isJson ? '' : notes.join('\n')]),
  );
}

/** The files that can be opened, and why the others cannot: a named file that is missing must not pass for an empty one. */
function openable(files: readonly string[]): {
  readonly files: readonly string[];
  readonly failures: readonly AnsweredFailure[];
} {
  const failures = files.flatMap((file): AnsweredFailure[] => {
    const why = file === '-' ? undefined : whyUnreadable(file);
    if (why === undefined) return [];
    return [
      { kind: 'file', operation: 'read', resource: file, message: why, advice: 'Check the name; the other files were read.' },
    ];
  });
  return { files: files.filter((file) => !failures.some(({ resource }) => resource === file)), failures };
}

function whyUnreadable(file: string): string | undefined {
  try {
    const descriptor = openSync(file, 'r');
    const isFolder = fstatSync(descriptor).isDirectory();
    closeSync(descriptor);
    return isFolder ? 'it is a folder' : undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function read(args: readonly string[]) {
  return parseOptions(REPLAY, () => parseArgs({ args: [...args], allowPositionals: true, options: REPLAY.options }));
}

function playOptionsOf(values: ReplayValues): PlayOptions {
  refuseMixtures(values);
  const chance = { fallback: 0, from: 0, to: 1 };
  const seconds = { fallback: 0, from: 0, to: 86_400 };
  return {
    order: orderOf(values.order),
    duplicateP: numberOf({ option: '--duplicate', text: values.duplicate, ...chance }),
    loseP: numberOf({ option: '--lose', text: values.lose, ...chance }),
    delayMs: 1_000 * numberOf({ option: '--delay', text: values.delay, ...seconds }),
    lagMs: 1_000 * numberOf({ option: '--lag', text: values.lag, ...seconds }),
    seed: numberOf({ option: '--seed', text: values.seed, fallback: 1, from: 0, to: 4_294_967_295, isWhole: true }),
    binds: (values.bind ?? []).map(withName),
    port: numberOf({ option: '--port', text: values.port, fallback: 8080, from: 1, to: 65_535, isWhole: true }),
  };
}

function withName(line: string): string {
  const name = wordIn(line, 'target-group');
  if (name === undefined || /^[A-Za-z0-9-]{1,32}$/.test(name)) return line;
  throw errors.badValue('target-group= in --bind', name, 'letters, digits and hyphens, at most 32');
}

/** An option that would have no effect is a misunderstanding. */
function refuseMixtures(values: ReplayValues): void {
  const { against } = values;
  if (against !== undefined) wordOf('--against', against, ['account']);
  const ofPlay = ['port', 'duplicate', 'lose', 'delay', 'lag', 'seed', 'html'] as const;
  const ofAccount = ['cluster', 'target-group', 'cloud-map-service', 'settings', 'profile', 'region', 'endpoint-url'] as const;
  const idle = (against === undefined ? ofAccount : ofPlay).find((name) => values[name] !== undefined);
  const why = against === undefined ? 'only goes with --against account' : 'does not go with --against account';
  if (idle !== undefined) throw errors.uselessOption('replay', `--${idle}`, why);
}

function orderOf(text: string): Order {
  if (text === 'time' || text === 'as-is') return { kind: text };
  const seed = /^shuffle=(\d{1,10})$/.exec(text)?.[1];
  if (seed === undefined) throw errors.badValue('--order', text, 'time, as-is or shuffle=SEED, such as shuffle=7');
  return { kind: 'shuffle', seed: Number(seed) };
}

function filesOf(positionals: readonly string[]): readonly string[] {
  if (positionals.length === 0 && process.stdin.isTTY) throw errors.noInput();
  const files = positionals.length === 0 ? ['-'] : positionals;
  if (files.filter((file) => file === '-').length > 1) throw errors.inputTwice();
  return files;
}

/** Everything in the files, and a note of what is known and carries no event. */
async function collect(
  files: readonly string[],
): Promise<{ readonly items: readonly Item[]; readonly notes: readonly string[] }> {
  const line = progressLine('events read');
  const repair = new Repair();
  const items: Item[] = [];
  const skipped = new Map<string, number>();
  const skip = (what: string): void => void skipped.set(what, (skipped.get(what) ?? 0) + 1);
  for await (const item of readItems(files, openInput, (_, found) => line.update(found), skip)) items.push(repair.item(item));
  line.end();
  const counts = [...skipped].map(([what, count]) => `${what} (${count})`);
  const without = counts.length === 0 ? [] : [`Without an event: ${counts.join(', ')}.`];
  const all = repair.all(items);
  return { items: all, notes: [...without, ...repair.remarks()] };
}

async function playItems(items: readonly Item[], options: PlayOptions): Promise<Played> {
  refuseWrongLines(items, options);
  const line = progressLine('events played');
  const total = items.filter(({ kind }) => kind === 'event').length;
  const played = await play(items, options, (done) => line.update(done, total));
  line.end();
  return played;
}

/** A capture without a readable cluster has nothing that a line could be read against. */
function refuseWrongLines(items: readonly Item[], options: PlayOptions): void {
  if (options.binds.length === 0) return;
  const settings = settingsOfItems(items, options);
  const mistakes = settings.clusters.length === 0 ? [] : mistakesIn(linesOfParameter(scopeOf(settings, NO_COPIES)));
  if (mistakes.length > 0) throw errors.badLines(mistakes);
}

function titleOf(files: readonly string[], { events }: Played): string {
  const [first = '-', ...others] = files;
  const name = first === '-' ? 'standard input' : first;
  return `${name}${others.length === 0 ? '' : ` and ${others.length} more`}, ${count(events.length, 'event')}`;
}

function reportOf(source: string, answer: ReplayAnswer, { recorder, events, settings }: Played): Report {
  recorder.events.push(...markEvents(events));
  const rows = answer.differences.map(({ what, address, targetGroup }) => [what, address, targetGroup]);
  return {
    ...answer,
    source,
    changes: answer.changes.filter(({ outcome }) => outcome !== 'made'),
    tables: [{ title: 'Differences between tasks and targets', head: ['What', 'Address', 'Target group'], rows }],
    timeline: recorder.timeline(boundGroups(settings)),
  };
}
