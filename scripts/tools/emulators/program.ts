/** Runs one program of this machine to its end. */
import { spawn } from 'node:child_process';

export interface ProgramOptions {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/** What the program wrote to its standard output. Rejects with all that it wrote where it fails or takes too long. */
export function runProgram(program: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  const { folder, env, timeoutMs } = options;
  const said = [program, ...args].join(' ');
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const child = spawn(program, args, { cwd: folder, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): boolean => child.kill();
    process.once('exit', end);
    child.once('close', () => process.off('exit', end));
    const written: string[] = [];
    const answer: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => answer.push(text) && written.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => written.push(text));
    child.once('error', (error) => {
      const reason = signal.aborted ? `was ended after ${timeoutMs / 1_000} s` : `cannot be run: ${error.message}`;
      reject(new Error(`${said} ${reason}\n${written.join('')}`));
    });
    child.once('close', (code) => {
      if (code === 0) resolve(answer.join(''));
      else reject(new Error(`${said} ended with code ${code}:\n${written.join('')}`));
    });
  });
}
