/** The bundle that a user would deploy: built by SAM, small, quick to load, the same again. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command, NODE, OUTPUT } from './command.ts';

const BUILD = join(OUTPUT, 'build');
const EXAMPLE_BUILD = join(OUTPUT, 'example');
const SECOND_BUILD = join(OUTPUT, 'second-build');
const ARCHIVE = join(OUTPUT, 'function.zip');
const FUNCTION = 'SyncFunction';
const HANDLER = 'handler.cjs';

/** Where `sam build` puts the bundle. */
export const BUNDLE = join(BUILD, FUNCTION, HANDLER);

/** 300 kB as esbuild counts them. Every byte is read, parsed and compiled before the first event is looked at. */
const BUNDLE_BYTES_MAX = 460_000;
const ARCHIVE_BYTES_MAX = 142_000;

/** Built-in modules that cost a cold start tens of milliseconds, and that no call to AWS needs. */
const UNWANTED_BUILTINS = /undici|http2|child_process/;

export async function build(): Promise<string> {
  // A build that fails must not leave an older bundle for the next steps to praise.
  rmSync(BUILD, { recursive: true, force: true });
  await command('sam', ['build']);
  return '';
}

/** The whole scenario: the five templates of infra/, and the product with its bundle as one more stack. */
export async function buildExample(): Promise<string> {
  rmSync(EXAMPLE_BUILD, { recursive: true, force: true });
  await command('sam', ['build', '--config-env', 'example']);
  const [product, nested] = [bundleIn(BUILD), join(EXAMPLE_BUILD, 'Sync', FUNCTION, HANDLER)].map(sha256);
  if (product !== nested) throw new Error('The function of the example is not the product: its bundle is another one.');
  const stacks = readdirSync(EXAMPLE_BUILD, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  await command('cfn-lint', [
    '--',
    join(EXAMPLE_BUILD, 'template.yaml'),
    ...stacks.map(({ name }) => join(EXAMPLE_BUILD, name, 'template.yaml')),
  ]);
  return `${stacks.length} nested stacks`;
}

export async function weighBundle(): Promise<string> {
  const files = readdirSync(join(BUILD, FUNCTION));
  if (files.join() !== HANDLER) throw new Error(`The build has ${files.join(', ')}; expected ${HANDLER} and nothing else.`);
  return within(BUNDLE_BYTES_MAX, readFileSync(bundleIn(BUILD)).length);
}

export async function weighArchive(): Promise<string> {
  rmSync(ARCHIVE, { force: true });
  // Python packs an empty archive, and is content, where there is no file.
  if (!existsSync(bundleIn(BUILD))) throw new Error('There is no bundle to pack.');
  // Python's zipfile, because `sam deploy` packs with it.
  await command('python', ['-m', 'zipfile', '-c', ARCHIVE, bundleIn(BUILD)]);
  return within(ARCHIVE_BYTES_MAX, readFileSync(ARCHIVE).length);
}

export async function buildAgain(): Promise<string> {
  rmSync(SECOND_BUILD, { recursive: true, force: true });
  await command('sam', ['build', '--build-dir', SECOND_BUILD]);
  const [first, second] = [BUILD, SECOND_BUILD].map((folder) => sha256(bundleIn(folder)));
  if (first !== second) throw new Error(`The same sources gave ${first} and then ${second}.`);
  return `sha256 ${first}`;
}

export async function loadBundle(): Promise<string> {
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
