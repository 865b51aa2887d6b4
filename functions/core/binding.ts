/** Binding: the one line of text that says which tasks feed which target group, and how it is read. */
import { err, ok, type Refused, type Result } from './result.ts';
import type { Task } from './task.ts';
import { arnParts, type ClusterArn, type Port, parsePort } from './values.ts';

export type StackMode = 'enforce' | 'observe';

/** Which tasks are meant: those of a service, or those of a task definition family that no service started. */
export interface Selector {
  readonly kind: 'service' | 'family';
  readonly cluster: ClusterArn;
  readonly name: string;
}

export interface Binding {
  readonly selector: Selector;
  readonly port: Port;
  /** `all` for addresses outside the group's VPC; otherwise the zone is left to ELB. */
  readonly zone: 'all' | undefined;
  /** The tasks are to leave the group. */
  readonly drain: boolean;
  /** False where the stack or the line says observe: the plan is made and logged, and nothing is written. */
  readonly writes: boolean;
  /** False where the line says register-only: targets of stopped tasks are reported and stay. */
  readonly removes: boolean;
  /** The line repeats that the group may be emptied. */
  readonly confirmed: boolean;
  /** Where the line stands, in words that let a person find it. */
  readonly source: string;
}

/** A binding of a target group, and whether ECS itself registers this service's tasks there. */
export interface GroupBinding extends Binding {
  /** The service's own `loadBalancers` name the group: it is only observed. */
  readonly native: boolean;
  /** Ids of the service's deployments and task sets, which its tasks carry as `startedBy`; empty for a family. */
  readonly deployments: ReadonlySet<string>;
  /** It drains the last tasks of the group, and nobody has confirmed that the group may be empty. */
  readonly lacksConfirmation: boolean;
}

/** The binding of a Cloud Map service: which tasks its instances should be. */
export interface InstanceBinding {
  readonly selector: Selector;
  readonly port: Port | undefined;
  readonly source: string;
}

/** A line that could not be read: the resource, the word and what was expected. It stops that line only. */
export interface Mistake {
  readonly resource: string;
  readonly word: string;
  readonly expected: string;
}

export type Line<Value> = Result<Value, Mistake>;

/** What a line is read against. */
export interface LineContext {
  readonly source: string;
  readonly clusters: readonly ClusterArn[];
  readonly stackMode: StackMode;
}

/** ECS allows letters, digits, hyphens and underscores, up to 255 (API reference, CreateService and RegisterTaskDefinition). */
const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const KEYS = ['target-group', 'cluster', 'service', 'family', 'port', 'zone', 'mode', 'confirm'] as const;
type Key = (typeof KEYS)[number];
/** Only a line of the parameter names its group: a tag stands on it. */
const KEYS_OF = { parameter: KEYS, tag: KEYS.filter((key) => key !== 'target-group') };
type Words = ReadonlyMap<Key, string>;

/** Reads one line of binding for a target group, such as `service=app port=8080`. */
export function parseBinding(text: string, context: LineContext, place: keyof typeof KEYS_OF): Line<Binding> {
  const read = readLine(text, context, KEYS_OF[place]);
  if (!read.ok) return read;
  const { words, selector } = read.value;
  const port = parsePort(words.get('port'));
  if (!port.ok) return mistaken(context, wordOf(words, 'port'), `port=${port.problem}, such as port=8080`);
  const zone = words.get('zone');
  if (zone !== undefined && zone !== 'all') {
    return mistaken(context, wordOf(words, 'zone'), 'zone=all, or no zone at all, which leaves it to ELB');
  }
  const mode = words.get('mode') ?? 'enforce';
  if (mode !== 'enforce' && mode !== 'observe' && mode !== 'drain' && mode !== 'register-only') {
    return mistaken(context, wordOf(words, 'mode'), 'mode=enforce, mode=observe, mode=register-only or mode=drain');
  }
  const confirm = words.get('confirm');
  if (confirm !== undefined && (confirm !== 'empty' || mode !== 'drain')) {
    return mistaken(context, wordOf(words, 'confirm'), 'confirm=empty, and only beside mode=drain');
  }
  // The stricter of the stack's mode and the line's wins: a stack in observe writes nothing, whatever a tag says.
  const writes = context.stackMode === 'enforce' && mode !== 'observe';
  const value: Binding = {
    selector,
    port: port.value,
    zone,
    drain: mode === 'drain',
    writes,
    removes: mode !== 'register-only',
    // Whoever may change the stack's parameter may delete the group as well.
    confirmed: confirm === 'empty' || place === 'parameter',
    source: context.source,
  };
  return ok(value);
}

/** Reads one line of binding for a Cloud Map service, such as `service=mysql`. */
export function parseInstanceBinding(text: string, context: LineContext): Line<InstanceBinding> {
  const read = readLine(text, context, ['cluster', 'service', 'family', 'port']);
  if (!read.ok) return read;
  const { words, selector } = read.value;
  if (!words.has('port')) return ok({ selector, port: undefined, source: context.source });
  const port = parsePort(words.get('port'));
  if (!port.ok) return mistaken(context, wordOf(words, 'port'), `port=${port.problem}, or no port`);
  return ok({ selector, port: port.value, source: context.source });
}

/** The lines of the Binding parameter, without the empty ones; each keeps its number. */
export function splitLines(text: string): { readonly number: number; readonly text: string }[] {
  return text
    .split(/[;\n]/)
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '');
}

/** The name behind `target-group=` of a line, before the line is read: it decides whose line it is. */
export function targetGroupNamed(text: string): string | undefined {
  return /(?:^|\s)target-group=(\S*)/.exec(text)?.[1];
}

/** Whether a task is one of those the selector means. Only what ECS said of the task counts, never what an event said. */
export function selects(selector: Selector, task: Pick<Task, 'cluster' | 'group' | 'definition'>): boolean {
  if (task.cluster !== selector.cluster) return false;
  return selector.kind === 'service'
    ? task.group === `service:${selector.name}`
    : !task.group.startsWith('service:') && task.definition.split(':')[0] === selector.name;
}

export function selectorKey(selector: Selector): string {
  return `${selector.cluster} ${selector.kind}=${selector.name}`;
}

/** The selector in the words of the grammar, for people. */
export function describeSelector(selector: Selector): string {
  return `cluster=${arnParts(selector.cluster).name} ${selector.kind}=${selector.name}`;
}

/** The binding in the words of the grammar, for people and for telling two of them apart. */
export function describeBinding({ selector, port, zone, drain, writes, removes }: Binding): string {
  const mode = drain ? ' mode=drain' : removes ? '' : ' mode=register-only';
  return `${describeSelector(selector)} port=${port}${zone === undefined ? '' : ` zone=${zone}`}${writes ? mode : ' mode=observe'}`;
}

function readLine(
  text: string,
  context: LineContext,
  allowed: readonly Key[],
): Line<{ readonly words: Words; readonly selector: Selector }> {
  const words = new Map<Key, string>();
  for (const word of text.match(/\S+/g) ?? []) {
    const key = allowed.find((candidate) => `${word}=`.startsWith(`${candidate}=`));
    if (key === undefined) return mistaken(context, word, `one of ${allowed.map((each) => `${each}=`).join(', ')}`);
    if (words.has(key)) return mistaken(context, word, `${key}= only once`);
    words.set(key, word.slice(key.length + 1));
  }
  const selector = readSelector(words, context);
  return selector.ok ? ok({ words, selector: selector.value }) : selector;
}

function readSelector(words: Words, context: LineContext): Line<Selector> {
  const service = words.get('service');
  const family = words.get('family');
  const name = service ?? family;
  if (name === undefined || (service !== undefined && family !== undefined)) {
    const word = [...words].map(([key, value]) => `${key}=${value}`).join(' ');
    return mistaken(context, word, 'exactly one of service=NAME and family=NAME');
  }
  const kind = service === undefined ? 'family' : 'service';
  if (!NAME.test(name)) return mistaken(context, `${kind}=${name}`, `${kind}=NAME of letters, digits, - and _`);
  const cluster = readCluster(words, context.clusters);
  if (cluster === undefined) {
    const names = context.clusters.map((arn) => `cluster=${arnParts(arn).name}`).join(' or ');
    return mistaken(context, wordOf(words, 'cluster'), `${names}, of the stack's parameter ClusterArns`);
  }
  return ok({ kind, cluster, name });
}

function readCluster(words: Words, clusters: readonly ClusterArn[]): ClusterArn | undefined {
  const name = words.get('cluster');
  const candidates = clusters.filter((arn) => name === undefined || arnParts(arn).name === name);
  // Two clusters of one name in two accounts, or no name with several clusters: a guess could binding a group from the wrong one.
  return candidates.length === 1 ? candidates[0] : undefined;
}

function wordOf(words: Words, key: Key): string {
  const value = words.get(key);
  return value === undefined ? `(no ${key}=)` : `${key}=${value}`;
}

function mistaken(context: LineContext, word: string, expected: string): Refused<Mistake> {
  return err({ resource: context.source, word: word.slice(0, 100), expected });
}
