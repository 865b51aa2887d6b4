/** Reading of the command line: a mistake names the word and what was expected, and ends with the exit code for that. */
import { badSyntax } from './exit.ts';

/** Does what `parse` does with the arguments; what it refuses is told with the way to the command's help. */
export function parseOptions<Parsed>(command: string, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    // Node goes on to explain how an argument may begin with a hyphen, which nobody meant who has mistyped an option.
    const [told] = (error instanceof Error ? error.message : String(error)).split(/ To specify a positional|\n/);
    throw badSyntax(`${told?.replace(/\.$/, '')}. What there is: alb-target-sync ${command} --help`);
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
  throw badSyntax(`${option} is "${text}"; expected a ${isWhole ? 'whole ' : ''}number from ${from} to ${to}.`);
}
