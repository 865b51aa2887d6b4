/** Where things are, and how a step runs the tools that verify has installed. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const VENV = join(ROOT, '.venv');
/** What steps leave behind. Git ignores it. */
export const OUTPUT = join(ROOT, '.aws-sam');
export const NODE = join(ROOT, 'node_modules/.bin/node');

/** Runs one program to its end. Resolves to what it wrote to its standard output, or rejects with all that it wrote. */
export function command(program: string, args: readonly string[]): Promise<string> {
  const path = [join(ROOT, 'node_modules/.bin'), join(VENV, 'bin'), process.env['PATH']].join(delimiter);
  const env = { ...process.env, PATH: path, SAM_CLI_TELEMETRY: '0' };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const written: string[] = [];
    const answer: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => answer.push(text) && written.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => written.push(text));
    child.on('error', (error) => reject(new Error(`${program} cannot be run: ${error.message}`)));
    child.on('close', (code) => {
      if (code === 0) resolve(answer.join(''));
      else reject(new Error(`${[program, ...args].join(' ')} ended with code ${code}:\n${written.join('')}`));
    });
  });
}
