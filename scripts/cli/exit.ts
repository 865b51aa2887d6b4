/** Ways to end, with the exit codes of the AWS CLI (AWS CLI guide, "Command line return codes"). */

export const IN_STEP = 0;
/** Nothing can be said: a named file cannot be read, or what was read is no evidence. */
export const UNKNOWN = 1;
export const DIFFERS = 2;
const INTERRUPTED = 130;
export const BAD_SYNTAX = 252;
export const BAD_ENVIRONMENT = 253;
export const SERVICE_ERROR = 254;

/** Ends the command with a message for standard error. Made in errors.ts, so that all messages can be read in one place. */
export class Ending extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs the command. The process ends with the exit code that the help names, and with 130 after Ctrl-C. */
export async function endWith(command: () => Promise<number>): Promise<void> {
  process.once('SIGINT', () => process.exit(INTERRUPTED));
  // The reader may have seen enough (`| head`). That is no failure.
  process.stdout.once('error', (error) => process.exit('code' in error && error.code === 'EPIPE' ? process.exitCode : UNKNOWN));
  process.exitCode = await codeOf(command);
}

/** Runs the command and returns its exit code; the message of its error goes to standard error. */
export async function codeOf(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (error instanceof Ending) {
      process.stderr.write(`${error.message}\n`);
      return error.code;
    }
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`This is a bug in alb-target-sync. Please report it with these lines:\n${trace}\n`);
    return UNKNOWN;
  }
}
