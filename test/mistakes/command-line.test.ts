import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lookUp, objectOf, takes } from '../../scripts/tools/template/template.ts';
import { FILES, viewOf } from '../../scripts/tools/template/templates.ts';
import { skipUnless } from '../support/skip.ts';
import { canTransform } from '../support/transformed.ts';

const PYTHON = join(fileURLToPath(new URL('../..', import.meta.url)), '.venv/bin/python');
/** The class by which `sam deploy` reads what stands behind --parameter-overrides. */
const PARSE = [
  'import json, sys',
  'from samcli.cli.types import CfnParameterOverridesType',
  'print(json.dumps([CfnParameterOverridesType().convert(words, None, None) for words in json.load(sys.stdin)]))',
].join('\n');
const LINE = 'target-group=web service=app port=8080';
const CHECK = 'curl -fsS http://localhost:8080/ || exit 1';

/** What a program gets as words, after the shell has taken its own quotes away; and whether the whole value arrives. */
const TYPED: readonly (readonly [name: string, value: string, words: readonly string[], arrives: boolean])[] = [
  ['Bindings', LINE, [`Bindings="${LINE}"`], true],
  ['Bindings', LINE, [`Bindings='${LINE}'`], true],
  ['Bindings', `${LINE}; service=api port=80`, [`Bindings="${LINE}; service=api port=80"`, 'Mode=observe'], true],
  ['Bindings', LINE, [`ParameterKey=Bindings,ParameterValue="${LINE}"`], true],
  ['Bindings', LINE, [`Bindings=${LINE}`], false],
  ['Bindings', LINE, LINE.split(' ').map((word, index) => (index === 0 ? `Bindings=${word}` : word)), false],
  ['Bindings', 'service=app port=8080', ['Bindings=service=app port=8080'], false],
  ['Bindings', 'port=8080 service=app', ['Bindings=port=8080 service=app'], false],
  ['Bindings', LINE, [`ParameterKey=Bindings,ParameterValue=${LINE}`], false],
  ['HealthCheckCommand', CHECK, [`HealthCheckCommand="${CHECK}"`], true],
  ['HealthCheckCommand', CHECK, [`HealthCheckCommand='${CHECK}'`, 'DesiredCount=4'], true],
  ['HealthCheckCommand', CHECK, [`HealthCheckCommand=${CHECK}`], false],
  ['HealthCheckCommand', 'curl -f "http://localhost/"', ['HealthCheckCommand=curl -f "http://localhost/"'], false],
];

describe('a value with spaces on the command line of SAM', () => {
  it('arrives whole, or is refused: never is half of it deployed', (context) => {
    skipUnless(canTransform(), context, 'the SAM CLI, which npm run verify installs');
    const parsed = parse(TYPED.map(([, , words]) => words));
    for (const [index, [name, value, words, arrives]] of TYPED.entries()) {
      const read = String(lookUp(parsed[index], name));
      expect([words, read === value, takesIn(name, read)]).toEqual([words, arrives, arrives]);
    }
  });
});

function parse(words: readonly (readonly string[])[]): unknown[] {
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', PARSE], { input: JSON.stringify(words), encoding: 'utf8' });
  if (status !== 0) throw new Error(`SAM's parser cannot be asked: is it still called samcli.cli.types?\n${stderr}`);
  const answer: unknown = JSON.parse(stdout);
  if (!Array.isArray(answer)) throw new Error(`SAM's parser answered ${stdout}; expected a list.`);
  return answer;
}

function takesIn(name: string, text: string): boolean {
  const file = name === 'Bindings' ? 'template.yaml' : 'infra/example.yaml';
  return takes(objectOf(lookUp(viewOf(FILES).source(file), 'Parameters', name)), text);
}
