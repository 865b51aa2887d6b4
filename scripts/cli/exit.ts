/** Ways to end, with the exit codes of the AWS CLI (AWS CLI guide, "Command line return codes"). */

export const IN_STEP = 0;
export const FAILED = 1;
export const DIFFERENCES = 2;
const INTERRUPTED = 130;
const BAD_SYNTAX = 252;
const BAD_ENVIRONMENT = 253;
const SERVICE_ERROR = 254;

/** Ends the command with a message for standard error. */
export class Ending extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function badSyntax(message: string): Ending {
  return new Ending(BAD_SYNTAX, message);
}

export function badEnvironment(message: string): Ending {
  return new Ending(BAD_ENVIRONMENT, message);
}

export function serviceError(message: string): Ending {
  return new Ending(SERVICE_ERROR, message);
}

/** Runs the command; whatever happens, the process ends with a code that says what, and Ctrl-C with the one for that. */
export async function endWith(command: () => Promise<number>): Promise<void> {
  process.once('SIGINT', () => process.exit(INTERRUPTED));
  // Whoever reads the answer may have seen enough (`| head`); that is no failure to tell of.
  process.stdout.once('error', (error) => process.exit('code' in error && error.code === 'EPIPE' ? process.exitCode : FAILED));
  process.exitCode = await codeOf(command);
}

/** Runs the command and returns its exit code; what it fails with is told on standard error. */
export async function codeOf(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const isKnown = error instanceof Ending;
    process.stderr.write(
      `${error instanceof Error ? (isKnown ? error.message : (error.stack ?? error.message)) : String(error)}\n`,
    );
    return isKnown ? error.code : FAILED;
  }
}
