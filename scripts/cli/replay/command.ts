/** `replay`: plays captured events, or says what an account needs now where they were captured. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { targetGroupNamed } from '../../../functions/core/binding.ts';
import { linesOfParameter } from '../../../functions/core/binding-sources.ts';
import { ACCOUNT_OPTIONS } from '../account.ts';
import { badEnvironment, badSyntax, DIFFERENCES, FAILED, IN_STEP } from '../exit.ts';
import { numberOf, parseOptions } from '../options.ts';
import { countOf } from '../report/html.ts';
import { progressLine } from '../report/screen.ts';
import type { Timeline } from '../report/timeline.ts';
import { mistakesIn, SETTINGS_OPTIONS } from '../settings.ts';
import { answerOf, markEvents, type ReplayAnswer } from './answer.ts';
import type { Order } from './delivery-order.ts';
import { readItems } from './envelopes.ts';
import { openInput } from './input.ts';
import type { Item } from './item.ts';
import { type Played, type PlayOptions, play, settingsOfItems } from './player.ts';
import { renderEvents, renderReplay } from './render.ts';

const REPLAY_HELP = `alb-target-sync replay [FILE...] [options]

Plays captured ECS events against a simulated account: its tasks become what the events tell, each event is delivered, and the
answer says what each event was taken for and why each target was changed. No account, no credentials. Files may be what the AWS
CLI, the console, SQS, SNS, Firehose, CloudWatch Logs or Lambda make of events, gzip or not; - or no file is standard input. The
outputs of describe-tasks, describe-target-health and list-instances are the state to begin with.

  --bind LINE         what feeds what, such as "target-group=web service=app port=8080"; may be repeated. Without it, each
                      service or family of the capture gets a target group of its own
  --port N            the port of those groups. Default: 8080
  --order ORDER       deliver by time (default), as-is, or shuffle=SEED
  --duplicate P       deliver an event twice with this chance, 0 to 1
  --lose P            never deliver it with this chance, 0 to 1
  --delay SECONDS     deliver each event so much later
  --lag SECONDS       reads of ECS are up to so far behind
  --seed N            which events are doubled and lost. Default: 1
  --html FILE         write a report page
  --json              one JSON document on standard output
  --strict            exit with 1 where anything could not be read
  --against account   read the account where the events come from instead, and say what a pass would change now. Nothing is
                      written. Takes --target-group ARN and the other options of plan: --cluster, --cloud-map-service,
                      --settings, --profile, --region, --endpoint-url

Exit codes: 0 in step, 2 differences, 1 nothing to replay, 252 bad options, 253 no credentials or region, 254 AWS refused.`;

export type ReplayValues = ReturnType<typeof read>['values'];

export async function replayCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args);
  if (values.help) {
    console.log(REPLAY_HELP);
    return IN_STEP;
  }
  const options = playOptionsOf(values);
  const { items, note: skippedNote } = await collect(filesOf(positionals));
  // The SDK and the page are loaded only where they are needed: they take longer to load than most captures to play.
  if (values.against !== undefined) return (await import('./against.ts')).compareWithAccount(items, values);
  const played = await playItems(items, options);
  const answer = answerOf(items, played);
  const notes = [...skippedNote, ...played.notes].join('\n');
  if (notes !== '' && values.json) process.stderr.write(`${notes}\n`);
  if (items.every(({ kind }) => kind === 'unreadable')) return refuse(answer, notes, values.json === true);
  if (values.html !== undefined) await writePage(values.html, timelineOf(titleOf(positionals, played), answer, played));
  console.log(values.json ? JSON.stringify(answer) : [renderReplay(answer, played), notes].join('\n\n').trimEnd());
  if (values.strict && answer.events.some(({ reading }) => reading === 'unreadable')) return FAILED;
  return played.differences.length === 0 ? IN_STEP : DIFFERENCES;
}

/** Not a word of being in step where nothing was played. */
function refuse(answer: ReplayAnswer, notes: string, isJson: boolean): number {
  if (isJson) console.log(JSON.stringify(answer));
  const why = 'Nothing to replay: there is no event and no snapshot in what was given.';
  process.stderr.write(`${[why, renderEvents(answer.events), isJson ? '' : notes].join('\n\n').trimEnd()}\n`);
  return FAILED;
}

function read(args: readonly string[]) {
  return parseOptions('replay', () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...SETTINGS_OPTIONS,
        ...ACCOUNT_OPTIONS,
        port: { type: 'string' },
        order: { type: 'string', default: 'time' },
        duplicate: { type: 'string' },
        lose: { type: 'string' },
        delay: { type: 'string' },
        lag: { type: 'string' },
        seed: { type: 'string' },
        html: { type: 'string' },
        json: { type: 'boolean' },
        strict: { type: 'boolean' },
        against: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }),
  );
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
  const name = targetGroupNamed(line);
  if (name === undefined || /^[A-Za-z0-9-]{1,32}$/.test(name)) return line;
  throw badSyntax(`--bind names the target group "${name}"; expected letters, digits and hyphens, at most 32.`);
}

/** An option that would have no effect is a misunderstanding. */
function refuseMixtures(values: ReplayValues): void {
  const { against } = values;
  if (against !== undefined && against !== 'account') throw badSyntax(`--against is "${against}"; expected account.`);
  const ofPlay = ['port', 'duplicate', 'lose', 'delay', 'lag', 'seed', 'html'] as const;
  const ofAccount = ['cluster', 'target-group', 'cloud-map-service', 'settings', 'profile', 'region', 'endpoint-url'] as const;
  const idle = (against === undefined ? ofAccount : ofPlay).find((name) => values[name] !== undefined);
  const why = against === undefined ? 'only goes with --against account' : 'does not go with --against account';
  if (idle !== undefined) throw badSyntax(`--${idle} ${why}. What there is: alb-target-sync replay --help`);
}

function orderOf(text: string): Order {
  if (text === 'time' || text === 'as-is') return { kind: text };
  const seed = /^shuffle=(\d{1,10})$/.exec(text)?.[1];
  if (seed === undefined) throw badSyntax(`--order is "${text}"; expected time, as-is or shuffle=SEED, such as shuffle=7.`);
  return { kind: 'shuffle', seed: Number(seed) };
}

function filesOf(positionals: readonly string[]): readonly string[] {
  if (positionals.length === 0 && process.stdin.isTTY) {
    throw badSyntax('No file to replay; expected files, or events on standard input. Make some: alb-target-sync sample');
  }
  const files = positionals.length === 0 ? ['-'] : positionals;
  if (files.filter((file) => file === '-').length > 1) throw badSyntax('- is given twice; standard input can be read once.');
  return files;
}

/** Everything in the files, and a note of what is known and carries no event. */
async function collect(
  files: readonly string[],
): Promise<{ readonly items: readonly Item[]; readonly note: readonly string[] }> {
  const line = progressLine('events read');
  const items: Item[] = [];
  const skipped = new Map<string, number>();
  const skip = (what: string): void => void skipped.set(what, (skipped.get(what) ?? 0) + 1);
  for await (const item of readItems(files, openInput, (_, found) => line.update(found), skip)) items.push(item);
  line.end();
  const counts = [...skipped].map(([what, count]) => `${what} (${count})`);
  return { items, note: counts.length === 0 ? [] : [`Without an event: ${counts.join(', ')}.`] };
}

async function playItems(items: readonly Item[], options: PlayOptions): Promise<Played> {
  refuseWires(items, options);
  const line = progressLine('events played');
  const total = items.filter(({ kind }) => kind === 'event').length;
  const played = await play(items, options, (done) => line.update(done, total));
  line.end();
  return played;
}

/** A capture without a readable cluster has nothing that a line could be read against. */
function refuseWires(items: readonly Item[], options: PlayOptions): void {
  if (options.binds.length === 0) return;
  const settings = settingsOfItems(items, options);
  const mistakes = settings.clusters.length === 0 ? [] : mistakesIn(linesOfParameter(settings));
  if (mistakes.length > 0) throw badSyntax(mistakes.join('\n'));
}

function titleOf(files: readonly string[], { events }: Played): string {
  const [first = '-', ...others] = files;
  const name = first === '-' ? 'standard input' : first;
  return `${name}${others.length === 0 ? '' : ` and ${others.length} more`}, ${countOf(events.length, 'event')}`;
}

function timelineOf(title: string, answer: ReplayAnswer, { recorder, events, differences }: Played): Timeline {
  const calls = Object.values(answer.calls).reduce((sum, count) => sum + count, 0);
  recorder.events.push(...markEvents(events));
  return recorder.timeline(title, [
    { label: 'tasks and targets', value: differences.length === 0 ? 'in step' : countOf(differences.length, 'difference') },
    { label: 'unreadable', value: String(answer.events.filter(({ reading }) => reading === 'unreadable').length) },
    { label: 'calls', value: String(calls) },
  ]);
}

async function writePage(file: string, timeline: Timeline): Promise<void> {
  const { renderPage } = await import('../report/page.ts');
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, renderPage(timeline));
  } catch (error) {
    throw badEnvironment(`The page ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
