/** Where things are, and how a step runs the tools that verify has installed. */
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../scripts/tools/emulators/program.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const VENV = join(ROOT, '.venv');
/** What steps leave behind. Git ignores it. */
export const OUTPUT = join(ROOT, '.aws-sam');
export const NODE = join(ROOT, 'node_modules/.bin/node');

/** Far more than any step takes: what hangs must not hang for good. */
const COMMAND_TIME_MS = 900_000;

/** Runs one program to its end. Resolves to what it wrote to its standard output, or rejects with all that it wrote. */
export function command(
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = [join(ROOT, 'node_modules/.bin'), join(VENV, 'bin'), process.env['PATH']].join(delimiter);
  const env = { ...process.env, ...more, PATH: path, SAM_CLI_TELEMETRY: '0' };
  return runProgram(program, args, { folder: ROOT, env, timeoutMs: COMMAND_TIME_MS });
}
