/** The seeded mistakes of test/mistakes: that the rules notice all of them, and how many the linters would have noticed. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { isObject } from '../../functions/core/json.ts';
import { countTests } from '../../scripts/tools/check/count.ts';
import { listOf, lookUp } from '../../scripts/tools/template/template.ts';
import { FILES, type Files } from '../../scripts/tools/template/templates.ts';
import { plant } from '../mistakes/mistake.ts';
import { MISTAKES } from '../mistakes/mistakes.ts';
import { command, OUTPUT } from './command.ts';
import { CHECKOV } from './tools.ts';

/** Of each linter: they use one core each. */
const PROCESSES = 2 * availableParallelism();
const FOLDER = join(OUTPUT, 'mistakes');
const PRODUCT = 'template.yaml';
const REPORT = join(OUTPUT, 'mistakes.json');
/** Each mistake, and what the linters say to it. */
const TOLD = join(OUTPUT, 'told-by-linters.txt');

/** The rules on the template that CloudFormation gets: what `npm test` leaves out where SAM's translator is not installed. */
export async function askRules(): Promise<string> {
  const args = [
    'run',
    '--project=end-to-end',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${REPORT}`,
    'test/mistakes',
  ];
  await command('vitest', args);
  const { failed, skipped } = countTests(JSON.parse(readFileSync(REPORT, 'utf8')));
  if (failed > 0 || skipped.length > 0) throw new Error(`${failed} failed; left out: ${skipped.join(', ')}.`);
  return `${MISTAKES.length} of ${MISTAKES.length} mistakes noticed, in the sources and as CloudFormation gets them`;
}

/** What cfn-lint and checkov say to each mistake that they do not say to the template without it. For information: no rule rests on it. */
export async function askLinters(): Promise<string> {
  rmSync(FOLDER, { recursive: true, force: true });
  const clean = Object.keys(FILES).map((file) => lay(`clean-${basename(file, '.yaml')}`, file, FILES));
  const spoiled = MISTAKES.map((mistake, index) => lay(`mistake-${index}`, mistake.file, plant(mistake, FILES)));
  await transform([...clean, ...spoiled].filter(({ file }) => file === PRODUCT));
  const said = await lint([...clean, ...spoiled]);
  const usual = new Map(clean.map((place) => [place.file, said.get(place.path) ?? new Set<string>()]));
  const heard = spoiled.map(({ file, path }) =>
    [...(said.get(path) ?? ['SAM refuses it'])].filter((finding) => usual.get(file)?.has(finding) !== true),
  );
  const noticed = heard.filter((findings) => findings.length > 0).length;
  writeFileSync(TOLD, MISTAKES.map(({ file, name }, index) => `${file}: ${name}: ${heard[index]?.join(', ')}\n`).join(''));
  const share = Math.round((100 * noticed) / MISTAKES.length);
  return `cfn-lint and checkov notice ${noticed} of ${MISTAKES.length} (${share} %)`;
}

interface Place {
  readonly file: string;
  readonly source: string;
  /** What is linted: the source, or the plain form of the product. */
  readonly path: string;
}

/** Writes the templates into a folder of their own, since nested ones are found by their path. */
function lay(name: string, file: string, files: Files): Place {
  const folder = join(FOLDER, name);
  mkdirSync(join(folder, 'infra'), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  const source = join(folder, file);
  return { file, source, path: file === PRODUCT ? join(folder, 'template.json') : source };
}

/** SAM's translator takes a second to load, so it is asked once for all of them. */
async function transform(places: readonly Place[]): Promise<void> {
  const flat = join(FOLDER, 'flat');
  mkdirSync(flat);
  const sources = places.map((place, index) => {
    const path = join(flat, `${index}.yaml`);
    writeFileSync(path, readFileSync(place.source));
    return path;
  });
  await command('python', ['scripts/tools/package/transform.py', '--into', flat, ...sources]);
  for (const [index, { path }] of places.entries()) {
    for (const kind of ['json', 'error']) {
      const made = join(flat, `${index}.${kind}`);
      if (existsSync(made)) writeFileSync(path.replace(/json$/, kind), readFileSync(made));
    }
  }
  rmSync(flat, { recursive: true });
}

/** What both linters say to each file, by its path. */
async function lint(places: readonly Place[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const paths = places.map(({ path }) => path).filter((path) => existsSync(path));
  const said = new Map<string, Set<string>>(paths.map((path) => [path, new Set<string>()]));
  const shares = Array.from({ length: PROCESSES }, (_, share) => paths.filter((__, index) => index % PROCESSES === share));
  await Promise.all(shares.flatMap((share) => [askCfnLint(share, said), askCheckov(share, said)]));
  return said;
}

async function askCfnLint(paths: readonly string[], said: ReadonlyMap<string, Set<string>>): Promise<void> {
  const answer = await command('cfn-lint', ['--format', 'json', '--non-zero-exit-code', 'none', '-c', 'I', '--', ...paths]);
  for (const finding of listOf(JSON.parse(answer))) {
    const place = listOf(lookUp(finding, 'Location', 'Path'))
      .slice(0, 4)
      .join('.');
    said.get(String(lookUp(finding, 'Filename')))?.add(`${lookUp(finding, 'Rule', 'Id')} ${place}`);
  }
}

async function askCheckov(paths: readonly string[], said: ReadonlyMap<string, Set<string>>): Promise<void> {
  const options = [
    '--framework',
    'cloudformation',
    '--skip-download',
    '--soft-fail',
    '--compact',
    '--quiet',
    '--output',
    'json',
  ];
  const answer = await command(CHECKOV, [...options, ...paths.flatMap((path) => ['--file', path])]);
  for (const finding of listOf(lookUp(JSON.parse(answer), 'results', 'failed_checks'))) {
    if (isObject(finding)) said.get(String(finding['file_abs_path']))?.add(`${finding['check_id']} ${finding['resource']}`);
  }
}
