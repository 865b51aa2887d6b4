/** Runs `alb-target-sync`: as a user does, in a process, or in this one, which costs a hundredth of it. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type MockInstance, vi } from 'vitest';
import { systemClock } from '../../functions/adapters/aws.ts';
import { isObject, type JsonObject } from '../../functions/core/json.ts';
import { dispatch } from '../../scripts/cli/dispatch.ts';
import { codeOf } from '../../scripts/cli/exit.ts';

/** The one document on standard output. */
export function documentOf({ stdout }: Pick<Ended, 'stdout'>): JsonObject {
  const document: unknown = JSON.parse(stdout);
  if (!isObject(document)) throw new Error(`expected an object: ${stdout.slice(0, 100)}`);
  return document;
}

export function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

const CLI = fileURLToPath(new URL('../../scripts/cli/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly stdin?: string | Uint8Array;
  /** All of the environment that the command gets besides PATH and Node's cache: nobody's credentials are found by chance. */
  readonly env?: Readonly<Record<string, string>>;
  /** Columns of the terminal; none unless told otherwise, as where it is piped. */
  readonly columns?: number;
  /** Whether standard input is a keyboard. */
  readonly isTyped?: boolean;
}

/** The end of its process, however it ends. */
export function runCommand(args: readonly string[], { stdin = '', env = {} }: RunOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...args], { env: environmentOf(env) });
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

/** The same in this process: with that input and environment, what it prints kept, and its waiting left out. */
export async function runHere(
  args: readonly string[],
  { stdin = '', env = {}, columns, isTyped = false }: RunOptions = {},
): Promise<Ended> {
  const [out, err]: [string[], string[]] = [[], []];
  const own = process.env;
  const spies: readonly MockInstance[] = [
    vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(`${text}\n`)),
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0),
    ...withoutWaiting(),
  ];
  const input = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    value: Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY: isTyped }),
  });
  process.env = environmentOf(columns === undefined ? env : { ...env, COLUMNS: String(columns) });
  try {
    const code = await codeOf(() => dispatch(args));
    return { code, stdout: out.join(''), stderr: err.join('') };
  } finally {
    process.env = own;
    Object.defineProperty(process, 'stdin', input);
    for (const spy of spies) spy.mockRestore();
  }
}

/** Lets the clock of the machine jump over every sleep: a command that looks twice, 10 s apart, is done at once. */
function withoutWaiting(): MockInstance[] {
  let aheadMs = 0;
  const now = (): number => Date.now() + aheadMs;
  return [
    vi.spyOn(systemClock, 'now').mockImplementation(now),
    vi.spyOn(systemClock, 'sleep').mockImplementation(async (milliseconds) => {
      const wakesAtMs = now() + milliseconds;
      await Promise.resolve();
      // What sleeps side by side sleeps no longer than the longest of it.
      aheadMs = Math.max(aheadMs, wakesAtMs - Date.now());
    }),
  ];
}

function environmentOf(env: Readonly<Record<string, string>>): Record<string, string> {
  const nowhere = { HOME: tmpdir(), AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  // What Node has compiled is no part of the scene; to compile it again takes half of what a short command takes.
  const compiled = process.env['NODE_COMPILE_CACHE'];
  const cache = compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled };
  return { PATH: process.env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true', ...cache, ...nowhere, ...env };
}
