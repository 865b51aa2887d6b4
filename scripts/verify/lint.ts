/** What SAM and cfn-lint say to the templates. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, OUTPUT } from './command.ts';

const TEMPLATES = ['template.yaml'];
const TRANSFORMED = join(OUTPUT, 'transformed.json');

export async function validate(): Promise<string> {
  await command('sam', ['validate', '--lint']);
  return '';
}

export async function lintSources(): Promise<string> {
  await command('cfn-lint', ['-c', 'I', '--', ...TEMPLATES]);
  return '';
}

export async function lintTransformed(): Promise<string> {
  mkdirSync(OUTPUT, { recursive: true });
  for (const template of TEMPLATES) {
    writeFileSync(TRANSFORMED, await command('python', ['scripts/transform.py', template]));
    await command('cfn-lint', ['-c', 'I', '--', TRANSFORMED]);
  }
  return '';
}
