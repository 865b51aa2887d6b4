/** An account that a stack finds its way in by tags, at the ports. */
import { Caller } from '../../functions/app/caller.ts';
import { type ReadConfiguration, readConfiguration } from '../../functions/app/read-configuration.ts';
import type { Settings } from '../../functions/core/binding-sources.ts';
import type { TargetGroupArn } from '../../functions/core/values.ts';
import { FakeAws, fails, ok, START_MS } from './ports.ts';
import { aGroup, aService, aSettings, clusterArn } from './values.ts';

export const TAG = { key: 'alb-target-sync', value: 'service=app port=8080' };
export const DISCOVERING = aSettings({ targetGroups: [], cloudMapServices: [] });

/** An account whose index of tags, groups and clusters the test names. */
export class Account {
  indexed: readonly string[] = [];
  tagged = new Set<TargetGroupArn>();
  readonly gone = new Set<TargetGroupArn>();
  clusters = [clusterArn()];
  /** The clusters that have the service of each line. */
  having = new Map([['app', [clusterArn()]]]);
  readonly fake: FakeAws;

  constructor() {
    this.fake = new FakeAws({
      GetResources: ({ nextToken }) => {
        const index = Number(nextToken ?? 0);
        return ok({
          items: this.indexed.slice(index, index + 1),
          nextToken: index + 1 < this.indexed.length ? String(index + 1) : undefined,
        });
      },
      DescribeTargetGroups: ({ groups }) =>
        groups.some((arn) => this.gone.has(arn))
          ? fails('gone')
          : ok(groups.map((arn) => ({ group: aGroup({ arn }), targetType: 'ip' }))),
      DescribeTags: ({ groups }) =>
        ok(groups.map((group) => ({ group, tags: this.tagged.has(group) ? [TAG] : [{ key: 'other', value: 'x' }] }))),
      ListTagsForResource: () => ok([{ key: 'alb-target-sync', value: 'service=app' }]),
      ListLogGroupTags: () => ok([]),
      DescribeTargetHealth: () => ok([]),
      ListClusters: () => ok({ items: this.clusters, nextToken: undefined }),
      DescribeServices: ({ cluster, names }) =>
        ok(names.filter((name) => this.having.get(name)?.includes(cluster)).map((name) => aService(name))),
    });
  }

  read(settings: Settings = DISCOVERING, previous?: ReadConfiguration): Promise<ReadConfiguration> {
    const { world, clock } = this.fake;
    const caller = new Caller({ api: world, clock, buckets: new Map() }, START_MS + 10_000_000);
    return readConfiguration({ settings, clock, configuration: previous }, caller);
  }
}

/** Groups of these names, tagged and in the index. */
export function accountWith(...arns: readonly TargetGroupArn[]): Account {
  const account = new Account();
  account.indexed = arns;
  account.tagged = new Set(arns);
  return account;
}
