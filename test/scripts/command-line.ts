/** Runs `alb-target-sync` as a user does: a process with arguments, standard input and an environment. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../scripts/cli.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly stdin?: string | Uint8Array;
  /** All of the environment that the command gets besides PATH: nobody's credentials are found by chance. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Its end, however it ends. */
export function runCommand(args: readonly string[], { stdin = '', env = {} }: RunOptions = {}): Promise<Ended> {
  const nowhere = { HOME: tmpdir(), AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  const own = { PATH: process.env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true', ...nowhere, ...env };
  const child = spawn(process.execPath, [CLI, ...args], { env: own });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  // A command that has refused its options does not wait for its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout: out.join(''), stderr: err.join('') }));
  });
}
