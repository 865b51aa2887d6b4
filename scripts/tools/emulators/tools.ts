/** The tools that `npm run verify` installs for itself, each in a folder of its own, with pinned versions. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runProgram } from './program.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const NODE_TOOLS = join(ROOT, 'node_modules', '.bin');
/** Where the SAM CLI is. */
export const SAM_TOOLS = join(ROOT, '.venv', 'bin');

export const TOOLS = join(ROOT, '.tools');
const INSTALL_TIME_MS = 600_000;

/** An emulator of AWS with all that it needs, apart from the other tools: its boto3 and the SAM CLI's do not go together. */
export async function ministackPrograms(): Promise<string> {
  return (await pythonEnvironment(join(TOOLS, 'ministack'), join(import.meta.dirname, 'ministack.txt'))).programs;
}

/** Makes a Python environment with these requirements, unless it is there. Answers with the folder of its programs. */
export async function pythonEnvironment(folder: string, requirements: string) {
  const programs = join(folder, 'bin');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  const isNew = await installOnce(folder, requirements, async () => {
    await install('python3', ['-m', 'venv', '--clear', folder]);
    await install(join(programs, 'python'), pip);
  });
  return { programs, isNew };
}

/** Installs what a lockfile names, without running a script of any package. Answers with the folder of the packages. */
export async function nodePackages(name: string, source: string): Promise<string> {
  const folder = join(TOOLS, name);
  await installOnce(folder, join(source, 'package-lock.json'), async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(source, file), join(folder, file));
    await install('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder]);
  });
  return join(folder, 'node_modules');
}

/** The environment of this process, with these folders searched first and without what would lead to somebody's AWS account. */
export function environmentOf(folders: readonly string[], more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const path = [...folders, process.env['PATH']].join(delimiter);
  const none = '/dev/null';
  const files = { AWS_CONFIG_FILE: none, AWS_SHARED_CREDENTIALS_FILE: none, AWS_EC2_METADATA_DISABLED: 'true' };
  return { ...Object.fromEntries(kept), ...files, SAM_CLI_TELEMETRY: '0', PATH: path, ...more };
}

/** Installs anew when what is to be installed has changed since. Answers whether it had to. */
async function installOnce(folder: string, wantedFile: string, make: () => Promise<void>): Promise<boolean> {
  const stamp = join(folder, 'installed');
  const wanted = readFileSync(wantedFile, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  await make();
  // Written last: an installation that broke off is begun anew.
  writeFileSync(stamp, wanted);
  return true;
}

function install(program: string, args: readonly string[]): Promise<string> {
  return runProgram(program, args, { folder: ROOT, env: process.env, timeoutMs: INSTALL_TIME_MS });
}
