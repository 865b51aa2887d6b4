/** The settings that a command reads an account under: from options, or from the deployed function's own environment. */
import { readFileSync } from 'node:fs';
import { readSettings } from '../../functions/adapters/settings.ts';
import { type Lines, linesOfParameter, type Settings } from '../../functions/core/binding-sources.ts';
import { isObject } from '../../functions/core/json.ts';
import { badEnvironment, badSyntax } from './exit.ts';

export interface SettingsOptions {
  readonly cluster?: readonly string[] | undefined;
  readonly 'target-group'?: readonly string[] | undefined;
  readonly 'cloud-map-service'?: readonly string[] | undefined;
  readonly bind?: readonly string[] | undefined;
  readonly settings?: string | undefined;
}

/** Options of parseArgs that `settingsOf` reads. */
export const SETTINGS_OPTIONS = {
  cluster: { type: 'string', multiple: true },
  'target-group': { type: 'string', multiple: true },
  'cloud-map-service': { type: 'string', multiple: true },
  bind: { type: 'string', multiple: true },
  settings: { type: 'string' },
} as const;

/** The same reading as the function's, so that a mistake is told in the same words. */
export function settingsOf(options: SettingsOptions): Settings {
  const told = options.settings === undefined ? {} : variablesFrom(options.settings);
  const list = (values: readonly string[] | undefined, name: string): string => values?.join(',') ?? told[name] ?? '';
  const read = readSettings({
    CLUSTER_ARNS: list(options.cluster, 'CLUSTER_ARNS'),
    TARGET_GROUP_ARNS: list(options['target-group'], 'TARGET_GROUP_ARNS'),
    CLOUD_MAP_SERVICE_ARNS: list(options['cloud-map-service'], 'CLOUD_MAP_SERVICE_ARNS'),
    BINDINGS: options.bind?.join('\n') ?? told['BINDINGS'] ?? '',
    MODE: told['MODE'] ?? 'enforce',
  });
  if (!read.ok) {
    const told = read.problem.replace("Correct the stack's parameters.", 'Give --cluster and --target-group, or --settings.');
    throw badSyntax(told);
  }
  const mistakes = options.bind === undefined ? [] : mistakesIn(linesOfParameter(read.value));
  if (mistakes.length > 0) throw badSyntax(mistakes.join('\n'));
  return read.value;
}

/** Mistakes in lines that were given by --bind. A deployed function goes on without such a line; somebody who waits does not. */
export function mistakesIn({ mistakes }: Lines): string[] {
  return mistakes.map(({ message }) =>
    message
      .replace(/^In the parameter Bindings, line /, 'In --bind, line ')
      .replace(", of the stack's parameter TargetGroupArns", '')
      .replace(' This line is left out, and nothing else is.', ''),
  );
}

/** `aws lambda get-function-configuration --query Environment.Variables`, in a file or on standard input. */
function variablesFrom(file: string): Readonly<Record<string, string>> {
  const parsed: unknown = parse(readText(file), file);
  const whole = isObject(parsed) && isObject(parsed['Environment']) ? parsed['Environment'] : parsed;
  const variables = isObject(whole) && isObject(whole['Variables']) ? whole['Variables'] : whole;
  if (!isObject(variables)) throw badSyntax(`${file} does not hold the function's environment variables as a JSON object.`);
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw badEnvironment(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badSyntax(`${file} is not JSON; expected the output of aws lambda get-function-configuration.`);
  }
}
