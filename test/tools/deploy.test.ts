/** `npm run deploy` and `npm run deploy-example`, with programs in place of SAM and the AWS CLI that write down how they were called. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../walls/copy.ts';

const MAIN = join(root, 'scripts/tools/deploy/main.ts');
/** One call a line. */
const SAM =
  '#!/bin/sh\n[ "$1" = --version ] && echo "SAM CLI, version $SAM_VERSION" && exit\necho "$@" >> calls\nexit "$SAM_STATUS"\n';
const AWS = '#!/bin/sh\necho "aws $@" >> calls\necho "$AWS_SAYS" >&2\nexit "$AWS_STATUS"\n';
const NO_ROLE = 'An error occurred (NoSuchEntity) when calling the GetRole operation: The role cannot be found.';

describe('a deployment', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'deploy-'));
    program('sam', SAM);
    program('aws', AWS);
    symlinkSync(process.execPath, join(folder, 'node'));
    writeFileSync(join(folder, 'samconfig.toml'), 'version = 0.1\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const program = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o755 });
  const callsOf = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  const run = (words: readonly string[], variables: Readonly<Record<string, string>> = {}) => {
    const compiled = process.env['NODE_COMPILE_CACHE'];
    const env = {
      PATH: folder,
      NODE_COMPILE_CACHE: compiled,
      SAM_VERSION: '1.170.0',
      AWS_STATUS: '0',
      SAM_STATUS: '0',
      ...variables,
    };
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { cwd: folder, env, encoding: 'utf8' });
    return { status, stderr };
  };

  it.each(['1.147.1', '1.148.0', '2.0.0'])('is made by SAM CLI %s', (version) => {
    expect(run(['product'], { SAM_VERSION: version })).toMatchObject({ status: 0 });
  });

  it.each(['1.147.0', '1.146.9', '0.999.9', 'unknown'])(
    'is not begun by SAM CLI %s, and the least version is named',
    (version) => {
      const { status, stderr } = run(['product'], { SAM_VERSION: version });
      expect([status, existsSync(join(folder, 'calls'))]).toEqual([1, false]);
      expect(stderr).toContain('Install 1.147.1 or newer (https://docs.aws.amazon.com/');
    },
  );

  it('is not begun without SAM: a release needs none', () => {
    rmSync(join(folder, 'sam'));
    const { status, stderr } = run(['product']);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^The AWS SAM CLI cannot be run: .*npm run package\.\n$/)]);
  });

  it('asks for parameters until there are some, and keeps them out of the file that everybody has', () => {
    run(['product', '--region', 'eu-west-1']);
    const own = join(folder, 'samconfig.mine.toml');
    expect(readFileSync(own, 'utf8')).toBe('version = 0.1\n');
    writeFileSync(own, 'version = 0.1\n[default.deploy.parameters]\nparameter_overrides = "Mode=observe"\n');
    run(['product', '--no-confirm-changeset']);
    expect(callsOf()).toEqual([
      'build',
      'deploy --config-file samconfig.mine.toml --guided --region eu-west-1',
      'build',
      'deploy --config-file samconfig.mine.toml --no-confirm-changeset',
    ]);
    expect(readFileSync(own, 'utf8')).toContain('Mode=observe');
    expect(readFileSync(join(folder, 'samconfig.toml'), 'utf8')).toBe('version = 0.1\n');
  });

  it('ends where SAM fails, with its exit code', () => {
    expect(run(['product'], { SAM_STATUS: '7' }).status).toBe(7);
    expect(callsOf()).toEqual(['build']);
  });

  const ask = 'aws iam get-role --role-name AWSServiceRoleForECS';
  const build = 'build --config-env example';
  const deploy = 'deploy --config-env example';

  it('of the example takes the role of ECS as it is where the account has it', () => {
    expect(run(['example', '--profile', 'mine', '--parameter-overrides', 'Mode=observe'])).toEqual({ status: 0, stderr: '' });
    const given = '--profile mine --parameter-overrides Mode=observe';
    expect(callsOf()).toEqual([`${ask} --profile mine`, build, `${deploy} ${given}`]);
  });

  it('of the example makes the role of ECS where the account has none', () => {
    const missing = { AWS_STATUS: '254', AWS_SAYS: NO_ROLE };
    expect(run(['example'], missing).stderr).toContain('never used ECS');
    run(['example', '--profile=mine', '--parameter-overrides', 'Mode=observe', 'Capacity=EC2'], missing);
    const given = '--profile=mine --parameter-overrides EcsServiceLinkedRole=create Mode=observe Capacity=EC2';
    expect(callsOf()).toEqual([
      ask,
      build,
      `${deploy} --parameter-overrides EcsServiceLinkedRole=create`,
      `${ask} --profile=mine`,
      build,
      `${deploy} ${given}`,
    ]);
  });

  it.each([
    ['cannot be asked', { AWS_STATUS: '254', AWS_SAYS: 'AccessDenied' }],
    ['is not there', { gone: 'yes' }],
  ])('of the example goes on where IAM %s, and says what to do should it fail', (_, variables) => {
    if ('gone' in variables) rmSync(join(folder, 'aws'));
    const { status, stderr } = run(['example'], { AWS_STATUS: '254', ...variables });
    expect([status, stderr]).toEqual([0, expect.stringContaining('--parameter-overrides EcsServiceLinkedRole=create')]);
    expect(callsOf().slice(-2)).toEqual([build, deploy]);
  });

  it('of the example asks nobody where the user has said it', () => {
    run(['example', '--parameter-overrides', 'EcsServiceLinkedRole=exists']);
    expect(callsOf()).toEqual([build, `${deploy} --parameter-overrides EcsServiceLinkedRole=exists`]);
  });
});
