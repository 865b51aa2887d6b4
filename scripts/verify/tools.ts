/** The Python tools of the steps, at the versions of scripts/requirements.txt and scripts/verify/checkov.txt. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, ROOT, VENV } from './command.ts';

/** Apart from the others, below them so that one folder holds all. */
const CHECKOV_VENV = join(VENV, 'checkov');
export const CHECKOV = join(CHECKOV_VENV, 'bin/checkov');

export function installTools(): Promise<string> {
  return install(VENV, join(ROOT, 'scripts/requirements.txt'));
}

export function installCheckov(): Promise<string> {
  return install(CHECKOV_VENV, join(ROOT, 'scripts/verify/checkov.txt'));
}

/** A virtual environment is made once, and again when the requirements have changed since. */
async function install(folder: string, requirements: string): Promise<string> {
  const stamp = join(folder, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 'already there';
  await command('python3', ['-m', 'venv', '--clear', folder]);
  const python = join(folder, 'bin/python');
  await command(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements]);
  // Written last: an installation that broke off is begun anew.
  writeFileSync(stamp, wanted);
  return 'installed into .venv';
}
