/** Programs that serve on loopback for as long as we need them: started in a group of their own, and ended with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

export interface Server {
  readonly pid: number;
  /** All that it has written so far. */
  log(): string;
  /** False once it has ended by itself. */
  isRunning(): boolean;
  /** Ends it and everything that it has started. */
  end(): Promise<void>;
}

/** It is asked to end first, and made to after this long unless told otherwise. */
const PATIENCE_MS = 5_000;

export function startServer(
  program: string,
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
  patienceMs = PATIENCE_MS,
): Server {
  const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started: is it installed?`);
  const written: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => written.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => written.push(text));
  // Where we end before it, for whatever reason, it must not stay behind.
  const killGroup = (): void => signalGroup(pid, 'SIGKILL');
  process.once('exit', killGroup);
  return {
    pid,
    log: () => written.join(''),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    end: async () => {
      await ended(child, pid, patienceMs);
      // What it has started may outlive it.
      killGroup();
      process.off('exit', killGroup);
    },
  };
}

/** A port of the loopback interface that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No port of 127.0.0.1 is free.'));
        else resolve(address.port);
      });
    });
  });
}

async function ended(child: ChildProcess, pid: number, patienceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const impatient = setTimeout(() => signalGroup(pid, 'SIGKILL'), patienceMs);
    // Not `close`: what it has started may hold on to its output.
    child.once('exit', () => {
      clearTimeout(impatient);
      resolve();
    });
    signalGroup(pid, 'SIGTERM');
  });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody of the group is left.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
