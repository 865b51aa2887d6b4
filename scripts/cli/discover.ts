/** Finds what no option names: the clusters, and the target groups and Cloud Map services with our tag. Reads only. */
import { ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import {
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ListServicesCommand, ListTagsForResourceCommand, ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import type { ClientOptions } from '../../functions/adapters/aws.ts';
import { outcomeOf } from '../../functions/adapters/outcome.ts';
import { chunks, DESCRIBE_TAGS_MAX } from '../../functions/core/batches.ts';
import { splitLines, wordIn } from '../../functions/core/binding.ts';
import { type Settings, TAG } from '../../functions/core/binding-sources.ts';
import type { Failure } from '../../functions/core/failure.ts';
import { valuesOf } from '../../functions/core/result.ts';
import {
  arnParts,
  parseCloudMapServiceArn,
  parseClusterArn,
  parseTargetGroupArn,
  type TargetGroupArn,
} from '../../functions/core/values.ts';
import { errors } from './errors.ts';
import { nearest } from './nearest.ts';
import type { Named } from './settings.ts';

/** Settings in which nothing is left to find. */
export interface Discovered {
  readonly settings: Settings;
  readonly failures: readonly Failure[];
  readonly calls: ReadonlyMap<string, number>;
  /** Why there is nothing to compare; undefined if there is something, or if a failure explains it. */
  readonly nothing: string | undefined;
}

export async function discover(named: Named, options: ClientOptions): Promise<Discovered> {
  const asker = new Asker();
  const { isDeployed, logGroup: _, outputs: __, stack: ___, isWithoutCloudMap = false, ...settings } = named;
  const isNamed = named.targetGroups.length + named.cloudMapServices.length > 0;
  const [clusters, groups, services] = await Promise.all([
    // The deployed function finds by itself which clusters its lines may mean, those of other accounts among them.
    named.clusters.length > 0 || isDeployed ? named.clusters : findClusters(asker, new ECSClient(options)),
    isNamed
      ? named.targetGroups
      : findGroups(asker, new ElasticLoadBalancingV2Client(options), isDeployed ? '' : named.bindings),
    // Lines of --bind are about target groups: whoever gives one does not ask about Cloud Map.
    isNamed || isWithoutCloudMap || (named.bindings !== '' && !isDeployed)
      ? named.cloudMapServices
      : findServices(asker, new ServiceDiscoveryClient(options)),
  ]);
  const found = { ...settings, clusters, targetGroups: groups, cloudMapServices: services };
  return {
    settings: found,
    failures: asker.failures,
    calls: asker.calls,
    nothing: asker.failures.length > 0 ? undefined : nothingIn(found, isDeployed),
  };
}

function nothingIn({ clusters, targetGroups, cloudMapServices }: Settings, isDeployed: boolean): string | undefined {
  if (clusters.length === 0 && !isDeployed)
    return 'there is no ECS cluster in this account and region. Check --profile and --region';
  if (targetGroups.length + cloudMapServices.length > 0) return undefined;
  return (
    `no target group and no Cloud Map service in this account and region has the tag ${TAG}. Tag one, or name one: ` +
    '--target-group ARN --bind "service=NAME port=8080"'
  );
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

/** The groups that lines name; without lines, those that have our tag. */
async function findGroups(asker: Asker, elb: ElasticLoadBalancingV2Client, binding: string): Promise<TargetGroupArn[]> {
  const described = await asker.all('DescribeTargetGroups', 'all target groups', async (abortSignal, Marker) => {
    const answer = await elb.send(new DescribeTargetGroupsCommand({ Marker }), { abortSignal });
    return { items: answer.TargetGroups ?? [], token: answer.NextMarker };
  });
  const arns = valuesOf(described.map(({ TargetGroupArn }) => parseTargetGroupArn(TargetGroupArn))).sort();
  if (binding !== '') return asker.failures.length > 0 ? [] : groupsOfLines(binding, arns);
  const tagged: TargetGroupArn[] = [];
  for (const chunk of chunks(arns, DESCRIBE_TAGS_MAX)) {
    const tags = await asker.all('DescribeTags', `${chunk.length} target groups`, async (abortSignal) => {
      const answer = await elb.send(new DescribeTagsCommand({ ResourceArns: chunk }), { abortSignal });
      return { items: answer.TagDescriptions ?? [], token: undefined };
    });
    const ours = new Set(
      tags.filter(({ Tags = [] }) => Tags.some(({ Key }) => isOurs(Key))).map(({ ResourceArn }) => ResourceArn),
    );
    tagged.push(...chunk.filter((arn) => ours.has(arn)));
  }
  return tagged;
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

async function findServices(asker: Asker, cloudMap: ServiceDiscoveryClient): Promise<Settings['cloudMapServices']> {
  const listed = await asker.all('ListServices', 'all Cloud Map services', async (abortSignal, NextToken) => {
    const answer = await cloudMap.send(new ListServicesCommand({ NextToken }), { abortSignal });
    return { items: answer.Services ?? [], token: answer.NextToken };
  });
  const tagged: Settings['cloudMapServices'][number][] = [];
  // One after the other: AWS limits this call, and an account may have hundreds of services.
  for (const arn of valuesOf(listed.map(({ Arn }) => parseCloudMapServiceArn(Arn))).sort()) {
    const tags = await asker.all('ListTagsForResource', arn, async (abortSignal) => {
      const answer = await cloudMap.send(new ListTagsForResourceCommand({ ResourceARN: arn }), { abortSignal });
      return { items: answer.Tags ?? [], token: undefined };
    });
    if (tags.some(({ Key }) => isOurs(Key))) tagged.push(arn);
    // Denied for one is denied for all.
    else if (asker.failures.some(({ operation }) => operation === 'ListTagsForResource')) break;
  }
  return tagged;
}

function isOurs(key: string | undefined): boolean {
  return key === TAG || key?.startsWith(`${TAG}:`) === true;
}
