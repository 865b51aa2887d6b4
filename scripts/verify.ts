/**
 * Checks what no unit test can: that SAM and the linters accept the template, and that the bundle which a user would deploy is
 * as small, as quick to load and as reproducible as promised. Needs no account. Run it by `node scripts/verify.ts`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifyRelease } from './package/verify.ts';
import { rehearseDeployment } from './rehearse/rehearse.ts';
import { rehearseRuntime } from './runtime/rehearse.ts';

interface Step {
  readonly name: string;
  /** Resolves to what is worth telling beside "ok", or rejects with the reason. */
  run(): Promise<string>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VENV = join(ROOT, '.venv');
const BIN = join(VENV, 'bin');
const NODE = join(ROOT, 'node_modules/.bin/node');
const REQUIREMENTS = join(ROOT, 'scripts/requirements.txt');
const TEMPLATES = ['template.yaml'];
const OUTPUT = join(ROOT, '.aws-sam');
const TRANSFORMED = join(OUTPUT, 'transformed.json');
const BUILD = join(OUTPUT, 'build');
const SECOND_BUILD = join(OUTPUT, 'second-build');
const ARCHIVE = join(OUTPUT, 'function.zip');
const FUNCTION = 'SyncFunction';
const HANDLER = 'handler.cjs';

/** 300 kB as esbuild counts them. Every byte is read, parsed and compiled before the first event is looked at. */
const BUNDLE_BYTES_MAX = 300 * 1_024;
const ARCHIVE_BYTES_MAX = 95_000;

/** Built-in modules that cost a cold start tens of milliseconds, and that no call to AWS needs. */
const UNWANTED_BUILTINS = /undici|http2|child_process/;

const NAME_WIDTH = 36;

const STEPS: readonly Step[] = [
  { name: 'python tools', run: installTools },
  { name: 'sam validate --lint', run: () => command('sam', ['validate', '--lint']) },
  { name: 'cfn-lint, sources', run: () => command('cfn-lint', ['-c', 'I', '--', ...TEMPLATES]) },
  { name: 'cfn-lint, transformed template', run: lintTransformed },
  { name: 'sam build', run: build },
  { name: 'bundle within budget', run: weighBundle },
  { name: 'archive within budget', run: weighArchive },
  { name: 'second build is the same', run: buildAgain },
  { name: 'bundle loads quick built-ins only', run: loadBundle },
  { name: 'release is the same twice', run: () => verifyRelease(bundleIn(BUILD)) },
  { name: "Lambda's own runtime", run: () => rehearseRuntime(join(BUILD, FUNCTION)) },
  { name: 'deployment rehearsed', run: rehearseAndTell },
];

/** The virtual environment is made once, and again when the requirements have changed since. */
async function installTools(): Promise<string> {
  const stamp = join(VENV, 'requirements.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 'already there';
  await command('python3', ['-m', 'venv', '--clear', VENV]);
  await command('python', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS]);
  // Written last: an installation that broke off is begun anew.
  writeFileSync(stamp, wanted);
  return 'installed into .venv';
}

async function lintTransformed(): Promise<string> {
  mkdirSync(OUTPUT, { recursive: true });
  for (const template of TEMPLATES) {
    writeFileSync(TRANSFORMED, await command('python', ['scripts/transform.py', template]));
    await command('cfn-lint', ['-c', 'I', '--', TRANSFORMED]);
  }
  return '';
}

async function build(): Promise<string> {
  // A build that fails must not leave an older bundle for the next steps to praise.
  rmSync(BUILD, { recursive: true, force: true });
  await command('sam', ['build']);
  return '';
}

async function weighBundle(): Promise<string> {
  const files = readdirSync(join(BUILD, FUNCTION));
  if (files.join() !== HANDLER) throw new Error(`The build has ${files.join(', ')}; expected ${HANDLER} and nothing else.`);
  return within(BUNDLE_BYTES_MAX, readFileSync(bundleIn(BUILD)).length);
}

async function weighArchive(): Promise<string> {
  rmSync(ARCHIVE, { force: true });
  // Python packs an empty archive, and is content, where there is no file.
  if (!existsSync(bundleIn(BUILD))) throw new Error('There is no bundle to pack.');
  // Python's zipfile, because `sam deploy` packs with it.
  await command('python', ['-m', 'zipfile', '-c', ARCHIVE, bundleIn(BUILD)]);
  return within(ARCHIVE_BYTES_MAX, readFileSync(ARCHIVE).length);
}

async function buildAgain(): Promise<string> {
  rmSync(SECOND_BUILD, { recursive: true, force: true });
  await command('sam', ['build', '--build-dir', SECOND_BUILD]);
  const [first, second] = [BUILD, SECOND_BUILD].map((folder) => sha256(bundleIn(folder)));
  if (first !== second) throw new Error(`The same sources gave ${first} and then ${second}.`);
  return `sha256 ${first}`;
}

async function loadBundle(): Promise<string> {
  const code = 'require(process.argv[1]); console.log([process.version, ...process.moduleLoadList].join("\\n"))';
  const [version, ...loaded] = (await command(NODE, ['-e', code, bundleIn(BUILD)])).split('\n');
  const unwanted = loaded.filter((module) => UNWANTED_BUILTINS.test(module));
  if (unwanted.length > 0) throw new Error(`Loading the bundle loads ${unwanted.join(', ')}.`);
  return `Node ${version}, ${loaded.filter((module) => module.startsWith('NativeModule ')).length} built-ins`;
}

function within(max: number, bytes: number): string {
  const told = `${bytes} of ${max} bytes`;
  if (bytes > max) throw new Error(`${told}: ${bytes - max} too many.`);
  return told;
}

function bundleIn(folder: string): string {
  return join(folder, FUNCTION, HANDLER);
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Runs one program to its end. Resolves to what it wrote to its standard output, or rejects with all that it wrote. */
function command(program: string, args: readonly string[]): Promise<string> {
  const path = [BIN, process.env['PATH']].join(delimiter);
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

/** Tells the step while it runs, then how it went. A step that fails does not keep the others from running. */
async function perform({ name, run }: Step): Promise<boolean> {
  process.stdout.write(`${name.padEnd(NAME_WIDTH)}`);
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s`;
  try {
    const note = await run();
    process.stdout.write(`${seconds()}  ok  ${note.includes('\n') ? '' : note}\n`);
    return true;
  } catch (error) {
    process.stdout.write(`${seconds()}  FAILED\n${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

/** It takes minutes, so it tells on its way what it sees, each in a line of its own. */
async function rehearseAndTell(): Promise<string> {
  await rehearseDeployment((line) => process.stdout.write(`\n  ${line}`));
  process.stdout.write(`\n${''.padEnd(NAME_WIDTH)}`);
  return '';
}

// What runs on loopback is ended when this process exits, which it does not do by itself when it is interrupted.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

let failed = 0;
for (const step of STEPS) {
  if (!(await perform(step))) failed += 1;
}
process.stdout.write(`${STEPS.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
