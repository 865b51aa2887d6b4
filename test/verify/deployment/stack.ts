/** The stack under rehearsal, by the commands that a user types: `sam build`, `sam deploy`, `sam delete`; `sh deploy.sh`. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isObject } from '../../../functions/core/json.ts';
import { BINDINGS, CLOUD_MAP, CLUSTER, GROUP, REGION } from '../../../scripts/tools/emulators/account.ts';
import { runProgram } from '../../../scripts/tools/emulators/program.ts';
import {
  environmentOf,
  NODE_TOOLS,
  pythonEnvironment,
  ROOT,
  SAM_TOOLS,
  TOOLS,
} from '../../../scripts/tools/emulators/tools.ts';
import { CREDENTIALS } from './host.ts';

const NAME = 'rehearsal';
const COMMAND_TIME_MS = 300_000;
/** Everything named, as the release is deployed too. */
const PARAMETERS = [`ClusterArns=${CLUSTER}`, `TargetGroupArns=${GROUP}`, `CloudMapServiceArns=${CLOUD_MAP}`];
/** A bucket of the user's, for the release. */
const BUCKET = 'rehearsal-releases';

/** An edit of the template that takes a permission away, and must be noticed. */
export interface Mutant {
  readonly name: string;
  readonly from: RegExp;
  readonly to: string;
}

export const MUTANTS: readonly Mutant[] = [
  { name: 'without RegisterTargets', from: /\n *- elasticloadbalancing:RegisterTargets(?=\n)/, to: '' },
  {
    name: 'for another target group',
    from: /(- elasticloadbalancing:DeregisterTargets\n *Resource:)\n *Ref: TargetGroupArns/,
    to: `$1 ${GROUP.replace('/web/', '/other/')}`,
  },
];

/** What `sam deploy` is told. */
export const NAMED: readonly string[] = [...PARAMETERS, `Bindings="${BINDINGS}"`];

export class Stack {
  readonly #endpoint: string;
  readonly #folder: string;
  readonly #parameters: readonly string[];

  /** `folder` is for what the build makes. */
  constructor(endpoint: string, folder: string, parameters: readonly string[]) {
    this.#endpoint = endpoint;
    this.#folder = folder;
    this.#parameters = parameters;
  }

  /** Builds the template as it stands in the repository. */
  async build(): Promise<void> {
    await this.#sam('build', '--build-dir', join(this.#folder, 'build'));
  }

  /** Deploys what was built. False where nothing had changed. */
  async deploy(template = join(this.#folder, 'build', 'template.yaml')): Promise<boolean> {
    const parameters = this.#parameters.length === 0 ? [] : ['--parameter-overrides', ...this.#parameters];
    const named = ['--stack-name', NAME, '--template-file', template, '--no-confirm-changeset'];
    const said = await this.#sam('deploy', ...named, ...parameters);
    return !said.includes('No changes to deploy');
  }

  /** Deploys the same code with the template edited. */
  async deployMutant({ name, from, to }: Mutant): Promise<void> {
    cpSync(join(this.#folder, 'build'), join(this.#folder, 'mutant'), { recursive: true });
    const text = readFileSync(join(this.#folder, 'build', 'template.yaml'), 'utf8');
    const edited = text.replace(from, to);
    if (edited === text) throw new Error(`The mutant "${name}" edits nothing: has the policy in template.yaml changed?`);
    const template = join(this.#folder, 'mutant', 'template.yaml');
    writeFileSync(template, edited);
    if (!(await this.deploy(template))) throw new Error(`Deploying the mutant "${name}" changed nothing.`);
  }

  /** Deploys the release in the folder as its user does. False where nothing had changed. */
  async deployRelease(): Promise<boolean> {
    const said = await this.#withAws('/bin/sh', 'deploy.sh', BUCKET, ...PARAMETERS, `Bindings=${BINDINGS}`);
    return !said.includes('No changes to deploy');
  }

  /** The bucket that a user of the release has. */
  async makeBucket(): Promise<void> {
    await this.#withAws(join(await awsPrograms(), 'aws'), 's3', 'mb', `s3://${BUCKET}`);
  }

  async outputs(): Promise<ReadonlyMap<string, string>> {
    const listed: unknown = JSON.parse(await this.#sam('list', 'stack-outputs', '--stack-name', NAME, '--output', 'json'));
    const outputs = Array.isArray(listed) ? listed.filter(isObject) : [];
    return new Map(outputs.map(({ OutputKey, OutputValue }) => [String(OutputKey), String(OutputValue)]));
  }

  /** Types what an output of the stack says: a command of the AWS CLI, without quotes. */
  async runCommand(text: string): Promise<string> {
    const [program, ...words] = text.split(' ');
    if (program !== 'aws' || /['"&|;]/.test(text)) throw new Error(`This is no plain command of the AWS CLI: ${text}`);
    const env = environmentOf([], { ...CREDENTIALS, AWS_ENDPOINT_URL: this.#endpoint });
    return runProgram(join(await awsPrograms(), program), words, { folder: ROOT, env, timeoutMs: COMMAND_TIME_MS });
  }

  async delete(): Promise<void> {
    await this.#sam('delete', '--stack-name', NAME, '--no-prompts');
  }

  /** Runs a program in the folder that finds the AWS CLI and what a shell needs: no Node, no npm, no SAM. */
  async #withAws(program: string, ...args: readonly string[]): Promise<string> {
    const tools = join(this.#folder, 'tools');
    mkdirSync(tools, { recursive: true });
    if (!existsSync(join(tools, 'dirname'))) symlinkSync('/usr/bin/dirname', join(tools, 'dirname'));
    const path = [await awsPrograms(), tools].join(delimiter);
    const env = environmentOf([], { ...CREDENTIALS, AWS_ENDPOINT_URL: this.#endpoint, PATH: path, STACK_NAME: NAME });
    return runProgram(program, args, { folder: this.#folder, env, timeoutMs: COMMAND_TIME_MS });
  }

  #sam(...args: readonly string[]): Promise<string> {
    const env = environmentOf([SAM_TOOLS, NODE_TOOLS], { ...CREDENTIALS, AWS_ENDPOINT_URL: this.#endpoint });
    // Looked for beside the template by default, and not in the repository.
    const where = args[0] === 'build' ? [] : ['--region', REGION, '--config-file', join(ROOT, 'samconfig.toml')];
    return runProgram('sam', [...args, ...where], { folder: ROOT, env, timeoutMs: COMMAND_TIME_MS });
  }
}

/** The folder of the AWS CLI, which is installed where it is not. */
export async function awsPrograms(): Promise<string> {
  return (await pythonEnvironment(join(TOOLS, 'aws-cli'), join(import.meta.dirname, '../aws-cli.txt'))).programs;
}
