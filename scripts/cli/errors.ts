/**
 * Every error that ends a command. Each says what was typed, what was expected and what to do, in words of the command line: options
 * and files, never a variable that only the deployed function has. docs/errors.md shows them all as they come out.
 */
import { BAD_SYNTAX, Ending, UNKNOWN } from './exit.ts';

/** How a command is typed. `npx` is not: outside the checkout it would run whatever somebody publishes under our name. */
export function typed(command: string, options = ''): string {
  return `npm run -s ${command}${options === '' ? '' : ` -- ${options}`}`;
}

function help(command: string): string {
  return `All options: ${typed(command, '--help')}`;
}

function maybe(word: string | undefined): string {
  return word === undefined ? '' : ` Did you mean ${word}?`;
}

function bad(message: string): Ending {
  return new Ending(BAD_SYNTAX, message);
}

export const errors = {
  noCommand: (overview: string) => bad(overview),

  unknownCommand: (name: string, near: string | undefined, commands: readonly string[]) =>
    bad(`There is no command "${name}".${maybe(near)} Commands: ${commands.join(', ')}.`),

  unknownOption: (command: string, option: string, near: string | undefined) =>
    bad(`There is no option ${option}.${maybe(near)} ${help(command)}`),

  optionWithoutValue: (command: string, option: string, value: string) =>
    bad(`${option} has no value; expected ${option} ${value}. ${help(command)}`),

  optionWithValue: (command: string, option: string) => bad(`${option} takes no value. ${help(command)}`),

  unexpectedWord: (command: string, word: string) =>
    bad(`"${word}" is not an option, and ${command} takes no file. ${help(command)}`),

  badValue: (option: string, value: string, expected: string, near?: string) =>
    bad(`${option} is "${value}"; expected ${expected}.${maybe(near)}`),

  /** One message for all lines, a mistake a line. */
  badLines: (mistakes: readonly string[]) => bad(mistakes.join('\n')),

  uselessOption: (command: string, option: string, why: string) => bad(`${option} ${why}. ${help(command)}`),

  unreadableFile: (option: string, file: string, why: string) =>
    new Ending(UNKNOWN, `${option}${file} cannot be read: ${why}.`),

  unwritableFile: (option: string, file: string, why: string) =>
    new Ending(UNKNOWN, `${option} ${file} cannot be written: ${why}.`),

  /** A settings file that is not what it should be. */
  badSettings: (file: string, mistakes: readonly string[]) =>
    bad(
      `--settings ${file} cannot be used:\n${mistakes.map((mistake) => `  ${mistake}\n`).join('')}` +
        'Expected the output of aws cloudformation describe-stacks --stack-name STACK, or that of aws lambda ' +
        'get-function-configuration --function-name NAME',
    ),

  /** A file with alarms that is not what it should be. */
  badAlarms: (file: string, why: string) =>
    bad(
      `--alarms ${file} cannot be used: ${why}. Expected the output of aws cloudwatch describe-alarms --alarm-name-prefix STACK`,
    ),

  noStack: () =>
    bad(
      'Which stack? Pipe it in: aws cloudformation describe-stacks --stack-name STACK | ' +
        `${typed('status', '--settings -')} (STACK is alb-target-sync unless you chose another name)`,
    ),

  noInput: () =>
    bad(
      `No file to replay: name files, or pipe events in. To make some: ${typed('sample', '--status life --count 20')} > churn.json`,
    ),

  inputTwice: () => bad('- is given twice; standard input can be read once.'),

  unknownTask: (id: string, known: readonly string[]) =>
    bad(
      `--task ${id}: no task of the bindings has this id. ` +
        (known.length === 0
          ? 'None was read.'
          : `Tasks that were read: ${known.slice(0, 5).join(', ')}${known.length > 5 ? ', ...' : ''}`),
    ),

  /** What could not be read of an account or of files: the lines of failures.ts, after the answer has gone to standard output. */
  notRead: (code: number, text: string) => new Ending(code, text),
} as const;

/** What the file system says, without its code and call. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not open it',
  EPERM: 'you may not open it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'a part of its path is no folder',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
};
