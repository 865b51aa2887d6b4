/** Which target groups a replay has, and what feeds them: by the user's lines, or one group for each ECS group of the capture. */

import { wordIn } from '../../../functions/core/binding.ts';
import { REMOVAL_BUDGET_PERCENT, type Settings } from '../../../functions/core/binding-sources.ts';
import { definitionOf } from '../../../functions/core/event.ts';
import { isObject } from '../../../functions/core/json.ts';
import { distinctBy, sortedBy } from '../../../functions/core/order.ts';
import {
  arnParts,
  type ClusterArn,
  parseClusterArn,
  parseTargetGroupArn,
  type TargetGroupArn,
} from '../../../functions/core/values.ts';

/** A target group's name: letters, digits and hyphens, at most 32 (ELB API reference, CreateTargetGroup). */
const NAME_MAX = 32;

interface Feeder {
  readonly cluster: ClusterArn;
  readonly kind: 'service' | 'family';
  readonly name: string;
}

/** The settings under which the function plays: every cluster of the capture, and a target group for each feeder or named by a line. */
export function settingsFor(details: readonly unknown[], binds: readonly string[], port: number): Settings {
  const feeders = distinctFeeders(details);
  const clusters = [...new Set(feeders.map(({ cluster }) => cluster))];
  const names = namesOf(feeders);
  const lines = binds.length > 0 ? [...binds] : feeders.map((feeder) => lineOf(feeder, names, clusters, port));
  const targetGroups =
    binds.length > 0
      ? groupsOfLines(binds, clusters)
      : feeders.map((feeder) => groupArn(feeder.cluster, nameOf(feeder, names)));
  return {
    clusters,
    targetGroups: [...new Set(targetGroups)],
    cloudMapServices: [],
    home: undefined,
    bindings: lines.join('\n'),
    tagBindings: true,
    leftOut: [],
    spokeRole: undefined,
    mode: 'enforce',
    removalBudgetPercent: REMOVAL_BUDGET_PERCENT,
  };
}

/** The clusters that events name. */
export function clustersOf(events: readonly unknown[]): ClusterArn[] {
  const named = events.flatMap((event) => {
    const detail = isObject(event) ? event['detail'] : undefined;
    const cluster = parseClusterArn(isObject(detail) ? detail['clusterArn'] : undefined);
    return cluster.ok ? [cluster.value] : [];
  });
  return [...new Set(named)].sort();
}

function distinctFeeders(details: readonly unknown[]): Feeder[] {
  return sortedBy(
    distinctBy(
      details.flatMap((detail) => feederOf(detail) ?? []),
      keyOf,
    ),
    keyOf,
  );
}

/** Who started the task that the detail tells of: a service, or else its family. */
function feederOf(detail: unknown): Feeder | undefined {
  if (!isObject(detail)) return undefined;
  const cluster = parseClusterArn(detail['clusterArn']);
  if (!cluster.ok) return undefined;
  const group = typeof detail['group'] === 'string' ? detail['group'] : '';
  if (group.startsWith('service:')) return { cluster: cluster.value, kind: 'service', name: group.slice('service:'.length) };
  const family = definitionOf(detail['taskDefinitionArn'])?.split(':')[0];
  return family === undefined || family === '' ? undefined : { cluster: cluster.value, kind: 'family', name: family };
}

function lineOf(feeder: Feeder, names: ReadonlyMap<string, string>, clusters: readonly ClusterArn[], port: number): string {
  const cluster = clusters.length > 1 ? `cluster=${clusterWord(feeder.cluster, clusters)} ` : '';
  return `target-group=${nameOf(feeder, names)} ${cluster}${feeder.kind}=${feeder.name} port=${port}`;
}

/** A name for each feeder's group, as near to its own as a target group's name can be. */
function namesOf(feeders: readonly Feeder[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const feeder of feeders) {
    const plain = feeder.name.replaceAll(/[^A-Za-z0-9-]/g, '-').slice(0, NAME_MAX) || 'group';
    let name = plain;
    for (let count = 2; taken.has(name); count += 1) name = `${plain.slice(0, NAME_MAX - 4)}-${count}`;
    taken.add(name);
    names.set(keyOf(feeder), name);
  }
  return names;
}

function nameOf(feeder: Feeder, names: ReadonlyMap<string, string>): string {
  return names.get(keyOf(feeder)) ?? feeder.name;
}

/** What a line calls the cluster: its name, or its ARN where another account or region has one of this name. */
export function clusterWord(cluster: ClusterArn, clusters: readonly ClusterArn[]): string {
  const { name } = arnParts(cluster);
  return clusters.filter((each) => arnParts(each).name === name).length > 1 ? cluster : name;
}

/** Each line's group is where its cluster is; without one, where the first of all clusters is. */
function groupsOfLines(binds: readonly string[], clusters: readonly ClusterArn[]): TargetGroupArn[] {
  const [first] = clusters;
  if (first === undefined) return [];
  return binds.map((line) => {
    const word = wordIn(line, 'cluster');
    const cluster = clusters.find((each) => word === each || word === arnParts(each).name) ?? first;
    return groupArn(cluster, wordIn(line, 'target-group') ?? 'replay');
  });
}

function groupArn(cluster: ClusterArn, name: string): TargetGroupArn {
  const { region, account } = arnParts(cluster);
  const partition = cluster.split(':')[1] ?? 'aws';
  const arn = parseTargetGroupArn(
    `arn:${partition}:elasticloadbalancing:${region}:${account}:targetgroup/${name}/0000000000000001`,
  );
  if (!arn.ok)
    throw new Error(`"${name}" cannot be the name of a target group: letters, digits and hyphens, at most ${NAME_MAX}.`);
  return arn.value;
}

function keyOf({ cluster, kind, name }: Feeder): string {
  return `${cluster} ${kind}=${name}`;
}
