/** A binding: the one line of text that says which tasks feed which target group, and how it is read. */
import { err, ok, type Refused, type Result } from './result.ts';
import type { Task } from './task.ts';
import { arnParts, type ClusterArn, clusterArnNamed, type Place, type Port, parseClusterArn, parsePort } from './values.ts';

export type StackMode = 'enforce' | 'observe';

/** Which tasks are meant: those of a service, or those of a task definition family that no service started. */
export interface Selector {
  readonly kind: 'service' | 'family';
  readonly cluster: ClusterArn;
  readonly name: string;
}

export interface Binding {
  readonly selector: Selector;
  /** A container port, or the name that the task definition gives to one. */
  readonly port: Port | string;
  /** `all`, `task` for the task's own, or the name of one; undefined leaves it to what ELB accepts. */
  readonly zone: string | undefined;
  /** A task is registered when ECS calls its containers healthy, and not before. */
  readonly ready: boolean;
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

/** `unread`: what the line leaves out is not known yet. */
export type Line<Value> = Result<Value, Mistake | 'unread'>;

/** What a line is read against. */
export interface LineContext {
  readonly source: string;
  readonly stackMode: StackMode;
  readonly home: Place | undefined;
  /** The stack's parameter: the authority over what a line may name. Empty where it leaves that to the role's policy. */
  readonly clusters: readonly ClusterArn[];
  /** Those that a line without a cluster may mean; undefined while they are not known. */
  readonly anyCluster: readonly ClusterArn[] | undefined;
  /** Of several such clusters: which ones have the service. */
  readonly clustersOf: ReadonlyMap<string, readonly ClusterArn[]>;
  /** Whether the stack has a role to read other accounts by. */
  readonly readsAccounts: boolean;
}

/** ECS allows letters, digits, hyphens and underscores, up to 255 (API reference, CreateService and RegisterTaskDefinition). */
const NAME = /^[A-Za-z0-9_-]{1,255}$/;
/** Lower case letters, digits, hyphens and underscores, up to 64 (API reference, PortMapping); one of digits alone is a port. */
const PORT_NAME = /^(?=.*[a-z_-])[a-z0-9_][a-z0-9_-]{0,63}$/;
const ZONE = /^(?:all|task|[a-z]{2}(?:-[a-z0-9]+)+)$/;
/** More ports than any service listens on: a line is not a list of everything. */
const PORTS_MAX = 10;
const KEYS = ['target-group', 'cluster', 'service', 'family', 'port', 'zone', 'ready', 'mode', 'confirm'] as const;
type Key = (typeof KEYS)[number];
/** Only a line of the parameter names its group: a tag stands on it. */
const KEYS_OF = { parameter: KEYS, tag: KEYS.filter((key) => key !== 'target-group') };
type Words = ReadonlyMap<Key, string>;
const WORDS = {
  'target-group': /(?:^|\s)target-group=(\S*)/,
  cluster: /(?:^|\s)cluster=(\S*)/,
  service: /(?:^|\s)service=(\S*)/,
};

/** Reads one line for a target group, such as `service=app port=8080`. A line with several ports is one binding for each. */
export function parseBinding(text: string, context: LineContext, place: keyof typeof KEYS_OF): Line<readonly Binding[]> {
  const read = readLine(text, context, KEYS_OF[place]);
  if (!read.ok) return read;
  const { words, selector } = read.value;
  const ports = parsePorts(words.get('port'));
  if (!ports.ok) return mistaken(context, wordOf(words, 'port'), ports.problem);
  const zone = words.get('zone');
  if (zone !== undefined && !ZONE.test(zone)) {
    return mistaken(context, wordOf(words, 'zone'), 'zone=all, zone=task, a zone such as zone=eu-west-1a, or no zone at all');
  }
  const ready = words.get('ready');
  if (ready !== undefined && ready !== 'healthy')
    return mistaken(context, wordOf(words, 'ready'), 'ready=healthy, or no ready');
  const mode = words.get('mode') ?? 'enforce';
  if (mode !== 'enforce' && mode !== 'observe' && mode !== 'drain' && mode !== 'register-only') {
    return mistaken(context, wordOf(words, 'mode'), 'mode=enforce, mode=observe, mode=register-only or mode=drain');
  }
  const confirm = words.get('confirm');
  if (confirm !== undefined && (confirm !== 'empty' || mode !== 'drain')) {
    return mistaken(context, wordOf(words, 'confirm'), 'confirm=empty, and only beside mode=drain');
  }
  const binding = {
    selector,
    zone,
    ready: ready !== undefined,
    drain: mode === 'drain',
    // The stricter of the stack's mode and the line's wins: a stack in observe writes nothing, whatever a tag says.
    writes: context.stackMode === 'enforce' && mode !== 'observe',
    removes: mode !== 'register-only',
    // Whoever may change the stack's parameter may delete the group as well.
    confirmed: confirm === 'empty' || place === 'parameter',
    source: context.source,
  };
  return ok(ports.value.map((port) => ({ ...binding, port })));
}

/** Reads one line for a Cloud Map service, such as `service=mysql`. */
export function parseInstanceBinding(text: string, context: LineContext): Line<InstanceBinding> {
  const read = readLine(text, context, ['cluster', 'service', 'family', 'port']);
  if (!read.ok) return read;
  const { words, selector } = read.value;
  if (!words.has('port')) return ok({ selector, port: undefined, source: context.source });
  const port = parsePort(words.get('port'));
  if (!port.ok) return mistaken(context, wordOf(words, 'port'), `port=${port.problem}, or no port`);
  return ok({ selector, port: port.value, source: context.source });
}

/** The lines of the parameter Bindings, without the empty ones; each keeps its number. */
export function splitLines(text: string): { readonly number: number; readonly text: string }[] {
  return text
    .split(/[;\n]/)
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter((line) => line.text !== '');
}

/** The value of a word of a line, before the line is read: which group it is for, and what has to be asked first. */
export function wordIn(text: string, key: keyof typeof WORDS): string | undefined {
  return WORDS[key].exec(text)?.[1];
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

/** The selector in the words of a line, for people. */
export function describeSelector(selector: Selector): string {
  return `cluster=${arnParts(selector.cluster).name} ${selector.kind}=${selector.name}`;
}

/** The binding in the words of a line, for people and for telling two of them apart. */
export function describeBinding({ selector, port, zone, ready, drain, writes, removes }: Binding): string {
  const words = [describeSelector(selector), `port=${port}`];
  if (zone !== undefined) words.push(`zone=${zone}`);
  if (ready) words.push('ready=healthy');
  if (!writes) words.push('mode=observe');
  else if (drain) words.push('mode=drain');
  else if (!removes) words.push('mode=register-only');
  return words.join(' ');
}

function parsePorts(text: string | undefined): Result<readonly (Port | string)[], string> {
  const expected =
    'port=8080, a port name of the task definition such as port=http, or several with + between them such as port=8080+9090';
  if (text === undefined) return err(expected);
  const ports: (Port | string)[] = [];
  // A comma would be refused: a tag's value takes letters, digits, spaces and + - = . _ : / @ (ELB API reference, Tag).
  for (const part of text.split('+')) {
    const port = parsePort(part);
    if (!port.ok && !PORT_NAME.test(part)) return err(expected);
    ports.push(port.ok ? port.value : part);
  }
  return new Set(ports).size === ports.length && ports.length <= PORTS_MAX ? ok(ports) : err(expected);
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
  const word = words.get('cluster');
  const cluster = word === undefined ? impliedCluster(service, context) : namedCluster(word, context);
  return cluster.ok ? ok({ kind, cluster: cluster.value, name }) : cluster;
}

function namedCluster(word: string, context: LineContext): Line<ClusterArn> {
  const { clusters, home } = context;
  const arn = parseClusterArn(word);
  if (clusters.length === 0) {
    const found = arn.ok || home === undefined ? arn : clusterArnNamed(home, word);
    return found.ok
      ? reachable(found.value, context)
      : mistaken(context, `cluster=${word}`, 'the name or the ARN of a cluster');
  }
  const [found, second] = clusters.filter((each) => (arn.ok ? each === arn.value : arnParts(each).name === word));
  if (found !== undefined && second === undefined) return reachable(found, context);
  // Two clusters of one name in two accounts: a guess could bind a group to the wrong one.
  const expected = second === undefined ? clusterWords(clusters) : 'its ARN';
  return mistaken(context, `cluster=${word}`, `${expected}, of the stack's parameter ClusterArns`);
}

/** The cluster, unless it takes a role to read it and the stack has none. */
function reachable(cluster: ClusterArn, context: LineContext): Line<ClusterArn> {
  const { home, readsAccounts } = context;
  if (home === undefined) return ok(cluster);
  const { partition, account } = arnParts(cluster);
  // No role reaches from one partition into another.
  if (partition !== home.partition) return mistaken(context, `cluster=${cluster}`, `a cluster of partition ${home.partition}`);
  if (readsAccounts || account === home.account) return ok(cluster);
  const expected = `a cluster of account ${home.account}, or the stack's parameter SpokeRoleName`;
  return mistaken(context, `cluster=${cluster}`, expected);
}

/** The only cluster, or the only one that has the service. */
function impliedCluster(service: string | undefined, context: LineContext): Line<ClusterArn> {
  const { anyCluster, clustersOf } = context;
  if (anyCluster === undefined) return err('unread');
  const having = service === undefined || anyCluster.length < 2 ? anyCluster : clustersOf.get(service);
  if (having === undefined) return err('unread');
  const [found, second] = having;
  if (found !== undefined && second === undefined) return reachable(found, context);
  const expected = found === undefined ? `a cluster that has it: ${clusterWords(anyCluster)}` : clusterWords(having);
  return mistaken(
    context,
    service === undefined ? '(no cluster=)' : `service=${service}`,
    anyCluster.length === 0 ? 'a cluster' : expected,
  );
}

/** The words to choose from. Clusters of several accounts may have one name: then only their ARNs tell them apart. */
function clusterWords(clusters: readonly ClusterArn[]): string {
  const names = clusters.map((arn) => arnParts(arn).name);
  const words = new Set(names).size < names.length ? clusters : names;
  return words.map((word) => `cluster=${word}`).join(' or ');
}

function wordOf(words: Words, key: Key): string {
  const value = words.get(key);
  return value === undefined ? `(no ${key}=)` : `${key}=${value}`;
}

function mistaken(context: LineContext, word: string, expected: string): Refused<Mistake> {
  return err({ resource: context.source, word: word.slice(0, 100), expected });
}
