/** The way in: what `npm test` needs before it can begin, and what it makes of the end of a script. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Copy, packages, plant, plantInstalled, root, run } from '../walls/copy.ts';

const RUNNER = 'scripts/run.mjs';
const LOCKED = ['package-lock.json', RUNNER];

/** Stands in for npm: notes what it was asked, and puts the packages there. */
const npm = `#!/bin/sh\necho "$@" >> asked\n[ -e node_modules ] || ln -s '${packages}' node_modules\n`;

describe('scripts/run.mjs', () => {
  test('runs the script on the pinned Node, with its arguments', () => {
    using copy = plantInstalled(
      { 'a.ts': 'console.log(process.version, ...process.argv.slice(2) satisfies string[]);' },
      LOCKED,
    );
    const { exitCode, output } = runScript(copy, 'a.ts', '--all', 'two words');
    expect(output).toBe(`v${pinned()} --all two words\n`);
    expect(exitCode).toBe(0);
  });

  test('gives the pinned Node to what the script starts', () => {
    const source = `import { execSync } from 'node:child_process'; console.log(String(execSync('node --version')));`;
    using copy = plantInstalled({ 'a.ts': source, 'bin/node': '#!/bin/sh\necho another' }, LOCKED);
    expect(runScript(copy, 'a.ts').output.trim()).toBe(`v${pinned()}`);
  });

  test('ends as the script ends', () => {
    using copy = plantInstalled({ 'a.ts': 'process.exitCode = 7;', 'b.ts': `throw new Error('lost');` }, LOCKED);
    expect(runScript(copy, 'a.ts').exitCode).toBe(7);
    expect(runScript(copy, 'b.ts').exitCode).toBe(1);
  });

  test('passes signals on, and waits for what the script makes of them', async () => {
    const source = `process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1_000); console.log('ready');`;
    using copy = plantInstalled({ 'a.ts': source }, LOCKED);
    const child = spawn(process.execPath, ['scripts/run.mjs', 'a.ts'], { cwd: copy.path });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([9, null]);
  });

  test('says by its exit code which signal ended the script', async () => {
    using copy = plantInstalled({ 'a.ts': `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1_000);` }, LOCKED);
    expect(runScript(copy, 'a.ts').exitCode).toBe(128 + 9);
  });

  test('installs when there is nothing yet, tools and all', () => {
    using copy = plant({ 'a.ts': `console.log('ran');`, 'bin/npm': npm }, LOCKED);
    expect(runScript(copy, 'a.ts').output).toBe('ran\n');
    expect(asked(copy)).toBe('ci --include=dev --no-audit --no-fund --loglevel=error\n');
  });

  test('installs again when the lockfile names another version, and goes on only if that helps', () => {
    const lockfile = `{ "packages": { "": {}, "node_modules/vitest": { "version": "0.0.1" } } }`;
    using copy = plantInstalled({ 'a.ts': `console.log('ran');`, 'bin/npm': npm, 'package-lock.json': lockfile }, [RUNNER]);
    const { exitCode, output } = runScript(copy, 'a.ts');
    expect(asked(copy)).toContain('ci');
    expect(exitCode).toBe(1);
    expect(output).toContain('other versions than package-lock.json names');
  });

  test('does not install for the sake of a package that is for other machines', () => {
    const lockfile = `{ "packages": { "": {}, "node_modules/far": { "version": "0.0.1", "optional": true } } }`;
    using copy = plantInstalled({ 'a.ts': `console.log('ran');`, 'bin/npm': npm, 'package-lock.json': lockfile }, [RUNNER]);
    expect(runScript(copy, 'a.ts').output).toBe('ran\n');
    expect(existsSync(join(copy.path, 'asked'))).toBe(false);
  });

  test('does not install what is there', () => {
    using copy = plantInstalled({ 'a.ts': `console.log('ran');`, 'bin/npm': npm }, LOCKED);
    expect(runScript(copy, 'a.ts').output).toBe('ran\n');
    expect(existsSync(join(copy.path, 'asked'))).toBe(false);
  });

  test('does not run the script when the install fails', () => {
    using copy = plant({ 'a.ts': `console.log('ran');`, 'bin/npm': '#!/bin/sh\nexit 3\n' }, LOCKED);
    const { exitCode, output } = runScript(copy, 'a.ts');
    expect(exitCode).toBe(1);
    expect(output).toContain('npm ci did not succeed');
    expect(output).not.toContain('ran');
  });

  test('says what is wrong when the install brings no Node', () => {
    using copy = plant({ 'a.ts': `console.log('ran');`, 'bin/npm': '#!/bin/sh\nmkdir -p node_modules\n' }, LOCKED);
    const { exitCode, output } = runScript(copy, 'a.ts');
    expect(exitCode).toBe(1);
    expect(output).toContain('ignore-scripts');
  });
});

describe('.ci/run', () => {
  test('adds up what its parts have counted', () => {
    const { exitCode, output } = runCi(`echo '9 passed, 9 failed'; echo '3 passed, 0 failed'`, `echo '4 passed, 0 failed'`);
    expect(lastLine(output)).toBe('7 passed, 0 failed');
    expect(exitCode).toBe(0);
  });

  test('shows what its parts have to say, and finds the count, on both channels', () => {
    const { output } = runCi(`echo news; echo '1 passed, 0 failed'`, `echo warning >&2; echo '1 passed, 0 failed' >&2`);
    expect(output).toContain('news\n');
    expect(output).toContain('warning\n');
    expect(lastLine(output)).toBe('2 passed, 0 failed');
  });

  test('runs the second part also when the first has failed', () => {
    const { exitCode, output } = runCi(`echo '3 passed, 2 failed'; exit 1`, `echo '4 passed, 0 failed'`);
    expect(lastLine(output)).toBe('7 passed, 2 failed');
    expect(exitCode).not.toBe(0);
  });

  test('takes a part that dies before it has counted for a failure', () => {
    const { exitCode, output } = runCi(`echo '3 passed, 0 failed'`, 'exit 2');
    expect(lastLine(output)).toBe('3 passed, 1 failed');
    expect(exitCode).not.toBe(0);
  });

  test('takes a part that ends badly for a failure, whatever it has counted', () => {
    const { exitCode, output } = runCi(`echo '3 passed, 0 failed'; exit 1`, `echo '4 passed, 0 failed'`);
    expect(lastLine(output)).toBe('7 passed, 1 failed');
    expect(exitCode).not.toBe(0);
  });
});

describe('.ci/run and the browser', () => {
  const counted = `#!/bin/sh\necho "CI is $CI"\necho '1 passed, 0 failed'\n`;
  const apt = '#!/bin/sh\necho "apt-get $@" >> asked\n';

  test('installs Chromium where there is none', () => {
    using copy = plant({ 'bin/npm': counted, 'bin/apt-get': apt, 'bin/sudo': '#!/bin/sh\nshift\nexec "$@"\n', ...TOOLS });
    const { exitCode, output } = runCiIn(copy, {});
    expect(asked(copy)).toBe('apt-get update -qq\napt-get install -qq --yes --no-install-recommends chromium\n');
    expect(output).toContain('No Chromium: installing it');
    expect(lastLine(output)).toBe('2 passed, 0 failed');
    expect(exitCode).toBe(0);
  });

  test('says what to do where it cannot, and goes on', () => {
    using copy = plant({
      'bin/npm': counted,
      'bin/apt-get': '#!/bin/sh\nexit 100\n',
      'bin/sudo': '#!/bin/sh\nexit 1\n',
      ...TOOLS,
    });
    const { exitCode, output } = runCiIn(copy, {});
    expect(output).toContain('install it, or set CHROMIUM to it');
    expect(lastLine(output)).toBe('2 passed, 0 failed');
    expect(exitCode).toBe(0);
  });

  test('installs nothing where there is one, be it on the path or named', () => {
    for (const [planted, environment] of [
      [{ 'bin/chromium': '#!/bin/sh\n' }, {}],
      [{}, { CHROMIUM: '/opt/mine' }],
    ] as const) {
      using copy = plant({ 'bin/npm': counted, 'bin/apt-get': apt, ...planted, ...TOOLS });
      expect(lastLine(runCiIn(copy, environment).output)).toBe('2 passed, 0 failed');
      expect(existsSync(join(copy.path, 'asked'))).toBe(false);
    }
  });

  test('tells the tests that they are in CI, where none may be left out for want of something', () => {
    using copy = plant({ 'bin/npm': counted, 'bin/chromium': '#!/bin/sh\n', ...TOOLS });
    expect(runCiIn(copy, { CI: '' }).output).toContain('CI is true');
  });
});

/** Links to the few programs that .ci/run uses, so that the copy's `bin` can be all of the path. */
const TOOLS = Object.fromEntries(
  ['dirname', 'mktemp', 'tee', 'grep', 'tail', 'rm', 'cat'].map((name) => [
    `bin/${name}`,
    `#!/bin/sh\nPATH=/usr/bin:/bin exec ${name} "$@"\n`,
  ]),
);

/** Runs .ci/run where nothing is on the path but what was planted. */
function runCiIn({ path }: Copy, environment: Readonly<Record<string, string>>): { exitCode: number | null; output: string } {
  const env = { PATH: join(path, 'bin'), TMPDIR: tmpdir(), ...environment };
  const { status, stdout, stderr } = spawnSync('/bin/bash', ['.ci/run'], { cwd: path, encoding: 'utf8', env });
  return { exitCode: status, output: `${stderr}${stdout}` };
}

function runScript(copy: Copy, ...args: readonly string[]): ReturnType<typeof run> {
  return run(copy, process.execPath, 'scripts/run.mjs', ...args);
}

/** Runs .ci/run with an npm whose two scripts are these lines of shell. */
function runCi(ofTest: string, ofVerify: string): ReturnType<typeof run> {
  const scripts = `#!/bin/sh\ncase "$*" in\ntest) ${ofTest};;\n'run verify') ${ofVerify};;\n*) exit 99;;\nesac\n`;
  // With a browser: a machine that has none must not get one by a test.
  using copy = plant({ 'bin/npm': scripts, 'bin/chromium': '#!/bin/sh\n' });
  return run(copy, '.ci/run');
}

function asked({ path }: Copy): string {
  return readFileSync(join(path, 'asked'), 'utf8');
}

function lastLine(output: string): string | undefined {
  return output.trimEnd().split('\n').at(-1);
}

function pinned(): string | undefined {
  return /"node": "(\d+\.\d+\.\d+)"/.exec(readFileSync(join(root, 'package.json'), 'utf8'))?.[1];
}
