/** Reads template.yaml as CloudFormation does: its short forms, its conditions, its checks of parameters. */
import { readFileSync } from 'node:fs';
import type { BuildOptions, Loader } from 'esbuild';
import { parse, type Tags, YAMLMap, type YAMLSeq } from 'yaml';
import { isObject, type JsonObject } from '../../functions/core/json.ts';

type ParameterValue = string | number | readonly string[];
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

export const CLUSTER = 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod';
export const TARGET_GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef';
export const CLOUD_MAP_SERVICE = 'arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-0123456789abcdef';
export const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:alarms';

/** Values for the parameters that have no default. */
const REQUIRED: ParameterValues = { ClusterArns: [CLUSTER], TargetGroupArns: [TARGET_GROUP] };

const PSEUDO: ParameterValues = {
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
  'AWS::StackName': 'my-stack',
};

/** The file as it stands. */
export const TEXT = readFileSync(new URL('../../template.yaml', import.meta.url), 'utf8');

// CloudFormation reads YAML 1.1, in which a bare `on` is a boolean.
const SOURCE = objectOf(parse(TEXT, { version: '1.1', customTags: shortForms() }));

/** What lies at the end of a path, or undefined where it breaks off. */
export function lookUp(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((found, key) => {
    if (Array.isArray(found)) return found[Number(key)];
    return isObject(found) ? found[String(key)] : undefined;
  }, value);
}

/** A map of the template, or an error that says what stood in its place. */
export function objectOf(value: unknown): JsonObject {
  if (!isObject(value)) throw new Error(`Expected a map, found ${JSON.stringify(value)}.`);
  return value;
}

/** A list of the template; where CloudFormation takes one text for a list of one, so does this. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** The parameters as they are declared. */
export function parameters(): JsonObject {
  return objectOf(SOURCE['Parameters']);
}

/**
 * The template with these parameters: conditions are decided, short forms written out. A reference to a resource becomes its
 * name, an attribute `Name.Attribute`, so that a test can say which queue is meant.
 */
export function render(given: ParameterValues = {}): JsonObject {
  const defaults = Object.entries(parameters()).map(([name, declared]) => [name, defaultOf(objectOf(declared))] as const);
  const values = new Map<string, unknown>([...defaults, ...Object.entries({ ...PSEUDO, ...REQUIRED, ...given })]);
  return objectOf(resolve(SOURCE, values));
}

/** The properties of a resource, rendered. */
export function propertiesOf(name: string, given?: ParameterValues): JsonObject {
  return objectOf(lookUp(render(given), 'Resources', name, 'Properties'));
}

/** Names and properties of all resources of a type, rendered. */
export function resourcesOfType(type: string, given?: ParameterValues): [string, JsonObject][] {
  const resources = Object.entries(objectOf(render(given)['Resources']));
  return resources
    .filter(([, resource]) => lookUp(resource, 'Type') === type)
    .map(([name, resource]) => [name, objectOf(lookUp(resource, 'Properties'))]);
}

/** Whether CloudFormation would take this text for the parameter. */
export function accepts(name: string, text: string): boolean {
  const { Type, AllowedPattern, AllowedValues, MinValue, MaxValue } = objectOf(parameters()[name]);
  // "When applied to a CommaDelimitedList, each value in the list must match" (CloudFormation guide, Parameters).
  const values = Type === 'CommaDelimitedList' ? text.split(',').map((value) => value.trim()) : [text];
  return values.every((value) => {
    if (Type === 'Number' && (value.trim() === '' || Number.isNaN(Number(value)))) return false;
    if (Array.isArray(AllowedValues) && !AllowedValues.map(String).includes(value)) return false;
    if (typeof MinValue === 'number' && Number(value) < MinValue) return false;
    if (typeof MaxValue === 'number' && Number(value) > MaxValue) return false;
    return typeof AllowedPattern !== 'string' || new RegExp(`^(?:${AllowedPattern})$`).test(value);
  });
}

/** The options with which `sam build` calls esbuild, for esbuild's own interface. */
export function bundleOptions(): BuildOptions {
  const built = objectOf(lookUp(SOURCE, 'Resources', 'SyncFunction', 'Metadata', 'BuildProperties'));
  const loaders = pairsOf(built['Loader']).map(([suffix, loader]) => [suffix, oneOf<Loader>(loader, ['empty'])]);
  return {
    minify: built['Minify'] === true,
    sourcemap: built['Sourcemap'] === true,
    format: oneOf(built['Format'], ['cjs']),
    target: String(built['Target']),
    mainFields: String(built['MainFields']).split(','),
    legalComments: oneOf(built['LegalComments'], ['none']),
    alias: Object.fromEntries(pairsOf(built['Alias'])),
    external: listOf(built['External']).map(String),
    loader: Object.fromEntries(loaders),
  };
}

function shortForms(): Tags {
  const scalars = ['Ref', 'GetAtt', 'Sub'].map((name) => ({
    tag: `!${name}`,
    resolve: (text: string) => ({ [longName(name)]: text }),
  }));
  const lists = ['If', 'Equals', 'Not', 'Join'].map((name) => ({
    tag: `!${name}`,
    collection: 'seq' as const,
    resolve(list: YAMLMap | YAMLSeq) {
      const written = new YAMLMap();
      written.set(longName(name), list);
      return written;
    },
  }));
  return [...scalars, ...lists];
}

function longName(name: string): string {
  return name === 'Ref' ? name : `Fn::${name}`;
}

/** The value with all functions computed; undefined where it is AWS::NoValue, which stands for "leave it out". */
function resolve(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((each) => resolve(each, values)).filter((each) => each !== undefined);
  if (!isObject(value)) return value;
  const [name = '', argument] = Object.entries(value)[0] ?? [];
  if (name === 'Fn::If') return resolve(listOf(argument)[isTrue(listOf(argument)[0], values) ? 1 : 2], values);
  if (name === 'Ref') return refer(String(argument), values);
  if (name === 'Fn::GetAtt') return argument;
  if (name === 'Fn::Sub') {
    return String(argument).replaceAll(/\$\{([^}]+)\}/g, (_, inner: string) =>
      String(inner.includes('.') ? inner : refer(inner, values)),
    );
  }
  if (name === 'Fn::Join') {
    const [separator, list] = listOf(argument);
    return listOf(resolve(list, values)).join(String(separator));
  }
  const entries = Object.entries(value).map(([key, inner]) => [key, resolve(inner, values)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

function refer(name: string, values: ReadonlyMap<string, unknown>): unknown {
  if (name === 'AWS::NoValue') return undefined;
  if (values.has(name)) return values.get(name);
  if (lookUp(SOURCE, 'Resources', name) === undefined) throw new Error(`Nothing in the template is called ${name}.`);
  return name;
}

function isTrue(condition: unknown, values: ReadonlyMap<string, unknown>): boolean {
  const written = typeof condition === 'string' ? lookUp(SOURCE, 'Conditions', condition) : condition;
  const [name, argument] = Object.entries(objectOf(written))[0] ?? [];
  if (name === 'Fn::Not') return !isTrue(listOf(argument)[0], values);
  if (name !== 'Fn::Equals') throw new Error(`Expected a condition, found ${JSON.stringify(condition)}.`);
  const [left, right] = listOf(argument).map((each) => resolve(each, values));
  return left === right;
}

/** The default as CloudFormation hands it on: an empty text makes a list of one empty text. */
function defaultOf({ Type, Default }: JsonObject): unknown {
  return Type === 'CommaDelimitedList' ? String(Default ?? '').split(',') : Default;
}

function pairsOf(list: unknown): [string, string][] {
  return listOf(list).map((pair) => {
    const [left = '', right = ''] = String(pair).split('=');
    return [left, right];
  });
}

function oneOf<Known extends string>(value: unknown, known: readonly Known[]): Known {
  const found = known.find((each) => each === value);
  if (found === undefined) throw new Error(`Expected ${known.join(' or ')}, found ${JSON.stringify(value)}.`);
  return found;
}
