/** The Python tools of the steps, at the versions of test/verify/requirements.txt and test/verify/checkov.txt. */
import { join } from 'node:path';
import { pythonEnvironment } from '../../scripts/tools/emulators/tools.ts';
import { ROOT, VENV } from './command.ts';

/** Apart from the others, below them so that one folder holds all. */
const CHECKOV_VENV = join(VENV, 'checkov');
export const CHECKOV = join(CHECKOV_VENV, 'bin/checkov');

export function installTools(): Promise<string> {
  return install(VENV, join(ROOT, 'test/verify/requirements.txt'));
}

export function installCheckov(): Promise<string> {
  return install(CHECKOV_VENV, join(ROOT, 'test/verify/checkov.txt'));
}

async function install(folder: string, requirements: string): Promise<string> {
  const { isNew } = await pythonEnvironment(folder, requirements);
  return isNew ? 'installed into .venv' : 'already there';
}
