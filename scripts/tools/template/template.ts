/** Reads templates as CloudFormation does: short forms, conditions, checks of parameters. And template.yaml in particular. */
import { readFileSync } from 'node:fs';
import type { BuildOptions, Loader } from 'esbuild';
import { parse, type Tags, YAMLMap, type YAMLSeq } from 'yaml';
import { isObject, type JsonObject } from '../../../functions/core/json.ts';

type ParameterValue = string | number | readonly string[];
/** What a reference to a resource, or to an attribute of one, becomes. */
export type Refer = (name: string, attribute: string | undefined) => unknown;

interface Scope {
  readonly source: JsonObject;
  readonly values: ReadonlyMap<string, unknown>;
  readonly refer: Refer;
}

export type ParameterValues = Readonly<Record<string, ParameterValue>>;

export const CLUSTER = 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod';
export const TARGET_GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef';
export const CLOUD_MAP_SERVICE = 'arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-0123456789abcdef';
export const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:alarms';

/** A stack that names what it keeps, which is what most tests look at. */
const NAMED: ParameterValues = { ClusterArns: [CLUSTER], TargetGroupArns: [TARGET_GROUP] };

const PSEUDO: ParameterValues = {
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
  'AWS::StackId': 'arn:aws:cloudformation:eu-west-1:111122223333:stack/my-stack/5ca1ab1e',
  'AWS::StackName': 'my-stack',
};

/** The file as it stands. */
export const TEXT = readFileSync(new URL('../../../template.yaml', import.meta.url), 'utf8');

const SOURCE = parseTemplate(TEXT);

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

/** A template, with its short forms written out. */
export function parseTemplate(text: string): JsonObject {
  // JSON is YAML too, but takes twenty times as long to read as such.
  if (text.startsWith('{')) return objectOf(JSON.parse(text));
  // CloudFormation reads YAML 1.1, in which a bare `on` is a boolean. What it does not know, such as aliases, must not pass.
  return objectOf(parse(text, { version: '1.1', customTags: shortForms(), maxAliasCount: 0 }));
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
  return renderTemplate(SOURCE, { ...NAMED, ...given });
}

/** The same for any template. Resources and outputs whose condition is not met are left out. */
export function renderTemplate(
  source: JsonObject,
  given: Readonly<Record<string, unknown>>,
  refer: Refer = byName,
): JsonObject {
  const scope = scopeOf(source, given, refer);
  const present = (section: string) => {
    const entries = Object.entries(objectOf(source[section] ?? {}));
    const kept = entries.filter(([, entry]) => {
      const condition = lookUp(entry, 'Condition');
      return condition === undefined || isTrue(condition, scope);
    });
    return resolve(Object.fromEntries(kept), scope);
  };
  return { ...source, Resources: present('Resources'), Outputs: present('Outputs') };
}

/**
 * What CloudFormation says to these parameters before it makes anything: the names of those that it does not take, and the
 * descriptions of the assertions under Rules that do not hold.
 */
export function refusalsOf(source: JsonObject, given: ParameterValues): string[] {
  const declared = objectOf(source['Parameters']);
  const refused = Object.entries(given).filter(([name, value]) => !takes(objectOf(declared[name]), String(value)));
  const scope = scopeOf(source, given, byName);
  const rules = Object.values(objectOf(source['Rules'] ?? {})).filter((rule) => {
    const condition = lookUp(rule, 'RuleCondition');
    return condition === undefined || isTrue(condition, scope);
  });
  const assertions = rules.flatMap((rule) => listOf(lookUp(rule, 'Assertions')));
  const broken = assertions.filter((each) => !isTrue(lookUp(each, 'Assert'), scope));
  return [...refused.map(([name]) => name), ...broken.map((each) => String(lookUp(each, 'AssertDescription')))];
}

/** The properties of a resource, rendered. */
export function propertiesOf(name: string, given?: ParameterValues): JsonObject {
  return objectOf(lookUp(render(given), 'Resources', name, 'Properties'));
}

/** Whether CloudFormation would take this text for the parameter. */
export function accepts(name: string, text: string): boolean {
  return takes(objectOf(parameters()[name]), text);
}

/** Whether CloudFormation would take this text for a parameter that is declared so. */
export function takes({ Type, AllowedPattern, AllowedValues, MinValue, MaxValue }: JsonObject, text: string): boolean {
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
    external: listOf(built['External'] ?? []).map(String),
    loader: Object.fromEntries(loaders),
  };
}

function scopeOf(source: JsonObject, given: Readonly<Record<string, unknown>>, refer: Refer): Scope {
  const declared = Object.entries(objectOf(source['Parameters'] ?? {})).map(([name, value]) => {
    return [name, handedOn(objectOf(value), given[name])] as const;
  });
  return { source, values: new Map<string, unknown>([...Object.entries({ ...PSEUDO, ...given }), ...declared]), refer };
}

function shortForms(): Tags {
  const scalars = ['Ref', 'GetAtt', 'Sub', 'Condition', 'GetAZs', 'Base64'].map((name) => ({
    tag: `!${name}`,
    resolve: (text: string) => ({ [longName(name)]: text }),
  }));
  const lists = ['If', 'Equals', 'Not', 'And', 'Or', 'Join', 'Select', 'Split', 'Sub', 'EachMemberEquals'].map((name) => ({
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
  return name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
}

/** The value with all functions computed; undefined where it is AWS::NoValue, which stands for "leave it out". */
function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((each) => resolve(each, scope)).filter((each) => each !== undefined);
  if (!isObject(value)) return value;
  const [name = '', argument] = Object.entries(value)[0] ?? [];
  if (name === 'Ref') return refer(String(argument), scope);
  if (name.startsWith('Fn::')) return compute(name, argument, scope);
  const entries = Object.entries(value).map(([key, inner]) => [key, resolve(inner, scope)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

function compute(name: string, argument: unknown, scope: Scope): unknown {
  const list = listOf(argument);
  if (name === 'Fn::If') return resolve(list[isTrue(list[0], scope) ? 1 : 2], scope);
  if (name === 'Fn::GetAtt') return refer(list.join('.'), scope);
  if (name === 'Fn::Sub') {
    const [text, own] = Array.isArray(argument) ? argument : [argument];
    const given = objectOf(resolve(own ?? {}, scope));
    return String(text).replaceAll(/\$\{([^}!]+)\}/g, (_, inner: string) => String(given[inner] ?? refer(inner, scope)));
  }
  if (name === 'Fn::Join') return listOf(resolve(list[1], scope)).join(String(list[0]));
  if (name === 'Fn::Split') return String(resolve(list[1], scope)).split(String(list[0]));
  if (name === 'Fn::Select') return listOf(resolve(list[1], scope))[Number(list[0])];
  if (name === 'Fn::GetAZs') return ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
  if (name === 'Fn::Base64') return resolve(argument, scope);
  throw new Error(`Expected a function of CloudFormation that the tests know, found ${name}.`);
}

/** What a name, or `Name.Attribute`, stands for. */
function refer(text: string, { source, values, refer: referTo }: Scope): unknown {
  if (text === 'AWS::NoValue') return undefined;
  if (values.has(text)) return values.get(text);
  const [name = '', ...attribute] = text.split('.');
  const resource = lookUp(source, 'Resources', name) ?? generated(source, name);
  if (resource === undefined) throw new Error(`Nothing in the template is called ${name}.`);
  const condition = lookUp(resource, 'Condition');
  if (condition !== undefined && !isTrue(condition, { source, values, refer: referTo })) {
    throw new Error(`${name} is referred to, but does not exist where ${String(condition)} is not met.`);
  }
  return referTo(name, attribute.length === 0 ? undefined : attribute.join('.'));
}

/** The event of a function that SAM makes a resource of, which it calls by both names: `SyncFunctionEveryMinute`. */
function generated(source: JsonObject, name: string): unknown {
  const resources = Object.entries(objectOf(source['Resources']));
  const owned = resources.flatMap(([owner, resource]) => {
    return Object.entries(objectOf(lookUp(resource, 'Properties', 'Events') ?? {})).map(
      ([event, made]) => [`${owner}${event}`, made] as const,
    );
  });
  return owned.find(([made]) => made === name)?.[1];
}

function byName(name: string, attribute: string | undefined): string {
  return attribute === undefined ? name : `${name}.${attribute}`;
}

function isTrue(condition: unknown, scope: Scope): boolean {
  const written = typeof condition === 'string' ? lookUp(scope.source, 'Conditions', condition) : condition;
  const [name, argument] = Object.entries(objectOf(written))[0] ?? [];
  const list = listOf(argument);
  if (name === 'Condition') return isTrue(argument, scope);
  if (name === 'Fn::Not') return !isTrue(list[0], scope);
  if (name === 'Fn::And') return list.every((each) => isTrue(each, scope));
  if (name === 'Fn::Or') return list.some((each) => isTrue(each, scope));
  if (name === 'Fn::EachMemberEquals') return listOf(resolve(list[0], scope)).every((each) => each === list[1]);
  if (name !== 'Fn::Equals') throw new Error(`Expected a condition, found ${JSON.stringify(condition)}.`);
  const [left, right] = list.map((each) => resolve(each, scope));
  return left === right;
}

/** A parameter's value as CloudFormation hands it on: an empty text makes a list of one empty text. */
function handedOn({ Type, Default }: JsonObject, given: unknown): unknown {
  const value = given ?? Default;
  return typeof value === 'string' && /^(CommaDelimitedList|List<.*)$/.test(String(Type)) ? value.split(',') : value;
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
