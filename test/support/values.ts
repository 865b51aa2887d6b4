/** Values for tests: text that has to parse, and whole things of which a test names only what it is about. */

import type { Binding, Line, LineContext, StackMode } from '../../functions/core/binding.ts';
import { parseBinding } from '../../functions/core/binding.ts';
import { REMOVAL_BUDGET_PERCENT, type Scope, type Settings } from '../../functions/core/binding-sources.ts';
import { type DescribedService, NO_COPIES, scopeOf } from '../../functions/core/configuration.ts';
import type { Hint } from '../../functions/core/event.ts';
import type { ListedBinding, Snapshot } from '../../functions/core/snapshot.ts';
import { type Target, type TargetGroup, targetOf } from '../../functions/core/target.ts';
import type { Definition, DescribedTask, Task } from '../../functions/core/task.ts';
import {
  type Address,
  addressOf,
  type CloudMapServiceArn,
  type ClusterArn,
  type IpAddress,
  type Parsed,
  type Place,
  type Port,
  parseCloudMapServiceArn,
  parseClusterArn,
  parseIpAddress,
  parsePort,
  parseTargetGroupArn,
  parseTaskArn,
  type TargetGroupArn,
  type TaskArn,
} from '../../functions/core/values.ts';

const REGION = 'eu-west-1';
const ACCOUNT = '111122223333';
/** Where the stack is. */
export const HOME: Place = { partition: 'aws', region: REGION, account: ACCOUNT };

/** The value of text that has to parse. */
export function unwrap<Value>(parsed: Parsed<Value>): Value {
  if (!parsed.ok) throw new Error(`The test uses a value that does not parse: expected ${parsed.problem}.`);
  return parsed.value;
}

/** The value of a line that has to be right. */
export function lineOf<Value>(line: Line<Value>): Value {
  if (!line.ok) throw new Error(`The test uses a line that is wrong: ${JSON.stringify(line.problem)}.`);
  return line.value;
}

/** Somewhere else than the stack, as far as the words say. */
type Elsewhere = Partial<Pick<Place, 'region' | 'account'>>;

function arnStart(api: string, { region = REGION, account = ACCOUNT }: Elsewhere): string {
  return `arn:aws:${api}:${region}:${account}`;
}

export function clusterArn(name = 'prod', place: Elsewhere = {}): ClusterArn {
  return unwrap(parseClusterArn(`${arnStart('ecs', place)}:cluster/${name}`));
}

export function taskArn(id: string, cluster = 'prod', place: Elsewhere = {}): TaskArn {
  return unwrap(parseTaskArn(`${arnStart('ecs', place)}:task/${cluster}/${id}`));
}

export function groupArn(name = 'web', place: Elsewhere = {}): TargetGroupArn {
  return unwrap(parseTargetGroupArn(`${arnStart('elasticloadbalancing', place)}:targetgroup/${name}/0123456789abcdef`));
}

export function cloudMapArn(id = 'srv-mysql', place: Elsewhere = {}): CloudMapServiceArn {
  return unwrap(parseCloudMapServiceArn(`${arnStart('servicediscovery', place)}:service/${id}`));
}

export function ip(text: string): IpAddress {
  return unwrap(parseIpAddress(text));
}

export function port(value: number): Port {
  return unwrap(parsePort(value));
}

/** The address of a task or target that listens on 8080, unless another port is named. */
export function at(text: string, number = 8080): Address {
  return addressOf(ip(text), number);
}

export function aGroup(words: Partial<TargetGroup> = {}): TargetGroup {
  return { arn: groupArn(), name: 'web', family: 'ipv4', protocol: 'HTTP', unhealthyAfterMs: 95_000, ...words };
}

/** The deployment of service app that its tasks belong to. */
export const DEPLOYMENT = 'ecs-svc/0000000000000000001';

/** A task of service app that serves at the address. */
export function runningTask(id: string, address: string, words: Partial<DescribedTask> = {}): DescribedTask {
  const known = ip(address);
  return {
    arn: taskArn(id),
    cluster: clusterArn(),
    version: 3,
    desired: 'RUNNING',
    last: 'RUNNING',
    group: 'service:app',
    startedBy: DEPLOYMENT,
    definition: 'app:7',
    interface: 'ATTACHED',
    ipv4: known.includes(':') ? undefined : known,
    ipv6: known.includes(':') ? known : undefined,
    startedAtMs: 1_000,
    health: 'UNKNOWN',
    isHeld: false,
    ...words,
  };
}

/** A task that has been told to stop and still holds its interface. */
export function stoppingTask(id: string, address: string, words: Partial<DescribedTask> = {}): DescribedTask {
  return runningTask(id, address, { version: 5, desired: 'STOPPED', last: 'DEACTIVATING', ...words });
}

/** A task whose interface is gone, so that its address may belong to somebody else. */
export function stoppedTask(id: string, address: string, words: Partial<DescribedTask> = {}): DescribedTask {
  return runningTask(id, address, { version: 8, desired: 'STOPPED', last: 'STOPPED', interface: 'DELETED', ...words });
}

interface TargetWords {
  readonly port?: number;
  readonly zone?: string;
  readonly reason?: string;
}

export function target(address: string, state = 'healthy', words: TargetWords = {}): Target {
  const descriptor = { id: address, port: port(words.port ?? 8080), ...(words.zone === undefined ? {} : { zone: words.zone }) };
  return targetOf(descriptor, state, words.reason);
}

/** The settings of a stack with one cluster and one group, which its tags bind. */
export function aSettings(words: Partial<Settings> = {}): Settings {
  return {
    home: HOME,
    clusters: [clusterArn()],
    targetGroups: [groupArn()],
    cloudMapServices: [],
    bindings: '',
    tagBindings: true,
    mode: 'enforce',
    removalBudgetPercent: REMOVAL_BUDGET_PERCENT,
    leftOut: [],
    spokeRole: undefined,
    ...words,
  };
}

/** What lines are read against, where everything that they need stands in the parameters. */
export function aScope(words: Partial<Settings> = {}): Scope {
  return scopeOf(aSettings(words), NO_COPIES);
}

export function aContext(words: Partial<LineContext> = {}): LineContext {
  const { clusters = [clusterArn()] } = words;
  return {
    source: 'the tag',
    stackMode: 'enforce',
    home: HOME,
    clusters,
    anyCluster: clusters,
    clustersOf: new Map(),
    readsAccounts: false,
    ...words,
  };
}

/** A service that ECS knows, with no load balancer of its own. */
export function aService(name: string, words: Partial<DescribedService> = {}): DescribedService {
  return { name, isActive: true, targetGroups: [], deployments: [DEPLOYMENT], ...words };
}

export function aDefinition(words: Partial<Definition> = {}): Definition {
  return { stopTimeoutSeconds: 30, ports: [{ name: 'http', port: port(8080) }], ...words };
}

export function parsedBinding(text: string, stackMode: StackMode = 'enforce'): Binding {
  const [parsed] = lineOf(parseBinding(text, aContext({ stackMode }), 'tag'));
  if (parsed === undefined) throw new Error('A line has a port.');
  return parsed;
}

interface BindingWords {
  readonly stackMode?: StackMode;
  readonly native?: boolean;
  readonly deployments?: readonly string[];
  readonly lacksConfirmation?: boolean;
  readonly list?: ListedBinding['list'];
  readonly listed?: readonly Task[];
}

/** A listed binding as its line says it, such as `service=app port=8080 mode=drain`. */
export function binding(text: string, words: BindingWords = {}): ListedBinding {
  const {
    stackMode = 'enforce',
    native = false,
    deployments = [],
    lacksConfirmation = false,
    list = 'read',
    listed = [],
  } = words;
  const bound = { ...parsedBinding(text, stackMode), native, deployments: new Set(deployments), lacksConfirmation };
  return { ...bound, list, listed: new Set(listed.map(({ arn }) => arn)) };
}

interface SnapshotWords {
  readonly group?: TargetGroup;
  readonly targets?: readonly Target[];
  readonly bindings?: readonly ListedBinding[];
  /** Those whose `isHeld` says so are on hold. */
  readonly tasks?: readonly (Task & { readonly isHeld?: boolean })[];
  /** The tasks that this pass has described; all of them unless a test says otherwise. */
  readonly described?: readonly Task[];
  readonly describedAtMs?: number;
  readonly definitions?: Snapshot['definitions'];
  readonly zoneForms?: Snapshot['zoneForms'];
}

/** One binding, `service=app port=8080`, whose list names every task that is to run. */
export function aSnapshot(words: SnapshotWords): Snapshot {
  const { tasks = [], targets = [], group = aGroup(), describedAtMs = 10_000 } = words;
  const listed = tasks.filter(({ desired }) => desired === 'RUNNING');
  return {
    group,
    targets,
    bindings: words.bindings ?? [binding('service=app port=8080', { listed })],
    tasks: new Map(tasks.map((task) => [task.arn, task])),
    describedAtMs: new Map((words.described ?? tasks).map(({ arn }) => [arn, describedAtMs])),
    held: new Set(tasks.filter(({ isHeld }) => isHeld).map(({ arn }) => arn)),
    definitions: words.definitions,
    zoneForms: words.zoneForms,
  };
}

export function aHint(task: TaskArn, version: number, words: Partial<Hint> = {}): Hint {
  return { task, cluster: clusterArn(), version, group: 'service:app', definition: 'app:7', ...words };
}

/** A task state change as EventBridge sends it, in the shape that real ones have. A field set to undefined is left out. */
export function taskEvent(
  detail: Readonly<Record<string, unknown>> = {},
  envelope: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    version: '0',
    id: '3317b2af-7005-947d-b652-f55e762e571a',
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account: ACCOUNT,
    time: '2026-03-01T12:00:00Z',
    region: REGION,
    resources: [taskArn('resource')],
    detail: {
      taskArn: taskArn('t1'),
      clusterArn: clusterArn(),
      version: 4,
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      group: 'service:app',
      taskDefinitionArn: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/app:7`,
      ...detail,
    },
    ...envelope,
  };
}
