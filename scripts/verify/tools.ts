/** The Python tools of the steps, at the versions of scripts/requirements.txt. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, ROOT, VENV } from './command.ts';

const REQUIREMENTS = join(ROOT, 'scripts/requirements.txt');

/** The virtual environment is made once, and again when the requirements have changed since. */
export async function installTools(): Promise<string> {
  const stamp = join(VENV, 'requirements.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 'already there';
  await command('python3', ['-m', 'venv', '--clear', VENV]);
  await command('python', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS]);
  // Written last: an installation that broke off is begun anew.
  writeFileSync(stamp, wanted);
  return 'installed into .venv';
}
