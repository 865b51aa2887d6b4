/** What a command is asked about: named by options, or by the deployed function's own settings. */
import { readFileSync } from 'node:fs';
import { readSettings } from '../../functions/adapters/settings.ts';
import { type Lines, REMOVAL_BUDGET_PERCENT, type Settings } from '../../functions/core/binding-sources.ts';
import type { Finding } from '../../functions/core/finding.ts';
import { isObject } from '../../functions/core/json.ts';
import type { Result } from '../../functions/core/result.ts';
import { parseCloudMapServiceArn, parseClusterArn, parseTargetGroupArn } from '../../functions/core/values.ts';
import { errors, reasonOf } from './errors.ts';

export interface SettingsValues {
  readonly cluster?: readonly string[] | undefined;
  readonly 'target-group'?: readonly string[] | undefined;
  readonly 'cloud-map-service'?: readonly string[] | undefined;
  readonly bind?: readonly string[] | undefined;
  readonly settings?: string | undefined;
}

/** Options of parseArgs that `namedBy` reads. */
export const SETTINGS_OPTIONS = {
  cluster: {
    type: 'string',
    multiple: true,
    value: 'ARN',
    about: 'cluster to read; may be repeated. Without it: all clusters of the account and region',
  },
  'target-group': {
    type: 'string',
    multiple: true,
    value: 'ARN',
    about: 'target group to compare; may be repeated. Without it: those with the tag alb-target-sync',
  },
  'cloud-map-service': {
    type: 'string',
    multiple: true,
    value: 'ARN',
    about: 'Cloud Map service to compare; may be repeated. Without it and --target-group: those with the tag',
  },
  bind: {
    type: 'string',
    multiple: true,
    value: 'LINE',
    about: 'what feeds what, such as "target-group=web service=app port=8080"; may be repeated. Without it, the tags decide',
  },
  settings: {
    type: 'string',
    value: 'FILE',
    about:
      'take all of these from the deployed stack instead: the output of aws cloudformation describe-stacks, or that of aws lambda ' +
      'get-function-configuration (- for standard input)',
  },
} as const;

/** What the options name. An empty list is for discovery to fill. */
export interface Named extends Settings {
  /** The settings are the deployed function's: it finds clusters by itself, and its messages name its parameters. */
  readonly isDeployed: boolean;
  /** Where the deployed function keeps its record, and can be paused; undefined where that is not known. */
  readonly logGroup: string | undefined;
  /** The stack's name, where a deployed function says it. */
  readonly stack: string | undefined;
  /** Outputs of the stack by name; none where only its function is known. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Reads the options; a mistake names the option or the file. */
export function namedBy(values: SettingsValues): Named {
  const clusters = arnsOf(values.cluster, '--cluster', parseClusterArn);
  const targetGroups = arnsOf(values['target-group'], '--target-group', parseTargetGroupArn);
  const cloudMapServices = arnsOf(values['cloud-map-service'], '--cloud-map-service', parseCloudMapServiceArn);
  const binding = values.bind?.join('\n');
  const given = {
    CLUSTER_ARNS: clusters?.join(','),
    TARGET_GROUP_ARNS: targetGroups?.join(','),
    CLOUD_MAP_SERVICE_ARNS: cloudMapServices?.join(','),
    BINDINGS: binding,
  };
  if (values.settings !== undefined) {
    const file = values.settings;
    const content = parse(readText(file), file);
    const stack = stackIn(file, content);
    const variables = stack?.variables ?? variablesIn(file, content);
    const { outputs = {} } = stack ?? {};
    return {
      ...settingsIn(file, variables, given),
      isDeployed: true,
      stack: variables['STACK_ARN']?.split('/')[1],
      logGroup: outputs['LogGroupName'] ?? logGroupIn(content),
      outputs,
    };
  }
  return {
    clusters: clusters ?? [],
    targetGroups: targetGroups ?? [],
    cloudMapServices: cloudMapServices ?? [],
    home: undefined,
    bindings: binding ?? '',
    tagBindings: true,
    leftOut: [],
    spokeRole: undefined,
    mode: 'enforce',
    removalBudgetPercent: REMOVAL_BUDGET_PERCENT,
    isDeployed: false,
    stack: undefined,
    logGroup: undefined,
    outputs: {},
  };
}

function arnsOf<Arn>(
  texts: readonly string[] | undefined,
  option: string,
  parse: (text: unknown) => Result<Arn, string>,
): Arn[] | undefined {
  const words = texts?.flatMap((text) => text.split(',').map((word) => word.trim()));
  return words?.map((word) => {
    const parsed = parse(word);
    if (!parsed.ok) throw errors.badValue(option, word.slice(0, 120), parsed.problem);
    return parsed.value;
  });
}

/** Mistakes in lines that were given by --bind. A deployed function goes on without such a line; somebody who waits does not. */
export function mistakesIn({ mistakes }: Lines): string[] {
  return mistakes.map(({ message }) => inWordsOfOptions(message));
}

/** The function's messages name the stack's parameters. Whoever typed options reads theirs. */
export function inWordsOfOptions(message: string): string {
  return WORDS.reduce((text, [pattern, words]) => text.replace(pattern, words), message);
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bIn the parameter Bindings, line (\d+)/g, 'In --bind, line $1'],
  [/\bthe parameter Bindings, line (\d+)/g, '--bind, line $1'],
  [/, of the stack's parameter \w+(?: or with the tag [\w-]+)?/g, ''],
  [/ This line is left out, and nothing else is\./g, ''],
  [/, or add ("[^"]*") to the parameter Bindings\./g, ', or give --bind $1.'],
  [/, or take it out of the stack's parameter TargetGroupArns\./g, ', or name another with --target-group.'],
  [/, or take it out of the stack's parameter CloudMapServiceArns\./g, ', or name another with --cloud-map-service.'],
];

export function findingInWordsOfOptions(finding: Finding): Finding {
  return { ...finding, subject: inWordsOfOptions(finding.subject), message: inWordsOfOptions(finding.message) };
}

type Texts = Readonly<Record<string, string>>;

/** The settings of the deployed function; an option stands in for its variable. */
function settingsIn(file: string, variables: Texts, given: Readonly<Record<string, string | undefined>>): Settings {
  const options = Object.entries(given).filter(([, value]) => value !== undefined);
  const read = readSettings({ ...variables, ...Object.fromEntries(options) });
  if (read.ok) return read.value;
  const mistakes = read.problem
    .replace(/^The function's settings cannot be used: /, '')
    .replace(/\. Correct the stack's parameters\.$/, '')
    .split(/; (?=[A-Z_]{4,} )/);
  // A variable whose only ARN is wrong is not empty as well.
  const wrong = mistakes.flatMap((mistake) => /^(\w+) has "/.exec(mistake)?.[1] ?? []);
  const isRepeated = (mistake: string): boolean => / is empty: /.test(mistake) && wrong.some((name) => mistake.includes(name));
  throw errors.badSettings(
    file,
    mistakes.filter((mistake) => !isRepeated(mistake)),
  );
}

/** The function's variables as template.yaml makes them of the stack's parameters. */
const VARIABLE_OF: Texts = {
  ClusterArns: 'CLUSTER_ARNS',
  TargetGroupArns: 'TARGET_GROUP_ARNS',
  CloudMapServiceArns: 'CLOUD_MAP_SERVICE_ARNS',
  Bindings: 'BINDINGS',
  TagBindings: 'TAG_BINDINGS',
  Mode: 'MODE',
  RemovalBudgetPercent: 'REMOVAL_BUDGET_PERCENT',
  SpokeRoleName: 'SPOKE_ROLE_NAME',
  SpokeExternalId: 'SPOKE_EXTERNAL_ID',
};

/** What `aws cloudformation describe-stacks` says of the one stack; undefined if the file is something else. */
function stackIn(file: string, content: unknown): { readonly variables: Texts; readonly outputs: Texts } | undefined {
  if (!isObject(content) || !Array.isArray(content['Stacks'])) return undefined;
  const [stack, ...others] = content['Stacks'];
  if (!isObject(stack) || others.length > 0)
    throw errors.badSettings(file, [`it holds ${content['Stacks'].length} stacks; name one with --stack-name`]);
  const parameters = pairsIn(stack['Parameters'], 'ParameterKey', 'ParameterValue');
  if (parameters['Bindings'] === undefined) {
    throw errors.badSettings(file, [
      `the stack ${String(stack['StackName'])} has no parameter Bindings: it is another product's`,
    ]);
  }
  const variables = Object.entries(parameters).flatMap(([key, value]) => {
    const name = VARIABLE_OF[key];
    return name === undefined ? [] : [[name, value] as const];
  });
  return {
    variables: { ...Object.fromEntries(variables), STACK_ARN: String(stack['StackId'] ?? '') },
    outputs: pairsIn(stack['Outputs'], 'OutputKey', 'OutputValue'),
  };
}

function pairsIn(list: unknown, key: string, value: string): Texts {
  const items = Array.isArray(list) ? list.filter(isObject) : [];
  return Object.fromEntries(items.map((item) => [String(item[key]), String(item[value] ?? '')]));
}

/** Only the whole output has it, and not the variables alone. */
function logGroupIn(content: unknown): string | undefined {
  const logging = isObject(content) && isObject(content['LoggingConfig']) ? content['LoggingConfig'] : {};
  return typeof logging['LogGroup'] === 'string' ? logging['LogGroup'] : undefined;
}

function variablesIn(file: string, content: unknown): Texts {
  const whole = isObject(content) && isObject(content['Environment']) ? content['Environment'] : content;
  const variables = isObject(whole) && isObject(whole['Variables']) ? whole['Variables'] : whole;
  if (!isObject(variables)) throw errors.badSettings(file, ['it holds no environment variables']);
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw errors.unreadableFile('--settings ', file, reasonOf(error));
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw errors.badSettings(file, ['it is not JSON']);
  }
}
