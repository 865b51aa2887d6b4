/** Finds what no option names and no tag says: the clusters, and the target groups that lines of --bind name. Reads only. */
import { ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import { DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ClientOptions } from '../../functions/adapters/aws.ts';
import { outcomeOf } from '../../functions/adapters/outcome.ts';
import { splitLines, wordIn } from '../../functions/core/binding.ts';
import { isDiscovering, type Settings } from '../../functions/core/binding-sources.ts';
import type { Failure } from '../../functions/core/failure.ts';
import { valuesOf } from '../../functions/core/result.ts';
import { arnParts, parseClusterArn, parseTargetGroupArn, type TargetGroupArn } from '../../functions/core/values.ts';
import { errors } from './errors.ts';
import { nearest } from './nearest.ts';
import type { Named } from './settings.ts';

/** Settings as a deployed function would have them: what they leave empty, the function's own code finds by tag. */
export interface Discovered {
  readonly settings: Settings;
  readonly failures: readonly Failure[];
  readonly calls: ReadonlyMap<string, number>;
}

export async function discover(named: Named, options: ClientOptions): Promise<Discovered> {
  const asker = new Asker();
  const { isDeployed, logGroup: _, outputs: __, stack: ___, ...settings } = named;
  // The deployed function finds by itself which clusters its lines may mean, those of other accounts among them.
  if (isDeployed) return settledBy(settings);
  const [clusters, targetGroups] = await Promise.all([
    named.clusters.length > 0 ? named.clusters : findClusters(asker, new ECSClient(options)),
    isDiscovering(named) && named.bindings !== ''
      ? findGroups(asker, new ElasticLoadBalancingV2Client(options), named.bindings)
      : named.targetGroups,
  ]);
  return { settings: { ...settings, clusters, targetGroups }, failures: asker.failures, calls: asker.calls };
}

export function settledBy(settings: Settings): Discovered {
  return { settings, failures: [], calls: new Map() };
}

/** Makes calls page by page; what fails is kept, with what was read before it. */
class Asker {
  readonly failures: Failure[] = [];
  readonly calls = new Map<string, number>();

  async all<Item>(
    operation: string,
    resource: string,
    ask: (
      abortSignal: AbortSignal,
      token: string | undefined,
    ) => Promise<{ items: readonly Item[]; token: string | undefined }>,
  ): Promise<Item[]> {
    const items: Item[] = [];
    let token: string | undefined;
    do {
      this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
      const answer = await outcomeOf((abortSignal) => ask(abortSignal, token));
      if (!answer.ok) {
        this.failures.push({ operation, resource, ...answer.problem });
        return items;
      }
      items.push(...answer.value.items);
      token = answer.value.token;
    } while (token !== undefined && token !== '');
    return items;
  }
}

async function findClusters(asker: Asker, ecs: ECSClient): Promise<Settings['clusters']> {
  const arns = await asker.all('ListClusters', 'all clusters', async (abortSignal, nextToken) => {
    const answer = await ecs.send(new ListClustersCommand({ nextToken }), { abortSignal });
    return { items: answer.clusterArns ?? [], token: answer.nextToken };
  });
  return valuesOf(arns.map(parseClusterArn)).sort();
}

async function findGroups(asker: Asker, elb: ElasticLoadBalancingV2Client, bindings: string): Promise<TargetGroupArn[]> {
  const described = await asker.all('DescribeTargetGroups', 'all target groups', async (abortSignal, Marker) => {
    const answer = await elb.send(new DescribeTargetGroupsCommand({ Marker }), { abortSignal });
    return { items: answer.TargetGroups ?? [], token: answer.NextMarker };
  });
  const arns = valuesOf(described.map(({ TargetGroupArn }) => parseTargetGroupArn(TargetGroupArn))).sort();
  return asker.failures.length > 0 ? [] : groupsOfLines(bindings, arns);
}

function groupsOfLines(binding: string, arns: readonly TargetGroupArn[]): TargetGroupArn[] {
  const names = [...new Set(arns.map((arn) => arnParts(arn).name))];
  const mistakes = splitLines(binding).flatMap(({ number, text }) => {
    const name = wordIn(text, 'target-group');
    if (name === undefined)
      return [
        `In --bind, line ${number}, "(no target-group=)" cannot be used; expected target-group=NAME, or --target-group ARN.`,
      ];
    if (names.includes(name)) return [];
    const near = nearest(name, names);
    return [
      `In --bind, line ${number}, "target-group=${name}" cannot be used: there is no such target group in this account and region.${near === undefined ? '' : ` Did you mean target-group=${near}?`}`,
    ];
  });
  if (mistakes.length > 0) throw errors.badLines(mistakes);
  const wanted = new Set(splitLines(binding).map(({ text }) => wordIn(text, 'target-group')));
  return arns.filter((arn) => wanted.has(arnParts(arn).name));
}
