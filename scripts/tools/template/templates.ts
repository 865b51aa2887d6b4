/** The templates together: template.yaml by itself, and infra/example.yaml with every stack that it nests. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../functions/core/json.ts';
import {
  CLUSTER,
  lookUp,
  objectOf,
  type ParameterValues,
  parseTemplate,
  refusalsOf,
  renderTemplate,
  TARGET_GROUP,
  TEXT,
} from './template.ts';

/** The text of each template by its path in the repository. */
export type Files = Readonly<Record<string, string>>;

export interface Resource {
  /** `Database/Service`: the stack, then the name in it. */
  readonly name: string;
  readonly type: string;
  readonly properties: JsonObject;
  /** The whole declaration, with its policies. */
  readonly declared: JsonObject;
}

export interface Stack {
  readonly resources: readonly Resource[];
  readonly outputs: JsonObject;
}

/** What an assertion is made about. The same questions can be asked of a template that has been spoiled. */
export interface View {
  readonly files: Files;
  source(path: string): JsonObject;
  root(given?: ParameterValues): Stack;
  scenario(given?: ParameterValues): Stack;
  /** Why the example, or another template, is refused with these parameters before anything is made. */
  refusals(given?: ParameterValues, path?: string): readonly string[];
}

const ROOT = 'template.yaml';
const EXAMPLE = 'infra/example.yaml';
const NESTED = 'AWS::CloudFormation::Stack';
const REQUIRED = { ClusterArns: [CLUSTER], TargetGroupArns: [TARGET_GROUP] };
/** Stands for the output of a stack that is yet to be rendered. */
const PENDING = '(pending)';

export const FILES: Files = { [ROOT]: TEXT, ...readInfra() };

const parsed = new Map<string, JsonObject>();

export function viewOf(files: Files): View {
  const rendered = new Map<string, Stack>();
  const once = (key: string, make: () => Stack): Stack => {
    const stack = rendered.get(key) ?? make();
    rendered.set(key, stack);
    return stack;
  };
  const source = (path: string) => parseOnce(files, path);
  return {
    files,
    source,
    root: (given = {}) =>
      once(`root ${JSON.stringify(given)}`, () => stackOf(renderTemplate(source(ROOT), { ...REQUIRED, ...given }), '')),
    scenario: (given = {}) => once(`scenario ${JSON.stringify(given)}`, () => renderNested(files, EXAMPLE, '', given)),
    refusals: (given = {}, path = EXAMPLE) => refusalsOf(source(path), given),
  };
}

/** The resources of one type. */
export function ofType({ resources }: Stack, ...types: readonly string[]): Resource[] {
  return resources.filter(({ type }) => types.includes(type));
}

/** The resource of this name, or an error that says there is none. */
export function resourceOf({ resources }: Stack, name: string): Resource {
  const found = resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`There is no resource ${name}.`);
  return found;
}

/** A stack and those that it nests, each with the parameters that the one around it gives. */
function renderNested(files: Files, path: string, prefix: string, given: Readonly<Record<string, unknown>>): Stack {
  const source = parseOnce(files, path);
  requireParameters(source, path, given);
  const children = new Map<string, Stack>();
  const outputOf = (name: string, attribute: string): unknown => {
    const stack = children.get(name);
    if (stack === undefined) return PENDING;
    const output = stack.outputs[attribute.slice('Outputs.'.length)];
    if (output === undefined) throw new Error(`${path} asks for ${name}.${attribute}, which the nested stack does not have.`);
    return output;
  };
  const isNested = (name: string) => lookUp(source, 'Resources', name, 'Type') === NESTED;
  const refer = (name: string, attribute: string | undefined): unknown => {
    if (attribute?.startsWith('Outputs.') && isNested(name)) return outputOf(name, attribute);
    return attribute === undefined ? `${prefix}${name}` : `${prefix}${name}.${attribute}`;
  };
  for (;;) {
    const whole = stackOf(renderTemplate(source, given, refer), prefix);
    const waiting = whole.resources.filter(({ type, name }) => type === NESTED && !children.has(name.slice(prefix.length)));
    if (waiting.length === 0)
      return { ...whole, resources: [...whole.resources, ...[...children.values()].flatMap(({ resources }) => resources)] };
    const ready = waiting.filter(({ properties }) => !JSON.stringify(properties['Parameters'] ?? {}).includes(PENDING));
    if (ready.length === 0)
      throw new Error(`${path}: the stacks ${waiting.map(({ name }) => name).join(', ')} wait for each other.`);
    for (const { name, properties } of ready) {
      const child = posix.join(posix.dirname(path), String(properties['TemplateURL']));
      const stackName = `${given['AWS::StackName'] ?? 'my-stack'}-${name}`;
      const values = { ...objectOf(properties['Parameters'] ?? {}), 'AWS::StackName': stackName };
      children.set(name.slice(prefix.length), renderNested(files, child, `${name}/`, values));
    }
  }
}

/** Every parameter that is given is declared, and every one without a default is given. */
function requireParameters(source: JsonObject, path: string, given: Readonly<Record<string, unknown>>): void {
  const declared = objectOf(source['Parameters'] ?? {});
  for (const name of Object.keys(given)) {
    if (!name.startsWith('AWS::') && declared[name] === undefined)
      throw new Error(`${path} is given ${name}, and has no such parameter.`);
  }
  for (const [name, value] of Object.entries(declared)) {
    if (given[name] === undefined && lookUp(value, 'Default') === undefined) throw new Error(`${path} is not given ${name}.`);
  }
}

function stackOf(rendered: JsonObject, prefix: string): Stack {
  const resources = Object.entries(objectOf(rendered['Resources'])).map(([name, value]) => {
    const declared = objectOf(value);
    return {
      name: `${prefix}${name}`,
      type: String(declared['Type']),
      properties: objectOf(declared['Properties'] ?? {}),
      declared,
    };
  });
  const outputs = Object.entries(objectOf(rendered['Outputs'])).map(
    ([name, output]) => [name, lookUp(output, 'Value')] as const,
  );
  return { resources, outputs: Object.fromEntries(outputs) };
}

function parseOnce(files: Files, path: string): JsonObject {
  const text = files[path];
  if (text === undefined) throw new Error(`There is no template ${path}.`);
  const known = parsed.get(text) ?? parseTemplate(text);
  parsed.set(text, known);
  return known;
}

function readInfra(): Files {
  const folder = fileURLToPath(new URL('../../../infra/', import.meta.url));
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return Object.fromEntries(names.map((name) => [`infra/${name}`, readFileSync(`${folder}${name}`, 'utf8')]));
}
