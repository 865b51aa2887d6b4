/** What SAM and cfn-lint say to the templates. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, OUTPUT, ROOT } from './command.ts';

const PRODUCT = 'template.yaml';
const TRANSFORMED = join(OUTPUT, 'transformed.json');

export async function validate(): Promise<string> {
  await command('sam', ['validate', '--lint']);
  return '';
}

export async function lintSources(): Promise<string> {
  const scenario = readdirSync(join(ROOT, 'infra')).filter((name) => name.endsWith('.yaml'));
  await command('cfn-lint', ['-c', 'I', '--', PRODUCT, ...scenario.map((name) => join('infra', name))]);
  return `${1 + scenario.length} templates`;
}

/** Only the product is written in SAM's short forms. What lies in infra/ is plain already. */
export async function lintTransformed(): Promise<string> {
  mkdirSync(OUTPUT, { recursive: true });
  writeFileSync(TRANSFORMED, await command('python', ['scripts/tools/package/transform.py', PRODUCT]));
  await command('cfn-lint', ['-c', 'I', '--', TRANSFORMED]);
  return '';
}
