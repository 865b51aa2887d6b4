/** Options of a command: declared once, for reading and for the help. */
import { errors, typed } from './errors.ts';
import { indented, table, terminalWidth, wrap } from './layout.ts';
import { nearest } from './nearest.ts';

interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  readonly default?: string;
  /** What stands for the value in the help, such as ARN. */
  readonly value?: string;
  readonly about: string;
}

type Options = Readonly<Record<string, OptionSpec>>;

export interface CommandSpec {
  readonly name: string;
  /** Two commands to copy. */
  readonly examples: readonly [string, string];
  readonly about: string;
  readonly options: Options;
  readonly exits: readonly (readonly [code: number, meaning: string])[];
}

export const HELP_OPTION = { help: { type: 'boolean', short: 'h', about: 'this text' } } as const;

/** Piped help is laid out for this many columns. */
const HELP_WIDTH = 100;

/** First two commands to copy, then what the command does, its options and its exit codes. */
function helpOf({ examples, about, options, exits }: CommandSpec): string {
  const width = Math.min(HELP_WIDTH, terminalWidth());
  const rows = Object.entries(options).map(([name, { value, about: text, short }]) => [
    `--${name}${short === undefined ? '' : `, -${short}`}${value === undefined ? '' : ` ${value}`}`,
    text,
  ]);
  return [
    examples.map((command) => `  ${command}`).join('\n'),
    indented(about, '', width),
    `Options\n${table({ rows }, width)}`,
    `Exit codes\n${table({ rows: exits.map(([code, meaning]) => [String(code), meaning]) }, width)}`,
  ].join('\n\n');
}

/** Prints the help where it is asked for; says whether it was. */
export function toldHelp(spec: CommandSpec, { help }: { readonly help?: boolean | undefined }): boolean {
  if (help === true) console.log(helpOf(spec));
  return help === true;
}

/** Runs parseArgs. What it refuses is reported in our words, with the nearest option. */
export function parseOptions<Parsed>({ name, options }: CommandSpec, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    const { code, message } = error instanceof Error && 'code' in error ? error : { code: '', message: String(error) };
    const word = /'([^']*)'/.exec(message)?.[1] ?? '';
    const option = /--[\w-]+/.exec(message)?.[0] ?? word;
    const spec = options[option.slice(2)];
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const near = nearest(
        word,
        Object.keys(options).map((each) => `--${each}`),
      );
      throw errors.unknownOption(name, word, near);
    }
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') throw errors.unexpectedWord(name, word);
    if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') throw error;
    throw spec?.type === 'boolean'
      ? errors.optionWithValue(name, option)
      : errors.optionWithoutValue(name, option, spec?.value ?? 'VALUE');
  }
}

interface Range {
  readonly option: string;
  readonly text: string | undefined;
  readonly fallback: number;
  readonly from: number;
  readonly to: number;
  readonly isWhole?: boolean;
}

/** The number that an option gives, within its range. */
export function numberOf({ option, text, fallback, from, to, isWhole = false }: Range): number {
  if (text === undefined) return fallback;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to && (!isWhole || Number.isInteger(value))) return value;
  throw errors.badValue(option, text, `a ${isWhole ? 'whole ' : ''}number from ${from} to ${to}`);
}

/** The one of the words that the option gives. */
export function wordOf<const Word extends string>(option: string, text: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw errors.badValue(option, text, words.join(', '), words.length > 1 ? nearest(text, words) : undefined);
}

/** All commands, for the help without a command. */
export function overviewOf(commands: readonly CommandSummary[]): string {
  const width = Math.min(HELP_WIDTH, terminalWidth());
  return [
    `  ${typed('replay', 'churn.json')}\n  ${typed('plan')}`,
    `Commands\n${table({ rows: commands.map(({ name, summary }) => [name, summary]) }, width)}`,
    wrap(
      `None of them writes to AWS. replay and sample need no account and no credentials. Options of a command: ${typed('plan', '--help')}`,
      width,
    ).join('\n'),
  ].join('\n\n');
}

export interface CommandSummary {
  readonly name: string;
  readonly summary: string;
}
