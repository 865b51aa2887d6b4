/** Reads what feeds what, at most once in half a minute, and keeps the last good answer to each question. */
import { chunks, DESCRIBE_GROUPS_MAX, DESCRIBE_SERVICES_MAX, DESCRIBE_TAGS_MAX, halves } from '../core/batches.ts';
import { type Selector, selectorKey } from '../core/binding.ts';
import type { Settings } from '../core/binding-sources.ts';
import {
  boundServices,
  type Configuration,
  type Copies,
  type DescribedGroup,
  type DescribedService,
  NO_COPIES,
  resolveConfiguration,
  tagBoundGroups,
} from '../core/configuration.ts';
import type { Answer, Failure } from '../core/failure.ts';
import { arnParts, type ClusterArn, type TargetGroupArn } from '../core/values.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './ports.ts';

/**
 * Groups, tags and services are read again when their copy is older than this. No write rests on bindings older than a minute, and an
 * invocation takes up to half a minute: what it begins with serves it to its end.
 */
const CONFIGURATION_AGE_MAX_MS = 30_000;

export interface ReadConfiguration {
  readonly configuration: Configuration;
  readonly failures: readonly Failure[];
  readonly copies: Copies;
  readonly readAtMs: number;
}

/** Whether the copy still serves: young enough, and whole. After a failed reading the next pass may try again. */
export function isCurrent(read: ReadConfiguration | undefined, nowMs: number): read is ReadConfiguration {
  return read !== undefined && read.failures.length === 0 && nowMs - read.readAtMs <= CONFIGURATION_AGE_MAX_MS;
}

/** Reads the configuration anew. What cannot be read keeps its last copy and is named among the failures. */
export async function readConfiguration(
  settings: Settings,
  caller: Caller,
  clock: Clock,
  previous: ReadConfiguration | undefined,
): Promise<ReadConfiguration> {
  const readAtMs = clock.now();
  const old = previous?.copies ?? NO_COPIES;
  const failures: Failure[] = [];
  const reader = { caller, clock, old, failures };
  const [groups, cloudMapTags] = await Promise.all([
    readGroups(reader, settings.targetGroups),
    readCloudMapTags(reader, settings),
  ]);
  const existing = tagBoundGroups(settings).filter((arn) => groups.get(arn) !== 'gone' && groups.get(arn) !== 'refused');
  const tags = await readTags(reader, existing);
  const services = await readServices(reader, boundServices(settings, tags));
  const copies = { groups, tags, services, cloudMapTags };
  // A service that does not exist may be made at any moment: the next schedule asks for it again, and not the one after that.
  const isGone = [...cloudMapTags.values()].includes('gone');
  const configuration = resolveConfiguration(settings, copies);
  return { configuration, failures, copies, readAtMs: isGone ? readAtMs - CONFIGURATION_AGE_MAX_MS / 2 : readAtMs };
}

interface Reader {
  readonly caller: Caller;
  readonly clock: Clock;
  readonly old: Copies;
  readonly failures: Failure[];
}

/** An ARN that does not exist, or that ELB does not accept, costs nobody else its answer: it is known by itself in the end. */
async function readGroups(reader: Reader, arns: readonly TargetGroupArn[]): Promise<Copies['groups']> {
  const read = (chunk: readonly TargetGroupArn[]) =>
    reader.caller.read('DescribeTargetGroups', namesOf(chunk), { groups: chunk });
  const groups = new Map<TargetGroupArn, DescribedGroup | 'gone' | 'refused'>();
  for (const { items, answer } of await isolate(arns, DESCRIBE_GROUPS_MAX, ['gone', 'refused'], read)) {
    if (answer.ok) for (const described of answer.value) groups.set(described.group.arn, described);
    else {
      const { kind } = answer.problem;
      const isSettled = kind === 'gone' || kind === 'refused';
      if (!isSettled) reader.failures.push(answer.problem);
      for (const arn of items) {
        const copy = isSettled ? kind : reader.old.groups.get(arn);
        if (copy !== undefined) groups.set(arn, copy);
      }
    }
  }
  return groups;
}

async function readTags(reader: Reader, arns: readonly TargetGroupArn[]): Promise<Copies['tags']> {
  const copies = new Map([...reader.old.tags].filter(([arn]) => arns.includes(arn)));
  const read = (chunk: readonly TargetGroupArn[]) => reader.caller.read('DescribeTags', namesOf(chunk), { groups: chunk });
  for (const { items, answer } of await isolate(arns, DESCRIBE_TAGS_MAX, ['gone', 'refused'], read)) {
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
  const copies = new Map<string, DescribedService | 'unknown'>();
  for (const { items, answer } of await isolate(selectors, DESCRIBE_SERVICES_MAX, ['refused', 'denied'], read)) {
    // In a cluster that does not exist no service does. That is an answer, and holds up no other cluster.
    const isGone = !answer.ok && answer.problem.kind === 'gone';
    if (!answer.ok && !isGone) failures.push(answer.problem);
    for (const selector of items) {
      const key = selectorKey(selector);
      const named = answer.ok ? answer.value.find(({ name }) => name === selector.name) : undefined;
      const copy = answer.ok || isGone ? (named ?? 'unknown') : old.services.get(key);
      if (copy !== undefined) copies.set(key, copy);
    }
  }
  return copies;
}

/** Reads in calls of the size that AWS takes. One bad item fails a call for all of them: halve until it is alone. */
async function isolate<Item, Value>(
  items: readonly Item[],
  sizeMax: number,
  ofOne: readonly Failure['kind'][],
  read: (chunk: readonly Item[]) => Promise<Answer<Value>>,
): Promise<{ readonly items: readonly Item[]; readonly answer: Answer<Value> }[]> {
  const settle = async (chunk: readonly Item[]): Promise<{ items: readonly Item[]; answer: Answer<Value> }[]> => {
    const answer = await read(chunk);
    if (answer.ok || chunk.length === 1 || !ofOne.includes(answer.problem.kind)) return [{ items: chunk, answer }];
    const [half, rest] = halves(chunk);
    return [...(await settle(half)), ...(await settle(rest))];
  };
  return (await Promise.all(chunks(items, sizeMax).map(settle))).flat();
}

function namesOf(arns: readonly TargetGroupArn[]): string {
  return arns.map((arn) => arnParts(arn).name).join(', ');
}

async function readCloudMapTags({ caller, old, failures }: Reader, settings: Settings): Promise<Copies['cloudMapTags']> {
  const entries = await Promise.all(
    settings.cloudMapServices.map(async (service) => {
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
