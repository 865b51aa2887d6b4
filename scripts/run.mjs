#!/usr/bin/env node
/**
 * Runs a script on the Node that package.json pins, once everything is installed that the lockfile names:
 *
 *     node scripts/run.mjs scripts/tools/check/main.ts --all
 *
 * What is no script is a command line for scripts/cli/main.ts: this is the program `alb-target-sync`, too.
 *
 * The only file in JavaScript. It is the first to run on a fresh clone, when there is no package to help and Node may be one
 * that does not read TypeScript. It is not a line of shell (`npm ci && node scripts/tools/check/main.ts`) because sh remembers where it
 * found `node`, and would go on with the system's after the install has put the pinned one in front of it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(root, 'node_modules', '.bin');
const node = join(tools, 'node');

if (!isInstalled()) install();
run(scriptFrom(process.argv.slice(2)));

/** The script with its arguments. */
function scriptFrom(words) {
  // Options before the script are Node's own, such as those of `npm start`.
  const [first] = words.filter((word) => !word.startsWith('-'));
  return first?.endsWith('.ts') ? words : [join(root, 'scripts/cli/main.ts'), ...words];
}

/** Compares contents, not dates: a node_modules out of a cache is younger than any lockfile. */
function isInstalled() {
  if (!existsSync(node)) return false;
  const installed = packagesIn('node_modules/.package-lock.json');
  return Object.entries(packagesIn('package-lock.json')).every(
    // The entry without a path is this repository. Optional packages are, for the most part, for other machines.
    ([path, { optional, version }]) => path === '' || optional === true || installed[path]?.version === version,
  );
}

function packagesIn(lockfile) {
  const path = join(root, lockfile);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/** Installs exactly what the lockfile names. */
function install() {
  // Told on stderr, so that the answer of the script is all that stdout has. NODE_ENV=production must not leave the tools out.
  // A Node older than 22 would print 91 warnings that packages want a newer one. They run on the pinned Node and never on this one.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) stop('npm ci did not succeed: see above, then try again.');
  if (!existsSync(node)) stop('npm ci did not bring the pinned Node: its install script must run (no ignore-scripts).');
  if (!isInstalled()) stop('npm ci brought other versions than package-lock.json names: does it fit package.json?');
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Signals go on to the script; its exit code, or the signal that ended it, becomes ours. */
function run(script) {
  const path = [tools, process.env.PATH ?? ''].join(delimiter);
  const child = spawn(node, script, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}
