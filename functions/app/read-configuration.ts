/** Reads what bindings what, at most once a minute, and keeps the last good answer to each question. */
import { chunks, DESCRIBE_SERVICES_MAX, DESCRIBE_TAGS_MAX, halves } from '../core/batches.ts';
import { type Selector, selectorKey } from '../core/binding.ts';
import type { Settings } from '../core/binding-sources.ts';
import {
  boundServices,
  type Configuration,
  type Copies,
  NO_COPIES,
  resolveConfiguration,
  tagBoundGroups,
} from '../core/configuration.ts';
import type { Failure } from '../core/failure.ts';
import { arnParts, type ClusterArn, type TargetGroupArn } from '../core/values.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './ports.ts';

/** Groups, tags and services are read again when their copy is older than this. */
const CONFIGURATION_AGE_MAX_MS = 60_000;

export interface ReadConfiguration {
  readonly configuration: Configuration;
  readonly failures: readonly Failure[];
  readonly copies: Copies;
  readonly readAtMs: number;
}

/** Whether the copy still serves: younger than a minute, and whole. After a failed reading the next pass may try again. */
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
  const existing = tagBoundGroups(settings).filter((arn) => groups.get(arn) !== 'gone');
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

async function readGroups(reader: Reader, arns: readonly TargetGroupArn[]): Promise<Copies['groups']> {
  const [first] = arns;
  if (first === undefined) return new Map();
  const resource = arns.map((arn) => arnParts(arn).name).join(', ');
  const answer = await reader.caller.read('DescribeTargetGroups', resource, { groups: arns });
  if (answer.ok) return new Map(answer.value.map((described) => [described.group.arn, described]));
  if (answer.problem.kind !== 'gone') {
    reader.failures.push(answer.problem);
    return new Map([...reader.old.groups].filter(([arn]) => arns.includes(arn)));
  }
  // One group that does not exist fails the call for all of them: halve until it is alone.
  if (arns.length === 1) return new Map([[first, 'gone']]);
  const [half, rest] = halves(arns);
  return new Map([...(await readGroups(reader, half)), ...(await readGroups(reader, rest))]);
}

async function readTags(reader: Reader, arns: readonly TargetGroupArn[]): Promise<Copies['tags']> {
  const copies = new Map([...reader.old.tags].filter(([arn]) => arns.includes(arn)));
  for (const chunk of chunks(arns, DESCRIBE_TAGS_MAX)) {
    const resource = chunk.map((arn) => arnParts(arn).name).join(', ');
    const answer = await reader.caller.read('DescribeTags', resource, { groups: chunk });
    if (answer.ok) {
      const readAtMs = reader.clock.now();
      for (const arn of chunk) {
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
  const pieces = [...clusters].flatMap(([cluster, members]) =>
    chunks(members, DESCRIBE_SERVICES_MAX).map((chunk) => readServiceChunk(reader, cluster, chunk)),
  );
  return new Map((await Promise.all(pieces)).flatMap((copies) => [...copies]));
}

async function readServiceChunk(
  { caller, old, failures }: Reader,
  cluster: ClusterArn,
  selectors: readonly Selector[],
): Promise<Copies['services']> {
  const names = selectors.map((selector) => selector.name);
  const answer = await caller.read('DescribeServices', `${names.join(', ')} of ${cluster}`, { cluster, names });
  if (!answer.ok) failures.push(answer.problem);
  return new Map(
    selectors.flatMap((selector) => {
      const key = selectorKey(selector);
      const copy = answer.ok ? (answer.value.find(({ name }) => name === selector.name) ?? 'unknown') : old.services.get(key);
      return copy === undefined ? [] : [[key, copy] as const];
    }),
  );
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
