/** Reads what feeds what, at most once in half a minute, and keeps the last good answer to each question. */
import { chunks, DESCRIBE_GROUPS_MAX, DESCRIBE_SERVICES_MAX, DESCRIBE_TAGS_MAX, halves } from '../core/batches.ts';
import { type Selector, selectorKey } from '../core/binding.ts';
import { isDiscovering, type Scope, type Settings, servicesWithoutCluster, TAG } from '../core/binding-sources.ts';
import {
  boundServices,
  type Configuration,
  type Copies,
  type DescribedService,
  type Discovered,
  isReachable,
  isTagged,
  lostTheirTag,
  NO_COPIES,
  PAUSED,
  resolveConfiguration,
  scopeOf,
  tagBoundGroups,
  unboundGroups,
} from '../core/configuration.ts';
import { type Answer, type Failure, isPassing } from '../core/failure.ts';
import { valuesOf } from '../core/result.ts';
import { isDraining } from '../core/target.ts';
import {
  arnParts,
  type CloudMapServiceArn,
  type ClusterArn,
  parseCloudMapServiceArn,
  parseTargetGroupArn,
  type TargetGroupArn,
} from '../core/values.ts';
import { allPages, type Caller } from './caller.ts';
import type { Clock } from './ports.ts';

/**
 * Tags, services and the brake are read again when their copy is older than this: no write rests on bindings older than a minute. A full
 * run takes up to half a minute, and what it begins with has to serve it to its end.
 */
const AGE_MAX_MS = 50_000;
const FULL_RUN_AGE_MAX_MS = 30_000;
/** While the stack is paused: a copy that a batch has read just before would keep it paused for a minute after it was resumed. */
const PAUSED_AGE_MAX_MS = 5_000;
/** A group keeps its type, protocol and family for its life. That it is gone shows when its targets are read. */
const GROUP_AGE_MAX_MS = 900_000;

export interface ReadConfiguration {
  readonly configuration: Configuration;
  readonly failures: readonly Failure[];
  readonly copies: Copies;
  readonly readAtMs: number;
  /** When all groups were last described. */
  readonly groupsReadAtMs: number;
}

/** The copy, which nobody is to use before everything in it was read again: a group that it has is gone. */
export function outdated(read: ReadConfiguration): ReadConfiguration {
  return { ...read, readAtMs: Number.NEGATIVE_INFINITY, groupsReadAtMs: Number.NEGATIVE_INFINITY };
}

/**
 * Whether the copy still serves: young enough, and whole. After a failed reading the next pass may try again. What is denied, however, is
 * denied to the next batch as well: the schedule asks for it, once a minute, and batches by the dozen do not.
 */
export function isCurrent(read: ReadConfiguration | undefined, nowMs: number, isFullRun: boolean): read is ReadConfiguration {
  if (read === undefined) return false;
  const isOfUse = read.failures.length === 0 || !(isFullRun || read.failures.some(isPassing));
  const isPaused = read.copies.pausedSinceMs !== undefined;
  const ageMaxMs = !isFullRun ? AGE_MAX_MS : isPaused ? PAUSED_AGE_MAX_MS : FULL_RUN_AGE_MAX_MS;
  return isOfUse && nowMs - read.readAtMs <= ageMaxMs;
}

/** As much of an environment as a reading goes by: the stack's parameters, the time, and what was read last. */
interface ReadingEnvironment {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly configuration: ReadConfiguration | undefined;
}

/** Reads the configuration anew. What cannot be read keeps its last copy and is named among the failures. */
export async function readConfiguration(
  { settings, clock, configuration: previous }: ReadingEnvironment,
  caller: Caller,
): Promise<ReadConfiguration> {
  const readAtMs = clock.now();
  const old = previous?.copies ?? NO_COPIES;
  const failures: Failure[] = [];
  const reader = { caller, clock, old, failures };
  const found = isDiscovering(settings) ? await discover(reader) : undefined;
  const begun = scopeOf(settings, { ...old, discovered: found });
  const reachable = begun.targetGroups.filter((arn) => isReachable(settings, arn));
  const oldGroupsReadAtMs = previous?.groupsReadAtMs ?? Number.NEGATIVE_INFINITY;
  const areGroupsYoung = readAtMs - oldGroupsReadAtMs <= GROUP_AGE_MAX_MS;
  const groupsReadAtMs = areGroupsYoung ? oldGroupsReadAtMs : readAtMs;
  const [groups, cloudMapTags, pausedSinceMs] = await Promise.all([
    readGroups(reader, reachable, !areGroupsYoung),
    readCloudMapTags(reader, begun),
    readPause(reader),
  ]);
  const existing = reachable.filter((arn) => groups.get(arn) !== 'gone' && groups.get(arn) !== 'refused');
  const tags = await readTags(
    reader,
    found === undefined ? tagBoundGroups(begun).filter((arn) => existing.includes(arn)) : existing,
  );
  const discovered = found && {
    ...found,
    targetGroups: found.targetGroups.filter((arn) => isTagged(tags.get(arn)?.tags) && existing.includes(arn)),
  };
  const { asked, ...placed } = await readClusters(reader, settings, { tags, cloudMapTags });
  const scope = scopeOf(settings, { ...placed, discovered });
  const unasked = boundServices(scope, tags).filter((selector) => !asked.has(selectorKey(selector)));
  const services = new Map([...asked, ...(await readServices(reader, unasked))]);
  const released = found === undefined ? [] : lostTheirTag(old.tags, tags);
  const unboundTargets = await readUnboundTargets(reader, [...unboundGroups(scope, { groups, tags }), ...released]);
  const copies = { discovered, ...placed, groups, tags, released, unboundTargets, services, pausedSinceMs, cloudMapTags };
  // A service that does not exist may be made at any moment: the next schedule asks for it again, and not the one after that.
  const isGone = [...cloudMapTags.values()].includes('gone');
  const configuration = resolveConfiguration(settings, copies);
  return { configuration, failures, copies, groupsReadAtMs, readAtMs: isGone ? readAtMs - FULL_RUN_AGE_MAX_MS / 2 : readAtMs };
}

/**
 * The resources with our tag. The index that answers may be behind: a group that it leaves out stays until its own tags say that it
 * has been taken out, and one that it still has is dropped by the same word.
 */
async function discover({ caller, old, failures }: Reader): Promise<Discovered | undefined> {
  const resource = `resources with the tag ${TAG}`;
  const answer = await allPages(resource, 'GetResources', (nextToken) =>
    caller.read('GetResources', resource, {
      types: ['elasticloadbalancing:targetgroup', 'servicediscovery:service'],
      nextToken,
    }),
  );
  if (!answer.ok) {
    failures.push(answer.problem);
    return old.discovered;
  }
  const groups = valuesOf(answer.value.map(parseTargetGroupArn));
  const cloudMapServices = valuesOf(answer.value.map(parseCloudMapServiceArn));
  const targetGroups = [...new Set([...groups, ...(old.discovered?.targetGroups ?? [])])].sort();
  return { targetGroups, cloudMapServices: cloudMapServices.sort() };
}

/** Whether somebody has paused the stack. A brake that cannot be read stays as it was. */
async function readPause({ caller, clock, old, failures }: Reader): Promise<number | undefined> {
  const answer = await caller.read('ListLogGroupTags', "the stack's log group", { logGroup: 'own' });
  if (answer.ok) {
    const isPaused = answer.value.some(({ key, value }) => key === TAG && value === PAUSED);
    return isPaused ? (old.pausedSinceMs ?? clock.now()) : undefined;
  }
  failures.push(answer.problem);
  return old.pausedSinceMs;
}

interface ClustersRead extends Pick<Copies, 'clusters' | 'clustersOf'> {
  /** What the clusters were asked for. */
  readonly asked: Copies['services'];
}

/** Where lines leave out the cluster: the clusters there are, and if there are several, which of them have the service. */
async function readClusters(
  reader: Reader,
  settings: Settings,
  { tags, cloudMapTags }: Pick<Copies, 'tags' | 'cloudMapTags'>,
): Promise<ClustersRead> {
  const texts = [
    ...[...tags.values()].map((copy) => copy.tags),
    ...[...cloudMapTags.values()].filter((copy) => copy !== 'gone'),
  ];
  const open = servicesWithoutCluster(settings, texts);
  const nothing = { clustersOf: new Map(), asked: new Map() };
  if (open.length === 0) return { clusters: reader.old.clusters, ...nothing };
  const clusters = settings.clusters.length > 0 ? settings.clusters : await listClusters(reader);
  if (clusters === undefined || clusters.length < 2) return { clusters, ...nothing };
  const names = open.filter((name) => name !== '');
  const selectors = clusters.flatMap((cluster) => names.map((name) => ({ kind: 'service' as const, cluster, name })));
  const asked = await readServices(reader, selectors);
  const denied = new Set(reader.failures.filter(({ kind }) => kind === 'denied').map(({ cluster }) => cluster));
  const clustersOf = new Map<string, readonly ClusterArn[]>();
  for (const name of names) {
    const copyOf = (cluster: ClusterArn): ServiceCopy => asked.get(selectorKey({ kind: 'service', cluster, name }));
    const unknown = clusters.filter((cluster) => !isKnown(copyOf(cluster)));
    const having = clusters.filter((cluster) => isActive(copyOf(cluster)));
    // One cluster that could not be asked may be the one that has it. One that the role may not read is reported, and no line can mean
    // it as long as that lasts: the others go on.
    const isSettled = having.length > 0 ? unknown.every((cluster) => denied.has(cluster)) : unknown.length === 0;
    if (isSettled) clustersOf.set(name, having);
  }
  return { clusters, clustersOf, asked };
}

type ServiceCopy = DescribedService | 'unknown' | 'denied' | undefined;

function isKnown(service: ServiceCopy): boolean {
  return service !== undefined && service !== 'denied';
}

function isActive(service: ServiceCopy): boolean {
  return typeof service === 'object' && service.isActive;
}

async function listClusters({ caller, old, failures }: Reader): Promise<readonly ClusterArn[] | undefined> {
  const answer = await allPages('clusters', 'ListClusters', (nextToken) =>
    caller.read('ListClusters', 'clusters', { nextToken }),
  );
  if (answer.ok) return answer.value;
  failures.push(answer.problem);
  return old.clusters;
}

/** How many targets the groups have that nothing binds: with some, somebody has taken a line away. */
async function readUnboundTargets(
  { caller, old }: Reader,
  groups: readonly TargetGroupArn[],
): Promise<Copies['unboundTargets']> {
  const entries = await Promise.all(
    groups.map(async (group) => {
      const answer = await caller.read('DescribeTargetHealth', arnParts(group).name, { group });
      // It only decides how loudly something is told: whatever keeps it from being read is told elsewhere.
      const count = answer.ok ? answer.value.filter((target) => !isDraining(target)).length : old.unboundTargets.get(group);
      return count === undefined ? [] : [[group, count] as const];
    }),
  );
  return new Map(entries.flat());
}

interface Reader {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly old: Copies;
  readonly failures: Failure[];
}

/** An ARN that does not exist, or that ELB does not accept, costs nobody else its answer: it is known by itself in the end. */
async function readGroups(reader: Reader, arns: readonly TargetGroupArn[], all: boolean): Promise<Copies['groups']> {
  const { caller, old, failures } = reader;
  const read = (chunk: readonly TargetGroupArn[]) => caller.read('DescribeTargetGroups', groupNames(chunk), { groups: chunk });
  const groups = new Map([...old.groups].filter(([arn]) => arns.includes(arn)));
  const asked = arns.filter((arn) => all || typeof groups.get(arn) !== 'object');
  for (const { items, answer } of await isolate(chunks(asked, DESCRIBE_GROUPS_MAX), ['gone', 'refused'], read)) {
    if (answer.ok) for (const described of answer.value) groups.set(described.group.arn, described);
    else {
      const { kind } = answer.problem;
      if (kind === 'gone' || kind === 'refused') for (const arn of items) groups.set(arn, kind);
      else failures.push(answer.problem);
    }
  }
  return groups;
}

async function readTags(reader: Reader, arns: readonly TargetGroupArn[]): Promise<Copies['tags']> {
  const copies = new Map([...reader.old.tags].filter(([arn]) => arns.includes(arn)));
  const read = (chunk: readonly TargetGroupArn[]) => reader.caller.read('DescribeTags', groupNames(chunk), { groups: chunk });
  for (const { items, answer } of await isolate(chunks(arns, DESCRIBE_TAGS_MAX), ['gone', 'refused'], read)) {
    if (answer.ok) {
      const readAtMs = reader.clock.now();
      for (const arn of items) {
        copies.set(arn, { tags: answer.value.find(({ group }) => group === arn)?.tags ?? [], readAtMs });
      }
    } else {
      // A failed read is not "no tag": the last copy stays, and the guard sees how old it is.
      reader.failures.push(answer.problem);
    }
  }
  return copies;
}

async function readServices(reader: Reader, selectors: readonly Selector[]): Promise<Copies['services']> {
  const clusters = Map.groupBy(selectors, (selector) => selector.cluster);
  const pieces = await Promise.all([...clusters].map(([cluster, members]) => readServicesOf(reader, cluster, members)));
  return new Map(pieces.flatMap((copies) => [...copies]));
}

async function readServicesOf(
  { caller, old, failures }: Reader,
  cluster: ClusterArn,
  selectors: readonly Selector[],
): Promise<Copies['services']> {
  const read = (chunk: readonly Selector[]) => {
    const names = chunk.map(({ name }) => name);
    return caller.read('DescribeServices', `${names.join(', ')} of ${cluster}`, { cluster, names });
  };
  const copies = new Map<string, DescribedService | 'unknown' | 'denied'>();
  for (const { items, answer } of await isolate(chunks(selectors, DESCRIBE_SERVICES_MAX), ['refused', 'denied'], read)) {
    // In a cluster that does not exist no service does. That is an answer, and holds up no other cluster.
    const isGone = !answer.ok && answer.problem.kind === 'gone';
    if (!answer.ok && !isGone) failures.push(answer.problem);
    const isDenied = !answer.ok && answer.problem.kind === 'denied';
    for (const selector of items) {
      const key = selectorKey(selector);
      const named = answer.ok ? answer.value.find(({ name }) => name === selector.name) : undefined;
      const before = old.services.get(key) ?? (isDenied ? 'denied' : undefined);
      const copy = answer.ok || isGone ? (named ?? 'unknown') : before;
      if (copy !== undefined) copies.set(key, copy);
    }
  }
  return copies;
}

/** Reads the chunks, a call each. One bad item fails a call for all of them: halve until it is alone. */
async function isolate<Item, Value>(
  asked: readonly (readonly Item[])[],
  ofOne: readonly Failure['kind'][],
  read: (chunk: readonly Item[]) => Promise<Answer<Value>>,
): Promise<{ readonly items: readonly Item[]; readonly answer: Answer<Value> }[]> {
  const settle = async (chunk: readonly Item[]): Promise<{ items: readonly Item[]; answer: Answer<Value> }[]> => {
    const answer = await read(chunk);
    if (answer.ok || chunk.length === 1 || !ofOne.includes(answer.problem.kind)) return [{ items: chunk, answer }];
    const [half, rest] = halves(chunk);
    return [...(await settle(half)), ...(await settle(rest))];
  };
  return (await Promise.all(asked.map(settle))).flat();
}

function groupNames(arns: readonly TargetGroupArn[]): string {
  return arns.map((arn) => arnParts(arn).name).join(', ');
}

async function readCloudMapTags({ caller, old, failures }: Reader, scope: Scope): Promise<Copies['cloudMapTags']> {
  const entries = await Promise.all(
    scope.cloudMapServices
      .filter((arn: CloudMapServiceArn) => isReachable(scope, arn))
      .map(async (service) => {
        const answer = await caller.read('ListTagsForResource', service, { service });
        const isGone = !answer.ok && answer.problem.kind === 'gone';
        if (!answer.ok && !isGone) failures.push(answer.problem);
        // A service that is created anew, as Terraform does, is checked from its first minute on by the binding that it had.
        const tags = answer.ok ? answer.value : (old.cloudMapTags.get(service) ?? (isGone ? 'gone' : undefined));
        return tags === undefined ? [] : [[service, tags] as const];
      }),
  );
  return new Map(entries.flat());
}
